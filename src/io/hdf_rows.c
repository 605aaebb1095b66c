// Reading rows of one dataset, by the quickest route that gives the right values.

#include <errno.h>
#include <libdeflate.h>
#include <string.h>
#include <unistd.h>

#include "io/hdf_internal.h"

enum { PIECE_ROWS = 1 << 16 };

static MB_ISA_CHOICE(mb_hdf_kernels, mb_hdf_kernels, kernels_of);

mb_status mb_hdf_reader_open(mb_context *cx, mb_hdf_reader *reader)
{
    *reader = (mb_hdf_reader){.cx = cx, .kernels = kernels_of(cx->isa)};
    reader->inflater = libdeflate_alloc_decompressor();
    if (!reader->inflater) return mb_fail(cx, MB_EMEMORY, "out of memory: no room to inflate");
    return MB_OK;
}

void mb_hdf_reader_close(mb_hdf_reader *reader)
{
    if (reader->inflater) libdeflate_free_decompressor(reader->inflater);
    mb_buffer_release(reader->stored);
    mb_buffer_release(reader->decoded);
    mb_buffer_release(reader->widened);
    *reader = (mb_hdf_reader){0};
}

mb_status mb_hdf_scratch(mb_context *cx, mb_buffer **buffer, size_t size)
{
    if (*buffer && (*buffer)->size >= size) return MB_OK;
    mb_buffer_release(*buffer);
    *buffer = NULL;
    return mb_buffer_new(cx, size, buffer);
}

// Turns n values as the file has them into values as callers want them: in place where these are no
// wider.
static mb_status widen(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, void *stored,
                       int64_t n, int width, const void **values)
{
    mb_hdf_element element = dataset->element;
    *values = stored;
    if (element.swapped) reader->kernels->swap(stored, n, element.size);
    if (dataset->shape.type == MB_BOOL) {
        uint8_t *bools = stored;
        for (int64_t i = 0; i < n; i++)
            bools[i] = bools[i] != 0;
        return MB_OK;
    }
    if (element.size == width) return MB_OK;
    mb_status status = mb_hdf_scratch(reader->cx, &reader->widened, (size_t)n * (size_t)width);
    if (status) return status;
    *values = reader->widened->data;
    if (mb_type_is_integer((mb_type)dataset->shape.type)) {
        reader->kernels->widen(reader->widened->data, stored, n, element);
        return MB_OK;
    }
    const float *narrow = stored;
    double *wide = reader->widened->data;
    for (int64_t i = 0; i < n; i++)
        wide[i] = (double)narrow[i];
    return MB_OK;
}

// Reads exactly `size` bytes at a place in a file.
static mb_status read_bytes(mb_context *cx, const mb_hdf_dataset *dataset, void *bytes, size_t size,
                            int64_t offset)
{
    char *at = bytes;
    while (size > 0) {
        ssize_t got = pread(dataset->descriptor, at, size, offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return mb_fail(cx, MB_EIO, "%s: dataset '%s' cannot be read: %s", dataset->path,
                           dataset->name, strerror(errno));
        if (got == 0)
            return mb_fail(cx, MB_EIO, "%s: the file ends inside dataset '%s': it was cut short",
                           dataset->path, dataset->name);
        at += got;
        offset += got;
        size -= (size_t)got;
    }
    return MB_OK;
}

static mb_status read_contiguous(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                                 int width, const void **values, int64_t *n)
{
    size_t size = (size_t)dataset->element.size;
    if (*n > PIECE_ROWS) *n = PIECE_ROWS;
    mb_status status;
    MB_TRY(mb_hdf_scratch(reader->cx, &reader->stored, (size_t)*n * size));
    MB_TRY(read_bytes(reader->cx, dataset, reader->stored->data, (size_t)*n * size,
                      dataset->offset + row * (int64_t)size));
    MB_TRY(widen(reader, dataset, reader->stored->data, *n, width, values));
done:
    return status;
}

// Why H5Dread failed: it does not say when a filter is missing.
static mb_status fail_reading(mb_context *cx, const mb_hdf_dataset *dataset)
{
    mb_status status = mb_hdf_fail(cx, dataset->path, dataset->name, "cannot be read");
    hid_t creation = H5Dget_create_plist(dataset->id);
    for (int i = 0; i < H5Pget_nfilters(creation); i++) {
        char name[64];
        unsigned flags;
        size_t nvalues = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(creation, (unsigned)i, &flags, &nvalues, NULL, sizeof name, name, NULL);
        if (filter >= 0 && H5Zfilter_avail(filter) > 0) continue;
        status =
            mb_fail(cx, MB_EIO, "%s: dataset '%s' cannot be read: HDF5 has no filter '%s' here",
                    dataset->path, dataset->name, name);
        break;
    }
    H5Pclose(creation);
    return status;
}

// Rows for one call of H5Dread: up to the end of a chunk, since a chunk that is cut is decoded
// twice.
static int64_t converted_rows(const mb_hdf_dataset *dataset, int64_t row, int64_t most)
{
    int64_t chunk = dataset->chunk_rows, end = row + PIECE_ROWS;
    if (chunk > 0) {
        int64_t next = (row / chunk + 1) * chunk, last = end / chunk * chunk;
        end = next > last ? next : last;
    }
    return end - row < most ? end - row : most;
}

static mb_status read_converted(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                                int width, const void **values, int64_t *n)
{
    *n = converted_rows(dataset, row, *n);
    bool wide = dataset->shape.type == MB_FLOAT && width == 8;
    hsize_t start = (hsize_t)row, count = (hsize_t)*n;
    mb_status status = mb_hdf_scratch(reader->cx, &reader->widened, (size_t)*n * (size_t)width);
    if (status) return status;
    hid_t there = H5Dget_space(dataset->id), here = H5Screate_simple(1, &count, NULL);
    if (H5Sselect_hyperslab(there, H5S_SELECT_SET, &start, NULL, &count, NULL) < 0 ||
        H5Dread(dataset->id, wide ? H5T_NATIVE_DOUBLE : dataset->memory_type, here, there,
                H5P_DEFAULT, reader->widened->data) < 0)
        status = fail_reading(reader->cx, dataset);
    H5Sclose(here);
    H5Sclose(there);
    *values = reader->widened->data;
    if (status || dataset->shape.type != MB_BOOL) return status;
    uint8_t *bools = reader->widened->data;
    for (int64_t i = 0; i < *n; i++)
        bools[i] = bools[i] != 0;
    return MB_OK;
}

static mb_status read_chunk(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                            int width, const void **values, int64_t *n)
{
    int64_t first = row / dataset->chunk_rows * dataset->chunk_rows;
    int64_t left = first + dataset->chunk_rows - row;
    if (*n > left) *n = left;
    void *chunk;
    mb_status status = mb_hdf_chunk_decode(reader, dataset, first, &chunk);
    if (status) return status;
    if (!chunk) return read_converted(reader, dataset, row, width, values, n);
    char *stored = (char *)chunk + (row - first) * dataset->element.size;
    return widen(reader, dataset, stored, *n, width, values);
}

mb_status mb_hdf_rows_read(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                           int64_t most, int width, const void **values, int64_t *n)
{
    *n = most;
    switch (dataset->route) {
    case MB_HDF_CONTIGUOUS: return read_contiguous(reader, dataset, row, width, values, n);
    case MB_HDF_CHUNKED: return read_chunk(reader, dataset, row, width, values, n);
    default: return read_converted(reader, dataset, row, width, values, n);
    }
}
