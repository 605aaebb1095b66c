// The partition of rows into buckets, and their shuffle.

#include "ops/sort/sort_move.h"

#include <string.h>

#include "column/storage.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/progress.h"

// Chooses the form of moved rows whose keys have `rest` bits that their bucket does not imply.
static void choose_form(mb_move *move, int rest)
{
    const mb_sorting *sorting = move->sorting;
    int64_t n = sorting->from->n_global;
    int wire = mb_bits_below(mb_layout_most(sorting->from));
    move->how.wide = n > UINT32_MAX;
    if (sorting->values) {
        move->form = rest <= 32 ? MB_REST4 : MB_REST8;
    } else if (rest + mb_bits_below(n) <= 64) {
        move->form = rest + wire <= 32 ? MB_PACKED4 : MB_PACKED8;
        move->how.wire_bits = wire;
        move->how.row_bits = mb_bits_below(n);
    } else {
        move->form = MB_APART;
    }
    move->rest = rest;
    move->width = move->form == MB_REST4 || move->form == MB_PACKED4 ? 4 : 8;
}

// Twice what moves of each row, its bucket, which may be kept, and the result.
mb_status mb_sort_need(mb_sorting *sorting, int width)
{
    mb_context *cx = sorting->cx;
    mb_move move = {.sorting = sorting};
    int64_t here = mb_layout_rows(sorting->from, mb_rank(cx));
    int64_t there = mb_layout_rows(sorting->to, mb_rank(cx));
    choose_form(&move, sorting->shift);
    int moved = move.width + (move.form == MB_APART ? (int)sizeof(uint32_t) : 0);
    for (int c = 0; c < sorting->npayload; c++)
        moved += sorting->payload[c].width;
    return mb_memory_need(cx, moved * (here + there) + (int64_t)sizeof(uint16_t) * here +
                                  width * there);
}

// How many of this rank's rows in a bucket go to a rank: all, or of a bucket of one key those whose
// rows of the result are that rank's. They begin `*skip` rows into the bucket.
static int64_t part_for(const mb_sorting *sorting, const mb_share *share, int64_t bucket,
                        int64_t *skip)
{
    int64_t mine = sorting->mine[bucket];
    *skip = 0;
    if (!mb_sort_single(sorting, bucket)) return mine;
    int64_t first = sorting->before[bucket] + sorting->prior[bucket], end = first + mine;
    if (share->begin > first) *skip = share->begin < end ? share->begin - first : mine;
    int64_t high = end < share->end ? end : share->end;
    return high > first + *skip ? high - first - *skip : 0;
}

// --- The partition.

// A payload column of n <= MB_KEY_ROWS rows from local row `first` on, a multiple of 64, in `room`
// or where it is stored.
static const void *payload_at(const mb_payload_column *payload, int64_t first, int64_t n,
                              uint32_t *room)
{
    const mb_column *column = payload->column;
    if (column && !payload->validity)
        return (const char *)column->values.data + first * column->values.width;
    if (column) {
        mb_validity_bytes((const uint64_t *)column->validity.data + first / 64, n, (uint8_t *)room);
        return room;
    }
    for (int64_t i = 0; i < n; i++)
        room[i] = (uint32_t)(first + i);
    return room;
}

static mb_status scatter_block(void *state, uint64_t *const *words, int64_t first, int64_t n)
{
    mb_move *move = state;
    const mb_sorting *sorting = move->sorting;
    uint32_t buckets[MB_KEY_ROWS], room[MB_KEY_ROWS];
    mb_sort_buckets(sorting, words[0], first, n, buckets);
    for (int c = 0; c < sorting->npayload; c++) {
        const mb_payload_column *payload = &sorting->payload[c];
        sorting->kernels->carry[mb_width_index(payload->width)](
            &move->transfers[c].scatter, payload_at(payload, first, n, room), buckets, n);
    }
    sorting->kernels->scatter[move->form](&move->scatter, words[0], buckets, first, n);
    mb_progress_spill_add(sorting->cx, n, n * move->width);
    return MB_OK;
}

enum { MOST_STAGES = 4096 }; // more buckets take rows one by one: their stages leave the cache

static mb_status open_scatter(mb_move *move)
{
    const mb_sorting *sorting = move->sorting;
    mb_context *cx = sorting->cx;
    mb_scatter *scatter = &move->scatter;
    int64_t n = sorting->nbuckets;
    mb_status status;
    MB_TRY(mb_buffer_new_array(cx, move->local, (size_t)move->width, &move->out));
    if (move->form == MB_APART)
        MB_TRY(mb_buffer_new_array(cx, move->local, sizeof(uint32_t), &move->rows));
    if (n <= MOST_STAGES)
        MB_TRY(mb_buffer_new_array(cx, n, (size_t)2 * MB_STAGE_BYTES, &move->stages));
    MB_TRY(mb_buffer_new_array(cx, 2 * (n + 1), sizeof(int64_t), &move->places));
    scatter->nbuckets = n;
    scatter->starts = move->places->data;
    scatter->cursors = scatter->starts + n + 1;
    scatter->out = move->out->data;
    scatter->rows = move->rows ? move->rows->data : NULL;
    scatter->stages = move->stages ? move->stages->data : NULL;
    scatter->mask = (UINT64_C(1) << move->rest) - 1;
    scatter->row_bits = move->how.wire_bits;
    scatter->starts[0] = 0;
    for (int64_t b = 0; b < n; b++) {
        scatter->starts[b + 1] = scatter->starts[b] + sorting->mine[b];
        scatter->cursors[b] = scatter->starts[b];
    }
done:
    return status;
}

