// Packets of NetFlow v5 and IPFIX as the example of a collector reads them: values, templates, and
// damage of every kind, each packet at the end of memory that it may read.
#include "../../../examples/embed/exports.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

// A packet as it is written, field by field.
typedef struct writing {
    uint8_t bytes[2048];
    size_t size;
} writing;

static void put(writing *w, uint64_t value, size_t size)
{
    for (size_t i = size; i > 0; i--)
        w->bytes[w->size++] = (uint8_t)(i > sizeof value ? 0 : value >> 8 * (i - 1));
}

typedef struct taken {
    int n;
    flow last;
} taken;

static void take(void *data, const flow *f)
{
    taken *to = data;
    to->n++;
    to->last = *f;
}

// Reads a packet from memory of just its size, so that sanitizers see what is read beyond.
static void read_size(exports *e, uint64_t exporter, const writing *w, size_t size, taken *to)
{
    uint8_t *packet = malloc(size ? size : 1);
    CHECK(packet);
    if (!packet) return;
    memcpy(packet, w->bytes, size);
    exports_read(e, exporter, packet, size, take, to);
    free(packet);
}

static void read_whole(exports *e, const writing *w, taken *to)
{
    read_size(e, 1, w, w->size, to);
}

// The header of a packet of n records, sent at 1,000,000.5 s, an hour after the exporter began.
static writing v5_header(int n)
{
    writing w = {.size = 0};
    put(&w, 5, 2);
    put(&w, (uint64_t)n, 2);
    put(&w, 3600000, 4);
    put(&w, 1000000, 4);
    put(&w, 500000000, 4);
    put(&w, 0, 8);
    return w;
}

static void v5_record(writing *w, uint32_t first, uint32_t last)
{
    put(w, 0x0a000001, 4);
    put(w, 0xc0000201, 4);
    put(w, 0, 8);
    put(w, 7, 4);
    put(w, 4000000000, 4);
    put(w, first, 4);
    put(w, last, 4);
    put(w, 40000, 2);
    put(w, 443, 2);
    put(w, 0, 2);
    put(w, 6, 1);
    put(w, 0, 9);
}

static void netflow_v5(mb_context *cx)
{
    (void)cx;
    exports *e = exports_open();
    taken to = {0};
    writing w = v5_header(2);
    v5_record(&w, 3599000, 3599250);
    v5_record(&w, 4294967295, 249); // the clock of the exporter came to its end a while ago
    read_whole(e, &w, &to);
    CHECK_INT(to.n, 2);
    CHECK_INT(to.last.src, 0x0a000001);
    CHECK_INT(to.last.dst, 0xc0000201);
    CHECK_INT(to.last.packets, 7);
    CHECK_INT(to.last.bytes, 4000000000);
    CHECK_INT(to.last.src_port, 40000);
    CHECK_INT(to.last.dst_port, 443);
    CHECK_INT(to.last.proto, 6);
    CHECK(to.last.start == 1000000.5 - 3600.001 && to.last.duration == 0.25);
    for (size_t size = 0; size < w.size; size++)
        read_size(e, 1, &w, size, &to);
    w.bytes[3] = 31;
    read_whole(e, &w, &to);
    CHECK_INT(exports_counts(e).damaged, w.size + 1);
    CHECK_INT(to.n, 2);
    w = v5_header(0);
    read_whole(e, &w, &to);
    CHECK_INT(exports_counts(e).packets - exports_counts(e).damaged, 2);
    exports_close(e);
}

// --- IPFIX ---------------------------------------------------------------------------------------

static void end_message(writing *w)
{
    w->bytes[2] = (uint8_t)(w->size >> 8);
    w->bytes[3] = (uint8_t)w->size;
}

static writing message(uint32_t domain)
{
    writing w = {.size = 0};
    put(&w, 10, 2);
    put(&w, 0, 2);
    put(&w, 1000000, 4);
    put(&w, 0, 4);
    put(&w, domain, 4);
    return w;
}

// A set of one template: of a number, and fields as element and length. Those from 0x8000 on get
// the number of an enterprise.
static void template_set(writing *w, int number, int n, const int fields[][2])
{
    const size_t begin = w->size;
    put(w, 2, 2);
    put(w, 0, 2);
    put(w, (uint64_t)number, 2);
    put(w, (uint64_t)n, 2);
    for (int i = 0; i < n; i++) {
        put(w, (uint64_t)fields[i][0], 2);
        put(w, (uint64_t)fields[i][1], 2);
        if (fields[i][0] >= 0x8000) put(w, 29305, 4);
    }
    w->bytes[begin + 3] = (uint8_t)(w->size - begin);
}

// Addresses, a name of varying length, octets in 3 bytes, packets in 8, an enterprise's address of
// the source, times.
enum { NFIELDS = 8 };
static const int all_fields[NFIELDS][2] = {{8, 4}, {12, 4},     {82, 65535}, {1, 3},
                                           {2, 8}, {0x8008, 4}, {152, 8},    {153, 8}};

static void record(writing *w, uint64_t packets)
{
    put(w, 0x0a000001, 4);
    put(w, 0xc0000201, 4);
    put(w, 0xff0003, 3); // a length in three bytes
    put(w, 0x657468, 3);
    put(w, 0x123456, 3);
    put(w, packets, 8);
    put(w, 0xffffffff, 4);
    put(w, 999999000, 8);
    put(w, 999999750, 8);
}

static writing records(uint32_t domain, int number, uint64_t packets)
{
    writing w = message(domain);
    put(&w, (uint64_t)number, 2);
    put(&w, 4 + 2 * 45 + 3, 2);
    record(&w, 1);
    record(&w, packets);
    put(&w, 0, 3); // padding
    end_message(&w);
    return w;
}

