#include "ops/match.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/counted.h"
#include "ops/directory.h"
#include "ops/tally.h"

enum { FEW = 1 << 16 }; // keys that every rank may hold, however few rows it has

static int64_t enough_keys(const mb_column *column)
{
    int64_t share = column->layout->n_global / column->layout->nranks;
    return share > FEW ? share : FEW;
}

// --- Results, built from answers.

typedef struct matching {
    mb_builder *builder;
    mb_type type;           // of the result
    bool tests;             // the answers themselves are the result
    const mb_value *absent; // as in mb_lookup
} matching;

static mb_status append_answers(void *state, const uint64_t *values, const uint8_t *answers,
                                const uint8_t *valid, int64_t n)
{
    const matching *to = state;
    uint8_t there[MB_HASH_ROWS], bytes[MB_HASH_ROWS];
    uint64_t words[MB_HASH_ROWS];
    const void *appended = values;
    if (to->tests) return mb_builder_append(to->builder, answers, valid, n);
    for (int64_t i = 0; i < n; i++)
        there[i] = answers[i] == MB_THERE || (answers[i] == MB_ABSENT && to->absent);
    for (int64_t i = 0; valid && i < n; i++)
        there[i] &= valid[i];
    if (to->absent) {
        for (int64_t i = 0; i < n; i++)
            words[i] = answers[i] == MB_ABSENT ? to->absent->bits : values[i];
        appended = values = words;
    }
    if (to->type == MB_BOOL) {
        for (int64_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)values[i];
        appended = bytes;
    }
    return mb_builder_append(to->builder, appended, there, n);
}

// The answers for a column as a column.
static mb_status build(mb_context *cx, const mb_directory *directory, mb_column *column,
                       matching *to, const mb_range *guess, mb_column **result)
{
    mb_status status =
        mb_builder_open(cx, to->type, mb_column_rows(column), guess, 8, &to->builder);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_directory_ask(cx, directory, column, append_answers, to);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &to->builder, 1, &column->layout, 0, result));
done:
    mb_builder_close(to->builder);
    return status;
}

// --- This rank's keys.

typedef struct collecting {
    const mb_kernels *kernels;
    mb_type type;         // of the keys
    bool values, numbers; // whether values are collected, or the keys' positions
    int64_t start;        // of this rank's keys
    mb_entries *entries;
} collecting;

static void collect_values(collecting *to, const mb_block *block, int64_t first, int64_t n,
                           const uint8_t *known)
{
    uint64_t wide[MB_BLOCK_ROWS];
    uint8_t there[MB_BLOCK_ROWS];
    const uint64_t *values = wide;
    uint64_t *kept = (uint64_t *)to->entries->values->data + to->entries->n;
    uint8_t *kept_there = (uint8_t *)to->entries->there->data + to->entries->n;
    memset(there, 1, (size_t)n);
    if (to->numbers) {
        for (int64_t i = 0; i < n; i++)
            wide[i] = (uint64_t)(to->start + first + i + 1);
    } else {
        values = mb_block_widen(to->kernels, block, n, wide);
        if (block->validity) mb_validity_bytes(block->validity, n, there);
    }
    for (int64_t i = 0; i < n; i++) {
        *kept = values[i];
        *kept_there = there[i];
        kept += known[i];
        kept_there += known[i];
    }
}

// Keys that are there, with what they stand for.
static mb_status collect(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    collecting *to = state;
    uint64_t wide[MB_BLOCK_ROWS];
    uint8_t known[MB_BLOCK_ROWS];
    int64_t kept = to->entries->n;
    const uint64_t *words = mb_match_words(to->kernels, to->type, blocks, n, wide);
    memset(known, 1, (size_t)n);
    if (blocks[0].validity) mb_validity_bytes(blocks[0].validity, n, known);
    if (to->values || to->numbers) collect_values(to, &blocks[1], first, n, known);
    for (int64_t i = 0; i < n; i++) {
        ((uint64_t *)to->entries->words->data)[kept] = words[i];
        kept += known[i];
    }
    to->entries->n = kept;
    return MB_OK;
}

// This rank's keys that are there, and their values, or positions, or neither.
static mb_status key_entries(mb_context *cx, mb_column *keys, mb_column *values, bool numbers,
                             mb_entries *entries)
{
    collecting to = {mb_kernels_of(cx->isa), keys->type, values != NULL, numbers, 0, entries};
    mb_column *columns[] = {keys, values};
    int64_t room = mb_column_rows(keys) + 1; // a row that is left out is written too
    to.start = keys->layout->start[mb_rank(cx)];
    mb_status status = mb_buffer_new_array(cx, room, sizeof(uint64_t), &entries->words);
    if (!status && (values || numbers))
        status = mb_buffer_new_array(cx, room, sizeof(uint64_t), &entries->values);
    if (!status && (values || numbers)) status = mb_buffer_new_array(cx, room, 1, &entries->there);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_evaluate(cx, columns, values ? 2 : 1, collect, &to);
done:
    return status;
}

// --- Membership.

