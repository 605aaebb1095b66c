// Flags: words whose bits have names, and are written by these.
#pragma once

#include "core/context.h"
#include "types/type.h"

enum { MB_MOST_FLAGS = 64 };

// The type of words whose bit i is called by the i-th of n <= 64 names, with one reference to be
// released by mb_type_release. MB_EINVALID for names that are empty, occur twice, or have
// characters that the texts of flags are made of. Not collective.
mb_status mb_flags_type_of(mb_context *cx, const char *const *names, int n,
                           const mb_type **type) MB_MUST_CHECK;

static inline bool mb_type_is_flags(const mb_type *type)
{
    return type->operate == mb_type_flags.operate;
}

// The names of the bits of a type, as they were given.
int mb_flags_names(const mb_type *type, const char *const **names);
