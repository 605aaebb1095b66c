#include <stdio.h>

#include "types/type.h"

static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    (void)type;
    snprintf(text, size, "%s", value.b ? "true" : "false");
}

const mb_type mb_type_bool = {.name = "bool",
                              .kind = MB_BOOL,
                              .file = MB_FILE_BOOL,
                              .script = MB_SCRIPT_BOOLEAN,
                              .format = format};
