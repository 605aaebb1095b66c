// Lines whose fields the records engine takes apart and converts, a batch at a time
// (io/records/column.h). Here is what is stricter: a line that has quotes or odd bytes is checked
// before, so that no field spans lines, and what is wrong with a line is told in full.

#include "io/csv/csv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/records/input.h"

const char mb_csv_long_line[] = "the line is longer than 256 KiB";

// Bytes of lines that are scanned at a time, where a line is not longer, and entries of lists.
enum { BLOCK = 1 << 15, ENTRIES = MB_CSV_LINE_SIZE + 1 + MB_LINES_SLACK };

static const mb_record_form form = {
    .dialect = {.separator = ',', .quote = '"'}, .marks = {.decimal = '.'}, .quick = true};

mb_status mb_csv_parser_open(mb_context *cx, mb_csv_parser *parser, const mb_csv_format *format,
                             bool skip_bad, bool skip_header)
{
    mb_status status = MB_OK;
    *parser = (mb_csv_parser){
        .cx = cx, .format = format, .skip_bad = skip_bad, .skip_header = skip_header};
    mb_device_open(&parser->devices.table);
    parser->batch = mb_allocate(cx, 1, sizeof *parser->batch);
    parser->states = mb_allocate(cx, (size_t)format->n_columns, sizeof *parser->states);
    if (!parser->batch || !parser->states) return MB_EMEMORY;
    for (int i = 0; i < format->n_fields; i++) {
        const mb_csv_field *field = &format->fields[i];
        if (field->column < 0) continue;
        parser->states[field->column] = (mb_record_state){.what = field->what};
        mb_record_begin(&parser->states[field->column]);
    }
    MB_TRY(mb_buffer_new_array(cx, 3 * ENTRIES, sizeof(uint32_t), &parser->lists));
    MB_TRY(mb_buffer_new(cx, 2 * MB_CSV_LINE_SIZE, &parser->arena));
done:
    return status;
}

void mb_csv_parser_close(mb_csv_parser *parser)
{
    mb_buffer_release(parser->lists);
    mb_buffer_release(parser->arena);
    free(parser->states);
    free(parser->batch);
}

void mb_csv_parser_restart(mb_csv_parser *parser, bool at_start)
{
    parser->at_start = at_start;
    parser->lines = parser->bad = parser->first_bad = 0;
    parser->reason[0] = '\0';
}

size_t mb_csv_mark(const char *text, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf"; // of UTF-8
    return size >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
}

void mb_csv_parser_reject(mb_csv_parser *parser, const char *reason)
{
    if (parser->bad++ == 0) {
        parser->first_bad = parser->lines;
        snprintf(parser->reason, sizeof parser->reason, "%s", reason);
    }
    parser->lines++;
}

// --- What is wrong with a line.

// A field's content, without the quotes around it.
typedef struct piece {
    const char *begin, *end;
    const char *next; // behind the comma, or NULL: it was the last one
    const char *fault;
} piece;

static const char *fault_of_bytes(const char *begin, const char *end)
{
    if (memchr(begin, '\0', (size_t)(end - begin))) return "has a NUL byte";
    const char *cr = memchr(begin, '\r', (size_t)(end - begin));
    if (cr && cr + 1 == end && *end == '\n')
        return "ends in a carriage return: lines must end in LF alone, not CR LF (dos2unix mends "
               "the file)";
    return cr ? "has a carriage return" : NULL;
}

static void cut_quoted(piece *cut, const char *p, const char *stop)
{
    const char *quote = p + 1;
    while ((quote = memchr(quote, '"', (size_t)(stop - quote))) && quote + 1 < stop &&
           quote[1] == '"')
        quote += 2;
    const char *after = quote ? quote + 1 : stop;
    cut->begin = p + 1;
    cut->end = quote ? quote : stop;
    if (!quote)
        cut->fault = "has a quote that is not closed before the end of the line";
    else if (after < stop && *after != ',')
        cut->fault = *after == '\r' ? fault_of_bytes(after, stop) : "has text behind its quotes";
    cut->next = after < stop ? after + 1 : NULL;
}

static void cut_plain(piece *cut, const char *p, const char *stop)
{
    const char *comma = memchr(p, ',', (size_t)(stop - p));
    cut->begin = p;
    cut->end = comma ? comma : stop;
    cut->next = comma ? comma + 1 : NULL;
    if (memchr(p, '"', (size_t)(cut->end - p))) cut->fault = "has a lone quote";
}

