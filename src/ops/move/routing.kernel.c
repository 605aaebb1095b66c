#include "ops/move/positions.h"
#include "ops/move/routing_kernels.h"

static void route(int64_t *restrict rows, int64_t n, const int64_t *starts, int nranks, int shift,
                  uint32_t *restrict buckets)
{
    int64_t base[MB_POSITION_ROWS];
    for (int64_t i = 0; i < n; i++) {
        base[i] = 0;
        buckets[i] = (uint32_t)(rows[i] >> shift);
    }
    for (int r = 1; r < nranks; r++) {
        const int64_t start = starts[r], step = start - starts[r - 1];
        for (int64_t i = 0; i < n; i++) {
            const int64_t beyond = rows[i] >= start;
            buckets[i] += (uint32_t)beyond;
            base[i] += step & -beyond;
        }
    }
    for (int64_t i = 0; i < n; i++)
        rows[i] -= base[i];
}

const mb_routing_kernels MB_ISA_NAME(mb_routing_kernels) = {route};
