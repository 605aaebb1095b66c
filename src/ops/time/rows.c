#include "ops/time/rows.h"

#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/reduce/reduce.h"
#include "ops/time/zone.h"
#include "text/encode.h"
#include "types/time_pattern.h"

enum { FORMATTED = 1024 };

// What the rows of a pass become.
typedef struct pass {
    mb_context *cx;
    const mb_type *type;
    mb_zone zone;
    int64_t hint;
    const mb_time_step *step;
    const char *pattern;
    mb_builder *builder;
    mb_text_encoder *encoder;
    mb_status (*row)(struct pass *pass, int64_t row, mb_value *value);
    mb_block block;
    int64_t first; // row of all ranks
} pass;

// The zone, as far as the times of a column need it.
static mb_status open_zone(mb_context *cx, mb_column *column, const char *name, mb_zone *zone)
{
    mb_scalar found[MB_STATISTICS];
    const int64_t ticks = mb_unit_ticks(column->type->unit),
                  margin = INT64_C(12) * 366 * MB_SECONDS_A_DAY;
    int64_t low = 0, high = 0;
    mb_status status = mb_materialise(cx, column);
    if (!status) status = mb_step(cx, status, NULL);
    if (status) return status;
    if (column->layout->n_global > column->facts.missing) {
        status = mb_reduce(cx, column, 1u << MB_MIN | 1u << MB_MAX, (mb_reduce_options){.ddof = 0},
                           found);
        if (status) return status;
        low = mb_floor_quotient(found[MB_MIN].value.i, ticks);
        high = mb_floor_quotient(found[MB_MAX].value.i, ticks);
    }
    low = low < INT64_MIN + margin ? INT64_MIN : low - margin;
    high = high > INT64_MAX - margin ? INT64_MAX : high + margin;
    return mb_zone_open(cx, name, low, high, zone);
}

static mb_status take_rows(void *state, const mb_block *block, int64_t first, int64_t n)
{
    pass *pass = state;
    uint64_t words[MB_BLOCK_ROWS];
    uint8_t valid[MB_BLOCK_ROWS];
    mb_status status = MB_OK;
    const uint64_t *values = mb_block_widen(mb_kernels_of(pass->cx->isa), block, n, words);
    memmove(words, values, (size_t)n * sizeof *words);
    for (int64_t i = 0; i < n && !status; i++) {
        valid[i] = mb_block_valid(block, i);
        if (valid[i])
            status = pass->row(pass, pass->first + first + i, (mb_value *)&words[i]);
        else
            words[i] = 0;
    }
    return status ? status : mb_builder_append_words(pass->builder, words, valid, n);
}

// A column of what the pass makes of each row.
static mb_status run_pass(mb_context *cx, mb_column *column, pass *pass, const mb_type *type,
                          mb_column **result)
{
    mb_layout *layout = column->layout;
    mb_status status = mb_builder_open(cx, type, mb_column_rows(column), NULL, 8, &pass->builder);
    pass->cx = cx;
    pass->type = column->type;
    pass->first = layout->start[mb_rank(cx)];
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_evaluate(cx, &column, 1, take_rows, pass);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_builder_finish(cx, &pass->builder, 1, &layout, 0, result);
done:
    mb_builder_close(pass->builder);
    return status;
}

// --- Offsets.

static int64_t second_of(const mb_type *type, mb_value value)
{
    return mb_floor_quotient(value.i, mb_unit_ticks(type->unit));
}

static mb_status find_offset(pass *pass, int64_t row, mb_value *value)
{
    (void)row;
    value->i = mb_zone_at(&pass->zone, second_of(pass->type, *value), &pass->hint)->offset;
    return MB_OK;
}

mb_status mb_time_offsets(mb_context *cx, mb_column *column, const char *zone, mb_column **result)
{
    pass pass = {.row = find_offset};
    mb_status status = open_zone(cx, column, zone, &pass.zone);
    if (!status) status = run_pass(cx, column, &pass, mb_duration_in(MB_SECONDS), result);
    mb_zone_close(&pass.zone);
    return mb_step(cx, status, NULL); // the bounds have concluded the operation
}

// --- Multiples, in local time.

enum { MONTHS_A_YEAR = 12 };

// Ticks of the first of a month, counted from year 0.
static mb_int128 ticks_of_month(int64_t month, int64_t ticks)
{
    const int64_t year = mb_floor_quotient(month, MONTHS_A_YEAR);
    const mb_date date = {year, (int)(month - year * MONTHS_A_YEAR) + 1, 1};
    return (mb_int128)mb_days_of_date(date) * MB_SECONDS_A_DAY * ticks;
}

