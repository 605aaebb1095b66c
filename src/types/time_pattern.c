#include "types/time_pattern.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { BILLION = 1000000000 };

static const char *const month_names[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
static const char *const day_names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};

enum { SHORT = 3 }; // letters of short names

// Directives that stand for others.
static const char *expand(char directive)
{
    switch (directive) {
    case 'F': return "%Y-%m-%d";
    case 'T': return "%H:%M:%S";
    case 'R': return "%H:%M";
    case 'D': return "%m/%d/%y";
    default: return NULL;
    }
}

bool mb_pattern_check(const char *pattern, bool reads, char wrong[3])
{
    const char *known = reads ? "YmdHMSfzyjbBhpIesnt%FTRDaA" : "YmdHMSfzZyjbBhpIesnt%FTRDaAuVGw";
    for (const char *at = strchr(pattern, '%'); at; at = strchr(at + 2, '%')) {
        if (at[1] && strchr(known, at[1])) continue;
        memcpy(wrong, at, 2);
        wrong[2] = '\0';
        return false;
    }
    return true;
}

// --- Writing.

typedef struct writing {
    char *text;
    size_t size, used;
} writing;

__attribute__((format(printf, 2, 3))) static void put(writing *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const size_t room = to->size - to->used;
    const int length = vsnprintf(to->text + to->used, room, format, arguments);
    va_end(arguments);
    to->used += (size_t)length < room ? (size_t)length : room ? room - 1 : 0;
}

// Two digits.
static void put_two(writing *to, int number)
{
    if (to->size - to->used < 3) return;
    to->text[to->used++] = (char)('0' + number / 10);
    to->text[to->used++] = (char)('0' + number % 10);
    to->text[to->used] = '\0';
}

static void put_bytes(writing *to, const char *bytes, size_t n)
{
    const size_t room = to->size - to->used;
    if (room == 0) return;
    if (n >= room) n = room - 1;
    memcpy(to->text + to->used, bytes, n);
    to->used += n;
    to->text[to->used] = '\0';
}

// A local time in parts.
typedef struct parts {
    mb_date date;
    int64_t days;
    int of_day, weekday;        // seconds; from Monday, 0
    int64_t nanosecond, second; // since 1970, UTC
} parts;

static int yearday_of(mb_date date, int64_t days)
{
    return (int)(days - mb_days_of_date((mb_date){date.year, 1, 1})) + 1;
}

static parts take_apart(const mb_type *type, mb_value value, int32_t offset)
{
    parts of = {0};
    const int64_t ticks = mb_unit_ticks(type->unit);
    of.second = mb_floor_quotient(value.i, ticks);
    of.nanosecond = mb_floor_rest(value.i, ticks) * (BILLION / ticks);
    // Apart from the day, as the sum may not fit.
    const int64_t day = mb_floor_quotient(of.second, MB_SECONDS_A_DAY);
    const int64_t rest = mb_floor_rest(of.second, MB_SECONDS_A_DAY) + offset;
    of.days = day + mb_floor_quotient(rest, MB_SECONDS_A_DAY);
    of.of_day = (int)mb_floor_rest(rest, MB_SECONDS_A_DAY);
    of.date = mb_date_of_days(of.days);
    of.weekday = (int)mb_floor_rest(of.days + 3, 7);
    return of;
}

// The Thursday of the week, whose year and week are those of ISO 8601.
static int64_t thursday_of(const parts *of)
{
    return of->days - of->weekday + 3;
}

static int iso_week_of(int64_t thursday)
{
    return (yearday_of(mb_date_of_days(thursday), thursday) - 1) / 7 + 1;
}

static void put_year(writing *to, int64_t year)
{
    if (year < 0 || year > 9999) {
        put(to, "%+07" PRId64, year);
        return;
    }
    put_two(to, (int)(year / 100));
    put_two(to, (int)(year % 100));
}

