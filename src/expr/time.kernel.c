// Arithmetic with units of time, and parts of times.

#include "expr/kernels.h"

enum {
    CHUNK = 256, // rows whose quotients are kept on the way
    FEW = 1 << 16,
    QUOTIENT_BITS = 46, // of quotients that doubles tell to the nearest but one
};

// --- Division by a positive number, rounded down.

static bool all_within(const int64_t *restrict x, int64_t n, int64_t limit)
{
    uint8_t beyond = 0;
    for (int64_t i = 0; i < n; i++)
        beyond |= (x[i] > limit) | (x[i] < -limit);
    return !beyond;
}

static void divide_each(const int64_t *restrict x, int64_t n, int64_t by,
                        int64_t *restrict quotient, int64_t *restrict rest)
{
    for (int64_t i = 0; i < n; i++) {
        const int64_t q = x[i] / by - (x[i] % by < 0);
        quotient[i] = q;
        rest[i] = (int64_t)((uint64_t)x[i] - (uint64_t)q * (uint64_t)by);
    }
}

// By a reciprocal in doubles, whose quotient is off by one at the most while it is below 2^47: both
// neighbours are tried.
static void divide(const int64_t *restrict x, int64_t n, int64_t by, int64_t *restrict quotient,
                   int64_t *restrict rest)
{
    if (by < FEW && !all_within(x, n, by << QUOTIENT_BITS)) {
        divide_each(x, n, by, quotient, rest);
        return;
    }
    const double reciprocal = 1 / (double)by;
    for (int64_t i = 0; i < n; i++) {
        int64_t q = (int64_t)((double)x[i] * reciprocal);
        int64_t r = (int64_t)((uint64_t)x[i] - (uint64_t)q * (uint64_t)by);
        const int64_t below = r < 0, above = r >= by;
        q += above - below;
        r += below ? by : 0;
        r -= above ? by : 0;
        quotient[i] = q;
        rest[i] = r;
    }
}

// --- Units.

static void rescale(const mb_arguments *at)
{
    const int64_t *restrict a = at->in[0];
    uint64_t *restrict out = at->out;
    int64_t rest[CHUNK];
    const uint64_t factor = at->value[0].u;
    const int64_t rows = at->value[1].b ? 0 : at->n;
    for (int64_t i = 0; i < rows; i++)
        out[i] = (uint64_t)a[i] * factor;
    for (int64_t first = rows; first < at->n; first += CHUNK) {
        const int64_t n = at->n - first < CHUNK ? at->n - first : CHUNK;
        divide(a + first, n, at->value[0].i, (int64_t *)at->out + first, rest);
    }
}

// --- Multiples.

// What is left above the multiple below becomes what is to be added to the value.
static void round_rests(mb_rounding rounding, const int64_t *restrict quotient, int64_t n,
                        int64_t step, int64_t *restrict rest)
{
    if (rounding == MB_ROUND_DOWN) {
        for (int64_t i = 0; i < n; i++)
            rest[i] = -rest[i];
    } else if (rounding == MB_ROUND_UP) {
        for (int64_t i = 0; i < n; i++)
            rest[i] = rest[i] ? step - rest[i] : 0;
    } else {
        for (int64_t i = 0; i < n; i++) {
            const int64_t more = step - rest[i]; // as far as the multiple above
            const bool up = more < rest[i] || (more == rest[i] && (quotient[i] & 1));
            rest[i] = up ? more : -rest[i];
        }
    }
}

static void multiple(const mb_arguments *at)
{
    const int64_t *restrict a = at->in[0];
    uint64_t *restrict out = at->out;
    int64_t shifted[CHUNK], quotient[CHUNK], rest[CHUNK];
    const int64_t step = at->value[0].i;
    for (int64_t first = 0; first < at->n; first += CHUNK) {
        const int64_t n = at->n - first < CHUNK ? at->n - first : CHUNK;
        for (int64_t i = 0; i < n; i++)
            shifted[i] = (int64_t)((uint64_t)a[first + i] - at->value[1].u);
        divide(shifted, n, step, quotient, rest);
        round_rests((mb_rounding)at->seed, quotient, n, step, rest);
        for (int64_t i = 0; i < n; i++)
            out[first + i] = (uint64_t)a[first + i] + (uint64_t)rest[i];
    }
}

// --- Dates. C. Neri, L. Schneider: Euclidean Affine Functions and Their Application to Calendar
// Algorithms, Software: Practice and Experience 2022: in 32 bits, with years from March on, counted
// from so many eras of 400 years before 1970 that all are positive.

typedef struct date {
    uint32_t year, month, day, yearday;
} date;

static inline date date_of(uint32_t day)
{
    const uint32_t n1 = 4 * day + 3, century = n1 / 146097, of_century = n1 % 146097 / 4;
    const uint32_t n2 = 4 * of_century + 3, of_years = n2 / 1461, of_year = n2 % 1461 / 4;
    const uint32_t n3 = 2141 * of_year + 197913, month = n3 >> 16;
    const uint32_t next = of_year >= 306; // January or February
    const uint32_t fours = of_years ? of_years : century, leap = (fours & 3) == 0;
    return (date){.year = 100 * century + of_years + next,
                  .month = next ? month - 12 : month,
                  .day = (n3 & 0xffff) / 2141 + 1,
                  .yearday = next ? of_year - 305 : of_year + 60 + leap};
}

static inline uint32_t weekday_of(uint32_t day)
{
    return (day + 2) % 7;
}

// The week is that of its Thursday.
static inline uint32_t isoweek_of(uint32_t day)
{
    return (date_of(day - weekday_of(day) + 3).yearday - 1) / 7 + 1;
}

