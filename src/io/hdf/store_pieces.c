// Files whose rows come piece by piece: the datasets are made when the file begins, and each piece
// is written to its rows of them.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/status.h"
#include "expr/evaluate.h"
#include "io/hdf/internal.h"
#include "io/hdf/storing.h"
#include "ops/address/convert.h"
#include "types/time.h"

// --- Measures as texts.

enum { ADDRESS_LENGTH = 15 }; // of one of version 4 as text

static mb_hdf_measure parse(const char *text)
{
    int form = 0, wide = 0, address = 0, missing = 0, zeros = 0, unit = 0;
    unsigned long long low = 0, high = 0, longest = 0;
    long long bytes = 0;
    (void)sscanf(text, "%d %d %d %d %d %d %llu %llu %llu %lld", &form, &wide, &address, &missing,
                 &zeros, &unit, &low, &high, &longest, &bytes);
    return (mb_hdf_measure){.form = (mb_hdf_cell_form)form,
                            .is_float_wide = wide,
                            .is_address = address,
                            .missing = missing,
                            .zeros = zeros,
                            .unit = unit,
                            .low = low,
                            .high = high,
                            .longest = longest,
                            .bytes = bytes};
}

static mb_status add_text(mb_context *cx, const mb_hdf_measure *m, mb_strings *texts)
{
    return mb_strings_addf(cx, texts, "%d %d %d %d %d %d %llu %llu %llu %lld", (int)m->form,
                           m->is_float_wide, m->is_address, m->missing, m->zeros, m->unit,
                           (unsigned long long)m->low, (unsigned long long)m->high,
                           (unsigned long long)m->longest, (long long)m->bytes);
}

// Addresses of version 4 as the strings that they are beside others.
static mb_hdf_measure as_strings(mb_hdf_measure m)
{
    if (m.form == MB_CELL_FIXED) return m;
    return (mb_hdf_measure){.form = MB_CELL_FIXED, .missing = m.missing, .longest = ADDRESS_LENGTH};
}

// Brings a measure to a unit that is not coarser. What does not fit there, its rows tell when they
// are written.
static void rescale(mb_hdf_measure *m, int unit)
{
    int64_t low = (int64_t)m->low, high = (int64_t)m->high;
    bool fits;
    if (m->unit >= unit) return;
    if (!mb_unit_convert(m->unit, unit, &low, &fits)) low = INT64_MIN;
    if (!mb_unit_convert(m->unit, unit, &high, &fits)) high = INT64_MAX;
    m->low = (uint64_t)low;
    m->high = (uint64_t)high;
    m->unit = unit;
}

// The measure of the rows of two.
static mb_hdf_measure unite(mb_hdf_measure a, mb_hdf_measure b)
{
    if (a.form != b.form) {
        a = as_strings(a);
        b = as_strings(b);
    }
    rescale(&a, b.unit);
    rescale(&b, a.unit);
    const bool is_signed = a.form == MB_CELL_INT;
    const bool lower = is_signed ? (int64_t)b.low < (int64_t)a.low : b.low < a.low;
    const bool higher = is_signed ? (int64_t)b.high > (int64_t)a.high : b.high > a.high;
    a.is_float_wide |= b.is_float_wide;
    a.missing |= b.missing;
    a.zeros |= b.zeros;
    if (lower) a.low = b.low;
    if (higher) a.high = b.high;
    if (b.longest > a.longest) a.longest = b.longest;
    a.bytes += b.bytes;
    return a;
}

mb_status mb_hdf_pieces_measure(mb_context *cx, const mb_hdf_store *request,
                                const char *const *before, mb_strings *measures)
{
    mb_status status = MB_OK;
    mb_column *written = NULL;
    for (int64_t i = 0; i < request->n; i++) {
        mb_hdf_measure measure;
        MB_TRY(mb_materialise(cx, request->columns[i]));
        MB_TRY(mb_hdf_storing_measure(cx, request, i, request->columns[i], &written, &measure));
        mb_column_release(written);
        written = NULL;
        measure.unit = request->columns[i]->type->unit;
        if (before) measure = unite(parse(before[i]), measure);
        MB_TRY(add_text(cx, &measure, measures));
    }
done:
    mb_column_release(written);
    if (status) mb_strings_release(measures);
    return status;
}

// --- The file.

struct mb_hdf_pieces {
    mb_hdf_storing s;
    mb_hdf_store request; // with a path and names of its own
    char *path, **names;
};

