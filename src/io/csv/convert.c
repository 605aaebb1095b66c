#include "io/csv/convert.h"

#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "io/csv/convert_internal.h"

enum { PIECE = 1 << 20 }; // bytes of text that a rank alone reads at a time

// No more than this for all ranks together, since rank 0 gets what they all have made of it.
static int64_t default_range(const mb_context *cx)
{
    enum { MOST = 8 << 20, MOST_OF_ALL = 512 << 20 };
    int64_t range = MOST_OF_ALL / mb_nranks(cx);
    return range < MOST ? range : MOST;
}

// Where rows are much longer than their text may be, less text is taken at once.
static void limit_rows(mb_conversion *conversion)
{
    enum { MOST = 64 << 20, LEAST = 1 << 12 };
    const mb_csv_format *format = &conversion->format;
    int64_t rows = MOST / (8 * (int64_t)format->n_words);
    int64_t text = LEAST;
    while (text < MOST && mb_csv_most_rows(format, 2 * text) <= rows)
        text *= 2;
    if (conversion->range > text) conversion->range = text;
    if (conversion->piece > text) conversion->piece = text;
}

mb_status mb_conversion_new(mb_context *cx, const mb_conversion_options *options,
                            mb_conversion **conversion)
{
    if (options->format->n_columns == 0)
        return mb_fail(cx, MB_EINVALID, "the format makes no columns: all its fields are skipped");
    if (options->level < 0 || options->level > 9)
        return mb_fail(cx, MB_EINVALID, "gzip level %d: it must be 0 to 9", options->level);
    mb_conversion *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->cx = cx;
    made->shared.fd = -1;
    made->format = *options->format;
    made->level = options->level;
    made->skip_bad = options->skip_bad;
    made->skip_header = options->skip_header;
    made->range = options->range > 0 ? options->range : default_range(cx);
    made->piece = PIECE;
    limit_rows(made);
    *conversion = made;
    return MB_OK;
}

mb_status mb_conversion_add(mb_conversion *conversion, const char *input, const char *output)
{
    mb_context *cx = conversion->cx;
    size_t n = (size_t)conversion->n;
    mb_convert_file *files = mb_reallocate(cx, conversion->files, n + 1, sizeof *files);
    if (!files) return MB_EMEMORY;
    conversion->files = files;
    files[n] =
        (mb_convert_file){.input = mb_copy_string(cx, input), .output = mb_copy_string(cx, output)};
    conversion->n++;
    return files[n].input && files[n].output ? MB_OK : MB_EMEMORY;
}

int mb_conversion_count(const mb_conversion *conversion)
{
    return conversion->n;
}

// What all ranks must know of a file.
typedef struct facts {
    int64_t size;
    mb_text_kind kind;
} facts;

// Rank 0 looks at the files and tells the others.
static mb_status recognise(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    mb_buffer *buffer = NULL;
    mb_status status =
        mb_buffer_new_zeroed(cx, conversion->n ? conversion->n : 1, sizeof(facts), &buffer);
    facts *known = status ? NULL : buffer->data;
    for (int i = 0; !status && mb_rank(cx) == 0 && i < conversion->n; i++)
        status = mb_text_recognise(cx, conversion->files[i].input, &known[i].kind, &known[i].size);
    if (!status && mb_rank(cx) == 0) status = mb_convert_check_paths(conversion);
    MB_TRY(mb_step(cx, status, NULL));
    mb_broadcast(cx, 0, known, (size_t)conversion->n * sizeof *known);
    conversion->total = 0;
    for (int i = 0; i < conversion->n; i++) {
        conversion->files[i].kind = known[i].kind;
        conversion->files[i].size = known[i].size;
        conversion->total += known[i].size;
    }
done:
    mb_buffer_release(buffer);
    return status;
}

// A range may be shorter than what a rank alone reads at a time.
static mb_status take_memory(mb_conversion *conversion)
{
    bool shared = conversion->n_order < conversion->n;
    int64_t text = conversion->piece;
    if (shared && conversion->range > text) text = conversion->range;
    mb_status status = mb_convert_take_memory(conversion, text, shared ? 2 : 1);
    if (!status && shared) status = mb_convert_shared_open(conversion);
    return status ? status : mb_convert_alone_open(conversion);
}

mb_status mb_conversion_begin(mb_context *cx, void *argument)
{
    mb_conversion *conversion = argument;
    mb_status status;
    MB_TRY(recognise(conversion));
    status = mb_convert_deal(conversion);
    if (!status) status = take_memory(conversion);
    MB_TRY(mb_conclude(cx, status, NULL));
    conversion->begun = true;
done:
    return status;
}

mb_status mb_conversion_batch(mb_context *cx, void *argument)
{
    mb_conversion *conversion = argument;
    if (!conversion->begun) return mb_fail(cx, MB_EINVALID, "the conversion has not begun");
    if (!mb_convert_shared_over(conversion)) return mb_convert_shared_batch(conversion);
    if (!mb_convert_alone_over(conversion)) return mb_convert_alone_batch(conversion);
    return MB_OK;
}

int64_t mb_conversion_progress(const mb_conversion *conversion, int64_t *total, bool *over)
{
    *total = conversion->total;
    *over = conversion->begun && mb_convert_shared_over(conversion) &&
            mb_convert_alone_over(conversion);
    return conversion->done;
}

mb_conversion_report mb_conversion_report_of(const mb_conversion *conversion, int file)
{
    mb_conversion_report report = conversion->files[file].report;
    report.reason = conversion->files[file].reason;
    return report;
}

void mb_conversion_close(mb_conversion *conversion)
{
    if (!conversion) return;
    mb_convert_shared_close(conversion);
    mb_convert_alone_close(conversion);
    mb_convert_release(conversion);
    for (int i = 0; i < conversion->n; i++) {
        free(conversion->files[i].input);
        free(conversion->files[i].output);
    }
    free(conversion->files);
    free(conversion->order);
    free(conversion);
}
