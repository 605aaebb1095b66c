// Where quantiles are likely to be, by a sample: then one pass counts what is below, and collects
// the few values that are there (Floyd, Rivest: Expected Time Bounds for Selection, Communications
// of the ACM 18, 1975). A sample that misleads costs further passes.

#include <math.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/hash.h"
#include "expr/evaluate.h"
#include "ops/distribute/quantile_internal.h"

enum {
    SAMPLE = 1 << 15,
    LEAST_SAMPLE = 1 << 10,
    HEAVY = 16,    // times that a value is in a sample and then a part of its own
    ROOM_SHARE = 8 // rows of which one can be collected
};

// --- The sample.

static bool word_at(const mb_column *column, int64_t row, uint64_t *word)
{
    mb_value value;
    if (!mb_column_get(column, row, &value)) return false;
    *word = mb_order_value(column->type->kind, value);
    return *word != MB_ORDER_NAN || !mb_kind_has_nan(column->type->kind);
}

// One row of each of as many runs of rows, to what the search has collected; at a place that is not
// the same in each, lest it be that of a pattern.
static mb_status take_sample(mb_search *search)
{
    const mb_column *column = search->column;
    int64_t rows = mb_column_rows(column), all = column->layout->n_global;
    int64_t n = (int64_t)((mb_int128)(all < SAMPLE ? all : SAMPLE) * rows / all);
    mb_status status = mb_buffer_new_array(search->cx, n, sizeof(uint64_t), &search->collected);
    if (status) return status;
    uint64_t *words = search->collected->data;
    search->ncollected = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t first = (int64_t)((mb_int128)rows * i / n);
        int64_t length = (int64_t)((mb_int128)rows * (i + 1) / n) - first;
        int64_t row = first + (int64_t)(mb_mix((uint64_t)i) % (uint64_t)length);
        if (word_at(column, row, &words[search->ncollected])) search->ncollected++;
    }
    return MB_OK;
}

// --- Brackets.

typedef struct choice {
    const uint64_t *sample;
    int64_t n;
    mb_brackets *brackets;
    struct {
        uint64_t low, high;
    } of[MB_MOST_SAMPLED]; // where each quantile is
    int nof;
} choice;

