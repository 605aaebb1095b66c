#include "host/array.h"

#include <string.h>

#include "column/storage.h"
#include "comm/comm.h"

typedef struct kind_of_array {
    const char *name;
    const mb_type *type;
    int width;
    bool is_signed; // and narrower than 8 bytes
} kind_of_array;

#define KIND(array, type, width, is_signed) [array] = {#array, &mb_type_##type, width, is_signed}

static const kind_of_array kinds[] = {
    KIND(MB_INT8_ARRAY, int, 1, true),     KIND(MB_INT16_ARRAY, int, 2, true),
    KIND(MB_INT32_ARRAY, int, 4, true),    KIND(MB_INT64_ARRAY, int, 8, false),
    KIND(MB_UINT8_ARRAY, int, 1, false),   KIND(MB_UINT16_ARRAY, int, 2, false),
    KIND(MB_UINT32_ARRAY, int, 4, false),  KIND(MB_UINT64_ARRAY, uint, 8, false),
    KIND(MB_FLOAT_ARRAY, float, 4, false), KIND(MB_DOUBLE_ARRAY, float, 8, false),
    KIND(MB_BOOL_ARRAY, bool, 1, false),   KIND(MB_STRING_ARRAY, text, 0, false),
    KIND(MB_TEXT_ARRAY, text, 0, false),
};

// The string of a row of MB_STRING_ARRAY, and of MB_TEXT_ARRAY.
static mb_string string_of(const mb_host_array *rows, int64_t i)
{
    const int64_t stride = rows->array.stride ? rows->array.stride : (int64_t)sizeof(char *);
    mb_string string = {NULL, 0};
    memcpy(&string.bytes, (const char *)rows->array.values + i * stride, sizeof(char *));
    string.length = string.bytes ? strlen(string.bytes) : 0;
    return string;
}

static mb_string text_of(const mb_host_array *rows, int64_t i)
{
    const int64_t *offsets = rows->array.values;
    return (mb_string){rows->array.bytes ? rows->array.bytes + offsets[i] : "",
                       (size_t)(offsets[i + 1] - offsets[i])};
}

mb_host_array mb_host_array_of(const mb_array *array)
{
    return (mb_host_array){.array = *array,
                           .type = kinds[array->type].type,
                           .string = array->type == MB_STRING_ARRAY ? string_of : text_of};
}

const char *mb_array_type_name(mb_array_type type)
{
    return kinds[type].name;
}

int mb_array_width(mb_array_type type)
{
    return kinds[type].width;
}

bool mb_array_is_narrow_signed(mb_array_type type)
{
    return kinds[type].is_signed;
}

mb_status mb_array_blame(mb_context *cx, mb_status status)
{
    if (status != MB_EINVALID || mb_nranks(cx) == 1) return status;
    return mb_fail_within(cx, status, "rank %d", mb_rank(cx));
}

static mb_status check_bools(mb_context *cx, const char *name, const mb_host_array *rows,
                             bool *copied)
{
    const mb_array *array = &rows->array;
    const uint8_t *bytes = array->values;
    const int64_t stride = array->stride ? array->stride : 1;
    uint8_t all = 0;
    for (int64_t i = 0; i < array->rows; i++)
        all |= bytes[i * stride];
    if (all <= 1) return MB_OK;
    *copied = true;
    for (int64_t i = 0; i < array->rows; i++)
        if (bytes[i * stride] > 1 && mb_array_valid(rows, i))
            return mb_fail(cx, MB_EINVALID,
                           "%s: a bool that is %d, not 0 or 1, in row %lld of this rank's", name,
                           bytes[i * stride], (long long)i);
    return MB_OK;
}

static mb_status check_offsets(mb_context *cx, const char *name, const mb_array *array)
{
    const int64_t *offsets = array->values;
    if (array->stride && array->stride != (int64_t)sizeof *offsets)
        return mb_fail(cx, MB_EINVALID, "%s: offsets lie side by side, and have no stride of %lld",
                       name, (long long)array->stride);
    if (offsets[0] < 0) return mb_fail(cx, MB_EINVALID, "%s: an offset below 0", name);
    for (int64_t i = 0; i < array->rows; i++)
        if (offsets[i + 1] < offsets[i])
            return mb_fail(cx, MB_EINVALID, "%s: offset %lld is below the one before it", name,
                           (long long)i + 1);
    if (offsets[array->rows] > 0 && !array->bytes)
        return mb_fail(cx, MB_EINVALID, "%s: the bytes of strings are NULL", name);
    return MB_OK;
}

mb_status mb_array_check(mb_context *cx, const char *name, const mb_host_array *rows, bool *copied)
{
    const mb_array *array = &rows->array;
    const size_t alignment = kinds[array->type].width ? (size_t)kinds[array->type].width : 8;
    *copied = false;
    if (array->rows < 0 || array->rows > INT64_MAX / 64)
        return mb_fail(cx, MB_EINVALID, "%s: %lld is not a number of rows", name,
                       (long long)array->rows);
    if (array->rows == 0 || rows->checked) return MB_OK;
    if (!array->values)
        return mb_fail(cx, MB_EINVALID, "%s: the array of %lld row%s is NULL", name,
                       (long long)array->rows, mb_plural(array->rows));
    if ((uintptr_t)array->values % alignment || array->stride % (int64_t)alignment)
        return mb_fail(cx, MB_EINVALID,
                       "%s: values must lie at multiples of their %zu bytes, and the address %p "
                       "with a stride of %lld does not",
                       name, alignment, array->values, (long long)array->stride);
    if (array->type == MB_BOOL_ARRAY)
        return rows->bits ? MB_OK : check_bools(cx, name, rows, copied);
    return array->type == MB_TEXT_ARRAY ? check_offsets(cx, name, array) : MB_OK;
}

