#include "io/records/look.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "expr/decimal.h"
#include "types/address.h"

enum { LONGEST_NUMBER = 400, INT_DIGITS = 19, TEN = 10 };

const char *const mb_field_kind_names[MB_FIELD_KINDS + 1] = {
    "skip", "bool",     "int",  "uint", "float",  "text",   "ip", "address",
    "time", "duration", "port", "size", "letter", "device", NULL};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

// --- Numbers.

// The parts of a decimal number.
typedef struct decimal {
    bool negative;
    bool whole;       // neither a point nor an exponent
    bool padded;      // a zero before other digits
    bool exact;       // digits and exponent are all of it
    uint64_t digits;  // without the point; wrapped where there are too many
    int n_digits;     // leading zeros do not count
    int64_t exponent; // of ten
} decimal;

// Digits behind `at`; returns their end, and counts those behind a point.
static const char *read_digits(const char *at, const char *end, char thousands, decimal *number)
{
    const char *from = at;
    for (; at < end; at++) {
        if (thousands && *at == thousands && at > from && at + 1 < end && is_digit(at[1])) continue;
        if (!is_digit(*at)) break;
        const uint64_t digit = (uint64_t)(*at - '0');
        if (number->n_digits >= INT_DIGITS + 1) {
            number->n_digits++;
            continue;
        }
        if (number->n_digits || digit) number->n_digits++;
        const bool beyond = __builtin_mul_overflow(number->digits, TEN, &number->digits) ||
                            __builtin_add_overflow(number->digits, digit, &number->digits);
        if (beyond) number->n_digits = INT_DIGITS + 2;
    }
    return at;
}

static bool read_exponent(const char *at, const char *end, int64_t *exponent)
{
    enum { MOST = 100000 };
    const bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    int64_t sum = 0;
    if (at == end) return false;
    for (; at < end; at++) {
        if (!is_digit(*at)) return false;
        if (sum < MOST) sum = sum * TEN + (*at - '0');
    }
    *exponent += negative ? -sum : sum;
    return true;
}

// A number as [+-]digits[.digits][e[+-]digits]; false for other texts.
static bool read_decimal(mb_string field, mb_number_marks marks, decimal *number)
{
    const char *at = field.bytes, *end = at + field.length;
    *number = (decimal){.whole = true};
    if (at < end && (*at == '-' || *at == '+')) number->negative = *at++ == '-';
    const char *first = at;
    at = read_digits(at, end, marks.thousands, number);
    bool any = at > first;
    number->padded = at > first + 1 && *first == '0';
    if (at < end && *at == marks.decimal) {
        const char *point = ++at;
        at = read_digits(at, end, 0, number);
        number->exponent = point - at;
        number->whole = false;
        any = any || at > point;
    }
    if (!any) return false;
    number->exact = number->n_digits <= INT_DIGITS;
    if (at == end) return true;
    number->whole = false;
    return (*at == 'e' || *at == 'E') && read_exponent(at + 1, end, &number->exponent);
}

bool mb_read_int(mb_string field, mb_number_marks marks, int64_t *value)
{
    decimal number;
    if (!read_decimal(mb_string_strip(field), marks, &number) || !number.whole) return false;
    if (number.n_digits > INT_DIGITS ||
        number.digits > (uint64_t)INT64_MAX + (uint64_t)number.negative)
        return false;
    *value = (int64_t)(number.negative ? 0 - number.digits : number.digits);
    return true;
}

bool mb_read_uint(mb_string field, mb_number_marks marks, uint64_t *value)
{
    decimal number;
    if (!read_decimal(mb_string_strip(field), marks, &number) || !number.whole) return false;
    if (number.n_digits > INT_DIGITS + 1 || (number.negative && number.digits)) return false;
    *value = number.digits;
    return true;
}

static bool read_name(mb_string field, double *value)
{
    static const struct {
        const char *text;
        double value;
    } names[] = {{"nan", __builtin_nan("")},    {"NaN", __builtin_nan("")},
                 {"inf", __builtin_inf()},      {"-inf", -__builtin_inf()},
                 {"Inf", __builtin_inf()},      {"-Inf", -__builtin_inf()},
                 {"infinity", __builtin_inf()}, {"-infinity", -__builtin_inf()},
                 {"Infinity", __builtin_inf()}, {"-Infinity", -__builtin_inf()},
                 {"-nan", __builtin_nan("")},   {"+inf", __builtin_inf()}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].text) == field.length &&
            memcmp(names[i].text, field.bytes, field.length) == 0) {
            *value = names[i].value;
            return true;
        }
    return false;
}

