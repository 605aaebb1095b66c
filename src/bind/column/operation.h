// Operations as data: a row says what an operation takes, what it gives and the body that computes
// it. One runner checks the arguments, signs them (name, script line, columns by identity, all else
// by value), runs the body in lockstep, once more after a collection when memory ran out, and puts
// the results into their boxes after the last agreement. From the same rows come the methods of
// columns, the functions of moonbear.core, and core.operations, a list for tests, help and
// completion. What the methods do is told in lua/moonbear/meta, functions of core beside their
// rows.
#pragma once

#include <lua.h>
#include <stdbool.h>

#include "column/column.h"
#include "core/context.h"
#include "ops/reduce/reduce.h"
#include "ops/text/convert.h"

enum { MB_MOST_ARGUMENTS = 8, MB_MOST_RESULTS = 3, MB_AGAIN = -1 };

// What the runner reads of an argument, into which field of mb_given.
typedef enum mb_argument_kind {
    MB_NO_ARGUMENT,     // ends the list
    MB_FIXED_ARGUMENT,  // value: `unless_given`; a script cannot pass it
    MB_TAKES_COLUMN,    // column
    MB_TAKES_COLUMNS,   // columns: a list; with `single` also one column
    MB_TAKES_POSITIONS, // column: an int column, or one that `read` makes of a list of integers
    MB_TAKES_VALUE,     // value: a scalar that goes into the column `of`; mb.null is not given
    MB_TAKES_SCALAR,    // value, of a type of its own: type
    MB_TAKES_TYPE,      // type
    MB_TAKES_INTEGER,   // value.i, not below `least`
    MB_TAKES_NUMBER,    // value.f
    MB_TAKES_FLAG,      // value.b
    MB_TAKES_FLAGS,     // flags: one for each of the columns `of`, or one for all
    MB_TAKES_STRING,    // text, without zero bytes
    MB_TAKES_STRINGS,   // texts: a list of such
    MB_TAKES_BYTES,     // text, of n bytes
    MB_TAKES_OTHER,     // what `read` says: value.u must tell it from others
    MB_ARGUMENT_KINDS
} mb_argument_kind;

// An argument as a body gets it. Lists and strings live on Lua's stack until the operation ends.
typedef struct mb_given {
    bool given; // false: left out, or nil
    bool single;
    int at;       // its index on the stack
    int64_t n;    // of a list
    mb_kind kind; // of a scalar
    mb_value value;
    mb_column *column;
    const char *text;
    union {
        mb_column **columns;
        bool *flags;
        const char **texts;
        const mb_type *type;
        void *data;
    };
} mb_given;

typedef struct mb_call mb_call;

// Numbers of other arguments count from 1, so that 0 is none.
typedef struct mb_argument {
    const char *name;
    mb_argument_kind kind;
    bool optional, option; // an option is a field of the table that follows the other arguments
    bool single;
    const mb_type *type; // that a column must have; NULL: any
    bool numbers;        // of which it must not be text
    bool moments;        // but may be times or durations
    const char *item;    // what an entry of a list is called; those of columns are columns
    int like;            // the columns that this one must have the type of,
    int as_long;         // and the length of
    int of;
    int64_t least; // of an integer
    int most;      // entries of a list
    mb_value unless_given;
    // Reads what is at an index; leaves on the stack what it needs, and sets value.u and `given`.
    void (*read)(lua_State *L, const mb_call *call, int argument, int index, mb_given *given);
} mb_argument;

typedef enum mb_result_kind {
    MB_NO_RESULT,
    MB_GIVES_COLUMN,  // column; NULL gives nil
    MB_GIVES_COLUMNS, // columns: as many as the argument `of` has, or `times` as many: a list, or
                      // one column beside a single one; what stays NULL is an empty box
    MB_GIVES_VALUE,   // value, of the type of this result unless the body says another
    MB_RESULT_KINDS
} mb_result_kind;

typedef struct mb_result {
    mb_result_kind kind;
    int of, times;
    const mb_type *type;
} mb_result;

// A result as a body makes it, when it succeeds; columns are the runner's then.
typedef struct mb_made {
    mb_column *column, **columns;
    mb_scalar value;
    int64_t n;
    void *data; // what `prepare` has set
} mb_made;

// Computes the results of an operation; called again when memory ran out. Collective, unless the
// operation is local.
typedef mb_status mb_run(mb_context *cx, const mb_given *in, mb_made *out);

typedef struct mb_operation {
    const char *name; // in signatures and messages
    const char *core; // its name in moonbear.core, or NULL: it is a method of columns
    mb_run *run;
    mb_argument arguments[MB_MOST_ARGUMENTS + 1];
    mb_result results[MB_MOST_RESULTS + 1];
    // Raises for what else is wrong with the arguments, and makes room for results on the stack.
    void (*prepare)(lua_State *L, mb_call *call);
    // Pushes results of another shape; returns how many, or MB_AGAIN: the body runs once more, for
    // what is left.
    int (*push)(lua_State *L, const mb_call *call);
    int among;           // rows are looked for among the equal ones of this argument, other values
                         // are taken as they are: see mb_bind_match;
    bool local;          // builds an expression, without other ranks
    bool moves;          // values are taken as they are, and not compared: see mb_bind_order
    bool every;          // even its rows that are not looked for are compared with each other
    bool options_within; // options are fields of the last argument, beside the entries of its list
} mb_operation;

struct mb_call {
    const mb_operation *operation;
    mb_given in[MB_MOST_ARGUMENTS];
    mb_made out[MB_MOST_RESULTS];
    const char *name;
    bool local; // as the operation says, unless `prepare` knows better
    int boxes;  // index of the first result's box
};

