// Types: what a script sees of a column's values. Immutable descriptors, compared by address. Most
// are there for good, a file each; others are made with the columns that need them.
//
// How values compute and compare, their order keys and their hashes are the kind's (core/kind.h),
// so that a type over an existing kind needs no kernel: gathers, sorts, groups and joins keep it,
// and its descriptor tells how its values are written, read, and what operators give. All members
// but those that may be NULL must be given; tests/unit/types goes through all descriptors.
#pragma once

#include <stddef.h>

#include "core/kind.h"
#include "types/operator.h"

// All types; the first four are those whose kind says all about them, in the order of kinds.
#define MB_TYPES(TYPE)                                                                             \
    TYPE(bool)                                                                                     \
    TYPE(int) TYPE(uint) TYPE(float) TYPE(text) TYPE(ip) TYPE(flags) TYPE(time) TYPE(duration)

enum {
    MB_TEXT_SIZE = 256, // room for the text of any value,
    MB_TEXT_CELLS = 40  // and the most that it takes on a line
};

#define MB_BLANKS " \t\n\v\f\r" // around the text of a value

static inline bool mb_is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

// How an HDF5 file holds values: little-endian, as wide as their kind. Bools are h5py's.
typedef enum mb_file_form {
    MB_FILE_BOOL = 1, // 0 is that of a descriptor which does not tell
    MB_FILE_INT,
    MB_FILE_UINT,
    MB_FILE_FLOAT
} mb_file_form;

// What a value is in a script: as an element, a result, or a row of a table.
typedef enum mb_script_form {
    MB_SCRIPT_BOOLEAN = 1,
    MB_SCRIPT_INTEGER, // of the value's 64 bits, with a sign or without
    MB_SCRIPT_NUMBER,  // with a fraction
    MB_SCRIPT_STRING,  // of bytes: see dictionary.h
    MB_SCRIPT_ADDRESS, // a string: see ip.h
    MB_SCRIPT_MOMENT,  // an object of its own: a time or a duration
    MB_SCRIPT_FORMS
} mb_script_form;

// Types of one name whose values are counts in different units: see time.h.
typedef struct mb_units mb_units;

struct mb_type {
    const char *name;
    mb_kind kind;
    mb_file_form file;
    mb_script_form script;

    // The text of a value, cut to `size` bytes.
    void (*format)(const mb_type *type, mb_value value, char *text, size_t size);

    // The value that a text stands for, with blanks around it; false when it stands for none. NULL:
    // no text does. Scripts may write such texts beside columns of types over a kind.
    bool (*parse)(const mb_type *type, const char *text, mb_value *value);

    // Whether the type itself decides what an operator on its values gives: `*result`, whose kind
    // is that of `plain`, or NULL to refuse. Else, and when NULL: choices among values keep the
    // type, all others give `plain`.
    bool (*operate)(mb_operator op, const mb_type *const *operands, const mb_type *plain,
                    const mb_type **result);

    // Counts who holds a descriptor that was made for some columns, by what it belongs to and goes
    // with. NULL: it is there for good.
    void (*hold)(void *owner, int change);
    void *owner;

    // Of a type that counts in a unit: what it shares with those of the other units, and the place
    // of its own among them. Such types are exact: integers that do not fit are errors, no number
    // is a value of theirs, and the finest unit wins where several meet.
    const mb_units *units;
    int unit;

    const char *mend; // what to write where an operation takes none of it; NULL: a cast to its kind

    uint64_t identity; // tells types of one name apart; 0: the name is all, or the dictionary

    bool nominal; // values are names, not quantities, though they may have an order

    // Columns whose types have this name, but differ, can be given one type: they are where they
    // meet.
    bool unites;
};

#define MB_DECLARE_TYPE(name) extern const mb_type mb_type_##name;
MB_TYPES(MB_DECLARE_TYPE)
#undef MB_DECLARE_TYPE

// A column holds its type.
static inline void mb_type_retain(const mb_type *type)
{
    if (type->hold) type->hold(type->owner, 1);
}

static inline void mb_type_release(const mb_type *type)
{
    if (type->hold) type->hold(type->owner, -1);
}

// Whether columns of the two can be given one type.
bool mb_type_unites(const mb_type *a, const mb_type *b);

// Whether values are numbers or bools in a script.
static inline bool mb_type_counts(const mb_type *type)
{
    return type->script < MB_SCRIPT_STRING;
}

// The type whose kind says all about it: bool, int, uint or float.
const mb_type *mb_type_of(mb_kind kind);

// The name of that type.
static inline const char *mb_kind_name(mb_kind kind)
{
    return mb_type_of(kind)->name;
}

// Whether the kind says all about a type.
static inline bool mb_type_is_plain(const mb_type *type)
{
    return type == mb_type_of(type->kind);
}

// The type of that name; NULL when there is none.
const mb_type *mb_type_find(const char *name);

// The names of all types, NULL after the last.
const char *const *mb_type_names(void);

// "a" or "an", before its name.
const char *mb_type_article(const mb_type *type);

// A hash of its name and unit, the same on all ranks and in all runs.
uint64_t mb_type_hash(const mb_type *type);
