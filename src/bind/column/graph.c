// Graphs whose edges are two columns of numbers of nodes.

#include "bind/column/operation.h"
#include "ops/graph/cores.h"
#include "ops/graph/triangles.h"

MB_BODY(run_triangles, mb_triangles(cx, in[0].column, in[1].column, in[2].value.i, &out->column))

MB_BODY(run_cores, mb_cores(cx, in[0].column, in[1].column, in[2].value.i, &out->column))

// core.triangles(from, to, n): of how many triangles each of n nodes is a corner; edges are in the
// order of `from`, and lead to nodes with no fewer neighbours, each once. core.cores(from, to, n):
// the core number of each; edges are in the order of `from`, each once in both directions.
const mb_operation mb_graph_operations[] = {
    MB_OPERATION("triangles", "triangles", run_triangles,
                 MB_TAKES(MB_COLUMN("from", .type = &mb_type_int),
                          MB_COLUMN("to", .type = &mb_type_int, .as_long = 1), MB_COUNT("n")),
                 MB_GIVES(MB_A_COLUMN)),
    MB_OPERATION("cores", "cores", run_cores,
                 MB_TAKES(MB_COLUMN("from", .type = &mb_type_int),
                          MB_COLUMN("to", .type = &mb_type_int, .as_long = 1), MB_COUNT("n")),
                 MB_GIVES(MB_A_COLUMN)),
    {0}};