// By the C library, which rounds right whatever the number of digits.
static bool read_by_library(mb_string field, mb_number_marks marks, double *value)
{
    char text[LONGEST_NUMBER + 1];
    size_t n = 0;
    for (size_t i = 0; i < field.length; i++) {
        const char byte = field.bytes[i];
        if (marks.thousands && byte == marks.thousands) continue;
        if (n + 1 == sizeof text) return false;
        text[n++] = byte;
        if (byte == marks.decimal) text[n - 1] = '.';
    }
    text[n] = '\0';
    char *end;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain) return false;
    *value = strtod_l(text, &end, plain);
    freelocale(plain);
    return !*end;
}

bool mb_read_float(mb_string field, mb_number_marks marks, double *value)
{
    decimal number;
    field = mb_string_strip(field);
    if (!read_decimal(field, marks, &number)) return read_name(field, value);
    const int64_t power = number.exponent;
    // Digits and power are exact doubles, so that one operation rounds once.
    if (!number.exact || number.digits >> 53 || power < -MB_EXACT_POWER || power > MB_EXACT_POWER)
        return read_by_library(field, marks, value);
    const double digits = (double)number.digits;
    const double read =
        power < 0 ? digits / mb_powers_of_ten[-power] : digits * mb_powers_of_ten[power];
    *value = number.negative ? -read : read;
    return true;
}

bool mb_read_bool(mb_string field, bool *value)
{
    static const char *const words[] = {"false", "true", "False", "True", "FALSE", "TRUE"};
    field = mb_string_strip(field);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == field.length && memcmp(words[i], field.bytes, field.length) == 0) {
            *value = i % 2;
            return true;
        }
    return false;
}

static const mb_number_marks plain_marks = {.decimal = '.'};

bool mb_read_port(mb_string field, int64_t *value)
{
    enum { CODES = 256 };
    static const char prefix[] = "Port";
    int64_t type, code;
    field = mb_string_strip(field);
    const size_t n = sizeof prefix - 1;
    if (field.length > n && memcmp(field.bytes, prefix, n) == 0)
        field = (mb_string){field.bytes + n, field.length - n};
    if (mb_read_int(field, plain_marks, value)) return *value >= 0;
    const char *point = memchr(field.bytes, '.', field.length);
    if (!point) return false;
    const size_t before = (size_t)(point - field.bytes);
    if (!mb_read_int((mb_string){field.bytes, before}, plain_marks, &type) ||
        !mb_read_int((mb_string){point + 1, field.length - before - 1}, plain_marks, &code) ||
        type < 0 || type >= CODES || code < 0 || code >= CODES)
        return false;
    *value = type * CODES + code;
    return true;
}

// Powers of 1000, as nfdump has them.
bool mb_read_size(mb_string field, int64_t *value)
{
    static const char units[] = "kKMGT", powers[] = "\1\1\2\3\4";
    static const double limit = 9e15; // where doubles are no longer all integers
    double number, scale = 1;
    field = mb_string_strip(field);
    const char *unit = field.length ? strchr(units, field.bytes[field.length - 1]) : NULL;
    if (!unit || !*unit) return mb_read_int(field, plain_marks, value);
    field.length--;
    for (int i = 0; i < powers[unit - units]; i++)
        scale *= 1000;
    if (!mb_read_float(field, plain_marks, &number)) return false;
    number = __builtin_round(number * scale);
    if (!(number > -limit && number < limit)) return false;
    *value = (int64_t)number;
    return true;
}

bool mb_read_count(mb_string field, const mb_units *units, int unit, const mb_type **type,
                   mb_value *value)
{
    enum { FRACTION = 9 };
    decimal number;
    field = mb_string_strip(field);
    if (!read_decimal(field, plain_marks, &number) || !number.exact || number.digits > INT64_MAX)
        return false;
    if (number.whole) {
        *type = units->types[unit];
        return mb_read_int(field, plain_marks, &value->i);
    }
    int64_t ticks = (int64_t)number.digits, power = number.exponent;
    for (; (power < -FRACTION && ticks % TEN == 0) || (ticks == 0 && power < 0); power++)
        ticks /= TEN;
    for (; power > 0 && ticks; power--)
        if (__builtin_mul_overflow(ticks, TEN, &ticks)) return false;
    if (!ticks) power = 0;
    for (; power < 0 && power % 3 != 0 && !__builtin_mul_overflow(ticks, TEN, &ticks); power--) {
    }
    if (power % 3 != 0 || power > 0 || power < -FRACTION) return false;
    int finest = unit + (int)(-power / 3);
    if (finest >= MB_UNIT_COUNT) return false;
    for (; finest > unit && ticks % MB_PER_UNIT == 0; finest--)
        ticks /= MB_PER_UNIT;
    *type = units->types[finest];
    value->i = number.negative ? -ticks : ticks;
    return true;
}

