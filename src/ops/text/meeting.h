// The strings of several text columns, which get new codes.
#pragma once

#include "ops/text/rows.h"

typedef struct mb_text_meeting {
    mb_column *const *columns; // the caller's
    int64_t n;
    mb_buffer *rows; // mb_text_rows of each column
    mb_buffer *strings, *codes;
    int64_t nstrings; // that are listed
} mb_text_meeting;

// Opens the rows of n columns. Inside a body, collective.
mb_status mb_text_meeting_open(mb_context *cx, mb_column *const *columns, int64_t n,
                               mb_text_meeting *meeting) MB_MUST_CHECK;
void mb_text_meeting_close(mb_text_meeting *meeting);

static inline mb_text_rows *mb_text_meeting_rows(const mb_text_meeting *meeting, int64_t column)
{
    return (mb_text_rows *)meeting->rows->data + column;
}

// The strings that rows of a column may have, of the entries of this rank; of a replicated
// dictionary each rank takes an even part. Returns how many these are; `strings`, unless it is
// NULL, has room for them, and `*bytes`, unless it is, becomes theirs in all.
int64_t mb_text_own_strings(mb_context *cx, const mb_text_rows *rows, mb_string *strings,
                            int64_t *bytes);

// Lists these strings of all columns, one column after another, with room for their codes. Memory:
// 24 bytes an entry. Not collective.
mb_status mb_text_meeting_list(mb_context *cx, mb_text_meeting *meeting) MB_MUST_CHECK;

// The columns with the codes that the listed strings have got, as values of a type. Memory: 8 bytes
// an entry, and what mb_text_rows_map takes. Inside a body, collective.
mb_status mb_text_meeting_recode(mb_context *cx, const mb_text_meeting *meeting,
                                 const mb_type *type, mb_column **recoded) MB_MUST_CHECK;
