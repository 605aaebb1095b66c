#include "ops/text/equal.h"

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/text/meeting.h"
#include "ops/text/unite.h"
#include "text/gather.h"
#include "text/number.h"
#include "text/string_index.h"

enum {
    FEW = 1 << 16,       // strings that every rank has room for,
    FEW_BYTES = 1 << 22, // if they are not long
};

// --- One column's strings are indexed on every rank.

typedef struct indexing {
    mb_string_list list; // the strings that are indexed
    mb_buffer *hashes, *firsts;
    mb_string_index index;
} indexing;

static void close_index(indexing *all)
{
    mb_string_index_close(&all->index);
    mb_string_list_release(&all->list);
    mb_buffer_release(all->hashes);
    mb_buffer_release(all->firsts);
}

static mb_status open_index(mb_context *cx, const mb_text_rows *rows, indexing *all)
{
    mb_buffer *mine = NULL;
    int64_t n = 0;
    mb_status status = mb_buffer_new_array(cx, rows->dictionary->count, sizeof(mb_string), &mine);
    if (!status) n = mb_text_own_strings(cx, rows, mine->data, NULL);
    MB_TRY(mb_text_gather(cx, status, mine ? mine->data : NULL, n, &all->list));
    const mb_string *strings = all->list.strings->data;
    status = mb_buffer_new_array(cx, all->list.n, sizeof(uint64_t), &all->hashes);
    if (!status) status = mb_buffer_new_array(cx, all->list.n, sizeof(uint64_t), &all->firsts);
    if (!status) {
        mb_string_hashes(cx->hash_multiplier, strings, all->list.n, all->hashes->data);
        status = mb_string_index_open(cx, strings, all->hashes->data, all->list.n,
                                      all->firsts->data, &all->index);
    }
    status = mb_step(cx, status, NULL);
done:
    mb_buffer_release(mine);
    return status;
}

// Codes of the column that is indexed: of equal strings the number of the first.
static void number_entries(const mb_text_rows *rows, const indexing *all, uint32_t *codes)
{
    const mb_dictionary *dictionary = rows->dictionary;
    const uint64_t *firsts = (const uint64_t *)all->firsts->data;
    if (dictionary->spread) firsts += all->list.before;
    for (int64_t i = 0; i < dictionary->count; i++)
        codes[i] = mb_text_row_uses(rows, i) ? (uint32_t)*firsts++ : 0;
}

// Codes of the other: those of the equal strings in the index, or one that these do not have.
static void find_entries(uint64_t seed, const mb_text_rows *rows, const indexing *all,
                         uint32_t *codes, uint8_t *valid)
{
    mb_string strings[MB_STRING_BATCH];
    uint64_t hashes[MB_STRING_BATCH];
    int64_t found[MB_STRING_BATCH], places[MB_STRING_BATCH], n = rows->dictionary->count;
    for (int64_t i = 0; i < n;) {
        int64_t batch = 0;
        for (; i < n && batch < MB_STRING_BATCH; i++) {
            places[batch] = i;
            strings[batch] = mb_text_row_entry(rows, i);
            batch += mb_text_row_uses(rows, i);
        }
        mb_string_hashes(seed, strings, batch, hashes);
        mb_string_index_find(&all->index, strings, hashes, batch, found);
        for (int64_t k = 0; k < batch; k++) {
            bool there = found[k] != MB_NO_STRING;
            codes[places[k]] = (uint32_t)(there ? found[k] : all->list.n);
            if (valid) valid[places[k]] = there;
        }
    }
}

// A column of the codes. With `partial` rows whose strings are not in the index are missing.
static mb_status code_column(mb_context *cx, const mb_text_rows *rows, const indexing *all,
                             bool indexed, bool partial, mb_column **coded)
{
    const mb_dictionary *dictionary = rows->dictionary;
    mb_map table = {.n = dictionary->count, .width = sizeof(uint32_t)};
    if (!dictionary->spread && table.n == 0) table.n = 1;
    mb_status status = mb_buffer_new_zeroed(cx, table.n, sizeof(uint32_t), &table.values);
    if (!status && partial) status = mb_buffer_new_zeroed(cx, table.n, 1, &table.valid);
    if (!status && indexed)
        number_entries(rows, all, table.values->data);
    else if (!status)
        find_entries(cx->hash_multiplier, rows, all, table.values->data,
                     table.valid ? table.valid->data : NULL);
    if (rows->whole && !partial)
        status = mb_text_rows_adopt(cx, status, rows, &table, &mb_type_text, coded);
    else
        status = mb_text_rows_map(cx, status, rows, &table, &mb_type_text, coded);
    mb_buffer_release(table.values);
    mb_buffer_release(table.valid);
    return status;
}

static mb_status code_by_index(mb_context *cx, const mb_text_meeting *meeting, int indexed,
                               mb_column **coded)
{
    indexing all = {0};
    mb_status status;
    MB_TRY(open_index(cx, mb_text_meeting_rows(meeting, indexed), &all));
    for (int c = 0; c < 2; c++)
        MB_TRY(code_column(cx, mb_text_meeting_rows(meeting, c), &all, c == indexed,
                           c == 1 && indexed == 0, &coded[c]));
done:
    close_index(&all);
    return status;
}

// --- Strings of both are sent to ranks by their hashes.

static mb_status code_by_number(mb_context *cx, mb_text_meeting *meeting, mb_column **coded)
{
    mb_status status = mb_text_meeting_list(cx, meeting);
    status = mb_text_number(cx, status, status ? NULL : meeting->strings->data, meeting->nstrings,
                            status ? NULL : meeting->codes->data);
    return status ? status : mb_text_meeting_recode(cx, meeting, &mb_type_text, coded);
}

// --- Which of these.

typedef struct string_counts {
    int64_t n, bytes;
} string_counts;

// Whether each rank has room for strings, beside its part of others.
static bool fits(string_counts strings, string_counts others, int nranks)
{
    int64_t share = others.n / nranks, share_bytes = others.bytes / nranks;
    if (nranks == 1) return true;
    return strings.n <= (share > FEW ? share : FEW) &&
           strings.bytes <= (share_bytes > FEW_BYTES ? share_bytes : FEW_BYTES);
}

mb_status mb_text_equal(mb_context *cx, mb_column *const *columns, bool all, mb_column **coded)
{
    mb_text_meeting meeting;
    string_counts here[2], there[2];
    int nranks = mb_nranks(cx);
    mb_status status;
    MB_TRY(mb_text_meeting_open(cx, columns, 2, &meeting));
    for (int c = 0; c < 2; c++)
        here[c].n =
            mb_text_own_strings(cx, mb_text_meeting_rows(&meeting, c), NULL, &here[c].bytes);
    mb_sum_all(cx, &here[0].n, 4, &there[0].n);
    bool first = !all && fits(there[0], there[1], nranks);
    bool second = fits(there[1], there[0], nranks);
    if (there[0].n + there[1].n >= UINT32_MAX)
        status = mb_text_unite(cx, columns, 2, MB_TEXT_CHOOSE, coded);
    else if (second && (!first || there[1].n <= there[0].n))
        status = code_by_index(cx, &meeting, 1, coded);
    else if (first)
        status = code_by_index(cx, &meeting, 0, coded);
    else
        status = code_by_number(cx, &meeting, coded);
done:
    mb_text_meeting_close(&meeting);
    return status;
}
