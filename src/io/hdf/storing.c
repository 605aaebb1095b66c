#include "io/hdf/storing.h"

#include <string.h>

#include "io/hdf/internal.h"

mb_status mb_hdf_storing_fail(const mb_hdf_storing *s, const char *name, const char *what)
{
    const char *path = s->path;
    if (s->sink.error)
        return mb_fail(s->cx, MB_EIO, "%s: cannot write: %s", path, strerror(s->sink.error));
    return mb_hdf_fail(s->cx, path, name, what);
}
