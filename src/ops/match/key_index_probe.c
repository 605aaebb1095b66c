// Probes of an index: of replicated keys while the rows stream by; of partitioned keys in rounds of
// requests and replies.

#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "core/progress.h"
#include "ops/match/key_index.h"

// Rows of a rank in a round; and where an index is on the disk, whose parts each round reads.
enum { ROUND = 1 << 16, ROUND_OF_DISK = 1 << 21 };
MB_WHOLE_WORDS(ROUND);
MB_WHOLE_WORDS(ROUND_OF_DISK);
MB_WHOLE_WORDS(MB_HASH_ROWS);

typedef struct probing {
    mb_context *cx;
    const mb_key_index *index;
    mb_kind kind;
    int64_t round; // rows
    mb_take_matches *take;
    void *state;
} probing;

// Rows at .. at + n - 1 of a block; `at` is a multiple of 64.
static mb_block part_of(const mb_block *block, int64_t at)
{
    mb_block part = *block;
    part.values = (const char *)block->values + at * mb_form_width(block->form);
    if (block->validity) part.validity = block->validity + at / 64;
    return part;
}

static mb_status probe_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    const probing *call = state;
    uint64_t wide[MB_HASH_ROWS], values[MB_HASH_ROWS];
    uint8_t matches[MB_HASH_ROWS], valid[MB_HASH_ROWS];
    mb_status status = MB_OK;
    (void)first;
    for (int64_t at = 0; at < n && !status; at += MB_HASH_ROWS) {
        int64_t count = n - at < MB_HASH_ROWS ? n - at : MB_HASH_ROWS;
        mb_block part = part_of(block, at);
        const uint64_t *words =
            mb_match_words(call->cx->isa, call->kind, call->index->ordered, &part, count, wide);
        mb_key_index_find(call->cx, call->index, words, count, values, matches);
        if (part.validity) mb_validity_bytes(part.validity, count, valid);
        status = call->take(call->state, values, matches, part.validity ? valid : NULL, count);
    }
    return status;
}

// --- Rounds.

typedef struct round_memory {
    const uint64_t *rows;        // words of the rows
    mb_buffer *words;            // memory for them, where the column does not store them
    mb_buffer *ids;              // for each row the first one with the same word
    mb_buffer *requests;         // the words that are sent, each once; then their values
    mb_buffer *replies;          // their matches
    mb_buffer *values, *matches; // of the rows whose words were sent
} round_memory;

static void close_round(round_memory *round)
{
    mb_buffer *const buffers[] = {round->words,   round->ids,    round->requests,
                                  round->replies, round->values, round->matches};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        mb_buffer_release(buffers[i]);
}

static mb_status open_round(mb_context *cx, int64_t rows, round_memory *round)
{
    mb_status status = MB_OK;
    mb_buffer **const words[] = {&round->words, &round->ids, &round->requests, &round->values};
    mb_buffer **const bytes[] = {&round->replies, &round->matches};
    for (size_t i = 0; i < sizeof words / sizeof *words && !status; i++)
        status = mb_buffer_new_array(cx, rows, sizeof(uint64_t), words[i]);
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes && !status; i++)
        status = mb_buffer_new_array(cx, rows, 1, bytes[i]);
    return status;
}

// Reads the words of n rows, and finds for each row the first one with the same word; in large
// rounds that is the row itself.
static mb_status read_rows(const probing *call, const mb_column *column, int64_t first, int64_t n,
                           round_memory *round)
{
    mb_hash_index index = {0};
    int64_t *ids = round->ids->data;
    mb_block block = mb_block_of(column, first);
    round->rows = mb_match_words(call->cx->isa, column->type->kind, call->index->ordered, &block, n,
                                 round->words->data);
    if (call->round > ROUND) {
        for (int64_t i = 0; i < n; i++)
            ids[i] = i;
        return MB_OK;
    }
    mb_status status = mb_hash_index_open(call->cx, round->rows, n, MB_HASH_FIND, NULL, &index);
    for (int64_t i = 0; i < n && !status; i += MB_HASH_ROWS)
        mb_hash_index_find(call->cx, &index, round->rows + i,
                           n - i < MB_HASH_ROWS ? n - i : MB_HASH_ROWS, ids + i);
    mb_hash_index_close(&index);
    return status;
}

