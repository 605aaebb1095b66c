// Buffers: alignment, slack, the budget, the pool, and failures made on purpose.
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/memory.h"

enum { MEGABYTE = 1 << 20 };

static mb_buffer *take(mb_context *cx, size_t size)
{
    mb_buffer *buffer = NULL;
    CHECK_OK(cx, mb_buffer_new(cx, size, &buffer));
    return buffer;
}

// Every byte asked for, and the slack behind it, is writable (sanitizers watch), for sizes around
// all class borders.
static void sizes(mb_context *cx)
{
    for (size_t power = 1; power <= 4 * MEGABYTE; power *= 2) {
        const size_t tried[] = {power - 1,         power,
                                power + 1,         power + power / 4,
                                power + power / 2, power + power / 2 + 1};
        for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
            mb_buffer *buffer = take(cx, tried[i]);
            CHECK_INT(buffer->size, tried[i]);
            CHECK_INT((uintptr_t)buffer->data % MB_ALIGNMENT, 0);
            CHECK(buffer->capacity >= tried[i] + MB_SLACK);
            // A quarter of a power of two is the step between classes.
            CHECK(buffer->capacity <= (tried[i] + MB_SLACK) / 4 * 5 + 2048);
            memset(buffer->data, 0xa5, tried[i] + MB_SLACK);
            CHECK_INT(cx->memory.live, buffer->capacity);
            mb_buffer_release(buffer);
        }
    }
}

static void references(mb_context *cx)
{
    mb_buffer *buffer = take(cx, 100);
    CHECK(mb_buffer_retain(buffer) == buffer);
    mb_buffer_release(buffer);
    CHECK(cx->memory.live > 0);
    ((char *)buffer->data)[99] = 1;
    mb_buffer_release(buffer);
    CHECK_INT(cx->memory.live, 0);
    CHECK(mb_buffer_retain(NULL) == NULL);
    mb_buffer_release(NULL);
}

static void zeroed(mb_context *cx)
{
    // Twice: the second comes from the pool and holds what was written.
    for (int round = 0; round < 2; round++) {
        mb_buffer *buffer = NULL;
        CHECK_OK(cx, mb_buffer_new_zeroed(cx, MEGABYTE, 4, &buffer));
        const char *bytes = buffer->data;
        int64_t other = 0;
        for (size_t i = 0; i < buffer->size; i++)
            other += bytes[i] != 0;
        CHECK_INT(other, 0);
        memset(buffer->data, 1, buffer->size);
        mb_buffer_release(buffer);
    }
}

static void pool_reuses(mb_context *cx)
{
    mb_buffer *buffer = take(cx, 8 * MEGABYTE);
    void *data = buffer->data;
    size_t capacity = buffer->capacity;
    mb_buffer_release(buffer);
    CHECK_INT(cx->memory.pooled, capacity);
    buffer = take(cx, 8 * MEGABYTE);
    CHECK(buffer->data == data);
    CHECK_INT(cx->memory.pooled, 0);
    mb_buffer_release(buffer);
    mb_memory_trim(&cx->memory);
    CHECK_INT(cx->memory.pooled, 0);
}

static void pool_is_bounded(mb_context *cx)
{
    mb_buffer *buffers[12];
    for (int i = 0; i < 12; i++)
        buffers[i] = take(cx, 4 * MEGABYTE);
    for (int i = 0; i < 12; i++)
        mb_buffer_release(buffers[i]);
    CHECK(cx->memory.pooled > 0);
    CHECK(cx->memory.pooled <= cx->memory.budget / 4);
    CHECK(cx->memory.peak >= (size_t)12 * 4 * MEGABYTE);
}

// A loop that goes over to larger blocks finds them in the pool from its second step on.
static void pool_follows_what_is_asked_for(mb_context *cx)
{
    mb_buffer *old[4];
    for (int i = 0; i < 4; i++)
        old[i] = take(cx, 3 * MEGABYTE);
    for (int i = 0; i < 4; i++)
        mb_buffer_release(old[i]);
    mb_buffer *large = take(cx, 10 * MEGABYTE);
    void *data = large->data;
    mb_buffer_release(large);
    CHECK(cx->memory.pooled <= cx->memory.budget / 4);
    large = take(cx, 10 * MEGABYTE);
    CHECK(large->data == data);
    const size_t capacity = large->capacity;
    mb_buffer_release(large);
    CHECK(cx->memory.pooled > capacity); // an older block is there beside it
}

