#include "core/limits.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LINE = 2 * PATH_MAX };

static double number_in_file(const char *root, const char *path, const char *format)
{
    char line[2 * LINE];
    double number = 0;
    snprintf(line, sizeof line, "%s%s", root, path);
    FILE *file = fopen(line, "r");
    if (!file) return 0;
    while (number <= 0 && fgets(line, sizeof line, file))
        if (sscanf(line, format, &number) != 1) number = 0;
    fclose(file);
    return number;
}

static void take_smaller(double limit, double *bytes)
{
    if (limit > 0 && (*bytes <= 0 || limit < *bytes)) *bytes = limit;
}

// --- Control groups: see cgroups(7).

// Where a hierarchy of groups is mounted, the group that is seen there, and that of this process.
typedef struct hierarchy {
    bool second; // version 2
    char mount[PATH_MAX], top[PATH_MAX], group[PATH_MAX];
} hierarchy;

// Whether a list "a,b,c" has a name.
static bool lists(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',')) {
        if (*at == ',') at++;
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

// A line of /proc/self/mountinfo: "36 35 98:0 /top /mount options ... - type source options".
static bool take_mount(const char *line, hierarchy *to)
{
    char type[32], options[LINE];
    const char *end = strstr(line, " - ");
    if (!end || sscanf(end, " - %31s %*s %8191s", type, options) != 2) return false;
    if (strcmp(type, to->second ? "cgroup2" : "cgroup") != 0) return false;
    if (!to->second && !lists(options, "memory")) return false;
    return sscanf(line, "%*s %*s %*s %4095s %4095s", to->top, to->mount) == 2;
}

// A line of /proc/self/cgroup: "4:memory:/group", in version 2 "0::/group".
static bool take_group(const char *line, hierarchy *to)
{
    char controllers[LINE] = "";
    const char *first = strchr(line, ':'), *second = first ? strchr(first + 1, ':') : NULL;
    if (!second) return false;
    snprintf(controllers, sizeof controllers, "%.*s", (int)(second - first - 1), first + 1);
    if (to->second ? *controllers != '\0' : !lists(controllers, "memory")) return false;
    snprintf(to->group, sizeof to->group, "%.*s", (int)strcspn(second + 1, "\n"), second + 1);
    return true;
}

static bool find_line(const char *root, const char *path, hierarchy *to,
                      bool (*take)(const char *line, hierarchy *to))
{
    char line[LINE];
    bool found = false;
    snprintf(line, sizeof line, "%s%s", root, path);
    FILE *file = fopen(line, "r");
    if (!file) return false;
    while (!found && fgets(line, sizeof line, file))
        found = take(line, to);
    fclose(file);
    return found;
}

static void take_limits(const char *root, const hierarchy *of, const char *group, double *bytes)
{
    static const char *const first[] = {"memory.limit_in_bytes", NULL};
    static const char *const second[] = {"memory.max", "memory.high", NULL};
    char path[3 * PATH_MAX];
    for (const char *const *file = of->second ? second : first; *file; file++) {
        snprintf(path, sizeof path, "%s%s/%s", of->mount, group, *file);
        take_smaller(number_in_file(root, path, "%lf"), bytes);
    }
}

// The least limit of the group of this process and of those above it, as far up as can be seen: in
// a container the mount may begin at a group below the root.
static void take_hierarchy(const char *root, bool second, double *bytes)
{
    hierarchy of = {.second = second};
    if (!find_line(root, "/proc/self/mountinfo", &of, take_mount)) return;
    if (!find_line(root, "/proc/self/cgroup", &of, take_group)) return;
    char *group = of.group;
    size_t top = strcmp(of.top, "/") == 0 ? 0 : strlen(of.top);
    if (strncmp(group, of.top, top) == 0 && (group[top] == '/' || group[top] == '\0')) group += top;
    for (;;) {
        take_limits(root, &of, strcmp(group, "/") == 0 ? "" : group, bytes);
        char *last = strrchr(group, '/');
        if (!last) return;
        *last = '\0';
    }
}

double mb_limit_of_machine(const char *root)
{
    double bytes = 1024 * number_in_file(root, "/proc/meminfo", "MemAvailable: %lf kB");
    take_hierarchy(root, true, &bytes);
    take_hierarchy(root, false, &bytes);
    return bytes;
}

double mb_limit_of_process(const char *root)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 0;
    double mapped = (double)sysconf(_SC_PAGESIZE) * number_in_file(root, "/proc/self/statm", "%lf");
    double left = (double)limit.rlim_cur - mapped;
    return left > 1 ? left : 1;
}
