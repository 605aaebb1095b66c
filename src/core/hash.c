#include "core/hash.h"

#include <string.h>

uint64_t mb_hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const char *at = bytes;
    uint64_t word;
    hash = mb_hash_word(hash, size);
    for (; size >= sizeof word; size -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = mb_hash_word(hash, word);
    }
    if (size) {
        word = 0;
        memcpy(&word, at, size);
        hash = mb_hash_word(hash, word);
    }
    return hash;
}
