#include "ops/text/pieces.h"

#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/shuffle.h"
#include "ops/text/rows.h"
#include "ops/text/stream.h"
#include "text/encode.h"

enum { MOST_HEAD = 10, ROWS_AT_ONCE = 1 << 10, STRINGS_AT_ONCE = 256 };

// A piece is its length and 1, 7 bits a byte, the lowest first; then its bytes. 0: it is missing.

mb_status mb_text_append_piece(mb_text_output *output, mb_string piece)
{
    uint64_t word = piece.bytes ? (uint64_t)piece.length + 1 : 0;
    int64_t room = MOST_HEAD + (int64_t)piece.length;
    mb_status status = mb_buffer_reserve(output->cx, &output->bytes, output->length, room, 1);
    if (status) return status;
    uint8_t *start = (uint8_t *)output->bytes->data + output->length, *at = start;
    for (; word >= 128; word >>= 7)
        *at++ = (uint8_t)(word | 128);
    *at++ = (uint8_t)word;
    if (piece.length) memcpy(at, piece.bytes, piece.length);
    output->length += at - start + (int64_t)piece.length;
    return MB_OK;
}

// Takes the first of packed pieces off; false when there is none.
static bool next_piece(mb_string *packed, mb_string *piece)
{
    uint64_t word = 0;
    const char *at = packed->bytes, *end = at + packed->length;
    if (at == end) return false;
    for (int shift = 0;; shift += 7) {
        word |= (uint64_t)(*at & 127) << shift;
        if (!(*at++ & 128)) break;
    }
    *piece = word ? (mb_string){at, (size_t)word - 1} : (mb_string){NULL, 0};
    at += piece->length;
    *packed = (mb_string){at, (size_t)(end - at)};
    return true;
}

// --- Columns.

static mb_status unpack(const void *argument, mb_string packed, mb_text_output *output, bool *valid)
{
    mb_string piece = {NULL, 0};
    *valid = true;
    for (int64_t i = *(const int64_t *)argument; i >= 0 && *valid; i--)
        *valid = next_piece(&packed, &piece);
    *valid = *valid && piece.bytes;
    return *valid ? mb_text_append(output, piece) : MB_OK;
}

mb_status mb_text_piece_columns(mb_context *cx, mb_column *column, mb_text_rewrite *cut,
                                const void *argument, int64_t n, mb_column **results)
{
    mb_column *packed = NULL;
    mb_status status = mb_text_strings(cx, column, cut, argument, &packed);
    for (int64_t i = 0; i < n && !status; i++)
        status = mb_text_strings(cx, packed, unpack, &i, &results[i]);
    mb_column_release(packed);
    return status;
}

// --- Rows.

static mb_status count(mb_context *cx, const void *argument, mb_string packed, mb_value *value,
                       bool *valid)
{
    mb_string piece;
    (void)cx;
    (void)argument;
    (void)valid;
    for (value->i = 0; next_piece(&packed, &piece);)
        value->i++;
    return MB_OK;
}

typedef struct counting {
    mb_context *cx;
    mb_buffer *wide;
    int64_t sum;
} counting;

static mb_status add_counts(void *state, const mb_block *block, int64_t first, int64_t n)
{
    counting *to = state;
    const int64_t *counts = mb_block_widen(mb_kernels_of(to->cx->isa), block, n, to->wide->data);
    (void)first;
    for (int64_t i = 0; i < n; i++)
        if (mb_block_valid(block, i)) to->sum += counts[i];
    return MB_OK;
}

// The layout of all pieces: those of a rank's rows stay there.
static mb_status lay_out(mb_context *cx, mb_column *packed, mb_layout **layout)
{
    mb_column *counts = NULL;
    counting to = {.cx = cx};
    mb_status status;
    MB_TRY(mb_text_values(cx, packed, &mb_type_int, count, NULL, &counts));
    status = mb_buffer_new_array(cx, MB_BLOCK_ROWS, 8, &to.wide);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_evaluate(cx, &counts, 1, add_counts, &to);
    status = mb_layout_gather(cx, status, to.sum, NULL, layout);
done:
    mb_column_release(counts);
    mb_buffer_release(to.wide);
    return status;
}

