// Strings of datasets, row by row.
//
// Those of a fixed length are read like numbers; those of a variable length by references into
// heaps, or, where the dataset is stored in an unusual way, by HDF5.

#include <string.h>

#include "core/progress.h"
#include "io/hdf/internal.h"

enum { PIECE_ROWS = 1 << 14, PIECE_BYTES = 1 << 22, BATCH = 256 };

const char *mb_hdf_text_describe(hid_t type, mb_hdf_dataset *dataset)
{
    size_t size = H5Tget_size(type);
    dataset->is_variable = H5Tis_variable_str(type) > 0;
    dataset->padding = H5Tget_strpad(type);
    if (size == 0 || size > INT32_MAX) return "holds strings of more than 2147483647 bytes";
    if (dataset->padding < H5T_STR_NULLTERM || dataset->padding > H5T_STR_SPACEPAD)
        return "holds strings that are padded in an unknown way";
    dataset->memory_type = type;
    dataset->shape.is_text = true;
    dataset->shape.kind = mb_type_text.kind;
    dataset->shape.width = dataset->is_variable ? MB_HDF_REFERENCE : (int32_t)size;
    return NULL;
}

// What a string is without its padding.
static mb_string trim(H5T_str_t padding, const char *bytes, size_t length)
{
    if (padding == H5T_STR_NULLTERM) return (mb_string){bytes, strnlen(bytes, length)};
    return mb_text_trim((mb_string){bytes, length}, padding == H5T_STR_SPACEPAD ? ' ' : '\0');
}

static mb_status fail_row(const mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                          const char *wrong)
{
    return mb_fail(reader->cx, MB_EIO, "%s: dataset '%s' is damaged: row %lld %s", dataset->path,
                   dataset->name, (long long)row + 1, wrong);
}

static mb_status add_fixed(const mb_hdf_dataset *dataset, const char *stored, int64_t n,
                           mb_text_encoder *encoder)
{
    mb_string strings[BATCH];
    size_t size = (size_t)dataset->element.size;
    bool zeros = dataset->padding == H5T_STR_NULLPAD; // the encoder takes them off, where it must
    mb_status status = MB_OK;
    for (int64_t done = 0, count; done < n && !status; done += count) {
        count = n - done < BATCH ? n - done : BATCH;
        for (int64_t i = 0; i < count; i++, stored += size)
            strings[i] = zeros ? (mb_string){stored, size} : trim(dataset->padding, stored, size);
        status = mb_text_encoder_append_all(encoder, strings, count, zeros);
    }
    return status;
}

static mb_status add_referred(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                              const char *stored, int64_t n, mb_text_encoder *encoder)
{
    mb_string strings[BATCH];
    int64_t count = 0; // of strings in memory, not yet appended
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n && !status; i++, stored += MB_HDF_REFERENCE) {
        mb_string string = {NULL, 0};
        const char *wrong = NULL;
        if (count == BATCH || !mb_hdf_heap_has(&reader->heap, stored)) {
            status = mb_text_encoder_append_all(encoder, strings, count, false);
            count = 0;
        }
        if (!status) status = mb_hdf_heap_find(&reader->heap, stored, &string, &wrong);
        if (!status && wrong) status = fail_row(reader, dataset, row + i, wrong);
        if (!status) strings[count++] = trim(dataset->padding, string.bytes, string.length);
    }
    return status ? status : mb_text_encoder_append_all(encoder, strings, count, false);
}

// --- Strings of variable length by HDF5, which copies them into memory of ours.

typedef struct arena {
    char *bytes;
    size_t size, used, lacking; // `lacking`: what there was no room for
} arena;

static void *take_memory(size_t size, void *argument)
{
    enum { ALIGNMENT = 16 };
    arena *from = argument;
    size_t need = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (need > from->size - from->used) {
        from->lacking = need;
        return NULL;
    }
    from->used += need;
    return from->bytes + from->used - need;
}

static void leave_memory(void *memory, void *argument)
{
    (void)memory;
    (void)argument;
}

