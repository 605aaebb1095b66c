#include "cli/edit.h"

#include <errno.h>
#include <histedit.h>
#include <lauxlib.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

enum { REMEMBERED = 10000, FUNCTIONS = 1, COMPLETE = 1, WAIT, HISTORY_PATH };

static const char type_name[] = "moonbear.edit";

typedef struct editor {
    EditLine *line;
    History *history;
    lua_State *L;  // that is inside editor:line
    int functions; // index there of the table of the functions
    int input;     // what is read, without blocking
    char prompt[64];
    struct termios editing; // how the terminal is set while a line is edited
    bool is_set;
    bool interrupted, ended, again; // again: the candidates have been asked for at this place
} editor;

static editor *check_editor(lua_State *L)
{
    editor *e = luaL_checkudata(L, 1, type_name);
    if (!e->line) luaL_error(L, "the editor is closed");
    return e;
}

static char *prompt_of(EditLine *line)
{
    editor *e;
    el_get(line, EL_CLIENTDATA, &e);
    return e->prompt;
}

// Calls wait(); what it says.
static int wait_for_input(editor *e)
{
    static const char *const events[] = {"key", "interrupt", "resize", "ended", "resume", NULL};
    lua_State *L = e->L;
    lua_rawgeti(L, e->functions, WAIT);
    lua_call(L, 0, 1);
    int event = luaL_checkoption(L, -1, NULL, events);
    lua_pop(L, 1);
    return event;
}

// After Ctrl-Z the shell has set the terminal for itself: it is set for editing again.
static void resume(editor *e)
{
    if (e->is_set) tcsetattr(e->input, TCSADRAIN, &e->editing);
    el_set(e->line, EL_REFRESH);
}

// The next character of the terminal, by libedit's protocol: 1, or 0 to end the line.
static int get_character(EditLine *line, wchar_t *character)
{
    editor *e;
    mbstate_t state = {0};
    el_get(line, EL_CLIENTDATA, &e);
    e->is_set = tcgetattr(e->input, &e->editing) == 0;
    for (;;) {
        int event = wait_for_input(e);
        if (event == 2) el_resize(line);
        if (event == 4) resume(e);
        e->interrupted = event == 1;
        e->ended = event == 3;
        if (e->interrupted || e->ended) return 0;
        if (event != 0) continue;
        char byte;
        ssize_t n = read(e->input, &byte, 1);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue; // Ctrl-C discards what was typed
        if (n <= 0) {
            e->ended = true;
            return 0;
        }
        // An end of input that was typed before the terminal was set for editing arrives as NUL.
        if (byte == '\0') byte = '\004';
        size_t length = mbrtowc(character, &byte, 1, &state);
        if (length == (size_t)-1) memset(&state, 0, sizeof state);
        if (length <= 1) return 1;
    }
}

static size_t common_length(lua_State *L, int list, lua_Integer n)
{
    size_t length = 0;
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, list, 1);
        lua_rawgeti(L, list, i);
        const char *first = luaL_checkstring(L, -2), *other = luaL_checkstring(L, -1);
        size_t same = 0;
        while (first[same] && first[same] == other[same])
            same++;
        if (i == 1 || same < length) length = same;
        lua_pop(L, 2);
    }
    return length;
}

unsigned edit_width(int terminal)
{
    struct winsize size;
    return ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static unsigned terminal_height(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row : 24;
}

// The candidates in columns below the line.
static void list_candidates(lua_State *L, int list, lua_Integer n)
{
    enum { MOST = 200 };
    size_t widest = 0;
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, list, i);
        size_t length = strlen(luaL_checkstring(L, -1));
        if (length > widest) widest = length;
        lua_pop(L, 1);
    }
    lua_Integer columns = edit_width(STDOUT_FILENO) / (unsigned)(widest + 2);
    fputc('\n', stdout);
    for (lua_Integer i = 1; i <= n && i <= MOST; i++) {
        lua_rawgeti(L, list, i);
        bool last = columns < 2 || i % columns == 0 || i == n;
        printf("%-*s%s", last ? 0 : (int)widest + 2, lua_tostring(L, -1), last ? "\n" : "");
        lua_pop(L, 1);
    }
    if (n > MOST) printf("... and %d more\n", (int)(n - MOST));
    fflush(stdout);
}

// Replaces what stands before the cursor by what the candidates have in common.
static void replace(EditLine *line, lua_State *L, int list, lua_Integer n, int replaced)
{
    char text[1024];
    size_t length = common_length(L, list, n);
    lua_rawgeti(L, list, 1);
    snprintf(text, sizeof text, "%.*s", (int)length, lua_tostring(L, -1));
    lua_pop(L, 1);
    el_deletestr(line, replaced);
    el_insertstr(line, text);
}

