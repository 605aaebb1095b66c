#include "io/records/write.h"

#include <libdeflate.h>
#include <math.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/progress.h"
#include "expr/decimal.h"
#include "types/address.h"
#include "types/ip.h"

enum { ROWS_TOLD = 1 << 12 };
enum { CELL = MB_TEXT_SIZE, MEMBER = 1 << 20, TEN = 10, MOST_DECIMALS = 6 };

// Text that grows, and what of it is compressed already.
typedef struct writer {
    mb_context *cx;
    const mb_record_output *output;
    mb_buffer *text, *packed;
    int64_t n, n_packed;
    int64_t done; // bytes of text that were compressed
    bool careful; // integers and bools can have the separator, or be as `na`
    struct libdeflate_compressor *compressor;
} writer;

// --- Cells.

static char *write_digits(char *to, uint64_t number)
{
    char digits[20];
    int n = 0;
    do
        digits[n++] = (char)('0' + number % TEN);
    while ((number /= TEN) > 0);
    while (n > 0)
        *to++ = digits[--n];
    return to;
}

static char *write_int(char *to, int64_t value)
{
    if (value < 0) *to++ = '-';
    return write_digits(to, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static char *write_any(char *to, const mb_type *type, mb_value value)
{
    type->format(type, value, to, CELL);
    return to + strlen(to);
}

// Numbers of few decimals at once, by digits that read back as the same; others as they print.
static char *write_float(char *to, mb_value value)
{
    static const double most = 1e15, least = 1e-3;
    const double size = fabs(value.f);
    for (int decimals = 1; size < most && size >= least && decimals <= MOST_DECIMALS; decimals++) {
        const double power_of_ten = mb_powers_of_ten[decimals], scaled = size * power_of_ten;
        if (scaled >= most) break;
        const uint64_t digits = (uint64_t)scaled;
        if ((double)digits != scaled || (double)digits / power_of_ten != size) continue;
        const uint64_t power = (uint64_t)power_of_ten;
        if (value.f < 0) *to++ = '-';
        to = write_digits(to, digits / power);
        *to++ = '.';
        for (uint64_t below = power / TEN, rest = digits % power; below > 0; below /= TEN)
            *to++ = (char)('0' + rest / below % TEN);
        return to;
    }
    return write_any(to, &mb_type_float, value);
}

static char *write_address(char *to, const mb_type *type, mb_value value)
{
    const mb_address address = mb_ip_address(type, value);
    return to + mb_address_format(&address, to);
}

static char *write_number(char *to, const mb_type *type, mb_value value)
{
    if (type == &mb_type_int) return write_int(to, value.i);
    if (type == &mb_type_uint) return write_digits(to, value.u);
    if (type == &mb_type_float) return write_float(to, value);
    if (type == &mb_type_ip) return write_address(to, type, value);
    return write_any(to, type, value);
}

// Whether a text in the file would be read as something else without quotes.
static bool needs_quotes(const mb_record_output *output, mb_string string, bool alone)
{
    const char marks[] = {output->separator, '"', '\n', '\r'};
    if (string.length == strlen(output->na) && memcmp(string.bytes, output->na, string.length) == 0)
        return true;
    if (string.length == 0) return alone;
    for (size_t i = 0; i < sizeof marks; i++)
        if (memchr(string.bytes, marks[i], string.length)) return true;
    return false;
}

// Makes room for so many bytes, and returns the end of the text.
static mb_status make_room(writer *w, size_t bytes, char **end)
{
    mb_status status = mb_buffer_reserve(w->cx, &w->text, w->n, (int64_t)bytes, 1);
    *end = status ? NULL : (char *)w->text->data + w->n;
    return status;
}

static mb_status add_string(writer *w, mb_string string, bool quoted)
{
    char *to;
    mb_status status = make_room(w, 2 * string.length + 3, &to);
    if (status) return status;
    if (!quoted) {
        if (string.length) memcpy(to, string.bytes, string.length);
        w->n += (int64_t)string.length;
        return MB_OK;
    }
    const char *begin = to;
    *to++ = '"';
    for (size_t i = 0; i < string.length; i++) {
        if (string.bytes[i] == '"') *to++ = '"';
        *to++ = string.bytes[i];
    }
    *to++ = '"';
    w->n += to - begin;
    return MB_OK;
}

static mb_string row_string(const mb_record_source *source, int64_t row, mb_value value)
{
    if (source->strings) return source->strings[row];
    return mb_dictionary_entry(mb_dictionary_of(source->column->type), value.i);
}

static mb_status add_cell(writer *w, const mb_record_source *source, int64_t row, bool alone)
{
    const mb_record_output *output = w->output;
    const mb_type *type = source->column->type;
    char cell[CELL + 1];
    mb_value value;
    mb_string string = {cell, 0};
    const bool text = type->script == MB_SCRIPT_STRING;
    if (!mb_column_get(source->column, row, &value)) {
        const mb_string missing = {output->na, strlen(output->na)};
        return add_string(w, missing, alone && missing.length == 0);
    }
    if (mb_dictionary_of(type)) {
        string = row_string(source, row, value);
        mb_address address;
        if (!text && mb_address_of_string(string, &address))
            string = (mb_string){cell, (size_t)mb_address_format(&address, cell)};
    } else {
        string.length = (size_t)(write_number(cell, type, value) - cell);
    }
    const bool quoted = output->quoting == MB_QUOTE_ALL ||
                        (text && output->quoting == MB_QUOTE_TEXT) ||
                        ((w->careful || !mb_type_is_plain(type) || type->kind == MB_FLOAT) &&
                         needs_quotes(output, string, alone || text));
    return add_string(w, string, quoted);
}

// --- Rows.

// Compresses the text so far as a member of a gzip file.
static mb_status pack(writer *w)
{
    mb_status status;
    if (w->n == 0) return MB_OK;
    const size_t room = libdeflate_gzip_compress_bound(w->compressor, (size_t)w->n);
    MB_TRY(mb_buffer_reserve(w->cx, &w->packed, w->n_packed, (int64_t)room, 1));
    const size_t size = libdeflate_gzip_compress(w->compressor, w->text->data, (size_t)w->n,
                                                 (char *)w->packed->data + w->n_packed, room);
    w->n_packed += (int64_t)size;
    w->done += w->n;
    w->n = 0;
done:
    return status;
}

static mb_status end_row(writer *w)
{
    char *end;
    mb_status status = make_room(w, 1, &end);
    if (status) return status;
    *end = '\n';
    w->n++;
    return w->compressor && w->n >= MEMBER ? pack(w) : MB_OK;
}

static mb_status add_separator(writer *w)
{
    char *end;
    mb_status status = make_room(w, 1, &end);
    if (status) return status;
    *end = w->output->separator;
    w->n++;
    return MB_OK;
}

static mb_status add_header(writer *w, const mb_record_source *sources, int64_t n)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n && !status; i++) {
        const mb_string name = {sources[i].name, strlen(sources[i].name)};
        const bool quoted =
            w->output->quoting != MB_QUOTE_NEEDED || needs_quotes(w->output, name, true);
        if (i > 0) status = add_separator(w);
        if (!status) status = add_string(w, name, quoted);
    }
    return status ? status : end_row(w);
}

