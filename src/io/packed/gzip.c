// gzip: members one behind another. Those of BGZF tell their sizes.

#include <libdeflate.h>
#include <string.h>
#include <zlib.h>

#include "io/packed/bgzf.h"
#include "io/packed/format.h"

typedef struct gzip {
    z_stream z;
    bool open;  // z is, whose memory is used again,
    bool lost;  // a member had no size or a wrong one, and those behind it cannot be found
    bool whole; // the member was decompressed as one,
    struct libdeflate_decompressor *inflater;
    mb_buffer *text; // to here
    size_t made, given;
} gzip;

static mb_status find(mb_text_source *source, int64_t at)
{
    unsigned char header[MB_BGZF_HEADER];
    int64_t member = source->stretch;
    size_t size = 1;
    while (member < at && size > 0) {
        size_t n;
        mb_status status = mb_text_peek(source, member, header, MB_BGZF_HEADER, &n);
        if (status) return status;
        size = mb_bgzf_member(header, n);
        member += (int64_t)size;
    }
    mb_text_go(source, member);
    source->ended = size == 0;
    return MB_OK;
}

// Decompresses a member of BGZF. `*whole` becomes false where it is damaged, as zlib will tell.
static mb_status inflate_whole(mb_text_source *source, size_t size)
{
    const size_t room = MB_BGZF_TEXT;
    gzip *state = source->state;
    mb_status status;
    MB_TRY(mb_text_need(source, size));
    if (source->available < size) return MB_OK;
    MB_TRY(mb_buffer_scratch(source->cx, room, &state->text));
    if (!state->inflater) state->inflater = libdeflate_alloc_decompressor();
    if (!state->inflater) return mb_text_fail_room(source);
    state->whole =
        libdeflate_gzip_decompress(state->inflater, source->next, size, state->text->data, room,
                                   &state->made) == LIBDEFLATE_SUCCESS;
    state->given = 0;
    if (state->whole) mb_text_take(source, size);
done:
    return status;
}

static mb_status begin(mb_text_source *source)
{
    gzip *state = source->state;
    mb_status status;
    MB_TRY(mb_text_need(source, MB_BGZF_HEADER));
    if (source->available == 0) return MB_OK;
    if (!state->lost) {
        source->stretch = mb_text_at(source);
        if (mb_text_stops(source)) return MB_OK;
    }
    const size_t size = mb_bgzf_member(source->next, source->available);
    state->whole = false;
    source->inside = true;
    if (size > 0) MB_TRY(inflate_whole(source, size));
    if (state->whole) return MB_OK;
    state->lost = true;
    const int code =
        state->open ? inflateReset(&state->z) : inflateInit2(&state->z, MAX_WBITS + 16);
    if (code != Z_OK) return mb_text_fail_room(source);
    state->open = true;
done:
    return status;
}

static mb_status some(mb_text_source *source, bool last, char *text, size_t room, size_t *made)
{
    gzip *state = source->state;
    z_stream *z = &state->z;
    (void)last;
    if (state->whole) {
        const size_t left = state->made - state->given;
        *made = left < room ? left : room;
        memcpy(text, (char *)state->text->data + state->given, *made);
        state->given += *made;
        source->inside = state->given < state->made;
        return MB_OK;
    }
    z->next_in = source->next;
    z->avail_in = (uInt)source->available;
    z->next_out = (Bytef *)text;
    z->avail_out = (uInt)room;
    const int code = inflate(z, Z_NO_FLUSH);
    mb_text_take(source, source->available - z->avail_in);
    *made = room - z->avail_out;
    source->inside = code != Z_STREAM_END;
    return code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR
               ? MB_OK
               : mb_text_fail_corrupt(source, z->msg);
}

static void end(mb_text_source *source)
{
    gzip *state = source->state;
    if (state->open) inflateEnd(&state->z);
    libdeflate_free_decompressor(state->inflater);
    mb_buffer_release(state->text);
}

const mb_text_format mb_text_gzip = {sizeof(gzip), find, begin, some, end};
