// Arrays of a host become columns, which read them where they lie.
//
// The buffer of such a column is one of the host's memory, or of a copy, and belongs to a share:
// what is known of the array, so that a touch can look at it again.
#pragma once

#include "bind/runtime.h"
#include "host/array.h"

// Makes a column of the arrays of all ranks. *layout, NULL at first, is that of their rows, for
// other columns of the same rows, and the caller's to release. `caller` begins messages; `index`
// counts the columns of an operation. The array's release is not called before mb_share_give. The
// status is this rank's own: agree on it next. Inside a body, collective.
mb_status mb_share_make(mb_runtime *runtime, const char *caller, const mb_host_array *rows,
                        mb_layout **layout, int index, mb_column **made) MB_MUST_CHECK;

// The column has its array for good, whose release is called when nothing uses it any more. False
// for a column that does not use it: text. Not collective.
bool mb_share_give(mb_column *column);

// Tells the host that nothing uses its array any more. The callback must not call us. Not
// collective.
void mb_share_give_back(mb_runtime *runtime, const mb_array *array);
