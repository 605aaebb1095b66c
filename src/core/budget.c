#include "core/budget.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/settings.h"

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
    mb_settings settings;
    char problem[256]; // of which whoever opens the runtime tells
    (void)mb_settings_read(&settings, problem, sizeof problem);
    double share = settings.memory_share > 0 ? settings.memory_share : 0.8;
    double bytes = settings.memory > 0 ? settings.memory : share * available();
    return (size_t)(bytes / ranks);
}
