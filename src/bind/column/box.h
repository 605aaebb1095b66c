// The column userdata, shared by the files that give it its methods.
#pragma once

#include <lauxlib.h>
#include <lua.h>

#include "bind/bind.h"
#include "column/column.h"
#include "types/dictionary.h"

enum { MB_CACHE_ROWS = 1024, MB_CACHE_BLOCKS = 4 };

// Blocks of rows that element reads have brought to this rank, the same on all ranks.
typedef struct mb_element_cache {
    int64_t block[MB_CACHE_BLOCKS]; // its number, -1 if none
    int next;                       // the one to replace
    int64_t touches;                // of the runtime when the first of them came
    mb_value values[MB_CACHE_BLOCKS][MB_CACHE_ROWS];
    uint8_t valid[MB_CACHE_BLOCKS][MB_CACHE_ROWS];
    mb_column *strings[MB_CACHE_BLOCKS]; // with the type of their values: see mb_text_fetch
} mb_element_cache;

typedef struct mb_column_box {
    mb_column *column;       // first: mb_bind_new_column returns its place
    mb_element_cache *cache; // the userdata's user value, or NULL
} mb_column_box;

// The box at an index, open or closed.
mb_column_box *mb_bind_column_box(lua_State *L, int index);

// A number at an index: an integer, a float, or a result of mb.uint; false for anything else.
bool mb_bind_read_number(lua_State *L, int index, mb_kind *kind, mb_value *value);

// A value at an index and its type: a number, a boolean, or a text that the type `like` (or NULL)
// reads; NULL for anything else.
const mb_type *mb_bind_read_value(lua_State *L, int index, const mb_type *like, mb_value *value);

// A scalar beside a column, as it was written: its own type, whatever that of the column is;
// booleans go with bool columns only. Without a column (NULL) each goes. Raises for anything else.
const mb_type *mb_bind_check_scalar(lua_State *L, int index, const mb_column *column,
                                    mb_value *value);

// A scalar that is to stand in a column, as a value of its type; false for mb.null: missing. Raises
// for a number that the type does not hold exactly (but floats round integers), with `name` of the
// operation before it.
bool mb_bind_check_value(lua_State *L, int index, const char *name, const mb_column *column,
                         mb_value *value);

// The value of a string at an index that mb_bind_read_value reads for `*column`, which becomes
// another column where its type has no such value, as mb_bind_meet makes it; that stays on the
// stack. Then collective.
void mb_bind_meet_string(lua_State *L, int index, mb_column **column, bool ordered,
                         mb_value *value);

// Whether the entry of each row of a column with a dictionary, at an index, compares so with
// another one, as a bool column. Collective.
void mb_bind_push_comparison(lua_State *L, int index, mb_operator op, mb_string entry);

// The hashes of the strings of a text column at an index, as a column. Collective.
void mb_bind_push_text_hash(lua_State *L, int index);

// An element of a column of a type, as mb_bind_push_value has pushed it; raises for anything else.
mb_value mb_bind_check_element(lua_State *L, int index, const mb_type *type);

enum { MB_MOMENT_CLASSES = 2 };

// The metatable of times (0) or durations (1), which is made where there is none.
void mb_bind_push_class(lua_State *L, int i);

// Adds mb.uint and its kin, and mb.time and its kin (moment.c), to the table on top of the stack.
void mb_bind_open_scalars(lua_State *L);
void mb_bind_open_moments(lua_State *L);

// Pushes a time or a duration.
void mb_bind_push_moment(lua_State *L, const mb_type *type, mb_value value);

// The text of a value as elements print: times without zeros at the end of their fraction.
void mb_bind_show(const mb_type *type, mb_value value, char *text, size_t size);

// What a value is: the name of its type in Lua, or "time" or "duration".
const char *mb_bind_class(lua_State *L, int index);

// What a scan, a column or groups of one are called in a message; NULL for all else.
const char *mb_bind_scan(lua_State *L, int index);

// A time or duration at an index, or a text that `units`, unless that is NULL, reads as one; NULL
// for anything else.
const mb_type *mb_bind_read_moment(lua_State *L, int index, const mb_units *units, mb_value *value);

// Whether a time or duration goes into a column of a type as it is: then in the unit of that. Else
// the column must take the finer unit first. Raises where neither is possible, with `name` of the
// operation before it.
bool mb_bind_moment_fits(lua_State *L, const char *name, const mb_type *into, const mb_type *type,
                         mb_value *value);

// The values of MB_MULTIPLE for a step that is a duration of `type`, and columns of `of`: weeks
// begin on Monday. Raises for a step that is none.
void mb_bind_read_step(lua_State *L, const mb_type *type, mb_value step, const mb_type *of,
                       mb_value values[2]);

// Gives the column at `*column` the unit of a type where that is finer; then it stays on the stack.
void mb_bind_meet_unit(lua_State *L, mb_column **column, const mb_type *type);

// Adds mb.null to the table on top of the stack; pushes the metatable of columns, and the table of
// their methods.
void mb_bind_open_box(lua_State *L);

// What is said of a boolean where there should be a column.
extern const char mb_bind_boolean_mend[];

// Gives a deep pending column, which is at an index, its values, so that graphs stay shallow. May
// be an operation.
void mb_bind_keep_shallow(lua_State *L, const mb_column *column, int index);

// The type that a string at an index names; raises for others, with the nearest.
const mb_type *mb_bind_check_type(lua_State *L, int index);

// mb.null, which stands for a missing value in tables.
void mb_bind_push_null(lua_State *L);
bool mb_bind_is_null(lua_State *L, int index);

// Whether columns have one type; those whose types unite are given one, of text one with an order
// where that is asked for, and where they change, those that replace them stay on the stack. Then
// collective.
bool mb_bind_meet(lua_State *L, mb_column **const *columns, int64_t n, bool ordered);

// A column of the box at an index, or what it has become where it met others, and whose values are
// compared: text gets a sorted dictionary, if it has none, and so does the box. What it had stays
// on the stack, as other arguments may be it. Then collective.
void mb_bind_order(lua_State *L, int index, mb_column **column);

// The same of the i-th box of a list, from 0, and of all.
void mb_bind_order_entry(lua_State *L, int index, int64_t i, mb_column **column);
void mb_bind_order_list(lua_State *L, int index, mb_column **columns, int64_t n);

// Pushes a value that all ranks have got: where it is text whose strings are spread, its string is
// fetched. Then collective.
void mb_bind_push_result(lua_State *L, const mb_type *type, mb_value value);

// Raises unless two columns have one type, as mb_bind_meet makes them: values of different types
// are not matched.
void mb_bind_meet_two(lua_State *L, const char *operation, mb_column **a, mb_column **b,
                      bool ordered);

// Gives texts of which at least one is spread, and whose rows are looked for among the equal ones
// of the other, codes that serve for this alone, as mb_text_equal says; these stay on the stack.
// False for other columns, and those that have one dictionary in order. Then collective.
bool mb_bind_match(lua_State *L, mb_column **rows, mb_column **among, bool all);

// The metamethod of `..`: text columns, strings and numbers put together. Collective.
int mb_bind_concat(lua_State *L);

// Methods, metamethods and functions, by the file that defines them.
extern const luaL_Reg mb_bind_read_metamethods[], mb_bind_operator_functions[];
extern const luaL_Reg mb_bind_sort_functions[], mb_bind_read_functions[];

// The operators: to the table on top of the stack, those with a name for a method, as methods of
// columns or as functions (self NULL); to the metatable on top, Lua's own.
void mb_bind_set_functions(lua_State *L, const char *self);
void mb_bind_set_metamethods(lua_State *L);
