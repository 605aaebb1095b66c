#include <string.h>

#include "hash/kernels.h"

// Two loops of a bitmap that a word's distance from `low`, or a hash of it, is looked up in.

static void test_bits(const uint64_t *words, int64_t n, const uint64_t *bits, uint64_t low,
                      uint64_t span, uint8_t *found)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t offset = words[i] - low;
        uint64_t at = offset <= span ? offset : 0;
        found[i] = (uint8_t)((bits[at >> 6] >> (at & 63) & 1) & (offset <= span));
    }
}

static void test_filter(const uint64_t *words, int64_t n, const uint64_t *bits, int shift,
                        uint64_t low, uint64_t multiplier, uint8_t *restrict found)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t at = (words[i] - low) * multiplier >> shift;
        found[i] = (uint8_t)(bits[at >> 6] >> (at & 63) & 1);
    }
}

static void find_first(const uint64_t *words, int64_t n, const mb_hash_slots *at,
                       int64_t *restrict ids, uint8_t *restrict open)
{
    const uint64_t *slots = at->slots;
    const uint64_t low = at->low, multiplier = at->multiplier,
                   mask = (UINT64_C(1) << at->id_bits) - 1;
    const int shift = at->shift, id_bits = at->id_bits;
    for (int64_t i = 0; i < n; i++) {
        uint64_t offset = words[i] - low, slot = slots[offset * multiplier >> shift];
        uint64_t hit = slot >> id_bits == offset; // or both are 0, which gives no id either
        ids[i] = (int64_t)(slot & mask & (0 - hit)) - 1;
        open[i] = (uint8_t)(~hit & (slot != 0));
    }
}

// A bit for each of 64 bytes that are 0 or 1: the product brings the lowest bits of 8 bytes up.
static inline uint64_t bits_of(const uint8_t *bytes)
{
    uint64_t eights[8], bits = 0;
    memcpy(eights, bytes, sizeof eights);
    for (int k = 0; k < 8; k++)
        bits |= eights[k] * UINT64_C(0x0102040810204080) >> 56 << 8 * k;
    return bits;
}

static inline int list_bits(uint64_t set, int64_t first, uint16_t *list)
{
    int count = 0;
    for (; set; set &= set - 1)
        list[count++] = (uint16_t)(first + __builtin_ctzll(set));
    return count;
}

static int list_set(const uint8_t *bytes, int64_t n, uint16_t *restrict list)
{
    uint8_t last[64] = {0};
    int64_t first = 0;
    int count = 0;
    for (; first + 64 <= n; first += 64)
        count += list_bits(bits_of(bytes + first), first, list + count);
    memcpy(last, bytes + first, (size_t)(n - first));
    return count + list_bits(bits_of(last), first, list + count);
}

static void tell(const int64_t *ids, int64_t n, uint64_t low, uint64_t *restrict values,
                 uint8_t *restrict found)
{
    for (int64_t i = 0; i < n; i++) {
        values[i] = (uint64_t)ids[i] + low;
        found[i] = ids[i] >= 0;
    }
}

const mb_hash_kernels MB_ISA_NAME(mb_hash_kernels) = {test_bits, test_filter, find_first, list_set,
                                                      tell};
