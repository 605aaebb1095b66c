#include <stdio.h>
#include <string.h>

#include "types/dictionary.h"

static void format(mb_value value, char *text, size_t size)
{
    (void)value;
    snprintf(text, size, "%s", "");
}

// Strings are compared and chosen; nothing is computed of them.
static bool operate(mb_operator op, const mb_type *const *operands, const mb_type *plain,
                    const mb_type **result)
{
    (void)operands;
    (void)plain;
    if (mb_operator_compares(op) || op == MB_MINIMUM || op == MB_MAXIMUM || op == MB_WHERE ||
        op == MB_IS_MISSING)
        return false;
    *result = NULL;
    return true;
}

const mb_type mb_type_text = {.name = "text",
                              .kind = MB_UINT,
                              .file = MB_FILE_UINT,
                              .format = format,
                              .operate = operate};
