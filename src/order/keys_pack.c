// Which bits of a packed row are whose.

#include <string.h>

#include "order/keys.h"

static void add_field(mb_keys *keys, mb_key_field field)
{
    field.bits = mb_bit_length(field.largest);
    int *bits = keys->bits;
    if (bits[keys->nwords - 1] + field.bits > 64) bits[keys->nwords++] = 0;
    field.word = keys->nwords - 1;
    bits[field.word] += field.bits;
    keys->fields[keys->nfields++] = field;
}

// Makes room for the fields to the right of each in its word.
static void place_fields(mb_keys *keys)
{
    int below[MB_MOST_FIELDS] = {0};
    for (int i = keys->nfields - 1; i >= 0; i--) {
        mb_key_field *field = &keys->fields[i];
        field->shift = field->bits ? below[field->word] : 0;
        below[field->word] += field->bits;
    }
}

static void add_column(mb_keys *keys, int column, bool descending)
{
    const mb_key_bounds *bounds = &keys->bounds[column];
    mb_key_field field = {.column = column, .descending = descending};
    field.span = bounds->any ? bounds->high - bounds->low : 0;
    uint64_t extra = (uint64_t)bounds->nan + bounds->missing;
    if (bounds->any && field.span > UINT64_MAX - extra) {
        add_field(keys, (mb_key_field){.column = column, .presence = true, .largest = 1});
        field.largest = field.span;
    } else {
        uint64_t next = bounds->any ? field.span + 1 : 0; // may wrap when extra is 0
        field.nan = next;
        field.missing = next + bounds->nan;
        field.largest = bounds->any || extra ? next + extra - 1 : 0;
    }
    add_field(keys, field);
}

void mb_keys_pack(const mb_key_bounds *bounds, const bool *descending, int ncolumns, mb_keys *keys)
{
    memset(keys, 0, sizeof *keys);
    keys->ncolumns = ncolumns;
    keys->nwords = 1;
    for (int i = 0; i < ncolumns; i++) {
        keys->bounds[i] = bounds[i];
        add_column(keys, i, descending && descending[i]);
    }
    place_fields(keys);
}
