#include "io/hdf/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/hash.h"
#include "core/progress.h"
#include "expr/evaluate.h"
#include "io/hdf/internal.h"
#include "io/hdf/mark.h"
#include "io/hdf/storing.h"
#include "io/part.h"
#include "ops/address/convert.h"
#include "types/ip.h"

// Notes a dictionary once.
static void add_entries(mb_hdf_storing *s, mb_dictionary *dictionary)
{
    for (int64_t i = 0; i < s->nentries; i++)
        if (s->entries[i].dictionary == dictionary) return;
    s->entries[s->nentries++] = (mb_hdf_entries){.dictionary = dictionary};
}

mb_hdf_item *mb_hdf_storing_add(mb_hdf_storing *s, int64_t name, mb_hdf_part part,
                                mb_column *column)
{
    mb_hdf_item *item = &s->items[s->nitems++];
    *item = (mb_hdf_item){.name = name,
                          .part = part,
                          .column = mb_column_retain(column),
                          .masked = column->facts.missing > 0,
                          .cells = column->layout->n_global,
                          .first = column->layout->start[mb_rank(s->cx)],
                          .id = H5I_INVALID_HID,
                          .cell = {MB_CELL_BOOL, 1}};
    if (s->request->each) item->cells = mb_column_rows(column);
    if (s->request->each) item->first = 0;
    return item;
}

// As Arkouda has it.
static mb_status plan_segmented(mb_hdf_storing *s, int64_t name, mb_column *column)
{
    mb_context *cx = s->cx;
    const char *called = s->request->names[name];
    mb_status status;
    int64_t bytes, before = 0, all;
    if (column->facts.missing)
        return mb_fail(cx, MB_EINVALID,
                       "%s: column '%s' has missing rows, which Arkouda has not: give them a "
                       "value, as c:fill(0) does, or leave them out",
                       s->request->path, called);
    if (!mb_dictionary_of(column->type)) {
        static const mb_hdf_cell wide[] = {[MB_BOOL] = {MB_CELL_UINT, 1},
                                           [MB_INT] = {MB_CELL_INT, 8},
                                           [MB_UINT] = {MB_CELL_UINT, 8},
                                           [MB_FLOAT] = {MB_CELL_FLOAT, 8}};
        mb_hdf_storing_add(s, name, MB_HDF_VALUES, column)->cell = wide[column->type->kind];
        return MB_OK;
    }
    MB_TRY(mb_hdf_measure_segments(cx, s->request->path, called, column, &bytes));
    all = bytes;
    if (!s->request->each) {
        mb_sum_before(cx, &bytes, 1, &before);
        mb_sum_all(cx, &bytes, 1, &all);
    }
    mb_hdf_storing_add(s, name, MB_HDF_STARTS, column)->cell = (mb_hdf_cell){MB_CELL_INT, 8};
    mb_hdf_item *item = mb_hdf_storing_add(s, name, MB_HDF_BYTES, column);
    item->cell = (mb_hdf_cell){MB_CELL_UINT, 1};
    item->cells = all;
    item->first = before;
done:
    return status;
}

mb_status mb_hdf_storing_measure(mb_context *cx, const mb_hdf_store *request, int64_t name,
                                 mb_column *column, mb_column **written, mb_hdf_measure *measure)
{
    mb_column *printed = NULL;
    mb_status status = MB_OK;
    const bool strings = mb_dictionary_of(column->type) && !request->coded;
    if (strings && mb_type_is_ip(column->type)) {
        MB_TRY(mb_ip_print(cx, column, MB_TEXT_CHOOSE, &printed));
        MB_TRY(mb_materialise(cx, printed));
    }
    *written = printed ? printed : mb_column_retain(column);
    printed = NULL;
    if (strings)
        MB_TRY(mb_hdf_measure_text(cx, request->path, request->names[name], *written, measure));
    else
        *measure = mb_hdf_measure_values(column);
done:
    mb_column_release(printed);
    return status;
}

