// Types: what a script sees of a column's values. A descriptor each, compared by address.
#pragma once

#include "core/kind.h"

typedef struct mb_type {
    const char *name;
    mb_kind kind; // how values compute and compare
} mb_type;

extern const mb_type mb_type_bool, mb_type_int, mb_type_uint, mb_type_float;

// The type whose kind says all about it: bool, int, uint or float.
const mb_type *mb_type_of(mb_kind kind);

// The type of that name; NULL when there is none.
const mb_type *mb_type_find(const char *name);

// The name of the type of a kind.
static inline const char *mb_kind_name(mb_kind kind)
{
    return mb_type_of(kind)->name;
}
