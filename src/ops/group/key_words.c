#include "ops/group/key_words.h"

mb_key_words mb_key_words_of(mb_context *cx, const mb_keys *keys, const mb_key_reader *reader,
                             int word, int64_t n)
{
    mb_key_words words = {.cx = cx, .n = n, .reader = reader, .word = word};
    for (int i = 0; i < keys->nfields; i++)
        if (keys->fields[i].word == word && keys->fields[i].bits)
            words.largest |= keys->fields[i].largest << keys->fields[i].shift;
    const mb_column *column = reader->columns[0];
    if (keys->nfields == 1 && mb_form_of(column->type->kind, column->values.width) == MB_U32 &&
        !column->validity.data) {
        words.stored = column->values.data;
        words.delta = mb_key_coding(keys, keys->fields, column->values.base).delta;
    }
    return words;
}

#define TAKE_PAIRS(a_bits, b_bits)                                                                 \
    static void take_pairs_##a_bits##_##b_bits(const mb_key_words *words, int64_t first,           \
                                               int64_t n, uint64_t *out)                           \
    {                                                                                              \
        const uint##a_bits##_t *a = (const uint##a_bits##_t *)words->numbers[0] + first;           \
        const uint##b_bits##_t *b = (const uint##b_bits##_t *)words->numbers[1] + first;           \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = a[i] * words->count + b[i];                                                   \
    }

TAKE_PAIRS(16, 16)
TAKE_PAIRS(16, 32)
TAKE_PAIRS(32, 16)
TAKE_PAIRS(32, 32)

const uint64_t *mb_key_words_take(const mb_key_words *words, int64_t first, int64_t n,
                                  uint64_t *room)
{
    if (words->reader) return mb_key_reader_take(words->reader, first, n)[words->word];
    if (words->widths[0] == 2)
        (words->widths[1] == 2 ? take_pairs_16_16 : take_pairs_16_32)(words, first, n, room);
    else
        (words->widths[1] == 2 ? take_pairs_32_16 : take_pairs_32_32)(words, first, n, room);
    return room;
}
