// Times and durations: counts of a unit, since 1970-01-01T00:00:00 UTC or between two times. Days
// have 86,400 seconds, as in POSIX: leap seconds are not counted. The calendar is the proleptic
// Gregorian one, with a year 0.
//
// A script sees one type `time` and one type `duration`; a descriptor for each unit tells how the
// kind's integers count, so that whole seconds of this century are stored in 4 bytes a row.
#pragma once

#include "types/type.h"

typedef enum mb_unit {
    MB_SECONDS,
    MB_MILLISECONDS,
    MB_MICROSECONDS,
    MB_NANOSECONDS,
    MB_UNIT_COUNT
} mb_unit;

enum {
    MB_PER_UNIT = 1000, // of the next finer one
    MB_SECONDS_A_DAY = 86400
};

struct mb_units {
    const mb_type *types[MB_UNIT_COUNT];
    const mb_type *const *apart; // of each unit: the type of differences between values

    // The value that a text stands for, and its type: of the coarsest unit that holds it exactly.
    // False when it stands for none.
    bool (*read)(const char *text, size_t length, const mb_type **type, mb_value *value);
};

extern const mb_units mb_times, mb_durations;

// "s", "ms", "us", "ns", and NULL behind them.
extern const char *const mb_unit_names[MB_UNIT_COUNT + 1];

// The unit of a name; -1 for none.
int mb_unit_find(const char *name);

// Ticks of a unit in one of the seconds, 1 to 10^9.
int64_t mb_unit_ticks(int unit);

static inline const mb_type *mb_time_in(int unit)
{
    return mb_times.types[unit];
}

static inline const mb_type *mb_duration_in(int unit)
{
    return mb_durations.types[unit];
}

// Whether two types differ in their unit at the most, and have one.
static inline bool mb_units_shared(const mb_type *a, const mb_type *b)
{
    return a->units && a->units == b->units;
}

// A count of one unit in another, rounded down: whether it is exact; false, too, and `*value` as
// it was, where it does not fit.
bool mb_unit_convert(int from, int to, int64_t *value, bool *fits);

// The unit of what is computed of values of a unit and rounded: microseconds, or the unit where
// that is finer.
static inline int mb_unit_rounded(int unit)
{
    return unit > MB_MICROSECONDS ? unit : MB_MICROSECONDS;
}

// sum / count, rounded to the nearest, up, of values of a type: in the finest unit that holds it,
// from mb_unit_rounded to that of the type.
void mb_unit_mean(const mb_type *type, mb_int128 sum, int64_t count, const mb_type **mean,
                  mb_value *value);

// A day of the calendar. Years from -2^40 to 2^40.
typedef struct mb_date {
    int64_t year;
    int month, day;
} mb_date;

// Days since 1970-01-01, and back.
int64_t mb_days_of_date(mb_date date);
mb_date mb_date_of_days(int64_t days);

// Days of a month.
int mb_month_days(int64_t year, int month);

// Quotient rounded down, of a divisor above 0.
static inline int64_t mb_floor_quotient(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

// What is left over, from 0 on, of any number.
static inline int64_t mb_floor_rest(int64_t a, int64_t b)
{
    const int64_t rest = a % b;
    return rest < 0 ? rest + b : rest;
}

static inline mb_int128 mb_floor_wide(mb_int128 a, mb_int128 b)
{
    return a / b - (a % b < 0);
}

// A time in seconds and nanoseconds since 1970, in the coarsest unit that holds it exactly; false
// where none does.
bool mb_time_at(int64_t second, int64_t nanosecond, const mb_type **type, mb_value *value);

// Reads up to nine digits behind a decimal point as nanoseconds, and further ones that are zeros;
// returns the end, or NULL.
const char *mb_read_fraction(const char *text, const char *end, int64_t *nanoseconds);

// Reads "Z", "+hh", "+hhmm" or "+hh:mm", or with a minus, as seconds; returns the end, or NULL.
const char *mb_read_offset(const char *text, const char *end, int64_t *seconds);

// So many digits as a number; NULL unless there are as many.
const char *mb_read_digits(const char *text, const char *end, int n, int64_t *number);

// Whether the fields are those of a time, of which seconds up to 60 and an offset from UTC; a
// second 60 is that after 23:59:59 UTC, and is the second after it. Then that second since 1970.
bool mb_second_of(mb_date date, int64_t hour, int64_t minute, int64_t second, int64_t nanosecond,
                  int64_t offset, int64_t *seconds);

enum { MB_TIME_TEXT = 64 }; // room for the text of any time

// The text of a day, kept for times that follow. Begins as {0}.
typedef struct mb_day_text {
    int64_t day;
    int length;
    char text[32];
} mb_day_text;

// Writes a time in ISO 8601, as "2024-02-29T12:00:00.000Z"; returns the length. No zero byte
// follows.
int mb_time_write(int unit, int64_t value, mb_day_text *day, char *text);
