// The layouts that programs were compiled with: what is here stays for as long as SONAME does, as
// the names in moonbear.map do. Structures of Arrow are those of its standard.

#include <stddef.h>

#include "moonbear.h"
#include "moonbear_kernel.h"

#define AT(type, member, offset)                                                                   \
    _Static_assert(offsetof(type, member) == (offset), #type "." #member " has another place")
#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " has another size")

#if __SIZEOF_POINTER__ == 8

SIZE(mb_reference, 8);

SIZE(mb_variant, 24);
AT(mb_variant, kind, 0);
AT(mb_variant, size, 8);
AT(mb_variant, as, 16);

SIZE(mb_array, 72);
AT(mb_array, type, 0);
AT(mb_array, rows, 8);
AT(mb_array, values, 16);
AT(mb_array, stride, 24);
AT(mb_array, validity, 32);
AT(mb_array, bytes, 40);
AT(mb_array, range, 48);
AT(mb_array, release, 56);
AT(mb_array, data, 64);

SIZE(mb_view, 72);
AT(mb_view, type, 0);
AT(mb_view, rows, 8);
AT(mb_view, first, 16);
AT(mb_view, total, 24);
AT(mb_view, values, 32);
AT(mb_view, width, 40);
AT(mb_view, is_signed, 44);
AT(mb_view, base, 48);
AT(mb_view, validity, 56);
AT(mb_view, missing, 64);

SIZE(struct ArrowSchema, 72);
SIZE(struct ArrowArray, 80);

SIZE(mb_kernel_block, 368);
AT(mb_kernel_block, n, 0);
AT(mb_kernel_block, row, 8);
AT(mb_kernel_block, in, 16);
AT(mb_kernel_block, in_valid, 48);
AT(mb_kernel_block, valid, 80);
AT(mb_kernel_block, out, 88);
AT(mb_kernel_block, out_valid, 96);
AT(mb_kernel_block, failed, 104);
AT(mb_kernel_block, message, 112);

SIZE(mb_kernel_definition, 80);
AT(mb_kernel_definition, name, 0);
AT(mb_kernel_definition, signature, 8);
AT(mb_kernel_definition, help, 16);
AT(mb_kernel_definition, apply, 24);
AT(mb_kernel_definition, state_size, 32);
AT(mb_kernel_definition, init, 40);
AT(mb_kernel_definition, fold, 48);
AT(mb_kernel_definition, merge, 56);
AT(mb_kernel_definition, finish, 64);
AT(mb_kernel_definition, data, 72);

SIZE(mb_kernel_registry, 16);
AT(mb_kernel_registry, add, 8);

#endif

// Numbers that programs pass and compare.
_Static_assert(MB_FAILURE == 1 && MB_REFUSED == 2 && MB_SIGNALLED == 128 && MB_INTERRUPTED == 130,
               "a status has another number");
_Static_assert(MB_IS_NIL == 0 && MB_IS_COLUMN == 5 && MB_IS_OTHER == 7,
               "a kind has another number");
_Static_assert(MB_INT8_ARRAY == 0 && MB_UINT8_ARRAY == 4 && MB_FLOAT_ARRAY == 8 &&
                   MB_BOOL_ARRAY == 10 && MB_TEXT_ARRAY == 12,
               "a type of arrays has another number");
