#include "ops/sort/sort_sources.h"

#include <string.h>

#include "expr/evaluate.h"

void mb_sources_close(mb_sources *sources)
{
    for (int i = 0; i < sources->n; i++)
        mb_column_release(sources->columns[i]);
    sources->n = 0;
}

static void drop_ordered(mb_sources *sources)
{
    while (sources->n > 0) {
        const mb_column *last = sources->columns[sources->n - 1];
        if (!last->facts.ascending || sources->descending[sources->n - 1]) return;
        mb_column_release(sources->columns[--sources->n]);
    }
}

static mb_status take_columns(mb_context *cx, mb_column *const *columns, int n,
                              const bool *descending, mb_sources *sources)
{
    for (int i = 0; i < n; i++) {
        mb_status status = mb_settle(cx, columns[i], columns[0]->layout, &sources->columns[i]);
        if (status) return status;
        sources->descending[i] = descending && descending[i];
        sources->n = i + 1;
    }
    return MB_OK;
}

// Inserts a key before key i: whether the rows of key i are missing.
static mb_status split_missing(mb_context *cx, mb_sources *sources, int i)
{
    mb_column *operands[MB_MOST_OPERANDS] = {sources->columns[i]}, *mask;
    mb_status status = mb_expression_apply(cx, MB_IS_MISSING, operands, NULL, &mask);
    if (status) return status;
    size_t after = (size_t)(sources->n - i);
    memmove(sources->columns + i + 1, sources->columns + i, after * sizeof *sources->columns);
    memmove(sources->descending + i + 1, sources->descending + i,
            after * sizeof *sources->descending);
    memmove(sources->bounds + i + 1, sources->bounds + i, after * sizeof *sources->bounds);
    sources->n++;
    sources->columns[i] = mask;
    sources->descending[i] = false;
    sources->bounds[i] = (mb_key_bounds){.kind = mask->type->kind, .any = true, .high = 1};
    sources->bounds[i + 1].missing = false;
    return mb_materialise(cx, mask);
}

mb_status mb_sources_open(mb_context *cx, mb_column *const *columns, int n, const bool *descending,
                          mb_sources *sources)
{
    mb_keys keys;
    mb_status status = take_columns(cx, columns, n, descending, sources);
    if (status) return status;
    drop_ordered(sources);
    for (int i = 0; i < sources->n; i++) {
        status = mb_key_bounds_of(cx, sources->columns[i], &sources->bounds[i]);
        if (status) return status;
    }
    for (int i = sources->n - 1; i >= 0; i--) {
        mb_keys_pack(sources->bounds + i, NULL, 1, &keys);
        if (keys.nwords == 1) continue;
        status = split_missing(cx, sources, i);
        if (status) return status;
    }
    return MB_OK;
}

int mb_sources_word(const mb_sources *sources, int end)
{
    mb_keys keys;
    int first = end - 1;
    for (; first > 0; first--) {
        mb_keys_pack(sources->bounds + first - 1, NULL, end - first + 1, &keys);
        if (keys.nwords > 1) break;
    }
    return first;
}
