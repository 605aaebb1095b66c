// Types: each descriptor tells all that it must, and nothing that contradicts itself.
#include "types/ip.h"

#include <string.h>

#include "check.h"

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
    {"types: results of operators", operators},
    {0},
};
