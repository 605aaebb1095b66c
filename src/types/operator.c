#include "types/operator.h"

#include "types/type.h"

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
    [MB_MAP] = {"map", 1, ANYTHING},
    [MB_RESCALE] = {"unit", 1, ANYTHING},
    [MB_MULTIPLE] = {"round", 1, ANYTHING},
    [MB_FIELD] = {"field", 1, ANYTHING},
    [MB_CALL] = {"kernel", 1, ANYTHING},
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

static mb_status refuse(mb_context *cx, mb_operator op, const char *takes)
{
    return mb_fail(cx, MB_EINVALID, "%s takes %s", table[op].name, takes);
}

// --- Kinds.

// The one kind of numbers that kinds become; bools count as whatever the others are.
static mb_status join_all(mb_context *cx, mb_operator op, const mb_kind *kinds, int n,
                          mb_kind *joined)
{
    *joined = kinds[0];
    for (int i = 1; i < n; i++) {
        if (mb_kind_mixes_signs(*joined, kinds[i]))
            return refuse(cx, op,
                          "int or uint, not both (cast one with :as(\"int\") or :as(\"uint\"))");
        *joined = mb_kind_join(*joined, kinds[i]);
    }
    return MB_OK;
}

static mb_status check_kinds(mb_context *cx, mb_operator op, rule rule, const mb_kind *kinds)
{
    bool integers = rule == INTEGERS || rule == COUNTS;
    for (int i = 0; i < table[op].arity; i++) {
        if (rule == BITS &&
            (kinds[i] == MB_FLOAT || (kinds[i] == MB_BOOL) != (kinds[0] == MB_BOOL)))
            return refuse(cx, op, "bool columns or integer columns");
        if (integers && kinds[i] == MB_FLOAT) return refuse(cx, op, "integer columns");
    }
    if (rule == CHOICE && kinds[0] != MB_BOOL)
        return refuse(cx, op, "a bool column as its condition");
    return MB_OK;
}

// The kind that operands are brought to.
static mb_status common_kind(mb_context *cx, mb_operator op, rule rule, const mb_kind *kinds,
                             mb_kind *as)
{
    mb_status status = MB_OK;
    bool counts = rule == NUMBERS || rule == INTEGERS || rule == COUNTS || rule == ROUNDING;
    *as = MB_FLOAT;
    if (rule == CHOICE)
        status = join_all(cx, op, kinds + 1, table[op].arity - 1, as);
    else if (rule != TESTS && rule != COMPARISON && rule != MIXING)
        status = join_all(cx, op, kinds, table[op].arity, as);
    if (rule == FLOATS) *as = MB_FLOAT;
    if (rule == MIXING) *as = kinds[1];
    if (counts) *as = mb_kind_of_number(*as);
    return status;
}

static mb_kind kind_of_result(rule rule, mb_kind as)
{
    switch (rule) {
    case COMPARISON:
    case TESTS:
    case ANYTHING: return MB_BOOL;
    case COUNTS: return MB_INT;
    case MIXING: return MB_UINT;
    default: return as;
    }
}

// --- Types.

mb_status mb_type_refuse(mb_context *cx, const char *operation, const mb_type *type)
{
    if (type->mend)
        return mb_fail(cx, MB_EINVALID, "%s takes no %s columns (%s)", operation, type->name,
                       type->mend);
    return mb_fail(cx, MB_EINVALID, "%s takes no %s columns (cast with :as(\"%s\"))", operation,
                   type->name, mb_type_of(type->kind)->name);
}

mb_status mb_type_check_truth(mb_context *cx, const char *operation, const mb_type *type)
{
    return mb_type_counts(type) ? MB_OK : mb_type_refuse(cx, operation, type);
}

// Fails for operands of a type that an operator does not take at all, or not beside the others.
static mb_status refuse_type(mb_context *cx, mb_operator op, const mb_type *type)
{
    const rule rule = table[op].rule;
    bool takes_alike = rule == COMPARISON || rule == VALUES || rule == CHOICE;
    if (type->script != MB_SCRIPT_STRING || !takes_alike)
        return mb_type_refuse(cx, table[op].name, type);
    return mb_fail(cx, MB_EINVALID,
                   "%s takes text beside text only (cast the other with :as(\"text\"), or text "
                   "that has numbers with :as(\"int\") or :as(\"float\"))",
                   table[op].name);
}

// Operands of text go with no other kind, whatever their codes are of.
static mb_status check_texts(mb_context *cx, mb_operator op, const mb_type *const *operands)
{
    int arity = table[op].arity, first = table[op].rule == CHOICE, ntexts = 0;
    const mb_type *text = NULL;
    for (int i = first; i < arity; i++) {
        bool is_text = operands[i]->script == MB_SCRIPT_STRING;
        if (is_text) text = operands[i];
        ntexts += is_text;
    }
    bool mixed = text && ntexts < arity - first && table[op].rule != ANYTHING;
    return mixed ? refuse_type(cx, op, text) : MB_OK;
}

// The type of a result of the kind of `plain`, where operands have types over their kinds.
static mb_status type_of_result(mb_context *cx, mb_operator op, const mb_type *const *operands,
                                const mb_type *plain, const mb_type **result)
{
    bool keeps = table[op].rule == VALUES || table[op].rule == CHOICE;
    const mb_type *over = NULL;
    *result = plain;
    for (int i = table[op].rule == CHOICE; i < table[op].arity; i++) {
        // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): there is one for each operand
        const mb_type *type = operands[i];
        if (mb_type_is_plain(type) || type == over) continue;
        if (type->operate && type->operate(op, operands, plain, result)) {
            return *result ? MB_OK : refuse_type(cx, op, type);
        }
        if (over && (keeps || table[op].rule == COMPARISON))
            return mb_fail(cx, MB_EINVALID, "%s takes %s or %s, not both (cast one with :as)",
                           table[op].name, over->name, type->name);
        over = type;
    }
    if (over && keeps && over->kind == plain->kind) *result = over;
    return MB_OK;
}

mb_status mb_operator_types(mb_context *cx, mb_operator op, const mb_type *const *operands,
                            mb_kind *as, const mb_type **result)
{
    const rule rule = table[op].rule;
    mb_kind kinds[MB_MOST_OPERANDS] = {MB_BOOL};
    for (int i = 0; i < table[op].arity; i++)
        kinds[i] = operands[i]->kind;
    mb_status status = check_texts(cx, op, operands);
    if (!status) status = check_kinds(cx, op, rule, kinds);
    if (!status) status = common_kind(cx, op, rule, kinds, as);
    if (status) return status;
    return type_of_result(cx, op, operands, mb_type_of(kind_of_result(rule, *as)), result);
}

mb_status mb_operator_folded(mb_context *cx, mb_operator op, const char *name, const mb_type *type,
                             const mb_type **result)
{
    mb_kind as;
    const mb_type *const operands[] = {type, type};
    mb_status status = mb_operator_types(cx, op, operands, &as, result);
    return status ? mb_fail_within(cx, status, "%s", name) : MB_OK;
}

bool mb_operate_alike(mb_operator op, const mb_type *const *operands, const mb_type *plain,
                      const mb_type **result)
{
    int first = op == MB_WHERE;
    bool chooses = op == MB_MINIMUM || op == MB_MAXIMUM || op == MB_WHERE, alike = true;
    (void)plain;
    if (op == MB_IS_MISSING) return false;
    for (int i = first; i < mb_operator_arity(op); i++)
        alike = alike && operands[i] == operands[first];
    if (alike && (chooses || mb_operator_compares(op))) return false;
    *result = NULL;
    return true;
}
