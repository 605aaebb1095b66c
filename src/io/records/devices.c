// Columns of names of devices.
//
// A name that tells nothing new is converted column by column. What one teaches depends on those
// before it, so the others follow row by row.

#include <stdio.h>
#include <string.h>

#include "io/records/column.h"
#include "io/records/digits.h"

enum { LATER = 2 }; // of what is valid

// The high bit of each byte that is a decimal digit.
static inline uint64_t digits_of(uint64_t word)
{
    const uint64_t t = word ^ MB_EACH_BYTE('0');
    return ~(((t & MB_EACH_BYTE(0x7f)) + MB_EACH_BYTE(0x76)) | t) & MB_EACH_BYTE(0x80);
}

// A name with a short prefix that the table has seen, and a number that tells it nothing new. Eight
// bytes are readable from each of its bytes on.
static inline bool find_quickly(const mb_device_table *table, const char *name, size_t length,
                                uint64_t *id)
{
    enum { MOST = 8 };
    uint64_t word, number;
    memcpy(&word, name, sizeof word);
    const uint64_t digits = digits_of(word);
    const unsigned bits = digits ? (unsigned)__builtin_ctzll(digits) & ~7U : 0;
    const size_t prefix = bits / 8, width = length - prefix;
    if (!prefix || prefix >= length || width > MOST) return false;
    const uint64_t key = word & ((UINT64_C(1) << bits) - 1);
    const mb_device_shortcut *shortcut = &table->shortcuts[mb_device_shortcut_of(key)];
    if (shortcut->key != key) return false;
    const mb_device_prefix *entry = &table->prefixes[shortcut->index];
    if (!mb_read_eight(name + prefix, width, &number) || number >> MB_DEVICE_BITS) return false;
    const bool told =
        name[prefix] == '0' ? width == entry->lowest && number : width >= entry->highest;
    *id = (uint64_t)entry->code << MB_DEVICE_BITS ^ number;
    return told;
}

// Converts what is known; whether there are other names.
static bool convert_known(const mb_record_form *form, const mb_batch *batch, mb_record_state *state,
                          mb_record_arena *arena, const mb_device_table *table)
{
    bool later = false;
    const size_t used = arena->used;
    for (int64_t row = 0; row < batch->n; row++) {
        mb_string field;
        const mb_field_state how =
            mb_record_field(form, batch, row, state->what.field, arena, &field, NULL);
        arena->used = used;
        state->words[row] = 0;
        state->valid[row] = how == MB_FIELD_THERE &&
                            find_quickly(table, field.bytes, field.length, &state->words[row]);
        if (state->valid[row] || how == MB_FIELD_MISSING) continue;
        state->valid[row] = LATER;
        later = true;
    }
    return later;
}

// Converts the field of a row, and learns from it; `*taught`: the table is another now.
static void convert_field(const mb_record_form *form, mb_batch *batch, mb_record_state *state,
                          int64_t row, mb_record_arena *arena, mb_record_devices *devices,
                          bool *taught, mb_record_failure *failure)
{
    char reason[MB_DEVICE_REASON_SIZE];
    int64_t id = 0;
    mb_string field;
    const char *wrong = NULL;
    const mb_field_state how =
        mb_record_field(form, batch, row, state->what.field, arena, &field, NULL);
    state->valid[row] = 0;
    if (how == MB_FIELD_THERE && !mb_device_find(&devices->table, field.bytes, field.length, &id)) {
        if (!*taught) devices->before = devices->table;
        *taught = true;
        wrong = mb_device_learn(&devices->table, field.bytes, field.length, &id, reason);
    }
    if (how == MB_FIELD_THERE && !wrong) {
        state->words[row] = (uint64_t)id;
        state->valid[row] = 1;
        return;
    }
    mb_record_fail(batch, state, row, field, failure);
    if (failure->row != row || failure->column != state->what.field) return;
    failure->quotes = how == MB_FIELD_BROKEN;
    if (wrong) snprintf(failure->reason, sizeof failure->reason, "%s", wrong);
}

void mb_record_convert_devices(const mb_record_form *form, mb_batch *batch, mb_record_state *states,
                               int64_t n, bool all, mb_record_arena *arena,
                               mb_record_devices *devices, mb_record_failure *failure)
{
    bool later = false;
    for (int64_t i = 0; i < n; i++)
        if (states[i].what.kind == MB_FIELD_DEVICE)
            later |= convert_known(form, batch, &states[i], arena, &devices->table);
    for (int64_t row = 0; later && row < batch->n; row++) {
        bool taught = false;
        for (int64_t i = 0; i < n && (all || !batch->bad[row]); i++)
            if (states[i].what.kind == MB_FIELD_DEVICE && states[i].valid[row] == LATER)
                convert_field(form, batch, &states[i], row, arena, devices, &taught, failure);
        if (taught && batch->bad[row] && !all) devices->table = devices->before;
    }
}
