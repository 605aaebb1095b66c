// Regular expressions, as PCRE2 has them (Perl's), compiled once a rank for an operation.
//
// Patterns and strings are UTF-8, and classes such as \w are Unicode's. Bytes that are no UTF-8
// match nothing, and no match goes across them.
#pragma once

#include "column/column.h"
#include "types/dictionary.h"

typedef struct mb_regex mb_regex;

typedef enum mb_regex_place {
    MB_REGEX_SEARCH,    // a match is anywhere in a string,
    MB_REGEX_MATCH,     // or begins where it begins,
    MB_REGEX_FULLMATCH, // and ends where it ends
    MB_REGEX_PLACES
} mb_regex_place;

// Compiles a pattern. MB_EINVALID, with what is wrong at which byte, for one that is none. Not
// collective.
mb_status mb_regex_open(mb_context *cx, mb_string pattern, mb_regex_place place,
                        mb_regex **regex) MB_MUST_CHECK;

// Frees it. NULL is fine.
void mb_regex_close(mb_regex *regex);

// How many groups the pattern has.
int mb_regex_groups(const mb_regex *regex);

// The number of the group of a name, from 1; 0 when there is none.
int mb_regex_group(const mb_regex *regex, const char *name);

// The matches in a string, from left to right, without overlap; an empty one may stand at the end
// of another, not after an empty one: as Python's re finds them.
typedef struct mb_matches {
    mb_regex *regex;
    mb_string string;
    bool ascii, not_empty;
    size_t at;
} mb_matches;

mb_matches mb_regex_matches(mb_regex *regex, mb_string string);

// The next match. A string that takes more steps than the limit, or for which the pattern fails as
// one that recurses without end, has none, and is remembered. Not collective.
mb_status mb_matches_next(mb_matches *matches, bool *found) MB_MUST_CHECK;

// A group of the match that was found last, 0 for all of it; bytes NULL where it took no part.
mb_string mb_matches_group(const mb_matches *matches, int group);

// Whether a string was remembered since the last question.
bool mb_regex_gave_up(mb_regex *regex);

// A step after which an operation on a column is over. MB_EINVALID for the first row whose string
// was remembered by any rank; strings that no row has do not matter. `regex` may be NULL where
// `status` is a failure. Inside a body, collective.
mb_status mb_regex_conclude(mb_context *cx, mb_status status, mb_regex *regex,
                            mb_column *column) MB_MUST_CHECK;
