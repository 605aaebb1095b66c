#include "io/records/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/hash.h"
#include "io/paths.h"

enum { HEAD = 1 << 16, TAIL = 1 << 16, WIDER = 4 };

mb_status mb_input_open(mb_context *cx, const char *path, const mb_record_file *file, int64_t first,
                        int64_t last, mb_input *input)
{
    *input = (mb_input){.cx = cx, .path = path, .fd = -1, .end = file->last, .last = last};
    if (file->kind != MB_TEXT_PLAIN) {
        input->first = input->limit = input->limit_stretch = INT64_MAX;
        input->stretch = -1;
        return mb_text_open(cx, path, (mb_text_kind)file->kind, first, &input->source);
    }
    input->at = input->first = first;
    input->limit = last;
    return mb_text_open_file(cx, path, &input->fd);
}

static mb_status read_plain(mb_input *input, char *to, size_t room, size_t *n)
{
    ssize_t got;
    if ((int64_t)room > input->end - input->at) room = (size_t)(input->end - input->at);
    *n = 0;
    if (room == 0) return MB_OK;
    do
        got = pread(input->fd, to, room, (off_t)input->at);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return mb_fail(input->cx, MB_EIO, "%s: cannot read: %s", input->path, strerror(errno));
    if (got == 0)
        return mb_fail(input->cx, MB_EIO, "%s: the file became shorter while it was read",
                       input->path);
    input->at += got;
    *n = (size_t)got;
    return MB_OK;
}

static mb_status read_packed(mb_input *input, char *to, size_t room, size_t *n)
{
    mb_status status = mb_text_read(input->source, to, room, n);
    input->cut_off = !status && *n == 0 && mb_text_cut_off(input->source);
    if (input->cut_off && !input->spares)
        status = mb_fail(input->cx, MB_EIO,
                         "%s: the compressed data end too early: the file is "
                         "truncated",
                         input->path);
    if (status || *n == 0) return status;
    const int64_t stretch = mb_text_stretch(input->source);
    if (input->first == INT64_MAX) input->first = stretch;
    if (input->limit == INT64_MAX && stretch >= input->last) {
        input->limit = input->at;
        input->limit_stretch = stretch;
        input->limit_sum = mb_text_sum_of(input->source);
    }
    if (stretch != input->stretch) {
        input->stretch = stretch;
        input->stretch_at = input->at;
    }
    input->at += (int64_t)*n;
    return MB_OK;
}

mb_status mb_input_read(mb_input *input, char *to, size_t room, size_t *n)
{
    return input->source ? read_packed(input, to, room, n) : read_plain(input, to, room, n);
}

mb_record_place mb_input_place(const mb_input *input, int64_t at)
{
    if (!input->source) return (mb_record_place){.at = at};
    if (input->limit == INT64_MAX) return (mb_record_place){.at = input->end};
    return (mb_record_place){.at = input->limit_stretch, .behind = at - input->limit};
}

mb_text_sum mb_input_sum(const mb_input *input)
{
    if (!input->source || input->limit != INT64_MAX) return input->limit_sum;
    mb_text_sum sum = mb_text_sum_of(input->source);
    sum.sum = 0; // the file ends here, or nothing more of it is read
    return sum;
}

int64_t mb_input_passed(const mb_input *input, int64_t *passed)
{
    const int64_t before = *passed;
    *passed = mb_text_position(input->source);
    return *passed - before;
}

mb_status mb_input_fill(mb_input *input, char *to, int64_t room, int64_t *n)
{
    mb_status status = MB_OK;
    *n = 0;
    for (size_t got = 1; got > 0 && *n < room && !status; *n += (int64_t)got) {
        got = 0;
        status = mb_input_read(input, to + *n, (size_t)(room - *n), &got);
    }
    return status;
}

void mb_input_close(mb_input *input)
{
    if (input->fd >= 0) close(input->fd);
    mb_text_close(input->source);
    *input = (mb_input){.fd = -1};
}

