// What routers and probes export over UDP: flows in packets of NetFlow v5 and IPFIX (RFC 7011).
#pragma once

#include <stddef.h>
#include <stdint.h>

// A flow between IPv4 addresses; times are in seconds.
typedef struct flow {
    double start, duration; // start since 1970
    int64_t packets, bytes;
    uint32_t src, dst;
    uint16_t src_port, dst_port;
    uint8_t proto;
} flow;

// What packets were, and what was in them.
typedef struct export_counts {
    int64_t packets, flows;
    int64_t damaged; // packets; what came before the damage is kept
    int64_t unknown; // sets of data whose template has not come
    int64_t other;   // records without IPv4 addresses
} export_counts;

typedef struct exports exports;

// Knows no templates yet; NULL when memory runs out.
exports *exports_open(void);
void exports_close(exports *e);

// Reads a packet that came from `exporter`, a number of the caller's for each address and port: it
// has templates of its own. Any bytes are fine. Calls `take` with each flow.
void exports_read(exports *e, uint64_t exporter, const uint8_t *packet, size_t size,
                  void (*take)(void *data, const flow *found), void *data);

export_counts exports_counts(const exports *e);
