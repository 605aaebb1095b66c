#include "column/column.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "column/check.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/hash.h"

// Takes a copy of values that a host may change.
static mb_status own_values(mb_column *column)
{
    mb_buffer *own;
    mb_plane *values = &column->values;
    const int64_t rows = mb_column_rows(column);
    const void *from = values->data ? values->data : values->buffer->data;
    mb_status status = mb_buffer_new_array(column->cx, rows, (size_t)values->width, &own);
    if (status) return status;
    if (rows > 0) memcpy(own->data, from, (size_t)(rows * values->width));
    mb_buffer_release(values->buffer);
    values->buffer = own;
    values->data = own->data;
    return MB_OK;
}

// The planes that a stored column lacks.
static mb_status add_planes(mb_column *column)
{
    mb_status status = MB_OK;
    mb_context *cx = column->cx;
    mb_plane *values = &column->values, *validity = &column->validity;
    int64_t rows = mb_column_rows(column);
    if (values->buffer && values->buffer->shared && !column->live) status = own_values(column);
    if (status) return status;
    if (!values->buffer)
        status = mb_buffer_new_array(cx, rows, (size_t)values->width, &values->buffer);
    if (!status && !validity->buffer && column->facts.missing)
        status = mb_buffer_new_zeroed(cx, mb_validity_words(rows), 8, &validity->buffer);
    if (status) return status;
    if (!values->data) values->data = values->buffer->data;
    if (validity->buffer && !validity->data) validity->data = validity->buffer->data;
    return MB_OK;
}

static void retain_buffers(const mb_column *column)
{
    mb_buffer_retain(column->values.buffer);
    mb_buffer_retain(column->validity.buffer);
    mb_buffer_retain(column->facts.ranges);
}

mb_status mb_column_new(mb_context *cx, const mb_column *model, mb_column **column)
{
    mb_column *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    *made = (mb_column){.references = 1,
                        .cx = cx,
                        .type = model->type,
                        .layout = model->layout,
                        .identity = model->identity,
                        .state = model->state,
                        .values = model->values,
                        .validity = model->validity,
                        .facts = model->facts,
                        .expression = model->expression,
                        .drop_expression = model->drop_expression,
                        .live = model->live};
    mb_type_retain(made->type);
    mb_layout_retain(made->layout);
    retain_buffers(made);
    mb_status status = made->state == MB_STORED ? add_planes(made) : MB_OK;
    if (status) {
        mb_column_release(made);
        return status;
    }
    if (made->state == MB_STORED) mb_column_check_later(made);
    *column = made;
    return MB_OK;
}

uint64_t mb_result_identity(const mb_context *cx, int index)
{
    return mb_hash_word(mb_operation_id(cx), (uint64_t)index);
}

mb_facts mb_facts_of_rows(const mb_column *column)
{
    mb_facts facts = column->facts;
    facts.ranges = NULL;
    if (facts.missing) facts.missing = MB_UNCOUNTED;
    return facts;
}

mb_status mb_column_settle(mb_context *cx, mb_status status, mb_column *made)
{
    mb_payload payload = {.count = status ? 0 : (uint64_t)mb_column_missing_here(made)};
    status = mb_step(cx, status, &payload);
    if (!status) mb_column_set_missing(made, (int64_t)payload.count);
    return status;
}

void mb_column_set_missing(mb_column *made, int64_t missing)
{
    made->facts.missing = missing;
    if (missing) return;
    mb_buffer_release(made->validity.buffer);
    made->validity = (mb_plane){0};
}

static void link_live(mb_column *column)
{
    mb_context *cx = column->cx;
    column->live_next = cx->live;
    column->live_link = &cx->live;
    if (cx->live) cx->live->live_link = &column->live_next;
    cx->live = column;
}

static void unlink_live(mb_column *column)
{
    if (!column->live_link) return;
    *column->live_link = column->live_next;
    if (column->live_next) column->live_next->live_link = column->live_link;
    column->live_link = NULL;
}

void mb_column_store(mb_column *column, const mb_column *made)
{
    retain_buffers(made);
    column->values = made->values;
    column->validity = made->validity;
    column->facts = made->facts;
    column->state = MB_STORED;
    if (column->live) {
        link_live(column);
    } else {
        column->drop_expression(column->expression);
        column->expression = NULL;
    }
    mb_column_check_later(column);
}

void mb_columns_renew(mb_context *cx)
{
    while (cx->live) {
        mb_column *column = cx->live;
        unlink_live(column);
        mb_column_thaw(column);
        mb_buffer_release(column->values.buffer);
        mb_buffer_release(column->validity.buffer);
        mb_buffer_release(column->facts.ranges);
        column->values = column->validity = (mb_plane){0};
        column->facts = (mb_facts){0};
        column->state = MB_PENDING;
    }
}

mb_status mb_column_freeze(mb_context *cx, mb_column *column, mb_column **frozen)
{
    mb_column model = *column;
    *frozen = mb_column_retain(column->live ? column->frozen : column);
    if (*frozen) return MB_OK;
    model.expression = NULL;
    model.live = false;
    mb_status status = mb_column_new(cx, &model, frozen);
    if (!status && column->values.buffer->shared) column->frozen = mb_column_retain(*frozen);
    return status;
}

void mb_column_thaw(mb_column *column)
{
    mb_column_release(column->frozen);
    column->frozen = NULL;
}

mb_column *mb_column_retain(mb_column *column)
{
    if (column) column->references++;
    return column;
}

void mb_column_release(mb_column *column)
{
    if (!column || --column->references > 0) return;
    mb_column_check_never(column);
    unlink_live(column);
    mb_column_thaw(column);
    if (column->expression) column->drop_expression(column->expression);
    mb_type_release(column->type);
    mb_layout_release(column->layout);
    mb_buffer_release(column->values.buffer);
    mb_buffer_release(column->validity.buffer);
    mb_buffer_release(column->facts.ranges);
    free(column);
}

void mb_validity_fill(uint64_t *words, int64_t rows)
{
    memset(words, 0xff, (size_t)mb_validity_words(rows) * sizeof *words);
    if (rows % 64) words[rows / 64] = (UINT64_C(1) << (rows % 64)) - 1;
}

void mb_column_describe(const mb_column *column, char *text, size_t size)
{
    snprintf(text, size, "%s column of %lld row%s", column->type->name,
             (long long)column->layout->n_global, mb_plural(column->layout->n_global));
}
