#include "io/duck/parquet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/progress.h"
#include "io/duck/rows.h"
#include "io/paths.h"

// What a reading knows and holds. Records and what follows from them are the same on all ranks.
typedef struct reading {
    mb_context *cx;
    const mb_parquet_request *request;
    mb_duck *duck;
    mb_paths paths;
    mb_strings notes;
    mb_buffer *record_table, *start_table, *form_table;
    const char *const *files;
    int64_t nfiles, nnames;
    int64_t *records;    // of each file: its rows, and the form of each name
    int64_t *start;      // first row of each file among all, and the end
    int64_t first, last; // rows that are read
    mb_duck_form *forms; // of each name
    mb_duck_rows rows;
} reading;

// --- Which files.

static const mb_path_kind parquet_kind = {
    .endings = (const char *const[]){".parquet", NULL},
    .none = "there is no file *.parquet in this folder",
};

static mb_status find_files(reading *r)
{
    const mb_parquet_request *request = r->request;
    mb_status status =
        mb_paths_find(r->cx, &parquet_kind, request->paths, request->npaths, &r->paths);
    r->files = r->paths.files;
    r->nfiles = r->paths.n;
    return status;
}

// --- What is in them.

static mb_status prepare(mb_context *cx, mb_duck *duck, mb_duck_text *text, const char *file,
                         duck_statement *statement)
{
    struct stat found;
    mb_status status = text->status;
    // DuckDB would wait at a pipe until somebody writes.
    if (!status && stat(file, &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode))
        status = mb_fail(cx, MB_EINVALID, "%s: this is a device or a pipe, not a file", file);
    if (!status && access(file, R_OK) != 0 && errno == EACCES) // which is no file to DuckDB
        status = mb_fail(cx, MB_EINVALID, "%s: %s", file, strerror(EACCES));
    else if (!status)
        status = mb_duck_prepare(cx, duck, mb_duck_text_of(text), statement);
    if (status == MB_EIO) status = mb_fail_within(cx, status, "%s", file);
    mb_buffer_release(text->buffer);
    return status;
}

// A statement that has all columns of a file.
static mb_status open_schema(mb_context *cx, mb_duck *duck, const char *file,
                             duck_statement *statement)
{
    mb_duck_text text = {.cx = cx};
    mb_duck_add(&text, "select * from read_parquet(");
    mb_duck_add_path(&text, file);
    mb_duck_add(&text, ", hive_partitioning = false)");
    return prepare(cx, duck, &text, file, statement);
}

static mb_status add_note(mb_context *cx, const mb_duck_api *api, duck_chunk chunk,
                          mb_strings *notes)
{
    duck_vector vector = api->data_chunk_get_vector(chunk, 1);
    const uint64_t *validity = api->vector_get_validity(vector);
    const duck_string *stored = api->vector_get_data(vector);
    mb_status status = MB_OK;
    char *note = mb_allocate(cx, stored->length + 1, 1);
    if (!note) return MB_EMEMORY;
    if (!validity || *validity & 1)
        memcpy(note, stored->length > DUCK_INLINED ? stored->address : stored->bytes,
               stored->length);
    else
        *note = '\0';
    status = mb_strings_add_once(cx, notes, note);
    free(note);
    return status;
}

// The number of rows of a file, that of its row groups (a file may say another one), and what it
// notes of our types (NULL: not asked for).
static mb_status read_metadata(mb_context *cx, mb_duck *duck, const char *file, int64_t *rows,
                               mb_strings *notes)
{
    duck_statement statement = NULL;
    duck_result result;
    duck_chunk chunk = NULL;
    const mb_duck_api *api = &duck->api;
    mb_duck_text text = {.cx = cx};
    mb_duck_add(
        &text,
        "select (select coalesce(sum(row_group_num_rows), 0)::bigint from parquet_metadata(");
    mb_duck_add_path(&text, file);
    mb_duck_add(&text, ") where column_id = 0), coalesce((select any_value(decode(value)) from "
                       "parquet_kv_metadata(");
    mb_duck_add_path(&text, file);
    mb_duck_add(&text, ") where key = 'moonbear'::blob), '')");
    mb_status status = prepare(cx, duck, &text, file, &statement);
    if (status) return status;
    status = mb_duck_run(cx, duck, statement, &result);
    if (!status) {
        status = mb_duck_fetch(cx, duck, &result, &chunk);
        if (!status && (!chunk || api->data_chunk_get_size(chunk) != 1))
            status = mb_fail(cx, MB_EIO, "it says nothing of its rows");
        if (!status)
            *rows = *(const int64_t *)api->vector_get_data(api->data_chunk_get_vector(chunk, 0));
        if (!status && *rows < 0) status = mb_fail(cx, MB_EIO, "it is damaged: it has no rows");
        if (!status && notes) status = add_note(cx, api, chunk, notes);
        if (chunk) api->destroy_data_chunk(&chunk);
        api->destroy_result(&result);
    }
    api->destroy_prepare(&statement);
    return status == MB_EIO ? mb_fail_within(cx, status, "%s", file) : status;
}