typedef struct listing {
    int64_t row; // from 1, of the next string
    mb_text_encoder *encoder;
    mb_builder *rows;
    int64_t held[ROWS_AT_ONCE], nheld; // of pieces, on their way to the builder
    mb_string *strings;                // in one pass: of these,
    mb_buffer *memory;                 // in which they are
    int64_t listed, room;              // pieces that were listed, and that there is room for
} listing;

static mb_status open_listing(mb_context *cx, mb_column *column, int64_t n, listing *to)
{
    const int64_t all = column->layout->n_global;
    const mb_range guess = {1, (uint64_t)all};
    mb_status status = mb_text_encoder_open(cx, n, MB_TEXT_CHOOSE, &to->encoder);
    if (status) return status;
    return mb_builder_open(cx, &mb_type_int, n, all ? &guess : NULL, 8, &to->rows);
}

static void close_listing(listing *to)
{
    mb_text_encoder_close(to->encoder);
    mb_builder_close(to->rows);
    mb_buffer_release(to->memory);
}

static mb_status finish_listing(mb_context *cx, mb_status status, listing *to, mb_layout *layout,
                                mb_column **pieces, mb_column **rows)
{
    status = mb_text_encoder_finish(cx, status, to->encoder, layout, 0, pieces);
    return status ? status : mb_builder_finish(cx, &to->rows, 1, &layout, 1, rows);
}

static mb_status flush_rows(listing *to)
{
    int64_t n = to->nheld;
    to->nheld = 0;
    return mb_builder_append(to->rows, to->held, NULL, n);
}

static mb_status list_pieces(void *state, mb_string *const *strings, int64_t n)
{
    listing *to = state;
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n && !status; i++, to->row++) {
        mb_string packed = strings[0][i], piece;
        while (!status && packed.bytes && next_piece(&packed, &piece)) {
            status = mb_text_encoder_append(to->encoder, piece);
            to->held[to->nheld++] = to->row;
            if (!status && to->nheld == ROWS_AT_ONCE) status = flush_rows(to);
        }
    }
    return status;
}

static mb_status list_packed(mb_context *cx, mb_column *column, mb_text_rewrite *cut,
                             const void *argument, mb_column **pieces, mb_column **rows)
{
    mb_column *packed = NULL;
    mb_layout *layout = NULL;
    listing to = {.row = column->layout->start[mb_rank(cx)] + 1};
    mb_status status;
    MB_TRY(mb_text_strings(cx, column, cut, argument, &packed));
    MB_TRY(lay_out(cx, packed, &layout));
    status = open_listing(cx, column, mb_layout_rows(layout, mb_rank(cx)), &to);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_text_stream(cx, &packed, 1, list_pieces, &to);
    if (!status) status = flush_rows(&to);
    status = finish_listing(cx, status, &to, layout, pieces, rows);
done:
    mb_column_release(packed);
    mb_layout_release(layout);
    close_listing(&to);
    return status;
}

// --- The same in one pass over rows that are all strings of a spread dictionary.

// Room for the pieces that are held. It is guessed from the rows so far how many there will be.
static mb_status make_room(listing *to, int64_t rows_so_far, int64_t nrows)
{
    const int64_t needed = to->listed + to->nheld;
    if (needed <= to->room) return MB_OK;
    const double a_row = (double)needed / (double)rows_so_far;
    to->room = needed + needed / 8 + (int64_t)(a_row * 1.05 * (double)(nrows - rows_so_far));
    mb_status status = mb_text_encoder_resize(to->encoder, to->room);
    return status ? status : mb_builder_resize(to->rows, to->room);
}

