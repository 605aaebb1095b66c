#include "core/budget.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double number_in_file(const char *path, const char *format)
{
    FILE *file = fopen(path, "r");
    char line[256];
    double number = 0;
    if (!file) return 0;
    while (number <= 0 && fgets(line, sizeof line, file))
        if (sscanf(line, format, &number) != 1) number = 0;
    fclose(file);
    return number;
}

static double from_environment(void)
{
    const char *text = getenv("MOONBEAR_MEMORY");
    char *end;
    if (!text) return 0;
    double bytes = strtod(text, &end);
    const char *units = "KMGT", *unit = *end ? strchr(units, *end & ~0x20) : NULL;
    for (long i = unit ? unit - units : -1; i >= 0; i--)
        bytes *= 1024;
    return bytes;
}

static double available(void)
{
    double bytes = 1024 * number_in_file("/proc/meminfo", "MemAvailable: %lf kB");
    const char *limits[] = {"/sys/fs/cgroup/memory.max",
                            "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        double limit = number_in_file(limits[i], "%lf");
        if (limit > 0 && (bytes <= 0 || limit < bytes)) bytes = limit;
    }
    return bytes > 0 ? bytes : 1e9;
}

size_t mb_budget_share(int ranks)
{
    double bytes = from_environment();
    if (bytes <= 0) bytes = 0.8 * available();
    return (size_t)(bytes / ranks);
}
