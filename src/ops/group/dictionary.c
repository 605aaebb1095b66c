#include "ops/group/dictionary.h"

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "ops/group/numbering.h"

enum { PIECE = 4096 }; // rows that are translated at once

// The lists of all ranks, one after the other.
static mb_status gather_lists(mb_context *cx, const mb_word_list *mine, int64_t n_global,
                              mb_buffer **words)
{
    int nranks = mb_nranks(cx);
    int64_t bytes = mine->n * (int64_t)sizeof(uint64_t);
    mb_buffer *sizes = NULL;
    mb_status status = mb_buffer_new_array(cx, nranks, sizeof(int64_t), &sizes);
    if (!status) status = mb_buffer_new_array(cx, n_global, sizeof(uint64_t), words);
    MB_TRY(mb_step(cx, status, NULL));
    mb_gather_all(cx, &bytes, sizeof bytes, sizes->data);
    mb_gather_all_varying(cx, mine->words->data, sizes->data, (*words)->data);
done:
    mb_buffer_release(sizes);
    return status;
}

// Numbers of this rank become those of all.
static mb_status translate(mb_column *codes, const mb_factors *factors, const uint64_t *global)
{
    int64_t rows = mb_column_rows(codes);
    mb_status status = mb_buffer_new_array(codes->cx, rows, (size_t)codes->width, &codes->buffer);
    if (status) return status;
    codes->values = codes->buffer->data;
    uint16_t *two = codes->buffer->data;
    uint32_t *four = codes->buffer->data, room[PIECE];
    for (int64_t first = 0; first < rows; first += PIECE) {
        int64_t n = rows - first < PIECE ? rows - first : PIECE;
        const uint32_t *local = mb_factors_take(factors, first, n, room);
        for (int64_t i = 0; codes->width == 2 && i < n; i++)
            two[first + i] = (uint16_t)global[local[i]];
        for (int64_t i = 0; codes->width == 4 && i < n; i++)
            four[first + i] = (uint32_t)global[local[i]];
    }
    return MB_OK;
}

static mb_status new_codes(mb_context *cx, const mb_column *column, int64_t n_global,
                           mb_column **codes)
{
    mb_status status = mb_column_new(cx, MB_INT, column->layout, codes);
    if (status) return status;
    (*codes)->width = n_global <= 1 << 16 ? 2 : 4;
    (*codes)->bounded = true;
    (*codes)->range = (mb_range){0, (uint64_t)n_global - 1};
    return MB_OK;
}

mb_status mb_dictionary_of(mb_context *cx, mb_column *column, mb_column **codes, mb_buffer **words)
{
    mb_factors factors = {0};
    mb_word_list list = {NULL, 0};
    mb_buffer *numbers = NULL, *all = NULL;
    mb_column *made = NULL;
    int64_t n_global;
    mb_words source = mb_words_of(cx, column);
    mb_status status = mb_factorise(&source, &factors);
    if (!status) status = mb_buffer_new_array(cx, factors.n, sizeof(uint64_t), &numbers);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_number_words(cx, factors.words->data, factors.n, factors.missing, numbers->data,
                           &n_global, &list));
    if (n_global > 1 << MB_DICTIONARY_BITS) goto done;
    MB_TRY(gather_lists(cx, &list, n_global, &all));
    status = new_codes(cx, column, n_global, &made);
    if (!status) status = translate(made, &factors, numbers->data);
    MB_TRY(mb_step(cx, status, NULL));
    *codes = made;
    *words = all;
    made = NULL;
    all = NULL;
done:
    mb_factors_release(&factors);
    mb_buffer_release(list.words);
    mb_buffer_release(numbers);
    mb_buffer_release(all);
    mb_column_release(made);
    return status;
}
