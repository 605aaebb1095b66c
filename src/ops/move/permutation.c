#include "ops/move/permutation.h"

#include <stdlib.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/hash.h"

enum { FEW = 4096, PIECE = 2048, ROUNDS = 6 };

// --- Few rows: in the order of random words.

typedef struct drawn {
    uint64_t word;
    int64_t row;
} drawn;

static int compare_drawn(const void *a, const void *b)
{
    const drawn *x = a, *y = b;
    if (x->word != y->word) return x->word < y->word ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static void draw_few(int64_t n, uint64_t seed, drawn *rows)
{
    for (int64_t i = 0; i < n; i++)
        rows[i] = (drawn){mb_hash_word(seed, (uint64_t)i), i};
    qsort(rows, (size_t)n, sizeof *rows, compare_drawn);
}

// --- Many: a cipher of the row.

typedef struct cipher {
    uint64_t n, keys[ROUNDS];
    int left, right; // bits of the halves
} cipher;

static cipher open_cipher(int64_t n, uint64_t seed)
{
    cipher cipher = {.n = (uint64_t)n};
    int bits = 1;
    while (bits < 63 && INT64_C(1) << bits < n)
        bits++;
    cipher.left = bits / 2;
    cipher.right = bits - bits / 2;
    for (int i = 0; i < ROUNDS; i++)
        cipher.keys[i] = mb_hash_word(seed, (uint64_t)i);
    return cipher;
}

// Halves change in turns, each by a function of the other, so every round can be undone.
static uint64_t encipher(const cipher *cipher, uint64_t x)
{
    const uint64_t left_mask = (UINT64_C(1) << cipher->left) - 1;
    const uint64_t right_mask = (UINT64_C(1) << cipher->right) - 1;
    uint64_t left = x >> cipher->right, right = x & right_mask;
    for (int i = 0; i < ROUNDS; i += 2) {
        left ^= mb_mix(right + cipher->keys[i]) & left_mask;
        right ^= mb_mix(left + cipher->keys[i + 1]) & right_mask;
    }
    return left << cipher->right | right;
}

static int64_t permuted(const cipher *cipher, int64_t row)
{
    uint64_t x = (uint64_t)row;
    do {
        x = encipher(cipher, x);
    } while (x >= cipher->n);
    return (int64_t)x;
}

static mb_status append_rows(mb_builder *builder, const drawn *few, const cipher *cipher,
                             int64_t first, int64_t n)
{
    int64_t piece[PIECE];
    mb_status status = MB_OK;
    for (int64_t at = 0; at < n && !status; at += PIECE) {
        int64_t length = n - at < PIECE ? n - at : PIECE;
        for (int64_t i = 0; i < length; i++) {
            int64_t row = first + at + i;
            piece[i] = 1 + (few ? few[row].row : permuted(cipher, row));
        }
        status = mb_builder_append(builder, piece, NULL, length);
    }
    return status;
}

mb_status mb_permutation(mb_context *cx, int64_t n, int64_t count, uint64_t seed,
                         mb_column **positions)
{
    mb_layout *layout = NULL;
    mb_builder *builder = NULL;
    mb_buffer *memory = NULL;
    mb_range range = {1, (uint64_t)n};
    cipher cipher = open_cipher(n, seed);
    mb_status status;
    int64_t rows;
    MB_TRY(mb_layout_even(cx, count, &layout));
    rows = mb_layout_rows(layout, mb_rank(cx));
    MB_TRY(mb_memory_need(cx, rows * (n > UINT32_MAX ? 8 : 4)));
    MB_TRY(mb_builder_open(cx, &mb_type_int, rows, n ? &range : NULL, 8, &builder));
    if (n <= FEW) {
        MB_TRY(mb_buffer_new_array(cx, n, sizeof(drawn), &memory));
        draw_few(n, seed, memory->data);
    }
    MB_TRY(append_rows(builder, memory ? memory->data : NULL, &cipher, layout->start[mb_rank(cx)],
                       rows));
    MB_TRY(mb_builder_finish(cx, &builder, 1, &layout, 0, positions));
done:
    mb_buffer_release(memory);
    mb_builder_close(builder);
    mb_layout_release(layout);
    return status;
}
