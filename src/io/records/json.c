#include "io/records/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/json/parser.h"
#include "io/records/ways.h"

enum { MOST_LEVELS = MB_WAY_DOTS + 3, SHOWN = 24 };

// An object or array that is open, and that a field may be.
typedef struct level {
    int32_t node, field;
    uint64_t way;
    const char *first;
} level;

// A value as it stands in the text, a string in quotes; null has no bytes.
typedef struct span {
    uint32_t begin, end;
} span;

// What a line has of a field.
typedef struct value {
    span span;
    int64_t line;   // that has it: the last one
    int64_t number; // among those of the line
    uint64_t way;   // the dots that the way to it has taken, the first one as the highest bit
} value;

struct mb_json {
    mb_context *cx;
    mb_json_parser *parser;
    bool learns;       // names of objects, and notes which there were
    int64_t n, n_rows; // fields, of which the first so many are those of rows
    mb_ways ways;
    mb_strings seen; // names, as they came
    mb_buffer *value_table, *look_table, *seen_table;
    mb_buffer *span_table; // where the fields of a batch's rows begin; behind these where they end
    mb_buffer *inner_table;
    int64_t n_inner;
    char *text;     // of the batch,
    uint32_t spare; // and where there is room for strings that are not as in the line
    // The line at hand.
    int64_t number; // of all lines
    uint32_t line;  // where it begins
    size_t length;
    int64_t depth, matched; // levels that are open, and of these objects that are on a way
    const mb_way *key;      // of the value that follows; NULL: on no way
    level levels[MOST_LEVELS];
    int64_t n_values; // of fields, so far
    bool fresh;       // one of them is of a name that no line had before
    mb_status status;
    char reason[MB_JSON_REASON]; // empty: nothing is wrong
};

static const char *const missing[] = {""};

const mb_record_form mb_json_form = {.dialect = {.separator = ',', .quote = '"'},
                                     .marks = {.decimal = '.'},
                                     .na = missing,
                                     .n_na = 1,
                                     .quick = true,
                                     .typed = true};

// --- Names.

static mb_status add_field(mb_json *json, const char *name, bool literal)
{
    mb_status status;
    const int64_t n = json->n;
    MB_TRY(mb_buffer_reserve(json->cx, &json->value_table, n, 1, sizeof(value)));
    MB_TRY(mb_buffer_reserve(json->cx, &json->look_table, n, 1, sizeof(uint32_t)));
    MB_TRY(mb_buffer_reserve(json->cx, &json->seen_table, n, 1, sizeof(bool)));
    MB_TRY(mb_ways_add(&json->ways, name, literal));
    ((value *)json->value_table->data)[n] = (value){.line = 0};
    ((uint32_t *)json->look_table->data)[n] = 0;
    ((bool *)json->seen_table->data)[n] = !json->learns;
    json->n++;
done:
    return status;
}

static void refuse(mb_json *json, const char *reason)
{
    snprintf(json->reason, sizeof json->reason, "%s", reason);
}

// A name that is met for the first time.
static bool learn(mb_json *json, const char *name, size_t length)
{
    char text[MB_JSON_REASON];
    if (memchr(name, 0, length) || length >= sizeof text)
        json->status = mb_fail(json->cx, MB_EINVALID,
                               "an object has a name with a zero byte, or of more than %d bytes: "
                               "tell by 'fields' what to read",
                               MB_JSON_REASON - 1);
    else if (json->n >= MB_JSON_NAMES)
        json->status = mb_fail(json->cx, MB_EINVALID, MB_JSON_TOO_MANY);
    if (json->status) return false;
    memcpy(text, name, length);
    text[length] = '\0';
    json->status = add_field(json, text, true);
    return json->status == MB_OK;
}

// --- What the parser tells.

// Takes a value of a field unless one by a better way is there.
static void take(mb_json *json, int32_t field, uint64_t way, span where)
{
    value *v = (value *)json->value_table->data + field;
    const bool known = v->line == json->number;
    if (known && v->way < way) return;
    const int64_t number = known ? v->number : json->n_values++;
    *v = (value){.span = where, .line = json->number, .number = number, .way = way};
    json->fresh = json->fresh || !((const bool *)json->seen_table->data)[field];
}

// The field that a value at the place of the parser is of; NONE: nobody asks for it.
static int32_t field_here(const mb_json *json)
{
    const mb_way *key = json->key;
    return json->matched == json->depth && key ? key->field : MB_WAY_NONE;
}

