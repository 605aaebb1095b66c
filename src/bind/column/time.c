// Operations of times and durations.

#include "ops/time/parse.h"

#include <string.h>

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "core/hash.h"
#include "expr/expression.h"
#include "expr/scalar.h"
#include "ops/time/rows.h"
#include "types/time_pattern.h"

// Rows of mb_time_operations that are run from here.
enum { PARSE, CAST };

static const char *site_of(lua_State *L)
{
    char *site = mb_bind_scratch(L, MB_WHERE_SIZE);
    mb_bind_site(L, site, MB_WHERE_SIZE);
    return *site ? site : NULL;
}

// The unit that a string names.
static void read_unit(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    const char *name = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
    if (!name) mb_bind_refuse(L, call, argument, "'s', 'ms', 'us' or 'ns'", index);
    const int unit = mb_unit_find(name);
    if (unit < 0)
        mb_bind_error(L, "%s: there is no unit '%s'%s", call->name, name,
                      mb_bind_push_mend(L, "unit", name, mb_unit_names));
    given->value.i = unit;
}

// --- Parts of times.

// Times in local time, pending where the zone is UTC.
static mb_status in_zone(mb_context *cx, mb_column *column, const char *zone, mb_column **local)
{
    mb_column *offsets = NULL;
    mb_status status = MB_OK;
    *local = NULL;
    if (!zone) {
        *local = mb_column_retain(column);
        return MB_OK;
    }
    MB_TRY(mb_time_offsets(cx, column, zone, &offsets));
    status = mb_expression_apply(cx, MB_ADD, (mb_column *[]){column, offsets}, NULL, local);
done:
    mb_column_release(offsets);
    return status;
}

static mb_status run_field(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_column *local = NULL;
    mb_status status = in_zone(cx, in[0].column, in[1].text, &local);
    if (!status) {
        const mb_value values[2] = {in[2].value, {.i = mb_unit_ticks(local->type->unit)}};
        status = mb_expression_of_time(cx, MB_FIELD, local, values, 0, in[2].data, &out->column);
    }
    mb_column_release(local);
    return in[1].text ? mb_step(cx, status, NULL) : status;
}

static void prepare_field(lua_State *L, mb_call *call)
{
    call->in[2].data = (void *)(uintptr_t)site_of(L);
    call->local = !call->in[1].text;
    mb_bind_keep_shallow(L, call->in[0].column, 1);
}

MB_BODY(run_offsets, mb_time_offsets(cx, in[0].column, in[1].text, &out->column))

// --- Multiples.

// A number of months or years; false for any other text.
static bool read_months(const char *text, int64_t *months)
{
    static const struct {
        const char *word;
        int months;
    } words[] = {{"mo", 1}, {"month", 1}, {"months", 1}, {"q", 3},       {"quarter", 3},
                 {"y", 12}, {"year", 12}, {"years", 12}, {"quarters", 3}};
    int64_t number;
    const char *end = text + strspn(text, "0123456789");
    if (end == text || end - text > 6) return false;
    mb_read_digits(text, end, (int)(end - text), &number);
    end += *end == ' ';
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(end, words[i].word) == 0) {
            *months = number * words[i].months;
            return *months > 0;
        }
    return false;
}

// A duration, or of times a text with months or years.
static void read_step(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    mb_time_step *step = given->data = mb_bind_scratch(L, sizeof *step);
    mb_value value = {0};
    const mb_type *column = call->in[0].column->type;
    *step = (mb_time_step){0};
    given->kind = MB_INT;
    if (!column->units) mb_bind_refuse(L, call, 0, "time or duration column", 1);
    if (lua_type(L, index) == LUA_TSTRING && column->units == &mb_times &&
        read_months(lua_tostring(L, index), &step->months)) {
        given->value.i = -step->months;
        return;
    }
    const mb_type *type = mb_bind_read_moment(L, index, &mb_durations, &value);
    if (!type || type->units != &mb_durations || value.i <= 0) {
        mb_bind_refuse(L, call, argument, "duration above 0, as \"5min\" or \"1mo\",", index);
        return;
    }
    const mb_type *finer = type->unit > column->unit ? type : column;
    mb_value values[2];
    mb_bind_read_step(L, type, value, column->units->types[finer->unit], values);
    step->ticks = values[0].i;
    step->phase = values[1].i;
    given->n = finer->unit;
    given->value.i = step->ticks;
}

static void prepare_round(lua_State *L, mb_call *call)
{
    mb_given *in = call->in;
    mb_time_step *step = in[1].data;
    step->rounding = (mb_rounding)in[3].value.i;
    step->zone = in[2].text;
    const bool times = in[0].column->type->units == &mb_times;
    if (step->zone && !times) mb_bind_error(L, "%s: durations have no zone", call->name);
    if (step->ticks) mb_bind_meet_unit(L, &in[0].column, mb_duration_in((int)in[1].n));
    if (step->ticks && times) mb_bind_meet_unit(L, &in[0].column, mb_time_in((int)in[1].n));
    mb_bind_keep_shallow(L, in[0].column, 1);
    call->local = !step->zone && !step->months;
    in[3].data = (void *)(uintptr_t)site_of(L);
}

