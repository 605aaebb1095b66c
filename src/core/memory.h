// Memory for columns and for the scratch of operations: reference-counted buffers, the pool that
// recycles them, and the budget that they are counted against.
//
// Fresh pages cost ten times the arithmetic that is done on them, so a freed buffer goes to the
// pool, by size class, and large blocks ask for huge pages. The budget counts live bytes; what the
// pool keeps is given back to the system before the budget would refuse a request.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

struct mb_context;
struct mb_free_block;

enum {
    MB_ALIGNMENT = 64, // of every buffer: a cache line, and the widest vector
    MB_SLACK = 512, // readable and writable bytes behind every buffer, so that loops need no tail
    MB_SIZE_CLASSES = 256,
};

// Where blocks come from: as mb_runtime_allocator in moonbear.h has it. `allocate` NULL: the
// system.
typedef struct mb_memory_source {
    void *(*allocate)(void *data, void *block, size_t old, size_t size, size_t alignment);
    void *data;
} mb_memory_source;

typedef struct mb_memory {
    mb_memory_source source;   // of buffers and of scripts' memory
    size_t budget;             // most bytes that live buffers may have
    size_t live, pooled, peak; // bytes in use, bytes kept for reuse, most ever in use
    size_t mark, above;        // bytes in use at some time, and most in use since
    size_t spilled;            // bytes in use on the disk, beside these
    size_t scripts;            // bytes of tables and strings of scripts: see mb_memory_script
    int64_t fail_after;        // tests: the allocation, counted from now, that fails; 0: none
    int fail_for_good;         // with all after it
    int alone;                 // no operation runs, in which the ranks could agree on a refusal:
    void *reserve;             // then this is given up for small memory; NULL: it was
    struct mb_free_block *free[MB_SIZE_CLASSES]; // the pool
    uint64_t requests, asked[MB_SIZE_CLASSES];   // how many there were; each class's last one
    struct mb_buffer *oldest, *newest;           // that can move to the disk, or all of a host's
} mb_memory;

typedef struct mb_buffer {
    void *data;
    size_t size;     // bytes asked for
    size_t capacity; // bytes of the budget, or of the disk; 0: a host's memory
    int64_t references;
    int spilled; // it is on the disk
    int shared;  // a host's, which writes to it between operations, and has nothing behind it
    struct mb_buffer *older, *newer;
    struct mb_context *cx;
    void (*release)(void *state); // gives a host's memory back; NULL: the pool takes it
    void *state;
} mb_buffer;

void mb_memory_open(mb_memory *memory, size_t budget, mb_memory_source source);
void mb_memory_close(mb_memory *memory);

// Gives the pool's blocks back to the system.
void mb_memory_trim(mb_memory *memory);

// Makes the n-th allocation from now fail, of a buffer or another, once or with all after it (tests
// only); 0 calls it off.
void mb_memory_inject(mb_memory *memory, int64_t n, int for_good);

// A buffer of at least `size` bytes, uninitialised, with one reference. MB_EMEMORY when the budget
// or the machine has no room; the message names the sizes. Where the settings name a folder for it,
// what the budget refuses is taken on the disk: in operations that are repeated because memory ran
// out, when a script's garbage has been collected, and while anything is there. Not collective.
mb_status mb_buffer_new(struct mb_context *cx, size_t size, mb_buffer **buffer) MB_MUST_CHECK;

// The same for `count` elements of `width` bytes, safe against overflow; zeroed when asked.
mb_status mb_buffer_new_array(struct mb_context *cx, int64_t count, size_t width,
                              mb_buffer **buffer) MB_MUST_CHECK;
mb_status mb_buffer_new_zeroed(struct mb_context *cx, int64_t count, size_t width,
                               mb_buffer **buffer) MB_MUST_CHECK;

// A buffer of a host's memory, with one reference, which the budget does not count. `release` is
// called once, with the last reference; not when this fails. The memory must be aligned as its
// elements are, stay as it is until then, and have MB_SLACK readable bytes behind it, as loops read
// past the end. Not collective.
mb_status mb_buffer_borrow(struct mb_context *cx, void *data, size_t size,
                           void (*release)(void *state), void *state,
                           mb_buffer **buffer) MB_MUST_CHECK;

