// Types: each descriptor tells all that it must, and nothing that contradicts itself.
#include "types/ip.h"

#include <string.h>

#include "check.h"
#include "text/string_sort.h"
#include "types/dictionary.h"
#include "types/quote.h"

static const mb_type *type_at(int t)
{
    return mb_type_find(mb_type_names()[t]);
}

static int count_types(void)
{
    int n = 0;
    while (mb_type_names()[n])
        n++;
    return n;
}

static void kinds(mb_context *cx)
{
    (void)cx;
    const char *const names[] = {"bool", "int", "uint", "float"};
    for (int t = 0; t < MB_KINDS; t++) {
        const mb_type *type = mb_type_of((mb_kind)t);
        CHECK_INT(type->kind, t);
        CHECK_INT(strcmp(type->name, names[t]), 0);
        CHECK(mb_type_find(names[t]) == type);
        CHECK(mb_type_is_plain(type));
        CHECK(!type->operate);
    }
    CHECK(!mb_type_find("Int"));
    CHECK(!mb_type_find(""));
}

static void descriptors(mb_context *cx)
{
    (void)cx;
    for (int t = 0; t < count_types(); t++) {
        const mb_type *type = type_at(t);
        CHECK_INT(strcmp(type->name, mb_type_names()[t]), 0);
        CHECK((int)type->kind >= 0 && type->kind < MB_KINDS);
        CHECK(type->file >= MB_FILE_BOOL && type->file <= MB_FILE_FLOAT);
        CHECK(type->script >= MB_SCRIPT_BOOLEAN && type->script < MB_SCRIPT_FORMS);
        CHECK(type->format != NULL);
        for (int other = 0; other < t; other++)
            CHECK(mb_type_hash(type) != mb_type_hash(type_at(other)));
    }
}

// A text is cut to the room there is for it, and the type reads what it writes.
static void texts(mb_context *cx)
{
    (void)cx;
    const mb_value values[] = {{.u = 0}, {.u = 1}, {.u = 18}, {.u = UINT64_MAX}, {.f = -1.5}};
    for (int t = 0; t < count_types(); t++) {
        const mb_type *type = type_at(t);
        if (type->hold) continue; // its values are nothing without its columns
        for (int v = 0; v < (type->kind == MB_BOOL ? 2 : 5); v++) {
            mb_value value = {.u = values[v].u}, back = {0};
            if (mb_type_is_ip(type)) value.u = (uint32_t)value.u;
            char text[MB_TEXT_SIZE], cut[4] = "...";
            type->format(type, value, text, sizeof text);
            CHECK(strlen(text) > 0 && strlen(text) < sizeof text);
            type->format(type, value, cut, sizeof cut - 1);
            CHECK_INT(cut[sizeof cut - 1], '\0');
            bool nan = type->kind == MB_FLOAT && value.f != value.f;
            if (type->parse && type->parse(type, text, &back) && !nan) CHECK_INT(back.u, value.u);
        }
        if (type->parse) CHECK(!type->parse(type, "no value of any type", &(mb_value){0}));
    }
}

// The text of a string, in quotes, in as many cells and bytes as there are.
static void strings(mb_context *cx)
{
    static const struct {
        const char *string, *text;
    } cases[] = {
        {"", "\"\""},
        {"a b", "\"a b\""},
        {"\"\\\n\t\r", "\"\\\"\\\\\\n\\t\\r\""},
        {"\x01\x7f\xff", "\"\\x01\\x7F\\xFF\""},
        {"\u65e5\u672c", "\"\u65e5\u672c\""},
        {"\xe6\x97", "\"\\xE6\\x97\""},
        {"\u200b", "\"\\u{200B}\""},
        {"1234567890123456789012345678901234567890",
         "\"1234567890123456789012345678901234567\u2026\""},
    };
    enum { CASES = sizeof cases / sizeof *cases };
    mb_string list[CASES];
    uint64_t codes[CASES];
    mb_dictionary *dictionary = NULL;
    for (int i = 0; i < CASES; i++)
        list[i] = (mb_string){cases[i].string, strlen(cases[i].string)};
    if (!CHECK_OK(cx, mb_string_encode(cx, &mb_type_text, list, CASES, codes, &dictionary))) return;
    const mb_type *type = &dictionary->type;
    CHECK(type->script == MB_SCRIPT_STRING && type->mend && type->hold && type->operate);
    for (int i = 0; i < CASES; i++) {
        char text[MB_TEXT_SIZE];
        type->format(type, (mb_value){.u = codes[i]}, text, sizeof text);
        CHECK_INT(strcmp(text, cases[i].text), 0);
        CHECK(mb_string_cells((mb_string){text, strlen(text)}) <= MB_TEXT_CELLS);
    }
    mb_dictionary_release(dictionary);
}

// Whatever the bytes and the room, what is written fits, and ends within quotes.
static void cuts(mb_context *cx)
{
    (void)cx;
    uint64_t state = 9;
    char bytes[200], text[4 * sizeof bytes + 64];
    for (int i = 0; i < 2000; i++) {
        size_t n = (size_t)(i % (int)sizeof bytes), size = 64 + (size_t)(i * 7 % 700);
        int64_t cells = 4 + i * 13 % 60;
        for (size_t b = 0; b < n; b++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            bytes[b] = (char)(i % 3 ? state >> 56 : 0xcc + (b & 1)); // else marks alone
        }
        memset(text, 'x', sizeof text);
        size_t length = mb_string_quote((mb_string){bytes, n}, cells, text, size);
        CHECK(length < size && text[length] == '\0' && strlen(text) == length);
        CHECK(text[0] == '"' && text[length - 1] == '"' && length >= 2);
        CHECK(mb_string_cells((mb_string){text, length}) <= cells);
        for (size_t b = size; b < sizeof text; b++)
            if (!CHECK(text[b] == 'x')) break;
    }
}

// What an operator gives is of the kind that it gives for the kinds of its operands.
static void operators(mb_context *cx)
{
    for (int t = 0; t < count_types(); t++) {
        const mb_type *type = type_at(t), *plain = mb_type_of(type->kind);
        for (int op = MB_EQ; op < MB_ROUND; op++) {
            const mb_type *operands[] = {type, type, type}, *plains[] = {plain, plain, plain};
            const mb_type *result = NULL, *of_plain = NULL;
            mb_kind as, as_plain;
            if (op == MB_WHERE) operands[0] = plains[0] = &mb_type_bool;
            mb_status status = mb_operator_types(cx, (mb_operator)op, operands, &as, &result);
            if (mb_operator_types(cx, (mb_operator)op, plains, &as_plain, &of_plain)) {
                CHECK_INT(status, MB_EINVALID);
            } else if (!status) {
                CHECK_INT(as, as_plain);
                CHECK_INT(result->kind, of_plain->kind);
            }
        }
    }
}

const check_test check_tests[] = {
    {"types: one for each kind", kinds},
    {"types: descriptors are whole", descriptors},
    {"types: texts of values", texts},
    {"types: texts of strings", strings},
    {"types: strings are cut", cuts},
    {"types: results of operators", operators},
    {0},
};
