// The ways through objects of JSON to the fields that are read: a tree of names.
#pragma once

#include <stdbool.h>

#include "io/strings.h"
#include "text/string_key.h"

// A name in an object that is on a way to fields.
typedef struct mb_way {
    int32_t node;         // of the object,
    int32_t field, child; // what the name is the last of, and the node behind it; NONE: none
    int32_t next;         // the name that came behind it last
    mb_string_key key;
    size_t name; // its place in the names
    int dots;    // of the path up to it
} mb_way;

// Of a field's name, the first so many dots may be those of its path.
enum { MB_WAY_DOTS = 30, MB_WAY_NONE = -1, MB_WAY_ROOT = 0 };

typedef struct mb_ways {
    mb_context *cx;
    mb_strings names; // of the fields
    mb_buffer *table, *slot_table;
    int64_t n, n_slots;
    int32_t n_nodes, last; // the name that was found last
} mb_ways;

void mb_ways_open(mb_context *cx, mb_ways *ways);
void mb_ways_close(mb_ways *ways);

// Adds a field with the next number, `literal`: by its whole name only. Not collective.
mb_status mb_ways_add(mb_ways *ways, const char *name, bool literal) MB_MUST_CHECK;

// A name in the object of a node; NULL where it is on no way. `readable`: MB_KEY_LONGEST bytes are.
const mb_way *mb_ways_find(mb_ways *ways, int32_t node, mb_string name, bool readable);
