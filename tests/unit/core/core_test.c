// Messages, hashes, orders of values, instruction sets.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/hash.h"
#include "core/kind.h"

static void messages(mb_context *cx)
{
    CHECK_INT(mb_fail(cx, MB_EIO, "%s: %d", "file", 7), MB_EIO);
    CHECK_INT(strcmp(cx->message, "file: 7"), 0);
    CHECK_INT(mb_fail_within(cx, MB_EINVALID, "reading %s", "x"), MB_EINVALID);
    CHECK_INT(strcmp(cx->message, "reading x: file: 7"), 0);
}

static void long_messages(mb_context *cx)
{
    char text[3 * MB_MESSAGE_SIZE];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    (void)mb_fail(cx, MB_EIO, "%s", text);
    CHECK_INT(strlen(cx->message), MB_MESSAGE_SIZE - 1);
    (void)mb_fail_within(cx, MB_EIO, "%s", text);
    CHECK_INT(strlen(cx->message), MB_MESSAGE_SIZE - 1);
}

// A bijection has no collisions; a good mix flips half of the bits for one that changes.
static void mixing(mb_context *cx)
{
    (void)cx;
    int64_t flipped = 0;
    for (uint64_t x = 0; x < 1000; x++)
        for (int bit = 0; bit < 64; bit++)
            flipped += __builtin_popcountll(mb_mix(x) ^ mb_mix(x ^ UINT64_C(1) << bit));
    double mean = (double)flipped / 64000;
    CHECK(mean > 31 && mean < 33);
}

static void hashing(mb_context *cx)
{
    (void)cx;
    const char text[] = "0123456789abcdef0123456789";
    char moved[sizeof text + 1];
    memcpy(moved + 1, text, sizeof text);
    for (size_t size = 0; size < sizeof text; size++) {
        uint64_t hash = mb_hash_bytes(1, text, size);
        CHECK(hash == mb_hash_bytes(1, moved + 1, size)); // whatever the alignment
        CHECK(hash != mb_hash_bytes(2, text, size));
        CHECK(hash != mb_hash_bytes(1, text, size + 1));
    }
    CHECK(mb_hash_bytes(0, "\0", 1) != mb_hash_bytes(0, "\0\0", 2));
    CHECK(mb_hash_word(mb_hash_word(0, 1), 2) != mb_hash_word(mb_hash_word(0, 2), 1));
}

static int compare_words(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// The multiples of a multiplier are about as far from each other as they can be, and those of
// another seed are elsewhere.
static void multipliers(mb_context *cx)
{
    (void)cx;
    enum { SEEDS = 50, MOST = 1000 };
    uint64_t products[MOST + 1], previous = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        uint64_t multiplier = mb_hash_multiplier(seed);
        CHECK(multiplier % 2 == 1);
        CHECK(multiplier != previous);
        previous = multiplier;
        for (size_t n = 10; n <= MOST; n *= 10) {
            for (size_t i = 0; i < n; i++)
                products[i] = i * multiplier;
            qsort(products, n, sizeof *products, compare_words);
            for (size_t i = 1; i < n; i++)
                CHECK(products[i] - products[i - 1] > UINT64_MAX / (4 * n));
        }
    }
}

static void orders(mb_context *cx)
{
    (void)cx;
    const int64_t ints[] = {INT64_MIN, -2, -1, 0, 1, INT64_MAX};
    for (int i = 0; i + 1 < 6; i++)
        CHECK(mb_order_bits(MB_INT, (uint64_t)ints[i]) <
              mb_order_bits(MB_INT, (uint64_t)ints[i + 1]));
    CHECK(mb_order_bits(MB_UINT, UINT64_MAX) > mb_order_bits(MB_UINT, 1));
    CHECK(mb_order_bits(MB_INT, mb_order_bits(MB_INT, 42)) == 42);
    const double floats[] = {-__builtin_inf(), -1e300, -1.5,  -5e-324,        -0.0, 0.0,
                             5e-324,           1.5,    1e300, __builtin_inf()};
    for (int i = 0; i + 1 < 10; i++) {
        CHECK(mb_order_number(floats[i]) < mb_order_number(floats[i + 1]));
        double back = mb_unorder_number(mb_order_number(floats[i]));
        CHECK_INT(memcmp(&back, &floats[i], sizeof back), 0);
        CHECK(mb_order_single((float)floats[i]) <= mb_order_single((float)floats[i + 1]));
        CHECK(mb_unorder_single(mb_order_single((float)floats[i])) == (float)floats[i]);
        CHECK(mb_unorder_float(mb_order_float(floats[i])) == floats[i]);
    }
    CHECK(mb_order_float(-0.0) == mb_order_float(0.0));
    CHECK(mb_order_float(-__builtin_nan("")) == MB_ORDER_NAN);
    CHECK(mb_order_float(__builtin_inf()) < MB_ORDER_NAN);
}

static void whole_numbers(mb_context *cx)
{
    (void)cx;
    uint64_t bits = 0;
    CHECK_INT(mb_integer_of_whole(MB_INT, -0x1p63, &bits), 0);
    CHECK_INT(bits, INT64_MIN);
    CHECK_INT(mb_integer_of_whole(MB_INT, -0x1.0000000000001p63, &bits), -1);
    CHECK_INT(mb_integer_of_whole(MB_INT, 0x1p63, &bits), 1);
    CHECK_INT(mb_integer_of_whole(MB_UINT, 0x1p63, &bits), 0);
    CHECK(bits == UINT64_C(1) << 63);
    CHECK_INT(mb_integer_of_whole(MB_UINT, -1, &bits), -1);
    CHECK_INT(mb_integer_of_whole(MB_UINT, 0x1p64, &bits), 1);
    CHECK_INT(mb_integer_of_whole(MB_UINT, -0.0, &bits), 0);
    CHECK_INT(bits, 0);
}

static void instruction_sets(mb_context *cx)
{
    (void)cx;
    mb_isa best = mb_isa_best();
    CHECK((int)best >= 0 && best < MB_ISAS);
    CHECK_INT(strcmp(mb_isa_name(MB_ISA_BASE), "base"), 0);
    CHECK(strlen(mb_isa_name(best)) > 0);
}

const check_test check_tests[] = {
    {"core: messages", messages},
    {"core: messages that are too long", long_messages},
    {"core: mixing", mixing},
    {"core: hashing", hashing},
    {"core: multipliers of hashes", multipliers},
    {"core: orders of values", orders},
    {"core: whole numbers as integers", whole_numbers},
    {"core: instruction sets", instruction_sets},
    {0},
};
