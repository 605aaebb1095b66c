// Values between a host and scripts: variables, calls, views of columns and frames.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host.h"

static void variables(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime("limits = {deep = {}} frame = mb.frame{x = mb.range(1, 9)}");
    int64_t integer = 0;
    double number = 0;
    int boolean = 0;
    const char *text = NULL;
    size_t size = 0;
    mb_reference reference = 0;
    CHECK_INT(mb_set_integer(runtime, "limits.low", INT64_MIN), 0);
    CHECK_INT(mb_get_integer(runtime, "limits.low", &integer), 0);
    CHECK(integer == INT64_MIN);
    CHECK_INT(mb_set_number(runtime, "limits.deep.x", 2.5), 0);
    CHECK_INT(mb_get_number(runtime, "limits.deep.x", &number), 0);
    CHECK(number == 2.5);
    CHECK_INT(mb_set_number(runtime, "nan", (double)NAN), 0);
    CHECK_INT(mb_set_boolean(runtime, "yes", 7), 0);
    CHECK_INT(mb_get_boolean(runtime, "yes", &boolean), 0);
    CHECK_INT(boolean, 1);
    CHECK_INT(mb_set_string(runtime, "text", "a\0b", 3), 0);
    CHECK_INT(mb_get_string(runtime, "text", &text, &size), 0);
    CHECK(size == 3 && memcmp(text, "a\0b", 4) == 0);
    CHECK_INT(mb_runtime_string(runtime, "assert(nan ~= nan and #text == 3 and yes == true)", "=c"),
              0);
    CHECK_INT(mb_set_number(runtime, "whole", 3), 0);
    CHECK_INT(mb_get_integer(runtime, "whole", &integer), 0);
    CHECK_INT(integer, 3);
    CHECK_INT(mb_get_integer(runtime, "limits.deep.x", &integer), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "'limits.deep.x' is not an integer");
    CHECK_INT(mb_get_string(runtime, "nothing", &text, NULL), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "'nothing' is not a string, but nil");
    CHECK_INT(mb_get_string(runtime, "whole", &text, NULL), MB_FAILURE);
    CHECK_INT(mb_set_integer(runtime, "whole.part", 1), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "mb_set_integer: 'whole' is number, not a table");
    CHECK_INT(mb_set_integer(runtime, NULL, 1), MB_FAILURE);
    CHECK_INT(mb_set_integer(runtime, "", 1), MB_FAILURE);
    CHECK_INT(mb_set_string(runtime, "text", NULL, 1), MB_FAILURE);
    CHECK_INT(mb_set_reference(runtime, "x", 12345), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "reference 12345 is none, or was released");
    if (nranks() > 1) {
        CHECK_INT(mb_set_integer(runtime, "r", rank()), MB_FAILURE);
        CHECK_TEXT(mb_error(runtime), "the ranks diverged");
        CHECK_TEXT(mb_error(runtime), "name: 'r', value: 0");
        CHECK_INT(mb_set_integer(runtime, "r", 5), 0);
    }
    CHECK_INT(mb_get_reference(runtime, "frame.x", &reference), 0);
    CHECK_INT(mb_set_reference(runtime, "x", reference), 0);
    CHECK_INT(mb_release(runtime, reference), 0);
    CHECK_INT(mb_release(runtime, reference), 0);
    CHECK_INT(mb_set_reference(runtime, "y", reference), MB_FAILURE);
    CHECK_INT(mb_runtime_string(runtime, "assert(x:sum() == 45)", "=c"), 0);
    mb_runtime_close(runtime);
}

