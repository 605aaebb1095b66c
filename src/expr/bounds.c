// What is known of the ranges of integers before they are computed.

#include "expr/program.h"

static void bound_product(const mb_program_step *a, const mb_program_step *b,
                          mb_program_step *result)
{
    const mb_int128 ends[4] = {a->low * b->low, a->low * b->high, a->high * b->low,
                               a->high * b->high};
    result->low = result->high = ends[0];
    for (int i = 1; i < 4; i++) {
        if (ends[i] < result->low) result->low = ends[i];
        if (ends[i] > result->high) result->high = ends[i];
    }
}

// Whether products of its bounds may be beyond 128 bits. Bounds of no rows have the low one above.
static bool is_huge(const mb_program_step *step)
{
    return step->low > INT64_MAX || step->high > INT64_MAX;
}

void mb_bound_result(mb_operator op, const mb_program_step *a, const mb_program_step *b,
                     mb_program_step *result)
{
    if (!a->bounded || !b->bounded) return;
    if (op == MB_MUL && (is_huge(a) || is_huge(b))) return;
    if (op == MB_MUL) {
        bound_product(a, b, result);
    } else {
        result->low = op == MB_ADD ? a->low + b->low : a->low - b->high;
        result->high = op == MB_ADD ? a->high + b->high : a->high - b->low;
    }
    result->bounded = result->low <= result->high && mb_integer_fits(result->as, result->low) &&
                      mb_integer_fits(result->as, result->high);
}

bool mb_fits_narrow(mb_program_step *result)
{
    const mb_int128 most = UINT32_MAX;
    if (!result->bounded || result->high - result->low > most) return false;
    bool plain = result->low >= 0 && result->high <= most;
    result->block.form = MB_U32;
    result->block.base = plain ? 0 : (uint64_t)result->low;
    return true;
}
