#include "io/csv/convert.h"

#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "io/csv/convert_internal.h"

// No more than this for all ranks together, since rank 0 gets what they all have made of it.
static int64_t default_range(const mb_context *cx)
{
    enum { MOST = 8 << 20, MOST_OF_ALL = 512 << 20 };
    int64_t range = MOST_OF_ALL / mb_nranks(cx);
    return range < MOST ? range : MOST;
}

mb_status mb_conversion_new(mb_context *cx, const mb_conversion_options *options,
                            mb_conversion **conversion)
{
    if (options->format->n_columns == 0)
        return mb_fail(cx, MB_EINVALID, "the format makes no columns: all its fields are skipped");
    if (options->level < 0 || options->level > 9)
        return mb_fail(cx, MB_EINVALID, "gzip level %d: it must be 0 to 9", options->level);
    mb_conversion *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->cx = cx;
    made->format = *options->format;
    made->level = options->level;
    made->skip_bad = options->skip_bad;
    made->skip_header = options->skip_header;
    made->range = options->range > 0 ? options->range : default_range(cx);
    *conversion = made;
    return MB_OK;
}

mb_status mb_conversion_add(mb_conversion *conversion, const char *input, const char *output)
{
    mb_context *cx = conversion->cx;
    size_t n = (size_t)conversion->n;
    mb_convert_file *files = mb_reallocate(cx, conversion->files, n + 1, sizeof *files);
    if (!files) return MB_EMEMORY;
    conversion->files = files;
    files[n] =
        (mb_convert_file){.input = mb_copy_string(cx, input), .output = mb_copy_string(cx, output)};
    conversion->n++;
    return files[n].input && files[n].output ? MB_OK : MB_EMEMORY;
}

int mb_conversion_count(const mb_conversion *conversion)
{
    return conversion->n;
}

// What all ranks must know of a file.
typedef struct facts {
    int64_t size;
    mb_text_kind kind;
} facts;

// Rank 0 looks at the files and tells the others.
static mb_status recognise(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    mb_buffer *buffer = NULL;
    mb_status status =
        mb_buffer_new_zeroed(cx, conversion->n ? conversion->n : 1, sizeof(facts), &buffer);
    facts *known = status ? NULL : buffer->data;
    for (int i = 0; !status && mb_rank(cx) == 0 && i < conversion->n; i++)
        status = mb_text_recognise(cx, conversion->files[i].input, &known[i].kind, &known[i].size);
    if (!status && mb_rank(cx) == 0) status = mb_convert_check_paths(conversion);
    MB_TRY(mb_step(cx, status, NULL));
    mb_broadcast(cx, 0, known, (size_t)conversion->n * sizeof *known);
    conversion->total = 0;
    for (int i = 0; i < conversion->n; i++) {
        conversion->files[i].kind = known[i].kind;
        conversion->files[i].size = known[i].size;
        conversion->total += known[i].size;
    }
done:
    mb_buffer_release(buffer);
    return status;
}

mb_status mb_conversion_begin(mb_context *cx, void *argument)
{
    mb_conversion *conversion = argument;
    mb_status status;
    MB_TRY(recognise(conversion));
    status = mb_convert_deal(conversion);
    if (!status && conversion->n_order < conversion->n) status = mb_convert_shared_open(conversion);
    if (!status && conversion->n_order > 0) status = mb_convert_alone_open(conversion);
    MB_TRY(mb_conclude(cx, status, NULL));
    conversion->begun = true;
done:
    return status;
}

mb_status mb_conversion_batch(mb_context *cx, void *argument)
{
    mb_conversion *conversion = argument;
    if (!conversion->begun) return mb_fail(cx, MB_EINVALID, "the conversion has not begun");
    if (!mb_convert_shared_over(conversion)) return mb_convert_shared_batch(conversion);
    if (!mb_convert_alone_over(conversion)) return mb_convert_alone_batch(conversion);
    return MB_OK;
}

int64_t mb_conversion_progress(const mb_conversion *conversion, int64_t *total, bool *over)
{
    *total = conversion->total;
    *over = conversion->begun && mb_convert_shared_over(conversion) &&
            mb_convert_alone_over(conversion);
    return conversion->done;
}

mb_conversion_report mb_conversion_report_of(const mb_conversion *conversion, int file)
{
    mb_conversion_report report = conversion->files[file].report;
    report.reason = conversion->files[file].reason;
    return report;
}

void mb_conversion_close(mb_conversion *conversion)
{
    if (!conversion) return;
    mb_convert_shared_close(conversion->shared);
    mb_convert_alone_close(conversion->alone);
    for (int i = 0; i < conversion->n; i++) {
        free(conversion->files[i].input);
        free(conversion->files[i].output);
    }
    free(conversion->files);
    free(conversion->order);
    free(conversion);
}