static void put_offset(writing *to, int32_t offset)
{
    const int minutes = (offset < 0 ? -offset : offset) / 60;
    put(to, "%c%02d%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
    const int seconds = (offset < 0 ? -offset : offset) % 60; // local mean time
    if (seconds) put(to, "%02d", seconds);
}

static void put_directive(writing *to, char directive, const parts *of, mb_local local)
{
    const int hour = of->of_day / 3600;
    switch (directive) {
    case 'Y': put_year(to, of->date.year); break;
    case 'y': put_two(to, (int)((of->date.year % 100 + 100) % 100)); break;
    case 'm': put_two(to, of->date.month); break;
    case 'd': put_two(to, of->date.day); break;
    case 'e': put(to, "%2d", of->date.day); break;
    case 'j': put(to, "%03d", yearday_of(of->date, of->days)); break;
    case 'H': put_two(to, hour); break;
    case 'I': put_two(to, hour % 12 ? hour % 12 : 12); break;
    case 'p': put(to, "%s", hour < 12 ? "AM" : "PM"); break;
    case 'M': put_two(to, of->of_day / 60 % 60); break;
    case 'S': put_two(to, of->of_day % 60); break;
    case 'f': put(to, "%06" PRId64, of->nanosecond / 1000); break;
    case 'b':
    case 'h': put(to, "%.3s", month_names[of->date.month - 1]); break;
    case 'B': put(to, "%s", month_names[of->date.month - 1]); break;
    case 'a': put(to, "%.3s", day_names[of->weekday]); break;
    case 'A': put(to, "%s", day_names[of->weekday]); break;
    case 'u': put(to, "%d", of->weekday + 1); break;
    case 'w': put(to, "%d", (of->weekday + 1) % 7); break;
    case 'V': put_two(to, iso_week_of(thursday_of(of))); break;
    case 'G': put_year(to, mb_date_of_days(thursday_of(of)).year); break;
    case 's': put(to, "%" PRId64, of->second); break;
    case 'z': put_offset(to, local.offset); break;
    case 'Z': put(to, "%s", local.name); break;
    case 'n': put(to, "\n"); break;
    case 't': put(to, "\t"); break;
    default: put(to, "%%");
    }
}

// NOLINTNEXTLINE(misc-no-recursion): once, for what stands for others
static void put_pattern(writing *to, const char *pattern, const parts *of, mb_local local)
{
    while (*pattern) {
        const size_t plain = strcspn(pattern, "%");
        const char *longer = pattern[plain] ? expand(pattern[plain + 1]) : NULL;
        put_bytes(to, pattern, plain);
        pattern += plain;
        if (longer)
            put_pattern(to, longer, of, local);
        else if (*pattern)
            put_directive(to, pattern[1], of, local);
        if (*pattern) pattern += 2;
    }
}

size_t mb_pattern_format(const char *pattern, const mb_type *type, mb_value value, mb_local local,
                         char *text, size_t size)
{
    writing to = {text, size, 0};
    const parts of = take_apart(type, value, local.offset);
    put_pattern(&to, pattern, &of, local);
    return to.used;
}

// --- Reading.

typedef struct reading {
    mb_date date;
    int64_t hour, minute, second, nanosecond, offset, yearday, stamp;
    bool afternoon, half, by_yearday, by_stamp;
} reading;

// Up to n digits, at least one, as a number.
static const char *read_up_to(const char *text, const char *end, int n, int64_t *number)
{
    int digits = 0;
    while (digits < n && text + digits < end && isdigit((unsigned char)text[digits]))
        digits++;
    return digits ? mb_read_digits(text, end, digits, number) : NULL;
}

static const char *read_sign(const char *text, const char *end, bool *negative)
{
    *negative = text < end && *text == '-';
    return text + (text < end && (*text == '-' || *text == '+'));
}

// A name of a list, whole or short, in either case.
static const char *read_name(const char *text, const char *end, const char *const *names, int n,
                             int *which)
{
    for (int i = 0; i < n; i++) {
        const size_t length = strlen(names[i]), room = (size_t)(end - text);
        *which = i;
        if (room >= length && strncasecmp(text, names[i], length) == 0) return text + length;
        if (room >= SHORT && strncasecmp(text, names[i], SHORT) == 0) {
            const bool longer = room > SHORT && isalpha((unsigned char)text[SHORT]);
            if (!longer) return text + SHORT;
        }
    }
    return NULL;
}

static const char *read_number(const char *text, const char *end, int digits, int64_t *number)
{
    while (text < end && *text == ' ') // as %e writes
        text++;
    return read_up_to(text, end, digits, number);
}

static const char *read_year(const char *text, const char *end, int64_t *year)
{
    bool negative;
    const char *first = text;
    text = read_sign(text, end, &negative);
    text = read_up_to(text, end, text > first ? 12 : 4, year);
    if (text && negative) *year = -*year;
    return text;
}

static const char *read_date_part(const char *text, const char *end, char directive, reading *read)
{
    int which;
    int64_t number = 0;
    switch (directive) {
    case 'Y': return read_year(text, end, &read->date.year);
    case 'y':
        text = read_up_to(text, end, 2, &number);
        read->date.year = number + (number < 69 ? 2000 : 1900);
        return text;
    case 'm':
        text = read_number(text, end, 2, &number);
        read->date.month = (int)number;
        return text;
    case 'b':
    case 'h':
    case 'B':
        text = read_name(text, end, month_names, 12, &which);
        read->date.month = which + 1;
        return text;
    case 'a':
    case 'A': return read_name(text, end, day_names, 7, &which);
    case 'j': read->by_yearday = true; return read_number(text, end, 3, &read->yearday);
    default: // d, e
        text = read_number(text, end, 2, &number);
        read->date.day = (int)number;
        return text;
    }
}

static const char *read_clock_part(const char *text, const char *end, char directive, reading *read)
{
    bool negative;
    switch (directive) {
    case 'H': return read_number(text, end, 2, &read->hour);
    case 'I': read->half = true; return read_number(text, end, 2, &read->hour);
    case 'p':
        read->afternoon = text < end && (*text == 'P' || *text == 'p');
        if (end - text < 2 || strchr("AaPp", *text) == NULL || tolower(text[1]) != 'm') return NULL;
        return text + 2;
    case 'M': return read_number(text, end, 2, &read->minute);
    case 'S': return read_number(text, end, 2, &read->second);
    case 'f': return mb_read_fraction(text, end, &read->nanosecond);
    case 'z': return mb_read_offset(text, end, &read->offset);
    default: // s
        read->by_stamp = true;
        text = read_sign(text, end, &negative);
        text = read_up_to(text, end, 18, &read->stamp);
        if (negative) read->stamp = -read->stamp;
        return text;
    }
}

// NOLINTNEXTLINE(misc-no-recursion): once, for what stands for others
static const char *read_pattern(const char *pattern, const char *text, const char *end,
                                reading *read)
{
    for (; *pattern && text; pattern++) {
        if (isspace((unsigned char)*pattern) ||
            (*pattern == '%' && (pattern[1] == 'n' || pattern[1] == 't'))) {
            pattern += *pattern == '%';
            while (text < end && isspace((unsigned char)*text))
                text++;
        } else if (*pattern != '%' || pattern[1] == '%') {
            pattern += *pattern == '%';
            text = text < end && *text == *pattern ? text + 1 : NULL;
        } else if (expand(*++pattern)) {
            text = read_pattern(expand(*pattern), text, end, read);
        } else if (strchr("YymbhBaAjde", *pattern)) {
            text = read_date_part(text, end, *pattern, read);
        } else {
            text = read_clock_part(text, end, *pattern, read);
        }
    }
    return text;
}

// The date of a day of a year.
static bool set_yearday(reading *read)
{
    const int64_t first = mb_days_of_date((mb_date){read->date.year, 1, 1});
    const int64_t year = read->date.year;
    read->date = mb_date_of_days(first + read->yearday - 1);
    return read->yearday >= 1 && read->date.year == year;
}

bool mb_pattern_read(const char *pattern, const char *text, size_t length, const mb_type **type,
                     mb_value *value)
{
    const char *end = text + length;
    reading read = {.date = {1970, 1, 1}};
    if (read_pattern(pattern, text, end, &read) != end) return false;
    if (read.half && (read.hour < 1 || read.hour > 12)) return false;
    if (read.half) read.hour = read.hour % 12 + (read.afternoon ? 12 : 0);
    if (read.by_yearday && !set_yearday(&read)) return false;
    int64_t second = read.stamp;
    return (read.by_stamp || mb_second_of(read.date, read.hour, read.minute, read.second,
                                          read.nanosecond, read.offset, &second)) &&
           mb_time_at(second, read.nanosecond, type, value);
}
