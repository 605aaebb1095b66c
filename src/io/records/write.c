#include "io/records/write.h"

#include <libdeflate.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/progress.h"
#include "io/packed/bgzf.h"
#include "io/records/cells.h"

enum {
    PIECE = 1 << 18,             // bytes of text that are written at once: what caches hold,
    KEPT = (1 << 21) - MB_SLACK, // that are kept at once: a huge page, which costs little to touch
    MEMBER = 1 << 20,            // and that are compressed at once
    KEPT_SHARE = 4               // of the memory that is free is kept text, at most
};

typedef struct piece {
    mb_buffer *bytes;
    int64_t size;
} piece;

// Makes the text of this rank's rows, twice where it is long. At first nobody knows how much those
// of the ranks before have: pieces are kept, and once they are too many, counted. Then those that
// are kept are written, and the rows behind them made again, and written piece by piece.
typedef struct writer {
    mb_context *cx;
    const mb_record_output *output;
    const mb_shared_part *shared;
    struct libdeflate_compressor *compressor;
    const mb_record_source *sources;
    mb_buffer *cells_buffer;
    mb_cells *cells; // of each column
    int64_t n, rows, rows_done;
    mb_buffer *text, *packed; // of a piece that is made
    int64_t used;             // bytes of the text
    int64_t size;             // bytes of all pieces
    mb_buffer *kept;          // pieces
    int64_t n_kept, limit;
    bool counts; // what is made is not kept
    bool writes;
    int64_t place; // then: of the next piece in the file
} writer;

// --- Pieces.

static void tell(writer *w, int64_t rows, int64_t bytes)
{
    mb_progress_add(w->cx, rows - w->rows_done, bytes);
    w->rows_done = rows;
}

static mb_status write_bytes(writer *w, const mb_buffer *bytes, int64_t size)
{
    mb_status status =
        mb_shared_write(w->cx, w->shared, w->output->path, bytes->data, (size_t)size, w->place);
    w->place += size;
    return status;
}

// Keeps a piece, whose buffer it takes, or counts it.
static mb_status keep(writer *w, mb_buffer **bytes, int64_t size)
{
    w->size += size;
    w->counts = w->counts || w->size > w->limit;
    if (w->counts) return MB_OK;
    mb_status status = mb_buffer_reserve(w->cx, &w->kept, w->n_kept, 1, sizeof(piece));
    if (status) return status;
    ((piece *)w->kept->data)[w->n_kept++] = (piece){*bytes, size};
    *bytes = NULL;
    return MB_OK;
}

static mb_status pack(writer *w, int64_t *size)
{
    mb_status status = mb_buffer_scratch(w->cx, mb_bgzf_bound((size_t)w->used), &w->packed);
    if (status) return status;
    *size =
        (int64_t)mb_bgzf_compress(w->compressor, w->text->data, (size_t)w->used, w->packed->data);
    return MB_OK;
}

// Fails for the first zero byte, which no reader of delimited text takes.
static mb_status refuse_zero(writer *w)
{
    const mb_layout *layout = w->sources[0].column->layout;
    mb_status status = MB_OK;
    for (int64_t row = 0; row < w->rows && !status; row++)
        for (int64_t i = 0; i < w->n && !status; i++) {
            status = mb_cells_make(&w->cells[i], row, 1);
            const mb_string cell = w->cells[i].cells[0];
            const int64_t number = layout->start[mb_rank(w->cx)] + row + 1;
            if (!status && memchr(cell.bytes, 0, cell.length))
                status = mb_fail(w->cx, MB_EINVALID,
                                 "to_csv: column '%s' has text with a zero byte in row %lld, which "
                                 "CSV cannot have (HDF5 can: to_hdf)",
                                 w->sources[i].name, (long long)number);
        }
    return status;
}

// Ends a piece, which has all rows so far that were not told.
static mb_status end_piece(writer *w, int64_t rows)
{
    mb_buffer **bytes = w->compressor ? &w->packed : &w->text;
    int64_t size = w->used;
    mb_status status = MB_OK;
    if (!w->used) return MB_OK;
    if (memchr(w->text->data, 0, (size_t)w->used)) MB_TRY(refuse_zero(w));
    if (w->compressor) MB_TRY(pack(w, &size));
    MB_TRY(w->writes ? write_bytes(w, *bytes, size) : keep(w, bytes, size));
    if (!w->counts) tell(w, rows, w->used);
    w->used = 0;
done:
    return status;
}

