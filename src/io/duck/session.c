#include "io/duck/session.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comm/comm.h"
#include "io/paths.h"

// --- Opening and closing.

static int cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

// The part of the budget that DuckDB may use beside our buffers.
static unsigned long long memory_limit(const mb_context *cx)
{
    const size_t least = (size_t)128 << 20, part = cx->memory.budget / 4;
    return (part < least ? least : part) >> 10;
}

static mb_status configure(mb_context *cx, const mb_duck_api *api, duck_config *config)
{
    const char *folder = getenv("TMPDIR");
    char limit[32], temporary[512];
    snprintf(limit, sizeof limit, "%lluKiB", memory_limit(cx));
    snprintf(temporary, sizeof temporary, "%.400s/moonbear-duckdb-%ld",
             folder && *folder ? folder : "/tmp", (long)getpid());
    const char *const options[][2] = {{"threads", "1"},
                                      {"memory_limit", limit},
                                      {"temp_directory", temporary},
                                      {"autoinstall_known_extensions", "false"},
                                      {"autoload_known_extensions", "false"},
                                      {"preserve_insertion_order", "true"}};
    if (api->create_config(config)) return mb_fail(cx, MB_EMEMORY, "out of memory: for DuckDB");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        (void)api->set_config(*config, options[i][0], options[i][1]);
    return MB_OK;
}

// Ends what runs; what begins later is not ended.
static void break_off(void *state)
{
    const mb_duck *duck = state;
    duck->api.interrupt(duck->connection);
}

static mb_status start(mb_context *cx, mb_duck *duck)
{
    char *problem = NULL;
    duck_config config = NULL;
    const mb_duck_api *api = &duck->api;
    mb_status status = configure(cx, api, &config);
    if (!status && api->open_ext(NULL, &duck->database, config, &problem)) {
        status = mb_fail(cx, MB_EIO, "DuckDB does not start: %.1024s", problem ? problem : "");
        api->free(problem);
    }
    if (config) api->destroy_config(&config);
    if (!status && api->connect(duck->database, &duck->connection))
        status = mb_fail(cx, MB_EIO, "DuckDB does not start: it gives no connection");
    duck->threads = 1;
    if (!status) mb_comm_on_interrupt(cx, break_off, duck);
    return status;
}

static void stop(mb_duck *duck)
{
    if (duck->has_result) duck->api.destroy_result(&duck->result);
    if (duck->statement) duck->api.destroy_prepare(&duck->statement);
    if (duck->connection) duck->api.disconnect(&duck->connection);
    if (duck->database) duck->api.close(&duck->database);
    free(duck);
}

void mb_duck_close(mb_context *cx)
{
    if (!cx->duck) return;
    mb_comm_on_interrupt(cx, NULL, NULL);
    stop(cx->duck);
    cx->duck = NULL;
}

static mb_status open_with(mb_context *cx, int threads, mb_duck **duck)
{
    mb_status status = MB_OK;
    if (!cx->duck) {
        mb_duck *made = mb_allocate(cx, 1, sizeof *made);
        if (!made) return MB_EMEMORY;
        status = mb_duck_load(cx, &made->api);
        if (!status) status = start(cx, made);
        if (status) {
            stop(made);
            return status;
        }
        cx->duck = made;
    }
    *duck = cx->duck;
    if (threads == MB_DUCK_CORES) threads = cores();
    if (threads == (*duck)->threads) return MB_OK;
    char sql[48];
    snprintf(sql, sizeof sql, "SET threads = %d", threads);
    status = mb_duck_do(cx, *duck, sql);
    if (!status) (*duck)->threads = threads;
    return status;
}

// The threads that DuckDB starts here inherit that they get no signals: these are for ours.
mb_status mb_duck_open(mb_context *cx, int threads, mb_duck **duck)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    mb_status status = open_with(cx, threads, duck);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

// --- Statements.

// One line, without the part of a statement that DuckDB repeats.
static void flatten(const char *message, char *line, size_t size)
{
    const char *end = strstr(message, "\n\nLINE ");
    size_t used = 0;
    if (!end) end = message + strlen(message);
    for (; message < end && used + 1 < size; message++) {
        char c = *message;
        if ((unsigned char)c <= ' ') c = ' ';
        if (c == ' ' && (used == 0 || line[used - 1] == ' ')) continue;
        line[used++] = c;
    }
    while (used > 0 && line[used - 1] == ' ')
        used--;
    line[used] = '\0';
}

// Whether DuckDB, which tells of any file that it cannot look at as of none, means such a one.
static bool means_shut(char *line)
{
    static const char words[] = "No files found that match the pattern \"";
    char *path = strstr(line, words), *end = path ? strrchr(path, '"') : NULL;
    if (!path || end < path + sizeof words - 1) return false;
    *end = '\0';
    const bool is_shut = mb_path_is_shut(path + sizeof words - 1);
    *end = '"';
    return is_shut;
}

