// Rows of numbers and of strings of fixed length: contiguous, or in compressed chunks.

#include <libdeflate.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/progress.h"
#include "io/hdf/chunks.h"
#include "io/hdf/storing.h"

enum { PIECE_BYTES = 1 << 22, ROUND_BYTES = 1 << 24 };

mb_status mb_hdf_write_contiguous(mb_hdf_storing *s, const mb_hdf_item *item,
                                  const mb_hdf_source *source)
{
    const mb_column *column = source->column;
    const char *cells = mb_hdf_source_cells(source);
    int64_t rows = mb_column_rows(column), size = item->cell.size;
    int64_t at = item->address + item->first * size;
    int64_t most = size < PIECE_BYTES ? PIECE_BYTES / size : 1;
    mb_buffer *piece = NULL;
    mb_status status = MB_OK;
    if (!cells) MB_TRY(mb_buffer_new_array(s->cx, most < rows ? most : rows, (size_t)size, &piece));
    for (int64_t row = 0, n; row < rows; row += n) {
        n = rows - row < most ? rows - row : most;
        if (!cells) mb_hdf_source_fill(source, row, n, piece->data);
        MB_TRY(mb_shared_write(s->cx, &s->shared, s->path, cells ? cells + row * size : piece->data,
                               (size_t)(n * size), at + row * size));
        mb_progress_add(s->cx, n, n * size);
    }
done:
    mb_buffer_release(piece);
    return status;
}

mb_status mb_hdf_chunk_layout(mb_context *cx, int64_t rows, int64_t chunk_rows, mb_layout **layout)
{
    int nranks = mb_nranks(cx);
    int64_t chunks = rows / chunk_rows + (rows % chunk_rows != 0);
    mb_buffer *counts;
    mb_status status = mb_buffer_new_array(cx, nranks, sizeof(int64_t), &counts);
    if (status) return status;
    int64_t *count = counts->data;
    for (int r = 0; r < nranks; r++) {
        int64_t first = mb_even_start(chunks, nranks, r) * chunk_rows;
        int64_t last = r + 1 < nranks ? mb_even_start(chunks, nranks, r + 1) * chunk_rows : rows;
        count[r] = (last < rows ? last : rows) - (first < rows ? first : rows);
    }
    status = mb_layout_counts(cx, count, layout);
    mb_buffer_release(counts);
    return status;
}

// --- Chunks.

// Chunks are encoded in rounds: each rank some, then rank 0 finds places for all of them.
typedef struct rounds {
    mb_hdf_storing *s;
    const mb_hdf_item *item;
    const mb_hdf_source *source;
    int64_t chunk_rows, chunk_bytes;
    int64_t bound; // bytes of an encoded one
    struct libdeflate_compressor *compressor;
    mb_buffer *cells, *planes, *encoded;
    mb_hdf_round round;
} rounds;

// HDF5's shuffle filter.
static void shuffle(const uint8_t *restrict cells, int64_t n, int64_t size,
                    uint8_t *restrict planes)
{
    for (int64_t b = 0; b < size; b++)
        for (int64_t i = 0; i < n; i++)
            planes[b * n + i] = cells[i * size + b];
}

// Encodes the chunk that begins at a local row. Returns its size.
static int64_t encode(const rounds *r, int64_t row, void *chunk)
{
    int64_t left = mb_column_rows(r->source->column) - row, size = r->item->cell.size;
    int64_t n = left < r->chunk_rows ? left : r->chunk_rows;
    uint8_t *cells = r->cells->data;
    mb_hdf_source_fill(r->source, row, n, cells);
    memset(cells + n * size, 0, (size_t)(r->chunk_bytes - n * size));
    if (size > 1 && r->item->cell.form != MB_CELL_FIXED) {
        shuffle(cells, r->chunk_rows, size, r->planes->data);
        cells = r->planes->data;
    }
    return (int64_t)libdeflate_zlib_compress(r->compressor, cells, (size_t)r->chunk_bytes, chunk,
                                             (size_t)r->bound);
}

static int64_t chunks_of(const rounds *r, int rank)
{
    int64_t rows = mb_layout_rows(r->source->column->layout, rank);
    return rows / r->chunk_rows + (rows % r->chunk_rows != 0);
}

