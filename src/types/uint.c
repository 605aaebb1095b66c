#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "types/type.h"

static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    (void)type;
    snprintf(text, size, "%" PRIu64, value.u);
}

// strtoull takes a sign, and wraps.
static bool parse(const mb_type *type, const char *text, mb_value *value)
{
    char *end;
    (void)type;
    errno = 0;
    value->u = strtoull(text, &end, 10);
    return end > text && errno == 0 && !strchr(text, '-') && !end[strspn(end, MB_BLANKS)];
}

const mb_type mb_type_uint = {.name = "uint",
                              .kind = MB_UINT,
                              .file = MB_FILE_UINT,
                              .script = MB_SCRIPT_INTEGER,
                              .format = format,
                              .parse = parse};