// Finds out how a column is stored.
static mb_status plan_column(mb_hdf_storing *s, int64_t name)
{
    mb_context *cx = s->cx;
    const mb_hdf_store *request = s->request;
    mb_column *column = request->columns[name], *written = NULL, *settled = NULL;
    mb_layout *layout = request->columns[0]->layout;
    mb_status status;
    MB_TRY(mb_materialise(cx, column));
    if (request->each && column->layout->n_global == layout->n_global) {
        MB_TRY(
            mb_settle(cx, column, layout, &settled)); // so that all datasets of a file are as long
        column = settled;
    }
    if (request->segmented) {
        MB_TRY(plan_segmented(s, name, column));
        goto done;
    }
    mb_dictionary *dictionary = mb_dictionary_of(column->type);
    mb_hdf_measure measure;
    MB_TRY(mb_hdf_storing_measure(cx, request, name, column, &written, &measure));
    bool strings = measure.form == MB_CELL_FIXED;
    mb_hdf_item *item =
        mb_hdf_storing_add(s, name, strings ? MB_HDF_STRINGS : MB_HDF_VALUES, written);
    if (dictionary && !strings) add_entries(s, dictionary);
    item->cell = mb_hdf_cell_for(&measure, column->layout->n_global);
    if (measure.missing) (void)mb_hdf_storing_add(s, name, MB_HDF_MISSING, written);
done:
    mb_column_release(settled);
    mb_column_release(written);
    return status;
}

// How many bytes the strings of dictionaries have, here and on the ranks before.
static mb_status measure_entries(mb_hdf_storing *s)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < s->nentries; i++) {
        mb_hdf_entries *entries = &s->entries[i];
        const mb_dictionary *dictionary = entries->dictionary;
        int64_t mine = (int64_t)(dictionary->offsets[dictionary->count] - dictionary->offsets[0]);
        entries->bytes = mine;
        if (!dictionary->spread) continue;
        MB_TRY(mb_step(s->cx, MB_OK, NULL));
        mb_sum_before(s->cx, &mine, 1, &entries->before);
        mb_sum_all(s->cx, &mine, 1, &entries->bytes);
    }
done:
    return status;
}

mb_status mb_hdf_storing_plan(mb_hdf_storing *s)
{
    mb_context *cx = s->cx;
    int64_t n = s->request->n;
    mb_status status = mb_buffer_new_array(cx, 2 * n, sizeof(mb_hdf_item), &s->item_table);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(mb_hdf_entries), &s->entry_table);
    MB_TRY(mb_step(cx, status, NULL));
    s->items = s->item_table->data;
    s->entries = s->entry_table->data;
    for (int64_t i = 0; i < n; i++)
        MB_TRY(plan_column(s, i));
    MB_TRY(measure_entries(s));
done:
    return status;
}

// Rank 0 looks whether there is a file to add to, and one that can be opened.
static mb_status look(mb_hdf_storing *s, mb_payload *copies)
{
    struct stat what;
    hid_t file;
    const char *path = s->path;
    bool there = stat(path, &what) == 0;
    if (s->request->mode == MB_HDF_NEW || (s->request->mode == MB_HDF_ADD && !there)) return MB_OK;
    mb_status status = mb_hdf_file_open(s->cx, path, &file);
    if (status) return status;
    H5Fclose(file);
    copies->count = 1;
    return MB_OK;
}

// Whether nobody has written to a file but those who keep what is told of its values; looked at
// after it was copied.
static bool is_marked(const char *path)
{
    struct stat what;
    return stat(path, &what) == 0 && what.st_mtim.tv_nsec == MB_HDF_MOMENT;
}

