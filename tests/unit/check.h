// Unit tests of the engine in C. A program is a list of named tests; every rank runs all of them,
// each in a context of its own. A test fails when a check fails on any rank.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/context.h"

typedef struct check_test {
    const char *name;
    void (*run)(mb_context *cx);
} check_test;

// Defined by each program; ends with an empty one.
extern const check_test check_tests[];

// Each returns whether it holds; a failure is told with the rank and counted, and the test goes on.
#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)
#define CHECK_INT(actual, expected)                                                                \
    check_int((int64_t)(actual), (int64_t)(expected), #actual, __FILE__, __LINE__)
#define CHECK_TEXT(text, part) check_text((text), (part), __FILE__, __LINE__)

// The call gives this status; on any other, its message is told.
#define CHECK_STATUS(cx, call, expected) check_status(cx, call, expected, #call, __FILE__, __LINE__)
#define CHECK_OK(cx, call)               CHECK_STATUS(cx, call, MB_OK)

bool check_that(bool holds, const char *text, const char *file, int line);
bool check_int(int64_t actual, int64_t expected, const char *text, const char *file, int line);
bool check_text(const char *text, const char *part, const char *file, int line);
bool check_status(mb_context *cx, mb_status actual, mb_status expected, const char *text,
                  const char *file, int line);

// Opens a context on all ranks, with a budget of its own, and closes it. For tests of the
// environment's settings and of two contexts at once. Collective.
void check_open(mb_context *cx);
void check_close(mb_context *cx);

// Numbers that are the same on all ranks: from 0 to below - 1.
int64_t check_random(uint64_t *state, int64_t below);