static writing one_template(uint32_t domain, int number)
{
    writing w = message(domain);
    template_set(&w, number, NFIELDS, all_fields);
    end_message(&w);
    return w;
}

static void ipfix(mb_context *cx)
{
    (void)cx;
    exports *e = exports_open();
    taken to = {0};
    const writing known = one_template(7, 300), data = records(7, 300, 9);
    read_whole(e, &data, &to);
    CHECK_INT(exports_counts(e).unknown, 1);
    read_whole(e, &known, &to);
    read_whole(e, &data, &to);
    CHECK_INT(to.n, 2);
    CHECK_INT(to.last.src, 0x0a000001);
    CHECK_INT(to.last.dst, 0xc0000201);
    CHECK_INT(to.last.bytes, 0x123456);
    CHECK_INT(to.last.packets, 9);
    CHECK(to.last.start == 999999 && to.last.duration == 0.75);
    read_size(e, 2, &data, data.size, &to); // another exporter
    const writing elsewhere = records(8, 300, 9), unnamed = records(7, 301, 9);
    read_whole(e, &elsewhere, &to);
    read_whole(e, &unnamed, &to);
    CHECK_INT(exports_counts(e).unknown, 4);
    CHECK_INT(exports_counts(e).damaged, 0);
    const writing large = records(7, 300, UINT64_MAX);
    read_whole(e, &large, &to);
    CHECK_INT(exports_counts(e).damaged, 1);
    CHECK_INT(to.n, 3);
    exports_close(e);
}

// A template that comes again with other fields replaces the one before.
static void templates_change(mb_context *cx)
{
    (void)cx;
    exports *e = exports_open();
    taken to = {0};
    writing w = one_template(0, 256);
    read_whole(e, &w, &to);
    w = message(0);
    template_set(&w, 256, 2, (const int[][2]){{12, 4}, {4, 1}});
    put(&w, 256, 2);
    put(&w, 4 + 10, 2);
    put(&w, 0, 10);
    end_message(&w);
    read_whole(e, &w, &to);
    CHECK_INT(exports_counts(e).other, 2); // no source
    CHECK_INT(exports_counts(e).flows, 0);
    exports_close(e);
}

// A flow whose times count from when the exporter began, told and not told.
static void uptimes(mb_context *cx)
{
    (void)cx;
    exports *e = exports_open();
    taken to = {0};
    for (int told = 0; told < 2; told++) {
        writing w = message(0);
        template_set(&w, 256, 4 + told,
                     (const int[][2]){{8, 4}, {12, 4}, {22, 4}, {21, 4}, {160, 8}});
        put(&w, 256, 2);
        put(&w, 20 + 8 * (uint64_t)told, 2);
        put(&w, 1, 4);
        put(&w, 2, 4);
        put(&w, 4294967046, 4);
        put(&w, told ? 4294967296 - 50 : 250, 4);
        if (told) put(&w, 5000, 8);
        end_message(&w);
        read_whole(e, &w, &to);
        CHECK(to.last.start == (told ? 4294972.046 : 1000000 - 0.5));
    }
    CHECK_INT(to.n, 2);
    exports_close(e);
}

static void bad_templates(mb_context *cx)
{
    (void)cx;
    exports *e = exports_open();
    taken to = {0};
    writing w = message(0);
    template_set(&w, 255, 1, (const int[][2]){{8, 4}}); // the number of no template
    end_message(&w);
    read_whole(e, &w, &to);
    w = message(0);
    template_set(&w, 256, 2, (const int[][2]){{8, 0}, {12, 0}}); // of records without bytes
    end_message(&w);
    read_whole(e, &w, &to);
    CHECK_INT(exports_counts(e).damaged, 2);
    w = message(0);
    template_set(&w, 256, 0, NULL); // a withdrawal
    end_message(&w);
    read_whole(e, &w, &to);
    CHECK_INT(exports_counts(e).damaged, 2);
    for (int i = 256; i < 5000; i++) {
        w = one_template(0, i);
        read_whole(e, &w, &to);
    }
    CHECK_INT(exports_counts(e).damaged, 2 + 5000 - 256 - 4096);
    exports_close(e);
}

// Packets that are cut off, with their length as it was and as it is then, and with bytes changed
// at random: some are damaged, all are counted.
static void damage(mb_context *cx)
{
    (void)cx;
    uint64_t state = 1;
    exports *e = exports_open();
    taken to = {0};
    const writing known = one_template(7, 300), data = records(7, 300, 9);
    writing both = known, v5 = v5_header(1);
    memcpy(both.bytes + both.size, data.bytes + 16, data.size - 16);
    both.size += data.size - 16;
    end_message(&both);
    v5_record(&v5, 0, 1);
    for (size_t size = 0; size < both.size; size++) {
        writing cut = both;
        read_size(e, 1, &cut, size, &to);
        cut.size = size;
        end_message(&cut);
        read_whole(e, &cut, &to);
    }
    CHECK(exports_counts(e).damaged > (int64_t)both.size);
    for (int i = 0; i < 20000; i++) {
        writing w = i % 4 ? both : v5;
        for (int64_t n = check_random(&state, 8); n >= 0; n--)
            w.bytes[check_random(&state, (int64_t)w.size)] = (uint8_t)check_random(&state, 256);
        read_whole(e, &w, &to);
    }
    CHECK_INT(exports_counts(e).packets, 2 * (int64_t)both.size + 20000);
    CHECK_INT(exports_counts(e).flows, to.n);
    exports_close(e);
}

const check_test check_tests[] = {{"NetFlow v5", netflow_v5},
                                  {"IPFIX", ipfix},
                                  {"templates that change", templates_change},
                                  {"times since the exporter began", uptimes},
                                  {"templates that are none", bad_templates},
                                  {"damage", damage},
                                  {NULL, NULL}};
