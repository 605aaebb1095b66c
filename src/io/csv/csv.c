// Two ways through a line. The quick one reads field after field, trusts that each converter stops
// where the field ends, and gives up at the first surprise. The careful one then takes the line
// apart, deals with quotes and new device names, and says what is wrong.

#include "io/csv/csv.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/records/look.h"
#include "types/address.h"
#include "types/time.h"

_Static_assert(BYTE_ORDER == LITTLE_ENDIAN, "eight characters are read as one little-endian word");

const char mb_csv_long_line[] = "the line is longer than 256 KiB";

mb_status mb_csv_parser_open(mb_context *cx, mb_csv_parser *parser, const mb_csv_format *format,
                             bool skip_bad, bool skip_header)
{
    parser->format = format;
    parser->skip_bad = skip_bad;
    parser->skip_header = skip_header;
    mb_device_open(&parser->devices);
    mb_csv_parser_restart(parser, false);
    parser->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!parser->plain) return mb_fail(cx, MB_EMEMORY, "out of memory: no room for a locale");
    return MB_OK;
}

void mb_csv_parser_close(mb_csv_parser *parser)
{
    if (parser->plain) freelocale(parser->plain);
    parser->plain = (locale_t)0;
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
        if (reason != parser->reason) snprintf(parser->reason, sizeof parser->reason, "%s", reason);
    }
    parser->lines++;
}

// Converters. Each reads at `p` as far as it understands, and returns where it stopped: the field
// is good if that is its end. NULL: there is no value, or it does not fit.

#define EACH_BYTE(x) (UINT64_C(0x0101010101010101) * (x))

static inline uint64_t load_word(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

// The high bit of each byte that is not a decimal digit.
static inline uint64_t non_digits(uint64_t word)
{
    uint64_t t = word ^ EACH_BYTE('0');
    return (((t & EACH_BYTE(0x7f)) + EACH_BYTE(0x76)) | t) & EACH_BYTE(0x80);
}

static const char *read_many_digits(const char *p, uint64_t *value)
{
    uint64_t sum = 0;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(*p - '0'), &sum))
            return NULL;
    *value = sum;
    return p;
}

// A run of digits: up to seven without a loop, by pairs, fours and eights within one word.
static inline const char *read_digits(const char *p, uint64_t *value)
{
    uint64_t word = load_word(p), stops = non_digits(word);
    if (__builtin_expect(!stops, 0)) return read_many_digits(p, value);
    unsigned bits = (unsigned)__builtin_ctzll(stops) & ~7U;
    if (__builtin_expect(!bits, 0)) return NULL;
    word = (word & EACH_BYTE(0x0f)) << (64 - bits);
    word = word * (1 + (10 << 8)) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
    word = word * (1 + (100 << 16)) >> 16 & UINT64_C(0x0000ffff0000ffff);
    *value = word * (1 + (UINT64_C(10000) << 32)) >> 32;
    return p + bits / 8;
}

static inline const char *read_int(const char *p, int64_t *value)
{
    uint64_t magnitude;
    bool negative = *p == '-';
    if (negative || *p == '+') p++;
    const char *end = read_digits(p, &magnitude);
    if (!end || magnitude > (uint64_t)INT64_MAX + negative) return NULL;
    *value = (int64_t)(negative ? -magnitude : magnitude);
    return end;
}

static inline const char *read_uint(const char *p, int64_t *value)
{
    uint64_t magnitude;
    const char *end = read_digits(p, &magnitude);
    if (end) *value = (int64_t)magnitude;
    return end;
}

static inline const char *read_port(const char *p, int64_t *value)
{
    uint64_t magnitude;
    uint32_t word;
    memcpy(&word, p, sizeof word);
    if (word == UINT32_C(0x74726f50)) p += 4; // "Port"
    const char *end = read_digits(p, &magnitude);
    if (!end || magnitude > INT64_MAX) return NULL;
    *value = (int64_t)magnitude;
    return end;
}

static const char *read_float(const mb_csv_parser *parser, const char *p, int64_t *value)
{
    char *end;
    const char *digits = p + (*p == '-' || *p == '+');
    bool hexadecimal = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    bool blank = *p == ' ' || (*p >= '\t' && *p <= '\r');
    if (hexadecimal || blank) return NULL;
    errno = 0;
    double number = strtod_l(p, &end, parser->plain);
    if (end == p || (errno == ERANGE && (number > 1 || number < -1))) return NULL;
    memcpy(value, &number, sizeof number);
    return end;
}

