// What the files of bind/ share. This layer alone sees lua_State (and cli/, through moonbear.h, not
// even that). An engine failure becomes a Lua error here, after every C resource has an owner that
// survives the longjmp: a userdata with __gc, or none.
//
// The shape of a binding: check all arguments, push the result's userdata, still empty, then run
// the operation (no Lua runs inside), then it is done: the body has stored its results in the
// boxes.
#pragma once

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

#include "column/column.h"
#include "comm/lockstep.h"
#include "core/context.h"

typedef struct mb_runtime mb_runtime;

// The runtime and the context of a Lua state.
mb_runtime *mb_bind_runtime(lua_State *L);
mb_context *mb_bind_context(lua_State *L);

// Begins the signature of an operation called by the running C function: finds the script line, the
// innermost one outside moonbear's own Lua files. Raises when a finaliser is running: operations
// there cannot be in step.
void mb_bind_signature(lua_State *L, mb_signature *signature, const char *operation);

// Whether a function, of which "S" is known, is of moonbear's own Lua files.
bool mb_bind_is_own(const lua_Debug *record);

// The innermost script line, "script.lua:9"; empty when there is none.
void mb_bind_site(lua_State *L, char *site, size_t size);

// Adds a column (its identity, type and length) or a string to a signature.
void mb_bind_sign_column(mb_signature *signature, const char *name, const mb_column *column);
void mb_bind_sign_string(mb_signature *signature, const char *name, const char *text);

// Runs an operation. When memory ran out anywhere, all ranks collect their garbage and try once
// more, so a body must be repeatable: what it stores in its argument only when it succeeds.
mb_status mb_bind_attempt(lua_State *L, const mb_signature *signature, mb_body body,
                          void *argument) MB_MUST_CHECK;

// The same, and raises its failure as a Lua error with the script line before it.
void mb_bind_operate(lua_State *L, const mb_signature *signature, mb_body body, void *argument);

// The string at an index, which C code takes for the name of a file, a dataset or a command; raises
// for one with a zero byte, at which C would take it to end.
const char *mb_bind_check_name(lua_State *L, int index);

// Raises a message, whose format is that of lua_pushfstring, with the script line before it: for
// functions that moonbear's own Lua files call.
int mb_bind_error(lua_State *L, const char *format, ...);

// Raises the context's message as a Lua error.
int mb_bind_raise(lua_State *L, mb_status status);

// Pushes an empty column userdata and returns the place for its column; the userdata owns the
// reference that is stored there.
mb_column **mb_bind_new_column(lua_State *L);

// The open column at an index; raises for anything else, naming the mend for `col == 80`.
mb_column *mb_bind_check_column(lua_State *L, int index);

// The same, or NULL for anything else.
mb_column *mb_bind_to_column(lua_State *L, int index);

// Whether there is a column userdata at an index; whether there is a frame.
bool mb_bind_is_column(lua_State *L, int index);
bool mb_bind_is_frame(lua_State *L, int index);

// Tells Lua's collector of bytes that it cannot see, after a result was stored. May run finalisers.
void mb_bind_account(lua_State *L);

// Pushes a value of a type as Lua has it; NULL pushes nil.
void mb_bind_push_value(lua_State *L, const mb_type *type, const mb_value *value);

// Pushes a userdata that owns a buffer, still none, and returns the place for it.
mb_buffer **mb_bind_new_buffer(lua_State *L);

// Makes the userdata on top of the stack one of a class, whose methods and metamethods are those
// that its first object was given.
void mb_bind_set_class(lua_State *L, const char *name, const struct luaL_Reg *methods);

// Scratch memory that survives a Lua error, pushed on the stack: Lua's own, not the budget's, whose
// refusal on one rank, outside an operation, would make the ranks diverge.
void *mb_bind_scratch(lua_State *L, size_t size);

// A function that scripts call, and how many arguments it takes at most, the object of a method
// among them.
typedef struct mb_public {
    const char *name;
    lua_CFunction call;
    int most;
} mb_public;

// Pushes a function as scripts call it: more arguments raise. `self` says whose method it is, as
// "column", or is NULL. Pops the value that becomes the function's upvalue 1.
void mb_bind_push_public(lua_State *L, const mb_public *function, const char *self);

// Pushes what to write instead of a name that is not among the known ones (NULL ends them), as the
// end of a message: "; did you mean 'sum'?". `kind` is "type", "statistic" or "aggregation".
const char *mb_bind_push_mend(lua_State *L, const char *kind, const char *name,
                              const char *const *known);

// Adds to the error message at an index, a string, what to write instead, where that is known.
void mb_bind_mend_message(lua_State *L, int index);

// Raises for a method of columns that there is not.
int mb_bind_no_method(lua_State *L, const char *name);

// Adds methods of columns, up to one without a name, to the table on top of the stack.
void mb_bind_set_methods(lua_State *L, const mb_public *methods);

// Each adds its functions to the table of moonbear.core on top of the stack.
void mb_bind_open_core(lua_State *L);    // the runtime itself: ranks, memory, time
void mb_bind_open_exit(lua_State *L);    // os.exit
void mb_bind_open_public(lua_State *L);  // core.public
void mb_bind_open_sources(lua_State *L); // core.load
void mb_bind_open_column(lua_State *L);  // columns: constructors, methods, metatable
void mb_bind_open_group(lua_State *L);   // groupings
void mb_bind_open_kernels(lua_State *L); // registered kernels
void mb_bind_open_progress(lua_State *L);
void mb_bind_open_csv(lua_State *L);    // the conversion of CSV
void mb_bind_open_kept(lua_State *L);   // text that is kept between readings
void mb_bind_open_places(lua_State *L); // what readings of HDF5 files find
void mb_bind_open_files(lua_State *L);
