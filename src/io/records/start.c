#include "io/records/start.h"

#include <string.h>

enum { WINDOW = 1 << 16, WIDER = 4 };

// Reads the text of a window that begins with a byte, and gives where it did.
static mb_status read_window(mb_context *cx, const char *path, const mb_record_file *file,
                             int64_t at, int64_t size, mb_buffer **window, mb_record_place *place,
                             int64_t *n)
{
    mb_status status;
    mb_input input = {.fd = -1};
    *n = 0;
    MB_TRY(mb_buffer_scratch(cx, (size_t)size, window));
    MB_TRY(mb_input_open(cx, path, file, at, at, &input));
    MB_TRY(mb_input_fill(&input, (*window)->data, size, n));
    *place = mb_input_place(&input, input.source ? 0 : at);
done:
    mb_input_close(&input);
    return status;
}

static void choose(mb_walk *walk, mb_walk other)
{
    if (other.first >= 0 && (walk->first < 0 || other.bad < walk->bad)) *walk = other;
}

static bool has_byte(const char *text, int64_t n, char byte)
{
    return byte && memchr(text, byte, (size_t)n);
}

// As much of a text without quotes as tells where its first line ends; a byte where none does.
static int64_t until_line_end(const char *text, int64_t n)
{
    const char *end = memchr(text, '\n', (size_t)n);
    const int64_t most = end ? end + 1 - text : n;
    const char *other = memchr(text, '\r', (size_t)most);
    if (other) return other + 2 - text < most ? other + 2 - text : most; // and what is behind it
    return end || n == 0 ? most : 1;
}

// Walks through text behind a byte of the file. Without quotes and escapes, a line ends where the
// first one does; with them, quotes in odd places tell whether the text begins inside a field.
static mb_walk walk_behind(mb_dialect dialect, char before, const char *text, int64_t n,
                           int64_t fields)
{
    if (!has_byte(text, n, dialect.quote) && !has_byte(text, n, dialect.escape))
        n = until_line_end(text, n);
    mb_walk walk = mb_lines_walk(dialect, text, n, before, false, fields);
    const bool sure = walk.first >= 0 && walk.bad == 0;
    if (dialect.quote && !sure)
        choose(&walk, mb_lines_walk(dialect, text, n, before, true, fields));
    return walk;
}

// Walks through text of which the byte before is not known: it may begin with a record, if that has
// as many fields as others.
static mb_walk walk_unknown(mb_dialect dialect, const char *text, int64_t n, int64_t fields)
{
    mb_walk walk = {.first = -1};
    const bool json = !dialect.separator;
    if (json) fields = 1;
    if (n > 0 && (json ? *text == '{' : fields > 1))
        walk = mb_lines_walk(dialect, text, n, '\n', false, fields);
    choose(&walk, mb_lines_walk(dialect, text, n, 0, false, fields));
    if (dialect.quote) choose(&walk, mb_lines_walk(dialect, text, n, 0, true, fields));
    return walk;
}

mb_status mb_record_start(mb_context *cx, const mb_record_form *form, const char *path,
                          const mb_record_file *file, int64_t fields, int64_t at, int64_t longest,
                          mb_record_place *start)
{
    mb_status status = MB_OK;
    mb_buffer *window = NULL;
    mb_walk walk = {.first = -1};
    const bool plain = file->kind == MB_TEXT_PLAIN;
    int64_t n = 0;
    *start = (mb_record_place){.at = at};
    if (at <= file->first || at >= file->last) goto done;
    for (int64_t size = WINDOW; walk.first < 0; size *= WIDER) {
        MB_TRY(read_window(cx, path, file, at - plain, size, &window, start, &n));
        const char *text = window->data;
        if (plain && n > 0) {
            walk = walk_behind(form->dialect, *text, text + 1, n - 1, fields);
        } else if (!plain) {
            walk = walk_unknown(form->dialect, text, n, fields);
        }
        if (n < size || size >= longest) break;
    }
    if (plain)
        start->at = walk.first < 0 ? file->last : at + walk.first;
    else
        start->behind = walk.first < 0 ? n : walk.first;
done:
    mb_buffer_release(window);
    return status;
}