static mb_status open_transfer(const mb_move *move, const mb_payload_column *payload,
                               mb_payload_transfer *transfer)
{
    mb_context *cx = move->sorting->cx;
    int64_t n = move->sorting->nbuckets;
    mb_status status;
    MB_TRY(mb_buffer_new_array(cx, move->local, (size_t)payload->width, &transfer->out));
    if (n <= MOST_STAGES) MB_TRY(mb_buffer_new_array(cx, n, MB_STAGE_BYTES, &transfer->stages));
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(int64_t), &transfer->cursors));
    transfer->scatter = (mb_scatter){.nbuckets = n,
                                     .starts = move->scatter.starts,
                                     .cursors = transfer->cursors->data,
                                     .out = transfer->out->data};
    if (transfer->stages) transfer->scatter.stages = transfer->stages->data;
    memcpy(transfer->scatter.cursors, move->scatter.starts, (size_t)n * sizeof(int64_t));
done:
    return status;
}

// Scatters all rows to their buckets, which are found by their keys unless they are kept and
// nothing of the keys is moved.
static mb_status scatter_rows(mb_move *move)
{
    const mb_sorting *sorting = move->sorting;
    uint64_t none[MB_KEY_ROWS] = {0}, *words = none;
    mb_status status = MB_OK;
    if (!sorting->kept || move->rest > 0)
        return mb_keys_each(sorting->cx, &sorting->keys, sorting->columns, scatter_block, move);
    for (int64_t first = 0; first < move->local && !status; first += MB_KEY_ROWS) {
        int64_t left = move->local - first;
        status = scatter_block(move, &words, first, left < MB_KEY_ROWS ? left : MB_KEY_ROWS);
    }
    return status;
}

static mb_status partition(mb_move *move)
{
    const mb_sorting *sorting = move->sorting;
    if (move->form == MB_APART && move->local > UINT32_MAX)
        return mb_fail(sorting->cx, MB_EINVALID,
                       "argsort: a rank has more than 2^32 rows; use more ranks");
    mb_status status = open_scatter(move);
    for (int c = 0; c < sorting->npayload && !status; c++)
        status = open_transfer(move, &sorting->payload[c], &move->transfers[c]);
    if (status) return status;
    status = scatter_rows(move);
    sorting->kernels->finish[move->form](&move->scatter);
    for (int c = 0; c < sorting->npayload; c++)
        sorting->kernels->finish_carrying[mb_width_index(sorting->payload[c].width)](
            &move->transfers[c].scatter);
    mb_buffer_release(move->sorting->kept);
    move->sorting->kept = NULL;
    return status;
}

// --- The shuffle.

static mb_status open_counts(mb_move *move)
{
    const mb_sorting *sorting = move->sorting;
    mb_context *cx = sorting->cx;
    int nranks = mb_nranks(cx);
    int64_t entries = 0;
    mb_status status = mb_buffer_new_array(cx, nranks, sizeof(mb_share), &move->shares);
    if (status) return status;
    mb_share *shares = move->shares->data;
    for (int r = 0; r < nranks; r++) {
        shares[r] = mb_share_of(sorting, r);
        entries += shares[r].n;
    }
    int64_t mine = shares[mb_rank(cx)].n * nranks;
    status = mb_buffer_new_array(cx, entries + mine, sizeof(int64_t), &move->counts);
    if (status) return status;
    move->sent = move->counts->data;
    move->received = move->sent + entries;
    return mb_shuffle_open(cx, 0, &move->shuffle);
}

// Sends each rank the counts of this rank's rows in its buckets.
static void exchange_counts(mb_move *move)
{
    const mb_sorting *sorting = move->sorting;
    const mb_share *shares = move->shares->data, *own = shares + mb_rank(sorting->cx);
    mb_shuffle *shuffle = &move->shuffle;
    int64_t at = 0, skip;
    for (int r = 0; r < mb_nranks(sorting->cx); r++) {
        shuffle->sent.counts[r] = shares[r].n;
        shuffle->received.counts[r] = own->n;
        shuffle->received.starts[r] = r * own->n;
        for (int64_t k = 0; k < shares[r].n; k++)
            move->sent[at++] = part_for(sorting, &shares[r], shares[r].first + k, &skip);
    }
    mb_shuffle_route(shuffle);
    mb_shuffle_send(shuffle, move->sent, sizeof *move->sent, move->received);
}

