// What the user sets by environment variables, whose names begin with MOONBEAR_.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/isa.h"

typedef struct mb_settings {
    double memory;       // MOONBEAR_MEMORY in bytes; 0: not set so
    double memory_share; // and as a part of what is available; 0: not set so
    double wait;         // MOONBEAR_WAIT, seconds
    double deadline;     // MOONBEAR_DEADLINE, seconds; 0: never
    int node_size;       // MOONBEAR_NODE_SIZE; 0: as the machines are
    const char *tmpdir;  // MOONBEAR_TMPDIR: where memory beyond the budget is; NULL: nowhere
    mb_isa isa;          // MOONBEAR_ISA, no better than the processor's
} mb_settings;

// Reads the settings; those that are not set, empty or wrong are the defaults. Returns false, with
// the reason in `problem`, when one is wrong, or is none that there is. Not collective.
bool mb_settings_read(mb_settings *settings, char *problem, size_t size);
