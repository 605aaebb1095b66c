#include "types/type.h"

#include <string.h>

const mb_type mb_type_bool = {"bool", MB_BOOL};
const mb_type mb_type_int = {"int", MB_INT};
const mb_type mb_type_uint = {"uint", MB_UINT};
const mb_type mb_type_float = {"float", MB_FLOAT};

// The first are those that mb_type_of gives, by kind.
static const mb_type *const types[] = {
    [MB_BOOL] = &mb_type_bool,
    [MB_INT] = &mb_type_int,
    [MB_UINT] = &mb_type_uint,
    [MB_FLOAT] = &mb_type_float,
};

const mb_type *mb_type_of(mb_kind kind)
{
    return types[kind];
}

const mb_type *mb_type_find(const char *name)
{
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        if (strcmp(name, types[t]->name) == 0) return types[t];
    return NULL;
}
