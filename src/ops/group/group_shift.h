// The value of a row some way before or behind each one, in the same group.
#pragma once

#include "ops/group/numbering.h"

// The values of the rows n before in the same group, or -n behind; where there is none `fill`, or,
// where that is NULL, a missing row. No row moves: ranks walk their rows with the last values of
// each of their groups at hand, and begin with those that the groups' owners have of other ranks.
// Memory: the rows as they are stored, twice, and for each local group and each group received 24
// bytes, and 18 for each of up to n of its rows. Inside a body, collective.
mb_status mb_group_shift(mb_numbering *numbering, mb_column *column, int64_t n,
                         const mb_value *fill, mb_column **result) MB_MUST_CHECK;
