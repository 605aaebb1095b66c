// What reading rows needs: scratch memory, and a decompressor.

#include <libdeflate.h>

#include "io/hdf/internal.h"

static MB_ISA_CHOICE(mb_hdf_kernels, mb_hdf_kernels, kernels_of);

mb_status mb_hdf_reader_open(mb_context *cx, mb_hdf_reader *reader)
{
    *reader = (mb_hdf_reader){.cx = cx, .kernels = kernels_of(cx->isa)};
    reader->inflater = libdeflate_alloc_decompressor();
    if (!reader->inflater) return mb_fail(cx, MB_EMEMORY, "out of memory: no room to inflate");
    return MB_OK;
}

void mb_hdf_reader_close(mb_hdf_reader *reader)
{
    if (reader->inflater) libdeflate_free_decompressor(reader->inflater);
    mb_buffer_release(reader->stored);
    mb_buffer_release(reader->decoded);
    mb_buffer_release(reader->picked);
    mb_buffer_release(reader->widened);
    mb_buffer_release(reader->converted);
    *reader = (mb_hdf_reader){0};
}
