#include "io/duck/write.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

// --- A folder, with a file of each rank.

// Whether a path may become that of a folder: nothing is there, or an empty one.
static bool is_free(const char *path)
{
    int entries = 0;
    DIR *folder = opendir(path);
    if (!folder) return errno == ENOENT && access(path, F_OK) != 0;
    while (entries <= 2 && readdir(folder)) // of any, "." and ".." are two
        entries++;
    closedir(folder);
    return entries <= 2;
}

// Makes the folder beside its name, locked as `*fd`.
static mb_status make_folder(mb_context *cx, const char *path, const char *beside, int *fd)
{
    if (!is_free(path))
        return mb_fail(cx, MB_EIO,
                       "%s: cannot write: it is there, and no empty folder: remove it, "
                       "or name another one",
                       path);
    mb_part_clean(path);
    *fd = mb_part_make_folder(beside);
    return *fd >= 0 ? MB_OK : fail_path(cx, path, errno);
}

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

static void part_path(const char *beside, int rank, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%.*s/part-%05d.parquet", PATH_MAX - 32, beside, rank);
}

static void remove_folder(mb_context *cx, const char *beside)
{
    char part[PATH_MAX];
    for (int rank = 0; rank < mb_nranks(cx); rank++) {
        part_path(beside, rank, part);
        unlink(part);
    }
    rmdir(beside);
}

static mb_status write_folder(mb_context *cx, const mb_parquet_output *output)
{
    char beside[PATH_MAX], part[PATH_MAX];
    mb_payload maker = {.max = {mb_rank(cx) == 0 ? (uint64_t)getpid() : 0}};
    bool mine = mb_rank(cx) == 0;
    int fd = -1, error = 0;
    mb_status status =
        strlen(output->path) + 64 < PATH_MAX ? MB_OK : fail_path(cx, output->path, ENAMETOOLONG);
    MB_TRY(mb_step(cx, status, &maker));
    snprintf(beside, sizeof beside, "%.*s.%llu.part", PATH_MAX - 64, output->path,
             (unsigned long long)maker.max[0]);
    if (mine) status = make_folder(cx, output->path, beside, &fd);
    MB_TRY(mb_step(cx, status, NULL));
    part_path(beside, mb_rank(cx), part);
    MB_TRY(write_part(cx, output, part));
    if (mine) error = mb_part_publish_folder(fd, beside, output->path);
    MB_TRY(mb_step(cx, error ? fail_path(cx, output->path, error) : MB_OK, NULL));
done: // where it failed all ranks have agreed on that, and make no more files
    if (fd >= 0 && status) remove_folder(cx, beside);
    if (fd >= 0) close(fd);
    return status;
}

mb_status mb_parquet_write(mb_context *cx, const mb_parquet_output *output)
{
    for (int64_t i = 0; i < output->n; i++) {
        mb_status status = mb_materialise(cx, output->columns[i]);
        if (status) return status;
    }
    return output->folder ? write_folder(cx, output) : write_file(cx, output);
}
