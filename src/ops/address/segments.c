#include "ops/address/segments.h"

#include <stdlib.h>
#include <string.h>

// From outer to inner blocks.
static int compare_networks(const void *a, const void *b)
{
    const mb_numbered_network *left = a, *right = b;
    int order = mb_address_compare(&left->network.first, &right->network.first);
    if (order) return order;
    if (left->network.prefix != right->network.prefix)
        return left->network.prefix - right->network.prefix;
    return (left->number > right->number) - (left->number < right->number);
}

// A segment begins, in place of one that begins there; none where the block is that before it.
static void begin(mb_segments *segments, const mb_address *start, int64_t block)
{
    mb_address *starts = segments->starts->data;
    int64_t *blocks = segments->blocks->data, n = segments->n;
    if (n && mb_address_compare(&starts[n - 1], start) == 0) n--;
    if (!n || blocks[n - 1] != block) {
        starts[n] = *start;
        blocks[n++] = block;
    }
    segments->n = n;
}

// The address after a block; false when there is none.
static bool after_block(const mb_network *network, mb_address *after)
{
    *after = mb_network_last(network);
    if (mb_address_step(after, 1)) return true;
    bool next = after->version == 4;
    *after = (mb_address){.version = 6};
    return next;
}

// Blocks are nested: those that have the address where the next one begins are on a stack.
static void cut(mb_segments *segments, const mb_numbered_network *networks, int64_t n)
{
    enum { DEEPEST = 130 }; // prefixes of a version, and one to spare
    const mb_numbered_network *stack[DEEPEST];
    const mb_address zero = {.version = 4};
    mb_address after;
    int depth = 0;
    begin(segments, &zero, 0);
    for (int64_t i = 0; i <= n; i++) {
        const mb_numbered_network *next = i < n ? &networks[i] : NULL;
        while (depth &&
               !(next && mb_network_has(&stack[depth - 1]->network, &next->network.first))) {
            bool more = after_block(&stack[--depth]->network, &after);
            if (more) begin(segments, &after, depth ? stack[depth - 1]->number : 0);
        }
        if (!next) break;
        bool again = depth && next->network.prefix == stack[depth - 1]->network.prefix;
        if (again) continue;
        begin(segments, &next->network.first, next->number);
        stack[depth++] = next;
    }
}

static mb_status list_numbers(mb_context *cx, mb_segments *segments)
{
    enum { BUCKETS = 1 << 16 };
    const mb_address *starts = segments->starts->data;
    while (segments->n_numbers < segments->n && starts[segments->n_numbers].version == 4)
        segments->n_numbers++;
    int64_t n = segments->n_numbers, at = 0;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(uint32_t), &segments->numbers);
    if (!status) status = mb_buffer_new_array(cx, BUCKETS + 1, sizeof(uint32_t), &segments->below);
    if (status) return status;
    uint32_t *numbers = segments->numbers->data, *below = segments->below->data;
    for (int64_t i = 0; i < n; i++)
        numbers[i] = mb_address_number(&starts[i]);
    for (int64_t bucket = 0; bucket <= BUCKETS; bucket++) {
        while (at < n && numbers[at] >> 16 < bucket)
            at++;
        below[bucket] = (uint32_t)at;
    }
    return MB_OK;
}

mb_status mb_segments_open(mb_context *cx, mb_numbered_network *networks, int64_t n,
                           mb_segments *segments)
{
    int64_t most = 2 * n + 1;
    *segments = (mb_segments){0};
    mb_status status = mb_buffer_new_array(cx, most, sizeof(mb_address), &segments->starts);
    if (!status) status = mb_buffer_new_array(cx, most, sizeof(int64_t), &segments->blocks);
    if (!status) {
        if (n) qsort(networks, (size_t)n, sizeof *networks, compare_networks);
        cut(segments, networks, n);
        status = list_numbers(cx, segments);
    }
    if (status) mb_segments_close(segments);
    return status;
}

void mb_segments_close(mb_segments *segments)
{
    mb_buffer_release(segments->starts);
    mb_buffer_release(segments->blocks);
    mb_buffer_release(segments->numbers);
    mb_buffer_release(segments->below);
    *segments = (mb_segments){0};
}

int64_t mb_segments_find(const mb_segments *segments, const mb_address *address)
{
    if (address->version == 4) return mb_segments_find_number(segments, mb_address_number(address));
    const mb_address *starts = segments->starts->data;
    int64_t low = segments->n_numbers, high = segments->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (mb_address_compare(&starts[middle], address) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return ((const int64_t *)segments->blocks->data)[low - 1];
}
