// The types `time` and `duration`, a descriptor for each unit.

#include "types/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "types/dictionary.h"
#include "types/digits.h"
#include "types/iso.h"

enum { BILLION = 1000000000 };

const char *const mb_unit_names[MB_UNIT_COUNT + 1] = {"s", "ms", "us", "ns", NULL};

int mb_unit_find(const char *name)
{
    for (int unit = 0; unit < MB_UNIT_COUNT; unit++)
        if (strcmp(name, mb_unit_names[unit]) == 0) return unit;
    return -1;
}

int64_t mb_unit_ticks(int unit)
{
    static const int64_t ticks[MB_UNIT_COUNT] = {1, 1000, 1000000, BILLION};
    return ticks[unit];
}

bool mb_unit_convert(int from, int to, int64_t *value, bool *fits)
{
    const int64_t down = from > to ? mb_unit_ticks(from - to) : 1;
    const int64_t up = to > from ? mb_unit_ticks(to - from) : 1;
    const int64_t quotient = mb_floor_quotient(*value, down), rest = mb_floor_rest(*value, down);
    const mb_int128 product = (mb_int128)quotient * up;
    *fits = mb_integer_fits(MB_INT, product);
    if (*fits) *value = (int64_t)product;
    return *fits && rest == 0;
}

void mb_unit_mean(const mb_type *type, mb_int128 sum, int64_t count, const mb_type **mean,
                  mb_value *value)
{
    const mb_int128 whole = mb_floor_wide(sum, count), rest = sum - whole * count;
    for (int unit = mb_unit_rounded(type->unit);; unit--) {
        const int64_t ticks = mb_unit_ticks(unit - type->unit);
        const mb_int128 result =
            whole * ticks + (2 * rest * ticks + count) / ((mb_int128)2 * count);
        *mean = type->units->types[unit];
        value->i = (int64_t)result;
        if (unit == type->unit || mb_integer_fits(MB_INT, result)) return;
    }
}

static bool duration_of(mb_int128 nanoseconds, const mb_type **type, mb_value *value)
{
    int unit = MB_NANOSECONDS;
    while (unit > 0 && nanoseconds % MB_PER_UNIT == 0) {
        nanoseconds /= MB_PER_UNIT;
        unit--;
    }
    *type = mb_durations.types[unit];
    value->i = (int64_t)nanoseconds;
    return mb_integer_fits(MB_INT, nanoseconds);
}

// --- The calendar: H. Hinnant, chrono-Compatible Low-Level Date Algorithms. Years begin in March,
// so that leap days end them; eras have 400 years.

enum { ERA_DAYS = 146097, ERA_YEARS = 400, BEFORE_1970 = 719468 };

int64_t mb_days_of_date(mb_date date)
{
    const int64_t year = date.year - (date.month <= 2);
    const int64_t era = mb_floor_quotient(year, ERA_YEARS), in_era = year - era * ERA_YEARS;
    const int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    const int64_t day = (153 * month + 2) / 5 + date.day - 1;
    return era * ERA_DAYS + in_era * 365 + in_era / 4 - in_era / 100 + day - BEFORE_1970;
}

mb_date mb_date_of_days(int64_t days)
{
    const int64_t shifted = days + BEFORE_1970, era = mb_floor_quotient(shifted, ERA_DAYS);
    const int64_t day = shifted - era * ERA_DAYS;
    const int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    const int64_t of_year = day - (365 * year + year / 4 - year / 100);
    const int64_t month = (5 * of_year + 2) / 153;
    mb_date date = {.year = year + era * ERA_YEARS,
                    .month = (int)(month < 10 ? month + 3 : month - 9),
                    .day = (int)(of_year - (153 * month + 2) / 5 + 1)};
    date.year += date.month <= 2;
    return date;
}

