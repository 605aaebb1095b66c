#include "io/duck/sql.h"

#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "io/duck/rows.h"
#include "types/time.h"

static void forget_result(mb_duck *duck)
{
    if (duck->has_result) duck->api.destroy_result(&duck->result);
    duck->has_result = false;
}

static void forget(mb_duck *duck)
{
    forget_result(duck);
    if (duck->statement) duck->api.destroy_prepare(&duck->statement);
    duck->statement = NULL;
}

// --- Values in places.

static duck_value duration_of(const mb_duck_api *api, const mb_sql_value *value)
{
    int64_t microseconds = value->value.i;
    bool fits = true;
    bool exact = mb_unit_convert(value->type->unit, MB_MICROSECONDS, &microseconds, &fits) && fits;
    return exact ? api->create_interval((duck_interval){.microseconds = microseconds}) : NULL;
}

static duck_value value_of(const mb_duck_api *api, const mb_sql_value *value)
{
    if (!value->type) return api->create_null_value();
    if (value->text) return api->create_varchar_length(value->text, value->length);
    if (value->type->units == &mb_durations) return duration_of(api, value);
    if (value->type->units == &mb_times) {
        switch (value->type->unit) {
        case MB_SECONDS: return api->create_timestamp_s(value->value.i);
        case MB_MILLISECONDS: return api->create_timestamp_ms(value->value.i);
        case MB_MICROSECONDS: return api->create_timestamp(value->value.i);
        default: return api->create_timestamp_ns(value->value.i);
        }
    }
    switch (value->type->kind) {
    case MB_BOOL: return api->create_bool(value->value.b);
    case MB_INT: return api->create_int64(value->value.i);
    case MB_UINT: return api->create_uint64(value->value.u);
    default: return api->create_double(value->value.f);
    }
}

static mb_status bind(mb_context *cx, mb_duck *duck, const mb_sql_value *value, int64_t i)
{
    const mb_duck_api *api = &duck->api;
    uint64_t place = (uint64_t)i + 1;
    if (value->name && api->bind_parameter_index(duck->statement, &place, value->name))
        return mb_fail(cx, MB_EINVALID, "the statement has no place $%s for a value", value->name);
    if (!value->name && place > api->nparams(duck->statement))
        return mb_fail(cx, MB_EINVALID,
                       "the statement has %llu places for values, as ?, and there "
                       "are more values",
                       (unsigned long long)api->nparams(duck->statement));
    duck_value made = value_of(api, value);
    bool bound = made && !api->bind_value(duck->statement, place, made);
    if (made) api->destroy_value(&made);
    if (bound) return MB_OK;
    return mb_fail(cx, MB_EINVALID,
                   "value %lld of the statement is none that DuckDB has: text that "
                   "is not UTF-8, or a duration that is no whole number of microseconds",
                   (long long)i + 1);
}

// --- Beginning.

static mb_status describe(mb_context *cx, mb_duck *duck, mb_strings *columns)
{
    const mb_duck_api *api = &duck->api;
    mb_status status = MB_OK;
    uint64_t n = api->column_count(&duck->result);
    for (uint64_t i = 0; i < n && !status; i++) {
        const char *name = api->column_name(&duck->result, i);
        duck_type type = api->column_logical_type(&duck->result, i);
        mb_duck_form form = mb_duck_form_of(api, type);
        if (form == MB_DUCK_REFUSED)
            status = mb_fail(cx, MB_EIO,
                             "column '%s' of the result has values of type %s, which is not read: "
                             "take its parts, as in \"select unnest(x)\" or \"select x.part\", or "
                             "cast it, as in \"select x::varchar\"",
                             name, mb_duck_type_name(api, type));
        if (!status) status = mb_strings_add(cx, columns, name);
        if (!status) status = mb_strings_addf(cx, columns, "%d", (int)form);
        api->destroy_logical_type(&type);
    }
    return status;
}

// The number that a statement without other rows gives.
static mb_status read_changed(mb_context *cx, mb_duck *duck, int64_t *changed)
{
    duck_chunk chunk = NULL;
    const mb_duck_api *api = &duck->api;
    mb_status status = mb_duck_fetch(cx, duck, &duck->result, &chunk);
    if (!status && chunk && api->data_chunk_get_size(chunk) == 1)
        *changed = *(const int64_t *)api->vector_get_data(api->data_chunk_get_vector(chunk, 0));
    if (chunk) api->destroy_data_chunk(&chunk);
    return status;
}

static mb_status run(mb_context *cx, mb_duck *duck)
{
    mb_status status = mb_duck_run(cx, duck, duck->statement, &duck->result);
    duck->has_result = !status;
    return status;
}

