#include "io/records/column.h"

#include <string.h>

#include "expr/decimal.h"
#include "io/records/digits.h"
#include "types/address.h"
#include "types/ip.h"
#include "types/time_pattern.h"

// --- Fields.

static size_t encode(const mb_record_form *form, mb_string string, char *to)
{
    size_t n = 0;
    for (size_t i = 0; i < string.length; i++) {
        const unsigned char byte = (unsigned char)string.bytes[i];
        if (byte < 0x80) {
            to[n++] = (char)byte;
            continue;
        }
        const char *known = form->encoding[byte - 0x80];
        memcpy(to + n, known + 1, 4);
        n += (size_t)known[0];
    }
    return n;
}

static mb_string keep(const mb_record_form *form, mb_string string, mb_record_arena *arena)
{
    bool plain = true;
    for (size_t i = 0; i < string.length && plain; i++)
        plain = (unsigned char)string.bytes[i] < 0x80;
    if (plain) return string;
    char *to = arena->bytes + arena->used;
    const size_t n = encode(form, string, to);
    arena->used += n;
    return (mb_string){to, n};
}

// What is between quotes, or has escapes; false where there is a quote inside that is not doubled.
static bool unquote(mb_dialect dialect, mb_string raw, bool quoted, mb_record_arena *arena,
                    mb_string *string)
{
    const bool escapes = dialect.escape && memchr(raw.bytes, dialect.escape, raw.length);
    const bool doubled = quoted && memchr(raw.bytes, dialect.quote, raw.length);
    *string = raw;
    if (!escapes && !doubled) return true;
    char *to = arena->bytes + arena->used;
    size_t n = 0;
    for (size_t i = 0; i < raw.length; i++) {
        const bool more = i + 1 < raw.length;
        if (dialect.escape && raw.bytes[i] == dialect.escape && more) {
            i++;
        } else if (quoted && raw.bytes[i] == dialect.quote) {
            if (!more || raw.bytes[i + 1] != dialect.quote) return false;
            i++;
        }
        to[n++] = raw.bytes[i];
    }
    arena->used += n;
    *string = (mb_string){to, n};
    return true;
}

static bool is_na(const mb_record_form *form, mb_string field)
{
    for (int64_t i = 0; i < form->n_na; i++)
        if (strlen(form->na[i]) == field.length &&
            memcmp(form->na[i], field.bytes, field.length) == 0)
            return true;
    return false;
}

// A field as it stands in the text; the row has it.
static inline mb_string raw_field(const mb_batch *batch, int64_t row, int64_t field)
{
    const int64_t at = batch->first[row] + field;
    const uint32_t from = batch->begins[at] + batch->gap;
    const char *bytes = batch->text + from;
    size_t length = batch->ends[at] - from;
    if (field + 1 == batch->fields[row] && length && bytes[length - 1] == '\r' &&
        bytes[length] == '\n')
        length--;
    return (mb_string){bytes, length};
}

mb_field_state mb_record_field(const mb_record_form *form, const mb_batch *batch, int64_t row,
                               int64_t field, mb_record_arena *arena, mb_string *string,
                               bool *quoted)
{
    const mb_dialect dialect = form->dialect;
    if (field >= batch->fields[row]) return MB_FIELD_MISSING;
    mb_string raw = raw_field(batch, row, field);
    const bool in_quotes = dialect.quote && raw.length && *raw.bytes == dialect.quote;
    if (quoted) *quoted = in_quotes;
    *string = raw;
    if (!in_quotes && raw.length <= form->longest_na && is_na(form, raw)) return MB_FIELD_MISSING;
    if (in_quotes) {
        if (raw.length < 2 || raw.bytes[raw.length - 1] != dialect.quote) return MB_FIELD_BROKEN;
        raw = (mb_string){raw.bytes + 1, raw.length - 2};
    }
    if ((in_quotes || dialect.escape) && !unquote(dialect, raw, in_quotes, arena, &raw))
        return MB_FIELD_BROKEN;
    *string = form->encoding ? keep(form, raw, arena) : raw;
    return MB_FIELD_THERE;
}

