#include "ops/text/fetch.h"

#include <stdlib.h>

#include "comm/lockstep.h"
#include "expr/expression.h"
#include "ops/move/rows.h"
#include "text/gather.h"
#include "types/dictionary.h"

// Different codes in order, and their strings.
typedef struct wanted {
    mb_buffer *codes;
    int64_t n;
    mb_string_list list;
} wanted;

static int compare_codes(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
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

// Each rank's strings go to all: since its codes are in order behind those of lower ranks, those of
// all come in the order of the codes.
static mb_status gather(mb_context *cx, const mb_dictionary *dictionary, wanted *all)
{
    const int64_t *codes = all->codes->data;
    mb_buffer *table = NULL;
    int64_t n = 0;
    mb_status status = mb_buffer_new_array(cx, all->n, sizeof(mb_string), &table);
    for (int64_t i = 0; i < all->n && !status; i++)
        if (codes[i] >= dictionary->first && codes[i] < dictionary->first + dictionary->count)
            ((mb_string *)table->data)[n++] = mb_dictionary_entry(dictionary, codes[i]);
    status = mb_text_gather(cx, status, status ? NULL : table->data, n, &all->list);
    mb_buffer_release(table);
    return status;
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
    MB_TRY(gather(cx, dictionary, &all));
    status = mb_dictionary_new_spread(cx, dictionary->model, all.list.strings->data, all.n, 0,
                                      all.n, false, &made);
    if (!status) status = mb_expression_leaf(cx, MB_CONSTANT, &made->type, 1, zeros, 0, strings);
    MB_TRY(mb_step(cx, status, NULL));
    recode(&all, values, valid, n);
done:
    mb_dictionary_release(made);
    mb_buffer_release(all.codes);
    mb_string_list_release(&all.list);
    return status;
}

mb_status mb_text_fetch_rows(mb_context *cx, mb_column *column, int64_t first, int64_t n,
                             mb_value *values, uint8_t *valid, mb_column **strings)
{
    mb_status status = mb_fetch_rows(cx, column, first, n, values, valid);
    return status ? status : mb_text_fetch(cx, column->type, values, valid, n, strings);
}
