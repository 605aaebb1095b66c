// Folds that choose one row of each group: the smallest, the largest, the first, the last.

#include "ops/count/counted.h"
#include "ops/group/fold.h"

typedef struct chosen {
    uint64_t word; // the value; of the smallest and largest its order word
    uint64_t row;  // from 1; 0: none
} chosen;

// A word of a value that is smaller where the value wins; the first NaN wins over all numbers.
static inline uint64_t rank_integer(uint64_t value, uint64_t flip)
{
    return value ^ flip;
}

static inline uint64_t rank_float(uint64_t bits, uint64_t flip)
{
    mb_value value = {.u = bits};
    uint64_t word = mb_order_float(value.f);
    return word == MB_ORDER_NAN ? 0 : word ^ flip;
}

static inline void put_if_less(chosen *state, uint64_t word, uint64_t row)
{
    if (!state->row || word < state->word) *state = (chosen){word, row};
}

#define CHOOSE(name, rank, flip)                                                                   \
    static void add_##name(const mb_fold_rows *rows, void *states)                                 \
    {                                                                                              \
        chosen *chosen = states;                                                                   \
        for (int64_t i = 0; i < rows->n; i++)                                                      \
            put_if_less(&chosen[rows->groups[i]], rank(rows->values[i], flip),                     \
                        rows->first + rows->offsets[i]);                                           \
    }

#define SIGN (UINT64_C(1) << 63)
CHOOSE(least_int, rank_integer, SIGN)
CHOOSE(largest_int, rank_integer, ~SIGN)
CHOOSE(least_uint, rank_integer, 0)
CHOOSE(largest_uint, rank_integer, UINT64_MAX)
CHOOSE(least_float, rank_float, 0)
CHOOSE(largest_float, rank_float, UINT64_MAX)

static void add_first(const mb_fold_rows *rows, void *states)
{
    chosen *chosen = states;
    for (int64_t i = 0; i < rows->n; i++) {
        struct chosen *state = &chosen[rows->groups[i]];
        if (state->row) continue;
        state->word = rows->values[i];
        state->row = rows->first + rows->offsets[i];
    }
}

static void add_last(const mb_fold_rows *rows, void *states)
{
    chosen *chosen = states;
    for (int64_t i = 0; i < rows->n; i++)
        chosen[rows->groups[i]] = (struct chosen){rows->values[i], rows->first + rows->offsets[i]};
}

static void merge_least(const void *from, int64_t n, const uint32_t *groups, void *states)
{
    const chosen *others = from;
    for (int64_t i = 0; i < n; i++)
        if (others[i].row) put_if_less((chosen *)states + groups[i], others[i].word, others[i].row);
}

static void merge_first(const void *from, int64_t n, const uint32_t *groups, void *states)
{
    const chosen *others = from;
    for (int64_t i = 0; i < n; i++) {
        chosen *state = (chosen *)states + groups[i];
        if (others[i].row && !state->row) *state = others[i];
    }
}

static void merge_last(const void *from, int64_t n, const uint32_t *groups, void *states)
{
    const chosen *others = from;
    for (int64_t i = 0; i < n; i++)
        if (others[i].row) ((chosen *)states)[groups[i]] = others[i];
}

// The chosen rows, or their values as they are.
static int64_t finish_chosen(const mb_fold *fold, const void *states, int64_t n, uint64_t *results,
                             uint8_t *valid)
{
    const chosen *chosen = states;
    const bool rows = fold->kind == MB_FOLD_ARGMIN || fold->kind == MB_FOLD_ARGMAX;
    for (int64_t i = 0; i < n; i++) {
        results[i] = rows ? chosen[i].row : chosen[i].word;
        valid[i] = chosen[i].row != 0;
    }
    return -1;
}

// The chosen values, from their order words.
static int64_t finish_ranked(const mb_fold *fold, const void *states, int64_t n, uint64_t *results,
                             uint8_t *valid)
{
    const chosen *chosen = states;
    const mb_kind kind = fold->type->kind;
    const uint64_t flip = fold->kind == MB_FOLD_MAX ? UINT64_MAX : 0;
    const uint64_t of_zero = mb_kind_has_nan(kind) ? MB_ORDER_NAN : flip;
    for (int64_t i = 0; i < n; i++) {
        uint64_t order = chosen[i].word ? chosen[i].word ^ flip : of_zero;
        results[i] = mb_unorder_value(kind, order).bits;
        valid[i] = chosen[i].row != 0;
    }
    return -1;
}

void mb_fold_chosen_row(mb_fold *fold)
{
    static void (*const least[])(const mb_fold_rows *, void *) = {
        [MB_BOOL] = add_least_uint,
        [MB_INT] = add_least_int,
        [MB_UINT] = add_least_uint,
        [MB_FLOAT] = add_least_float,
    };
    static void (*const largest[])(const mb_fold_rows *, void *) = {
        [MB_BOOL] = add_largest_uint,
        [MB_INT] = add_largest_int,
        [MB_UINT] = add_largest_uint,
        [MB_FLOAT] = add_largest_float,
    };
    mb_fold_kind kind = fold->kind;
    bool is_least = kind == MB_FOLD_MIN || kind == MB_FOLD_ARGMIN;
    fold->width = sizeof(chosen);
    fold->finish = kind == MB_FOLD_MIN || kind == MB_FOLD_MAX ? finish_ranked : finish_chosen;
    if (kind == MB_FOLD_FIRST || kind == MB_FOLD_LAST) {
        fold->add = kind == MB_FOLD_FIRST ? add_first : add_last;
        fold->merge = kind == MB_FOLD_FIRST ? merge_first : merge_last;
        return;
    }
    fold->add = is_least ? least[fold->type->kind] : largest[fold->type->kind];
    fold->merge = merge_least;
}
