// The text of files, read by teams.
//
// A team reads a window of its file's bytes at a time, each rank a part of it: plain text, or the
// stretches of a compressed file that begin there (io/packed/source.h). A part may be more text
// than a rank takes at once; then those behind it keep theirs until it is used up. So a file that
// is one stretch is read by one rank.
//
// A line belongs to the rank on which it ends, which is told what the ranks before have of it.
//
// What a device name may be depends on the names before it, so each rank parses with what was known
// at the start of the batch, and the tables are merged in rank order afterwards. A rank whose names
// contradict those of ranks before it parses its text once more, with their table.

#include <stdio.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "io/csv/convert_internal.h"

// Bytes of compressed files, and how many bytes of text one is thought to be.
enum { SMALLEST_WINDOW = 1 << 12, LARGEST_WINDOW = 1 << 28, RATIO = 8 };

static bool is_team(const mb_conversion *conversion)
{
    return mb_convert_mine(conversion)->end - mb_convert_mine(conversion)->first > 1;
}

// Bytes of text that this rank takes at once.
static int64_t room_of(const mb_conversion *conversion)
{
    return is_team(conversion) ? conversion->range : conversion->piece;
}

static char *text_of(const mb_conversion *conversion)
{
    return (char *)conversion->text->data + MB_CSV_LINE_SIZE + conversion->work.mark;
}

// --- Reading.

static mb_status open_file(mb_conversion *conversion)
{
    mb_convert_work *work = &conversion->work;
    const mb_convert_file *file = mb_convert_file_of(conversion);
    mb_text_close(work->source);
    const bool plain = file->kind == MB_TEXT_PLAIN;
    const int64_t room = room_of(conversion), packed = room / RATIO;
    const int64_t window = packed < SMALLEST_WINDOW ? SMALLEST_WINDOW : packed;
    *work = (mb_convert_work){.window = plain ? room : window,
                              .turn = mb_convert_mine(conversion)->first};
    mb_device_open(&work->devices);
    mb_status status = mb_text_open(conversion->cx, file->input, file->kind, 0, &work->source);
    work->open = !status;
    return status;
}

// Whether the window reaches the end of the file.
static bool is_last(const mb_conversion *conversion)
{
    const mb_convert_team *team = mb_convert_mine(conversion);
    const mb_convert_work *work = &conversion->work;
    return work->position + (team->end - team->first) * work->window >=
           mb_convert_file_of(conversion)->size;
}

// Finds this rank's part of the window.
static void find_part(const mb_conversion *conversion, int64_t *first, int64_t *end)
{
    const mb_convert_team *team = mb_convert_mine(conversion);
    const mb_convert_work *work = &conversion->work;
    const mb_convert_file *file = mb_convert_file_of(conversion);
    const int rank = mb_rank(conversion->cx);
    const bool plain = file->kind == MB_TEXT_PLAIN;
    *first = work->position + (rank - team->first) * work->window;
    *end = *first + work->window;
    if (plain && *first > file->size) *first = file->size;
    if (plain && *end > file->size) *end = file->size;
    if (!plain && rank + 1 == team->end && is_last(conversion)) *end = INT64_MAX;
}

static mb_status load(mb_conversion *conversion)
{
    mb_convert_work *work = &conversion->work;
    const mb_convert_file *file = mb_convert_file_of(conversion);
    const int64_t room = room_of(conversion);
    char *text = (char *)conversion->text->data + MB_CSV_LINE_SIZE;
    int64_t first, end;
    mb_status status = MB_OK;
    find_part(conversion, &first, &end);
    if (!work->placed) MB_TRY(mb_text_window(work->source, first, end));
    work->placed = true;
    while (!work->drained && work->filled < room) {
        size_t n;
        MB_TRY(mb_text_read(work->source, text + work->filled, (size_t)(room - work->filled), &n));
        work->filled += (int64_t)n;
        work->part += (int64_t)n;
        work->drained = n == 0;
    }
    if (file->kind == MB_TEXT_PLAIN && !work->drained) work->drained = work->part == end - first;
    if (file->kind == MB_TEXT_PLAIN && work->drained && work->part < end - first)
        return mb_fail(conversion->cx, MB_EIO, "%s: the file became shorter while it was read",
                       file->input);
    const bool begins = first == 0 && work->part == work->filled;
    work->mark = begins ? (int64_t)mb_csv_mark(text, (size_t)work->filled) : 0;
done:
    return status;
}

