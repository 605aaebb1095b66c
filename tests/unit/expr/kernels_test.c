// Loops of expressions: what each instruction set gives is what plain C gives; and what an engine's
// caller, without Lua's checks before it, is refused.
#include <string.h>

#include "check.h"
#include "expr/evaluate.h"

enum { ROWS = 1000 };

// The instruction sets that this processor has.
static int known_sets(void)
{
    return (int)mb_isa_best() + 1;
}

static void check_compress(const uint8_t *values, const uint8_t *mask, int64_t n, int width)
{
    static uint8_t expected[ROWS * 8], got[ROWS * 8 + MB_SLACK];
    int index = width == 8 ? 3 : width / 2;
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++)
        if (mask[i]) {
            memcpy(expected + kept * width, values + i * width, (size_t)width);
            kept++;
        }
    for (int isa = 0; isa < known_sets(); isa++) {
        const mb_kernels *kernels = mb_kernels_of((mb_isa)isa);
        CHECK_INT(kernels->compress[index](values, mask, n, got), kept);
        CHECK_INT(memcmp(got, expected, (size_t)(kept * width)), 0);
    }
}

// Every width and density of masks, and every length to two vectors.
static void compaction(mb_context *cx)
{
    static uint8_t values[ROWS * 8 + MB_SLACK], mask[ROWS + MB_SLACK];
    static const int64_t densities[] = {0, 1, 10, 50, 90, 100};
    uint64_t state = 7;
    (void)cx;
    for (size_t i = 0; i < sizeof values; i++)
        values[i] = (uint8_t)check_random(&state, 256);
    for (size_t d = 0; d < sizeof densities / sizeof *densities; d++) {
        for (int64_t i = 0; i < ROWS; i++)
            mask[i] = check_random(&state, 100) < densities[d];
        for (int width = 1; width <= 8; width *= 2) {
            for (int64_t n = 0; n <= 128; n++)
                check_compress(values, mask, n, width);
            check_compress(values, mask, ROWS, width);
        }
    }
}

static mb_column *make_leaf(mb_context *cx, const mb_type *type, int64_t n)
{
    const mb_value values[2] = {{.u = 3}, {.u = 1}};
    mb_column *column = NULL;
    CHECK_OK(cx, mb_expression_leaf(cx, MB_CONSTANT, type, n, values, 0, &column));
    return column;
}

static void check_refused(mb_context *cx, mb_column *a, mb_column *b, const char *part)
{
    mb_column *result = NULL, *operands[MB_MOST_OPERANDS] = {a, b};
    CHECK_STATUS(cx, mb_expression_apply(cx, MB_ADD, operands, NULL, &result), MB_EINVALID);
    CHECK_TEXT(cx->message, part);
    CHECK(!result);
}

static void refusals(mb_context *cx)
{
    mb_context other;
    check_open(&other);
    mb_column *ints = make_leaf(cx, &mb_type_int, 5), *uints = make_leaf(cx, &mb_type_uint, 5);
    mb_column *longer = make_leaf(cx, &mb_type_int, 6),
              *foreign = make_leaf(&other, &mb_type_int, 5);
    check_refused(cx, ints, foreign, "different runtimes");
    check_refused(cx, ints, uints, ":as(\"int\")");
    check_refused(cx, ints, longer, "lengths differ");
    mb_column_release(ints);
    mb_column_release(uints);
    mb_column_release(longer);
    mb_column_release(foreign);
    check_close(&other);
}

const check_test check_tests[] = {{"compaction", compaction}, {"refusals", refusals}, {NULL, NULL}};
