#include "expr/operator.h"

// What operands an operator takes, and what becomes of them.
typedef enum rule {
    LEAF,
    COMPARISON, // of anything: a bool
    NUMBERS,    // one type for all, bools counted as ints; the result's too
    VALUES,     // the same, but bools stay bools
    FLOATS,     // numbers that go together, as floats in and out
    TESTS,      // floats in, a bool out
    ROUNDING,   // one number, which integers stay
    BITS,       // all bools, or all of one integer type
    INTEGERS,   // all of one integer type, bools counted as ints
    COUNTS,     // one integer in, an int out
    CHOICE,     // a bool, then values
    MIXING,     // a uint, then anything: a uint
    ANYTHING,   // a bool out
} rule;

typedef struct information {
    const char *name;
    int arity;
    rule rule;
} information;

static const information table[MB_OPERATORS] = {
    [MB_CONSTANT] = {"full", 0, LEAF},
    [MB_NULL] = {"null", 0, LEAF},
    [MB_SEQUENCE] = {"range", 0, LEAF},
    [MB_RANDOM] = {"random", 0, LEAF},
    [MB_EQ] = {"eq", 2, COMPARISON},
    [MB_NE] = {"ne", 2, COMPARISON},
    [MB_LT] = {"lt", 2, COMPARISON},
    [MB_LE] = {"le", 2, COMPARISON},
    [MB_GT] = {"gt", 2, COMPARISON},
    [MB_GE] = {"ge", 2, COMPARISON},
    [MB_ADD] = {"+", 2, NUMBERS},
    [MB_SUB] = {"-", 2, NUMBERS},
    [MB_MUL] = {"*", 2, NUMBERS},
    [MB_FLOORDIV] = {"//", 2, NUMBERS},
    [MB_MOD] = {"%", 2, NUMBERS},
    [MB_DIV] = {"/", 2, FLOATS},
    [MB_POW] = {"^", 2, FLOATS},
    [MB_NEG] = {"-", 1, NUMBERS},
    [MB_ABS] = {"abs", 1, NUMBERS},
    [MB_SIGN] = {"sign", 1, NUMBERS},
    [MB_MINIMUM] = {"minimum", 2, VALUES},
    [MB_MAXIMUM] = {"maximum", 2, VALUES},
    [MB_AND] = {"&", 2, BITS},
    [MB_OR] = {"|", 2, BITS},
    [MB_XOR] = {"~", 2, BITS},
    [MB_NOT] = {"~", 1, BITS},
    [MB_SHL] = {"<<", 2, INTEGERS},
    [MB_SHR] = {">>", 2, INTEGERS},
    [MB_ROTL] = {"rotl", 2, INTEGERS},
    [MB_ROTR] = {"rotr", 2, INTEGERS},
    [MB_POPCOUNT] = {"popcount", 1, COUNTS},
    [MB_CLZ] = {"clz", 1, COUNTS},
    [MB_CTZ] = {"ctz", 1, COUNTS},
    [MB_FLOOR] = {"floor", 1, ROUNDING},
    [MB_CEIL] = {"ceil", 1, ROUNDING},
    [MB_TRUNC] = {"trunc", 1, ROUNDING},
    [MB_RINT] = {"round", 1, ROUNDING},
    [MB_SQRT] = {"sqrt", 1, FLOATS},
    [MB_CBRT] = {"cbrt", 1, FLOATS},
    [MB_EXP] = {"exp", 1, FLOATS},
    [MB_EXPM1] = {"expm1", 1, FLOATS},
    [MB_LOG] = {"log", 1, FLOATS},
    [MB_LOG2] = {"log2", 1, FLOATS},
    [MB_LOG10] = {"log10", 1, FLOATS},
    [MB_LOG1P] = {"log1p", 1, FLOATS},
    [MB_SIN] = {"sin", 1, FLOATS},
    [MB_COS] = {"cos", 1, FLOATS},
    [MB_TAN] = {"tan", 1, FLOATS},
    [MB_ASIN] = {"asin", 1, FLOATS},
    [MB_ACOS] = {"acos", 1, FLOATS},
    [MB_ATAN] = {"atan", 1, FLOATS},
    [MB_ATAN2] = {"atan2", 2, FLOATS},
    [MB_SINH] = {"sinh", 1, FLOATS},
    [MB_COSH] = {"cosh", 1, FLOATS},
    [MB_TANH] = {"tanh", 1, FLOATS},
    [MB_ISNAN] = {"isnan", 1, TESTS},
    [MB_ISINF] = {"isinf", 1, TESTS},
    [MB_ISFINITE] = {"isfinite", 1, TESTS},
    [MB_HASH] = {"hash", 2, MIXING},
    [MB_WHERE] = {"where", 3, CHOICE},
    [MB_IS_MISSING] = {"is_missing", 1, ANYTHING},
    [MB_ROUND] = {"round", 1, FLOATS},
    [MB_CAST] = {"as", 1, ANYTHING},
    [MB_FILTER] = {"filter", 2, ANYTHING},
};