mb_status mb_input_head(mb_context *cx, const char *path, int64_t kind, int64_t most,
                        mb_buffer **head, int64_t *n, bool *whole)
{
    mb_status status;
    int64_t size = 0;
    mb_text_kind known;
    mb_input input = {.fd = -1};
    *n = 0;
    *whole = false;
    MB_TRY(mb_text_recognise(cx, path, &known, &size));
    MB_TRY(mb_buffer_scratch(cx, (size_t)most, head));
    const mb_record_file file = {.kind = kind, .last = size};
    MB_TRY(mb_input_open(cx, path, &file, 0, size, &input));
    input.spares = true; // what is read later tells
    MB_TRY(mb_input_fill(&input, (*head)->data, most, n));
    *whole = *n < most || (kind == MB_TEXT_PLAIN && size == *n);
done:
    mb_input_close(&input);
    return status;
}

int64_t mb_line_behind(const char *text, int64_t at, int64_t n)
{
    for (; at < n; at++) {
        if (text[at] == '\n') return at + 1;
        if (text[at] == '\r') return at + 1 < n && text[at + 1] == '\n' ? at + 2 : at + 1;
    }
    return n;
}

mb_status mb_head_first(mb_context *cx, const mb_records *records, const char *path,
                        const char *head, int64_t n, int64_t *first)
{
    const char comment = records->form.dialect.comment;
    int64_t at = n >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (n >= 2 && (memcmp(head, "\xff\xfe", 2) == 0 || memcmp(head, "\xfe\xff", 2) == 0))
        return mb_fail(cx, MB_EINVALID,
                       "%s: is text of UTF-16: write it as UTF-8 first (iconv -f utf-16 -t utf-8)",
                       path);
    for (int64_t i = 0; i < records->skip; i++)
        at = mb_line_behind(head, at, n);
    while (at < n && (head[at] == '\n' || head[at] == '\r' || (comment && head[at] == comment)))
        at = mb_line_behind(head, at, n);
    *first = at;
    return MB_OK;
}

mb_status mb_lines_of(mb_context *cx, mb_dialect dialect, char *text, int64_t n, bool whole,
                      mb_buffer **lists, mb_lines *scan)
{
    const int64_t room = n + 1 + MB_LINES_SLACK;
    mb_status status = mb_buffer_scratch(cx, 3 * (size_t)room * sizeof(uint32_t), lists);
    if (status) return status;
    mb_lines_begin((*lists)->data, room, scan);
    if (n == 0) return MB_OK;
    const bool ended = text[n - 1] == '\n' || text[n - 1] == '\r';
    if (whole && !ended) text[n++] = '\n';
    if (!whole && text[n - 1] == '\r') n--; // an LF may follow
    mb_lines_find(cx->isa, dialect, text, n, scan);
    return MB_OK;
}

void mb_batch_begin(char *text, const mb_lines *scan, mb_batch *batch)
{
    batch->text = text;
    batch->begins = scan->ends - 1;
    batch->gap = 1;
    batch->ends = scan->ends;
    batch->inner = scan->inner;
    batch->n_inner = scan->n_inner;
    batch->n = 0;
    batch->ragged = false;
}

void mb_batch_fill(mb_dialect dialect, char *text, const mb_lines *scan, int64_t limit,
                   int64_t *line, mb_batch *batch)
{
    mb_batch_begin(text, scan, batch);
    for (; *line < scan->n_lines && batch->n < MB_BATCH_ROWS; (*line)++) {
        const uint32_t first = *line ? scan->lines[*line - 1] : 0;
        const uint32_t start = scan->ends[(int64_t)first - 1] + 1;
        const uint32_t fields = scan->lines[*line] - first, end = scan->ends[first];
        if ((int64_t)start >= limit) break;
        if (dialect.comment && text[start] == dialect.comment) continue;
        const bool blank =
            end == start || (end == start + 1 && text[start] == '\r' && text[end] == '\n');
        if (fields == 1 && blank) continue;
        batch->first[batch->n] = first;
        batch->start[batch->n] = start;
        batch->fields[batch->n++] = fields;
    }
}

