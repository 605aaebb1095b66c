// Text: strings of bytes, by a dictionary.

#include <stdio.h>
#include <string.h>

#include "types/dictionary.h"

// Bytes that a quoted text shows as they are: all but quotes, backslashes and control characters.
static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte != 0x7f && byte != '"' && byte != '\\';
}

static int escape(unsigned char byte, char *text, size_t size)
{
    switch (byte) {
    case '\n': return snprintf(text, size, "\\n");
    case '\t': return snprintf(text, size, "\\t");
    case '\r': return snprintf(text, size, "\\r");
    case '"':
    case '\\': return snprintf(text, size, "\\%c", byte);
    default: return snprintf(text, size, "\\x%02x", byte);
    }
}

// In quotes, as far as there is room.
static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    enum { LONGEST = 4 }; // of what a byte becomes
    mb_string string = mb_dictionary_entry(mb_dictionary_of(type), value.i);
    size_t used = 0, i = 0;
    text[used++] = '"';
    for (; i < string.length && used + LONGEST + sizeof "…\"" <= size; i++) {
        unsigned char byte = (unsigned char)string.bytes[i];
        if (is_plain(byte))
            text[used++] = (char)byte;
        else
            used += (size_t)escape(byte, text + used, size - used);
    }
    snprintf(text + used, size - used, i < string.length ? "…\"" : "\"");
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

static void hold(void *dictionary, int change)
{
    if (change > 0)
        mb_dictionary_retain(dictionary);
    else
        mb_dictionary_release(dictionary);
}

const mb_type mb_type_text = {.name = "text",
                              .kind = MB_UINT,
                              .file = MB_FILE_UINT,
                              .script = MB_SCRIPT_STRING,
                              .format = format,
                              .operate = operate,
                              .hold = hold};

mb_dictionary *mb_dictionary_of(const mb_type *type)
{
    return type->hold == hold ? type->owner : NULL;
}
