// The bucket phase of a sort: received buckets are sorted into the result.

#include "column/storage.h"
#include "comm/comm.h"
#include "core/progress.h"
#include "ops/sort/sort_move.h"

mb_share mb_share_of(const mb_sorting *sorting, int rank)
{
    mb_share share = {.begin = sorting->to->start[rank], .end = sorting->to->start[rank + 1]};
    int64_t low = 0, high = sorting->nbuckets;
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (sorting->before[middle] <= share.begin)
            low = middle;
        else
            high = middle;
    }
    share.first = low;
    if (sorting->whole && sorting->before[low] < share.begin && !mb_sort_single(sorting, low))
        share.first++;
    while (share.first + share.n < sorting->nbuckets &&
           sorting->before[share.first + share.n] < share.end)
        share.n++;
    if (share.begin == share.end) share.n = 0;
    return share;
}

int64_t mb_move_bucket_rows(const mb_move *move, int64_t k)
{
    const mb_share *own = (const mb_share *)move->shares->data + mb_rank(move->sorting->cx);
    int64_t rows = 0;
    for (int r = 0; r < mb_nranks(move->sorting->cx); r++)
        rows += move->received[r * own->n + k];
    return rows;
}

const void *mb_move_keys(const mb_move *move, int rank, int64_t at)
{
    const mb_buffer *part = rank == mb_rank(move->sorting->cx) ? move->out : move->in;
    return (const char *)part->data + at * move->width;
}

const void *mb_move_payload(const mb_move *move, int payload, int rank, int64_t at)
{
    const mb_payload_transfer *transfer = &move->transfers[payload];
    const mb_buffer *part = rank == mb_rank(move->sorting->cx) ? transfer->out : transfer->in;
    return (const char *)part->data + at * move->sorting->payload[payload].width;
}

// The received rows of one bucket, in which keys are looked up by index.
typedef struct arrivals {
    const mb_move *move;
    int64_t bucket;    // among this rank's
    const int64_t *at; // index of the first row from each rank in the rows received from it
} arrivals;

// Rows from an index on of those that a rank has sent.
static const void *moved_from(const mb_move *move, int rank, int64_t at, const uint32_t **rows)
{
    bool own = rank == mb_rank(move->sorting->cx);
    const mb_buffer *others = own ? move->rows : move->in_rows;
    *rows = others ? (const uint32_t *)others->data + at : NULL;
    return mb_move_keys(move, rank, at);
}

static void gather(const mb_move *move, int rank, int64_t at, int64_t n, int64_t index,
                   uint64_t *words)
{
    const uint32_t *rows;
    mb_moved_words how = move->how;
    const void *moved = moved_from(move, rank, at, &rows);
    how.start = move->sorting->from->start[rank];
    how.index = index;
    move->sorting->kernels->gather[move->form](moved, rows, n, &how, words,
                                               move->positions ? move->positions->data : NULL);
}

static void make_positions(const void *state, const uint64_t *words, int64_t n, void *out)
{
    const mb_move *move = state;
    const mb_sort_kernels *kernels = move->sorting->kernels;
    if (move->form == MB_APART)
        kernels->emit_apart(words, n, &move->how, move->positions->data, out);
    else
        kernels->emit_rows(words, n, &move->how, out);
}

// Writes the words of sorted rows into the result, from row `place` on; rows of other ranks are
// skipped.
static void emit(mb_move *move, int64_t bucket, const uint64_t *words, int64_t n, int64_t place)
{
    const mb_sorting *sorting = move->sorting;
    const mb_share *own = (const mb_share *)move->shares->data + mb_rank(sorting->cx);
    if (place < own->begin) {
        words += own->begin - place;
        n -= own->begin - place;
        place = own->begin;
    }
    if (place + n > own->end) n = own->end - place;
    if (n <= 0) return;
    int64_t at = place - own->begin;
    int width = move->result->values.width;
    if (sorting->values)
        mb_sort_emit_values(sorting, words, n,
                            sorting->low[bucket] >> sorting->shift << sorting->shift, move->result,
                            at);
    else
        mb_sort_stream(sorting, words, n, width, make_positions, move,
                       (char *)move->result->values.buffer->data + at * width);
}

// Words of n rows that are apart from their positions: the key's bits that fit beside the index.
static void set_index_bits(mb_move *move, int64_t n)
{
    if (move->form != MB_APART) return;
    move->how.row_bits = mb_bits_below(n);
    int over = move->rest + move->how.row_bits - 64;
    move->how.drop = over > 0 ? over : 0;
}

