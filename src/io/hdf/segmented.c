// Arkouda's strings: a group with `values`, the bytes of all strings with a zero byte behind each,
// and `segments`, where each begins. Files of old have no segments: zero bytes tell.

#include <string.h>

#include "core/progress.h"
#include "io/hdf/internal.h"

enum { PIECE_ROWS = 1 << 14, PIECE_BYTES = 1 << 22, SLACK = 24, BATCH = 256, STRINGS = 2 };

// What reading the strings of a group needs.
typedef struct segmented {
    mb_hdf_reader *reader;
    const mb_hdf_dataset *whole;
    mb_hdf_dataset values, segments; // the latter closed where there are none
    mb_buffer *start_table, *bytes;
    int64_t *start;    // of a few rows, and where the last one ends
    int64_t row, byte; // without segments: how far it was scanned
} segmented;

// Whether a dataset is a list of bytes.
static bool is_bytes(hid_t dataset)
{
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    bool right = type >= 0 && space >= 0 && H5Tget_class(type) == H5T_INTEGER &&
                 H5Tget_size(type) == 1 && H5Tget_sign(type) == H5T_SGN_NONE &&
                 H5Sget_simple_extent_ndims(space) == 1;
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    return right;
}

// Old files have no mark: their groups have nothing but the two datasets, or one.
bool mb_hdf_is_segmented(hid_t group)
{
    int64_t type = 0;
    H5G_info_t info;
    if (H5Lexists(group, "values", H5P_DEFAULT) <= 0) return false;
    if (mb_hdf_attribute_integer(group, "ObjType", &type)) return type == STRINGS;
    if (H5Gget_info(group, &info) < 0) return false;
    if (info.nlinks != 1 && (info.nlinks != 2 || H5Lexists(group, "segments", H5P_DEFAULT) <= 0))
        return false;
    hid_t values = H5Dopen2(group, "values", H5P_DEFAULT);
    bool bytes = values >= 0 && is_bytes(values);
    if (values >= 0) H5Dclose(values);
    return bytes;
}

// Opens a dataset of the group, whose rows are to have `width` bytes.
static mb_status open_child(mb_context *cx, const mb_hdf_dataset *whole, const char *name,
                            int width, mb_hdf_dataset *child)
{
    mb_status status = mb_hdf_dataset_open(cx, whole->id, whole->path, name, child);
    if (status)
        return mb_fail_within(cx, status, "'%s' is not as Arkouda writes strings", whole->name);
    bool right = !child->shape.is_text && child->shape.kind == MB_INT && child->shape.width == 8 &&
                 child->element.size >= width && child->element.is_native;
    if (right && width == 1) {
        right = child->element.size == 1;
        child->shape.width = 1;
        child->memory_type = H5T_NATIVE_UINT8;
        H5Tclose(child->read_type);
        child->read_type = H5Tcopy(H5T_NATIVE_UINT8);
        child->read = (mb_hdf_stride){.bytes = 1};
    }
    child->name = whole->name;
    if (right) return MB_OK;
    mb_hdf_dataset_close(child);
    return mb_fail(cx, MB_EINVALID,
                   "%s: '%s' is not as Arkouda writes strings: its %s are of another type",
                   whole->path, whole->name, name);
}

static mb_status open_children(segmented *s, mb_context *cx, const mb_hdf_dataset *whole)
{
    bool has_segments = H5Lexists(whole->id, "segments", H5P_DEFAULT) > 0;
    mb_status status;
    *s = (segmented){.whole = whole, .values = MB_HDF_CLOSED, .segments = MB_HDF_CLOSED};
    MB_TRY(open_child(cx, whole, "values", 1, &s->values));
    if (has_segments) MB_TRY(open_child(cx, whole, "segments", 8, &s->segments));
done:
    return status;
}

static void close_children(segmented *s)
{
    mb_hdf_dataset_close(&s->values);
    mb_hdf_dataset_close(&s->segments);
    mb_buffer_release(s->start_table);
    mb_buffer_release(s->bytes);
}

// Counts the strings of old files.
static mb_status count_strings(mb_context *cx, const mb_hdf_dataset *values, int64_t *count)
{
    mb_hdf_reader reader;
    mb_status status = mb_hdf_reader_open(cx, &reader);
    *count = 0;
    for (int64_t row = 0, n; row < values->shape.rows && !status; row += n) {
        void *bytes;
        n = values->shape.rows - row;
        status = mb_hdf_rows_read_stored(&reader, values, row, &n, &bytes);
        for (int64_t i = 0; i < n && !status; i++)
            *count += ((const char *)bytes)[i] == '\0';
    }
    mb_hdf_reader_close(&reader);
    return status;
}

mb_status mb_hdf_segmented_describe(mb_context *cx, mb_hdf_dataset *dataset)
{
    segmented s;
    mb_status status;
    MB_TRY(open_children(&s, cx, dataset));
    dataset->shape = (mb_hdf_shape){.rows = s.segments.shape.rows,
                                    .is_text = true,
                                    .kind = mb_type_text.kind,
                                    .width = MB_HDF_REFERENCE};
    if (s.segments.id < 0) MB_TRY(count_strings(cx, &s.values, &dataset->shape.rows));
    dataset->extent = (mb_hdf_extent){.dimensions = 1, .columns = 1};
done:
    close_children(&s);
    return status;
}

