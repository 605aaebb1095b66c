// Scans of columns.

#include "ops/scan/scan.h"

#include <lauxlib.h>

#include "bind/column/operation.h"
#include "ops/scan/rolling.h"

MB_BODY(run_scan,
        mb_scan(cx, in[0].column, (mb_scan_kind)in[2].value.i, in[1].value.b, &out->column))

#define SCAN(name, kind)                                                                           \
    MB_OPERATION(name, NULL, run_scan,                                                             \
                 MB_TAKES(MB_COLUMN("column"), MB_OPTION(FLAG, "exclusive"), MB_FIXED(kind)),      \
                 MB_GIVES(MB_A_COLUMN))

#define ROLLING                                                                                    \
    MB_OPERATION(                                                                                  \
        "rolling", "rolling", run_rolling,                                                         \
        MB_TAKES(MB_COLUMN("values"),                                                              \
                 MB_COLUMN("before", .optional = true, .as_long = 1, .type = &mb_type_int),        \
                 MB_COLUMN("times", .optional = true, .as_long = 1, .type = &mb_type_time),        \
                 MB_COUNT("fold"), MB_COUNT("rows"), MB_COUNT("span"), MB_COUNT("least"),          \
                 {.kind = MB_TAKES_NUMBER, .name = "ddof"}),                                       \
        MB_GIVES(MB_A_COLUMN), .prepare = check_rolling)

static void check_rolling(lua_State *L, mb_call *call)
{
    const mb_column *times = call->in[2].column;
    luaL_argcheck(L, call->in[3].value.i <= MB_WINDOW_COUNT, 4, "not a fold");
    luaL_argcheck(L, (call->in[5].value.i > 0) == (times != NULL), 6, "a span goes with times");
    luaL_argcheck(L, times || call->in[4].value.i > 0, 5, "no rows");
}

static mb_status run_rolling(mb_context *cx, const mb_given *in, mb_made *out)
{
    const mb_windowing asked = {.fold = (mb_window_fold)in[3].value.i,
                                .rows = in[4].value.i,
                                .span = in[5].value.i,
                                .least = in[6].value.i,
                                .ddof = in[7].value.f};
    return mb_rolling(cx, &asked, in[0].column, in[1].column, in[2].column, &out->column);
}

// The scans of ops/scan/scan.h. core.rolling(values, before, times, fold, rows, span, least, ddof):
// windows as ops/scan/rolling.h has them; nil for no `before` and no `times`, of which the latter
// go with a span, and else with 0 as the span.
const mb_operation mb_scan_operations[] = {SCAN("cumsum", MB_CUMSUM),
                                           SCAN("cumprod", MB_CUMPROD),
                                           SCAN("cummin", MB_CUMMIN),
                                           SCAN("cummax", MB_CUMMAX),
                                           ROLLING,
                                           {0}};
