// Reading rows of one dataset, by the quickest route that gives the right values.

#include <string.h>

#include "io/hdf/internal.h"

enum { PIECE_ROWS = 1 << 16, PIECE_BYTES = 1 << 22 };

static void normalise_bools(uint8_t *bools, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        bools[i] = bools[i] != 0;
}

// Turns n values that no machine has into values of the dataset's memory type.
static mb_status convert_foreign(mb_hdf_reader *reader, const mb_hdf_dataset *dataset,
                                 const void *stored, int64_t n, void **values)
{
    size_t size = (size_t)dataset->element.size, width = (size_t)dataset->shape.width;
    mb_status status =
        mb_buffer_scratch(reader->cx, (size_t)n * (size > width ? size : width), &reader->widened);
    if (status) return status;
    memcpy(reader->widened->data, stored, (size_t)n * size);
    if (H5Tconvert(dataset->stored_type, dataset->memory_type, (size_t)n, reader->widened->data,
                   NULL, H5P_DEFAULT) < 0)
        return mb_hdf_fail(reader->cx, dataset->path, dataset->name, "cannot be converted");
    *values = reader->widened->data;
    return MB_OK;
}

// Turns n values as the file has them into those of the dataset's shape: in place where these are
// no wider.
static mb_status widen(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, void *stored,
                       int64_t n, void **values)
{
    mb_hdf_element element = dataset->element;
    if (!element.is_native) return convert_foreign(reader, dataset, stored, n, values);
    *values = stored;
    if (element.swapped) reader->kernels->swap(stored, n, element.size);
    if (element.size == dataset->shape.width) return MB_OK;
    mb_status status = mb_buffer_scratch(reader->cx, (size_t)n * sizeof(int64_t), &reader->widened);
    if (status) return status;
    reader->kernels->widen(reader->widened->data, stored, n, element);
    *values = reader->widened->data;
    return MB_OK;
}

#define PICK(type)                                                                                 \
    for (int64_t i = 0; i < n; i++, from += stride.bytes)                                          \
    memcpy(to + (size_t)i * sizeof(type), from, sizeof(type))

// Brings the values of n rows together where they lie apart.
static mb_status pick(mb_hdf_reader *reader, mb_hdf_stride stride, int64_t size, int64_t n,
                      void **rows)
{
    if (stride.bytes == size && stride.at == 0) return MB_OK;
    mb_status status = mb_buffer_scratch(reader->cx, (size_t)(n * size), &reader->picked);
    if (status) return status;
    const char *from = (const char *)*rows + stride.at;
    char *to = reader->picked->data;
    switch (size) {
    case 1: PICK(uint8_t); break;
    case 2: PICK(uint16_t); break;
    case 4: PICK(uint32_t); break;
    case 8: PICK(uint64_t); break;
    default:
        for (int64_t i = 0; i < n; i++, from += stride.bytes)
            memcpy(to + i * size, from, (size_t)size);
    }
    *rows = reader->picked->data;
    return MB_OK;
}

// Rows of one size that are read at once.
static int64_t piece_rows(const mb_hdf_dataset *dataset)
{
    int64_t widest =
        dataset->rows.bytes > dataset->read.bytes ? dataset->rows.bytes : dataset->read.bytes;
    int64_t rows = PIECE_BYTES / widest;
    if (rows > PIECE_ROWS) return PIECE_ROWS;
    return rows > 0 ? rows : 1;
}

// Where values lie apart, the bytes between them are read, too, but none behind the last one.
static mb_status read_contiguous(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                                 void **values, int64_t *n)
{
    int64_t size = dataset->element.size;
    mb_hdf_stride stride = dataset->rows;
    if (*n > piece_rows(dataset)) *n = piece_rows(dataset);
    mb_status status;
    reader->chunk.bytes = NULL;
    MB_TRY(mb_buffer_scratch(reader->cx, (size_t)(*n * stride.bytes), &reader->stored));
    *values = reader->stored->data;
    MB_TRY(mb_hdf_bytes_read(reader->cx, dataset, *values, (size_t)((*n - 1) * stride.bytes + size),
                             dataset->offset + stride.at + row * stride.bytes));
    stride.at = 0;
    MB_TRY(pick(reader, stride, size, *n, values));
    MB_TRY(widen(reader, dataset, *values, *n, values));
done:
    return status;
}

// Why H5Dread failed: it does not say when a filter is missing.
static mb_status fail_reading(mb_context *cx, const mb_hdf_dataset *dataset, mb_hdf_span rows)
{
    mb_status status = mb_hdf_fail_rows(cx, dataset->path, dataset->name, rows, "cannot be read");
    hid_t creation = H5Dget_create_plist(dataset->id);
    if (creation < 0) return status;
    for (int i = 0; i < H5Pget_nfilters(creation); i++) {
        char name[64] = "";
        unsigned flags;
        size_t nvalues = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(creation, (unsigned)i, &flags, &nvalues, NULL, sizeof name, name, NULL);
        if (filter >= 0 && mb_hdf_filter_available(filter)) continue;
        name[sizeof name - 1] = '\0';
        status = mb_hdf_fail_filter(cx, dataset, filter, name);
        break;
    }
    H5Pclose(creation);
    return status;
}

// Rows for one call of H5Dread: up to the end of a chunk, since a chunk that is cut is decoded
// twice.
static int64_t converted_rows(const mb_hdf_dataset *dataset, int64_t row, int64_t most)
{
    int64_t chunk = dataset->chunk_rows, end = row + piece_rows(dataset);
    if (chunk > 0) {
        int64_t next = (row / chunk + 1) * chunk, last = end / chunk * chunk;
        end = next > last ? next : last;
    }
    return end - row < most ? end - row : most;
}

