// Reading datasets of many files as columns.
//
// Rank 0 finds out which files are meant; each rank inspects a share of them; then all know the
// shape of every dataset, agree on a range to store integers by, and each rank reads its rows.

#include <stdio.h>
#include <string.h>

#include "column/storage.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/progress.h"
#include "io/hdf/reading.h"

enum { FEWEST_SAMPLED = 1 << 10, MOST_SAMPLED = 1 << 16 }; // rows

// Opens a dataset that was inspected before, by some rank.
static mb_status open_dataset(mb_hdf_reading *r, int64_t file, int64_t name,
                              mb_hdf_dataset *dataset)
{
    const mb_hdf_shape *known = mb_hdf_shape_of(r, file, name);
    mb_status status = mb_hdf_reading_open(r, file, name, dataset);
    if (status) return status;
    if (dataset->shape.kind == known->kind && dataset->shape.is_text == known->is_text &&
        dataset->shape.mark.is_masked == known->mark.is_masked &&
        dataset->shape.width == known->width && dataset->shape.rows >= known->rows)
        return MB_OK;
    mb_hdf_dataset_close(dataset);
    return mb_fail(r->cx, MB_EIO, "%s: dataset '%s' was changed while it was read", r->files[file],
                   r->names[name]);
}

// Checks that a file's datasets go together.
static mb_status check_file(mb_hdf_reading *r, int64_t file)
{
    const mb_hdf_shape *beside = mb_hdf_shape_of(r, file, 0);
    for (int64_t name = 1; name < r->nnames; name++) {
        const mb_hdf_shape *shape = mb_hdf_shape_of(r, file, name);
        if (shape->rows != beside->rows)
            return mb_fail(r->cx, MB_EIO,
                           "%s: dataset '%s' has %lld row%s and '%s' has %lld: the columns of a "
                           "frame must have the same number; name those that go together",
                           r->files[file], r->names[0], (long long)beside->rows,
                           mb_plural(beside->rows), r->names[name], (long long)shape->rows);
    }
    return MB_OK;
}

// Finds the type and width that each name has in memory.
static mb_status join_shapes(mb_hdf_reading *r)
{
    mb_status status;
    MB_TRY(mb_buffer_new_array(r->cx, r->nnames, sizeof(mb_hdf_shape), &r->column_table));
    r->columns = r->column_table->data;
    for (int64_t name = 0; name < r->nnames; name++)
        MB_TRY(mb_hdf_shapes_join(r->cx, r->names[name], r->files, mb_hdf_shape_of(r, 0, name),
                                  r->nfiles, r->nnames, (r->how & MB_HDF_WIDEN) != 0,
                                  &r->columns[name]));
done:
    return status;
}

// Checks that the datasets of each file go together.
static mb_status check_files(mb_hdf_reading *r)
{
    for (int64_t file = 0; file < r->nfiles; file++) {
        mb_status status = check_file(r, file);
        if (status && mb_hdf_reading_may_skip(r, &status))
            mb_hdf_shape_of(r, file, 0)->rows = -1;
        else if (status)
            return status;
    }
    return mb_hdf_reading_leave_out(r);
}

// Finds the rows that are wanted, among all of them.
static int64_t choose_rows(mb_hdf_reading *r)
{
    int64_t rows = r->start[r->nfiles], first = r->wanted[0], last = r->wanted[1];
    if (first < 0) first = first < -rows ? 1 : first + rows + 1;
    if (last < 0) last = last < -rows ? 0 : last + rows + 1;
    if (first < 1) first = 1;
    if (last > rows) last = rows;
    r->skipped_rows = first - 1 < rows ? first - 1 : rows;
    return last >= first ? last - first + 1 : 0;
}

