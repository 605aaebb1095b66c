#include "io/records/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>
#include <yajl/yajl_parse.h>

#include "io/records/ways.h"

enum { MOST_LEVELS = MB_WAY_DOTS + 3, REASON = 256, SHOWN = 24 };

// An object or array that is open, and that a field may be.
typedef struct level {
    int32_t node, field;
    uint64_t way;
    size_t first;
} level;

typedef enum found { NOTHING, NULL_VALUE, BARE, STRING, ESCAPED } found;

// What a line has of a field.
typedef struct value {
    const char *bytes; // of the line,
    size_t kept;       // or where those of a string with escapes are kept
    size_t length;
    int64_t number; // among those of the line
    uint64_t way;   // the dots that the way to it has taken, the first one as the highest bit
    found how;
} value;

struct mb_json {
    mb_context *cx;
    yajl_handle parser;
    bool learns;       // names of objects, and notes which there were
    int64_t n, n_rows; // fields, of which the first so many are those of rows
    mb_ways ways;
    mb_strings seen; // names, as they came
    mb_buffer *value_table, *look_table, *seen_table, *kept, *text, *ends;
    size_t n_kept, n_text;
    int64_t n_ends;
    // The line at hand.
    const char *line;
    size_t length;
    int64_t depth, matched; // levels that are open, and of these objects that are on a way
    int64_t objects;        // that are whole lines
    const mb_way *key;      // of the value that follows; NULL: on no way
    level levels[MOST_LEVELS];
    int64_t n_values; // of fields, so far
    bool fresh;       // one of them is of a name that no line had before
    mb_status status;
    char reason[REASON]; // empty: nothing is wrong
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
    ((value *)json->value_table->data)[n] = (value){.how = NOTHING};
    ((uint32_t *)json->look_table->data)[n] = 0;
    ((bool *)json->seen_table->data)[n] = !json->learns;
    json->n++;
done:
    return status;
}

static int refuse(mb_json *json, const char *reason)
{
    snprintf(json->reason, sizeof json->reason, "%s", reason);
    return 0;
}

// A name that is met for the first time.
static int learn(mb_json *json, const char *name, size_t length)
{
    char text[REASON];
    if (memchr(name, 0, length) || length >= sizeof text)
        json->status = mb_fail(json->cx, MB_EINVALID,
                               "an object has a name with a zero byte, or of more than %d bytes: "
                               "tell by 'fields' what to read",
                               REASON - 1);
    else if (json->n >= MB_JSON_NAMES)
        json->status = mb_fail(json->cx, MB_EINVALID, MB_JSON_TOO_MANY);
    if (json->status) return 0;
    memcpy(text, name, length);
    text[length] = '\0';
    json->status = add_field(json, text, true);
    return json->status == MB_OK;
}

// --- What the parser tells.

// Takes a value of a field unless one by a better way is there.
static int take(mb_json *json, int32_t field, uint64_t way, const char *bytes, size_t length,
                found how)
{
    value *v = (value *)json->value_table->data + field;
    if (v->how != NOTHING && v->way < way) return 1;
    const int64_t number = v->how != NOTHING ? v->number : json->n_values++;
    *v = (value){.bytes = bytes, .length = length, .number = number, .way = way, .how = how};
    json->fresh = json->fresh || !((const bool *)json->seen_table->data)[field];
    if (how != ESCAPED) return 1;
    json->status =
        mb_buffer_reserve(json->cx, &json->kept, (int64_t)json->n_kept, (int64_t)length, 1);
    if (json->status) return 0;
    memcpy((char *)json->kept->data + json->n_kept, bytes, length);
    v->kept = json->n_kept;
    json->n_kept += length;
    return 1;
}

static int take_scalar(mb_json *json, const char *bytes, size_t length, found how)
{
    if (json->depth == 0)
        return refuse(json, "the line is a value, and no object: records are lines as {\"a\": 1}");
    const mb_way *key = json->key;
    if (json->matched != json->depth || !key || key->field == MB_WAY_NONE) return 1;
    return take(json, key->field, json->levels[json->depth - 1].way, bytes, length, how);
}

