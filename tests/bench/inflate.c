// What two processes inflate with libdeflate, and do nothing else: inflate FILE DATASET...
//
// All chunks of the datasets are in memory, and each process inflates every other one of them.
// Prints `inflate` and compressed bytes a second of both together, with a tab between.
#include <hdf5.h>
#include <libdeflate.h>
#include <stdint.h>

#include "pair.h"

enum { MOST_CHUNKS = 1 << 16 };

typedef struct chunk {
    char *bytes;
    size_t size;
} chunk;

static chunk chunks[MOST_CHUNKS];
static int n_chunks;
static size_t longest; // bytes of an inflated chunk, at most

static void read_chunk(hid_t dataset, hsize_t index)
{
    hsize_t row, size;
    haddr_t address;
    unsigned mask;
    hid_t space = H5Dget_space(dataset);
    if (n_chunks == MOST_CHUNKS) die("too many chunks");
    chunk *c = &chunks[n_chunks++];
    if (H5Dget_chunk_info(dataset, space, index, &row, &mask, &address, &size) < 0) die("chunk");
    c->size = size;
    c->bytes = malloc(size);
    if (!c->bytes || H5Dread_chunk(dataset, H5P_DEFAULT, &row, &mask, c->bytes) < 0) die("chunk");
    H5Sclose(space);
}

static void read_dataset(hid_t file, const char *name)
{
    hsize_t rows, n;
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), plist = H5Dget_create_plist(dataset);
    if (H5Pget_chunk(plist, 1, &rows) != 1) die("one dimension of chunks is expected");
    const size_t bytes = (size_t)rows * H5Tget_size(H5Dget_type(dataset));
    if (bytes > longest) longest = bytes;
    hid_t space = H5Dget_space(dataset);
    if (H5Dget_num_chunks(dataset, space, &n) < 0) die(name);
    for (hsize_t i = 0; i < n; i++)
        read_chunk(dataset, i);
    H5Sclose(space);
    H5Pclose(plist);
    H5Dclose(dataset);
}

static void inflate_share(int process, void *work)
{
    (void)work;
    struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
    char *to = malloc(longest);
    if (!inflater || !to) die("memory");
    for (int i = process; i < n_chunks; i += PAIR)
        if (libdeflate_zlib_decompress(inflater, chunks[i].bytes, chunks[i].size, to, longest,
                                       NULL) != LIBDEFLATE_SUCCESS)
            die("a damaged chunk");
    libdeflate_free_decompressor(inflater);
    free(to);
}

int main(int argc, char **argv)
{
    if (argc < 3) die("inflate FILE DATASET...");
    hid_t file = H5Fopen(argv[1], H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) die(argv[1]);
    for (int i = 2; i < argc; i++)
        read_dataset(file, argv[i]);
    size_t bytes = 0;
    for (int i = 0; i < n_chunks; i++)
        bytes += chunks[i].size;
    printf("inflate\t%.4g\n", (double)bytes / pair_seconds(NULL, inflate_share));
    return 0;
}
