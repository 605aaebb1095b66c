#include "ops/reduce/reduce_kernels.h"

MB_ISA_CHOICE(mb_reduce_kernels, mb_reduce_kernels, mb_reduce_kernels_of);
