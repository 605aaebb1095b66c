// Digits, eight at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MB_EACH_BYTE(x) (UINT64_C(0x0101010101010101) * (x))

// Up to eight digits as a number; false for all else. Eight bytes are readable, as they are behind
// every place of a text.
static inline bool mb_read_eight(const char *bytes, size_t length, uint64_t *value)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    word <<= 64 - 8 * length; // digits at the top; zeros are no digits, and become such
    const uint64_t digits = word ^ (MB_EACH_BYTE('0') << (64 - 8 * length));
    if (((digits + MB_EACH_BYTE(0x76)) | digits) & MB_EACH_BYTE(0x80)) return false;
    word = digits * (1 + (10 << 8)) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
    word = word * (1 + (100 << 16)) >> 16 & UINT64_C(0x0000ffff0000ffff);
    *value = word * (1 + (UINT64_C(10000) << 32)) >> 32;
    return true;
}

// The same of up to sixteen.
static inline bool mb_read_sixteen(const char *bytes, size_t length, uint64_t *value)
{
    enum { MOST = 16, MILLIONS = 100000000 };
    uint64_t high;
    if (length - 1 >= MOST) return false;
    if (length <= 8) return mb_read_eight(bytes, length, value);
    if (!mb_read_eight(bytes, length - 8, &high) || !mb_read_eight(bytes + length - 8, 8, value))
        return false;
    *value += high * MILLIONS;
    return true;
}
