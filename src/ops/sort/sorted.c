#include "ops/sort/sorted.h"

#include <string.h>

#include "column/builder.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "ops/sort/sort_kernels.h"
#include "order/keys.h"

// --- Whether rows are in order.

typedef struct ends {
    uint64_t first[2], last[2]; // words of the rows at the ends
} ends;

typedef struct check {
    const mb_sort_kernels *kernels;
    int nwords; // 1 or 2
    bool falls;
    ends ends;
} check;

static bool is_below(const uint64_t *a, const uint64_t *b)
{
    return a[0] != b[0] ? a[0] < b[0] : a[1] < b[1];
}

static mb_status check_block(void *state, uint64_t *const *words, int64_t first, int64_t n)
{
    check *check = state;
    bool two = check->nwords > 1;
    uint64_t begin[] = {words[0][0], two ? words[1][0] : 0};
    if (first == 0) memcpy(check->ends.first, begin, sizeof begin);
    if (first > 0) check->falls |= is_below(begin, check->ends.last);
    if (!two) {
        check->falls |= check->kernels->steps(words[0], n).down;
    } else {
        for (int64_t i = 1; i < n; i++)
            check->falls |= is_below((uint64_t[]){words[0][i], words[1][i]},
                                     (uint64_t[]){words[0][i - 1], words[1][i - 1]});
    }
    check->ends.last[0] = words[0][n - 1];
    check->ends.last[1] = two ? words[1][n - 1] : 0;
    return MB_OK;
}

static bool ends_fall(const mb_layout *layout, const ends *all)
{
    const ends *before = NULL;
    for (int r = 0; r < layout->nranks; r++) {
        if (mb_layout_rows(layout, r) == 0) continue;
        if (before && is_below(all[r].first, before->last)) return true;
        before = &all[r];
    }
    return false;
}

mb_status mb_is_sorted(mb_context *cx, mb_column *column, bool descending, bool *sorted)
{
    mb_key_bounds bounds;
    mb_keys keys;
    mb_buffer *all = NULL;
    mb_payload any = {0};
    check check = {.kernels = mb_sort_kernels_of(cx->isa)};
    mb_status status;
    if (column->facts.ascending && !descending) {
        *sorted = true;
        return MB_OK;
    }
    MB_TRY(mb_key_bounds_of(cx, column, &bounds));
    mb_keys_pack(&bounds, &descending, 1, &keys);
    check.nwords = keys.nwords;
    status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(ends), &all);
    if (!status) status = mb_keys_each(cx, &keys, &column, check_block, &check);
    any.count = check.falls;
    MB_TRY(mb_step(cx, status, &any));
    mb_gather_all(cx, &check.ends, sizeof check.ends, all->data);
    *sorted = any.count == 0 && !ends_fall(column->layout, all->data);
done:
    mb_buffer_release(all);
    return status;
}

// --- Binary search.

typedef struct search {
    mb_context *cx;
    mb_column *column, *values;
    mb_keys keys; // of both columns, without missing rows
    bool after;
    int64_t nvalid; // valid rows of the column, which are the first ones
    int64_t rows;   // of `values` on this rank
    mb_buffer *memory;
    uint64_t *codes;    // of `values`; in the same memory, once they are found:
    int64_t *positions; // their positions, from 0 on
    uint8_t *valid;
} search;

static mb_status keep_codes(void *state, uint64_t *const *words, int64_t first, int64_t n)
{
    uint64_t *codes = state;
    memcpy(codes + first, words[0], (size_t)n * sizeof *codes);
    return MB_OK;
}

static mb_status open_values(search *search)
{
    mb_context *cx = search->cx;
    search->rows = mb_column_rows(search->values);
    mb_status status = mb_memory_need(cx, 8 * mb_column_rows(search->column) + 33 * search->rows);
    if (!status) status = mb_buffer_new_array(cx, search->rows, 9, &search->memory);
    if (status) return status;
    search->codes = search->memory->data;
    search->positions = search->memory->data;
    search->valid = (uint8_t *)(search->codes + search->rows);
    memset(search->valid, 1, (size_t)search->rows);
    if (search->values->validity.data)
        mb_validity_bytes(search->values->validity.data, search->rows, search->valid);
    return mb_keys_each(cx, &search->keys, &search->values, keep_codes, search->codes);
}

