// Files that are made of others, one for one.
#pragma once

#include "core/context.h"

// Fails if an output would take the place of an input or of another output, whatever their paths;
// removes what killed writers of these outputs left behind. Not collective: meant for rank 0.
mb_status mb_outputs_check(mb_context *cx, const char *const *inputs, const char *const *outputs,
                           int64_t n) MB_MUST_CHECK;
