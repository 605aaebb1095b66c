// The rows of a conversion as chunks of an HDF5 file, and the memory for both.

#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "io/csv/convert_internal.h"

// The words of the widest column.
static int widest_column(const mb_csv_format *format)
{
    int widest = 1;
    for (int i = 0; i < format->n_fields; i++)
        if (format->fields[i].words > widest) widest = format->fields[i].words;
    return widest;
}

mb_status mb_convert_take_memory(mb_conversion *conversion, int64_t text, int64_t chunks)
{
    mb_context *cx = conversion->cx;
    mb_status status;
    int n = conversion->format.n_words, widest = widest_column(&conversion->format);
    int64_t most = mb_csv_most_rows(&conversion->format, text) + 1 + chunks * MB_CHUNK_ROWS;
    mb_convert_release(conversion);
    conversion->parser = mb_allocate(cx, 1, sizeof *conversion->parser);
    conversion->all = mb_allocate(cx, (size_t)mb_nranks(cx), sizeof *conversion->all);
    if (!conversion->parser || !conversion->all) return MB_EMEMORY;
    MB_TRY(mb_csv_parser_open(cx, conversion->parser, &conversion->format, conversion->skip_bad,
                              conversion->skip_header));
    MB_TRY(mb_encoder_open(cx, conversion->level, widest, &conversion->encoder));
    MB_TRY(mb_buffer_new(cx, (size_t)text + MB_CSV_LINE_SIZE + 1, &conversion->text));
    MB_TRY(mb_buffer_new(cx, mb_encoder_bound(conversion->encoder, widest), &conversion->chunk));
    MB_TRY(mb_buffer_new(cx, MB_DEVICE_TEXTS_SIZE, &conversion->devices));
    MB_TRY(mb_buffer_new_array(cx, most * n, sizeof(int64_t), &conversion->rows));
    for (int k = 0; k < n; k++)
        conversion->words[k] = (int64_t *)conversion->rows->data + k * most;
done:
    return status;
}

static void release_buffer(mb_buffer **buffer)
{
    mb_buffer_release(*buffer);
    *buffer = NULL;
}

void mb_convert_release(mb_conversion *conversion)
{
    mb_hdf_output_abandon(conversion->output);
    mb_encoder_close(conversion->encoder);
    if (conversion->parser) mb_csv_parser_close(conversion->parser);
    free(conversion->parser);
    free(conversion->all);
    conversion->output = NULL;
    conversion->encoder = NULL;
    conversion->parser = NULL;
    conversion->all = NULL;
    release_buffer(&conversion->text);
    release_buffer(&conversion->chunk);
    release_buffer(&conversion->devices);
    release_buffer(&conversion->rows);
}

mb_status mb_convert_create(mb_conversion *conversion, const mb_convert_file *file)
{
    const mb_csv_format *format = &conversion->format;
    mb_hdf_field fields[MB_CSV_FIELDS];
    for (int i = 0; i < format->n_fields; i++) {
        const mb_csv_field *field = &format->fields[i];
        if (field->column < 0) continue;
        size_t size = field->what.kind == MB_FIELD_TEXT ? 8 * (size_t)field->words : 0;
        fields[field->column] = (mb_hdf_field){field->name, mb_record_type(&field->what), size};
    }
    return mb_hdf_output_open(conversion->cx, file->output, fields, format->n_columns,
                              conversion->level, &conversion->output);
}

size_t mb_convert_encode(mb_conversion *conversion, int column, int64_t first, int64_t n,
                         void *chunk)
{
    const mb_csv_field *field = mb_csv_format_field(&conversion->format, column);
    int64_t **words = conversion->words + field->word;
    if (field->what.kind == MB_FIELD_TEXT)
        return mb_encode_words(conversion->encoder, words, field->words, first, n, chunk);
    int width = mb_kind_width(mb_record_type(&field->what)->kind);
    return mb_encode(conversion->encoder, words[0] + first, n, width, chunk);
}

static mb_status write_chunk(mb_conversion *conversion, int64_t first, int64_t n, int64_t number)
{
    void *chunk = conversion->chunk->data;
    mb_status status = MB_OK;
    for (int k = 0; k < conversion->format.n_columns && !status; k++) {
        size_t size = mb_convert_encode(conversion, k, first, n, chunk);
        status = mb_hdf_output_write(conversion->output, k, number, chunk, size);
    }
    return status;
}

mb_status mb_convert_write(mb_conversion *conversion)
{
    int64_t chunks = conversion->n_rows / MB_CHUNK_ROWS, used = chunks * MB_CHUNK_ROWS;
    mb_status status = MB_OK;
    if (chunks == 0) return MB_OK;
    MB_TRY(mb_hdf_output_extend(conversion->output, conversion->n_chunks * MB_CHUNK_ROWS + used));
    for (int64_t i = 0; i < chunks; i++)
        MB_TRY(write_chunk(conversion, i * MB_CHUNK_ROWS, MB_CHUNK_ROWS, conversion->n_chunks + i));
    conversion->n_chunks += chunks;
    conversion->n_rows -= used;
    for (int k = 0; k < conversion->format.n_words; k++)
        memmove(conversion->words[k], conversion->words[k] + used,
                (size_t)conversion->n_rows * sizeof(int64_t));
done:
    return status;
}

static mb_status describe_devices(mb_conversion *conversion, const mb_device_table *devices)
{
    const mb_csv_format *format = &conversion->format;
    char *texts = conversion->devices->data;
    mb_status status = MB_OK;
    int n = mb_device_describe(devices, texts);
    for (int i = 0; i < format->n_fields && !status; i++)
        if (format->fields[i].what.kind == MB_FIELD_DEVICE)
            status = mb_hdf_output_describe(conversion->output, format->fields[i].column,
                                            "device_prefixes", texts, n, MB_DEVICE_TEXT_SIZE);
    return status;
}

mb_status mb_convert_finish(mb_conversion *conversion, const mb_device_table *devices)
{
    mb_hdf_output *output = conversion->output;
    int64_t n = conversion->n_rows;
    mb_status status = MB_OK;
    if (n) {
        MB_TRY(mb_hdf_output_extend(output, conversion->n_chunks * MB_CHUNK_ROWS + n));
        MB_TRY(write_chunk(conversion, 0, n, conversion->n_chunks));
    }
    MB_TRY(describe_devices(conversion, devices));
    conversion->output = NULL;
    return mb_hdf_output_finish(output);
done:
    return status;
}

mb_status mb_convert_fail(mb_conversion *conversion, const mb_convert_file *file, int64_t line,
                          const char *reason)
{
    return mb_fail(conversion->cx, MB_EIO, "%s: line %lld: %s", file->input, (long long)line,
                   reason);
}

mb_convert_news mb_convert_tell(const mb_conversion *conversion)
{
    const mb_csv_parser *parser = conversion->parser;
    mb_convert_news news = {.rows = conversion->n_rows,
                            .lines = parser->lines,
                            .bad = parser->bad,
                            .first_bad = parser->first_bad};
    memcpy(news.reason, parser->reason, sizeof news.reason);
    return news;
}
