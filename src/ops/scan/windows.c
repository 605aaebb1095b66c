#include "ops/scan/windows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

// Mean and sum of squared deviations of n values.
typedef struct moments {
    double n, mean, squares;
} moments;

typedef union fold {
    uint64_t bits;
    moments moments;
} fold;

enum { FIRST_ROOM = 256 }; // rows of a block

typedef enum turn {
    STAYS,   // the row is of the same block
    FOLLOWS, // of the next
    BEGINS,  // of another, and its windows have no rows of the one before
} turn;

struct mb_windows {
    mb_context *cx;
    mb_windowing asked;
    mb_kind kind;
    bool whole; // sums are of integers
    int64_t room;
    // The block: its rows, and of these what is needed to fold them backwards.
    int64_t n, counted, block, ends; // ends: by time, the first tick behind it
    mb_buffer *values, *there, *times;
    fold folded;
    // The block before: what is left of it in the window, from row `first` on.
    int64_t nbefore, first;
    mb_buffer *times_before, *folds, *counts; // folds and counts of each row and those behind it
    mb_buffer *results;                       // of a piece
    int64_t counts_of[MB_WINDOW_ROWS];
};

static size_t fold_width(const mb_windows *windows)
{
    const mb_window_fold fold = windows->asked.fold;
    return fold == MB_WINDOW_VAR || fold == MB_WINDOW_STD ? sizeof(moments) : sizeof(mb_value);
}

mb_status mb_windows_open(mb_context *cx, const mb_windowing *asked, mb_kind kind,
                          mb_windows **windows)
{
    mb_windows *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    *made = (mb_windows){.cx = cx, .asked = *asked, .kind = kind, .whole = kind != MB_FLOAT};
    *windows = made;
    return mb_buffer_new_array(cx, MB_WINDOW_ROWS, fold_width(made), &made->results);
}

void mb_windows_close(mb_windows *windows)
{
    if (!windows) return;
    mb_buffer_release(windows->values);
    mb_buffer_release(windows->there);
    mb_buffer_release(windows->times);
    mb_buffer_release(windows->times_before);
    mb_buffer_release(windows->folds);
    mb_buffer_release(windows->counts);
    mb_buffer_release(windows->results);
    free(windows);
}

// Makes room for one more row of the block.
static mb_status grow(mb_windows *windows)
{
    const int64_t more = windows->room ? windows->room : FIRST_ROOM;
    const int64_t used = windows->room;
    mb_context *cx = windows->cx;
    mb_status status = mb_buffer_reserve(cx, &windows->values, used, more, sizeof(mb_value));
    if (!status) status = mb_buffer_reserve(cx, &windows->there, used, more, 1);
    if (!status) status = mb_buffer_reserve(cx, &windows->folds, used, more, fold_width(windows));
    if (!status) status = mb_buffer_reserve(cx, &windows->counts, used, more, sizeof(int64_t));
    if (!status && windows->asked.span)
        status = mb_buffer_reserve(cx, &windows->times, used, more, sizeof(int64_t));
    if (!status && windows->asked.span)
        status = mb_buffer_reserve(cx, &windows->times_before, used, more, sizeof(int64_t));
    if (!status) windows->room += more;
    return status;
}

// --- Where blocks end.

static void begin_span(mb_windows *windows, int64_t time)
{
    windows->block = mb_window_block(&windows->asked, time);
    if (__builtin_mul_overflow(windows->block + 1, windows->asked.span, &windows->ends))
        windows->ends = INT64_MAX;
}

// What the next row does to the block.
static inline turn turn_at(mb_windows *windows, const mb_window_rows *rows, int64_t i)
{
    if (windows->asked.rows) {
        if (rows->before[i] == 0 || windows->n == 0) return BEGINS;
        return windows->n == windows->asked.rows ? FOLLOWS : STAYS;
    }
    if (rows->before[i] && windows->n && rows->times[i] < windows->ends) return STAYS;
    const int64_t block = windows->block;
    const bool empty = windows->n == 0;
    begin_span(windows, rows->times[i]);
    if (rows->before[i] == 0 || empty) return BEGINS;
    if (windows->block == block) return STAYS; // the last tick there is
    return windows->block == block + 1 ? FOLLOWS : BEGINS;
}

// The block becomes the one before, of which nothing is left where `turn` says so.
static void turn_over(mb_windows *windows, turn turn)
{
    mb_buffer *times = windows->times;
    windows->times = windows->times_before;
    windows->times_before = times;
    windows->nbefore = turn == FOLLOWS ? windows->n : 0;
    windows->first = 0;
    windows->n = windows->counted = 0;
}

