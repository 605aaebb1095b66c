// Sums of floats that do not depend on how the rows are spread over the ranks.
#pragma once

#include "ops/reduce.h"

// The sum (or the mean) of a float column, as mb_reduce describes it. Inside a body, collective.
mb_status mb_float_sum(mb_context *cx, mb_column *column, bool mean,
                       mb_scalar *result) MB_MUST_CHECK;