mb_status mb_hdf_storing_open(mb_hdf_storing *s)
{
    mb_status status = MB_OK;
    mb_payload copies = {0};
    if (mb_rank(s->cx) == 0) status = look(s, &copies);
    MB_TRY(mb_step(s->cx, status, &copies));
    s->copies = copies.count > 0;
    if (s->request->each)
        MB_TRY(mb_shared_open_own(s->cx, s->path, &s->shared));
    else
        MB_TRY(mb_shared_open(s->cx, s->path, s->copies, &s->shared));
    s->shared.part.transient = s->request->transient;
    if (s->request->marked) s->shared.moment = MB_HDF_MOMENT;
    s->stale = s->request->marked && s->copies && !is_marked(s->path);
    if (mb_hdf_has_file(s)) status = mb_hdf_structure(s);
    MB_TRY(mb_step(s->cx, status, NULL));
    status = mb_hdf_storing_share(s);
done:
    return status;
}

mb_status mb_hdf_storing_share(mb_hdf_storing *s)
{
    mb_buffer *table = NULL;
    if (s->request->each) return MB_OK;
    mb_status status = mb_buffer_new_array(s->cx, s->nitems + 2 * s->nentries, 8, &table);
    MB_TRY(mb_step(s->cx, status, NULL));
    int64_t *addresses = table->data, *at = addresses;
    for (int64_t i = 0; i < s->nitems; i++)
        *at++ = s->items[i].address;
    for (int64_t i = 0; i < s->nentries; i++) {
        *at++ = s->entries[i].offset_address;
        *at++ = s->entries[i].byte_address;
    }
    mb_broadcast(s->cx, 0, addresses, (size_t)(at - addresses) * sizeof *at);
    at = addresses;
    for (int64_t i = 0; i < s->nitems; i++)
        s->items[i].address = *at++;
    for (int64_t i = 0; i < s->nentries; i++) {
        s->entries[i].offset_address = *at++;
        s->entries[i].byte_address = *at++;
    }
done:
    mb_buffer_release(table);
    return status;
}

mb_status mb_hdf_storing_write(mb_hdf_storing *s, const mb_hdf_item *item)
{
    mb_context *cx = s->cx;
    mb_hdf_source source = {0};
    mb_layout *layout = NULL;
    mb_status status = MB_OK;
    bool chunked = mb_hdf_item_chunked(s, item);
    if (item->part == MB_HDF_STARTS) return MB_OK; // with the bytes behind them
    if (chunked && !s->request->each)
        MB_TRY(mb_hdf_chunk_layout(cx, item->column->layout->n_global,
                                   mb_hdf_chunk_rows(s, item->cell), &layout));
    MB_TRY(mb_hdf_source_open(cx, item->column, layout, item->part, item->cell, &source));
    if (chunked)
        MB_TRY(mb_hdf_write_chunks(s, item, &source));
    else if (item->cell.form == MB_CELL_VARIABLE)
        MB_TRY(mb_hdf_write_strings(s, item, &source));
    else if (item->part == MB_HDF_BYTES)
        MB_TRY(mb_hdf_write_segments(s, item, &source));
    else
        MB_TRY(mb_hdf_write_contiguous(s, item, &source));
done:
    mb_hdf_source_close(&source);
    mb_layout_release(layout);
    return status;
}

static mb_status write_items(mb_hdf_storing *s)
{
    mb_status status = MB_OK;
    int64_t rows = 0, cells = 0;
    for (int64_t i = 0; i < s->nitems; i++) {
        const int64_t length = s->items[i].column->layout->n_global;
        if (length > rows) rows = length;
        cells += mb_column_rows(s->items[i].column);
    }
    mb_progress_begin(s->cx, "writing", rows, cells);
    for (int64_t i = 0; i < s->nitems; i++)
        MB_TRY(mb_hdf_storing_write(s, &s->items[i]));
    for (int64_t i = 0; i < s->nentries; i++)
        MB_TRY(mb_hdf_write_entries(s, &s->entries[i]));
done:
    mb_progress_end(s->cx);
    return status;
}