// Makes room for some bytes in a piece that has rows up to `rows`.
static mb_status make_room(writer *w, int64_t bytes, int64_t rows)
{
    const int64_t most = w->compressor ? MEMBER : w->writes ? PIECE : KEPT;
    mb_status status = MB_OK;
    if (w->used && w->used + bytes > most) status = end_piece(w, rows);
    if (status || w->used) return status;
    return mb_buffer_scratch(w->cx, (size_t)(bytes > most ? bytes : most), &w->text);
}

// --- Text.

static mb_status add_header(writer *w)
{
    int64_t room = 0;
    for (int64_t i = 0; i < w->n; i++)
        room += (int64_t)mb_name_cell_room(w->sources[i].name) + 1;
    mb_status status = make_room(w, room, 0);
    if (status) return status;
    char *to = w->text->data;
    for (int64_t i = 0; i < w->n; i++) {
        to += mb_name_cell(w->output, w->sources[i].name, to);
        *to++ = w->output->separator;
    }
    to[-1] = '\n';
    w->used = to - (char *)w->text->data;
    return MB_OK;
}

// Copies short cells by whole vectors: what is behind them is overwritten.
static inline char *put_cell(char *to, mb_string cell, char end)
{
    enum { VECTOR = 16 };
    memcpy(to, cell.bytes, VECTOR);
    if (cell.length > VECTOR) memcpy(to + VECTOR, cell.bytes + VECTOR, VECTOR);
    if (cell.length > 2 * VECTOR)
        memcpy(to + 2 * VECTOR, cell.bytes + 2 * VECTOR, cell.length - 2 * VECTOR);
    to[cell.length] = end;
    return to + cell.length + 1;
}

static void add_cells(writer *w, int rows)
{
    char *to = (char *)w->text->data + w->used;
    const mb_cells *last = &w->cells[w->n - 1];
    for (int row = 0; row < rows; row++) {
        for (const mb_cells *of = w->cells; of < last; of++)
            to = put_cell(to, of->cells[row], w->output->separator);
        to = put_cell(to, last->cells[row], '\n');
    }
    w->used = to - (char *)w->text->data;
}

static mb_status add_rows(writer *w, int64_t first, int rows)
{
    mb_status status;
    int64_t bytes = rows * w->n;
    for (int64_t i = 0; i < w->n; i++) {
        MB_TRY(mb_cells_make(&w->cells[i], first, rows));
        for (int row = 0; row < rows; row++)
            bytes += (int64_t)w->cells[i].cells[row].length;
    }
    if (w->counts && !w->compressor) {
        w->size += bytes;
        return MB_OK;
    }
    MB_TRY(make_room(w, bytes, first));
    add_cells(w, rows);
done:
    return status;
}

// The last rank ends what is compressed.
static mb_status end_file(writer *w)
{
    if (!w->compressor || mb_rank(w->cx) + 1 < mb_nranks(w->cx)) return MB_OK;
    mb_status status = mb_buffer_scratch(w->cx, MB_BGZF_END, &w->packed);
    if (status) return status;
    memcpy(w->packed->data, mb_bgzf_end, MB_BGZF_END);
    return w->writes ? write_bytes(w, w->packed, MB_BGZF_END) : keep(w, &w->packed, MB_BGZF_END);
}

// Makes the text of the rows that are not told.
static mb_status make_text(writer *w)
{
    mb_status status = MB_OK;
    w->used = 0;
    if (w->output->header && mb_rank(w->cx) == 0 && !w->n_kept) MB_TRY(add_header(w));
    for (int64_t row = w->rows_done; row < w->rows; row += MB_CELL_ROWS) {
        const int64_t left = w->rows - row;
        MB_TRY(mb_comm_heed_interrupt(w->cx));
        MB_TRY(add_rows(w, row, left < MB_CELL_ROWS ? (int)left : MB_CELL_ROWS));
    }
    MB_TRY(end_piece(w, w->rows));
    status = end_file(w);
done:
    return status;
}

