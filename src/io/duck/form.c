#include "io/duck/form.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "types/time.h"

// --- Types.

static const struct {
    const char *name;
    mb_duck_form form;
} types[DUCK_TYPES] = {
    [DUCK_BOOLEAN] = {"boolean", MB_DUCK_BOOL},
    [DUCK_TINYINT] = {"tinyint", MB_DUCK_INT},
    [DUCK_SMALLINT] = {"smallint", MB_DUCK_INT},
    [DUCK_INTEGER] = {"integer", MB_DUCK_INT},
    [DUCK_BIGINT] = {"bigint", MB_DUCK_INT},
    [DUCK_UTINYINT] = {"utinyint", MB_DUCK_INT},
    [DUCK_USMALLINT] = {"usmallint", MB_DUCK_INT},
    [DUCK_UINTEGER] = {"uinteger", MB_DUCK_INT},
    [DUCK_UBIGINT] = {"ubigint", MB_DUCK_UINT},
    [DUCK_FLOAT] = {"float", MB_DUCK_FLOAT4},
    [DUCK_DOUBLE] = {"double", MB_DUCK_FLOAT},
    [DUCK_TIMESTAMP] = {"timestamp", MB_DUCK_TIME_US},
    [DUCK_DATE] = {"date", MB_DUCK_TIME_S},
    [DUCK_TIME] = {"time", MB_DUCK_DURATION_US},
    [DUCK_INTERVAL] = {"interval", MB_DUCK_DURATION_US},
    [DUCK_HUGEINT] = {"hugeint", MB_DUCK_INT},
    [DUCK_VARCHAR] = {"varchar", MB_DUCK_TEXT},
    [DUCK_BLOB] = {"blob", MB_DUCK_TEXT},
    [DUCK_DECIMAL] = {"decimal", MB_DUCK_FLOAT},
    [DUCK_TIMESTAMP_S] = {"timestamp_s", MB_DUCK_TIME_S},
    [DUCK_TIMESTAMP_MS] = {"timestamp_ms", MB_DUCK_TIME_MS},
    [DUCK_TIMESTAMP_NS] = {"timestamp_ns", MB_DUCK_TIME_NS},
    [DUCK_ENUM] = {"enum", MB_DUCK_TEXT},
    [DUCK_LIST] = {"list", MB_DUCK_REFUSED},
    [DUCK_STRUCT] = {"struct", MB_DUCK_REFUSED},
    [DUCK_MAP] = {"map", MB_DUCK_REFUSED},
    [DUCK_UUID] = {"uuid", MB_DUCK_TEXT},
    [DUCK_UNION] = {"union", MB_DUCK_REFUSED},
    [DUCK_BIT] = {"bit", MB_DUCK_REFUSED},
    [DUCK_TIME_TZ] = {"timetz", MB_DUCK_DURATION_US},
    [DUCK_TIMESTAMP_TZ] = {"timestamptz", MB_DUCK_TIME_US},
    [DUCK_UHUGEINT] = {"uhugeint", MB_DUCK_UINT},
    [DUCK_ARRAY] = {"array", MB_DUCK_REFUSED},
    [DUCK_BIGNUM] = {"bignum", MB_DUCK_REFUSED},
    [DUCK_NULL] = {"null", MB_DUCK_INT},
    [DUCK_TIME_NS] = {"time_ns", MB_DUCK_DURATION_NS},
};

static int id_of(const mb_duck_api *api, duck_type type)
{
    int id = api->get_type_id(type);
    return id > 0 && id < DUCK_TYPES ? id : 0;
}

const char *mb_duck_type_name(const mb_duck_api *api, duck_type type)
{
    const char *name = types[id_of(api, type)].name;
    return name ? name : "a type of its own";
}

static bool is_whole(const mb_duck_api *api, duck_type type)
{
    enum { INT_DIGITS = 18 };
    return api->decimal_scale(type) == 0 && api->decimal_width(type) <= INT_DIGITS;
}

mb_duck_form mb_duck_form_of(const mb_duck_api *api, duck_type type)
{
    int id = id_of(api, type);
    return id == DUCK_DECIMAL && is_whole(api, type) ? MB_DUCK_INT : types[id].form;
}

const mb_type *mb_duck_form_type(mb_duck_form form, int *float_width)
{
    *float_width = form == MB_DUCK_FLOAT4 ? 4 : 8;
    switch (form) {
    case MB_DUCK_BOOL: return &mb_type_bool;
    case MB_DUCK_UINT: return &mb_type_uint;
    case MB_DUCK_FLOAT4:
    case MB_DUCK_FLOAT: return &mb_type_float;
    case MB_DUCK_TEXT: return &mb_type_text;
    case MB_DUCK_TIME_S:
    case MB_DUCK_TIME_MS:
    case MB_DUCK_TIME_US:
    case MB_DUCK_TIME_NS: return mb_time_in((int)form - MB_DUCK_TIME_S);
    case MB_DUCK_DURATION_US: return mb_duration_in(MB_MICROSECONDS);
    case MB_DUCK_DURATION_NS: return mb_duration_in(MB_NANOSECONDS);
    default: return &mb_type_int;
    }
}

