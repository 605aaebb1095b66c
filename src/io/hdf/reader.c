// What reading rows needs: scratch memory, a decompressor, and the bytes of files.

#include <errno.h>
#include <libdeflate.h>
#include <string.h>
#include <unistd.h>

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

mb_status mb_hdf_bytes_read(mb_context *cx, const mb_hdf_dataset *dataset, void *bytes, size_t size,
                            int64_t offset)
{
    char *at = bytes;
    while (size > 0) {
        ssize_t got = pread(dataset->descriptor, at, size, offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return mb_fail(cx, MB_EIO, "%s: dataset '%s' cannot be read at byte %lld: %s",
                           dataset->path, dataset->name, (long long)offset, strerror(errno));
        if (got == 0)
            return mb_fail(cx, MB_EIO,
                           "%s: the file ends inside dataset '%s', at byte %lld: it was cut short",
                           dataset->path, dataset->name, (long long)offset);
        at += got;
        offset += got;
        size -= (size_t)got;
    }
    return MB_OK;
}
