#include "ops/group/group_keys.h"

#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/hash.h"
#include "ops/group/dictionary.h"
#include "ops/group/numbering.h"

enum {
    MANY_BITS = 16,    // 2^16 groups are many
    SAMPLES = 1 << 14, // keys that are looked at
};

void mb_group_keys_close(mb_group_keys *keys)
{
    for (int k = 0; k < keys->n; k++) {
        mb_column_release(keys->columns[k]);
        mb_column_release(keys->codes[k]);
        mb_buffer_release(keys->dictionaries[k]);
    }
    *keys = (mb_group_keys){.n = 0};
}

// --- A sample.

// Words of a row that are alike for equal keys: of all together, and, where there are several, of
// each.
static void hash_keys(const mb_group_keys *keys, int64_t row, uint64_t *words)
{
    uint64_t all = 0;
    for (int k = 0; k < keys->n; k++) {
        mb_value value = {.u = 0};
        bool valid = mb_column_get(keys->columns[k], row, &value);
        uint64_t word = valid ? value.bits : UINT64_MAX - 1;
        all = mb_hash_word(all, word);
        if (keys->n > 1) words[k + 1] = word;
    }
    words[0] = all;
}

// About how many different words there are where a sample has n (in order), by how many it has once
// and twice (Chao: Nonparametric Estimation of the Number of Classes in a Population, Scandinavian
// Journal of Statistics 1984).
static double estimate_distinct(const uint64_t *sample, int64_t n)
{
    int64_t distinct = 0, once = 0, twice = 0, end;
    for (int64_t i = 0; i < n; i = end) {
        for (end = i + 1; end < n && sample[end] == sample[i];)
            end++;
        distinct++;
        once += end - i == 1;
        twice += end - i == 2;
    }
    return (double)distinct + (double)once * (double)once / (2.0 * (double)(twice + 1));
}

typedef struct sampling {
    mb_buffer *memory, *sizes;
    uint64_t *mine, *all, *words, *scratch;
    double about[MB_MOST_ROOTS + 1]; // values of all keys together, and of each
    bool sampled;
} sampling;

static int sample_width(const mb_group_keys *keys)
{
    return keys->n > 1 ? keys->n + 1 : 1;
}

static mb_status open_sampling(mb_context *cx, int64_t width, sampling *sample)
{
    mb_status status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(int64_t), &sample->sizes);
    if (status) return status;
    status = mb_buffer_new_array(cx, SAMPLES * (2 * width + 2), sizeof(uint64_t), &sample->memory);
    if (status) return status;
    sample->mine = sample->memory->data;
    sample->all = sample->mine + SAMPLES * width;
    sample->words = sample->all + SAMPLES * width;
    sample->scratch = sample->words + SAMPLES;
    return MB_OK;
}

// Takes this rank's part of the sample; returns how many rows it has in all.
static int64_t pick_rows(const mb_group_keys *keys, sampling *sample)
{
    const int rank = mb_rank(keys->cx);
    const int64_t width = sample_width(keys), n_global = keys->columns[0]->layout->n_global;
    int64_t wanted = n_global < SAMPLES ? n_global : SAMPLES, total = 0,
            *bytes = sample->sizes->data;
    int64_t rows = mb_layout_rows(keys->columns[0]->layout, rank);
    for (int r = 0; r < mb_nranks(keys->cx); r++) {
        mb_int128 share = (mb_int128)wanted * mb_layout_rows(keys->columns[0]->layout, r);
        bytes[r] = (int64_t)(share / n_global) * width * (int64_t)sizeof(uint64_t);
        total += (int64_t)(share / n_global);
    }
    int64_t n = bytes[rank] / width / (int64_t)sizeof(uint64_t);
    for (int64_t i = 0; i < n; i++) {
        uint64_t spread = mb_mix((uint64_t)i) % (uint64_t)(rows / n);
        hash_keys(keys, i * (rows / n) + (int64_t)spread, sample->mine + i * width);
    }
    return total;
}

// Estimates how many values there are. Collective.
static mb_status sample_keys(const mb_group_keys *keys, sampling *sample)
{
    mb_context *cx = keys->cx;
    const int width = sample_width(keys);
    mb_status status;
    MB_TRY(mb_step(cx, open_sampling(cx, width, sample), NULL));
    int64_t total = pick_rows(keys, sample);
    sample->sampled = true;
    mb_gather_all_varying(cx, sample->mine, sample->sizes->data, sample->all);
    for (int k = 0; k < width; k++) {
        for (int64_t i = 0; i < total; i++)
            sample->words[i] = sample->all[i * width + k];
        const uint64_t *sorted =
            mb_order_kernels_of(cx->isa)->sort(sample->words, sample->scratch, total, 0);
        sample->about[k] = estimate_distinct(sorted, total);
    }
done:
    mb_buffer_release(sample->memory);
    mb_buffer_release(sample->sizes);
    return status;
}