static piece cut_field(const char *p, const char *stop)
{
    piece cut = {0};
    if (*p == '"')
        cut_quoted(&cut, p, stop);
    else
        cut_plain(&cut, p, stop);
    const char *fault = fault_of_bytes(cut.begin, cut.end);
    if (fault) cut.fault = fault;
    return cut;
}

static const char *fault_of_value(mb_field_kind kind, mb_string field)
{
    const char *p = field.bytes, *end = p + field.length;
    if (kind == MB_FIELD_TEXT) return "has more text than the format has room for (see 'text:N')";
    if (p == end) return "is empty";
    if (kind == MB_FIELD_FLOAT) return "is not a number, or too large for one";
    if (kind == MB_FIELD_BOOL) return "is not 0, 1, true or false";
    if (kind == MB_FIELD_IP) return "is not an address of version 4";
    if (kind == MB_FIELD_TIME) return "is not a time, or none that nanoseconds reach";
    if (kind == MB_FIELD_PORT && end - p > 4 && memcmp(p, "Port", 4) == 0) p += 4;
    if (kind == MB_FIELD_INT && (*p == '-' || *p == '+')) p++;
    const char *digits = p;
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    if (p == end && p > digits) return "is too large for a 64-bit integer";
    if (kind == MB_FIELD_PORT) return "is not a port (a number, after 'Port' or not)";
    return kind == MB_FIELD_UINT ? "is not a whole number without a sign" : "is not a whole number";
}

// A field's content for a message: printable, and not too long.
static void quote_field(mb_string field, char *text, size_t size)
{
    enum { LONGEST = 40 };
    size_t used = 0;
    const char *p = field.bytes, *end = p + field.length;
    for (; p < end && p < field.bytes + LONGEST && used + 8 < size; p++) {
        unsigned char c = (unsigned char)*p;
        used +=
            (size_t)snprintf(text + used, size - used, c >= ' ' && c != 127 ? "%c" : "\\x%02x", c);
    }
    snprintf(text + used, size - used, "%s", p < end ? "..." : "");
}

static void tell_field(const mb_csv_format *format, int64_t number, mb_string field,
                       const char *fault, char *reason)
{
    char text[192];
    quote_field(field, text, sizeof text);
    const char *quote = *text ? "'" : "";
    snprintf(reason, MB_CSV_REASON_SIZE, "field %d (%s) %s%s%s%s%s", (int)number + 1,
             format->fields[number].name, fault, *text ? ": " : "", quote, text, quote);
}

static void tell_count(const mb_csv_format *format, int n, char *reason)
{
    int wanted = format->n_fields;
    if (n < wanted)
        snprintf(reason, MB_CSV_REASON_SIZE,
                 "the line has %d field%s and should have %d: field %d (%s) is missing", n,
                 mb_plural(n), wanted, n + 1, format->fields[n].name);
    else
        snprintf(reason, MB_CSV_REASON_SIZE,
                 "the line has %d fields and should have %d: nothing may follow field %d (%s)", n,
                 wanted, wanted, format->fields[wanted - 1].name);
}

// Whether the line up to the LF at `stop` has the right number of fields, and none with stray
// quotes or bytes; else what is wrong.
static bool check_shape(const mb_csv_format *format, const char *p, const char *stop, char *reason)
{
    int n = 0;
    if (stop - p >= MB_CSV_LINE_SIZE) {
        snprintf(reason, MB_CSV_REASON_SIZE, "%s", mb_csv_long_line);
        return false;
    }
    if (p == stop && format->n_fields > 1) {
        snprintf(reason, MB_CSV_REASON_SIZE, "the line is empty");
        return false;
    }
    for (; p; n++) {
        piece cut = cut_field(p, stop);
        p = cut.next;
        if (!cut.fault || n >= format->n_fields) continue;
        const mb_string field = {cut.begin, (size_t)(cut.end - cut.begin)};
        tell_field(format, n, field, cut.fault, reason);
        return false;
    }
    if (n != format->n_fields) tell_count(format, n, reason);
    return n == format->n_fields;
}

// Whether the fields of a bad line are as many as the format's, and where it wants numbers they are
// words: the names of columns.
static bool is_header(const mb_csv_format *format, const char *p, const char *stop)
{
    int n = 0, words = 0;
    for (; p; n++) {
        piece cut = cut_field(p, stop);
        p = cut.next;
        mb_field_kind kind = n < format->n_fields ? format->fields[n].what.kind : MB_FIELD_SKIPPED;
        if (kind == MB_FIELD_SKIPPED || kind == MB_FIELD_DEVICE || kind == MB_FIELD_TEXT) continue;
        bool word = isalpha((unsigned char)*cut.begin) || *cut.begin == '_' || *cut.begin == '#';
        if (!word || cut.fault) return false;
        words++;
    }
    return n == format->n_fields && words > 0;
}

