// Fields of records, as columns.

#include "io/geo/database.h"

#if !__has_include(<maxminddb.h>)

mb_status mb_geo_values(mb_context *cx, const mb_geo *geo, mb_column *records,
                        const char *const *path, int64_t n, const mb_type *otherwise,
                        mb_column **values)
{
    (void)geo, (void)records, (void)path, (void)n, (void)otherwise, (void)values;
    return mb_fail(cx, MB_EINTERNAL, "no database of addresses can be open");
}

#else

#include <string.h>

#include "column/builder.h"
#include "comm/collectives.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "io/geo/internal.h"
#include "text/encode.h"

typedef enum form { A_TEXT, A_UINT, AN_INT, A_FLOAT, A_BOOL, FORMS } form;

typedef struct field field;

struct field {
    mb_context *cx;
    const mb_geo *geo;
    const char **path; // up to NULL
    int64_t here[FORMS];
    const mb_type *type;
    mb_text_encoder *encoder; // of text, or
    mb_builder *builder;
    mb_status (*row)(field *of, uint64_t record); // what a pass does with each
};

// --- One record.

static mb_status get(const field *of, uint64_t record, MMDB_entry_data_s *data)
{
    MMDB_entry_s entry = {&of->geo->db, (uint32_t)(record - 1)};
    const int error = MMDB_aget_value(&entry, data, of->path);
    if (error == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR ||
        error == MMDB_INVALID_LOOKUP_PATH_ERROR) {
        data->has_data = false;
        return MB_OK;
    }
    return error ? mb_geo_fail(of->cx, of->geo, error) : MB_OK;
}

static const char *name_of(uint32_t type)
{
    switch (type) {
    case MMDB_DATA_TYPE_MAP: return "a map: name one of its fields";
    case MMDB_DATA_TYPE_ARRAY: return "a list: give the number of one of its entries";
    case MMDB_DATA_TYPE_BYTES: return "bytes, which no column holds";
    case MMDB_DATA_TYPE_UINT128: return "a number of 128 bits, which no column holds";
    default: return "nothing that is known";
    }
}

static mb_status form_of(const field *of, const MMDB_entry_data_s *data, form *form)
{
    switch (data->type) {
    case MMDB_DATA_TYPE_UTF8_STRING: *form = A_TEXT; return MB_OK;
    case MMDB_DATA_TYPE_UINT16:
    case MMDB_DATA_TYPE_UINT32:
    case MMDB_DATA_TYPE_UINT64: *form = A_UINT; return MB_OK;
    case MMDB_DATA_TYPE_INT32: *form = AN_INT; return MB_OK;
    case MMDB_DATA_TYPE_DOUBLE:
    case MMDB_DATA_TYPE_FLOAT: *form = A_FLOAT; return MB_OK;
    case MMDB_DATA_TYPE_BOOLEAN: *form = A_BOOL; return MB_OK;
    default:
        return mb_fail(of->cx, MB_EINVALID, "%s: what is there is %s", of->geo->path,
                       name_of(data->type));
    }
}

static mb_value value_of(const MMDB_entry_data_s *data)
{
    switch (data->type) {
    case MMDB_DATA_TYPE_UINT16: return (mb_value){.u = data->uint16};
    case MMDB_DATA_TYPE_UINT32: return (mb_value){.u = data->uint32};
    case MMDB_DATA_TYPE_UINT64: return (mb_value){.u = data->uint64};
    case MMDB_DATA_TYPE_INT32: return (mb_value){.i = data->int32};
    case MMDB_DATA_TYPE_FLOAT: return (mb_value){.f = (double)data->float_value};
    case MMDB_DATA_TYPE_DOUBLE: return (mb_value){.f = data->double_value};
    default: return (mb_value){.u = data->boolean};
    }
}

// --- Rows.

static mb_status count_row(field *of, uint64_t record)
{
    form form = A_TEXT;
    MMDB_entry_data_s data = {.has_data = false};
    mb_status status = record ? get(of, record, &data) : MB_OK;
    if (status || !data.has_data) return status;
    status = form_of(of, &data, &form);
    if (!status) of->here[form]++;
    return status;
}

