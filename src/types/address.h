// Addresses of the Internet protocol, and blocks of them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "types/dictionary.h"

enum { MB_ADDRESS_SIZE = 64 }; // room for the text of any address or block

// Of version 4, with 4 bytes, or 6, with 16, in the order of the network; bytes behind are zero, so
// that memory compares as addresses do: those of version 4 come before those of version 6.
typedef struct mb_address {
    uint8_t version, bytes[16];
} mb_address;

// The addresses whose first `prefix` bits are those of `first`; the others of `first` are zero.
typedef struct mb_network {
    mb_address first;
    int prefix;
} mb_network;

static inline int mb_address_bits(int version)
{
    return version == 4 ? 32 : 128;
}

// Below zero, zero or above, as `a` comes before, equals or comes after `b`.
int mb_address_compare(const mb_address *a, const mb_address *b);

// The address that a text is, with blanks around it; false when it is none. Version 4: four decimal
// numbers up to 255, without zeros before them. Version 6: every form of RFC 4291; no zone.
bool mb_address_parse(mb_string text, mb_address *address);

// The text of an address: dotted, or as RFC 5952 says. Returns its length.
int mb_address_format(const mb_address *address, char text[MB_ADDRESS_SIZE]);

// Addresses of version 4 as numbers of 32 bits.
mb_address mb_address_of_number(uint32_t number);
uint32_t mb_address_number(const mb_address *address);

// An address as the bytes that stand for it in a dictionary, and back; false for other bytes.
static inline mb_string mb_address_string(const mb_address *address)
{
    return (mb_string){(const char *)address, (size_t)mb_address_bits(address->version) / 8 + 1};
}
bool mb_address_of_string(mb_string string, mb_address *address);

// The address `by` after this one, or before it; false past the first or last of its version.
bool mb_address_step(mb_address *address, mb_int128 by);

typedef enum mb_network_text {
    MB_NETWORK_READ,
    MB_NETWORK_MALFORMED, // neither address/prefix nor an address, which is a block of one
    MB_NETWORK_BEYOND     // the address has bits past the prefix
} mb_network_text;

// The block that a text is, with blanks around it: `network` has its address and prefix, and where
// there are bits past that, these are zero.
mb_network_text mb_network_parse(mb_string text, mb_network *network);

// The block of an address with so many bits of it, and the last address of a block.
mb_network mb_network_of(const mb_address *address, int prefix);
mb_address mb_network_last(const mb_network *network);

bool mb_network_has(const mb_network *network, const mb_address *address);

// The text of a block. Returns its length.
int mb_network_format(const mb_network *network, char text[MB_ADDRESS_SIZE]);

// Kinds of addresses, as Python's ipaddress knows them.
typedef enum mb_address_use {
    MB_ADDRESS_PRIVATE,
    MB_ADDRESS_GLOBAL,
    MB_ADDRESS_MULTICAST,
    MB_ADDRESS_LOOPBACK,
    MB_ADDRESS_LINK_LOCAL,
    MB_ADDRESS_USES
} mb_address_use;

enum { MB_MOST_NETWORKS = 40 };

// Lists the blocks of a use, at most MB_MOST_NETWORKS; returns how many, and whether the use is of
// the addresses that are in none.
int mb_address_blocks(mb_address_use use, mb_network *networks, bool *others);