static mb_status read_text(mb_conversion *conversion, mb_convert_text *told)
{
    mb_convert_work *work = &conversion->work;
    mb_status status = MB_OK;
    *told = (mb_convert_text){.over = true};
    if (mb_convert_mine(conversion)->file < 0) return MB_OK;
    if (!work->open) MB_TRY(open_file(conversion));
    if (work->over) return MB_OK;
    if (mb_rank(conversion->cx) >= work->turn) MB_TRY(load(conversion));
    const char *text = text_of(conversion);
    const size_t n = (size_t)(work->filled - work->mark);
    const char *newline = n ? memrchr(text, '\n', n) : NULL;
    const int64_t lines = newline ? newline + 1 - text : 0;
    *told = (mb_convert_text){.last = is_last(conversion),
                              .drained = work->drained,
                              .cut = work->drained && mb_text_cut_off(work->source),
                              .turn = work->turn,
                              .lines = lines,
                              .rest = (int64_t)n - lines,
                              .part = work->part};
    if (work->drained) told->sum = mb_text_sum_of(work->source);
done:
    return status;
}

// --- Lines that several ranks have.

// Tells which ranks' texts are next: those up to the first one that has more in its part.
static void choose(mb_conversion *conversion)
{
    for (int r = 0; r < mb_nranks(conversion->cx); r++) {
        const mb_convert_text *of = &conversion->texts[r];
        conversion->takes_part[r] =
            !of->over && (r == of->turn || (r > of->turn && conversion->takes_part[r - 1] &&
                                            conversion->texts[r - 1].drained));
    }
}

bool mb_convert_ends(const mb_conversion *conversion, int rank)
{
    const mb_convert_team *team = &conversion->teams[rank];
    const mb_convert_text *last = &conversion->texts[team->end - 1];
    return conversion->takes_part[team->end - 1] && last->drained && last->last;
}

// Gathers what texts have behind their last line, where teams share files. Collective.
static mb_status share_tails(mb_conversion *conversion)
{
    const mb_convert_text *own = &conversion->texts[mb_rank(conversion->cx)];
    const char *tail = text_of(conversion) + own->lines;
    int64_t total = 0;
    for (int r = 0; r < mb_nranks(conversion->cx); r++) {
        const int64_t rest = conversion->texts[r].rest;
        const int64_t most = rest < MB_CSV_LINE_SIZE ? rest : MB_CSV_LINE_SIZE;
        conversion->tail_sizes[r] = conversion->takes_part[r] ? most : 0;
        total += conversion->tail_sizes[r];
    }
    if (total == 0 || conversion->alone) return MB_OK;
    mb_status status = mb_buffer_scratch(conversion->cx, (size_t)total, &conversion->tails);
    MB_TRY(mb_step(conversion->cx, status, NULL));
    mb_gather_all_varying(conversion->cx, tail, conversion->tail_sizes, conversion->tails->data);
done:
    return status;
}

// The beginning of the line that goes on with the text of a rank of this one's team, as much as
// fits into `line`.
static int64_t find_beginning(const mb_conversion *conversion, int rank)
{
    char *line = conversion->line->data;
    const int first = mb_convert_mine(conversion)->first;
    const char *tail = text_of(conversion) + conversion->texts[first].lines; // of this rank alone
    if (!conversion->alone && conversion->tails) tail = conversion->tails->data;
    int64_t n = conversion->work.carried;
    memcpy(line, conversion->carried->data, (size_t)n);
    for (int r = first; r < rank; tail += conversion->tail_sizes[r++]) {
        if (!conversion->takes_part[r]) continue;
        if (conversion->texts[r].lines > 0) n = 0;
        const int64_t left = MB_CSV_LINE_SIZE - n, size = conversion->tail_sizes[r];
        if (size == 0 || left == 0) continue;
        memcpy(line + n, tail, (size_t)(size < left ? size : left));
        n += size < left ? size : left;
    }
    return n;
}

// --- Parsing.

static bool is_stopped(const mb_conversion *conversion)
{
    return conversion->parser->bad > 0 && !conversion->skip_bad;
}

static void parse_lines(mb_conversion *conversion, char *text, const char *end)
{
    mb_convert_work *work = &conversion->work;
    if (text == end || is_stopped(conversion)) return;
    work->rows +=
        mb_csv_parse(conversion->parser, text, (size_t)(end - text), conversion->words, work->rows);
}

// Parses the lines that end in this rank's text.
static void parse_text(mb_conversion *conversion, int64_t lines)
{
    char *text = text_of(conversion), *end = text + lines;
    const int64_t n = find_beginning(conversion, mb_rank(conversion->cx));
    if (n == MB_CSV_LINE_SIZE) {
        mb_csv_parser_reject(conversion->parser, mb_csv_long_line);
        text = (char *)memchr(text, '\n', (size_t)lines) + 1;
    } else {
        text -= n;
        memcpy(text, conversion->line->data, (size_t)n);
    }
    parse_lines(conversion, text, end);
}

