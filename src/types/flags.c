// Flags print as one letter for each bit, from the highest down, "." where it is not set, as nfdump
// does; where names are longer, as those of the bits set, from the lowest on, between "|".

#include "types/flags.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

enum { MOST_BYTES = 200 }; // of all names

static const char nothing[] = "-"; // where names are longer

typedef struct flags {
    mb_type type;
    int64_t references;
    int n;
    bool letters; // all names are one character
    const char *names[MB_MOST_FLAGS];
    char bytes[MOST_BYTES + MB_MOST_FLAGS];
} flags;

static void append(char *text, size_t size, const char *format, ...) MB_PRINTF(3, 4);

static void append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

static uint64_t bits_below(int n)
{
    return n == MB_MOST_FLAGS ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

// Bits without names follow as a number.
static void format(const mb_type *type, mb_value value, char *text, size_t size)
{
    const flags *of = type->owner;
    uint64_t beyond = value.u & ~bits_below(of->n);
    *text = '\0';
    for (int i = of->n - 1; i >= 0 && of->letters; i--)
        append(text, size, "%s", value.u >> i & 1 ? of->names[i] : ".");
    for (int i = 0; i < of->n && !of->letters; i++)
        if (value.u >> i & 1) append(text, size, "%s%s", *text ? "|" : "", of->names[i]);
    if (!*text) append(text, size, "%s", nothing);
    if (beyond) append(text, size, "+0x%" PRIx64, beyond);
}

// --- Reading.

static bool read_number(const char *text, size_t length, uint64_t *number)
{
    char *end;
    if (!length || *text < '0' || *text > '9') return false;
    bool hex = length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    errno = 0;
    *number = strtoull(text, &end, hex ? 16 : 10);
    return end == text + length && errno == 0;
}

static bool read_name(const flags *of, const char *text, size_t length, uint64_t *bits)
{
    for (int i = 0; i < of->n; i++) {
        if (strlen(of->names[i]) != length || memcmp(of->names[i], text, length) != 0) continue;
        *bits |= UINT64_C(1) << i;
        return true;
    }
    return false;
}

static bool read_letters(const flags *of, const char *text, size_t length, uint64_t *bits)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] != '.' && !read_name(of, text + i, 1, bits)) return false;
    return true;
}

static bool read_words(const flags *of, const char *text, size_t length, uint64_t *bits)
{
    const char *end = text + length;
    if (length == strlen(nothing) && memcmp(text, nothing, length) == 0) return true;
    for (;; text++) {
        size_t word = strcspn(text, "|,");
        if (text + word > end) word = (size_t)(end - text);
        if (!read_name(of, text, word, bits)) return false;
        text += word;
        if (text == end) return true;
    }
}

// Names, or a number, or names and the number of other bits after "+".
static bool parse(const mb_type *type, const char *text, mb_value *value)
{
    const flags *of = type->owner;
    uint64_t beyond = 0;
    text += strspn(text, MB_BLANKS);
    size_t length = strcspn(text, MB_BLANKS);
    value->u = 0;
    if (!length || text[length + strspn(text + length, MB_BLANKS)]) return false;
    if (read_number(text, length, &value->u)) return true;
    const char *plus = memchr(text, '+', length);
    if (plus) {
        if (!read_number(plus + 1, length - (size_t)(plus + 1 - text), &beyond)) return false;
        length = (size_t)(plus - text);
    }
    bool names = of->letters ? read_letters(of, text, length, &value->u)
                             : read_words(of, text, length, &value->u);
    value->u |= beyond;
    return names;
}

// --- Types.

// They are compared, chosen, counted, and have bits set and cleared; nothing else is computed.
static bool operate(mb_operator op, const mb_type *const *operands, const mb_type *plain,
                    const mb_type **result)
{
    bool bits = op == MB_AND || op == MB_OR || op == MB_XOR;
    bool chooses = op == MB_MINIMUM || op == MB_MAXIMUM || op == MB_WHERE;
    const mb_type *type = NULL;
    if (chooses || mb_operator_compares(op) || op == MB_IS_MISSING || op == MB_POPCOUNT ||
        op == MB_HASH)
        return false;
    for (int i = 0; i < mb_operator_arity(op) && bits; i++) {
        if (mb_type_is_plain(operands[i])) continue;
        bits = !type || type == operands[i];
        type = operands[i];
    }
    *result = bits && type && type->kind == plain->kind ? type : NULL;
    return true;
}

static void hold(void *owner, int change)
{
    flags *of = owner;
    of->references += change;
    if (of->references == 0) free(of);
}

static const flags tcp = {
    .n = 8, .letters = true, .names = {"F", "S", "R", "P", "A", "U", "E", "C"}};

const mb_type mb_type_flags = {.name = "flags",
                               .kind = MB_UINT,
                               .file = MB_FILE_UINT,
                               .script = MB_SCRIPT_INTEGER,
                               .nominal = true,
                               .format = format,
                               .parse = parse,
                               .operate = operate,
                               .owner = (void *)(uintptr_t)&tcp};

int mb_flags_names(const mb_type *type, const char *const **names)
{
    const flags *of = type->owner;
    *names = of->names;
    return of->n;
}

static mb_status check_name(mb_context *cx, const char *const *names, int i)
{
    const char *name = names[i];
    if (!*name || strpbrk(name, ".+|,-" MB_BLANKS) || (*name >= '0' && *name <= '9'))
        return mb_fail(cx, MB_EINVALID,
                       "'%.40s' names no flag: names have letters, and none of . + | , - in them",
                       name);
    for (int other = 0; other < i; other++)
        if (strcmp(names[other], name) == 0)
            return mb_fail(cx, MB_EINVALID, "two flags are called '%.40s'", name);
    return MB_OK;
}

mb_status mb_flags_type_of(mb_context *cx, const char *const *names, int n, const mb_type **type)
{
    size_t used = 0;
    if (n < 1 || n > MB_MOST_FLAGS)
        return mb_fail(cx, MB_EINVALID, "flags have 1 to %d names, not %d", MB_MOST_FLAGS, n);
    for (int i = 0; i < n; i++) {
        mb_status status = check_name(cx, names, i);
        if (status) return status;
        used += strlen(names[i]);
    }
    if (used > MOST_BYTES)
        return mb_fail(cx, MB_EINVALID, "the names of flags have at most %d bytes, not %zu",
                       MOST_BYTES, used);
    flags *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    char *at = made->bytes;
    made->type = mb_type_flags;
    made->type.hold = hold;
    made->type.owner = made;
    made->references = 1;
    made->n = n;
    made->letters = true;
    for (int i = 0; i < n; i++) {
        size_t size = strlen(names[i]) + 1;
        made->names[i] = memcpy(at, names[i], size);
        made->letters = made->letters && size == 2;
        at += size;
        made->type.identity = mb_hash_bytes(made->type.identity + size, names[i], size);
    }
    *type = &made->type;
    return MB_OK;
}
