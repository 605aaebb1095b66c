// Text: strings to dictionaries and codes, and functions of them.
#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "comm/comm.h"
#include "expr/evaluate.h"
#include "ops/text/search.h"
#include "text/encode.h"

enum { ROWS = 2000 };

typedef struct text_call {
    const char *const *strings; // NULL: missing
    int64_t n;
    mb_text_search search;
    const char *sought;
    mb_column *text, *result;
} text_call;

static mb_string string(const char *text)
{
    return (mb_string){text, text ? strlen(text) : 0};
}

static mb_status encode(mb_context *cx, void *argument)
{
    text_call *call = argument;
    mb_layout *layout = NULL;
    mb_text_encoder *encoder = NULL;
    mb_status status = mb_layout_even(cx, call->n, &layout);
    if (!status) status = mb_text_encoder_open(cx, call->n, MB_TEXT_CHOOSE, &encoder);
    for (int64_t i = 0; i < call->n && !status; i++)
        status = mb_text_encoder_append(encoder, string(call->strings[i]));
    status = mb_text_encoder_finish(cx, status, encoder, layout, 0, &call->text);
    mb_text_encoder_close(encoder);
    mb_layout_release(layout);
    return status;
}

static mb_status search(mb_context *cx, void *argument)
{
    text_call *call = argument;
    mb_status status =
        mb_text_search_for(cx, call->text, call->search, string(call->sought), &call->result);
    return status ? status : mb_materialise(cx, call->result);
}

static void run(mb_context *cx, mb_body body, text_call *call)
{
    mb_signature signature;
    mb_signature_begin(&signature, "text", "");
    CHECK_OK(cx, mb_operate(cx, &signature, body, call));
}

static void round_trip(mb_context *cx)
{
    static char words[ROWS][8];
    const char *strings[ROWS];
    uint64_t state = 5;
    for (int64_t i = 0; i < ROWS; i++) {
        snprintf(words[i], sizeof words[i], "%x", (unsigned)check_random(&state, 900));
        strings[i] = i % 11 ? words[i] : NULL;
    }
    strings[7] = "";
    text_call call = {.strings = strings, .n = ROWS};
    run(cx, encode, &call);
    const mb_dictionary *dictionary = mb_dictionary_of(call.text->type);
    for (int64_t i = 1; i < dictionary->n; i++)
        CHECK(mb_string_compare(mb_dictionary_entry(dictionary, i - 1),
                                mb_dictionary_entry(dictionary, i)) < 0);
    for (int64_t i = 0; i < ROWS; i++) {
        mb_value code;
        bool valid = mb_column_get(call.text, i, &code);
        CHECK(valid == (strings[i] != NULL));
        if (valid)
            CHECK(mb_string_compare(mb_dictionary_entry(dictionary, code.i), string(strings[i])) ==
                  0);
    }
    mb_column_release(call.text);
}

static void searches(mb_context *cx)
{
    const char *const strings[] = {"abcabc", NULL, "", "bc", "xbcab", "bcbcbc"};
    static const struct {
        mb_text_search search;
        const char *sought;
        int64_t expected[6]; // -1: missing
    } cases[] = {{MB_TEXT_CONTAINS, "bca", {1, -1, 0, 0, 1, 0}},
                 {MB_TEXT_CONTAINS, "", {1, -1, 1, 1, 1, 1}},
                 {MB_TEXT_STARTSWITH, "bc", {0, -1, 0, 1, 0, 1}},
                 {MB_TEXT_ENDSWITH, "bc", {1, -1, 0, 1, 0, 1}},
                 {MB_TEXT_COUNT, "bc", {2, -1, 0, 1, 1, 3}},
                 {MB_TEXT_COUNT, "", {7, -1, 1, 3, 6, 7}},
                 {MB_TEXT_FIND, "bc", {2, -1, -1, 1, 2, 1}}};
    text_call call = {.strings = strings, .n = 6};
    run(cx, encode, &call);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        call.search = cases[c].search;
        call.sought = cases[c].sought;
        run(cx, search, &call);
        for (int64_t i = 0; i < 6; i++) {
            mb_value value = {0};
            bool valid = mb_column_get(call.result, i, &value);
            CHECK_INT(valid ? (call.search < MB_TEXT_COUNT ? value.b : value.i) : -1,
                      cases[c].expected[i]);
        }
        mb_column_release(call.result);
    }
    mb_column_release(call.text);
}

const check_test check_tests[] = {
    {"text: codes of a dictionary, and back", round_trip},
    {"text: searches", searches},
    {NULL, NULL},
};
