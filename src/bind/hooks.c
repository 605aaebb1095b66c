#include "bind/hooks.h"

#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/guard.h"
#include "bind/world/world.h"

// What runtimes begin with that this thread opens.
static _Thread_local void (*first_tell)(void *to, const char *line);
static _Thread_local void *first_to;
static _Thread_local mb_memory_source first_source;

void mb_hooks_begin(mb_context *cx)
{
    cx->tell = first_tell;
    cx->tell_to = first_to;
}

void mb_hooks_tell(const char *line)
{
    if (first_tell) first_tell(first_to, line);
}

void mb_hooks_print(void *unused, const char *line)
{
    (void)unused;
    fflush(stdout);
    fprintf(stderr, "%s\n", line);
    fflush(stderr);
}

const mb_memory_source *mb_hooks_memory(void)
{
    return &first_source;
}

void mb_runtime_allocator(void *(*allocate)(void *data, void *block, size_t old, size_t size,
                                            size_t alignment),
                          void *data)
{
    first_source = (mb_memory_source){.allocate = allocate, .data = data};
}

int mb_runtime_message(mb_runtime *runtime, void (*tell)(void *data, const char *line), void *data)
{
    if (!runtime) {
        first_tell = tell;
        first_to = data;
        return 0;
    }
    if (!mb_guard_enter(runtime, "mb_runtime_message")) return MB_REFUSED;
    runtime->cx.tell = tell;
    runtime->cx.tell_to = data;
    mb_guard_leave(runtime);
    return 0;
}

// A C stream whose text a host gets.
typedef struct mb_listener {
    void (*write)(void *data, int stream, const char *text, size_t size);
    void *data;
    int stream;
} mb_listener;

static ssize_t write_text(void *cookie, const char *text, size_t size)
{
    mb_listener *listener = cookie;
    if (size > 0) listener->write(listener->data, listener->stream, text, size);
    return (ssize_t)size;
}

static int close_listener(void *cookie)
{
    free(cookie);
    return 0;
}

static FILE *open_listener(mb_context *cx, const mb_listener *model)
{
    const cookie_io_functions_t functions = {.write = write_text, .close = close_listener};
    mb_listener *listener = mb_allocate(cx, 1, sizeof *listener);
    if (!listener) return NULL;
    *listener = *model;
    FILE *file = fopencookie(listener, "w", functions);
    if (file)
        setvbuf(file, NULL, _IOLBF, BUFSIZ);
    else
        free(listener);
    return file;
}

static void redirect(mb_runtime *runtime, int i, FILE *file)
{
    FILE *before = runtime->output[i];
    mb_world_redirect(mb_world_of(runtime->L), i, file ? file : (i == 0 ? stdout : stderr));
    runtime->output[i] = file;
    if (before) fclose(before);
}

static int set_output(mb_runtime *runtime, const mb_listener *model)
{
    FILE *files[2] = {NULL, NULL};
    for (int i = 0; i < 2 && model->write; i++) {
        mb_listener one = {model->write, model->data, i + 1};
        files[i] = open_listener(&runtime->cx, &one);
        if (files[i]) continue;
        if (i == 1) fclose(files[0]);
        mb_guard_tell("mb_runtime_output: out of memory");
        return MB_REFUSED;
    }
    for (int i = 0; i < 2; i++)
        redirect(runtime, i, files[i]);
    return 0;
}

int mb_runtime_output(mb_runtime *runtime,
                      void (*write)(void *data, int stream, const char *text, size_t size),
                      void *data)
{
    const mb_listener model = {.write = write, .data = data};
    if (!mb_guard_enter(runtime, "mb_runtime_output")) return MB_REFUSED;
    int status = set_output(runtime, &model);
    mb_guard_leave(runtime);
    return status;
}

void mb_hooks_end(mb_runtime *runtime)
{
    for (int i = 0; i < 2; i++) {
        if (runtime->output[i]) fclose(runtime->output[i]);
        runtime->output[i] = NULL;
    }
}