int mb_month_days(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month != 2) return days[month - 1];
    return 28 + (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

// --- Reading times: ISO 8601.

static bool is_digit(const char *text, const char *end)
{
    return text < end && *text >= '0' && *text <= '9';
}

const char *mb_read_digits(const char *text, const char *end, int n, int64_t *number)
{
    *number = 0;
    if (end - text < n) return NULL;
    for (int i = 0; i < n; i++) {
        const unsigned digit = (unsigned char)text[i] - (unsigned)'0';
        if (digit > 9) return NULL;
        *number = *number * 10 + (int64_t)digit;
    }
    return text + n;
}

const char *mb_read_fraction(const char *text, const char *end, int64_t *nanoseconds)
{
    static const int32_t worth[] = {BILLION, 100000000, 10000000, 1000000, 100000,
                                    10000,   1000,      100,      10,      1};
    int digits = 0;
    int64_t number = 0;
    for (; digits < 9 && is_digit(text, end); text++, digits++)
        number = number * 10 + (*text - '0');
    *nanoseconds = number * worth[digits];
    while (digits == 9 && text < end && *text == '0')
        text++;
    return digits && !is_digit(text, end) ? text : NULL;
}

const char *mb_read_offset(const char *text, const char *end, int64_t *seconds)
{
    int64_t hours, minutes = 0;
    *seconds = 0;
    if (text < end && (*text == 'Z' || *text == 'z')) return text + 1;
    if (text == end || (*text != '+' && *text != '-')) return NULL;
    const bool west = *text == '-';
    text = mb_read_digits(text + 1, end, 2, &hours);
    if (!text || hours > 23) return NULL;
    const bool colon = text < end && *text == ':';
    if (colon || is_digit(text, end)) text = mb_read_digits(text + colon, end, 2, &minutes);
    if (!text || minutes > 59) return NULL;
    *seconds = (hours * 60 + minutes) * (west ? -60 : 60);
    return text;
}

bool mb_second_of(mb_date date, int64_t hour, int64_t minute, int64_t second, int64_t nanosecond,
                  int64_t offset, int64_t *seconds)
{
    if (date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > mb_month_days(date.year, date.month) || hour > 23 || minute > 59 || second > 60)
        return false;
    const int64_t of_day = (hour * 60 + minute) * 60 + second - offset;
    const bool leap = second == 60;
    if (leap && (of_day % MB_SECONDS_A_DAY != 0 || nanosecond)) return false;
    return !__builtin_mul_overflow(mb_days_of_date(date), (int64_t)MB_SECONDS_A_DAY, seconds) &&
           !__builtin_add_overflow(*seconds, of_day, seconds);
}

bool mb_time_at(int64_t second, int64_t nanosecond, const mb_type **type, mb_value *value)
{
    int unit = MB_SECONDS;
    int64_t fraction = 0;
    if (nanosecond) {
        unit = MB_NANOSECONDS;
        for (fraction = nanosecond; fraction % MB_PER_UNIT == 0; unit--)
            fraction /= MB_PER_UNIT;
    }
    *type = mb_times.types[unit];
    if (second < 0 && fraction) { // what is left of the second before counts down, as it may fit
        second++;
        fraction -= mb_unit_ticks(unit);
    }
    return !__builtin_mul_overflow(second, mb_unit_ticks(unit), &value->i) &&
           !__builtin_add_overflow(value->i, fraction, &value->i);
}

// The year of four digits, or with a sign of up to twelve; NULL for none.
static const char *read_year(const char *text, const char *end, int64_t *year)
{
    enum { MOST = 12, PLAIN = 4 };
    if (text == end || (*text != '+' && *text != '-'))
        return mb_read_digits(text, end, PLAIN, year);
    const bool negative = *text++ == '-';
    int n = 0;
    while (n < MOST && is_digit(text + n, end))
        n++;
    if (n < PLAIN || !mb_read_digits(text, end, n, year)) return NULL;
    if (negative) *year = -*year;
    return text + n;
}

// "-mm-dd", "-mm" or "mmdd"; whether in the form with hyphens.
static const char *read_day(const char *text, const char *end, mb_date *date, bool *hyphens)
{
    int64_t month, day = 1;
    *hyphens = text < end && *text == '-';
    text = mb_read_digits(text + *hyphens, end, 2, &month);
    if (!text) return NULL;
    const bool month_alone = *hyphens && (text == end || *text != '-');
    if (!month_alone) text = mb_read_digits(text + *hyphens, end, 2, &day);
    date->month = (int)month;
    date->day = (int)day;
    return text;
}

typedef struct clock {
    int64_t hour, minute, second, nanosecond;
} clock;

// "hh:mm:ss.f", or less of it, or without colons.
static const char *read_clock(const char *text, const char *end, bool colons, clock *read)
{
    text = mb_read_digits(text, end, 2, &read->hour);
    int64_t *const parts[] = {&read->minute, &read->second};
    for (int i = 0; i < 2 && text; i++) {
        if (text == end || (colons ? *text != ':' : !is_digit(text, end))) return text;
        text = mb_read_digits(text + colons, end, 2, parts[i]);
    }
    if (text && text < end && (*text == '.' || *text == ','))
        text = mb_read_fraction(text + 1, end, &read->nanosecond);
    return text;
}

static bool read_time(const char *text, size_t length, const mb_type **type, mb_value *value)
{
    const mb_string string = mb_string_strip((mb_string){text, length});
    const char *end = string.bytes + string.length;
    mb_date date = {0};
    clock read = {0};
    bool hyphens;
    int64_t offset = 0, second;
    text = string.bytes;
    if (mb_iso_read(text, string.length, &second, &read.nanosecond))
        return mb_time_at(second, read.nanosecond, type, value);
    text = read_year(text, end, &date.year);
    if (text) text = read_day(text, end, &date, &hyphens);
    if (text && text < end && *text != 'T' && *text != 't' && *text != ' ') return false;
    if (text && text < end) text = read_clock(text + 1, end, hyphens, &read);
    if (text && text < end) text = mb_read_offset(text, end, &offset);
    return text == end &&
           mb_second_of(date, read.hour, read.minute, read.second, read.nanosecond, offset,
                        &second) &&
           mb_time_at(second, read.nanosecond, type, value);
}

// --- Reading durations: "1d2h3min4.5s".

static const struct unit_word {
    const char *word;
    int64_t nanoseconds;
} unit_words[] = {
    {"ns", 1},
    {"us", 1000},
    {"µs", 1000},
    {"ms", 1000000},
    {"s", BILLION},
    {"sec", BILLION},
    {"second", BILLION},
    {"seconds", BILLION},
    {"min", INT64_C(60) * BILLION},
    {"minute", INT64_C(60) * BILLION},
    {"minutes", INT64_C(60) * BILLION},
    {"h", INT64_C(3600) * BILLION},
    {"hour", INT64_C(3600) * BILLION},
    {"hours", INT64_C(3600) * BILLION},
    {"d", (int64_t)MB_SECONDS_A_DAY *BILLION},
    {"day", (int64_t)MB_SECONDS_A_DAY *BILLION},
    {"days", (int64_t)MB_SECONDS_A_DAY *BILLION},
    {"w", (int64_t)7 * MB_SECONDS_A_DAY *BILLION},
    {"week", (int64_t)7 * MB_SECONDS_A_DAY *BILLION},
    {"weeks", (int64_t)7 * MB_SECONDS_A_DAY *BILLION},
};

static int64_t unit_of(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof unit_words / sizeof *unit_words; i++)
        if (strlen(unit_words[i].word) == length && memcmp(unit_words[i].word, word, length) == 0)
            return unit_words[i].nanoseconds;
    return 0;
}

