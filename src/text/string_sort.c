#include "text/string_sort.h"

#include <stdlib.h>
#include <string.h>

#include "order/radix.h"

enum {
    WORD = 8,
    SMALL = 8,       // items that are compared as wholes
    FEW = 1 << 10,   // items for which a radix sort's counters cost more than comparisons
    DEEPEST = 1 << 9 // bytes that may be alike before strings are compared as wholes
};

// An item is a string's number (`count`) with a word of its bytes (`key`).
typedef struct sorting {
    const mb_string *strings;
    mb_key_count *items, *scratch;
    uint8_t *repeats; // of each place: whether the item equals the one before it
} sorting;

// The bytes from `depth` on as a big-endian word, zeros behind the last.
static uint64_t word_at(mb_string string, size_t depth)
{
    unsigned char bytes[WORD] = {0};
    uint64_t word;
    size_t left = string.length - depth;
    if (left) memcpy(bytes, string.bytes + depth, left < WORD ? left : WORD);
    memcpy(&word, bytes, sizeof word);
    return __builtin_bswap64(word);
}

static int compare_keys(const void *a, const void *b)
{
    const mb_key_count *left = a, *right = b;
    return (left->key > right->key) - (left->key < right->key);
}

static int compare_strings(const void *a, const void *b, void *strings)
{
    const mb_key_count *left = a, *right = b;
    const mb_string *all = strings;
    return mb_string_compare(all[left->count], all[right->count]);
}

static void sort_wholes(sorting *all, int64_t first, int64_t n)
{
    mb_key_count *items = all->items + first;
    qsort_r(items, (size_t)n, sizeof *items, compare_strings, (void *)(uintptr_t)all->strings);
    for (int64_t i = 1; i < n; i++)
        all->repeats[first + i] =
            compare_strings(&items[i - 1], &items[i], (void *)(uintptr_t)all->strings) == 0;
}

// Few items, by insertion.
static void sort_small(sorting *all, int64_t first, int64_t n)
{
    mb_key_count *items = all->items + first;
    for (int64_t i = 1; i < n; i++) {
        mb_key_count moved = items[i];
        int64_t j = i;
        int order = -1;
        for (; j > 0; j--) {
            order = mb_string_compare(all->strings[items[j - 1].count], all->strings[moved.count]);
            if (order <= 0) break;
            items[j] = items[j - 1];
        }
        // Equal items are neighbours; what moves in front of others takes their marks along.
        memmove(all->repeats + first + j + 1, all->repeats + first + j, (size_t)(i - j));
        all->repeats[first + j] = j > 0 && order == 0;
        items[j] = moved;
    }
}

// The least and largest word of some items, and the fewest bytes that a string has left.
typedef struct word_range {
    uint64_t least, largest;
    size_t left;
} word_range;

static word_range load_words(const sorting *all, mb_key_count *items, int64_t n, size_t depth)
{
    word_range range = {UINT64_MAX, 0, SIZE_MAX};
    for (int64_t i = 0; i < n; i++) {
        mb_string string = all->strings[items[i].count];
        uint64_t key = items[i].key = word_at(string, depth);
        if (key < range.least) range.least = key;
        if (key > range.largest) range.largest = key;
        if (string.length - depth < range.left) range.left = string.length - depth;
    }
    return range;
}

// Bytes at the beginning of their words that all strings have alike.
static size_t shared_bytes(word_range range)
{
    uint64_t differs = range.least ^ range.largest;
    size_t shared = differs ? (size_t)__builtin_clzll(differs) / 8 : WORD;
    return shared < range.left ? shared : range.left;
}

// Sorts items by the word that begins where their strings differ, at `depth` or behind it; returns
// where that is.
static size_t sort_by_word(sorting *all, int64_t first, int64_t n, size_t depth)
{
    mb_key_count *items = all->items + first;
    word_range range = load_words(all, items, n, depth);
    for (size_t shared; (shared = shared_bytes(range)) > 0 && depth < DEEPEST; depth += shared)
        range = load_words(all, items, n, depth + shared);
    if (n <= FEW) {
        qsort(items, (size_t)n, sizeof *items, compare_keys);
        return depth;
    }
    for (int64_t i = 0; i < n; i++)
        items[i].key -= range.least; // fewer bits
    const mb_key_count *sorted =
        mb_radix_sort_pairs(items, all->scratch + first, n, range.largest - range.least);
    if (sorted != items) memcpy(items, sorted, (size_t)n * sizeof *items);
    return depth;
}

