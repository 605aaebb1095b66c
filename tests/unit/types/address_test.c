// Addresses: texts beside inet_pton and inet_ntop, blocks beside arithmetic of 128 bits.
#include "types/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "types/flags.h"

static uint64_t state = 7;

static uint64_t draw(uint64_t below)
{
    return (uint64_t)check_random(&state, (int64_t)below);
}

// In a buffer of its own, so that a sanitizer sees what is read behind it.
static bool parse(const char *bytes, size_t length, mb_address *address)
{
    char *copy = malloc(length ? length : 1);
    if (length) memcpy(copy, bytes, length);
    bool read = mb_address_parse((mb_string){length ? copy : NULL, length}, address);
    mb_network network;
    (void)mb_network_parse((mb_string){copy, length}, &network);
    free(copy);
    return read;
}

// What inet_pton reads; it takes neither zeros before decimal numbers nor blanks.
static bool expect(const char *text, mb_address *address)
{
    *address = (mb_address){.version = strchr(text, ':') ? 6 : 4};
    bool read = inet_pton(address->version == 6 ? AF_INET6 : AF_INET, text, address->bytes) == 1;
    return read;
}

static void try_text(const char *text)
{
    mb_address address, expected;
    bool read = parse(text, strlen(text), &address), valid = expect(text, &expected);
    if (read != valid) check_that(false, text, __FILE__, __LINE__);
    if (read && valid) CHECK_INT(mb_address_compare(&address, &expected), 0);
}

static mb_address any_address(void)
{
    mb_address address = {.version = draw(3) ? 6 : 4};
    for (int i = 0; i < mb_address_bits(address.version) / 8; i++)
        address.bytes[i] = draw(2) ? 0 : (uint8_t)draw(256);
    if (address.version == 6 && draw(8) == 0) {
        memset(address.bytes, 0, 10);
        memset(address.bytes + 10, 0xff, 2);
    }
    return address;
}

// Texts of addresses with characters changed, put in and taken out.
static void fuzzed_texts(mb_context *cx)
{
    static const char letters[] = "0123456789abcdefABCDEF::::....g/x";
    (void)cx;
    for (int i = 0; i < 300000; i++) {
        char text[80];
        mb_address address = any_address();
        mb_address_format(&address, text);
        for (uint64_t changes = draw(4); changes > 0; changes--) {
            size_t length = strlen(text), at = draw(length + 1);
            char letter = letters[draw(sizeof letters - 1)];
            uint64_t kind = draw(3);
            if (kind == 0 && at < length) {
                text[at] = letter;
            } else if (kind == 1 && at < length) {
                memmove(text + at, text + at + 1, length - at);
            } else if (length + 2 < sizeof text) {
                memmove(text + at + 1, text + at, length - at + 1);
                text[at] = letter;
            }
        }
        try_text(text);
    }
}

// Any bytes, of any length.
static void fuzzed_bytes(mb_context *cx)
{
    (void)cx;
    for (int i = 0; i < 200000; i++) {
        char bytes[40];
        mb_address address;
        size_t length = draw(sizeof bytes);
        for (size_t b = 0; b < length; b++)
            bytes[b] = draw(4) ? "0:1.f/\t "[draw(8)] : (char)draw(256);
        bool read = parse(bytes, length, &address);
        if (read) CHECK(address.version == 4 || address.version == 6);
        mb_address back;
        (void)mb_address_of_string((mb_string){bytes, length}, &back);
    }
}

static void formats(mb_context *cx)
{
    (void)cx;
    for (int i = 0; i < 100000; i++) {
        char text[MB_ADDRESS_SIZE], expected[INET6_ADDRSTRLEN];
        mb_address address = any_address(), back;
        int length = mb_address_format(&address, text);
        CHECK_INT(length, (int)strlen(text));
        CHECK(parse(text, (size_t)length, &back) && mb_address_compare(&address, &back) == 0);
        inet_ntop(address.version == 6 ? AF_INET6 : AF_INET, address.bytes, expected,
                  sizeof expected);
        // inet_ntop also dots what RFC 4291 calls compatible addresses, which are obsolete.
        bool compatible = strncmp(expected, "::", 2) == 0 && strchr(expected, '.') &&
                          strncmp(expected, "::ffff:", 7) != 0;
        if (!compatible && strcmp(text, expected) != 0)
            check_text(text, expected, __FILE__, __LINE__);
        mb_string string = mb_address_string(&address);
        CHECK(mb_address_of_string(string, &back) && mb_address_compare(&address, &back) == 0);
    }
}

