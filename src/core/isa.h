// Instruction sets. A file named *.kernel.c is compiled once for each, with MB_ISA_NAME(x) giving
// x_base, x_avx2 or x_avx512; the context says which of them this run uses, the same on all ranks.
#pragma once

typedef enum mb_isa { MB_ISA_BASE, MB_ISA_AVX2, MB_ISA_AVX512, MB_ISAS } mb_isa;

// The best that this processor has.
mb_isa mb_isa_best(void);

// "base", "avx2", "avx512".
const char *mb_isa_name(mb_isa isa);

#define MB_PASTE_(a, b) a##_##b
#define MB_PASTE(a, b)  MB_PASTE_(a, b)
// Defines `const type *name(mb_isa isa)`: the table of kernels of an instruction set, from
// table_base and, where they are built, table_avx2 and table_avx512.
#if defined __x86_64__
#define MB_ISA_TABLES(table) &table##_base, &table##_avx2, &table##_avx512
#else
#define MB_ISA_TABLES(table) &table##_base, &table##_base, &table##_base
#endif
#define MB_ISA_CHOICE(type, table, name)                                                           \
    const type *name(mb_isa isa)                                                                   \
    {                                                                                              \
        static const type *const tables[] = {MB_ISA_TABLES(table)};                                \
        return tables[isa];                                                                        \
    }                                                                                              \
    _Static_assert(MB_ISAS == 3, "a table for each instruction set")

#ifdef MB_ISA_SUFFIX
#define MB_ISA_NAME(x) MB_PASTE(x, MB_ISA_SUFFIX)
#endif
