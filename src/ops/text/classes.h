// Classes of characters, and how many there are.
#pragma once

#include "column/column.h"

// What is asked of all characters of a string: as Python's methods of str of these names.
typedef enum mb_text_class {
    MB_TEXT_ALPHA,
    MB_TEXT_ALNUM,
    MB_TEXT_DIGIT,
    MB_TEXT_SPACE,
    MB_TEXT_LOWER, // of those with case, of which there is one
    MB_TEXT_UPPER,
    MB_TEXT_TITLE, // upper or title case after others, lower case after those with case
    MB_TEXT_ASCII, // also of none
    MB_TEXT_EMPTY, // there is no character
    MB_TEXT_CLASSES
} mb_text_class;

// A pending bool column; missing rows stay so. Inside a body, collective.
mb_status mb_text_is(mb_context *cx, mb_column *column, mb_text_class class,
                     mb_column **result) MB_MUST_CHECK;

// A pending int column of the number of characters. Inside a body, collective.
mb_status mb_text_characters(mb_context *cx, mb_column *column, mb_column **result) MB_MUST_CHECK;