static void take_here(mb_json *json, span where)
{
    const int32_t field = field_here(json);
    if (field != MB_WAY_NONE) take(json, field, json->levels[json->depth - 1].way, where);
}

// Of a value that lies in the line, with the quotes around it.
static span span_of(const mb_json *json, const char *bytes, size_t length)
{
    const uint32_t begin = (uint32_t)(bytes - json->text);
    return (span){begin, begin + (uint32_t)length};
}

static bool on_scalar(void *state, const char *bytes, size_t length)
{
    const bool null = *bytes == 'n';
    take_here(state, null ? (span){0, 0} : span_of(state, bytes, length));
    return true;
}

// Writes a string that had escapes as others stand there, with its quotes doubled.
static bool take_escaped(mb_json *json, const char *bytes, size_t length)
{
    span where = {json->spare, json->spare};
    json->status =
        mb_buffer_reserve(json->cx, &json->inner_table, json->n_inner, (int64_t)length, 4);
    if (json->status) return false;
    uint32_t *inner = json->inner_table->data;
    json->text[where.end++] = '"';
    for (size_t i = 0; i < length; i++) {
        json->text[where.end++] = bytes[i];
        if (bytes[i] != '"') continue;
        inner[json->n_inner++] = where.end;
        json->text[where.end++] = '"';
    }
    json->text[where.end++] = '"';
    json->spare = where.end;
    take_here(json, where);
    return true;
}

static bool in_line(const mb_json *json, const char *text)
{
    const char *line = json->text + json->line;
    return text >= line && text < line + json->length;
}

static bool on_string(void *state, const char *bytes, size_t length)
{
    mb_json *json = state;
    if (!in_line(json, bytes))
        return field_here(json) == MB_WAY_NONE || take_escaped(json, bytes, length);
    take_here(json, span_of(json, bytes - 1, length + 2));
    return true;
}

static bool on_name(void *state, const char *bytes, size_t length)
{
    mb_json *json = state;
    const mb_string name = {bytes, length};
    if (json->matched != json->depth) return true;
    const int32_t node = json->levels[json->depth - 1].node;
    json->key = mb_ways_find(&json->ways, node, name, in_line(json, bytes));
    if (json->key || !json->learns || json->depth > 1) return true;
    if (!learn(json, bytes, length)) return false;
    json->key = mb_ways_find(&json->ways, node, name, false);
    return true;
}

// An object or an array begins.
static bool on_begin(void *state, bool object, const char *bytes)
{
    mb_json *json = state;
    if (json->matched == json->depth) {
        const mb_way *e = json->key;
        const uint64_t way = json->levels[json->depth - 1].way;
        level *l = &json->levels[json->depth];
        *l = (level){.node = MB_WAY_NONE, .field = MB_WAY_NONE, .way = way, .first = bytes};
        if (e) l->field = e->field;
        if (e && object && e->child != MB_WAY_NONE) {
            l->node = e->child;
            l->way |= UINT64_C(1) << (MB_WAY_DOTS - e->dots);
            json->matched++;
        }
    }
    json->depth++;
    return true;
}

static bool on_end(void *state, const char *stop)
{
    mb_json *json = state;
    json->depth--;
    if (json->matched > json->depth) json->matched--;
    if (json->matched != json->depth) return true;
    const level *l = &json->levels[json->depth];
    if (l->field == MB_WAY_NONE) return true;
    take(json, l->field, json->levels[json->depth - 1].way,
         span_of(json, l->first, (size_t)(stop - l->first)));
    return true;
}

static const mb_json_events events = {
    .scalar = on_scalar, .string = on_string, .name = on_name, .begin = on_begin, .end = on_end};

// --- Lines.

static bool is_hex(const char *digits, unsigned *number)
{
    *number = 0;
    for (int i = 0; i < 4; i++) {
        const char digit = digits[i], small = (char)(digit | ' ');
        if (digit >= '0' && digit <= '9')
            *number = *number << 4 | (unsigned)(digit - '0');
        else if (small >= 'a' && small <= 'f')
            *number = *number << 4 | (unsigned)(small - 'a' + 10);
        else
            return false;
    }
    return true;
}