mb_status mb_convert_rows_open(mb_conversion *conversion, int64_t most, mb_convert_rows *rows)
{
    mb_context *cx = conversion->cx;
    mb_status status;
    int n = conversion->format.n_columns;
    MB_TRY(mb_encoder_open(cx, conversion->level, &rows->encoder));
    MB_TRY(mb_buffer_new(cx, mb_encoder_bound(rows->encoder), &rows->chunk));
    MB_TRY(mb_buffer_new(cx, MB_DEVICE_TEXTS_SIZE, &rows->texts));
    MB_TRY(mb_buffer_new_array(cx, most * n, sizeof(int64_t), &rows->buffer));
    for (int k = 0; k < n; k++)
        rows->columns[k] = (int64_t *)rows->buffer->data + k * most;
done:
    if (status) mb_convert_rows_close(rows);
    return status;
}

void mb_convert_rows_close(mb_convert_rows *rows)
{
    mb_encoder_close(rows->encoder);
    mb_buffer_release(rows->chunk);
    mb_buffer_release(rows->texts);
    mb_buffer_release(rows->buffer);
    memset(rows, 0, sizeof *rows);
}

static const mb_type *column_type(const mb_conversion *conversion, int column)
{
    const mb_csv_field *field = conversion->format.fields;
    while (field->column != column)
        field++;
    return mb_csv_kind_type(field->kind);
}

int mb_convert_width(const mb_conversion *conversion, int column)
{
    return column_type(conversion, column)->kind == MB_BOOL ? 1 : 8;
}

mb_status mb_convert_create(mb_conversion *conversion, const mb_convert_file *file,
                            mb_hdf_output **output)
{
    const mb_csv_format *format = &conversion->format;
    mb_hdf_field fields[MB_CSV_FIELDS];
    for (int i = 0; i < format->n_fields; i++) {
        const mb_csv_field *field = &format->fields[i];
        if (field->column < 0) continue;
        fields[field->column] = (mb_hdf_field){field->name, mb_csv_kind_type(field->kind)};
    }
    return mb_hdf_output_open(conversion->cx, file->output, fields, format->n_columns,
                              conversion->level, output);
}

// Encodes rows first_row.. of each column, n of them, and writes them as one chunk.
static mb_status write_chunk(mb_conversion *conversion, mb_convert_rows *rows, int64_t first_row,
                             int64_t n, int64_t chunk, mb_hdf_output *output)
{
    mb_status status = MB_OK;
    for (int k = 0; k < conversion->format.n_columns && !status; k++) {
        size_t size = mb_encode(rows->encoder, rows->columns[k] + first_row, n,
                                mb_convert_width(conversion, k), rows->chunk->data);
        status = mb_hdf_output_write(output, k, chunk, rows->chunk->data, size);
    }
    return status;
}

mb_status mb_convert_write(mb_conversion *conversion, mb_convert_rows *rows, int64_t n,
                           int64_t first, mb_hdf_output *output)
{
    int64_t chunks = n / MB_CHUNK_ROWS;
    mb_status status = MB_OK;
    if (chunks) status = mb_hdf_output_extend(output, (first + chunks) * MB_CHUNK_ROWS);
    for (int64_t i = 0; i < chunks && !status; i++)
        status = write_chunk(conversion, rows, i * MB_CHUNK_ROWS, MB_CHUNK_ROWS, first + i, output);
    return status;
}

static mb_status describe_devices(mb_conversion *conversion, const mb_convert_rows *rows,
                                  const mb_device_table *devices, mb_hdf_output *output)
{
    const mb_csv_format *format = &conversion->format;
    mb_status status = MB_OK;
    int n = mb_device_describe(devices, rows->texts->data);
    for (int i = 0; i < format->n_fields && !status; i++)
        if (format->fields[i].kind == MB_CSV_DEVICE)
            status = mb_hdf_output_describe(output, format->fields[i].column, "device_prefixes",
                                            rows->texts->data, n, MB_DEVICE_TEXT_SIZE);
    return status;
}

mb_status mb_convert_finish(mb_conversion *conversion, mb_convert_rows *rows, int64_t n,
                            int64_t first, const mb_device_table *devices, mb_hdf_output *output)
{
    mb_status status = MB_OK;
    if (n) MB_TRY(mb_hdf_output_extend(output, first * MB_CHUNK_ROWS + n));
    if (n) MB_TRY(write_chunk(conversion, rows, 0, n, first, output));
    MB_TRY(describe_devices(conversion, rows, devices, output));
    return mb_hdf_output_finish(output);
done:
    mb_hdf_output_abandon(output);
    return status;
}

mb_status mb_convert_fail(mb_conversion *conversion, const mb_convert_file *file, int64_t line,
                          const char *reason)
{
    return mb_fail(conversion->cx, MB_EIO, "%s: line %lld: %s", file->input, (long long)line,
                   reason);
}
