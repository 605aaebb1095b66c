#include <inttypes.h>
#include <stdio.h>

#include "types/type.h"

static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    (void)type;
    snprintf(text, size, "%" PRId64, value.i);
}

const mb_type mb_type_int = {.name = "int",
                             .kind = MB_INT,
                             .file = MB_FILE_INT,
                             .script = MB_SCRIPT_INTEGER,
                             .format = format};
