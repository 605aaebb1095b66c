#include "core/isa.h"

mb_isa mb_isa_best(void)
{
#if defined __x86_64__
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4")) return MB_ISA_AVX512;
    if (__builtin_cpu_supports("x86-64-v3")) return MB_ISA_AVX2;
#endif
    return MB_ISA_BASE;
}

const char *mb_isa_name(mb_isa isa)
{
    static const char *const names[MB_ISAS] = {"base", "avx2", "avx512"};
    return names[isa];
}
