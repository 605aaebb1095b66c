#include "core/isa.h"

#include <stdbool.h>

mb_isa mb_isa_best(void)
{
#if defined __x86_64__
    // Of x86-64-v3 and -v4 the features that compilers have names for; processors that have these
    // have the others too.
    __builtin_cpu_init();
    bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
              __builtin_cpu_supports("fma");
    bool v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
    if (v3 && v4) return MB_ISA_AVX512;
    if (v3) return MB_ISA_AVX2;
#endif
    return MB_ISA_BASE;
}

const char *mb_isa_name(mb_isa isa)
{
    static const char *const names[MB_ISAS] = {"base", "avx2", "avx512"};
    return names[isa];
}