// --- Looks.

static uint32_t look_of_number(const decimal *number)
{
    if (number->padded) return MB_LOOKS_TEXT;
    if (!number->whole) return MB_LOOKS_FLOAT;
    if (number->n_digits > INT_DIGITS + 1) return MB_LOOKS_TEXT;
    if (number->negative)
        return number->digits <= (uint64_t)INT64_MAX + 1 ? MB_LOOKS_INT | MB_LOOKS_NEGATIVE
                                                         : MB_LOOKS_TEXT;
    return number->digits <= INT64_MAX ? MB_LOOKS_INT : MB_LOOKS_UINT;
}

static uint32_t look_of_time(const mb_type *type, mb_value value)
{
    bool fits;
    const bool far = !mb_unit_convert(type->unit, MB_NANOSECONDS, &value.i, &fits);
    return (uint32_t)MB_LOOKS_SECONDS << type->unit | (far ? MB_LOOKS_FAR : 0);
}

static uint32_t look_of_others(mb_string field)
{
    mb_address address;
    const mb_type *type;
    mb_value value;
    bool boolean;
    double number;
    if (mb_read_bool(field, &boolean)) return MB_LOOKS_BOOL;
    if (read_name(field, &number)) return MB_LOOKS_FLOAT;
    if (mb_address_parse(field, &address))
        return address.version == 4 ? MB_LOOKS_IP4 : MB_LOOKS_IP6;
    // A year alone is a number, and a time has a hyphen behind its year.
    if (memchr(field.bytes, '-', field.length) && is_digit(field.bytes[0]) &&
        mb_times.read(field.bytes, field.length, &type, &value))
        return look_of_time(type, value);
    return MB_LOOKS_TEXT;
}

uint32_t mb_look_at(mb_string field, mb_number_marks marks)
{
    enum { LONGEST = 64 };
    decimal number;
    field = mb_string_strip(field);
    if (field.length == 0 || field.length > LONGEST_NUMBER) return MB_LOOKS_TEXT;
    if (read_decimal(field, marks, &number)) return look_of_number(&number);
    return field.length > LONGEST ? MB_LOOKS_TEXT : look_of_others(field);
}

uint32_t mb_look_at_string(mb_string string)
{
    const uint32_t look = mb_look_at(string, plain_marks);
    const uint32_t others =
        MB_LOOKS_BOOL | MB_LOOKS_INT | MB_LOOKS_NEGATIVE | MB_LOOKS_UINT | MB_LOOKS_FLOAT;
    return look & others ? MB_LOOKS_TEXT : look;
}

mb_field_kind mb_look_kind(uint32_t looks, int *unit)
{
    const uint32_t numbers = MB_LOOKS_INT | MB_LOOKS_NEGATIVE | MB_LOOKS_UINT | MB_LOOKS_FLOAT;
    const uint32_t addresses = MB_LOOKS_IP4 | MB_LOOKS_IP6;
    const uint32_t times = (UINT32_C(1) << MB_UNIT_COUNT) * MB_LOOKS_SECONDS - MB_LOOKS_SECONDS;
    *unit = 0;
    if (!looks) return MB_FIELD_FLOAT; // no field has a value
    if (looks == MB_LOOKS_BOOL) return MB_FIELD_BOOL;
    if (!(looks & ~(times | MB_LOOKS_FAR))) {
        *unit = mb_bit_length((looks & times) / MB_LOOKS_SECONDS) - 1;
        return looks & MB_LOOKS_FAR && *unit == MB_NANOSECONDS ? MB_FIELD_TEXT : MB_FIELD_TIME;
    }
    if (!(looks & ~addresses)) return looks == MB_LOOKS_IP4 ? MB_FIELD_IP : MB_FIELD_ADDRESS;
    if (looks & ~numbers) return MB_FIELD_TEXT;
    if ((looks & MB_LOOKS_UINT) && (looks & MB_LOOKS_NEGATIVE)) return MB_FIELD_TEXT;
    if (looks & MB_LOOKS_FLOAT) return MB_FIELD_FLOAT;
    return looks & MB_LOOKS_UINT ? MB_FIELD_UINT : MB_FIELD_INT;
}
