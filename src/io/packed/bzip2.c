// bzip2: streams of blocks that begin at any bit, with a mark of 48 bits. A block is decoded as a
// stream of its own: a header, the block's bits from a byte's first one on, and the end of a stream
// with the block's checksum. The mark may also come within a block, which then cannot be decoded up
// to there: it goes on to a later one. Text is given when its checksum was found right.
//
// The checksum that ends a stream is that of its blocks' checksums: each is added to the source's
// when the next mark was found right behind the block.

#include <bzlib.h>
#include <endian.h>
#include <string.h>

#include "io/packed/format.h"

enum {
    MARK = 48,          // bits
    CHECKSUM = 32,      // bits
    STREAM_HEADER = 4,  // bytes
    STREAM_END = 10,    // bytes, and some bits
    LONGEST = 4 << 20,  // bytes of a block, more than one can have
    SEARCHED = 1 << 18, // bytes that are searched at a time
    TEXT = 1 << 20,     // bytes that are made at a time
};

#define BLOCK_MARK UINT64_C(0x314159265359)
#define END_MARK   UINT64_C(0x177245385090)

typedef struct bzip2 {
    bz_stream z;
    bool open;
    bool within;      // a stream
    int bit;          // of the next byte, at which the next mark is
    mb_buffer *block; // as a stream
    mb_buffer *text;  // of it
    size_t made, given;
    mb_text_sum sum;      // of it
    uint16_t shifts[256]; // the bits of a byte at which either mark may begin, by the byte behind
} bzip2;

static uint64_t bits_at(const unsigned char *bytes, int64_t bit)
{
    uint64_t word;
    memcpy(&word, bytes + bit / 8, sizeof word);
    return be64toh(word) << (bit & 7) >> (64 - MARK);
}

// The one behind a mark.
static uint32_t checksum_at(const unsigned char *bytes, int64_t bit)
{
    return (uint32_t)(bits_at(bytes, bit + MARK) >> (MARK - CHECKSUM));
}

static void learn_shifts(bzip2 *state)
{
    if (state->shifts[BLOCK_MARK >> 32 & 255]) return;
    for (int shift = 0; shift < 8; shift++) {
        state->shifts[BLOCK_MARK >> (32 + shift) & 255] |= (uint16_t)(1 << shift);
        state->shifts[END_MARK >> (32 + shift) & 255] |= (uint16_t)(1 << shift);
    }
}

// The first bit from one on at which one of the marks begins within n bytes; -1: there is none.
// Bytes behind them are readable.
static int64_t find_mark(bzip2 *state, const unsigned char *bytes, size_t n, int64_t from)
{
    learn_shifts(state);
    for (int64_t i = from >> 3; i + MARK / 8 <= (int64_t)n; i++)
        for (unsigned left = state->shifts[bytes[i + 1]]; left; left &= left - 1) {
            const int64_t bit = 8 * i + __builtin_ctz(left);
            const uint64_t mark = bits_at(bytes, bit);
            if (bit >= from && bit + MARK <= 8 * (int64_t)n &&
                (mark == BLOCK_MARK || mark == END_MARK))
                return bit;
        }
    return -1;
}

static void go_on(mb_text_source *source, int64_t bit)
{
    bzip2 *state = source->state;
    mb_text_take(source, (size_t)(bit >> 3));
    state->bit = (int)(bit & 7);
}

static mb_status find(mb_text_source *source, int64_t at)
{
    bzip2 *state = source->state;
    mb_status status;
    mb_text_go(source, at);
    state->within = true;
    for (;;) {
        MB_TRY(mb_text_need(source, SEARCHED));
        const int64_t bit = find_mark(state, source->next, source->available, 0);
        const bool last = source->available < SEARCHED;
        if (bit >= 0 && bits_at(source->next, bit) == BLOCK_MARK) {
            go_on(source, bit);
            return MB_OK;
        }
        if (bit >= 0)
            mb_text_take(source, (size_t)(bit >> 3) + 1); // the end of a stream
        else if (last)
            break;
        else
            mb_text_take(source, source->available - MARK / 8);
    }
    source->ended = true;
done:
    return status;
}

// Makes the bits up to one a stream.
static mb_status make_stream(mb_text_source *source, int64_t end)
{
    bzip2 *state = source->state;
    const unsigned char *from = source->next;
    const int shift = state->bit;
    const int64_t n = end - shift, whole = n >> 3;
    const int rest = (int)(n & 7);
    mb_status status = mb_buffer_scratch(source->cx, (size_t)whole + 32, &state->block);
    if (status) return status;
    unsigned char *to = state->block->data;
    memcpy(to, "BZh9", STREAM_HEADER);
    to += STREAM_HEADER;
    for (int64_t i = 0; i <= whole; i++)
        to[i] = (unsigned char)((from[i] << 8 | from[i + 1]) >> (8 - shift));
    unsigned char last[STREAM_END];
    for (int i = 0; i < MARK / 8; i++)
        last[i] = (unsigned char)(END_MARK >> (MARK - 8 - 8 * i));
    memcpy(last + MARK / 8, to + MARK / 8, CHECKSUM / 8);
    state->sum = (mb_text_sum){.sum = checksum_at(to, 0), .count = 1};
    to[whole] = (unsigned char)(to[whole] & ~(255 >> rest));
    for (int i = 0; i < STREAM_END; i++) {
        to[whole + i] = (unsigned char)(to[whole + i] | last[i] >> rest);
        to[whole + i + 1] = (unsigned char)(last[i] << (8 - rest));
    }
    state->z.next_in = state->block->data;
    state->z.avail_in = (unsigned)(STREAM_HEADER + whole + STREAM_END + 1);
    return MB_OK;
}

