#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "types/type.h"

// Replaces the decimal point of the locale, which a script may set.
static void write_point(char *text)
{
    const char *point = localeconv()->decimal_point;
    size_t length = strlen(point);
    char *at = strstr(text, point);
    if (!at || !length) return;
    *at = '.';
    memmove(at + 1, at + length, strlen(at + length) + 1);
}

// The shortest of the usual precisions that reads back as the same number.
static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    (void)type;
    if (isnan(value.f)) {
        snprintf(text, size, "nan");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, value.f);
        if (strtod(text, NULL) == value.f) break;
    }
    write_point(text);
    if (!text[strcspn(text, ".eni")]) strncat(text, ".0", size - strlen(text) - 1);
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
