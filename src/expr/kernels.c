#include "expr/kernels.h"

MB_ISA_CHOICE(mb_kernels, mb_kernels, mb_kernels_of);
MB_ISA_CHOICE(mb_operator_kernels, mb_operator_kernels, mb_operator_kernels_of);
MB_ISA_CHOICE(mb_math_kernels, mb_math_kernels, mb_math_kernels_of);
MB_ISA_CHOICE(mb_time_kernels, mb_time_kernels, mb_time_kernels_of);