// Sends the words of n rows, each once, to the ranks that own them, looks up those received, and
// replies with their matches.
static mb_status exchange_round(const probing *call, int64_t n, mb_shuffle *shuffle,
                                round_memory *round)
{
    mb_context *cx = call->cx;
    const int64_t *ids = round->ids->data;
    const size_t width = sizeof(uint64_t);
    mb_buffer *words = NULL, *values = NULL, *matches = NULL;
    mb_status status;
    shuffle->n = n;
    for (int64_t i = 0; i < n; i++)
        shuffle->owners[i] = ids[i] == i
                                 ? (uint32_t)mb_key_index_owner(cx, call->index, round->rows[i])
                                 : MB_NO_OWNER;
    mb_shuffle_route(shuffle);
    mb_shuffle_count(shuffle);
    int64_t nrequests = shuffle->n_received;
    status = mb_buffer_new_array(cx, nrequests, width, &words);
    if (!status) status = mb_buffer_new_array(cx, nrequests, width, &values);
    if (!status) status = mb_buffer_new_array(cx, nrequests, 1, &matches);
    MB_TRY(mb_step(cx, status, NULL));
    mb_shuffle_arrange(shuffle, round->rows, width, round->requests->data);
    mb_shuffle_send(shuffle, round->requests->data, width, words->data);
    mb_key_index_find_all(cx, call->index, words->data, nrequests, values->data, matches->data);
    if (call->index->entries.values) {
        mb_shuffle_reply(shuffle, values->data, width, round->requests->data);
        mb_shuffle_restore(shuffle, round->requests->data, width, round->values->data);
    }
    mb_shuffle_reply(shuffle, matches->data, 1, round->replies->data);
    mb_shuffle_restore(shuffle, round->replies->data, 1, round->matches->data);
done:
    mb_buffer_release(words);
    mb_buffer_release(values);
    mb_buffer_release(matches);
    return status;
}

// Passes the matches to `take`, row by row.
static mb_status give_matches(const probing *call, const mb_column *column, int64_t first,
                              int64_t n, const round_memory *round)
{
    uint64_t values[MB_HASH_ROWS];
    uint8_t matches[MB_HASH_ROWS], valid[MB_HASH_ROWS];
    const int64_t *ids = round->ids->data;
    const uint64_t *all_values = round->values->data;
    const uint8_t *all_matches = round->matches->data;
    bool with_values = call->index->entries.values != NULL;
    mb_status status = MB_OK;
    for (int64_t at = 0; at < n && !status; at += MB_HASH_ROWS) {
        int64_t count = n - at < MB_HASH_ROWS ? n - at : MB_HASH_ROWS;
        for (int64_t i = 0; i < count; i++) {
            int64_t row = ids[at + i];
            matches[i] = all_matches[row];
            values[i] = with_values ? all_values[row] : 0;
        }
        const uint64_t *validity = mb_block_of(column, first + at).validity;
        if (validity) mb_validity_bytes(validity, count, valid);
        status = call->take(call->state, values, matches, validity ? valid : NULL, count);
    }
    return status;
}

static mb_status probe_in_rounds(const probing *call, mb_column *column)
{
    mb_context *cx = call->cx;
    round_memory round = {0};
    mb_shuffle shuffle = {0};
    mb_status status;
    int64_t rows = mb_column_rows(column), most = mb_layout_most(column->layout);
    MB_TRY(mb_materialise(cx, column));
    mb_progress_spill_begin(cx, "matching", column->layout->n_global, rows);
    status = open_round(cx, call->round, &round);
    if (!status) status = mb_shuffle_open(cx, call->round, &shuffle);
    for (int64_t first = 0; first < most; first += call->round) {
        int64_t n = rows - first < call->round ? rows - first : call->round;
        if (n < 0) n = 0;
        if (!status) status = read_rows(call, column, n ? first : 0, n, &round);
        MB_TRY(mb_step(cx, status, NULL));
        MB_TRY(exchange_round(call, n, &shuffle, &round));
        status = give_matches(call, column, first, n, &round);
        mb_progress_spill_add(cx, n, n * column->values.width);
    }
done:
    mb_progress_spill_end(cx);
    mb_shuffle_close(&shuffle);
    close_round(&round);
    return status;
}

// Whether a rank has its index on the disk, if it is so large that one could. Collective.
static mb_status is_on_disk(mb_context *cx, const mb_key_index *index, bool *so)
{
    enum { LARGE = 1 << 16 };
    mb_payload payload = {.max = {(uint64_t)(index->hash.parts > 1)}};
    mb_status status = MB_OK;
    if (index->partitioned || index->entries.n > LARGE) status = mb_step(cx, MB_OK, &payload);
    *so = payload.max[0] > 0;
    return status;
}

mb_status mb_key_index_probe(mb_context *cx, const mb_key_index *index, mb_column *column,
                             mb_take_matches *take, void *state)
{
    probing call = {cx, index, column->type->kind, ROUND, take, state};
    bool disk;
    mb_status status = is_on_disk(cx, index, &disk);
    if (status) return status;
    if (disk) call.round = ROUND_OF_DISK;
    if (index->partitioned || disk) return probe_in_rounds(&call, column);
    return mb_evaluate(cx, &column, 1, probe_block, &call);
}
