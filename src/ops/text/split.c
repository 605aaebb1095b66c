#include "ops/text/split.h"

#include <string.h>

#include "ops/text/characters.h"
#include "ops/text/pieces.h"
#include "ops/text/regex.h"

typedef struct splitting {
    const mb_text_splitting *how;
    mb_regex *regex; // or NULL
} splitting;

static mb_status split_at_separator(const mb_text_splitting *how, mb_string rest,
                                    mb_text_output *output)
{
    const mb_string by = how->separator;
    for (int64_t i = 0; i != how->n; i++) {
        const char *at = memmem(rest.bytes, rest.length, by.bytes, by.length);
        if (!at) break;
        size_t size = (size_t)(at - rest.bytes);
        mb_status status = mb_text_append_piece(output, (mb_string){rest.bytes, size});
        if (status) return status;
        rest = mb_string_after(rest, size + by.length);
    }
    return mb_text_append_piece(output, rest);
}

// Takes white space off the front, or what is no white space; returns its bytes.
static size_t pass(mb_string *rest, bool space)
{
    ucs4_t code;
    size_t n = 0;
    while (rest->length) {
        size_t size = mb_character_first(*rest, &code);
        if (mb_character_is_space(code) != space) break;
        *rest = mb_string_after(*rest, size);
        n += size;
    }
    return n;
}

static mb_status split_at_space(const mb_text_splitting *how, mb_string rest,
                                mb_text_output *output)
{
    mb_status status = MB_OK;
    pass(&rest, true);
    for (int64_t i = 0; i != how->n && rest.length && !status; i++) {
        const char *word = rest.bytes;
        size_t size = pass(&rest, false);
        status = mb_text_append_piece(output, (mb_string){word, size});
        pass(&rest, true);
    }
    return status || !rest.length ? status : mb_text_append_piece(output, rest);
}

static mb_status split_at_matches(const splitting *by, mb_string string, mb_text_output *output)
{
    mb_matches in = mb_regex_matches(by->regex, string);
    size_t from = 0;
    bool found;
    for (int64_t i = 0; i != by->how->n; i++) {
        mb_status status = mb_matches_next(&in, &found);
        if (status) return status;
        if (!found) break;
        size_t begin = (size_t)(mb_matches_group(&in, 0).bytes - string.bytes);
        status = mb_text_append_piece(output, (mb_string){string.bytes + from, begin - from});
        if (status) return status;
        from = in.at;
    }
    return mb_text_append_piece(output, mb_string_after(string, from));
}

static mb_status split(const void *argument, mb_string string, mb_text_output *output, bool *valid)
{
    const splitting *by = argument;
    (void)valid;
    if (by->regex) return split_at_matches(by, string, output);
    if (by->how->separator.bytes) return split_at_separator(by->how, string, output);
    return split_at_space(by->how, string, output);
}

mb_status mb_text_split(mb_context *cx, mb_column *column, const mb_text_splitting *how,
                        int64_t ncolumns, mb_column **results)
{
    splitting by = {.how = how};
    mb_status status = MB_OK;
    if (how->is_regex) status = mb_regex_open(cx, how->separator, MB_REGEX_SEARCH, &by.regex);
    if (!status && ncolumns)
        status = mb_text_piece_columns(cx, column, split, &by, ncolumns, results);
    else if (!status)
        status = mb_text_piece_rows(cx, column, split, &by, &results[0], &results[1]);
    if (how->is_regex) status = mb_regex_conclude(cx, status, by.regex, column);
    mb_regex_close(by.regex);
    return status;
}

// --- At one separator.

typedef struct partitioning {
    mb_string separator;
    int64_t n;
    bool right;
} partitioning;

// The last place of a separator in a string, or NULL.
static const char *find_last(mb_string string, mb_string separator)
{
    while (string.length >= separator.length) {
        size_t starts = string.length - separator.length + 1;
        const char *at = memrchr(string.bytes, separator.bytes[0], starts);
        if (!at || memcmp(at, separator.bytes, separator.length) == 0) return at;
        string.length = (size_t)(at - string.bytes) + separator.length - 1;
    }
    return NULL;
}

static mb_status partition(const void *argument, mb_string string, mb_text_output *output,
                           bool *valid)
{
    const partitioning *by = argument;
    const mb_string none = {NULL, 0}, separator = by->separator;
    const char *end = string.bytes + string.length, *at = NULL;
    mb_string rest = string;
    (void)valid;
    for (int64_t i = 0; i < by->n; i++) {
        at = by->right ? find_last(rest, separator)
                       : memmem(rest.bytes, rest.length, separator.bytes, separator.length);
        if (!at) break;
        const char *next = at + separator.length;
        rest = by->right ? (mb_string){string.bytes, (size_t)(at - string.bytes)}
                         : (mb_string){next, (size_t)(end - next)};
    }
    mb_string before = by->right ? none : string, behind = by->right ? string : none;
    if (at) {
        const char *next = at + separator.length;
        before = (mb_string){string.bytes, (size_t)(at - string.bytes)};
        behind = (mb_string){next, (size_t)(end - next)};
    }
    mb_status status = mb_text_append_piece(output, before);
    return status ? status : mb_text_append_piece(output, behind);
}

mb_status mb_text_partition(mb_context *cx, mb_column *column, mb_string separator, int64_t n,
                            bool right, mb_column **before, mb_column **behind)
{
    const partitioning by = {separator, n, right};
    mb_column *sides[2] = {NULL, NULL};
    mb_status status = mb_text_piece_columns(cx, column, partition, &by, 2, sides);
    *before = sides[0];
    *behind = sides[1];
    return status;
}

// --- Matches.

typedef struct matching {
    mb_regex *regex;
    int64_t n;
} matching;

static mb_status extract(const void *argument, mb_string string, mb_text_output *output,
                         bool *valid)
{
    const matching *by = argument;
    mb_matches in = mb_regex_matches(by->regex, string);
    bool found;
    (void)valid;
    mb_status status = mb_matches_next(&in, &found);
    for (int64_t i = 1; i <= by->n && found && !status; i++)
        status = mb_text_append_piece(output, mb_matches_group(&in, (int)i));
    return status;
}

mb_status mb_text_extract(mb_context *cx, mb_column *column, mb_string pattern, int64_t n,
                          mb_column **groups)
{
    matching by = {.n = n};
    mb_status status = mb_regex_open(cx, pattern, MB_REGEX_SEARCH, &by.regex);
    if (!status) status = mb_text_piece_columns(cx, column, extract, &by, n, groups);
    status = mb_regex_conclude(cx, status, by.regex, column);
    mb_regex_close(by.regex);
    return status;
}

static mb_status find_all(const void *argument, mb_string string, mb_text_output *output,
                          bool *valid)
{
    const matching *by = argument;
    mb_matches in = mb_regex_matches(by->regex, string);
    bool found;
    (void)valid;
    mb_status status = mb_matches_next(&in, &found);
    while (found && !status) {
        status = mb_text_append_piece(output, mb_matches_group(&in, 0));
        if (!status) status = mb_matches_next(&in, &found);
    }
    return status;
}

mb_status mb_text_find_all(mb_context *cx, mb_column *column, mb_string pattern,
                           mb_column **matches, mb_column **rows)
{
    matching by = {.n = 0};
    mb_status status = mb_regex_open(cx, pattern, MB_REGEX_SEARCH, &by.regex);
    if (!status) status = mb_text_piece_rows(cx, column, find_all, &by, matches, rows);
    status = mb_regex_conclude(cx, status, by.regex, column);
    mb_regex_close(by.regex);
    return status;
}
