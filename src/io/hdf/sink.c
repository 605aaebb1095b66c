#include "io/hdf/sink.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/part.h"

static mb_hdf_sink *sink_of(H5FD_t *base)
{
    return (mb_hdf_sink *)(void *)base;
}

static const mb_hdf_sink *const_sink_of(const H5FD_t *base)
{
    return (const mb_hdf_sink *)(const void *)base;
}

static H5FD_t *sink_open(const char *path, unsigned flags, hid_t access, haddr_t most)
{
    (void)path, (void)flags, (void)most;
    mb_hdf_sink *const *sink = H5Pget_driver_info(access);
    return sink ? &(*sink)->base : NULL;
}

static herr_t sink_close(H5FD_t *base)
{
    (void)base;
    return 0;
}

static herr_t sink_query(const H5FD_t *base, unsigned long *flags)
{
    (void)base;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

static haddr_t sink_get_eoa(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return const_sink_of(base)->end_of_addresses;
}

static herr_t sink_set_eoa(H5FD_t *base, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    sink_of(base)->end_of_addresses = address;
    return 0;
}

static haddr_t sink_get_eof(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return const_sink_of(base)->end_of_file;
}

static herr_t sink_read(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                        void *buffer)
{
    (void)type, (void)transfer;
    size_t done = 0;
    while (done < size) {
        ssize_t got =
            pread(sink_of(base)->fd, (char *)buffer + done, size - done, (off_t)(address + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        done += (size_t)got;
    }
    memset((char *)buffer + done, 0, size - done);
    return 0;
}

static herr_t sink_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address,
                         size_t size, const void *buffer)
{
    (void)transfer;
    mb_hdf_sink *sink = sink_of(base);
    if (address + size > sink->end_of_file) sink->end_of_file = address + size;
    if (sink->planning && type == H5FD_MEM_DRAW) {
        sink->planned = address;
        return 0;
    }
    if (!sink->error && !mb_part_allows(address + size)) sink->error = EFBIG;
    for (size_t done = 0; done < size && !sink->error;) {
        ssize_t written =
            pwrite(sink->fd, (const char *)buffer + done, size - done, (off_t)(address + done));
        if (written > 0) done += (size_t)written;
        if (written == 0) sink->error = ENOSPC;
        if (written < 0 && errno != EINTR) sink->error = errno;
    }
    return 0;
}

static herr_t sink_truncate(H5FD_t *base, hid_t transfer, hbool_t closing)
{
    (void)transfer, (void)closing;
    mb_hdf_sink *sink = sink_of(base);
    if (sink->end_of_file == sink->end_of_addresses) return 0;
    if (!sink->error && !mb_part_allows(sink->end_of_addresses)) sink->error = EFBIG;
    if (!sink->error && ftruncate(sink->fd, (off_t)sink->end_of_addresses) != 0)
        sink->error = errno;
    sink->end_of_file = sink->end_of_addresses;
    return 0;
}

static const H5FD_class_t sink_class = {
    .name = "moonbear sink",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(mb_hdf_sink *),
    .open = sink_open,
    .close = sink_close,
    .query = sink_query,
    .get_eoa = sink_get_eoa,
    .set_eoa = sink_set_eoa,
    .get_eof = sink_get_eof,
    .read = sink_read,
    .write = sink_write,
    .truncate = sink_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

// Opens or creates a file in the sink. Data that is read in place begins at whole words.
static hid_t open_file(mb_hdf_sink *sink, const char *path, bool create, bool aligned)
{
    enum { LARGE = 4096, WORDS = 64 };
    hid_t file = H5I_INVALID_HID;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    sink->class = H5FDregister(&sink_class);
    if (access >= 0 && sink->class >= 0 && H5Pset_driver(access, sink->class, &sink) >= 0 &&
        (!aligned || H5Pset_alignment(access, LARGE, WORDS) >= 0))
        file = create ? H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access)
                      : H5Fopen(path, H5F_ACC_RDWR, access);
    if (access >= 0) H5Pclose(access);
    if (file < 0 && sink->class >= 0) H5FDunregister(sink->class);
    return file;
}

hid_t mb_hdf_sink_create(mb_hdf_sink *sink, const char *path)
{
    return open_file(sink, path, true, false);
}

hid_t mb_hdf_sink_create_shared(mb_hdf_sink *sink, const char *path)
{
    return open_file(sink, path, true, true);
}

hid_t mb_hdf_sink_open(mb_hdf_sink *sink, const char *path)
{
    off_t size = lseek(sink->fd, 0, SEEK_END);
    sink->end_of_file = size > 0 ? (haddr_t)size : 0;
    return open_file(sink, path, false, true);
}

haddr_t mb_hdf_sink_reserve(mb_hdf_sink *sink, size_t size)
{
    haddr_t address = (sink->end_of_addresses + 7) / 8 * 8;
    sink->end_of_addresses = address + size;
    return address;
}

bool mb_hdf_sink_close(mb_hdf_sink *sink, hid_t file)
{
    bool good = H5Fclose(file) >= 0;
    H5FDunregister(sink->class);
    return good;
}
