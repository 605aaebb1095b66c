// A C stream that every rank has, over a file that only rank 0 opened. Reads are operations: rank 0
// reads a block, all get it. Writes happen on rank 0 and take no part in lockstep. Every rank knows
// the position in the file, so that moving in it asks nobody, but for the end's.

#include <errno.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/world/world.h"
#include "comm/collectives.h"
#include "comm/lockstep.h"

typedef struct transfer {
    mb_stream *stream;
    char *data;
    size_t size, count;
    int error;
} transfer;

typedef struct stream_call {
    const mb_stream *stream;
    const char *operation;
    mb_body body;
    void *argument;
} stream_call;

static int operate(lua_State *L)
{
    mb_signature signature;
    const stream_call *call = lua_touserdata(L, 1);
    mb_stream_sign(L, &signature, call->operation, call->stream);
    mb_bind_operate(L, &signature, call->body, call->argument);
    return 0;
}

bool mb_stream_operate(const mb_stream *stream, const char *operation, mb_body body, void *argument)
{
    stream_call call = {stream, operation, body, argument};
    return mb_world_protect(stream->world, operate, &call);
}

mb_status mb_stream_act(mb_context *cx, void *argument)
{
    mb_action *action = argument;
    mb_payload news = {0};
    mb_status status = action->status;
    if (mb_rank(cx) == 0) {
        if (action->act) action->act(action);
        news.max[0] = (uint64_t)action->error;
        news.max[1] = (uint64_t)action->value;
    }
    status = mb_step_patient(cx, 0, status, &news);
    if (status) return status;
    action->error = (int)news.max[0];
    action->value = (int64_t)news.max[1];
    return MB_OK;
}

// Rank 0: moves the real file to where the stream is.
static int place(const mb_stream *stream)
{
    if (!stream->seekable || stream->offset < 0) return 0;
    return lseek(fileno(stream->real), stream->offset, SEEK_SET) < 0 ? errno : 0;
}

// Rank 0: reads what there is, at most a block.
static void read_here(transfer *block, mb_payload *news)
{
    int error = place(block->stream);
    ssize_t count = error ? 0 : read(fileno(block->stream->real), block->data, block->size);
    news->count = count > 0 ? (uint64_t)count : 0;
    news->max[0] = (uint64_t)(count < 0 ? errno : error);
}

static mb_status read_for_all(mb_context *cx, void *argument)
{
    transfer *block = argument;
    mb_payload news;
    do {
        news = (mb_payload){0};
        if (mb_rank(cx) == 0) read_here(block, &news);
        // A file does not keep rank 0 waiting, as people and programs do.
        mb_status status = block->stream->seekable ? mb_conclude(cx, MB_OK, &news)
                                                   : mb_step_patient(cx, 0, MB_OK, &news);
        if (status) return status;
    } while (news.max[0] == EINTR && !block->stream->seekable); // not the signal for interrupts
    mb_broadcast(cx, 0, block->data, news.count);
    block->count = news.count;
    block->error = (int)news.max[0];
    return MB_OK;
}

void mb_stream_sign(lua_State *L, mb_signature *signature, const char *operation,
                    const mb_stream *stream)
{
    mb_bind_signature(L, signature, operation);
    mb_signature_add(signature, stream->identity, "'%s'", stream->name);
}

static ssize_t read_block(void *cookie, char *data, size_t size)
{
    mb_stream *stream = cookie;
    transfer block = {.stream = stream, .data = data, .size = size};
    if (!mb_stream_operate(stream, "read from a file", read_for_all, &block)) {
        errno = EIO;
        return -1;
    }
    if (stream->offset >= 0) stream->offset += (int64_t)block.count;
    if (!block.error) return (ssize_t)block.count;
    errno = block.error;
    return -1;
}

static int write_all(const mb_stream *stream, const char *data, size_t size)
{
    int error = stream->appends ? 0 : place(stream);
    while (size > 0 && !error) {
        ssize_t count = write(fileno(stream->real), data, size);
        if (count < 0) {
            error = errno == EINTR ? 0 : errno;
            continue;
        }
        data += count;
        size -= (size_t)count;
    }
    return error;
}

// A failure waits for flush or close, where all ranks hear of it.
static ssize_t write_block(void *cookie, const char *data, size_t size)
{
    mb_stream *stream = cookie;
    if (stream->real && !stream->error) stream->error = write_all(stream, data, size);
    if (stream->appends)
        stream->offset = -1;
    else if (stream->offset >= 0)
        stream->offset += (int64_t)size;
    return (ssize_t)size;
}

static void measure(mb_action *asked)
{
    const int *whence = asked->argument;
    off_t position = lseek(fileno(asked->stream->real), 0, *whence);
    asked->error = position < 0 ? errno : 0;
    asked->value = asked->error ? 0 : position;
}

// Where an offset counts from; negative with errno set when that cannot be known.
static int64_t origin(mb_stream *stream, int whence)
{
    mb_action asked = {.stream = stream, .act = measure, .argument = &whence};
    if (whence == SEEK_SET) return 0;
    if (whence == SEEK_CUR && stream->offset >= 0) return stream->offset;
    if (stream->closing) {
        if (stream->real) measure(&asked);
    } else if (!mb_stream_operate(stream, "seek in a file", mb_stream_act, &asked)) {
        asked.error = EIO;
    }
    errno = asked.error;
    return asked.error ? -1 : asked.value;
}

static int seek(void *cookie, off64_t *offset, int whence)
{
    mb_stream *stream = cookie;
    int64_t target;
    if (!stream->seekable) {
        errno = ESPIPE;
        return -1;
    }
    int64_t from = origin(stream, whence);
    if (from < 0) return -1;
    if (__builtin_add_overflow(from, (int64_t)*offset, &target) || target < 0) {
        errno = EINVAL;
        return -1;
    }
    *offset = stream->offset = target;
    return 0;
}

FILE *mb_stream_open(mb_stream *stream, const char *mode)
{
    cookie_io_functions_t functions = {.read = read_block, .write = write_block, .seek = seek};
    FILE *file = fopencookie(stream, mode, functions);
    if (file) setvbuf(file, stream->buffer, _IOFBF, sizeof stream->buffer);
    return file;
}

void mb_stream_examine(mb_action *action)
{
    action->value = action->stream->real ? lseek(fileno(action->stream->real), 0, SEEK_CUR) : -1;
}

void mb_stream_place(mb_stream *stream, int64_t offset)
{
    stream->seekable = offset >= 0;
    stream->offset = offset;
}
