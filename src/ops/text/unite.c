#include "ops/text/unite.h"

#include <string.h>

#include "comm/collectives.h"
#include "comm/lockstep.h"
#include "expr/expression.h"
#include "ops/text/meeting.h"
#include "ops/text/stream.h"
#include "text/encode.h"
#include "types/dictionary.h"

// --- Replicated dictionaries become one without other ranks.

typedef struct meeting {
    mb_buffer *dictionaries, *code_lists; // a pointer for each column
    mb_buffer *codes;                     // new codes of the entries of all of them
    mb_dictionary *united;
} meeting;

static mb_status unite(mb_context *cx, mb_column *const *columns, int64_t n, meeting *all)
{
    int64_t entries = 0;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(mb_dictionary *), &all->dictionaries);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint32_t *), &all->code_lists);
    if (status) return status;
    mb_dictionary **dictionaries = all->dictionaries->data;
    for (int64_t i = 0; i < n; i++) {
        dictionaries[i] = mb_dictionary_of(columns[i]->type);
        entries += dictionaries[i]->n;
    }
    status = mb_buffer_new_array(cx, entries, sizeof(uint32_t), &all->codes);
    if (status) return status;
    uint32_t **lists = all->code_lists->data, *codes = all->codes->data;
    for (int64_t i = 0; i < n; codes += dictionaries[i++]->n)
        lists[i] = codes;
    return mb_dictionary_unite(cx, dictionaries, n, lists, &all->united);
}

// A table of its own, which the pending column keeps.
static mb_status recode(mb_context *cx, mb_column *column, const uint32_t *codes,
                        mb_dictionary *united, mb_column **recoded)
{
    const mb_dictionary *from = mb_dictionary_of(column->type);
    mb_map map = {.n = from->n ? from->n : 1, .width = sizeof *codes};
    mb_status status = mb_buffer_new_zeroed(cx, map.n, sizeof *codes, &map.values);
    if (status) return status;
    memcpy(map.values->data, codes, (size_t)from->n * sizeof *codes);
    status = mb_expression_map(cx, column, &map, &united->type, recoded);
    mb_buffer_release(map.values);
    return status;
}

static mb_status unite_replicated(mb_context *cx, mb_column *const *columns, int64_t n,
                                  mb_column **united)
{
    meeting all = {NULL};
    mb_status status = unite(cx, columns, n, &all);
    for (int64_t i = 0; i < n && !status; i++) {
        uint32_t *const *lists = all.code_lists->data;
        if (columns[i]->type == &all.united->type)
            united[i] = mb_column_retain(columns[i]);
        else
            status = recode(cx, columns[i], lists[i], all.united, &united[i]);
    }
    mb_dictionary_release(all.united);
    mb_buffer_release(all.dictionaries);
    mb_buffer_release(all.code_lists);
    mb_buffer_release(all.codes);
    return mb_step(cx, status, NULL);
}

// --- Others are sorted together, or appended.

// The strings as they are listed, in no order; codes are where they lie.
static mb_status append(mb_context *cx, const mb_type *model, const mb_text_meeting *all,
                        int64_t total, mb_dictionary **dictionary)
{
    uint64_t *codes = all->codes->data;
    int64_t before;
    mb_sum_before(cx, &all->nstrings, 1, &before);
    for (int64_t i = 0; i < all->nstrings; i++)
        codes[i] = (uint64_t)(before + i);
    return mb_step(cx,
                   mb_dictionary_new_spread(cx, model, all->strings->data, all->nstrings, before,
                                            total, false, dictionary),
                   NULL);
}

// Without an order strings are appended, as long as there are not more of them than rows: else
// columns that are united again and again would have ever more.
static mb_status unite_spread(mb_context *cx, mb_column *const *columns, int64_t n,
                              mb_text_storage storage, mb_column **united)
{
    const mb_type *model = mb_dictionary_of(columns[0]->type)->model;
    mb_text_meeting all;
    mb_dictionary *dictionary = NULL;
    int64_t rows = 0, total;
    for (int64_t i = 0; i < n; i++)
        rows += columns[i]->layout->n_global;
    mb_status status = mb_text_meeting_open(cx, columns, n, &all);
    if (!status) status = mb_text_meeting_list(cx, &all);
    MB_TRY(mb_step(cx, status, NULL));
    mb_sum_all(cx, &all.nstrings, 1, &total);
    if (storage == MB_TEXT_APPEND && total <= rows)
        MB_TRY(append(cx, model, &all, total, &dictionary));
    else
        MB_TRY(mb_text_sort(cx, MB_OK, (mb_text_wanted){model, storage, rows}, all.strings->data,
                            all.nstrings, all.codes->data, &dictionary));
    MB_TRY(mb_text_meeting_recode(cx, &all, &dictionary->type, united));
done:
    mb_text_meeting_close(&all);
    mb_dictionary_release(dictionary);
    return status;
}

mb_status mb_text_unite(mb_context *cx, mb_column *const *columns, int64_t n,
                        mb_text_storage storage, mb_column **united)
{
    int64_t entries = 0, bytes = 0;
    bool spread = false;
    for (int64_t i = 0; i < n; i++) {
        const mb_dictionary *dictionary = mb_dictionary_of(columns[i]->type);
        spread = spread || dictionary->spread;
        if (dictionary->spread) continue;
        entries += dictionary->n;
        bytes += (int64_t)dictionary->offsets[dictionary->n];
    }
    if (spread || entries > MB_DICTIONARY_ENTRIES || bytes > MB_DICTIONARY_BYTES)
        return unite_spread(cx, columns, n, storage, united);
    return unite_replicated(cx, columns, n, united);
}

// --- One column held otherwise.

static mb_status append_strings(void *encoder, mb_string *const *strings, int64_t n)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n && !status; i++)
        status = mb_text_encoder_append(encoder, strings[0][i]);
    return status;
}

static mb_status spread(mb_context *cx, mb_column *column, mb_column **stored)
{
    mb_text_encoder *encoder = NULL;
    mb_status status = mb_text_encoder_open(cx, mb_column_rows(column), MB_TEXT_SPREAD, &encoder);
    status = mb_step(cx, status, NULL);
    if (!status) {
        status = mb_text_stream(cx, &column, 1, append_strings, encoder);
        status = mb_text_encoder_finish(cx, status, encoder, column->layout, 0, stored);
    }
    mb_text_encoder_close(encoder);
    return status;
}

// Rows that have strings of other ranks may have few of those that there are: only theirs count.
static mb_status replicate(mb_context *cx, mb_column *column, mb_column **stored)
{
    mb_text_rows rows;
    mb_column *own = NULL;
    mb_status status = mb_text_rows_open(cx, column, &rows);
    bool local = rows.local;
    mb_text_rows_close(&rows);
    if (!status && local)
        own = mb_column_retain(column);
    else if (!status)
        status = spread(cx, column, &own);
    if (!status) status = unite_spread(cx, &own, 1, MB_TEXT_REPLICATED, stored);
    mb_column_release(own);
    return status;
}

mb_status mb_text_store(mb_context *cx, mb_column *column, mb_text_storage storage,
                        mb_column **stored)
{
    bool is_spread = mb_dictionary_spread(column->type) != NULL;
    if (is_spread == (storage == MB_TEXT_SPREAD)) {
        *stored = mb_column_retain(column);
        return MB_OK;
    }
    return is_spread ? replicate(cx, column, stored) : spread(cx, column, stored);
}
