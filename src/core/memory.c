#include "core/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/context.h"
#include "core/invariant.h"
#include "core/spill.h"

// A block on a free list; it lives in the free memory itself.
typedef struct mb_free_block {
    struct mb_free_block *next;
} mb_free_block;

enum {
    SMALLEST = 1024, // bytes of size class 0
    HUGE_PAGE = 2 << 20,
    RESERVE = 64 << 10,
    HEADROOM = MB_SLACK, // behind the bytes asked for
    SPILL = 256 << 10,   // bytes of a large request: see within_budget
};
_Static_assert(SMALLEST % (4 * MB_ALIGNMENT) == 0, "every class is a multiple of the alignment");

// Four size classes to each power of two waste at most a fifth and keep the pool useful.
static int class_of(size_t size)
{
    int class = 0;
    size_t bound = SMALLEST;
    while (bound + 3 * (bound / 4) < size) {
        bound *= 2;
        class += 4;
    }
    while (bound < size) {
        bound += ((size_t)SMALLEST << (class / 4)) / 4;
        class ++;
    }
    return class;
}

static size_t class_size(int class)
{
    size_t power = (size_t)SMALLEST << (class / 4);
    return power + (size_t)(class % 4) * (power / 4);
}

static void *map_huge(size_t capacity)
{
    size_t length = capacity + HUGE_PAGE;
    char *raw = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) return NULL;
    size_t before = (HUGE_PAGE - (uintptr_t)raw % HUGE_PAGE) % HUGE_PAGE;
    char *aligned = raw + before;
    if (before) munmap(raw, before);
    munmap(aligned + capacity, length - before - capacity);
    madvise(aligned, capacity, MADV_HUGEPAGE);
    return aligned;
}

static void *source_take(const mb_memory_source *source, size_t capacity)
{
    if (source->allocate) return source->allocate(source->data, NULL, 0, capacity, MB_ALIGNMENT);
    return capacity >= HUGE_PAGE ? map_huge(capacity) : aligned_alloc(MB_ALIGNMENT, capacity);
}

static void source_give(const mb_memory_source *source, void *data, size_t capacity)
{
    if (source->allocate)
        (void)source->allocate(source->data, data, capacity, 0, MB_ALIGNMENT);
    else if (capacity >= HUGE_PAGE)
        munmap(data, capacity);
    else
        free(data);
}

void mb_memory_open(mb_memory *memory, size_t budget, mb_memory_source source)
{
    memset(memory, 0, sizeof *memory);
    memory->source = source;
    memory->budget = budget;
    memory->reserve = malloc(RESERVE);
}

static mb_free_block *pool_pop(mb_memory *memory, int class)
{
    mb_free_block *block = memory->free[class];
    if (!block) return NULL;
    memory->free[class] = block->next;
    memory->pooled -= class_size(class);
    return block;
}

static void pool_give_back(mb_memory *memory, int class)
{
    source_give(&memory->source, pool_pop(memory, class), class_size(class));
}

void mb_memory_trim(mb_memory *memory)
{
    for (int class = 0; class < MB_SIZE_CLASSES; class ++)
        while (memory->free[class])
            pool_give_back(memory, class);
}

// Where a host refuses memory Lua may not have run the finalisers of what it has collected, and
// never does: nobody knows of such buffers any more.
static void give_back_forgotten(mb_memory *memory)
{
    while (memory->source.allocate && memory->oldest) {
        mb_buffer *buffer = memory->oldest;
        memory->oldest = buffer->newer;
        source_give(&memory->source, buffer->data, buffer->capacity);
        free(buffer);
    }
}

void mb_memory_close(mb_memory *memory)
{
    give_back_forgotten(memory);
    mb_memory_trim(memory);
    free(memory->reserve);
    memory->reserve = NULL;
}

void mb_memory_inject(mb_memory *memory, int64_t n, int for_good)
{
    memory->fail_after = n;
    memory->fail_for_good = for_good;
}

// What the reserve has made room for is not refused.
static int fails_by_injection(mb_memory *memory)
{
    if (memory->alone && !memory->reserve) return 0;
    if (memory->fail_after == 0 || --memory->fail_after > 0) return 0;
    if (memory->fail_for_good) memory->fail_after = 1;
    return 1;
}

static void *pool_take(mb_memory *memory, int class)
{
    memory->asked[class] = ++memory->requests;
    return pool_pop(memory, class);
}

// Bytes of the budget in use. A script's first ones are free: no budget is too small for Lua.
static size_t used(const mb_memory *memory)
{
    const size_t free_of_charge = (size_t)256 << 20;
    size_t scripts = memory->scripts > free_of_charge ? memory->scripts - free_of_charge : 0;
    return memory->live + scripts;
}

