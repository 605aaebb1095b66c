#include <inttypes.h>
#include <stdio.h>

#include "types/type.h"

static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    (void)type;
    snprintf(text, size, "%" PRIu64, value.u);
}

const mb_type mb_type_uint = {.name = "uint",
                              .kind = MB_UINT,
                              .file = MB_FILE_UINT,
                              .script = MB_SCRIPT_INTEGER,
                              .format = format};
