#include "core/budget.h"

#include "core/limits.h"

size_t mb_budget_share(const mb_settings *settings, int ranks)
{
    const double unknown = 1e9, unless_told = 0.8;
    if (settings->memory > 0) return (size_t)(settings->memory / ranks);
    double part = settings->memory_share > 0 ? settings->memory_share : unless_told;
    double machine = mb_limit_of_machine(""), process = mb_limit_of_process("");
    double bytes = part * (machine > 0 ? machine : unknown) / ranks;
    if (process > 0 && part * process < bytes) bytes = part * process;
    return (size_t)bytes;
}