// Of items whose strings have the same word at `depth`: those that end in it come first, by their
// lengths, as the rest of the word is zeros that stand for nothing. Returns how many these are.
static int64_t place_ends(sorting *all, int64_t first, int64_t n, size_t depth)
{
    enum { LONGER = WORD + 1, KINDS };
    int64_t starts[KINDS + 1] = {0};
    mb_key_count *items = all->items + first, *scratch = all->scratch + first;
    const mb_string *strings = all->strings;
    for (int64_t i = 0; i < n; i++) {
        size_t left = strings[items[i].count].length - depth;
        starts[(left < LONGER ? left : LONGER) + 1]++;
    }
    for (int kind = 0; kind < KINDS; kind++)
        starts[kind + 1] += starts[kind];
    int64_t ends = starts[LONGER];
    for (int64_t i = 0; i < n; i++) {
        size_t left = strings[items[i].count].length - depth;
        int64_t *at = &starts[left < LONGER ? left : LONGER];
        scratch[*at] = items[i];
        (*at)++;
    }
    memcpy(items, scratch, (size_t)n * sizeof *items);
    for (int64_t i = 1; i < ends; i++)
        all->repeats[first + i] =
            strings[items[i].count].length == strings[items[i - 1].count].length;
    return ends;
}

// Sorts items whose strings have at least `depth` bytes, the same ones.
static void sort_from(sorting *all, int64_t first, int64_t n, size_t depth)
{
    if (n <= SMALL) {
        sort_small(all, first, n);
        return;
    }
    if (depth > DEEPEST) {
        sort_wholes(all, first, n);
        return;
    }
    depth = sort_by_word(all, first, n, depth);
    const mb_key_count *items = all->items + first;
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && items[end].key == items[i].key;)
            end++;
        if (end == i + 1) continue;
        int64_t ends = place_ends(all, first + i, end - i, depth);
        if (end - i - ends > 1) sort_from(all, first + i + ends, end - i - ends, depth + WORD);
    }
}

mb_status mb_string_sort(mb_context *cx, const mb_string *strings, int64_t n, uint64_t *codes,
                         mb_string *distinct, int64_t *ndistinct)
{
    mb_buffer *items = NULL, *repeats = NULL;
    int64_t last = -1;
    mb_status status = mb_buffer_new_array(cx, 2 * n, sizeof(mb_key_count), &items);
    if (!status) status = mb_buffer_new_zeroed(cx, n, 1, &repeats);
    if (!status) {
        sorting all = {strings, items->data, (mb_key_count *)items->data + n, repeats->data};
        for (int64_t i = 0; i < n; i++)
            all.items[i].count = (uint64_t)i;
        if (n) sort_from(&all, 0, n, 0);
        for (int64_t i = 0; i < n; i++) {
            uint64_t number = all.items[i].count;
            if (!all.repeats[i]) distinct[++last] = strings[number];
            codes[number] = (uint64_t)last;
        }
        *ndistinct = last + 1;
    }
    mb_buffer_release(items);
    mb_buffer_release(repeats);
    return status;
}

mb_status mb_string_encode(mb_context *cx, const mb_type *model, const mb_string *strings,
                           int64_t n, uint64_t *codes, mb_dictionary **dictionary)
{
    mb_buffer *distinct = NULL;
    int64_t ndistinct = 0;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(mb_string), &distinct);
    if (!status) status = mb_string_sort(cx, strings, n, codes, distinct->data, &ndistinct);
    if (!status) status = mb_dictionary_new(cx, model, distinct->data, ndistinct, dictionary);
    mb_buffer_release(distinct);
    return status;
}
