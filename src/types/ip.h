// Columns of addresses: those of version 4 alone are numbers of 32 bits; others are codes into a
// dictionary of the bytes of addresses (types/address.h), whose order is that of these. One type to
// a script.
#pragma once

#include "types/address.h"
#include "types/type.h"

static inline bool mb_type_is_ip(const mb_type *type)
{
    return type->script == MB_SCRIPT_ADDRESS;
}

// The address that a value of such a type is.
mb_address mb_ip_address(const mb_type *type, mb_value value);

// Whether a type has addresses of version 4 alone, and another one, of a scalar, does not: then
// `*value` is one that is above all of them, for comparisons.
bool mb_ip_above(const mb_type *type, const mb_type *scalar, mb_value *value);

// The value of an address; false where the type has none for it, or no rank can tell.
bool mb_ip_value(const mb_type *type, const mb_address *address, mb_value *value);