// The last line may lack its newline, but not in compressed data that stop before their end.
static void parse_end(mb_conversion *conversion)
{
    const mb_convert_team *team = mb_convert_mine(conversion);
    char *line = conversion->line->data;
    int64_t n = find_beginning(conversion, team->end);
    bool cut = false;
    for (int r = team->first; r < team->end; r++)
        cut = cut || (conversion->takes_part[r] && conversion->texts[r].cut);
    if (is_stopped(conversion)) return;
    if (n == MB_CSV_LINE_SIZE) {
        mb_csv_parser_reject(conversion->parser, mb_csv_long_line);
    } else if (cut) {
        char reason[MB_CSV_REASON_SIZE];
        snprintf(reason, sizeof reason, "the %s data stop here: the file is cut off",
                 mb_text_kind_name(mb_convert_file_of(conversion)->kind));
        mb_csv_parser_reject(conversion->parser, reason);
    } else if (n > 0) {
        line[n++] = '\n';
        parse_lines(conversion, line, line + n);
    }
}

static void parse(mb_conversion *conversion, const mb_device_table *known)
{
    const mb_convert_team *team = mb_convert_mine(conversion);
    mb_convert_work *work = &conversion->work;
    const int rank = mb_rank(conversion->cx);
    bool at_start = work->lines == 0;
    for (int r = team->first; r < rank; r++)
        at_start = at_start && !(conversion->takes_part[r] && conversion->texts[r].lines > 0);
    conversion->parser->devices.table = *known;
    mb_csv_parser_restart(conversion->parser, at_start);
    work->rows = rank == team->first ? work->left_over : 0;
    if (team->file < 0 || !conversion->takes_part[rank]) return;
    if (conversion->texts[rank].lines > 0) parse_text(conversion, conversion->texts[rank].lines);
    if (rank + 1 == team->end && mb_convert_ends(conversion, rank)) parse_end(conversion);
}

// --- Device names.

static void share_news(mb_conversion *conversion)
{
    const mb_csv_parser *parser = conversion->parser;
    const mb_device_table *devices = &parser->devices.table;
    mb_convert_news mine = {.rows = conversion->work.rows,
                            .lines = parser->lines,
                            .bad = parser->bad,
                            .first_bad = parser->first_bad};
    if (!mb_device_equal(devices, &conversion->work.devices)) mine.prefixes = devices->count;
    mb_gather_all(conversion->cx, &mine, sizeof mine, conversion->news);
}

// Merges the tables of all ranks of the team that have news, in rank order; returns the first rank
// whose names contradict those before it, whose table is then `merged`, or -1.
static int merge_tables(mb_conversion *conversion, const mb_device_prefix *prefixes)
{
    const mb_convert_team *team = mb_convert_mine(conversion);
    mb_convert_work *work = &conversion->work;
    char reason[MB_DEVICE_REASON_SIZE];
    work->merged = work->devices;
    for (int r = 0; r < team->end; r++) {
        const int count = (int)conversion->news[r].prefixes;
        work->previous = work->merged;
        if (r >= team->first && mb_device_merge(&work->merged, prefixes, count, reason)) {
            work->merged = work->previous;
            return r;
        }
        prefixes += count;
    }
    return -1;
}

// Makes `merged` what the team knows after the batch, and `news` what all ranks have told.
// Collective.
static mb_status settle_devices(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    mb_payload contradictions = {.count = 1};
    while (contradictions.count > 0) {
        mb_buffer *prefixes = NULL;
        int64_t total = 0;
        share_news(conversion);
        for (int r = 0; r < mb_nranks(cx); r++) {
            conversion->sizes[r] = conversion->news[r].prefixes * (int64_t)sizeof(mb_device_prefix);
            total += conversion->sizes[r];
        }
        conversion->work.merged = conversion->work.devices;
        if (total == 0) return MB_OK;
        int wrong = -1;
        mb_status status = mb_step(cx, mb_buffer_new(cx, (size_t)total, &prefixes), NULL);
        if (!status) {
            mb_gather_all_varying(cx, conversion->parser->devices.table.prefixes, conversion->sizes,
                                  prefixes->data);
            wrong = merge_tables(conversion, prefixes->data);
            contradictions = (mb_payload){.count = wrong >= 0};
            status = mb_step(cx, MB_OK, &contradictions);
        }
        mb_buffer_release(prefixes);
        if (status) return status;
        if (wrong == mb_rank(cx)) {
            const mb_device_table known = conversion->work.merged;
            parse(conversion, &known);
        }
    }
    return MB_OK;
}