// Writes n rows of a bucket of one key, from index `at` of a rank on, to row `place` of the result.
static void pass_rows(mb_move *move, int64_t k, int rank, int64_t at, int64_t n, int64_t place)
{
    const mb_sorting *sorting = move->sorting;
    const mb_share *own = (const mb_share *)move->shares->data + mb_rank(sorting->cx);
    int width = move->result->values.width;
    if (move->form == MB_PACKED4 && move->rest == 0) {
        char *out = (char *)move->result->values.buffer->data + (place - own->begin) * width;
        uint64_t first = (uint64_t)sorting->from->start[rank] + 1;
        mb_storage_kernels_of(sorting->cx->isa)
            ->convert[mb_width_index(4)][mb_width_index(width)](mb_move_keys(move, rank, at), n,
                                                                first, out);
        return;
    }
    for (int64_t done = 0, rows; done < n; done += rows) {
        rows = n - done < MB_KEY_ROWS ? n - done : MB_KEY_ROWS;
        gather(move, rank, at + done, rows, 0, move->words->data);
        emit(move, own->first + k, move->words->data, rows, place + done);
    }
}

// Writes a bucket of one key, whose rows are received in order.
static void pass_on(mb_move *move, int64_t k, int64_t *at, int64_t place)
{
    const mb_share *own = (const mb_share *)move->shares->data + mb_rank(move->sorting->cx);
    if (place < own->begin) place = own->begin;
    set_index_bits(move, MB_KEY_ROWS);
    for (int r = 0; r < mb_nranks(move->sorting->cx); r++) {
        int64_t n = move->received[r * own->n + k];
        pass_rows(move, k, r, at[r], n, place);
        at[r] += n;
        place += n;
    }
}

static uint64_t key_of(const void *state, int64_t index)
{
    const arrivals *arrivals = state;
    const mb_move *move = arrivals->move;
    const mb_share *own = (const mb_share *)move->shares->data + mb_rank(move->sorting->cx);
    int rank = 0;
    const uint32_t *rows;
    for (;; rank++) {
        int64_t n = move->received[rank * own->n + arrivals->bucket];
        if (index < n) break;
        index -= n;
    }
    return *(const uint64_t *)moved_from(move, rank, arrivals->at[rank] + index, &rows);
}

static void sort_bucket(mb_move *move, int64_t k, int64_t *at, int64_t place)
{
    const mb_sorting *sorting = move->sorting;
    int nranks = mb_nranks(sorting->cx);
    const mb_share *own = (const mb_share *)move->shares->data + mb_rank(sorting->cx);
    uint64_t *words = move->words->data, *scratch = words + move->largest;
    arrivals arrivals = {move, k, at};
    int64_t n = mb_move_bucket_rows(move, k), index = 0;
    set_index_bits(move, n);
    for (int r = 0; r < nranks; r++) {
        int64_t rows = move->received[r * own->n + k];
        gather(move, r, at[r], rows, index, words + index);
        index += rows;
    }
    words = mb_sort_words(sorting->cx->isa, words, scratch, n, move->how.row_bits, move->how.drop,
                          key_of, &arrivals);
    emit(move, own->first + k, words, n, place);
    for (int r = 0; r < nranks; r++)
        at[r] += move->received[r * own->n + k];
}

void mb_move_sort(mb_move *move)
{
    const mb_sorting *sorting = move->sorting;
    const mb_share *own = (const mb_share *)move->shares->data + mb_rank(sorting->cx);
    int64_t *at = move->shuffle.received.starts;
    for (int64_t k = 0; k < own->n; k++) {
        int64_t place = sorting->before[own->first + k];
        if (mb_sort_single(sorting, own->first + k))
            pass_on(move, k, at, place);
        else
            sort_bucket(move, k, at, place);
        const int64_t rows = mb_move_bucket_rows(move, k);
        mb_progress_spill_add(sorting->cx, rows, rows * move->width);
    }
}

void mb_move_repeat(mb_move *move)
{
    const mb_sorting *sorting = move->sorting;
    uint64_t words[MB_KEY_ROWS];
    mb_share own = mb_share_of(sorting, mb_rank(sorting->cx));
    for (int64_t b = own.first; b < own.first + own.n; b++) {
        int64_t place = sorting->before[b] > own.begin ? sorting->before[b] : own.begin;
        int64_t end = sorting->before[b + 1] < own.end ? sorting->before[b + 1] : own.end;
        for (; place < end; place += MB_KEY_ROWS) {
            int64_t n = end - place < MB_KEY_ROWS ? end - place : MB_KEY_ROWS;
            for (int64_t i = 0; i < n; i++)
                words[i] = sorting->low[b];
            mb_sort_emit_values(sorting, words, n, 0, move->result, place - own.begin);
        }
    }
}
