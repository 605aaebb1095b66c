// Room for more values: the storage that holds a column's values and others beside them.
#pragma once

#include "column/column.h"
#include "column/storage.h"

// Values to be stored beside a column's: a scalar, those of a column of the same type, or, when
// both are NULL, missing ones.
typedef struct mb_news {
    const mb_value *scalar;
    const mb_column *column;
} mb_news;

// The column's own storage if it holds the news too, else the narrowest that does. The same on all
// ranks. Columns must have values.
mb_storage mb_room_for(const mb_column *column, mb_news news);

// Copies this rank's rows as they are in another storage, which must hold them.
void mb_room_copy(const mb_column *column, mb_storage storage, void *out);

// A column for the changed rows of another: laid out as it is, with bounds for the news too, and
// memory for values in `storage`, with `may_miss` also for validity. What is in them, and the
// number of missing rows, are the caller's to set. Not collective.
mb_status mb_room_new(mb_context *cx, const mb_column *column, mb_news news, mb_storage storage,
                      bool may_miss, mb_column **made) MB_MUST_CHECK;

// A value as it is stored, in the lowest bytes of a word.
uint64_t mb_room_word(mb_kind kind, mb_storage storage, mb_value value);
