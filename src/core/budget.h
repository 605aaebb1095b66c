// How much memory a rank may use.
#pragma once

#include <stddef.h>

// The share of one of `ranks` ranks on this machine, in bytes: of MOONBEAR_MEMORY when it is set,
// else of 80 % of the smaller of the memory available and the cgroup's limit.
size_t mb_budget_share(int ranks);
