// The public interface, as a program in C uses it.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"

static const char prelude[] = "mb = require 'moonbear' c = mb.column{1, 2, 3}";

// What one chunk did wrong is not held against the next.
static void chunks(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(prelude);
    CHECK_INT(mb_runtime_string(runtime, "assert(c:sum() == 6)", "=good"), 0);
    CHECK_INT(mb_runtime_string(runtime, "error('of all ranks', 0)", "=bad"), 1);
    CHECK_INT(mb_runtime_string(runtime, "assert(c:sum() == 6)", "=good"), 0);
    const char *parts = "pcall(function() if mb.rank() == 0 then c:sum() else c:max() end end)";
    CHECK_INT(mb_runtime_string(runtime, parts, "=parts"), nranks() > 1);
    CHECK_INT(mb_runtime_string(runtime, "assert(c:sum() == 6)", "=good"), 0);
    mb_runtime_interrupt(runtime);
    CHECK_INT(mb_runtime_string(runtime, "while true do c:sum() end", "=stopped"), 130);
    CHECK_INT(mb_runtime_string(runtime, "assert(c:sum() == 6)", "=good"), 0);
    CHECK_INT(mb_runtime_string(runtime, "a syntax error", "=wrong"), 1);
    CHECK_INT(mb_runtime_file(runtime, "/no/such/file"), 1);
    CHECK_INT(mb_runtime_string(runtime, "assert(c:sum() == 6)", "=good"), 0);
    mb_runtime_close(runtime);
}

// A text that is larger than what Lua may have beside any budget, and takes hardly any memory: one
// part, mapped many times.
enum { PART = 1 << 20, PARTS = 320 };

static char *map_large_text(void)
{
    size_t size = (size_t)PART * PARTS;
    int file = memfd_create("text", 0);
    if (file < 0 || ftruncate(file, PART) != 0) return NULL;
    // What lies behind the parts stays 0: the text's end.
    char *text = mmap(NULL, size + PART, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool mapped = text != MAP_FAILED;
    for (int i = 0; i < PARTS && mapped; i++)
        mapped = mmap(text + (size_t)i * PART, PART, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                      file, 0) != MAP_FAILED;
    close(file);
    if (mapped) memset(text, ' ', PART);
    return mapped ? text : NULL;
}

// Lua runs out of memory in each of them, outside of what a script has protected.
static void little_memory(mb_context *unused)
{
    (void)unused;
    setenv("MOONBEAR_MEMORY", "24M", 1);
    mb_runtime *runtime = open_runtime(prelude);
    unsetenv("MOONBEAR_MEMORY");
    char *large = map_large_text(), *words[] = {"program", large};
    if (!CHECK(large != NULL)) return;
    CHECK_INT(mb_runtime_arguments(runtime, 2, words, 0), 1);
    CHECK_INT(mb_runtime_arguments(runtime, 1, words, 0), 0);
    CHECK_INT(mb_runtime_string(runtime, prelude, large), 1);
    CHECK_INT(mb_runtime_file(runtime, large), 1);
    CHECK_INT(mb_runtime_string(runtime, "assert(c:sum() == 6 and #arg == 0)", "=good"), 0);
    munmap(large, (size_t)PART * (PARTS + 1));
    mb_runtime_close(runtime);
}

// A table named arg that is not as ours raises, where the script can be told.
static void strange_arguments(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(prelude);
    const char *text = "arg = setmetatable({}, {__len = function() error('no length', 0) end})";
    CHECK_INT(mb_runtime_string(runtime, text, "=arg"), 0);
    CHECK_INT(mb_runtime_file(runtime, "/dev/null"), 1);
    text = "setmetatable(_G, {__index = function(_, name) error(name) end}) arg = nil";
    CHECK_INT(mb_runtime_string(runtime, text, "=index"), 0);
    CHECK_INT(mb_runtime_file(runtime, "/dev/null"), 1);
    mb_runtime_close(runtime);
}

// The ranks wait past the deadline for the last one, which must not get a signal that it does not
// catch; it is interrupted at its next operation.
static void late_rank(mb_context *unused)
{
    (void)unused;
    setenv("MOONBEAR_DEADLINE", "2", 1);
    mb_runtime *runtime = open_runtime(prelude);
    unsetenv("MOONBEAR_DEADLINE");
    // The sum brings the ranks together: on a busy machine one may begin seconds after another.
    const char *text = "c:sum() local now = mb.core.now() "
                       "while mb.rank() == mb.size() - 1 and mb.core.now() < now + 3 do end "
                       "while true do c:sum() end";
    if (nranks() > 1) CHECK_INT(mb_runtime_string(runtime, text, "=late"), 130);
    CHECK_INT(mb_runtime_string(runtime, "assert(c:sum() == 6)", "=good"), 0);
    mb_runtime_close(runtime);
}

const check_test check_tests[] = {
    {"runtime: each chunk begins anew", chunks},
    {"runtime: little memory", little_memory},
    {"runtime: strange arguments", strange_arguments},
    {"runtime: a late rank without a signal handler", late_rank},
    {0},
};
