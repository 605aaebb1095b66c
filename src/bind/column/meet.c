// Columns that meet: those whose types unite, as text does, get one type, and times one unit.

#include "bind/column/box.h"
#include "expr/evaluate.h"
#include "expr/expression.h"
#include "ops/address/form.h"
#include "ops/text/equal.h"
#include "ops/text/fetch.h"
#include "ops/text/unite.h"
#include "types/flags.h"
#include "types/ip.h"
#include "types/time.h"

typedef struct meeting {
    mb_column **columns, **united;
    int64_t n;
    mb_text_storage storage; // of mb_text_unite
    bool all;                // of mb_text_equal
} meeting;

// A string of a spread dictionary.
typedef struct fetching {
    const mb_type *type;
    mb_value given, code;
    mb_column **strings;
} fetching;

// What an attempt has made that failed on other ranks is released before the next one.
static void release_united(const meeting *all)
{
    for (int64_t i = 0; i < all->n; i++) {
        mb_column_release(all->united[i]);
        all->united[i] = NULL;
    }
}

static mb_status unite(mb_context *cx, void *argument)
{
    const meeting *all = argument;
    release_united(all);
    if (mb_type_is_ip(all->columns[0]->type))
        return mb_ip_unite(cx, all->columns, all->n, all->united);
    return mb_text_unite(cx, all->columns, all->n, all->storage, all->united);
}

static mb_status code(mb_context *cx, void *argument)
{
    const meeting *all = argument;
    release_united(all);
    return mb_text_equal(cx, all->columns, all->all, all->united);
}

// The columns become those that a body makes of them, which stay on the stack, in a table.
static void replace_columns(lua_State *L, mb_column **const *columns, meeting all, mb_body body)
{
    mb_signature signature;
    const int64_t n = all.n;
    luaL_checkstack(L, 6, "columns that meet");
    all.columns = mb_bind_scratch(L, 2 * (size_t)n * sizeof(mb_column *));
    all.united = all.columns + n;
    lua_createtable(L, (int)n, 0);
    mb_bind_signature(L, &signature, "unite");
    for (int64_t i = 0; i < n; i++) {
        all.columns[i] = *columns[i];
        all.united[i] = NULL;
        mb_bind_sign_column(&signature, "column", *columns[i]);
        mb_bind_new_column(L);
        lua_rawseti(L, -2, i + 1);
    }
    mb_status status = mb_bind_attempt(L, &signature, body, &all);
    for (int64_t i = 0; i < n; i++) {
        lua_rawgeti(L, -1, i + 1);
        mb_bind_column_box(L, -1)->column = *columns[i] = all.united[i];
        lua_pop(L, 1);
    }
    if (status) mb_bind_raise(L, status);
}

static void unite_columns(lua_State *L, mb_column **const *columns, int64_t n, bool ordered)
{
    const mb_text_storage storage = ordered ? MB_TEXT_CHOOSE : MB_TEXT_APPEND;
    replace_columns(L, columns, (meeting){.n = n, .storage = storage}, unite);
}

void mb_bind_meet_unit(lua_State *L, mb_column **column, const mb_type *type)
{
    char site[MB_WHERE_SIZE];
    if (!mb_units_shared((*column)->type, type) || (*column)->type->unit >= type->unit) return;
    mb_bind_site(L, site, sizeof site);
    luaL_checkstack(L, 2, "columns that meet");
    mb_column **box = mb_bind_new_column(L);
    mb_status status = mb_expression_in_unit(mb_bind_context(L), *column, type->unit, site, box);
    if (status) mb_bind_raise(L, status);
    *column = *box;
}

static bool lacks_order(const mb_column *column)
{
    const mb_dictionary *dictionary = mb_dictionary_spread(column->type);
    return dictionary && !dictionary->sorted;
}

