// Opening HDF5 files for reading.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/hdf/internal.h"
#include "io/kind.h"

enum {
    LOOKED_AT = 512,
    READ_ATTEMPTS =
        20, // of metadata that a writer may be changing: HDF5 waits a millisecond in all
};

// What to do with a file that is not HDF5.
static const char *tell_kind(const char *bytes, ssize_t n)
{
    static const char text[] = "; it is text: mb.read_csv reads CSV, mb.read_jsonl JSON lines";
    static const char *const what[MB_FILE_KINDS] = {
        [MB_FILE_PARQUET] = "; it is a Parquet file: mb.read_parquet reads it",
        [MB_FILE_ARROW] = "; it is a file of Arrow's: Parquet, which pyarrow makes of it, is read",
        [MB_FILE_NETCDF] =
            "; it is a netCDF file of the classic format: 'nccopy -k nc4' makes HDF5 of it",
        [MB_FILE_MATLAB] = "; it is a MATLAB file of an older format: save it with '-v7.3'",
        [MB_FILE_BZIP2] = "; it is compressed by bzip2: if it holds CSV, mb.read_csv reads it",
        [MB_FILE_ZSTD] = "; it is compressed by zstd: if it holds CSV, mb.read_csv reads it",
        [MB_FILE_XZ] = "; it is compressed by xz: if it holds CSV, mb.read_csv reads it",
        [MB_FILE_GZIP] = "; it is compressed by gzip: if it holds CSV, mb.read_csv reads it",
        [MB_FILE_JSON] = text,
        [MB_FILE_ZEEK] = "; it is a log of Zeek's: mb.read_zeek reads it",
        [MB_FILE_CSV] = text,
    };
    const char *told = what[mb_file_kind_of(bytes, n)];
    return told ? told : "";
}

// Whether another process has a file locked for writing. Where a file system has no locks, nobody
// has.
static bool is_locked(int fd)
{
    if (flock(fd, LOCK_SH | LOCK_NB) == 0) return flock(fd, LOCK_UN) != 0;
    return errno == EWOULDBLOCK;
}

// Fails where there is no file, or one that HDF5 would wait at for ever.
static mb_status check_path(mb_context *cx, const char *path)
{
    struct stat found;
    if (stat(path, &found) != 0) return mb_fail(cx, MB_EIO, "%s: %s", path, strerror(errno));
    if (S_ISREG(found.st_mode)) return MB_OK;
    return mb_fail(cx, MB_EIO, "%s: this is a %s, not a file", path,
                   S_ISDIR(found.st_mode) ? "directory" : "device or a pipe");
}

// Whether there is a better reason for a failed opening than HDF5's; it is then the message.
static bool explain(mb_context *cx, const char *path)
{
    char start[LOOKED_AT];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool explained = true;
    if (fd < 0) {
        mb_fail(cx, MB_EIO, "%s: %s", path, strerror(errno));
        return true;
    }
    if (is_locked(fd)) {
        mb_fail(cx, MB_EIO,
                "%s: another program has this file open for writing; close it there, or set "
                "HDF5_USE_FILE_LOCKING=FALSE to read it all the same",
                path);
    } else if (H5Fis_hdf5(path) == 0) {
        ssize_t n = pread(fd, start, sizeof start, 0);
        mb_fail(cx, MB_EIO, "%s: this is not an HDF5 file%s", path, tell_kind(start, n));
    } else {
        explained = false;
    }
    close(fd);
    return explained;
}

static mb_status open_with(mb_context *cx, const char *path, unsigned flags, bool locking,
                           hid_t *file)
{
    mb_status status = MB_OK;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), opened = H5I_INVALID_HID;
    if (access >= 0 && H5Pset_fapl_sec2(access) >= 0 &&
        (locking || H5Pset_file_locking(access, false, true) >= 0) &&
        (!(flags & H5F_ACC_SWMR_READ) || H5Pset_metadata_read_attempts(access, READ_ATTEMPTS) >= 0))
        opened = H5Fopen(path, flags, access);
    if (opened < 0) status = mb_hdf_fail(cx, path, NULL, "cannot open this HDF5 file");
    if (access >= 0) H5Pclose(access);
    if (!status) *file = opened;
    return status;
}

// Opens a file as a virtual dataset or an external link would open it: HDF5 refuses a file that is
// open already with another setting of locks, and takes such a source for absent. So HDF5's default
// comes first, unless another program is writing. To open without locks is for file systems that
// have none, and for a file that the host program has opened so; the last try is for files that are
// being appended to (SWMR).
mb_status mb_hdf_file_open(mb_context *cx, const char *path, hid_t *file)
{
    char reason[sizeof cx->message];
    mb_status status = check_path(cx, path);
    if (status) return status;
    status = open_with(cx, path, H5F_ACC_RDONLY, true, file);
    if (!status || explain(cx, path)) return status;
    memcpy(reason, cx->message, sizeof reason);
    status = open_with(cx, path, H5F_ACC_RDONLY, false, file);
    if (status) status = open_with(cx, path, H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, true, file);
    if (status) memcpy(cx->message, reason, sizeof reason);
    return status;
}
