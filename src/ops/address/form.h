// The two forms of columns of addresses (types/ip.h): numbers, and codes into a dictionary, whose
// entries functions of text (ops/text) take, too.
#pragma once

#include "column/column.h"
#include "types/ip.h"

// Columns of addresses with one type, by a dictionary that has all: see mb_text_unite. Inside a
// body, collective. Memory: also that of encoding those that are numbers as text.
mb_status mb_ip_unite(mb_context *cx, mb_column *const *columns, int64_t n,
                      mb_column **united) MB_MUST_CHECK;

// A column of numbers as its addresses of version 4, and back: pending, and the same values.
mb_status mb_ip_from_uint(mb_context *cx, mb_column *numbers, mb_column **column) MB_MUST_CHECK;
mb_status mb_ip_to_uint(mb_context *cx, mb_column *column, mb_column **numbers) MB_MUST_CHECK;
