// A packet of NetFlow v5 is a header and up to 30 records of one shape. One of IPFIX is a header
// and sets: of templates, which tell the fields of records, and of records, which name their
// template. Templates are kept for each exporter and each of its observation domains. A field has
// an element and a length, and may have its length before its value: elements that are not asked
// for are skipped whatever they are.
//
// Each function that reads takes what is left of the packet and never looks beyond: `part` has its
// end.
#include "exports.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    V5_HEADER = 24,
    V5_RECORD = 48,
    V5_MOST = 30,
    IPFIX_HEADER = 16,
    SET_HEADER = 4,
    TEMPLATES = 2, // what a set holds; from DATA on the number of the template of its records
    OPTIONS = 3,
    DATA = 256,
    VARIABLE = 65535,     // the length of a field that has its length before its value
    TEMPLATES_MOST = 4096 // an exporter that makes up new ones does not fill the memory
};

// Elements of IANA's list that are asked for.
enum {
    OCTETS = 1,
    PACKETS = 2,
    PROTOCOL = 4,
    SRC_PORT = 7,
    SRC_ADDRESS = 8,
    DST_PORT = 11,
    DST_ADDRESS = 12,
    END_UPTIME = 21, // milliseconds since the exporter began
    START_UPTIME = 22,
    OCTETS_TOTAL = 85,
    PACKETS_TOTAL = 86,
    START_SECONDS = 150,
    END_SECONDS = 151,
    START_MILLISECONDS = 152,
    END_MILLISECONDS = 153,
    BEGAN_MILLISECONDS = 160, // when the exporter began
    ASKED = 161
};

typedef struct field {
    uint16_t element; // 0: not asked for
    uint16_t length;
} field;

typedef struct template
{
    uint64_t exporter;
    uint32_t domain;
    uint16_t number;
    uint16_t nfields;
    size_t shortest; // bytes of a record, at least 1
    field *fields;
}
template;

struct exports {
    export_counts counts;
    template *templates;
    int ntemplates;
};

// What a packet is read with.
typedef struct reading {
    exports *to;
    uint64_t exporter;
    uint32_t domain;
    double sent; // seconds since 1970
    void (*take)(void *data, const flow *found);
    void *data;
} reading;

// What has not been read of a packet, or of a set.
typedef struct part {
    const uint8_t *at, *end;
} part;

static size_t left(const part *p)
{
    return (size_t)(p->end - p->at);
}

// A big-endian number of up to 8 bytes.
static uint64_t number(const uint8_t *at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | at[i];
    return value;
}

// The next bytes as a number; the caller has seen that they are there.
static uint64_t next(part *p, size_t size)
{
    const uint64_t value = number(p->at, size);
    p->at += size;
    return value;
}

// The next bytes as a part of their own.
static part cut(part *p, size_t size)
{
    const part first = {p->at, p->at + size};
    p->at += size;
    return first;
}

static void found(const reading *r, const flow *f)
{
    r->to->counts.flows++;
    r->take(r->data, f);
}

// --- NetFlow v5 ----------------------------------------------------------------------------------

// A record tells times in milliseconds since the exporter began, modulo 2^32; `uptime` is when the
// packet was sent.
static flow v5_flow(const uint8_t *record, double sent, uint32_t uptime)
{
    const uint32_t first = (uint32_t)number(record + 24, 4),
                   last = (uint32_t)number(record + 28, 4);
    return (flow){
        .start = sent - (int32_t)(uptime - first) / 1e3,
        .duration = (uint32_t)(last - first) / 1e3,
        .packets = (int64_t)number(record + 16, 4),
        .bytes = (int64_t)number(record + 20, 4),
        .src = (uint32_t)number(record, 4),
        .dst = (uint32_t)number(record + 4, 4),
        .src_port = (uint16_t)number(record + 32, 2),
        .dst_port = (uint16_t)number(record + 34, 2),
        .proto = record[38],
    };
}