static mb_status fail_name(mb_context *cx, const mb_duck_api *api, duck_statement statement,
                           const char *file, const char *name)
{
    char list[512] = "";
    size_t used = 0;
    uint64_t n = api->prepared_statement_column_count(statement);
    for (uint64_t i = 0; i < n && used < sizeof list - 1; i++) {
        char *found = api->prepared_statement_column_name(statement, i); // ours, unlike a result's
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", found);
        api->free(found);
    }
    return mb_fail(cx, MB_EIO, "%s: there is no column '%s'; there are %s", file, name, list);
}

static mb_status fail_nested(mb_context *cx, const char *file, const char *name, const char *type)
{
    return mb_fail(cx, MB_EIO,
                   "%s: column '%s' has values of type %s, which is not read: name the columns to "
                   "read, or take its parts, as in mb.sql(\"select unnest(x) ...\") or "
                   "mb.sql(\"select x.part ...\")",
                   file, name, type);
}

// The form of a column of a file.
static mb_status find_form(mb_context *cx, const mb_duck_api *api, duck_statement statement,
                           const char *file, const char *name, int64_t *form)
{
    uint64_t n = api->prepared_statement_column_count(statement), i = 0;
    for (; i < n; i++) {
        char *found = api->prepared_statement_column_name(statement, i);
        bool same = strcmp(found, name) == 0;
        api->free(found);
        if (same) break;
    }
    if (i == n) return fail_name(cx, api, statement, file, name);
    duck_type type = api->prepared_statement_column_logical_type(statement, i);
    *form = mb_duck_form_of(api, type);
    const char *type_name = mb_duck_type_name(api, type);
    api->destroy_logical_type(&type);
    return *form == MB_DUCK_REFUSED ? fail_nested(cx, file, name, type_name) : MB_OK;
}

static mb_status inspect_file(reading *r, const char *file, int64_t *record)
{
    duck_statement statement = NULL;
    mb_status status = open_schema(r->cx, r->duck, file, &statement);
    if (status) return status;
    for (int64_t i = 0; i < r->nnames && !status; i++)
        status =
            find_form(r->cx, &r->duck->api, statement, file, r->request->names[i], &record[i + 1]);
    r->duck->api.destroy_prepare(&statement);
    return status ? status : read_metadata(r->cx, r->duck, file, record, &r->notes);
}

// Inspects this rank's share of the files, a block, so that the lowest failing rank has met the
// first bad file; then all are told.
static mb_status inspect(reading *r)
{
    mb_context *cx = r->cx;
    int rank = mb_rank(cx), nranks = mb_nranks(cx);
    const int64_t words = r->nnames + 1;
    int64_t first = r->nfiles * rank / nranks, last = r->nfiles * (rank + 1) / nranks;
    mb_buffer *mine = NULL, *size_table = NULL;
    mb_status status;
    MB_TRY(mb_buffer_new_array(cx, nranks, sizeof(int64_t), &size_table));
    MB_TRY(mb_buffer_new_zeroed(cx, (last - first) * words, sizeof(int64_t), &mine));
    MB_TRY(mb_buffer_new_array(cx, r->nfiles * words, sizeof(int64_t), &r->record_table));
    r->records = r->record_table->data;
    for (int64_t file = first; file < last && !status; file++)
        status = inspect_file(r, r->files[file], (int64_t *)mine->data + (file - first) * words);
    MB_TRY(mb_strings_unite(cx, status, &r->notes));
    int64_t *sizes = size_table->data;
    for (int64_t s = 0; s < nranks; s++)
        sizes[s] = (r->nfiles * (s + 1) / nranks - r->nfiles * s / nranks) * words *
                   (int64_t)sizeof(int64_t);
    mb_gather_all_varying(cx, mine->data, sizes, r->records);
done:
    mb_buffer_release(mine);
    mb_buffer_release(size_table);
    return status;
}

// --- Which rows, and of which types.