static mb_status write_text(writer *w, int64_t place)
{
    mb_status status = MB_OK;
    w->place = place;
    for (int64_t i = 0; i < w->n_kept; i++) {
        piece *next = (piece *)w->kept->data + i;
        MB_TRY(write_bytes(w, next->bytes, next->size));
        mb_buffer_release(next->bytes);
        next->bytes = NULL;
    }
    if (!w->counts) return MB_OK;
    w->writes = true;
    w->counts = false;
    MB_TRY(make_text(w));
done:
    return status;
}

static mb_status open_writer(writer *w)
{
    const mb_memory *memory = &w->cx->memory;
    mb_status status;
    w->limit = (int64_t)(memory->budget - memory->live) / KEPT_SHARE;
    MB_TRY(mb_buffer_new_zeroed(w->cx, w->n, sizeof(mb_cells), &w->cells_buffer));
    w->cells = w->cells_buffer->data;
    for (int64_t i = 0; i < w->n; i++)
        MB_TRY(mb_cells_open(w->cx, w->output, &w->sources[i], w->n == 1, &w->cells[i]));
    if (w->output->level) w->compressor = libdeflate_alloc_compressor(w->output->level);
    if (w->output->level && !w->compressor)
        status = mb_fail(w->cx, MB_EMEMORY, "out of memory: no room to compress text");
done:
    return status;
}

static void close_writer(writer *w)
{
    for (int64_t i = 0; w->cells && i < w->n; i++)
        mb_cells_close(&w->cells[i]);
    for (int64_t i = 0; i < w->n_kept; i++)
        mb_buffer_release(((piece *)w->kept->data)[i].bytes);
    mb_buffer_release(w->cells_buffer);
    mb_buffer_release(w->kept);
    mb_buffer_release(w->text);
    mb_buffer_release(w->packed);
    libdeflate_free_compressor(w->compressor);
}

// Adds rows behind those that there are; `*written` is whether this rank could, and `*size` the
// size of the file when all could.
static mb_status add_text(mb_context *cx, const mb_record_output *output,
                          const mb_record_source *sources, int64_t n, const mb_record_text *text,
                          mb_status *written, int64_t *size)
{
    mb_status status;
    writer w = {.cx = cx,
                .output = output,
                .shared = &text->shared,
                .sources = sources,
                .n = n,
                .rows = mb_column_rows(sources[0].column)};
    int64_t before, all;
    mb_progress_begin(cx, "writing", sources[0].column->layout->n_global, w.rows);
    status = open_writer(&w);
    if (!status) status = make_text(&w);
    MB_TRY(mb_step(cx, status, NULL));
    mb_sum_before(cx, &w.size, 1, &before);
    mb_sum_all(cx, &w.size, 1, &all);
    *size = text->size + all;
    *written = write_text(&w, text->size + before);
done:
    mb_progress_end(cx);
    close_writer(&w);
    return status;
}

mb_status mb_records_begin(mb_context *cx, const char *path, mb_record_text *text)
{
    text->size = 0;
    mb_status status = mb_shared_open(cx, path, false, &text->shared);
    if (status) mb_shared_abandon(&text->shared);
    return status;
}

mb_status mb_records_append(mb_context *cx, const mb_record_output *output,
                            const mb_record_source *sources, int64_t n, mb_record_text *text)
{
    mb_status status, written;
    int64_t size;
    MB_TRY(add_text(cx, output, sources, n, text, &written, &size));
    MB_TRY(mb_conclude(cx, written, NULL));
    text->size = size;
done:
    return status;
}

mb_status mb_records_publish(mb_context *cx, const char *path, mb_record_text *text)
{
    mb_status status = mb_shared_publish(cx, MB_OK, path, &text->shared);
    if (!status) mb_shared_abandon(&text->shared);
    return status;
}

mb_status mb_records_write(mb_context *cx, const mb_record_output *output,
                           const mb_record_source *sources, int64_t n)
{
    mb_status status, written;
    mb_record_text text = {.shared = MB_SHARED_CLOSED};
    int64_t size;
    MB_TRY(mb_shared_open(cx, output->path, false, &text.shared));
    MB_TRY(add_text(cx, output, sources, n, &text, &written, &size));
    status = mb_shared_publish(cx, written, output->path, &text.shared);
done:
    mb_shared_abandon(&text.shared);
    return status;
}
