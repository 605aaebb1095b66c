#include "ops/text/unite.h"

#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/expression.h"
#include "ops/text/rows.h"
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

// --- Others are sorted together.

// The strings of the entries that rows of this rank may have; of a replicated dictionary each rank
// takes an even part.
typedef struct sorting {
    mb_buffer *rows; // mb_text_rows of each column
    mb_buffer *strings, *codes;
    int64_t n;
    mb_dictionary *united;
} sorting;

// The entries of a column that this rank sorts.
static void own_entries(mb_context *cx, const mb_dictionary *dictionary, int64_t *first,
                        int64_t *end)
{
    *first = 0;
    *end = dictionary->count;
    if (dictionary->spread) return;
    *first = mb_even_start(dictionary->n, mb_nranks(cx), mb_rank(cx));
    *end = mb_even_start(dictionary->n, mb_nranks(cx), mb_rank(cx) + 1);
}

static int64_t list_strings(mb_context *cx, const mb_text_rows *rows, mb_string *strings)
{
    int64_t first, end, n = 0;
    own_entries(cx, rows->dictionary, &first, &end);
    for (int64_t i = first; i < end; i++)
        if (mb_text_row_uses(rows, i)) strings[n++] = mb_text_row_entry(rows, i);
    return n;
}

// The table of a column's new codes, from those of the strings that were listed for it; all ranks
// learn those of a replicated dictionary.
static int64_t list_codes(mb_context *cx, const mb_text_rows *rows, const uint64_t *codes,
                          uint64_t *table)
{
    int64_t first, end, n = 0;
    own_entries(cx, rows->dictionary, &first, &end);
    if (!rows->dictionary->spread) {
        mb_gather_lists(cx, codes, end - first, sizeof *codes, table);
        return end - first;
    }
    for (int64_t i = first; i < end; i++)
        table[i] = mb_text_row_uses(rows, i) ? codes[n++] : 0;
    return n;
}

static mb_status open_rows(mb_context *cx, mb_column *const *columns, int64_t n, sorting *all)
{
    int64_t entries = 0;
    mb_status status = mb_buffer_new_zeroed(cx, n, sizeof(mb_text_rows), &all->rows);
    mb_text_rows *rows = status ? NULL : all->rows->data;
    MB_TRY(mb_step(cx, status, NULL));
    for (int64_t i = 0; i < n; i++) {
        MB_TRY(mb_text_rows_open(cx, columns[i], &rows[i]));
        entries += rows[i].dictionary->count;
    }
    status = mb_buffer_new_array(cx, entries, sizeof(mb_string), &all->strings);
    if (!status) status = mb_buffer_new_array(cx, entries, sizeof(uint64_t), &all->codes);
    if (status) goto done;
    for (int64_t i = 0; i < n; i++)
        all->n += list_strings(cx, &rows[i], (mb_string *)all->strings->data + all->n);
done:
    return status;
}

static mb_status recode_rows(mb_context *cx, const mb_text_rows *rows, sorting *all, int64_t *from,
                             mb_column **united)
{
    const mb_dictionary *dictionary = rows->dictionary;
    mb_map table = {.n = dictionary->count, .width = sizeof(uint64_t)};
    if (!dictionary->spread && table.n == 0) table.n = 1;
    mb_status status = mb_buffer_new_zeroed(cx, table.n, sizeof(uint64_t), &table.values);
    status = mb_step(cx, status, NULL);
    if (!status) {
        const uint64_t *codes = all->codes->data;
        *from += list_codes(cx, rows, codes + *from, table.values->data);
        status = mb_text_rows_map(cx, MB_OK, rows, &table, &all->united->type, united);
    }
    mb_buffer_release(table.values);
    return status;
}

static mb_status unite_sorted(mb_context *cx, mb_column *const *columns, int64_t n,
                              mb_text_storage storage, mb_column **united)
{
    sorting all = {0};
    int64_t rows = 0, from = 0;
    for (int64_t i = 0; i < n; i++)
        rows += columns[i]->layout->n_global;
    mb_status status = open_rows(cx, columns, n, &all);
    MB_TRY(mb_text_sort(cx, status, mb_dictionary_of(columns[0]->type)->model,
                        status ? NULL : all.strings->data, all.n, rows, storage,
                        status ? NULL : all.codes->data, &all.united));
    for (int64_t i = 0; i < n && !status; i++)
        status = recode_rows(cx, (mb_text_rows *)all.rows->data + i, &all, &from, &united[i]);
done:
    for (int64_t i = 0; i < n && all.rows; i++)
        mb_text_rows_close((mb_text_rows *)all.rows->data + i);
    mb_buffer_release(all.rows);
    mb_buffer_release(all.strings);
    mb_buffer_release(all.codes);
    mb_dictionary_release(all.united);
    return status;
}

mb_status mb_text_unite(mb_context *cx, mb_column *const *columns, int64_t n,
                        mb_text_storage storage, mb_column **united)
{
    int64_t entries = 0, bytes = 0;
    for (int64_t i = 0; i < n; i++) {
        const mb_dictionary *dictionary = mb_dictionary_of(columns[i]->type);
        if (dictionary->spread) return unite_sorted(cx, columns, n, storage, united);
        entries += dictionary->n;
        bytes += (int64_t)dictionary->offsets[dictionary->n];
    }
    if (entries > MB_DICTIONARY_ENTRIES || bytes > MB_DICTIONARY_BYTES)
        return unite_sorted(cx, columns, n, storage, united);
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
    if (!status) status = mb_text_unite(cx, &own, 1, MB_TEXT_REPLICATED, stored);
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
