#include "io/records/blocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "core/progress.h"
#include "io/records/kept.h"

enum { SHOWN = 40, LONG_LINE = 1 << 22 };

// A block of text that begins with a record.
typedef struct block {
    const char *path;
    const mb_record_file *file;
    int64_t from; // the byte of a compressed file at which the text begins
    int64_t at;   // of its first byte in the text
    int64_t n;
    bool whole; // the text ends with it,
    bool cut;   // as the compressed data end too early
    bool zeros; // there may be zero bytes in it
} block;

mb_status mb_record_reader_open(mb_record_reader *reader)
{
    const mb_records *records = reader->records;
    reader->batch = mb_allocate(reader->cx, 1, sizeof *reader->batch);
    if (!reader->batch) return MB_EMEMORY;
    bool devices = false;
    for (int64_t i = 0; i < reader->n; i++)
        devices = devices || reader->states[i].what.kind == MB_FIELD_DEVICE;
    if (devices) reader->devices = mb_allocate(reader->cx, 1, sizeof *reader->devices);
    if (devices && !reader->devices) return MB_EMEMORY;
    if (devices) mb_device_open(&reader->devices->table);
    if (!records->json) return MB_OK;
    return mb_json_open(reader->cx, records->json, reader->survey, &reader->json);
}

void mb_record_reader_close(mb_record_reader *reader)
{
    mb_buffer_release(reader->text);
    mb_buffer_release(reader->lists);
    mb_buffer_release(reader->arena_bytes);
    mb_buffer_release(reader->skipped_table);
    mb_json_close(reader->json);
    free(reader->devices);
    free(reader->batch);
}

// --- Messages.

// The number of the line at a place of the text.
static mb_status find_line(mb_context *cx, const block *b, int64_t place, int64_t *line)
{
    mb_status status;
    mb_input input = {.fd = -1};
    mb_buffer *text = NULL;
    bool after_cr = false;
    *line = 1;
    MB_TRY(mb_buffer_new(cx, MB_RECORD_BLOCK, &text));
    MB_TRY(mb_input_open(cx, b->path, b->file, 0, b->from, &input));
    for (size_t n = 1; n > 0;) {
        const int64_t at = input.at;
        MB_TRY(mb_input_read(&input, text->data, MB_RECORD_BLOCK, &n));
        const int64_t left = input.limit == INT64_MAX ? (int64_t)n : input.limit + place - at;
        const char *bytes = text->data;
        for (int64_t i = 0; i < (int64_t)n && i < left; i++) {
            *line += bytes[i] == '\r' || (bytes[i] == '\n' && !after_cr);
            after_cr = bytes[i] == '\r';
        }
        if (left <= (int64_t)n && input.limit != INT64_MAX) break;
    }
done:
    mb_input_close(&input);
    mb_buffer_release(text);
    return status;
}

static void show(mb_string field, char shown[SHOWN + 4])
{
    size_t n = field.length < SHOWN ? field.length : SHOWN;
    for (size_t i = 0; i < n; i++) {
        shown[i] = field.bytes[i];
        if ((unsigned char)shown[i] < ' ') shown[i] = '?';
    }
    memcpy(shown + n, field.length > SHOWN ? "..." : "", field.length > SHOWN ? 4 : 1);
}

static mb_status fail_at(const mb_record_reader *reader, const block *b, int64_t place,
                         const char *wrong)
{
    int64_t line;
    mb_status status = find_line(reader->cx, b, b->at + place, &line);
    if (status) return status;
    return mb_fail(reader->cx, MB_EINVALID, "%s:%lld: %s", b->path, (long long)line, wrong);
}

// What is wrong with a line, and the hint at its end.
static void tell_ragged(const mb_record_reader *reader, int64_t fields,
                        char wrong[MB_RECORD_REASON])
{
    snprintf(wrong, MB_RECORD_REASON, "the line has %lld field%s, not %lld", (long long)fields,
             mb_plural(fields), (long long)reader->fields);
}

