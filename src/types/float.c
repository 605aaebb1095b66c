#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "types/digits.h"
#include "types/type.h"

static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    char whole[MB_FLOAT_TEXT];
    (void)type;
    snprintf(text, size, "%.*s", mb_float_write(value.f, whole), whole);
}

// Decimal, or inf, infinity or nan, whatever the locale of the script.
static bool parse(const mb_type *type, const char *text, mb_value *value)
{
    char *end = NULL;
    (void)type;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain) return false;
    value->f = strtod_l(text, &end, plain);
    freelocale(plain);
    return end > text && !strpbrk(text, "xX(") && !end[strspn(end, MB_BLANKS)];
}

const mb_type mb_type_float = {.name = "float",
                               .kind = MB_FLOAT,
                               .file = MB_FILE_FLOAT,
                               .script = MB_SCRIPT_NUMBER,
                               .format = format,
                               .parse = parse};