static void taken_is_what_was_used_meanwhile(mb_context *cx)
{
    mb_buffer *before = take(cx, MEGABYTE);
    (void)mb_memory_taken(&cx->memory);
    CHECK_INT(mb_memory_taken(&cx->memory), 0);
    mb_buffer *large = take(cx, 8 * MEGABYTE);
    const size_t capacity = large->capacity;
    mb_buffer_release(large);
    mb_buffer_release(take(cx, MEGABYTE));
    CHECK_INT(mb_memory_taken(&cx->memory), capacity);
    mb_buffer_release(before);
    CHECK_INT(mb_memory_taken(&cx->memory), 0);
    mb_buffer_release(take(cx, 8 * MEGABYTE));
    CHECK_INT(mb_memory_taken(&cx->memory), capacity);
}

static void budget_refuses(mb_context *cx)
{
    mb_buffer *large = take(cx, 40 * MEGABYTE), *more = NULL;
    CHECK_STATUS(cx, mb_buffer_new(cx, 40 * MEGABYTE, &more), MB_EMEMORY);
    CHECK(more == NULL);
    CHECK_TEXT(cx->message, "out of memory: 41.9 MB asked for");
    CHECK_TEXT(cx->message, "budget of 67.1 MB");
    CHECK_TEXT(cx->message, "of the budget of 67.1 MB are in use");
    mb_buffer_release(large);
    more = take(cx, 40 * MEGABYTE);
    mb_buffer_release(more);
}

// What the pool keeps never makes a request fail.
static void budget_uses_pool(mb_context *cx)
{
    mb_buffer_release(take(cx, 12 * MEGABYTE));
    CHECK(cx->memory.pooled > 0);
    mb_buffer *large = take(cx, 60 * MEGABYTE);
    CHECK_INT(cx->memory.pooled, 0);
    mb_buffer_release(large);
}

static void impossible_sizes(mb_context *cx)
{
    mb_buffer *buffer = NULL;
    CHECK_STATUS(cx, mb_buffer_new(cx, SIZE_MAX, &buffer), MB_EMEMORY);
    CHECK_STATUS(cx, mb_buffer_new(cx, SIZE_MAX - MB_SLACK, &buffer), MB_EMEMORY);
    CHECK_STATUS(cx, mb_buffer_new_array(cx, INT64_MAX, 8, &buffer), MB_EMEMORY);
    CHECK_STATUS(cx, mb_buffer_new_array(cx, (INT64_MAX / 4) + 1, 8, &buffer), MB_EMEMORY);
    CHECK_STATUS(cx, mb_buffer_new_array(cx, -1, 8, &buffer), MB_EMEMORY);
    CHECK_STATUS(cx, mb_buffer_new_zeroed(cx, -1, 1, &buffer), MB_EMEMORY);
    CHECK(buffer == NULL);
    CHECK_OK(cx, mb_buffer_new_array(cx, 0, 8, &buffer));
    CHECK_INT(buffer->size, 0);
    mb_buffer_release(buffer);
}

// Arrays that grow keep what they have; there is a buffer though nothing was asked for.
static void reserves(mb_context *cx)
{
    mb_buffer *buffer = NULL;
    CHECK_OK(cx, mb_buffer_reserve(cx, &buffer, 0, 0, 8));
    CHECK(buffer != NULL);
    for (int64_t n = 0; n < 5000; n += 1 + n / 8) {
        CHECK_OK(cx, mb_buffer_reserve(cx, &buffer, n, 1 + n / 8, 8));
        for (int64_t i = n; i < n + 1 + n / 8; i++)
            ((int64_t *)buffer->data)[i] = i;
    }
    for (int64_t i = 0; i < 5000; i++)
        CHECK_INT(((int64_t *)buffer->data)[i], i);
    CHECK_STATUS(cx, mb_buffer_reserve(cx, &buffer, 5000, INT64_MAX / 8, 8), MB_EMEMORY);
    CHECK_INT(((int64_t *)buffer->data)[4999], 4999);
    mb_buffer_release(buffer);
}

// A buffer is two allocations: its record and its data.
static void injected(mb_context *cx)
{
    mb_buffer *buffer = NULL;
    for (int64_t n = 1; n <= 2; n++) {
        mb_memory_inject(&cx->memory, n, 0);
        CHECK_STATUS(cx, mb_buffer_new(cx, 10, &buffer), MB_EMEMORY);
        CHECK(buffer == NULL);
    }
    CHECK_OK(cx, mb_buffer_new(cx, 10, &buffer));
    mb_buffer_release(buffer);
    mb_memory_inject(&cx->memory, 1, 0);
    mb_memory_inject(&cx->memory, 0, 0);
    CHECK_OK(cx, mb_buffer_new(cx, 10, &buffer));
    mb_buffer_release(buffer);
    mb_memory_inject(&cx->memory, 1, 1);
    for (int i = 0; i < 3; i++) {
        CHECK(mb_allocate(cx, 1, 8) == NULL);
        CHECK(mb_allocate_aligned(cx, 8) == NULL);
        CHECK(mb_copy_string(cx, "text") == NULL);
        CHECK(mb_reallocate(cx, NULL, 1, 8) == NULL);
        CHECK_TEXT(cx->message, "out of memory: the system refuses 1 times 8 bytes");
    }
    mb_memory_inject(&cx->memory, 0, 0);
}

