// Decoding chunks without HDF5's filter pipeline, which is several times slower.

#include <libdeflate.h>
#include <limits.h>
#include <string.h>

#include "io/hdf/internal.h"

enum {
    NO_OPERATION = 4, // the class of n-bit values that are left as they are
    CHECKSUM_SIZE = 4,
    OVERHEAD = 32,           // of a filter that adds a checksum or a header
    LARGEST_OVERHEAD = 1024, // of one that makes a small chunk larger
};

bool mb_hdf_filters_known(hid_t creation, mb_hdf_dataset *dataset)
{
    int n = H5Pget_nfilters(creation);
    if (n < 0 || n > MB_HDF_FILTERS) return false;
    for (int i = 0; i < n; i++) {
        mb_hdf_filter *filter = &dataset->filters[i];
        unsigned flags;
        size_t nvalues = MB_HDF_FILTER_VALUES;
        char name[1];
        filter->id = H5Pget_filter2(creation, (unsigned)i, &flags, &nvalues, filter->values,
                                    sizeof name, name, NULL);
        // Without a size where HDF5 leaves it out of all chunks, as for strings of variable length.
        bool shuffle = filter->id == H5Z_FILTER_SHUFFLE &&
                       (nvalues == 0 ||
                        (nvalues == 1 && filter->values[0] > 0 && filter->values[0] <= INT_MAX));
        if (!shuffle && filter->id != H5Z_FILTER_DEFLATE && filter->id != H5Z_FILTER_FLETCHER32 &&
            filter->id != MB_HDF_FILTER_LZF && !mb_hdf_packed_known(filter, nvalues)) {
            dataset->bad_filter =
                filter->id == H5Z_FILTER_SHUFFLE || filter->id == H5Z_FILTER_SCALEOFFSET ||
                (filter->id == H5Z_FILTER_NBIT && filter->values[3] != NO_OPERATION);
            mb_hdf_filter_available(filter->id); // so that it is when HDF5 reads
            return false;
        }
    }
    dataset->nfilters = n;
    return true;
}

// HDF5's Fletcher-32: over big-endian words of 16 bits, the last one padded with zeros.
static uint32_t fletcher32(const uint8_t *bytes, size_t size)
{
    enum { WORDS_BEFORE_REDUCTION = 1 << 16 };
    uint64_t sum = 0, sum_of_sums = 0;
    for (size_t i = 0; i < size;) {
        size_t end = i + (size_t)2 * WORDS_BEFORE_REDUCTION;
        if (end > size) end = size;
        for (; i + 1 < end; i += 2) {
            sum += (uint64_t)bytes[i] << 8 | bytes[i + 1];
            sum_of_sums += sum;
        }
        if (i + 1 == size) {
            sum += (uint64_t)bytes[i++] << 8;
            sum_of_sums += sum;
        }
        sum %= UINT16_MAX;
        sum_of_sums %= UINT16_MAX;
    }
    return (uint32_t)(sum_of_sums << 16 | sum);
}

// Whether a checksum, of which 0 and 65535 are the same sums, is the one stored behind the bytes.
// HDF5 before 1.6.3 stored its halves with their bytes turned round.
static bool checksum_holds(const uint8_t *bytes, size_t size)
{
    const uint8_t *stored = bytes + size;
    uint32_t sum = fletcher32(bytes, size);
    uint32_t low = (uint32_t)stored[0] | (uint32_t)stored[1] << 8;
    uint32_t high = (uint32_t)stored[2] | (uint32_t)stored[3] << 8;
    uint32_t old_low = (uint32_t)stored[1] | (uint32_t)stored[0] << 8;
    uint32_t old_high = (uint32_t)stored[3] | (uint32_t)stored[2] << 8;
    return sum == (high % UINT16_MAX << 16 | low % UINT16_MAX) ||
           sum == (old_high % UINT16_MAX << 16 | old_low % UINT16_MAX);
}

typedef struct stage {
    uint8_t *bytes;
    size_t size;
} stage;

static bool inflate_stage(mb_hdf_reader *reader, stage *from, stage *to, size_t room)
{
    return libdeflate_zlib_decompress(reader->inflater, from->bytes, from->size, to->bytes, room,
                                      &to->size) == LIBDEFLATE_SUCCESS;
}

static void unshuffle_stage(mb_hdf_reader *reader, int size, stage *from, stage *to)
{
    size_t whole = from->size / (size_t)size * (size_t)size;
    reader->kernels->unshuffle(to->bytes, from->bytes, (int64_t)(whole / (size_t)size), size);
    memcpy(to->bytes + whole, from->bytes + whole, from->size - whole);
    to->size = from->size;
}