static mb_status copy_names(mb_context *cx, const mb_hdf_store *request, mb_hdf_pieces *pieces)
{
    pieces->path = mb_copy_string(cx, request->path);
    pieces->names = mb_allocate(cx, (size_t)request->n, sizeof *pieces->names);
    if (!pieces->path || !pieces->names) return MB_EMEMORY;
    for (int64_t i = 0; i < request->n; i++) {
        pieces->names[i] = mb_copy_string(cx, request->names[i]);
        if (!pieces->names[i]) return MB_EMEMORY;
    }
    return MB_OK;
}

static mb_status allocate(mb_context *cx, const mb_hdf_store *request, mb_hdf_pieces **pieces)
{
    mb_hdf_pieces *made = *pieces = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->request = *request;
    made->s = (mb_hdf_storing){
        .cx = cx, .request = &made->request, .shared = MB_SHARED_CLOSED, .file = H5I_INVALID_HID};
    mb_status status = copy_names(cx, request, made);
    if (status) return status;
    made->request.path = made->s.path = made->path;
    made->request.names = (const char *const *)made->names;
    return mb_buffer_new_array(cx, 2 * request->n, sizeof(mb_hdf_item), &made->s.item_table);
}

static void plan(mb_hdf_pieces *pieces, const char *const *measures, int64_t rows)
{
    mb_hdf_storing *s = &pieces->s;
    s->items = s->item_table->data;
    for (int64_t i = 0; i < pieces->request.n; i++) {
        const mb_hdf_measure measure = parse(measures[i]);
        const mb_hdf_part part = measure.form == MB_CELL_FIXED ? MB_HDF_STRINGS : MB_HDF_VALUES;
        mb_hdf_item *item = mb_hdf_storing_add(s, i, part, pieces->request.columns[i]);
        item->cell = mb_hdf_cell_for(&measure, rows);
        item->masked = measure.missing;
        item->cells = rows;
        if (!measure.missing) continue;
        mb_hdf_storing_add(s, i, MB_HDF_MISSING, pieces->request.columns[i])->cells = rows;
    }
}

mb_status mb_hdf_pieces_begin(mb_context *cx, const mb_hdf_store *request,
                              const char *const *measures, int64_t rows, mb_hdf_pieces **pieces)
{
    mb_hdf_printing printing = mb_hdf_printing_off();
    mb_status status;
    MB_TRY(mb_step(cx, allocate(cx, request, pieces), NULL));
    plan(*pieces, measures, rows);
    MB_TRY(mb_hdf_storing_open(&(*pieces)->s));
    mb_hdf_storing *s = &(*pieces)->s;
    for (int64_t i = 0; i < s->nitems; i++) {
        mb_column_release(s->items[i].column);
        s->items[i].column = NULL;
    }
    // What else the request points to ends with the body.
    (*pieces)->request.columns = NULL;
    (*pieces)->request.attributes = NULL;
done:
    if (status) mb_hdf_pieces_close(*pieces);
    if (status) *pieces = NULL;
    mb_hdf_printing_restore(printing);
    return status;
}

// Whether values of a column go into cells.
static bool fits(const mb_hdf_item *item, const mb_column *column)
{
    const mb_hdf_cell cell = item->cell;
    if (item->part == MB_HDF_STRINGS)
        return mb_dictionary_of(column->type) || mb_type_is_ip(column->type);
    if (mb_dictionary_of(column->type)) return false;
    switch (column->type->kind) {
    case MB_BOOL: return cell.form == MB_CELL_BOOL;
    case MB_FLOAT: return cell.form == MB_CELL_FLOAT && column->values.width <= cell.size;
    default: return cell.form == MB_CELL_INT || cell.form == MB_CELL_UINT;
    }
}

// What is to be written of a column: of addresses beside those of version 6 their text.
static mb_status written_of(mb_hdf_storing *s, const mb_hdf_item *item, mb_column *column,
                            mb_column **written)
{
    mb_status status;
    MB_TRY(mb_materialise(s->cx, column));
    if (!fits(item, column))
        return mb_fail(s->cx, MB_EINVALID,
                       "%s: column '%s' is %s in a piece, and was of another type before: cast it "
                       "to one type, by :as",
                       s->path, s->request->names[item->name], column->type->name);
    if (item->part != MB_HDF_STRINGS || !mb_type_is_ip(column->type)) {
        *written = mb_column_retain(column);
        return MB_OK;
    }
    MB_TRY(mb_ip_print(s->cx, column, MB_TEXT_CHOOSE, written));
    status = mb_materialise(s->cx, *written);
done:
    return status;
}

