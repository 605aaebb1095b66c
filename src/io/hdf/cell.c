#include "io/hdf/cell.h"

#include "column/storage.h"
#include "io/hdf/heap.h"
#include "types/ip.h"

hid_t mb_hdf_bool_type(void)
{
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    const int8_t no = 0, yes = 1;
    if (type >= 0 &&
        (H5Tenum_insert(type, "FALSE", &no) < 0 || H5Tenum_insert(type, "TRUE", &yes) < 0)) {
        H5Tclose(type);
        type = H5I_INVALID_HID;
    }
    return type;
}

hid_t mb_hdf_text_type(size_t size)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 && H5Tset_size(type, size) >= 0 &&
        (size == H5T_VARIABLE || H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0))
        return type;
    if (type >= 0) H5Tclose(type);
    return H5I_INVALID_HID;
}

static int bytes_of(uint64_t most)
{
    if (most <= UINT8_MAX) return 1;
    if (most <= UINT16_MAX) return 2;
    return most <= UINT32_MAX ? 4 : 8;
}

// Integers that are not negative are unsigned, since readers widen these without loss; but those
// that need all of 8 bytes stay ints.
static mb_hdf_cell cell_of_ints(int64_t low, int64_t high)
{
    if (low >= 0 && high <= UINT32_MAX)
        return (mb_hdf_cell){MB_CELL_UINT, bytes_of((uint64_t)high)};
    int size = 1;
    while (size < 8 &&
           (low < -(INT64_C(1) << (8 * size - 1)) || high >= INT64_C(1) << (8 * size - 1)))
        size *= 2;
    return (mb_hdf_cell){MB_CELL_INT, size};
}

// The bounds of a stored column of integers.
static mb_range bounds_of(const mb_column *column)
{
    mb_kind kind = column->type->kind;
    mb_range range;
    if (column->layout->n_global == column->facts.missing) return (mb_range){0};
    if (!mb_column_range(column, &range)) {
        uint64_t low, high;
        const mb_plane *plane = &column->values;
        mb_storage_window(kind, (mb_storage){plane->width, plane->base}, &low, &high);
        range = (mb_range){mb_order_bits(kind, low), mb_order_bits(kind, high)};
    }
    if (mb_range_empty(kind, range)) range = (mb_range){0};
    return range;
}

mb_hdf_measure mb_hdf_measure_values(const mb_column *column)
{
    mb_hdf_measure measure = {.missing = column->facts.missing > 0};
    switch (column->type->kind) {
    case MB_BOOL: measure.form = MB_CELL_BOOL; return measure;
    case MB_FLOAT:
        measure.form = MB_CELL_FLOAT;
        measure.is_float_wide = column->values.width == sizeof(double);
        return measure;
    case MB_INT: measure.form = MB_CELL_INT; break;
    default: measure.form = MB_CELL_UINT; break;
    }
    measure.is_address = column->type == &mb_type_ip;
    mb_range range = bounds_of(column);
    measure.low = range.minimum;
    measure.high = range.maximum;
    return measure;
}

// Strings of variable length take a reference of 16 bytes, and the head and the padding of an
// object in a heap.
static bool is_wasteful(int64_t rows, const mb_hdf_measure *text)
{
    enum { SHORT = 64, OVERHEAD = 36 };
    if (text->longest <= SHORT) return false;
    return (double)rows * (double)text->longest >
           2 * ((double)text->bytes + (double)rows * OVERHEAD);
}

static mb_hdf_cell cell_of_strings(int64_t rows, const mb_hdf_measure *text)
{
    bool varies = (is_wasteful(rows, text) && !text->zeros) || text->longest > INT32_MAX;
    if (varies) return (mb_hdf_cell){MB_CELL_VARIABLE, 16};
    return (mb_hdf_cell){MB_CELL_FIXED, text->longest ? (int64_t)text->longest : 1};
}

mb_hdf_cell mb_hdf_cell_for(const mb_hdf_measure *measure, int64_t rows)
{
    switch (measure->form) {
    case MB_CELL_FLOAT: return (mb_hdf_cell){MB_CELL_FLOAT, measure->is_float_wide ? 8 : 4};
    case MB_CELL_INT: return cell_of_ints((int64_t)measure->low, (int64_t)measure->high);
    case MB_CELL_UINT:
        return (mb_hdf_cell){MB_CELL_UINT, measure->is_address ? 4 : bytes_of(measure->high)};
    case MB_CELL_FIXED: return cell_of_strings(rows, measure);
    default: return (mb_hdf_cell){MB_CELL_BOOL, 1};
    }
}

hid_t mb_hdf_cell_type(mb_hdf_cell cell)
{
    const hid_t ints[] = {H5T_STD_I8LE, H5T_STD_I16LE, H5T_STD_I32LE, H5T_STD_I64LE};
    const hid_t uints[] = {H5T_STD_U8LE, H5T_STD_U16LE, H5T_STD_U32LE, H5T_STD_U64LE};
    hid_t type = H5I_INVALID_HID;
    switch (cell.form) {
    case MB_CELL_BOOL: return mb_hdf_bool_type();
    case MB_CELL_INT: return H5Tcopy(ints[mb_width_index((int)cell.size)]);
    case MB_CELL_UINT: return H5Tcopy(uints[mb_width_index((int)cell.size)]);
    case MB_CELL_FLOAT: return H5Tcopy(cell.size == 4 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE);
    case MB_CELL_FIXED: type = mb_hdf_text_type((size_t)cell.size); break;
    case MB_CELL_VARIABLE: type = mb_hdf_text_type(H5T_VARIABLE); break;
    }
    if (type >= 0) H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}
