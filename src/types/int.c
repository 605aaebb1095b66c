#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "types/type.h"

static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    (void)type;
    snprintf(text, size, "%" PRId64, value.i);
}

static bool parse(const mb_type *type, const char *text, mb_value *value)
{
    char *end;
    (void)type;
    errno = 0;
    value->i = strtoll(text, &end, 10);
    return end > text && errno == 0 && !end[strspn(end, MB_BLANKS)];
}

const mb_type mb_type_int = {.name = "int",
                             .kind = MB_INT,
                             .file = MB_FILE_INT,
                             .script = MB_SCRIPT_INTEGER,
                             .format = format,
                             .parse = parse};
