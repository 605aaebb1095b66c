#include "comm/lockstep.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/internal.h"
#include "core/hash.h"
#include "core/invariant.h"

enum { MOST_DIVERGENCES = 1000 };

void mb_signature_begin(mb_signature *signature, const char *operation, const char *site)
{
    signature->hash =
        mb_hash_bytes(mb_hash_bytes(0, operation, strlen(operation)), site, strlen(site));
    snprintf(signature->where, sizeof signature->where, "%s%s%s", operation, *site ? " at " : "",
             site);
    signature->text[0] = '\0';
    signature->length = 0;
}

void mb_signature_add(mb_signature *signature, uint64_t word, const char *format, ...)
{
    signature->hash = mb_hash_word(signature->hash, word);
    size_t room = sizeof signature->text - signature->length;
    if (room < 8) return;
    char *at = signature->text + signature->length;
    if (signature->length) {
        memcpy(at, ", ", 3);
        at += 2;
        room -= 2;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(at, room, format, args);
    va_end(args);
    signature->length = (size_t)(at - signature->text) + strlen(at);
}

static void set_where(mb_comm *comm, const char *where)
{
    snprintf(comm->where, sizeof comm->where, "%s", where);
}

static mb_record agree(mb_context *cx, uint64_t flag, uint64_t hash, mb_status status,
                       mb_payload *payload)
{
    mb_comm *comm = cx->comm;
    mb_record record = {
        .flags = flag | (atomic_load(&comm->interrupt) ? FLAG_INTERRUPT : 0),
        .hash = hash,
        .hash_complement = ~hash,
        .failing = status ? (uint64_t)(comm->nranks - comm->rank) : 0,
    };
    if (payload) record.payload = *payload;
    mb_agree(cx, &record);
    if (payload) *payload = record.payload;
    return record;
}

static bool all_equal(const mb_record *record, uint64_t flag)
{
    return (record->flags & ~(uint64_t)FLAG_INTERRUPT) == flag &&
           record->hash == ~record->hash_complement;
}

// Appends the ranks from..: "ranks 1-3" for those whose description is the same as the first's.
static int append_group(char *text, size_t room, const char *all, int nranks, int first, int *alone)
{
    const char *mine = all + (size_t)first * MB_DESCRIPTION_SIZE;
    char ranks[160];
    int used = 0, members = 0, previous = -2, open = 0;
    for (int r = first; r <= nranks && used < (int)sizeof ranks - 32; r++) {
        bool same = r < nranks && strcmp(all + (size_t)r * MB_DESCRIPTION_SIZE, mine) == 0;
        if (!same) {
            if (open) used += snprintf(ranks + used, sizeof ranks - (size_t)used, "-%d", previous);
            open = 0;
            continue;
        }
        members++;
        if (r == previous + 1)
            open = 1;
        else
            used += snprintf(ranks + used, sizeof ranks - (size_t)used, "%s%d", used ? "," : "", r);
        previous = r;
    }
    if (members == 1) *alone = 1;
    int length = snprintf(text, room, "%s %s %s", members == 1 ? "rank" : "ranks", ranks, mine);
    return length < (int)room ? length : (int)room - 1;
}

// Whether a rank describes how it failed, which is then why the ranks diverged.
static bool describes_failure(const char *description)
{
    return strncmp(description, MB_ENDED_WITH_ERROR, sizeof MB_ENDED_WITH_ERROR - 1) == 0;
}

// Whether all called one operation at one place, with other arguments.
static bool same_calls(const char *all, int nranks)
{
    const size_t length = strcspn(all, "(");
    for (int r = 1; r < nranks; r++) {
        const char *description = all + (size_t)r * MB_DESCRIPTION_SIZE;
        if (strcspn(description, "(") != length || memcmp(all, description, length) != 0)
            return false;
    }
    return true;
}

// Ranks that failed come first, as the reason; where none did, the user is to know that they
// differ.
static void compose_divergence(mb_context *cx, const char *all)
{
    int nranks = cx->comm->nranks, alone = 0;
    bool failed = false;
    size_t used = 0;
    char text[MB_MESSAGE_SIZE - 160];
    text[0] = '\0';
    for (int turn = 0; turn < 2 * nranks && used < sizeof text - 64; turn++) {
        const int r = turn % nranks;
        const char *description = all + (size_t)r * MB_DESCRIPTION_SIZE;
        if (describes_failure(description) != (turn < nranks)) continue;
        bool told = false;
        for (int s = 0; s < r && !told; s++)
            told = strcmp(all + (size_t)s * MB_DESCRIPTION_SIZE, description) == 0;
        if (told) continue;
        failed |= turn < nranks;
        if (used) used += (size_t)snprintf(text + used, sizeof text - used, "; ");
        used += (size_t)append_group(text + used, sizeof text - used, all, nranks, r, &alone);
    }
    (void)mb_fail(cx, MB_ELOCKSTEP, "%s%s%s", failed ? "" : "the ranks diverged: ", text,
                  alone && !failed && !same_calls(all, nranks)
                      ? " (work for one rank alone belongs in mb.on_rank)"
                      : "");
}

// All ranks tell each other what they called, and fail with one message.
static mb_status diverge(mb_context *cx, const char *format, ...) MB_PRINTF(2, 3);

static mb_status diverge(mb_context *cx, const char *format, ...)
{
    mb_comm *comm = cx->comm;
    char mine[MB_DESCRIPTION_SIZE] = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(mine, sizeof mine, format, args);
    va_end(args);
    mb_gather_all(cx, mine, sizeof mine, comm->descriptions);
    compose_divergence(cx, comm->descriptions);
    if (++comm->divergences == 1) memcpy(comm->first_divergence, cx->message, MB_MESSAGE_SIZE);
    if (comm->divergences >= MOST_DIVERGENCES) {
        if (comm->rank == 0)
            mb_comm_abort(cx, "a thousand times the ranks have diverged; the first time: %s",
                          comm->first_divergence);
        mb_wait forever = {0};
        for (;;)
            mb_wait_turn(cx, &forever, NULL);
    }
    return MB_ELOCKSTEP;
}

static mb_status interrupted(mb_context *cx)
{
    cx->comm->interrupted = true;
    atomic_store(&cx->comm->interrupt, 0);
    return mb_fail(cx, MB_EINTERRUPT, "interrupted");
}

static mb_status enter(mb_context *cx, const mb_signature *signature)
{
    mb_comm *comm = cx->comm;
    if (comm->closed) return mb_fail(cx, MB_EINVALID, "%s: the run has ended", signature->where);
    if (comm->in_operation)
        return mb_fail(cx, MB_EINVALID, "%s: an operation cannot begin inside another one (%s)",
                       signature->where, comm->where);
    if (comm->interrupted) return interrupted(cx);
    set_where(comm, signature->where);
    mb_record record = agree(cx, FLAG_ENTER, signature->hash, MB_OK, NULL);
    if (record.flags & FLAG_STEP)
        mb_comm_abort(cx,
                      "fault in moonbear: rank %d enters %s while others are inside an operation",
                      comm->rank, comm->where);
    if (record.flags & FLAG_INTERRUPT && !(record.flags & FLAG_LEAVE)) return interrupted(cx);
    if (!all_equal(&record, FLAG_ENTER)) {
        mb_status status =
            diverge(cx, "called %s%s%s%s", signature->where, signature->length ? " (" : "",
                    signature->text, signature->length ? ")" : "");
        return record.flags & FLAG_INTERRUPT ? interrupted(cx) : status;
    }
    comm->in_operation = true;
    comm->failure = MB_OK;
    comm->concluded = false;
    comm->operation_k = comm->k;
    comm->operation_hash = signature->hash;
    comm->steps = 0;
    return MB_OK;
}

// The status and message of the lowest failing rank, to all.
static mb_status share_failure(mb_context *cx, int rank, mb_status status)
{
    struct {
        mb_status status;
        char message[MB_MESSAGE_SIZE];
    } news = {.status = status};
    memcpy(news.message, cx->message, sizeof news.message);
    mb_broadcast(cx, rank, &news, sizeof news);
    memcpy(cx->message, news.message, sizeof news.message);
    return news.status;
}

// Says of what the memory was wanted, and what to do.
static void explain_memory(mb_context *cx)
{
    const mb_comm *comm = cx->comm;
    const char *end = strstr(comm->where, " at ");
    int length = (int)(end ? (size_t)(end - comm->where) : strlen(comm->where));
    (void)mb_fail_within(cx, MB_EMEMORY, "%.*s on rank %d", length, comm->where, comm->rank);
    size_t used = strlen(cx->message);
    snprintf(cx->message + used, sizeof cx->message - used,
             "; use more ranks, close columns, raise MOONBEAR_MEMORY, or let MOONBEAR_TMPDIR be a "
             "folder on a disk%s, for what does not fit memory",
             cx->settings.tmpdir ? " with more room" : "");
}

static mb_status step(mb_context *cx, mb_status status, mb_payload *payload, bool patient)
{
    mb_comm *comm = cx->comm;
    // All ranks know of the failure, wherever in the body they heard of it.
    if (comm->failure) return comm->failure;
    if (comm->fail_step > 0 && --comm->fail_step == 0 && !status)
        status = mb_fail(cx, MB_EIO, "a test makes this step fail on rank %d", comm->rank);
    if (status == MB_EMEMORY) explain_memory(cx);
    comm->patient = patient;
    mb_record record =
        agree(cx, FLAG_STEP, mb_hash_word(comm->operation_hash, ++comm->steps), status, payload);
    comm->patient = false;
    if (!all_equal(&record, FLAG_STEP))
        mb_comm_abort(cx, "fault in moonbear: rank %d is at step %d of %s and others are elsewhere",
                      comm->rank, (int)comm->steps, comm->where);
    if (record.failing) status = share_failure(cx, comm->nranks - (int)record.failing, status);
    if (record.flags & FLAG_INTERRUPT) status = interrupted(cx);
    comm->failure = status;
    return status;
}

mb_status mb_step(mb_context *cx, mb_status status, mb_payload *payload)
{
    return step(cx, status, payload, false);
}

mb_status mb_step_patient(mb_context *cx, int root, mb_status status, mb_payload *payload)
{
    return step(cx, status, payload, cx->comm->rank != root);
}

mb_status mb_conclude(mb_context *cx, mb_status status, mb_payload *payload)
{
    status = step(cx, status, payload, false);
    cx->comm->concluded = true;
    return status;
}

void mb_tentative_add(mb_context *cx, mb_tentative *change)
{
    MB_ASSERT(mb_in_operation(cx));
    change->next = cx->comm->changes;
    cx->comm->changes = change;
}

void mb_tentative_remove(mb_context *cx, mb_tentative *change)
{
    mb_tentative **link = &cx->comm->changes;
    while (*link != change)
        link = &(*link)->next;
    *link = change->next;
}

static void settle_changes(mb_comm *comm, bool failed)
{
    while (comm->changes) {
        mb_tentative *change = comm->changes;
        comm->changes = change->next;
        change->settle(change, failed);
    }
}

mb_status mb_operate(mb_context *cx, const mb_signature *signature, mb_body body, void *argument)
{
    mb_comm *comm = cx->comm;
    mb_status status = enter(cx, signature);
    if (status) return status;
    cx->memory.alone = 0;
    status = mb_memory_restore(cx);
    if (!status) status = body(cx, argument);
    if (!comm->failure && !comm->concluded) status = mb_step(cx, status, NULL);
    comm->in_operation = false;
    cx->memory.alone = 1;
    settle_changes(comm, status != MB_OK);
    return status;
}

int64_t mb_step_inject(mb_context *cx, int64_t n)
{
    int64_t left = cx->comm->fail_step;
    cx->comm->fail_step = n;
    return left;
}

uint64_t mb_operation_id(const mb_context *cx)
{
    return cx->comm->operation_k;
}

bool mb_in_operation(const mb_context *cx)
{
    return cx->comm->in_operation;
}

void mb_leave(mb_context *cx, mb_ending *ending)
{
    mb_comm *comm = cx->comm;
    mb_record record;
    ending->rank = -1;
    ending->failing = 0;
    if (comm->closed) return;
    set_where(comm, ending->how);
    for (;;) {
        mb_payload payload = {.count = ending->code != 0};
        record = agree(cx, FLAG_LEAVE, 0, ending->code ? MB_EINVALID : MB_OK, &payload);
        ending->failing = (int)payload.count;
        if (record.flags & FLAG_STEP)
            mb_comm_abort(cx,
                          "fault in moonbear: rank %d ends while others are inside an operation",
                          comm->rank);
        if (!(record.flags & FLAG_ENTER)) break;
        (void)diverge(cx, "%s", ending->how);
        if (record.flags & FLAG_INTERRUPT) (void)interrupted(cx);
    }
    if (!record.failing) return;
    ending->rank = comm->nranks - (int)record.failing;
    mb_broadcast(cx, ending->rank, &ending->code, sizeof ending->code);
}

void mb_lockstep_close(mb_context *cx)
{
    cx->comm->closed = true;
}

bool mb_lockstep_closed(const mb_context *cx)
{
    return cx->comm->closed;
}

bool mb_diverged(const mb_context *cx)
{
    return cx->comm->divergences > 0;
}

const char *mb_first_divergence(const mb_context *cx)
{
    return cx->comm->first_divergence;
}

bool mb_interrupted(const mb_context *cx)
{
    return cx->comm->interrupted;
}

void mb_lockstep_reset(mb_context *cx)
{
    cx->comm->divergences = 0;
    cx->comm->interrupted = false;
    atomic_store(&cx->comm->interrupt, 0);
}
