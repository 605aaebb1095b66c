// LZF, which h5py brings with it: a byte below 32 is followed by so many bytes and one more, as
// they are; another one says how long a match is and how far back.

#include <string.h>

#include "io/hdf/internal.h"

enum { LITERALS = 32, LONG_MATCH = 7 };

bool mb_hdf_lzf_undo(const uint8_t *in, size_t length, uint8_t *out, size_t room, size_t *size)
{
    const uint8_t *end = in + length;
    size_t at = 0;
    while (in < end) {
        size_t control = *in++;
        if (control < LITERALS) {
            size_t count = control + 1;
            if (count > (size_t)(end - in) || count > room - at) return false;
            memcpy(out + at, in, count);
            in += count;
            at += count;
            continue;
        }
        size_t count = control >> 5;
        if (count == LONG_MATCH) {
            if (in == end) return false;
            count += *in++;
        }
        if (in == end) return false;
        size_t back = ((control & 31) << 8 | *in++) + 1;
        count += 2;
        if (back > at || count > room - at) return false;
        for (size_t i = 0; i < count; i++, at++) // byte by byte: it may repeat itself
            out[at] = out[at - back];
    }
    *size = at;
    return true;
}
