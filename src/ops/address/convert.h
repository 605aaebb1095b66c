// Columns of addresses from text and numbers, and back.
#pragma once

#include "ops/address/form.h"
#include "ops/text/convert.h"

// What becomes of rows that are no addresses.
typedef struct mb_ip_unread {
    mb_text_unread what;
    mb_address otherwise; // of MB_UNREAD_VALUE
} mb_ip_unread;

// The addresses that the strings of a text column are: numbers where all rows are of version 4.
// MB_EINVALID names the first row that is none, where that is to fail. Inside a body, collective.
mb_status mb_ip_of_text(mb_context *cx, mb_column *text, mb_ip_unread unread,
                        mb_column **result) MB_MUST_CHECK;

// The addresses of version 4 that the numbers of an int or uint column are: pending. Inside a body,
// collective.
mb_status mb_ip_of_numbers(mb_context *cx, mb_column *numbers, mb_ip_unread unread,
                           mb_column **result) MB_MUST_CHECK;

// The numbers of addresses, an int or uint column: pending. Those of version 6 have none: they fail
// or are missing, or are the number. Inside a body, collective.
mb_status mb_ip_numbers(mb_context *cx, mb_column *column, const mb_type *type,
                        mb_text_unread unread, mb_value otherwise,
                        mb_column **result) MB_MUST_CHECK;

// A number for each address, the same for equal ones: that of version 4, a hash of others. A
// pending uint column. Inside a body, collective.
mb_status mb_ip_words(mb_context *cx, mb_column *column, mb_column **words) MB_MUST_CHECK;

// A text column of the texts of addresses, as mb_text_print makes it. Inside a body, collective.
mb_status mb_ip_print(mb_context *cx, mb_column *column, mb_text_storage storage,
                      mb_column **result) MB_MUST_CHECK;

// The addresses so many after each, or before. MB_EINVALID names the first row for which there is
// none. Inside a body, collective.
mb_status mb_ip_step(mb_context *cx, mb_column *column, int64_t by,
                     mb_column **result) MB_MUST_CHECK;

// The same of a number for each row, of an int or uint column, by + or -.
mb_status mb_ip_step_rows(mb_context *cx, mb_column *column, mb_operator op, mb_column *by,
                          mb_column **result) MB_MUST_CHECK;
