#include "bind/io/store.h"

#include "bind/bind.h"

enum { PATH, NAMES, COLUMNS, MODE, LEVEL, CHUNK_ROWS };
enum { VALUES, FIRST_ATTRIBUTE, ATTRIBUTE_FIELDS = 4 }; // of notes
enum {
    MODE_BITS = 3,
    EACH = 4,
    SEGMENTED = 8,
    MARKED = 16,
    TRANSIENT = 32,
    KEEPS = 64
}; // of the mode

mb_hdf_attribute *mb_hdf_attributes_of(lua_State *L, const mb_given *notes)
{
    int64_t n = (notes->n - FIRST_ATTRIBUTE) / ATTRIBUTE_FIELDS;
    mb_hdf_attribute *attributes = mb_bind_scratch(L, (size_t)(n + 1) * sizeof *attributes);
    for (int64_t i = 0; i < n; i++) {
        const char **text = &notes->texts[FIRST_ATTRIBUTE + ATTRIBUTE_FIELDS * i];
        attributes[i] = (mb_hdf_attribute){text[0], text[1], text[3], *text[2]};
    }
    return attributes;
}

mb_hdf_store mb_hdf_store_of(const mb_given *in, const mb_given *notes,
                             const mb_hdf_attribute *attributes)
{
    const char *values = notes->texts[VALUES];
    return (mb_hdf_store){.path = in[PATH].text,
                          .mode = (mb_hdf_mode)(in[MODE].value.i & MODE_BITS),
                          .each = in[MODE].value.i & EACH,
                          .segmented = in[MODE].value.i & SEGMENTED,
                          .transient = in[MODE].value.i & TRANSIENT,
                          .keeps = in[MODE].value.i & KEEPS,
                          .marked = in[MODE].value.i & MARKED,
                          .names = in[NAMES].texts,
                          .columns = in[COLUMNS].columns,
                          .n = in[COLUMNS].n,
                          .level = (int)in[LEVEL].value.i,
                          .chunk_rows = in[CHUNK_ROWS].value.i,
                          .coded = *values,
                          .attributes = attributes,
                          .nattributes = (notes->n - FIRST_ATTRIBUTE) / ATTRIBUTE_FIELDS,
                          .values = *values ? values : NULL};
}