// A number and its unit: adds its nanoseconds, which must be whole; returns the end, or NULL.
static const char *read_part(const char *text, const char *end, mb_int128 *nanoseconds)
{
    const mb_int128 most = (mb_int128)INT64_MAX * BILLION;
    mb_int128 whole = 0;
    int64_t part = 0;
    if (!is_digit(text, end)) return NULL;
    for (; is_digit(text, end); text++) {
        whole = whole * 10 + (*text - '0');
        if (whole > most) return NULL;
    }
    if (text < end && *text == '.') text = mb_read_fraction(text + 1, end, &part);
    while (text && text < end && mb_is_blank(*text))
        text++;
    const char *word = text;
    while (text && text < end && !mb_is_blank(*text) && !is_digit(text, end))
        text++;
    const int64_t unit = text ? unit_of(word, (size_t)(text - word)) : 0;
    if (!unit || whole > most / unit) return NULL;
    const mb_int128 fraction = (mb_int128)part * unit;
    if (fraction % BILLION) return NULL;
    *nanoseconds += whole * unit + fraction / BILLION;
    return *nanoseconds <= most ? text : NULL;
}

static bool read_duration(const char *text, size_t length, const mb_type **type, mb_value *value)
{
    const mb_string string = mb_string_strip((mb_string){text, length});
    const char *end = string.bytes + string.length;
    mb_int128 nanoseconds = 0;
    text = string.bytes;
    const bool negative = text < end && *text == '-';
    if (text < end && (*text == '-' || *text == '+')) text++;
    do {
        text = read_part(text, end, &nanoseconds);
        while (text && text < end && mb_is_blank(*text))
            text++;
    } while (text && text < end);
    return text && duration_of(negative ? -nanoseconds : nanoseconds, type, value);
}

