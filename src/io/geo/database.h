// Databases of MaxMind's: a tree of networks that leads from addresses to records, through Debian's
// libmaxminddb. A build without that library opens none.
//
// The library maps files, and a file that gets shorter would end the process: each rank has a copy
// in memory, outside the budget, which the library maps instead.
#pragma once

#include "column/column.h"

typedef struct mb_geo mb_geo;

// Opens a database, and checks its tree. MB_EIO, naming the path, where it cannot be read, is none,
// is damaged or is another one on another rank; and where the build lacks the library, naming its
// package. Memory: the file and 512 KB. Inside a body, collective.
mb_status mb_geo_open(mb_context *cx, const char *path, mb_geo **geo) MB_MUST_CHECK;

// Frees it. NULL is fine. Not collective.
void mb_geo_close(mb_geo *geo);

// A hash of what is in it, the same on all ranks.
uint64_t mb_geo_hash(const mb_geo *geo);

// What kind it is, as "GeoLite2-ASN"; lives as long as it does.
const char *mb_geo_type(const mb_geo *geo);

// The record of each address, as its place in the file from 1 on: an int column, missing where
// there is none. Fails where the tree is damaged. Inside a body, collective.
mb_status mb_geo_find(mb_context *cx, const mb_geo *geo, mb_column *addresses,
                      mb_column **records) MB_MUST_CHECK;

// What records have at a path of names, and of numbers of entries from 0 on, n of them: text, uint,
// int, float or bool as they are in the database; missing where they have none, and of the type
// `otherwise` where none has. MB_EINVALID for what no column holds. Inside a body, collective.
mb_status mb_geo_values(mb_context *cx, const mb_geo *geo, mb_column *records,
                        const char *const *path, int64_t n, const mb_type *otherwise,
                        mb_column **values) MB_MUST_CHECK;