// Value i as 64 bits.
static inline uint64_t value_at(const mb_array *array, int64_t stride, int64_t i)
{
    const char *at = (const char *)array->values + i * stride;
    switch (array->type) {
    case MB_INT8_ARRAY: return (uint64_t)(int64_t) * (const int8_t *)at;
    case MB_INT16_ARRAY: return (uint64_t)(int64_t) * (const int16_t *)(const void *)at;
    case MB_INT32_ARRAY: return (uint64_t)(int64_t) * (const int32_t *)(const void *)at;
    case MB_UINT8_ARRAY: return *(const uint8_t *)at;
    case MB_BOOL_ARRAY: return *(const uint8_t *)at == 1;
    case MB_UINT16_ARRAY: return *(const uint16_t *)(const void *)at;
    case MB_UINT32_ARRAY:
    case MB_FLOAT_ARRAY: return *(const uint32_t *)(const void *)at;
    default: return *(const uint64_t *)(const void *)at;
    }
}

static int64_t stride_of(const mb_array *array)
{
    return array->stride ? array->stride : kinds[array->type].width;
}

#define BOUNDS_OF(type)                                                                            \
    static void bounds_of_##type(const void *values, int64_t n, int64_t *low, int64_t *high)       \
    {                                                                                              \
        const type *x = values;                                                                    \
        type least = x[0], most = x[0];                                                            \
        for (int64_t i = 1; i < n; i++) {                                                          \
            least = x[i] < least ? x[i] : least;                                                   \
            most = x[i] > most ? x[i] : most;                                                      \
        }                                                                                          \
        *low = least;                                                                              \
        *high = most;                                                                              \
    }

BOUNDS_OF(int8_t)
BOUNDS_OF(int16_t)
BOUNDS_OF(int32_t)
BOUNDS_OF(uint32_t)

static void bounds_of_strided(const mb_array *array, mb_kind kind, uint64_t *low, uint64_t *high)
{
    const int64_t stride = stride_of(array);
    *low = UINT64_MAX;
    *high = 0;
    for (int64_t i = 0; i < array->rows; i++) {
        uint64_t order = mb_order_bits(kind, value_at(array, stride, i));
        *low = order < *low ? order : *low;
        *high = order > *high ? order : *high;
    }
}

void mb_array_bounds(mb_context *cx, const mb_host_array *rows, uint64_t *low, uint64_t *high)
{
    const mb_array *array = &rows->array;
    const mb_kind kind = rows->type->kind;
    int64_t least = 0, most = 0;
    *low = UINT64_MAX;
    *high = 0;
    if (!mb_kind_is_integer(kind) || mb_array_is_text(array->type) || array->rows == 0) return;
    if (array->type == MB_UINT8_ARRAY || array->type == MB_UINT16_ARRAY) {
        most = array->type == MB_UINT8_ARRAY ? UINT8_MAX : UINT16_MAX;
    } else if (stride_of(array) != kinds[array->type].width) {
        bounds_of_strided(array, kind, low, high);
        return;
    } else {
        switch (array->type) {
        case MB_INT8_ARRAY: bounds_of_int8_t(array->values, array->rows, &least, &most); break;
        case MB_INT16_ARRAY: bounds_of_int16_t(array->values, array->rows, &least, &most); break;
        case MB_INT32_ARRAY: bounds_of_int32_t(array->values, array->rows, &least, &most); break;
        case MB_UINT32_ARRAY: bounds_of_uint32_t(array->values, array->rows, &least, &most); break;
        default:
            mb_storage_kernels_of(cx->isa)->bounds(
                array->values, array->rows, mb_order_bits(kind, UINT64_C(1) << 63), low, high);
            return;
        }
    }
    *low = mb_order_bits(kind, (uint64_t)least);
    *high = mb_order_bits(kind, (uint64_t)most);
}

// Bits as bytes.
static void copy_bits(const mb_host_array *rows, uint8_t *out)
{
    const uint8_t *bits = rows->array.values;
    for (int64_t i = 0; i < rows->array.rows; i++) {
        const int64_t bit = rows->first_bit + i;
        out[i] = bits[bit / 8] >> (bit % 8) & 1;
    }
}

void mb_array_copy(const mb_host_array *rows, int width, uint64_t base, void *out)
{
    const mb_array *array = &rows->array;
    const int64_t stride = stride_of(array);
    if (rows->bits) {
        copy_bits(rows, out);
        return;
    }
    for (int64_t i = 0; i < array->rows; i++) {
        const uint64_t value = value_at(array, stride, i) - base;
        switch (width) {
        case 1: ((uint8_t *)out)[i] = (uint8_t)value; break;
        case 2: ((uint16_t *)out)[i] = (uint16_t)value; break;
        case 4: ((uint32_t *)out)[i] = (uint32_t)value; break;
        default: ((uint64_t *)out)[i] = value;
        }
    }
}

void mb_array_copy_validity(const mb_host_array *rows, uint64_t *words)
{
    const int64_t n = rows->array.rows, bytes = (n + 7) / 8;
    const uint8_t *from = rows->array.validity;
    uint8_t *to = (uint8_t *)words;
    mb_validity_fill(words, n);
    if (!from || n == 0) return;
    const int64_t first = rows->first_bit / 8, last = (rows->first_bit + n - 1) / 8;
    const int shift = (int)(rows->first_bit % 8);
    for (int64_t i = 0; i < bytes; i++) {
        const unsigned low = from[first + i], high = first + i < last ? from[first + i + 1] : 0U;
        to[i] = (uint8_t)((low | high << 8) >> shift);
    }
    if (n % 64) words[n / 64] &= (UINT64_C(1) << (n % 64)) - 1;
}