// Which rows are whose.
static mb_status arrange(mb_hdf_reading *r)
{
    mb_status status;
    MB_TRY(check_files(r));
    MB_TRY(join_shapes(r));
    MB_TRY(mb_buffer_new_array(r->cx, r->nfiles + 1, sizeof(int64_t), &r->start_table));
    r->start = r->start_table->data;
    r->start[0] = 0;
    for (int64_t file = 0; file < r->nfiles; file++)
        r->start[file + 1] = r->start[file] + mb_hdf_shape_of(r, file, 0)->rows;
    MB_TRY(mb_layout_even(r->cx, choose_rows(r), &r->layout));
done:
    return status;
}

// This rank's rows of a file, counted within the file.
static void rows_of_file(const mb_hdf_reading *r, int64_t file, int64_t *first, int64_t *last)
{
    int rank = mb_rank(r->cx);
    int64_t rows = r->start[file + 1] - r->start[file];
    int64_t start = r->start[file] - r->skipped_rows;
    *first = r->layout->start[rank] - start;
    *last = r->layout->start[rank + 1] - start;
    if (*first < 0) *first = 0;
    if (*last > rows) *last = rows;
}

static void widen_range(mb_context *cx, mb_range *range, mb_kind kind, const void *values,
                        int64_t n)
{
    uint64_t low, high, flip = mb_order_bits(kind, UINT64_C(1) << 63);
    if (n == 0) return;
    mb_storage_kernels_of(cx->isa)->bounds(values, n, flip, &low, &high);
    mb_range_join(kind, range, (mb_range){mb_order_bits(kind, low), mb_order_bits(kind, high)});
}

// How many of a file's rows are a sample: few beside them, as they are read twice.
static int64_t rows_sampled(int64_t rows)
{
    const int64_t part = rows / 32;
    if (part > MOST_SAMPLED) return MOST_SAMPLED;
    if (part > FEWEST_SAMPLED) return part;
    return rows < FEWEST_SAMPLED ? rows : FEWEST_SAMPLED;
}

// Adds a few rows of a file to the ranges of its integers: the first of them, or the last.
static mb_status sample_file(mb_hdf_reading *r, int64_t file, bool at_end)
{
    int64_t first, last, n;
    const void *values;
    rows_of_file(r, file, &first, &last);
    const int64_t rows = rows_sampled(last - first);
    if (at_end) first = last - rows;
    for (int64_t name = 0; name < r->nnames; name++) {
        const mb_hdf_shape *column = &r->columns[name];
        if (column->is_text || !mb_kind_is_integer((mb_kind)column->kind)) continue;
        mb_hdf_dataset dataset;
        mb_status status = open_dataset(r, file, name, &dataset);
        if (status) return status;
        status = mb_hdf_rows_read(&r->reader, &dataset, first, rows, column, &values, &n);
        mb_hdf_dataset_close(&dataset);
        if (status) return status;
        widen_range(r->cx, &r->ranges[name], (mb_kind)column->kind, values, n);
    }
    return MB_OK;
}

// Samples the last and the first of this rank's rows, in this order: the file with the first ones
// is then open when reading begins.
static mb_status sample(mb_hdf_reading *r)
{
    int64_t first, last, head = -1, tail = -1;
    for (int64_t file = 0; file < r->nfiles; file++) {
        rows_of_file(r, file, &first, &last);
        if (first >= last) continue;
        if (head < 0) head = file;
        tail = file;
    }
    if (head < 0) return MB_OK;
    mb_status status = sample_file(r, tail, true);
    return status ? status : sample_file(r, head, false);
}

static void begin_ranges(mb_hdf_reading *r, mb_range *ranges)
{
    for (int64_t name = 0; name < r->nnames; name++) {
        mb_kind kind = (mb_kind)r->columns[name].kind;
        ranges[name].minimum = mb_order_bits(kind, UINT64_MAX);
        ranges[name].maximum = mb_order_bits(kind, 0);
    }
}

