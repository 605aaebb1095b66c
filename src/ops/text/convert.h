// Values of text, and texts of values.
#pragma once

#include "column/column.h"
#include "text/sort.h"

typedef enum mb_text_unread {
    MB_UNREAD_FAILS,   // a row whose text is no value of the type fails the operation, and is named
    MB_UNREAD_MISSING, // it is missing
    MB_UNREAD_VALUE    // it has the value given
} mb_text_unread;

// A pending column of the values that a text column's strings stand for, as the type's descriptor
// reads them. MB_EINVALID for the first row that is none, where that is to fail, or for a type that
// reads no texts. Inside a body, collective.
mb_status mb_text_parse(mb_context *cx, mb_column *column, const mb_type *type,
                        mb_text_unread unread, mb_value otherwise,
                        mb_column **result) MB_MUST_CHECK;

// A text column of a column's values, as its type's descriptor writes them, held as `storage` says
// but not replicated where there is no room. Memory: 4 bytes a row beside the result,
// and 256 KB. Inside a
// body, collective.
mb_status mb_text_print(mb_context *cx, mb_column *column, mb_text_storage storage,
                        mb_column **result) MB_MUST_CHECK;