// --- Values.

static bool read_time(const mb_record_column *what, mb_string field, const mb_type **type,
                      mb_value *value)
{
    const mb_units *units = what->kind == MB_FIELD_TIME ? &mb_times : &mb_durations;
    if (what->counts) return mb_read_count(field, units, what->counted, type, value);
    if (what->pattern)
        return mb_pattern_read(what->pattern, field.bytes, field.length, type, value);
    return units->read(field.bytes, field.length, type, value);
}

// A time in the unit of the column; its looks are what the column's unit comes from. One that the
// unit does not reach is none that the column can have: a finer unit reaches less.
static bool read_in_unit(mb_record_state *state, mb_string field, uint64_t *word)
{
    const mb_type *type;
    mb_value value;
    bool fits;
    if (!read_time(&state->what, field, &type, &value)) return false;
    state->looks |= (uint32_t)MB_LOOKS_SECONDS << type->unit;
    const int unit = state->what.unit;
    const bool exact = mb_unit_convert(type->unit, unit, &value.i, &fits);
    if (type->unit > unit || (!exact && state->what.guessed)) state->outgrown = true;
    *word = value.u;
    return exact || state->outgrown;
}

static bool read_ip(mb_string field, uint64_t *word)
{
    mb_address address;
    if (!mb_address_parse(field, &address) || address.version != 4) return false;
    *word = mb_address_number(&address);
    return true;
}

static bool read_letter(mb_string field, bool *value)
{
    *value = field.length == 1 && *field.bytes == 'T';
    return *value || (field.length == 1 && *field.bytes == 'F');
}

// Digits are truth values only where these were asked for.
static bool read_bool(const mb_record_column *what, mb_string field, bool *value)
{
    if (mb_read_bool(field, value)) return true;
    *value = field.length == 1 && *field.bytes == '1';
    return !what->guessed && (*value || (field.length == 1 && *field.bytes == '0'));
}

static bool read_word(const mb_record_form *form, mb_record_state *state, mb_string field,
                      uint64_t *word)
{
    mb_value value = {0};
    bool read = false;
    switch (state->what.kind) {
    case MB_FIELD_BOOL: read = read_bool(&state->what, field, &value.b); break;
    case MB_FIELD_INT: read = mb_read_int(field, form->marks, &value.i); break;
    case MB_FIELD_UINT: read = mb_read_uint(field, form->marks, &value.u); break;
    case MB_FIELD_FLOAT: read = mb_read_float(field, form->marks, &value.f); break;
    case MB_FIELD_PORT: read = mb_read_port(field, &value.i); break;
    case MB_FIELD_SIZE: read = mb_read_size(field, &value.i); break;
    case MB_FIELD_LETTER: read = read_letter(field, &value.b); break;
    case MB_FIELD_IP: read = read_ip(field, &value.u); break;
    case MB_FIELD_TIME:
    case MB_FIELD_DURATION: return read_in_unit(state, field, word);
    default: break;
    }
    *word = value.bits;
    return read;
}

// --- The quick way: unquoted runs of digits, without a zero before others.

static inline bool is_padded(const char *bytes, size_t length)
{
    return *bytes == '0' && length > 1;
}

// Converts rows as long as they are such, or ports, which may have zeros before and the word before
// these; returns how many.
static inline int64_t convert_digits(const mb_batch *batch, mb_record_state *state, bool ports,
                                     int64_t row)
{
    static const char word[4] = "Port";
    const int64_t field = state->what.field;
    const bool last = field + 1 == batch->fields[row];
    const uint32_t gap = batch->gap;
    for (; row < batch->n; row++) {
        const int64_t at = batch->first[row] + field;
        const uint32_t from = batch->begins[at] + gap;
        const char *bytes = batch->text + from;
        size_t length = batch->ends[at] - from;
        if (last && length && bytes[length - 1] == '\r') length--;
        if (ports && length > sizeof word && memcmp(bytes, word, sizeof word) == 0) {
            bytes += sizeof word;
            length -= sizeof word;
        }
        if (!ports && is_padded(bytes, length)) break;
        if (!mb_read_sixteen(bytes, length, &state->words[row])) break;
        state->valid[row] = 1;
    }
    return row;
}

