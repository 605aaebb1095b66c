// Strings of variable length, and those of dictionaries.
//
// HDF5 keeps strings of variable length in global heaps: collections of numbered objects. Each rank
// makes those of its rows, and rank 0 takes room for them at the end of the file. (HDF5 file format
// specification, version 3, III.E.)

#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/progress.h"
#include "io/hdf/heap.h"
#include "io/hdf/storing.h"

enum {
    HEAD = 16, // bytes of a collection's head, and of an object's
    SMALLEST = 4096,
    FULL = 1 << 18, // no object is added to a collection of this size
    MOST_OBJECTS = UINT16_MAX,
    BATCH_ROWS = 1 << 17,
    BATCH_BYTES = 1 << 22,
};

// Collections that are being made, one after another, and the references to their objects, whose
// addresses count from the first one.
typedef struct heap {
    mb_buffer *bytes, *references;
    int64_t used;      // bytes
    int64_t begin;     // of the last collection; -1: it is closed
    uint16_t nobjects; // in it
} heap;

static int64_t padded(size_t length)
{
    return (int64_t)((length + 7) / 8 * 8);
}

// Makes room for so many bytes, zeroed, behind what is used.
static mb_status extend(mb_context *cx, heap *to, int64_t more)
{
    mb_status status = mb_buffer_reserve(cx, &to->bytes, to->used, more, 1);
    if (!status) memset((char *)to->bytes->data + to->used, 0, (size_t)more);
    return status;
}

// Ends the last collection: what is left of it is object 0.
static mb_status end_collection(mb_context *cx, heap *to)
{
    if (to->begin < 0) return MB_OK;
    uint64_t size = (uint64_t)(to->used - to->begin), rest;
    if (size < SMALLEST) {
        rest = SMALLEST - size;
        mb_status status = extend(cx, to, (int64_t)rest);
        if (status) return status;
        if (rest >= HEAD) memcpy((char *)to->bytes->data + to->used + 8, &rest, sizeof rest);
        to->used += (int64_t)rest;
        size = SMALLEST;
    }
    char *head = (char *)to->bytes->data + to->begin;
    static const char mark[] = {'G', 'C', 'O', 'L', 1};
    memcpy(head, mark, sizeof mark);
    memcpy(head + 8, &size, sizeof size);
    to->begin = -1;
    return MB_OK;
}

// Adds a string, and a reference to it: its length, the collection's address, its number.
static mb_status add(mb_context *cx, heap *to, mb_string string, char *reference)
{
    mb_status status = MB_OK;
    int64_t room = HEAD + padded(string.length);
    memset(reference, 0, MB_HDF_REFERENCE);
    if (string.length == 0) return MB_OK;
    if (to->begin >= 0 && (to->used - to->begin >= FULL || to->nobjects == MOST_OBJECTS))
        MB_TRY(end_collection(cx, to));
    MB_TRY(extend(cx, to, room + HEAD));
    if (to->begin < 0) {
        to->begin = to->used;
        to->nobjects = 0;
        to->used += HEAD;
    }
    to->nobjects++;
    const uint64_t length = string.length, begin = (uint64_t)to->begin;
    const uint32_t short_length = (uint32_t)length, number = to->nobjects;
    char *object = (char *)to->bytes->data + to->used;
    memcpy(object, &to->nobjects, sizeof to->nobjects);
    memcpy(object + 8, &length, sizeof length);
    memcpy(object + HEAD, string.bytes, string.length);
    to->used += room;
    memcpy(reference, &short_length, sizeof short_length);
    memcpy(reference + 4, &begin, sizeof begin);
    memcpy(reference + 12, &number, sizeof number);
done:
    return status;
}

// Makes the collections of some rows from `row` on; returns how many.
static mb_status fill_batch(mb_context *cx, const mb_hdf_source *source, int64_t row, heap *to,
                            int64_t *n)
{
    int64_t rows = mb_column_rows(source->column) - row;
    char *references = to->references->data;
    mb_status status = MB_OK;
    to->used = 0;
    to->begin = -1;
    for (*n = 0; *n < rows && *n < BATCH_ROWS && to->used < BATCH_BYTES; ++*n)
        MB_TRY(add(cx, to, mb_hdf_source_string(source, row + *n),
                   references + *n * MB_HDF_REFERENCE));
    MB_TRY(end_collection(cx, to));
done:
    return status;
}

// Makes the references of n rows count from the address that the heap has in the file.
static void move_references(heap *to, int64_t n, uint64_t address)
{
    char *reference = to->references->data;
    for (int64_t i = 0; i < n; i++, reference += MB_HDF_REFERENCE) {
        uint64_t at;
        uint32_t length;
        memcpy(&length, reference, sizeof length);
        memcpy(&at, reference + 4, sizeof at);
        at += address;
        if (length) memcpy(reference + 4, &at, sizeof at);
    }
}

// Takes room for the heaps of all ranks; returns where this rank's begins.
static uint64_t place(mb_hdf_storing *s, int64_t mine)
{
    uint64_t address = 0;
    int64_t all, before;
    if (s->request->each) return mb_hdf_sink_reserve(&s->sink, (size_t)mine);
    mb_sum_all(s->cx, &mine, 1, &all);
    mb_sum_before(s->cx, &mine, 1, &before);
    if (mb_rank(s->cx) == 0) address = mb_hdf_sink_reserve(&s->sink, (size_t)all);
    mb_broadcast(s->cx, 0, &address, sizeof address);
    return address + (uint64_t)before;
}

