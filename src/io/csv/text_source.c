#include "io/csv/text_source.h"

#include <bzlib.h>
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum {
    PIECE = 256 << 10, // compressed bytes read at a time
    MAGIC = 6          // first bytes that tell how a file is compressed
};

struct mb_text_source {
    mb_context *cx;
    char *path;
    int fd;
    mb_text_kind kind;
    mb_buffer *buffer;
    int64_t position;
    bool open;    // the decompressor has memory to free
    bool inside;  // a member or stream has begun and not ended
    bool any;     // one has ended
    bool cut_off; // the file ended inside one
    size_t available;
    char *next;
    union {
        z_stream gzip;
        bz_stream bzip2;
        ZSTD_DStream *zstd;
        lzma_stream xz;
    } state;
};

mb_status mb_text_open_file(mb_context *cx, const char *path, int *fd)
{
    struct stat what;
    int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opened < 0 || fstat(opened, &what) != 0) {
        mb_status status = mb_fail(cx, MB_EIO, "%s: cannot read: %s", path, strerror(errno));
        if (opened >= 0) close(opened);
        return status;
    }
    if (!S_ISREG(what.st_mode)) {
        close(opened);
        return mb_fail(cx, MB_EIO, "%s: cannot read: it is not a regular file", path);
    }
    *fd = opened;
    return MB_OK;
}

const char *mb_text_kind_name(mb_text_kind kind)
{
    static const char *const names[MB_TEXT_KINDS] = {"", "gzip", "bzip2", "zstd", "xz"};
    return names[kind];
}

static bool has_suffix(const char *path, const char *suffix)
{
    size_t length = strlen(path), tail = strlen(suffix);
    return length > tail && strcmp(path + length - tail, suffix) == 0;
}

static mb_text_kind kind_of(const char *path, const unsigned char *magic, ssize_t length)
{
    static const struct {
        const char *suffix;
        unsigned char bytes[6];
        ssize_t n;
    } kinds[MB_TEXT_KINDS] = {
        [MB_TEXT_GZIP] = {".gz", {0x1f, 0x8b}, 2},
        [MB_TEXT_ZSTD] = {".zst", {0x28, 0xb5, 0x2f, 0xfd}, 4},
        [MB_TEXT_XZ] = {".xz", {0xfd, '7', 'z', 'X', 'Z', 0}, 6},
        [MB_TEXT_BZIP2] = {".bz2", "BZh", MAGIC + 1}, // by what follows, too
    };
    const bool bzip2 = length >= 4 && memcmp(magic, "BZh", 3) == 0 && magic[3] >= '1' &&
                       magic[3] <= '9' && (length < 5 || magic[4] == 0x31 || magic[4] == 0x17);
    if (bzip2) return MB_TEXT_BZIP2;
    for (int kind = MB_TEXT_GZIP; kind < MB_TEXT_KINDS; kind++)
        if (length >= kinds[kind].n && memcmp(magic, kinds[kind].bytes, (size_t)kinds[kind].n) == 0)
            return (mb_text_kind)kind;
    for (int kind = MB_TEXT_GZIP; kind < MB_TEXT_KINDS; kind++)
        if (has_suffix(path, kinds[kind].suffix)) return (mb_text_kind)kind;
    return MB_TEXT_PLAIN;
}

mb_status mb_text_recognise(mb_context *cx, const char *path, mb_text_kind *kind, int64_t *size)
{
    struct stat what;
    unsigned char magic[MAGIC];
    int fd = -1;
    mb_status status = mb_text_open_file(cx, path, &fd);
    if (status) return status;
    ssize_t length = pread(fd, magic, sizeof magic, 0);
    if (length < 0 || fstat(fd, &what) != 0) {
        status = mb_fail(cx, MB_EIO, "%s: cannot read: %s", path, strerror(errno));
    } else {
        *kind = kind_of(path, magic, length);
        *size = what.st_size;
    }
    close(fd);
    return status;
}

