#include <stdio.h>
#include <string.h>

#include "io/hdf/internal.h"

mb_hdf_printing mb_hdf_printing_off(void)
{
    mb_hdf_printing printing = {0};
    H5Eget_auto2(H5E_DEFAULT, &printing.function, &printing.data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return printing;
}

void mb_hdf_printing_restore(mb_hdf_printing printing)
{
    H5Eset_auto2(H5E_DEFAULT, printing.function, printing.data);
}

typedef struct reason {
    char text[512];
} reason;

// The innermost error says what is wrong; those around it only who called whom.
static herr_t note_innermost(unsigned n, const H5E_error2_t *error, void *argument)
{
    reason *found = argument;
    if (n == 0 && error->desc) snprintf(found->text, sizeof found->text, "%s", error->desc);
    return 0;
}

mb_status mb_hdf_fail(mb_context *cx, const char *path, const char *name, const char *what)
{
    reason found = {"no reason given"};
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note_innermost, &found);
    H5Eclear2(H5E_DEFAULT);
    if (name) return mb_fail(cx, MB_EIO, "%s: dataset '%s' %s: %s", path, name, what, found.text);
    return mb_fail(cx, MB_EIO, "%s: %s: %s", path, what, found.text);
}

mb_status mb_hdf_fail_rows(mb_context *cx, const char *path, const char *name, mb_hdf_span rows,
                           const char *what)
{
    char text[128];
    const long long first = rows.first, n = rows.n;
    snprintf(text, sizeof text, "%s, rows %lld to %lld", what, first + 1, first + n);
    return mb_hdf_fail(cx, path, name, text);
}
