#include "io/hdf/storing.h"

#include "io/hdf/internal.h"
#include "io/part.h"

mb_status mb_hdf_storing_fail(const mb_hdf_storing *s, const char *name, const char *what)
{
    const char *path = s->path;
    if (s->sink.error) return mb_part_fail(s->cx, path, s->sink.error);
    return mb_hdf_fail(s->cx, path, name, what);
}