// Addresses of version 4.
static int64_t convert_addresses(const mb_record_form *form, const mb_batch *batch,
                                 mb_record_state *state, int64_t row)
{
    for (; row < batch->n; row++) {
        mb_string raw = raw_field(batch, row, state->what.field);
        if (form->typed && raw.length > 2 && *raw.bytes == form->dialect.quote)
            raw = (mb_string){raw.bytes + 1, raw.length - 2};
        const char *at = raw.bytes, *end = at + raw.length;
        uint64_t word = 0;
        int parts = 0;
        for (; parts < 4 && at < end; parts++) {
            const char *first = at;
            unsigned number = 0;
            for (; at < end && at < first + 3 && (unsigned)(*at - '0') <= 9; at++)
                number = number * 10 + (unsigned)(*at - '0');
            if (at == first || number > 255 || (*first == '0' && at > first + 1)) break;
            word = word << 8 | number;
            if (at < end && *at++ != '.') break;
        }
        if (parts < 4 || at < end || at[-1] == '.') break;
        state->words[row] = word;
        state->valid[row] = 1;
    }
    return row;
}

// The first point of eight bytes; 8: there is none.
static inline size_t find_point(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    word ^= MB_EACH_BYTE('.');
    word = (word - MB_EACH_BYTE(1)) & ~word & MB_EACH_BYTE(0x80);
    return word ? (size_t)__builtin_ctzll(word) / 8 : sizeof word;
}

// Floats as digits.digits, unquoted, whose digits are an exact double.
static int64_t convert_decimals(const mb_batch *batch, mb_record_state *state, int64_t row)
{
    enum { MOST = 18 };
    for (; row < batch->n; row++) {
        const mb_string raw = raw_field(batch, row, state->what.field);
        const bool negative = raw.length && *raw.bytes == '-';
        const char *at = raw.bytes + negative;
        const size_t length = raw.length - negative;
        uint64_t before, behind;
        size_t whole = find_point(at);
        if (whole == 8) whole += find_point(at + 8);
        const size_t decimals = length - whole - 1;
        if (length > MOST || whole >= length || is_padded(at, whole)) break;
        if (!mb_read_sixteen(at, whole, &before) ||
            !mb_read_sixteen(at + whole + 1, decimals, &behind))
            break;
        const double power = mb_powers_of_ten[decimals];
        const uint64_t digits = before * (uint64_t)power + behind;
        if (digits >> 53) break;
        double value = (double)digits / power;
        if (negative) value = -value;
        memcpy(&state->words[row], &value, sizeof value);
        state->valid[row] = 1;
    }
    return row;
}