// --- Descriptors.

static bool parse(const mb_type *type, const char *text, mb_value *value)
{
    const mb_type *read;
    bool fits;
    return type->units->read(text, strlen(text), &read, value) &&
           mb_unit_convert(read->unit, type->unit, &value->i, &fits);
}

// The text of a day up to the "T".
static void write_day(mb_day_text *day)
{
    const mb_date date = mb_date_of_days(day->day);
    char *to = day->text;
    if (date.year < 0 || date.year > 9999)
        to += snprintf(to, sizeof day->text, "%+07" PRId64, date.year);
    else
        to = mb_put_two(mb_put_two(to, (unsigned)date.year / 100), (unsigned)date.year % 100);
    *to++ = '-';
    to = mb_put_two(to, (unsigned)date.month);
    *to++ = '-';
    to = mb_put_two(to, (unsigned)date.day);
    *to++ = 'T';
    day->length = (int)(to - day->text);
}

// The fraction is a number of up to nine digits, three for each step of the unit.
static char *write_fraction(char *to, int unit, uint32_t fraction)
{
    char digits[9];
    const int n = 3 * unit;
    digits[0] = (char)('0' + fraction / MB_EIGHT_DIGITS);
    mb_put_eight(digits + 1, mb_eight_digits(fraction % MB_EIGHT_DIGITS));
    *to++ = '.';
    memcpy(to, digits + 9 - n, (size_t)n);
    return to + n;
}

// All digits of the unit, so that texts of one unit are in the order of their times as long as
// years have four digits.
int mb_time_write(int unit, int64_t value, mb_day_text *day, char *text)
{
    const int64_t ticks = mb_unit_ticks(unit);
    const int64_t seconds = unit ? mb_floor_quotient(value, ticks) : value;
    const int64_t days = mb_floor_quotient(seconds, MB_SECONDS_A_DAY);
    if (!day->length || days != day->day) {
        day->day = days;
        write_day(day);
    }
    memcpy(text, day->text, sizeof day->text);
    char *to = text + day->length;
    const unsigned second = (unsigned)mb_floor_rest(seconds, MB_SECONDS_A_DAY);
    to = mb_put_two(to, second / 3600);
    *to++ = ':';
    to = mb_put_two(to, second / 60 % 60);
    *to++ = ':';
    to = mb_put_two(to, second % 60);
    if (unit) to = write_fraction(to, unit, (uint32_t)mb_floor_rest(value, ticks));
    *to++ = 'Z';
    return (int)(to - text);
}

static void format_time(const mb_type *type, mb_value value, char *text, size_t size)
{
    char whole[MB_TIME_TEXT];
    mb_day_text day = {0};
    const int length = mb_time_write(type->unit, value.i, &day, whole);
    snprintf(text, size, "%.*s", length, whole);
}

static void append(char *text, size_t size, uint64_t number, const char *unit)
{
    const size_t used = strlen(text);
    if (number) snprintf(text + used, size - used, "%" PRIu64 "%s", number, unit);
}

// As few parts as it takes.
static void format_duration(const mb_type *type, mb_value value, char *text, size_t size)
{
    const uint64_t ticks = (uint64_t)mb_unit_ticks(type->unit);
    const uint64_t count = value.i < 0 ? 0 - value.u : value.u;
    const uint64_t seconds = count / ticks;
    uint64_t fraction = count % ticks;
    int digits = 3 * type->unit;
    snprintf(text, size, "%s", value.i < 0 ? "-" : "");
    append(text, size, seconds / MB_SECONDS_A_DAY, "d");
    append(text, size, seconds / 3600 % 24, "h");
    append(text, size, seconds / 60 % 60, "min");
    for (; fraction && fraction % 10 == 0; digits--)
        fraction /= 10;
    const size_t used = strlen(text);
    if (fraction)
        snprintf(text + used, size - used, "%" PRIu64 ".%0*" PRIu64 "s", seconds % 60, digits,
                 fraction);
    else if (seconds % 60 || !count)
        snprintf(text + used, size - used, "%" PRIu64 "s", seconds % 60);
}

