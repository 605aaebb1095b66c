#include "core/invariant.h"

#include <stdio.h>
#include <stdlib.h>

void mb_invariant_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "fault in moonbear: %s:%d: '%s' does not hold\n", file, line, what);
    abort();
}
