// Addresses and the blocks that have them.
#pragma once

#include "column/column.h"
#include "types/address.h"

// Whether the address of each row is in one of n networks, or with `others` in none: a bool column,
// missing where a row is. Pending where few ranges decide or addresses have a dictionary. Inside a
// body, collective.
mb_status mb_ip_in(mb_context *cx, mb_column *column, const mb_network *networks, int64_t n,
                   bool others, mb_column **result) MB_MUST_CHECK;

// The first address of the block of each row's: its first bits, as many as its version is given;
// pending. Inside a body, collective.
mb_status mb_ip_mask(mb_context *cx, mb_column *column, int prefix_4, int prefix_6,
                     mb_column **result) MB_MUST_CHECK;

// 4 or 6 for each row: a pending int column. Inside a body, collective.
mb_status mb_ip_version(mb_context *cx, mb_column *column, mb_column **result) MB_MUST_CHECK;

// For each address the row of `values` where the text column `networks`, of the same length, has
// the longest block that has the address; of equal ones the first. Missing where there is none, or
// the address or value is missing; missing blocks are passed over. MB_EINVALID names the first row
// that is no block. Inside a body, collective. Memory: 120 bytes a block on every rank, and 8
// bytes a row beside the result.
mb_status mb_ip_lookup(mb_context *cx, mb_column *networks, mb_column *values, mb_column *column,
                       mb_column **result) MB_MUST_CHECK;
