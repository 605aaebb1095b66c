// xz: streams of blocks, which an index at the end of each stream lists. A block is decoded as a
// stream that ends behind it. Where the indexes of a file cannot be read, it is decoded as it
// stands, which tells what is wrong.

#include <lzma.h>

#include "io/packed/format.h"

enum { PIECE = 1 << 16 };

typedef struct xz {
    lzma_stream z;
    lzma_index *index; // NULL: the file is decoded as it stands
    bool looked;       // for an index
    lzma_index_iter block;
    int64_t left; // compressed bytes of the block,
    int64_t text; // and those that it becomes
} xz;

static const lzma_stream closed = LZMA_STREAM_INIT;

static mb_status read_index(mb_text_source *source)
{
    xz *state = source->state;
    lzma_stream z = LZMA_STREAM_INIT;
    lzma_ret code = LZMA_OK;
    mb_buffer *piece = NULL;
    mb_status status = MB_OK;
    int64_t size, at = 0;
    mb_text_kind kind;
    if (state->looked) return MB_OK;
    MB_TRY(mb_text_recognise(source->cx, source->path, &kind, &size));
    MB_TRY(mb_buffer_new(source->cx, PIECE, &piece));
    state->looked = true;
    state->z = closed;
    code = lzma_file_info_decoder(&z, &state->index, UINT64_MAX, (uint64_t)size);
    while (code == LZMA_OK) {
        if (z.avail_in == 0) {
            size_t n;
            MB_TRY(mb_text_peek(source, at, piece->data, PIECE, &n));
            z.next_in = piece->data;
            z.avail_in = n;
            at += (int64_t)n;
        }
        code = lzma_code(&z, z.avail_in ? LZMA_RUN : LZMA_FINISH);
        if (code == LZMA_SEEK_NEEDED) {
            at = (int64_t)z.seek_pos;
            z.avail_in = 0;
            code = LZMA_OK;
        }
    }
    if (code == LZMA_MEM_ERROR) MB_TRY(mb_text_fail_room(source));
    if (code == LZMA_STREAM_END) lzma_index_iter_init(&state->block, state->index);
done:
    lzma_end(&z);
    mb_buffer_release(piece);
    return status;
}

static bool next_block(xz *state)
{
    return !lzma_index_iter_next(&state->block, LZMA_INDEX_ITER_NONEMPTY_BLOCK);
}

static mb_status find(mb_text_source *source, int64_t at)
{
    xz *state = source->state;
    mb_status status = read_index(source);
    bool found = !status && state->index;
    int64_t before = 0; // of the blocks that are passed
    while (found && before < at) {
        lzma_index_iter here = state->block;
        found = next_block(state);
        before = found ? (int64_t)state->block.block.compressed_file_offset : before;
        if (before >= at) state->block = here;
    }
    source->ended = !found;
    return status;
}

// Gives the decoder the header of the block's stream.
static mb_status begin_block(mb_text_source *source)
{
    xz *state = source->state;
    unsigned char header[LZMA_STREAM_HEADER_SIZE];
    size_t n;
    mb_status status;
    MB_TRY(mb_text_peek(source, (int64_t)state->block.stream.compressed_offset, header,
                        sizeof header, &n));
    state->z.next_in = header;
    state->z.avail_in = n;
    state->z.avail_out = 0;
    if (lzma_code(&state->z, LZMA_RUN) != LZMA_OK || state->z.avail_in > 0)
        MB_TRY(mb_text_fail_corrupt(source, NULL));
    state->left = (int64_t)state->block.block.total_size;
    state->text = (int64_t)state->block.block.uncompressed_size;
    if (mb_text_at(source) != source->stretch) mb_text_go(source, source->stretch);
    status = mb_text_need(source, 1);
done:
    return status;
}

static mb_status begin(mb_text_source *source)
{
    xz *state = source->state;
    mb_status status;
    MB_TRY(read_index(source));
    source->any = source->any || state->index;
    const lzma_index_iter here = state->block;
    if (state->index ? !next_block(state) : source->available == 0) return MB_OK;
    if (state->index) source->stretch = (int64_t)state->block.block.compressed_file_offset;
    if (state->index && mb_text_stops(source)) {
        state->block = here;
        return MB_OK;
    }
    if (lzma_stream_decoder(&state->z, UINT64_MAX, 0) != LZMA_OK) return mb_text_fail_room(source);
    source->inside = true;
    if (state->index) status = begin_block(source);
done:
    return status;
}

static mb_status some(mb_text_source *source, bool last, char *text, size_t room, size_t *made)
{
    xz *state = source->state;
    lzma_stream *z = &state->z;
    const bool block = state->index;
    size_t given = source->available;
    if (block && (int64_t)given > state->left) given = (size_t)state->left;
    z->next_in = source->next;
    z->avail_in = given;
    z->next_out = (uint8_t *)text;
    z->avail_out = room;
    const lzma_ret code = lzma_code(z, LZMA_RUN);
    const size_t taken = given - z->avail_in;
    mb_text_take(source, taken);
    *made = room - z->avail_out;
    state->left -= (int64_t)taken;
    state->text -= (int64_t)*made;
    source->inside = block ? state->left > 0 || state->text > 0 : code != LZMA_STREAM_END;
    const bool stuck = block && (state->text < 0 || (!last && taken == 0 && *made == 0));
    return (code == LZMA_OK || code == LZMA_STREAM_END || code == LZMA_BUF_ERROR) && !stuck
               ? MB_OK
               : mb_text_fail_corrupt(source, NULL);
}

static void end(mb_text_source *source)
{
    xz *state = source->state;
    if (state->looked) lzma_end(&state->z);
    lzma_index_end(state->index, NULL);
}

const mb_text_format mb_text_xz = {sizeof(xz), find, begin, some, end};