// Reads n rows by HDF5, as it gives them: with a stride.
static mb_status read_rows(mb_context *cx, const mb_hdf_dataset *dataset, int64_t row, int64_t n,
                           hid_t transfer, void *values)
{
    mb_status status = MB_OK;
    const mb_hdf_extent *extent = &dataset->extent;
    hsize_t start[2] = {0}, size[2] = {1, 1}, count = (hsize_t)n;
    start[!extent->along] = (hsize_t)extent->column;
    start[extent->along] = (hsize_t)row;
    size[extent->along] = count;
    if (dataset->bad_filter)
        return mb_fail(cx, MB_EIO,
                       "%s: dataset '%s' is damaged: a filter has parameters that make no sense",
                       dataset->path, dataset->name);
    hid_t there = H5Dget_space(dataset->id), here = H5Screate_simple(1, &count, NULL);
    if (there < 0 || here < 0 ||
        (extent->dimensions > 0 &&
         H5Sselect_hyperslab(there, H5S_SELECT_SET, start, NULL, size, NULL) < 0) ||
        H5Dread(dataset->id, dataset->read_type, here, there, transfer, values) < 0)
        status = fail_reading(cx, dataset, (mb_hdf_span){row, n});
    if (here >= 0) H5Sclose(here);
    if (there >= 0) H5Sclose(there);
    return status;
}

mb_status mb_hdf_rows_convert(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                              int64_t n, hid_t transfer, void **values)
{
    mb_status status;
    MB_TRY(mb_buffer_scratch(reader->cx, (size_t)(n * dataset->read.bytes), &reader->widened));
    *values = reader->widened->data;
    MB_TRY(read_rows(reader->cx, dataset, row, n, transfer, *values));
    MB_TRY(pick(reader, dataset->read, (int64_t)H5Tget_size(dataset->memory_type), n, values));
done:
    return status;
}

static mb_status read_converted(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                                void **values, int64_t *n)
{
    *n = converted_rows(dataset, row, *n);
    mb_status status = mb_hdf_rows_convert(reader, dataset, row, *n, H5P_DEFAULT, values);
    if (status || H5Tget_class(dataset->stored_type) != H5T_TIME) return status;
    if (*values == reader->widened->data) { // where they are to go
        mb_buffer *read = reader->widened;
        reader->widened = reader->picked;
        reader->picked = read;
    }
    return widen(reader, dataset, *values, *n, values);
}

static mb_status read_chunk(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                            void **values, int64_t *n)
{
    int64_t first = row / dataset->chunk_rows * dataset->chunk_rows;
    int64_t left = first + dataset->chunk_rows - row;
    if (*n > left) *n = left;
    void *chunk;
    mb_status status = mb_hdf_chunk_decode(reader, dataset, first, &chunk);
    if (status) return status;
    *values = NULL;
    if (!chunk && dataset->is_variable) return MB_OK;
    if (!chunk) return read_converted(reader, dataset, row, values, n);
    void *rows = (char *)chunk + (row - first) * dataset->rows.bytes;
    *values = rows;
    status = pick(reader, dataset->rows, dataset->element.size, *n, values);
    if (*values == rows) reader->chunk.bytes = NULL; // they may be changed in place
    return status ? status : widen(reader, dataset, *values, *n, values);
}

mb_status mb_hdf_rows_read_stored(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                                  int64_t *n, void **values)
{
    switch (dataset->route) {
    case MB_HDF_CONTIGUOUS: return read_contiguous(reader, dataset, row, values, n);
    case MB_HDF_CHUNKED: return read_chunk(reader, dataset, row, values, n);
    default: return read_converted(reader, dataset, row, values, n);
    }
}

#define CONVERT(to, from)                                                                          \
    do {                                                                                           \
        const from *in = *values;                                                                  \
        to *out = reader->converted->data;                                                         \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = (to)in[i];                                                                    \
    } while (0)

// Turns n values of a dataset's shape into values of another that has them all.
static mb_status convert(mb_hdf_reader *reader, const mb_hdf_shape *from, const mb_hdf_shape *to,
                         int64_t n, const void **values)
{
    bool same = from->kind == to->kind || (from->kind == MB_INT && to->kind == MB_UINT);
    if (same && from->width == to->width) return MB_OK;
    mb_status status =
        mb_buffer_scratch(reader->cx, (size_t)n * (size_t)to->width, &reader->converted);
    if (status) return status;
    if (to->kind != MB_FLOAT)
        CONVERT(int64_t, uint8_t);
    else if (to->width == 4)
        CONVERT(float, uint8_t);
    else if (from->kind == MB_BOOL)
        CONVERT(double, uint8_t);
    else if (from->kind == MB_FLOAT)
        CONVERT(double, float);
    else
        CONVERT(double, int64_t);
    *values = reader->converted->data;
    return MB_OK;
}

mb_status mb_hdf_rows_read(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                           int64_t most, const mb_hdf_shape *as, const void **values, int64_t *n)
{
    void *own = NULL;
    *n = most;
    mb_status status = mb_hdf_rows_read_stored(reader, dataset, row, n, &own);
    if (status) return status;
    if (dataset->shape.kind == MB_BOOL) normalise_bools(own, *n);
    *values = own;
    return convert(reader, &dataset->shape, as, *n, values);
}