// --- Files.

mb_status mb_record_files_find(mb_context *cx, const mb_records *records, mb_record_files *files)
{
    mb_status status;
    MB_TRY(mb_paths_find(cx, NULL, records->paths, records->npaths, &files->paths));
    files->n = files->paths.n;
    files->names = files->paths.files;
    MB_TRY(mb_buffer_new_zeroed(cx, files->n, sizeof(mb_record_file), &files->table));
    files->list = files->table->data;
done:
    return status;
}

void mb_record_files_close(mb_record_files *files)
{
    mb_paths_release(&files->paths);
    mb_buffer_release(files->table);
    *files = (mb_record_files){0};
}

// Where the line with the trailer begins, if it is in the last bytes of a plain file.
static mb_status find_trailer(mb_context *cx, const mb_records *records, const char *path,
                              mb_record_file *file)
{
    mb_status status;
    mb_input input = {.fd = -1};
    mb_buffer *tail = NULL;
    const size_t length = strlen(records->trailer);
    const int64_t from = file->last - file->first > TAIL ? file->last - TAIL : file->first;
    int64_t n = 0;
    MB_TRY(mb_buffer_new(cx, TAIL, &tail));
    MB_TRY(mb_input_open(cx, path, file, from, file->last, &input));
    MB_TRY(mb_input_fill(&input, tail->data, TAIL, &n));
    const char *text = tail->data;
    for (int64_t i = 0; i + (int64_t)length <= n; i++)
        if ((i ? text[i - 1] == '\n' : from == file->first) &&
            memcmp(text + i, records->trailer, length) == 0) {
            file->last = from + i;
            break;
        }
done:
    mb_input_close(&input);
    mb_buffer_release(tail);
    return status;
}

// What has a zero byte in the first line, as far as the head goes, is no text.
static mb_status refuse_zero(mb_context *cx, const char *path, const mb_head *head)
{
    const mb_lines *scan = &head->lines;
    const int64_t rest = head->n - head->first;
    const int64_t n = scan->n_lines > 0 ? (int64_t)scan->ends[scan->lines[0] - 1] : rest;
    const char *text = (const char *)head->text->data + head->first;
    if (!memchr(text, 0, (size_t)(n < rest ? n : rest))) return MB_OK;
    return mb_fail(
        cx, MB_EINVALID,
        "%s: there is a zero byte in its first line: is it text of UTF-16, or no text at "
        "all?",
        path);
}

mb_status mb_head_scan(mb_context *cx, const mb_records *records, const char *path, int64_t kind,
                       mb_head *head)
{
    mb_status status = MB_OK;
    bool whole = false;
    head->lines.n_lines = 0;
    for (int64_t most = HEAD; !whole && head->lines.n_lines == 0; most *= WIDER) {
        if (most > MB_RECORD_LONGEST)
            MB_TRY(mb_fail(cx, MB_EINVALID, "%s:1: the line is longer than %d MiB", path,
                           MB_RECORD_LONGEST >> 20));
        MB_TRY(mb_input_head(cx, path, kind, most, &head->text, &head->n, &whole));
        MB_TRY(mb_head_first(cx, records, path, head->text->data, head->n, &head->first));
        MB_TRY(mb_lines_of(cx, records->form.dialect, (char *)head->text->data + head->first,
                           head->n - head->first, whole, &head->lists, &head->lines));
        MB_TRY(refuse_zero(cx, path, head));
    }
    if (head->lines.n_lines == 0 && head->n > head->first)
        status = mb_fail(cx, MB_EINVALID, "%s:1: a quote in the first line is never closed", path);
done:
    return status;
}