// Whether a row with code `code` is before the position of `value`.
static bool is_before(const search *search, uint64_t code, uint64_t value)
{
    return search->after ? code <= value : code < value;
}

static int64_t place_among(const search *search, const uint64_t *codes, int64_t n, uint64_t value)
{
    int64_t low = 0;
    while (n > 0) {
        int64_t half = n / 2;
        bool above = is_before(search, codes[low + half], value);
        low = above ? low + half + 1 : low;
        n = above ? n - half - 1 : half;
    }
    return low;
}

// Searches a column of few rows, whose codes all ranks have.
static mb_status search_whole(search *search)
{
    mb_context *cx = search->cx;
    const mb_layout *layout = search->column->layout;
    mb_buffer *mine = NULL, *all = NULL;
    int64_t rows = mb_column_rows(search->column);
    mb_status status = mb_buffer_new_array(cx, rows, sizeof(uint64_t), &mine);
    if (!status) status = mb_buffer_new_array(cx, layout->n_global, sizeof(uint64_t), &all);
    if (!status) status = mb_keys_each(cx, &search->keys, &search->column, keep_codes, mine->data);
    if (!status) status = open_values(search);
    MB_TRY(mb_step(cx, status, NULL));
    mb_gather_rows(cx, mine->data, layout, 0, layout->n_global, sizeof(uint64_t), all->data);
    for (int64_t i = 0; i < search->rows; i++)
        search->positions[i] = place_among(search, all->data, search->nvalid, search->codes[i]);
done:
    mb_buffer_release(mine);
    mb_buffer_release(all);
    return status;
}

// A search among the rows of the ranks.
typedef struct routing {
    search *search;
    mb_buffer *own, *words, *requests, *received; // codes: of this rank's rows; searched
    const uint64_t *first;                        // code of each rank that has rows
    const int64_t *start;                         // its first row
    const int64_t *rank;                          // its number
    int64_t nowners;
    mb_shuffle shuffle;
} routing;

static mb_status open_routing(routing *routing)
{
    search *search = routing->search;
    mb_context *cx = search->cx;
    int64_t rows = mb_column_rows(search->column), nranks = mb_nranks(cx);
    mb_status status = mb_buffer_new_array(cx, rows, sizeof(uint64_t), &routing->own);
    if (!status) status = mb_buffer_new_array(cx, 3 * nranks, sizeof(int64_t), &routing->words);
    if (!status)
        status = mb_keys_each(cx, &search->keys, &search->column, keep_codes, routing->own->data);
    if (!status) status = open_values(search);
    if (!status)
        status = mb_buffer_new_array(cx, search->rows, sizeof(uint64_t), &routing->requests);
    if (!status) status = mb_shuffle_open(cx, search->rows, &routing->shuffle);
    return status;
}

// The ranks that have valid rows, with their first code.
static void list_owners(routing *routing)
{
    search *search = routing->search;
    mb_context *cx = search->cx;
    const mb_layout *layout = search->column->layout;
    int nranks = mb_nranks(cx);
    int64_t *words = routing->words->data, *starts = words + nranks, *ranks = starts + nranks;
    uint64_t *firsts = (uint64_t *)words, mine = 0;
    if (mb_column_rows(search->column)) mine = *(const uint64_t *)routing->own->data;
    mb_gather_all(cx, &mine, sizeof mine, firsts);
    for (int r = 0; r < nranks; r++) {
        int64_t start = layout->start[r];
        if (start >= layout->start[r + 1] || start >= search->nvalid) continue;
        firsts[routing->nowners] = firsts[r];
        starts[routing->nowners] = start;
        ranks[routing->nowners++] = r;
    }
    routing->first = firsts;
    routing->start = starts;
    routing->rank = ranks;
}

// The rank among whose rows a code is searched; none when its position is before all rows.
static uint32_t owner_of(const routing *routing, uint64_t code)
{
    int64_t owner = place_among(routing->search, routing->first, routing->nowners, code) - 1;
    return owner < 0 ? MB_NO_OWNER : (uint32_t)routing->rank[owner];
}

