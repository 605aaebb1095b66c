#include "io/hdf/source.h"

#include <math.h>
#include <string.h>

#include "column/storage.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/text/row_strings.h"
#include "ops/text/rows.h"

mb_status mb_hdf_source_open(mb_context *cx, mb_column *column, mb_layout *layout, mb_hdf_part part,
                             mb_hdf_cell cell, mb_hdf_source *source)
{
    mb_text_rows rows;
    mb_status status;
    *source = (mb_hdf_source){.cx = cx, .part = part, .cell = cell};
    if (layout)
        MB_TRY(mb_settle(cx, column, layout, &source->column));
    else
        source->column = mb_column_retain(column);
    if (part != MB_HDF_STRINGS && part != MB_HDF_BYTES) return MB_OK;
    source->dictionary = mb_dictionary_of(column->type);
    if (!source->dictionary->spread) return MB_OK;
    MB_TRY(mb_text_rows_open(cx, source->column, &rows));
    bool local = rows.local;
    mb_text_rows_close(&rows);
    if (!local) MB_TRY(mb_text_row_strings(cx, source->column, &source->strings, &source->bytes));
    return MB_OK;
done:
    mb_hdf_source_close(source);
    return status;
}

void mb_hdf_source_close(mb_hdf_source *source)
{
    mb_column_release(source->column);
    mb_buffer_release(source->strings);
    mb_buffer_release(source->bytes);
    *source = (mb_hdf_source){0};
}

static int64_t code_of(const mb_plane *plane, int64_t row)
{
    switch (plane->width) {
    case 1: return (int64_t)(plane->base + ((const uint8_t *)plane->data)[row]);
    case 2: return (int64_t)(plane->base + ((const uint16_t *)plane->data)[row]);
    case 4: return (int64_t)(plane->base + ((const uint32_t *)plane->data)[row]);
    default: return ((const int64_t *)plane->data)[row];
    }
}

mb_string mb_hdf_source_string(const mb_hdf_source *source, int64_t row)
{
    const mb_column *column = source->column;
    if (!mb_column_valid(column, row)) return (mb_string){"", 0};
    if (source->strings) return ((const mb_string *)source->strings->data)[row];
    return mb_dictionary_entry(source->dictionary, code_of(&column->values, row));
}

static void fill_strings(const mb_hdf_source *source, int64_t first, int64_t n, char *cells)
{
    size_t size = (size_t)source->cell.size;
    for (int64_t i = 0; i < n; i++, cells += size) {
        mb_string string = mb_hdf_source_string(source, first + i);
        if (string.length) memcpy(cells, string.bytes, string.length);
        memset(cells + string.length, 0, size - string.length);
    }
}

// Puts a value for rows that are missing.
static void fill_missing(const mb_hdf_source *source, int64_t first, int64_t n, char *cells)
{
    const double wide = NAN;
    const float narrow = NAN;
    size_t size = (size_t)source->cell.size;
    char value[8] = {0};
    if (source->cell.form == MB_CELL_FLOAT)
        memcpy(value, size == 4 ? (const void *)&narrow : (const void *)&wide, size);
    for (int64_t i = 0; i < n; i++)
        if (!mb_column_valid(source->column, first + i))
            memcpy(cells + (size_t)i * size, value, size);
}

void mb_hdf_source_fill(const mb_hdf_source *source, int64_t first, int64_t n, void *cells)
{
    const mb_column *column = source->column;
    const mb_plane *plane = &column->values;
    if (source->part == MB_HDF_STRINGS) {
        fill_strings(source, first, n, cells);
        return;
    }
    if (source->part == MB_HDF_MISSING) {
        for (int64_t i = 0; i < n; i++)
            ((uint8_t *)cells)[i] = !mb_column_valid(column, first + i);
        return;
    }
    const char *from = (const char *)plane->data + first * plane->width;
    if (mb_kind_is_integer(column->type->kind))
        mb_storage_kernels_of(source->cx->isa)
            ->convert[mb_width_index(plane->width)][mb_width_index((int)source->cell.size)](
                from, n, plane->base, cells);
    else if (plane->width == source->cell.size)
        memcpy(cells, from, (size_t)(n * plane->width));
    else
        for (int64_t i = 0; i < n; i++)
            ((double *)cells)[i] = (double)((const float *)(const void *)from)[i];
    if (column->validity.data) fill_missing(source, first, n, cells);
}

const void *mb_hdf_source_cells(const mb_hdf_source *source)
{
    const mb_plane *plane = &source->column->values;
    bool same = source->part == MB_HDF_VALUES && !source->column->validity.data &&
                plane->width == source->cell.size && plane->base == 0;
    return same ? plane->data : NULL;
}

// --- Text.

typedef struct text_measure {
    uint64_t longest, zeros, ends; // has a zero byte; ends in one
    int64_t bytes;
} text_measure;

static text_measure measure_rows(const mb_hdf_source *source)
{
    text_measure found = {0};
    for (int64_t row = 0; row < mb_column_rows(source->column); row++) {
        mb_string string = mb_hdf_source_string(source, row);
        if (string.length > found.longest) found.longest = string.length;
        found.bytes += (int64_t)string.length;
        if (!string.length) continue;
        found.ends |= string.bytes[string.length - 1] == '\0';
        found.zeros |= memchr(string.bytes, '\0', string.length) != NULL;
    }
    return found;
}

// Measures the rows of all ranks; `mine`: the bytes of this one's.
static mb_status measure_column(mb_context *cx, mb_column *column, text_measure *text,
                                int64_t *mine)
{
    mb_hdf_source source;
    mb_status status =
        mb_hdf_source_open(cx, column, NULL, MB_HDF_STRINGS, (mb_hdf_cell){0}, &source);
    if (status) return status;
    *text = measure_rows(&source);
    *mine = text->bytes;
    mb_payload payload = {.sum = text->bytes, .max = {text->longest, text->zeros, text->ends}};
    mb_hdf_source_close(&source);
    status = mb_step(cx, MB_OK, &payload);
    *text = (text_measure){payload.max[0], payload.max[1], payload.max[2], (int64_t)payload.sum};
    return status;
}

mb_status mb_hdf_measure_segments(mb_context *cx, const char *path, const char *name,
                                  mb_column *column, int64_t *bytes)
{
    text_measure text;
    mb_status status = measure_column(cx, column, &text, bytes);
    if (status) return status;
    *bytes += mb_column_rows(column);
    if (!text.zeros) return MB_OK;
    return mb_fail(cx, MB_EINVALID,
                   "%s: column '%s' has strings with zero bytes, which end strings in Arkouda: "
                   "keep it with mb.save",
                   path, name);
}

mb_status mb_hdf_measure_text(mb_context *cx, const char *path, const char *name, mb_column *column,
                              mb_hdf_measure *measure)
{
    text_measure text;
    int64_t mine;
    mb_status status = measure_column(cx, column, &text, &mine);
    if (status) return status;
    if (text.ends)
        return mb_fail(cx, MB_EINVALID,
                       "%s: column '%s' has strings that end in a zero byte, which is padding to "
                       "HDF5: keep it with mb.save",
                       path, name);
    *measure = (mb_hdf_measure){.form = MB_CELL_FIXED,
                                .missing = column->facts.missing > 0,
                                .zeros = text.zeros,
                                .longest = text.longest,
                                .bytes = text.bytes};
    return MB_OK;
}
