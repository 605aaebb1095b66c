// Text: strings of bytes, by a dictionary.

#include "types/dictionary.h"
#include "types/quote.h"

// In quotes, cut to the cells that a column has.
static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    mb_string string = mb_dictionary_entry(mb_dictionary_of(type), value.i);
    mb_string_quote(string, MB_TEXT_CELLS, text, size);
}

// Strings are compared with each other and chosen; nothing is computed of them.
static bool operate(mb_operator op, const mb_type *const *operands, const mb_type *plain,
                    const mb_type **result)
{
    int first = op == MB_WHERE;
    bool chooses = op == MB_MINIMUM || op == MB_MAXIMUM || op == MB_WHERE, alike = true;
    (void)plain;
    if (op == MB_IS_MISSING) return false;
    for (int i = first; i < mb_operator_arity(op); i++)
        alike = alike && operands[i] == operands[first];
    if (alike && (chooses || mb_operator_compares(op))) return false;
    *result = NULL;
    return true;
}

const mb_type mb_type_text = {.name = "text",
                              .kind = MB_UINT,
                              .file = MB_FILE_UINT,
                              .script = MB_SCRIPT_STRING,
                              .format = format,
                              .operate = operate,
                              .hold = mb_dictionary_hold,
                              .mend = "cast those that have numbers with :as(\"int\") or "
                                      ":as(\"float\")"};
