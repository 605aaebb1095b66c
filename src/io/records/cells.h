// Cells of delimited text: what the rows of a column are in the file, some rows at a time.
#pragma once

#include "io/records/write.h"
#include "types/time.h"

enum { MB_CELL_ROWS = 128 };
MB_WHOLE_WORDS(MB_CELL_ROWS);

typedef struct mb_cells mb_cells;

struct mb_cells {
    mb_string *cells; // of the rows that were made last; MB_SLACK bytes behind each are readable

    mb_context *cx;
    const mb_record_source *source;
    const mb_record_output *output;
    void (*write)(mb_cells *of, int64_t first, int n);
    bool quotes; // cells may need quotes,
    bool empty;  // empty ones do
    mb_string missing;
    mb_buffer *room;    // for the cells, and:
    uint64_t *values;   // of the rows, zero where they are missing
    char *slots;        // the texts that are made of them
    size_t slot;        // bytes of each
    mb_buffer *entries; // a cell for each entry of a dictionary, or NULL
    mb_buffer *bytes;   // of those that are made of entries
    mb_buffer *quoted, *words;
    mb_day_text day;
};

// Prepares the cells of a column; `alone`: there is no other. A dictionary that has much fewer
// entries than there are rows is written once: memory then, 80 bytes an entry and twice what text
// has to be quoted. Closed in any case. Not collective.
mb_status mb_cells_open(mb_context *cx, const mb_record_output *output,
                        const mb_record_source *source, bool alone, mb_cells *of) MB_MUST_CHECK;

// Makes the cells of n local rows from `first` on, a multiple of MB_CELL_ROWS.
mb_status mb_cells_make(mb_cells *of, int64_t first, int n) MB_MUST_CHECK;

void mb_cells_close(mb_cells *of);

// Room for the cell that a name is in the header, and that cell, without a zero byte; returns its
// length.
size_t mb_name_cell_room(const char *name);
size_t mb_name_cell(const mb_record_output *output, const char *name, char *to);
