#include "ops/reduce/kernels.h"

MB_ISA_CHOICE(mb_ops_kernels, mb_ops_kernels, mb_ops_kernels_of);
