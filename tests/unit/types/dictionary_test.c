// Dictionaries beside lists of strings.
#include <string.h>

#include "check.h"
#include "types/dictionary.h"

static mb_string string(const char *text)
{
    return (mb_string){text, strlen(text)};
}

static mb_dictionary *dictionary_of(mb_context *cx, const char *const *texts, int64_t n)
{
    mb_string strings[16];
    mb_dictionary *dictionary = NULL;
    for (int64_t i = 0; i < n; i++)
        strings[i] = string(texts[i]);
    CHECK_OK(cx, mb_dictionary_new(cx, &mb_type_text, strings, n, &dictionary));
    return dictionary;
}

static void compares_bytes(mb_context *cx)
{
    (void)cx;
    CHECK(mb_string_compare(string(""), string("")) == 0);
    CHECK(mb_string_compare(string(""), string("a")) < 0);
    CHECK(mb_string_compare(string("ab"), string("a")) > 0);
    CHECK(mb_string_compare(string("z"), string("\xc3\xa4")) < 0); // bytes have no sign
    CHECK(mb_string_compare((mb_string){"a\0b", 3}, (mb_string){"a\0c", 3}) < 0);
    CHECK(mb_string_compare((mb_string){NULL, 0}, string("")) == 0);
}

static void finds_entries(mb_context *cx)
{
    bool found;
    mb_dictionary *d = dictionary_of(cx, (const char *const[]){"", "b", "bb", "d"}, 4);
    CHECK_INT(mb_dictionary_find(d, string("bb"), &found), 2);
    CHECK(found);
    CHECK_INT(mb_dictionary_find(d, string(""), &found), 0);
    CHECK(found);
    CHECK_INT(mb_dictionary_find(d, string("c"), &found), 3);
    CHECK(!found);
    CHECK_INT(mb_dictionary_find(d, string("e"), &found), 4);
    CHECK(!found);
    mb_string entry = mb_dictionary_entry(d, 2);
    CHECK(entry.length == 2 && memcmp(entry.bytes, "bb", 2) == 0);
    mb_dictionary_release(d);
    d = dictionary_of(cx, NULL, 0);
    CHECK_INT(mb_dictionary_find(d, string("x"), &found), 0);
    CHECK(!found);
    mb_dictionary_release(d);
}

static void unites(mb_context *cx)
{
    uint32_t codes_a[3], codes_b[3], codes_c[1];
    uint32_t *const codes[] = {codes_a, codes_b, codes_c};
    mb_dictionary *parts[] = {dictionary_of(cx, (const char *const[]){"a", "c", "e"}, 3),
                              dictionary_of(cx, (const char *const[]){"", "c", "d"}, 3),
                              dictionary_of(cx, (const char *const[]){"e"}, 1)};
    mb_dictionary *all;
    CHECK_OK(cx, mb_dictionary_unite(cx, parts, 3, codes, &all));
    mb_dictionary *expected = dictionary_of(cx, (const char *const[]){"", "a", "c", "d", "e"}, 5);
    CHECK_INT(all->n, 5);
    CHECK(all->hash == expected->hash);
    CHECK(codes_a[0] == 1 && codes_a[1] == 2 && codes_a[2] == 4);
    CHECK(codes_b[0] == 0 && codes_b[1] == 2 && codes_b[2] == 3);
    CHECK(codes_c[0] == 4);
    mb_dictionary_release(all);
    // One that has all is the result.
    mb_dictionary *const some[] = {expected, parts[2], parts[0]};
    uint32_t codes_all[5];
    uint32_t *const more[] = {codes_all, codes_c, codes_a};
    CHECK_OK(cx, mb_dictionary_unite(cx, some, 3, more, &all));
    CHECK(all == expected);
    mb_dictionary_release(all);
    mb_dictionary_release(expected);
    for (int i = 0; i < 3; i++)
        mb_dictionary_release(parts[i]);
}

const check_test check_tests[] = {
    {"strings compare by unsigned bytes", compares_bytes},
    {"dictionary: finds entries", finds_entries},
    {"dictionary: unites", unites},
    {NULL, NULL},
};