static void number_days(const int64_t *restrict ticks, int64_t n, int64_t per_second,
                        uint32_t *restrict days)
{
    int64_t quotient[CHUNK], rest[CHUNK];
    divide(ticks, n, 86400 * per_second, quotient, rest);
    for (int64_t i = 0; i < n; i++)
        days[i] = (uint32_t)(quotient[i] + MB_EPOCH_DAY);
}

#define DATE_FIELD(name, result, expression)                                                       \
    static void name(const mb_arguments *at)                                                       \
    {                                                                                              \
        uint32_t days[CHUNK];                                                                      \
        result *restrict out = at->out;                                                            \
        for (int64_t first = 0; first < at->n; first += CHUNK) {                                   \
            const int64_t n = at->n - first < CHUNK ? at->n - first : CHUNK;                       \
            number_days((const int64_t *)at->in[0] + first, n, at->value[1].i, days);              \
            for (int64_t i = 0; i < n; i++) {                                                      \
                const uint32_t day = days[i];                                                      \
                out[first + i] = (result)(expression);                                             \
            }                                                                                      \
        }                                                                                          \
    }

DATE_FIELD(year, uint32_t, date_of(day).year)
DATE_FIELD(month, uint8_t, date_of(day).month)
DATE_FIELD(day_of_month, uint8_t, date_of(day).day)
DATE_FIELD(weekday, uint8_t, weekday_of(day))
DATE_FIELD(yearday, uint16_t, date_of(day).yearday)
DATE_FIELD(isoweek, uint8_t, isoweek_of(day))
DATE_FIELD(day_number, uint32_t, day)

// The rest of ticks by `outer`, divided by `inner`, and times `worth`.
#define CLOCK_FIELD(name, result, outer, inner, worth)                                             \
    static void name(const mb_arguments *at)                                                       \
    {                                                                                              \
        int64_t quotient[CHUNK], rest[CHUNK], part[CHUNK];                                         \
        result *restrict out = at->out;                                                            \
        const int64_t ticks = at->value[1].i;                                                      \
        for (int64_t first = 0; first < at->n; first += CHUNK) {                                   \
            const int64_t n = at->n - first < CHUNK ? at->n - first : CHUNK;                       \
            divide((const int64_t *)at->in[0] + first, n, outer, quotient, rest);                  \
            divide(rest, n, inner, part, quotient);                                                \
            for (int64_t i = 0; i < n; i++)                                                        \
                out[first + i] = (result)(part[i] * (worth));                                      \
        }                                                                                          \
    }

CLOCK_FIELD(hour, uint8_t, 86400 * ticks, 3600 * ticks, 1)
CLOCK_FIELD(minute, uint8_t, 3600 * ticks, 60 * ticks, 1)
CLOCK_FIELD(second, uint8_t, 60 * ticks, ticks, 1)
CLOCK_FIELD(microsecond, uint32_t, ticks, ticks > 1000000 ? ticks / 1000000 : 1,
            ticks > 1000000 ? 1 : 1000000 / ticks)
CLOCK_FIELD(nanosecond, uint16_t, ticks > 1000000 ? 1000 : 1, 1, 1)

// --- What fails.

static bool outside(const mb_arguments *at, int64_t low, int64_t high, uint8_t *restrict bad)
{
    const int64_t *restrict a = at->in[0];
    const int64_t n = at->n;
    uint8_t any = 0;
    for (int64_t i = 0; i < n; i++) {
        bad[i] = (a[i] < low) | (a[i] > high);
        any |= bad[i];
    }
    return any;
}

#define BAD(name, op)                                                                              \
    static bool name(const mb_arguments *at, uint8_t *bad)                                         \
    {                                                                                              \
        int64_t low, high;                                                                         \
        mb_time_limits(op, at->value, &low, &high);                                                \
        return outside(at, low, high, bad);                                                        \
    }

BAD(rescales_beyond, MB_RESCALE)
BAD(multiple_beyond, MB_MULTIPLE)
BAD(field_beyond, MB_FIELD)

#define BAD_RESULT(name, operation)                                                                \
    static bool name(const mb_arguments *at, uint8_t *restrict bad)                                \
    {                                                                                              \
        const int64_t *restrict a = at->in[0], *restrict b = at->in[1];                            \
        const int64_t n = at->n;                                                                   \
        uint8_t any = 0;                                                                           \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const int64_t x = a[i], y = b[i];                                                      \
            int64_t result;                                                                        \
            bad[i] = operation(x, y, &result);                                                     \
            any |= bad[i];                                                                         \
        }                                                                                          \
        return any;                                                                                \
    }

BAD_RESULT(adds_beyond, __builtin_add_overflow)
BAD_RESULT(subtracts_beyond, __builtin_sub_overflow)
BAD_RESULT(multiplies_beyond, __builtin_mul_overflow)

const mb_time_kernels MB_ISA_NAME(mb_time_kernels) = {
    .rescale = rescale,
    .multiple = multiple,
    .field = {[MB_YEAR] = year,
              [MB_MONTH] = month,
              [MB_DAY] = day_of_month,
              [MB_HOUR] = hour,
              [MB_MINUTE] = minute,
              [MB_SECOND] = second,
              [MB_MICROSECOND] = microsecond,
              [MB_NANOSECOND] = nanosecond,
              [MB_WEEKDAY] = weekday,
              [MB_YEARDAY] = yearday,
              [MB_ISOWEEK] = isoweek,
              [MB_DATE] = day_number},
    .outside = {rescales_beyond, multiple_beyond, field_beyond},
    .beyond = {adds_beyond, subtracts_beyond, multiplies_beyond},
};