// What mb_buffer_reserve does where there is not room enough.
mb_status mb_buffer_grow(struct mb_context *cx, mb_buffer **buffer, int64_t used, int64_t more,
                         size_t width) MB_MUST_CHECK;

// Makes room for `more` elements of `width` bytes in an array that grows, whose first `used` are
// kept: *buffer, NULL at first, is replaced by one of at least twice the size. It is a buffer
// afterwards even where no element was asked for. Not collective.
MB_MUST_CHECK static inline mb_status mb_buffer_reserve(struct mb_context *cx, mb_buffer **buffer,
                                                        int64_t used, int64_t more, size_t width)
{
    if (*buffer && more <= (int64_t)((*buffer)->size / width) - used) return MB_OK;
    return mb_buffer_grow(cx, buffer, used, more, width);
}

// Makes *buffer, NULL at first, one of at least `size` bytes; what it held is lost where it is
// replaced. Not collective.
mb_status mb_buffer_scratch(struct mb_context *cx, size_t size, mb_buffer **buffer) MB_MUST_CHECK;

// Moves large buffers to the disk, the oldest first, until a quarter of the budget is in use, where
// the settings name a folder for it and this has room. Their addresses stay; a host's blocks cannot
// move. Not collective.
void mb_memory_spill(struct mb_context *cx);

// The most bytes that were in use since the last call beside those that were in use then. Not
// collective.
size_t mb_memory_taken(mb_memory *memory);

// Whether what the budget refuses goes to the disk now.
int mb_memory_spills(const struct mb_context *cx);

// Bytes that buffers could still be given, what the pool keeps among them, and the disk where
// buffers may go there. Not collective.
double mb_memory_left(const struct mb_context *cx);

// Whether `bytes` more would fit: MB_EMEMORY where they would not. An algorithm asks for the peak
// that it states before it allocates anything large; the next step tells the other ranks. Not
// collective.
mb_status mb_memory_need(struct mb_context *cx, int64_t bytes) MB_MUST_CHECK;

// A block of Lua's, of a source and beside any budget: made (NULL), resized, or freed (size 0).
// NULL where there is no room, and where a block was freed. Not collective.
void *mb_memory_resize(const mb_memory_source *source, void *block, size_t old, size_t size);

// Lua's allocator, within the budget: a block of a script's own data is made (NULL), resized or
// freed (size 0). It shares the budget but for a part that it always may have; NULL when there is
// no room, unless `boundless`, or when the system refuses. Not collective.
void *mb_memory_script(mb_memory *memory, void *block, size_t old, size_t size, int boundless);

// Small memory beside the buffers, which no budget counts: records of what is open, lists. NULL
// when the system refuses it; the message is set, and the status to return is MB_EMEMORY. It goes
// back with free(). Outside operations, where a refusal on one rank would make the ranks diverge, a
// reserve is used up first; the next operation fails if it cannot be had again. All of the engine's
// memory comes from here, so that tests can let any of it fail. Not collective.

// Puts the reserve back. MB_EMEMORY when the system refuses it.
mb_status mb_memory_restore(struct mb_context *cx) MB_MUST_CHECK;

// `count` elements of `width` bytes, zeroed.
void *mb_allocate(struct mb_context *cx, size_t count, size_t width);

// `size` bytes, uninitialised, aligned as buffers are.
void *mb_allocate_aligned(struct mb_context *cx, size_t size);

// A block (or NULL) with room for `count` elements; NULL leaves it as it was.
void *mb_reallocate(struct mb_context *cx, void *block, size_t count, size_t width);

// A copy of a string.
char *mb_copy_string(struct mb_context *cx, const char *text);

// Another reference; the argument is returned. NULL is passed through.
mb_buffer *mb_buffer_retain(mb_buffer *buffer);

// Drops a reference, and the buffer with the last one. NULL is fine.
void mb_buffer_release(mb_buffer *buffer);