static mb_status fail_types(const reading *r, int64_t file, int64_t name, mb_duck_form a,
                            mb_duck_form b)
{
    int width;
    const mb_type *one = mb_duck_form_type(a, &width), *other = mb_duck_form_type(b, &width);
    return mb_fail(r->cx, MB_EIO,
                   "%s: column '%s' is %s, and in %s it is %s%s: read them apart, or give them one "
                   "type, as in mb.sql(\"select x::double as x from read_parquet(['a', 'b'])\")",
                   r->files[file], r->request->names[name], other->name, r->files[0], one->name,
                   one == other || strcmp(one->name, other->name) == 0 ? " of another unit" : "");
}

static mb_status join_forms(reading *r)
{
    mb_status status = mb_buffer_new_array(r->cx, r->nnames, sizeof(mb_duck_form), &r->form_table);
    if (status) return status;
    r->forms = r->form_table->data;
    for (int64_t name = 0; name < r->nnames; name++) {
        mb_duck_form joined = (mb_duck_form)r->records[name + 1];
        for (int64_t file = 1; file < r->nfiles; file++) {
            mb_duck_form form = (mb_duck_form)r->records[file * (r->nnames + 1) + name + 1];
            if (form == joined) continue;
            bool floats = form + joined == MB_DUCK_FLOAT4 + MB_DUCK_FLOAT;
            floats = floats && (form == MB_DUCK_FLOAT4 || form == MB_DUCK_FLOAT);
            if (!floats) return fail_types(r, file, name, joined, form);
            joined = MB_DUCK_FLOAT;
        }
        r->forms[name] = joined;
    }
    return MB_OK;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

// Rows as a script counts them to rows from 0.
static void choose_rows(reading *r)
{
    int64_t n = r->start[r->nfiles], first = r->request->first, last = r->request->last;
    r->first = clamp(first < 0 ? n + first : first - 1, 0, n);
    r->last = clamp(last < 0 ? n + last + 1 : last, r->first, n);
}

static mb_status arrange(reading *r)
{
    mb_status status = join_forms(r);
    if (!status)
        status = mb_buffer_new_array(r->cx, r->nfiles + 1, sizeof(int64_t), &r->start_table);
    if (status) return status;
    r->start = r->start_table->data;
    r->start[0] = 0;
    for (int64_t file = 0; file < r->nfiles; file++)
        r->start[file + 1] = r->start[file] + r->records[file * (r->nnames + 1)];
    choose_rows(r);
    return MB_OK;
}

// --- Reading.

static void add_rows_query(const reading *r, int64_t file, int64_t first, int64_t last,
                           mb_duck_text *text)
{
    const char *where = r->request->where;
    bool whole = first == 0 && last == r->start[file + 1] - r->start[file];
    mb_duck_add(text, "select ");
    for (int64_t i = 0; i < r->nnames; i++) {
        if (i) mb_duck_add(text, ", ");
        mb_duck_add_name(text, r->request->names[i]);
    }
    mb_duck_add(text, " from read_parquet(");
    mb_duck_add_path(text, r->files[file]);
    mb_duck_addf(text, ", hive_partitioning = false%s) where %s",
                 whole ? "" : ", file_row_number = true", whole && !where ? "true" : "");
    if (!whole)
        mb_duck_addf(text, "file_row_number >= %lld and file_row_number < %lld", (long long)first,
                     (long long)last);
    if (!where) return;
    mb_duck_add(text, whole ? "(" : " and (");
    mb_duck_add(text, where);
    mb_duck_add(text, "\n)");
}

// Rows first..last - 1 of a file.
static mb_status read_file(reading *r, int64_t file, int64_t first, int64_t last)
{
    mb_duck_text text = {.cx = r->cx};
    duck_statement statement = NULL;
    duck_result result;
    const char *path = r->files[file];
    int64_t before = r->rows.filled;
    add_rows_query(r, file, first, last, &text);
    mb_status status = prepare(r->cx, r->duck, &text, path, &statement);
    if (status) return status;
    status = mb_duck_run(r->cx, r->duck, statement, &result);
    if (!status) {
        r->rows.source = path;
        r->rows.first_row = first;
        status = mb_duck_rows_append(&r->rows, &result);
        r->duck->api.destroy_result(&result);
        bool fewer = !r->request->where && r->rows.filled - before != last - first;
        if (!status && fewer)
            status = mb_fail(r->cx, MB_EIO,
                             "%s: was changed while it was read, or is damaged: where it "
                             "says %lld row%s it has %lld",
                             path, (long long)(last - first), mb_plural(last - first),
                             (long long)(r->rows.filled - before));
    }
    if (status == MB_EIO && strncmp(r->cx->message, "DuckDB: ", 8) == 0)
        status = mb_fail_within(r->cx, status, "%s", path);
    r->duck->api.destroy_prepare(&statement);
    return status;
}

static mb_status read_rows(reading *r)
{
    int rank = mb_rank(r->cx), nranks = mb_nranks(r->cx);
    int64_t n = r->last - r->first;
    int64_t first = r->first + mb_even_start(n, nranks, rank);
    int64_t last = r->first + mb_even_start(n, nranks, rank + 1);
    bool grows = r->request->where != NULL;
    mb_status status = mb_duck_rows_open(r->cx, r->duck, r->nnames, r->forms, r->request->names,
                                         grows ? 0 : last - first, grows, &r->rows);
    mb_progress_begin(r->cx, "reading", n, last - first);
    for (int64_t file = 0; file < r->nfiles && !status; file++) {
        int64_t begin = r->start[file], end = r->start[file + 1];
        int64_t from = clamp(first, begin, end), to = clamp(last, begin, end);
        if (from < to) status = read_file(r, file, from - begin, to - begin);
        if (grows) mb_progress_add(r->cx, to - from, 0);
    }
    mb_progress_end(r->cx);
    return status ? status : mb_paths_unchanged(r->cx, &r->paths);
}

// The path of each file and its rows.
static mb_status list_files(const reading *r, mb_strings *list)
{
    mb_status status = MB_OK;
    for (int64_t file = 0; file < r->nfiles && !status; file++) {
        status = mb_strings_add(r->cx, list, r->files[file]);
        if (!status)
            status = mb_strings_addf(r->cx, list, "%lld",
                                     (long long)(r->start[file + 1] - r->start[file]));
    }
    return status;
}

static void release(reading *r)
{
    mb_duck_rows_close(&r->rows);
    mb_buffer_release(r->record_table);
    mb_buffer_release(r->start_table);
    mb_buffer_release(r->form_table);
    mb_paths_release(&r->paths);
    mb_strings_release(&r->notes);
}

mb_status mb_parquet_read(mb_context *cx, const mb_parquet_request *request, mb_column **columns,
                          mb_strings *notes, mb_strings *files)
{
    mb_status status;
    mb_strings list = {0};
    reading r = {.cx = cx, .request = request, .nnames = request->nnames};
    MB_TRY(mb_duck_open(cx, 1, &r.duck));
    MB_TRY(find_files(&r));
    MB_TRY(inspect(&r));
    MB_TRY(arrange(&r));
    status = read_rows(&r);
    if (!status) status = list_files(&r, &list);
    MB_TRY(mb_duck_rows_finish(&r.rows, status, columns));
    *notes = r.notes;
    *files = list;
    r.notes = list = (mb_strings){0};
done:
    mb_strings_release(&list);
    release(&r);
    return status;
}

// --- Listing.

static mb_status list_columns(mb_context *cx, mb_duck *duck, const char *file, mb_strings *listing)
{
    duck_statement statement = NULL;
    int64_t rows = 0;
    int width;
    const mb_duck_api *api = &duck->api;
    mb_status status = read_metadata(cx, duck, file, &rows, NULL);
    if (!status) status = open_schema(cx, duck, file, &statement);
    if (status) return status;
    uint64_t n = api->prepared_statement_column_count(statement);
    for (uint64_t i = 0; i < n && !status; i++) {
        duck_type type = api->prepared_statement_column_logical_type(statement, i);
        mb_duck_form form = mb_duck_form_of(api, type);
        const char *name = form == MB_DUCK_REFUSED ? mb_duck_type_name(api, type)
                                                   : mb_duck_form_type(form, &width)->name;
        char *column = api->prepared_statement_column_name(statement, i);
        status = mb_strings_add(cx, listing, column);
        api->free(column);
        if (!status) status = mb_strings_add(cx, listing, name);
        if (!status) status = mb_strings_addf(cx, listing, "%lld", (long long)rows);
        api->destroy_logical_type(&type);
    }
    api->destroy_prepare(&statement);
    return status;
}

mb_status mb_parquet_list(mb_context *cx, const char *const *paths, int64_t npaths,
                          mb_strings *listing)
{
    mb_strings files = {0};
    mb_duck *duck;
    mb_status status = MB_OK;
    if (mb_rank(cx) == 0) {
        status = mb_duck_open(cx, 1, &duck);
        if (!status) status = mb_paths_expand(cx, &parquet_kind, paths, npaths, &files);
        if (!status) status = list_columns(cx, duck, mb_strings_first(&files), listing);
    }
    status = mb_strings_share(cx, status, listing);
    mb_strings_release(&files);
    if (status) mb_strings_release(listing);
    return status;
}
