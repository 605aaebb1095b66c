// HDF5's shuffle filter for 8-byte values, one function for each instruction set (core/isa.h).
#pragma once

#include <stdint.h>

void mb_shuffle_base(const uint64_t *values, uint8_t *planes, int64_t n);
void mb_shuffle_avx2(const uint64_t *values, uint8_t *planes, int64_t n);
void mb_shuffle_avx512(const uint64_t *values, uint8_t *planes, int64_t n);
