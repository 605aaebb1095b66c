// How much memory a rank may use.
#pragma once

#include <stddef.h>

#include "core/settings.h"

// The share of one of `ranks` ranks on this machine, in bytes: of MOONBEAR_MEMORY when it is set,
// else of 80 % of what the machine's ranks may have, and no more than 80 % of what this process may
// map: see limits.h.
size_t mb_budget_share(const mb_settings *settings, int ranks);