static int on_null(void *state)
{
    return take_scalar(state, NULL, 0, NULL_VALUE);
}

static int on_boolean(void *state, int is)
{
    return take_scalar(state, is ? "true" : "false", is ? 4 : 5, BARE);
}

static int on_number(void *state, const char *bytes, size_t length)
{
    return take_scalar(state, bytes, length, BARE);
}

static int on_string(void *state, const unsigned char *bytes, size_t length)
{
    mb_json *json = state;
    const char *text = (const char *)bytes;
    const bool of_line = text >= json->line && text < json->line + json->length;
    return take_scalar(json, text, length, of_line ? STRING : ESCAPED);
}

static int on_key(void *state, const unsigned char *bytes, size_t length)
{
    mb_json *json = state;
    const char *name = (const char *)bytes;
    if (json->matched != json->depth) return 1;
    const int32_t node = json->levels[json->depth - 1].node;
    json->key = mb_ways_find(&json->ways, node, name, length);
    if (json->key || !json->learns || json->depth > 1) return 1;
    if (!learn(json, name, length)) return 0;
    json->key = mb_ways_find(&json->ways, node, name, length);
    return 1;
}

// An object or an array begins: the byte before the place that the parser is at.
static int begin(mb_json *json, bool object)
{
    if (json->matched == json->depth && json->depth > 0) {
        const mb_way *e = json->key;
        const uint64_t way = json->levels[json->depth - 1].way;
        level *l = &json->levels[json->depth];
        *l = (level){.node = MB_WAY_NONE, .field = MB_WAY_NONE, .way = way};
        l->first = yajl_get_bytes_consumed(json->parser) - 1;
        if (e) l->field = e->field;
        if (e && object && e->child != MB_WAY_NONE) {
            l->node = e->child;
            l->way |= UINT64_C(1) << (MB_WAY_DOTS - e->dots);
            json->matched++;
        }
    }
    json->depth++;
    return 1;
}

static int end(mb_json *json)
{
    json->depth--;
    if (json->matched > json->depth) json->matched--;
    if (json->matched != json->depth || json->depth == 0) return 1;
    const level *l = &json->levels[json->depth];
    if (l->field == MB_WAY_NONE) return 1;
    const size_t length = yajl_get_bytes_consumed(json->parser) - l->first;
    return take(json, l->field, json->levels[json->depth - 1].way, json->line + l->first, length,
                BARE);
}

static int on_object(void *state)
{
    mb_json *json = state;
    if (json->depth > 0) return begin(json, true);
    if (json->objects++ > 0)
        return refuse(json, "there is a second object in the line: each is a line of its own");
    json->levels[0] = (level){.node = MB_WAY_ROOT, .field = MB_WAY_NONE};
    json->matched = 1;
    json->depth = 1;
    return 1;
}

static int on_array(void *state)
{
    mb_json *json = state;
    if (json->depth == 0)
        return refuse(json, "the line is an array, and no object: records are lines as "
                            "{\"a\": 1}, which 'jq -c .[]' makes of an array");
    return begin(json, false);
}

static int on_end(void *state)
{
    return end(state);
}

static const yajl_callbacks callbacks = {.yajl_null = on_null,
                                         .yajl_boolean = on_boolean,
                                         .yajl_number = on_number,
                                         .yajl_string = on_string,
                                         .yajl_start_map = on_object,
                                         .yajl_map_key = on_key,
                                         .yajl_end_map = on_end,
                                         .yajl_start_array = on_array,
                                         .yajl_end_array = on_end};

// --- Lines.

static mb_status open_parser(mb_json *json)
{
    if (json->parser) yajl_free(json->parser);
    json->parser = yajl_alloc(&callbacks, NULL, json);
    if (!json->parser) return mb_fail(json->cx, MB_EMEMORY, "no memory for a parser of JSON");
    yajl_config(json->parser, yajl_allow_multiple_values, 1);
    yajl_config(json->parser, yajl_dont_validate_strings, 1); // it takes more than UTF-8
    return MB_OK;
}

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