// --- What is wrong.

// What the texts that were read say of checksums, in their order.
static mb_text_sum sum_of(const mb_conversion *conversion)
{
    const mb_convert_team *team = mb_convert_mine(conversion);
    mb_text_sum sum = conversion->work.sum;
    for (int r = team->first; r < team->end; r++)
        if (conversion->takes_part[r] && conversion->texts[r].drained)
            mb_text_sum_add(&sum, conversion->texts[r].sum);
    return sum;
}

int64_t mb_convert_first_bad(const mb_conversion *conversion)
{
    int64_t line = conversion->work.lines + conversion->parser->first_bad + 1;
    for (int r = mb_convert_mine(conversion)->first; r < mb_rank(conversion->cx); r++)
        line += conversion->news[r].lines;
    return line;
}

// The first bad line ends the conversion, unless they may be skipped.
static mb_status check(const mb_conversion *conversion)
{
    const mb_convert_team *team = mb_convert_mine(conversion);
    const int rank = mb_rank(conversion->cx);
    if (team->file < 0) return MB_OK;
    const mb_convert_file *file = mb_convert_file_of(conversion);
    if (sum_of(conversion).wrong)
        return mb_fail(conversion->cx, MB_EIO, "%s: the %s data are corrupt near byte %lld: %s",
                       file->input, mb_text_kind_name(file->kind),
                       (long long)conversion->work.position, MB_TEXT_WRONG_SUM);
    for (int r = team->first; r < rank; r++)
        if (conversion->news[r].bad > 0) return MB_OK; // who tells
    if (!is_stopped(conversion)) return MB_OK;
    return mb_fail(conversion->cx, MB_EIO, "%s: line %lld: %s", file->input,
                   (long long)mb_convert_first_bad(conversion), conversion->parser->reason);
}

mb_status mb_convert_read(mb_conversion *conversion, mb_status *good)
{
    mb_context *cx = conversion->cx;
    mb_convert_text told;
    mb_status status;
    MB_TRY(mb_step(cx, read_text(conversion, &told), NULL));
    mb_gather_all(cx, &told, sizeof told, conversion->texts);
    choose(conversion);
    MB_TRY(share_tails(conversion));
    parse(conversion, &conversion->work.devices);
    MB_TRY(settle_devices(conversion));
    *good = check(conversion);
done:
    return status;
}

// --- What was read.

// Makes windows of compressed files as large as their texts let them be.
static void suit_window(mb_conversion *conversion)
{
    const mb_convert_team *team = mb_convert_mine(conversion);
    mb_convert_work *work = &conversion->work;
    const int64_t room = room_of(conversion);
    int64_t most = 0;
    for (int r = team->first; r < team->end; r++)
        if (conversion->texts[r].part > most) most = conversion->texts[r].part;
    if (most > room && work->window > SMALLEST_WINDOW) work->window /= 2;
    if (most < room / 3 && work->window < LARGEST_WINDOW) work->window *= 2;
}

// Goes on to the next window where this one is used up.
static void turn_window(mb_conversion *conversion)
{
    const mb_convert_team *team = mb_convert_mine(conversion);
    mb_convert_work *work = &conversion->work;
    const int rank = mb_rank(conversion->cx), last = team->end - 1;
    const bool whole = conversion->takes_part[last] && conversion->texts[last].drained;
    work->over = mb_convert_ends(conversion, rank);
    while (!whole && conversion->takes_part[work->turn] && conversion->texts[work->turn].drained)
        work->turn++;
    if (conversion->takes_part[rank]) work->filled = work->mark = 0;
    if (!whole) return;
    work->position += (team->end - team->first) * work->window;
    work->turn = team->first;
    work->placed = work->drained = false;
    if (mb_convert_file_of(conversion)->kind != MB_TEXT_PLAIN) suit_window(conversion);
    work->part = 0;
}

void mb_convert_commit_text(mb_conversion *conversion)
{
    const mb_convert_team *team = mb_convert_mine(conversion);
    mb_convert_work *work = &conversion->work;
    if (team->file < 0 || work->over) return;
    work->sum = sum_of(conversion);
    work->carried = find_beginning(conversion, team->end);
    memcpy(conversion->carried->data, conversion->line->data, (size_t)work->carried);
    for (int r = team->first; r < team->end; r++)
        work->lines += conversion->news[r].lines;
    work->devices = work->merged;
    turn_window(conversion);
}