mb_status mb_hdf_write_strings(mb_hdf_storing *s, const mb_hdf_item *item,
                               const mb_hdf_source *source)
{
    const char *path = s->path;
    const mb_column *column = source->column;
    int64_t rows = mb_column_rows(column), n;
    heap to = {0};
    mb_payload left = {0};
    mb_status status;
    MB_TRY(mb_buffer_new_array(s->cx, BATCH_ROWS, MB_HDF_REFERENCE, &to.references));
    MB_TRY(mb_buffer_reserve(s->cx, &to.bytes, 0, SMALLEST, 1));
    for (int64_t row = 0;; row += n) {
        MB_TRY(fill_batch(s->cx, source, row, &to, &n));
        left = (mb_payload){.count = (uint64_t)(rows - row - n)};
        MB_TRY(mb_step(s->cx, MB_OK, &left));
        uint64_t address = place(s, to.used);
        move_references(&to, n, address);
        MB_TRY(mb_shared_write(s->cx, &s->shared, path, to.bytes->data, (size_t)to.used,
                               (int64_t)address));
        MB_TRY(mb_shared_write(s->cx, &s->shared, path, to.references->data,
                               (size_t)(n * MB_HDF_REFERENCE),
                               item->address + (item->first + row) * MB_HDF_REFERENCE));
        mb_progress_add(s->cx, n, to.used + n * MB_HDF_REFERENCE);
        if (!left.count) break;
    }
done:
    mb_buffer_release(to.bytes);
    mb_buffer_release(to.references);
    return status;
}

// --- Segments: where strings begin, and their bytes.

// What is to be written at a place of the file.
typedef struct piece {
    mb_buffer *buffer;
    int64_t used, at;
} piece;

static mb_status flush(mb_hdf_storing *s, piece *to)
{
    mb_status status =
        mb_shared_write(s->cx, &s->shared, s->path, to->buffer->data, (size_t)to->used, to->at);
    to->at += to->used;
    to->used = 0;
    return status;
}

// Adds bytes; more than the buffer holds are written at once.
static mb_status put(mb_hdf_storing *s, piece *to, const void *bytes, int64_t size)
{
    mb_status status = MB_OK;
    if (to->used + size > BATCH_BYTES) MB_TRY(flush(s, to));
    if (size > BATCH_BYTES) {
        MB_TRY(mb_shared_write(s->cx, &s->shared, s->path, bytes, (size_t)size, to->at));
        to->at += size;
        return MB_OK;
    }
    if (size) memcpy((char *)to->buffer->data + to->used, bytes, (size_t)size);
    to->used += size;
done:
    return status;
}

mb_status mb_hdf_write_segments(mb_hdf_storing *s, const mb_hdf_item *item,
                                const mb_hdf_source *source)
{
    const mb_hdf_item *begins = item - 1;
    int64_t rows = mb_column_rows(source->column), begin = item->first;
    piece starts = {.at = begins->address + begins->first * (int64_t)sizeof begin};
    piece bytes = {.at = item->address + item->first};
    mb_status status;
    MB_TRY(mb_buffer_new(s->cx, BATCH_BYTES, &starts.buffer));
    MB_TRY(mb_buffer_new(s->cx, BATCH_BYTES, &bytes.buffer));
    for (int64_t row = 0, told = 0, told_bytes = begin; row < rows; row++) {
        mb_string string = mb_hdf_source_string(source, row);
        MB_TRY(put(s, &starts, &begin, sizeof begin));
        MB_TRY(put(s, &bytes, string.bytes, (int64_t)string.length));
        MB_TRY(put(s, &bytes, "", 1));
        begin += (int64_t)string.length + 1;
        if ((row + 1) % BATCH_ROWS != 0 && row + 1 < rows) continue;
        mb_progress_add(s->cx, row + 1 - told, begin - told_bytes);
        told = row + 1;
        told_bytes = begin;
    }
    MB_TRY(flush(s, &starts));
    MB_TRY(flush(s, &bytes));
done:
    mb_buffer_release(starts.buffer);
    mb_buffer_release(bytes.buffer);
    return status;
}

// --- Dictionaries.

mb_status mb_hdf_write_entries(mb_hdf_storing *s, const mb_hdf_entries *entries)
{
    enum { PIECE = 1 << 16 };
    const mb_dictionary *dictionary = entries->dictionary;
    const char *path = s->path;
    const uint64_t *offsets = dictionary->offsets;
    int64_t count = dictionary->count;
    int64_t size = (int64_t)(offsets[count] - offsets[0]);
    mb_buffer *piece = NULL;
    mb_status status = MB_OK;
    if (!dictionary->spread && mb_rank(s->cx) > 0) return MB_OK;
    MB_TRY(mb_buffer_new_array(s->cx, PIECE, sizeof(uint64_t), &piece));
    // The rank with the last entry also writes where it ends.
    int64_t n = count + (dictionary->first + count == dictionary->n);
    for (int64_t first = 0, some; first < n; first += some) {
        uint64_t *out = piece->data;
        some = n - first < PIECE ? n - first : PIECE;
        for (int64_t i = 0; i < some; i++)
            out[i] = offsets[first + i] - offsets[0] + (uint64_t)entries->before;
        MB_TRY(mb_shared_write(s->cx, &s->shared, path, out, (size_t)some * sizeof *out,
                               entries->offset_address + (dictionary->first + first) * 8));
    }
    MB_TRY(mb_shared_write(s->cx, &s->shared, path, dictionary->bytes + offsets[0], (size_t)size,
                           entries->byte_address + entries->before));
done:
    mb_buffer_release(piece);
    return status;
}