// Guesses the range of every integer column from samples of all ranks.
static mb_status guess_ranges(mb_hdf_reading *r)
{
    mb_status status;
    mb_context *cx = r->cx;
    mb_buffer *all = NULL;
    size_t size = (size_t)r->nnames * sizeof(mb_range);
    MB_TRY(mb_buffer_new_array(cx, r->nnames, sizeof(mb_range), &r->range_table));
    MB_TRY(mb_buffer_new_array(cx, mb_nranks(cx), size, &all));
    r->ranges = r->range_table->data;
    begin_ranges(r, r->ranges);
    status = sample(r);
    if (status && !mb_hdf_reading_may_skip(r, &status))
        goto done; // a file to be left out fails once more
    MB_TRY(mb_step(cx, MB_OK, NULL));
    mb_gather_all(cx, r->ranges, size, all->data);
    const mb_range *range = all->data;
    for (int rank = 0; rank < mb_nranks(cx); rank++)
        for (int64_t name = 0; name < r->nnames; name++)
            mb_range_join((mb_kind)r->columns[name].kind, &r->ranges[name], *range++);
done:
    mb_buffer_release(all);
    return status;
}

// Finds the types of all columns, and begins with rows that are all valid.
static mb_status open_types(mb_hdf_reading *r)
{
    mb_status status;
    int64_t rows = mb_layout_rows(r->layout, mb_rank(r->cx));
    MB_TRY(mb_buffer_new_zeroed(r->cx, r->nnames, sizeof(mb_type *), &r->type_table));
    r->types = r->type_table->data;
    MB_TRY(mb_buffer_new_zeroed(r->cx, r->nnames, sizeof(mb_buffer *), &r->mask_table));
    r->masks = r->mask_table->data;
    for (int64_t name = 0; name < r->nnames; name++) {
        MB_TRY(mb_hdf_restore_type(r->cx, r->files[0], r->names[name], &r->columns[name],
                                   &r->types[name]));
        if (!r->columns[name].mark.is_masked) continue;
        MB_TRY(mb_buffer_new_array(r->cx, mb_validity_words(rows), 8, &r->masks[name]));
        mb_validity_fill(r->masks[name]->data, rows);
    }
done:
    return status;
}

static mb_status open_list(mb_hdf_reading *r)
{
    if (r->open) return MB_OK;
    mb_status status =
        mb_buffer_new_array(r->cx, r->nnames, sizeof(mb_hdf_dataset), &r->open_table);
    if (status) return status;
    r->open = r->open_table->data;
    for (int64_t name = 0; name < r->nnames; name++)
        r->open[name] = MB_HDF_CLOSED;
    return MB_OK;
}

static mb_status open_builders(mb_hdf_reading *r)
{
    mb_status status;
    int64_t rows = mb_layout_rows(r->layout, mb_rank(r->cx));
    MB_TRY(mb_buffer_new_zeroed(r->cx, r->nnames, sizeof(mb_builder *), &r->builder_table));
    MB_TRY(mb_buffer_new_zeroed(r->cx, r->nnames, sizeof(mb_text_encoder *), &r->encoder_table));
    r->builders = r->builder_table->data;
    r->encoders = r->encoder_table->data;
    for (int64_t name = 0; name < r->nnames; name++) {
        mb_kind kind = (mb_kind)r->columns[name].kind;
        const mb_range *range = &r->ranges[name];
        bool known = !mb_range_empty(kind, *range);
        if (r->columns[name].is_text) {
            MB_TRY(mb_text_encoder_open(r->cx, rows, MB_TEXT_CHOOSE, &r->encoders[name]));
            continue;
        }
        MB_TRY(mb_builder_open(r->cx, r->types[name], rows, known ? range : NULL,
                               r->columns[name].width, &r->builders[name]));
    }
done:
    return status;
}

// Strings may take memory without bound: whose they are is told when there is no more.
static mb_status read_text(mb_hdf_reading *r, const mb_hdf_dataset *dataset, int64_t first,
                           int64_t last, int64_t name)
{
    mb_status status = mb_hdf_column_strings(&r->reader, dataset, first, last, r->encoders[name]);
    if (status != MB_EMEMORY) return status;
    return mb_fail_within(r->cx, status, "%s: dataset '%s'", dataset->path, dataset->name);
}

