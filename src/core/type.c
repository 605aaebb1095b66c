#include "core/type.h"

static const char *const names[MB_TYPES] = {"bool", "int", "uint", "float"};

const char *mb_type_name(mb_type type)
{
    return names[type];
}

bool mb_type_parse(const char *name, mb_type *type)
{
    for (int t = 0; t < MB_TYPES; t++) {
        if (strcmp(name, names[t]) == 0) {
            *type = (mb_type)t;
            return true;
        }
    }
    return false;
}