static void tell_field(const mb_record_reader *reader, const mb_record_failure *failure,
                       char wrong[MB_RECORD_REASON])
{
    char shown[SHOWN + 4];
    int64_t column = 0;
    while (reader->states[column].what.field != failure->column)
        column++;
    const mb_field_kind kind = reader->states[column].what.kind;
    const char *type = mb_field_kind_names[kind == MB_FIELD_ADDRESS ? MB_FIELD_IP : kind];
    const char *article = strchr("aiou", *type) && kind != MB_FIELD_UINT ? "an" : "a";
    const int unit = reader->states[column].what.unit; // of moments; finer ones reach less far
    char far[64] = "";
    show(failure->field, shown);
    if (unit > 0 && (kind == MB_FIELD_TIME || kind == MB_FIELD_DURATION))
        snprintf(far, sizeof far, ", or too far off for the column's unit, %s",
                 mb_unit_names[unit]);
    if (failure->quotes)
        snprintf(wrong, MB_RECORD_REASON,
                 "column '%.200s' has text behind a closing quote: %s (a quote within quotes is "
                 "written twice)",
                 reader->names[column], shown);
    else if (failure->reason[0])
        snprintf(wrong, MB_RECORD_REASON, "column '%.200s' has '%s', which %.200s",
                 reader->names[column], shown, failure->reason);
    else
        snprintf(wrong, MB_RECORD_REASON, "column '%.200s' has '%s', which is not %s %s%s",
                 reader->names[column], shown, article, type, far);
}

// Adds to a message, as far as there is room.
static void add(char *wrong, size_t size, const char *more)
{
    const size_t used = strlen(wrong);
    snprintf(wrong + used, size - used, "%s", more);
}

static mb_status fail_ragged(const mb_record_reader *reader, const block *b, int64_t place,
                             int64_t fields)
{
    char wrong[MB_RECORD_REASON];
    tell_ragged(reader, fields, wrong);
    add(wrong, sizeof wrong, " (on_bad = 'skip' leaves such lines out, 'missing' fills them up)");
    return fail_at(reader, b, place, wrong);
}

static mb_status fail_field(const mb_record_reader *reader, const block *b,
                            const mb_record_failure *failure)
{
    char wrong[MB_RECORD_REASON + 64];
    tell_field(reader, failure, wrong);
    if (!failure->quotes)
        add(wrong, sizeof wrong,
            reader->json ? " (on_bad = 'skip' leaves such lines out)"
                         : " (on_bad = 'missing' makes it missing)");
    return fail_at(reader, b, reader->batch->start[failure->row], wrong);
}

// Counts lines that are skipped, the first of which is at a place; `reason` is what is wrong there.
static mb_status note_skipped(mb_record_reader *reader, const block *b, int64_t place,
                              int64_t lines, const char *reason)
{
    const int64_t file = b->file - reader->files;
    mb_record_skipped *list = reader->n_skipped ? reader->skipped_table->data : NULL;
    mb_record_skipped *last = list ? &list[reader->n_skipped - 1] : NULL;
    if (!last || last->file != file) {
        mb_status status = mb_buffer_reserve(reader->cx, &reader->skipped_table, reader->n_skipped,
                                             1, sizeof *list);
        if (status) return status;
        last = (mb_record_skipped *)reader->skipped_table->data + reader->n_skipped++;
        *last = (mb_record_skipped){.file = file, .from = b->from, .place = INT64_MAX};
    }
    last->lines += lines;
    if (b->at + place >= last->place) return MB_OK; // within a batch they come in any order
    last->place = b->at + place;
    snprintf(last->reason, sizeof last->reason, "%s", reason);
    return MB_OK;
}

mb_status mb_record_number(mb_record_reader *reader, const char *path, mb_record_skipped *skipped)
{
    const block b = {.path = path, .file = &reader->files[skipped->file], .from = skipped->from};
    return find_line(reader->cx, &b, skipped->place, &skipped->line);
}

// What memory does not suffice for is a long line, where the block is as long.
static mb_status tell_long(const mb_record_reader *reader, const block *b, mb_status status)
{
    if (status != MB_EMEMORY || b->n < LONG_LINE) return status;
    char wrong[512];
    snprintf(wrong, sizeof wrong, "the line is longer than %lld MiB: %.400s",
             (long long)(b->n >> 21), reader->cx->message);
    status = fail_at(reader, b, 0, wrong);
    return status == MB_EINVALID ? MB_EMEMORY : status;
}

// --- Batches.