bool mb_bind_meet(lua_State *L, mb_column **const *columns, int64_t n, bool ordered)
{
    bool together = !ordered || !lacks_order(*columns[0]);
    const mb_type *finest = (*columns[0])->type;
    for (int64_t i = 1; i < n; i++) {
        const mb_type *type = (*columns[i])->type, *first = (*columns[0])->type;
        bool same = type == first;
        if (!same && mb_type_is_flags(type) && mb_type_is_flags(first))
            mb_bind_error(L, "flags whose names differ do not go together; cast by :as(\"uint\")");
        if (!mb_type_unites(type, first) && !mb_units_shared(type, first)) return false;
        if (first->units && type->unit > finest->unit) finest = type;
        together = together && same;
    }
    if (!together && !finest->units) unite_columns(L, columns, n, ordered);
    for (int64_t i = 0; i < n && finest->units; i++)
        mb_bind_meet_unit(L, columns[i], finest);
    return true;
}

bool mb_bind_match(lua_State *L, mb_column **rows, mb_column **among, bool all)
{
    const mb_dictionary *first = mb_dictionary_of((*rows)->type);
    const mb_dictionary *second = mb_dictionary_of((*among)->type);
    if (!first || !second || first->model != second->model) return false;
    if (!first->spread && !second->spread) return false;
    if (first == second && first->sorted) return false;
    replace_columns(L, (mb_column * *const[]){rows, among}, (meeting){.n = 2, .all = all}, code);
    return true;
}

void mb_bind_order(lua_State *L, int index, mb_column **column)
{
    mb_column_box *box = mb_bind_column_box(L, index);
    int top = lua_gettop(L);
    if (!lacks_order(box->column)) {
        if (lacks_order(*column)) *column = box->column; // it is of before that
        return;
    }
    luaL_checkstack(L, 8, "columns that get an order");
    if (lacks_order(*column)) unite_columns(L, (mb_column * *const[]){column}, 1, true);
    mb_column **before = mb_bind_new_column(L);
    *before = box->column;
    box->column = mb_column_retain(*column);
    lua_insert(L, top + 1);
    lua_settop(L, top + 1);
}

void mb_bind_order_entry(lua_State *L, int index, int64_t i, mb_column **column)
{
    lua_geti(L, index, i + 1);
    int box = lua_gettop(L);
    mb_bind_order(L, box, column);
    lua_remove(L, box);
}

void mb_bind_order_list(lua_State *L, int index, mb_column **columns, int64_t n)
{
    index = lua_absindex(L, index);
    for (int64_t i = 0; i < n; i++)
        mb_bind_order_entry(L, index, i, &columns[i]);
}

static mb_status fetch(mb_context *cx, void *argument)
{
    fetching *of = argument;
    of->code = of->given;
    return mb_text_fetch(cx, of->type, &of->code, NULL, 1, of->strings);
}

void mb_bind_push_result(lua_State *L, const mb_type *type, mb_value value)
{
    mb_signature signature;
    if (!mb_dictionary_spread(type)) {
        mb_bind_push_value(L, type, &value);
        return;
    }
    fetching of = {.type = type, .given = value, .strings = mb_bind_new_column(L)};
    mb_bind_signature(L, &signature, "fetch");
    mb_bind_operate(L, &signature, fetch, &of);
    mb_bind_push_value(L, (*of.strings)->type, &of.code);
    lua_remove(L, -2);
}

void mb_bind_meet_string(lua_State *L, int index, mb_column **column, bool ordered, mb_value *value)
{
    bool there;
    if (mb_bind_read_value(L, index, (*column)->type, value) == (*column)->type) return;
    mb_column *constant = mb_bind_to_column(L, -1);
    mb_bind_meet(L, (mb_column * *const[]){column, &constant}, 2, ordered);
    mb_status status = mb_evaluate_scalar(constant, value, &there);
    if (status) mb_bind_raise(L, status);
}

void mb_bind_meet_two(lua_State *L, const char *operation, mb_column **a, mb_column **b,
                      bool ordered)
{
    if (mb_bind_meet(L, (mb_column * *const[]){a, b}, 2, ordered)) return;
    const char *first = (*a)->type->name, *second = (*b)->type->name;
    mb_bind_error(L,
                  "%s: %s %s column and %s %s column do not go together; cast one of them, by "
                  ":as(\"%s\") or :as(\"%s\")",
                  operation, mb_type_article((*a)->type), first, mb_type_article((*b)->type),
                  second, first, second);
}
