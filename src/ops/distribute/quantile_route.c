// Where words are in many ranges: a table over the first bits of how far a word is from the least
// range names the first range that ends there or behind, so that a pass costs the same for any
// number of ranges.

#include "ops/distribute/quantile_internal.h"

enum { ROUTE_BITS = 17, FEW_RANGES = 8 }; // fewer are looked for one after the other

struct mb_route {
    uint64_t low, span; // of all ranges together
    int shift;
    uint32_t first[1 << ROUTE_BITS];
};

mb_status mb_search_room_for_route(mb_search *search, int64_t ranges)
{
    if (ranges <= FEW_RANGES) return MB_OK;
    mb_status status = mb_buffer_new(search->cx, sizeof(mb_route), &search->route_memory);
    if (!status) search->route = search->route_memory->data;
    return status;
}

static uint64_t top_of(const mb_key_range *range)
{
    return range->low + range->span;
}

void mb_search_route(mb_search *search)
{
    const mb_key_range *ranges = search->ranges;
    mb_route *route = search->route;
    search->routed = search->nranges > FEW_RANGES;
    if (!search->routed) return;
    route->low = ranges[0].low;
    route->span = top_of(&ranges[search->nranges - 1]) - route->low;
    const int bits = mb_bit_length(route->span);
    route->shift = bits > ROUTE_BITS ? bits - ROUTE_BITS : 0;
    uint32_t next = 0;
    for (uint64_t bin = 0; bin <= route->span >> route->shift; bin++) {
        while (top_of(&ranges[next]) < route->low + (bin << route->shift))
            next++;
        route->first[bin] = next;
    }
}

int64_t mb_search_routes(const mb_search *search, const uint64_t *words, int64_t n,
                         mb_routed *found)
{
    const mb_key_range *ranges = search->ranges;
    const mb_route *route = search->route;
    int64_t nfound = 0;
    for (int64_t i = 0; i < n; i++) {
        const uint64_t word = words[i], offset = word - route->low;
        if (offset > route->span) continue;
        uint32_t k = route->first[offset >> route->shift];
        while (top_of(&ranges[k]) < word)
            k++;
        found->words[nfound] = word;
        found->ranges[nfound] = k;
        nfound += word >= ranges[k].low;
    }
    return nfound;
}
