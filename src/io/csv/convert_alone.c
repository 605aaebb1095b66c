// Files that are converted by one rank alone.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "io/csv/convert_internal.h"

enum { IDLE = -1 };

mb_status mb_convert_alone_open(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    mb_convert_alone *alone = &conversion->alone;
    mb_convert_alone_close(conversion);
    alone->ranks = mb_allocate(cx, (size_t)mb_nranks(cx), sizeof *alone->ranks);
    if (!alone->ranks) return MB_EMEMORY;
    for (int r = 0; r < mb_nranks(cx); r++)
        alone->ranks[r].file = IDLE;
    return MB_OK;
}

void mb_convert_alone_close(mb_conversion *conversion)
{
    mb_text_close(conversion->alone.source);
    free(conversion->alone.ranks);
    conversion->alone = (mb_convert_alone){0};
}

bool mb_convert_alone_over(const mb_conversion *conversion)
{
    const mb_convert_alone *alone = &conversion->alone;
    for (int r = 0; r < mb_nranks(conversion->cx); r++)
        if (alone->ranks[r].file != IDLE) return false;
    return alone->next == conversion->n_order;
}

static mb_status start_file(mb_conversion *conversion, const mb_convert_file *file)
{
    mb_convert_alone *alone = &conversion->alone;
    mb_status status;
    mb_text_close(alone->source);
    alone->source = NULL;
    MB_TRY(mb_text_open(conversion->cx, file->input, file->kind, 0, &alone->source));
    MB_TRY(mb_convert_create(conversion, file));
    mb_device_open(&conversion->parser->devices.table);
    mb_csv_parser_restart(conversion->parser, true);
    alone->filled = 0;
    alone->begun = alone->dropping = false;
    conversion->n_rows = conversion->n_chunks = 0;
done:
    return status;
}

static mb_status check_bad(mb_conversion *conversion, const mb_convert_file *file)
{
    const mb_csv_parser *parser = conversion->parser;
    if (parser->bad == 0 || parser->skip_bad) return MB_OK;
    return mb_convert_fail(conversion, file, parser->first_bad + 1, parser->reason);
}

// Drops the first bytes of the text.
static void drop(mb_conversion *conversion, size_t size)
{
    char *text = conversion->text->data;
    conversion->alone.filled -= size;
    memmove(text, text + size, conversion->alone.filled);
}

// Parses the whole lines of the text and keeps the rest for later. What may stand before the first
// line is gone once enough has been read to see it.
static void parse_text(mb_conversion *conversion, bool at_end)
{
    mb_convert_alone *alone = &conversion->alone;
    char *text = conversion->text->data, *begin = text;
    if (!alone->begun && alone->filled < 3 && !at_end) return;
    if (!alone->begun) drop(conversion, mb_csv_mark(text, alone->filled));
    alone->begun = true;
    char *last = memrchr(text, '\n', alone->filled);
    if (last && alone->dropping) {
        begin = (char *)memchr(text, '\n', alone->filled) + 1;
        alone->dropping = false;
    }
    if (last && last >= begin)
        conversion->n_rows += mb_csv_parse(conversion->parser, begin, (size_t)(last + 1 - begin),
                                           conversion->words, conversion->n_rows);
    if (last) drop(conversion, (size_t)(last + 1 - text));
    if (alone->filled < MB_CSV_LINE_SIZE) return;
    if (!alone->dropping) mb_csv_parser_reject(conversion->parser, mb_csv_long_line);
    alone->dropping = true;
    alone->filled = 0;
}

// The last line may lack its newline, but not in compressed data that stop before their end.
static void end_text(mb_conversion *conversion, const mb_convert_file *file)
{
    mb_convert_alone *alone = &conversion->alone;
    parse_text(conversion, true);
    if (alone->dropping) return;
    if (mb_text_cut_off(alone->source)) {
        char reason[MB_CSV_REASON_SIZE];
        snprintf(reason, sizeof reason, "the %s data stop here: the file is cut off",
                 mb_text_kind_name(file->kind));
        mb_csv_parser_reject(conversion->parser, reason);
    } else if (alone->filled) {
        ((char *)conversion->text->data)[alone->filled++] = '\n';
        parse_text(conversion, true);
    }
}

// Converts some of this rank's file: about as much text as a range of a shared file.
static mb_status work(mb_conversion *conversion, const mb_convert_file *file)
{
    mb_convert_alone *alone = &conversion->alone;
    mb_status status = MB_OK;
    if (!conversion->output) MB_TRY(start_file(conversion, file));
    size_t size = 1;
    for (int64_t read = 0; read < conversion->range && size > 0; read += (int64_t)size) {
        size_t room = (size_t)conversion->piece; // a line's beginning may be there already
        MB_TRY(mb_text_read(alone->source, (char *)conversion->text->data + alone->filled, room,
                            &size));
        alone->filled += size;
        if (size > 0)
            parse_text(conversion, false);
        else
            end_text(conversion, file);
        MB_TRY(check_bad(conversion, file));
        MB_TRY(mb_convert_write(conversion));
    }
    if (size == 0) MB_TRY(mb_convert_finish(conversion, &conversion->parser->devices.table));
    alone->done = size == 0;
done:
    return status;
}

static void deal(mb_conversion *conversion)
{
    mb_convert_alone *alone = &conversion->alone;
    for (int r = 0; r < mb_nranks(conversion->cx) && alone->next < conversion->n_order; r++)
        if (alone->ranks[r].file == IDLE)
            alone->ranks[r] = (struct mb_convert_place){conversion->order[alone->next++], 0};
}

// Takes the news of one rank into the replicated state.
static void hear(mb_conversion *conversion, struct mb_convert_place *rank,
                 const mb_convert_news *of)
{
    if (rank->file == IDLE) return;
    mb_convert_file *file = &conversion->files[rank->file];
    int64_t position = of->done ? file->size : of->position;
    conversion->done += position - rank->position;
    rank->position = position;
    if (!of->done) return;
    file->report = (mb_conversion_report){
        .done = true, .rows = of->rows, .bad = of->bad, .first_line = of->first_bad + 1};
    memcpy(file->reason, of->reason, sizeof file->reason);
    rank->file = IDLE;
}

mb_status mb_convert_alone_batch(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    mb_convert_alone *alone = &conversion->alone;
    mb_status status = MB_OK;
    deal(conversion);
    int own = alone->ranks[mb_rank(cx)].file;
    if (own != IDLE && !alone->done) status = work(conversion, &conversion->files[own]);
    MB_TRY(mb_conclude(cx, status, NULL));
    mb_convert_news mine = mb_convert_tell(conversion);
    mine.rows += conversion->n_chunks * MB_CHUNK_ROWS;
    if (alone->source) mine.position = mb_text_position(alone->source);
    mine.done = alone->done;
    mb_gather_all(cx, &mine, sizeof mine, conversion->all);
    for (int r = 0; r < mb_nranks(cx); r++)
        hear(conversion, &alone->ranks[r], &conversion->all[r]);
    alone->done = false;
done:
    return status;
}
