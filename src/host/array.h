// Arrays of a host: what they hold, what is wrong with them, and their bounds.
#pragma once

#include "column/column.h"
#include "moonbear.h"

// The type of the columns of an array's type, and bytes of a value; 0: text.
const mb_type *mb_array_column_type(mb_array_type type);
int mb_array_width(mb_array_type type);

// Whether the values are text.
static inline bool mb_array_is_text(mb_array_type type)
{
    return type == MB_STRING_ARRAY || type == MB_TEXT_ARRAY;
}

// Fails for an array that is not as its type says: pointers, alignment, bools. `name` is for
// messages. Not collective.
mb_status mb_array_check(mb_context *cx, const char *name, const mb_array *array) MB_MUST_CHECK;

// The bounds of integers, those of missing rows included, or what the type has where it is narrow,
// in mb_order_bits' order: low above high when there are no rows. Not collective.
void mb_array_bounds(mb_context *cx, const mb_array *array, uint64_t *low, uint64_t *high);

// Writes the rows as a column stores them in `width` bytes from `base` on. Not collective.
void mb_array_copy(const mb_array *array, int width, uint64_t base, void *out);

// Whether signed values of less than 8 bytes.
bool mb_array_is_narrow_signed(mb_array_type type);