static int64_t most_chunks(const rounds *r)
{
    int64_t largest = 0;
    for (int rank = 0; rank < mb_nranks(r->s->cx); rank++)
        if (chunks_of(r, rank) > largest) largest = chunks_of(r, rank);
    return largest;
}

// Where the chunks of a round begin.
static void begin_round(const rounds *r, int64_t round)
{
    const mb_layout *layout = r->source->column->layout;
    const int64_t before = r->item->before + round * r->round.most * r->chunk_rows;
    for (int rank = 0; rank < mb_nranks(r->s->cx); rank++)
        r->round.rows[rank] = before + (r->s->request->each ? 0 : layout->start[rank]);
}

static mb_status write_round(const rounds *r, int64_t round)
{
    mb_hdf_storing *s = r->s;
    mb_context *cx = s->cx;
    const int rank = mb_rank(cx);
    const int64_t most = r->round.most, first = round * most;
    char *chunk = r->encoded->data;
    int64_t chunks = chunks_of(r, rank) - first;
    mb_hdf_chunked file = {.cx = cx,
                           .path = s->path,
                           .shared = &s->shared,
                           .sink = &s->sink,
                           .datasets = &r->item->id,
                           .n = 1,
                           .chunk_rows = r->chunk_rows};
    mb_status status;
    if (s->request->each) file.first = rank;
    if (mb_hdf_has_file(s)) file.end = s->request->each ? rank + 1 : mb_nranks(cx);
    begin_round(r, round);
    for (int64_t i = 0; i < most; i++)
        r->round.mine[i] =
            i < chunks ? encode(r, (first + i) * r->chunk_rows, chunk + i * r->bound) : 0;
    MB_TRY(mb_step(cx, MB_OK, NULL));
    MB_TRY(mb_hdf_round_write(&file, &r->round, chunk, r->bound));
    if (chunks > most) chunks = most;
    if (chunks > 0) mb_progress_add(cx, chunks * r->chunk_rows, chunks * r->chunk_bytes);
done:
    return status;
}

static mb_status open_rounds(rounds *r)
{
    mb_context *cx = r->s->cx;
    const int64_t largest = most_chunks(r);
    int64_t most = ROUND_BYTES / r->chunk_bytes;
    mb_status status = MB_OK;
    if (most > largest) most = largest;
    if (most < 1) most = 1;
    r->compressor = libdeflate_alloc_compressor(r->s->request->level);
    if (!r->compressor) MB_TRY(mb_fail(cx, MB_EMEMORY, "out of memory: no room for a compressor"));
    r->bound = (int64_t)libdeflate_zlib_compress_bound(r->compressor, (size_t)r->chunk_bytes);
    MB_TRY(mb_buffer_new(cx, (size_t)r->chunk_bytes, &r->cells));
    MB_TRY(mb_buffer_new(cx, (size_t)r->chunk_bytes, &r->planes));
    MB_TRY(mb_buffer_new_array(cx, most, (size_t)r->bound, &r->encoded));
    MB_TRY(mb_hdf_round_open(cx, most, &r->round));
done:
    return status;
}

static void close_rounds(rounds *r)
{
    if (r->compressor) libdeflate_free_compressor(r->compressor);
    mb_buffer_release(r->cells);
    mb_buffer_release(r->planes);
    mb_buffer_release(r->encoded);
    mb_hdf_round_close(&r->round);
}

mb_status mb_hdf_write_chunks(mb_hdf_storing *s, const mb_hdf_item *item,
                              const mb_hdf_source *source)
{
    const int64_t rows = mb_hdf_chunk_rows(s, item->cell);
    rounds r = {.s = s,
                .item = item,
                .source = source,
                .chunk_rows = rows,
                .chunk_bytes = rows * item->cell.size};
    mb_status status;
    const int64_t largest = most_chunks(&r);
    MB_TRY(mb_step(s->cx, open_rounds(&r), NULL));
    for (int64_t round = 0; round * r.round.most < largest; round++)
        MB_TRY(write_round(&r, round));
done:
    close_rounds(&r);
    return status;
}