static bool read_v5(reading *r, part p)
{
    if (left(&p) < V5_HEADER) return false;
    const uint8_t *header = p.at;
    const size_t count = number(header + 2, 2);
    if (count > V5_MOST || left(&p) != V5_HEADER + count * V5_RECORD) return false;
    const uint32_t uptime = (uint32_t)number(header + 4, 4);
    r->sent = (double)number(header + 8, 4) + (double)number(header + 12, 4) / 1e9;
    for (p.at += V5_HEADER; left(&p) > 0; p.at += V5_RECORD) {
        const flow f = v5_flow(p.at, r->sent, uptime);
        found(r, &f);
    }
    return true;
}

// --- Templates -----------------------------------------------------------------------------------

static template *find_template(const reading *r, uint16_t number)
{
    for (int i = 0; i < r->to->ntemplates; i++) {
        template *t = &r->to->templates[i];
        if (t->number == number && t->domain == r->domain && t->exporter == r->exporter) return t;
    }
    return NULL;
}

// Keeps a template in the place of the one that it replaces, or in a new one.
static bool keep_template(const reading *r, const template *made)
{
    exports *to = r->to;
    template *place = find_template(r, made->number);
    if (place) {
        free(place->fields);
    } else {
        if (to->ntemplates == TEMPLATES_MOST) return false;
        template *more = realloc(to->templates, (size_t)(to->ntemplates + 1) * sizeof *more);
        if (!more) return false;
        to->templates = more;
        place = &more[to->ntemplates++];
    }
    *place = *made;
    return true;
}

// The fields of a template, each an element and a length; those of an enterprise have its number.
static bool read_fields(template *t, part *p)
{
    for (int i = 0; i < t->nfields; i++) {
        if (left(p) < 4) return false;
        const uint16_t element = (uint16_t)next(p, 2), length = (uint16_t)next(p, 2);
        if (element & 0x8000) {
            if (left(p) < 4) return false;
            p->at += 4;
        }
        // A number has at most 8 bytes, and may have fewer than its type (RFC 7011, 6.2).
        t->fields[i] = (field){element < ASKED && length <= 8 ? element : 0, length};
        t->shortest += length == VARIABLE ? 1 : length;
    }
    return t->shortest > 0;
}

// One template. Those of options tell also how many of their fields say what they are of.
static bool read_template(const reading *r, part *p, bool options)
{
    template t = {.exporter = r->exporter, .domain = r->domain};
    t.number = (uint16_t)next(p, 2);
    t.nfields = (uint16_t)next(p, 2);
    if (t.nfields == 0) return true; // a withdrawal, which means nothing over UDP
    if (options) {
        if (left(p) < 2) return false;
        p->at += 2;
    }
    if (t.number < DATA || (size_t)t.nfields * 4 > left(p)) return false;
    t.fields = calloc(t.nfields, sizeof *t.fields);
    if (t.fields && read_fields(&t, p) && keep_template(r, &t)) return true;
    free(t.fields);
    return false;
}

// What is shorter than a template's beginning is padding.
static bool read_templates(const reading *r, part set, bool options)
{
    while (left(&set) >= 4)
        if (!read_template(r, &set, options)) return false;
    return true;
}

// --- Records -------------------------------------------------------------------------------------

// The numbers of a record by their elements.
typedef struct record {
    uint64_t values[ASKED];
    bool has[ASKED];
} record;

static bool read_record(const template *t, part *p, record *to)
{
    memset(to->has, 0, sizeof to->has);
    for (int i = 0; i < t->nfields; i++) {
        size_t length = t->fields[i].length;
        const uint16_t element = t->fields[i].element;
        if (length == VARIABLE) {
            if (left(p) < 1) return false;
            length = next(p, 1);
            if (length == 255) {
                if (left(p) < 2) return false;
                length = next(p, 2);
            }
        }
        if (left(p) < length) return false;
        if (element) {
            to->values[element] = number(p->at, length);
            to->has[element] = true;
        }
        p->at += length;
    }
    return true;
}

static uint64_t value(const record *from, int element)
{
    return from->has[element] ? from->values[element] : 0;
}