static unsigned char complete(EditLine *line, int unused)
{
    (void)unused;
    editor *e;
    el_get(line, EL_CLIENTDATA, &e);
    lua_State *L = e->L;
    const LineInfo *info = el_line(line);
    int top = lua_gettop(L);
    lua_rawgeti(L, e->functions, COMPLETE);
    lua_pushlstring(L, info->buffer, (size_t)(info->lastchar - info->buffer));
    lua_pushinteger(L, info->cursor - info->buffer);
    lua_call(L, 2, 2);
    int list = top + 1;
    lua_Integer n = luaL_len(L, list);
    int replaced = (int)lua_tointeger(L, -1);
    unsigned char result = CC_ERROR;
    if (n > 0) {
        bool longer = common_length(L, list, n) > (size_t)replaced;
        if (n == 1 || longer) replace(line, L, list, n, replaced);
        result = CC_REFRESH;
        if (n > 1 && !longer) {
            list_candidates(L, list, n);
            result = CC_REDISPLAY;
        }
    }
    lua_settop(L, top);
    return result;
}

static int next_line(lua_State *L)
{
    editor *e = check_editor(L);
    snprintf(e->prompt, sizeof e->prompt, "%s", luaL_checkstring(L, 2));
    lua_settop(L, 2);
    lua_getiuservalue(L, 1, FUNCTIONS);
    e->L = L;
    e->functions = lua_gettop(L);
    e->interrupted = e->ended = false;
    int length = 0;
    const char *text = el_gets(e->line, &length);
    e->L = NULL;
    if (e->interrupted) {
        fputs("^C\n", stdout);
        el_reset(e->line);
        lua_pushboolean(L, false);
        return 1;
    }
    if (!text || length <= 0 || e->ended) return 0;
    if (text[length - 1] == '\n') length--;
    lua_pushlstring(L, text, (size_t)length);
    return 1;
}

static int remember(lua_State *L)
{
    editor *e = check_editor(L);
    HistEvent event;
    history(e->history, &event, H_ENTER, luaL_checkstring(L, 2));
    return 0;
}

static int width(lua_State *L)
{
    lua_pushinteger(L, edit_width(STDOUT_FILENO));
    return 1;
}

static int width_of(lua_State *L)
{
    lua_pushinteger(L, edit_width((int)luaL_checkinteger(L, 1)));
    return 1;
}

static int height(lua_State *L)
{
    lua_pushinteger(L, terminal_height());
    return 1;
}

static int close_editor(lua_State *L)
{
    editor *e = luaL_checkudata(L, 1, type_name);
    HistEvent event;
    if (!e->line) return 0;
    lua_getiuservalue(L, 1, FUNCTIONS);
    lua_rawgeti(L, -1, HISTORY_PATH);
    const char *path = lua_tostring(L, -1);
    if (path) history(e->history, &event, H_SAVE, path);
    el_end(e->line);
    history_end(e->history);
    e->line = NULL;
    return 0;
}

static void open_line(editor *e, const char *path)
{
    HistEvent event;
    history(e->history, &event, H_SETSIZE, REMEMBERED);
    history(e->history, &event, H_SETUNIQUE, 1);
    if (path) history(e->history, &event, H_LOAD, path);
    el_set(e->line, EL_CLIENTDATA, e);
    el_set(e->line, EL_PROMPT, prompt_of);
    el_set(e->line, EL_EDITOR, "emacs");
    el_set(e->line, EL_SIGNAL, 0);
    el_set(e->line, EL_HIST, history, e->history);
    el_set(e->line, EL_ADDFN, "moonbear-complete", "Complete what stands before the cursor",
           complete);
    el_set(e->line, EL_BIND, "\t", "moonbear-complete", NULL);
    el_set(e->line, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(e->line, EL_GETCFN, get_character);
    el_source(e->line, NULL);
}

static int open_editor(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    editor *e = lua_newuserdatauv(L, sizeof *e, FUNCTIONS);
    memset(e, 0, sizeof *e);
    luaL_setmetatable(L, type_name);
    lua_createtable(L, 3, 0);
    lua_getfield(L, 1, "complete");
    lua_rawseti(L, -2, COMPLETE);
    lua_getfield(L, 1, "wait");
    lua_rawseti(L, -2, WAIT);
    lua_getfield(L, 1, "history");
    const char *path = lua_tostring(L, -1);
    lua_rawseti(L, -2, HISTORY_PATH);
    lua_setiuservalue(L, 2, FUNCTIONS);
    lua_getfield(L, 1, "input");
    e->input = (int)luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    setlocale(LC_CTYPE, "");
    e->history = history_init();
    if (!e->history) return luaL_error(L, "no memory for the history");
    e->line = el_init("moonbear", stdin, stdout, stderr);
    if (!e->line) {
        history_end(e->history);
        return luaL_error(L, "this terminal cannot edit lines");
    }
    open_line(e, path);
    return 1;
}

int edit_open_module(lua_State *L)
{
    static const luaL_Reg functions[] = {{"open", open_editor}, {"width", width_of}, {NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"line", next_line},     {"remember", remember}, {"width", width}, {"height", height},
        {"close", close_editor}, {"__gc", close_editor}, {NULL, NULL}};
    luaL_newmetatable(L, type_name);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    luaL_newlib(L, functions);
    return 1;
}
