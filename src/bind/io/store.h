// Arguments of operations that write HDF5 files.
#pragma once

#include "bind/column/operation.h"
#include "io/hdf/store.h"

// The attributes of notes: the text of a snapshot or "", then a holder, a name, a kind and a value
// of each. Lua's memory, pushed on the stack.
mb_hdf_attribute *mb_hdf_attributes_of(lua_State *L, const mb_given *notes);

// What is to be written, by six arguments: path, names, columns, mode, level, chunk_rows; by the
// notes, and the attributes of them.
mb_hdf_store mb_hdf_store_of(const mb_given *in, const mb_given *notes,
                             const mb_hdf_attribute *attributes);