static void calls(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime = open_runtime(
        "step = 0\n"
        "function echo(...) return ... end\n"
        "function hist(c, n) step = step + 1 return c:sum(), c * n, mb.frame{c = c}, 'ok' .. step "
        "end\n"
        "t = {f = function(x) error('in f: ' .. tostring(x), 0) end}\n"
        "function loud() error('deep') end\n"
        "function one_rank() if mb.rank() == mb.size() - 1 then error('one', 0) end "
        "return mb.range(1, 3) end");
    mb_variant in[5] = {{.kind = MB_IS_INTEGER, .as.integer = -5},
                        {.kind = MB_IS_NUMBER, .as.number = 0.25},
                        {.kind = MB_IS_STRING, .size = 2, .as.text = "hi"},
                        {.kind = MB_IS_BOOLEAN, .as.integer = 1},
                        {.kind = MB_IS_NIL}};
    mb_variant out[6];
    CHECK_INT(sizeof *out, 24);
    CHECK_INT(mb_call_function(runtime, "echo", in, 5, out, 6), 0);
    CHECK(out[0].kind == MB_IS_INTEGER && out[0].as.integer == -5);
    CHECK(out[1].kind == MB_IS_NUMBER && out[1].as.number == 0.25);
    CHECK(out[2].kind == MB_IS_STRING && strcmp(out[2].as.text, "hi") == 0 && out[2].size == 2);
    CHECK(out[3].kind == MB_IS_BOOLEAN && out[3].as.integer == 1);
    CHECK(out[4].kind == MB_IS_NIL && out[5].kind == MB_IS_NIL);
    const double values[] = {1, 2, 3};
    mb_array array = {.type = MB_DOUBLE_ARRAY, .rows = 3, .values = values};
    mb_reference column = 0;
    CHECK_INT(mb_column_import(runtime, NULL, &array, &column), 0);
    in[0] = (mb_variant){.kind = MB_IS_COLUMN, .as.reference = column};
    in[1] = (mb_variant){.kind = MB_IS_INTEGER, .as.integer = 2};
    if (!CHECK_INT(mb_call_function(runtime, "hist", in, 2, out, 4), 0))
        fprintf(stderr, "%s\n", mb_error(runtime));
    CHECK(out[0].kind == MB_IS_NUMBER && out[0].as.number == 6.0 * nranks());
    CHECK(out[1].kind == MB_IS_COLUMN && out[2].kind == MB_IS_FRAME);
    CHECK(strcmp(out[3].as.text, "ok1") == 0);
    double doubled[3] = {0};
    uint8_t valid[3] = {0};
    CHECK_INT(mb_column_read(runtime, out[1].as.reference, doubled, valid, 3), 0);
    CHECK(doubled[0] == 2 && doubled[2] == 6 && valid[2] == 1);
    CHECK_INT(mb_call_function(runtime, "no.such", NULL, 0, NULL, 0), MB_FAILURE);
    CHECK_INT(mb_call_function(runtime, "nothing", NULL, 0, NULL, 0), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "there is no 'nothing'");
    CHECK_INT(mb_call_function(runtime, "step", NULL, 0, NULL, 0), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "'step' is not a function, but a number");
    CHECK_INT(mb_set_reference(runtime, "shared", column), 0);
    CHECK_INT(mb_call_function(runtime, "shared", NULL, 0, NULL, 0), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "'shared' is not a function, but a column");
    CHECK_INT(mb_call_function(runtime, "t.f", in + 1, 1, out, 1), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "in f: 2");
    CHECK_INT(mb_call_function(runtime, "loud", NULL, 0, NULL, 0), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "prelude:5: deep\nstack traceback:");
    CHECK_INT(mb_call_function(runtime, "one_rank", NULL, 0, out, 1), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "one");
    CHECK_INT(out[0].kind, MB_IS_NIL);
    CHECK_INT(mb_call_function(runtime, NULL, NULL, 0, NULL, 0), MB_FAILURE);
    CHECK_INT(mb_call_function(runtime, "echo", NULL, -1, NULL, 0), MB_FAILURE);
    in[0] = (mb_variant){.kind = 99};
    CHECK_INT(mb_call_function(runtime, "echo", in, 1, NULL, 0), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "a value of kind 99");
    if (nranks() > 1) {
        in[0] = (mb_variant){.kind = MB_IS_INTEGER, .as.integer = rank()};
        CHECK_INT(mb_call_function(runtime, "echo", in, 1, out, 1), MB_FAILURE);
        CHECK_TEXT(mb_error(runtime), "argument 1: 0");
        CHECK_INT(out[0].kind, MB_IS_NIL);
    }
    mb_runtime_close(runtime);
}

static int64_t integer_of(const mb_view *view, int64_t i)
{
    switch (view->width) {
    case 1: return (int64_t)(view->base + ((const uint8_t *)view->values)[i]);
    case 2: return (int64_t)(view->base + ((const uint16_t *)view->values)[i]);
    case 4: return (int64_t)(view->base + ((const uint32_t *)view->values)[i]);
    default: return ((const int64_t *)view->values)[i];
    }
}