// The same for a request: a small one is met though a script has filled the budget, so that what it
// takes to end with an error, and to go on, is there.
static size_t used_beside(const mb_memory *memory, size_t capacity)
{
    const size_t small = (size_t)1 << 20;
    return capacity < small ? memory->live : used(memory);
}

// The folder on a disk for what the budget refuses, where this may go there now; else NULL.
static const char *spill_folder(const mb_context *cx)
{
    return cx->frugal || cx->memory.spilled > 0 ? cx->settings.tmpdir : NULL;
}

int mb_memory_spills(const mb_context *cx)
{
    return spill_folder(cx) != NULL;
}

// Whether the budget has room for a request, after giving the pool back if that is what it takes.
// Large ones that may go to the disk leave half of it: to small ones, and to the system, which
// keeps there what of the disk's blocks is in use.
static int within_budget(mb_context *cx, size_t capacity)
{
    mb_memory *memory = &cx->memory;
    size_t others = used_beside(memory, capacity), budget = memory->budget;
    if (capacity >= SPILL && spill_folder(cx)) budget /= 2;
    if (capacity > budget || others > budget - capacity) return 0;
    if (others + memory->pooled > budget - capacity) mb_memory_trim(memory);
    return 1;
}

static int script_may_grow(mb_memory *memory, size_t bytes)
{
    memory->scripts += bytes;
    if (used(memory) + memory->pooled <= memory->budget || used(memory) == memory->live) return 1;
    mb_memory_trim(memory);
    if (used(memory) <= memory->budget) return 1;
    memory->scripts -= bytes;
    return 0;
}

void *mb_memory_resize(const mb_memory_source *source, void *block, size_t old, size_t size)
{
    if (!block && !size) return NULL;
    if (source->allocate)
        return source->allocate(source->data, block, old, size, _Alignof(max_align_t));
    if (size) return realloc(block, size);
    free(block);
    return NULL;
}

void *mb_memory_script(mb_memory *memory, void *block, size_t old, size_t size, int boundless)
{
    if (size > old && !script_may_grow(memory, size - old)) {
        if (!boundless) return NULL;
        memory->scripts += size - old;
    }
    void *result = mb_memory_resize(&memory->source, block, old, size);
    if (size < old)
        memory->scripts -= old - size;
    else if (!result && size)
        memory->scripts -= size - old;
    return result;
}

size_t mb_memory_taken(mb_memory *memory)
{
    size_t taken = memory->above > memory->mark ? memory->above - memory->mark : 0;
    memory->mark = memory->above = memory->live;
    return taken;
}

double mb_memory_left(const mb_context *cx)
{
    const mb_memory *memory = &cx->memory;
    const char *folder = spill_folder(cx);
    double left = (double)memory->budget - (double)used(memory);
    return (left > 0 ? left : 0) + (folder ? mb_spill_room(folder) : 0);
}

mb_status mb_memory_need(mb_context *cx, int64_t bytes)
{
    const double mb = 1e6, left = mb_memory_left(cx);
    if (bytes >= 0 && (double)bytes <= left) return MB_OK;
    return mb_fail(cx, MB_EMEMORY,
                   "out of memory: up to %.1f MB are needed, and %.1f MB of the budget of %.1f MB "
                   "%sare left",
                   (double)bytes / mb, left / mb, (double)cx->memory.budget / mb,
                   spill_folder(cx) ? "and the disk " : "");
}

static int give_reserve(mb_memory *memory)
{
    if (!memory->alone || !memory->reserve) return 0;
    free(memory->reserve);
    memory->reserve = NULL;
    return 1;
}

mb_status mb_memory_restore(mb_context *cx)
{
    mb_memory *memory = &cx->memory;
    if (!memory->reserve) memory->reserve = malloc(RESERVE);
    return memory->reserve ? MB_OK
                           : mb_fail(cx, MB_EMEMORY, "out of memory: the system refuses %d bytes",
                                     (int)RESERVE);
}

// The block, if there is one; else the message.
static void *or_refusal(mb_context *cx, void *block, size_t count, size_t width)
{
    if (!block)
        (void)mb_fail(cx, MB_EMEMORY, "out of memory: the system refuses %zu times %zu bytes",
                      count, width);
    return block;
}

void *mb_allocate(mb_context *cx, size_t count, size_t width)
{
    void *block = fails_by_injection(&cx->memory) ? NULL : calloc(count, width);
    if (!block && give_reserve(&cx->memory)) block = calloc(count, width);
    return or_refusal(cx, block, count, width);
}