const char *mb_operator_name(mb_operator op)
{
    return table[op].name;
}

int mb_operator_arity(mb_operator op)
{
    return table[op].arity;
}

// The one type of numbers that two types become; bools count as whatever the other is. False for an
// int beside a uint.
static bool join(mb_kind a, mb_kind b, mb_kind *joined)
{
    *joined = a > b ? a : b; // in the order bool, int, uint, float
    return !(a == MB_INT && b == MB_UINT) && !(a == MB_UINT && b == MB_INT);
}

static mb_status refuse(mb_context *cx, mb_operator op, const char *takes)
{
    return mb_fail(cx, MB_EINVALID, "%s takes %s", table[op].name, takes);
}

static mb_status join_all(mb_context *cx, mb_operator op, const mb_kind *types, int n,
                          mb_kind *joined)
{
    *joined = types[0];
    for (int i = 1; i < n; i++)
        if (!join(*joined, types[i], joined))
            return mb_fail(cx, MB_EINVALID,
                           "%s takes int or uint, not both (cast one with :as(\"int\") or "
                           ":as(\"uint\"))",
                           table[op].name);
    return MB_OK;
}

static mb_status check_bits(mb_context *cx, mb_operator op, const mb_kind *types)
{
    for (int i = 0; i < table[op].arity; i++)
        if (types[i] == MB_FLOAT || (types[i] == MB_BOOL) != (types[0] == MB_BOOL))
            return refuse(cx, op, "bool columns or integer columns");
    return MB_OK;
}

static mb_status check_integers(mb_context *cx, mb_operator op, const mb_kind *types)
{
    for (int i = 0; i < table[op].arity; i++)
        if (types[i] == MB_FLOAT) return refuse(cx, op, "integer columns");
    return MB_OK;
}

mb_status mb_operator_types(mb_context *cx, mb_operator op, const mb_kind *operands, mb_kind *as,
                            mb_kind *result)
{
    mb_status status = MB_OK;
    int n = table[op].arity;
    rule rule = table[op].rule;
    *as = MB_FLOAT;
    if (rule == BITS) status = check_bits(cx, op, operands);
    if (rule == INTEGERS || rule == COUNTS) status = check_integers(cx, op, operands);
    if (rule == CHOICE && operands[0] != MB_BOOL)
        return refuse(cx, op, "a bool column as its condition");
    if (status) return status;
    if (rule == CHOICE)
        status = join_all(cx, op, operands + 1, n - 1, as);
    else if (rule != TESTS && rule != COMPARISON && rule != MIXING)
        status = join_all(cx, op, operands, n, as);
    if (rule == FLOATS || rule == TESTS) *as = MB_FLOAT;
    if (rule == MIXING) *as = operands[1];
    bool counts = rule == NUMBERS || rule == INTEGERS || rule == COUNTS || rule == ROUNDING;
    if (counts && *as == MB_BOOL) *as = MB_INT;
    *result = *as;
    if (rule == COMPARISON || rule == TESTS || rule == ANYTHING) *result = MB_BOOL;
    if (rule == COUNTS) *result = MB_INT;
    if (rule == MIXING) *result = MB_UINT;
    return status;
}