static const char *read_bool(const char *p, int64_t *value)
{
    static const struct {
        const char text[6];
        bool value;
    } words[] = {{"0", false},     {"1", true},    {"false", false}, {"true", true},
                 {"False", false}, {"True", true}, {"FALSE", false}, {"TRUE", true}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i].text);
        if (memcmp(p, words[i].text, length) != 0) continue;
        *value = words[i].value;
        return p + length;
    }
    return NULL;
}

static inline bool ends_text(char c)
{
    return c == ',' || c == '\n' || c == '"' || c == '\r' || c == '\0';
}

static const char *skip_text(const char *p)
{
    while (!ends_text(*p))
        p++;
    return p;
}

static const char *read_any_device(const mb_device_table *table, const char *p, int64_t *value)
{
    const char *end = skip_text(p);
    return mb_device_find(table, p, (size_t)(end - p), value) ? end : NULL;
}

// A name with a short prefix that the table has seen, and a number that tells it nothing new.
static inline const char *read_device(const mb_device_table *table, const char *p, int64_t *value)
{
    uint64_t word = load_word(p), digits = ~non_digits(word) & EACH_BYTE(0x80), number;
    unsigned bits = digits ? (unsigned)__builtin_ctzll(digits) & ~7U : 0;
    if (!bits) return read_any_device(table, p, value);
    uint64_t key = word & ((UINT64_C(1) << bits) - 1);
    const mb_device_shortcut *shortcut = &table->shortcuts[mb_device_shortcut_of(key)];
    if (shortcut->key != key) return read_any_device(table, p, value);
    const mb_device_prefix *entry = &table->prefixes[shortcut->index];
    const char *first = p + bits / 8, *end = read_digits(first, &number);
    if (!end || number >> MB_DEVICE_BITS) return NULL;
    int width = (int)(end - first);
    bool told = *first == '0' ? width == entry->lowest && number : width >= entry->highest;
    if (!told) return read_any_device(table, p, value);
    *value = (int64_t)entry->code << MB_DEVICE_BITS ^ (int64_t)number;
    return end;
}

static const char *read_address(const char *p, int64_t *value)
{
    const char *end = skip_text(p);
    mb_address address;
    if (!mb_address_parse((mb_string){p, (size_t)(end - p)}, &address) || address.version != 4)
        return NULL;
    *value = (int64_t)mb_address_number(&address);
    return end;
}

static const char *read_time(const mb_csv_field *field, const char *p, int64_t *value)
{
    const char *end = skip_text(p);
    const mb_string text = {p, (size_t)(end - p)};
    const mb_type *type;
    mb_value read;
    bool fits;
    const bool good = field->unit < 0 ? mb_times.read(text.bytes, text.length, &type, &read)
                                      : mb_read_count(text, &mb_times, field->unit, &type, &read);
    if (!good || !mb_unit_convert(type->unit, field->type->unit, &read.i, &fits) || !fits)
        return NULL;
    *value = read.i;
    return end;
}

static inline const char *convert(const mb_csv_parser *parser, const mb_csv_field *field,
                                  const char *p, int64_t *value)
{
    switch (field->kind) {
    case MB_CSV_INT: return read_int(p, value);
    case MB_CSV_UINT: return read_uint(p, value);
    case MB_CSV_PORT: return read_port(p, value);
    case MB_CSV_DEVICE: return read_device(&parser->devices, p, value);
    case MB_CSV_FLOAT: return read_float(parser, p, value);
    case MB_CSV_BOOL: return read_bool(p, value);
    case MB_CSV_IP: return read_address(p, value);
    case MB_CSV_TIME: return read_time(field, p, value);
    default: return skip_text(p);
    }
}

// Text goes into the words of a row, padded with zeros.
static void keep_text(const mb_csv_field *field, const char *text, size_t length,
                      int64_t *const *words, int64_t row)
{
    for (int i = 0; i < field->words; i++) {
        size_t from = 8 * (size_t)i, n = from < length ? length - from : 0;
        uint64_t word = 0;
        memcpy(&word, text + from, n < 8 ? n : 8);
        words[field->word + i][row] = (int64_t)word;
    }
}

static const char *read_text(const mb_csv_field *field, const char *p, int64_t *const *words,
                             int64_t row)
{
    const char *end = skip_text(p);
    if (end - p > 8 * field->words) return NULL;
    keep_text(field, p, (size_t)(end - p), words, row);
    return end;
}

// The quick way through the line at `p`: where the next one begins, or NULL.
static inline const char *read_line(const mb_csv_parser *parser, const char *p,
                                    int64_t *const *words, int64_t row)
{
    const mb_csv_field *field = parser->format->fields;
    const mb_csv_field *last = field + parser->format->n_fields - 1;
    for (;; field++, p++) {
        int64_t value = 0;
        bool text = field->kind == MB_CSV_TEXT;
        p = text ? read_text(field, p, words, row) : convert(parser, field, p, &value);
        if (__builtin_expect(!p || *p != (field == last ? '\n' : ','), 0)) return NULL;
        if (field->column >= 0 && !text) words[field->word][row] = value;
        if (field == last) return p + 1;
    }
}

