#include "io/hdf/restore.h"

#include <stdio.h>
#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "io/hdf/mark.h"
#include "ops/address/convert.h"
#include "types/address.h"
#include "types/flags.h"
#include "types/ip.h"

enum { LONGEST_PATH = 4096 };

static mb_status read_flags(mb_context *cx, const char *path, const char *name, mb_strings *names)
{
    hid_t file, dataset;
    mb_status status = mb_hdf_file_open(cx, path, &file);
    if (status) return status;
    dataset = H5Dopen2(file, name, H5P_DEFAULT);
    status = dataset < 0 ? mb_hdf_fail(cx, path, name, "cannot be opened")
                         : mb_hdf_attribute_add(cx, dataset, "moonbear_flags", names);
    if (dataset >= 0) H5Dclose(dataset);
    H5Fclose(file);
    return status;
}

mb_status mb_hdf_restore_type(mb_context *cx, const char *path, const char *name,
                              const mb_hdf_shape *shape, const mb_type **type)
{
    mb_strings names = {0};
    mb_buffer *index = NULL;
    mb_status status = MB_OK;
    *type = shape->mark.is_coded || shape->is_text ? mb_type_of((mb_kind)shape->kind)
                                                   : mb_hdf_shape_type(shape);
    if (shape->mark.type != MB_MARK_FLAGS) return MB_OK;
    if (mb_rank(cx) == 0) status = read_flags(cx, path, name, &names);
    MB_TRY(mb_strings_share(cx, status, &names));
    MB_TRY(mb_strings_index(cx, &names, &index));
    status = mb_flags_type_of(cx, index->data, (int)names.count, type);
    if (status)
        status = mb_fail_within(cx, MB_EIO, "%s: dataset '%s' has names of flags that are none",
                                path, name);
done:
    mb_buffer_release(index);
    mb_strings_release(&names);
    return status;
}

// --- Missing rows.

mb_status mb_hdf_restore_missing(mb_hdf_reader *reader, hid_t file, const mb_hdf_dataset *dataset,
                                 int64_t first, int64_t last, uint64_t *words, int64_t at)
{
    const char *path = dataset->path, *name = dataset->name;
    char other[LONGEST_PATH];
    mb_hdf_dataset mask;
    const void *values;
    snprintf(other, sizeof other, "%s%s", MB_HDF_MISSING_GROUP, name);
    mb_status status = mb_hdf_dataset_open(reader->cx, file, path, other, &mask);
    if (status) return status;
    if (mask.shape.kind != MB_BOOL || mask.shape.rows < last)
        status = mb_fail(reader->cx, MB_EIO,
                         "%s: dataset '%s', which tells the missing rows of '%s', is no column of "
                         "as many bools",
                         path, other, name);
    for (int64_t row = first, n; row < last && !status; row += n) {
        status = mb_hdf_rows_read(reader, &mask, row, last - row, &mask.shape, &values, &n);
        for (int64_t i = 0; i < n && !status; i++, at++)
            if (((const uint8_t *)values)[i]) words[at / 64] &= ~(UINT64_C(1) << (at % 64));
    }
    mb_hdf_dataset_close(&mask);
    return status;
}

// A column like another but for what is in `model`, in whose place it comes.
static mb_status replace(mb_context *cx, mb_column *model, int index, mb_column **column)
{
    mb_column *made;
    model->identity = mb_result_identity(cx, index);
    mb_status status = mb_column_new(cx, model, &made);
    if (status) return status;
    mb_column_release(*column);
    *column = made;
    return MB_OK;
}

mb_status mb_hdf_restore_validity(mb_context *cx, mb_buffer *words, int index, mb_column **column)
{
    mb_column model = **column;
    model.validity = (mb_plane){.buffer = words, .data = words->data};
    model.facts.missing = MB_UNCOUNTED;
    model.facts.ascending = false;
    model.facts.ranges = NULL;
    mb_status status = replace(cx, &model, index, column);
    return mb_column_settle(cx, status, *column);
}

// --- Dictionaries.

// A group with a dictionary, of which this rank reads a part.
typedef struct entries {
    mb_context *cx;
    const char *path;
    char group[LONGEST_PATH];
    bool spread, sorted;
    int64_t n, first, count;
    mb_buffer *offsets, *bytes;
} entries;

static mb_status fail_entries(const entries *e, const char *what)
{
    return mb_hdf_fail(e->cx, e->path, e->group, what);
}

static mb_status refuse_entries(const entries *e)
{
    return mb_fail(e->cx, MB_EIO, "%s: the dictionary '%s' is damaged", e->path, e->group);
}

