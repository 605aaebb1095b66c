// The io library for all ranks: handles are Lua's own userdata over streams that the ranks share,
// so that formats, lines and closing are the work of Lua's library, and mean what they meant.

#include <errno.h>
#include <lualib.h>
#include <stdio_ext.h>
#include <string.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/world/world.h"
#include "comm/lockstep.h"

// Begins as a luaL_Stream, which is what Lua's io library takes it for.
typedef struct handle {
    luaL_Stream file;
    mb_stream shared;
} handle;

// The shared stream of a handle; NULL for other values, and for what mb.on_rank opened.
static mb_stream *shared_stream(lua_State *L, mb_world *world, int index)
{
    luaL_Stream *file = luaL_testudata(L, index, LUA_FILEHANDLE);
    if (!file) return NULL;
    if (file == world->standard[MB_STDIN].handle) return &world->input;
    return lua_rawlen(L, index) == sizeof(handle) ? &((handle *)file)->shared : NULL;
}

static mb_standard_file *output_file(lua_State *L, mb_world *world, int index)
{
    luaL_Stream *file = luaL_testudata(L, index, LUA_FILEHANDLE);
    for (int i = MB_STDOUT; file && i <= MB_STDERR; i++)
        if (world->standard[i].handle == file) return &world->standard[i];
    return NULL;
}

static void check_place(lua_State *L, mb_world *world, int index)
{
    if (world->alone && shared_stream(L, world, index))
        luaL_error(L, "this file was opened outside mb.on_rank, for all ranks");
}

// Pushes the default input or output file.
static void push_default(lua_State *L, bool input)
{
    lua_getfield(L, LUA_REGISTRYINDEX, input ? "_IO_input" : "_IO_output");
}

typedef struct opening {
    const char *what, *name, *mode; // of the operation; name NULL: a temporary file
    handle *handle;
    bool child, tried;
    int error;
} opening;

static FILE *open_real(const opening *o)
{
    if (o->child) {
        fflush(NULL);
        return popen(o->name, o->mode);
    }
    return o->name ? fopen(o->name, o->mode) : tmpfile();
}

// Opens the file once, also when the operation is repeated.
static void open_here(mb_action *action)
{
    opening *o = action->argument;
    mb_stream *stream = action->stream;
    errno = 0;
    if (!o->tried) stream->real = open_real(o);
    if (!o->tried) o->error = stream->real ? 0 : errno ? errno : ENOMEM;
    o->tried = true;
    action->error = o->error;
    mb_stream_examine(action);
}

static mb_status open_for_all(mb_context *cx, void *argument)
{
    mb_action *action = argument;
    const opening *o = action->argument;
    action->stream->identity = mb_operation_id(cx);
    action->status = MB_OK;
    if (!o->handle->file.f)
        action->status = mb_fail(cx, MB_EMEMORY, "no memory for a file's buffer");
    return mb_stream_act(cx, action);
}

static int close_for_all(lua_State *L);

// Pushes a handle that is not open yet; the collector closes whatever it gets.
static handle *push_handle(lua_State *L, mb_world *world, const char *mode)
{
    handle *h = lua_newuserdatauv(L, sizeof *h, 0);
    memset(h, 0, offsetof(handle, shared.buffer));
    luaL_setmetatable(L, LUA_FILEHANDLE);
    bool both = strchr(mode, '+') != NULL;
    h->shared.world = world;
    h->shared.reads = both || *mode == 'r';
    h->shared.writes = both || *mode != 'r';
    h->shared.appends = *mode == 'a';
    h->file.f = mb_stream_open(&h->shared, mode);
    if (h->file.f) h->file.closef = close_for_all;
    return h;
}

// Pushes an open handle, or returns why there is none: an errno, the same on all ranks.
static int open_shared(lua_State *L, mb_world *world, opening *o)
{
    mb_signature signature;
    mb_bind_signature(L, &signature, o->what);
    if (o->name) mb_bind_sign_string(&signature, "name", o->name);
    mb_bind_sign_string(&signature, "mode", o->mode);
    o->handle = push_handle(L, world, o->mode);
    o->handle->shared.child = o->child;
    snprintf(o->handle->shared.name, sizeof o->handle->shared.name, "%s", o->name ? o->name : "");
    mb_action action = {.stream = &o->handle->shared, .act = open_here, .argument = o};
    mb_bind_operate(L, &signature, open_for_all, &action);
    mb_stream_place(action.stream, action.value);
    o->error = action.error;
    if (!o->error) return 0;
    fclose(o->handle->file.f);
    o->handle->file.closef = NULL;
    lua_pop(L, 1);
    return errno = o->error;
}

static bool is_mode(const char *mode)
{
    if (!*mode || !strchr("rwa", *mode)) return false;
    mode++;
    if (*mode == '+') mode++;
    return strspn(mode, "b") == strlen(mode);
}

