#include "ops/text/idna.h"

#include <idn2.h>
#include <stdlib.h>
#include <string.h>

#include "comm/lockstep.h"
#include "ops/text/entries.h"
#include "ops/text/find_row.h"
#include "ops/text/refuse.h"

enum { LONGEST = 1024 }; // bytes of a name: those of the DNS have 253, in other letters some more

typedef struct converting {
    bool decode;
    bool *failed; // some string was none
} converting;

// What libidn2 makes of a string, to be freed by idn2_free; NULL and why for one that is no name.
static char *convert(mb_string string, bool decode, int *why)
{
    char name[LONGEST + 1], *made = NULL;
    *why = IDN2_TOO_BIG_DOMAIN;
    if (string.length > LONGEST) return NULL;
    *why = IDN2_DISALLOWED;
    if (memchr(string.bytes, '\0', string.length)) return NULL;
    memcpy(name, string.bytes, string.length);
    name[string.length] = '\0';
    *why = decode ? idn2_to_unicode_8z8z(name, &made, IDN2_NONTRANSITIONAL)
                  : idn2_to_ascii_8z(name, &made, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (*why == IDN2_OK) return made;
    idn2_free(made);
    return NULL;
}

static mb_status rewrite(const void *argument, mb_string string, mb_text_output *output,
                         bool *valid)
{
    const converting *how = argument;
    int why;
    if (!string.length) return MB_OK;
    char *made = convert(string, how->decode, &why);
    *valid = made != NULL;
    if (why == IDN2_MALLOC)
        return mb_fail(output->cx, MB_EMEMORY, "out of memory: no room for a name");
    *how->failed = *how->failed || !made;
    if (!made) return MB_OK;
    mb_status status = mb_text_append(output, (mb_string){made, strlen(made)});
    idn2_free(made);
    return status;
}

static mb_status is_none(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                         bool *valid)
{
    const converting *how = argument;
    int why;
    char *made = string.length ? convert(string, how->decode, &why) : NULL;
    (void)cx;
    (void)valid;
    value->b = string.length && !made;
    idn2_free(made);
    return MB_OK;
}

mb_status mb_text_idna(mb_context *cx, mb_column *column, bool decode, bool skip,
                       mb_column **result)
{
    bool failed = false;
    int64_t row;
    const converting how = {decode, &failed};
    mb_status status = mb_text_strings(cx, column, rewrite, &how, result);
    mb_payload payload = {.count = failed && !skip};
    status = mb_step(cx, status, &payload);
    if (status || !payload.count) return status;
    status = mb_text_find_row(cx, column, is_none, &how, &row);
    if (status || !row) return status;
    return mb_refuse_at(cx, column, row,
                        "name of hosts by IDNA ({errors = \"missing\"} makes such rows missing)");
}