static int64_t first_not_below(const choice *choice, uint64_t word)
{
    int64_t low = 0, high = choice->n;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (choice->sample[middle] < word)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_heavy(const choice *choice, uint64_t word)
{
    int64_t first = first_not_below(choice, word);
    return first + HEAVY <= choice->n && choice->sample[first + HEAVY - 1] == word;
}

// Adds a bound in its place.
static void add_bound(mb_brackets *brackets, uint64_t bound)
{
    int at = brackets->n;
    while (at > 0 && brackets->bounds[at - 1] > bound)
        at--;
    if (at > 0 && brackets->bounds[at - 1] == bound) return;
    for (int i = brackets->n++; i > at; i--)
        brackets->bounds[i] = brackets->bounds[i - 1];
    brackets->bounds[at] = bound;
}

static void add_bracket(choice *choice, double q)
{
    mb_brackets *brackets = choice->brackets;
    const double errors = 3.5, spare = 4; // standard errors of the sample, and words besides
    double place = q * (double)(choice->n - 1);
    double reach = errors * sqrt((double)choice->n * q * (1 - q)) + spare;
    int64_t first = (int64_t)floor(place - reach), last = (int64_t)ceil(place + reach);
    uint64_t top = brackets->whole.low + brackets->whole.span;
    uint64_t low = first < 0 ? brackets->whole.low : choice->sample[first];
    uint64_t high = last >= choice->n ? top : choice->sample[last];
    add_bound(brackets, low);
    if (high < UINT64_MAX) add_bound(brackets, high + 1);
    if (is_heavy(choice, low)) add_bound(brackets, low + 1);
    if (is_heavy(choice, high)) add_bound(brackets, high);
    choice->of[choice->nof].low = low;
    choice->of[choice->nof++].high = high;
}

static uint64_t low_of(const mb_brackets *brackets, int part)
{
    return part ? brackets->bounds[part - 1] : brackets->whole.low;
}

static uint64_t span_of(const mb_brackets *brackets, int part)
{
    uint64_t top = brackets->whole.low + brackets->whole.span;
    uint64_t high = part < brackets->n ? brackets->bounds[part] - 1 : top;
    return high - low_of(brackets, part);
}

static void choose_parts(const choice *choice)
{
    mb_brackets *brackets = choice->brackets;
    for (int part = 1; part <= brackets->n; part++)
        for (int i = 0; i < choice->nof; i++) {
            uint64_t low = low_of(brackets, part);
            bool within = low >= choice->of[i].low && low <= choice->of[i].high;
            if (within && span_of(brackets, part) > 0) brackets->collects[part] = true;
        }
}

static void choose_brackets(const uint64_t *sample, int64_t n, const double *q, int nq,
                            mb_column *column, mb_brackets *brackets)
{
    choice choice = {.sample = sample, .n = n, .brackets = brackets};
    for (int i = 0; i < nq; i++)
        add_bracket(&choice, q[i]);
    // NaN are behind the last bound.
    if (mb_kind_has_nan(column->type->kind))
        add_bound(brackets, brackets->whole.low + brackets->whole.span + 1);
    choose_parts(&choice);
}

// --- The pass.

typedef struct parting {
    mb_search *search;
    mb_brackets *brackets;
    const mb_quantile_kernels *kernels;
    uint64_t *out;
    int64_t n, room; // of what is collected; more than there is room for: nothing is
} parting;

static void keep_words(parting *to, const uint64_t *words, int64_t n)
{
    for (int64_t i = 0; to->n + n <= to->room && i < n; i++)
        to->out[to->n + i] = words[i];
    to->n += n;
}

static mb_status part_words(void *state, const uint64_t *words, const uint8_t *there, int64_t first,
                            int64_t n)
{
    parting *to = state;
    mb_brackets *brackets = to->brackets;
    uint64_t kept[MB_ORDER_ROWS], chosen[MB_ORDER_ROWS];
    int64_t below = 0;
    (void)first;
    if (there) n = mb_kernels_of(to->search->cx->isa)->compress[3](words, there, n, kept);
    if (there) words = kept;
    for (int part = 0; part <= brackets->n; part++) {
        if (brackets->collects[part]) {
            int64_t found = to->kernels->select(words, n, low_of(brackets, part),
                                                span_of(brackets, part), chosen);
            keep_words(to, chosen, found);
            below += found;
        } else if (part < brackets->n) {
            below = to->kernels->below(words, n, brackets->bounds[part]);
        }
        if (part < brackets->n) brackets->below[part] += below;
    }
    return MB_OK;
}

static int64_t offsets_below(const parting *to, const uint32_t *offsets, uint64_t base, int64_t n,
                             uint64_t bound)
{
    if (bound <= base) return 0;
    if (bound - base > UINT32_MAX) return n;
    return to->kernels->below_offsets(offsets, n, (uint32_t)(bound - base));
}

static int64_t keep_offsets(parting *to, const uint32_t *offsets, uint64_t base, int64_t n,
                            int part)
{
    uint32_t chosen[MB_BLOCK_ROWS], low, span;
    mb_key_range range = {.low = low_of(to->brackets, part), .span = span_of(to->brackets, part)};
    if (!mb_search_reach(&range, base, &low, &span)) return 0;
    int64_t found = to->kernels->select_offsets(offsets, n, low, span, chosen);
    for (int64_t i = 0; to->n + found <= to->room && i < found; i++)
        to->out[to->n + i] = base + chosen[i];
    to->n += found;
    return found;
}

static mb_status part_offsets(void *state, const uint32_t *offsets, uint64_t base, int64_t first,
                              int64_t n)
{
    parting *to = state;
    mb_brackets *brackets = to->brackets;
    int64_t below = 0;
    (void)first;
    for (int part = 0; part <= brackets->n; part++) {
        if (brackets->collects[part])
            below += keep_offsets(to, offsets, base, n, part);
        else if (part < brackets->n)
            below = offsets_below(to, offsets, base, n, brackets->bounds[part]);
        if (part < brackets->n) brackets->below[part] += below;
    }
    return MB_OK;
}

// Adds up what the ranks found.
static void add_counts(mb_search *search, mb_brackets *brackets, bool collected)
{
    int64_t mine[MB_MOST_BOUNDS + 1], all[MB_MOST_BOUNDS + 1];
    for (int i = 0; i < brackets->n; i++)
        mine[i] = brackets->below[i];
    mine[brackets->n] = !collected;
    mb_sum_all(search->cx, mine, brackets->n + 1, all);
    for (int i = 0; i < brackets->n; i++)
        brackets->below[i] = all[i];
    brackets->collected = all[brackets->n] == 0;
}

mb_status mb_search_brackets(mb_search *search, const double *q, int nq, mb_brackets *brackets)
{
    mb_context *cx = search->cx;
    mb_buffer *sample = NULL;
    int64_t n;
    mb_column *column = search->column;
    parting to = {search, brackets, mb_quantile_kernels_of(cx->isa), NULL, 0, 0};
    mb_status status = take_sample(search);
    MB_TRY(mb_search_gather(search, status, SAMPLE, &sample, &n));
    if (n < LEAST_SAMPLE) goto done;
    choose_brackets(sample->data, n, q, nq, column, brackets);
    mb_buffer_release(search->collected);
    search->collected = NULL;
    to.room = mb_column_rows(column) / ROOM_SHARE;
    status = mb_buffer_new_array(cx, to.room, sizeof(uint64_t), &search->collected);
    if (!status) {
        to.out = search->collected->data;
        status = mb_search_each(search, part_words, part_offsets, &to);
    }
    MB_TRY(mb_step(cx, status, NULL));
    search->ncollected = to.n;
    add_counts(search, brackets, to.n <= to.room);
    brackets->whole.count = mb_kind_has_nan(column->type->kind)
                                ? brackets->below[brackets->n - 1]
                                : column->layout->n_global - column->facts.missing;
done:
    mb_buffer_release(sample);
    return status;
}

bool mb_bracket_of(const mb_brackets *brackets, int64_t rank, mb_key_range *part)
{
    int k = 0;
    while (k < brackets->n && brackets->below[k] <= rank)
        k++;
    int64_t below = k ? brackets->below[k - 1] : 0;
    int64_t end = k < brackets->n ? brackets->below[k] : brackets->whole.count;
    *part = (mb_key_range){low_of(brackets, k), span_of(brackets, k), below, end - below};
    return part->span == 0 || (brackets->collects[k] && brackets->collected);
}
