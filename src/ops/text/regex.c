#define PCRE2_CODE_UNIT_WIDTH 8

#include "ops/text/regex.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/lockstep.h"
#include "ops/text/characters.h"
#include "ops/text/find_row.h"
#include "types/quote.h"

enum {
    MOST_STEPS = 10 * 1000 * 1000, // about a tenth of a second
    MOST_STUCK = 64,               // strings that are remembered: then there are too many
    STACK_AT_FIRST = 1 << 15,
    MOST_STACK = 1 << 23, // of compiled patterns; what needs more is interpreted
    SHOWN = 60,           // bytes of a pattern in messages
};

struct mb_regex {
    mb_context *cx;
    mb_string pattern;
    pcre2_general_context *memory;
    pcre2_match_context *limits;
    pcre2_jit_stack *stack;
    // For any strings, and for ASCII, where classes need no tables of Unicode and nothing is to be
    // checked. Both find the same in ASCII.
    pcre2_code *any, *ascii;
    pcre2_match_data *match;
    mb_string stuck[MOST_STUCK];
    int nstuck, asked;
    int failure; // of PCRE2, for another reason than too many steps; 0: none
};

static void *allocate(size_t size, void *cx)
{
    return mb_allocate(cx, size, 1);
}

static void release(void *block, void *cx)
{
    (void)cx;
    free(block);
}

static mb_status no_memory(mb_context *cx)
{
    return mb_fail(cx, MB_EMEMORY, "out of memory: no room for a regular expression");
}

// The pattern for messages, cut where it is long: in quotes as it is, or with escapes where a
// terminal cannot show it. Returns `text`, of MB_TEXT_SIZE bytes.
static const char *show(mb_string pattern, char *text)
{
    const uint8_t *bytes = (const uint8_t *)pattern.bytes;
    size_t n = pattern.length;
    bool plain = !u8_check(bytes, n);
    for (size_t i = 0; i < n && plain; i++)
        plain = bytes[i] >= ' ' && bytes[i] != 0x7f;
    if (!plain) {
        mb_string_quote(pattern, SHOWN, text, MB_TEXT_SIZE);
        return text;
    }
    if (n > SHOWN) n = SHOWN;
    while (n < pattern.length && (bytes[n] & 0xc0) == 0x80)
        n--; // not within a character
    snprintf(text, MB_TEXT_SIZE, "'%.*s%s'", (int)n, pattern.bytes, n < pattern.length ? "…" : "");
    return text;
}

static mb_status compile(mb_regex *regex, uint32_t options, pcre2_compile_context *context,
                         pcre2_code **code)
{
    int error;
    PCRE2_SIZE at;
    PCRE2_UCHAR reason[256];
    char text[MB_TEXT_SIZE];
    const mb_string pattern = regex->pattern;
    options |= PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
    *code = pcre2_compile((PCRE2_SPTR)pattern.bytes, pattern.length, options, &error, &at, context);
    if (*code) {
        pcre2_jit_compile(*code, PCRE2_JIT_COMPLETE); // else it is interpreted
        return MB_OK;
    }
    if (error == PCRE2_ERROR_HEAP_FAILED) return no_memory(regex->cx);
    pcre2_get_error_message(error, reason, sizeof reason);
    return mb_fail(regex->cx, MB_EINVALID, "the pattern %s does not compile: %s, at byte %zu",
                   show(pattern, text), (const char *)reason, (size_t)at + 1);
}

static mb_status compile_both(mb_regex *regex, mb_regex_place place)
{
    static const uint32_t anchors[MB_REGEX_PLACES] = {[MB_REGEX_MATCH] = PCRE2_ANCHORED,
                                                      [MB_REGEX_FULLMATCH] =
                                                          PCRE2_ANCHORED | PCRE2_ENDANCHORED};
    pcre2_compile_context *context = pcre2_compile_context_create(regex->memory);
    if (!context) return no_memory(regex->cx);
    mb_status status =
        compile(regex, anchors[place] | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, context, &regex->any);
    if (!status) status = compile(regex, anchors[place], context, &regex->ascii);
    pcre2_compile_context_free(context);
    return status;
}

static mb_status prepare_matching(mb_regex *regex)
{
    regex->match = pcre2_match_data_create_from_pattern(regex->any, regex->memory);
    regex->limits = pcre2_match_context_create(regex->memory);
    regex->stack = pcre2_jit_stack_create(STACK_AT_FIRST, MOST_STACK, regex->memory);
    if (!regex->match || !regex->limits) return no_memory(regex->cx);
    pcre2_set_match_limit(regex->limits, MOST_STEPS);
    if (regex->stack) pcre2_jit_stack_assign(regex->limits, NULL, regex->stack);
    return MB_OK;
}

mb_status mb_regex_open(mb_context *cx, mb_string pattern, mb_regex_place place, mb_regex **regex)
{
    mb_regex *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->cx = cx;
    made->pattern = pattern;
    made->memory = pcre2_general_context_create(allocate, release, cx);
    mb_status status = made->memory ? compile_both(made, place) : no_memory(cx);
    if (!status) status = prepare_matching(made);
    if (status)
        mb_regex_close(made);
    else
        *regex = made;
    return status;
}

void mb_regex_close(mb_regex *regex)
{
    if (!regex) return;
    pcre2_match_data_free(regex->match);
    pcre2_jit_stack_free(regex->stack);
    pcre2_match_context_free(regex->limits);
    pcre2_code_free(regex->any);
    pcre2_code_free(regex->ascii);
    pcre2_general_context_free(regex->memory);
    for (int i = 0; i < regex->nstuck; i++)
        free((void *)(uintptr_t)regex->stuck[i].bytes);
    free(regex);
}

