// Looking the rows of a column of addresses up in segments.
#pragma once

#include "ops/address/form.h"
#include "ops/address/segments.h"

// Whether a block has each address, or with `others` none has: a bool column. Inside a body,
// collective.
mb_status mb_ip_test_rows(mb_context *cx, mb_column *column, const mb_segments *segments,
                          bool others, mb_column **result) MB_MUST_CHECK;

// The number of the longest block that has each address, missing where none has: an int column.
// Inside a body, collective.
mb_status mb_ip_find_rows(mb_context *cx, mb_column *column, const mb_segments *segments,
                          mb_column **result) MB_MUST_CHECK;

// Gives an address a number from 1 on, or 0: then its row is missing. Gives the same on all ranks.
typedef mb_status mb_ip_number(mb_context *cx, const void *argument, const mb_address *address,
                               int64_t *number);

// The number that a function gives each address: an int column. Inside a body, collective.
mb_status mb_ip_number_rows(mb_context *cx, mb_column *column, mb_ip_number *number,
                            const void *argument, mb_column **result) MB_MUST_CHECK;