// Reads n values from a row on.
static bool read_span(hid_t dataset, hid_t type, int64_t first, int64_t n, void *values)
{
    hsize_t start = (hsize_t)first, count = (hsize_t)n;
    if (n == 0) return true;
    hid_t there = H5Dget_space(dataset), here = H5Screate_simple(1, &count, NULL);
    bool good = there >= 0 && here >= 0 &&
                H5Sselect_hyperslab(there, H5S_SELECT_SET, &start, NULL, &count, NULL) >= 0 &&
                H5Dread(dataset, type, here, there, H5P_DEFAULT, values) >= 0;
    if (there >= 0) H5Sclose(there);
    if (here >= 0) H5Sclose(here);
    return good;
}

// The length of a list; -1 of what is none.
static int64_t rows_of(hid_t dataset)
{
    hid_t space = H5Dget_space(dataset);
    const bool list = space >= 0 && H5Sget_simple_extent_ndims(space) == 1;
    hssize_t rows = list ? H5Sget_simple_extent_npoints(space) : -1;
    if (space >= 0) H5Sclose(space);
    return rows;
}

static mb_status read_offsets(entries *e, hid_t dataset, int64_t nbytes)
{
    mb_status status;
    e->n = rows_of(dataset) - 1;
    if (e->n < 0 || nbytes < 0) return refuse_entries(e);
    int rank = mb_rank(e->cx), nranks = mb_nranks(e->cx);
    e->first = e->spread ? mb_even_start(e->n, nranks, rank) : 0;
    e->count = e->spread ? mb_even_start(e->n, nranks, rank + 1) - e->first : e->n;
    MB_TRY(mb_buffer_new_array(e->cx, e->count + 1, sizeof(uint64_t), &e->offsets));
    uint64_t *offsets = e->offsets->data;
    if (!read_span(dataset, H5T_NATIVE_UINT64, e->first, e->count + 1, offsets))
        MB_TRY(fail_entries(e, "cannot be read"));
    for (int64_t i = 0; i < e->count; i++)
        if (offsets[i] > offsets[i + 1]) MB_TRY(refuse_entries(e));
    if (offsets[e->count] > (uint64_t)nbytes) MB_TRY(refuse_entries(e));
done:
    return status;
}

// Reads the strings, and makes the offsets count from the first of them.
static mb_status read_bytes(entries *e, hid_t dataset)
{
    uint64_t *offsets = e->offsets->data, begin = offsets[0];
    int64_t size = (int64_t)(offsets[e->count] - begin);
    mb_status status = mb_buffer_new(e->cx, (size_t)size, &e->bytes);
    if (status) return status;
    for (int64_t i = 0; i <= e->count; i++)
        offsets[i] -= begin;
    if (read_span(dataset, H5T_NATIVE_UINT8, (int64_t)begin, size, e->bytes->data)) return MB_OK;
    return fail_entries(e, "cannot be read");
}

static mb_status read_form(entries *e, hid_t group)
{
    mb_strings form = {0};
    mb_status status = mb_hdf_attribute_add(e->cx, group, "moonbear_form", &form);
    const char *text = form.count == 1 ? mb_strings_first(&form) : "";
    e->sorted = strcmp(text, "sorted") == 0;
    e->spread = e->sorted || strcmp(text, "unordered") == 0;
    if (!status && !e->spread && strcmp(text, "replicated") != 0) status = refuse_entries(e);
    e->sorted |= !e->spread;
    mb_strings_release(&form);
    return status;
}

static mb_status read_group(entries *e, hid_t file)
{
    hid_t group = H5Gopen2(file, e->group, H5P_DEFAULT);
    if (group < 0) return fail_entries(e, "cannot be opened");
    hid_t offsets = H5Dopen2(group, "offsets", H5P_DEFAULT);
    hid_t bytes = H5Dopen2(group, "bytes", H5P_DEFAULT);
    mb_status status = MB_OK;
    if (offsets < 0 || bytes < 0) status = fail_entries(e, "cannot be opened");
    if (!status) status = read_form(e, group);
    if (!status) status = read_offsets(e, offsets, rows_of(bytes));
    if (!status) status = read_bytes(e, bytes);
    if (offsets >= 0) H5Dclose(offsets);
    if (bytes >= 0) H5Dclose(bytes);
    H5Gclose(group);
    return status;
}

// The dictionary of what was read, whose entries must be as its form says.
static mb_status make_dictionary(const entries *e, const mb_type *model, mb_dictionary **dictionary)
{
    mb_context *cx = e->cx;
    mb_buffer *table;
    mb_address address;
    mb_status status = mb_buffer_new_array(cx, e->count, sizeof(mb_string), &table);
    if (status) return status;
    mb_string *strings = table->data;
    const uint64_t *offsets = e->offsets->data;
    for (int64_t i = 0; i < e->count && !status; i++) {
        strings[i] = (mb_string){(const char *)e->bytes->data + offsets[i],
                                 (size_t)(offsets[i + 1] - offsets[i])};
        if ((e->sorted && i > 0 && mb_string_compare(strings[i - 1], strings[i]) >= 0) ||
            (model == &mb_type_ip && !mb_address_of_string(strings[i], &address)))
            status = refuse_entries(e);
    }
    if (!status && !e->spread) status = mb_dictionary_new(cx, model, strings, e->n, dictionary);
    if (!status && e->spread)
        status = mb_dictionary_adopt(cx,
                                     (mb_dictionary){.model = model,
                                                     .n = e->n,
                                                     .first = e->first,
                                                     .count = e->count,
                                                     .sorted = e->sorted,
                                                     .offset_buffer = e->offsets,
                                                     .byte_buffer = e->bytes},
                                     dictionary);
    mb_buffer_release(table);
    return status;
}

