#include "io/duck/write.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/progress.h"
#include "expr/evaluate.h"
#include "io/duck/source.h"
#include "io/part.h"

static mb_status fail_path(mb_context *cx, const char *path, int error)
{
    return mb_fail(cx, MB_EIO, "%s: cannot write: %s", path, strerror(error));
}

// Lets DuckDB write the rows at hand into a part.
static mb_status copy(mb_duck_writing *writing, const mb_parquet_output *output,
                      const mb_part *part)
{
    char path[MB_PART_PATH];
    mb_context *cx = writing->cx;
    mb_duck_text text = {.cx = cx};
    if (!mb_part_opened_as(part, path)) return fail_path(cx, output->path, ENAMETOOLONG);
    mb_duck_add(&text, "copy (select * from moonbear_rows()) to ");
    mb_duck_add_string(&text, path);
    mb_duck_add(&text, " (format parquet, use_tmp_file false, compression ");
    mb_duck_add_string(&text, output->compression);
    mb_duck_add(&text, ", kv_metadata {moonbear: ");
    mb_duck_add_string(&text, output->note);
    mb_duck_add(&text, "})");
    mb_status status = text.status;
    if (!status) status = mb_duck_write_rows(writing, mb_duck_text_of(&text));
    mb_buffer_release(text.buffer);
    const bool own =
        status == MB_EIO && !writing->status; // else all ranks have agreed on the message
    return own ? mb_fail_within(cx, status, "%s", output->path) : status;
}

static mb_status check_rows(const mb_duck_writing *writing, int64_t rows)
{
    if (writing->out == rows) return MB_OK;
    return mb_fail(writing->cx, MB_EINTERNAL, "DuckDB took %lld rows of %lld",
                   (long long)writing->out, (long long)rows);
}

static mb_status publish(mb_context *cx, const char *path, mb_part *part)
{
    int error = mb_part_publish(part);
    return error ? fail_path(cx, path, error) : MB_OK;
}

// --- One file, by rank 0.

// Brings rows to rank 0 for as long as it asks.
static mb_status serve(mb_duck_writing *writing)
{
    bool more = true;
    mb_status status = MB_OK;
    while (more && !status)
        status = mb_duck_take_piece(writing, &more);
    return status;
}

static mb_status write_file(mb_context *cx, const mb_parquet_output *output)
{
    const bool mine = mb_rank(cx) == 0;
    const int64_t rows = output->columns[0]->layout->n_global;
    mb_duck *duck = NULL;
    mb_duck_writing writing = {0};
    mb_part part = {.fd = -1};
    mb_status status = MB_OK;
    if (mine) status = mb_duck_open(cx, 1, &duck);
    if (!status)
        status =
            mb_duck_writing_open(cx, duck, output->names, output->columns, output->n, &writing);
    if (!status && mine) {
        mb_part_clean(output->path);
        status = mb_part_open(cx, output->path, &part);
    }
    MB_TRY(mb_step(cx, status, NULL));
    writing.gathers = true;
    mb_progress_begin(cx, "writing", rows, rows);
    status = mine ? copy(&writing, output, &part) : serve(&writing);
    mb_progress_end(cx);
    if (!status && mine) status = check_rows(&writing, rows);
    MB_TRY(mb_step(cx, status, NULL));
    if (mine) status = publish(cx, output->path, &part);
    status = mb_step(cx, status, NULL);
done:
    mb_part_abandon(&part);
    mb_duck_writing_close(&writing);
    return status;
}

// --- A file of each rank in a folder.

static mb_status write_part(mb_context *cx, const mb_parquet_output *output, const char *path)
{
    mb_duck *duck;
    mb_duck_writing writing = {0};
    mb_part part = {.fd = -1};
    int64_t rows = mb_column_rows(output->columns[0]);
    mb_status status = mb_duck_open(cx, 1, &duck);
    if (!status)
        status =
            mb_duck_writing_open(cx, duck, output->names, output->columns, output->n, &writing);
    if (!status) status = mb_part_open(cx, path, &part);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_duck_take_own(&writing));
    mb_progress_begin(cx, "writing", output->columns[0]->layout->n_global, rows);
    status = copy(&writing, output, &part);
    mb_progress_end(cx);
    if (!status) status = check_rows(&writing, rows);
    if (!status) status = publish(cx, path, &part);
    status = mb_step(cx, status, NULL);
done:
    mb_part_abandon(&part);
    mb_duck_writing_close(&writing);
    return status;
}

static mb_status write_into(mb_context *cx, const mb_parquet_output *output)
{
    char path[PATH_MAX];
    mb_folder *folder = output->folder;
    const bool fits = mb_folder_file(folder, folder->files + mb_rank(cx), "parquet", path);
    mb_status status = fits ? MB_OK : fail_path(cx, output->path, ENAMETOOLONG);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(write_part(cx, output, path));
    folder->files += mb_nranks(cx);
done:
    return status;
}

mb_status mb_parquet_write(mb_context *cx, const mb_parquet_output *output)
{
    for (int64_t i = 0; i < output->n; i++) {
        mb_status status = mb_materialise(cx, output->columns[i]);
        if (status) return status;
    }
    return output->folder ? write_into(cx, output) : write_file(cx, output);
}
