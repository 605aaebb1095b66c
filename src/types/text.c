// Text: strings of bytes, by a dictionary.

#include "types/dictionary.h"
#include "types/quote.h"

// In quotes, cut to the cells that a column has.
static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    mb_string string = mb_dictionary_entry(mb_dictionary_of(type), value.i);
    mb_string_quote(string, MB_TEXT_CELLS, text, size);
}

const mb_type mb_type_text = {.name = "text",
                              .kind = MB_UINT,
                              .file = MB_FILE_UINT,
                              .script = MB_SCRIPT_STRING,
                              .nominal = true,
                              .format = format,
                              .operate = mb_operate_alike,
                              .unites = true,
                              .hold = mb_dictionary_hold,
                              .mend = "cast those that have numbers with :as(\"int\") or "
                                      ":as(\"float\")"};