static mb_status read_dataset(mb_hdf_reading *r, const mb_hdf_dataset *dataset, int64_t first,
                              int64_t last, int64_t name)
{
    const mb_hdf_shape *column = &r->columns[name];
    const void *values;
    int64_t n;
    if (column->is_text) return read_text(r, dataset, first, last, name);
    for (int64_t row = first; row < last; row += n) {
        mb_status status =
            mb_hdf_rows_read(&r->reader, dataset, row, last - row, column, &values, &n);
        if (!status) status = mb_builder_append(r->builders[name], values, NULL, n);
        if (status) return status;
        mb_progress_add(r->cx, n, n * dataset->element.size);
    }
    return MB_OK;
}

// Whether one is the other, or both are parts of one dataset.
static bool goes_with(const mb_hdf_reading *r, int64_t name, int64_t other)
{
    return other == name || mb_hdf_object_same(r->open[name].object, r->open[other].object);
}

// Reads a dataset and the parts of it that are asked for besides, chunk by chunk where that
// decodes each chunk once.
static mb_status read_together(mb_hdf_reading *r, int64_t name, int64_t first, int64_t last)
{
    const mb_hdf_dataset *dataset = &r->open[name];
    bool stepped = dataset->object.address != 0 && dataset->route == MB_HDF_CHUNKED;
    for (int64_t row = first, end; row < last; row = end) {
        end = stepped ? (row / dataset->chunk_rows + 1) * dataset->chunk_rows : last;
        if (end > last) end = last;
        for (int64_t other = name; other < r->nnames; other++) {
            if (!goes_with(r, name, other)) continue;
            mb_status status = read_dataset(r, &r->open[other], row, end, other);
            if (status) return status;
        }
    }
    return MB_OK;
}

// Whether a dataset was read with one before it.
static bool was_read(const mb_hdf_reading *r, int64_t name)
{
    for (int64_t before = 0; before < name; before++)
        if (goes_with(r, before, name)) return true;
    return false;
}

static void close_datasets(mb_hdf_reading *r)
{
    for (int64_t name = 0; name < r->nnames; name++)
        mb_hdf_dataset_close(&r->open[name]);
}

static mb_status read_file(mb_hdf_reading *r, int64_t file, int64_t first, int64_t last)
{
    mb_status status;
    int64_t at = r->start[file] - r->skipped_rows + first - r->layout->start[mb_rank(r->cx)];
    for (int64_t name = 0; name < r->nnames; name++)
        MB_TRY(open_dataset(r, file, name, &r->open[name]));
    for (int64_t name = 0; name < r->nnames; name++) {
        if (!was_read(r, name)) MB_TRY(read_together(r, name, first, last));
        if (r->open[name].shape.mark.is_masked)
            MB_TRY(mb_hdf_restore_missing(&r->reader, r->file, &r->open[name], first, last,
                                          r->masks[name]->data, at));
    }
    status = mb_hdf_reading_check(r, file);
done:
    close_datasets(r);
    return status;
}

// Reads this rank's rows, file by file, so that a file is opened once. `*bad` is the file that is
// to be left out, where the reading ends, or -1.
static mb_status read_rows(mb_hdf_reading *r, int64_t *bad)
{
    *bad = -1;
    for (int64_t file = 0; file < r->nfiles; file++) {
        int64_t first, last;
        rows_of_file(r, file, &first, &last);
        if (first >= last) continue;
        mb_status status = read_file(r, file, first, last);
        if (!status) continue;
        if (mb_hdf_reading_may_skip(r, &status)) *bad = file;
        return status;
    }
    return MB_OK;
}

// Reads them, and tells how far it is.
static mb_status read_told(mb_hdf_reading *r, int64_t *bad)
{
    const mb_layout *layout = r->layout;
    mb_progress_begin(r->cx, "reading", layout->n_global,
                      mb_layout_rows(layout, mb_rank(r->cx)) * r->nnames);
    mb_status status = read_rows(r, bad);
    mb_progress_end(r->cx);
    return status;
}