static mb_status open_columns(mb_record_reader *reader, int64_t bytes, int64_t lines)
{
    mb_status status = MB_OK;
    const double mean = lines > 0 ? (double)bytes / (double)lines : 1;
    const int64_t rows = (int64_t)((double)reader->expected / mean * 1.05) + MB_BATCH_ROWS;
    for (int64_t i = 0; i < reader->n && !status; i++)
        if (reader->active[i]) status = mb_record_open(reader->cx, &reader->states[i], rows);
    reader->opened = true;
    return status;
}

static bool has_zero(const mb_batch *batch, int64_t row)
{
    const uint32_t start = batch->start[row];
    const uint32_t end = batch->ends[batch->first[row] + batch->fields[row] - 1];
    return memchr(batch->text + start, 0, end - start) != NULL;
}

// How many lines of the file a row is on.
static int64_t lines_of_row(const mb_batch *batch, int64_t row)
{
    const char *text = batch->text;
    const uint32_t end = batch->ends[batch->first[row] + batch->fields[row] - 1];
    int64_t lines = 1;
    for (uint32_t i = batch->start[row]; i < end; i++)
        lines += text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n');
    return lines;
}

// Deals with rows of another number of fields: one that fails becomes the end of the batch.
static mb_status check_fields(mb_record_reader *reader, const block *b, int64_t *failing)
{
    mb_batch *batch = reader->batch;
    const mb_bad_records bad = reader->records->bad;
    char wrong[MB_RECORD_REASON];
    mb_status status = MB_OK;
    int64_t n = 0;
    batch->ragged = false;
    for (int64_t row = 0; row < batch->n && *failing < 0 && !status; row++) {
        const bool good = batch->fields[row] == reader->fields;
        const bool zero = good && b->zeros && has_zero(batch, row);
        if (!good && bad == MB_BAD_RECORDS_FAIL) *failing = row;
        if (!good) tell_ragged(reader, batch->fields[row], wrong);
        if ((!good || zero) && bad == MB_BAD_RECORDS_SKIPPED)
            status = note_skipped(reader, b, batch->start[row], lines_of_row(batch, row),
                                  zero ? "there is a zero byte in the line" : wrong);
        if (zero || (!good && bad != MB_BAD_RECORDS_MISSING)) continue;
        batch->ragged = batch->ragged || !good;
        batch->first[n] = batch->first[row];
        batch->start[n] = batch->start[row];
        batch->fields[n++] = batch->fields[row];
    }
    batch->n = n;
    return status;
}

// Converts the fields of a batch; rows that cannot be become bad.
static mb_status convert_batch(mb_record_reader *reader, const block *b, bool all,
                               mb_record_failure *failure)
{
    mb_batch *batch = reader->batch;
    const mb_record_form *form = reader->json ? &mb_json_form : &reader->records->form;
    mb_record_arena arena = {.bytes = reader->arena_bytes->data};
    char wrong[MB_RECORD_REASON];
    int64_t lines = 0;
    memset(batch->bad, 0, sizeof batch->bad);
    batch->any_bad = false;
    for (int64_t i = 0; i < reader->n; i++)
        if (reader->active[i] && reader->states[i].what.kind != MB_FIELD_DEVICE)
            mb_record_convert(form, batch, &reader->states[i], &arena, failure);
    if (reader->devices)
        mb_record_convert_devices(form, batch, reader->states, reader->n, all, &arena,
                                  reader->devices, failure);
    if (failure->row < 0 || reader->records->bad != MB_BAD_RECORDS_SKIPPED) return MB_OK;
    for (int64_t row = 0; row < batch->n; row++)
        if (batch->bad[row]) lines += lines_of_row(batch, row);
    tell_field(reader, failure, wrong);
    return note_skipped(reader, b, batch->start[failure->row], lines, wrong);
}

static mb_status take_batch(mb_record_reader *reader, const block *b)
{
    mb_batch *batch = reader->batch;
    mb_record_failure failure = {.row = -1};
    const bool fails = reader->records->bad == MB_BAD_RECORDS_FAIL;
    const bool all = reader->records->bad != MB_BAD_RECORDS_SKIPPED;
    int64_t ragged = -1;
    mb_json_wrong wrong = {0};
    mb_status status = MB_OK;
    if (reader->json)
        status = mb_json_split(reader->json, (uint32_t)reader->room + 1, batch, fails, &wrong);
    else
        status = check_fields(reader, b, &ragged);
    if (!status && wrong.lines && !fails && !reader->survey)
        status = note_skipped(reader, b, wrong.place, wrong.lines, wrong.reason);
    if (!status) status = convert_batch(reader, b, all, &failure);
    if (status) return status;
    if (fails && failure.row >= 0) return fail_field(reader, b, &failure);
    if (fails && wrong.lines) return fail_at(reader, b, wrong.place, wrong.reason);
    if (ragged >= 0) return fail_ragged(reader, b, batch->start[ragged], batch->fields[ragged]);
    for (int64_t i = 0; i < reader->n && !status; i++)
        if (reader->active[i])
            status = mb_record_append(&reader->states[i], batch, all, reader->rows);
    for (int64_t row = 0; row < batch->n; row++)
        reader->rows += all || !batch->bad[row];
    return status;
}