// When a flow began and ended, in seconds since 1970: by the clock, or by milliseconds since the
// exporter began. Where a record does not say when that was, the flow ended as it was sent.
static void times(const record *from, double sent, double *start, double *end)
{
    *start = *end = sent;
    if (from->has[START_UPTIME] && from->has[END_UPTIME]) {
        const uint32_t lasted = (uint32_t)(value(from, END_UPTIME) - value(from, START_UPTIME));
        if (from->has[BEGAN_MILLISECONDS])
            *end =
                ((double)value(from, BEGAN_MILLISECONDS) + (double)value(from, END_UPTIME)) / 1e3;
        *start = *end - lasted / 1e3;
    }
    if (from->has[START_SECONDS]) *start = (double)value(from, START_SECONDS);
    if (from->has[END_SECONDS]) *end = (double)value(from, END_SECONDS);
    if (from->has[START_MILLISECONDS]) *start = (double)value(from, START_MILLISECONDS) / 1e3;
    if (from->has[END_MILLISECONDS]) *end = (double)value(from, END_MILLISECONDS) / 1e3;
    if (*end < *start) *end = *start;
}

// False for counts that no flow has.
static bool flow_of(const record *from, double sent, flow *to)
{
    double end;
    const uint64_t packets = value(from, from->has[PACKETS] ? PACKETS : PACKETS_TOTAL);
    const uint64_t bytes = value(from, from->has[OCTETS] ? OCTETS : OCTETS_TOTAL);
    if (packets > INT64_MAX || bytes > INT64_MAX) return false;
    *to = (flow){
        .packets = (int64_t)packets,
        .bytes = (int64_t)bytes,
        .src = (uint32_t)value(from, SRC_ADDRESS),
        .dst = (uint32_t)value(from, DST_ADDRESS),
        .src_port = (uint16_t)value(from, SRC_PORT),
        .dst_port = (uint16_t)value(from, DST_PORT),
        .proto = (uint8_t)value(from, PROTOCOL),
    };
    times(from, sent, &to->start, &end);
    to->duration = end - to->start;
    return true;
}

// What is shorter than the shortest record is padding.
static bool read_records(const reading *r, uint16_t number, part set)
{
    record values;
    flow f;
    const template *t = find_template(r, number);
    if (!t) {
        r->to->counts.unknown++;
        return true;
    }
    while (left(&set) >= t->shortest) {
        if (!read_record(t, &set, &values)) return false;
        if (!values.has[SRC_ADDRESS] || !values.has[DST_ADDRESS])
            r->to->counts.other++;
        else if (flow_of(&values, r->sent, &f))
            found(r, &f);
        else
            return false;
    }
    return true;
}

// --- IPFIX ---------------------------------------------------------------------------------------

static bool read_set(const reading *r, uint16_t number, part set)
{
    if (number == TEMPLATES || number == OPTIONS) return read_templates(r, set, number == OPTIONS);
    return number < DATA || read_records(r, number, set); // others are reserved
}

static bool read_ipfix(reading *r, part p)
{
    if (left(&p) < IPFIX_HEADER || number(p.at + 2, 2) != left(&p)) return false;
    r->sent = (double)number(p.at + 4, 4);
    r->domain = (uint32_t)number(p.at + 12, 4);
    p.at += IPFIX_HEADER;
    while (left(&p) > 0) {
        if (left(&p) < SET_HEADER) return false;
        const uint16_t id = (uint16_t)next(&p, 2), length = (uint16_t)next(&p, 2);
        if (length < SET_HEADER || length - SET_HEADER > (ptrdiff_t)left(&p)) return false;
        if (!read_set(r, id, cut(&p, length - SET_HEADER))) return false;
    }
    return true;
}

// --- All -----------------------------------------------------------------------------------------

exports *exports_open(void)
{
    return calloc(1, sizeof(exports));
}

void exports_close(exports *e)
{
    if (!e) return;
    for (int i = 0; i < e->ntemplates; i++)
        free(e->templates[i].fields);
    free(e->templates);
    free(e);
}

void exports_read(exports *e, uint64_t exporter, const uint8_t *packet, size_t size,
                  void (*take)(void *data, const flow *found), void *data)
{
    reading r = {.to = e, .exporter = exporter, .take = take, .data = data};
    const part all = {packet, packet + size};
    const uint64_t version = size < 2 ? 0 : number(packet, 2);
    const bool good = version == 5 ? read_v5(&r, all) : version == 10 && read_ipfix(&r, all);
    e->counts.packets++;
    e->counts.damaged += !good;
}

export_counts exports_counts(const exports *e)
{
    return e->counts;
}
