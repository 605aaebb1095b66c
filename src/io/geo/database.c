#include "io/geo/database.h"

#if !__has_include(<maxminddb.h>)

// A build without the library: nothing opens, so nothing else is called.

mb_status mb_geo_open(mb_context *cx, const char *path, mb_geo **geo)
{
    (void)geo;
    return mb_fail(cx, MB_EIO,
                   "%s: this moonbear was built without libmaxminddb, which reads such files: "
                   "install Debian's libmaxminddb-dev and build it anew (make clean all)",
                   path);
}

void mb_geo_close(mb_geo *geo)
{
    (void)geo;
}

uint64_t mb_geo_hash(const mb_geo *geo)
{
    (void)geo;
    return 0;
}

const char *mb_geo_type(const mb_geo *geo)
{
    (void)geo;
    return "";
}

mb_status mb_geo_find(mb_context *cx, const mb_geo *geo, mb_column *addresses, mb_column **records)
{
    (void)geo, (void)addresses, (void)records;
    return mb_fail(cx, MB_EINTERNAL, "no database of addresses can be open");
}

#else

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "comm/lockstep.h"
#include "core/hash.h"
#include "io/geo/internal.h"
#include "io/packed/source.h"
#include "ops/address/rows.h"

mb_status mb_geo_fail(mb_context *cx, const mb_geo *geo, int error)
{
    if (error == MMDB_OUT_OF_MEMORY_ERROR) return MB_EMEMORY;
    return mb_fail(cx, MB_EIO, "%s: not a database of MaxMind's, or damaged: %s", geo->path,
                   MMDB_strerror(error));
}

// --- The tree: from a node one bit of an address leads to another, or ends.

static int64_t end_of(uint8_t type, const MMDB_entry_s *entry)
{
    return type == MMDB_RECORD_TYPE_DATA ? ~((int64_t)entry->offset + 1) : ~(int64_t)0;
}

// The node that a bit leads to; else ~0 where there is no record, or ~ of a record's place.
static int64_t child(const MMDB_s *db, int64_t node, bool right)
{
    MMDB_search_node_s both;
    (void)MMDB_read_node(db, (uint32_t)node, &both); // nodes were checked
    const uint8_t type = right ? both.right_record_type : both.left_record_type;
    if (type == MMDB_RECORD_TYPE_SEARCH_NODE)
        return (int64_t)(right ? both.right_record : both.left_record);
    return end_of(type, right ? &both.right_record_entry : &both.left_record_entry);
}

static bool leads_anywhere(const MMDB_s *db, uint8_t type, const MMDB_entry_s *entry)
{
    return type == MMDB_RECORD_TYPE_SEARCH_NODE || type == MMDB_RECORD_TYPE_EMPTY ||
           (type == MMDB_RECORD_TYPE_DATA && entry->offset < db->data_section_size);
}

// All of it, so that damage is found wherever it is.
static mb_status check_tree(mb_context *cx, const mb_geo *geo)
{
    MMDB_search_node_s node;
    for (uint32_t i = 0; i < geo->db.metadata.node_count; i++)
        if (MMDB_read_node(&geo->db, i, &node) != MMDB_SUCCESS ||
            !leads_anywhere(&geo->db, node.left_record_type, &node.left_record_entry) ||
            !leads_anywhere(&geo->db, node.right_record_type, &node.right_record_entry))
            return mb_geo_fail(cx, geo, MMDB_CORRUPT_SEARCH_TREE_ERROR);
    return MB_OK;
}

// Where the beginnings lead that have the bits of `prefix`, so many of 16.
static void fill_top(mb_geo *geo, int64_t node, uint32_t prefix, int bits)
{
    const uint32_t first = prefix << (16 - bits), n = 1U << (16 - bits);
    if (node < 0 || bits == 16) {
        for (uint32_t i = 0; i < n; i++)
            geo->top[first + i] = node;
        return;
    }
    fill_top(geo, child(&geo->db, node, false), prefix << 1, bits + 1);
    fill_top(geo, child(&geo->db, node, true), prefix << 1 | 1, bits + 1);
}

// In a tree of version 6, addresses of version 4 are below 96 bits of zero.
static int64_t version_4(const MMDB_s *db)
{
    int64_t node = 0;
    for (int i = 0; i < 96 && node >= 0 && db->metadata.ip_version == 6; i++)
        node = child(db, node, false);
    return node;
}