static void release_rows(mb_hdf_reading *r)
{
    for (int64_t name = 0; r->builders && name < r->nnames; name++)
        mb_builder_close(r->builders[name]);
    for (int64_t name = 0; r->encoders && name < r->nnames; name++)
        mb_text_encoder_close(r->encoders[name]);
    for (int64_t name = 0; r->types && name < r->nnames; name++)
        if (r->types[name]) mb_type_release(r->types[name]);
    for (int64_t name = 0; r->masks && name < r->nnames; name++)
        mb_buffer_release(r->masks[name]);
    mb_layout_release(r->layout);
    mb_buffer_release(r->column_table);
    mb_buffer_release(r->start_table);
    mb_buffer_release(r->range_table);
    mb_buffer_release(r->builder_table);
    mb_buffer_release(r->encoder_table);
    mb_buffer_release(r->type_table);
    mb_buffer_release(r->mask_table);
    r->layout = NULL;
    r->column_table = r->start_table = r->range_table = r->builder_table = r->encoder_table = NULL;
    r->type_table = r->mask_table = NULL;
    r->builders = NULL;
    r->encoders = NULL;
    r->types = NULL;
    r->masks = NULL;
}

// Marks the files that ranks found to be bad while they read, and leaves them out; `*again` is
// whether there are any, so that all is to be read once more.
static mb_status drop_bad(mb_hdf_reading *r, mb_status status, int64_t bad, bool *again)
{
    mb_context *cx = r->cx;
    mb_buffer *all = NULL;
    *again = false;
    if (!status) status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof bad, &all);
    MB_TRY(mb_strings_unite(cx, status, &r->report.skipped));
    mb_gather_all(cx, &bad, sizeof bad, all->data);
    for (int rank = 0; rank < mb_nranks(cx); rank++) {
        int64_t file = ((const int64_t *)all->data)[rank];
        if (file < 0) continue;
        mb_hdf_shape_of(r, file, 0)->rows = -1;
        *again = true;
    }
    if (*again) MB_TRY(mb_hdf_reading_leave_out(r));
done:
    mb_buffer_release(all);
    return status;
}

// Reads the rows of the files that were inspected.
static mb_status read_files(mb_hdf_reading *r)
{
    mb_status status;
    for (bool again = true; again;) {
        int64_t bad = -1;
        release_rows(r);
        MB_TRY(arrange(r));
        MB_TRY(guess_ranges(r));
        MB_TRY(open_types(r));
        MB_TRY(open_builders(r));
        MB_TRY(open_list(r));
        status = read_told(r, &bad);
        again = false;
        if (r->how & MB_HDF_SKIP) MB_TRY(drop_bad(r, status, bad, &again));
        if (status) break;
    }
done:
    return status;
}

// Tells which rows are from which file, or how many each has and how it is.
static mb_status report_files(mb_hdf_reading *r)
{
    mb_status status = MB_OK;
    char seen[MB_HDF_SEEN_TEXT];
    int64_t rows = r->layout->start[mb_nranks(r->cx)];
    for (int64_t file = 0; file < r->nfiles; file++) {
        int64_t start = r->start[file] - r->skipped_rows;
        start = start < 0 ? 0 : start < rows ? start : rows;
        if (r->how & MB_HDF_COUNT) start = r->start[file + 1] - r->start[file] - 1;
        MB_TRY(mb_strings_add(r->cx, &r->report.files, r->files[file]));
        MB_TRY(mb_strings_addf(r->cx, &r->report.files, "%lld", (long long)start + 1));
        if (!(r->how & MB_HDF_COUNT)) continue;
        mb_hdf_seen_tell(&r->seen[file], seen);
        MB_TRY(mb_strings_add(r->cx, &r->report.files, seen));
    }
done:
    return status;
}

