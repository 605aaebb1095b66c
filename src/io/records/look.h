// What fields of text look like, and the type of a column that has them.
#pragma once

#include "types/dictionary.h"
#include "types/time.h"

// Bits, of which a column has those of all its fields.
typedef enum mb_look {
    MB_LOOKS_BOOL = 1,          // true or false
    MB_LOOKS_INT = 1 << 1,      // of 64 bits,
    MB_LOOKS_NEGATIVE = 1 << 2, // and below 0;
    MB_LOOKS_UINT = 1 << 3,     // beyond these, of 64 bits without a sign
    MB_LOOKS_FLOAT = 1 << 4,    // has a point or an exponent, or is nan or inf
    MB_LOOKS_IP4 = 1 << 5,
    MB_LOOKS_IP6 = 1 << 6,
    MB_LOOKS_TEXT = 1 << 7,    // all else: also integers with zeros before them, or too large
    MB_LOOKS_SECONDS = 1 << 8, // a time in seconds; those of finer units have the next bits
    MB_LOOKS_FAR = 1 << 12,    // a time that nanoseconds do not reach
} mb_look;

// How numbers are written.
typedef struct mb_number_marks {
    char decimal, thousands; // thousands 0: none
} mb_number_marks;

uint32_t mb_look_at(mb_string field, mb_number_marks marks);

// The same of a string, which is neither a number nor a truth value.
uint32_t mb_look_at_string(mb_string string);

// What fields become.
typedef enum mb_field_kind {
    MB_FIELD_SKIPPED,
    MB_FIELD_BOOL,
    MB_FIELD_INT,
    MB_FIELD_UINT,
    MB_FIELD_FLOAT,
    MB_FIELD_TEXT,
    MB_FIELD_IP,
    MB_FIELD_ADDRESS, // of both versions: text until the column is made
    MB_FIELD_TIME,
    MB_FIELD_DURATION,
    MB_FIELD_PORT,   // a number, 'Port' before it or not, or type.code of ICMP as nfdump has it
    MB_FIELD_SIZE,   // a number, scaled as 1.2 M
    MB_FIELD_LETTER, // T or F, a bool
    MB_FIELD_DEVICE, // a name of LANL's, an integer: see device.h
    MB_FIELD_KINDS
} mb_field_kind;

extern const char *const mb_field_kind_names[MB_FIELD_KINDS + 1]; // NULL behind them

// The kind of a column with these looks, and of times the unit; text where no unit has all of them.
// Once it is text it stays so with more looks.
mb_field_kind mb_look_kind(uint32_t looks, int *unit);

// Numbers of a field; false where it is none.
bool mb_read_int(mb_string field, mb_number_marks marks, int64_t *value);
bool mb_read_uint(mb_string field, mb_number_marks marks, uint64_t *value);
bool mb_read_float(mb_string field, mb_number_marks marks, double *value);
bool mb_read_bool(mb_string field, bool *value);
bool mb_read_port(mb_string field, int64_t *value);
bool mb_read_size(mb_string field, int64_t *value);

// A decimal number that counts in a unit, of which only seconds may have a fraction, as a type and
// its value, in the coarsest unit that holds it.
bool mb_read_count(mb_string field, const mb_units *units, int unit, const mb_type **type,
                   mb_value *value);