// Replaces each received code by its position.
static void find_positions(const routing *routing)
{
    const search *search = routing->search;
    int64_t start = search->column->layout->start[mb_rank(search->cx)];
    int64_t rows = mb_column_rows(search->column);
    if (start + rows > search->nvalid) rows = search->nvalid > start ? search->nvalid - start : 0;
    uint64_t *codes = routing->received->data;
    for (int64_t i = 0; i < routing->shuffle.n_received; i++)
        codes[i] = (uint64_t)(start + place_among(search, routing->own->data, rows, codes[i]));
}

static mb_status search_ranks(search *search)
{
    mb_context *cx = search->cx;
    routing routing = {.search = search};
    mb_shuffle *shuffle = &routing.shuffle;
    const size_t width = sizeof(uint64_t);
    mb_status status;
    MB_TRY(mb_step(cx, open_routing(&routing), NULL));
    list_owners(&routing);
    for (int64_t i = 0; i < search->rows; i++)
        shuffle->owners[i] = owner_of(&routing, search->codes[i]);
    mb_shuffle_route(shuffle);
    mb_shuffle_count(shuffle);
    MB_TRY(
        mb_step(cx, mb_buffer_new_array(cx, shuffle->n_received, width, &routing.received), NULL));
    mb_shuffle_arrange(shuffle, search->codes, width, routing.requests->data);
    mb_shuffle_send(shuffle, routing.requests->data, width, routing.received->data);
    find_positions(&routing);
    mb_shuffle_reply(shuffle, routing.received->data, width, routing.requests->data);
    memset(search->positions, 0, (size_t)search->rows * width);
    mb_shuffle_restore(shuffle, routing.requests->data, width, search->positions);
done:
    mb_buffer_release(routing.own);
    mb_buffer_release(routing.words);
    mb_buffer_release(routing.requests);
    mb_buffer_release(routing.received);
    mb_shuffle_close(shuffle);
    return status;
}

static mb_status build(search *search, mb_column **result)
{
    mb_context *cx = search->cx;
    mb_layout *layout = search->values->layout;
    mb_builder *builder = NULL;
    mb_range guess = {1, (uint64_t)search->column->layout->n_global + 1};
    for (int64_t i = 0; i < search->rows; i++)
        search->positions[i]++;
    mb_status status = mb_builder_open(cx, &mb_type_int, search->rows, &guess, 8, &builder);
    if (!status)
        status = mb_builder_append(builder, search->positions, search->valid, search->rows);
    status = mb_step(cx, status, NULL);
    if (!status) status = mb_builder_finish(cx, &builder, 1, &layout, 0, result);
    mb_builder_close(builder);
    return status;
}

static mb_status refuse(mb_context *cx, const mb_column *column)
{
    char text[64];
    mb_column_describe(column, text, sizeof text);
    return mb_fail(cx, MB_EINVALID,
                   "searchsorted: the %s is not in ascending order (c:sort() brings it there)",
                   text);
}

mb_status mb_search_sorted(mb_context *cx, mb_column *column, mb_column *values, bool after,
                           mb_column **result)
{
    enum { FEW_ROWS = 1 << 16 };
    mb_key_bounds own, others;
    search search = {.cx = cx, .column = column, .values = values, .after = after};
    bool sorted = false;
    mb_status status;
    MB_TRY(mb_materialise(cx, column));
    MB_TRY(mb_materialise(cx, values));
    MB_TRY(mb_is_sorted(cx, column, false, &sorted));
    if (!sorted) MB_TRY(refuse(cx, column));
    MB_TRY(mb_key_bounds_of(cx, column, &own));
    MB_TRY(mb_key_bounds_of(cx, values, &others));
    own = mb_key_bounds_join(own, others);
    own.missing = false;
    mb_keys_pack(&own, NULL, 1, &search.keys);
    search.nvalid = column->layout->n_global - column->facts.missing;
    bool few = column->layout->n_global <= FEW_ROWS;
    MB_TRY(few ? search_whole(&search) : search_ranks(&search));
    status = build(&search, result);
done:
    mb_buffer_release(search.memory);
    return status;
}