// Closes rank 0's file; what is left to write is dropped after a failure.
static mb_status close_file(mb_hdf_storing *s, bool failed)
{
    bool good = true, open = s->file >= 0;
    if (failed && !s->sink.error) s->sink.error = ECANCELED;
    for (int64_t i = 0; i < s->nitems; i++) {
        if (s->items[i].id >= 0 && H5Dclose(s->items[i].id) < 0) good = false;
        s->items[i].id = H5I_INVALID_HID;
    }
    if (open && !mb_hdf_sink_close(&s->sink, s->file)) good = false;
    s->file = H5I_INVALID_HID;
    if (failed || (good && !s->sink.error)) return MB_OK;
    return mb_hdf_storing_fail(s, NULL, "cannot be closed");
}

mb_status mb_hdf_storing_publish(mb_hdf_storing *s)
{
    mb_status status = mb_step(s->cx, MB_OK, NULL);
    if (!status) status = mb_shared_publish(s->cx, close_file(s, false), s->path, &s->shared);
    return status;
}

void mb_hdf_storing_release(mb_hdf_storing *s)
{
    (void)close_file(s, true);
    for (int64_t i = 0; i < s->nitems; i++)
        mb_column_release(s->items[i].column);
    mb_shared_abandon(&s->shared);
    mb_buffer_release(s->item_table);
    mb_buffer_release(s->entry_table);
}

// Finds what the file is called. One that is to have all rows would be read instead of those of
// ranks.
static mb_status name_file(mb_hdf_storing *s, char file[PATH_MAX])
{
    const char *path = s->request->path;
    s->path = path;
    if (!s->request->each) return MB_OK;
    if (!mb_hdf_rank_path(path, mb_rank(s->cx), file))
        return mb_part_fail(s->cx, path, ENAMETOOLONG);
    s->path = file;
    if (mb_rank(s->cx) > 0 || access(path, F_OK) != 0) return MB_OK;
    return mb_fail(s->cx, MB_EIO,
                   "%s: is there, and would be read instead of the files of ranks: remove it, or "
                   "name another one",
                   path);
}

// Agrees on a number that other writings are unlikely to have.
static void number_writing(mb_hdf_storing *s)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    s->writing = (int64_t)(mb_hash_bytes((uint64_t)getpid(), &now, sizeof now) >> 1 | 1);
    mb_broadcast(s->cx, 0, &s->writing, sizeof s->writing);
}

// Removes the parts of dead writers, which may have had more ranks.
static void remove_parts(const char *path)
{
    glob_t found = mb_hdf_rank_files(path, ".*.part");
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (mb_part_stem(found.gl_pathv[i])) mb_part_remove_dead(AT_FDCWD, found.gl_pathv[i]);
    globfree(&found);
}

// Removes the files of ranks that there are no more, from the last one on: what is left of them,
// whenever this ends, is found again.
static void remove_others(const mb_hdf_storing *s)
{
    char file[PATH_MAX];
    int n = mb_nranks(s->cx), last = n;
    while (mb_hdf_rank_path(s->request->path, last, file) && access(file, F_OK) == 0)
        last++;
    while (last-- > n)
        if (mb_hdf_rank_path(s->request->path, last, file)) (void)unlink(file);
}

mb_status mb_hdf_store_columns(mb_context *cx, const mb_hdf_store *request)
{
    char file[PATH_MAX];
    mb_status status;
    mb_hdf_storing s = {
        .cx = cx, .request = request, .shared = MB_SHARED_CLOSED, .file = H5I_INVALID_HID};
    mb_hdf_printing printing = mb_hdf_printing_off();
    MB_TRY(mb_step(cx, name_file(&s, file), NULL));
    if (request->each) number_writing(&s);
    if (request->each && mb_rank(cx) == 0) remove_parts(request->path);
    MB_TRY(mb_hdf_storing_plan(&s));
    MB_TRY(mb_hdf_storing_open(&s));
    MB_TRY(write_items(&s));
    status = mb_hdf_storing_publish(&s);
    if (!status && request->each && mb_rank(cx) == 0) remove_others(&s);
done:
    mb_hdf_storing_release(&s);
    mb_hdf_printing_restore(printing);
    return status;
}
