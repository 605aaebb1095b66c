#include "ops/group/fold.h"

#include "types/time.h"

static const char *const names[MB_FOLDS] = {
    "size",  "count", "sum", "mean", "prod",    "min",    "max",     "argmin",  "argmax",
    "first", "last",  "any", "all",  "bit_and", "bit_or", "bit_xor", "quantile"};

const char *mb_fold_name(mb_fold_kind kind)
{
    return names[kind];
}

// --- One word a group.

static void count_rows(const mb_fold_rows *rows, void *states)
{
    uint64_t *counts = states;
    for (int64_t i = 0; i < rows->n; i++) {
        __builtin_prefetch(&counts[mb_group_ahead(rows, i)], 1);
        counts[rows->groups[i]]++;
    }
}

#define WORD_FOLD(name, operation, value)                                                          \
    static void add_##name(const mb_fold_rows *rows, void *states)                                 \
    {                                                                                              \
        uint64_t *words = states;                                                                  \
        for (int64_t i = 0; i < rows->n; i++)                                                      \
            words[rows->groups[i]] operation(value);                                               \
    }

static inline uint64_t is_true(mb_value value, bool is_float)
{
    return is_float ? value.f != 0 : value.u != 0;
}

WORD_FOLD(prod, *=, rows->values[i])
WORD_FOLD(and, &=, rows->values[i])
WORD_FOLD(or, |=, rows->values[i])
WORD_FOLD(xor, ^=, rows->values[i])
WORD_FOLD(any, |=, is_true((mb_value){.u = rows->values[i]}, false))
WORD_FOLD(all, &=, is_true((mb_value){.u = rows->values[i]}, false))
WORD_FOLD(any_float, |=, is_true((mb_value){.u = rows->values[i]}, true))
WORD_FOLD(all_float, &=, is_true((mb_value){.u = rows->values[i]}, true))

static void word_fold(mb_fold *fold)
{
    bool is_float = fold->type->kind == MB_FLOAT;
    fold->width = sizeof(uint64_t);
    fold->whole = true;
    fold->finish = mb_fold_finish_words;
    switch (fold->kind) {
    case MB_FOLD_PROD:
        fold->add = add_prod;
        fold->initial = 1;
        break;
    case MB_FOLD_BIT_AND:
        fold->add = add_and;
        fold->initial = UINT64_MAX;
        break;
    case MB_FOLD_BIT_OR: fold->add = add_or; break;
    case MB_FOLD_BIT_XOR: fold->add = add_xor; break;
    case MB_FOLD_ANY: fold->add = is_float ? add_any_float : add_any; break;
    case MB_FOLD_ALL:
        fold->add = is_float ? add_all_float : add_all;
        fold->initial = 1;
        break;
    default: fold->add = count_rows; fold->merge = mb_fold_merge_sums;
    }
}

void mb_fold_merge(const mb_fold *fold, const void *from, int64_t n, const uint32_t *groups,
                   void *states)
{
    const mb_fold_rows rows = {.n = n, .groups = groups, .values = from};
    if (fold->merge)
        fold->merge(from, n, groups, states);
    else if (fold->kind == MB_FOLD_ANY || fold->kind == MB_FOLD_ALL)
        (fold->kind == MB_FOLD_ANY ? add_any : add_all)(&rows, states); // states are no floats
    else
        fold->add(&rows, states);
}

void mb_fold_clear(const mb_fold *fold, int64_t n, void *states)
{
    uint64_t *words = states;
    for (int64_t w = 0; w < n * (int64_t)(fold->width / sizeof *words); w++)
        words[w] = fold->initial;
}

// Removes missing rows.
static void keep_valid(mb_fold_rows *rows, const uint8_t *valid, mb_fold_room *room)
{
    int64_t n = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        room->groups[n] = rows->groups[i];
        room->offsets[n] = rows->offsets[i];
        if (rows->values) room->values[n] = rows->values[i];
        n += valid[i];
    }
    rows->n = n;
    rows->groups = room->groups;
    rows->offsets = room->offsets;
    if (rows->values) rows->values = room->values;
}

void mb_fold_add(const mb_fold *fold, mb_isa isa, mb_fold_rows rows, const mb_block *values,
                 const uint8_t *valid, mb_fold_room *room, void *states)
{
    if (values) rows.values = mb_block_widen(mb_kernels_of(isa), values, rows.n, room->values);
    if (valid) keep_valid(&rows, valid, room);
    fold->add(&rows, states);
}

// --- The fold of a column.

static mb_status check_operand(mb_context *cx, mb_fold_kind kind, const mb_type *type)
{
    bool bits = kind >= MB_FOLD_BIT_AND && kind <= MB_FOLD_BIT_XOR;
    if (bits && !mb_kind_is_integer(type->kind))
        return mb_fail(cx, MB_EINVALID, "%s of groups takes int and uint columns, not %s",
                       mb_fold_name(kind), type->name);
    bool truth = kind == MB_FOLD_ANY || kind == MB_FOLD_ALL;
    return bits || truth ? mb_type_check_truth(cx, mb_fold_name(kind), type) : MB_OK;
}