// Undoes the filters that were applied to a chunk, the last one first. `now` holds the stored
// bytes, and the result in the end; `other` has `room` bytes, and `now` no less. Returns what is
// wrong with the chunk.
static const char *undo_filters(mb_hdf_reader *reader, const mb_hdf_dataset *dataset,
                                uint32_t skipped, size_t whole, size_t room, stage *now,
                                stage *other)
{
    for (int i = dataset->nfilters - 1; i >= 0; i--) {
        const mb_hdf_filter *filter = &dataset->filters[i];
        if (skipped >> i & 1) continue;
        if (filter->id == H5Z_FILTER_FLETCHER32) {
            if (now->size < CHECKSUM_SIZE) return "is too short for its checksum";
            now->size -= CHECKSUM_SIZE;
            if (!checksum_holds(now->bytes, now->size))
                return "contradicts its Fletcher32 checksum";
            continue;
        }
        const char *wrong = NULL;
        if (filter->id == H5Z_FILTER_DEFLATE) {
            if (!inflate_stage(reader, now, other, room)) wrong = "does not inflate to its size";
        } else if (filter->id == MB_HDF_FILTER_LZF) {
            if (!mb_hdf_lzf_undo(now->bytes, now->size, other->bytes, room, &other->size))
                wrong = "does not decompress to its size";
        } else if (filter->id == H5Z_FILTER_SHUFFLE) {
            if (now->size > room) return "is too long";
            if (filter->values[0] == 0) return "is shuffled by an unknown size";
            unshuffle_stage(reader, (int)filter->values[0], now, other);
        } else {
            wrong = mb_hdf_packed_undo(filter, now->bytes, now->size, other->bytes, whole);
            other->size = whole;
        }
        if (wrong) return wrong;
        stage swapped = *now;
        *now = *other;
        *other = swapped;
    }
    return NULL;
}

static mb_status fail_chunk(mb_context *cx, const mb_hdf_dataset *dataset, int64_t row,
                            const char *what)
{
    return mb_fail(cx, MB_EIO, "%s: dataset '%s' is damaged: the chunk from row %lld on %s",
                   dataset->path, dataset->name, (long long)row + 1, what);
}

// Whether the chunk that was decoded last is that of a row and a column.
static bool is_held(const mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                    int64_t column)
{
    return reader->chunk.bytes && mb_hdf_object_same(reader->chunk.object, dataset->object) &&
           reader->chunk.row == row && reader->chunk.column == column;
}

// Bytes of a chunk in the file; 0 where there is none.
static hsize_t stored_bytes(const mb_hdf_dataset *dataset, const hsize_t *offset)
{
    hsize_t size = (hsize_t)dataset->chunk_bytes;
    if (size == 0 && H5Dget_chunk_storage_size(dataset->id, offset, &size) < 0) return 0;
    return size;
}

static mb_status fetch(mb_context *cx, const mb_hdf_dataset *dataset, const hsize_t *offset,
                       uint32_t *skipped, stage *to)
{
    const mb_hdf_span rows = {(int64_t)offset[dataset->extent.along], dataset->chunk_rows};
    *skipped = dataset->chunk_skipped;
    if (dataset->chunk_bytes > 0)
        return mb_hdf_bytes_read(cx, dataset, to->bytes, to->size, dataset->offset);
    if (H5Dread_chunk(dataset->id, H5P_DEFAULT, offset, skipped, to->bytes) >= 0) return MB_OK;
    return mb_hdf_fail_rows(cx, dataset->path, dataset->name, rows,
                            "has a chunk that cannot be read");
}

mb_status mb_hdf_chunk_decode(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                              void **stored)
{
    mb_context *cx = reader->cx;
    mb_status status = MB_OK;
    const mb_hdf_extent *extent = &dataset->extent;
    int64_t column = extent->column / dataset->chunk_columns * dataset->chunk_columns;
    hsize_t offset[2] = {0};
    uint32_t skipped = 0;
    const char *wrong = NULL;
    *stored = NULL;
    if (is_held(reader, dataset, row, column)) {
        *stored = reader->chunk.bytes;
        return MB_OK;
    }
    reader->chunk.bytes = NULL;
    offset[!extent->along] = (hsize_t)column;
    offset[extent->along] = (hsize_t)row;
    hsize_t size = stored_bytes(dataset, offset);
    if (size == 0) return MB_OK;
    size_t whole = (size_t)(dataset->chunk_rows * dataset->chunk_columns * extent->row_bytes);
    size_t room = whole + (size_t)dataset->nfilters * OVERHEAD;
    if (size > 2 * room + LARGEST_OVERHEAD)
        return fail_chunk(cx, dataset, row, "is longer than any that its filters make");
    MB_TRY(mb_buffer_scratch(cx, size > room ? (size_t)size : room, &reader->stored));
    MB_TRY(mb_buffer_scratch(cx, room, &reader->decoded));
    stage now = {reader->stored->data, (size_t)size};
    stage other = {reader->decoded->data, 0};
    MB_TRY(fetch(cx, dataset, offset, &skipped, &now));
    if (dataset->last_unfiltered && (row + dataset->chunk_rows > dataset->shape.rows ||
                                     column + dataset->chunk_columns > extent->columns))
        skipped = UINT32_MAX;
    wrong = undo_filters(reader, dataset, skipped, whole, room, &now, &other);
    if (!wrong && now.size != whole) wrong = "has another size than chunks have";
    if (wrong) return fail_chunk(cx, dataset, row, wrong);
    *stored = now.bytes;
    reader->chunk.object = dataset->object;
    reader->chunk.row = row;
    reader->chunk.column = column;
    reader->chunk.bytes = now.bytes;
done:
    return status;
}