static mb_status run_round(mb_context *cx, const mb_given *in, mb_made *out)
{
    const mb_time_step *step = in[1].data;
    if (step->zone || step->months) return mb_time_round(cx, in[0].column, step, &out->column);
    const mb_value values[2] = {{.i = step->ticks}, {.i = step->phase}};
    return mb_expression_of_time(cx, MB_MULTIPLE, in[0].column, values, step->rounding, in[3].data,
                                 &out->column);
}

// --- Texts.

static const char *check_pattern(lua_State *L, const char *name, const char *pattern, bool reads)
{
    char wrong[3];
    if (!mb_pattern_check(pattern, reads, wrong))
        mb_bind_error(L, "%s: the pattern '%s' has '%s', which is not among %s", name, pattern,
                      wrong,
                      reads ? "%Y %m %d %H %M %S %f %z %y %j %b %B %a %A %I %p %e %s %F %T %R %D %%"
                            : "%Y %m %d %H %M %S %f %z %Z %y %j %b %B %a %A %I %p %e %s %u %w %V "
                              "%G %F %T %R %D %n %t %%");
    return pattern;
}

static void prepare_format(lua_State *L, mb_call *call)
{
    check_pattern(L, "format", call->in[1].text, false);
}

MB_BODY(run_format,
        mb_time_format(cx, in[0].column, in[1].text, in[2].given ? in[2].text : NULL, &out->column))

// A pattern, or a list of patterns.
static void read_formats(lua_State *L, const mb_call *call, int argument, int index,
                         mb_given *given)
{
    const bool list = lua_istable(L, index);
    const lua_Integer n = list ? luaL_len(L, index) : 1;
    if (n < 1 || n > MB_MOST_PATTERNS)
        mb_bind_error(L, "as: %I formats; there may be 1 to %d", n, MB_MOST_PATTERNS);
    const char **patterns = given->texts = mb_bind_scratch(L, (size_t)n * sizeof *patterns);
    given->n = n;
    for (lua_Integer i = 0; i < n; i++) {
        if (list)
            lua_geti(L, index, i + 1);
        else
            lua_pushvalue(L, index);
        if (lua_type(L, -1) != LUA_TSTRING)
            mb_bind_refuse(L, call, argument, "pattern, or a list of patterns,", -1);
        patterns[i] = check_pattern(L, "as", lua_tostring(L, -1), true); // the table holds it
        given->value.u = mb_hash_bytes(given->value.u + 1, patterns[i], strlen(patterns[i]));
    }
}

// "raise", "missing", or a value of the type.
static void read_errors(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    const mb_type *to = call->in[1].type;
    mb_time_reading *how = given->data = mb_bind_scratch(L, sizeof *how);
    *how = (mb_time_reading){.unread = mb_bind_read_unread(L, index)};
    if (how->unread == MB_UNREAD_VALUE) {
        mb_scalar *otherwise = &how->otherwise;
        otherwise->type = mb_bind_read_moment(L, index, to->units, &otherwise->value);
        if (!otherwise->type || otherwise->type->units != to->units)
            mb_bind_refuse(L, call, argument,
                           lua_pushfstring(L, "'raise', 'missing' or a %s", to->name), index);
    }
    const int unit = how->otherwise.type ? how->otherwise.type->unit : 0;
    given->value.u = mb_hash_word(how->otherwise.value.bits,
                                  (uint64_t)how->unread * MB_UNIT_COUNT + (uint64_t)unit);
}

static mb_status run_parse(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_time_reading how = {.unread = MB_UNREAD_FAILS};
    if (in[3].given) how = *(const mb_time_reading *)in[3].data;
    how.units = in[1].type->units;
    how.unit = in[4].given ? (int)in[4].value.i : -1;
    how.npatterns = in[2].given ? (int)in[2].n : 0;
    for (int i = 0; i < how.npatterns; i++)
        how.patterns[i] = in[2].texts[i];
    return mb_time_parse(cx, in[0].column, &how, &out->column);
}

static void prepare_parse(lua_State *L, mb_call *call)
{
    if (call->in[2].given && call->in[1].type->units != &mb_times)
        mb_bind_error(L,
                      "as: durations have no format; they are written as \"1h30min\" or \"1.5s\"");
}

// --- Numbers.

// A time, which becomes duration since 1970.
static void read_epoch(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    const mb_type *type = mb_bind_read_moment(L, index, &mb_times, &given->value);
    if (!type || type->units != &mb_times) mb_bind_refuse(L, call, argument, "a time", index);
    given->n = type ? type->unit : 0;
}