int mb_regex_groups(const mb_regex *regex)
{
    uint32_t n = 0;
    pcre2_pattern_info(regex->any, PCRE2_INFO_CAPTURECOUNT, &n);
    return (int)n;
}

int mb_regex_group(const mb_regex *regex, const char *name)
{
    int number = pcre2_substring_number_from_name(regex->any, (PCRE2_SPTR)name);
    return number > 0 ? number : 0;
}

// --- Matches.

mb_matches mb_regex_matches(mb_regex *regex, mb_string string)
{
    return (mb_matches){.regex = regex, .string = string, .ascii = mb_string_is_ascii(string)};
}

// What went wrong, for messages: what PCRE2 says. Returns `text`, of MB_TEXT_SIZE bytes.
static const char *reason_of(int failure, char *text)
{
    pcre2_get_error_message(failure, (PCRE2_UCHAR *)text, MB_TEXT_SIZE);
    return text;
}

static mb_status refuse_many(const mb_regex *regex)
{
    char text[MB_TEXT_SIZE], reason[MB_TEXT_SIZE], example[MB_TEXT_SIZE];
    const char *pattern = show(regex->pattern, text);
    mb_string_quote(regex->stuck[0], MB_TEXT_CELLS, example, sizeof example);
    if (regex->failure)
        return mb_fail(regex->cx, MB_EINVALID,
                       "the pattern %s fails for more than %d strings, such as %s: %s", pattern,
                       MOST_STUCK, example, reason_of(regex->failure, reason));
    return mb_fail(regex->cx, MB_EINVALID,
                   "more than %d strings, such as %s, need more than %d steps each of the pattern "
                   "%s (the match limit)",
                   MOST_STUCK, example, MOST_STEPS, pattern);
}

static mb_status remember(mb_regex *regex, mb_string string)
{
    if (regex->nstuck == MOST_STUCK) return refuse_many(regex);
    char *copy = mb_allocate(regex->cx, string.length + 1, 1);
    if (!copy) return MB_EMEMORY;
    memcpy(copy, string.bytes, string.length);
    regex->stuck[regex->nstuck++] = (mb_string){copy, string.length};
    return MB_OK;
}

static int match_once(const mb_matches *matches)
{
    mb_regex *regex = matches->regex;
    PCRE2_SPTR bytes = (PCRE2_SPTR)matches->string.bytes;
    const pcre2_code *code = matches->ascii ? regex->ascii : regex->any;
    uint32_t options = matches->not_empty ? PCRE2_NOTEMPTY_ATSTART : 0;
    int found = pcre2_jit_match(code, bytes, matches->string.length, matches->at, options,
                                regex->match, regex->limits);
    if (found != PCRE2_ERROR_JIT_BADOPTION && found != PCRE2_ERROR_JIT_STACKLIMIT) return found;
    options |= PCRE2_NO_JIT;
    if (matches->ascii) options |= PCRE2_NO_UTF_CHECK;
    return pcre2_match(code, bytes, matches->string.length, matches->at, options, regex->match,
                       regex->limits);
}

mb_status mb_matches_next(mb_matches *matches, bool *found)
{
    mb_regex *regex = matches->regex;
    int result = match_once(matches);
    *found = result > 0;
    if (*found) {
        const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(regex->match);
        matches->at = ends[1];
        matches->not_empty = ends[0] == ends[1];
        return MB_OK;
    }
    switch (result) {
    case PCRE2_ERROR_NOMATCH: return MB_OK;
    case PCRE2_ERROR_NOMEMORY: return no_memory(regex->cx);
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT: return remember(regex, matches->string);
    default: regex->failure = result; return remember(regex, matches->string);
    }
}

mb_string mb_matches_group(const mb_matches *matches, int group)
{
    pcre2_match_data *match = matches->regex->match;
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(match) + 2 * (size_t)group;
    if (ends[0] == PCRE2_UNSET || ends[0] > ends[1]) return (mb_string){NULL, 0};
    return (mb_string){matches->string.bytes + ends[0], ends[1] - ends[0]};
}

bool mb_regex_gave_up(mb_regex *regex)
{
    bool more = regex->nstuck > regex->asked;
    regex->asked = regex->nstuck;
    return more;
}

// --- Rows whose strings take too long.

static mb_status is_stuck(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                          bool *valid)
{
    const mb_regex *regex = argument;
    (void)cx;
    (void)valid;
    value->b = false;
    for (int i = 0; i < regex->nstuck; i++)
        value->b = value->b || mb_string_compare(string, regex->stuck[i]) == 0;
    return MB_OK;
}

mb_status mb_regex_conclude(mb_context *cx, mb_status status, mb_regex *regex, mb_column *column)
{
    int64_t row;
    char text[MB_TEXT_SIZE], reason[MB_TEXT_SIZE];
    mb_payload payload = {.count = regex ? (uint64_t)regex->nstuck : 0,
                          .max = {regex ? (uint64_t)-regex->failure : 0}};
    status = mb_step(cx, status, &payload);
    if (status || !payload.count) return status;
    status = mb_text_find_row(cx, column, is_stuck, regex, &row);
    if (status || !row) return status;
    const char *pattern = show(regex->pattern, text);
    if (payload.max[0])
        return mb_fail(cx, MB_EINVALID, "the pattern %s fails in row %lld: %s", pattern,
                       (long long)row, reason_of(-(int)payload.max[0], reason));
    return mb_fail(cx, MB_EINVALID,
                   "row %lld needs more than %d steps of the pattern %s (the match limit); "
                   "repeats within repeats, such as (a+)+, are slow: write a+, or (?>a+)+",
                   (long long)row, MOST_STEPS, pattern);
}