void *mb_allocate_aligned(mb_context *cx, size_t size)
{
    size_t whole = (size + MB_ALIGNMENT - 1) / MB_ALIGNMENT * MB_ALIGNMENT;
    void *block = fails_by_injection(&cx->memory) ? NULL : aligned_alloc(MB_ALIGNMENT, whole);
    if (!block && give_reserve(&cx->memory)) block = aligned_alloc(MB_ALIGNMENT, whole);
    return or_refusal(cx, block, whole, 1);
}

void *mb_reallocate(mb_context *cx, void *block, size_t count, size_t width)
{
    void *larger = fails_by_injection(&cx->memory) ? NULL : reallocarray(block, count, width);
    if (!larger && give_reserve(&cx->memory)) larger = reallocarray(block, count, width);
    return or_refusal(cx, larger, count, width);
}

char *mb_copy_string(mb_context *cx, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mb_allocate(cx, size, 1);
    return copy ? memcpy(copy, text, size) : NULL;
}

// --- Buffers that move to the disk, where they stay at their address. Those of mapped memory can.

// Those that can move, or all of a host's memory.
static int is_listed(const mb_buffer *buffer)
{
    if (buffer->spilled || buffer->release) return 0;
    return buffer->capacity >= HUGE_PAGE || buffer->cx->memory.source.allocate;
}

static void link_buffer(mb_buffer *buffer)
{
    mb_memory *memory = &buffer->cx->memory;
    if (!is_listed(buffer)) return;
    buffer->older = memory->newest;
    if (memory->newest)
        memory->newest->newer = buffer;
    else
        memory->oldest = buffer;
    memory->newest = buffer;
}

static void unlink_buffer(mb_buffer *buffer)
{
    mb_memory *memory = &buffer->cx->memory;
    if (!is_listed(buffer)) return;
    *(buffer->older ? &buffer->older->newer : &memory->oldest) = buffer->newer;
    *(buffer->newer ? &buffer->newer->older : &memory->newest) = buffer->older;
}

void mb_memory_spill(mb_context *cx)
{
    mb_memory *memory = &cx->memory;
    const char *folder = memory->source.allocate ? NULL : cx->settings.tmpdir;
    while (folder && memory->oldest && memory->live > memory->budget / 4) {
        mb_buffer *buffer = memory->oldest;
        if (!mb_spill_move(folder, buffer->data, buffer->capacity)) return;
        unlink_buffer(buffer);
        buffer->spilled = 1;
        memory->live -= buffer->capacity;
        memory->spilled += buffer->capacity;
    }
}

static mb_status refuse(mb_context *cx, size_t size)
{
    const double mb = 1e6;
    const mb_memory *memory = &cx->memory;
    return mb_fail(cx, MB_EMEMORY,
                   "out of memory: %.1f MB asked for, and %.1f MB of the budget of %.1f MB are in "
                   "use",
                   (double)size / mb, (double)used(memory) / mb, (double)memory->budget / mb);
}

static mb_status take_memory(mb_context *cx, int class, mb_buffer *made)
{
    mb_memory *memory = &cx->memory;
    const double mb = 1e6;
    made->data = pool_take(memory, class);
    if (!made->data) made->data = source_take(&memory->source, made->capacity);
    if (!made->data && memory->pooled > 0) {
        mb_memory_trim(memory);
        made->data = source_take(&memory->source, made->capacity);
    }
    if (!made->data)
        return mb_fail(cx, MB_EMEMORY, "out of memory: the %s refuses %.1f MB",
                       memory->source.allocate ? "host's allocator" : "system",
                       (double)made->size / mb);
    memory->live += made->capacity;
    if (memory->live > memory->peak) memory->peak = memory->live;
    if (memory->live > memory->above) memory->above = memory->live;
    return MB_OK;
}

static mb_status take_disk(mb_context *cx, const char *folder, mb_buffer *made)
{
    const double mb = 1e6;
    mb_memory_trim(&cx->memory);
    made->data = mb_spill_take(folder, made->capacity);
    if (!made->data)
        return mb_fail(cx, MB_EMEMORY,
                       "out of memory: beside the budget of %.1f MB, %.1f MB asked for on the disk "
                       "(MOONBEAR_TMPDIR, %.100s): %s",
                       (double)cx->memory.budget / mb, (double)made->size / mb, folder,
                       strerror(errno));
    made->spilled = 1;
    cx->memory.spilled += made->capacity;
    return MB_OK;
}