static mb_status result_type(mb_context *cx, mb_fold_kind kind, const mb_type *type,
                             const mb_type **result)
{
    static const mb_type *const types[MB_FOLDS] = {
        [MB_FOLD_MEAN] = &mb_type_float, [MB_FOLD_ANY] = &mb_type_bool,
        [MB_FOLD_ALL] = &mb_type_bool,   [MB_FOLD_SIZE] = &mb_type_int,
        [MB_FOLD_COUNT] = &mb_type_int,  [MB_FOLD_ARGMIN] = &mb_type_int,
        [MB_FOLD_ARGMAX] = &mb_type_int, [MB_FOLD_QUANTILE] = &mb_type_float,
    };
    mb_status status = MB_OK;
    *result = type;
    if (type->units && kind == MB_FOLD_MEAN) {
        *result = type->units->types[mb_unit_rounded(type->unit)];
        return MB_OK;
    }
    if (kind == MB_FOLD_SUM || kind == MB_FOLD_MEAN || mb_fold_selects(kind))
        status = mb_operator_folded(cx, MB_ADD, names[kind], type, result);
    else if (kind == MB_FOLD_PROD)
        status = mb_operator_folded(cx, MB_MUL, names[kind], type, result);
    if (types[kind]) *result = types[kind];
    return status;
}

mb_status mb_fold_of(mb_context *cx, mb_fold_kind kind, const mb_column *column, mb_fold *fold)
{
    const mb_type *type = column ? column->type : &mb_type_int;
    mb_status status = check_operand(cx, kind, type);
    if (status) return status;
    *fold = (mb_fold){.kind = kind, .type = type};
    status = result_type(cx, kind, type, &fold->result);
    if (status) return status;
    if (kind == MB_FOLD_SUM || kind == MB_FOLD_MEAN) {
        if (type->kind == MB_FLOAT)
            mb_fold_float_sum(cx->isa, fold);
        else
            mb_fold_integer_sum(column, fold);
    } else if (kind == MB_FOLD_PROD && type->kind == MB_FLOAT) {
        mb_fold_float_product(fold);
    } else if (kind >= MB_FOLD_MIN && kind <= MB_FOLD_LAST) {
        mb_fold_chosen_row(fold);
    } else {
        word_fold(fold);
    }
    return MB_OK;
}

// Equal columns are prepared once.
static mb_status open_column(mb_context *cx, const mb_aggregation *aggregations, int i,
                             mb_layout *rows, bool stored, mb_fold_column *folds)
{
    mb_column *column = aggregations[i].column;
    if (!column) return MB_OK;
    for (int k = 0; k < i && !folds[i].column; k++)
        if (aggregations[k].column == column) folds[i].column = mb_column_retain(folds[k].column);
    if (!folds[i].column && !stored && mb_layout_equal(column->layout, rows))
        folds[i].column = mb_column_retain(column);
    return folds[i].column ? MB_OK : mb_settle(cx, column, rows, &folds[i].column);
}

mb_status mb_fold_columns_open(mb_context *cx, const mb_aggregation *aggregations, int n,
                               mb_layout *rows, bool stored, mb_fold_column *folds)
{
    mb_status status = MB_OK;
    for (int i = 0; i < n && !status; i++) {
        status = open_column(cx, aggregations, i, rows, stored, folds);
        if (!status) status = mb_fold_of(cx, aggregations[i].kind, folds[i].column, &folds[i].fold);
        folds[i].fold.q = aggregations[i].q;
    }
    return status;
}

void mb_fold_columns_close(mb_fold_column *folds, int n)
{
    for (int i = 0; i < n; i++) {
        mb_column_release(folds[i].column);
        mb_buffer_release(folds[i].states);
    }
}

int mb_fold_float_width(const mb_fold *fold, const mb_column *column)
{
    bool chosen = fold->kind >= MB_FOLD_MIN && fold->kind <= MB_FOLD_LAST;
    return chosen && !mb_column_pending(column) ? column->values.width : 8;
}

mb_status mb_fold_refuse(mb_context *cx, const mb_fold *fold, int64_t group)
{
    static const char *const mend[] = {
        [MB_BOOL] = "",
        [MB_INT] = "an int; sum the column :as(\"float\")",
        [MB_UINT] = "a uint; sum the column :as(\"float\")",
        [MB_FLOAT] = "its accumulator: the group has more than 2^33 rows",
    };
    return mb_fail(cx, MB_EOVERFLOW, "%s: that of group %lld does not fit %s",
                   mb_fold_name(fold->kind), (long long)group + 1, mend[fold->type->kind]);
}
