#include "types/address.h"

#include <stdio.h>
#include <string.h>

enum { GROUPS = 8 }; // of 16 bits in an address of version 6

int mb_address_compare(const mb_address *a, const mb_address *b)
{
    return memcmp(a, b, sizeof *a);
}

// --- Reading. Each function reads from *at on, below `end`, and moves *at past what it has read.

// A number up to `most`, without zeros before it.
static bool read_decimal(const char **at, const char *end, int most, int *number)
{
    const char *first = *at;
    *number = 0;
    while (*at < end && **at >= '0' && **at <= '9' && *number <= most)
        *number = *number * 10 + (*(*at)++ - '0');
    return *at > first && *number <= most && (*first != '0' || *at == first + 1);
}

static bool read_dotted(const char *at, const char *end, uint8_t *bytes)
{
    for (int i = 0; i < 4; i++) {
        int number;
        if (i && (at == end || *at++ != '.')) return false;
        if (!read_decimal(&at, end, UINT8_MAX, &number)) return false;
        bytes[i] = (uint8_t)number;
    }
    return at == end;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// One to four digits.
static bool read_group(const char **at, const char *end, unsigned *group)
{
    const char *first = *at;
    *group = 0;
    while (*at < end && *at < first + 4 && hex_digit(**at) >= 0)
        *group = *group << 4 | (unsigned)hex_digit(*(*at)++);
    return *at > first;
}

// Moves what follows a "::", from group `gap` on, to the end.
static bool close_gap(uint8_t *bytes, int gap, int groups)
{
    if (gap < 0) return groups == GROUPS;
    if (groups == GROUPS) return false;
    size_t tail = (size_t)(groups - gap) * 2;
    memmove(bytes + 16 - tail, bytes + gap * 2, tail);
    memset(bytes + gap * 2, 0, 16 - tail - (size_t)gap * 2);
    return true;
}

static bool read_groups(const char *at, const char *end, uint8_t *bytes)
{
    int groups = 0, gap = -1;
    if (end - at >= 2 && at[0] == ':' && at[1] == ':') {
        gap = 0;
        at += 2;
    }
    while (at < end) {
        const char *first = at;
        unsigned group;
        if (groups == GROUPS || !read_group(&at, end, &group)) return false;
        if (at < end && *at == '.') {
            if (groups > GROUPS - 2 || !read_dotted(first, end, bytes + groups * 2)) return false;
            groups += 2;
            break;
        }
        bytes[groups * 2] = (uint8_t)(group >> 8);
        bytes[groups++ * 2 + 1] = (uint8_t)group;
        if (at == end) break;
        if (*at++ != ':' || at == end) return false;
        if (*at != ':') continue;
        if (gap >= 0) return false;
        gap = groups;
        at++;
    }
    return close_gap(bytes, gap, groups);
}

bool mb_address_parse(mb_string text, mb_address *address)
{
    text = mb_string_strip(text);
    *address = (mb_address){.version = 4};
    if (!text.length) return false;
    const char *end = text.bytes + text.length;
    if (!memchr(text.bytes, ':', text.length)) return read_dotted(text.bytes, end, address->bytes);
    address->version = 6;
    return read_groups(text.bytes, end, address->bytes);
}

mb_network_text mb_network_parse(mb_string text, mb_network *network)
{
    text = mb_string_strip(text);
    const char *slash = text.length ? memchr(text.bytes, '/', text.length) : NULL;
    const char *at = slash ? slash + 1 : NULL, *end = text.bytes + text.length;
    mb_address address;
    mb_string before = {text.bytes, slash ? (size_t)(slash - text.bytes) : text.length};
    if (!mb_address_parse(before, &address) || before.length != mb_string_strip(before).length)
        return MB_NETWORK_MALFORMED;
    int prefix = mb_address_bits(address.version);
    if (slash && (!read_decimal(&at, end, prefix, &prefix) || at != end))
        return MB_NETWORK_MALFORMED;
    *network = mb_network_of(&address, prefix);
    return mb_address_compare(&network->first, &address) ? MB_NETWORK_BEYOND : MB_NETWORK_READ;
}

// --- Writing.

// The numbers up to 255 with a point behind them.
typedef struct octet {
    char text[4];
    int length;
} octet;

static const octet *octets(void)
{
    static octet all[UINT8_MAX + 1];
    for (int i = 0; i <= UINT8_MAX && !all[UINT8_MAX].length; i++) {
        char text[8];
        all[i].length = snprintf(text, sizeof text, "%d.", i);
        memcpy(all[i].text, text, sizeof all[i].text);
    }
    return all;
}

static int write_dotted(const uint8_t *bytes, char *text)
{
    const octet *all = octets();
    char *to = text;
    for (int i = 0; i < 4; i++) {
        memcpy(to, all[bytes[i]].text, sizeof all->text);
        to += all[bytes[i]].length;
    }
    *--to = '\0';
    return (int)(to - text);
}

static unsigned group_at(const uint8_t *bytes, int group)
{
    return (unsigned)bytes[group * 2] << 8 | bytes[group * 2 + 1];
}

// The first of the longest runs of zero groups, of two at least; returns its length.
static int longest_zeros(const uint8_t *bytes, int *first)
{
    int longest = 1;
    for (int i = 0, run = 0; i < GROUPS; i++) {
        run = group_at(bytes, i) ? 0 : run + 1;
        if (run <= longest) continue;
        longest = run;
        *first = i - run + 1;
    }
    return longest > 1 ? longest : 0;
}

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; // RFC 5952, section 5

static int write_groups(const uint8_t *bytes, char *text)
{
    int n = 0, first = GROUPS, zeros = longest_zeros(bytes, &first);
    bool dotted = memcmp(bytes, mapped, sizeof mapped) == 0;
    for (int i = 0; i < (dotted ? 6 : GROUPS); i++) {
        if (i == first) n += snprintf(text + n, 3, "::");
        if (i >= first && i < first + zeros) continue;
        if (n && text[n - 1] != ':') text[n++] = ':';
        n += snprintf(text + n, 5, "%x", group_at(bytes, i));
    }
    if (!dotted) return n;
    text[n++] = ':';
    return n + write_dotted(bytes + sizeof mapped, text + n);
}

int mb_address_format(const mb_address *address, char text[MB_ADDRESS_SIZE])
{
    return address->version == 4 ? write_dotted(address->bytes, text)
                                 : write_groups(address->bytes, text);
}

int mb_network_format(const mb_network *network, char text[MB_ADDRESS_SIZE])
{
    int n = mb_address_format(&network->first, text);
    return n + snprintf(text + n, (size_t)(MB_ADDRESS_SIZE - n), "/%d", network->prefix);
}

// --- Numbers.

mb_address mb_address_of_number(uint32_t number)
{
    return (mb_address){4,
                        {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                         (uint8_t)number}};
}

uint32_t mb_address_number(const mb_address *address)
{
    const uint8_t *b = address->bytes;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

bool mb_address_of_string(mb_string string, mb_address *address)
{
    *address = (mb_address){0};
    if (string.length != 5 && string.length != 17) return false;
    memcpy(address, string.bytes, string.length);
    return address->version == (string.length == 5 ? 4 : 6);
}

bool mb_address_step(mb_address *address, mb_int128 by)
{
    mb_int128 carry = by;
    for (int i = mb_address_bits(address->version) / 8 - 1; i >= 0; i--) {
        carry += address->bytes[i];
        address->bytes[i] = (uint8_t)(carry & 0xff);
        carry >>= 8; // down to the floor
    }
    return carry == 0;
}

// --- Blocks.

mb_network mb_network_of(const mb_address *address, int prefix)
{
    mb_network network = {*address, prefix};
    int bits = mb_address_bits(address->version);
    for (int i = 0; i < bits / 8; i++) {
        int kept = prefix - i * 8;
        if (kept < 8) network.first.bytes[i] &= (uint8_t)(kept <= 0 ? 0 : 0xff << (8 - kept));
    }
    return network;
}

mb_address mb_network_last(const mb_network *network)
{
    mb_address last = network->first;
    int bits = mb_address_bits(last.version);
    for (int i = 0; i < bits / 8; i++) {
        int kept = network->prefix - i * 8;
        if (kept < 8) last.bytes[i] |= (uint8_t)(kept <= 0 ? 0xff : 0xff >> kept);
    }
    return last;
}

bool mb_network_has(const mb_network *network, const mb_address *address)
{
    if (network->first.version != address->version) return false;
    mb_network of = mb_network_of(address, network->prefix);
    return mb_address_compare(&of.first, &network->first) == 0;
}

// --- Uses, from the registries of IANA, as Python 3.11 lists them.

static const char *const private_blocks[] = {"0.0.0.0/8",
                                             "10.0.0.0/8",
                                             "127.0.0.0/8",
                                             "169.254.0.0/16",
                                             "172.16.0.0/12",
                                             "192.0.0.0/29",
                                             "192.0.0.170/31",
                                             "192.0.2.0/24",
                                             "192.168.0.0/16",
                                             "198.18.0.0/15",
                                             "198.51.100.0/24",
                                             "203.0.113.0/24",
                                             "240.0.0.0/4",
                                             "::1",
                                             "::",
                                             "100::/64",
                                             "2001::/23",
                                             "2001:db8::/32",
                                             "fc00::/7",
                                             "fe80::/10",
                                             NULL};
static const char *const shared_blocks[] = {"100.64.0.0/10", NULL};
static const char *const multicast_blocks[] = {"224.0.0.0/4", "ff00::/8", NULL};
static const char *const loopback_blocks[] = {"127.0.0.0/8", "::1", NULL};
static const char *const local_blocks[] = {"169.254.0.0/16", "fe80::/10", NULL};

static mb_network block_of(const char *text)
{
    mb_network network = {{0}, 0};
    (void)mb_network_parse((mb_string){text, strlen(text)}, &network);
    return network;
}

// Private blocks of version 4 are so too in addresses of version 6 that stand for them.
static mb_network map_block(const mb_network *network)
{
    mb_network made = {{.version = 6}, network->prefix + 96};
    memcpy(made.first.bytes, mapped, sizeof mapped);
    memcpy(made.first.bytes + sizeof mapped, network->first.bytes, 4);
    return made;
}

static int list_blocks(const char *const *texts, bool with_mapped, mb_network *networks)
{
    int n = 0;
    for (; *texts; texts++) {
        networks[n++] = block_of(*texts);
        if (!with_mapped || networks[n - 1].first.version != 4) continue;
        networks[n] = map_block(&networks[n - 1]);
        n++;
    }
    return n;
}

int mb_address_blocks(mb_address_use use, mb_network *networks, bool *others)
{
    static const char *const *const blocks[MB_ADDRESS_USES] = {
        private_blocks, private_blocks, multicast_blocks, loopback_blocks, local_blocks};
    *others = use == MB_ADDRESS_GLOBAL;
    int n = list_blocks(blocks[use], blocks[use] == private_blocks, networks);
    return *others ? n + list_blocks(shared_blocks, false, networks + n) : n;
}
