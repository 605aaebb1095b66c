#include "io/kind.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "comm/comm.h"
#include "io/packed/source.h"

enum { LOOKED_AT = 4096 };

static const char hdf5_signature[] = "\x89HDF\r\n\x1a\n";

// Whether bytes are text: lines, or the beginning of one.
static bool is_text(const char *bytes, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const unsigned char byte = (unsigned char)bytes[i];
        if (byte < ' ' && !isspace(byte)) return false;
    }
    return n > 0;
}

static bool begins_with(const char *bytes, int64_t n, const char *start)
{
    const size_t length = strlen(start);
    return n >= (int64_t)length && memcmp(bytes, start, length) == 0;
}

static mb_file_kind text_kind(const char *bytes, int64_t n)
{
    static const char mark[] = "\xef\xbb\xbf";
    int64_t i = begins_with(bytes, n, mark) ? (int64_t)sizeof mark - 1 : 0;
    if (begins_with(bytes + i, n - i, "#separator")) return MB_FILE_ZEEK;
    while (i < n && isspace((unsigned char)bytes[i]))
        i++;
    return i < n && (bytes[i] == '{' || bytes[i] == '[') ? MB_FILE_JSON : MB_FILE_CSV;
}

mb_file_kind mb_file_kind_of(const char *bytes, int64_t n)
{
    static const char *const starts[MB_FILE_KINDS] = {
        [MB_FILE_HDF5] = hdf5_signature, [MB_FILE_PARQUET] = "PAR1",  [MB_FILE_ARROW] = "ARROW1",
        [MB_FILE_NETCDF] = "CDF",        [MB_FILE_MATLAB] = "MATLAB",
    };
    static const mb_file_kind packed[MB_TEXT_KINDS] = {
        [MB_TEXT_GZIP] = MB_FILE_GZIP,
        [MB_TEXT_BZIP2] = MB_FILE_BZIP2,
        [MB_TEXT_ZSTD] = MB_FILE_ZSTD,
        [MB_TEXT_XZ] = MB_FILE_XZ,
    };
    const mb_text_kind how = mb_text_kind_of(bytes, n);
    if (how != MB_TEXT_PLAIN) return packed[how];
    for (int kind = 0; kind < MB_FILE_KINDS; kind++)
        if (starts[kind] && begins_with(bytes, n, starts[kind])) return (mb_file_kind)kind;
    return is_text(bytes, n) ? text_kind(bytes, n) : MB_FILE_UNKNOWN;
}

// Whether HDF5's signature is behind a block of the user's, which has 512 bytes or 1024, 2048, ...
static bool has_user_block(int fd)
{
    char bytes[sizeof hdf5_signature - 1];
    for (off_t at = LOOKED_AT / 8; pread(fd, bytes, sizeof bytes, at) == sizeof bytes; at *= 2)
        if (memcmp(bytes, hdf5_signature, sizeof bytes) == 0) return true;
    return false;
}

// The first bytes of a file's text, decompressed, and how it is compressed.
static mb_status read_start(mb_context *cx, const char *path, char *bytes, int64_t *n,
                            mb_text_kind *packed)
{
    mb_text_source *source = NULL;
    int64_t size;
    size_t got = 1;
    *n = 0;
    mb_status status = mb_text_recognise(cx, path, packed, &size);
    if (!status) status = mb_text_open(cx, path, *packed, 0, &source);
    while (!status && got > 0 && *n < LOOKED_AT) {
        status = mb_text_read(source, bytes + *n, (size_t)(LOOKED_AT - *n), &got);
        if (!status) *n += (int64_t)got;
    }
    mb_text_close(source);
    return status;
}

static mb_status look(mb_context *cx, const char *path, mb_strings *found)
{
    static const char *const names[MB_FILE_KINDS] = {
        [MB_FILE_HDF5] = "hdf5",     [MB_FILE_PARQUET] = "parquet", [MB_FILE_ARROW] = "arrow",
        [MB_FILE_NETCDF] = "netcdf", [MB_FILE_MATLAB] = "matlab",   [MB_FILE_JSON] = "json",
        [MB_FILE_ZEEK] = "zeek",     [MB_FILE_CSV] = "csv",
    };
    char bytes[LOOKED_AT];
    int64_t n = 0;
    mb_text_kind packed = MB_TEXT_PLAIN;
    int fd = -1;
    mb_status status = read_start(cx, path, bytes, &n, &packed);
    if (status) return status;
    mb_file_kind kind = mb_file_kind_of(bytes, n);
    if (kind == MB_FILE_UNKNOWN && packed == MB_TEXT_PLAIN) {
        status = mb_text_open_file(cx, path, &fd);
        if (status) return status;
        if (has_user_block(fd)) kind = MB_FILE_HDF5;
        close(fd);
    }
    if (!names[kind]) return MB_OK;
    status = mb_strings_add(cx, found, names[kind]);
    if (!status && packed != MB_TEXT_PLAIN)
        status = mb_strings_add(cx, found, mb_text_kind_name(packed));
    return status;
}

mb_status mb_file_kind_find(mb_context *cx, const char *path, mb_strings *found)
{
    const mb_status status = mb_rank(cx) == 0 ? look(cx, path, found) : MB_OK;
    return mb_strings_share(cx, status, found);
}
