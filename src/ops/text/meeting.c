#include "ops/text/meeting.h"

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"

mb_status mb_text_meeting_open(mb_context *cx, mb_column *const *columns, int64_t n,
                               mb_text_meeting *meeting)
{
    *meeting = (mb_text_meeting){.columns = columns, .n = n};
    mb_status status = mb_buffer_new_zeroed(cx, n, sizeof(mb_text_rows), &meeting->rows);
    status = mb_step(cx, status, NULL);
    for (int64_t i = 0; i < n && !status; i++)
        status = mb_text_rows_open(cx, columns[i], mb_text_meeting_rows(meeting, i));
    return status;
}

void mb_text_meeting_close(mb_text_meeting *meeting)
{
    for (int64_t i = 0; i < meeting->n && meeting->rows; i++)
        mb_text_rows_close(mb_text_meeting_rows(meeting, i));
    mb_buffer_release(meeting->rows);
    mb_buffer_release(meeting->strings);
    mb_buffer_release(meeting->codes);
    *meeting = (mb_text_meeting){0};
}

// The entries of a column that this rank lists.
static void own_entries(mb_context *cx, const mb_dictionary *dictionary, int64_t *first,
                        int64_t *end)
{
    *first = 0;
    *end = dictionary->count;
    if (dictionary->spread) return;
    *first = mb_even_start(dictionary->n, mb_nranks(cx), mb_rank(cx));
    *end = mb_even_start(dictionary->n, mb_nranks(cx), mb_rank(cx) + 1);
}

int64_t mb_text_own_strings(mb_context *cx, const mb_text_rows *rows, mb_string *strings,
                            int64_t *bytes)
{
    int64_t first, end, n = 0, sum = 0;
    own_entries(cx, rows->dictionary, &first, &end);
    for (int64_t i = first; i < end; i++) {
        if (!mb_text_row_uses(rows, i)) continue;
        mb_string string = mb_text_row_entry(rows, i);
        if (strings) strings[n] = string;
        sum += (int64_t)string.length;
        n++;
    }
    if (bytes) *bytes = sum;
    return n;
}

mb_status mb_text_meeting_list(mb_context *cx, mb_text_meeting *meeting)
{
    int64_t entries = 0;
    for (int64_t i = 0; i < meeting->n; i++)
        entries += mb_text_meeting_rows(meeting, i)->dictionary->count;
    mb_status status = mb_buffer_new_array(cx, entries, sizeof(mb_string), &meeting->strings);
    if (!status) status = mb_buffer_new_array(cx, entries, sizeof(uint64_t), &meeting->codes);
    if (status) return status;
    mb_string *strings = meeting->strings->data;
    for (int64_t i = 0; i < meeting->n; i++)
        meeting->nstrings += mb_text_own_strings(cx, mb_text_meeting_rows(meeting, i),
                                                 strings + meeting->nstrings, NULL);
    return MB_OK;
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

static mb_status recode(mb_context *cx, const mb_text_rows *rows, const uint64_t *codes,
                        int64_t *from, const mb_type *type, mb_column **recoded)
{
    const mb_dictionary *dictionary = rows->dictionary;
    mb_map table = {.n = dictionary->count, .width = sizeof(uint64_t)};
    if (!dictionary->spread && table.n == 0) table.n = 1;
    mb_status status = mb_buffer_new_zeroed(cx, table.n, sizeof(uint64_t), &table.values);
    status = mb_step(cx, status, NULL);
    if (!status) {
        *from += list_codes(cx, rows, codes + *from, table.values->data);
        status = mb_text_rows_map(cx, MB_OK, rows, &table, type, recoded);
    }
    mb_buffer_release(table.values);
    return status;
}

mb_status mb_text_meeting_recode(mb_context *cx, const mb_text_meeting *meeting,
                                 const mb_type *type, mb_column **recoded)
{
    int64_t from = 0;
    mb_status status = MB_OK;
    for (int64_t i = 0; i < meeting->n && !status; i++)
        status = recode(cx, mb_text_meeting_rows(meeting, i), meeting->codes->data, &from, type,
                        &recoded[i]);
    return status;
}
