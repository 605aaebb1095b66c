#include "ops/time/parse.h"

#include <stdio.h>

#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "expr/expression.h"
#include "ops/text/entries.h"
#include "ops/text/fetch.h"
#include "types/time_pattern.h"

enum { UNREAD = MB_UNIT_COUNT + 1 }; // where others have their unit, from 1

static bool read_string(const mb_time_reading *how, mb_string string, const mb_type **type,
                        mb_value *value)
{
    if (!how->npatterns) return how->units->read(string.bytes, string.length, type, value);
    for (int i = 0; i < how->npatterns; i++)
        if (mb_pattern_read(how->patterns[i], string.bytes, string.length, type, value))
            return true;
    return false;
}

// In the unit that was asked for.
static bool read_value(const mb_time_reading *how, mb_string string, int unit, mb_value *value)
{
    const mb_type *type;
    bool fits = true;
    if (!read_string(how, string, &type, value)) return false;
    if (type->unit != unit) mb_unit_convert(type->unit, unit, &value->i, &fits);
    return fits;
}

// The unit that a string needs, or UNREAD.
static mb_status measure(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                         bool *valid)
{
    const mb_time_reading *how = argument;
    const mb_type *type;
    mb_value read;
    (void)cx;
    if (how->unit < 0)
        value->i = read_string(how, string, &type, &read) ? type->unit + 1 : UNREAD;
    else
        value->i = read_value(how, string, how->unit, &read) ? how->unit + 1 : UNREAD;
    *valid = value->i != UNREAD || how->unread == MB_UNREAD_FAILS;
    return MB_OK;
}

static mb_status parse(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                       bool *valid)
{
    const mb_time_reading *how = argument;
    bool fits = true;
    (void)cx;
    if (read_value(how, string, how->unit, value)) return MB_OK;
    *value = how->otherwise.value;
    *valid = how->unread == MB_UNREAD_VALUE;
    if (*valid) mb_unit_convert(how->otherwise.type->unit, how->unit, &value->i, &fits);
    *valid = *valid && fits;
    return MB_OK;
}

static mb_status fail_row(mb_context *cx, mb_column *column, const mb_time_reading *how,
                          int64_t row)
{
    mb_value value;
    uint8_t valid;
    char text[MB_TEXT_SIZE];
    mb_column *strings = NULL;
    mb_status status = mb_text_fetch_rows(cx, column, row - 1, 1, &value, &valid, &strings);
    const mb_type *type = strings ? strings->type : column->type;
    if (!status) type->format(type, value, text, sizeof text);
    mb_column_release(strings);
    if (status) return status;
    return mb_fail(cx, MB_EINVALID, "row %lld is no %s%s: %s (%s)", (long long)row,
                   how->units->types[0]->name, how->npatterns ? " by its formats" : "", text,
                   "{errors = \"missing\"} makes such rows missing, {errors = v} gives them v");
}

// The finest unit that a row needs, from 1; 0 where there is no value. Fails for a row that is
// unread.
static mb_status find_unit(mb_context *cx, mb_column *column, const mb_time_reading *how, int *unit)
{
    const mb_reduce_options plain = {.ddof = 0};
    mb_column *units = NULL;
    mb_scalar found[MB_STATISTICS];
    mb_status status;
    *unit = 0;
    MB_TRY(mb_text_values(cx, column, &mb_type_int, measure, how, &units));
    MB_TRY(mb_reduce(cx, units, 1u << MB_ANY, plain, found));
    if (!found[MB_ANY].value.b) goto done;
    MB_TRY(mb_reduce(cx, units, 1u << MB_MAX | 1u << MB_ARGMAX, plain, found));
    *unit = (int)found[MB_MAX].value.i;
    if (*unit == UNREAD) status = fail_row(cx, column, how, found[MB_ARGMAX].value.i);
done:
    mb_column_release(units);
    return status;
}

// --- In one pass, where all strings are times that nanoseconds hold.

typedef struct search {
    mb_isa isa;
    int unit; // the finest that a row of this rank needs
} search;

static mb_status take_ticks(void *state, const mb_block *block, int64_t first, int64_t n)
{
    static const int64_t ticks[MB_UNIT_COUNT] = {1000000000, 1000000, 1000, 1}; // of nanoseconds
    search *search = state;
    uint64_t wide[MB_BLOCK_ROWS];
    const int64_t *values = mb_block_widen(mb_kernels_of(search->isa), block, n, wide);
    (void)first;
    for (int64_t i = 0; i < n; i++) {
        const bool valid = mb_block_valid(block, i);
        while (valid && values[i] % ticks[search->unit] != 0)
            search->unit++;
    }
    return MB_OK;
}

// The coarsest unit of all rows of a column that counts nanoseconds.
static mb_status find_coarsest(mb_context *cx, mb_column *column, int *unit)
{
    search found = {.isa = cx->isa};
    mb_status status = mb_evaluate(cx, &column, 1, take_ticks, &found);
    mb_payload payload = {.max = {(uint64_t)found.unit}};
    status = mb_step(cx, status, &payload);
    *unit = (int)payload.max[0];
    return status;
}

// No result where a row is none.
static mb_status parse_at_once(mb_context *cx, mb_column *column, const mb_time_reading *how,
                               mb_column **result)
{
    mb_time_reading reading = *how;
    mb_column *finest = NULL;
    int unit;
    mb_status status = mb_materialise(cx, column);
    reading.unit = MB_NANOSECONDS;
    reading.unread = MB_UNREAD_MISSING;
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_text_values(cx, column, how->units->types[MB_NANOSECONDS], parse, &reading, &finest));
    MB_TRY(mb_materialise(cx, finest));
    if (finest->facts.missing != column->facts.missing) goto done;
    MB_TRY(find_coarsest(cx, finest, &unit));
    MB_TRY(mb_expression_in_unit(cx, finest, unit, NULL, result));
    status = mb_materialise(cx, *result);
done:
    mb_column_release(finest);
    return status;
}

mb_status mb_time_parse(mb_context *cx, mb_column *column, const mb_time_reading *how,
                        mb_column **result)
{
    mb_time_reading reading = *how;
    int unit = 0;
    mb_status status = MB_OK;
    *result = NULL;
    if (how->unit < 0) status = parse_at_once(cx, column, how, result);
    if (status || *result) return status;
    if (how->unit < 0 || how->unread == MB_UNREAD_FAILS) status = find_unit(cx, column, how, &unit);
    if (status) return status;
    if (reading.unit < 0) {
        reading.unit = unit > 0 ? unit - 1 : 0;
        if (how->unread == MB_UNREAD_VALUE && how->otherwise.type->unit > reading.unit)
            reading.unit = how->otherwise.type->unit;
    }
    status = mb_text_values(cx, column, how->units->types[reading.unit], parse, &reading, result);
    return mb_step(cx, status, NULL);
}