// A file, or nil and why there is none.
static int push_opened(lua_State *L, opening *o)
{
    return open_shared(L, mb_world_here(L), o) ? luaL_fileresult(L, 0, o->name) : 1;
}

static int open_file(lua_State *L)
{
    if (mb_world_here(L)->alone) return mb_world_relay(L, mb_world_here(L));
    opening o = {.what = "io.open", .name = mb_bind_check_name(L, 1)};
    o.mode = luaL_optstring(L, 2, "r");
    luaL_argcheck(L, is_mode(o.mode), 2, "invalid mode");
    return push_opened(L, &o);
}

static int open_child(lua_State *L)
{
    if (mb_world_here(L)->alone) return mb_world_relay(L, mb_world_here(L));
    opening o = {.what = "io.popen", .name = mb_bind_check_name(L, 1), .child = true};
    o.mode = luaL_optstring(L, 2, "r");
    bool known = (*o.mode == 'r' || *o.mode == 'w') && o.mode[1] == '\0';
    luaL_argcheck(L, known, 2, "invalid mode");
    return push_opened(L, &o);
}

static int open_temporary(lua_State *L)
{
    if (mb_world_here(L)->alone) return mb_world_relay(L, mb_world_here(L));
    opening o = {.what = "io.tmpfile", .mode = "w+"};
    return push_opened(L, &o);
}

// Opens the file of this name, or raises as io.lines and io.input do.
static void push_open_file(lua_State *L, mb_world *world, const char *what, const char *name,
                           const char *mode)
{
    opening o = {.what = what, .name = name, .mode = mode};
    if (open_shared(L, world, &o))
        luaL_error(L, "cannot open file '%s' (%s)", name, strerror(o.error));
}

// The real file, whose error was kept; of a child the exit code. Again is fine.
static void close_here(mb_action *action)
{
    mb_stream *stream = action->stream;
    if (!stream->real) return;
    errno = 0;
    int result = stream->child ? pclose(stream->real) : fclose(stream->real);
    stream->real = NULL;
    action->value = stream->child ? result : 0;
    action->error = result == -1 ? errno : stream->child ? 0 : stream->error;
}

// What Lua's io library calls to close a shared stream: in lockstep, but for the collector.
static int close_for_all(lua_State *L)
{
    handle *h = lua_touserdata(L, 1);
    mb_stream *stream = &h->shared;
    mb_action closing = {.stream = stream, .act = close_here};
    fclose(h->file.f);
    if (!stream->closing) mb_stream_operate(stream, "close a file", mb_stream_act, &closing);
    close_here(&closing);
    errno = closing.error;
    return stream->child ? luaL_execresult(L, (int)closing.value)
                         : luaL_fileresult(L, closing.error == 0, NULL);
}

// __gc and __close: every rank on its own.
static int collect(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    mb_stream *stream = shared_stream(L, world, 1);
    if (stream) stream->closing = true;
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushvalue(L, 1);
    lua_call(L, 1, 0);
    return 0;
}

static int relay_method(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    check_place(L, world, 1);
    return mb_world_relay(L, world);
}

static int close_function(lua_State *L)
{
    if (lua_gettop(L) == 0) push_default(L, false);
    return relay_method(L);
}

// The file is below the results of Lua's own flush.
static int flush(lua_State *L, mb_world *world)
{
    check_place(L, world, 1);
    mb_stream *stream = shared_stream(L, world, 1);
    mb_standard_file *output = output_file(L, world, 1);
    int n = mb_world_relay(L, world);
    if (world->alone || !(stream || output)) return n;
    int *kept = stream ? &stream->error : &output->error;
    if (!lua_toboolean(L, 1) && !*kept) *kept = (int)lua_tointeger(L, 3);
    mb_action news = {.error = *kept};
    *kept = 0;
    mb_signature signature;
    if (stream)
        mb_stream_sign(L, &signature, "flush a file", stream);
    else
        mb_bind_signature(L, &signature,
                          output == &world->standard[MB_STDOUT] ? "flush io.stdout"
                                                                : "flush io.stderr");
    mb_bind_operate(L, &signature, mb_stream_act, &news);
    errno = news.error;
    return luaL_fileresult(L, news.error == 0, NULL);
}

static int flush_method(lua_State *L)
{
    return flush(L, mb_world_here(L));
}

// Lua's own io.flush looks for the default output file itself, and takes no notice of an argument.
static int flush_function(lua_State *L)
{
    lua_settop(L, 0);
    push_default(L, false);
    return flush(L, mb_world_here(L));
}

