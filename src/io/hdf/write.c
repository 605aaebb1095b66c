#include "io/hdf/write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "io/hdf/cell.h"
#include "io/hdf/encode.h"
#include "io/hdf/mark.h"
#include "io/hdf/sink.h"

struct mb_hdf_output {
    mb_context *cx;
    char *path;
    mb_shared_part shared;
    mb_hdf_sink sink;
    hid_t file;
    int n;
    hid_t *datasets;
};

static herr_t keep_message(unsigned depth, const H5E_error2_t *error, void *text)
{
    if (depth == 0) snprintf(text, 256, "%s", error->desc ? error->desc : "unknown failure");
    return 0;
}

// The failure of the output: the system's reason where there is one, otherwise HDF5's.
static mb_status fail_output(mb_hdf_output *output)
{
    char text[256] = "unknown failure";
    if (output->sink.error)
        snprintf(text, sizeof text, "%s", strerror(output->sink.error));
    else
        H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_message, text);
    return mb_fail(output->cx, MB_EIO, "%s: cannot write: %s", output->path, text);
}

static hid_t file_type(const mb_hdf_field *field)
{
    if (field->size) {
        hid_t type = mb_hdf_text_type(field->size);
        if (type >= 0) H5Tset_cset(type, H5T_CSET_UTF8);
        return type;
    }
    switch (field->type->file) {
    case MB_FILE_BOOL: return mb_hdf_bool_type();
    case MB_FILE_INT: return H5Tcopy(H5T_STD_I64LE);
    case MB_FILE_UINT: return H5Tcopy(H5T_STD_U64LE);
    case MB_FILE_FLOAT: return H5Tcopy(H5T_IEEE_F64LE);
    }
    return H5I_INVALID_HID;
}

// How chunks are stored. Every chunk is written whole, so none needs fill values; without times,
// the same input gives the same bytes.
static hid_t make_layout(int level)
{
    const hsize_t chunk = MB_CHUNK_ROWS;
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    if (layout < 0) return layout;
    bool good = H5Pset_chunk(layout, 1, &chunk) >= 0 &&
                H5Pset_fill_time(layout, H5D_FILL_TIME_NEVER) >= 0 &&
                H5Pset_obj_track_times(layout, false) >= 0;
    if (level)
        good = good && H5Pset_shuffle(layout) >= 0 && H5Pset_deflate(layout, (unsigned)level) >= 0;
    if (good) return layout;
    H5Pclose(layout);
    return H5I_INVALID_HID;
}