// Whether an escape is half of a surrogate pair, of which the parser would make another character.
static bool has_half(const char *line, size_t length)
{
    enum { KIND = 0xfc00, HIGH = 0xd800, LOW = 0xdc00 };
    const char *stop = line + length, *at = memchr(line, '\\', length);
    for (; at && at + 1 < stop; at = memchr(at, '\\', (size_t)(stop - at))) {
        unsigned number;
        const bool unicode = at[1] == 'u' && stop - at >= 6 && is_hex(at + 2, &number);
        at += 2;
        if (!unicode) continue;
        at += 4;
        if ((number & KIND) == LOW) return true;
        if ((number & KIND) != HIGH) continue;
        if (stop - at < 6 || at[0] != '\\' || at[1] != 'u' || !is_hex(at + 2, &number) ||
            (number & KIND) != LOW)
            return true;
        at += 6;
    }
    return false;
}

// Says what the parser found wrong.
static void describe(mb_json *json, const mb_json_error *error)
{
    const char *line = json->text + json->line, *stop = line + json->length;
    char shown[SHOWN + 1];
    size_t n = 0;
    if (error->reason == mb_json_more && *error->at == '{') {
        refuse(json, "there is a second object in the line: each is a line of its own");
        return;
    }
    for (const char *at = error->at; at && at + 1 < stop && n < SHOWN; at++)
        shown[n++] = (char)((unsigned char)*at < ' ' ? '?' : *at);
    shown[n] = '\0';
    if (n > 0)
        snprintf(json->reason, sizeof json->reason, "the line is no JSON (%s) at byte %td: %s",
                 error->reason, error->at - line + 1, shown);
    else
        snprintf(json->reason, sizeof json->reason, "the line is no JSON: %s", error->reason);
}

// Whether a line is another value than an object, by its first byte.
static bool is_value(mb_json *json, const char *line, size_t length)
{
    size_t i = 0;
    while (i < length && (line[i] == ' ' || line[i] == '\t'))
        i++;
    if (i < length && line[i] == '[')
        refuse(json, "the line is an array, and no object: records are lines as {\"a\": 1}, which "
                     "'jq -c .[]' makes of an array");
    else if (i < length && strchr("\"-0123456789", line[i]))
        refuse(json, "the line is a value, and no object: records are lines as {\"a\": 1}");
    else
        return false;
    return true;
}

// Parses a line at a place; a reason is there where it is no object.
static mb_status parse(mb_json *json, uint32_t at, size_t length)
{
    const char *line = json->text + at;
    mb_json_error error;
    json->number++;
    json->line = at;
    json->length = length;
    json->depth = json->matched = 1;
    json->levels[0] = (level){.node = MB_WAY_ROOT, .field = MB_WAY_NONE};
    json->key = NULL;
    json->n_values = 0;
    json->fresh = false;
    json->reason[0] = '\0';
    if (is_value(json, line, length)) return MB_OK;
    if (has_half(line, length)) {
        refuse(json, "an escape in the line is half of a surrogate pair, and no character");
        return MB_OK;
    }
    switch (mb_json_parse(json->parser, line, length, &events, json, &error)) {
    case MB_JSON_WRONG: describe(json, &error); break;
    case MB_JSON_MEMORY: return mb_fail(json->cx, MB_EMEMORY, "no memory to parse a line of JSON");
    default: break;
    }
    return json->status;
}

// Looks at the fields that are none of rows.
static void look(mb_json *json)
{
    value *values = json->value_table ? json->value_table->data : NULL;
    uint32_t *looks = json->look_table ? json->look_table->data : NULL;
    for (int64_t i = json->n_rows; i < json->n; i++) {
        const value *v = &values[i];
        const uint32_t length = v->span.end - v->span.begin;
        if (v->line != json->number || length == 0 || (looks[i] & MB_LOOKS_TEXT)) continue;
        const char *bytes = json->text + v->span.begin;
        looks[i] |= *bytes == '"' ? mb_look_at_string((mb_string){bytes + 1, length - 2})
                                  : mb_look_at((mb_string){bytes, length}, mb_json_form.marks);
    }
}

// Notes the names of a line that none before it had, as they came.
static mb_status note(mb_json *json)
{
    const value *values = json->value_table->data;
    bool *seen = json->seen_table->data;
    mb_status status = MB_OK;
    int64_t first = 0;
    while (first >= 0 && !status) {
        const char *name = mb_strings_first(&json->ways.names), *found = NULL;
        first = -1;
        for (int64_t i = 0; i < json->n; i++, name = mb_strings_next(name)) {
            const bool is_new = !seen[i] && values[i].line == json->number;
            if (!is_new || (first >= 0 && values[first].number < values[i].number)) continue;
            first = i;
            found = name;
        }
        if (first < 0) break;
        seen[first] = true;
        status = mb_strings_add(json->cx, &json->seen, found);
    }
    return status;
}

