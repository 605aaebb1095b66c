#include "types/type.h"

#include <string.h>

#include "core/hash.h"

#define ADDRESS(name) &mb_type_##name,
#define NAME(name)    #name,

static const mb_type *const types[] = {MB_TYPES(ADDRESS)};
static const char *const names[] = {MB_TYPES(NAME) NULL};

const mb_type *mb_type_of(mb_kind kind)
{
    return types[kind];
}

const mb_type *mb_type_find(const char *name)
{
    for (size_t t = 0; names[t]; t++)
        if (strcmp(name, names[t]) == 0) return types[t];
    return NULL;
}

const char *const *mb_type_names(void)
{
    return names;
}

const char *mb_type_article(const mb_type *type)
{
    return strchr("aeio", type->name[0]) ? "an" : "a";
}

uint64_t mb_type_hash(const mb_type *type)
{
    return mb_hash_bytes((uint64_t)type->unit, type->name, strlen(type->name));
}

bool mb_type_unites(const mb_type *a, const mb_type *b)
{
    return a == b || (a->unites && strcmp(a->name, b->name) == 0);
}
