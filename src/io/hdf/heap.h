// Global heaps of HDF5 files: where strings of variable length are.
#pragma once

#include "types/dictionary.h"

enum { MB_HDF_COLLECTIONS = 16 };

// The objects of a collection, which lie side by side in the file.
typedef struct mb_hdf_collection {
    uint64_t address; // 0: none
    uint64_t size;
    mb_buffer *bytes;
    mb_buffer *places; // where each object begins, by its number; 0: there is none
    uint64_t nplaces;
} mb_hdf_collection;

// The heaps of an open file, and the collections read last. Starts as all zeros.
typedef struct mb_hdf_heap {
    mb_context *cx;
    int descriptor;
    int64_t base, end; // where addresses count from, and how far they go
    mb_hdf_collection collections[MB_HDF_COLLECTIONS];
} mb_hdf_heap;

enum { MB_HDF_REFERENCE = 16 }; // bytes of a row that refers to a string

// For a file whose addresses and lengths have 8 bytes, and count from `base`. Memory: what 16
// collections take of HDF5's usual size, and the largest one. Not collective, like all here.
void mb_hdf_heap_open(mb_hdf_heap *heap, mb_context *cx, int descriptor, int64_t base);
void mb_hdf_heap_close(mb_hdf_heap *heap);

// Whether the string that a row refers to is in memory: to find another drives out what was found.
bool mb_hdf_heap_has(const mb_hdf_heap *heap, const void *reference);

// Finds the string that a row refers to, behind whose first byte 24 are readable. `*wrong` tells
// what the row has instead, or is NULL.
mb_status mb_hdf_heap_find(mb_hdf_heap *heap, const void *reference, mb_string *string,
                           const char **wrong) MB_MUST_CHECK;
