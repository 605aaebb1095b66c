// Read here since HDF5 takes its time for each string, and trusts what a damaged heap says.

#include "io/hdf/heap.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/hdf/internal.h"

enum {
    HEADER = 16,     // of a collection: "GCOL", a version, zeros, its size
    OBJECT = 16,     // before an object: its number, references, zeros, its size
    USUAL = 1 << 12, // the size of collections of small objects
    LARGE = 1 << 18, // one of this size drives out the others
};

static uint64_t take(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, bytes, size);
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? value
                                                     : __builtin_bswap64(value) >> (64 - 8 * size);
}

void mb_hdf_heap_open(mb_hdf_heap *heap, mb_context *cx, int descriptor, int64_t base)
{
    struct stat found;
    *heap = (mb_hdf_heap){.cx = cx, .descriptor = descriptor, .base = base};
    if (fstat(descriptor, &found) == 0 && found.st_size > base) heap->end = found.st_size - base;
}

void mb_hdf_heap_close(mb_hdf_heap *heap)
{
    for (int i = 0; i < MB_HDF_COLLECTIONS; i++) {
        mb_buffer_release(heap->collections[i].bytes);
        mb_buffer_release(heap->collections[i].places);
        heap->collections[i] = (mb_hdf_collection){0};
    }
}

// Reads as many bytes as there are, up to `size`.
static uint64_t read_bytes(const mb_hdf_heap *heap, uint64_t from, uint64_t size, uint8_t *bytes)
{
    uint64_t done = 0;
    while (done < size) {
        ssize_t got = pread(heap->descriptor, bytes + done, (size_t)(size - done),
                            heap->base + (int64_t)(from + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        done += (uint64_t)got;
    }
    return done;
}

// Walks through the objects of a collection, up to its free space, and notes where they begin if
// there is room for it. Returns one more than the highest number; 0 where they do not fit.
static uint64_t find_objects(const mb_hdf_collection *collection, uint64_t *places)
{
    const uint8_t *bytes = collection->bytes->data;
    uint64_t at = HEADER, count = 1;
    while (at + OBJECT <= collection->size) {
        uint64_t number = take(bytes + at, 2), size = take(bytes + at + 8, 8);
        if (number == 0) break;
        if (size > collection->size - at - OBJECT) return 0;
        if (places) places[number] = at;
        if (number >= count) count = number + 1;
        at += OBJECT + (size + 7) / 8 * 8;
    }
    return count;
}

static mb_status index_objects(mb_hdf_heap *heap, mb_hdf_collection *collection)
{
    uint64_t n = find_objects(collection, NULL);
    mb_status status =
        mb_buffer_scratch(heap->cx, (size_t)n * sizeof(uint64_t), &collection->places);
    if (status || n == 0) return status;
    memset(collection->places->data, 0, (size_t)n * sizeof(uint64_t));
    find_objects(collection, collection->places->data);
    collection->nplaces = n;
    return MB_OK;
}

// Reads the collection at an address; it has no places if there is none, or a damaged one.
static mb_status load(mb_hdf_heap *heap, mb_hdf_collection *collection, uint64_t address)
{
    uint8_t start[USUAL];
    collection->address = collection->nplaces = 0;
    if (address >= (uint64_t)heap->end) return MB_OK;
    uint64_t got = read_bytes(heap, address, USUAL, start);
    if (got < HEADER || memcmp(start, "GCOL\1", 5) != 0) return MB_OK;
    uint64_t size = take(start + 8, 8);
    if (size < HEADER || size > (uint64_t)heap->end - address) return MB_OK;
    if (size >= LARGE) mb_hdf_heap_close(heap);
    mb_status status = mb_buffer_scratch(heap->cx, (size_t)size, &collection->bytes);
    if (status) return status;
    uint8_t *bytes = collection->bytes->data;
    if (got > size) got = size;
    memcpy(bytes, start, (size_t)got);
    if (read_bytes(heap, address + got, size - got, bytes + got) < size - got) return MB_OK;
    collection->size = size;
    status = index_objects(heap, collection);
    if (!status) collection->address = address;
    return status;
}

static size_t slot_of(uint64_t address)
{
    return address / USUAL % MB_HDF_COLLECTIONS;
}

bool mb_hdf_heap_has(const mb_hdf_heap *heap, const void *reference)
{
    uint64_t address = take((const uint8_t *)reference + 4, 8);
    return address == 0 || heap->collections[slot_of(address)].address == address;
}

mb_status mb_hdf_heap_find(mb_hdf_heap *heap, const void *reference, mb_string *string,
                           const char **wrong)
{
    static const char none[24];
    const uint8_t *bytes = reference;
    uint64_t length = take(bytes, 4), address = take(bytes + 4, 8), number = take(bytes + 12, 4);
    *wrong = NULL;
    *string = (mb_string){none, 0};
    if (address == 0 || length == 0) return MB_OK;
    mb_hdf_collection *collection = &heap->collections[slot_of(address)];
    if (collection->address != address) {
        mb_status status = load(heap, collection, address);
        if (status) return status;
    }
    uint64_t at = number < collection->nplaces ? ((uint64_t *)collection->places->data)[number] : 0;
    const uint8_t *object = at ? (uint8_t *)collection->bytes->data + at : NULL;
    if (!object || take(object + 8, 8) < length)
        *wrong = "refers to a string that is not there";
    else
        *string = (mb_string){(const char *)object + OBJECT, (size_t)length};
    return MB_OK;
}
