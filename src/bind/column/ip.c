// Columns of addresses in scripts.

#include "bind/column/ip.h"

#include <string.h>

#include "bind/column/box.h"
#include "core/hash.h"
#include "expr/scalar.h"
#include "ops/address/convert.h"
#include "ops/address/network.h"

// Rows of mb_ip_operations that are run from here.
enum { OF_TEXT, OF_NUMBERS, NUMBERS, AFTER, BEFORE, HASH_WORDS };

// --- Casts.

// "raise", "missing", or an address for rows that are none.
static void read_unread(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    mb_string string = {NULL, 0};
    mb_ip_unread *how = given->data = mb_bind_scratch(L, sizeof *how);
    *how = (mb_ip_unread){.what = mb_bind_read_unread(L, index)};
    if (lua_type(L, index) == LUA_TSTRING) string.bytes = lua_tolstring(L, index, &string.length);
    if (how->what == MB_UNREAD_VALUE &&
        (!string.bytes || !mb_address_parse(string, &how->otherwise)))
        mb_bind_refuse(L, call, argument, "'raise', 'missing' or an ip address", index);
    given->value.u = mb_hash_bytes((uint64_t)how->what, &how->otherwise, sizeof how->otherwise);
}

static mb_ip_unread unread_of(const mb_given *given)
{
    return given->given ? *(const mb_ip_unread *)given->data
                        : (mb_ip_unread){.what = MB_UNREAD_FAILS};
}

static mb_status run_of_text(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_ip_of_text(cx, in[0].column, unread_of(&in[2]), &out->column);
}

static mb_status run_of_numbers(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_ip_of_numbers(cx, in[0].column, unread_of(&in[2]), &out->column);
}

static mb_status run_numbers(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_ip_numbers(cx, in[0].column, in[1].type, (mb_text_unread)in[2].value.u, (mb_value){0},
                         &out->column);
}

const mb_operation *mb_bind_ip_cast(lua_State *L, const mb_type *from, const mb_type *to)
{
    bool integers = mb_kind_is_integer(from->kind) && mb_type_is_plain(from);
    if (mb_type_is_ip(from) == mb_type_is_ip(to)) return NULL;
    if (from->script == MB_SCRIPT_STRING) return &mb_ip_operations[OF_TEXT];
    if (to->script == MB_SCRIPT_STRING) return NULL;
    if (mb_type_is_ip(to) && integers) return &mb_ip_operations[OF_NUMBERS];
    if (to == &mb_type_int || to == &mb_type_uint) return &mb_ip_operations[NUMBERS];
    mb_bind_error(L, "as: %s columns do not become %s; cast by :as(\"int\") first", from->name,
                  to->name);
    return NULL;
}

// --- Steps.

// An integer, or a column of them.
static void read_by(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    mb_value value = {0};
    mb_kind kind = MB_BOOL;
    given->column = mb_bind_to_column(L, index);
    const mb_type *type = given->column ? given->column->type : NULL;
    if (type && mb_type_is_plain(type) && mb_kind_is_integer(type->kind)) return;
    bool whole = !type && mb_bind_read_number(L, index, &kind, &value) &&
                 mb_scalar_convert(MB_INT, kind, &value);
    if (!whole) mb_bind_refuse(L, call, argument, "integer or column of them", index);
    given->value = value;
}

static mb_status run_step(mb_context *cx, const mb_given *in, mb_made *out)
{
    bool before = in[2].value.b;
    int64_t by = in[1].value.i;
    if (in[1].column)
        return mb_ip_step_rows(cx, in[0].column, before ? MB_SUB : MB_ADD, in[1].column,
                               &out->column);
    if (before && by == INT64_MIN)
        return mb_fail(cx, MB_EINVALID, "- takes no number below -9223372036854775807 here");
    return mb_ip_step(cx, in[0].column, before ? -by : by, &out->column);
}

static bool is_ip(lua_State *L, int index)
{
    const mb_column *column = mb_bind_to_column(L, index);
    return column && mb_type_is_ip(column->type);
}

const mb_operation *mb_bind_ip_step(lua_State *L, mb_operator op)
{
    if (op != MB_ADD && op != MB_SUB) return NULL;
    if (is_ip(L, 1) == is_ip(L, 2) || (op == MB_SUB && is_ip(L, 2))) return NULL;
    if (is_ip(L, 2)) lua_rotate(L, 1, 1);
    lua_settop(L, 2);
    return &mb_ip_operations[op == MB_ADD ? AFTER : BEFORE];
}

// --- Hashes.

MB_BODY(run_words, mb_ip_words(cx, in[0].column, &out->column))

void mb_bind_push_ip_words(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    mb_bind_push_operation(L, &mb_ip_operations[HASH_WORDS], NULL);
    lua_pushvalue(L, index);
    lua_call(L, 1, 1);
}

// --- Blocks.

static mb_network read_network(lua_State *L, const mb_call *call, int argument, int index)
{
    char block[MB_ADDRESS_SIZE];
    mb_network network;
    mb_string text;
    if (lua_type(L, index) != LUA_TSTRING)
        mb_bind_refuse(L, call, argument, "block of addresses, or list of them", index);
    text.bytes = lua_tolstring(L, index, &text.length);
    mb_network_text how = mb_network_parse(text, &network);
    if (how == MB_NETWORK_MALFORMED)
        mb_bind_error(L, "%s: '%s' is no block of addresses (as '10.0.0.0/8' or '2001:db8::/32')",
                      call->name, text.bytes);
    mb_network_format(&network, block);
    if (how == MB_NETWORK_BEYOND)
        mb_bind_error(L, "%s: '%s' has bits past its prefix; the block is '%s'", call->name,
                      text.bytes, block);
    return network;
}

