// The two forms of columns of addresses (types/ip.h): numbers, and codes into a dictionary, which
// are text whose strings are the addresses' bytes.
#pragma once

#include "column/column.h"
#include "types/ip.h"

// A column of addresses as text, of the bytes of each: pending where it has a dictionary. Memory:
// that of encoding text where it has none. Inside a body, collective. `index` tells it from other
// results of the body.
mb_status mb_ip_to_strings(mb_context *cx, mb_column *column, int index,
                           mb_column **strings) MB_MUST_CHECK;

// The column of addresses whose bytes the strings of a text column are: pending. MB_EINVALID where
// there are more different ones than a dictionary holds. Inside a body, collective.
mb_status mb_ip_from_strings(mb_context *cx, mb_column *strings, mb_column **column) MB_MUST_CHECK;

// Columns of addresses with one type: those that have it are the result, with a reference more, the
// others get a dictionary that has all. Inside a body, collective.
mb_status mb_ip_unite(mb_context *cx, mb_column *const *columns, int64_t n,
                      mb_column **united) MB_MUST_CHECK;

// A column of numbers as its addresses of version 4, and back: pending, and the same values.
mb_status mb_ip_from_uint(mb_context *cx, mb_column *numbers, mb_column **column) MB_MUST_CHECK;
mb_status mb_ip_to_uint(mb_context *cx, mb_column *column, mb_column **numbers) MB_MUST_CHECK;
