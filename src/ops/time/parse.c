#include "ops/time/parse.h"

#include <stdio.h>
#include <string.h>

#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "expr/expression.h"
#include "ops/text/entries.h"
#include "ops/text/fetch.h"
#include "ops/text/rows.h"
#include "types/iso.h"
#include "types/time_pattern.h"

enum { UNREAD = 2 * MB_UNIT_COUNT }; // beyond units from 1; a bit of its own

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
    mb_value value, beyond;
    uint8_t valid;
    char text[MB_TEXT_SIZE];
    bool read = false;
    mb_column *strings = NULL;
    mb_status status = mb_text_fetch_rows(cx, column, row - 1, 1, &value, &valid, &strings);
    const mb_type *type = strings ? strings->type : column->type, *found;
    if (!status) {
        type->format(type, value, text, sizeof text);
        read =
            read_string(how, mb_dictionary_entry(mb_dictionary_of(type), value.i), &found, &beyond);
    }
    mb_column_release(strings);
    if (status) return status;
    if (read)
        return mb_fail(cx, MB_EINVALID,
                       "row %lld is beyond what a %s in %s holds: %s ({unit = \"us\"} or a coarser "
                       "one rounds all down)",
                       (long long)row, how->units->types[0]->name, mb_unit_names[how->unit], text);
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

// --- In one pass and without a table, where rows are all strings of a spread dictionary.

typedef struct pass {
    const mb_time_reading *how;
    int unit;    // of the result
    int needed;  // the finest unit that a row of this rank needs, where values are to be exact
    bool unread; // a string was, or does not fit, which is not just to be missing
} pass;

// The value of a string in the unit of the pass; whether it is read and fits.
static bool pass_string(pass *by, mb_string string, int64_t *value)
{
    const mb_type *type;
    mb_value read = {0};
    bool fits = true;
    if (!read_string(by->how, string, &type, &read)) return false;
    if (by->how->unit < 0 && type->unit > by->needed) by->needed = type->unit;
    if (type->unit != by->unit) mb_unit_convert(type->unit, by->unit, &read.i, &fits);
    *value = read.i;
    return fits;
}

// Nanoseconds of less than a second in a unit, rounded down, by constant divisors.
static int64_t fraction_in(int64_t nanosecond, int unit)
{
    const uint32_t number = (uint32_t)nanosecond;
    if (unit == MB_NANOSECONDS) return number;
    if (unit == MB_MICROSECONDS) return number / 1000;
    return unit == MB_MILLISECONDS ? number / 1000000 : 0;
}

// The same of n strings in the usual form; those are left that are not, or need a finer unit.
static void pass_usual(const pass *by, const mb_text_rows *rows, int64_t i, int64_t n,
                       uint64_t *words, uint8_t *valid)
{
    int64_t seconds[MB_ISO_BATCH], nanoseconds[MB_ISO_BATCH], value;
    const int64_t ticks = mb_unit_ticks(by->unit);
    const int64_t tick = mb_unit_ticks(MB_NANOSECONDS - by->unit);
    mb_iso_read_all(rows->dictionary->bytes, rows->dictionary->offsets + i, n, seconds, nanoseconds,
                    valid);
    for (int64_t k = 0; k < n; k++) {
        const int64_t part = fraction_in(nanoseconds[k], by->unit);
        valid[k] = valid[k] & (by->how->unit >= 0 || part * tick == nanoseconds[k]) &
                   !__builtin_mul_overflow(seconds[k], ticks, &value) &
                   !__builtin_add_overflow(value, part, &value);
        words[k] = (uint64_t)value;
    }
}

static mb_status pass_entries(mb_context *cx, void *state, const mb_text_rows *rows, int64_t i,
                              int64_t n, uint64_t *words, uint8_t *valid)
{
    pass *by = state;
    const bool usual = by->how->units == &mb_times && !by->how->npatterns;
    (void)cx;
    memset(valid, 0, (size_t)n);
    for (int64_t k = 0; k < n && usual; k += MB_ISO_BATCH)
        pass_usual(by, rows, i + k, n - k < MB_ISO_BATCH ? n - k : MB_ISO_BATCH, words + k,
                   valid + k);
    for (int64_t k = 0; k < n; k++) {
        int64_t value = 0;
        if (valid[k]) continue;
        valid[k] = pass_string(by, mb_text_row_entry(rows, i + k), &value);
        words[k] = (uint64_t)value;
        by->unread = by->unread || !(valid[k] || by->how->unread == MB_UNREAD_MISSING);
    }
    return MB_OK;
}

// The unit that some of this rank's strings need.
static int guess_unit(const mb_time_reading *how, const mb_text_rows *rows)
{
    enum { LOOKED_AT = 64 };
    const int64_t count = rows->dictionary->count, step = count / LOOKED_AT + 1;
    int unit = MB_SECONDS;
    for (int64_t i = 0; i < count; i += step) {
        const mb_type *type;
        mb_value value;
        if (read_string(how, mb_text_row_entry(rows, i), &type, &value) && type->unit > unit)
            unit = type->unit;
    }
    return unit;
}

// No result where a string is unread that is not just to be missing.
static mb_status parse_entries(mb_context *cx, const mb_text_rows *rows, const mb_time_reading *how,
                               mb_column **result)
{
    mb_payload units = {.max = {(uint64_t)(how->unit < 0 ? guess_unit(how, rows) : how->unit)}};
    mb_status status = mb_step(cx, MB_OK, &units);
    while (!status) {
        const int unit = (int)(units.max[0] & (UNREAD - 1));
        pass by = {.how = how, .unit = unit, .needed = unit};
        status = mb_text_rows_make(cx, rows, pass_entries, &by, how->units->types[unit], result);
        units = (mb_payload){.max = {(uint64_t)by.needed | (by.unread ? UNREAD : 0)}};
        status = mb_step(cx, status, &units);
        if (!status && units.max[0] == (uint64_t)unit) break;
        mb_column_release(*result);
        *result = NULL;
        if (units.max[0] & UNREAD) break;
    }
    return status;
}

mb_status mb_time_parse(mb_context *cx, mb_column *column, const mb_time_reading *how,
                        mb_column **result)
{
    mb_time_reading reading = *how;
    int unit = 0;
    mb_text_rows rows;
    *result = NULL;
    mb_status status = mb_text_rows_open(cx, column, &rows);
    if (!status && rows.whole)
        status = parse_entries(cx, &rows, how, result);
    else if (!status && how->unit < 0)
        status = parse_at_once(cx, column, how, result);
    mb_text_rows_close(&rows);
    if (status || *result) return status;
    if (how->unit < 0 || how->unread == MB_UNREAD_FAILS) status = find_unit(cx, column, how, &unit);
    if (status) return status;
    if (reading.unit < 0) {
        reading.unit = unit > 0 ? unit - 1 : 0;
        if (how->unread == MB_UNREAD_VALUE && how->otherwise.type->unit > reading.unit)
            reading.unit = how->otherwise.type->unit;
    }
    if (how->unit < 0 && how->unread == MB_UNREAD_FAILS)
        status = find_unit(cx, column, &reading, &unit); // and whether all rows fit it
    if (status) return status;
    status = mb_text_values(cx, column, how->units->types[reading.unit], parse, &reading, result);
    return mb_step(cx, status, NULL);
}