// --- Blocks.

// Takes the records of a block that begin before `limit`; `*used` bytes of it are done with.
static mb_status take_block(mb_record_reader *reader, const block *b, int64_t limit, int64_t *used)
{
    mb_lines scan;
    int64_t line = 0;
    char *text = reader->text->data;
    mb_dialect dialect = reader->records->form.dialect;
    mb_status status =
        mb_lines_of(reader->cx, dialect, text, b->n, b->whole && !b->cut, &reader->lists, &scan);
    *used = 0;
    if (status) return tell_long(reader, b, status);
    if (!reader->opened && scan.n_lines > 0) status = open_columns(reader, b->n, scan.n_lines);
    while (!status && line < scan.n_lines) {
        const int64_t before = line;
        mb_batch_fill(dialect, text, &scan, limit, &line, reader->batch);
        if (reader->batch->n > 0) status = take_batch(reader, b);
        if (line == before || (reader->batch->n == 0 && line < scan.n_lines)) break;
    }
    *used = line > 0 ? (int64_t)scan.ends[scan.lines[line - 1] - 1] + 1 : 0;
    if (*used > b->n) *used = b->n; // the end of the last line is ours
    return status;
}

static const char unclosed[] = "a quote in this line is never closed";

static mb_status fail_long(const mb_record_reader *reader, const block *b)
{
    const char quote = reader->records->form.dialect.quote;
    char wrong[192];
    const bool quotes = quote && memchr(reader->text->data, quote, (size_t)b->n);
    if (b->whole)
        snprintf(wrong, sizeof wrong,
                 "%s (quote = false takes quotes as they are, on_bad = 'skip' leaves such lines "
                 "out)",
                 unclosed);
    else
        snprintf(wrong, sizeof wrong, "the line is longer than %d MiB%s", MB_RECORD_LONGEST >> 20,
                 quotes ? ": is a quote in it never closed?" : "");
    return fail_at(reader, b, 0, wrong);
}

// Ends the field at `first`, which begins with a quote that is never closed, and those behind it at
// separators, quotes or not, and the line at its end.
static void end_unclosed(mb_dialect dialect, const char *text, int64_t first, int64_t behind,
                         mb_lines *scan)
{
    const int64_t last = text[behind - 1] == '\n' || text[behind - 1] == '\r' ? behind - 1 : behind;
    for (int64_t i = first; i < last; i++) {
        if (text[i] == dialect.separator) scan->ends[scan->n_ends++] = (uint32_t)i;
        if (text[i] == dialect.quote) scan->inner[scan->n_inner++] = (uint32_t)i;
    }
    scan->ends[scan->n_ends++] = (uint32_t)last;
    scan->lines[scan->n_lines++] = (uint32_t)scan->n_ends;
}

// Deals with a block whose first record never ends, as a quote in it is not closed: the record is
// taken to end with the line of that quote, and the next one begins behind. Fails where bad records
// do, and where the block is a part of one line.
static mb_status take_unclosed(mb_record_reader *reader, const block *b, int64_t *used)
{
    char *text = reader->text->data;
    mb_lines scan;
    int64_t line = 0;
    const mb_dialect dialect = reader->records->form.dialect;
    if (!dialect.quote || reader->records->bad == MB_BAD_RECORDS_FAIL) return fail_long(reader, b);
    mb_status status =
        mb_lines_of(reader->cx, dialect, text, b->n, b->whole, &reader->lists, &scan);
    if (status) return status;
    const int64_t first = (int64_t)(uint32_t)(scan.ends[scan.n_ends - 1] + 1);
    const int64_t behind = mb_line_behind(text, first, b->n);
    if (behind == b->n && !b->whole) return fail_long(reader, b);
    while (scan.n_inner > 0 && scan.inner[scan.n_inner - 1] >= first)
        scan.n_inner--;
    end_unclosed(dialect, text, first, behind, &scan);
    *used = behind;
    if (!reader->opened) status = open_columns(reader, b->n, 1);
    if (!status) mb_batch_fill(dialect, text, &scan, behind, &line, reader->batch);
    if (status || reader->batch->n == 0) return status;
    if (reader->records->bad == MB_BAD_RECORDS_SKIPPED)
        return note_skipped(reader, b, 0, lines_of_row(reader->batch, 0), unclosed);
    return take_batch(reader, b);
}

