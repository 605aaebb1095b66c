// Enumerations as text: the names of their values, and numbers where a value has none.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/progress.h"
#include "io/hdf/internal.h"

typedef struct member {
    int64_t value;
    char *name; // HDF5's memory
} member;

static int by_value(const void *a, const void *b)
{
    int64_t x = ((const member *)a)->value, y = ((const member *)b)->value;
    return (x > y) - (x < y);
}

void mb_hdf_enumeration_name(mb_hdf_dataset *dataset)
{
    if (dataset->is_segmented || dataset->shape.is_text || dataset->shape.kind != MB_INT ||
        dataset->stored_type < 0 || H5Tget_class(dataset->stored_type) != H5T_ENUM)
        return;
    dataset->is_named = true;
    dataset->numbers = dataset->shape;
    dataset->shape.is_text = true;
    dataset->shape.kind = mb_type_text.kind;
}

// The members of an enumeration, by value. Those without a name were not read.
static mb_status find_members(const mb_hdf_dataset *dataset, mb_context *cx, member *members, int n)
{
    hid_t type = dataset->stored_type, base = H5Tget_super(type);
    bool right = base >= 0;
    for (int i = 0; i < n && right; i++) {
        right = H5Tget_member_value(type, (unsigned)i, &members[i].value) >= 0 &&
                H5Tconvert(base, H5T_NATIVE_INT64, 1, &members[i].value, NULL, H5P_DEFAULT) >= 0;
        members[i].name = right ? H5Tget_member_name(type, (unsigned)i) : NULL;
        right = members[i].name != NULL;
    }
    if (base >= 0) H5Tclose(base);
    if (!right)
        return mb_hdf_fail(cx, dataset->path, dataset->name, "has names that cannot be read");
    qsort(members, (size_t)n, sizeof *members, by_value);
    return MB_OK;
}

static mb_status add_values(const int64_t *values, int64_t n, const member *members, int nmembers,
                            mb_text_encoder *encoder)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n && !status; i++) {
        char number[24];
        member key = {.value = values[i]};
        const member *found = bsearch(&key, members, (size_t)nmembers, sizeof key, by_value);
        if (!found) snprintf(number, sizeof number, "%" PRId64, values[i]);
        const char *name = found ? found->name : number;
        status = mb_text_encoder_append(encoder, (mb_string){name, strlen(name)});
    }
    return status;
}

mb_status mb_hdf_enumeration_read(mb_hdf_reader *reader, const mb_hdf_dataset *dataset,
                                  int64_t first, int64_t last, mb_text_encoder *encoder)
{
    mb_hdf_dataset numbers = *dataset;
    mb_buffer *table = NULL;
    mb_status status;
    int n = H5Tget_nmembers(dataset->stored_type);
    member *members = NULL;
    numbers.shape = dataset->numbers;
    if (n < 0) n = 0;
    MB_TRY(mb_buffer_new_zeroed(reader->cx, n, sizeof(member), &table));
    members = table->data;
    MB_TRY(find_members(dataset, reader->cx, members, n));
    for (int64_t row = first, count; row < last; row += count) {
        void *values;
        count = last - row;
        MB_TRY(mb_hdf_rows_read_stored(reader, &numbers, row, &count, &values));
        MB_TRY(add_values(values, count, members, n, encoder));
        mb_progress_add(reader->cx, count, count * numbers.element.size);
    }
done:
    for (int i = 0; members && i < n; i++)
        H5free_memory(members[i].name);
    mb_buffer_release(table);
    return status;
}