// Writes the datasets of one column from `item` on, and tells how many there are.
static mb_status add_column(mb_hdf_storing *s, mb_hdf_item *item, mb_column *column, int64_t before,
                            int64_t *n)
{
    mb_column *written = NULL;
    mb_status status;
    MB_TRY(written_of(s, item, column, &written));
    *n = item->masked ? 2 : 1;
    for (int64_t i = 0; i < *n && !status; i++) {
        item[i].column = written;
        item[i].before = before;
        item[i].first = before + written->layout->start[mb_rank(s->cx)];
        status = mb_hdf_storing_write(s, &item[i]);
        item[i].column = NULL;
    }
done:
    mb_column_release(written);
    return status;
}

mb_status mb_hdf_pieces_add(mb_hdf_pieces *pieces, mb_column *const *columns, int64_t before)
{
    mb_hdf_storing *s = &pieces->s;
    mb_hdf_printing printing = mb_hdf_printing_off();
    mb_hdf_item *item = s->items;
    mb_status status = MB_OK;
    for (int64_t i = 0, n; i < pieces->request.n; i++, item += n)
        MB_TRY(add_column(s, item, columns[i], before, &n));
done:
    mb_hdf_printing_restore(printing);
    return status;
}

// Makes the datasets of what is planned, and writes them.
static mb_status write_planned(mb_hdf_storing *s)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < s->nitems && !status && mb_hdf_has_file(s); i++)
        status = mb_hdf_structure_item(s, &s->items[i]);
    MB_TRY(mb_step(s->cx, status, NULL));
    MB_TRY(mb_hdf_storing_share(s));
    for (int64_t i = 0; i < s->nitems; i++)
        MB_TRY(mb_hdf_storing_write(s, &s->items[i]));
done:
    return status;
}

// Forgets what is planned.
static void release_items(mb_hdf_storing *s)
{
    for (int64_t i = 0; i < s->nitems; i++) {
        if (s->items[i].id >= 0) H5Dclose(s->items[i].id);
        mb_column_release(s->items[i].column);
    }
    mb_buffer_release(s->item_table);
    mb_buffer_release(s->entry_table);
}

mb_status mb_hdf_pieces_whole(mb_hdf_pieces *pieces, const char *const *names,
                              mb_column *const *columns, int64_t n)
{
    mb_hdf_storing *s = &pieces->s;
    mb_hdf_printing printing = mb_hdf_printing_off();
    mb_hdf_store request = pieces->request;
    const mb_hdf_storing before = *s;
    mb_status status;
    request.names = names;
    request.columns = columns;
    request.n = n;
    s->request = &request;
    s->items = NULL;
    s->item_table = s->entry_table = NULL;
    s->nitems = 0;
    MB_TRY(mb_hdf_storing_plan(s));
    status = write_planned(s);
done:
    release_items(s);
    s->request = before.request;
    s->items = before.items;
    s->item_table = before.item_table;
    s->entry_table = before.entry_table;
    s->nitems = before.nitems;
    s->entries = before.entries;
    mb_hdf_printing_restore(printing);
    return status;
}

mb_status mb_hdf_pieces_end(mb_hdf_pieces *pieces)
{
    mb_hdf_printing printing = mb_hdf_printing_off();
    mb_status status = mb_hdf_storing_publish(&pieces->s);
    mb_hdf_printing_restore(printing);
    return status;
}

void mb_hdf_pieces_close(mb_hdf_pieces *pieces)
{
    if (!pieces) return;
    mb_hdf_printing printing = mb_hdf_printing_off();
    mb_hdf_storing_release(&pieces->s);
    mb_hdf_printing_restore(printing);
    for (int64_t i = 0; pieces->names && i < pieces->request.n; i++)
        free(pieces->names[i]);
    free(pieces->names);
    free(pieces->path);
    free(pieces);
}

int64_t mb_hdf_pieces_columns(const mb_hdf_pieces *pieces)
{
    return pieces->request.n;
}

const char *mb_hdf_pieces_path(const mb_hdf_pieces *pieces)
{
    return pieces->path;
}