// Makes the text's memory larger, and keeps what it has. Behind that of JSON there is as much for
// strings.
static mb_status grow(mb_record_reader *reader, int64_t used, int64_t room)
{
    mb_status status;
    const int64_t whole = reader->json ? 2 * room + MB_SLACK : room;
    MB_TRY(mb_buffer_reserve(reader->cx, &reader->text, used, whole - used, 1));
    MB_TRY(mb_buffer_scratch(reader->cx, 4 * (size_t)room + MB_SLACK, &reader->arena_bytes));
    reader->room = room;
done:
    return status;
}

// Ends a compressed text before the line that begins with the trailer.
static void cut_trailer(const mb_record_reader *reader, block *b, int64_t had)
{
    const char *text = reader->text->data, *trailer = reader->records->trailer;
    const int64_t length = (int64_t)strlen(trailer);
    int64_t i = had > length ? had - length : 0;
    for (; i + length <= b->n; i++)
        if ((i == 0 || text[i - 1] == '\n') && memcmp(text + i, trailer, (size_t)length) == 0) {
            b->n = i;
            b->whole = true;
            return;
        }
}

// Adds text to a block, as much as there is room for.
static mb_status fill(mb_record_reader *reader, mb_input *input, block *b)
{
    mb_status status = MB_OK;
    char *text = reader->text->data;
    const int64_t had = b->n;
    while (b->n < reader->room && !b->whole && !status) {
        size_t got;
        status = mb_input_read(input, text + b->n, (size_t)(reader->room - b->n), &got);
        if (status) break;
        b->n += (int64_t)got;
        b->whole = got == 0 || (!input->source && input->at == input->end);
        b->cut = input->cut_off;
    }
    if (!status && input->source && reader->records->trailer) cut_trailer(reader, b, had);
    const char *zero = b->n > had ? memchr(text + had, 0, (size_t)(b->n - had)) : NULL;
    if (had == 0) b->zeros = false;
    b->zeros = b->zeros || zero;
    if (!status && zero && reader->records->bad != MB_BAD_RECORDS_SKIPPED)
        status = fail_at(reader, b, zero - text,
                         "there is a zero byte: is it text of UTF-16, or no text at all?");
    return status;
}

static mb_status skip_text(mb_record_reader *reader, mb_input *input, int64_t bytes)
{
    mb_status status = MB_OK;
    mb_buffer *text = reader->text;
    for (size_t got = 1; bytes > 0 && got > 0; bytes -= (int64_t)got) {
        MB_TRY(mb_comm_heed_interrupt(reader->cx));
        MB_TRY(mb_input_read(input, text->data,
                             (size_t)bytes < text->size ? (size_t)bytes : text->size, &got));
    }
done:
    return status;
}

// Goes on with the text that was kept.
static mb_status resume_stretch(mb_record_reader *reader, block *b, int64_t last, mb_input *input)
{
    mb_record_kept *kept = reader->records->kept;
    mb_status status = MB_OK;
    if (kept->n > reader->room) MB_TRY(grow(reader, 0, kept->n));
    mb_record_resume(kept, b->path, last, input);
    b->n = kept->n;
    memcpy(reader->text->data, kept->text->data, (size_t)b->n);
    b->zeros = memchr(reader->text->data, 0, (size_t)b->n) != NULL;
done:
    return status;
}