static mb_status add_rows(writer *w, const mb_record_source *sources, int64_t n)
{
    mb_status status = MB_OK;
    const int64_t rows = mb_column_rows(sources[0].column);
    int64_t told = 0; // bytes
    for (int64_t row = 0; row < rows && !status; row++) {
        for (int64_t i = 0; i < n && !status; i++) {
            if (i > 0) status = add_separator(w);
            if (!status) status = add_cell(w, &sources[i], row, n == 1);
        }
        if (!status) status = end_row(w);
        if (status || (row + 1) % ROWS_TOLD != 0) continue;
        mb_progress_add(w->cx, ROWS_TOLD, w->done + w->n - told);
        told = w->done + w->n;
    }
    return status;
}

static mb_status make_text(writer *w, const mb_record_source *sources, int64_t n)
{
    mb_status status;
    const int level = w->output->level;
    if (level) w->compressor = libdeflate_alloc_compressor(level);
    if (level && !w->compressor)
        return mb_fail(w->cx, MB_EMEMORY, "out of memory: no room to compress text");
    if (w->output->header && mb_rank(w->cx) == 0) MB_TRY(add_header(w, sources, n));
    MB_TRY(add_rows(w, sources, n));
    if (level) MB_TRY(pack(w));
done:
    return status;
}

// Adds rows behind those that there are; `*written` is whether this rank could, and `*size` the
// size of the file when all could.
static mb_status add_text(mb_context *cx, const mb_record_output *output,
                          const mb_record_source *sources, int64_t n, const mb_record_text *text,
                          mb_status *written, int64_t *size)
{
    mb_status status;
    writer w = {.cx = cx,
                .output = output,
                .careful = *output->na || strchr("-0123456789aeflrstu", output->separator)};
    int64_t before, all;
    mb_progress_begin(cx, "writing", sources[0].column->layout->n_global,
                      mb_column_rows(sources[0].column));
    status = make_text(&w, sources, n);
    mb_progress_end(cx);
    MB_TRY(mb_step(cx, status, NULL));
    const mb_buffer *made = output->level ? w.packed : w.text;
    const int64_t mine = output->level ? w.n_packed : w.n;
    mb_sum_before(cx, &mine, 1, &before);
    mb_sum_all(cx, &mine, 1, &all);
    *size = text->size + all;
    *written = MB_OK;
    if (mine)
        *written = mb_shared_write(cx, &text->shared, output->path, made->data, (size_t)mine,
                                   text->size + before);
done:
    mb_buffer_release(w.text);
    mb_buffer_release(w.packed);
    libdeflate_free_compressor(w.compressor);
    return status;
}

mb_status mb_records_begin(mb_context *cx, const char *path, mb_record_text *text)
{
    text->size = 0;
    mb_status status = mb_shared_open(cx, path, false, &text->shared);
    if (status) mb_shared_abandon(&text->shared);
    return status;
}

mb_status mb_records_append(mb_context *cx, const mb_record_output *output,
                            const mb_record_source *sources, int64_t n, mb_record_text *text)
{
    mb_status status, written;
    int64_t size;
    MB_TRY(add_text(cx, output, sources, n, text, &written, &size));
    MB_TRY(mb_conclude(cx, written, NULL));
    text->size = size;
done:
    return status;
}

mb_status mb_records_publish(mb_context *cx, const char *path, mb_record_text *text)
{
    mb_status status = mb_shared_publish(cx, MB_OK, path, &text->shared);
    if (!status) mb_shared_abandon(&text->shared);
    return status;
}

mb_status mb_records_write(mb_context *cx, const mb_record_output *output,
                           const mb_record_source *sources, int64_t n)
{
    mb_status status, written;
    mb_record_text text = {.shared = MB_SHARED_CLOSED};
    int64_t size;
    MB_TRY(mb_shared_open(cx, output->path, false, &text.shared));
    MB_TRY(add_text(cx, output, sources, n, &text, &written, &size));
    status = mb_shared_publish(cx, written, output->path, &text.shared);
done:
    mb_shared_abandon(&text.shared);
    return status;
}
