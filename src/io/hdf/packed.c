// Chunks whose values are packed into as few bits as they need: HDF5's scale-offset and n-bit
// filters. Decoded here since HDF5 does not look whether a chunk has all the bits that it promises.

#include <math.h>
#include <string.h>

#include "io/hdf/internal.h"

enum {
    HEADER = 21, // of a scale-offset chunk: 4 bytes of bits a value, 1 of size, 16 of the minimum
    DECIMALS = 0,
    INTEGERS = 2, // scale types
    ATOMIC = 1,   // class of n-bit values
};

// What a chunk is decoded to: n values of `size` bytes.
typedef struct unpacking {
    const uint8_t *in;
    uint64_t at; // the next bit
    uint8_t *out;
    size_t n, size;
    bool turned; // big-endian in the file
} unpacking;

bool mb_hdf_packed_known(const mb_hdf_filter *filter, size_t nvalues)
{
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) return false;
    if (filter->id == H5Z_FILTER_SCALEOFFSET) return nvalues == MB_HDF_FILTER_VALUES;
    return filter->id == H5Z_FILTER_NBIT && nvalues == 8 && filter->values[3] == ATOMIC &&
           filter->values[4] <= sizeof(uint64_t);
}

// The next `count` bits, the most significant first.
static uint64_t take_bits(unpacking *u, unsigned count)
{
    uint64_t value = 0;
    while (count > 0) {
        unsigned have = 8 - (unsigned)(u->at % 8), taken = have < count ? have : count;
        unsigned bits = (unsigned)u->in[u->at / 8] >> (have - taken) & ((1U << taken) - 1);
        value = value << taken | bits;
        u->at += taken;
        count -= taken;
    }
    return value;
}

static void put_value(unpacking *u, size_t i, uint64_t value)
{
    if (u->turned) value = __builtin_bswap64(value) >> (64 - 8 * u->size);
    memcpy(u->out + i * u->size, &value, u->size);
}

static uint64_t little_endian(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

// A fraction stored as a whole number of units above the minimum, each of 10^-decimals.
static uint64_t scaled_float(uint64_t code, uint64_t minimum, size_t size, int decimals)
{
    if (size == sizeof(float)) {
        uint32_t bits = (uint32_t)minimum;
        float low, value;
        memcpy(&low, &bits, sizeof low);
        value = (float)(int32_t)code / powf(10.0F, (float)decimals) + low;
        memcpy(&bits, &value, sizeof bits);
        return bits;
    }
    double low, value;
    memcpy(&low, &minimum, sizeof low);
    value = (double)(int64_t)code / pow(10.0, decimals) + low;
    memcpy(&minimum, &value, sizeof value);
    return minimum;
}

static void unpack_scaled(unpacking *u, const unsigned *values, unsigned bits, uint64_t minimum)
{
    bool is_float = values[0] == DECIMALS, has_fill = values[7] != 0;
    uint64_t fill = values[8] | (uint64_t)values[9] << 32, mark = (UINT64_C(1) << bits) - 1;
    for (size_t i = 0; i < u->n; i++) {
        uint64_t code = take_bits(u, bits), value = code + minimum;
        if (is_float) value = scaled_float(code, minimum, u->size, (int)values[1]);
        put_value(u, i, has_fill && code == mark ? fill : value);
    }
}

static void copy_values(unpacking *u)
{
    for (size_t i = 0; i < u->n; i++)
        put_value(u, i, little_endian(u->in + i * u->size, u->size));
}

static const char *undo_scaleoffset(unpacking *u, const unsigned *values, size_t length)
{
    bool is_float = values[3] == 1;
    u->turned = values[6] == 1 && u->size > 1;
    if (values[0] != (is_float ? DECIMALS : INTEGERS) || (is_float && u->size < sizeof(float)))
        return "has a scale-offset filter of no known kind";
    if (!is_float && values[1] == 8 * u->size) { // as many bits as ever: nothing was done
        if (length < u->n * u->size) return "is too short";
        memcpy(u->out, u->in, u->n * u->size);
        return NULL;
    }
    if (length < HEADER) return "is too short for its scale and offset";
    uint64_t bits = little_endian(u->in, 4);
    size_t width = u->in[4] < sizeof(uint64_t) ? u->in[4] : sizeof(uint64_t);
    uint64_t minimum = little_endian(u->in + 5, width);
    if (bits > 8 * u->size) return "claims more bits than its values have";
    if (length - HEADER < (u->n * bits + 7) / 8) return "is too short for its values";
    u->in += HEADER;
    if (bits == 8 * u->size)
        copy_values(u);
    else
        unpack_scaled(u, values, (unsigned)bits, minimum);
    return NULL;
}

static const char *undo_nbit(unpacking *u, const unsigned *values, size_t length)
{
    unsigned precision = values[6], offset = values[7];
    if (values[1] != 0) { // the values have no bits to spare
        if (length < u->n * u->size) return "is too short";
        memcpy(u->out, u->in, u->n * u->size);
        return NULL;
    }
    u->turned = values[5] == 1;
    if (precision == 0 || precision > 8 * u->size || offset > 8 * u->size - precision)
        return "has an n-bit filter of an impossible precision";
    if (length < (u->n * (uint64_t)precision + 7) / 8) return "is too short for its values";
    for (size_t i = 0; i < u->n; i++)
        put_value(u, i, take_bits(u, precision) << offset);
    return NULL;
}

const char *mb_hdf_packed_undo(const mb_hdf_filter *filter, const uint8_t *in, size_t length,
                               uint8_t *out, size_t whole)
{
    const unsigned *values = filter->values;
    unpacking u = {.in = in, .out = out, .n = values[2], .size = values[4]};
    bool known = u.size == 1 || u.size == 2 || u.size == 4 || u.size == 8;
    if (filter->id == H5Z_FILTER_NBIT) known = u.size > 0 && u.size <= sizeof(uint64_t);
    if (!known || u.n * u.size != whole) return "contradicts the parameters of its filter";
    return filter->id == H5Z_FILTER_NBIT ? undo_nbit(&u, values, length)
                                         : undo_scaleoffset(&u, values, length);
}
