#include "io/records/ways.h"

#include <string.h>

static mb_way *way_at(const mb_ways *ways, int32_t i)
{
    return (mb_way *)ways->table->data + i;
}

static inline bool is_way(const mb_ways *ways, const mb_way *way, int32_t node, mb_string name,
                          const mb_string_key *key)
{
    if (way->node != node || !mb_string_key_equal(&way->key, key)) return false;
    return name.length <= MB_KEY_LONGEST ||
           memcmp((const char *)ways->names.buffer->data + way->name, name.bytes, name.length) == 0;
}

// The slot of a name, or a free one.
static int32_t *find_slot(const mb_ways *ways, int32_t node, mb_string name,
                          const mb_string_key *key)
{
    int32_t *slots = ways->slot_table->data;
    const uint64_t mask = (uint64_t)ways->n_slots - 1;
    uint64_t at = mb_string_key_hash((uint64_t)node + 1, key) & mask;
    while (slots[at] != MB_WAY_NONE && !is_way(ways, way_at(ways, slots[at]), node, name, key))
        at = (at + 1) & mask;
    return &slots[at];
}

static mb_status widen_slots(mb_ways *ways)
{
    enum { FEWEST = 64 };
    const int64_t wanted = ways->n_slots ? 2 * ways->n_slots : FEWEST;
    const char *names = ways->names.buffer->data;
    mb_status status =
        mb_buffer_scratch(ways->cx, (size_t)wanted * sizeof(int32_t), &ways->slot_table);
    if (status) return status;
    ways->n_slots = wanted;
    memset(ways->slot_table->data, 0xff, (size_t)wanted * sizeof(int32_t));
    for (int32_t i = 0; i < ways->n; i++) {
        const mb_way *way = way_at(ways, i);
        const mb_string name = {names + way->name, way->key.length};
        *find_slot(ways, way->node, name, &way->key) = i;
    }
    return MB_OK;
}

// The name that is at a place of the names; made where there is none.
static mb_status add_name(mb_ways *ways, int32_t node, size_t name, size_t length, int dots,
                          mb_way **way)
{
    mb_status status = MB_OK;
    if (2 * ways->n >= ways->n_slots) MB_TRY(widen_slots(ways));
    MB_TRY(mb_buffer_reserve(ways->cx, &ways->table, ways->n, 1, sizeof(mb_way)));
    const mb_string its = {(const char *)ways->names.buffer->data + name, length};
    const mb_string_key key = mb_string_key_of(1, its, false);
    int32_t *slot = find_slot(ways, node, its, &key);
    if (*slot == MB_WAY_NONE) {
        *slot = (int32_t)ways->n++;
        *way_at(ways, *slot) = (mb_way){.node = node,
                                        .field = MB_WAY_NONE,
                                        .child = MB_WAY_NONE,
                                        .key = key,
                                        .name = name,
                                        .dots = dots};
    }
    *way = way_at(ways, *slot);
done:
    return status;
}

mb_status mb_ways_add(mb_ways *ways, const char *name, bool literal)
{
    const size_t at = ways->names.length, length = strlen(name);
    const int32_t field = (int32_t)ways->names.count;
    size_t ends[MB_WAY_DOTS + 1];   // of the path up to each dot that may be one of it,
    int32_t nodes[MB_WAY_DOTS + 1]; // and the nodes behind these
    int n = 0;
    mb_status status = mb_strings_add(ways->cx, &ways->names, name);
    for (size_t i = 0; i < length && n < MB_WAY_DOTS && !literal; i++)
        if (name[i] == '.') ends[n++] = i;
    ends[n] = length;
    // A name in an object may begin behind any dot or at the beginning, and end at any later one.
    for (int end = 0; end <= n; end++)
        for (int begin = 0; begin <= end; begin++) {
            const size_t first = begin ? ends[begin - 1] + 1 : 0;
            mb_way *way;
            if (!status)
                status = add_name(ways, begin ? nodes[begin - 1] : MB_WAY_ROOT, at + first,
                                  ends[end] - first, end, &way);
            if (status) return status;
            if (end == n) {
                way->field = field;
                continue;
            }
            if (begin == 0) nodes[end] = way->child != MB_WAY_NONE ? way->child : ways->n_nodes++;
            way->child = nodes[end];
        }
    return MB_OK;
}

const mb_way *mb_ways_find(mb_ways *ways, int32_t node, mb_string name, bool readable)
{
    if (ways->n == 0) return NULL;
    const mb_string_key key = mb_string_key_of(1, name, readable);
    if (ways->last != MB_WAY_NONE) {
        const mb_way *next = way_at(ways, way_at(ways, ways->last)->next);
        if (is_way(ways, next, node, name, &key)) {
            ways->last = (int32_t)(next - way_at(ways, 0));
            return next;
        }
    }
    const int32_t found = *find_slot(ways, node, name, &key);
    if (found == MB_WAY_NONE) return NULL;
    if (ways->last != MB_WAY_NONE) way_at(ways, ways->last)->next = found;
    ways->last = found;
    return way_at(ways, found);
}

void mb_ways_open(mb_context *cx, mb_ways *ways)
{
    *ways = (mb_ways){.cx = cx, .n_nodes = MB_WAY_ROOT + 1, .last = MB_WAY_NONE};
}

void mb_ways_close(mb_ways *ways)
{
    mb_strings_release(&ways->names);
    mb_buffer_release(ways->table);
    mb_buffer_release(ways->slot_table);
}