// The multiple at or before a local time, and the next one.
static void find_multiples(const mb_time_step *step, int64_t ticks, mb_int128 local,
                           mb_int128 *below, mb_int128 *above)
{
    if (!step->months) {
        const mb_int128 shifted = local - step->phase;
        const mb_int128 rest = shifted % step->ticks;
        *below = local - (rest < 0 ? rest + step->ticks : rest);
        *above = *below + step->ticks;
        return;
    }
    const mb_int128 day = (mb_int128)MB_SECONDS_A_DAY * ticks;
    const mb_date date = mb_date_of_days((int64_t)mb_floor_wide(local, day));
    const int64_t month = date.year * MONTHS_A_YEAR + date.month - 1;
    const int64_t first = mb_floor_quotient(month, step->months) * step->months;
    *below = ticks_of_month(first, ticks);
    *above = ticks_of_month(first + step->months, ticks);
}

// The instant of a local time, before or after a value: that of its second in the zone, and what is
// below a second stays.
static mb_int128 instant_of(pass *pass, mb_value value, mb_int128 local, bool before)
{
    const int64_t ticks = mb_unit_ticks(pass->type->unit);
    const int64_t second = (int64_t)mb_floor_wide(local, ticks);
    const mb_int128 rest = local - (mb_int128)second * ticks;
    const int64_t found = (before ? mb_zone_instant_before : mb_zone_instant_after)(
        &pass->zone, second_of(pass->type, value), second, &pass->hint);
    return (mb_int128)found * ticks + rest;
}

static mb_status round_row(pass *pass, int64_t row, mb_value *value)
{
    const mb_time_step *step = pass->step;
    const int64_t ticks = mb_unit_ticks(pass->type->unit), second = second_of(pass->type, *value);
    const bool zoned = step->zone != NULL;
    const int64_t offset = zoned ? mb_zone_at(&pass->zone, second, &pass->hint)->offset : 0;
    const mb_int128 local = (mb_int128)value->i + (mb_int128)offset * ticks;
    mb_int128 below, above, result = value->i;
    find_multiples(step, ticks, local, &below, &above);
    if (below != local) {
        if (zoned) {
            below = instant_of(pass, *value, below, true);
            above = instant_of(pass, *value, above, false);
        }
        const bool up = step->rounding == MB_ROUND_UP ||
                        (step->rounding == MB_ROUND_NEAREST && above - result <= result - below);
        result = up ? above : below;
    }
    if (!mb_integer_fits(MB_INT, result))
        return mb_fail(pass->cx, MB_EOVERFLOW, "the multiple of row %lld does not fit a time in %s",
                       (long long)row + 1, mb_unit_names[pass->type->unit]);
    value->i = (int64_t)result;
    return MB_OK;
}

mb_status mb_time_round(mb_context *cx, mb_column *column, const mb_time_step *step,
                        mb_column **result)
{
    pass pass = {.row = round_row, .step = step};
    mb_status status = step->zone ? open_zone(cx, column, step->zone, &pass.zone) : MB_OK;
    if (!status) status = run_pass(cx, column, &pass, column->type, result);
    mb_zone_close(&pass.zone);
    return mb_step(cx, status, NULL);
}

// --- Texts.

static mb_status format_rows(void *state, const mb_block *block, int64_t first, int64_t n)
{
    pass *pass = state;
    uint64_t wide[MB_BLOCK_ROWS];
    char text[FORMATTED];
    mb_status status = MB_OK;
    const uint64_t *words = mb_block_widen(mb_kernels_of(pass->cx->isa), block, n, wide);
    (void)first;
    for (int64_t i = 0; i < n && !status; i++) {
        mb_string string = {NULL, 0};
        const mb_value value = {.u = words[i]};
        if (mb_block_valid(block, i)) {
            mb_local local = {0, "UTC"};
            if (pass->zone.n) {
                const mb_zone_span *span =
                    mb_zone_at(&pass->zone, second_of(pass->type, value), &pass->hint);
                local = (mb_local){span->offset, span->name};
            }
            string.bytes = text;
            string.length =
                mb_pattern_format(pass->pattern, pass->type, value, local, text, sizeof text);
        }
        status = mb_text_encoder_append(pass->encoder, string);
    }
    return status;
}

mb_status mb_time_format(mb_context *cx, mb_column *column, const char *pattern, const char *zone,
                         mb_column **result)
{
    pass pass = {.cx = cx, .type = column->type, .pattern = pattern};
    mb_status status = zone ? open_zone(cx, column, zone, &pass.zone) : MB_OK;
    if (!status)
        status = mb_text_encoder_open(cx, mb_column_rows(column), MB_TEXT_CHOOSE, &pass.encoder);
    status = mb_step(cx, status, NULL);
    if (!status) {
        status = mb_evaluate(cx, &column, 1, format_rows, &pass);
        status = mb_text_encoder_finish(cx, status, pass.encoder, column->layout, 0, result);
    }
    mb_text_encoder_close(pass.encoder);
    mb_zone_close(&pass.zone);
    return mb_step(cx, status, NULL);
}
