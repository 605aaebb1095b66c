#include "io/packed/bgzf.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    TEXT = 0xff00,    // of a member that is written: also what does not become smaller fits
    MEMBER = 1 << 16, // most bytes of one
    TRAILER = 8,      // checksum and bytes of text
    SIZE = 16,        // where in the header
};

static const unsigned char head[SIZE] = {31, 139, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 'B', 'C', 2, 0};

const unsigned char mb_bgzf_end[MB_BGZF_END] = {31, 139, 8,   4,   0, 0, 0,  0, 0, 255,
                                                6,  0,   'B', 'C', 2, 0, 27, 0, 3};

size_t mb_bgzf_member(const unsigned char *header, size_t n)
{
    const bool begins = n >= MB_BGZF_HEADER && memcmp(header, head, 4) == 0 &&
                        memcmp(header + 10, head + 10, SIZE - 10) == 0;
    return begins ? (size_t)(header[SIZE] | header[SIZE + 1] << 8) + 1 : 0;
}

size_t mb_bgzf_bound(size_t n)
{
    return (n / TEXT + 1) * MEMBER;
}

static void put(unsigned char *to, uint32_t value, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

size_t mb_bgzf_compress(struct libdeflate_compressor *compressor, const void *text, size_t n,
                        void *to)
{
    const unsigned char *from = text;
    unsigned char *member = to;
    for (size_t more; n > 0; from += more, n -= more) {
        more = n < TEXT ? n : TEXT;
        memcpy(member, head, SIZE);
        const size_t size = libdeflate_deflate_compress(
            compressor, from, more, member + MB_BGZF_HEADER, MEMBER - MB_BGZF_HEADER - TRAILER);
        unsigned char *end = member + MB_BGZF_HEADER + size;
        put(end, libdeflate_crc32(0, from, more), 4);
        put(end + 4, (uint32_t)more, 4);
        put(member + SIZE, (uint32_t)(end + TRAILER - member - 1), 2);
        member = end + TRAILER;
    }
    return (size_t)(member - (unsigned char *)to);
}
