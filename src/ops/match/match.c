#include "ops/match/match.h"

#include <stdio.h>

#include "comm/lockstep.h"
#include "expr/scalar.h"
#include "ops/count/counted.h"
#include "ops/count/tally.h"
#include "ops/match/match_column.h"

// --- Membership.

// The distinct values of this rank's rows of a set.
static mb_status distinct_entries(mb_context *cx, mb_column *set, mb_entries *entries)
{
    mb_counted counted = {0};
    mb_column *source = NULL;
    mb_status status;
    MB_TRY(mb_counted_source(cx, set, &source));
    uint64_t origin = mb_tally_origin(source);
    MB_TRY(mb_counted_local(cx, source, &counted));
    MB_TRY(mb_buffer_new_array(cx, counted.n, sizeof(uint64_t), &entries->words));
    const mb_key_count *pairs = counted.pairs->data;
    uint64_t *words = entries->words->data;
    for (int64_t i = 0; i < counted.n; i++)
        words[i] = pairs[i].key + origin;
    entries->n = counted.n;
done:
    mb_column_release(source);
    mb_counted_release(&counted);
    return status;
}

mb_status mb_isin(mb_context *cx, mb_column *column, mb_column *set, mb_column **result)
{
    enum { SMALL_SET = 1 << 21 }; // rows whose index is built as quickly as they are counted
    mb_entries entries = {0};
    mb_key_index index = {0};
    const mb_match_column what = {.type = &mb_type_bool, .tests = true};
    mb_status status = set->layout->n_global <= SMALL_SET
                           ? mb_entries_collect(cx, set, false, NULL, false, &entries)
                           : distinct_entries(cx, set, &entries);
    MB_TRY(
        mb_key_index_open(cx, status, &entries, MB_HASH_TEST, mb_key_index_limit(column), &index));
    MB_TRY(mb_match_build(cx, &index, column, &what, NULL, result));
done:
    mb_entries_release(&entries);
    mb_key_index_close(&index);
    return status;
}

// --- Lookup.

// Keeps the first of equal keys, so that one which many rows have overloads no rank.
static mb_status drop_repeated(mb_context *cx, mb_entries *entries)
{
    mb_hash_index index = {0};
    uint64_t *words = entries->words->data, *values = entries->values->data;
    int64_t ids[MB_HASH_ROWS], kept = 0;
    mb_status status = mb_hash_index_open(cx, words, entries->n, MB_HASH_FIND, NULL, &index);
    if (status || index.duplicate < 0) goto done;
    for (int64_t at = 0; at < entries->n; at += MB_HASH_ROWS) {
        int64_t n = entries->n - at < MB_HASH_ROWS ? entries->n - at : MB_HASH_ROWS;
        mb_hash_index_find(cx, &index, words + at, n, ids);
        for (int64_t i = 0; i < n; i++) {
            words[kept] = words[at + i];
            values[kept] = values[at + i];
            kept += ids[i] == at + i;
        }
    }
    entries->n = kept;
done:
    mb_hash_index_close(&index);
    return status;
}

// Text and its like are codes, which say nothing.
static void describe_key(const mb_type *type, uint64_t word, char *text, size_t size)
{
    const mb_kind kind = type->kind;
    mb_value value = mb_kind_has_nan(kind) ? mb_unorder_value(kind, word) : (mb_value){.u = word};
    if (!mb_type_counts(type)) {
        (void)snprintf(text, size, "a key");
        return;
    }
    int start = snprintf(text, size, "the key ");
    mb_scalar_describe(kind, value, text + start, size - (size_t)start);
}

static mb_status refuse_repeated(mb_context *cx, const mb_lookup *lookup, const mb_key_index *index)
{
    char key[48];
    int64_t row = index->hash.duplicate;
    if (!lookup->values || row < 0) return MB_OK;
    describe_key(lookup->keys->type, ((uint64_t *)index->entries.words->data)[row], key,
                 sizeof key);
    return mb_fail(cx, MB_EINVALID,
                   "lookup: %s is there more than once; keys:find(column) gives the "
                   "position of the first",
                   key);
}

// The range of the values of a lookup, for its storage; false when it is not known.
static bool result_range(const mb_lookup *lookup, mb_range *range)
{
    const mb_column *values = lookup->values;
    *range = (mb_range){1, (uint64_t)lookup->keys->layout->n_global};
    if (!values) return true;
    if (!mb_column_range(values, range)) return false;
    if (!lookup->absent) return true;
    const uint64_t fill = lookup->absent->bits;
    mb_range_join(values->type->kind, range, (mb_range){fill, fill});
    return true;
}

mb_status mb_lookup_rows(mb_context *cx, const mb_lookup *lookup, mb_column **result)
{
    mb_entries entries = {0};
    mb_key_index index = {0};
    const mb_match_column what = {.type = lookup->values ? lookup->values->type : &mb_type_int,
                                  .absent = lookup->absent};
    mb_range range;
    mb_status status;
    if (lookup->values) MB_TRY(mb_materialise(cx, lookup->values));
    status = mb_entries_collect(cx, lookup->keys, false, lookup->values, !lookup->values, &entries);
    if (!status && !lookup->values) status = drop_repeated(cx, &entries);
    MB_TRY(mb_key_index_open(cx, status, &entries, MB_HASH_FIND, mb_key_index_limit(lookup->column),
                             &index));
    MB_TRY(refuse_repeated(cx, lookup, &index));
    bool known = result_range(lookup, &range);
    MB_TRY(mb_match_build(cx, &index, lookup->column, &what, known ? &range : NULL, result));
done:
    mb_entries_release(&entries);
    mb_key_index_close(&index);
    return status;
}
