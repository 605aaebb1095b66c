#include "ops/text/row_strings.h"

#include <string.h>

#include "comm/comm.h"
#include "comm/shuffle.h"
#include "expr/evaluate.h"

typedef struct asking {
    mb_context *cx;
    const mb_dictionary *dictionary;
    mb_layout *entries; // which rank has which
    mb_shuffle shuffle, back, byte_shuffle;
    mb_shuffle_plane codes;     // of the rows; then of the strings that this rank is asked for
    mb_buffer *lengths, *bytes; // of these
    mb_buffer *came;            // lengths of the rows' strings, in the order of their owners
    mb_buffer *ordered;         // these strings
} asking;

static void close_asking(asking *all)
{
    mb_layout_release(all->entries);
    mb_shuffle_close(&all->shuffle);
    mb_shuffle_close(&all->byte_shuffle);
    mb_buffer_release(all->codes.rows);
    mb_buffer_release(all->lengths);
    mb_buffer_release(all->bytes);
    mb_buffer_release(all->came);
    mb_buffer_release(all->ordered);
}

static mb_status list_owners(void *state, const mb_block *block, int64_t first, int64_t n)
{
    asking *all = state;
    uint64_t wide[MB_BLOCK_ROWS], *codes = (uint64_t *)all->codes.rows->data + first;
    uint32_t *owners = all->shuffle.owners + first;
    const uint64_t *from = mb_block_widen(mb_kernels_of(all->cx->isa), block, n, wide);
    for (int64_t i = 0; i < n; i++) {
        bool there = mb_block_valid(block, i);
        codes[i] = from[i];
        owners[i] = there ? (uint32_t)mb_layout_owner(all->entries, (int64_t)from[i]) : MB_NO_OWNER;
    }
    return MB_OK;
}

// Asks the ranks that have the strings of this rank's rows.
static mb_status ask(asking *all, mb_column *column)
{
    mb_context *cx = all->cx;
    int64_t n = mb_column_rows(column);
    all->codes.width = sizeof(uint64_t);
    mb_status status = mb_buffer_new_array(cx, n, all->codes.width, &all->codes.rows);
    if (!status) status = mb_shuffle_open(cx, n, &all->shuffle);
    if (!status) status = mb_shuffle_open(cx, 0, &all->byte_shuffle);
    status = mb_layout_gather(cx, status, all->dictionary->count, NULL, &all->entries);
    if (!status) status = mb_evaluate(cx, &column, 1, list_owners, all);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    mb_shuffle_route(&all->shuffle);
    return mb_shuffle_deliver(&all->shuffle, status, &all->codes, 1);
}

// The lengths and bytes of the strings that this rank is asked for.
static mb_status pack(asking *all)
{
    mb_context *cx = all->cx;
    const uint64_t *codes = all->codes.rows->data;
    int64_t n = all->shuffle.n_received, nbytes = 0;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(int64_t), &all->lengths);
    if (status) return status;
    int64_t *lengths = all->lengths->data;
    for (int64_t i = 0; i < n; i++) {
        lengths[i] = (int64_t)mb_dictionary_entry(all->dictionary, (int64_t)codes[i]).length;
        nbytes += lengths[i];
    }
    status = mb_buffer_new(cx, (size_t)nbytes, &all->bytes);
    if (status) return status;
    char *to = all->bytes->data;
    for (int64_t i = 0; i < n; to += lengths[i++])
        if (lengths[i])
            memcpy(to, mb_dictionary_entry(all->dictionary, (int64_t)codes[i]).bytes,
                   (size_t)lengths[i]);
    return MB_OK;
}

// Sends them to the rows that have them.
static mb_status answer(asking *all, mb_buffer **bytes)
{
    mb_context *cx = all->cx;
    mb_status status = pack(all);
    if (!status) status = mb_buffer_new_array(cx, all->shuffle.n_sent, sizeof(int64_t), &all->came);
    if (!status)
        status = mb_buffer_new_array(cx, all->shuffle.n_sent, sizeof(mb_string), &all->ordered);
    MB_TRY(mb_step(cx, status, NULL));
    mb_shuffle_reply(&all->shuffle, all->lengths->data, sizeof(int64_t), all->came->data);
    all->back = all->shuffle;
    all->back.sent = all->shuffle.received;
    all->back.received = all->shuffle.sent;
    all->back.n_sent = all->shuffle.n_received;
    all->back.n_received = all->shuffle.n_sent;
    mb_shuffle_lengths(&all->back, all->lengths->data, all->came->data, &all->byte_shuffle);
    status = mb_buffer_new(cx, (size_t)all->byte_shuffle.n_received, bytes);
    MB_TRY(mb_step(cx, status, NULL));
    mb_shuffle_send(&all->byte_shuffle, all->bytes->data, 1, (*bytes)->data);
done:
    return status;
}

mb_status mb_text_row_strings(mb_context *cx, mb_column *column, mb_buffer **strings,
                              mb_buffer **bytes)
{
    asking all = {.cx = cx, .dictionary = mb_dictionary_of(column->type)};
    mb_status status = mb_buffer_new_zeroed(cx, mb_column_rows(column), sizeof(mb_string), strings);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(ask(&all, column));
    MB_TRY(answer(&all, bytes));
    mb_string *ordered = all.ordered->data;
    mb_string_unpack(all.came->data, (*bytes)->data, all.shuffle.n_sent, ordered);
    mb_shuffle_restore(&all.shuffle, ordered, sizeof *ordered, (*strings)->data);
done:
    close_asking(&all);
    return status;
}