// Counts a bad line; of the first one of a file it is told whether it may be a header.
static void reject(mb_csv_parser *parser, const char *p, const char *stop, char *reason)
{
    static const char note[] = ": the line looks like a header";
    const size_t length = strlen(reason);
    if (parser->at_start && parser->lines == 0 && is_header(parser->format, p, stop))
        snprintf(reason + length, MB_CSV_REASON_SIZE - length, "%s", note);
    mb_csv_parser_reject(parser, reason);
}

// --- Rows.

// Text goes into the words of a row, padded with zeros.
static void keep_text(const mb_csv_field *field, mb_string text, int64_t *const *words, int64_t row)
{
    for (int i = 0; i < field->words; i++) {
        size_t from = 8 * (size_t)i, n = from < text.length ? text.length - from : 0;
        uint64_t word = 0;
        memcpy(&word, text.bytes + from, n < 8 ? n : 8);
        words[field->word + i][row] = (int64_t)word;
    }
}

// Keeps the rows of a column that are good.
static int64_t keep_rows(const mb_csv_field *field, const mb_record_state *state,
                         const mb_batch *batch, int64_t *const *words, int64_t row)
{
    const bool text = field->what.kind == MB_FIELD_TEXT;
    const int64_t first = row;
    if (!text && !batch->any_bad) {
        memcpy(words[field->word] + row, state->words, (size_t)batch->n * sizeof(int64_t));
        return batch->n;
    }
    for (int64_t i = 0; i < batch->n; i++) {
        if (batch->bad[i]) continue;
        if (text)
            keep_text(field, state->strings[i], words, row);
        else
            words[field->word][row] = (int64_t)state->words[i];
        row++;
    }
    return row - first;
}

static int64_t keep_batch(const mb_csv_parser *parser, int64_t *const *words, int64_t row)
{
    const mb_csv_format *format = parser->format;
    int64_t n = 0;
    for (int i = 0; i < format->n_fields; i++) {
        const mb_csv_field *field = &format->fields[i];
        if (field->column < 0) continue;
        n = keep_rows(field, &parser->states[field->column], parser->batch, words, row);
    }
    return n;
}

static void convert_batch(mb_csv_parser *parser, mb_record_failure *failure)
{
    mb_batch *batch = parser->batch;
    const mb_csv_format *format = parser->format;
    const int n = format->n_columns;
    mb_record_arena arena = {.bytes = parser->arena->data};
    memset(batch->bad, 0, sizeof batch->bad);
    batch->any_bad = false;
    for (int k = 0; k < format->n_fields; k++) {
        const mb_csv_field *field = &format->fields[k];
        if (field->column < 0 || field->what.kind == MB_FIELD_DEVICE) continue;
        mb_record_state *state = &parser->states[field->column];
        mb_record_convert(&form, batch, state, &arena, failure);
        for (int64_t i = 0; field->what.kind == MB_FIELD_TEXT && i < batch->n; i++)
            if (state->strings[i].length > 8 * (size_t)field->words)
                mb_record_fail(batch, state, i, state->strings[i], failure);
    }
    if (parser->format->n_devices > 0)
        mb_record_convert_devices(&form, batch, parser->states, n, false, &arena, &parser->devices,
                                  failure);
}

// Counts the bad rows of a batch, the first of which has failed.
static void reject_rows(mb_csv_parser *parser, const mb_record_failure *failure)
{
    const mb_batch *batch = parser->batch;
    const int64_t row = failure->row, last = batch->first[row] + batch->fields[row] - 1;
    char reason[MB_CSV_REASON_SIZE];
    const mb_field_kind kind = parser->format->fields[failure->column].what.kind;
    tell_field(parser->format, failure->column, failure->field,
               *failure->reason ? failure->reason : fault_of_value(kind, failure->field), reason);
    parser->lines += row;
    reject(parser, batch->text + batch->start[row], batch->text + batch->ends[last], reason);
    for (int64_t i = row + 1; i < batch->n; i++)
        parser->bad += batch->bad[i];
}