static mb_uint128 number_of(const mb_address *address)
{
    mb_uint128 number = 0;
    for (int i = 0; i < mb_address_bits(address->version) / 8; i++)
        number = number << 8 | address->bytes[i];
    return number;
}

static void blocks(mb_context *cx)
{
    (void)cx;
    for (int i = 0; i < 100000; i++) {
        mb_address address = any_address();
        int bits = mb_address_bits(address.version), prefix = (int)draw((uint64_t)bits + 1);
        mb_uint128 whole = bits == 32 ? UINT32_MAX : ~(mb_uint128)0;
        mb_uint128 rest = prefix == 0 ? whole : prefix == bits ? 0 : whole >> prefix;
        mb_network network = mb_network_of(&address, prefix), back;
        mb_address last = mb_network_last(&network);
        CHECK(number_of(&network.first) == (number_of(&address) & ~rest));
        CHECK(number_of(&last) == (number_of(&address) | rest));
        CHECK(mb_network_has(&network, &address) && mb_network_has(&network, &last));
        char text[MB_ADDRESS_SIZE];
        int length = mb_network_format(&network, text);
        CHECK_INT(mb_network_parse((mb_string){text, (size_t)length}, &back), MB_NETWORK_READ);
        CHECK(back.prefix == prefix && mb_address_compare(&back.first, &network.first) == 0);
        int64_t by = (int64_t)(draw(UINT32_MAX) << 32 | draw(UINT32_MAX)) >> draw(64);
        mb_uint128 size = by < 0 ? 0 - (mb_uint128)by : (mb_uint128)by,
                   number = number_of(&address);
        bool fits = by < 0 ? number >= size : size <= whole - number;
        mb_uint128 next = by < 0 ? number - size : number + size;
        CHECK_INT(mb_address_step(&address, by), fits);
        if (fits) CHECK(number_of(&address) == next);
    }
}

// Any bytes as flags: what is read prints as what reads the same.
static void flags(mb_context *cx)
{
    const mb_type *types[2] = {&mb_type_flags, NULL};
    CHECK_OK(cx, mb_flags_type_of(cx, (const char *const[]){"SYN", "ACK", "é"}, 3, &types[1]));
    for (int i = 0; i < 200000; i++) {
        char text[16], printed[MB_TEXT_SIZE];
        const mb_type *type = types[i % 2];
        mb_value value = {0}, back = {0};
        size_t length = draw(sizeof text);
        for (size_t b = 0; b < length; b++)
            text[b] = draw(8) ? "FSRPAUEC.+0x|SYNACK- 18"[draw(23)] : (char)(1 + draw(255));
        text[length] = '\0';
        if (!type->parse(type, text, &value)) continue;
        type->format(type, value, printed, sizeof printed);
        CHECK(type->parse(type, printed, &back));
        CHECK_INT(back.u, value.u);
    }
    const char *const wrong[][2] = {{"A", "A"}, {"", "B"}, {"A.", "B"}, {"A", "1B"}, {"A B", "C"}};
    for (int i = 0; i < 5; i++)
        CHECK_INT(mb_flags_type_of(cx, wrong[i], 2, &types[0]), MB_EINVALID);
    mb_type_release(types[1]);
}

const check_test check_tests[] = {
    {"addresses: fuzzed texts", fuzzed_texts},
    {"addresses: fuzzed bytes", fuzzed_bytes},
    {"addresses: texts are those of inet_ntop", formats},
    {"addresses: blocks and steps", blocks},
    {"flags: what prints is read", flags},
    {0},
};
