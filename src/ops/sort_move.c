// The partition of rows into buckets, their exchange, and the sort of what has come.

#include <string.h>

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "ops/sort_internal.h"

// The buckets that a rank's rows of the result lie in.
typedef struct share {
    int64_t first, n;   // buckets
    int64_t begin, end; // rows of the result
} share;

typedef struct move {
    mb_sorting *sorting;
    mb_column *result;
    mb_sort_form form;
    int width;
    int rest; // bits of a key that are moved
    mb_gathering how;
    mb_scatter scatter;
    int64_t local;                          // rows of this rank
    mb_buffer *out, *rows, *lines, *places; // of the partition
    mb_buffer *shares, *counts, *sizes;     // what goes where
    mb_buffer *in, *in_rows;                // what has come
    mb_buffer *words, *positions;           // of one bucket
    int64_t *sent, *received;               // rows of each bucket to and from each rank
    int64_t largest;                        // bucket to be sorted
} move;

// What has come of one bucket, for looking up keys by their index.
typedef struct arrivals {
    const move *move;
    int64_t bucket;    // among this rank's
    const int64_t *at; // first row of each rank's piece in what has come of it
} arrivals;

static void choose_form(move *move)
{
    const mb_sorting *sorting = move->sorting;
    int64_t most = 0, n = sorting->from->n_global;
    for (int r = 0; r < mb_nranks(sorting->cx); r++)
        if (mb_layout_rows(sorting->from, r) > most) most = mb_layout_rows(sorting->from, r);
    int wire = mb_bits_below(most), rest = mb_sort_all_single(sorting) ? 0 : sorting->shift;
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

static share share_of(const mb_sorting *sorting, int rank)
{
    share share = {.begin = sorting->to->start[rank], .end = sorting->to->start[rank + 1]};
    int64_t low = 0, high = sorting->nbuckets;
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (sorting->before[middle] <= share.begin)
            low = middle;
        else
            high = middle;
    }
    share.first = low;
    while (share.first + share.n < sorting->nbuckets &&
           sorting->before[share.first + share.n] < share.end)
        share.n++;
    if (share.begin == share.end) share.n = 0;
    return share;
}

