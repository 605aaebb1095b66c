// Arrays of a host: what they hold, what is wrong with them, and their bounds.
#pragma once

#include "column/column.h"
#include "moonbear.h"
#include "types/dictionary.h"

// This rank's rows of an array, which a host has described itself or by Arrow's structures.
typedef struct mb_host_array {
    mb_array array;
    const mb_type *type; // of the column
    int64_t first_bit;   // that of row 0 in the validity, and among bools that are bits
    bool bits;           // bools are bits, not bytes
    // The string of row i, which is not missing by the validity; bytes NULL: it is, all the same.
    mb_string (*string)(const struct mb_host_array *rows, int64_t i);
    const void *strings; // where that looks
    bool checked;        // nothing is left for mb_array_check
} mb_host_array;

// An array whose type there is, as its host has described it.
mb_host_array mb_host_array_of(const mb_array *array);

// As moonbear.h has it.
const char *mb_array_type_name(mb_array_type type);

// Bytes of a value; 0: text.
int mb_array_width(mb_array_type type);

// Whether the values are text.
static inline bool mb_array_is_text(mb_array_type type)
{
    return type == MB_STRING_ARRAY || type == MB_TEXT_ARRAY;
}

// Whether row i is not missing by the validity.
static inline bool mb_array_valid(const mb_host_array *rows, int64_t i)
{
    const int64_t bit = rows->first_bit + i;
    return !rows->array.validity || (rows->array.validity[bit / 8] >> (bit % 8) & 1);
}

// Fails for an array that is not as its type says: pointers, alignment, bools. `copied` tells
// whether a missing row has a byte that is no bool, so that the rest has to be read from a copy.
// `name` is for messages. Not collective.
mb_status mb_array_check(mb_context *cx, const char *name, const mb_host_array *rows,
                         bool *copied) MB_MUST_CHECK;

// Names this rank in the message of what is wrong with its arguments, where there are others.
// Returns the status. Not collective.
mb_status mb_array_blame(mb_context *cx, mb_status status) MB_MUST_CHECK;

// The bounds of integers, those of missing rows included, or what the type has where it is narrow,
// in mb_order_bits' order: low above high when there are no rows. Not collective.
void mb_array_bounds(mb_context *cx, const mb_host_array *rows, uint64_t *low, uint64_t *high);

// Writes the rows as a column stores them in `width` bytes from `base` on. Not collective.
void mb_array_copy(const mb_host_array *rows, int width, uint64_t base, void *out);

// Writes the validity as a column stores it: all valid where the array has none. Not collective.
void mb_array_copy_validity(const mb_host_array *rows, uint64_t *words);

// Whether signed values of less than 8 bytes.
bool mb_array_is_narrow_signed(mb_array_type type);
