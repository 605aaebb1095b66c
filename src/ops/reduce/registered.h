// Reductions that a host or a shared object has brought.
#pragma once

#include "expr/registered.h"
#include "ops/reduce/reduce.h"

// Folds the rows of columns in which no value is missing, a column for each input of a registered
// reduction: constant ones for scalars, but the first. `there` is whether the result is. The bits
// are the same on any number of ranks: states are joined as ops/reduce/block_tree.h says. Inside a
// body, collective. MB_EINVALID when types or lengths do not go together, when the kernel fails,
// and when its results differ between ranks. Memory: two blocks of rows, and the states of that
// tree.
mb_status mb_registered_reduce(mb_context *cx, const mb_registered *kernel,
                               mb_column *const *columns, mb_scalar *result,
                               bool *there) MB_MUST_CHECK;
