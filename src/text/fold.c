#include "text/fold.h"

#include "text/string_index.h"

enum {
    SAMPLE = 1 << 12,
    STRINGS_EACH = 4,
    APART = 16, // one of so many strings is indexed: nearly all that come again are found by it
};

// Not a place yet.
#define NONE UINT64_MAX

typedef struct folding {
    const mb_string *strings;
    int64_t n;
    uint64_t *places;
    mb_buffer *some, *hashes, *some_places; // some of the strings, and their places
    mb_string_index index;                  // of these
    mb_buffer *rest, *rest_places;          // strings that are not among them
    int64_t nsome, nrest, nplaces;
} folding;

static void close_folding(folding *all)
{
    mb_string_index_close(&all->index);
    mb_buffer_release(all->some);
    mb_buffer_release(all->hashes);
    mb_buffer_release(all->some_places);
    mb_buffer_release(all->rest);
    mb_buffer_release(all->rest_places);
}

// Whether the strings come again often enough. Of s strings drawn from d different ones about
// s * s / 2d equal one before them.
static mb_status look(mb_context *cx, const mb_string *strings, int64_t n, bool *repeats)
{
    mb_string sample[SAMPLE];
    uint64_t firsts[SAMPLE];
    int64_t again = 0;
    *repeats = false;
    if (n < SAMPLE || n >= UINT32_MAX) return MB_OK;
    for (int64_t i = 0; i < SAMPLE; i++)
        sample[i] = strings[n / SAMPLE * i];
    mb_status status = mb_string_firsts(cx, sample, SAMPLE, firsts);
    for (int64_t i = 0; i < SAMPLE && !status; i++)
        again += firsts[i] != (uint64_t)i;
    *repeats = again > (int64_t)SAMPLE * SAMPLE / 2 / (n / STRINGS_EACH);
    return status;
}

// Of equal strings the first one gets the next place, and the others get the same: `firsts` become
// places.
static void place(folding *all, uint64_t *firsts, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        firsts[i] = firsts[i] == (uint64_t)i ? (uint64_t)all->nplaces++ : firsts[firsts[i]];
}

static mb_status index_some(mb_context *cx, folding *all)
{
    int64_t n = all->nsome = (all->n + APART - 1) / APART;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(mb_string), &all->some);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &all->hashes);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &all->some_places);
    if (status) return status;
    mb_string *some = all->some->data;
    for (int64_t i = 0; i < n; i++)
        some[i] = all->strings[i * APART];
    mb_string_hashes(cx->hash_multiplier, some, n, all->hashes->data);
    status =
        mb_string_index_open(cx, some, all->hashes->data, n, all->some_places->data, &all->index);
    if (!status) place(all, all->some_places->data, n);
    return status;
}

// Finds the places of all strings that are among the indexed ones.
static void find_some(uint64_t seed, folding *all)
{
    const uint64_t *some_places = all->some_places->data;
    uint64_t hashes[MB_STRING_BATCH];
    int64_t found[MB_STRING_BATCH];
    for (int64_t first = 0; first < all->n; first += MB_STRING_BATCH) {
        int64_t left = all->n - first, n = left < MB_STRING_BATCH ? left : MB_STRING_BATCH;
        mb_string_hashes(seed, all->strings + first, n, hashes);
        mb_string_index_find(&all->index, all->strings + first, hashes, n, found);
        for (int64_t i = 0; i < n; i++) {
            bool there = found[i] != MB_NO_STRING;
            all->places[first + i] = there ? some_places[found[i]] : NONE;
            all->nrest += !there;
        }
    }
}

static mb_status place_rest(mb_context *cx, folding *all)
{
    mb_status status = mb_buffer_new_array(cx, all->nrest, sizeof(mb_string), &all->rest);
    if (!status) status = mb_buffer_new_array(cx, all->nrest, sizeof(uint64_t), &all->rest_places);
    if (status) return status;
    mb_string *rest = all->rest->data;
    for (int64_t i = 0; i < all->n; i++)
        if (all->places[i] == NONE) *rest++ = all->strings[i];
    uint64_t *rest_places = all->rest_places->data;
    status = mb_string_firsts(cx, all->rest->data, all->nrest, rest_places);
    if (status) return status;
    place(all, rest_places, all->nrest);
    for (int64_t i = 0; i < all->n; i++)
        if (all->places[i] == NONE) all->places[i] = *rest_places++;
    return MB_OK;
}

// The strings by their places.
static void list(const mb_string *strings, int64_t n, const uint64_t *places, mb_string *kept)
{
    for (int64_t i = 0; i < n; i++)
        kept[places[i]] = strings[i];
}

static mb_status keep(mb_context *cx, const folding *all, mb_folded_strings *folded)
{
    mb_status status = mb_buffer_new_array(cx, all->nplaces, sizeof(mb_string), &folded->kept);
    if (!status) status = mb_buffer_new_array(cx, all->nplaces, sizeof(uint64_t), &folded->codes);
    if (status) return status;
    list(all->some->data, all->nsome, all->some_places->data, folded->kept->data);
    list(all->rest->data, all->nrest, all->rest_places->data, folded->kept->data);
    folded->strings = folded->kept->data;
    folded->n = all->nplaces;
    return MB_OK;
}

mb_status mb_string_fold(mb_context *cx, const mb_string *strings, int64_t n, uint64_t *places,
                         mb_folded_strings *folded)
{
    bool repeats;
    folding all = {.strings = strings, .n = n, .places = places};
    *folded = (mb_folded_strings){.strings = strings, .n = n};
    mb_status status = look(cx, strings, n, &repeats);
    if (status || !repeats) return status;
    status = index_some(cx, &all);
    if (!status) {
        find_some(cx->hash_multiplier, &all);
        status = place_rest(cx, &all);
    }
    if (!status) status = keep(cx, &all, folded);
    close_folding(&all);
    return status;
}

uint64_t *mb_folded_codes(const mb_folded_strings *folded, uint64_t *places)
{
    return folded->codes ? folded->codes->data : places;
}

void mb_string_unfold(const mb_folded_strings *folded, int64_t n, uint64_t *places)
{
    const uint64_t *codes = folded->codes ? folded->codes->data : NULL;
    for (int64_t i = 0; codes && i < n; i++)
        places[i] = codes[places[i]];
}

void mb_folded_strings_close(mb_folded_strings *folded)
{
    mb_buffer_release(folded->kept);
    mb_buffer_release(folded->codes);
}
