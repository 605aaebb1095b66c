#include "expr/kernels.h"

MB_ISA_CHOICE(mb_kernels, mb_kernels, mb_kernels_of);
