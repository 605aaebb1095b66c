// The operands of what works row by row: columns, and scalars that become columns beside them.
#pragma once

#include "bind/bind.h"

typedef struct mb_operand {
    mb_column *column; // or a scalar:
    bool null;
    const mb_type *type;
    mb_value value;
} mb_operand;

// Columns for n operands: constant ones for scalars, as long as the first column, or of one row
// where there is none. Each entry of `columns`, NULL before, is the caller's to release whatever
// the status. Not collective.
mb_status mb_operand_columns(mb_context *cx, const mb_operand *operands, int n,
                             mb_column **columns) MB_MUST_CHECK;

// Leaves the column of a box on top of the stack there, or of scalars alone its value. Raises for a
// status. Not collective.
int mb_operand_give(lua_State *L, mb_column **box, mb_status status, bool scalar);