void mb_head_close(mb_head *head)
{
    mb_buffer_release(head->text);
    mb_buffer_release(head->lists);
}

static mb_status inspect_file(mb_context *cx, const mb_records *records, bool header,
                              const char *path, mb_head *head, mb_record_file *file)
{
    mb_status status;
    mb_text_kind kind;
    int64_t size;
    MB_TRY(mb_text_recognise(cx, path, &kind, &size));
    MB_TRY(mb_head_scan(cx, records, path, kind, head));
    *file = (mb_record_file){.kind = kind, .first = head->first, .last = size};
    if (header && head->lines.n_lines > 0) {
        const char *text = (const char *)head->text->data + head->first;
        const uint32_t end = head->lines.ends[head->lines.lines[0] - 1];
        file->header = mb_hash_bytes(1, text, end && text[end - 1] == '\r' ? end - 1 : end);
        file->first += end + 1;
    }
    if (file->first > head->n) file->first = head->n; // the line's end is ours
    if (kind != MB_TEXT_PLAIN) {
        file->skipped = file->first;
        file->first = 0;
    }
    if (records->trailer && kind == MB_TEXT_PLAIN) status = find_trailer(cx, records, path, file);
done:
    return status;
}

mb_status mb_record_files_inspect(mb_context *cx, const mb_records *records, bool header,
                                  mb_record_files *files)
{
    mb_status status = MB_OK;
    mb_buffer *mine = NULL;
    mb_head head = {0};
    const int64_t rank = mb_rank(cx), nranks = mb_nranks(cx);
    const int64_t first = files->n * rank / nranks, last = files->n * (rank + 1) / nranks;
    MB_TRY(mb_buffer_new_array(cx, last - first, sizeof(mb_record_file), &mine));
    for (int64_t i = first; i < last && !status; i++)
        status = inspect_file(cx, records, header, files->names[i], &head,
                              (mb_record_file *)mine->data + (i - first));
    MB_TRY(mb_step(cx, status, NULL));
    mb_gather_lists(cx, mine->data, last - first, sizeof(mb_record_file), files->list);
    for (int64_t i = 0, model = -1; i < files->n; i++) {
        if (!files->list[i].header) continue; // there is nothing in it
        if (model < 0) model = i;
        if (files->list[i].header != files->list[model].header)
            MB_TRY(mb_fail(cx, MB_EINVALID,
                           "%s: its header is not that of %s: read files with the same columns "
                           "together",
                           files->names[i], files->names[model]));
    }
done:
    mb_head_close(&head);
    mb_buffer_release(mine);
    return status;
}

static mb_status add_comments(mb_context *cx, const mb_records *records, const char *path,
                              mb_buffer **head, mb_strings *comments)
{
    mb_status status;
    mb_text_kind kind;
    int64_t size, n, end = 0;
    bool whole;
    MB_TRY(mb_text_recognise(cx, path, &kind, &size));
    MB_TRY(mb_input_head(cx, path, kind, HEAD, head, &n, &whole));
    char *text = (*head)->data;
    while (end < n && text[end] == records->form.dialect.comment)
        end = mb_line_behind(text, end, n);
    text[end] = '\0';
    MB_TRY(mb_strings_add(cx, comments, path));
    MB_TRY(mb_strings_add(cx, comments, text));
done:
    return status;
}

mb_status mb_record_comments(mb_context *cx, const mb_records *records, mb_strings *comments)
{
    mb_status status;
    mb_record_files files = {0};
    mb_buffer *head = NULL;
    MB_TRY(mb_record_files_find(cx, records, &files));
    for (int64_t i = 0; mb_rank(cx) == 0 && i < files.n && !status; i++)
        status = add_comments(cx, records, files.names[i], &head, comments);
    status = mb_strings_share(cx, status, comments);
done:
    mb_buffer_release(head);
    mb_record_files_close(&files);
    return status;
}
