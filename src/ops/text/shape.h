// Parts of strings, and longer ones, by their characters.
#pragma once

#include "column/column.h"
#include "types/dictionary.h"

enum { MB_TEXT_LEFT = 1, MB_TEXT_RIGHT = 2, MB_TEXT_BOTH = MB_TEXT_LEFT | MB_TEXT_RIGHT };

// Each gives a pending text column whose missing rows are those of `column`. Inside a body,
// collective.

// Without the characters at the sides which `of` has; bytes NULL: without white space.
mb_status mb_text_strip(mb_context *cx, mb_column *column, int sides, mb_string of,
                        mb_column **result) MB_MUST_CHECK;

// With so many of a character at the sides that there are `width`: as Python's rjust (left), ljust
// (right) and center (both).
mb_status mb_text_pad(mb_context *cx, mb_column *column, int sides, int64_t width, mb_string fill,
                      mb_column **result) MB_MUST_CHECK;

// Each string n >= 0 times.
mb_status mb_text_repeat(mb_context *cx, mb_column *column, int64_t n,
                         mb_column **result) MB_MUST_CHECK;

// The characters from last to first.
mb_status mb_text_reverse(mb_context *cx, mb_column *column, mb_column **result) MB_MUST_CHECK;

// Characters first, first + step, ... up to last, or down to it for a step below 0: from 1, below 0
// from the end; what lies outside is left off. The step is not 0.
mb_status mb_text_slice(mb_context *cx, mb_column *column, int64_t first, int64_t last,
                        int64_t step, mb_column **result) MB_MUST_CHECK;