// The careful way. A field's content, without the quotes around it.
typedef struct piece {
    const char *begin, *end;
    const char *next; // behind the comma, or NULL: it was the last one
    bool quoted;
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
    cut->quoted = true;
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

static const char *fault_of_value(mb_csv_kind kind, const piece *cut)
{
    const char *p = cut->begin;
    if (p == cut->end) return "is empty";
    if (kind == MB_CSV_FLOAT) return "is not a number, or too large for one";
    if (kind == MB_CSV_BOOL) return "is not 0, 1, true or false";
    if (kind == MB_CSV_IP) return "is not an address of version 4";
    if (kind == MB_CSV_TIME) return "is not a time, or none that nanoseconds reach";
    if (kind == MB_CSV_PORT && cut->end - p > 4 && memcmp(p, "Port", 4) == 0) p += 4;
    if (kind == MB_CSV_INT && (*p == '-' || *p == '+')) p++;
    const char *digits = p;
    while (p < cut->end && *p >= '0' && *p <= '9')
        p++;
    if (p == cut->end && p > digits) return "is too large for a 64-bit integer";
    if (kind == MB_CSV_PORT) return "is not a port (a number, after 'Port' or not)";
    return kind == MB_CSV_UINT ? "is not a whole number without a sign" : "is not a whole number";
}

// The value of a field, teaching the device table. NULL, or what is wrong.
static const char *convert_carefully(mb_csv_parser *parser, const mb_csv_field *field,
                                     const piece *cut, bool *taught, int64_t *value, char *reason)
{
    if (field->kind == MB_CSV_SKIP) return NULL;
    if (field->kind != MB_CSV_DEVICE) {
        const char *end = cut->begin < cut->end ? convert(parser, field, cut->begin, value) : NULL;
        return end == cut->end ? NULL : fault_of_value(field->kind, cut);
    }
    size_t length = (size_t)(cut->end - cut->begin);
    if (mb_device_find(&parser->devices, cut->begin, length, value)) return NULL;
    if (!*taught) parser->before = parser->devices;
    *taught = true;
    return mb_device_learn(&parser->devices, cut->begin, length, value, reason);
}

// Text whose quotes may hold quotes, each twice. NULL, or what is wrong.
static const char *keep_carefully(const mb_csv_field *field, const piece *cut,
                                  int64_t *const *words, int64_t row)
{
    static const char too_long[] = "has more text than the format has room for (see 'text:N')";
    char text[MB_CSV_LONGEST_TEXT];
    size_t length = 0;
    for (const char *p = cut->begin; p < cut->end; p++) {
        if (length == 8 * (size_t)field->words) return too_long;
        text[length++] = *p;
        if (cut->quoted && *p == '"') p++; // twice in the text
    }
    keep_text(field, text, length, words, row);
    return NULL;
}

// A field's content for a message: printable, and not too long.
static void quote_piece(const piece *cut, char *text, size_t size)
{
    enum { LONGEST = 40 };
    size_t used = 0;
    const char *p = cut->begin;
    for (; p < cut->end && p < cut->begin + LONGEST && used + 8 < size; p++) {
        unsigned char c = (unsigned char)*p;
        used +=
            (size_t)snprintf(text + used, size - used, c >= ' ' && c != 127 ? "%c" : "\\x%02x", c);
    }
    snprintf(text + used, size - used, "%s", p < cut->end ? "..." : "");
}

static void set_reason(mb_csv_parser *parser, const mb_csv_field *field, const piece *cut,
                       const char *fault)
{
    char text[192];
    if (parser->bad) return;
    quote_piece(cut, text, sizeof text);
    const char *quote = *text ? "'" : "";
    snprintf(parser->reason, sizeof parser->reason, "field %d (%s) %s%s%s%s%s",
             (int)(field - parser->format->fields) + 1, field->name, fault, *text ? ": " : "",
             quote, text, quote);
}

static void set_count_reason(mb_csv_parser *parser, int n)
{
    const mb_csv_format *format = parser->format;
    int wanted = format->n_fields;
    if (parser->bad) return;
    if (n < wanted)
        snprintf(parser->reason, sizeof parser->reason,
                 "the line has %d field%s and should have %d: field %d (%s) is missing", n,
                 n == 1 ? "" : "s", wanted, n + 1, format->fields[n].name);
    else
        snprintf(parser->reason, sizeof parser->reason,
                 "the line has %d fields and should have %d: nothing may follow field %d (%s)", n,
                 wanted, wanted, format->fields[wanted - 1].name);
}

// Whether a line has the right number of fields, and none with stray quotes or bytes.
static bool check_shape(mb_csv_parser *parser, const char *p, const char *stop)
{
    const mb_csv_format *format = parser->format;
    int n = 0;
    if (stop - p >= MB_CSV_LINE_SIZE) {
        if (!parser->bad) snprintf(parser->reason, sizeof parser->reason, "%s", mb_csv_long_line);
        return false;
    }
    if (p == stop && format->n_fields > 1) {
        if (!parser->bad) snprintf(parser->reason, sizeof parser->reason, "the line is empty");
        return false;
    }
    for (; p; n++) {
        piece cut = cut_field(p, stop);
        p = cut.next;
        if (!cut.fault || n >= format->n_fields) continue;
        set_reason(parser, &format->fields[n], &cut, cut.fault);
        return false;
    }
    if (n != format->n_fields) set_count_reason(parser, n);
    return n == format->n_fields;
}

// The careful way through the line from `p` up to the LF at `stop`; false when it is bad, which
// leaves the reason if it is the first one, and the device table as it was.
static bool read_line_carefully(mb_csv_parser *parser, const char *p, const char *stop,
                                int64_t *const *words, int64_t row)
{
    const mb_csv_format *format = parser->format;
    char reason[MB_DEVICE_REASON_SIZE];
    bool taught = false;
    if (!check_shape(parser, p, stop)) return false;
    for (int i = 0; i < format->n_fields; i++) {
        const mb_csv_field *field = &format->fields[i];
        int64_t value = 0;
        piece cut = cut_field(p, stop);
        bool text = field->kind == MB_CSV_TEXT;
        const char *fault = text ? keep_carefully(field, &cut, words, row)
                                 : convert_carefully(parser, field, &cut, &taught, &value, reason);
        if (fault) {
            set_reason(parser, field, &cut, fault);
            if (taught) parser->devices = parser->before;
            return false;
        }
        if (field->column >= 0 && !text) words[field->word][row] = value;
        p = cut.next;
    }
    return true;
}

// Whether the fields of a line are as many as the format's, and where it wants numbers they are
// words: the names of columns.
static bool is_header(const mb_csv_parser *parser, const char *p, const char *stop)
{
    const mb_csv_format *format = parser->format;
    int n = 0, words = 0;
    for (; p; n++) {
        int64_t value;
        piece cut = cut_field(p, stop);
        p = cut.next;
        const mb_csv_field *field = &format->fields[n];
        mb_csv_kind kind = n < format->n_fields ? field->kind : MB_CSV_SKIP;
        if (kind == MB_CSV_SKIP || kind == MB_CSV_DEVICE || kind == MB_CSV_TEXT) continue;
        bool number = cut.begin < cut.end && convert(parser, field, cut.begin, &value) == cut.end;
        bool word = isalpha((unsigned char)*cut.begin) || *cut.begin == '_' || *cut.begin == '#';
        if (number || !word || cut.fault) return false;
        words++;
    }
    return n == format->n_fields && words > 0;
}

// Adds to the reason why the first line of a file is bad what it may be.
static void note_header(mb_csv_parser *parser, const char *p, const char *stop)
{
    static const char note[] = ": the line looks like a header";
    size_t length = strlen(parser->reason);
    if (!parser->at_start || parser->lines > 0 || !is_header(parser, p, stop)) return;
    snprintf(parser->reason + length, sizeof parser->reason - length, "%s", note);
}

int64_t mb_csv_parse(mb_csv_parser *parser, const char *text, size_t size, int64_t *const *words,
                     int64_t row)
{
    const char *p = text, *end = text + size, *next;
    int64_t first = row;
    if (parser->skip_header && parser->at_start && parser->lines == 0) {
        p = (const char *)memchr(p, '\n', size) + 1;
        parser->lines++;
    }
    while (p < end) {
        next = read_line(parser, p, words, row);
        if (__builtin_expect(!next || next - p > MB_CSV_LINE_SIZE, 0)) {
            const char *stop = memchr(p, '\n', (size_t)(end - p));
            next = stop + 1;
            if (!read_line_carefully(parser, p, stop, words, row)) {
                note_header(parser, p, stop);
                mb_csv_parser_reject(parser, parser->reason);
                if (!parser->skip_bad) break;
                p = next;
                continue;
            }
        }
        p = next;
        parser->lines++;
        row++;
    }
    return row - first;
}
