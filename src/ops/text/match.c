#include "ops/text/match.h"

#include <stdlib.h>
#include <string.h>

#include "ops/text/entries.h"

static mb_status matches(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                         bool *valid)
{
    mb_matches in = mb_regex_matches(*(mb_regex *const *)argument, string);
    (void)cx;
    (void)valid;
    return mb_matches_next(&in, &value->b);
}

mb_status mb_text_matches(mb_context *cx, mb_column *column, mb_string pattern,
                          mb_regex_place place, mb_column **result)
{
    mb_regex *regex = NULL;
    mb_status status = mb_regex_open(cx, pattern, place, &regex);
    if (!status) status = mb_text_values(cx, column, &mb_type_bool, matches, &regex, result);
    status = mb_regex_conclude(cx, status, regex, column);
    mb_regex_close(regex);
    return status;
}

// --- Replacements.

// Text, or a group where there is none.
typedef struct part {
    mb_string text;
    int group;
} part;

typedef struct replacing {
    mb_regex *regex; // or NULL: both are plain
    mb_string pattern, replacement;
    mb_buffer *parts; // of the replacement of a regular expression
    int64_t nparts, n;
} replacing;

static void add_part(replacing *how, mb_string text, int group)
{
    if (text.bytes && !text.length) return;
    ((part *)how->parts->data)[how->nparts++] = (part){text, group};
}

static mb_status refuse(mb_context *cx, mb_string from)
{
    return mb_fail(
        cx, MB_EINVALID,
        "the replacement has '%.*s', where \\1 to \\99 and \\g<name> stand for groups of "
        "the pattern, and \\\\ for a backslash",
        from.length > 20 ? 20 : (int)from.length, from.bytes);
}

// Reads a group from `from`, which begins with a backslash; `*size` are its bytes.
static mb_status read_group(mb_context *cx, const mb_regex *regex, mb_string from, size_t *size,
                            int *group)
{
    char name[64];
    size_t i = 1, length;
    const char *bytes = from.bytes;
    if (from.length > 1 && bytes[1] == 'g') {
        const char *end = memchr(bytes, '>', from.length);
        if (from.length < 3 || bytes[2] != '<' || !end) return refuse(cx, from);
        length = (size_t)(end - bytes) - 3;
        if (length == 0 || length >= sizeof name) return refuse(cx, from);
        memcpy(name, bytes + 3, length);
        *size = length + 4;
    } else {
        while (i < from.length && i < 3 && bytes[i] >= '0' && bytes[i] <= '9')
            i++;
        if (i == 1) return refuse(cx, from);
        length = i - 1;
        memcpy(name, bytes + 1, length);
        *size = i;
    }
    name[length] = '\0';
    char *end;
    long number = strtol(name, &end, 10);
    bool is_number = !*end && name[0] >= '0' && name[0] <= '9';
    if (!is_number) number = mb_regex_group(regex, name);
    if (number > mb_regex_groups(regex) || (!is_number && !number))
        return mb_fail(cx, MB_EINVALID, "the replacement has '%.*s', and the pattern %d group%s%s",
                       (int)*size, bytes, mb_regex_groups(regex), mb_plural(mb_regex_groups(regex)),
                       is_number ? "" : ", none of this name");
    *group = (int)number;
    return MB_OK;
}

static mb_status read_replacement(mb_context *cx, replacing *how, mb_string rest)
{
    const char *at;
    while ((at = rest.length ? memchr(rest.bytes, '\\', rest.length) : NULL) != NULL) {
        size_t size = (size_t)(at - rest.bytes);
        int group = 0;
        add_part(how, (mb_string){rest.bytes, size}, 0);
        rest = (mb_string){at, rest.length - size};
        if (rest.length > 1 && at[1] == '\\') {
            add_part(how, (mb_string){at, 1}, 0);
            size = 2;
        } else {
            mb_status status = read_group(cx, how->regex, rest, &size, &group);
            if (status) return status;
            add_part(how, (mb_string){NULL, 0}, group);
        }
        rest = (mb_string){at + size, rest.length - size};
    }
    add_part(how, rest, 0);
    return MB_OK;
}

static mb_status append_parts(const replacing *how, const mb_matches *in, mb_text_output *output)
{
    mb_status status = MB_OK;
    const part *parts = how->parts->data;
    for (int64_t i = 0; i < how->nparts && !status; i++) {
        mb_string text = parts[i].text.bytes ? parts[i].text : mb_matches_group(in, parts[i].group);
        if (text.bytes) status = mb_text_append(output, text);
    }
    return status;
}

// What is left of a string once it was copied up to `at`.
static mb_status append_rest(mb_string string, size_t at, mb_text_output *output)
{
    return mb_text_append(output, (mb_string){string.bytes + at, string.length - at});
}

static mb_status replace_matches(const replacing *how, mb_string string, mb_text_output *output)
{
    mb_matches in = mb_regex_matches(how->regex, string);
    size_t copied = 0;
    bool found = true;
    for (int64_t i = 0; i != how->n; i++) {
        mb_status status = mb_matches_next(&in, &found);
        if (status) return status;
        if (!found) break;
        size_t begin = (size_t)(mb_matches_group(&in, 0).bytes - string.bytes);
        status = mb_text_append(output, (mb_string){string.bytes + copied, begin - copied});
        if (!status) status = append_parts(how, &in, output);
        if (status) return status;
        copied = in.at;
    }
    return append_rest(string, copied, output);
}

static mb_status replace_plain(const replacing *how, mb_string string, mb_text_output *output)
{
    size_t copied = 0;
    for (int64_t i = 0; i != how->n; i++) {
        const char *from = string.bytes + copied;
        const char *at =
            memmem(from, string.length - copied, how->pattern.bytes, how->pattern.length);
        if (!at) break;
        mb_status status = mb_text_append(output, (mb_string){from, (size_t)(at - from)});
        if (!status) status = mb_text_append(output, how->replacement);
        if (status) return status;
        copied = (size_t)(at - string.bytes) + how->pattern.length;
    }
    return append_rest(string, copied, output);
}

static mb_status replace(const void *argument, mb_string string, mb_text_output *output,
                         bool *valid)
{
    const replacing *how = argument;
    if (!how->regex) return replace_plain(how, string, output);
    mb_status status = replace_matches(how, string, output);
    *valid = !mb_regex_gave_up(how->regex);
    return status;
}

mb_status mb_text_replace(mb_context *cx, mb_column *column, mb_string pattern, bool is_regex,
                          mb_string replacement, int64_t n, mb_column **result)
{
    replacing how = {.pattern = pattern, .replacement = replacement, .n = n};
    mb_status status =
        mb_buffer_new_array(cx, (int64_t)replacement.length + 1, sizeof(part), &how.parts);
    if (!status && (is_regex || !pattern.length))
        status = mb_regex_open(cx, pattern, MB_REGEX_SEARCH, &how.regex);
    if (!status && is_regex)
        status = read_replacement(cx, &how, replacement);
    else if (!status) // of the empty pattern
        add_part(&how, replacement, 0);
    if (!status) status = mb_text_strings(cx, column, replace, &how, result);
    status = mb_regex_conclude(cx, status, how.regex, column);
    mb_regex_close(how.regex);
    mb_buffer_release(how.parts);
    return status;
}