// --- Columns of a result.

// The names of an enumeration, with room to read behind each.
static mb_status read_names(mb_context *cx, const mb_duck_api *api, duck_type type,
                            mb_duck_column *column)
{
    uint32_t n = api->enum_dictionary_size(type);
    int64_t used = 0;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(mb_string), &column->names);
    for (uint32_t i = 0; i < n && !status; i++) {
        mb_string *string = (mb_string *)column->names->data + i;
        char *name = api->enum_dictionary_value(type, i);
        string->length = name ? strlen(name) : 0;
        status = mb_buffer_reserve(cx, &column->names_bytes, used,
                                   (int64_t)string->length + MB_DUCK_PADDED, 1);
        if (!status && name) memcpy((char *)column->names_bytes->data + used, name, string->length);
        used += (int64_t)string->length;
        api->free(name);
    }
    used = 0; // the bytes have moved while they grew
    for (uint32_t i = 0; i < n && !status; i++) {
        mb_string *string = (mb_string *)column->names->data + i;
        string->bytes = (const char *)column->names_bytes->data + used;
        used += (int64_t)string->length;
    }
    return status;
}

mb_status mb_duck_column_open(mb_context *cx, const mb_duck_api *api, duck_type type,
                              mb_duck_column *column)
{
    *column = (mb_duck_column){.id = id_of(api, type), .form = mb_duck_form_of(api, type)};
    if (column->id == DUCK_ENUM) {
        column->stored = api->enum_internal_type(type);
        return read_names(cx, api, type, column);
    }
    if (column->id != DUCK_DECIMAL) return MB_OK;
    column->stored = api->decimal_internal_type(type);
    column->unit = 1;
    for (int i = 0; i < api->decimal_scale(type); i++)
        column->unit *= 10;
    return MB_OK;
}

void mb_duck_column_close(mb_duck_column *column)
{
    mb_buffer_release(column->names);
    mb_buffer_release(column->names_bytes);
    *column = (mb_duck_column){0};
}

// --- Numbers.

#define WIDEN(from)                                                                                \
    do {                                                                                           \
        const from *in = data;                                                                     \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = (uint64_t)(int64_t)in[i];                                                     \
    } while (0)

// Integers of a type of DuckDB's as words; false for other types.
static bool widen(int id, const void *data, int64_t n, uint64_t *out)
{
    switch (id) {
    case DUCK_TINYINT: WIDEN(int8_t); break;
    case DUCK_SMALLINT: WIDEN(int16_t); break;
    case DUCK_INTEGER: WIDEN(int32_t); break;
    case DUCK_BIGINT: WIDEN(int64_t); break;
    case DUCK_UTINYINT: WIDEN(uint8_t); break;
    case DUCK_USMALLINT: WIDEN(uint16_t); break;
    case DUCK_UINTEGER: WIDEN(uint32_t); break;
    default: return false;
    }
    return true;
}

static uint64_t bits_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static double wide_number(duck_wide wide)
{
    mb_int128 value = (mb_int128)wide.upper * ((mb_int128)1 << 64) + wide.lower;
    return (double)value;
}

static void convert_decimals(const mb_duck_column *column, const void *data, int64_t n,
                             uint64_t *out)
{
    const duck_wide *wide = data;
    bool narrow = widen(column->stored, data, n, out);
    if (column->form == MB_DUCK_INT) return;
    for (int64_t i = 0; i < n; i++)
        out[i] = bits_of((narrow ? (double)(int64_t)out[i] : wide_number(wide[i])) / column->unit);
}

static const char infinite[] =
    "is infinite, which no time is: leave such rows out, as with where = \"isfinite(x)\"";
static const char too_large[] =
    "has more than 64 bits: cast it, as in mb.sql(\"select x::double ...\")";
static const char with_months[] =
    "has months, whose length varies: cast it, as in mb.sql(\"select x::varchar ...\")";
static const char too_long[] = "is too long for a duration in microseconds";