static mb_status flush_pieces(listing *to, int64_t rows_so_far, int64_t nrows)
{
    mb_status status = make_room(to, rows_so_far, nrows);
    if (!status) status = mb_text_encoder_append_all(to->encoder, to->strings, to->nheld, false);
    to->listed += to->nheld;
    return status ? status : flush_rows(to);
}

// Lists the pieces of n strings from the i-th on, which are packed in `output` until `ends`.
static mb_status list_batch(listing *to, mb_text_output *output, const int64_t *ends, int64_t i,
                            int64_t n, int64_t nrows)
{
    // So many bytes can be read behind each piece.
    mb_status status =
        mb_buffer_reserve(output->cx, &output->bytes, output->length, MB_TEXT_READABLE, 1);
    for (int64_t k = 0; k < n && !status; k++, to->row++) {
        const int64_t start = k ? ends[k - 1] : 0;
        mb_string packed = {(const char *)output->bytes->data + start, (size_t)(ends[k] - start)};
        while (!status && next_piece(&packed, &to->strings[to->nheld])) {
            to->held[to->nheld++] = to->row;
            if (to->nheld == ROWS_AT_ONCE) status = flush_pieces(to, i + k + 1, nrows);
        }
    }
    return status ? status : flush_pieces(to, i + n, nrows);
}

static mb_status list_entries(mb_context *cx, const mb_text_rows *rows, mb_text_rewrite *cut,
                              const void *argument, listing *to)
{
    const int64_t count = rows->dictionary->count;
    int64_t ends[STRINGS_AT_ONCE];
    mb_text_output output = {.cx = cx};
    mb_status status = MB_OK;
    for (int64_t i = 0; i < count && !status; i += STRINGS_AT_ONCE) {
        const int64_t n = count - i < STRINGS_AT_ONCE ? count - i : STRINGS_AT_ONCE;
        output.length = 0;
        for (int64_t k = 0; k < n && !status; k++) {
            const int64_t start = output.length;
            bool valid = true;
            status = cut(argument, mb_text_row_entry(rows, i + k), &output, &valid);
            if (!valid) output.length = start;
            ends[k] = output.length;
        }
        if (!status) status = list_batch(to, &output, ends, i, n, count);
    }
    if (!status) status = mb_text_encoder_resize(to->encoder, to->listed);
    if (!status) status = mb_builder_resize(to->rows, to->listed);
    mb_buffer_release(output.bytes);
    return status;
}

static mb_status list_whole(mb_context *cx, const mb_text_rows *rows, mb_text_rewrite *cut,
                            const void *argument, mb_column **pieces, mb_column **numbers)
{
    mb_layout *layout = NULL;
    listing to = {.row = rows->column->layout->start[mb_rank(cx)] + 1};
    mb_status status = open_listing(cx, rows->column, 0, &to);
    if (!status) status = mb_buffer_new_array(cx, ROWS_AT_ONCE, sizeof(mb_string), &to.memory);
    MB_TRY(mb_step(cx, status, NULL));
    to.strings = to.memory->data;
    status = list_entries(cx, rows, cut, argument, &to);
    MB_TRY(mb_layout_gather(cx, status, to.listed, NULL, &layout));
    status = finish_listing(cx, MB_OK, &to, layout, pieces, numbers);
done:
    mb_layout_release(layout);
    close_listing(&to);
    return status;
}

mb_status mb_text_piece_rows(mb_context *cx, mb_column *column, mb_text_rewrite *cut,
                             const void *argument, mb_column **pieces, mb_column **rows)
{
    mb_text_rows of;
    mb_status status = mb_text_rows_open(cx, column, &of);
    if (status) return status;
    status = of.whole ? list_whole(cx, &of, cut, argument, pieces, rows)
                      : list_packed(cx, column, cut, argument, pieces, rows);
    mb_text_rows_close(&of);
    return status;
}