static mb_status add_pointed(const mb_hdf_dataset *dataset, char *const *pointers, int64_t n,
                             mb_text_encoder *encoder)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n && !status; i++) {
        const char *bytes = pointers[i] ? pointers[i] : "";
        status = mb_text_encoder_append(encoder, trim(dataset->padding, bytes, strlen(bytes)));
    }
    return status;
}

// Reads n rows, or fewer where these do not fit into memory at once: then one more try is made with
// half of them, or, for a single row, with more memory.
static mb_status read_pointed(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                              int64_t *n, char *const **pointers)
{
    mb_context *cx = reader->cx;
    void *values = NULL;
    mb_status status = MB_OK;
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    arena memory = {.size = PIECE_BYTES};
    for (bool again = true; again && !status;) {
        status = mb_buffer_scratch(cx, memory.size, &reader->converted);
        if (status) break;
        memory = (arena){.bytes = reader->converted->data, .size = reader->converted->size};
        if (transfer < 0 ||
            H5Pset_vlen_mem_manager(transfer, take_memory, &memory, leave_memory, NULL) < 0)
            status = mb_hdf_fail(cx, dataset->path, dataset->name, "cannot be read");
        if (!status) status = mb_hdf_rows_convert(reader, dataset, row, *n, transfer, &values);
        again = status && memory.lacking;
        if (!again) break;
        status = MB_OK;
        if (*n > 1)
            *n /= 2;
        else
            memory.size = memory.lacking;
    }
    if (transfer >= 0) H5Pclose(transfer);
    *pointers = status ? NULL : values;
    return status;
}

static mb_status read_by_hdf(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t row,
                             int64_t last, mb_text_encoder *encoder)
{
    char *const *pointers;
    for (int64_t n; row < last; row += n) {
        n = last - row < PIECE_ROWS ? last - row : PIECE_ROWS;
        mb_status status = read_pointed(reader, dataset, row, &n, &pointers);
        if (!status) status = add_pointed(dataset, pointers, n, encoder);
        if (status) return status;
        mb_progress_add(reader->cx, n, n * dataset->read.bytes);
    }
    return MB_OK;
}

// Adds n rows of a chunk that was never written: they have the fill value, which HDF5 does not read
// for us from a file that is open for reading.
static mb_status add_fill(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t n,
                          mb_text_encoder *encoder)
{
    char *fill = NULL;
    hid_t creation = H5Dget_create_plist(dataset->id);
    mb_status status = MB_OK;
    if (creation < 0 || dataset->read.bytes != sizeof fill ||
        H5Pget_fill_value(creation, dataset->read_type, &fill) < 0)
        status = mb_hdf_fail(reader->cx, dataset->path, dataset->name, "has no fill value");
    if (creation >= 0) H5Pclose(creation);
    const char *bytes = fill ? fill : "";
    mb_string string = trim(dataset->padding, bytes, strlen(bytes));
    for (int64_t i = 0; i < n && !status; i++)
        status = mb_text_encoder_append(encoder, string);
    H5free_memory(fill);
    return status;
}

mb_status mb_hdf_text_read(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t first,
                           int64_t last, mb_text_encoder *encoder)
{
    mb_status status = MB_OK;
    if (dataset->is_variable && dataset->route == MB_HDF_CONVERTED)
        return read_by_hdf(reader, dataset, first, last, encoder);
    mb_hdf_heap_open(&reader->heap, reader->cx, dataset->descriptor, dataset->base);
    for (int64_t row = first, n; row < last && !status; row += n) {
        void *stored;
        n = last - row;
        status = mb_hdf_rows_read_stored(reader, dataset, row, &n, &stored);
        if (status) break;
        if (!dataset->is_variable)
            status = add_fixed(dataset, stored, n, encoder);
        else if (stored)
            status = add_referred(reader, dataset, row, stored, n, encoder);
        else
            status = add_fill(reader, dataset, n, encoder);
        mb_progress_add(reader->cx, n, n * dataset->element.size);
    }
    mb_hdf_heap_close(&reader->heap);
    return status;
}
