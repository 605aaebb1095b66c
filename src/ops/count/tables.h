// Reduction of tables of counters over all ranks.
#pragma once

#include "comm/shuffle.h"

// Cuts the table of each rank, of `entries` counters, into an even slice for every rank: `slices`
// gets this rank's slice of each table, one after another. The shuffle is open, without owners.
// Collective, after a step: cannot fail.
void mb_tables_scatter(mb_shuffle *shuffle, const uint64_t *table, int64_t entries,
                       uint64_t *slices);

// Agrees on the status, then replaces the table of each rank, of `entries` counters, by the sum of
// all tables: a reduce-scatter and an all-gather of slices, so that a table is sent twice whatever
// the number of ranks. Inside a body, collective. Memory: a table.
mb_status mb_tables_add(mb_context *cx, mb_status status, uint64_t *table,
                        int64_t entries) MB_MUST_CHECK;
