#include "ops/graph/bounds.h"

#include <string.h>

#include "core/memory.h"

enum { QUEUED = 1, CHANGED = 2 };

enum { MOST_WORK = 1 << 24 }; // edges that are looked at in one go

int64_t mb_bounds_memory(int64_t n, int64_t own, int64_t rows)
{
    return 4 * (n + rows) + 25 * own;
}

static bool is_own(const mb_bounds *part, uint32_t node)
{
    return node >= part->low && node < part->high;
}

static uint32_t bucket_of(const mb_bounds *part, int64_t node)
{
    return part->bounds[node] < part->most ? part->bounds[node] : part->most;
}

static void enqueue(mb_bounds *part, int64_t own)
{
    const int64_t room = part->high - part->low;
    int64_t at = part->head + part->n_queued++;
    if (at >= room) at -= room;
    part->queue[at] = (uint32_t)own;
    part->states[own] |= QUEUED;
}

// A neighbour's bound has fallen below that of a node of this rank.
static void lose_support(mb_bounds *part, uint32_t node)
{
    const int64_t own = node - part->low;
    if (part->support[own] > 0) part->support[own]--;
    if (part->support[own] < part->bounds[node] && !(part->states[own] & QUEUED))
        enqueue(part, own);
}

// The largest k up to the bound of a node for which k neighbours have bounds of k or more: an
// h-index. Sets the support of that.
static uint32_t supported(mb_bounds *part, int64_t own)
{
    const uint32_t begin = part->first[own], end = part->first[own + 1];
    uint32_t k = part->bounds[part->low + own], sum = 0;
    memset(part->tally, 0, ((size_t)k + 1) * sizeof *part->tally);
    for (uint32_t i = begin; i < end; i++) {
        const uint32_t bound = part->bounds[part->to[i]];
        part->tally[bound < k ? bound : k]++;
    }
    while ((sum += part->tally[k]) < k)
        k--;
    part->support[own] = sum;
    return k;
}

// Looks at a node again; returns how many edges it has.
static int64_t lower(mb_bounds *part, int64_t own)
{
    const uint32_t begin = part->first[own], end = part->first[own + 1];
    const int64_t node = part->low + own;
    const uint32_t old = part->bounds[node], now = supported(part, own);
    if (now == old) return end - begin;
    part->bounds[node] = now;
    if (!(part->states[own] & CHANGED))
        part->changes[part->n_changes++] = (mb_bound_change){.node = (uint32_t)node};
    part->states[own] |= CHANGED;
    for (uint32_t i = begin; i < end; i++) {
        const uint32_t other = part->to[i], bound = part->bounds[other];
        if (bound > now && bound <= old && is_own(part, other)) lose_support(part, other);
    }
    return end - begin;
}

void mb_bounds_lower(mb_bounds *part)
{
    for (int64_t work = 0; part->n_queued > 0 && work < MOST_WORK;) {
        const uint32_t own = part->queue[part->head];
        part->head = part->head + 1 < part->high - part->low ? part->head + 1 : 0;
        part->n_queued--;
        part->states[own] &= (uint8_t)~QUEUED;
        work += lower(part, own);
    }
    for (int64_t i = 0; i < part->n_changes; i++)
        part->changes[i].bound = part->bounds[part->changes[i].node];
}

void mb_bounds_take(mb_bounds *part, const mb_bound_change *changes, int64_t n)
{
    for (int64_t i = 0; i < part->n_changes; i++)
        part->states[part->changes[i].node - part->low] &= (uint8_t)~CHANGED;
    part->n_changes = 0;
    for (int64_t i = 0; i < n; i++) {
        const uint32_t node = changes[i].node, now = changes[i].bound, old = part->bounds[node];
        if (is_own(part, node)) continue;
        part->bounds[node] = now;
        for (uint32_t k = part->others_first[node]; k < part->others_first[node + 1]; k++) {
            const uint32_t bound = part->bounds[part->others[k]];
            if (bound > now && bound <= old) lose_support(part, part->others[k]);
        }
    }
}

// The edges of other ranks' nodes to those of this one.
static void turn_around(mb_bounds *part)
{
    uint32_t *first = part->others_first, sum = 0;
    memset(first, 0, (size_t)(part->n + 1) * sizeof *first);
    for (int64_t i = 0; i < part->rows; i++)
        if (!is_own(part, part->to[i])) first[part->to[i]]++;
    for (int64_t node = 0; node <= part->n; node++) {
        const uint32_t many = first[node];
        first[node] = sum;
        sum += many;
    }
    for (int64_t node = part->low; node < part->high; node++)
        for (uint32_t i = part->first[node - part->low]; i < part->first[node - part->low + 1]; i++)
            if (!is_own(part, part->to[i])) part->others[first[part->to[i]]++] = (uint32_t)node;
    memmove(first + 1, first, (size_t)part->n * sizeof *first);
    first[0] = 0;
}

