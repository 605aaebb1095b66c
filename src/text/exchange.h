// Strings that are sent to the ranks that own them, and answered with a number each.
#pragma once

#include "comm/shuffle.h"
#include "types/dictionary.h"

typedef struct mb_string_exchange {
    mb_context *cx;
    int64_t n;          // strings of this rank
    mb_shuffle shuffle; // its `owners` are the caller's to list
    mb_buffer *came;    // the strings that this rank got, shuffle.n_received of them,
    mb_buffer *answers; // and room for 64 bits for each
    mb_shuffle byte_shuffle;
    mb_buffer *ordered;         // this rank's strings, by their owners
    mb_buffer *lengths, *bytes; // of these,
    mb_shuffle_plane received;  // and of the strings that came
    mb_buffer *received_bytes;
    mb_buffer *replies; // to this rank's strings, by their owners
} mb_string_exchange;

// Begins an exchange of n strings of this rank. Memory: 44 bytes a string. Not collective.
mb_status mb_string_exchange_open(mb_context *cx, int64_t n,
                                  mb_string_exchange *exchange) MB_MUST_CHECK;

// Sends the strings to their owners. Memory: the strings, sent and received, and 40 bytes for each
// of the latter. Inside a body, collective.
mb_status mb_string_exchange_send(mb_string_exchange *exchange,
                                  const mb_string *strings) MB_MUST_CHECK;

// Sends the answers back: numbers[i] is that for the i-th string of this rank. Collective, after a
// step.
void mb_string_exchange_reply(mb_string_exchange *exchange, uint64_t *numbers);

// Frees the exchange, which may be all zeros. Not collective.
void mb_string_exchange_close(mb_string_exchange *exchange);
