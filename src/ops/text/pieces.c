#include "ops/text/pieces.h"

#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/shuffle.h"
#include "ops/text/stream.h"
#include "text/encode.h"

enum { MOST_HEAD = 10, ROWS_AT_ONCE = 1 << 10 };

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
} listing;

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

mb_status mb_text_piece_rows(mb_context *cx, mb_column *column, mb_text_rewrite *cut,
                             const void *argument, mb_column **pieces, mb_column **rows)
{
    mb_column *packed = NULL;
    mb_layout *layout = NULL;
    listing to = {.row = column->layout->start[mb_rank(cx)] + 1};
    const mb_range guess = {1, (uint64_t)column->layout->n_global};
    mb_status status;
    MB_TRY(mb_text_strings(cx, column, cut, argument, &packed));
    MB_TRY(lay_out(cx, packed, &layout));
    int64_t n = mb_layout_rows(layout, mb_rank(cx));
    status = mb_text_encoder_open(cx, n, MB_TEXT_CHOOSE, &to.encoder);
    if (!status)
        status = mb_builder_open(cx, &mb_type_int, n, column->layout->n_global ? &guess : NULL, 8,
                                 &to.rows);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_text_stream(cx, &packed, 1, list_pieces, &to);
    if (!status) status = flush_rows(&to);
    MB_TRY(mb_text_encoder_finish(cx, status, to.encoder, layout, 0, pieces));
    status = mb_builder_finish(cx, &to.rows, 1, &layout, 1, rows);
done:
    mb_column_release(packed);
    mb_layout_release(layout);
    mb_text_encoder_close(to.encoder);
    mb_builder_close(to.rows);
    return status;
}
