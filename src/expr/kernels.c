#include "expr/kernels.h"

const mb_kernels *mb_kernels_of(mb_isa isa)
{
#if defined __x86_64__
    if (isa == MB_ISA_AVX512) return &mb_kernels_avx512;
    if (isa == MB_ISA_AVX2) return &mb_kernels_avx2;
#endif
    (void)isa;
    return &mb_kernels_base;
}