// The block before loses the rows that the window of a row does not have.
static inline void leave_behind(mb_windows *windows, const mb_window_rows *rows, int64_t i)
{
    const int64_t *times;
    if (windows->first >= windows->nbefore) return;
    if (windows->asked.rows) {
        windows->first++;
        return;
    }
    times = windows->times_before->data;
    while (windows->first < windows->nbefore &&
           (uint64_t)rows->times[i] - (uint64_t)times[windows->first] >=
               (uint64_t)windows->asked.span)
        windows->first++;
}

// --- The folds: `push` adds a value behind a fold, `join` a fold behind another.

static inline moments push_moments(moments fold, double value)
{
    const double n = fold.n + 1, off = value - fold.mean, mean = fold.mean + off / n;
    return (moments){n, mean, fold.squares + off * (value - mean)}; // Welford, 1962
}

// Chan, Golub and LeVeque, 1979.
static inline moments join_moments(moments a, moments b)
{
    if (a.n == 0) return b;
    if (b.n == 0) return a;
    const double n = a.n + b.n, off = b.mean - a.mean, part = off * (b.n / n);
    return (moments){n, a.mean + part, a.squares + b.squares + off * part * a.n};
}

// NaN where one is.
static inline double least_float(double a, double b)
{
    return a != a || a <= b ? a : b;
}

static inline double most_float(double a, double b)
{
    return a != a || a >= b ? a : b;
}

#define LEAST(a, b) ((a) <= (b) ? (a) : (b))
#define MOST(a, b)  ((a) >= (b) ? (a) : (b))

