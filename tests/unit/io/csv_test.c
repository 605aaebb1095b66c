// Lines without quotes and with them against each other, and the table of device names.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "io/csv/csv.h"

enum { LINES = 20000, MOST = 64 };

static const char *const converters[] = {"int", "uint", "float", "bool", "port", "device", "skip"};
enum { FIELDS = sizeof converters / sizeof converters[0] };

static mb_csv_format *new_format(mb_context *cx)
{
    mb_csv_format *format = calloc(1, sizeof *format);
    for (int i = 0; format && i < FIELDS; i++)
        CHECK_OK(cx, mb_csv_format_add(cx, format, converters[i], converters[i]));
    return format;
}

// Values that each of the converters takes, or takes for wrong.
enum { VALUES = 8 };
static const char *const values[FIELDS][VALUES] = {
    {"0", "-1", "+17", "00000000012", "12345678", "9223372036854775807", "9223372036854775808",
     "-"},
    {"0", "7", "42", "1234567", "123456789012345678", "18446744073709551615", "-1", ""},
    {"1e9", "-0.25", "nan", "inf", ".5", "1e-400", "1e400", "0x10"},
    {"0", "1", "true", "false", "True", "FALSE", "yes", "2"},
    {"Port80", "443", "Port00443", "65535", "0", "Port99999999999", "Port", "port1"},
    {"Comp000001", "Comp123456", "IP99", "IP7", "Mail", "x1y22", "Comp1", "Mail0"},
    {"", "any", "1", "thing at all", "~", "0", "a b", "x"},
};

// Mostly a good value; now and then another field's, or with a byte changed.
static size_t random_field(uint64_t *state, int64_t field, char *to)
{
    int64_t kind = check_random(state, 30) ? field % FIELDS : check_random(state, FIELDS);
    const char *value = values[kind][check_random(state, check_random(state, 10) ? 5 : VALUES)];
    size_t length = strlen(value);
    memcpy(to, value, length);
    if (length && check_random(state, 50) == 0)
        to[check_random(state, (int64_t)length)] = "0x9 -.P"[check_random(state, 7)];
    return length;
}

// The same line twice: as it is, and with every field in quotes, which are checked before.
static void random_line(uint64_t *state, char *plain, char *quoted)
{
    int64_t fields = FIELDS + (check_random(state, 20) == 0) - (check_random(state, 20) == 0);
    for (int64_t i = 0; i < fields; i++) {
        size_t length = random_field(state, i, plain);
        *quoted++ = '"';
        memcpy(quoted, plain, length);
        quoted += length;
        *quoted++ = '"';
        plain += length;
        *plain++ = *quoted++ = i + 1 < fields ? ',' : '\n';
    }
    *plain = *quoted = '\0';
}

typedef struct reader {
    mb_csv_parser parser;
    int64_t values[FIELDS], *columns[FIELDS];
    char text[MOST * FIELDS + 600];
} reader;

static reader *new_reader(mb_context *cx, const mb_csv_format *format)
{
    reader *made = calloc(1, sizeof *made);
    for (int i = 0; made && i < FIELDS; i++)
        made->columns[i] = &made->values[i];
    if (made) CHECK_OK(cx, mb_csv_parser_open(cx, &made->parser, format, true, false));
    return made;
}

static int64_t read_text(reader *r)
{
    mb_csv_parser_restart(&r->parser, false);
    return mb_csv_parse(&r->parser, r->text, strlen(r->text), r->columns, 0);
}

static void two_ways(mb_context *cx)
{
    mb_csv_format *format = new_format(cx);
    reader *plain = new_reader(cx, format), *quoted = new_reader(cx, format);
    uint64_t state = 5;
    int64_t good = 0;
    for (int i = 0; i < LINES; i++) {
        random_line(&state, plain->text, quoted->text);
        int64_t rows = read_text(plain);
        good += rows;
        bool same = CHECK_INT(read_text(quoted), rows);
        if (rows)
            same =
                same && CHECK_INT(memcmp(plain->values, quoted->values, sizeof plain->values), 0);
        same = same &&
               CHECK(mb_device_equal(&plain->parser.devices.table, &quoted->parser.devices.table));
        if (!same) fprintf(stderr, "  in %s  (%s)\n", plain->text, plain->parser.reason);
        if (!same) break;
    }
    CHECK(good > LINES / 4 && good < LINES);
    mb_csv_parser_close(&plain->parser);
    mb_csv_parser_close(&quoted->parser);
    free(plain);
    free(quoted);
    free(format);
}