static void read_networks(lua_State *L, const mb_call *call, int argument, int index,
                          mb_given *given)
{
    bool list = lua_istable(L, index);
    given->n = list ? luaL_len(L, index) : 1;
    mb_network *networks = given->data =
        mb_bind_scratch(L, (size_t)(given->n ? given->n : 1) * sizeof *networks);
    for (int64_t i = 0; i < given->n; i++) {
        if (list)
            lua_geti(L, index, i + 1);
        else
            lua_pushvalue(L, index);
        networks[i] = read_network(L, call, argument, lua_gettop(L));
        given->value.u =
            mb_hash_bytes(given->value.u, &networks[i].first, sizeof networks[i].first);
        given->value.u = mb_hash_word(given->value.u, (uint64_t)networks[i].prefix);
        lua_pop(L, 1);
    }
}

static mb_status run_in_network(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_ip_in(cx, in[0].column, in[1].data, in[1].n, false, &out->column);
}

static mb_status run_use(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_network networks[MB_MOST_NETWORKS];
    bool others;
    int n = mb_address_blocks((mb_address_use)in[1].value.i, networks, &others);
    return mb_ip_in(cx, in[0].column, networks, n, others, &out->column);
}

static void check_prefixes(lua_State *L, mb_call *call)
{
    static const int most[] = {32, 128};
    for (int i = 0; i < 2; i++)
        if (call->in[1 + i].value.i > most[i])
            mb_bind_error(L, "network: a prefix of version %d has at most %d bits, not %I",
                          i ? 6 : 4, most[i], (lua_Integer)call->in[1 + i].value.i);
}

MB_BODY(run_network,
        mb_ip_mask(cx, in[0].column, (int)in[1].value.i, (int)in[2].value.i, &out->column))

MB_BODY(run_version, mb_ip_version(cx, in[0].column, &out->column))

MB_BODY(run_lookup, mb_ip_lookup(cx, in[0].column, in[1].column, in[2].column, &out->column))

#define MB_ADDRESSES(text) MB_COLUMN(text, .type = &mb_type_ip)

#define CAST(function, body, takes, ...)                                                           \
    MB_OPERATION("as", function, body, MB_TAKES(takes, MB_ARGUMENT(TYPE, "type"), __VA_ARGS__),    \
                 MB_GIVES(MB_A_COLUMN))

#define STEP(text, function, before)                                                               \
    MB_OPERATION(text, function, run_step,                                                         \
                 MB_TAKES(MB_ADDRESSES("column"), MB_OTHER("by", read_by), MB_FIXED(before)),      \
                 MB_GIVES(MB_A_COLUMN))

#define USE(text, use)                                                                             \
    MB_OPERATION(text, NULL, run_use, MB_TAKES(MB_ADDRESSES("column"), MB_FIXED(use)),             \
                 MB_GIVES(MB_A_COLUMN))

// core.ip_of_text(c, "ip", options), ip_of_numbers, and ip_numbers(c, type, options): what c:as
// does where one side is addresses. core.ip_after(c, n), ip_before: c + n and c - n.
// core.ip_words(c): what hashes of addresses are made of.
const mb_operation mb_ip_operations[] = {
    [OF_TEXT] = CAST("ip_of_text", run_of_text, MB_COLUMN("column", .type = &mb_type_text),
                     MB_OPTION(OTHER, "errors", .read = read_unread)),
    [OF_NUMBERS] = CAST("ip_of_numbers", run_of_numbers, MB_NUMBERS("column"),
                        MB_OPTION(OTHER, "errors", .read = read_unread)),
    [NUMBERS] = CAST("ip_numbers", run_numbers, MB_ADDRESSES("column"),
                     MB_OPTION(OTHER, "errors", .read = mb_bind_read_missing)),
    [AFTER] = STEP("+", "ip_after", 0),
    [BEFORE] = STEP("-", "ip_before", 1),
    [HASH_WORDS] = MB_OPERATION("hash", "ip_words", run_words, MB_TAKES(MB_ADDRESSES("column")),
                                MB_GIVES(MB_A_COLUMN)),
    MB_OPERATION("in_network", NULL, run_in_network,
                 MB_TAKES(MB_ADDRESSES("column"), MB_OTHER("networks", read_networks)),
                 MB_GIVES(MB_A_COLUMN)),
    MB_OPERATION("network", NULL, run_network,
                 MB_TAKES(MB_ADDRESSES("column"), MB_COUNT("prefix"),
                          MB_OPTION(INTEGER, "v6", .unless_given = {.i = 64})),
                 MB_GIVES(MB_A_COLUMN), .prepare = check_prefixes),
    MB_OPERATION("version", NULL, run_version, MB_TAKES(MB_ADDRESSES("column")),
                 MB_GIVES(MB_A_COLUMN)),
    USE("is_private", MB_ADDRESS_PRIVATE),
    USE("is_global", MB_ADDRESS_GLOBAL),
    USE("is_multicast", MB_ADDRESS_MULTICAST),
    USE("is_loopback", MB_ADDRESS_LOOPBACK),
    USE("is_link_local", MB_ADDRESS_LINK_LOCAL),
    MB_OPERATION("lookup_network", NULL, run_lookup,
                 MB_TAKES(MB_COLUMN("networks", .type = &mb_type_text),
                          MB_COLUMN("values", .as_long = 1), MB_ADDRESSES("column")),
                 MB_GIVES(MB_A_COLUMN), .moves = true),
    {0}};
