// HDF5's shuffle filter for 8-byte values: byte k of every value goes to the k-th of eight planes.
// The planes of a block that fits the first cache are made one after another, which every
// instruction set has a narrowing store or a pack for.

#include "io/hdf/shuffle.h"
#include "core/isa.h"

void MB_ISA_NAME(mb_shuffle)(const uint64_t *restrict values, uint8_t *restrict planes, int64_t n)
{
    enum { BLOCK = 1024 };
    for (int64_t first = 0; first < n; first += BLOCK) {
        int64_t rows = n - first < BLOCK ? n - first : BLOCK;
        const uint64_t *block = values + first;
        for (int k = 0; k < 8; k++) {
            uint8_t *plane = planes + k * n + first;
            for (int64_t i = 0; i < rows; i++)
                plane[i] = (uint8_t)(block[i] >> (8 * k));
        }
    }
}
