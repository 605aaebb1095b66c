// The operators of expressions: their names, what types they take, and what type they give.
#pragma once

#include <stdbool.h>

#include "core/context.h"
#include "core/kind.h"

typedef struct mb_type mb_type; // types/type.h

enum { MB_MOST_OPERANDS = 4 };

typedef enum mb_operator {
    // Leaves: functions of the row number.
    MB_CONSTANT, // value[0]
    MB_NULL,     // missing
    MB_SEQUENCE, // value[0] + row * value[1], rows counted from 0
    MB_RANDOM,   // value[0] + a number below value[1] (0: any), drawn from seed and row
    // Comparisons, exact between all types.
    MB_EQ,
    MB_NE,
    MB_LT,
    MB_LE,
    MB_GT,
    MB_GE,
    // Arithmetic. Integers wrap; of `//` and `%` the result is floored, and a zero divisor among
    // integers is an error.
    MB_ADD,
    MB_SUB,
    MB_MUL,
    MB_FLOORDIV,
    MB_MOD,
    MB_DIV,
    MB_POW,
    MB_NEG,
    MB_ABS,
    MB_SIGN,
    MB_MINIMUM,
    MB_MAXIMUM,
    // Logic on bools, or on the bits of integers.
    MB_AND,
    MB_OR,
    MB_XOR,
    MB_NOT,
    // Bits. Shifts are logical, negative ones go the other way.
    MB_SHL,
    MB_SHR,
    MB_ROTL,
    MB_ROTR,
    MB_POPCOUNT,
    MB_CLZ,
    MB_CTZ,
    // Rounding of floats to whole numbers; integers stay as they are.
    MB_FLOOR,
    MB_CEIL,
    MB_TRUNC,
    MB_RINT, // half to even
    // Functions of floats.
    MB_SQRT,
    MB_CBRT,
    MB_EXP,
    MB_EXPM1,
    MB_LOG,
    MB_LOG2,
    MB_LOG10,
    MB_LOG1P,
    MB_SIN,
    MB_COS,
    MB_TAN,
    MB_ASIN,
    MB_ACOS,
    MB_ATAN,
    MB_ATAN2,
    MB_SINH,
    MB_COSH,
    MB_TANH,
    MB_ISNAN,
    MB_ISINF,
    MB_ISFINITE,
    // Others.
    MB_HASH,       // of a hash so far, a uint, and a value
    MB_WHERE,      // operand 1 where operand 0, a bool, is true, else operand 2
    MB_IS_MISSING, // a bool, never missing
    MB_ROUND,      // a float to value[0].i decimals, half to even
    MB_CAST,       // to the result's type; value[0].b: wrap instead of failing
    MB_MAP,        // the value that a table has for an integer
    MB_RESCALE,  // an integer times value[0].i, exactly; if value[1].b, divided by it, rounded down
    MB_MULTIPLE, // rounded to a multiple of value[0].i that is value[1].i apart from 0; the seed
                 // is an mb_rounding
    MB_FIELD,    // the mb_field value[0].i of a time of value[1].i ticks a second
    MB_CALL,     // a registered kernel, of as many operands as it has inputs
    MB_FILTER,   // the rows of operand 0 where operand 1, a bool, is true. Not element-wise:
                 // always materialised before another expression uses it
    MB_OPERATORS
} mb_operator;

typedef enum mb_rounding {
    MB_ROUND_DOWN,
    MB_ROUND_UP,
    MB_ROUND_NEAREST
} mb_rounding; // half to even

// Parts of a time, numbered as pandas does.
typedef enum mb_field {
    MB_YEAR,
    MB_MONTH, // 1 to 12
    MB_DAY,   // 1 to 31
    MB_HOUR,
    MB_MINUTE,
    MB_SECOND,
    MB_MICROSECOND, // 0 to 999999
    MB_NANOSECOND,  // 0 to 999, below the microsecond
    MB_WEEKDAY,     // 0 Monday, 6 Sunday
    MB_YEARDAY,     // 1 to 366
    MB_ISOWEEK,     // 1 to 53
    MB_DATE,        // days since 1970
    MB_FIELDS
} mb_field;

// The names of those that scripts know.
#define MB_NAMED_FIELDS(FIELD)                                                                     \
    FIELD("year", MB_YEAR)                                                                         \
    FIELD("month", MB_MONTH)                                                                       \
    FIELD("day", MB_DAY)                                                                           \
    FIELD("hour", MB_HOUR)                                                                         \
    FIELD("minute", MB_MINUTE)                                                                     \
    FIELD("second", MB_SECOND)                                                                     \
    FIELD("microsecond", MB_MICROSECOND)                                                           \
    FIELD("nanosecond", MB_NANOSECOND)                                                             \
    FIELD("weekday", MB_WEEKDAY)                                                                   \
    FIELD("yearday", MB_YEARDAY)                                                                   \
    FIELD("isoweek", MB_ISOWEEK)

// "eq", "+", "sqrt", ...; the names that errors and plans use.
const char *mb_operator_name(mb_operator op);

// How many operands it takes; 0 for leaves.
int mb_operator_arity(mb_operator op);

static inline bool mb_operator_compares(mb_operator op)
{
    return op >= MB_EQ && op <= MB_GE;
}

// Fails for a type that an operation does not take, with its mend. Not collective.
mb_status mb_type_refuse(mb_context *cx, const char *operation, const mb_type *type);

// MB_EINVALID for values that are not told from zero, as those of text: for operations that ask
// whether values are true. Not collective.
mb_status mb_type_check_truth(mb_context *cx, const char *operation,
                              const mb_type *type) MB_MUST_CHECK;

// The comparison of b with a that says what this one says of a with b.
static inline mb_operator mb_operator_mirrored(mb_operator comparison)
{
    static const mb_operator mirrored[] = {MB_EQ, MB_NE, MB_GT, MB_GE, MB_LT, MB_LE};
    return mirrored[comparison - MB_EQ];
}

// The kind that operands are brought to before the operator is applied, and the type of its result;
// comparisons take their operands as they are. MB_EINVALID when the types do not go together. For
// all but leaves, MB_ROUND, MB_CAST and MB_FILTER. Not collective.
mb_status mb_operator_types(mb_context *cx, mb_operator op, const mb_type *const *operands,
                            mb_kind *as, const mb_type **result) MB_MUST_CHECK;

// The type of many values folded by an operator of two, MB_ADD say: as of two of them. MB_EINVALID
// when the operator takes no such values, with `name`, of the operation, in the message.
mb_status mb_operator_folded(mb_context *cx, mb_operator op, const char *name, const mb_type *type,
                             const mb_type **result) MB_MUST_CHECK;

// For `operate`: values of one type are compared with each other and chosen; nothing is computed of
// them.
bool mb_operate_alike(mb_operator op, const mb_type *const *operands, const mb_type *plain,
                      const mb_type **result);