// A body that is one call, of `cx`, `in` and `out`.
#define MB_BODY(name, call)                                                                        \
    static mb_status name(mb_context *cx, const mb_given *in, mb_made *out)                        \
    {                                                                                              \
        (void)cx, (void)in, (void)out;                                                             \
        return call;                                                                               \
    }

// A row: name, NULL or its name in core, body, MB_TAKES(arguments), MB_GIVES(results), other
// fields.
// clang-format off
#define MB_OPERATION(text, function, body, takes, ...) \
    {.name = (text), .core = (function), .run = (body), .arguments = takes, __VA_ARGS__}
#define MB_TAKES(...)          {__VA_ARGS__}
#define MB_GIVES(...)          .results = {__VA_ARGS__}
#define MB_A_COLUMN            {.kind = MB_GIVES_COLUMN}
#define MB_SOME_COLUMNS(...)   {.kind = MB_GIVES_COLUMNS, .of = __VA_ARGS__}
#define MB_A_VALUE             {.kind = MB_GIVES_VALUE}
#define MB_A_SCALAR(of)        {.kind = MB_GIVES_VALUE, .type = &mb_type_##of}
#define MB_ARGUMENT(taken, ...) {.kind = MB_TAKES_##taken, .name = __VA_ARGS__}
#define MB_COLUMN(...)         {.kind = MB_TAKES_COLUMN, .name = __VA_ARGS__}
#define MB_TEXT_COLUMN         MB_COLUMN("text", .type = &mb_type_text)
#define MB_NUMBERS(...)        {.kind = MB_TAKES_COLUMN, .numbers = true, .name = __VA_ARGS__}
#define MB_QUANTITIES(...)     MB_NUMBERS(__VA_ARGS__, .moments = true)
#define MB_COLUMNS(...)        {.kind = MB_TAKES_COLUMNS, .name = __VA_ARGS__}
#define MB_INTEGER(...)        {.kind = MB_TAKES_INTEGER, .least = INT64_MIN, .name = __VA_ARGS__}
#define MB_COUNT(...)          {.kind = MB_TAKES_INTEGER, .name = __VA_ARGS__}
#define MB_FLAG(...)           {.kind = MB_TAKES_FLAG, .name = __VA_ARGS__}
#define MB_TEXTS(text)         {.kind = MB_TAKES_STRINGS, .name = (text)}
#define MB_OTHER(text, reader) {.kind = MB_TAKES_OTHER, .read = (reader), .name = (text)}
#define MB_FIXED(number)       {.kind = MB_FIXED_ARGUMENT, .unless_given = {.i = (number)}}
#define MB_OPTION(taken, ...)  \
    {.kind = MB_TAKES_##taken, .option = true, .optional = true, .name = __VA_ARGS__}
// clang-format on

// Runs an operation on the arguments on the stack, which it may have more of than it takes.
// Returns the number of results. Collective, unless the operation is local.
int mb_bind_run(lua_State *L, const mb_operation *operation);

// Pushes an operation as a function of Lua; `self` as for mb_bind_push_public, or NULL: unguarded.
void mb_bind_push_operation(lua_State *L, const mb_operation *operation, const char *self);

// How many arguments a caller may give, the object of a method and the options among them.
int mb_bind_positions(const mb_operation *operation);

// For `push`: the value that `prepare` has left on top of the stack.
int mb_bind_push_top(lua_State *L, const mb_call *call);

// Raises for an argument of an operation; `expected` is in words, without an article.
void mb_bind_refuse(lua_State *L, const mb_call *call, int argument, const char *expected,
                    int index);

// What becomes of rows that cannot be read, as an option says: "raise", "missing" or mb.null;
// anything else is to be a value for them, which the caller reads.
mb_text_unread mb_bind_read_unread(lua_State *L, int index);

// The same where no value can stand for them: an argument's reader.
void mb_bind_read_missing(lua_State *L, const mb_call *call, int argument, int index,
                          mb_given *given);

// Reads and checks the arguments of a call (argument.c).
void mb_bind_read_arguments(lua_State *L, mb_call *call);

// Reads a list of positions as a column, which stays on the stack: for MB_TAKES_POSITIONS.
// Collective.
void mb_bind_read_positions(lua_State *L, const mb_call *call, int argument, int index,
                            mb_given *given);

// The tables of operations, each up to a row without a name.
extern const mb_operation mb_reduce_operations[], mb_scan_operations[], mb_count_operations[];
extern const mb_operation mb_sort_operations[], mb_match_operations[], mb_move_operations[];
extern const mb_operation mb_put_operations[], mb_distribute_operations[], mb_join_operations[];
extern const mb_operation mb_group_operations[], mb_new_operations[], mb_operator_operations[];
extern const mb_operation mb_table_operations[], mb_read_operations[], mb_hdf_operations[];
extern const mb_operation mb_csv_operations[], mb_records_operations[], mb_delimited_operations[],
    mb_text_operations[];
extern const mb_operation mb_text_function_operations[];
extern const mb_operation mb_text_pattern_operations[];
extern const mb_operation mb_ip_operations[], mb_flags_operations[], mb_kernel_operations[];
extern const mb_operation mb_time_operations[], mb_duck_operations[], mb_folder_operations[];
extern const mb_operation mb_hdf_pieces_operations[], mb_geo_operations[], mb_graph_operations[];
extern const mb_operation mb_file_operations[];

// The operation that c:as(type) is where one side of it is text or addresses; else NULL. The column
// is at index 1, the type's name at 2.
const mb_operation *mb_bind_text_cast(lua_State *L);

// The same where one side of it is a time or a duration and the other is not text.
const mb_operation *mb_bind_time_cast(lua_State *L);

// Rows of mb_move_operations that c[x] runs.
enum { MB_GATHER_OPERATION, MB_FILTER_OPERATION };
