#include "core/settings.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/spill.h"

extern char **environ;

static const char prefix[] = "MOONBEAR_";

// Reads digits, which may have a point among them, and moves on; false when there are none. strtod
// would take the locale's point, and words and signs that are no numbers here.
static bool read_number(const char **text, double *number)
{
    const char *at = *text;
    double unit = 1, value = 0;
    bool fraction = false;
    for (; isdigit((unsigned char)*at) || (*at == '.' && !fraction); at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        value = 10 * value + (*at - '0');
        if (fraction) unit *= 10;
    }
    bool found = at - *text > fraction;
    *text = at;
    *number = value / unit;
    return found;
}

static bool read_seconds(const char *text, double least, double *seconds)
{
    double value;
    if (!read_number(&text, &value) || *text || value < least || value > 1e9) return false;
    *seconds = value;
    return true;
}

// Moves on behind a unit: K, M, G or T of 1,024, with or without B or iB behind it; false for
// another. Large letters and small ones are the same.
static bool read_unit(const char **text, double *factor)
{
    static const char units[] = "kmgt";
    const char *at = *text, *unit = *at ? strchr(units, tolower((unsigned char)*at)) : NULL;
    *factor = 1;
    if (unit) {
        for (const char *u = units; u <= unit; u++)
            *factor *= 1024;
        at++;
        if (tolower((unsigned char)at[0]) == 'i' && tolower((unsigned char)at[1]) == 'b') at++;
    }
    if (tolower((unsigned char)*at) == 'b') at++;
    *text = at;
    return !*at;
}

static bool read_memory(const char *text, mb_settings *settings)
{
    const double least = 1 << 20, most = 1e18;
    double value, factor;
    if (!read_number(&text, &value)) return false;
    if (strcmp(text, "%") == 0) {
        if (value <= 0 || value > 100) return false;
        settings->memory_share = value / 100;
        return true;
    }
    while (*text == ' ')
        text++;
    if (!read_unit(&text, &factor) || value * factor < least || value * factor > most) return false;
    settings->memory = value * factor;
    return true;
}

static bool memory(const char *text, mb_settings *settings)
{
    return read_memory(text, settings);
}

static bool wait(const char *text, mb_settings *settings)
{
    return read_seconds(text, 1e-3, &settings->wait);
}

static bool deadline(const char *text, mb_settings *settings)
{
    return read_seconds(text, 0, &settings->deadline);
}

static bool isa(const char *text, mb_settings *settings)
{
    for (int i = 0; i < MB_ISAS; i++) {
        if (strcmp(text, mb_isa_name((mb_isa)i)) != 0) continue;
        if (i < (int)settings->isa) settings->isa = (mb_isa)i;
        return true;
    }
    return false;
}

static bool node_size(const char *text, mb_settings *settings)
{
    double value;
    if (!read_number(&text, &value) || *text || value < 1 || value > INT_MAX) return false;
    settings->node_size = (int)value;
    return settings->node_size == value;
}

static bool tmpdir(const char *text, mb_settings *settings)
{
    if (!mb_spill_folder(text)) return false;
    settings->tmpdir = text;
    return true;
}

// What is a path is right or wrong when it is opened: see io/duck/api.h.
static bool path(const char *text, mb_settings *settings)
{
    (void)text;
    (void)settings;
    return true;
}

// Those with no function are read by other programs of ours.
static const struct {
    const char *name, *written;
    bool (*read)(const char *text, mb_settings *settings);
} variables[] = {
    {"MEMORY", "as 8G, 500 MB or 50%, and at least 1M", memory},
    {"TMPDIR", "as the path of a folder on a disk, not in memory, that can be written to", tmpdir},
    {"WAIT", "in seconds, as 30 or 0.5", wait},
    {"DEADLINE", "in seconds, as 300; 0 is never", deadline},
    {"ISA", "base, avx2 or avx512", isa},
    {"NODE_SIZE", "as a number of ranks, as 2", node_size},
    {"DUCKDB", "as the path of libduckdb.so", path},
    {"CORPUS", NULL, NULL},
    {"RANKS", NULL, NULL},
    {"SESSION", NULL, NULL},
    {"CORPUS", NULL, NULL}, // of tests
    {"SSH", NULL, NULL},
    {"REPORT_FD", NULL, NULL},
    {"INPUT_FD", NULL, NULL},
    {"SESSION_FDS", NULL, NULL},
    {"TERMINAL_FD", NULL, NULL},
};

enum { VARIABLES = sizeof variables / sizeof variables[0] };

// The variable of an entry of the environment, NAME=value; VARIABLES if there is none.
static size_t find_variable(const char *entry)
{
    size_t i = 0, length = strcspn(entry, "=");
    while (i < VARIABLES &&
           (strlen(variables[i].name) != length || strncmp(variables[i].name, entry, length) != 0))
        i++;
    return i;
}

static void list_variables(char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < VARIABLES && variables[i].read && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s%s", i ? ", " : "", prefix,
                                 variables[i].name);
}

// Reads one entry of the environment that begins with the prefix, of which `entry` is the rest.
static bool read_variable(mb_settings *settings, const char *entry, char *problem, size_t size)
{
    size_t i = find_variable(entry);
    const char *value = strchr(entry, '=') + 1;
    if (i == VARIABLES) {
        char known[256];
        list_variables(known, sizeof known);
        snprintf(problem, size, "%s%.*s is no setting of moonbear; there are %s", prefix,
                 (int)(value - 1 - entry), entry, known);
        return false;
    }
    if (!*value || !variables[i].read || variables[i].read(value, settings)) return true;
    snprintf(problem, size, "%s%s is '%.80s'; it is written %s", prefix, variables[i].name, value,
             variables[i].written);
    return false;
}

bool mb_settings_read(mb_settings *settings, char *problem, size_t size)
{
    const size_t length = sizeof prefix - 1;
    bool right = true;
    *settings = (mb_settings){.wait = 30, .isa = mb_isa_best()};
    for (char **entry = environ; entry && *entry; entry++) {
        bool ours = strncmp(*entry, prefix, length) == 0 && strchr(*entry, '=');
        if (!ours || strncmp(*entry + length, "TEST_", 5) == 0) continue;
        right &= read_variable(settings, *entry + length, problem, size);
    }
    return right;
}