mb_status mb_buffer_new(mb_context *cx, size_t size, mb_buffer **buffer)
{
    if (size > SIZE_MAX / 4) return mb_fail(cx, MB_EMEMORY, "out of memory: an impossible size");
    int class = class_of(size + HEADROOM);
    size_t capacity = class_size(class);
    if (fails_by_injection(&cx->memory)) return refuse(cx, size);
    bool fits = within_budget(cx, capacity);
    const char *folder = fits ? NULL : spill_folder(cx);
    if (!fits && !folder) return refuse(cx, size);
    mb_buffer *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    *made = (mb_buffer){.size = size, .capacity = capacity, .references = 1, .cx = cx};
    mb_status status = fits ? take_memory(cx, class, made) : take_disk(cx, folder, made);
    if (status) {
        free(made);
        return status;
    }
    link_buffer(made);
    *buffer = made;
    return MB_OK;
}

mb_status mb_buffer_borrow(mb_context *cx, void *data, size_t size, void (*release)(void *state),
                           void *state, mb_buffer **buffer)
{
    mb_buffer *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    *made = (mb_buffer){
        .data = data, .size = size, .references = 1, .cx = cx, .release = release, .state = state};
    *buffer = made;
    return MB_OK;
}

mb_status mb_buffer_new_array(mb_context *cx, int64_t count, size_t width, mb_buffer **buffer)
{
    size_t size;
    if (count < 0 || __builtin_mul_overflow((size_t)count, width, &size)) size = SIZE_MAX;
    return mb_buffer_new(cx, size, buffer);
}

mb_status mb_buffer_new_zeroed(mb_context *cx, int64_t count, size_t width, mb_buffer **buffer)
{
    mb_status status = mb_buffer_new_array(cx, count, width, buffer);
    if (!status && !(*buffer)->spilled) memset((*buffer)->data, 0, (*buffer)->size);
    return status;
}

mb_status mb_buffer_grow(mb_context *cx, mb_buffer **buffer, int64_t used, int64_t more,
                         size_t width)
{
    int64_t room = *buffer ? (int64_t)((*buffer)->size / width) : 0;
    mb_buffer *larger = NULL;
    int64_t wanted = used + more > 2 * room ? used + more : 2 * room;
    mb_status status = mb_buffer_new_array(cx, wanted, width, &larger);
    if (status) return status;
    if (*buffer) memcpy(larger->data, (*buffer)->data, (size_t)used * width);
    mb_buffer_release(*buffer);
    *buffer = larger;
    return MB_OK;
}

mb_status mb_buffer_scratch(mb_context *cx, size_t size, mb_buffer **buffer)
{
    if (*buffer && (*buffer)->size >= size) return MB_OK;
    mb_buffer_release(*buffer);
    *buffer = NULL;
    return mb_buffer_new(cx, size, buffer);
}

mb_buffer *mb_buffer_retain(mb_buffer *buffer)
{
    if (buffer) buffer->references++;
    return buffer;
}

// The size class of the pool's blocks that was asked for longest ago; -1: the pool is empty.
static int pool_stalest(const mb_memory *memory)
{
    int stale = -1;
    for (int class = 0; class < MB_SIZE_CLASSES; class ++)
        if (memory->free[class] && (stale < 0 || memory->asked[class] < memory->asked[stale]))
            stale = class;
    return stale;
}

// Small blocks go back to malloc, which recycles them as well; the pool is for what malloc would
// give back to the system and fetch again, and for all blocks of a host, of whose allocator nothing
// is known. It may hold a quarter of the budget: blocks of sizes that were asked for longer ago
// make room, so that a loop over larger pieces than before does not fetch each of them from the
// system.
static int pool_keeps(mb_memory *memory, size_t capacity)
{
    if (capacity < HUGE_PAGE / 8 && !memory->source.allocate) return 0;
    const size_t most = memory->budget / 4;
    const uint64_t asked = memory->asked[class_of(capacity)];
    while (memory->pooled + capacity > most) {
        int stale = pool_stalest(memory);
        if (stale < 0 || memory->asked[stale] >= asked) return 0;
        pool_give_back(memory, stale);
    }
    return 1;
}

void mb_buffer_release(mb_buffer *buffer)
{
    if (!buffer || --buffer->references > 0) return;
    mb_memory *memory = &buffer->cx->memory;
    size_t *counted = buffer->spilled ? &memory->spilled : &memory->live;
    MB_ASSERT(buffer->references == 0 && *counted >= buffer->capacity);
    *counted -= buffer->capacity;
    unlink_buffer(buffer);
    if (buffer->release) {
        buffer->release(buffer->state);
    } else if (buffer->spilled) {
        mb_spill_give(buffer->data, buffer->capacity);
    } else if (pool_keeps(memory, buffer->capacity)) {
        int class = class_of(buffer->capacity);
        mb_free_block *block = buffer->data;
        block->next = memory->free[class];
        memory->free[class] = block;
        memory->pooled += buffer->capacity;
    } else {
        source_give(&memory->source, buffer->data, buffer->capacity);
    }
    free(buffer);
}
