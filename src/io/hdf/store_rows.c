// Rows of numbers and of strings of fixed length: contiguous, or in compressed chunks.

#include <libdeflate.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/progress.h"
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
    int64_t most;  // chunks of a rank in a round
    int64_t bound; // bytes of an encoded one
    struct libdeflate_compressor *compressor;
    mb_buffer *cells, *planes, *encoded;
    mb_buffer *mine, *sizes, *addresses; // of chunks in a round: this rank's, and of all ranks
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

// Finds a place for each chunk of a round, on rank 0, or each rank for its own: HDF5 notes it, and
// its owner writes it.
static mb_status place(const rounds *r, int64_t round)
{
    mb_hdf_storing *s = r->s;
    const bool each = s->request->each;
    const int first = each ? mb_rank(s->cx) : 0, end = each ? first + 1 : mb_nranks(s->cx);
    const int64_t *size = (const int64_t *)r->sizes->data + first * r->most;
    int64_t *address = (int64_t *)r->addresses->data + first * r->most;
    mb_status status = MB_OK;
    s->sink.planning = true;
    for (int rank = first; rank < end; rank++) {
        const int64_t start = r->item->before + (each ? 0 : r->source->column->layout->start[rank]);
        hsize_t row = (hsize_t)start + (hsize_t)(round * r->most) * (hsize_t)r->chunk_rows;
        for (int64_t i = 0; i < r->most; i++, size++, address++, row += (hsize_t)r->chunk_rows) {
            if (!*size || status) continue;
            if (H5Dwrite_chunk(r->item->id, H5P_DEFAULT, 0, &row, (size_t)*size, r->encoded->data) <
                    0 ||
                s->sink.error)
                status =
                    mb_hdf_storing_fail(s, s->request->names[r->item->name], "cannot be written");
            *address = (int64_t)s->sink.planned;
        }
    }
    s->sink.planning = false;
    return status;
}

static mb_status write_round(const rounds *r, int64_t round)
{
    mb_context *cx = r->s->cx;
    int rank = mb_rank(cx);
    int64_t *mine = r->mine->data, *address = r->addresses->data;
    char *chunk = r->encoded->data;
    int64_t chunks = chunks_of(r, rank) - round * r->most;
    mb_status status = MB_OK;
    for (int64_t i = 0; i < r->most; i++)
        mine[i] =
            i < chunks ? encode(r, (round * r->most + i) * r->chunk_rows, chunk + i * r->bound) : 0;
    MB_TRY(mb_step(cx, MB_OK, NULL));
    mb_gather_all(cx, mine, (size_t)r->most * sizeof *mine, r->sizes->data);
    if (mb_hdf_has_file(r->s)) status = place(r, round);
    MB_TRY(mb_step(cx, status, NULL));
    if (!r->s->request->each)
        mb_broadcast(cx, 0, address, (size_t)(mb_nranks(cx) * r->most) * sizeof *address);
    for (int64_t i = 0; i < r->most && mine[i]; i++)
        MB_TRY(mb_shared_write(cx, &r->s->shared, r->s->path, chunk + i * r->bound, (size_t)mine[i],
                               address[rank * r->most + i]));
    if (chunks > r->most) chunks = r->most;
    if (chunks > 0) mb_progress_add(cx, chunks * r->chunk_rows, chunks * r->chunk_bytes);
done:
    return status;
}

static mb_status open_rounds(rounds *r)
{
    mb_context *cx = r->s->cx;
    int64_t nranks = mb_nranks(cx), largest = 0;
    mb_status status = MB_OK;
    for (int rank = 0; rank < nranks; rank++)
        if (chunks_of(r, rank) > largest) largest = chunks_of(r, rank);
    r->most = ROUND_BYTES / r->chunk_bytes;
    if (r->most > largest) r->most = largest;
    if (r->most < 1) r->most = 1;
    r->compressor = libdeflate_alloc_compressor(r->s->request->level);
    if (!r->compressor) MB_TRY(mb_fail(cx, MB_EMEMORY, "out of memory: no room for a compressor"));
    r->bound = (int64_t)libdeflate_zlib_compress_bound(r->compressor, (size_t)r->chunk_bytes);
    MB_TRY(mb_buffer_new(cx, (size_t)r->chunk_bytes, &r->cells));
    MB_TRY(mb_buffer_new(cx, (size_t)r->chunk_bytes, &r->planes));
    MB_TRY(mb_buffer_new_array(cx, r->most, (size_t)r->bound, &r->encoded));
    MB_TRY(mb_buffer_new_array(cx, r->most, sizeof(int64_t), &r->mine));
    MB_TRY(mb_buffer_new_array(cx, r->most * nranks, sizeof(int64_t), &r->sizes));
    MB_TRY(mb_buffer_new_zeroed(cx, r->most * nranks, sizeof(int64_t), &r->addresses));
done:
    return status;
}

static void close_rounds(rounds *r)
{
    if (r->compressor) libdeflate_free_compressor(r->compressor);
    mb_buffer_release(r->cells);
    mb_buffer_release(r->planes);
    mb_buffer_release(r->encoded);
    mb_buffer_release(r->mine);
    mb_buffer_release(r->sizes);
    mb_buffer_release(r->addresses);
}

mb_status mb_hdf_write_chunks(mb_hdf_storing *s, const mb_hdf_item *item,
                              const mb_hdf_source *source)
{
    int64_t rows = s->request->chunk_rows;
    rounds r = {.s = s,
                .item = item,
                .source = source,
                .chunk_rows = rows,
                .chunk_bytes = rows * item->cell.size};
    mb_status status;
    int64_t largest = 0;
    MB_TRY(mb_step(s->cx, open_rounds(&r), NULL));
    for (int rank = 0; rank < mb_nranks(s->cx); rank++)
        if (chunks_of(&r, rank) > largest) largest = chunks_of(&r, rank);
    for (int64_t round = 0; round * r.most < largest; round++)
        MB_TRY(write_round(&r, round));
done:
    close_rounds(&r);
    return status;
}
