// Layouts of what each rank has made by itself.
#pragma once

#include "comm/layout.h"
#include "core/context.h"

// The layout of columns of which this rank has so many rows. `status` is this rank's so far: where
// one fails, all do. Collective.
mb_status mb_gather_layout(mb_context *cx, mb_status status, int64_t rows,
                           mb_layout **layout) MB_MUST_CHECK;
