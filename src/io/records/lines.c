#include "io/records/lines.h"

#include <string.h>

MB_ISA_CHOICE(mb_line_kernels, mb_line_kernels, mb_line_kernels_of);

typedef enum place {
    LINE,    // at the beginning of a line,
    FIELD,   // of another field,
    PLAIN,   // in one that is not quoted, or behind the quotes of one,
    QUOTED,  // in one that is,
    CLOSED,  // behind a quote in such,
    COMMENT, // in a line that is none
} place;

// An automaton: what a byte does.
typedef struct automaton {
    mb_dialect dialect;
    place at;
    bool escaped; // the byte before stands for the next one
    bool odd;     // the byte is behind a quote that ends no field
    bool inner;   // it, or the one before, is a quote that neither opens nor closes one
} automaton;

typedef enum effect { NOTHING, ENDS_FIELD, ENDS_LINE } effect;

static effect outside(automaton *a, char byte, bool ends_line)
{
    const bool begins = a->at == LINE || a->at == FIELD;
    if (ends_line) {
        a->at = LINE;
        return ENDS_LINE;
    }
    if (a->at == LINE && byte == a->dialect.comment && byte) {
        a->at = COMMENT;
        return NOTHING;
    }
    if (a->at == COMMENT) return NOTHING;
    if (byte == a->dialect.separator) {
        a->at = FIELD;
        return ENDS_FIELD;
    }
    const bool quote = byte == a->dialect.quote && byte;
    a->inner = quote ? !begins : a->at == CLOSED;
    if (quote && (begins || a->at == CLOSED)) {
        a->at = QUOTED;
        return NOTHING;
    }
    a->odd = a->odd || a->inner;
    a->escaped = byte == a->dialect.escape && byte;
    a->at = PLAIN;
    return NOTHING;
}

static effect step(automaton *a, char byte, bool ends_line)
{
    if (a->escaped) {
        a->escaped = false;
        return NOTHING;
    }
    if (a->at != QUOTED) return outside(a, byte, ends_line);
    if (byte == a->dialect.escape && byte && byte != a->dialect.quote)
        a->escaped = true;
    else if (byte == a->dialect.quote)
        a->at = CLOSED;
    return NOTHING;
}

static bool is_line_end(const char *text, int64_t i, int64_t n)
{
    return text[i] == '\n' || (text[i] == '\r' && (i + 1 == n || text[i + 1] != '\n'));
}

static void scan_slowly(mb_dialect dialect, const char *text, int64_t n, mb_lines *scan)
{
    automaton a = {.dialect = dialect, .at = LINE};
    int64_t ends = 0, lines = 0, inner = 0;
    for (int64_t i = 0; i < n; i++) {
        // The CR of a CR LF is no byte of a field.
        if (text[i] == '\r' && i + 1 < n && text[i + 1] == '\n' && a.at != QUOTED && !a.escaped)
            continue;
        a.inner = false;
        const effect does = step(&a, text[i], is_line_end(text, i, n));
        if (a.inner) scan->inner[inner++] = (uint32_t)i;
        if (does == NOTHING) continue;
        scan->ends[ends++] = (uint32_t)i;
        if (does == ENDS_LINE) scan->lines[lines++] = (uint32_t)ends;
    }
    scan->n_ends = ends;
    scan->n_lines = lines;
    scan->n_inner = inner;
    scan->odd = a.odd;
}

void mb_lines_find(mb_isa isa, mb_dialect dialect, const char *text, int64_t n, mb_lines *scan)
{
    scan->odd = scan->quotes = false;
    if (!dialect.escape) {
        mb_line_kernels_of(isa)->scan(dialect, text, n, scan);
        if (!scan->odd && !(scan->quotes && dialect.comment)) return;
    }
    scan_slowly(dialect, text, n, scan);
    scan->quotes = true;
}

mb_walk mb_lines_walk(mb_dialect dialect, const char *text, int64_t n, char before, bool inside,
                      int64_t fields)
{
    automaton a = {.dialect = dialect, .at = PLAIN};
    mb_walk walk = {.first = -1};
    int64_t ended = 0;
    if (before == dialect.separator) a.at = FIELD;
    if (inside) {
        a.at = QUOTED;
    } else if (before == '\n' || (before == '\r' && n > 0 && text[0] != '\n')) {
        a.at = LINE;
        walk.first = 0;
    }
    for (int64_t i = 0; i < n; i++) {
        if (text[i] == '\r' && i + 1 < n && text[i + 1] == '\n' && a.at != QUOTED && !a.escaped)
            continue;
        const bool comment = a.at == COMMENT, blank = a.at == LINE;
        a.odd = false;
        const effect does = step(&a, text[i], is_line_end(text, i, n));
        walk.bad += a.odd;
        ended += does != NOTHING;
        if (does != ENDS_LINE) continue;
        if (walk.first < 0)
            walk.first = i + 1;
        else if (!comment && !blank)
            walk.bad += ended != fields;
        ended = 0;
    }
    return walk;
}
