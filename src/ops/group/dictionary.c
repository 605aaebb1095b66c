#include "ops/group/dictionary.h"

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/group/hash_rows.h"
#include "ops/group/numbering.h"

enum { MOST_VALUES = 1 << 20 };

// Gathers the lists of all ranks.
static mb_status gather_lists(mb_context *cx, const mb_word_list *mine, int64_t n_global,
                              mb_buffer **words)
{
    mb_status status = mb_buffer_new_array(cx, n_global, sizeof(uint64_t), words);
    status = mb_step(cx, status, NULL);
    if (!status) mb_gather_lists(cx, mine->words->data, mine->n, sizeof(uint64_t), (*words)->data);
    return status;
}

// The code of each number of this rank.
static void number_codes(const mb_hashed *hashed, const uint64_t *global, uint32_t *codes)
{
    const uint32_t *word_index = hashed->word_index->data;
    for (int64_t i = 0; i < hashed->n; i++)
        codes[i] = (uint32_t)global[word_index[i]];
}

static void translate(const mb_column *to, const uint32_t *numbers, const uint32_t *codes)
{
    const int64_t rows = mb_column_rows(to);
    uint16_t *two = to->values.buffer->data;
    uint32_t *four = to->values.buffer->data;
    for (int64_t i = 0; i < rows; i++) {
        if (to->values.width == 2)
            two[i] = (uint16_t)codes[numbers[i]];
        else
            four[i] = codes[numbers[i]];
    }
}

static mb_status new_codes(mb_context *cx, const mb_column *column, int64_t n_global,
                           mb_column **codes)
{
    mb_column model = {.type = &mb_type_int,
                       .layout = column->layout,
                       .identity = mb_result_identity(cx, 0),
                       .values = {.width = n_global <= 1 << 16 ? 2 : 4},
                       .facts = {.bounded = true, .range = {0, (uint64_t)n_global - 1}}};
    return mb_column_new(cx, &model, codes);
}

// Replaces words by the values that they encode.
static void decode(const mb_keys *keys, uint64_t *words, int64_t n)
{
    uint8_t valid[MB_KEY_ROWS];
    for (int64_t first = 0; first < n; first += MB_KEY_ROWS) {
        int64_t count = n - first < MB_KEY_ROWS ? n - first : MB_KEY_ROWS;
        uint64_t *const at = words + first;
        mb_keys_values(keys, 0, &at, count, at, valid);
    }
}

mb_status mb_value_codes(mb_context *cx, mb_column *column, const mb_key_bounds *bounds,
                         mb_column **codes, mb_buffer **values)
{
    mb_keys keys;
    mb_key_reader reader = {NULL};
    mb_hashed hashed = {NULL};
    mb_word_list list = {NULL, 0};
    mb_buffer *numbers = NULL, *of_number = NULL, *all = NULL;
    mb_column *made = NULL;
    int64_t n_global;
    bool too_many = false;
    mb_keys_pack(bounds, NULL, 1, &keys);
    mb_status status = mb_key_reader_open(cx, &keys, &column, &reader);
    mb_key_words source = mb_key_words_of(cx, &keys, &reader, 0, mb_column_rows(column));
    if (!status) status = mb_hash_rows(&source, &hashed, &too_many);
    if (!status) status = mb_buffer_new_array(cx, hashed.n, sizeof(uint64_t), &numbers);
    if (!status) status = mb_buffer_new_array(cx, hashed.n, sizeof(uint32_t), &of_number);
    mb_payload payload = {.max = {too_many}};
    MB_TRY(mb_step(cx, status, &payload));
    if (payload.max[0]) goto done;
    MB_TRY(mb_number_words(cx, hashed.words->data, hashed.n, numbers->data, &n_global, &list));
    if (n_global > MOST_VALUES) goto done;
    MB_TRY(gather_lists(cx, &list, n_global, &all));
    status = new_codes(cx, column, n_global, &made);
    MB_TRY(mb_step(cx, status, NULL));
    number_codes(&hashed, numbers->data, of_number->data);
    translate(made, hashed.numbers->data, of_number->data);
    decode(&keys, all->data, n_global);
    *codes = made;
    *values = all;
    made = NULL;
    all = NULL;
done:
    mb_key_reader_close(&reader);
    mb_hashed_release(&hashed);
    mb_buffer_release(list.words);
    mb_buffer_release(numbers);
    mb_buffer_release(of_number);
    mb_buffer_release(all);
    mb_column_release(made);
    return status;
}