// Takes lines that have the right number of fields, up to one that has not.
static void fill_batch(const mb_lines *scan, char *text, int fields, int64_t *line, mb_batch *batch)
{
    mb_batch_begin(text, scan, batch);
    for (; *line < scan->n_lines && batch->n < MB_BATCH_ROWS; (*line)++) {
        const uint32_t first = *line ? scan->lines[*line - 1] : 0;
        if (scan->lines[*line] - first != (uint32_t)fields) return;
        batch->first[batch->n] = first;
        batch->start[batch->n] = scan->ends[(int64_t)first - 1] + 1;
        batch->fields[batch->n++] = (uint32_t)fields;
    }
}

static bool is_over(const mb_csv_parser *parser)
{
    return parser->bad > 0 && !parser->skip_bad;
}

// Reads whole lines whose quotes and bytes are those of fields; returns the rows made.
static int64_t read_lines(mb_csv_parser *parser, char *text, int64_t size, int64_t *const *words,
                          int64_t row)
{
    const mb_csv_format *format = parser->format;
    const int64_t first = row;
    mb_lines scan;
    mb_lines_begin(parser->lists->data, ENTRIES, &scan);
    mb_lines_find(parser->cx->isa, form.dialect, text, size, &scan);
    for (int64_t line = 0; line < scan.n_lines && !is_over(parser);) {
        mb_record_failure failure = {.row = -1};
        const int64_t before = parser->lines;
        fill_batch(&scan, text, format->n_fields, &line, parser->batch);
        convert_batch(parser, &failure);
        if (failure.row >= 0) reject_rows(parser, &failure);
        parser->lines = before + parser->batch->n;
        row += keep_batch(parser, words, row);
        if (line == scan.n_lines || parser->batch->n == MB_BATCH_ROWS || is_over(parser)) continue;
        const uint32_t ended = line ? scan.lines[line - 1] : 0;
        const char *p = text + (uint32_t)(scan.ends[(int64_t)ended - 1] + 1);
        const char *stop = text + scan.ends[scan.lines[line++] - 1];
        char reason[MB_CSV_REASON_SIZE];
        if (!check_shape(format, p, stop, reason)) reject(parser, p, stop, reason);
    }
    return row - first;
}

// --- Text.

// Bytes that make lines be checked before they are read: where each of them is next.
enum { ODD_BYTES = 3 };
typedef struct text_walk {
    char *end;
    char *odd[ODD_BYTES];
} text_walk;

// The first of them from a place on, or the end.
static char *find_odd(text_walk *walk, char *from)
{
    static const char bytes[ODD_BYTES] = {'"', '\r', '\0'};
    char *first = walk->end;
    for (int i = 0; i < ODD_BYTES; i++) {
        if (!walk->odd[i] || walk->odd[i] < from) {
            walk->odd[i] = memchr(from, bytes[i], (size_t)(walk->end - from));
            if (!walk->odd[i]) walk->odd[i] = walk->end;
        }
        if (walk->odd[i] < first) first = walk->odd[i];
    }
    return first;
}

// Where the lines from `p` on that can be read together end: before a line that is odd.
static char *find_stop(const mb_csv_format *format, text_walk *walk, char *p)
{
    char *limit = walk->end, *at = p, reason[MB_CSV_REASON_SIZE];
    if (walk->end - p > BLOCK) {
        char *last = memrchr(p, '\n', BLOCK);
        limit = (last ? last : (char *)memchr(p, '\n', (size_t)(walk->end - p))) + 1;
        if (limit - p > MB_CSV_LINE_SIZE) return p;
    }
    for (;;) {
        char *odd = find_odd(walk, at);
        if (odd >= limit) return limit;
        char *before = memrchr(at, '\n', (size_t)(odd - at));
        char *line = before ? before + 1 : at, *stop = memchr(odd, '\n', (size_t)(walk->end - odd));
        if (!check_shape(format, line, stop, reason)) return line;
        at = stop + 1;
    }
}

int64_t mb_csv_parse(mb_csv_parser *parser, char *text, size_t size, int64_t *const *words,
                     int64_t row)
{
    char *p = text, reason[MB_CSV_REASON_SIZE];
    text_walk walk = {.end = text + size};
    const int64_t first = row;
    if (parser->skip_header && parser->at_start && parser->lines == 0) {
        p = (char *)memchr(p, '\n', size) + 1;
        parser->lines++;
    }
    while (p < walk.end && !is_over(parser)) {
        char *stop = find_stop(parser->format, &walk, p);
        if (stop > p) {
            row += read_lines(parser, p, stop - p, words, row);
        } else {
            stop = memchr(p, '\n', (size_t)(walk.end - p));
            if (!check_shape(parser->format, p, stop, reason)) reject(parser, p, stop, reason);
            stop++;
        }
        p = stop;
    }
    return row - first;
}
