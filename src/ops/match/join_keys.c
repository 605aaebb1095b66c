#include "ops/match/join_keys.h"

#include <string.h>

#include "column/builder.h"
#include "comm/lockstep.h"

typedef struct building {
    const mb_keys *keys;
    mb_builder **builders; // of each word
} building;

// valid[i] = 0 where a field's column is missing. A field without bits, whose only code is that of
// a missing row, is missing in every row.
static void mark_missing(const mb_keys *keys, const mb_key_field *field, const uint64_t *words,
                         int64_t n, uint8_t *valid)
{
    if (!keys->bounds[field->column].missing) return;
    const uint64_t mask = field->bits ? UINT64_MAX >> (64 - field->bits) : 0;
    const uint64_t missing = field->presence ? 1 : field->missing;
    for (int64_t i = 0; i < n; i++)
        valid[i] &= (uint8_t)((words[i] >> field->shift & mask) != missing);
}

// Whether the code itself says that a row is missing, and not another field.
static bool tells_missing(const mb_keys *keys, int field)
{
    return keys->fields[field].presence || field == 0 || !keys->fields[field - 1].presence;
}

static mb_status append_words(void *state, uint64_t *const *words, int64_t first, int64_t n)
{
    const building *to = state;
    uint8_t valid[MB_KEY_ROWS];
    mb_status status = MB_OK;
    (void)first;
    for (int w = 0; w < to->keys->nwords && !status; w++) {
        memset(valid, 1, (size_t)n);
        for (int f = 0; f < to->keys->nfields; f++)
            if (to->keys->fields[f].word == w && tells_missing(to->keys, f))
                mark_missing(to->keys, &to->keys->fields[f], words[w], n, valid);
        status = mb_builder_append(to->builders[w], words[w], valid, n);
    }
    return status;
}

// The packing of both tables' keys.
static mb_status pack(mb_context *cx, const mb_join_keys *given, mb_keys *keys)
{
    mb_key_bounds bounds[MB_MOST_KEYS], right;
    mb_status status = MB_OK;
    for (int i = 0; i < given->ncolumns && !status; i++) {
        status = mb_key_bounds_of(cx, given->columns[0][i], &bounds[i]);
        if (!status) status = mb_key_bounds_of(cx, given->columns[1][i], &right);
        if (!status) bounds[i] = mb_key_bounds_join(bounds[i], right);
    }
    if (!status) mb_keys_pack(bounds, NULL, given->ncolumns, keys);
    return status;
}

static mb_status build_side(mb_context *cx, const mb_keys *keys, mb_column *const *columns,
                            mb_builder **builders)
{
    building to = {keys, builders};
    mb_status status = MB_OK;
    for (int w = 0; w < keys->nwords && !status; w++) {
        const mb_range range = {0, keys->bits[w] ? UINT64_MAX >> (64 - keys->bits[w]) : 0};
        status =
            mb_builder_open(cx, &mb_type_uint, mb_column_rows(columns[0]), &range, 8, &builders[w]);
    }
    if (!status) status = mb_keys_each(cx, keys, columns, append_words, &to);
    return status;
}

mb_status mb_join_words(mb_context *cx, const mb_join_keys *given, mb_join_word *words, int *nwords)
{
    mb_keys keys;
    mb_builder *builders[2 * MB_MOST_FIELDS] = {NULL};
    mb_layout *layouts[2 * MB_MOST_FIELDS];
    mb_column *made[2 * MB_MOST_FIELDS];
    mb_status status;
    MB_TRY(pack(cx, given, &keys));
    for (int side = 0; side < 2; side++) {
        mb_column *const *columns = given->columns[side];
        status = build_side(cx, &keys, columns, builders + side * keys.nwords);
        MB_TRY(mb_step(cx, status, NULL));
        for (int w = 0; w < keys.nwords; w++)
            layouts[side * keys.nwords + w] = columns[0]->layout;
    }
    MB_TRY(mb_builder_finish(cx, builders, 2 * keys.nwords, layouts, 0, made));
    for (int w = 0; w < keys.nwords; w++)
        words[w] = (mb_join_word){{made[w], made[keys.nwords + w]}, keys.bits[w]};
    *nwords = keys.nwords;
done:
    for (int i = 0; i < 2 * MB_MOST_FIELDS; i++)
        mb_builder_close(builders[i]);
    return status;
}
