#include "ops/sort/sort_kernels.h"

MB_ISA_CHOICE(mb_sort_kernels, mb_sort_kernels, mb_sort_kernels_of);