// Where no operation runs a reserve makes up for what the system refuses, once.
static void reserved(mb_context *cx)
{
    cx->memory.alone = 1;
    mb_memory_inject(&cx->memory, 1, 1);
    for (int i = 0; i < 3; i++) {
        char *copy = mb_copy_string(cx, "text");
        CHECK(copy != NULL);
        free(copy);
    }
    CHECK(cx->memory.reserve == NULL);
    cx->memory.alone = 0;
    CHECK_OK(cx, mb_memory_restore(cx));
    CHECK(cx->memory.reserve != NULL);
    CHECK(mb_allocate(cx, 1, 8) == NULL);
    mb_memory_inject(&cx->memory, 0, 0);
}

// What the budget refuses is on a disk, once memory has run out, and as long as anything is there.
static void spills(mb_context *cx)
{
    mb_buffer *large = NULL, *more = NULL;
    cx->settings.tmpdir = ".";
    CHECK_STATUS(cx, mb_buffer_new(cx, 80 * MEGABYTE, &large), MB_EMEMORY);
    cx->frugal = 1;
    CHECK_OK(cx, mb_memory_need(cx, 80 * MEGABYTE));
    large = take(cx, 80 * MEGABYTE);
    cx->frugal = 0;
    CHECK_INT(cx->memory.live, 0);
    CHECK_INT(cx->memory.spilled, large->capacity);
    memset(large->data, 0xa5, large->size + MB_SLACK);
    more = take(cx, 40 * MEGABYTE);
    CHECK_INT(cx->memory.spilled, large->capacity + more->capacity);
    mb_buffer_release(more);
    more = take(cx, 20 * MEGABYTE);
    CHECK_INT(cx->memory.live, more->capacity);
    CHECK_STATUS(cx, mb_buffer_new(cx, SIZE_MAX / 8, &large), MB_EMEMORY);
    CHECK_TEXT(cx->message, "asked for on the disk (MOONBEAR_TMPDIR, .): ");
    mb_buffer_release(large);
    mb_buffer_release(more);
    CHECK_INT(cx->memory.spilled, 0);
    CHECK_STATUS(cx, mb_buffer_new(cx, 80 * MEGABYTE, &large), MB_EMEMORY);
}

// Buffers move there, the oldest first, and stay where they are.
static void moves(mb_context *cx)
{
    mb_buffer *buffers[5];
    for (int i = 0; i < 5; i++) {
        buffers[i] = take(cx, 8 * MEGABYTE);
        memset(buffers[i]->data, i + 1, buffers[i]->size);
    }
    mb_buffer_release(buffers[1]);
    mb_memory_spill(cx);
    CHECK_INT(cx->memory.spilled, 0);
    cx->settings.tmpdir = "/nowhere";
    mb_memory_spill(cx);
    CHECK_INT(cx->memory.spilled, 0);
    cx->settings.tmpdir = ".";
    mb_memory_spill(cx);
    CHECK_INT(cx->memory.live, buffers[4]->capacity);
    CHECK_INT(cx->memory.spilled, 3 * buffers[0]->capacity);
    for (int i = 0; i < 5; i++) {
        if (i == 1) continue;
        const char *bytes = buffers[i]->data;
        CHECK_INT(bytes[0], i + 1);
        CHECK_INT(bytes[buffers[i]->size - 1], i + 1);
        mb_buffer_release(buffers[i]);
    }
    CHECK_INT(cx->memory.spilled + cx->memory.live, 0);
}

const check_test check_tests[] = {
    {"memory: sizes and slack", sizes},
    {"memory: references", references},
    {"memory: zeroed", zeroed},
    {"memory: the pool gives back", pool_reuses},
    {"memory: the pool is bounded", pool_is_bounded},
    {"memory: the pool follows what is asked for", pool_follows_what_is_asked_for},
    {"memory: what is taken is the most in use since", taken_is_what_was_used_meanwhile},
    {"memory: the budget refuses", budget_refuses},
    {"memory: the pool does not count against the budget", budget_uses_pool},
    {"memory: impossible sizes", impossible_sizes},
    {"memory: arrays that grow", reserves},
    {"memory: injected failures", injected},
    {"memory: the reserve", reserved},
    {"memory: on a disk", spills},
    {"memory: buffers that move to a disk", moves},
    {0},
};
