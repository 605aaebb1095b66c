#include "io/hdf/encode.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "io/hdf/shuffle.h"

struct mb_encoder {
    struct libdeflate_compressor *compressor; // NULL at level 0
    mb_buffer *planes;
    mb_isa isa;
};

enum { CHUNK_BYTES = 8 * MB_CHUNK_ROWS };

static void (*const shuffles[MB_ISAS])(const uint64_t *, uint8_t *, int64_t) = {
    [MB_ISA_BASE] = mb_shuffle_base,
#ifdef __x86_64__
    [MB_ISA_AVX2] = mb_shuffle_avx2,
    [MB_ISA_AVX512] = mb_shuffle_avx512,
#endif
};

mb_status mb_encoder_open(mb_context *cx, int level, mb_encoder **encoder)
{
    mb_status status = MB_OK;
    mb_encoder *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->isa = cx->isa;
    MB_TRY(mb_buffer_new(cx, CHUNK_BYTES, &made->planes));
    if (level) made->compressor = libdeflate_alloc_compressor(level);
    if (level && !made->compressor)
        status = mb_fail(cx, MB_EMEMORY, "out of memory: no room for a compressor");
done:
    if (status)
        mb_encoder_close(made);
    else
        *encoder = made;
    return status;
}

void mb_encoder_close(mb_encoder *encoder)
{
    if (!encoder) return;
    if (encoder->compressor) libdeflate_free_compressor(encoder->compressor);
    mb_buffer_release(encoder->planes);
    free(encoder);
}

size_t mb_encoder_bound(const mb_encoder *encoder)
{
    return encoder->compressor ? libdeflate_zlib_compress_bound(encoder->compressor, CHUNK_BYTES)
                               : CHUNK_BYTES;
}

static void narrow(const int64_t *values, uint8_t *bytes)
{
    for (int64_t i = 0; i < MB_CHUNK_ROWS; i++)
        bytes[i] = (uint8_t)values[i];
}

size_t mb_encode(mb_encoder *encoder, int64_t *values, int64_t n, int width, void *chunk)
{
    size_t size = (size_t)width * MB_CHUNK_ROWS;
    memset(values + n, 0, (size_t)(MB_CHUNK_ROWS - n) * sizeof *values);
    if (!encoder->compressor) {
        if (width == 1)
            narrow(values, chunk);
        else
            memcpy(chunk, values, size);
        return size;
    }
    uint8_t *planes = encoder->planes->data;
    if (width == 1)
        narrow(values, planes);
    else
        shuffles[encoder->isa]((const uint64_t *)values, planes, MB_CHUNK_ROWS);
    return libdeflate_zlib_compress(encoder->compressor, planes, size, chunk,
                                    mb_encoder_bound(encoder));
}
