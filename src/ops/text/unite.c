#include "ops/text/unite.h"

#include <string.h>

#include "comm/lockstep.h"
#include "expr/expression.h"
#include "types/dictionary.h"

typedef struct meeting {
    mb_buffer *dictionaries, *code_lists; // a pointer for each column
    mb_buffer *codes;                     // new codes of the entries of all of them
    mb_dictionary *united;
} meeting;

static mb_status unite(mb_context *cx, mb_column *const *columns, int64_t n, meeting *all)
{
    int64_t entries = 0;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(mb_dictionary *), &all->dictionaries);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint32_t *), &all->code_lists);
    if (status) return status;
    mb_dictionary **dictionaries = all->dictionaries->data;
    for (int64_t i = 0; i < n; i++) {
        dictionaries[i] = mb_dictionary_of(columns[i]->type);
        entries += dictionaries[i]->n;
    }
    status = mb_buffer_new_array(cx, entries, sizeof(uint32_t), &all->codes);
    if (status) return status;
    uint32_t **lists = all->code_lists->data, *codes = all->codes->data;
    for (int64_t i = 0; i < n; codes += dictionaries[i++]->n)
        lists[i] = codes;
    return mb_dictionary_unite(cx, dictionaries, n, lists, &all->united);
}

// A table of its own, which the pending column keeps.
static mb_status recode(mb_context *cx, mb_column *column, const uint32_t *codes,
                        mb_dictionary *united, mb_column **recoded)
{
    const mb_dictionary *from = mb_dictionary_of(column->type);
    mb_map map = {.n = from->n ? from->n : 1, .width = sizeof *codes};
    mb_status status = mb_buffer_new_zeroed(cx, map.n, sizeof *codes, &map.values);
    if (status) return status;
    memcpy(map.values->data, codes, (size_t)from->n * sizeof *codes);
    status = mb_expression_map(cx, column, &map, &united->type, recoded);
    mb_buffer_release(map.values);
    return status;
}

mb_status mb_text_unite(mb_context *cx, mb_column *const *columns, int64_t n, mb_column **united)
{
    meeting all = {NULL};
    mb_status status = unite(cx, columns, n, &all);
    for (int64_t i = 0; i < n && !status; i++) {
        uint32_t *const *lists = all.code_lists->data;
        if (columns[i]->type == &all.united->type)
            united[i] = mb_column_retain(columns[i]);
        else
            status = recode(cx, columns[i], lists[i], all.united, &united[i]);
    }
    mb_dictionary_release(all.united);
    mb_buffer_release(all.dictionaries);
    mb_buffer_release(all.code_lists);
    mb_buffer_release(all.codes);
    return mb_step(cx, status, NULL);
}
