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

mb_status mb_encoder_open(mb_context *cx, int level, int words, mb_encoder **encoder)
{
    mb_status status = MB_OK;
    mb_encoder *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->isa = cx->isa;
    MB_TRY(mb_buffer_new_array(cx, words, CHUNK_BYTES, &made->planes));
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

size_t mb_encoder_bound(const mb_encoder *encoder, int words)
{
    size_t size = (size_t)words * CHUNK_BYTES;
    return encoder->compressor ? libdeflate_zlib_compress_bound(encoder->compressor, size) : size;
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
                                    mb_encoder_bound(encoder, 1));
}

static void interleave(int64_t *const *words, int n_words, int64_t first, int64_t *rows)
{
    for (int w = 0; w < n_words; w++)
        for (int64_t i = 0; i < MB_CHUNK_ROWS; i++)
            rows[i * n_words + w] = words[w][first + i];
}

size_t mb_encode_words(mb_encoder *encoder, int64_t *const *words, int n_words, int64_t first,
                       int64_t n, void *chunk)
{
    size_t size = (size_t)n_words * CHUNK_BYTES;
    uint8_t *planes = encoder->planes->data;
    for (int w = 0; w < n_words; w++)
        memset(words[w] + first + n, 0, (size_t)(MB_CHUNK_ROWS - n) * sizeof(int64_t));
    if (!encoder->compressor) {
        interleave(words, n_words, first, chunk);
        return size;
    }
    for (int w = 0; w < n_words; w++)
        shuffles[encoder->isa]((const uint64_t *)words[w] + first, planes + (size_t)w * CHUNK_BYTES,
                               MB_CHUNK_ROWS);
    return libdeflate_zlib_compress(encoder->compressor, planes, size, chunk,
                                    mb_encoder_bound(encoder, n_words));
}