mb_status mb_text_open(mb_context *cx, const char *path, mb_text_kind kind, mb_text_source **source)
{
    mb_status status = MB_OK;
    mb_text_source *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->cx = cx;
    made->fd = -1;
    made->kind = kind;
    made->path = mb_copy_string(cx, path);
    if (!made->path) {
        status = MB_EMEMORY;
        goto done;
    }
    MB_TRY(mb_buffer_new(cx, PIECE, &made->buffer));
    MB_TRY(mb_text_open_file(cx, path, &made->fd));
    posix_fadvise(made->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
done:
    if (status)
        mb_text_close(made);
    else
        *source = made;
    return status;
}

static void end_state(mb_text_source *source)
{
    if (!source->open) return;
    switch (source->kind) {
    case MB_TEXT_GZIP: inflateEnd(&source->state.gzip); break;
    case MB_TEXT_BZIP2: BZ2_bzDecompressEnd(&source->state.bzip2); break;
    case MB_TEXT_ZSTD: ZSTD_freeDStream(source->state.zstd); break;
    case MB_TEXT_XZ: lzma_end(&source->state.xz); break;
    default: break;
    }
    source->open = false;
}

void mb_text_close(mb_text_source *source)
{
    if (!source) return;
    end_state(source);
    if (source->fd >= 0) close(source->fd);
    mb_buffer_release(source->buffer);
    free(source->path);
    free(source);
}

bool mb_text_cut_off(const mb_text_source *source)
{
    return source->cut_off;
}

int64_t mb_text_position(const mb_text_source *source)
{
    return source->position;
}

static mb_status read_bytes(mb_text_source *source, void *to, size_t room, size_t *size)
{
    ssize_t got;
    do
        got = read(source->fd, to, room);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return mb_fail(source->cx, MB_EIO, "%s: cannot read: %s", source->path, strerror(errno));
    source->position += got;
    *size = (size_t)got;
    return MB_OK;
}

static mb_status fail_corrupt(mb_text_source *source, const char *why)
{
    const char *format = mb_text_kind_name(source->kind);
    return mb_fail(source->cx, MB_EIO, "%s: the %s data are corrupt near byte %lld%s%s",
                   source->path, format, (long long)(source->position - (int64_t)source->available),
                   why ? ": " : "", why ? why : "");
}

static bool open_state(mb_text_source *source)
{
    memset(&source->state, 0, sizeof source->state);
    switch (source->kind) {
    case MB_TEXT_GZIP: return inflateInit2(&source->state.gzip, MAX_WBITS + 16) == Z_OK;
    case MB_TEXT_BZIP2: return BZ2_bzDecompressInit(&source->state.bzip2, 0, 0) == BZ_OK;
    case MB_TEXT_ZSTD:
        source->state.zstd = ZSTD_createDStream();
        return source->state.zstd && !ZSTD_isError(ZSTD_initDStream(source->state.zstd));
    default: return lzma_stream_decoder(&source->state.xz, UINT64_MAX, 0) == LZMA_OK;
    }
}

// Begins the first member of the file or the next one.
static mb_status begin_member(mb_text_source *source)
{
    end_state(source);
    if (!open_state(source))
        return mb_fail(source->cx, MB_EMEMORY, "out of memory: no room to decompress %s",
                       source->path);
    source->open = source->inside = true;
    return MB_OK;
}

// One call of a decompressor: what it took and made is seen in `available`, `next` and `made`.
static mb_status inflate_some(mb_text_source *source, char *text, size_t room, size_t *made)
{
    z_stream *z = &source->state.gzip;
    z->next_in = (Bytef *)source->next;
    z->avail_in = (uInt)source->available;
    z->next_out = (Bytef *)text;
    z->avail_out = (uInt)room;
    int code = inflate(z, Z_NO_FLUSH);
    source->next = (char *)z->next_in;
    source->available = z->avail_in;
    *made = room - z->avail_out;
    source->inside = code != Z_STREAM_END;
    return code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR
               ? MB_OK
               : fail_corrupt(source, z->msg);
}

static mb_status bunzip_some(mb_text_source *source, char *text, size_t room, size_t *made)
{
    bz_stream *z = &source->state.bzip2;
    z->next_in = source->next;
    z->avail_in = (unsigned)source->available;
    z->next_out = text;
    z->avail_out = (unsigned)room;
    int code = BZ2_bzDecompress(z);
    source->next = z->next_in;
    source->available = z->avail_in;
    *made = room - z->avail_out;
    source->inside = code != BZ_STREAM_END;
    return code == BZ_OK || code == BZ_STREAM_END ? MB_OK : fail_corrupt(source, NULL);
}

static mb_status unzstd_some(mb_text_source *source, char *text, size_t room, size_t *made)
{
    ZSTD_inBuffer in = {source->next, source->available, 0};
    ZSTD_outBuffer out = {text, room, 0};
    const size_t code = ZSTD_decompressStream(source->state.zstd, &out, &in);
    source->next += in.pos;
    source->available -= in.pos;
    *made = out.pos;
    source->inside = code != 0;
    return ZSTD_isError(code) ? fail_corrupt(source, ZSTD_getErrorName(code)) : MB_OK;
}

static mb_status unxz_some(mb_text_source *source, char *text, size_t room, size_t *made)
{
    lzma_stream *z = &source->state.xz;
    z->next_in = (const uint8_t *)source->next;
    z->avail_in = source->available;
    z->next_out = (uint8_t *)text;
    z->avail_out = room;
    const lzma_ret code = lzma_code(z, LZMA_RUN);
    source->next += source->available - z->avail_in;
    source->available = z->avail_in;
    *made = room - z->avail_out;
    source->inside = code != LZMA_STREAM_END;
    return code == LZMA_OK || code == LZMA_STREAM_END || code == LZMA_BUF_ERROR
               ? MB_OK
               : fail_corrupt(source, NULL);
}

typedef mb_status decompress_some(mb_text_source *source, char *text, size_t room, size_t *made);

// Whether the decompressor may have output left though all input was read.
static bool at_end(mb_text_source *source, bool made_nothing)
{
    if (source->available || (source->inside && !made_nothing)) return false;
    source->cut_off = source->inside || !source->any;
    return true;
}

mb_status mb_text_read(mb_text_source *source, char *text, size_t room, size_t *size)
{
    static decompress_some *const some[MB_TEXT_KINDS] = {NULL, inflate_some, bunzip_some,
                                                         unzstd_some, unxz_some};
    mb_status status = MB_OK;
    bool tried = false;
    *size = 0;
    if (room > INT32_MAX) room = INT32_MAX;
    if (source->kind == MB_TEXT_PLAIN) return read_bytes(source, text, room, size);
    while (!status && *size == 0) {
        if (source->available == 0) {
            source->next = source->buffer->data;
            MB_TRY(read_bytes(source, source->next, PIECE, &source->available));
        }
        if (at_end(source, tried)) break;
        tried = source->available == 0;
        if (!source->inside) MB_TRY(begin_member(source));
        status = some[source->kind](source, text, room, size);
        if (!status && !source->inside) source->any = true;
    }
done:
    return status;
}