static mb_status fail_row(const segmented *s, int64_t row, const char *wrong)
{
    return mb_fail(s->reader->cx, MB_EIO, "%s: the strings '%s' are damaged: row %lld %s",
                   s->whole->path, s->whole->name, (long long)row + 1, wrong);
}

// Copies n values of a dataset of the group.
static mb_status copy_values(segmented *s, const mb_hdf_dataset *dataset, int64_t row, int64_t n,
                             void *values)
{
    size_t width = (size_t)dataset->shape.width;
    char *to = values;
    for (int64_t count; n > 0; n -= count, row += count) {
        void *some;
        count = n;
        mb_status status = mb_hdf_rows_read_stored(s->reader, dataset, row, &count, &some);
        if (status) return status;
        memcpy(to, some, (size_t)count * width);
        to += (size_t)count * width;
    }
    return MB_OK;
}

// Finds where the strings from `row` on begin by the zero bytes before them; s->byte is then where
// the n-th ends.
static mb_status scan_starts(segmented *s, int64_t row, int64_t n)
{
    const mb_hdf_dataset *values = &s->values;
    int64_t found = row - s->row <= 0 ? 1 : 0;
    s->start[0] = s->byte;
    while (found <= n) {
        void *bytes;
        int64_t count = values->shape.rows - s->byte, i = 0;
        if (count <= 0) return fail_row(s, s->row, "is cut short");
        mb_status status = mb_hdf_rows_read_stored(s->reader, values, s->byte, &count, &bytes);
        if (status) return status;
        for (; i < count && found <= n; i++) {
            if (((const char *)bytes)[i] != '\0') continue;
            s->row++;
            if (s->row >= row) s->start[found++] = s->byte + i + 1;
        }
        s->byte += i;
    }
    return MB_OK;
}

// Finds where the n strings from `row` on begin and end.
static mb_status find_starts(segmented *s, int64_t row, int64_t n)
{
    const mb_hdf_dataset *segments = &s->segments;
    mb_status status;
    if (segments->id < 0) {
        MB_TRY(scan_starts(s, row, n));
    } else {
        bool is_last = row + n == segments->shape.rows;
        MB_TRY(copy_values(s, segments, row, n + !is_last, s->start));
        if (is_last) s->start[n] = s->values.shape.rows;
    }
    for (int64_t i = 0; i < n; i++)
        if (s->start[i] < 0 || s->start[i] >= s->start[i + 1] ||
            s->start[i + 1] > s->values.shape.rows)
            MB_TRY(fail_row(s, row + i, "has its string at an impossible place"));
done:
    return status;
}

// Appends the strings first..last - 1 of those whose places were found, of rows from `row` on.
static mb_status append_strings(segmented *s, int64_t row, int64_t first, int64_t last,
                                mb_text_encoder *encoder)
{
    mb_string strings[BATCH];
    const int64_t *start = s->start;
    size_t size = (size_t)(start[last] - start[first]);
    mb_status status = mb_buffer_scratch(s->reader->cx, size + SLACK, &s->bytes);
    if (!status) status = copy_values(s, &s->values, start[first], (int64_t)size, s->bytes->data);
    const char *bytes = status ? NULL : s->bytes->data;
    for (int64_t i = first, n; i < last && !status; i += n) {
        n = last - i < BATCH ? last - i : BATCH;
        for (int64_t k = 0; k < n && !status; k++) {
            const char *string = bytes + (start[i + k] - start[first]);
            size_t length = (size_t)(start[i + k + 1] - start[i + k]) - 1;
            strings[k] = (mb_string){string, length};
            if (string[length] != '\0')
                status = fail_row(s, row + i + k, "has a string without an end");
        }
        if (!status) status = mb_text_encoder_append_all(encoder, strings, n, false);
    }
    return status;
}

mb_status mb_hdf_segmented_read(mb_hdf_reader *reader, const mb_hdf_dataset *dataset, int64_t first,
                                int64_t last, mb_text_encoder *encoder)
{
    segmented s;
    mb_status status;
    MB_TRY(open_children(&s, reader->cx, dataset));
    s.reader = reader;
    MB_TRY(mb_buffer_new_array(reader->cx, PIECE_ROWS + 1, sizeof(int64_t), &s.start_table));
    s.start = s.start_table->data;
    for (int64_t row = first, n; row < last; row += n) {
        n = last - row < PIECE_ROWS ? last - row : PIECE_ROWS;
        MB_TRY(find_starts(&s, row, n));
        for (int64_t from = 0, to; from < n; from = to) {
            for (to = from + 1; to < n && s.start[to + 1] - s.start[from] <= PIECE_BYTES;)
                to++;
            MB_TRY(append_strings(&s, row, from, to, encoder));
        }
        mb_progress_add(reader->cx, n, s.start[n] - s.start[0]);
    }
done:
    close_children(&s);
    return status;
}
