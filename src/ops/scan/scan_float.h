// Sums and products of floats up to each row, which do not depend on how the rows are spread.
#pragma once

#include "column/column.h"
#include "ops/scan/scan_kernels.h"

// MB_CUMSUM or MB_CUMPROD of a float column that has values, as mb_scan describes it. Inside a
// body, collective; concludes it.
mb_status mb_scan_float(mb_context *cx, mb_column *column, mb_scan_kind kind, bool exclusive,
                        mb_column **result) MB_MUST_CHECK;
