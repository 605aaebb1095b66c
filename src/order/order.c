#include "order/order.h"

MB_ISA_CHOICE(mb_order_kernels, mb_order_kernels, mb_order_kernels_of);
