// Where fields and lines of delimited text end.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/isa.h"

// The bytes that structure a text; 0: there is no such.
typedef struct mb_dialect {
    char separator;
    char quote;   // around fields; twice inside stands for itself
    char escape;  // before a byte that stands for itself
    char comment; // as the first byte of a line that is none
} mb_dialect;

// A line ends with LF, CR LF or CR, a field with a separator or its line. All in places of a text.
typedef struct mb_lines {
    uint32_t *ends;  // of fields, the last of a line included; the one before is -1
    uint32_t *lines; // and for each line how many fields ended up to its end
    uint32_t *inner; // quotes that do not open a field, nor close one: what has none between its
                     // quotes is as it stands there
    int64_t n_ends, n_lines, n_inner;
    bool quotes; // there are any,
    bool odd;    // and some of them neither begin nor end a field, nor are doubled
} mb_lines;

enum {
    MB_LINES_STEP = 64,     // bytes at a time: so many are readable behind a text,
    MB_LINES_SLACK = 64,    // and entries of all lists writable behind one for each byte
    MB_LINES_MOST = 1 << 30 // bytes of a text
};

// An empty scan, with lists of so many entries each.
static inline void mb_lines_begin(uint32_t *lists, int64_t room, mb_lines *scan)
{
    *scan = (mb_lines){.ends = lists + 1, .lines = lists + 1 + room};
    scan->inner = scan->lines + room;
    *lists = UINT32_MAX;
}

// Scans n bytes that begin with a line: fields of the last line count when it ends. A CR that is
// the last byte ends a line.
typedef void mb_line_kernel(mb_dialect dialect, const char *text, int64_t n, mb_lines *scan);

typedef struct mb_line_kernels {
    mb_line_kernel *scan; // knows no escapes, and takes comments for lines
} mb_line_kernels;

extern const mb_line_kernels mb_line_kernels_base, mb_line_kernels_avx2, mb_line_kernels_avx512;

const mb_line_kernels *mb_line_kernels_of(mb_isa isa);

// Whatever the text and the dialect, quickly where it can be.
void mb_lines_find(mb_isa isa, mb_dialect dialect, const char *text, int64_t n, mb_lines *scan);

// A walk through text that begins at any place.
typedef struct mb_walk {
    int64_t first; // the place behind the first line end, -1: there is none
    int64_t bad;   // quotes in odd places, and lines behind the first of another number of fields
} mb_walk;

// `inside`: it begins in quotes; `before`: the byte before it, LF where there is none.
mb_walk mb_lines_walk(mb_dialect dialect, const char *text, int64_t n, char before, bool inside,
                      int64_t fields);