static hid_t make_dataset(hid_t file, const mb_hdf_field *field, int level)
{
    const hsize_t none = 0, unlimited = H5S_UNLIMITED;
    hid_t dataset = H5I_INVALID_HID;
    hid_t type = file_type(field), layout = make_layout(level);
    hid_t space = H5Screate_simple(1, &none, &unlimited);
    if (type >= 0 && layout >= 0 && space >= 0)
        dataset = H5Dcreate2(file, field->name, type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    const bool marked = !field->size && !mb_type_is_plain(field->type);
    if (dataset >= 0 && marked &&
        !mb_hdf_mark_write(dataset, field->name, field->type, false, NULL, 0)) {
        H5Dclose(dataset);
        dataset = H5I_INVALID_HID;
    }
    if (type >= 0) H5Tclose(type);
    if (layout >= 0) H5Pclose(layout);
    if (space >= 0) H5Sclose(space);
    return dataset;
}

static mb_status make_file(mb_hdf_output *output, const mb_hdf_field *fields, int level)
{
    output->sink.fd = output->shared.fd;
    output->file = mb_hdf_sink_create(&output->sink, output->path);
    if (output->file < 0) return fail_output(output);
    for (int i = 0; i < output->n; i++) {
        output->datasets[i] = make_dataset(output->file, &fields[i], level);
        if (output->datasets[i] < 0) return fail_output(output);
    }
    return output->sink.error ? fail_output(output) : MB_OK;
}

static mb_status make_output(mb_context *cx, const char *path, int n, mb_hdf_output **output)
{
    mb_hdf_output *made = *output = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->cx = cx;
    made->shared = MB_SHARED_CLOSED;
    made->file = H5I_INVALID_HID;
    made->n = n;
    made->path = mb_copy_string(cx, path);
    made->datasets = mb_allocate(cx, (size_t)n, sizeof *made->datasets);
    for (int i = 0; made->datasets && i < n; i++)
        made->datasets[i] = H5I_INVALID_HID;
    return made->path && made->datasets ? MB_OK : MB_EMEMORY;
}

mb_status mb_hdf_output_open(mb_context *cx, const char *path, const mb_hdf_field *fields, int n,
                             int level, bool alone, mb_hdf_output **output)
{
    mb_hdf_output *made = NULL;
    mb_status status = make_output(cx, path, n, &made);
    if (alone) {
        if (!status) status = mb_part_open(cx, path, &made->shared.part);
        if (!status) made->shared.fd = made->shared.part.fd;
    } else {
        MB_TRY(mb_step(cx, status, NULL));
        MB_TRY(mb_shared_open(cx, path, false, &made->shared));
    }
    H5E_BEGIN_TRY
    {
        if (!status && (alone || mb_rank(cx) == 0)) status = make_file(made, fields, level);
    }
    H5E_END_TRY;
    if (!alone) status = mb_step(cx, status, NULL);
done:
    if (status)
        mb_hdf_output_abandon(made);
    else
        *output = made;
    return status;
}

mb_status mb_hdf_output_extend(mb_hdf_output *output, int64_t rows)
{
    const hsize_t length = (hsize_t)rows;
    mb_status status = MB_OK;
    H5E_BEGIN_TRY
    {
        for (int i = 0; i < output->n && !status; i++)
            if (H5Dset_extent(output->datasets[i], &length) < 0) status = fail_output(output);
    }
    H5E_END_TRY;
    return status;
}

mb_status mb_hdf_output_write(mb_context *cx, mb_hdf_output *output, int first, int end,
                              const mb_hdf_round *round, const char *bytes)
{
    const mb_hdf_chunked file = {.cx = cx,
                                 .path = output ? output->path : NULL,
                                 .shared = output ? &output->shared : NULL,
                                 .sink = output ? &output->sink : NULL,
                                 .datasets = output ? output->datasets : NULL,
                                 .n = output ? output->n : 1,
                                 .chunk_rows = MB_CHUNK_ROWS,
                                 .first = first,
                                 .end = end};
    mb_status status;
    H5E_BEGIN_TRY
    {
        status = mb_hdf_round_write(&file, round, bytes, 0);
    }
    H5E_END_TRY;
    return status;
}

// In the file the slots are as long as the longest text.
static bool write_texts(hid_t dataset, const char *name, const char *texts, int n, size_t size)
{
    const hsize_t count = (hsize_t)n;
    size_t longest = 1;
    bool good = false;
    for (int i = 0; i < n; i++) {
        size_t length = strnlen(texts + (size_t)i * size, size);
        if (length > longest) longest = length;
    }
    hid_t attribute = H5I_INVALID_HID, space = H5Screate_simple(1, &count, NULL);
    hid_t type = mb_hdf_text_type(size), stored = mb_hdf_text_type(longest);
    if (type >= 0 && stored >= 0 && space >= 0)
        attribute = H5Acreate2(dataset, name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute >= 0) {
        good = H5Awrite(attribute, type, texts) >= 0;
        H5Aclose(attribute);
    }
    if (type >= 0) H5Tclose(type);
    if (stored >= 0) H5Tclose(stored);
    if (space >= 0) H5Sclose(space);
    return good;
}

mb_status mb_hdf_output_describe(mb_hdf_output *output, int field, const char *name,
                                 const char *texts, int n, size_t size)
{
    mb_status status = MB_OK;
    if (n == 0) return MB_OK;
    H5E_BEGIN_TRY
    {
        if (!write_texts(output->datasets[field], name, texts, n, size))
            status = fail_output(output);
    }
    H5E_END_TRY;
    return status;
}

// Closes what is open in HDF5; false when something failed there.
static bool close_file(mb_hdf_output *output)
{
    bool good = true;
    for (int i = 0; output->datasets && i < output->n; i++) {
        if (output->datasets[i] >= 0 && H5Dclose(output->datasets[i]) < 0) good = false;
        output->datasets[i] = H5I_INVALID_HID;
    }
    if (output->file >= 0 && !mb_hdf_sink_close(&output->sink, output->file)) good = false;
    output->file = H5I_INVALID_HID;
    return good;
}

mb_status mb_hdf_output_finish(mb_hdf_output *output, mb_status status, bool alone)
{
    H5E_BEGIN_TRY
    {
        if (!status && !close_file(output)) status = fail_output(output);
    }
    H5E_END_TRY;
    if (!status && output->sink.error) status = fail_output(output);
    if (!alone) return mb_shared_publish(output->cx, status, output->path, &output->shared);
    const int error = status ? 0 : mb_part_publish(&output->shared.part);
    return error ? mb_part_fail(output->cx, output->path, error) : status;
}

void mb_hdf_output_abandon(mb_hdf_output *output)
{
    if (!output) return;
    if (!output->sink.error) output->sink.error = ECANCELED;
    H5E_BEGIN_TRY
    {
        close_file(output);
    }
    H5E_END_TRY;
    mb_shared_abandon(&output->shared);
    free(output->path);
    free(output->datasets);
    free(output);
}