mb_status mb_duck_fail(mb_context *cx, const char *message)
{
    char line[MB_MESSAGE_SIZE - 64];
    mb_status status = mb_comm_heed_interrupt(cx);
    if (status) return status;
    flatten(message ? message : "it says not why it failed", line, sizeof line);
    return mb_fail(cx, MB_EIO, "DuckDB: %s%s", line,
                   means_shut(line) ? ": Permission denied in a folder" : "");
}

mb_status mb_duck_do(mb_context *cx, mb_duck *duck, const char *sql)
{
    duck_result result;
    mb_status status = MB_OK;
    if (duck->api.query(duck->connection, sql, &result))
        status = mb_duck_fail(cx, duck->api.result_error(&result));
    duck->api.destroy_result(&result);
    return status;
}

mb_status mb_duck_prepare(mb_context *cx, mb_duck *duck, const char *sql, duck_statement *statement)
{
    mb_status status = MB_OK;
    if (duck->api.prepare(duck->connection, sql, statement)) {
        status = mb_duck_fail(cx, duck->api.prepare_error(*statement));
        duck->api.destroy_prepare(statement);
        *statement = NULL;
    }
    return status;
}

mb_status mb_duck_run(mb_context *cx, mb_duck *duck, duck_statement statement, duck_result *result)
{
    const mb_duck_api *api = &duck->api;
    duck_pending pending = NULL;
    mb_status status = MB_OK;
    int state = DUCK_NOT_READY;
    if (api->pending_prepared_streaming(statement, &pending)) {
        status = mb_duck_fail(cx, api->pending_error(pending));
        api->destroy_pending(&pending);
        return status;
    }
    while (!api->pending_execution_is_finished(state) && !mb_comm_interrupted(cx)) {
        state = api->pending_execute_task(pending);
        if (state == DUCK_NO_TASK) sched_yield(); // others are at the last ones
    }
    if (state == DUCK_FAILED || mb_comm_interrupted(cx)) {
        status = mb_duck_fail(cx, api->pending_error(pending));
    } else if (api->execute_pending(pending, result)) {
        status = mb_duck_fail(cx, api->result_error(result));
        api->destroy_result(result);
    }
    api->destroy_pending(&pending);
    return status;
}

mb_status mb_duck_fetch(mb_context *cx, mb_duck *duck, duck_result *result, duck_chunk *chunk)
{
    *chunk = NULL;
    if (!mb_comm_interrupted(cx)) *chunk = duck->api.fetch_chunk(*result);
    if (*chunk) return MB_OK;
    const char *message = duck->api.result_error(result);
    return mb_comm_interrupted(cx) || message ? mb_duck_fail(cx, message) : MB_OK;
}

// --- Texts.

static void add_bytes(mb_duck_text *text, const char *bytes, size_t length)
{
    if (text->status) return;
    text->status =
        mb_buffer_reserve(text->cx, &text->buffer, (int64_t)text->length, (int64_t)length + 1, 1);
    if (text->status) return;
    char *at = (char *)text->buffer->data + text->length;
    memcpy(at, bytes, length);
    at[length] = '\0';
    text->length += length;
}

void mb_duck_add(mb_duck_text *text, const char *more)
{
    add_bytes(text, more, strlen(more));
}

void mb_duck_addf(mb_duck_text *text, const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    mb_duck_add(text, line);
}

static void add_quoted(mb_duck_text *text, const char *string, char quote)
{
    add_bytes(text, &quote, 1);
    for (; *string; string++) {
        if (*string == quote) add_bytes(text, &quote, 1);
        add_bytes(text, string, 1);
    }
    add_bytes(text, &quote, 1);
}

void mb_duck_add_name(mb_duck_text *text, const char *name)
{
    add_quoted(text, name, '"');
}

void mb_duck_add_string(mb_duck_text *text, const char *string)
{
    add_quoted(text, string, '\'');
}

// A class of one character stands for that.
void mb_duck_add_path(mb_duck_text *text, const char *path)
{
    add_bytes(text, "'", 1);
    if (*path && !strchr("/.", *path)) add_bytes(text, "./", 2); // no name of a service before ':'
    for (; *path; path++) {
        const bool pattern = strchr("*?[", *path);
        if (pattern) add_bytes(text, "[", 1);
        if (*path == '\'') add_bytes(text, path, 1);
        add_bytes(text, path, 1);
        if (pattern) add_bytes(text, "]", 1);
    }
    add_bytes(text, "'", 1);
}