// Floats count to the microsecond, or to the unit where that is finer.
static mb_status of_floats(mb_context *cx, mb_column *column, int unit, const char *site,
                           mb_column **integers, int *finer)
{
    mb_column *scaled = NULL, *whole = NULL;
    mb_status status;
    *finer = mb_unit_rounded(unit);
    const mb_value ticks = {.f = (double)mb_unit_ticks(*finer - unit)};
    MB_TRY(mb_expression_apply_scalar(cx, MB_MUL, column, &mb_type_float, ticks, &scaled));
    MB_TRY(mb_expression_apply(cx, MB_RINT, &scaled, NULL, &whole));
    status = mb_expression_cast(cx, whole, &mb_type_int, false, site, integers);
done:
    mb_column_release(scaled);
    mb_column_release(whole);
    return status;
}

static mb_status of_numbers(mb_context *cx, const mb_given *in, const char *site,
                            mb_column **result)
{
    mb_column *integers = NULL, *counted = NULL, *epoch = NULL;
    int unit = (int)in[2].value.i;
    const mb_units *units = in[1].type->units;
    mb_status status;
    if (in[0].column->type->kind == MB_FLOAT)
        status = of_floats(cx, in[0].column, unit, site, &integers, &unit);
    else
        status = mb_expression_cast(cx, in[0].column, &mb_type_int, false, site, &integers);
    MB_TRY(status);
    if (!in[3].given) {
        status = mb_expression_cast(cx, integers, units->types[unit], false, site, result);
        goto done;
    }
    MB_TRY(mb_expression_cast(cx, integers, mb_duration_in(unit), false, site, &counted));
    MB_TRY(mb_expression_scalar(cx, counted, mb_time_in((int)in[3].n), &in[3].value, &epoch));
    status = mb_expression_apply(cx, MB_ADD, (mb_column *[]){epoch, counted}, site, result);
done:
    mb_column_release(integers);
    mb_column_release(counted);
    mb_column_release(epoch);
    return status;
}

static mb_status run_cast(mb_context *cx, const mb_given *in, mb_made *out)
{
    const mb_type *from = in[0].column->type, *to = in[1].type;
    const char *site = in[4].data;
    mb_column *counted;
    if (!from->units) return of_numbers(cx, in, site, &out->column);
    const int unit = in[2].given ? (int)in[2].value.i : from->unit;
    mb_status status = mb_expression_in_unit(cx, in[0].column, unit, site, &counted);
    if (status) return status;
    if (to->units == from->units)
        out->column = mb_column_retain(counted);
    else
        status = mb_expression_cast(cx, counted, to, false, site, &out->column);
    mb_column_release(counted);
    return status;
}

static void prepare_cast(lua_State *L, mb_call *call)
{
    const mb_type *from = call->in[0].column->type, *to = call->in[1].type;
    call->in[4].data = (void *)(uintptr_t)site_of(L);
    if (from->script == MB_SCRIPT_STRING) mb_bind_refuse(L, call, 0, "column of numbers", 1);
    if (call->in[3].given && (from->units || to->units != &mb_times))
        mb_bind_error(L, "%s: 'epoch' is for times of numbers", call->name);
    mb_bind_keep_shallow(L, call->in[0].column, 1);
}

// mb.time_of(c, {unit, epoch}) is c:as("time", ...) of numbers.
static void prepare_time_of(lua_State *L, mb_call *call)
{
    const mb_column *column = call->in[0].column;
    call->in[1].type = &mb_type_time;
    if (column->type->units || column->type->script == MB_SCRIPT_BOOLEAN)
        mb_bind_refuse(L, call, 0, "column of numbers", 1);
    prepare_cast(L, call);
}

const mb_operation *mb_bind_time_cast(lua_State *L)
{
    const mb_column *column = mb_bind_to_column(L, 1);
    const mb_type *type = lua_type(L, 2) == LUA_TSTRING ? mb_type_find(lua_tostring(L, 2)) : NULL;
    if (!column || !type || type->script == MB_SCRIPT_STRING) return NULL;
    if (type->units && column->type->script == MB_SCRIPT_STRING) return &mb_time_operations[PARSE];
    const bool counts = column->type->units && type->kind == MB_INT;
    return type->units || counts ? &mb_time_operations[CAST] : NULL;
}

// --- Ranges.

static void read_end(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    const mb_units *units = argument == 2 ? &mb_durations : &mb_times;
    given->type = mb_bind_read_moment(L, index, units, &given->value);
    if (!given->type || given->type->units != units)
        mb_bind_refuse(L, call, argument, units->types[0]->name, index);
}