// Reads a dictionary and makes its type.
static mb_status load(mb_context *cx, hid_t file, const char *path, const char *group,
                      const mb_type *model, const mb_type **type)
{
    entries e = {.cx = cx, .path = path};
    mb_dictionary *dictionary = NULL;
    mb_status status;
    snprintf(e.group, sizeof e.group, "%s", group);
    MB_TRY(read_group(&e, file));
    MB_TRY(make_dictionary(&e, model, &dictionary));
    *type = &dictionary->type;
done:
    mb_buffer_release(e.offsets);
    mb_buffer_release(e.bytes);
    return status;
}

// The type of a dataset of codes, which stays that of `known`. Not collective.
static mb_status find_type(mb_context *cx, const char *path, const char *name, bool addresses,
                           mb_hdf_entry_types *known, const mb_type **type)
{
    hid_t file, dataset;
    mb_strings group = {0};
    mb_status status = mb_hdf_file_open(cx, path, &file);
    if (status) return status;
    dataset = H5Dopen2(file, name, H5P_DEFAULT);
    if (dataset < 0) MB_TRY(mb_hdf_fail(cx, path, name, "cannot be opened"));
    MB_TRY(mb_hdf_attribute_add(cx, dataset, "moonbear_entries", &group));
    const char *wanted = group.count ? mb_strings_first(&group) : "";
    const char *at = known->paths.count ? mb_strings_first(&known->paths) : NULL;
    for (int64_t i = 0; i < known->paths.count; i++, at = mb_strings_next(at)) {
        *type = ((const mb_type **)known->types->data)[i];
        if (strcmp(at, wanted) == 0 && mb_type_is_ip(*type) == addresses) goto done;
    }
    MB_TRY(mb_buffer_reserve(cx, &known->types, known->paths.count, 1, sizeof *type));
    MB_TRY(load(cx, file, path, wanted, addresses ? &mb_type_ip : &mb_type_text, type));
    ((const mb_type **)known->types->data)[known->paths.count] = *type;
    status = mb_strings_add(cx, &known->paths, wanted);
    if (status) mb_type_release(*type);
done:
    mb_strings_release(&group);
    if (dataset >= 0) H5Dclose(dataset);
    H5Fclose(file);
    return status;
}

// Whether all codes of a column are those of entries.
static bool codes_fit(const mb_column *column, int64_t n)
{
    mb_range range;
    if (column->layout->n_global == column->facts.missing) return true;
    return mb_column_range(column, &range) && range.maximum < (uint64_t)n;
}

static mb_status restore_codes(mb_context *cx, const char *path, const char *name, bool addresses,
                               mb_hdf_entry_types *known, int index, mb_column **column)
{
    mb_column model = **column;
    mb_status status = find_type(cx, path, name, addresses, known, &model.type);
    if (!status) {
        const mb_dictionary *dictionary = mb_dictionary_of(model.type);
        if (!codes_fit(*column, dictionary->n))
            status = mb_fail(cx, MB_EIO, "%s: dataset '%s' is damaged: it has codes of no string",
                             path, name);
        model.facts.ascending &= dictionary->sorted;
    }
    if (!status) status = replace(cx, &model, index, column);
    return mb_step(cx, status, NULL);
}

mb_status mb_hdf_restore_values(mb_context *cx, const char *path, const char *name,
                                const mb_hdf_shape *shape, mb_hdf_entry_types *known, int index,
                                mb_column **column)
{
    mb_column *made;
    bool addresses = shape->mark.type == MB_MARK_IP;
    if (shape->mark.is_coded) return restore_codes(cx, path, name, addresses, known, index, column);
    if (!addresses || !shape->is_text) return MB_OK;
    mb_status status = mb_ip_of_text(cx, *column, (mb_ip_unread){.what = MB_UNREAD_FAILS}, &made);
    if (!status) {
        mb_column_release(*column);
        *column = made;
        status = mb_materialise(cx, made);
    }
    if (status) return mb_fail_within(cx, status, "%s: dataset '%s'", path, name);
    mb_column model = *made;
    return mb_step(cx, replace(cx, &model, index, column), NULL);
}

void mb_hdf_entry_types_release(mb_hdf_entry_types *known)
{
    for (int64_t i = 0; i < known->paths.count; i++)
        mb_type_release(((const mb_type **)known->types->data)[i]);
    mb_strings_release(&known->paths);
    mb_buffer_release(known->types);
}
