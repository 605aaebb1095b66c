// BGZF: gzip in members of 64 KiB of text at most, which tell their sizes in a field of their
// headers (the specification of SAM, section 4.1). All that reads gzip reads it.
#pragma once

#include <libdeflate.h>
#include <stddef.h>

enum {
    MB_BGZF_HEADER = 18,    // bytes
    MB_BGZF_TEXT = 1 << 16, // bytes of text of a member, at most
    MB_BGZF_END = 28
};

// The member without text by which programs know that a file is whole.
extern const unsigned char mb_bgzf_end[MB_BGZF_END];

// The bytes of the member whose first ones these are; 0: it is none of BGZF.
size_t mb_bgzf_member(const unsigned char *header, size_t n);

// The most bytes that n bytes of text become.
size_t mb_bgzf_bound(size_t n);

// Compresses n bytes of text; returns the bytes that they became.
size_t mb_bgzf_compress(struct libdeflate_compressor *compressor, const void *text, size_t n,
                        void *to);