// The rows of this rank in a bucket that a rank gets: all, or of a bucket of one key those whose
// place in the result is that rank's. They begin `*skip` rows into the bucket.
static int64_t part_for(const mb_sorting *sorting, const share *share, int64_t bucket,
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

static mb_status scatter_block(void *state, uint64_t *const *words, int64_t first, int64_t n)
{
    move *move = state;
    uint32_t buckets[MB_KEY_ROWS];
    mb_sort_buckets(move->sorting, words[0], n, buckets);
    move->sorting->kernels->scatter[move->form](&move->scatter, words[0], buckets, first, n);
    return MB_OK;
}

static mb_status open_scatter(move *move)
{
    enum { DIRECT = 384, LINES = 2 * MB_ALIGNMENT };
    const mb_sorting *sorting = move->sorting;
    mb_context *cx = sorting->cx;
    mb_scatter *scatter = &move->scatter;
    int64_t n = sorting->nbuckets;
    mb_status status;
    MB_TRY(mb_buffer_new_array(cx, move->local, (size_t)move->width, &move->out));
    if (move->form == MB_APART)
        MB_TRY(mb_buffer_new_array(cx, move->local, sizeof(uint32_t), &move->rows));
    if (n > DIRECT) MB_TRY(mb_buffer_new_array(cx, n, LINES, &move->lines));
    MB_TRY(mb_buffer_new_array(cx, 2 * (n + 1), sizeof(int64_t), &move->places));
    scatter->nbuckets = n;
    scatter->starts = move->places->data;
    scatter->cursors = scatter->starts + n + 1;
    scatter->out = move->out->data;
    scatter->rows = move->rows ? move->rows->data : NULL;
    scatter->lines = move->lines ? move->lines->data : NULL;
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

static mb_status partition(move *move)
{
    const mb_sorting *sorting = move->sorting;
    if (move->form == MB_APART && move->local > UINT32_MAX)
        return mb_fail(sorting->cx, MB_EINVALID,
                       "argsort: a rank has more than 2^32 rows; use more ranks");
    mb_status status = open_scatter(move);
    if (status) return status;
    status = mb_keys_each(sorting->cx, &sorting->keys, sorting->columns, scatter_block, move);
    sorting->kernels->finish[move->form](&move->scatter);
    return status;
}

// --- The exchange.

static mb_status open_counts(move *move)
{
    const mb_sorting *sorting = move->sorting;
    mb_context *cx = sorting->cx;
    int nranks = mb_nranks(cx);
    int64_t entries = 0;
    mb_status status = mb_buffer_new_array(cx, nranks, sizeof(share), &move->shares);
    if (status) return status;
    share *shares = move->shares->data;
    for (int r = 0; r < nranks; r++) {
        shares[r] = share_of(sorting, r);
        entries += shares[r].n;
    }
    int64_t mine = shares[mb_rank(cx)].n * nranks;
    status = mb_buffer_new_array(cx, entries + mine, sizeof(int64_t), &move->counts);
    if (status) return status;
    move->sent = move->counts->data;
    move->received = move->sent + entries;
    return mb_buffer_new_array(cx, 6 * (int64_t)nranks, sizeof(int64_t), &move->sizes);
}

// Tells each rank how many rows of its buckets come from here; `pieces` is scratch.
static void exchange_counts(move *move, mb_pieces sent, mb_pieces received)
{
    const mb_sorting *sorting = move->sorting;
    const share *shares = move->shares->data, *own = shares + mb_rank(sorting->cx);
    int64_t at = 0, skip;
    for (int r = 0; r < mb_nranks(sorting->cx); r++) {
        const int64_t width = sizeof(int64_t);
        sent.offsets[r] = at * width;
        sent.counts[r] = shares[r].n * width;
        received.counts[r] = own->n * width;
        received.offsets[r] = r * own->n * width;
        for (int64_t k = 0; k < shares[r].n; k++)
            move->sent[at++] = part_for(sorting, &shares[r], shares[r].first + k, &skip);
    }
    mb_exchange(sorting->cx, move->sent, sent, move->received, received);
}

// Rows to and from each rank, and where they are. What stays here is not moved.
static void lay_out_rows(const move *move, mb_pieces sent, mb_pieces received)
{
    const mb_sorting *sorting = move->sorting;
    const share *shares = move->shares->data;
    int me = mb_rank(sorting->cx);
    int64_t at = 0, place = 0;
    for (int r = 0; r < mb_nranks(sorting->cx); r++) {
        int64_t skip = 0;
        sent.counts[r] = received.counts[r] = 0;
        if (shares[r].n) part_for(sorting, &shares[r], shares[r].first, &skip);
        sent.offsets[r] = move->scatter.starts[shares[r].first] + skip;
        for (int64_t k = 0; k < shares[r].n; k++)
            sent.counts[r] += move->sent[at++];
        for (int64_t k = 0; k < shares[me].n; k++)
            received.counts[r] += move->received[r * shares[me].n + k];
        received.offsets[r] = r == me ? sent.offsets[r] : place;
        if (r != me) place += received.counts[r];
    }
}

static void scale(mb_pieces rows, int nranks, int me, int64_t width, mb_pieces bytes)
{
    for (int r = 0; r < nranks; r++) {
        bytes.counts[r] = r == me ? 0 : rows.counts[r] * width;
        bytes.offsets[r] = r == me ? 0 : rows.offsets[r] * width;
    }
}

static int64_t bucket_rows(const move *move, int64_t k)
{
    const share *own = (const share *)move->shares->data + mb_rank(move->sorting->cx);
    int64_t rows = 0;
    for (int r = 0; r < mb_nranks(move->sorting->cx); r++)
        rows += move->received[r * own->n + k];
    return rows;
}

// Memory for what comes, and for the largest bucket that is to be sorted.
static mb_status open_arrivals(move *move, mb_pieces received)
{
    mb_context *cx = move->sorting->cx;
    const share *own = (const share *)move->shares->data + mb_rank(cx);
    int64_t rows = 0;
    mb_status status;
    for (int r = 0; r < mb_nranks(cx); r++)
        rows += r == mb_rank(cx) ? 0 : received.counts[r];
    move->largest = MB_KEY_ROWS;
    for (int64_t k = 0; k < own->n; k++) {
        int64_t size = bucket_rows(move, k);
        if (size > move->largest && !mb_sort_single(move->sorting, own->first + k))
            move->largest = size;
    }
    MB_TRY(mb_buffer_new_array(cx, rows, (size_t)move->width, &move->in));
    MB_TRY(mb_buffer_new_array(cx, 2 * move->largest, sizeof(uint64_t), &move->words));
    if (move->form == MB_APART) {
        MB_TRY(mb_buffer_new_array(cx, rows, sizeof(uint32_t), &move->in_rows));
        MB_TRY(mb_buffer_new_array(cx, move->largest, move->how.wide ? 8 : 4, &move->positions));
    }
done:
    return status;
}

// The six arrays of `sizes`.
static mb_pieces pieces_at(const move *move, int i)
{
    int nranks = mb_nranks(move->sorting->cx);
    int64_t *words = move->sizes->data;
    words += (int64_t)2 * i * nranks;
    return (mb_pieces){words, words + nranks};
}

static mb_status exchange(move *move, mb_pieces received)
{
    mb_context *cx = move->sorting->cx;
    int nranks = mb_nranks(cx), me = mb_rank(cx);
    mb_pieces bytes = pieces_at(move, 1), coming = pieces_at(move, 2);
    mb_buffer *rows = NULL;
    mb_pieces sent;
    mb_status status = mb_buffer_new_array(cx, 2 * (int64_t)nranks, sizeof(int64_t), &rows);
    MB_TRY(mb_step(cx, status, NULL));
    sent = (mb_pieces){rows->data, (int64_t *)rows->data + nranks};
    exchange_counts(move, bytes, coming);
    lay_out_rows(move, sent, received);
    MB_TRY(mb_step(cx, open_arrivals(move, received), NULL));
    scale(sent, nranks, me, move->width, bytes);
    scale(received, nranks, me, move->width, coming);
    mb_exchange(cx, move->out->data, bytes, move->in->data, coming);
    if (move->form == MB_APART) {
        scale(sent, nranks, me, sizeof(uint32_t), bytes);
        scale(received, nranks, me, sizeof(uint32_t), coming);
        mb_exchange(cx, move->rows->data, bytes, move->in_rows->data, coming);
    }
done:
    mb_buffer_release(rows);
    return status;
}

// --- Buckets.

// Rows from a place on of what a rank has sent here.
static const void *moved_from(const move *move, int rank, int64_t at, const uint32_t **rows)
{
    bool own = rank == mb_rank(move->sorting->cx);
    const mb_buffer *words = own ? move->out : move->in, *others = own ? move->rows : move->in_rows;
    *rows = others ? (const uint32_t *)others->data + at : NULL;
    return (const char *)words->data + at * move->width;
}

static void gather(const move *move, int rank, int64_t at, int64_t n, int64_t index,
                   uint64_t *words)
{
    const uint32_t *rows;
    mb_gathering how = move->how;
    const void *moved = moved_from(move, rank, at, &rows);
    how.start = move->sorting->from->start[rank];
    how.index = index;
    move->sorting->kernels->gather[move->form](moved, rows, n, &how, words,
                                               move->positions ? move->positions->data : NULL);
}

// Words of sorted rows into the result; the first one's place is `place`. Those of other ranks are
// left out.
static void emit(move *move, int64_t bucket, uint64_t *words, int64_t n, int64_t place)
{
    const mb_sorting *sorting = move->sorting;
    const share *own = (const share *)move->shares->data + mb_rank(sorting->cx);
    if (place < own->begin) {
        words += own->begin - place;
        n -= own->begin - place;
        place = own->begin;
    }
    if (place + n > own->end) n = own->end - place;
    if (n <= 0) return;
    int64_t at = place - own->begin;
    char *out = (char *)move->result->buffer->data + at * move->result->width;
    if (sorting->values) {
        uint64_t above = sorting->low[bucket] >> sorting->shift << sorting->shift;
        for (int64_t i = 0; i < n; i++)
            words[i] |= above;
        mb_sort_emit_values(sorting, words, n, move->result, at);
    } else if (move->form == MB_APART) {
        sorting->kernels->emit_apart(words, n, &move->how, move->positions->data, out);
    } else {
        sorting->kernels->emit_rows(words, n, &move->how, out);
    }
}

// The words of n rows apart from their positions: as much of the key as the index leaves room for.
static void set_index_bits(move *move, int64_t n)
{
    if (move->form != MB_APART) return;
    move->how.row_bits = mb_bits_below(n);
    int over = move->rest + move->how.row_bits - 64;
    move->how.drop = over > 0 ? over : 0;
}

// A bucket of one key: its rows are in order as they come.
static void pass_on(move *move, int64_t k, int64_t *at, int64_t place)
{
    const share *own = (const share *)move->shares->data + mb_rank(move->sorting->cx);
    if (place < own->begin) place = own->begin;
    set_index_bits(move, MB_KEY_ROWS);
    for (int r = 0; r < mb_nranks(move->sorting->cx); r++) {
        int64_t left = move->received[r * own->n + k];
        while (left > 0) {
            int64_t n = left < MB_KEY_ROWS ? left : MB_KEY_ROWS;
            gather(move, r, at[r], n, 0, move->words->data);
            emit(move, own->first + k, move->words->data, n, place);
            at[r] += n;
            place += n;
            left -= n;
        }
    }
}

static uint64_t key_of(const void *state, int64_t index)
{
    const arrivals *arrivals = state;
    const move *move = arrivals->move;
    const share *own = (const share *)move->shares->data + mb_rank(move->sorting->cx);
    int rank = 0;
    const uint32_t *rows;
    for (;; rank++) {
        int64_t n = move->received[rank * own->n + arrivals->bucket];
        if (index < n) break;
        index -= n;
    }
    return *(const uint64_t *)moved_from(move, rank, arrivals->at[rank] + index, &rows);
}

static void sort_bucket(move *move, int64_t k, int64_t *at, int64_t place)
{
    const mb_sorting *sorting = move->sorting;
    int nranks = mb_nranks(sorting->cx);
    const share *own = (const share *)move->shares->data + mb_rank(sorting->cx);
    uint64_t *words = move->words->data, *scratch = words + move->largest;
    arrivals arrivals = {move, k, at};
    int64_t n = bucket_rows(move, k), index = 0;
    set_index_bits(move, n);
    for (int r = 0; r < nranks; r++) {
        int64_t rows = move->received[r * own->n + k];
        gather(move, r, at[r], rows, index, words + index);
        index += rows;
    }
    words = mb_sort_words(sorting->kernels, words, scratch, n, move->how.row_bits, move->how.drop,
                          key_of, &arrivals);
    emit(move, own->first + k, words, n, place);
    for (int r = 0; r < nranks; r++)
        at[r] += move->received[r * own->n + k];
}

static void sort_buckets(move *move, mb_pieces received)
{
    const mb_sorting *sorting = move->sorting;
    const share *own = (const share *)move->shares->data + mb_rank(sorting->cx);
    for (int64_t k = 0; k < own->n; k++) {
        int64_t place = sorting->before[own->first + k];
        if (mb_sort_single(sorting, own->first + k))
            pass_on(move, k, received.offsets, place);
        else
            sort_bucket(move, k, received.offsets, place);
    }
}

// Values of keys that are told by their bucket alone: nothing moves.
static void repeat_values(move *move)
{
    const mb_sorting *sorting = move->sorting;
    uint64_t words[MB_KEY_ROWS];
    share own = share_of(sorting, mb_rank(sorting->cx));
    for (int64_t b = own.first; b < own.first + own.n; b++) {
        int64_t place = sorting->before[b] > own.begin ? sorting->before[b] : own.begin;
        int64_t end = sorting->before[b + 1] < own.end ? sorting->before[b + 1] : own.end;
        for (; place < end; place += MB_KEY_ROWS) {
            int64_t n = end - place < MB_KEY_ROWS ? end - place : MB_KEY_ROWS;
            for (int64_t i = 0; i < n; i++)
                words[i] = sorting->low[b];
            mb_sort_emit_values(sorting, words, n, move->result, place - own.begin);
        }
    }
}

mb_status mb_sort_move(mb_sorting *sorting, mb_column *result)
{
    mb_context *cx = sorting->cx;
    move move = {.sorting = sorting, .result = result};
    mb_status status = MB_OK;
    move.local = mb_layout_rows(sorting->from, mb_rank(cx));
    if (sorting->values && mb_sort_all_single(sorting)) {
        repeat_values(&move);
        return MB_OK;
    }
    choose_form(&move);
    MB_TRY(open_counts(&move));
    MB_TRY(partition(&move));
    MB_TRY(exchange(&move, pieces_at(&move, 0)));
    sort_buckets(&move, pieces_at(&move, 0));
done:
    mb_buffer_release(move.out);
    mb_buffer_release(move.rows);
    mb_buffer_release(move.lines);
    mb_buffer_release(move.places);
    mb_buffer_release(move.shares);
    mb_buffer_release(move.counts);
    mb_buffer_release(move.sizes);
    mb_buffer_release(move.in);
    mb_buffer_release(move.in_rows);
    mb_buffer_release(move.words);
    mb_buffer_release(move.positions);
    return status;
}
