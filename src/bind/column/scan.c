// Scans of columns.

#include "ops/scan/scan.h"
#include "bind/column/operation.h"

MB_BODY(run_scan,
        mb_scan(cx, in[0].column, (mb_scan_kind)in[2].value.i, in[1].value.b, &out->column))

#define SCAN(name, kind)                                                                           \
    MB_OPERATION(name, NULL, run_scan,                                                             \
                 MB_TAKES(MB_COLUMN("column"), MB_OPTION(FLAG, "exclusive"), MB_FIXED(kind)),      \
                 MB_GIVES(MB_A_COLUMN))

// The scans of ops/scan/scan.h.
const mb_operation mb_scan_operations[] = {SCAN("cumsum", MB_CUMSUM),
                                           SCAN("cumprod", MB_CUMPROD),
                                           SCAN("cummin", MB_CUMMIN),
                                           SCAN("cummax", MB_CUMMAX),
                                           {0}};
