// One column from datasets of several files: which type it has.

#include <string.h>

#include "io/hdf/internal.h"
#include "io/hdf/mark.h"

enum { DIGITS_OF_DOUBLE = 53 };

static mb_status fail_types(mb_context *cx, const char *name, const char *const *files,
                            const mb_hdf_shape *shapes, int64_t i, int64_t j, int64_t stride,
                            const char *mend)
{
    return mb_fail(cx, MB_EIO, "dataset '%s' is %s in %s and %s in %s: %s", name,
                   mb_hdf_shape_type(&shapes[i * stride])->name, files[i],
                   mb_hdf_shape_type(&shapes[j * stride])->name, files[j], mend);
}

static const char no_common_type[] =
    "no type has the values of both without loss; read them apart, convert one with c:as and join "
    "them with mb.concat";

// Whether every value of a dataset is one of a type, too.
static bool has_values_of(mb_kind kind, const mb_hdf_shape *shape)
{
    if ((mb_kind)shape->kind == kind || shape->kind == MB_BOOL) return true;
    if (kind == MB_FLOAT) return shape->digits <= DIGITS_OF_DOUBLE;
    return kind == MB_UINT && shape->kind == MB_INT && !shape->is_signed;
}

// Joins another dataset's shape to that of a column. Bools are among the integers, and integers of
// any size need a float of 8 bytes.
static void join(mb_hdf_shape *column, const mb_hdf_shape *shape)
{
    column->kind = mb_kind_join((mb_kind)column->kind, (mb_kind)shape->kind);
    if (shape->width > column->width) column->width = shape->width;
}

// How long the name is that files of ranks have in common; 0 of other files.
static size_t common_length(const char *path)
{
    static const char before[] = MB_HDF_RANK;
    size_t length = 0;
    for (const char *at = path; (at = strstr(at, before)); at += sizeof before - 1)
        length = (size_t)(at - path);
    return length;
}

// Whether two files of ranks have one name, but not one writer: it was killed while it named them.
static bool are_mixed(const char *const *files, const mb_hdf_shape *shapes, int64_t i,
                      int64_t stride)
{
    const int64_t before = shapes[(i - 1) * stride].mark.writing;
    const int64_t writing = shapes[i * stride].mark.writing;
    if (before == 0 || writing == 0 || before == writing) return false;
    size_t length = common_length(files[i]);
    return length && length == common_length(files[i - 1]) &&
           memcmp(files[i - 1], files[i], length) == 0;
}

mb_status mb_hdf_shapes_join(mb_context *cx, const char *name, const char *const *files,
                             const mb_hdf_shape *shapes, int64_t n, int64_t stride, bool widen,
                             mb_hdf_shape *column)
{
    mb_hdf_shape joined = shapes[0];
    int64_t decisive = 0, masked = 0; // the file whose dataset has the type of the column
    for (int64_t i = 0; i < n; i++) {
        const mb_hdf_shape *shape = &shapes[i * stride];
        if (i > 0 && are_mixed(files, shapes, i, stride))
            return mb_fail(cx, MB_EIO,
                           "%s was not written together with %s: their writer ended before all "
                           "had their names; those that have not are complete, as NAME.*.part: "
                           "rename these, write all again, or read each alone",
                           files[i], files[i - 1]);
        if (shape->is_text != shapes[0].is_text)
            return fail_types(cx, name, files, shapes, 0, i, stride, no_common_type);
        if (!mb_hdf_mark_equal(&shape->mark, &shapes[0].mark))
            return fail_types(cx, name, files, shapes, 0, i, stride,
                              "their types, units or flags differ; read them apart and join them "
                              "with mb.concat");
        if (shape->kind != shapes[0].kind && !widen)
            return fail_types(cx, name, files, shapes, 0, i, stride,
                              "read them with {types = 'widen'}, or apart and join them with "
                              "mb.concat");
        int32_t before = joined.kind;
        masked += shape->mark.is_masked;
        join(&joined, shape);
        if (joined.kind != before) decisive = i;
    }
    for (int64_t i = 0; i < n; i++)
        if (!has_values_of((mb_kind)joined.kind, &shapes[i * stride]))
            return fail_types(cx, name, files, shapes, i, decisive, stride, no_common_type);
    joined.mark.is_masked = masked > 0;
    if (n > 1 && joined.mark.is_coded)
        return mb_fail(cx, MB_EIO, "dataset '%s' of %s is of a snapshot, which is read alone", name,
                       files[0]);
    *column = joined;
    return MB_OK;
}