// Nodes in the order of their bounds by a counting sort; those of this rank begin with as many as
// they have neighbours. Bounds that no node of this rank has count as the largest.
void mb_bounds_begin(mb_bounds *part)
{
    uint32_t *starts = part->tally;
    memset(starts, 0, ((size_t)part->most + 2) * sizeof *starts);
    memset(part->states, 0, (size_t)(part->high - part->low));
    part->n_queued = part->n_peeled = 0;
    part->has_peeled = false;
    for (int64_t own = 0; own < part->high - part->low; own++) {
        part->support[own] = part->bounds[part->low + own];
        part->bounds[part->low + own] = part->first[own + 1] - part->first[own];
    }
    for (int64_t node = 0; node < part->n; node++)
        starts[bucket_of(part, node) + 1]++;
    for (uint32_t i = 0; i <= part->most; i++)
        starts[i + 1] += starts[i];
    for (int64_t node = 0; node < part->n; node++) {
        part->places[node] = starts[bucket_of(part, node)]++;
        part->order[part->places[node]] = (uint32_t)node;
    }
    memmove(starts + 1, starts, ((size_t)part->most + 1) * sizeof *starts);
    starts[0] = 0;
}

// A node loses a neighbour: it changes places with the first of its bucket, and this begins behind.
static void lose_neighbour(mb_bounds *part, uint32_t node)
{
    const uint32_t place = part->places[node], front = part->tally[part->bounds[node]]++;
    const uint32_t other = part->order[front];
    part->order[place] = other;
    part->places[other] = place;
    part->order[front] = node;
    part->places[node] = front;
    part->bounds[node]--;
}

// Takes a node away from its neighbours of this rank; returns how many edges it has.
static int64_t peel(mb_bounds *part, uint32_t node)
{
    const bool own = is_own(part, node);
    const uint32_t *ends = own ? part->to : part->others, bound = part->bounds[node];
    const uint32_t *first = own ? part->first + (node - part->low) : part->others_first + node;
    for (uint32_t i = first[0]; i < first[1]; i++)
        if (part->bounds[ends[i]] > bound && is_own(part, ends[i])) lose_neighbour(part, ends[i]);
    return first[1] - first[0];
}

// Notes which bounds are no longer what they were.
static void end_peeling(mb_bounds *part)
{
    for (int64_t own = 0; own < part->high - part->low; own++) {
        const int64_t node = part->low + own;
        const uint32_t begin = part->first[own], end = part->first[own + 1];
        const uint32_t bound = part->bounds[node], old = part->support[own];
        part->support[own] = 0;
        for (uint32_t i = begin; i < end; i++)
            part->support[own] += part->bounds[part->to[i]] >= bound;
        if (bound == old) continue;
        part->states[own] |= CHANGED;
        part->changes[part->n_changes++] = (mb_bound_change){(uint32_t)node, bound};
    }
}

bool mb_bounds_peel(mb_bounds *part)
{
    if (part->has_peeled) return true;
    for (int64_t work = 0; part->n_peeled < part->n && work < MOST_WORK; part->n_peeled++)
        work += 1 + peel(part, part->order[part->n_peeled]);
    if (part->n_peeled < part->n) return false;
    end_peeling(part);
    part->has_peeled = true;
    return true;
}

mb_status mb_bounds_open(mb_bounds *part, const int64_t *degrees)
{
    const int64_t own = part->high - part->low;
    part->most = 0;
    for (int64_t i = part->low; i < part->high; i++)
        if (degrees[i] > part->most) part->most = (uint32_t)degrees[i];
    const int64_t crossing = own < part->n ? part->rows : 0;
    const int64_t counts[MB_BOUNDS_BUFFERS] = {
        own + 1, part->n + 1, crossing, own, own, (int64_t)part->most + 2, own, own};
    const size_t widths[MB_BOUNDS_BUFFERS] = {4, 4, 4, 4, 4, 4, 1, sizeof(mb_bound_change)};
    for (int i = 0; i < MB_BOUNDS_BUFFERS; i++) {
        mb_status status = mb_buffer_new_array(part->cx, counts[i], widths[i], &part->memory[i]);
        if (status) return status;
    }
    part->first = part->memory[0]->data;
    part->others_first = part->memory[1]->data;
    part->others = part->memory[2]->data;
    part->support = part->memory[3]->data;
    part->queue = part->memory[4]->data;
    part->tally = part->memory[5]->data;
    part->states = part->memory[6]->data;
    part->changes = part->memory[7]->data;
    part->first[0] = 0;
    for (int64_t i = 0; i < own; i++)
        part->first[i + 1] = part->first[i] + (uint32_t)degrees[part->low + i];
    turn_around(part);
    mb_bounds_begin(part);
    return MB_OK;
}

void mb_bounds_close(mb_bounds *part)
{
    for (int i = 0; i < MB_BOUNDS_BUFFERS; i++) {
        mb_buffer_release(part->memory[i]);
        part->memory[i] = NULL;
    }
    part->head = part->n_queued = part->n_changes = 0;
}