// Counts and displacements of rows to and from each rank. This rank's own rows are not sent.
static void route_rows(mb_move *move)
{
    const mb_sorting *sorting = move->sorting;
    const mb_share *shares = move->shares->data;
    const mb_partition out = move->shuffle.sent, in = move->shuffle.received;
    int me = mb_rank(sorting->cx);
    int64_t at = 0, place = 0;
    for (int r = 0; r < mb_nranks(sorting->cx); r++) {
        int64_t skip = 0;
        out.counts[r] = in.counts[r] = 0;
        if (shares[r].n) part_for(sorting, &shares[r], shares[r].first, &skip);
        out.starts[r] = move->scatter.starts[shares[r].first] + skip;
        for (int64_t k = 0; k < shares[r].n; k++)
            out.counts[r] += move->sent[at++];
        for (int64_t k = 0; k < shares[me].n; k++)
            in.counts[r] += move->received[r * shares[me].n + k];
        in.starts[r] = place;
        if (r != me) place += in.counts[r];
    }
    move->shuffle.n_received = place;
    in.starts[me] = out.starts[me];
    in.counts[me] = out.counts[me] = 0;
}

// Allocates the received rows, and the largest bucket that is sorted.
static mb_status open_arrivals(mb_move *move)
{
    mb_context *cx = move->sorting->cx;
    const mb_share *own = (const mb_share *)move->shares->data + mb_rank(cx);
    int64_t rows = move->shuffle.n_received;
    mb_status status;
    move->largest = MB_KEY_ROWS;
    for (int64_t k = 0; k < own->n; k++) {
        int64_t size = mb_move_bucket_rows(move, k);
        if (size > move->largest && !mb_sort_single(move->sorting, own->first + k))
            move->largest = size;
    }
    MB_TRY(mb_buffer_new_array(cx, rows, (size_t)move->width, &move->in));
    if (!move->sorting->whole)
        MB_TRY(mb_buffer_new_array(cx, 2 * move->largest, sizeof(uint64_t), &move->words));
    if (move->form == MB_APART) {
        MB_TRY(mb_buffer_new_array(cx, rows, sizeof(uint32_t), &move->in_rows));
        MB_TRY(mb_buffer_new_array(cx, move->largest, move->how.wide ? 8 : 4, &move->positions));
    }
    for (int c = 0; c < move->sorting->npayload; c++)
        MB_TRY(mb_buffer_new_array(cx, rows, (size_t)move->sorting->payload[c].width,
                                   &move->transfers[c].in));
done:
    return status;
}

static mb_status exchange(mb_move *move)
{
    const mb_sorting *sorting = move->sorting;
    mb_context *cx = sorting->cx;
    const mb_shuffle *shuffle = &move->shuffle;
    mb_status status;
    MB_TRY(mb_step(cx, MB_OK, NULL));
    exchange_counts(move);
    route_rows(move);
    MB_TRY(mb_step(cx, open_arrivals(move), NULL));
    mb_shuffle_send(shuffle, move->out->data, (size_t)move->width, move->in->data);
    if (move->form == MB_APART)
        mb_shuffle_send(shuffle, move->rows->data, sizeof(uint32_t), move->in_rows->data);
    for (int c = 0; c < sorting->npayload; c++)
        mb_shuffle_send(shuffle, move->transfers[c].out->data, (size_t)sorting->payload[c].width,
                        move->transfers[c].in->data);
done:
    return status;
}

mb_status mb_move_rows(mb_move *move)
{
    mb_status status;
    move->local = mb_layout_rows(move->sorting->from, mb_rank(move->sorting->cx));
    choose_form(move, mb_sort_all_single(move->sorting) ? 0 : move->sorting->shift);
    MB_TRY(open_counts(move));
    MB_TRY(partition(move));
    MB_TRY(exchange(move));
done:
    return status;
}

void mb_move_close(mb_move *move)
{
    mb_buffer *buffers[] = {move->out,    move->rows, move->stages,  move->places, move->shares,
                            move->counts, move->in,   move->in_rows, move->words,  move->positions};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        mb_buffer_release(buffers[i]);
    mb_shuffle_close(&move->shuffle);
    for (int c = 0; c < move->sorting->npayload; c++) {
        mb_payload_transfer *transfer = &move->transfers[c];
        mb_buffer_release(transfer->out);
        mb_buffer_release(transfer->stages);
        mb_buffer_release(transfer->cursors);
        mb_buffer_release(transfer->in);
    }
}

mb_status mb_sort_move(mb_sorting *sorting, mb_column *result)
{
    mb_move move = {.sorting = sorting, .result = result};
    if (sorting->values && mb_sort_all_single(sorting)) {
        mb_move_repeat(&move);
        return MB_OK;
    }
    const mb_share own = mb_share_of(sorting, mb_rank(sorting->cx));
    mb_progress_spill_begin(sorting->cx, "sorting", sorting->from->n_global,
                            mb_layout_rows(sorting->from, mb_rank(sorting->cx)) + own.end -
                                own.begin);
    mb_status status = mb_move_rows(&move);
    if (!status) mb_move_sort(&move);
    mb_progress_spill_end(sorting->cx);
    mb_move_close(&move);
    return status;
}