// As io.stdin:read() in a script, which may read lines between those of a prompt.
bool mb_world_push_input_line(lua_State *L)
{
    mb_world *world = mb_world_of(L);
    int top = lua_gettop(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &world->standard[MB_STDIN]);
    lua_getfield(L, -1, "read");
    lua_insert(L, -2);
    lua_call(L, 1, 1);
    if (lua_isstring(L, -1)) return true;
    lua_settop(L, top);
    return false;
}

static int read_function(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    if (world->alone) {
        push_default(L, true);
        check_place(L, world, -1);
        lua_pop(L, 1);
    }
    return mb_world_relay(L, world);
}

// Only rank 0's own output can fail to be written: that waits for flush.
static int written(lua_State *L, mb_world *world, luaL_Stream *file, int n)
{
    if (lua_toboolean(L, 1) || world->alone) return n;
    for (int i = MB_STDOUT; i <= MB_STDERR; i++) {
        mb_standard_file *output = &world->standard[i];
        if (output->handle != file || output->own != file->f) continue;
        if (!output->error) output->error = (int)lua_tointeger(L, 3);
        lua_rawgetp(L, LUA_REGISTRYINDEX, output);
        return 1;
    }
    return n;
}

static int write_method(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    luaL_Stream *file = lua_touserdata(L, 1);
    check_place(L, world, 1);
    return written(L, world, file, mb_world_relay(L, world));
}

static int write_function(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    push_default(L, false);
    luaL_Stream *file = lua_touserdata(L, -1);
    check_place(L, world, -1);
    lua_pop(L, 1);
    return written(L, world, file, mb_world_relay(L, world));
}

// A file that is only read keeps its block: nobody can tell, and a byte at a time would ask rank 0
// for each.
static int set_buffer(lua_State *L)
{
    static const char *const modes[] = {"no", "full", "line", NULL};
    mb_world *world = mb_world_here(L);
    check_place(L, world, 1);
    mb_stream *stream = shared_stream(L, world, 1);
    luaL_Stream *file = lua_touserdata(L, 1);
    if (!stream || stream->writes || !file->closef) return mb_world_relay(L, world);
    luaL_checkoption(L, 2, NULL, modes);
    luaL_optinteger(L, 3, LUAL_BUFFERSIZE);
    lua_pushboolean(L, true);
    return 1;
}

static int seek_method(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    check_place(L, world, 1);
    if (output_file(L, world, 1)) return mb_world_answer(L, world, "seek in a file");
    return mb_world_relay(L, world);
}

// Upvalues of a line iterator: the world, Lua's own iterator, the file, whether it ends with it,
// and Lua's own close.
static int next_line(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    if (world->alone) check_place(L, world, lua_upvalueindex(3));
    int n = mb_world_relay(L, world);
    if (n > 0 || !lua_toboolean(L, lua_upvalueindex(4))) return n;
    lua_pushboolean(L, false);
    lua_replace(L, lua_upvalueindex(4));
    lua_pushvalue(L, lua_upvalueindex(5));
    lua_pushvalue(L, lua_upvalueindex(3));
    lua_call(L, 1, 0);
    return 0;
}

// Replaces Lua's own iterator on top of the stack; the file is at index 1.
static void wrap_iterator(lua_State *L, bool closes)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, -2);
    lua_pushvalue(L, 1);
    lua_pushboolean(L, closes);
    lua_pushvalue(L, lua_upvalueindex(3));
    lua_pushcclosure(L, next_line, 5);
}

// Leaves the file at index 1 and its iterator above it, from Lua's own f:lines, upvalue 4.
static void push_lines(lua_State *L, mb_world *world, bool closes)
{
    check_place(L, world, 1);
    lua_pushvalue(L, 1);
    lua_insert(L, 1);
    int n = lua_gettop(L) - 1;
    lua_pushvalue(L, lua_upvalueindex(4));
    lua_insert(L, 2);
    if (lua_pcall(L, n, 1, 0) != LUA_OK) mb_world_raise_as_own(L);
    wrap_iterator(L, closes);
}

static int lines_method(lua_State *L)
{
    luaL_checkudata(L, 1, LUA_FILEHANDLE);
    push_lines(L, mb_world_here(L), false);
    return 1;
}

static int lines_function(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    if (lua_isnoneornil(L, 1)) {
        if (lua_gettop(L) == 0) lua_pushnil(L);
        push_default(L, true);
        lua_replace(L, 1);
        push_lines(L, world, false);
        return 1;
    }
    const char *name = mb_bind_check_name(L, 1);
    if (world->alone) return mb_world_relay(L, world);
    push_open_file(L, world, "io.lines", name, "r");
    lua_replace(L, 1);
    push_lines(L, world, true);
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushvalue(L, 1);
    return 4;
}