// One row of what must be looked at row by row; NULL where it is right.
static const char *convert_row(int id, const void *data, int64_t i, uint64_t *word)
{
    enum { OFFSET_BITS = 24, MOST_OFFSET = 16 * 3600 - 1, MICROSECONDS = 1000000 };
    const int64_t day = (int64_t)MB_SECONDS_A_DAY * MICROSECONDS;
    switch (id) {
    case DUCK_HUGEINT: {
        const duck_wide *wide = (const duck_wide *)data + i;
        *word = wide->lower;
        return wide->upper == ((int64_t)wide->lower < 0 ? -1 : 0) ? NULL : too_large;
    }
    case DUCK_UHUGEINT: {
        const duck_wide *wide = (const duck_wide *)data + i;
        *word = wide->lower;
        return wide->upper == 0 ? NULL : too_large;
    }
    case DUCK_DATE: {
        int32_t days = ((const int32_t *)data)[i];
        *word = (uint64_t)((int64_t)days * MB_SECONDS_A_DAY);
        return days == INT32_MAX || days == -INT32_MAX ? infinite : NULL;
    }
    case DUCK_TIME_TZ: { // in UTC
        uint64_t bits = ((const uint64_t *)data)[i];
        int64_t offset = MOST_OFFSET - (int64_t)(bits & ((1 << OFFSET_BITS) - 1));
        int64_t at = (int64_t)(bits >> OFFSET_BITS) - offset * MICROSECONDS;
        *word = (uint64_t)(at < 0 ? at + day : at >= day ? at - day : at);
        return NULL;
    }
    case DUCK_INTERVAL: {
        const duck_interval *interval = (const duck_interval *)data + i;
        int64_t sum;
        if (interval->months) return with_months;
        if (__builtin_mul_overflow(day, (int64_t)interval->days, &sum) ||
            __builtin_add_overflow(sum, interval->microseconds, &sum))
            return too_long;
        *word = (uint64_t)sum;
        return NULL;
    }
    default: { // timestamps
        int64_t at = ((const int64_t *)data)[i];
        *word = (uint64_t)at;
        return at == INT64_MAX || at == -INT64_MAX ? infinite : NULL;
    }
    }
}

static mb_status convert_rows(int id, const void *data, const uint8_t *valid, int64_t n,
                              uint64_t *out, mb_duck_converted *converted)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] = 0;
        if (valid && !valid[i]) continue;
        converted->bad = convert_row(id, data, i, &out[i]);
        converted->bad_row = i;
        if (converted->bad) return MB_EOVERFLOW;
    }
    return MB_OK;
}

mb_status mb_duck_numbers(const mb_duck_column *column, const void *data, const uint8_t *valid,
                          int64_t n, mb_duck_form as, uint64_t *room, mb_duck_converted *converted)
{
    *converted = (mb_duck_converted){.values = data, .words = room};
    switch (column->id) {
    case DUCK_BOOLEAN:
    case DUCK_BIGINT:
    case DUCK_UBIGINT:
    case DUCK_DOUBLE:
    case DUCK_TIME:
    case DUCK_TIME_NS: converted->words = NULL; return MB_OK;
    case DUCK_FLOAT:
        if (as == MB_DUCK_FLOAT4)
            converted->words = NULL;
        else
            for (int64_t i = 0; i < n; i++)
                room[i] = bits_of((double)((const float *)data)[i]);
        return MB_OK;
    case DUCK_DECIMAL: convert_decimals(column, data, n, room); return MB_OK;
    case DUCK_NULL: memset(room, 0, (size_t)n * sizeof *room); return MB_OK;
    default:
        if (widen(column->id, data, n, room)) return MB_OK;
        return convert_rows(column->id, data, valid, n, room, converted);
    }
}

// --- Strings.

static void format_uuid(duck_wide wide, char *text)
{
    const unsigned long long high = (uint64_t)wide.upper ^ UINT64_C(1) << 63, low = wide.lower;
    snprintf(text, MB_DUCK_ROOM, "%08llx-%04llx-%04llx-%04llx-%012llx", high >> 32,
             high >> 16 & 0xffff, high & 0xffff, low >> 48, low & 0xffffffffffff);
}

static mb_string enum_name(const mb_duck_column *column, const void *data, int64_t i)
{
    const mb_string *names = column->names->data;
    if (column->stored == DUCK_UTINYINT) return names[((const uint8_t *)data)[i]];
    if (column->stored == DUCK_USMALLINT) return names[((const uint16_t *)data)[i]];
    return names[((const uint32_t *)data)[i]];
}

// Short strings are copied, as there may be nothing to read behind them.
static mb_string string_of(const duck_string *stored, char *room)
{
    if (stored->length <= DUCK_INLINED) {
        memcpy(room, (const char *)stored + offsetof(duck_string, bytes), DUCK_INLINED);
        return (mb_string){room, stored->length};
    }
    if (stored->length >= MB_DUCK_PADDED) return (mb_string){stored->address, stored->length};
    memcpy(room, stored->address, stored->length);
    return (mb_string){room, stored->length};
}

void mb_duck_strings(const mb_duck_column *column, const void *data, const uint8_t *valid,
                     int64_t n, char *room, mb_string *strings)
{
    enum { UUID_LENGTH = 36 };
    for (int64_t i = 0; i < n; i++, room += MB_DUCK_ROOM) {
        strings[i] = (mb_string){0};
        if (valid && !valid[i]) continue;
        if (column->id == DUCK_UUID) {
            format_uuid(((const duck_wide *)data)[i], room);
            strings[i] = (mb_string){room, UUID_LENGTH};
        } else if (column->id == DUCK_ENUM) {
            strings[i] = enum_name(column, data, i);
        } else {
            strings[i] = string_of((const duck_string *)data + i, room);
        }
    }
}
