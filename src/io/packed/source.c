#include "io/packed/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/packed/format.h"

enum {
    PIECE = 256 << 10, // compressed bytes read at a time
    MAGIC = 6          // first bytes that tell how a file is compressed
};

static mb_status find_plain(mb_text_source *source, int64_t at)
{
    mb_text_go(source, at);
    return MB_OK;
}

static mb_status begin_plain(mb_text_source *source)
{
    source->any = true;
    source->stretch = mb_text_at(source);
    source->inside = source->available > 0 && !mb_text_stops(source);
    return MB_OK;
}

static mb_status copy_some(mb_text_source *source, bool last, char *text, size_t room, size_t *made)
{
    const int64_t left = source->limit - mb_text_at(source);
    *made = source->available < room ? source->available : room;
    if ((int64_t)*made > left) *made = (size_t)left;
    memcpy(text, source->next, *made);
    mb_text_take(source, *made);
    source->inside = !last && (int64_t)*made < left;
    return MB_OK;
}

static void end_plain(mb_text_source *source)
{
    (void)source;
}

static const mb_text_format plain = {1, find_plain, begin_plain, copy_some, end_plain};

static const mb_text_format *const formats[MB_TEXT_KINDS] = {
    [MB_TEXT_PLAIN] = &plain,         [MB_TEXT_GZIP] = &mb_text_gzip,
    [MB_TEXT_BZIP2] = &mb_text_bzip2, [MB_TEXT_ZSTD] = &mb_text_zstd,
    [MB_TEXT_XZ] = &mb_text_xz,
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
        return mb_fail(cx, MB_EIO, "%s: cannot read: it is %s", path,
                       S_ISDIR(what.st_mode) ? "a directory, not a regular file"
                                             : "not a regular file");
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

mb_text_kind mb_text_kind_of(const void *bytes, int64_t n)
{
    static const struct {
        unsigned char bytes[MAGIC];
        int64_t n;
    } kinds[MB_TEXT_KINDS] = {
        [MB_TEXT_GZIP] = {{0x1f, 0x8b}, 2},
        [MB_TEXT_ZSTD] = {{0x28, 0xb5, 0x2f, 0xfd}, 4},
        [MB_TEXT_XZ] = {{0xfd, '7', 'z', 'X', 'Z', 0}, 6},
        [MB_TEXT_BZIP2] = {"BZh", 3}, // and what follows
    };
    const unsigned char *magic = bytes;
    for (int kind = MB_TEXT_GZIP; kind < MB_TEXT_KINDS; kind++) {
        if (n < kinds[kind].n || memcmp(magic, kinds[kind].bytes, (size_t)kinds[kind].n) != 0)
            continue;
        const bool bzip2 = n >= 4 && magic[3] >= '1' && magic[3] <= '9' &&
                           (n < 5 || magic[4] == 0x31 || magic[4] == 0x17);
        return kind != MB_TEXT_BZIP2 || bzip2 ? (mb_text_kind)kind : MB_TEXT_PLAIN;
    }
    return MB_TEXT_PLAIN;
}

static mb_text_kind kind_of(const char *path, const unsigned char *magic, ssize_t length)
{
    static const char *const suffixes[MB_TEXT_KINDS] = {
        [MB_TEXT_GZIP] = ".gz",
        [MB_TEXT_ZSTD] = ".zst",
        [MB_TEXT_XZ] = ".xz",
        [MB_TEXT_BZIP2] = ".bz2",
    };
    const mb_text_kind told = mb_text_kind_of(magic, length);
    if (told != MB_TEXT_PLAIN) return told;
    for (int kind = MB_TEXT_GZIP; kind < MB_TEXT_KINDS; kind++)
        if (has_suffix(path, suffixes[kind])) return (mb_text_kind)kind;
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

mb_status mb_text_open(mb_context *cx, const char *path, mb_text_kind kind, int64_t first,
                       mb_text_source **source)
{
    mb_status status = MB_OK;
    const mb_text_format *format = formats[kind];
    mb_text_source *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    *made =
        (mb_text_source){.cx = cx, .fd = -1, .kind = kind, .any = first > 0, .limit = INT64_MAX};
    made->sum.ended = first == 0;
    made->path = mb_copy_string(cx, path);
    made->state = mb_allocate(cx, 1, format->state_size);
    MB_TRY(made->path && made->state ? MB_OK : MB_EMEMORY);
    memset(made->state, 0, format->state_size);
    MB_TRY(mb_buffer_new(cx, PIECE, &made->buffer));
    MB_TRY(mb_text_open_file(cx, path, &made->fd));
    posix_fadvise(made->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    mb_text_go(made, 0);
    if (first > 0) status = format->find(made, first);
done:
    if (status)
        mb_text_close(made);
    else
        *source = made;
    return status;
}

mb_status mb_text_window(mb_text_source *source, int64_t first, int64_t limit)
{
    const bool there = first == 0 || (source->stopped && source->stretch >= first);
    source->limit = limit;
    source->sum = (mb_text_sum){.ended = first == 0};
    if (source->ended && !source->stopped) return MB_OK;
    source->ended = source->stopped = false;
    source->any = source->any || first > 0;
    return there ? MB_OK : formats[source->kind]->find(source, first);
}

void mb_text_close(mb_text_source *source)
{
    if (!source) return;
    if (source->state) formats[source->kind]->end(source);
    if (source->fd >= 0) close(source->fd);
    mb_buffer_release(source->buffer);
    free(source->state);
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

mb_text_sum mb_text_sum_of(const mb_text_source *source)
{
    return source->sum;
}

static uint32_t turn(uint32_t word, uint32_t by)
{
    return word << (by & 31) | word >> (-by & 31);
}

void mb_text_sum_add(mb_text_sum *sum, mb_text_sum behind)
{
    const bool fits = !behind.ended || !sum->ended || sum->sum == behind.wanted;
    sum->wrong = sum->wrong || behind.wrong || !fits;
    if (behind.ended) {
        if (!sum->ended) sum->wanted = turn(behind.wanted ^ sum->sum, -sum->count);
        sum->ended = true;
        sum->sum = behind.sum;
    } else {
        sum->sum = turn(sum->sum, behind.count) ^ behind.sum;
    }
    sum->count += behind.count;
}

int64_t mb_text_stretch(const mb_text_source *source)
{
    return source->stretch;
}

// --- For the formats.

mb_status mb_text_peek(mb_text_source *source, int64_t at, void *to, size_t room, size_t *n)
{
    *n = 0;
    while (*n < room) {
        const ssize_t got = pread(source->fd, (char *)to + *n, room - *n, (off_t)at + (off_t)*n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return mb_fail(source->cx, MB_EIO, "%s: cannot read: %s", source->path,
                           strerror(errno));
        if (got == 0) break;
        *n += (size_t)got;
    }
    return MB_OK;
}

void mb_text_go(mb_text_source *source, int64_t at)
{
    source->position = at;
    source->next = source->buffer->data;
    source->available = 0;
}

mb_status mb_text_need(mb_text_source *source, size_t n)
{
    mb_status status = MB_OK;
    size_t got;
    if (source->available >= n) return MB_OK;
    memmove(source->buffer->data, source->next, source->available);
    source->next = source->buffer->data;
    MB_TRY(mb_buffer_reserve(source->cx, &source->buffer, (int64_t)source->available,
                             (int64_t)(n - source->available), 1));
    source->next = source->buffer->data;
    MB_TRY(mb_text_peek(source, source->position, source->next + source->available,
                        source->buffer->size - source->available, &got));
    source->available += got;
    source->position += (int64_t)got;
done:
    return status;
}

mb_status mb_text_fail_corrupt(mb_text_source *source, const char *why)
{
    return mb_fail(source->cx, MB_EIO, "%s: the %s data are corrupt near byte %lld%s%s",
                   source->path, mb_text_kind_name(source->kind), (long long)mb_text_at(source),
                   why ? ": " : "", why ? why : "");
}

mb_status mb_text_fail_room(mb_text_source *source)
{
    return mb_fail(source->cx, MB_EMEMORY, "out of memory: no room to decompress %s", source->path);
}

// --- Reading.

static mb_status read_some(mb_text_source *source, char *text, size_t room, size_t *size)
{
    const mb_text_format *format = formats[source->kind];
    mb_status status;
    MB_TRY(mb_text_need(source, 1));
    if (!source->inside) {
        MB_TRY(format->begin(source));
        if (!source->inside) {
            source->ended = true;
            source->cut_off = !source->stopped && (source->cut_off || !source->any);
            return MB_OK;
        }
        source->any = true;
    }
    const bool last = source->available == 0;
    status = format->some(source, last, text, room, size);
    if (!status && last && source->inside && *size == 0) source->ended = source->cut_off = true;
done:
    return status;
}

mb_status mb_text_read(mb_text_source *source, char *text, size_t room, size_t *size)
{
    mb_status status = MB_OK;
    *size = 0;
    if (room > INT32_MAX) room = INT32_MAX;
    while (!status && *size == 0 && !source->ended)
        status = read_some(source, text, room, size);
    return status;
}
