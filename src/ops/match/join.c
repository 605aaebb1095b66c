#include "ops/match/join.h"

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "ops/match/join_internal.h"
#include "ops/match/match_column.h"

static mb_status take_runs(void *state, const uint64_t *values, const uint8_t *matches,
                           const uint8_t *valid, int64_t n)
{
    mb_joining *j = state;
    uint64_t *runs = (uint64_t *)j->runs->data + j->filled;
    for (int64_t i = 0; i < n; i++) {
        runs[i] = matches[i] == MB_FOUND && (!valid || valid[i]) ? values[i] : 0;
        j->n += j->join->keep && !runs[i] ? 1 : mb_run_count(runs[i]);
    }
    j->filled += n;
    return MB_OK;
}

// The keys of the right repeat.
static mb_status pair_all(mb_joining *j, mb_column *positions[2])
{
    mb_context *cx = j->cx;
    int64_t rows = mb_column_rows(j->join->left);
    mb_status status;
    MB_TRY(mb_join_order(j));
    status = mb_memory_need(cx, 8 * rows);
    if (!status) status = mb_buffer_new_array(cx, rows, sizeof(uint64_t), &j->runs);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_key_index_probe(cx, &j->index, j->join->left, take_runs, j);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_join_pairs(j, positions));
done:
    return status;
}

// The keys of the right are unique.
static mb_status pair_once(mb_joining *j, mb_column *positions[2])
{
    mb_context *cx = j->cx;
    const mb_join *join = j->join;
    const mb_column *values = join->values;
    const mb_match_column what = {.type = values ? values->type : &mb_type_int};
    mb_range range = {1, (uint64_t)join->right->layout->n_global};
    if (values) range = values->facts.range;
    const mb_range *guess = !values || values->facts.bounded ? &range : NULL;
    mb_column *made = NULL;
    mb_status status;
    MB_TRY(mb_match_build(cx, &j->index, join->left, &what, guess, &made));
    int64_t here = mb_column_rows(made), total = made->layout->n_global;
    if (!join->keep) {
        here -= mb_column_missing_here(made);
        total -= made->facts.missing;
    }
    MB_TRY(mb_step(cx, mb_join_check_size(cx, here, total, join->once_bytes), NULL));
    positions[1] = made;
    made = NULL;
done:
    mb_column_release(made);
    return status;
}

// Whether one rank would get far more than its share of partitioned entries, because many
// have the same key.
static mb_status find_crowd(mb_context *cx, const mb_entries *entries, bool *crowded)
{
    enum { NEGLIGIBLE = 1 << 16 };
    const mb_key_index by_hash = {.partitioned = true};
    mb_shuffle shuffle = {0};
    mb_status status = mb_shuffle_open(cx, 0, &shuffle);
    MB_TRY(mb_step(cx, status, NULL));
    const uint64_t *words = entries->words->data;
    for (int64_t i = 0; i < entries->n; i++)
        shuffle.sent.counts[mb_key_index_owner(cx, &by_hash, words[i])]++;
    mb_shuffle_count(&shuffle);
    mb_payload payload = {.count = (uint64_t)entries->n};
    payload.max[0] = (uint64_t)shuffle.n_received;
    MB_TRY(mb_step(cx, MB_OK, &payload));
    *crowded = payload.max[0] > 2 * (payload.count / (uint64_t)mb_nranks(cx)) + NEGLIGIBLE;
done:
    mb_shuffle_close(&shuffle);
    return status;
}

// The right keys in an index, with rows of `values` or their positions, unless one is found to
// repeat.
static mb_status open_index(mb_joining *j, bool *repeats)
{
    mb_context *cx = j->cx;
    mb_column *right = j->join->right, *values = j->join->values;
    int64_t limit = mb_key_index_limit(j->join->left);
    mb_entries entries = {0};
    mb_status status = mb_entries_collect(cx, right, false, values, !values, &entries);
    *repeats = false;
    if (mb_nranks(cx) > 1 && right->layout->n_global > limit) {
        MB_TRY(mb_step(cx, status, NULL));
        MB_TRY(find_crowd(cx, &entries, repeats));
        if (*repeats) goto done;
    }
    status = mb_key_index_open(cx, status, &entries, MB_HASH_FIND, limit, &j->index);
    mb_payload payload = {.count = !status && j->index.hash.duplicate >= 0};
    MB_TRY(mb_step(cx, status, &payload));
    *repeats = payload.count > 0;
done:
    mb_entries_release(&entries);
    return status;
}

mb_status mb_join_positions(mb_context *cx, const mb_join *join, mb_column *positions[2])
{
    mb_joining j = {.cx = cx, .join = join};
    bool repeats;
    mb_status status;
    int64_t rows = join->right->layout->n_global;
    if (rows > UINT32_MAX)
        return mb_fail(cx, MB_EINVALID, "join: a right table of %lld rows; the most are 2^32 - 1",
                       (long long)rows);
    positions[0] = positions[1] = NULL;
    MB_TRY(open_index(&j, &repeats));
    if (repeats) mb_key_index_close(&j.index);
    MB_TRY(repeats ? pair_all(&j, positions) : pair_once(&j, positions));
done:
    mb_key_index_close(&j.index);
    mb_column_release(j.order);
    mb_buffer_release(j.runs);
    return status;
}