// Whether keys have so few bits that there cannot be many groups.
static bool are_narrow(const mb_group_keys *keys)
{
    int bits = 0;
    for (int k = 0; k < keys->n; k++) {
        mb_range range;
        if (!mb_column_range(keys->columns[k], &range)) return false;
        uint64_t span = range.maximum - range.minimum;
        bits += span + 1 ? 64 - __builtin_clzll(span + 1) : 64;
    }
    return bits <= MANY_BITS + 1;
}

// Whether numbers of a key's values are so much shorter than codes that they are worth a
// dictionary: beside other keys, for whose bits they make room.
static bool wants_dictionary(const mb_group_keys *keys, const mb_key_bounds *bounds, double about)
{
    enum { SAVED_BITS = 6, MOST_BITS = 17 };
    mb_keys alone;
    mb_keys_pack(bounds, NULL, 1, &alone);
    return keys->n > 1 && alone.nwords == 1 && about < 1 << MOST_BITS &&
           alone.bits[0] >= mb_bits_below((int64_t)about) + SAVED_BITS;
}

// Packs the keys. Collective.
static mb_status pack(mb_group_keys *keys, const sampling *sample)
{
    mb_key_bounds bounds[MB_MOST_ROOTS];
    mb_context *cx = keys->cx;
    mb_status status = MB_OK;
    for (int k = 0; k < keys->n; k++) {
        mb_column *column = keys->columns[k];
        MB_TRY(mb_key_bounds_of(cx, column, &bounds[k]));
        if (sample->sampled && wants_dictionary(keys, &bounds[k], sample->about[k + 1]))
            MB_TRY(mb_value_codes(cx, column, &bounds[k], &keys->codes[k], &keys->dictionaries[k]));
        if (keys->codes[k])
            MB_TRY(mb_key_bounds_of(cx, keys->codes[k], &bounds[k]));
        else
            keys->codes[k] = mb_column_retain(column);
    }
    mb_keys_pack(bounds, NULL, keys->n, &keys->packed);
done:
    return status;
}

mb_status mb_group_keys_open(mb_context *cx, mb_column *const *columns, int n, mb_layout *rows,
                             mb_group_sampling how, mb_group_keys *keys, bool *many)
{
    sampling sample = {NULL};
    mb_status status = MB_OK;
    *keys = (mb_group_keys){.cx = cx};
    for (; keys->n < n; keys->n++)
        MB_TRY(mb_settle(cx, columns[keys->n], rows, &keys->columns[keys->n]));
    if (how == MB_SAMPLE_ALWAYS || (how == MB_SAMPLE_WIDE && !are_narrow(keys)))
        MB_TRY(sample_keys(keys, &sample));
    *many = sample.about[0] > 1 << MANY_BITS;
    MB_TRY(pack(keys, &sample));
done:
    return status;
}

// --- Keys of groups.

// The values of key k; valid[i] is 0 for missing ones.
static void values_of(const mb_group_keys *keys, int k, uint64_t *const *words, int64_t n,
                      uint64_t *values, uint8_t *valid)
{
    const mb_column *column = keys->columns[k];
    mb_keys_values(&keys->packed, k, words, n, values, valid);
    if (keys->dictionaries[k]) {
        const uint64_t *of_code = keys->dictionaries[k]->data;
        const uint64_t missing = keys->dictionaries[k]->size / sizeof *of_code - 1;
        for (int64_t i = 0; column->facts.missing && i < n; i++)
            valid[i] = values[i] != missing;
        for (int64_t i = 0; i < n; i++)
            values[i] = of_code[values[i]];
    }
}

mb_status mb_group_keys_builders(const mb_group_keys *keys, int64_t groups, mb_builder **builders)
{
    mb_status status = MB_OK;
    for (int k = 0; k < keys->n && !status; k++) {
        const mb_column *column = keys->columns[k];
        const mb_range *guess = column->facts.bounded ? &column->facts.range : NULL;
        status = mb_builder_open(keys->cx, column->type, groups, guess, column->values.width,
                                 &builders[k]);
    }
    return status;
}

mb_status mb_group_keys_append(const mb_group_keys *keys, uint64_t *const *words, int64_t n,
                               mb_builder **builders)
{
    uint64_t values[MB_KEY_ROWS];
    uint8_t valid[MB_KEY_ROWS];
    mb_status status = MB_OK;
    for (int k = 0; k < keys->n && !status; k++) {
        values_of(keys, k, words, n, values, valid);
        status = mb_builder_append_words(builders[k], values,
                                         keys->columns[k]->facts.missing ? valid : NULL, n);
    }
    return status;
}
