// zstd: frames one behind another, whose blocks tell their sizes (RFC 8878).

#include <zstd.h>

#include "io/packed/format.h"

enum { HEADER = 18, WORD = 4 };

typedef struct zstd {
    ZSTD_DStream *stream;
    bool lost; // a frame was of a kind whose end is not known
} zstd;

static uint32_t word(const unsigned char *bytes, int n)
{
    uint32_t value = 0;
    while (n-- > 0)
        value = value << 8 | bytes[n];
    return value;
}

static bool is_skipped(uint32_t magic)
{
    return magic >> 4 == UINT32_C(0x184D2A5);
}

static bool is_known(uint32_t magic)
{
    return magic == ZSTD_MAGICNUMBER || is_skipped(magic);
}

// The bytes of a frame's header by its first ones.
static int64_t header_size(const unsigned char *header)
{
    static const int dictionary[] = {0, 1, 2, 4}, content[] = {0, 2, 4, 8};
    const unsigned told = header[4];
    const bool single = told & 32;
    const int text = told >> 6 ? content[told >> 6] : single;
    return 5 + !single + dictionary[told & 3] + text;
}

// Where the frame ends that begins at a byte; -1: that cannot be told.
static mb_status pass_frame(mb_text_source *source, int64_t *at)
{
    unsigned char header[HEADER];
    size_t n;
    mb_status status;
    MB_TRY(mb_text_peek(source, *at, header, HEADER, &n));
    if (n >= 8 && is_skipped(word(header, WORD))) {
        *at += 8 + (int64_t)word(header + WORD, WORD);
        return MB_OK;
    }
    const bool frame = n >= 6 && word(header, WORD) == ZSTD_MAGICNUMBER;
    const bool sums = frame && header[4] & 4;
    bool last = false;
    *at = frame ? *at + header_size(header) : -1;
    while (*at >= 0 && !last) {
        MB_TRY(mb_text_peek(source, *at, header, 3, &n));
        const uint32_t block = word(header, 3);
        last = block & 1;
        *at = n == 3 ? *at + 3 + ((block >> 1 & 3) == 1 ? 1 : block >> 3) : -1;
    }
    if (*at >= 0 && sums) *at += 4;
done:
    return status;
}

static mb_status find(mb_text_source *source, int64_t at)
{
    int64_t frame = source->stretch;
    while (frame < at && frame >= 0) {
        mb_status status = pass_frame(source, &frame);
        if (status) return status;
    }
    if (frame >= 0) mb_text_go(source, frame);
    source->ended = frame < 0;
    return MB_OK;
}

static mb_status begin(mb_text_source *source)
{
    zstd *state = source->state;
    mb_status status = mb_text_need(source, WORD);
    if (status || source->available == 0) return status;
    if (!state->lost) {
        source->stretch = mb_text_at(source);
        if (mb_text_stops(source)) return MB_OK;
    }
    state->lost = state->lost || source->available < WORD || !is_known(word(source->next, WORD));
    if (!state->stream) state->stream = ZSTD_createDStream();
    if (!state->stream || ZSTD_isError(ZSTD_initDStream(state->stream)))
        return mb_text_fail_room(source);
    source->inside = true;
    return MB_OK;
}

static mb_status some(mb_text_source *source, bool last, char *text, size_t room, size_t *made)
{
    zstd *state = source->state;
    ZSTD_inBuffer in = {source->next, source->available, 0};
    ZSTD_outBuffer out = {text, room, 0};
    (void)last;
    const size_t code = ZSTD_decompressStream(state->stream, &out, &in);
    mb_text_take(source, in.pos);
    *made = out.pos;
    source->inside = code != 0;
    return ZSTD_isError(code) ? mb_text_fail_corrupt(source, ZSTD_getErrorName(code)) : MB_OK;
}

static void end(mb_text_source *source)
{
    zstd *state = source->state;
    ZSTD_freeDStream(state->stream);
}

const mb_text_format mb_text_zstd = {sizeof(zstd), find, begin, some, end};
