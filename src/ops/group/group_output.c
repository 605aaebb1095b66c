#include "ops/group/group_output.h"

#include "column/realign.h"
#include "comm/lockstep.h"

mb_status mb_group_output_open(mb_context *cx, const mb_group_keys *keys, mb_group_output *output)
{
    const size_t bytes = sizeof(uint64_t) + 1;
    mb_status status;
    output->cx = cx;
    output->keys = keys;
    MB_TRY(mb_buffer_new_array(cx, MB_OUTPUT_GROUPS, bytes, &output->memory));
    output->values = output->memory->data;
    output->valid = (uint8_t *)(output->values + MB_OUTPUT_GROUPS);
    for (int k = 0; k < keys->n; k++) {
        const mb_column *column = keys->columns[k];
        MB_TRY(mb_builder_open(cx, column->type, 0,
                               column->facts.bounded ? &column->facts.range : NULL,
                               column->values.width, &output->builders[output->n]));
        output->n++;
    }
    MB_TRY(mb_builder_open(cx, &mb_type_int, 0, NULL, 8, &output->builders[output->n]));
    output->n++;
done:
    return status;
}

mb_status mb_group_output_add(mb_group_output *output, const mb_fold *fold, const mb_column *column)
{
    int width = mb_fold_float_width(fold, column);
    mb_status status =
        mb_builder_open(output->cx, fold->result, 0, NULL, width, &output->builders[output->n]);
    if (!status) output->n++;
    return status;
}

void mb_group_output_close(mb_group_output *output)
{
    for (int i = 0; i < output->n; i++)
        mb_builder_close(output->builders[i]);
    mb_buffer_release(output->memory);
}

static mb_status resize(mb_group_output *output, int64_t groups)
{
    for (int i = 0; i < output->n; i++) {
        mb_status status = mb_builder_resize(output->builders[i], groups);
        if (status) return status;
    }
    output->room = groups;
    return MB_OK;
}

mb_status mb_group_output_reserve(mb_group_output *output, int64_t more, double part)
{
    const double surplus = 1.05;
    int64_t wanted = output->given + more;
    if (wanted <= output->room) return MB_OK;
    int64_t about = (int64_t)((double)wanted / part * surplus) + MB_OUTPUT_GROUPS;
    return resize(output, about);
}

static mb_status give_key(mb_group_output *output, int k, uint64_t *packed, int64_t n)
{
    mb_group_keys_values(output->keys, k, &packed, n, output->values, output->valid);
    return mb_builder_append_words(output->builders[k], output->values,
                                   output->keys->columns[k]->facts.missing ? output->valid : NULL,
                                   n);
}

mb_status mb_group_output_keys(mb_group_output *output, uint64_t *packed, const uint64_t *sizes,
                               int64_t n)
{
    mb_status status = MB_OK;
    for (int k = 0; k < output->keys->n && !status; k++)
        status = give_key(output, k, packed, n);
    return status ? status : mb_builder_append(output->builders[output->keys->n], sizes, NULL, n);
}

mb_status mb_group_output_results(mb_group_output *output, int number, const mb_fold *fold,
                                  int64_t n)
{
    return mb_builder_append_words(output->builders[output->keys->n + 1 + number], output->values,
                                   fold->whole ? NULL : output->valid, n);
}

mb_status mb_group_output_finish(mb_group_output *output, mb_layout *found, mb_layout *even,
                                 mb_column **columns)
{
    mb_context *cx = output->cx;
    mb_layout *layouts[MB_MOST_OUTPUTS];
    mb_status status;
    for (int i = 0; i < output->n; i++)
        layouts[i] = found;
    MB_TRY(mb_step(cx, resize(output, output->given), NULL));
    MB_TRY(mb_builder_finish(cx, output->builders, output->n, layouts, 0, columns));
    for (int i = 0; i < output->n; i++) {
        mb_column *moved;
        mb_builder_close(output->builders[i]);
        output->builders[i] = NULL;
        MB_TRY(mb_column_realign(cx, columns[i], even, &moved));
        mb_column_release(columns[i]);
        columns[i] = moved;
    }
done:
    return status;
}