// Notes where a line has the fields of a row.
static void put_row(mb_json *json, int64_t row)
{
    const value *values = json->value_table->data;
    uint32_t *begins = (uint32_t *)json->span_table->data + row * json->n_rows;
    uint32_t *ends = begins + MB_BATCH_ROWS * json->n_rows;
    for (int64_t i = 0; i < json->n_rows; i++) {
        const span where = values[i].line == json->number ? values[i].span : (span){0, 0};
        begins[i] = where.begin;
        ends[i] = where.end;
    }
}

static bool is_blank(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r' && line[i] != '\n') return false;
    return true;
}

static void note_wrong(const mb_json *json, uint32_t start, mb_json_wrong *wrong)
{
    if (wrong->lines++ > 0) return;
    wrong->place = start;
    snprintf(wrong->reason, sizeof wrong->reason, "%s", json->reason);
}

mb_status mb_json_split(mb_json *json, uint32_t spare, mb_batch *batch, bool fails,
                        mb_json_wrong *wrong)
{
    mb_status status = MB_OK;
    int64_t n = 0;
    wrong->lines = 0;
    json->text = batch->text;
    json->spare = spare;
    json->n_inner = 0;
    for (int64_t row = 0; row < batch->n && !(fails && wrong->lines) && !status; row++) {
        const uint32_t start = batch->start[row], stop = batch->ends[batch->first[row]];
        if (is_blank(batch->text + start, stop - start)) continue;
        status = parse(json, start, stop - start + 1);
        const bool good = !status && !json->reason[0];
        if (!status && !good) note_wrong(json, start, wrong);
        if (good) look(json);
        if (good && json->fresh) status = note(json);
        if (!good || status) continue;
        if (json->n_rows) put_row(json, n);
        batch->start[n] = start;
        batch->fields[n] = (uint32_t)json->n_rows;
        batch->first[n] = (uint32_t)(n * json->n_rows);
        n++;
    }
    batch->n = n;
    batch->begins = json->span_table->data;
    batch->ends = batch->begins + MB_BATCH_ROWS * json->n_rows;
    batch->gap = 0;
    batch->inner = json->inner_table ? json->inner_table->data : NULL;
    batch->n_inner = json->n_inner;
    batch->ragged = false;
    return status;
}

// --- All of it.

mb_status mb_json_open(mb_context *cx, const mb_json_fields *fields, bool survey, mb_json **json)
{
    mb_status status = MB_EMEMORY;
    mb_json *made = *json = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    *made = (mb_json){.cx = cx, .learns = fields->learns};
    mb_ways_open(cx, &made->ways);
    made->parser = mb_json_parser_open();
    if (!made->parser) MB_TRY(mb_fail(cx, MB_EMEMORY, "no memory for a parser of JSON"));
    for (int64_t i = 0; i < fields->n; i++)
        MB_TRY(add_field(made, fields->names[i], fields->literal));
    made->n_rows = survey ? 0 : fields->n;
    status = mb_buffer_new_array(cx, 2 * MB_BATCH_ROWS * made->n_rows, sizeof(uint32_t),
                                 &made->span_table);
done:
    return status;
}

void mb_json_close(mb_json *json)
{
    if (!json) return;
    mb_json_parser_close(json->parser);
    mb_ways_close(&json->ways);
    mb_strings_release(&json->seen);
    mb_buffer_release(json->value_table);
    mb_buffer_release(json->look_table);
    mb_buffer_release(json->seen_table);
    mb_buffer_release(json->span_table);
    mb_buffer_release(json->inner_table);
    free(json);
}

const mb_strings *mb_json_names(const mb_json *json)
{
    return &json->seen;
}

int64_t mb_json_field(const mb_json *json, const char *name)
{
    const char *text = mb_strings_first(&json->ways.names);
    for (int64_t i = 0; i < json->n; i++, text = mb_strings_next(text))
        if (strcmp(text, name) == 0) return i;
    return -1;
}

uint32_t mb_json_looks(const mb_json *json, int64_t field)
{
    return ((const uint32_t *)json->look_table->data)[field];
}