// Makes the columns of names first..last - 1, which are of numbers.
static mb_status finish_numbers(mb_hdf_reading *r, int64_t first, int64_t last, mb_column **columns)
{
    mb_status status;
    mb_buffer *layouts = NULL;
    MB_TRY(mb_buffer_new_array(r->cx, last - first, sizeof(mb_layout *), &layouts));
    mb_layout **layout = layouts->data;
    for (int64_t i = 0; i < last - first; i++)
        layout[i] = r->layout;
    MB_TRY(mb_step(r->cx, MB_OK, NULL));
    MB_TRY(mb_builder_finish(r->cx, r->builders + first, (int)(last - first), layout, (int)first,
                             columns + first));
done:
    mb_buffer_release(layouts);
    return status;
}

static mb_status finish(mb_hdf_reading *r, mb_column **columns)
{
    int64_t name = 0, first;
    mb_status status = MB_OK;
    while (name < r->nnames) {
        first = name;
        while (name < r->nnames && !r->columns[name].is_text)
            name++;
        if (name > first) MB_TRY(finish_numbers(r, first, name, columns));
        if (name == r->nnames) break;
        MB_TRY(mb_text_encoder_finish(r->cx, MB_OK, r->encoders[name], r->layout, (int)name,
                                      &columns[name]));
        name++;
    }
done:
    return status;
}

// Gives columns what files tell beside their values.
static mb_status restore(mb_hdf_reading *r, mb_column **columns)
{
    mb_status status = MB_OK;
    for (int64_t name = 0; name < r->nnames; name++) {
        if (r->masks[name])
            MB_TRY(mb_hdf_restore_validity(r->cx, r->masks[name], (int)name, &columns[name]));
        MB_TRY(mb_hdf_restore_values(r->cx, r->files[0], r->names[name], &r->columns[name],
                                     &r->entry_types, (int)name, &columns[name]));
    }
done:
    return status;
}

static void release(mb_hdf_reading *r)
{
    release_rows(r);
    mb_hdf_entry_types_release(&r->entry_types);
    mb_hdf_reading_close(r);
    mb_hdf_reader_close(&r->reader);
    mb_buffer_release(r->shape_table);
    mb_paths_release(&r->paths);
    mb_buffer_release(r->seen_table);
    mb_hdf_places_release(&r->own);
    mb_buffer_release(r->open_table);
    mb_strings_release(&r->report.notes);
    mb_strings_release(&r->report.skipped);
    mb_strings_release(&r->report.files);
}

mb_status mb_hdf_read(mb_context *cx, const mb_hdf_request *request, mb_column **columns,
                      mb_hdf_report *report)
{
    mb_status status;
    mb_hdf_reading r = {.cx = cx,
                        .names = request->names,
                        .nnames = request->nnames,
                        .attribute = request->attribute,
                        .is_note = request->is_note,
                        .how = request->how,
                        .expected = request->nseen > 0 ? request->seen : NULL,
                        .wanted = {request->first, request->last},
                        .file = H5I_INVALID_HID,
                        .opened = -1,
                        .bare = -1};
    mb_hdf_printing printing = mb_hdf_printing_off();
    r.places = request->places ? request->places : &r.own;
    MB_TRY(mb_hdf_reading_find(&r, request->paths, request->npaths));
    if (r.expected && request->nseen != r.nfiles)
        MB_TRY(mb_fail(cx, MB_EIO, "%s: is no longer a file", request->paths[0]));
    MB_TRY(mb_hdf_reader_open(cx, &r.reader));
    MB_TRY(mb_hdf_reading_inspect(&r));
    MB_TRY(read_files(&r));
    if (r.how & (MB_HDF_TELL | MB_HDF_COUNT)) MB_TRY(report_files(&r));
    MB_TRY(finish(&r, columns));
    MB_TRY(restore(&r, columns));
    *report = r.report;
    r.report = (mb_hdf_report){0};
done:
    release(&r);
    mb_hdf_printing_restore(printing);
    return status;
}
