// Text in another case.
#pragma once

#include "column/column.h"

// By the full mappings of Unicode, as Python's methods of str: ß has the upper case SS, the last Σ
// of a word the lower case ς. Words are runs of characters with case.
typedef enum mb_text_case {
    MB_TEXT_TO_LOWER,
    MB_TEXT_TO_UPPER,
    MB_TEXT_TO_TITLE, // the first character of a word; the others in lower case
    MB_TEXT_CASES
} mb_text_case;

// A pending text column; bytes that are no characters, and missing rows, stay so. Inside a body,
// collective.
mb_status mb_text_to_case(mb_context *cx, mb_column *column, mb_text_case to,
                          mb_column **result) MB_MUST_CHECK;