// The first quote within quotes at a place or behind it.
static const uint32_t *inner_from(const mb_batch *batch, const char *place)
{
    const uint32_t *low = batch->inner, *high = low + batch->n_inner;
    while (low < high) {
        const uint32_t *middle = low + (high - low) / 2;
        if (batch->text + *middle < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Text, whose looks are of no interest.
static int64_t convert_text(const mb_record_form *form, const mb_batch *batch,
                            mb_record_state *state, int64_t row, mb_record_arena *arena)
{
    const char quote = form->dialect.quote;
    const int64_t field = state->what.field;
    const uint32_t *stop = batch->inner + batch->n_inner;
    const uint32_t *inner = inner_from(batch, raw_field(batch, row, field).bytes);
    for (; row < batch->n; row++) {
        mb_string raw = raw_field(batch, row, field);
        if (quote && raw.length && *raw.bytes == quote) {
            while (inner < stop && batch->text + *inner < raw.bytes)
                inner++;
            const bool plain = inner == stop || batch->text + *inner >= raw.bytes + raw.length;
            if (plain)
                raw = (mb_string){raw.bytes + 1, raw.length - 2};
            else if (mb_record_field(form, batch, row, field, arena, &raw, NULL) != MB_FIELD_THERE)
                break;
        } else if (raw.length <= form->longest_na && is_na(form, raw)) {
            raw = (mb_string){NULL, 0};
        }
        state->strings[row] = raw;
    }
    return row;
}

// Converts rows from `row` on as long as a quick way can; returns how many. Fields' looks must be
// known: those of floats once one of them was seen.
static int64_t convert_quickly(const mb_record_form *form, const mb_batch *batch,
                               mb_record_state *state, int64_t row, mb_record_arena *arena)
{
    const uint32_t looks = state->looks;
    if (state->outgrown || !form->quick || batch->ragged) return row;
    switch (state->what.kind) {
    case MB_FIELD_INT: return looks & MB_LOOKS_INT ? convert_digits(batch, state, false, row) : row;
    case MB_FIELD_UINT:
        return looks & MB_LOOKS_UINT ? convert_digits(batch, state, false, row) : row;
    case MB_FIELD_PORT: return convert_digits(batch, state, true, row);
    case MB_FIELD_SIZE: return convert_digits(batch, state, false, row);
    case MB_FIELD_IP:
        return looks & MB_LOOKS_IP4 ? convert_addresses(form, batch, state, row) : row;
    case MB_FIELD_FLOAT: return looks & MB_LOOKS_FLOAT ? convert_decimals(batch, state, row) : row;
    case MB_FIELD_TEXT: return state->settled ? convert_text(form, batch, state, row, arena) : row;
    default: return row;
    }
}

// --- Batches.

static bool is_text(mb_field_kind kind)
{
    return kind == MB_FIELD_TEXT || kind == MB_FIELD_ADDRESS;
}

void mb_record_fail(mb_batch *batch, const mb_record_state *state, int64_t row, mb_string field,
                    mb_record_failure *failure)
{
    batch->bad[row] = 1;
    batch->any_bad = true;
    if (failure->row >= 0 && failure->row <= row) return;
    *failure = (mb_record_failure){.row = row, .column = state->what.field, .field = field};
}

// Keeps a string of a column of text, if it is one that the column can have.
static void take_string(mb_batch *batch, mb_record_state *state, int64_t row, mb_string field,
                        mb_record_failure *failure)
{
    mb_address address;
    if (state->what.kind == MB_FIELD_ADDRESS && !mb_address_parse(field, &address))
        mb_record_fail(batch, state, row, field, failure);
    else
        state->strings[row] = field;
}

// Looks at a field of a guessed column; whether it can be a value of it.
static bool admit(const mb_record_form *form, mb_record_state *state, mb_string field, bool quoted)
{
    int unit;
    const mb_field_kind needed = state->what.kind;
    if (state->settled) return needed == MB_FIELD_TEXT;
    const bool string = form->typed && quoted;
    state->looks |= string ? mb_look_at_string(field) : mb_look_at(field, form->marks);
    const mb_field_kind kind = mb_look_kind(state->looks, &unit);
    state->settled = kind == MB_FIELD_TEXT;
    if (needed == MB_FIELD_TEXT) return true;
    const bool integers =
        kind == MB_FIELD_INT && (needed == MB_FIELD_UINT || needed == MB_FIELD_FLOAT);
    const bool wider = integers || (kind == MB_FIELD_UINT && needed == MB_FIELD_FLOAT) ||
                       (kind == MB_FIELD_IP && needed == MB_FIELD_ADDRESS);
    if (kind == needed ? unit <= state->what.unit : wider) return true;
    state->outgrown = true;
    return false;
}

static void convert_row(const mb_record_form *form, mb_batch *batch, mb_record_state *state,
                        int64_t row, mb_record_arena *arena, mb_record_failure *failure)
{
    mb_string field = {NULL, 0};
    bool quoted = false;
    const bool text = is_text(state->what.kind);
    const mb_field_state how =
        mb_record_field(form, batch, row, state->what.field, arena, &field, &quoted);
    state->valid[row] = 0;
    if (text)
        state->strings[row] = (mb_string){NULL, 0};
    else
        state->words[row] = 0;
    if (how == MB_FIELD_BROKEN) {
        mb_record_fail(batch, state, row, field, failure);
        if (failure->row == row && failure->column == state->what.field) failure->quotes = true;
    }
    if (how != MB_FIELD_THERE) return;
    // A value of text alone, which tells no type unless strings do.
    const bool empty = field.length == 0 && quoted && !(form->typed && state->what.guessed);
    if (empty && state->what.kind != MB_FIELD_TEXT && form->n_na > 0) return;
    if (!empty && state->what.guessed && !admit(form, state, field, quoted)) return;
    if (text) {
        take_string(batch, state, row, field, failure);
        return;
    }
    state->valid[row] = read_word(form, state, field, &state->words[row]);
    if (!state->valid[row] && !state->what.guessed)
        mb_record_fail(batch, state, row, field, failure);
}

void mb_record_convert(const mb_record_form *form, mb_batch *batch, mb_record_state *state,
                       mb_record_arena *arena, mb_record_failure *failure)
{
    for (int64_t row = 0; row < batch->n; row++) {
        row = convert_quickly(form, batch, state, row, arena);
        if (row < batch->n) convert_row(form, batch, state, row, arena, failure);
    }
}

const mb_type *mb_record_type(const mb_record_column *column)
{
    switch (column->kind) {
    case MB_FIELD_BOOL:
    case MB_FIELD_LETTER: return &mb_type_bool;
    case MB_FIELD_UINT: return &mb_type_uint;
    case MB_FIELD_FLOAT: return &mb_type_float;
    case MB_FIELD_IP: return &mb_type_ip;
    case MB_FIELD_TIME: return mb_time_in(column->unit);
    case MB_FIELD_DURATION: return mb_duration_in(column->unit);
    case MB_FIELD_TEXT:
    case MB_FIELD_ADDRESS: return &mb_type_text;
    default: return &mb_type_int;
    }
}

void mb_record_begin(mb_record_state *state)
{
    const bool found = state->what.guessed || state->what.kind == MB_FIELD_TIME ||
                       state->what.kind == MB_FIELD_DURATION;
    state->outgrown = false;
    state->settled = !state->what.guessed;
    state->looks = found ? 0 : UINT32_MAX;
}

mb_status mb_record_open(mb_context *cx, mb_record_state *state, int64_t rows)
{
    mb_record_close(state);
    mb_record_begin(state);
    state->room = rows;
    if (is_text(state->what.kind))
        return mb_text_encoder_open(cx, rows, MB_TEXT_CHOOSE, &state->encoder);
    return mb_builder_open(cx, mb_record_type(&state->what), rows, NULL, 8, &state->builder);
}

mb_status mb_record_resize(mb_record_state *state, int64_t rows)
{
    state->room = rows;
    if (state->encoder) return mb_text_encoder_resize(state->encoder, rows);
    return mb_builder_resize(state->builder, rows);
}

// Leaves the rows of a batch out that are bad; returns how many are left.
static int64_t leave_out(mb_record_state *state, const mb_batch *batch)
{
    int64_t n = 0;
    for (int64_t row = 0; row < batch->n; row++) {
        if (batch->bad[row]) continue;
        if (is_text(state->what.kind))
            state->strings[n] = state->strings[row];
        else
            state->words[n] = state->words[row];
        state->valid[n++] = state->valid[row];
    }
    return n;
}

mb_status mb_record_append(mb_record_state *state, const mb_batch *batch, bool all, int64_t filled)
{
    mb_status status = MB_OK;
    if (state->outgrown) return MB_OK;
    const int64_t n = all || !batch->any_bad ? batch->n : leave_out(state, batch);
    const int64_t rows = filled + n;
    if (rows > state->room) status = mb_record_resize(state, rows + rows / 4);
    if (status || n == 0) return status;
    if (state->encoder) return mb_text_encoder_append_all(state->encoder, state->strings, n, false);
    return mb_builder_append_words(state->builder, state->words, state->valid, n);
}

void mb_record_close(mb_record_state *state)
{
    mb_builder_close(state->builder);
    mb_text_encoder_close(state->encoder);
    state->builder = NULL;
    state->encoder = NULL;
}