static mb_status find(mb_context *cx, const void *argument, const mb_address *address,
                      int64_t *record)
{
    const mb_geo *geo = argument;
    const uint8_t *bytes = address->bytes;
    const int bits = mb_address_bits(address->version);
    int bit = address->version == 4 ? 16 : 0;
    int64_t node = bit ? geo->top[bytes[0] << 8 | bytes[1]] : 0;
    if (address->version == 6 && geo->db.metadata.ip_version == 4) node = ~(int64_t)0;
    for (; node >= 0 && bit < bits; bit++)
        node = child(&geo->db, node, bytes[bit / 8] >> (7 - bit % 8) & 1);
    if (node >= 0) return mb_geo_fail(cx, geo, MMDB_CORRUPT_SEARCH_TREE_ERROR);
    *record = ~node;
    return MB_OK;
}

mb_status mb_geo_find(mb_context *cx, const mb_geo *geo, mb_column *addresses, mb_column **records)
{
    return mb_ip_number_rows(cx, addresses, find, geo, records);
}

// --- Files.

static mb_status copy_file(mb_context *cx, mb_geo *geo, int from, int to)
{
    uint8_t bytes[1 << 16];
    ssize_t n;
    while ((n = read(from, bytes, sizeof bytes)) > 0) {
        geo->hash = mb_hash_bytes(geo->hash, bytes, (size_t)n);
        for (ssize_t done = 0, more; done < n; done += more) {
            more = write(to, bytes + done, (size_t)(n - done));
            if (more < 0)
                return mb_fail(cx, MB_EMEMORY, "%s: no memory for a copy of it: %s", geo->path,
                               strerror(errno));
        }
    }
    if (n < 0) return mb_fail(cx, MB_EIO, "%s: cannot read: %s", geo->path, strerror(errno));
    return MB_OK;
}

// Has the library map a copy, which stays mapped when the descriptor is closed.
static mb_status map_copy(mb_context *cx, mb_geo *geo)
{
    char copy[32];
    int fd = -1;
    mb_status status = mb_text_open_file(cx, geo->path, &fd);
    if (status) return status;
    const int memory = memfd_create("moonbear-geo", MFD_CLOEXEC);
    if (memory < 0) {
        status =
            mb_fail(cx, MB_EIO, "%s: no memory for a copy of it: %s", geo->path, strerror(errno));
    } else {
        status = copy_file(cx, geo, fd, memory);
    }
    if (!status) {
        snprintf(copy, sizeof copy, "/proc/self/fd/%d", memory);
        const int error = MMDB_open(copy, MMDB_MODE_MMAP, &geo->db);
        geo->open = error == MMDB_SUCCESS;
        if (error) status = mb_geo_fail(cx, geo, error);
    }
    if (memory >= 0) close(memory);
    close(fd);
    return status;
}

static mb_status open_here(mb_context *cx, const char *path, mb_geo **geo)
{
    mb_geo *made = *geo = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    *made = (mb_geo){.path = mb_copy_string(cx, path)};
    made->top = mb_allocate(cx, MB_GEO_TOP, sizeof *made->top);
    if (!made->path || !made->top) return MB_EMEMORY;
    mb_status status = map_copy(cx, made);
    if (!status) status = check_tree(cx, made);
    if (!status) fill_top(made, version_4(&made->db), 0, 0);
    return status;
}

mb_status mb_geo_open(mb_context *cx, const char *path, mb_geo **geo)
{
    mb_geo *made = NULL;
    mb_payload payload = {0};
    mb_status status = open_here(cx, path, &made);
    if (!status) payload.max[0] = made->hash;
    if (!status) payload.max[1] = ~made->hash;
    MB_TRY(mb_step(cx, status, &payload));
    if (payload.max[0] != ~payload.max[1])
        MB_TRY(mb_fail(cx, MB_EIO, "%s: ranks read different files; give all of them the same one",
                       path));
    *geo = made;
    return MB_OK;
done:
    mb_geo_close(made);
    return status;
}

void mb_geo_close(mb_geo *geo)
{
    if (!geo) return;
    if (geo->open) MMDB_close(&geo->db);
    free(geo->top);
    free(geo->path);
    free(geo);
}

uint64_t mb_geo_hash(const mb_geo *geo)
{
    return geo->hash;
}

const char *mb_geo_type(const mb_geo *geo)
{
    return geo->db.metadata.database_type;
}

#endif
