#include "ops/group/group_output.h"

#include <string.h>

#include "column/realign.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/group/numbering.h"

static mb_status add_builder(mb_group_output *output, const mb_type *type, int float_width)
{
    mb_status status = mb_builder_open(output->cx, type, output->capacity, NULL, float_width,
                                       &output->builders[output->n]);
    if (!status) output->n++;
    return status;
}

mb_status mb_group_output_open(mb_context *cx, const mb_fold_column *folds, int nfolds,
                               const mb_group_keys *keys, int64_t groups, mb_group_output *output)
{
    const int64_t words = MB_OUTPUT_GROUPS * (1 + MB_FOLD_WORDS);
    mb_status status;
    *output = (mb_group_output){
        .cx = cx, .folds = folds, .nfolds = nfolds, .keys = keys, .capacity = groups};
    MB_TRY(mb_buffer_new(cx, (size_t)words * sizeof(uint64_t) + MB_OUTPUT_GROUPS, &output->memory));
    output->values = output->memory->data;
    output->states = output->values + MB_OUTPUT_GROUPS;
    output->valid = (uint8_t *)(output->values + words);
    for (int i = 0; i < nfolds; i++) {
        const mb_fold *fold = &folds[i].fold;
        output->refused[i] = -1;
        MB_TRY(add_builder(output, fold->result, mb_fold_float_width(fold, folds[i].column)));
    }
    if (!keys) goto done;
    MB_TRY(mb_group_keys_builders(keys, groups, output->builders + nfolds));
    output->n += keys->n;
    MB_TRY(add_builder(output, &mb_type_int, 8));
done:
    return status;
}

void mb_group_output_close(mb_group_output *output)
{
    for (int i = 0; i < MB_MOST_OUTPUTS; i++)
        mb_builder_close(output->builders[i]);
    mb_buffer_release(output->memory);
}

static mb_status resize(mb_group_output *output, int64_t groups)
{
    for (int i = 0; i < output->n; i++) {
        mb_status status = mb_builder_resize(output->builders[i], groups);
        if (status) return status;
    }
    output->capacity = groups;
    return MB_OK;
}

mb_status mb_group_output_reserve(mb_group_output *output, int64_t more, double seen)
{
    const double surplus = 1.05;
    int64_t wanted = output->given + more;
    if (wanted <= output->capacity) return MB_OK;
    int64_t about = (int64_t)((double)wanted / seen * surplus) + MB_OUTPUT_GROUPS;
    return resize(output, about);
}

mb_status mb_group_output_keys(mb_group_output *output, uint64_t *packed, const uint64_t *sizes,
                               int64_t n)
{
    mb_builder **builders = output->builders + output->nfolds;
    mb_status status = mb_group_keys_append(output->keys, &packed, n, builders);
    return status ? status : mb_builder_append(builders[output->keys->n], sizes, NULL, n);
}

// The states of n groups, of `words` words each, one after the other.
static inline void pick(const uint64_t *states, size_t words, const uint32_t *order, int64_t n,
                        uint64_t *out)
{
    for (int64_t i = 0; i < n; i++)
        memcpy(out + (size_t)i * words, states + order[i] * words, words * sizeof *out);
}

static const void *states_of(const mb_group_output *output, int number, const uint32_t *order,
                             int64_t first, int64_t n)
{
    const size_t words = output->folds[number].fold.width / sizeof(uint64_t);
    const uint64_t *states = output->folds[number].states->data;
    if (!order) return states + (size_t)first * words;
    switch (words) { // so that each is copied without a call
    case 1: pick(states, 1, order + first, n, output->states); break;
    case 2: pick(states, 2, order + first, n, output->states); break;
    case 3: pick(states, 3, order + first, n, output->states); break;
    default: pick(states, MB_FOLD_WORDS, order + first, n, output->states);
    }
    return output->states;
}

static mb_status append_results(mb_group_output *output, int number, const uint32_t *order,
                                int64_t groups)
{
    const mb_fold *fold = &output->folds[number].fold;
    uint8_t *valid = fold->whole ? NULL : output->valid;
    mb_status status = MB_OK;
    for (int64_t first = 0; first < groups && !status; first += MB_OUTPUT_GROUPS) {
        int64_t n = groups - first < MB_OUTPUT_GROUPS ? groups - first : MB_OUTPUT_GROUPS;
        const void *states = states_of(output, number, order, first, n);
        int64_t bad = fold->finish(fold, states, n, output->values, valid);
        if (bad >= 0) {
            output->refused[number] = output->given + first + bad;
            return MB_OK;
        }
        status = mb_builder_append_words(output->builders[number], output->values, valid, n);
    }
    return status;
}

mb_status mb_group_output_results(mb_group_output *output, const uint32_t *order, int64_t n)
{
    mb_status status = MB_OK;
    for (int i = 0; i < output->nfolds && !status; i++)
        if (output->refused[i] < 0) status = append_results(output, i, order, n);
    output->given += n;
    return status;
}

static mb_status check_refused(const mb_group_output *output, const mb_layout *found)
{
    for (int i = 0; i < output->nfolds; i++)
        if (output->refused[i] >= 0)
            return mb_fold_refuse(output->cx, &output->folds[i].fold,
                                  found->start[mb_rank(output->cx)] + output->refused[i]);
    return MB_OK;
}

mb_status mb_group_output_finish(mb_group_output *output, mb_status status, mb_layout *found,
                                 mb_layout *groups, int first, mb_column **columns)
{
    mb_context *cx = output->cx;
    mb_layout *layouts[MB_MOST_OUTPUTS];
    mb_column *made[MB_MOST_OUTPUTS] = {NULL};
    const size_t bytes = (size_t)output->n * sizeof *made;
    for (int i = 0; i < output->n; i++)
        layouts[i] = found;
    if (!status) status = check_refused(output, found);
    if (!status) status = resize(output, output->given);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, output->builders, output->n, layouts, first, made));
    for (int i = 0; i < output->n; i++) {
        mb_column *found_so = made[i];
        mb_builder_close(output->builders[i]);
        output->builders[i] = NULL;
        MB_TRY(mb_column_realign(cx, found_so, groups, &made[i]));
        mb_column_release(found_so);
    }
    memcpy(columns, made, bytes);
    memset(made, 0, bytes);
done:
    for (int i = 0; i < output->n; i++)
        mb_column_release(made[i]);
    return status;
}
