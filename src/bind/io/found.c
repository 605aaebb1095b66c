#include "bind/io/found.h"

#include "bind/bind.h"

mb_found mb_found_new(lua_State *L)
{
    return (mb_found){.box = mb_bind_new_buffer(L)};
}

void mb_found_prepare(lua_State *L, mb_call *call)
{
    mb_found *found = call->out->data = mb_bind_scratch(L, sizeof *found);
    *found = mb_found_new(L);
}

void mb_found_keep(mb_found *found, mb_strings made)
{
    mb_buffer_release(*found->box);
    *found->box = made.buffer;
    found->count = made.count;
}

mb_status mb_found_give(mb_made *out, mb_status status, mb_strings made)
{
    if (status)
        mb_strings_release(&made);
    else
        mb_found_keep(out->data, made);
    return status;
}

const char *mb_found_first(const mb_found *found)
{
    return found->count ? (*found->box)->data : NULL;
}

void mb_found_push(lua_State *L, const mb_found *found, int64_t first, int64_t step)
{
    const char *text = mb_found_first(found);
    lua_createtable(L, (int)(found->count / step), 0);
    for (int64_t i = 0; i < found->count; i++, text = mb_strings_next(text)) {
        if (i % step != first) continue;
        lua_pushstring(L, text);
        lua_rawseti(L, -2, i / step + 1);
    }
}

int mb_found_push_all(lua_State *L, const mb_call *call)
{
    mb_found_push(L, call->out->data, 0, 1);
    return 1;
}