// Every number of digits, at every distance from the end of a word.
static void digits(mb_context *cx)
{
    mb_csv_format format = {0};
    CHECK_OK(cx, mb_csv_format_add(cx, &format, "n", "uint"));
    reader *r = new_reader(cx, &format);
    uint64_t value = 0;
    for (uint64_t length = 1; length <= 20; length++) {
        value = length < 20 ? value * 10 + length % 10 : UINT64_MAX;
        snprintf(r->text, sizeof r->text, "%llu\n", (unsigned long long)value);
        CHECK_INT(read_text(r), 1);
        CHECK(r->values[0] == (int64_t)value);
    }
    strcpy(r->text, "18446744073709551616\n");
    CHECK_INT(read_text(r), 0);
    CHECK_TEXT(r->parser.reason, "too large");
    mb_csv_parser_close(&r->parser);
    free(r);
}

static void formats(mb_context *cx)
{
    mb_csv_format format = {0};
    CHECK_OK(cx, mb_csv_format_add(cx, &format, "a", "int"));
    CHECK_OK(cx, mb_csv_format_add(cx, &format, "", "skip"));
    CHECK_STATUS(cx, mb_csv_format_add(cx, &format, "a", "int"), MB_EINVALID);
    CHECK_STATUS(cx, mb_csv_format_add(cx, &format, "b/c", "int"), MB_EINVALID);
    CHECK_STATUS(cx, mb_csv_format_add(cx, &format, "", "int"), MB_EINVALID);
    CHECK_STATUS(cx, mb_csv_format_add(cx, &format, "d", "date"), MB_EINVALID);
    CHECK_TEXT(cx->message, "'date'");
    CHECK_INT(format.n_fields, 2);
    CHECK_INT(format.n_columns, 1);
}

static bool knows(const mb_device_table *table, const char *name)
{
    int64_t id;
    return mb_device_find(table, name, strlen(name), &id);
}

static const char *learn(mb_device_table *table, const char *name)
{
    static char reason[MB_DEVICE_REASON_SIZE];
    int64_t id;
    return mb_device_learn(table, name, strlen(name), &id, reason);
}

static void device_names(mb_context *cx)
{
    (void)cx;
    mb_device_table *a = malloc(sizeof *a), *b = malloc(sizeof *b);
    char *texts = malloc(MB_DEVICE_TEXTS_SIZE), reason[MB_DEVICE_REASON_SIZE];
    mb_device_open(a);
    mb_device_open(b);
    CHECK(!knows(a, "Comp364445"));
    CHECK(!learn(a, "Comp364445"));
    CHECK(knows(a, "Comp364445") && knows(a, "Comp100000") && !knows(a, "Comp12345"));
    CHECK(!learn(a, "Comp012345"));
    CHECK(knows(a, "Comp000007"));
    CHECK_TEXT(learn(a, "Comp12345"), "padded");
    CHECK_TEXT(learn(a, "Comp1048576"), "2^20");
    CHECK_TEXT(learn(a, ""), "empty");
    CHECK(!learn(a, "Mail"));
    CHECK(!learn(b, "IP7") && !learn(b, "Mail12") && !learn(b, "Comp999999"));
    CHECK(!mb_device_merge(a, b->prefixes, b->count, reason));
    CHECK_INT(mb_device_describe(a, texts), 4);
    CHECK_INT(strcmp(texts, "Comp:21036:6"), 0);
    CHECK_INT(strcmp(texts + MB_DEVICE_TEXT_SIZE, "IP:5022:1"), 0);
    CHECK_TEXT(texts + 2 * MB_DEVICE_TEXT_SIZE, ":-");
    CHECK_TEXT(texts + 3 * MB_DEVICE_TEXT_SIZE, ":1-2");
    mb_device_open(b);
    CHECK(!learn(b, "Mail0"));
    CHECK_TEXT(mb_device_merge(a, b->prefixes, b->count, reason), "Mail0");
    free(a);
    free(b);
    free(texts);
}

const check_test check_tests[] = {
    {"fields in quotes are read as those without", two_ways},
    {"numbers of any length", digits},
    {"formats refuse what makes no file", formats},
    {"device names keep to what a file has shown", device_names},
    {NULL, NULL},
};