// Folds a piece of rows into `results` and counts_of. `none` is the fold of no value; a value that
// is `x` is pushed behind the fold `a`, and the fold `b` joined to it.
#define FOLDS(name, type, none, push, join)                                                        \
    static void back_##name(const mb_windows *windows)                                             \
    {                                                                                              \
        const mb_value *values = windows->values->data;                                            \
        const uint8_t *there = windows->there->data;                                               \
        type *folds = windows->folds->data, a = none;                                              \
        int64_t *counts = windows->counts->data, counted = 0;                                      \
        for (int64_t i = windows->n - 1; i >= 0; i--) {                                            \
            const mb_value x = values[i];                                                          \
            if (there[i]) a = push;                                                                \
            counted += there[i];                                                                   \
            folds[i] = a;                                                                          \
            counts[i] = counted;                                                                   \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static mb_status fold_##name(mb_windows *windows, const mb_window_rows *rows)                  \
    {                                                                                              \
        type *results = windows->results->data, b;                                                 \
        type so_far;                                                                               \
        memcpy(&so_far, &windows->folded, sizeof so_far);                                          \
        for (int64_t i = 0; i < rows->n; i++) {                                                    \
            const turn turn = turn_at(windows, rows, i);                                           \
            if (turn) {                                                                            \
                if (turn == FOLLOWS) back_##name(windows);                                         \
                turn_over(windows, turn);                                                          \
                so_far = none;                                                                     \
            }                                                                                      \
            if (windows->n == windows->room) {                                                     \
                mb_status status = grow(windows);                                                  \
                if (status) return status;                                                         \
            }                                                                                      \
            const mb_value x = rows->values[i];                                                    \
            const uint8_t is_there = rows->there ? rows->there[i] : 1;                             \
            ((mb_value *)windows->values->data)[windows->n] = x;                                   \
            ((uint8_t *)windows->there->data)[windows->n] = is_there;                              \
            if (rows->times) ((int64_t *)windows->times->data)[windows->n] = rows->times[i];       \
            windows->n++;                                                                          \
            windows->counted += is_there;                                                          \
            type a = so_far;                                                                       \
            if (is_there) a = so_far = push;                                                       \
            leave_behind(windows, rows, i);                                                        \
            windows->counts_of[i] = windows->counted;                                              \
            if (windows->first < windows->nbefore) {                                               \
                b = a;                                                                             \
                a = ((const type *)windows->folds->data)[windows->first];                          \
                a = join;                                                                          \
                windows->counts_of[i] += ((const int64_t *)windows->counts->data)[windows->first]; \
            }                                                                                      \
            results[i] = a;                                                                        \
        }                                                                                          \
        memcpy(&windows->folded, &so_far, sizeof so_far);                                          \
        return MB_OK;                                                                              \
    }

// The fold of `a` and a value, and of `a` and `b`; comparisons take the value in the place of `b`.
FOLDS(sum, double, 0, a + x.f, a + b)
FOLDS(whole, uint64_t, 0, a + x.u, a + b)
FOLDS(int_mass, double, 0, a + (double)x.i, a + b) // for means: the sum may not wrap
FOLDS(uint_mass, double, 0, a + (double)x.u, a + b)
FOLDS(least_double, double, (double)INFINITY, least_float(a, x.f), least_float(a, b))
FOLDS(most_double, double, -(double)INFINITY, most_float(a, x.f), most_float(a, b))
FOLDS(least_int, int64_t, INT64_MAX, LEAST(a, x.i), LEAST(a, b))
FOLDS(most_int, int64_t, INT64_MIN, MOST(a, x.i), MOST(a, b))
FOLDS(least_uint, uint64_t, UINT64_MAX, LEAST(a, x.u), LEAST(a, b))
FOLDS(most_uint, uint64_t, 0, MOST(a, x.u), MOST(a, b))
FOLDS(float_moments, moments, (moments){0}, push_moments(a, x.f), join_moments(a, b))
FOLDS(int_moments, moments, (moments){0}, push_moments(a, (double)x.i), join_moments(a, b))
FOLDS(uint_moments, moments, (moments){0}, push_moments(a, (double)x.u), join_moments(a, b))

typedef mb_status folding(mb_windows *windows, const mb_window_rows *rows);

static folding *folding_of(const mb_windows *windows)
{
    static folding *const least[] = {fold_least_uint, fold_least_int, fold_least_uint,
                                     fold_least_double},
                          *const most[] = {fold_most_uint, fold_most_int, fold_most_uint,
                                           fold_most_double},
                          *const mass[] = {fold_uint_mass, fold_int_mass, fold_uint_mass, fold_sum},
                          *const spread[] = {fold_uint_moments, fold_int_moments, fold_uint_moments,
                                             fold_float_moments};
    switch (windows->asked.fold) {
    case MB_WINDOW_MIN: return least[windows->kind];
    case MB_WINDOW_MAX: return most[windows->kind];
    case MB_WINDOW_MEAN: return mass[windows->kind];
    case MB_WINDOW_VAR:
    case MB_WINDOW_STD: return spread[windows->kind];
    default: return windows->whole ? fold_whole : fold_sum;
    }
}

// --- Results.

static void finish_moments(const mb_windows *windows, int64_t n, mb_value *values, uint8_t *there)
{
    const moments *folds = windows->results->data;
    const double ddof = windows->asked.ddof;
    const bool is_root = windows->asked.fold == MB_WINDOW_STD;
    for (int64_t i = 0; i < n; i++) {
        const double variance = folds[i].squares / (folds[i].n - ddof);
        values[i].f = is_root ? sqrt(variance) : variance;
        there[i] &= folds[i].n > ddof;
    }
}

static void finish(const mb_windows *windows, int64_t n, mb_value *values, uint8_t *there)
{
    const mb_value *folds = windows->results->data;
    const int64_t *counts = windows->counts_of, least = windows->asked.least;
    const mb_window_fold fold = windows->asked.fold;
    for (int64_t i = 0; i < n; i++)
        there[i] = counts[i] >= least;
    if (fold == MB_WINDOW_VAR || fold == MB_WINDOW_STD) {
        finish_moments(windows, n, values, there);
    } else if (fold == MB_WINDOW_MEAN) {
        for (int64_t i = 0; i < n; i++)
            values[i].f = folds[i].f / (double)counts[i];
    } else if (fold == MB_WINDOW_COUNT) {
        for (int64_t i = 0; i < n; i++)
            values[i].i = counts[i];
    } else {
        memcpy(values, folds, (size_t)n * sizeof *values);
    }
}

// The first row whose time is before that of the row ahead of it in its segment, of which `last` is
// the one ahead of them all; -1: none.
static int64_t find_descent(const mb_window_rows *rows, int64_t last)
{
    for (int64_t i = 0; i < rows->n; i++) {
        if (rows->before[i] && rows->times[i] < last) return i;
        last = rows->times[i];
    }
    return -1;
}

mb_status mb_windows_take(mb_windows *windows, const mb_window_rows *rows, mb_value *values,
                          uint8_t *there, int64_t *descent)
{
    *descent = -1;
    if (windows->asked.span) {
        const int64_t *times = windows->n ? windows->times->data : NULL;
        *descent = find_descent(rows, times ? times[windows->n - 1] : INT64_MIN);
        if (*descent >= 0) return MB_EINVALID;
    }
    mb_status status = folding_of(windows)(windows, rows);
    if (!status) finish(windows, rows->n, values, there);
    return status;
}
