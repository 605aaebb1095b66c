#include "ops/text/fetch.h"

#include <stdlib.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "expr/expression.h"
#include "ops/move/rows.h"
#include "types/dictionary.h"

// Different codes in order, of which each rank has those of its part of the dictionary.
typedef struct wanted {
    mb_buffer *codes;
    int64_t n, first, end; // this rank has codes first .. end - 1 of the n
    int64_t own, nbytes;   // bytes of these, and of all
    mb_buffer *spans;      // of each rank: where its bytes begin and end, and those that it wants
    mb_buffer *lengths, *bytes, *list;
} wanted;

static int compare_codes(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void find_own(const mb_dictionary *dictionary, wanted *all)
{
    const int64_t *codes = all->codes->data;
    while (all->first < all->n && codes[all->first] < dictionary->first)
        all->first++;
    all->end = all->first;
    while (all->end < all->n && codes[all->end] < dictionary->first + dictionary->count)
        all->own += (int64_t)mb_dictionary_entry(dictionary, codes[all->end++]).length;
}

static mb_status list_codes(mb_context *cx, const mb_value *values, const uint8_t *valid, int64_t n,
                            wanted *all)
{
    int64_t different = 0;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(int64_t), &all->codes);
    if (status) return status;
    int64_t *codes = all->codes->data;
    for (int64_t i = 0; i < n; i++)
        if (!valid || valid[i]) codes[all->n++] = values[i].i;
    if (all->n) qsort(codes, (size_t)all->n, sizeof *codes, compare_codes);
    for (int64_t i = 0; i < all->n; i++)
        if (i == 0 || codes[i] != codes[different - 1]) codes[different++] = codes[i];
    all->n = different;
    return MB_OK;
}

// Every rank gets the bytes of all; they are sent as rows are, since MPICH's own gathering passes
// long messages on in small pieces, one at a time.
static void gather_bytes(mb_context *cx, const wanted *all, void *bytes)
{
    int nranks = mb_nranks(cx);
    int64_t *sizes = all->spans->data, *first = sizes + nranks, *end = first + nranks;
    int64_t *from = end + nranks, *to = from + nranks, sum = 0;
    mb_gather_all(cx, &all->own, sizeof all->own, sizes);
    for (int rank = 0; rank < nranks; rank++) {
        first[rank] = sum;
        end[rank] = sum += sizes[rank];
        from[rank] = 0;
        to[rank] = all->nbytes;
    }
    mb_shuffle_spans(cx, all->bytes->data, (mb_spans){first, end}, bytes, (mb_spans){from, to}, 1);
}

// This rank's strings go to all; `list` has those of all.
static mb_status gather(mb_context *cx, const mb_dictionary *dictionary, wanted *all)
{
    const int64_t *codes = all->codes->data;
    int64_t count = all->end - all->first;
    mb_status status = mb_buffer_new_array(cx, count + all->n, sizeof(int64_t), &all->lengths);
    if (!status) status = mb_buffer_new(cx, (size_t)(all->own + all->nbytes), &all->bytes);
    if (!status) status = mb_buffer_new_array(cx, all->n, sizeof(mb_string), &all->list);
    if (!status) status = mb_buffer_new_array(cx, mb_nranks(cx), 5 * sizeof(int64_t), &all->spans);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    int64_t *mine = all->lengths->data, *lengths = mine + count;
    char *bytes = (char *)all->bytes->data + all->own;
    mb_string *list = all->list->data; // first of this rank's
    for (int64_t i = 0; i < count; i++)
        list[i] = mb_dictionary_entry(dictionary, codes[all->first + i]);
    mb_string_pack(list, count, mine, all->bytes->data);
    mb_gather_lists(cx, mine, count, sizeof *mine, lengths);
    gather_bytes(cx, all, bytes);
    mb_string_unpack(lengths, bytes, all->n, list);
    return MB_OK;
}

// The codes become places in the list.
static void recode(const wanted *all, mb_value *values, const uint8_t *valid, int64_t n)
{
    const int64_t *codes = all->codes->data;
    for (int64_t i = 0; i < n; i++) {
        if (valid && !valid[i]) continue;
        const int64_t *at =
            bsearch(&values[i].i, codes, (size_t)all->n, sizeof *codes, compare_codes);
        values[i].i = at - codes;
    }
}

mb_status mb_text_fetch(mb_context *cx, const mb_type *type, mb_value *values, const uint8_t *valid,
                        int64_t n, mb_column **strings)
{
    const mb_dictionary *dictionary = mb_dictionary_spread(type);
    const mb_value zeros[2] = {{0}, {0}};
    mb_dictionary *made = NULL;
    wanted all = {NULL};
    mb_column_release(*strings);
    *strings = NULL;
    if (!dictionary) return MB_OK;
    mb_status status = list_codes(cx, values, valid, n, &all);
    MB_TRY(mb_step(cx, status, NULL));
    find_own(dictionary, &all);
    mb_sum_all(cx, &all.own, 1, &all.nbytes);
    MB_TRY(gather(cx, dictionary, &all));
    status = mb_dictionary_new_spread(cx, dictionary->model, all.list->data, all.n, 0, all.n, false,
                                      &made);
    if (!status) status = mb_expression_leaf(cx, MB_CONSTANT, &made->type, 1, zeros, 0, strings);
    MB_TRY(mb_step(cx, status, NULL));
    recode(&all, values, valid, n);
done:
    mb_dictionary_release(made);
    mb_buffer_release(all.codes);
    mb_buffer_release(all.lengths);
    mb_buffer_release(all.bytes);
    mb_buffer_release(all.list);
    mb_buffer_release(all.spans);
    return status;
}

mb_status mb_text_fetch_rows(mb_context *cx, mb_column *column, int64_t first, int64_t n,
                             mb_value *values, uint8_t *valid, mb_column **strings)
{
    mb_status status = mb_fetch_rows(cx, column, first, n, values, valid);
    return status ? status : mb_text_fetch(cx, column->type, values, valid, n, strings);
}
