// Tables of counters.
#pragma once

#include "comm/shuffle.h"

// Deals out tables of `entries` counters by even slices: `slices` gets this rank's slice of the
// table of each rank, one after another. The shuffle is open, without owners. Collective, after a
// step: cannot fail.
void mb_tables_deal(mb_shuffle *shuffle, const uint64_t *table, int64_t entries, uint64_t *slices);

// Agrees on the status, then adds up the tables of all ranks, of `entries` counters each, into
// those of all. Each rank adds a slice of everybody's, so a table is sent twice, whatever the
// number of ranks. Inside a body, collective. Memory: a table.
mb_status mb_tables_add(mb_context *cx, mb_status status, uint64_t *table,
                        int64_t entries) MB_MUST_CHECK;
