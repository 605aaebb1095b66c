#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "types/type.h"

static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    (void)type;
    snprintf(text, size, "%s", value.b ? "true" : "false");
}

static bool parse(const mb_type *type, const char *text, mb_value *value)
{
    static const char *const words[2][2] = {{"false", "0"}, {"true", "1"}};
    (void)type;
    text += strspn(text, MB_BLANKS);
    size_t length = strcspn(text, MB_BLANKS);
    bool found = false;
    for (int b = 0; b < 2 && !found && !text[length + strspn(text + length, MB_BLANKS)]; b++)
        for (int w = 0; w < 2 && !found; w++) {
            found = strlen(words[b][w]) == length && strncasecmp(text, words[b][w], length) == 0;
            value->b = b;
        }
    return found;
}

const mb_type mb_type_bool = {.name = "bool",
                              .kind = MB_BOOL,
                              .file = MB_FILE_BOOL,
                              .script = MB_SCRIPT_BOOLEAN,
                              .format = format,
                              .parse = parse};
