// Text by regular expressions: where they match, and other text in the place of matches.
#pragma once

#include "ops/text/regex.h"

// A pending bool column of whether the pattern matches in each row; missing rows stay so. Inside a
// body, collective.
mb_status mb_text_matches(mb_context *cx, mb_column *column, mb_string pattern,
                          mb_regex_place place, mb_column **result) MB_MUST_CHECK;

enum { MB_TEXT_ALL = -1 }; // matches

// A pending text column with `replacement` in the place of the first n matches of each row, or of
// MB_TEXT_ALL. Where `pattern` is a regular expression \1 to \99 and \g<name> stand for groups in
// the replacement, \0 and \g<0> for the match, and \\ for a backslash; of a group that took no part
// there is nothing. MB_EINVALID for a group that the pattern has not, and for others. Else both are
// plain; the empty pattern is at each character and at the end. Inside a body, collective.
mb_status mb_text_replace(mb_context *cx, mb_column *column, mb_string pattern, bool is_regex,
                          mb_string replacement, int64_t n, mb_column **result) MB_MUST_CHECK;