static bool is_ascii(const char *line, size_t length)
{
    unsigned char bits = 0;
    for (size_t i = 0; i < length; i++)
        bits |= (unsigned char)line[i];
    return bits < 0x80;
}

static void describe(mb_json *json)
{
    const unsigned char *line = (const unsigned char *)json->line;
    unsigned char *told = yajl_get_error(json->parser, 0, line, json->length);
    size_t at = yajl_get_bytes_consumed(json->parser), n = 0;
    char shown[SHOWN + 1];
    if (at > 0) at--; // the byte that is wrong
    for (size_t i = at; i + 1 < json->length && n < SHOWN; i++)
        shown[n++] = (char)(line[i] < ' ' ? '?' : line[i]);
    shown[n] = '\0';
    if (told) told[strcspn((char *)told, "\n")] = '\0';
    if (n > 0)
        snprintf(json->reason, sizeof json->reason, "the line is no JSON (%s) at byte %zu: %s",
                 told ? (char *)told : "it cannot be read", at + 1, shown);
    else
        snprintf(json->reason, sizeof json->reason,
                 "the line is no JSON: it ends too early (an object may not span lines)");
    if (told) yajl_free_error(json->parser, told);
}

// Parses a line; a reason is there where it is no object.
static mb_status parse(mb_json *json, const char *line, size_t length)
{
    json->line = line;
    json->length = length;
    json->depth = json->matched = json->objects = 0;
    json->key = NULL;
    json->n_kept = 0;
    json->n_values = 0;
    json->fresh = false;
    json->reason[0] = '\0';
    if (has_half(line, length))
        refuse(json, "an escape in the line is half of a surrogate pair, and no character");
    if (!is_ascii(line, length) && u8_check((const uint8_t *)line, length))
        refuse(json, "the line is no UTF-8 (iconv -t utf-8 makes such of other encodings)");
    if (json->reason[0]) return MB_OK;
    const yajl_status how = yajl_parse(json->parser, (const unsigned char *)line, length);
    if (json->status) return json->status;
    if (how == yajl_status_error) describe(json);
    if (how == yajl_status_ok && json->depth > 0)
        refuse(json, "the line is no JSON: it ends too early (an object may not span lines)");
    return json->reason[0] ? open_parser(json) : MB_OK;
}

static const char *bytes_of(const mb_json *json, const value *v)
{
    return v->how == ESCAPED ? (const char *)json->kept->data + v->kept : v->bytes;
}

static void forget(mb_json *json)
{
    value *values = json->value_table ? json->value_table->data : NULL;
    for (int64_t i = 0; i < json->n; i++)
        values[i].how = NOTHING;
}