// Opens the text of a stretch, and passes what its records do not begin with.
static mb_status open_stretch(mb_record_reader *reader, block *b, mb_record_place first,
                              int64_t last, mb_input *input)
{
    mb_status status;
    const bool plain = b->file->kind == MB_TEXT_PLAIN;
    b->at = first.at;
    if (!plain) {
        b->from = first.at;
        b->at = first.at > 0 || first.behind > 0 ? first.behind : b->file->skipped;
    }
    MB_TRY(grow(reader, 0, reader->records->block));
    if (mb_record_has_kept(reader->records->kept, b->file - reader->files, first))
        return resume_stretch(reader, b, last, input);
    MB_TRY(mb_input_open(reader->cx, b->path, b->file, first.at, last, input));
    input->spares = reader->records->bad == MB_BAD_RECORDS_SKIPPED;
    if (!plain) MB_TRY(skip_text(reader, input, b->at));
done:
    return status;
}

// The text ends before its compressed data should.
static mb_status note_cut(mb_record_reader *reader, const block *b)
{
    char wrong[MB_RECORD_REASON];
    snprintf(wrong, sizeof wrong, "the %s data end here, too early: the file is truncated",
             mb_text_kind_name((mb_text_kind)b->file->kind));
    return note_skipped(reader, b, 0, 1, wrong);
}

// Where in the text a stretch has enough.
static int64_t stop_of(const mb_record_reader *reader, const block *b)
{
    const int64_t most = reader->records->most;
    return most > 0 && b->file->kind != MB_TEXT_PLAIN ? b->at + most - reader->taken : INT64_MAX;
}

static mb_status read_stretch(mb_record_reader *reader, block *b, int64_t passed, mb_input *input)
{
    mb_status status = MB_OK;
    const bool plain = b->file->kind == MB_TEXT_PLAIN;
    const int64_t stop = stop_of(reader, b);
    for (bool over = false; !over;) {
        int64_t used = 0;
        reader->stopped = b->at >= stop;
        if (reader->stopped) break;
        MB_TRY(mb_comm_heed_interrupt(reader->cx));
        MB_TRY(fill(reader, input, b));
        if (b->n == 0 || b->at >= input->limit) break;
        const int64_t limit = stop < input->limit ? stop : input->limit;
        MB_TRY(take_block(reader, b, limit - b->at, &used));
        if (used == 0 && b->cut) break;
        if (used == 0 && (b->whole || reader->room >= MB_RECORD_LONGEST))
            MB_TRY(take_unclosed(reader, b, &used));
        if (used == 0) MB_TRY(tell_long(reader, b, grow(reader, b->n, 2 * reader->room)));
        mb_progress_add(reader->cx, plain ? used : mb_input_passed(input, &passed), used);
        b->n -= used;
        b->at += used;
        reader->taken += used;
        memmove(reader->text->data, (char *)reader->text->data + used, (size_t)b->n);
        over = reader->sample && used > 0;
    }
    if (b->cut && !reader->stopped) status = note_cut(reader, b);
done:
    return status;
}

// Where a stretch has stopped, and keeps what is known of the text there.
static mb_record_place stop_stretch(mb_record_reader *reader, const block *b, mb_input *input)
{
    mb_record_place place = {.at = b->from, .behind = b->at};
    if (input->stretch < 0 || b->at < input->stretch_at) return place;
    place = (mb_record_place){.at = input->stretch, .behind = b->at - input->stretch_at};
    if (reader->records->kept)
        mb_record_keep(reader->records->kept, b->file - reader->files, place, reader->text->data,
                       b->n, input);
    return place;
}

mb_status mb_record_stretch(mb_record_reader *reader, const char *path, const mb_record_file *file,
                            mb_record_place first, int64_t last, mb_record_place *end)
{
    mb_status status;
    mb_input input = {.fd = -1};
    block b = {.path = path, .file = file};
    *end = first;
    if (file->kind == MB_TEXT_PLAIN && first.at >= last) return MB_OK;
    MB_TRY(open_stretch(reader, &b, first, last, &input));
    MB_TRY(read_stretch(reader, &b, first.at, &input));
    if (reader->stopped) {
        *end = stop_stretch(reader, &b, &input);
    } else {
        *end = mb_input_place(&input, b.at);
        mb_text_sum_add(&reader->sum, mb_input_sum(&input));
    }
done:
    mb_input_close(&input);
    return status;
}

mb_status mb_record_settle(mb_record_reader *reader)
{
    mb_status status = reader->opened ? MB_OK : open_columns(reader, 1, 0);
    for (int64_t i = 0; i < reader->n && !status; i++)
        if (reader->active[i] && !reader->states[i].outgrown)
            status = mb_record_resize(&reader->states[i], reader->rows);
    return status;
}