static bool is_of(const mb_type *type, const mb_units *units)
{
    return type->units == units;
}

static bool is_number(const mb_type *type)
{
    return mb_type_is_plain(type) && type->kind != MB_BOOL;
}

static const mb_type *of_sum(mb_operator op, const mb_type *a, const mb_type *b)
{
    const bool moment = is_of(a, &mb_times), other = is_of(b, &mb_times);
    if (!a->units || !b->units) return NULL;
    if (moment && other) return op == MB_SUB ? mb_duration_in(a->unit) : NULL;
    return other ? op == MB_ADD ? b : NULL : a;
}

// A duration times a number, or by one; by a duration it is a number.
static const mb_type *of_ratio(mb_operator op, const mb_type *a, const mb_type *b,
                               const mb_type *plain)
{
    if (is_of(a, &mb_times) || is_of(b, &mb_times)) return NULL;
    if (op == MB_MUL) return is_number(a) ? b : is_number(b) ? a : NULL;
    if (!is_of(a, &mb_durations)) return NULL;
    if (is_of(b, &mb_durations)) return op == MB_MOD ? a : plain;
    return is_number(b) && op != MB_MOD ? a : NULL;
}

static bool operate(mb_operator op, const mb_type *const *operands, const mb_type *plain,
                    const mb_type **result)
{
    const mb_type *a = operands[0], *b = mb_operator_arity(op) > 1 ? operands[1] : a;
    if (op == MB_IS_MISSING || op == MB_HASH) return false;
    *result = NULL;
    if (mb_operator_compares(op)) {
        if (a == b) *result = plain;
    } else if (op == MB_MINIMUM || op == MB_MAXIMUM) {
        if (a == b) *result = a;
    } else if (op == MB_WHERE) {
        if (b == operands[2]) *result = b;
    } else if (op == MB_ADD || op == MB_SUB) {
        *result = of_sum(op, a, b);
    } else if (op == MB_MUL || op == MB_DIV || op == MB_FLOORDIV || op == MB_MOD) {
        *result = of_ratio(op, a, b, plain);
    } else if (op == MB_NEG || op == MB_ABS) {
        if (is_of(a, &mb_durations)) *result = a;
    } else if (op == MB_SIGN) {
        if (is_of(a, &mb_durations)) *result = plain;
    }
    return true;
}

#define TIME(of_unit)                                                                              \
    {                                                                                              \
        .name = "time", .kind = MB_INT, .file = MB_FILE_INT, .script = MB_SCRIPT_MOMENT,           \
        .format = format_time, .parse = parse, .operate = operate, .units = &mb_times,             \
        .unit = (of_unit),                                                                         \
        .mend = "beside a time write mb.time\"2024-02-29T12:00:00Z\" or its text, and add or "     \
                "subtract mb.duration\"5min\"; :as(\"int\") gives numbers"                         \
    }

#define DURATION(of_unit)                                                                          \
    {                                                                                              \
        .name = "duration", .kind = MB_INT, .file = MB_FILE_INT, .script = MB_SCRIPT_MOMENT,       \
        .format = format_duration, .parse = parse, .operate = operate, .units = &mb_durations,     \
        .unit = (of_unit),                                                                         \
        .mend = "beside a duration write mb.duration\"5min\" or its text; d / mb.duration\"1s\" "  \
                "gives seconds, :as(\"int\") whole numbers"                                        \
    }

const mb_type mb_type_time = TIME(MB_SECONDS), mb_type_duration = DURATION(MB_SECONDS);

static const mb_type finer_times[] = {TIME(MB_MILLISECONDS), TIME(MB_MICROSECONDS),
                                      TIME(MB_NANOSECONDS)};
static const mb_type finer_durations[] = {DURATION(MB_MILLISECONDS), DURATION(MB_MICROSECONDS),
                                          DURATION(MB_NANOSECONDS)};

#define ALL(coarsest, finer)                                                                       \
    {                                                                                              \
        &(coarsest), &(finer)[0], &(finer)[1], &(finer)[2]                                         \
    }

const mb_units mb_times = {ALL(mb_type_time, finer_times), mb_durations.types, read_time};
const mb_units mb_durations = {ALL(mb_type_duration, finer_durations), mb_durations.types,
                               read_duration};
