// Segments: all addresses, cut where the longest block that has them changes. Looking an address up
// is then a search for the last segment that does not begin after it.
#pragma once

#include "core/context.h"
#include "types/address.h"

typedef struct mb_numbered_network {
    mb_network network;
    int64_t number; // above 0
} mb_numbered_network;

typedef struct mb_segments {
    int64_t n;
    mb_buffer *starts;  // mb_address of each, ascending
    mb_buffer *blocks;  // int64_t: the number of the longest block there, or 0
    int64_t n_numbers;  // segments that begin in version 4: the first ones
    mb_buffer *numbers; // uint32_t: where these begin, as numbers,
    mb_buffer *below;   // and how many begin below each multiple of 2^16; one more: all of them
} mb_segments;

// Cuts by n networks, which get sorted; of equal ones the first number counts. Memory: 40 bytes a
// network twice, and 256 KB. Not collective.
mb_status mb_segments_open(mb_context *cx, mb_numbered_network *networks, int64_t n,
                           mb_segments *segments) MB_MUST_CHECK;
void mb_segments_close(mb_segments *segments);

// The number of the longest block that has an address, or 0. Not collective.
int64_t mb_segments_find(const mb_segments *segments, const mb_address *address);

// The same of an address of version 4.
static inline int64_t mb_segments_find_number(const mb_segments *segments, uint32_t number)
{
    const uint32_t *starts = segments->numbers->data, *below = segments->below->data;
    uint32_t first = below[number >> 16], n = below[(number >> 16) + 1] - first;
    while (n > 0) { // the starts that are not above the number
        uint32_t half = n / 2;
        bool after = starts[first + half] <= number;
        first = after ? first + half + 1 : first;
        n = after ? n - half - 1 : half;
    }
    return ((const int64_t *)segments->blocks->data)[first - 1];
}
