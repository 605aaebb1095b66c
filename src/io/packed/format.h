// What the formats of compressed files share.
#pragma once

#include "io/packed/source.h"

struct mb_text_source {
    mb_context *cx;
    char *path;
    int fd;
    mb_text_kind kind;
    mb_buffer *buffer; // compressed bytes, of which some are not taken yet
    unsigned char *next;
    size_t available;
    int64_t position; // of the file, where these end
    int64_t stretch;  // where the one at hand began, or the last before it that can be found
    bool inside;      // it has not ended,
    bool any;         // and one was begun before or may lack
    int64_t limit;    // no stretch is begun from here on: the first of them
    bool stopped;     // waits there; and
    bool ended;       // there is no more text,
    bool cut_off;     // though there should be
    mb_text_sum sum;  // up to the stretch at hand
    void *state;      // of the decompressor
};

typedef struct mb_text_format {
    size_t state_size; // of what begins as zeros
    // Goes on with the first stretch that begins at a byte or behind it, which is more than 0; with
    // the end of the file where none is found.
    mb_status (*find)(mb_text_source *source, int64_t at);
    // Begins the stretch at hand: `inside`, unless the file ends here. It is the source's if it can
    // be found.
    mb_status (*begin)(mb_text_source *source);
    // Makes some text, or none, until the stretch has ended. `last`: what is available is all.
    mb_status (*some)(mb_text_source *source, bool last, char *text, size_t room, size_t *made);
    void (*end)(mb_text_source *source);
} mb_text_format;

extern const mb_text_format mb_text_gzip, mb_text_bzip2, mb_text_zstd, mb_text_xz;

// Has at least `n` bytes available, or as many as there are.
mb_status mb_text_need(mb_text_source *source, size_t n) MB_MUST_CHECK;

// Passes bytes that are available.
static inline void mb_text_take(mb_text_source *source, size_t n)
{
    source->next += n;
    source->available -= n;
}

// The byte of the file that is the next one.
static inline int64_t mb_text_at(const mb_text_source *source)
{
    return source->position - (int64_t)source->available;
}

// Goes on with another byte.
void mb_text_go(mb_text_source *source, int64_t at);

// Whether the stretch that is about to begin is none to be read.
static inline bool mb_text_stops(mb_text_source *source)
{
    source->stopped = source->stretch >= source->limit;
    return source->stopped;
}

// Bytes from any place; fewer at the end of the file.
mb_status mb_text_peek(mb_text_source *source, int64_t at, void *to, size_t room,
                       size_t *n) MB_MUST_CHECK;

mb_status mb_text_fail_corrupt(mb_text_source *source, const char *why) MB_MUST_CHECK;
mb_status mb_text_fail_room(mb_text_source *source) MB_MUST_CHECK;