static void views(mb_context *unused)
{
    (void)unused;
    mb_runtime *runtime =
        open_runtime("ports = mb.column{80, mb.null, 443, 22, 80, 8080, 53} "
                     "wide = mb.range(1, 100) * 1000000007 "
                     "flags = mb.column{true, false, true} small = mb.column{-5, -4, -300} "
                     "words = mb.column{'a', mb.null, 'bcd'} none = mb.column({}, 'int') "
                     "f = mb.frame{{'k', ports}, {'columns', ports + 1}}");
    mb_view view;
    mb_reference ports = 0, wide = 0, words = 0, frame = 0, other = 0, small = 0, none = 0;
    CHECK_INT(mb_get_reference(runtime, "ports", &ports), 0);
    CHECK_INT(mb_column_view(runtime, ports, &view), 0);
    CHECK(strcmp(view.type, "int") == 0 && view.total == 7 && view.missing == 1 && view.is_signed);
    CHECK_INT(view.width, 2);
    const int64_t expected[] = {80, 0, 443, 22, 80, 8080, 53};
    for (int64_t i = 0; i < view.rows; i++) {
        const bool valid = !view.validity || (view.validity[i / 8] >> (i % 8) & 1);
        CHECK_INT(valid, view.first + i != 1);
        if (valid) CHECK_INT(integer_of(&view, i), expected[view.first + i]);
    }
    int64_t read[100];
    uint8_t valid[100];
    CHECK_INT(mb_column_read(runtime, ports, read, valid, view.rows), 0);
    for (int64_t i = 0; i < view.rows; i++) {
        CHECK_INT(read[i], expected[view.first + i]);
        CHECK_INT(valid[i], view.first + i != 1);
    }
    CHECK_INT(mb_column_read(runtime, ports, read, valid, view.rows + (rank() == 0)), MB_FAILURE);
    CHECK_TEXT(mb_error(runtime), "room for");
    CHECK_INT(mb_get_reference(runtime, "wide", &wide), 0);
    CHECK_INT(mb_column_view(runtime, wide, &view), 0);
    CHECK_INT(mb_column_read(runtime, wide, read, NULL, view.rows), 0);
    for (int64_t i = 0; i < view.rows; i++) {
        CHECK_INT(integer_of(&view, i), (view.first + i + 1) * 1000000007);
        CHECK_INT(read[i], (view.first + i + 1) * 1000000007);
    }
    CHECK_INT(mb_get_reference(runtime, "small", &small), 0);
    CHECK_INT(mb_column_view(runtime, small, &view), 0);
    const int64_t below[] = {-5, -4, -300};
    for (int64_t i = 0; i < view.rows; i++)
        CHECK_INT(integer_of(&view, i), below[view.first + i]);
    CHECK_INT(mb_get_reference(runtime, "none", &none), 0);
    CHECK_INT(mb_column_view(runtime, none, &view), 0);
    CHECK_INT(view.total, 0);
    CHECK_INT(mb_column_read(runtime, none, NULL, NULL, 0), 0);
    CHECK_INT(mb_get_reference(runtime, "words", &words), 0);
    CHECK_INT(mb_column_view(runtime, words, &view), 0);
    CHECK(view.values == NULL && strcmp(view.type, "text") == 0);
    CHECK_INT(mb_column_read(runtime, words, read, NULL, view.rows), MB_FAILURE);
    const int64_t *offsets = NULL;
    const char *bytes = NULL, *name = NULL;
    static const char *const strings[] = {"a", "", "bcd"};
    CHECK_INT(mb_column_text(runtime, words, &offsets, &bytes), 0);
    for (int64_t i = 0; i < view.rows; i++) {
        const char *string = strings[view.first + i];
        CHECK_INT(offsets[i + 1] - offsets[i], (int64_t)strlen(string));
        CHECK(memcmp(bytes + offsets[i], string, strlen(string)) == 0);
    }
    CHECK_INT(mb_column_text(runtime, ports, &offsets, &bytes), MB_FAILURE);
    int n = 0;
    CHECK_INT(mb_get_reference(runtime, "f", &frame), 0);
    CHECK_INT(mb_frame_view(runtime, frame, 0, &n, NULL, NULL), 0);
    CHECK_INT(n, 2);
    CHECK_INT(mb_frame_view(runtime, frame, 1, NULL, &name, &other), 0);
    CHECK(strcmp(name, "columns") == 0);
    CHECK_INT(mb_column_view(runtime, other, &view), 0);
    CHECK_INT(view.total, 7);
    CHECK_INT(mb_frame_view(runtime, frame, 2, NULL, &name, NULL), MB_FAILURE);
    CHECK_INT(mb_frame_view(runtime, ports, 0, &n, NULL, NULL), MB_FAILURE);
    CHECK_INT(mb_column_view(runtime, frame, &view), MB_FAILURE);
    // A table that calls itself by what is no string.
    CHECK_INT(mb_runtime_string(runtime, "odd = setmetatable({}, {__name = {}})", "=odd"), 0);
    CHECK_INT(mb_get_reference(runtime, "odd", &other), 0);
    CHECK_INT(mb_frame_view(runtime, other, 0, &n, NULL, NULL), MB_FAILURE);
    CHECK(strstr(mb_error(runtime), "of no frame") != NULL);
    mb_runtime_close(runtime);
}

const check_test check_tests[] = {
    {"host: variables", variables},
    {"host: calls", calls},
    {"host: views", views},
    {0},
};
