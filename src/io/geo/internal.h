// What the files of a database share.
#pragma once

#include <maxminddb.h>

#include "io/geo/database.h"

enum { MB_GEO_TOP = 1 << 16 }; // beginnings of addresses of version 4 that lead on at once

struct mb_geo {
    char *path;
    MMDB_s db;
    bool open;
    uint64_t hash;
    int64_t *top; // where they lead: see `child`
};

// A message that names the file, of what the library says.
mb_status mb_geo_fail(mb_context *cx, const mb_geo *geo, int error) MB_MUST_CHECK;