static int set_default(lua_State *L, const char *what, const char *mode)
{
    mb_world *world = mb_world_here(L);
    if (!lua_isstring(L, 1) || world->alone) return mb_world_relay(L, world);
    const char *name = mb_bind_check_name(L, 1);
    push_open_file(L, world, what, name, mode);
    lua_replace(L, 1);
    return mb_world_relay(L, world);
}

static int set_input(lua_State *L)
{
    return set_default(L, "io.input", "r");
}

static int set_output(lua_State *L)
{
    return set_default(L, "io.output", "w");
}

// Taking the place of Lua's own ---------------------------------------------------------------

typedef struct stand_in {
    const char *name;
    lua_CFunction function;
} stand_in;

static const stand_in methods[] = {
    {"close", relay_method}, {"flush", flush_method}, {"lines", lines_method},
    {"read", relay_method},  {"seek", seek_method},   {"setvbuf", set_buffer},
    {"write", write_method},
};

static const stand_in library[] = {
    {"close", close_function}, {"flush", flush_function}, {"input", set_input},
    {"lines", lines_function}, {"open", open_file},       {"output", set_output},
    {"popen", open_child},     {"read", read_function},   {"tmpfile", open_temporary},
    {"write", write_function},
};

static const stand_in metamethods[] = {{"__gc", collect}, {"__close", collect}};

// Puts stand-ins into the table at an index. Their upvalues: the world, Lua's own function of that
// name, Lua's own f:close and f:lines.
static void replace(lua_State *L, int table, const stand_in *all, size_t n, int world,
                    int originals)
{
    for (const stand_in *s = all; s < all + n; s++) {
        lua_pushvalue(L, world);
        lua_getfield(L, table, s->name);
        lua_getfield(L, originals, "close");
        lua_getfield(L, originals, "lines");
        lua_pushcclosure(L, s->function, 4);
        lua_setfield(L, table, s->name);
    }
}

#define REPLACE(table, all) replace(L, table, all, sizeof all / sizeof all[0], world, originals)

static void copy_methods(lua_State *L, int from, int to)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        lua_getfield(L, from, methods[i].name);
        lua_setfield(L, to, methods[i].name);
    }
}

// A standard file keeps its handle, which scripts may have taken already.
static void share_standard_file(lua_State *L, mb_world *world, int i, const char *name)
{
    mb_standard_file *file = &world->standard[i];
    lua_getfield(L, -1, name);
    file->handle = luaL_checkudata(L, -1, LUA_FILEHANDLE);
    lua_rawsetp(L, LUA_REGISTRYINDEX, file); // and the handle lives as long as the state
    file->own = file->shared = file->handle->f;
    if (i == MB_STDIN)
        file->shared = mb_stream_open(&world->input, "r");
    else if (mb_rank(world->cx) > 0)
        file->shared = world->sink;
    if (!file->shared) luaL_error(L, "no memory for the standard files");
    file->handle->f = file->shared;
}

void mb_world_redirect(mb_world *world, int i, FILE *file)
{
    mb_standard_file *standard = &world->standard[MB_STDOUT + i];
    if (standard->shared == standard->own) standard->shared = file;
    standard->own = file;
    standard->handle->f = standard->shared;
    world->output[i] = file;
}

// MPICH takes the buffer of standard output away. The new one must live until the process ends.
static void restore_output_buffer(void)
{
    static char buffer[BUFSIZ];
    if (__fbufsize(stdout) > 1) return;
    setvbuf(stdout, buffer, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, sizeof buffer);
}

static void share_standard_files(lua_State *L, mb_world *world)
{
    restore_output_buffer();
    world->sink = fopen("/dev/null", "w");
    world->input.world = world;
    world->input.reads = true;
    snprintf(world->input.name, sizeof world->input.name, "standard input");
    if (mb_rank(world->cx) == 0) world->input.real = stdin;
    mb_signature signature;
    mb_signature_begin(&signature, "the start of the script environment", "");
    mb_action action = {.stream = &world->input, .act = mb_stream_examine};
    mb_bind_operate(L, &signature, mb_stream_act, &action);
    mb_stream_place(&world->input, action.value);
    share_standard_file(L, world, MB_STDIN, "stdin");
    share_standard_file(L, world, MB_STDOUT, "stdout");
    share_standard_file(L, world, MB_STDERR, "stderr");
}

void mb_world_open_handles(lua_State *L)
{
    int world = lua_gettop(L) + 1;
    mb_world *shared = mb_world_push(L);
    lua_getglobal(L, LUA_IOLIBNAME);
    share_standard_files(L, shared);
    luaL_getmetatable(L, LUA_FILEHANDLE);
    lua_getfield(L, -1, "__index");
    lua_newtable(L);
    int originals = world + 4;
    copy_methods(L, world + 3, originals);
    REPLACE(world + 1, library);
    REPLACE(world + 2, metamethods);
    REPLACE(world + 3, methods);
    lua_settop(L, world - 1);
}