// Looks at the fields that are none of rows.
static void look(mb_json *json)
{
    value *values = json->value_table ? json->value_table->data : NULL;
    uint32_t *looks = json->look_table ? json->look_table->data : NULL;
    for (int64_t i = json->n_rows; i < json->n; i++) {
        const value *v = &values[i];
        if (v->how <= NULL_VALUE || (looks[i] & MB_LOOKS_TEXT)) continue;
        const mb_string string = {bytes_of(json, v), v->length};
        looks[i] |=
            v->how == BARE ? mb_look_at(string, mb_json_form.marks) : mb_look_at_string(string);
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
            const bool is_new = !seen[i] && values[i].how != NOTHING;
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

static char *write_value(const mb_json *json, const value *v, char *to)
{
    const char *bytes = bytes_of(json, v);
    if (v->how == STRING || v->how == ESCAPED) *to++ = '"';
    if (v->how != ESCAPED) {
        if (v->length) memcpy(to, bytes, v->length);
        to += v->length;
    }
    for (size_t i = 0; v->how == ESCAPED && i < v->length; i++) {
        if (bytes[i] == '"') *to++ = '"';
        *to++ = bytes[i];
    }
    if (v->how == STRING || v->how == ESCAPED) *to++ = '"';
    return to;
}

// Writes what a line has as fields of a row behind those before.
static mb_status write_row(mb_json *json)
{
    mb_status status;
    const value *values = json->value_table ? json->value_table->data : NULL;
    size_t most = 1;
    for (int64_t i = 0; i < json->n_rows; i++)
        most += values[i].how <= NULL_VALUE ? 1 : 2 * values[i].length + 3;
    if (most > MB_LINES_MOST || json->n_text > MB_LINES_MOST)
        MB_TRY(mb_fail(json->cx, MB_EINVALID, "lines with more than a GiB of values in a batch"));
    MB_TRY(mb_buffer_reserve(json->cx, &json->text, (int64_t)json->n_text, (int64_t)most, 1));
    MB_TRY(
        mb_buffer_reserve(json->cx, &json->ends, json->n_ends, json->n_rows + 1, sizeof(uint32_t)));
    uint32_t *ends = (uint32_t *)json->ends->data + json->n_ends;
    char *text = json->text->data, *to = text + json->n_text;
    for (int64_t i = 0; i <= json->n_rows; i++) {
        if (i > 0 && values[i - 1].how > NULL_VALUE) to = write_value(json, &values[i - 1], to);
        ends[i] = (uint32_t)(to - text);
        *to++ = ',';
    }
    json->n_text = (size_t)(to - text);
    json->n_ends += json->n_rows + 1;
done:
    return status;
}

static bool is_blank(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r' && line[i] != '\n') return false;
    return true;
}

mb_status mb_json_split(mb_json *json, mb_batch *batch, bool fails, int64_t *wrong)
{
    mb_status status = MB_OK;
    int64_t n = 0;
    *wrong = -1;
    json->n_text = 0;
    json->n_ends = 0;
    batch->ragged = false;
    for (int64_t row = 0; row < batch->n && *wrong < 0 && !status; row++) {
        const uint32_t start = batch->start[row], stop = batch->ends[batch->first[row]];
        const char *line = batch->text + start;
        if (is_blank(line, stop - start)) continue;
        status = parse(json, line, stop - start + 1);
        const bool good = !status && !json->reason[0];
        if (!good && fails) *wrong = start;
        if (good) look(json);
        if (good && json->fresh) status = note(json);
        if (good && !status && json->n_rows) status = write_row(json);
        forget(json);
        if (!good || status) continue;
        batch->start[n] = start;
        batch->fields[n] = (uint32_t)json->n_rows + 1;
        batch->first[n] = (uint32_t)(n * (json->n_rows + 1));
        n++;
    }
    batch->n = n;
    batch->text = json->text ? json->text->data : NULL;
    batch->ends = json->ends ? json->ends->data : NULL;
    return status;
}

size_t mb_json_size(const mb_json *json)
{
    return json->n_text;
}

const char *mb_json_reason(const mb_json *json)
{
    return json->reason;
}

// --- All of it.

mb_status mb_json_open(mb_context *cx, const mb_json_fields *fields, bool survey, mb_json **json)
{
    mb_status status = MB_EMEMORY;
    mb_json *made = *json = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    *made = (mb_json){.cx = cx, .learns = fields->learns};
    mb_ways_open(cx, &made->ways);
    MB_TRY(open_parser(made));
    for (int64_t i = 0; i < fields->n; i++)
        MB_TRY(add_field(made, fields->names[i], fields->literal));
    made->n_rows = survey ? 0 : fields->n;
done:
    return status;
}

void mb_json_close(mb_json *json)
{
    if (!json) return;
    if (json->parser) yajl_free(json->parser);
    mb_ways_close(&json->ways);
    mb_strings_release(&json->seen);
    mb_buffer_release(json->value_table);
    mb_buffer_release(json->look_table);
    mb_buffer_release(json->seen_table);
    mb_buffer_release(json->kept);
    mb_buffer_release(json->text);
    mb_buffer_release(json->ends);
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