// The distinct values of this rank's rows of a set.
static mb_status distinct_entries(mb_context *cx, mb_column *set, mb_entries *entries)
{
    mb_counted counted = {0};
    mb_column *source = NULL;
    mb_status status;
    MB_TRY(mb_counted_source(cx, set, &source));
    uint64_t origin = mb_tally_origin(source);
    MB_TRY(mb_counted_local(cx, source, &counted));
    MB_TRY(mb_buffer_new_array(cx, counted.n, sizeof(uint64_t), &entries->words));
    const mb_key_count *pairs = counted.pairs->data;
    uint64_t *words = entries->words->data;
    for (int64_t i = 0; i < counted.n; i++)
        words[i] = pairs[i].key + origin;
    entries->n = counted.n;
done:
    mb_column_release(source);
    mb_counted_release(&counted);
    return status;
}

mb_status mb_isin(mb_context *cx, mb_column *column, mb_column *set, mb_column **result)
{
    enum { SMALL_SET = 1 << 21 }; // rows whose index is built as quickly as they are counted
    mb_entries entries = {0};
    mb_directory directory = {0};
    matching to = {.type = MB_BOOL, .tests = true};
    mb_status status = set->layout->n_global <= SMALL_SET
                           ? key_entries(cx, set, NULL, false, &entries)
                           : distinct_entries(cx, set, &entries);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_directory_open(cx, &entries, MB_HASH_TEST, enough_keys(column), &directory);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(build(cx, &directory, column, &to, NULL, result));
done:
    mb_entries_release(&entries);
    mb_directory_close(&directory);
    return status;
}

// --- Lookup.

// Leaves the first of equal keys, so that one that many rows have loads no rank.
static mb_status drop_repeated(mb_context *cx, mb_entries *entries)
{
    mb_hash_index index = {0};
    uint64_t *words = entries->words->data, *values = entries->values->data;
    uint8_t *there = entries->there->data;
    int64_t ids[MB_HASH_ROWS], kept = 0;
    mb_status status = mb_hash_index_open(cx, words, entries->n, MB_HASH_FIND, &index);
    if (status || index.duplicate < 0) goto done;
    for (int64_t at = 0; at < entries->n; at += MB_HASH_ROWS) {
        int64_t n = entries->n - at < MB_HASH_ROWS ? entries->n - at : MB_HASH_ROWS;
        mb_hash_index_find(cx, &index, words + at, n, ids);
        for (int64_t i = 0; i < n; i++) {
            words[kept] = words[at + i];
            values[kept] = values[at + i];
            there[kept] = there[at + i];
            kept += ids[i] == at + i;
        }
    }
    entries->n = kept;
done:
    mb_hash_index_close(&index);
    return status;
}

static void describe_key(mb_type type, uint64_t word, char *text, size_t size)
{
    switch (type) {
    case MB_BOOL: snprintf(text, size, "%s", word ? "true" : "false"); break;
    case MB_INT: snprintf(text, size, "%" PRId64, (int64_t)word); break;
    case MB_UINT: snprintf(text, size, "%" PRIu64, word); break;
    default: snprintf(text, size, "%.17g", mb_word_float(word));
    }
}

static mb_status refuse_repeated(mb_context *cx, const mb_lookup *lookup,
                                 const mb_directory *directory)
{
    char key[40];
    int64_t row = directory->index.duplicate;
    if (!lookup->values || row < 0) return MB_OK;
    describe_key(lookup->keys->type, ((uint64_t *)directory->entries.words->data)[row], key,
                 sizeof key);
    return mb_fail(cx, MB_EINVALID,
                   "lookup: the key %s is there more than once; keys:find(column) gives the "
                   "position of the first",
                   key);
}

// The range of what a lookup gives, for its storage; false when it is not known.
static bool result_range(const mb_lookup *lookup, mb_range *range)
{
    const mb_column *values = lookup->values;
    *range = (mb_range){1, (uint64_t)lookup->keys->layout->n_global};
    if (!values) return true;
    if (!mb_type_is_integer(values->type) || !values->bounded) return false;
    *range = values->range;
    if (!lookup->absent) return true;
    uint64_t fill = lookup->absent->bits, order = mb_order_bits(values->type, fill);
    if (order < mb_order_bits(values->type, range->minimum)) range->minimum = fill;
    if (order > mb_order_bits(values->type, range->maximum)) range->maximum = fill;
    return true;
}

mb_status mb_lookup_rows(mb_context *cx, const mb_lookup *lookup, mb_column **result)
{
    mb_entries entries = {0};
    mb_directory directory = {0};
    matching to = {.type = lookup->values ? lookup->values->type : MB_INT,
                   .absent = lookup->absent};
    mb_range range;
    mb_status status;
    if (lookup->values) MB_TRY(mb_materialise(cx, lookup->values));
    status = key_entries(cx, lookup->keys, lookup->values, !lookup->values, &entries);
    if (!status && !lookup->values) status = drop_repeated(cx, &entries);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_directory_open(cx, &entries, MB_HASH_FIND, enough_keys(lookup->column), &directory);
    if (!status) status = refuse_repeated(cx, lookup, &directory);
    MB_TRY(mb_step(cx, status, NULL));
    bool known = result_range(lookup, &range);
    MB_TRY(build(cx, &directory, lookup->column, &to, known ? &range : NULL, result));
done:
    mb_entries_release(&entries);
    mb_directory_close(&directory);
    return status;
}
