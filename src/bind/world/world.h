// The script environment of one rank: what the parts of it share.
//
// A script's effects happen once, on rank 0, and what it asks of the outside world is answered by
// rank 0 for all. Functions of the environment are C closures whose first upvalue is the world; one
// that stands in for a function of Lua's libraries has that function as its second.
#pragma once

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/context.h"

enum { MB_STDIN, MB_STDOUT, MB_STDERR, MB_STANDARD_FILES };
enum { MB_STREAM_BLOCK = 256 * 1024, MB_GENERATOR_SIZE = 64 };

struct mb_world;

// A C stream that every rank has: rank 0 reads for all, and is the only one that writes. Lua's own
// io library works on it as on any other. What it buffers is the same on all ranks as long as they
// make the same calls.
typedef struct mb_stream {
    struct mb_world *world;
    char name[64];
    uint64_t identity; // of the operation that opened it
    FILE *real;        // rank 0's; NULL on the others
    int64_t offset;    // of the next byte in the file; -1 when only rank 0 can tell
    bool seekable, child, reads, writes, appends;
    bool closing; // by the collector: nothing may communicate
    int error;    // rank 0: of the first failed write, until it is reported
    char buffer[MB_STREAM_BLOCK];
} mb_stream;

typedef struct mb_standard_file {
    luaL_Stream *handle; // io.stdin, io.stdout, io.stderr
    FILE *own, *shared;  // this rank's, and what the script sees but for mb.on_rank
    int error;           // of a failed write, until it is reported
} mb_standard_file;

typedef struct mb_world {
    mb_context *cx;
    lua_State *L; // the thread that is inside a function of Lua's libraries; see mb_world_relay
    bool failed;  // an operation under it failed: it raises that error when it is back
    bool alone;   // this rank runs what the others do not
    bool warns, warning; // warnings are on; one is being told in pieces
    mb_standard_file standard[MB_STANDARD_FILES];
    FILE *output[2]; // that print and warn write to: standard output and error, or a host's
    FILE *sink;
    mb_stream input;
    void *generator; // the state of math.random
    size_t generator_size;
    char other_generator[MB_GENERATOR_SIZE]; // the one for mb.on_rank, or while it runs the other
} mb_world;

// The world of a C closure of the environment.
static inline mb_world *mb_world_here(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

// The world of a Lua state; the first one pushes it.
mb_world *mb_world_push(lua_State *L);
mb_world *mb_world_of(lua_State *L);

// Whether this rank's effects are seen.
static inline bool mb_world_acts(const mb_world *world)
{
    return world->alone || mb_rank(world->cx) == 0;
}

// Starts and ends work that this rank does while the others wait: its io and print act here, and
// math.random has another generator.
void mb_world_enter_alone(mb_world *world);
void mb_world_leave_alone(mb_world *world);

// Calls upvalue 2, a function of Lua's libraries, with all arguments, and leaves its results alone
// on the stack; returns their number. Errors read as if it had been called by the script. It may
// run operations, through mb_world_protect.
int mb_world_relay(lua_State *L, mb_world *world);

// Raises the error on top of the stack, a library function's, as one of the running function.
int mb_world_raise_as_own(lua_State *L);

// Runs f(argument) from within a C stream, which no Lua error may cross: the error is kept, and
// raised by the relay. Returns whether it went well.
bool mb_world_protect(mb_world *world, lua_CFunction f, void *argument);

typedef struct mb_question {
    const char *name; // of the operation
    int rank;         // that answers
    bool alone;       // the function is Lua's, and io and print act where it runs
    bool own;         // its errors are the running function's
} mb_question;

// Calls the function below the topmost `arguments` values on one rank, and pushes its results on
// all in place of these; returns their number. Collective.
int mb_world_ask(lua_State *L, mb_world *world, const mb_question *question, int arguments);

// Upvalue 2 with all arguments, answered by rank 0, or by this rank while it is alone. Collective.
int mb_world_answer(lua_State *L, mb_world *world, const char *name);

// Writes the values from index `first` on into a buffer that the box will own; raises for what
// cannot travel. May be repeated when memory has run out.
mb_status mb_world_serialize(lua_State *L, int first, mb_buffer **box, size_t *size);

// Pushes the values that were serialised; returns their number.
int mb_world_deserialize(lua_State *L, const char *bytes, size_t size);

// The C stream over a shared one, with a mode of fopen. NULL when memory runs out.
FILE *mb_stream_open(mb_stream *stream, const char *mode);

// Begins the signature of an operation on a stream.
void mb_stream_sign(lua_State *L, mb_signature *signature, const char *operation,
                    const mb_stream *stream);

// What rank 0 does with its real file, of which all ranks hear.
typedef struct mb_action {
    mb_stream *stream;
    void (*act)(struct mb_action *action); // sets the two below; may run again. NULL: they are set
    void *argument;                        // of `act`
    mb_status status;                      // of this rank, before it
    int error;                             // an errno, or 0
    int64_t value;
} mb_action;

// The body of an operation on a stream, whose argument is an action: rank 0 acts, and all get the
// error and the value, however long that takes.
mb_status mb_stream_act(mb_context *cx, void *action);

// Runs an operation on a stream from within the C library, as mb_world_protect does.
bool mb_stream_operate(const mb_stream *stream, const char *operation, mb_body body,
                       void *argument);

// An action: learns where the real file stands, -1 where it cannot seek. And what all ranks do
// then.
void mb_stream_examine(mb_action *action);
void mb_stream_place(mb_stream *stream, int64_t offset);

// Lets what scripts write to standard output (0) or error (1) go to a file, on rank 0, and on each
// rank in mb.on_rank. Not collective.
void mb_world_redirect(mb_world *world, int i, FILE *file);

// Pushes the next line of the standard input, without its end, or nothing at the end of input:
// returns which. Collective.
bool mb_world_push_input_line(lua_State *L);

// Each adds its functions to the table on top of the stack; the first one makes the world.
void mb_world_open(lua_State *L);
void mb_world_open_ask(lua_State *L);
void mb_world_open_random(lua_State *L);
void mb_world_open_handles(lua_State *L);
void mb_world_open_pairs(lua_State *L);
