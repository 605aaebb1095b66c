// Datasets that were opened once, by the path of their file and their name: a hash table with
// linear probing.

#include "io/hdf/places.h"

#include <string.h>

#include "core/hash.h"

enum { MOST_PLACES = 1 << 14, FEWEST_SLOTS = 64, SHARE = 32 }; // 20 MiB on a rank

// A dataset of the file, closed.
typedef struct known_place {
    uint64_t hash;
    size_t path, name; // where in the list of keys
    size_t part;       // where in the name
    bool is_plain;
    mb_hdf_dataset dataset;
} known_place;

static known_place *place_at(const mb_hdf_places *places, int64_t i)
{
    return (known_place *)places->table->data + i;
}

static int64_t slots_of(const mb_hdf_places *places)
{
    return places->slots ? (int64_t)(places->slots->size / sizeof(int32_t)) : 0;
}

static uint64_t hash_of(const char *path, const char *name)
{
    return mb_hash_bytes(mb_hash_bytes(0, path, strlen(path)), name, strlen(name));
}

// The slot of a dataset, or the empty one where it would be. Slots hold numbers from 1; 0 is empty.
static int32_t *find_slot(const mb_hdf_places *places, uint64_t hash, const char *path,
                          const char *name)
{
    const uint64_t mask = (uint64_t)slots_of(places) - 1;
    const char *keys = places->keys.buffer ? places->keys.buffer->data : NULL;
    int32_t *slots = places->slots->data;
    for (uint64_t at = hash & mask;; at = (at + 1) & mask) {
        if (slots[at] == 0) return &slots[at];
        const known_place *place = place_at(places, slots[at] - 1);
        if (place->hash == hash && strcmp(keys + place->path, path) == 0 &&
            strcmp(keys + place->name, name) == 0)
            return &slots[at];
    }
}

// Makes room for one more dataset: slots are half empty.
static mb_status reserve_place(mb_context *cx, mb_hdf_places *places)
{
    mb_buffer *slots = NULL;
    int64_t n = slots_of(places);
    mb_status status = mb_buffer_reserve(cx, &places->table, places->n, 1, sizeof(known_place));
    if (status || 2 * (places->n + 1) <= n) return status;
    n = n ? 2 * n : FEWEST_SLOTS;
    status = mb_buffer_new_zeroed(cx, n, sizeof(int32_t), &slots);
    if (status) return status;
    mb_buffer_release(places->slots);
    places->slots = slots;
    for (int64_t i = 0; i < places->n; i++) {
        const uint64_t mask = (uint64_t)n - 1;
        uint64_t at = place_at(places, i)->hash & mask;
        while (((int32_t *)slots->data)[at])
            at = (at + 1) & mask;
        ((int32_t *)slots->data)[at] = (int32_t)i + 1;
    }
    return MB_OK;
}

// How many datasets are kept: they take a small share of the budget, and their table half of that
// again while it grows.
static int64_t most_places(const mb_context *cx)
{
    const size_t most = cx->memory.budget / SHARE / sizeof(known_place);
    return most < MOST_PLACES ? (int64_t)most : MOST_PLACES;
}

mb_status mb_hdf_places_add(mb_context *cx, mb_hdf_places *places, const mb_hdf_dataset *dataset,
                            bool is_plain)
{
    if (places->n >= most_places(cx)) return MB_OK;
    mb_status status = reserve_place(cx, places);
    if (status) return status;
    known_place place = {.hash = hash_of(dataset->path, dataset->name),
                         .part = strlen(dataset->name) - strlen(dataset->part),
                         .is_plain = is_plain,
                         .dataset = *dataset};
    int32_t *slot = find_slot(places, place.hash, dataset->path, dataset->name);
    if (*slot) return MB_OK;
    place.path = places->keys.length;
    status = mb_strings_add(cx, &places->keys, dataset->path);
    if (status) return status;
    place.name = places->keys.length;
    status = mb_strings_add(cx, &places->keys, dataset->name);
    if (status) return status;
    place.dataset.path = place.dataset.name = place.dataset.part = NULL; // the caller's
    place.dataset.id = place.dataset.file = place.dataset.row_type = place.dataset.stored_type =
        place.dataset.read_type = H5I_INVALID_HID;
    *place_at(places, places->n) = place;
    *slot = (int32_t)++places->n;
    return MB_OK;
}

bool mb_hdf_places_find(const mb_hdf_places *places, const char *path, const char *name,
                        mb_hdf_dataset *dataset, bool *is_plain)
{
    if (places->n == 0) return false;
    const int32_t number = *find_slot(places, hash_of(path, name), path, name);
    if (number == 0) return false;
    const known_place *place = place_at(places, number - 1);
    *dataset = place->dataset;
    dataset->path = path;
    dataset->name = name;
    dataset->part = name + place->part;
    *is_plain = place->is_plain;
    return true;
}

void mb_hdf_places_release(mb_hdf_places *places)
{
    mb_strings_release(&places->keys);
    mb_buffer_release(places->table);
    mb_buffer_release(places->slots);
    *places = (mb_hdf_places){0};
}