// All three in the finest of their units, and how many rows there are.
static void prepare_range(lua_State *L, mb_call *call)
{
    int unit = 0;
    bool fits = true;
    mb_given *in = call->in;
    for (int i = 0; i < 3; i++)
        if (in[i].type->unit > unit) unit = in[i].type->unit;
    for (int i = 0; i < 3; i++) {
        mb_unit_convert(in[i].type->unit, unit, &in[i].value.i, &fits);
        if (!fits)
            mb_bind_error(L, "time_range: an end does not fit a time in %s", mb_unit_names[unit]);
    }
    const mb_int128 span = (mb_int128)in[1].value.i - in[0].value.i;
    const int64_t step = in[2].value.i;
    if (step == 0) mb_bind_error(L, "time_range: the step is 0");
    // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): a step of 0 was refused
    const mb_int128 n = (span > 0) != (step > 0) && span != 0 ? 0 : span / step + 1;
    if (n > INT64_MAX / 16) mb_bind_error(L, "time_range: too many rows");
    in[0].n = (int64_t)n;
    in[0].type = mb_time_in(unit);
}

static mb_status run_range(mb_context *cx, const mb_given *in, mb_made *out)
{
    const mb_value values[2] = {in[0].value, in[2].value};
    return mb_expression_leaf(cx, MB_SEQUENCE, in[0].type, in[0].n, values, 0, &out->column);
}

#define TIMES MB_COLUMN("time", .type = &mb_type_time)
#define ZONE  MB_OPTION(STRING, "zone")
#define UNIT  MB_OPTION(OTHER, "unit", .read = read_unit)
#define EPOCH MB_OPTION(OTHER, "epoch", .read = read_epoch)

#define FIELD(text, field)                                                                         \
    MB_OPERATION(text, NULL, run_field, MB_TAKES(TIMES, ZONE, MB_FIXED(field)),                    \
                 MB_GIVES(MB_A_COLUMN), .prepare = prepare_field, .local = true),

#define ROUND(text, function, rounding)                                                            \
    MB_OPERATION(                                                                                  \
        text, function, run_round,                                                                 \
        MB_TAKES(MB_COLUMN("column"), MB_OTHER("step", read_step), ZONE, MB_FIXED(rounding)),      \
        MB_GIVES(MB_A_COLUMN), .prepare = prepare_round, .local = true)

// c:as(type, options) of texts, and of other columns. c:year(), ...: ints, pending in UTC.
// core.time_floor(c, step, {zone}), time_ceil, time_round: multiples. core.time_of(c, {unit,
// epoch}): times of numbers. core.time_range(first, last, step): as core.range.
const mb_operation mb_time_operations[] = {
    [PARSE] =
        MB_OPERATION("as", "times_of_text", run_parse,
                     MB_TAKES(MB_COLUMN("column", .type = &mb_type_text), MB_ARGUMENT(TYPE, "type"),
                              MB_OPTION(OTHER, "format", .read = read_formats),
                              MB_OPTION(OTHER, "errors", .read = read_errors), UNIT),
                     MB_GIVES(MB_A_COLUMN), .prepare = prepare_parse),
    [CAST] = MB_OPERATION("as", "times_of_numbers", run_cast,
                          MB_TAKES(MB_NUMBERS("column", .moments = true), MB_ARGUMENT(TYPE, "type"),
                                   UNIT, EPOCH, MB_FIXED(0)),
                          MB_GIVES(MB_A_COLUMN), .prepare = prepare_cast, .local = true),
    MB_OPERATION(
        "time_of", "time_of", run_cast,
        MB_TAKES(MB_NUMBERS("column", .moments = true), MB_FIXED(0), UNIT, EPOCH, MB_FIXED(0)),
        MB_GIVES(MB_A_COLUMN), .prepare = prepare_time_of, .local = true),
    MB_OPERATION("time_range", "time_range", run_range,
                 MB_TAKES(MB_OTHER("first", read_end), MB_OTHER("last", read_end),
                          MB_OTHER("step", read_end)),
                 MB_GIVES(MB_A_COLUMN), .prepare = prepare_range, .local = true),
    ROUND("floor", "time_floor", MB_ROUND_DOWN),
    ROUND("ceil", "time_ceil", MB_ROUND_UP),
    ROUND("round", "time_round", MB_ROUND_NEAREST),
    MB_OPERATION("utc_offset", NULL, run_offsets, MB_TAKES(TIMES, MB_ARGUMENT(STRING, "zone")),
                 MB_GIVES(MB_A_COLUMN)),
    MB_OPERATION("format", NULL, run_format, MB_TAKES(TIMES, MB_ARGUMENT(STRING, "pattern"), ZONE),
                 MB_GIVES(MB_A_COLUMN), .prepare = prepare_format),
    MB_NAMED_FIELDS(FIELD) // year, month, and so on
    {0}};