static double as_float(const MMDB_entry_data_s *data)
{
    const mb_value value = value_of(data);
    const bool whole = data->type != MMDB_DATA_TYPE_FLOAT && data->type != MMDB_DATA_TYPE_DOUBLE;
    if (!whole) return value.f;
    return data->type == MMDB_DATA_TYPE_INT32 ? (double)value.i : (double)value.u;
}

static mb_status append_row(field *of, uint64_t record)
{
    MMDB_entry_data_s data = {.has_data = false};
    mb_status status = record ? get(of, record, &data) : MB_OK;
    const uint8_t valid = data.has_data;
    if (status) return status;
    if (of->encoder)
        return mb_text_encoder_append(of->encoder,
                                      valid ? (mb_string){data.utf8_string, data.data_size}
                                            : (mb_string){NULL, 0});
    mb_value value = {0};
    if (valid) value = value_of(&data);
    if (valid && of->type == &mb_type_float) value.f = as_float(&data);
    uint64_t word = value.u;
    return mb_builder_append_words(of->builder, &word, &valid, 1);
}

// Has `row` take each record of a block, 0 where one is missing.
static mb_status take(void *state, const mb_block *block, int64_t first, int64_t n)
{
    field *of = state;
    mb_status status = MB_OK;
    uint64_t wide[MB_BLOCK_ROWS];
    const uint64_t *records = mb_block_widen(mb_kernels_of(of->cx->isa), block, n, wide);
    (void)first;
    for (int64_t i = 0; i < n && !status; i++)
        status = of->row(of, mb_block_valid(block, i) ? records[i] : 0);
    return status;
}

// --- Columns.

// The type of what all ranks have found.
static mb_status choose(field *of, const mb_type *otherwise)
{
    int64_t all[FORMS];
    mb_sum_all(of->cx, of->here, FORMS, all);
    const bool whole = all[A_UINT] || all[AN_INT], numbers = whole || all[A_FLOAT];
    if (!!all[A_TEXT] + !!all[A_BOOL] + numbers > 1)
        return mb_fail(of->cx, MB_EINVALID, "%s: records have different types there",
                       of->geo->path);
    of->type = all[A_TEXT]    ? &mb_type_text
               : all[A_BOOL]  ? &mb_type_bool
               : all[A_FLOAT] ? &mb_type_float
               : all[AN_INT]  ? &mb_type_int
               : all[A_UINT]  ? &mb_type_uint
                              : otherwise;
    return MB_OK;
}

static mb_status make(field *of, mb_column *records, mb_column **values)
{
    mb_context *cx = of->cx;
    const int64_t n = mb_column_rows(records);
    mb_status status = of->type == &mb_type_text
                           ? mb_text_encoder_open(cx, n, MB_TEXT_CHOOSE, &of->encoder)
                           : mb_builder_open(cx, of->type, n, NULL, 8, &of->builder);
    MB_TRY(mb_step(cx, status, NULL));
    of->row = append_row;
    MB_TRY(mb_step(cx, mb_evaluate(cx, &records, 1, take, of), NULL));
    status = of->encoder
                 ? mb_text_encoder_finish(cx, MB_OK, of->encoder, records->layout, 0, values)
                 : mb_builder_finish(cx, &of->builder, 1, &records->layout, 0, values);
done:
    mb_text_encoder_close(of->encoder);
    mb_builder_close(of->builder);
    return status;
}

mb_status mb_geo_values(mb_context *cx, const mb_geo *geo, mb_column *records,
                        const char *const *path, int64_t n, const mb_type *otherwise,
                        mb_column **values)
{
    mb_buffer *memory = NULL;
    field of = {.cx = cx, .geo = geo, .row = count_row};
    mb_status status = mb_buffer_new_array(cx, n + 1, sizeof *of.path, &memory);
    MB_TRY(mb_step(cx, status, NULL));
    of.path = memory->data;
    for (int64_t i = 0; i < n; i++)
        of.path[i] = path[i];
    of.path[n] = NULL;
    MB_TRY(mb_step(cx, mb_evaluate(cx, &records, 1, take, &of), NULL));
    MB_TRY(choose(&of, otherwise));
    status = make(&of, records, values);
done:
    mb_buffer_release(memory);
    return status;
}

#endif