// Runs a statement to its end, for what it says when it fails.
static mb_status drain(mb_context *cx, mb_duck *duck)
{
    duck_chunk chunk = NULL;
    mb_status status = run(cx, duck);
    while (!status) {
        status = mb_duck_fetch(cx, duck, &duck->result, &chunk);
        if (!chunk) break;
        duck->api.destroy_data_chunk(&chunk);
    }
    forget_result(duck);
    return status;
}

// A thread of DuckDB's that fails interrupts the others, and DuckDB may tell of that instead of
// why. A query tells it when it is run again.
static mb_status find_reason(mb_context *cx, mb_duck *duck, mb_status status)
{
    enum { TRIES = 4 };
    static const char interrupted[] = "DuckDB: INTERRUPT Error";
    if (status != MB_EIO || duck->api.prepared_statement_type(duck->statement) != DUCK_SELECT)
        return status;
    forget_result(duck);
    for (int i = 0; i < TRIES && strncmp(cx->message, interrupted, sizeof interrupted - 1) == 0;
         i++) {
        mb_status again = drain(cx, duck);
        if (again) status = again;
    }
    return status;
}

static mb_status begin(mb_context *cx, const char *sql, const mb_sql_value *values, int64_t n,
                       mb_sql_outcome *outcome)
{
    mb_duck *duck;
    mb_status status = mb_duck_open(cx, MB_DUCK_CORES, &duck);
    if (status) return status;
    forget(duck);
    MB_TRY(mb_duck_prepare(cx, duck, sql, &duck->statement));
    for (int64_t i = 0; i < n; i++)
        MB_TRY(bind(cx, duck, &values[i], i));
    MB_TRY(find_reason(cx, duck, run(cx, duck)));
    int type = duck->api.result_return_type(duck->result);
    outcome->has_rows = type == DUCK_ROWS;
    if (type == DUCK_ROWS) {
        MB_TRY(describe(cx, duck, &outcome->columns));
        return MB_OK;
    }
    if (type == DUCK_ROWS_CHANGED) MB_TRY(read_changed(cx, duck, &outcome->changed));
    duck_chunk rest = NULL; // such a statement is done once its rows are fetched
    if (type == DUCK_NOTHING) MB_TRY(mb_duck_fetch(cx, duck, &duck->result, &rest));
    if (rest) duck->api.destroy_data_chunk(&rest);
    forget(duck);
done:
    if (status) forget(duck);
    return status;
}

mb_status mb_sql_begin(mb_context *cx, const char *sql, const mb_sql_value *values, int64_t n,
                       mb_sql_outcome *outcome)
{
    mb_payload told = {0};
    mb_status status = MB_OK;
    *outcome = (mb_sql_outcome){.changed = -1};
    if (mb_rank(cx) == 0) {
        status = begin(cx, sql, values, n, outcome);
        told.max[0] = (uint64_t)outcome->changed + 1;
        told.max[1] = outcome->has_rows;
    }
    MB_TRY(mb_step_patient(cx, 0, status, &told));
    outcome->changed = (int64_t)told.max[0] - 1;
    outcome->has_rows = told.max[1];
    status = mb_strings_share(cx, MB_OK, &outcome->columns);
done:
    if (status) mb_strings_release(&outcome->columns);
    return status;
}

// --- Fetching.

static mb_status fetch(mb_context *cx, mb_duck_rows *rows)
{
    mb_duck *duck = cx->duck;
    mb_status status = MB_OK;
    if (!duck || !duck->statement) return mb_fail(cx, MB_EINVALID, "no statement was begun");
    if (!duck->has_result) { // memory ran out when its rows were fetched
        if (duck->api.prepared_statement_type(duck->statement) != DUCK_SELECT)
            return mb_fail(cx, MB_EINVALID,
                           "out of memory: for the rows of a statement that is "
                           "not run twice");
        status = run(cx, duck);
    }
    rows->duck = duck;
    if (!status) status = mb_duck_rows_append(rows, &duck->result);
    status = find_reason(cx, duck, status);
    forget_result(duck);
    return status;
}

mb_status mb_sql_fetch(mb_context *cx, const char *const *names, const char *const *forms,
                       int64_t n, mb_column **columns)
{
    mb_duck_rows rows = {0};
    mb_buffer *table = NULL;
    bool mine = mb_rank(cx) == 0;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(mb_duck_form), &table);
    for (int64_t i = 0; i < n && !status; i++)
        ((mb_duck_form *)table->data)[i] = (mb_duck_form)atoi(forms[i]);
    if (!status) status = mb_duck_rows_open(cx, cx->duck, n, table->data, names, 0, mine, &rows);
    if (!status && mine) status = fetch(cx, &rows);
    MB_TRY(mb_step_patient(cx, 0, status, NULL));
    status = mb_duck_rows_finish(&rows, MB_OK, columns);
done:
    if (mine && cx->duck && status != MB_EMEMORY) forget(cx->duck);
    mb_duck_rows_close(&rows);
    mb_buffer_release(table);
    return status;
}