static int open_stream(bzip2 *state)
{
    if (state->open) BZ2_bzDecompressEnd(&state->z);
    const int code = BZ2_bzDecompressInit(&state->z, 0, 0);
    state->open = code == BZ_OK;
    return code;
}

// Whether the bits up to one are a block: libbz2 reads all of one before it gives the first byte,
// and must have read up to that bit.
static mb_status try_block(mb_text_source *source, int64_t end, bool *good)
{
    bzip2 *state = source->state;
    char none;
    if (open_stream(state) != BZ_OK) return mb_text_fail_room(source);
    mb_status status = make_stream(source, end);
    if (status) return status;
    state->z.next_out = &none;
    state->z.avail_out = 0;
    const unsigned left = STREAM_END + ((end - state->bit) % 8 == 0);
    *good = BZ2_bzDecompress(&state->z) == BZ_OK && state->z.avail_in == left;
    return MB_OK;
}

// Makes the text of the block.
static mb_status make_text(mb_text_source *source)
{
    bzip2 *state = source->state;
    mb_status status;
    int code = BZ_OK;
    size_t before = 1;
    state->made = state->given = 0;
    while (code == BZ_OK && state->made != before) {
        before = state->made;
        MB_TRY(mb_buffer_reserve(source->cx, &state->text, (int64_t)before, TEXT, 1));
        state->z.next_out = (char *)state->text->data + before;
        state->z.avail_out = (unsigned)(state->text->size - before);
        code = BZ2_bzDecompress(&state->z);
        state->made = state->text->size - state->z.avail_out;
    }
    if (code != BZ_STREAM_END) status = mb_text_fail_corrupt(source, NULL);
done:
    return status;
}

// Finds the end of the block at hand, and makes its text.
static mb_status begin_block(mb_text_source *source)
{
    bzip2 *state = source->state;
    mb_status status;
    int64_t end = state->bit;
    bool good = false;
    for (size_t room = SEARCHED; !good;) {
        const size_t had = source->available;
        const int64_t mark = find_mark(state, source->next, had, end + 1);
        if (mark >= 0) {
            end = mark;
            MB_TRY(try_block(source, end, &good));
            continue;
        }
        if (had >= LONGEST) break;
        if (had >= room) room *= 2;
        MB_TRY(mb_text_need(source, room));
        if (source->available == had) break;
    }
    source->inside = good;
    source->cut_off = !good && end == state->bit && source->available < LONGEST;
    if (good) MB_TRY(make_text(source));
    if (good)
        go_on(source, end);
    else if (!source->cut_off)
        status = mb_text_fail_corrupt(source, NULL);
done:
    return status;
}

// Passes the header of a stream, if there is one.
static mb_status begin_stream(mb_text_source *source)
{
    bzip2 *state = source->state;
    const unsigned char *header = source->next;
    if (source->available == 0) return MB_OK;
    state->within = true;
    source->any = true;
    if (source->available < STREAM_HEADER) {
        source->cut_off = true;
    } else {
        if (memcmp(header, "BZh", 3) != 0 || header[3] < '1' || header[3] > '9')
            return mb_text_fail_corrupt(source, NULL);
        mb_text_take(source, STREAM_HEADER);
    }
    return MB_OK;
}

static mb_status begin(mb_text_source *source)
{
    bzip2 *state = source->state;
    mb_status status;
    for (;;) {
        MB_TRY(mb_text_need(source, STREAM_END + 1));
        if (!state->within) {
            MB_TRY(begin_stream(source));
            if (!state->within || source->cut_off) return MB_OK;
            continue;
        }
        if (source->available < STREAM_END) {
            source->cut_off = true;
            return MB_OK;
        }
        source->stretch = mb_text_at(source);
        const uint64_t mark = bits_at(source->next, state->bit);
        if (mark != BLOCK_MARK && mark != END_MARK) return mb_text_fail_corrupt(source, NULL);
        mb_text_sum_add(&source->sum, state->sum);
        state->sum = (mb_text_sum){0};
        if (mark == BLOCK_MARK) return mb_text_stops(source) ? MB_OK : begin_block(source);
        const int64_t end = state->bit + MARK + CHECKSUM;
        if (source->available < (size_t)(end + 7) >> 3) {
            source->cut_off = true;
            return MB_OK;
        }
        const mb_text_sum told = {.ended = true, .wanted = checksum_at(source->next, state->bit)};
        mb_text_sum_add(&source->sum, told);
        if (source->sum.wrong) return mb_text_fail_corrupt(source, MB_TEXT_WRONG_SUM);
        go_on(source, (end + 7) & ~INT64_C(7));
        state->within = false;
    }
done:
    return status;
}

static mb_status some(mb_text_source *source, bool last, char *text, size_t room, size_t *made)
{
    bzip2 *state = source->state;
    const size_t left = state->made - state->given;
    (void)last;
    *made = left < room ? left : room;
    memcpy(text, (char *)state->text->data + state->given, *made);
    state->given += *made;
    source->inside = state->given < state->made;
    return MB_OK;
}

static void end(mb_text_source *source)
{
    bzip2 *state = source->state;
    if (state->open) BZ2_bzDecompressEnd(&state->z);
    mb_buffer_release(state->block);
    mb_buffer_release(state->text);
}

const mb_text_format mb_text_bzip2 = {sizeof(bzip2), find, begin, some, end};
