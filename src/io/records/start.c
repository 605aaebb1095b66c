#include "io/records/start.h"

enum { WINDOW = 1 << 16, WIDER = 4 };

static mb_status read_window(mb_context *cx, const char *path, const mb_record_file *file,
                             int64_t at, int64_t size, mb_buffer **window, int64_t *n)
{
    mb_status status;
    mb_input input = {.fd = -1};
    *n = 0;
    MB_TRY(mb_buffer_scratch(cx, (size_t)size, window));
    MB_TRY(mb_input_open(cx, path, MB_TEXT_PLAIN, at, file->last, &input));
    for (size_t got = 1; got > 0 && *n < size; *n += (int64_t)got)
        MB_TRY(mb_input_read(&input, (char *)(*window)->data + *n, (size_t)(size - *n), &got));
done:
    mb_input_close(&input);
    return status;
}

mb_status mb_record_start(mb_context *cx, const mb_record_form *form, const char *path,
                          const mb_record_file *file, int64_t fields, int64_t at, int64_t *start)
{
    mb_status status = MB_OK;
    mb_buffer *window = NULL;
    mb_walk walk = {.first = -1};
    int64_t n = 0;
    *start = at;
    if (at <= file->first || at >= file->last) goto done;
    for (int64_t size = WINDOW; walk.first < 0; size *= WIDER) {
        MB_TRY(read_window(cx, path, file, at - 1, size, &window, &n));
        const char *text = window->data;
        walk = mb_lines_walk(form->dialect, text + 1, n - 1, *text, false, fields);
        if (form->dialect.quote) {
            mb_walk inside = mb_lines_walk(form->dialect, text + 1, n - 1, *text, true, fields);
            if (inside.first >= 0 && (walk.first < 0 || inside.bad < walk.bad)) walk = inside;
        }
        if (n < size || size >= MB_RECORD_LONGEST) break;
    }
    *start = walk.first < 0 ? file->last : at + walk.first;
done:
    mb_buffer_release(window);
    return status;
}
