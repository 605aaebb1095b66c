#include "io/strings.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"

enum { SMALLEST = 1 << 10, LONGEST = 1 << 12 };

static mb_status reserve(mb_context *cx, mb_strings *strings, size_t size)
{
    size_t room = strings->buffer ? strings->buffer->size : 0;
    if (size <= room) return MB_OK;
    size_t wanted = size > 2 * room ? size : 2 * room;
    mb_buffer *larger;
    mb_status status = mb_buffer_new(cx, wanted < SMALLEST ? SMALLEST : wanted, &larger);
    if (status) return status;
    if (strings->length) memcpy(larger->data, strings->buffer->data, strings->length);
    mb_buffer_release(strings->buffer);
    strings->buffer = larger;
    return MB_OK;
}

mb_status mb_strings_add(mb_context *cx, mb_strings *strings, const char *text)
{
    size_t size = strlen(text) + 1;
    mb_status status = reserve(cx, strings, strings->length + size);
    if (status) return status;
    memcpy((char *)strings->buffer->data + strings->length, text, size);
    strings->length += size;
    strings->count++;
    return MB_OK;
}

// Whether there is a string among the first `length` bytes.
static bool contains(const char *bytes, size_t length, const char *text)
{
    for (const char *at = bytes; at < bytes + length; at = mb_strings_next(at))
        if (strcmp(at, text) == 0) return true;
    return false;
}

mb_status mb_strings_add_once(mb_context *cx, mb_strings *strings, const char *text)
{
    if (strings->count > 0 && contains(strings->buffer->data, strings->length, text)) return MB_OK;
    return mb_strings_add(cx, strings, text);
}

mb_status mb_strings_addf(mb_context *cx, mb_strings *strings, const char *format, ...)
{
    char text[LONGEST];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return mb_strings_add(cx, strings, text);
}

mb_status mb_strings_share(mb_context *cx, mb_status status, mb_strings *strings)
{
    mb_payload payload = {0};
    if (mb_rank(cx) == 0) {
        payload.max[0] = strings->length;
        payload.max[1] = (uint64_t)strings->count;
    }
    status = mb_step(cx, status, &payload);
    if (status) return status;
    size_t length = (size_t)payload.max[0];
    if (length == 0) return MB_OK;
    status = mb_step(cx, reserve(cx, strings, length), NULL);
    if (status) return status;
    strings->length = length;
    strings->count = (int64_t)payload.max[1];
    mb_broadcast(cx, 0, strings->buffer->data, length);
    return MB_OK;
}

// Drops strings that come again, and counts the others.
static void drop_repeated(mb_strings *strings)
{
    char *bytes = strings->buffer->data;
    size_t kept = 0, size;
    strings->count = 0;
    for (size_t at = 0; at < strings->length; at += size) {
        size = strlen(bytes + at) + 1;
        if (contains(bytes, kept, bytes + at)) continue;
        memmove(bytes + kept, bytes + at, size);
        kept += size;
        strings->count++;
    }
    strings->length = kept;
}

mb_status mb_strings_unite(mb_context *cx, mb_status status, mb_strings *strings)
{
    mb_strings all = {0};
    mb_buffer *size_table = NULL;
    mb_payload payload = {.max = {strings->length}};
    int nranks = mb_nranks(cx);
    if (!status) status = mb_buffer_new_array(cx, nranks, sizeof(int64_t), &size_table);
    MB_TRY(mb_step(cx, status, &payload));
    if (payload.max[0] == 0) goto done;
    int64_t *sizes = size_table->data, mine = (int64_t)strings->length;
    mb_gather_all(cx, &mine, sizeof mine, sizes);
    for (int rank = 0; rank < nranks; rank++)
        all.length += (size_t)sizes[rank];
    MB_TRY(mb_step(cx, mb_buffer_new(cx, all.length, &all.buffer), NULL));
    mb_gather_all_varying(cx, mb_strings_first(strings), sizes, all.buffer->data);
    drop_repeated(&all);
    mb_strings unwanted = *strings;
    *strings = all;
    all = unwanted;
done:
    mb_strings_release(&all);
    mb_buffer_release(size_table);
    return status;
}

const char *mb_strings_first(const mb_strings *strings)
{
    return strings->buffer ? strings->buffer->data : NULL;
}

const char *mb_strings_next(const char *text)
{
    return text + strlen(text) + 1;
}

mb_status mb_strings_index(mb_context *cx, const mb_strings *strings, mb_buffer **index)
{
    mb_status status = mb_buffer_new_array(cx, strings->count, sizeof(char *), index);
    if (status) return status;
    const char **pointers = (*index)->data;
    const char *text = mb_strings_first(strings);
    for (int64_t i = 0; i < strings->count; i++, text = mb_strings_next(text))
        pointers[i] = text;
    return MB_OK;
}

void mb_strings_release(mb_strings *strings)
{
    mb_buffer_release(strings->buffer);
    *strings = (mb_strings){0};
}
