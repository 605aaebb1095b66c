#include "ops/match/match_column.h"

#include "column/builder.h"
#include "comm/lockstep.h"

typedef struct building {
    mb_builder *builder;
    const mb_match_column *what;
} building;

static bool all_found(const uint8_t *matches, const uint8_t *valid, int64_t n)
{
    int others = 0;
    for (int64_t i = 0; i < n; i++)
        others |= matches[i] ^ MB_FOUND;
    for (int64_t i = 0; valid && i < n; i++)
        others |= valid[i] ^ 1;
    return others == 0;
}

static mb_status append_matches(void *state, const uint64_t *values, const uint8_t *matches,
                                const uint8_t *valid, int64_t n)
{
    const building *to = state;
    const uint64_t absent = to->what->absent ? to->what->absent->bits : 0;
    uint8_t has_value[MB_HASH_ROWS];
    uint64_t words[MB_HASH_ROWS];
    if (to->what->tests) return mb_builder_append(to->builder, matches, valid, n);
    if (mb_builder_width(to->builder) == 8 && all_found(matches, valid, n))
        return mb_builder_append(to->builder, values, NULL, n);
    for (int64_t i = 0; i < n; i++)
        has_value[i] = matches[i] == MB_FOUND || (matches[i] == MB_ABSENT && to->what->absent);
    for (int64_t i = 0; valid && i < n; i++)
        has_value[i] &= valid[i];
    for (int64_t i = 0; i < n; i++)
        words[i] = matches[i] == MB_ABSENT ? absent : values[i];
    return mb_builder_append_words(to->builder, words, has_value, n);
}

mb_status mb_match_build(mb_context *cx, const mb_key_index *index, mb_column *column,
                         const mb_match_column *what, const mb_range *guess, mb_column **result)
{
    building to = {.what = what};
    mb_status status =
        mb_builder_open(cx, what->type, mb_column_rows(column), guess, 8, &to.builder);
    if (!status) status = mb_key_index_probe(cx, index, column, append_matches, &to);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &to.builder, 1, &column->layout, 0, result));
done:
    mb_builder_close(to.builder);
    return status;
}
