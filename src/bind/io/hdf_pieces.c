// HDF5 files that get their rows piece by piece.

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/io/found.h"
#include "bind/io/store.h"
#include "core/hash.h"

static const char pieces_name[] = "moonbear.HdfPieces";

// A file that was begun; none once it is over.
typedef struct pieces_box {
    mb_hdf_pieces *pieces;
} pieces_box;

static int close_pieces(lua_State *L)
{
    pieces_box *box = luaL_checkudata(L, 1, pieces_name);
    mb_hdf_pieces_close(box->pieces);
    box->pieces = NULL;
    return 0;
}

// --- Measuring.

enum { MEASURED_NAMES, MEASURED_COLUMNS, MEASURES };

static mb_status run_measure(mb_context *cx, const mb_given *in, mb_made *out)
{
    const mb_given *before = &in[MEASURES];
    mb_strings measures = {0};
    mb_hdf_store store = {.path = "to_hdf",
                          .names = in[MEASURED_NAMES].texts,
                          .columns = in[MEASURED_COLUMNS].columns,
                          .n = in[MEASURED_COLUMNS].n};
    mb_status status = mb_hdf_pieces_measure(
        cx, &store, before->given && before->n == store.n ? before->texts : NULL, &measures);
    return mb_found_give(out, status, measures);
}

static int push_measures(lua_State *L, const mb_call *call)
{
    mb_found_push(L, call->out->data, 0, 1);
    return 1;
}

// --- Writing.

// Arguments of core.hdf_begin.
enum { PATH, NAMES, COLUMNS, MODE, LEVEL, CHUNK_ROWS, PLAN, NOTES };

// What the box of a file that is begun comes with.
typedef struct beginning {
    pieces_box *box;
    mb_hdf_attribute *attributes;
} beginning;

static void prepare_begin(lua_State *L, mb_call *call)
{
    static const luaL_Reg methods[] = {
        {"close", close_pieces}, {"__gc", close_pieces}, {"__close", close_pieces}, {NULL, NULL}};
    beginning *begun = call->out->data = mb_bind_scratch(L, sizeof *begun);
    begun->attributes = mb_hdf_attributes_of(L, &call->in[NOTES]);
    begun->box = lua_newuserdatauv(L, sizeof *begun->box, 0);
    begun->box->pieces = NULL;
    mb_bind_set_class(L, pieces_name, methods);
}

static mb_status run_begin(mb_context *cx, const mb_given *in, mb_made *out)
{
    const beginning *begun = out->data;
    const mb_given *plan = &in[PLAN];
    mb_hdf_store store = mb_hdf_store_of(&in[PATH], &in[NOTES], begun->attributes);
    if (plan->n != store.n + 1)
        return mb_fail(cx, MB_EINVALID, "core.hdf_begin takes a measure for each column");
    return mb_hdf_pieces_begin(cx, &store, plan->texts + 1, strtoll(plan->texts[0], NULL, 10),
                               &begun->box->pieces);
}

static void read_pieces(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    pieces_box *box = luaL_testudata(L, index, pieces_name);
    if (!box || !box->pieces) {
        mb_bind_refuse(L, call, argument, "file that was begun", index);
    } else {
        const char *path = mb_hdf_pieces_path(box->pieces);
        given->data = box;
        given->value.u = mb_hash_bytes(0, path, strlen(path));
    }
}

static mb_hdf_pieces *pieces_of(const mb_given *given)
{
    return ((pieces_box *)given->data)->pieces;
}

static mb_status run_add(mb_context *cx, const mb_given *in, mb_made *out)
{
    (void)out;
    mb_hdf_pieces *pieces = pieces_of(&in[0]);
    if (in[1].n != mb_hdf_pieces_columns(pieces))
        return mb_fail(cx, MB_EINVALID, "core.hdf_add takes all columns of the file");
    return mb_hdf_pieces_add(pieces, in[1].columns, in[2].value.i);
}

MB_BODY(run_whole, mb_hdf_pieces_whole(pieces_of(&in[0]), in[1].texts, in[2].columns, in[2].n))

static mb_status run_end(mb_context *cx, const mb_given *in, mb_made *out)
{
    pieces_box *box = in[0].data;
    (void)cx, (void)out;
    mb_status status = mb_hdf_pieces_end(box->pieces);
    if (status) return status;
    mb_hdf_pieces_close(box->pieces);
    box->pieces = NULL;
    return MB_OK;
}

// core.hdf_measure(names, columns, measures): a text for each column, which says what cells of it
// and of those that had the measures before must have room for. core.hdf_begin(path, names,
// columns, mode, level, chunk_rows, plan, notes): a file without a name, as core.write_hdf takes
// its arguments; columns tell types, the plan is the number of rows and the measures.
// core.hdf_add(file, columns, before): writes the rows behind so many; core.hdf_whole(file, names,
// columns): writes other datasets; core.hdf_end(file): gives it its name; file:close() throws away
// what was not ended.
const mb_operation mb_hdf_pieces_operations[] = {
    MB_OPERATION("to_hdf", "hdf_measure", run_measure,
                 MB_TAKES(MB_TEXTS("names"), MB_COLUMNS("columns", .item = "column"),
                          MB_ARGUMENT(STRINGS, "measures", .optional = true)),
                 .prepare = mb_found_prepare, .push = push_measures, .moves = true),
    MB_OPERATION("to_hdf", "hdf_begin", run_begin,
                 MB_TAKES(MB_ARGUMENT(STRING, "path"), MB_TEXTS("names"),
                          MB_COLUMNS("columns", .item = "column"), MB_COUNT("mode"),
                          MB_COUNT("level"), MB_COUNT("chunk_rows", .least = 1), MB_TEXTS("plan"),
                          MB_TEXTS("notes")),
                 .prepare = prepare_begin, .push = mb_bind_push_top, .moves = true),
    MB_OPERATION("to_hdf", "hdf_add", run_add,
                 MB_TAKES(MB_OTHER("file", read_pieces), MB_COLUMNS("columns", .item = "column"),
                          MB_COUNT("before")),
                 .moves = true),
    MB_OPERATION("to_hdf", "hdf_whole", run_whole,
                 MB_TAKES(MB_OTHER("file", read_pieces), MB_TEXTS("names"),
                          MB_COLUMNS("columns", .item = "column")),
                 .moves = true),
    MB_OPERATION("to_hdf", "hdf_end", run_end, MB_TAKES(MB_OTHER("file", read_pieces)),
                 .moves = false),
    {0}};
