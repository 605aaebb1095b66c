// What a text of JSON has, told event by event. The parser is simdjson's; it is C++, which nothing
// else here sees.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MB_JSON_PADDING = 64, MB_JSON_DEPTH = 1000 };

typedef struct mb_json_parser mb_json_parser;

// What is called. Each returns whether to go on. Bytes lie in the text, or, of names and strings
// with escapes, anywhere: they are the parser's until the next call.
typedef struct mb_json_events {
    bool (*scalar)(void *state, const char *bytes, size_t length); // as it is written
    bool (*string)(void *state, const char *bytes, size_t length); // without its quotes
    bool (*name)(void *state, const char *bytes, size_t length);   // of the value that follows
    bool (*begin)(void *state, bool object, const char *bytes);    // at its bracket
    bool (*end)(void *state, const char *stop);                    // behind its bracket
} mb_json_events;

// Why a text is no JSON, and where: `at` is NULL where no place is known.
typedef struct mb_json_error {
    const char *reason;
    const char *at;
} mb_json_error;

// The reason where the text goes on behind its object.
extern const char mb_json_more[];

typedef enum mb_json_outcome {
    MB_JSON_DONE,
    MB_JSON_STOPPED, // by an event
    MB_JSON_WRONG,
    MB_JSON_MEMORY // there is not enough
} mb_json_outcome;

// NULL when there is no memory.
mb_json_parser *mb_json_parser_open(void);
void mb_json_parser_close(mb_json_parser *parser);

// Tells the events of an object, which is all of a text. MB_JSON_PADDING bytes behind it are
// readable. The text is checked as it is walked: events may come of one that turns out to be wrong.
mb_json_outcome mb_json_parse(mb_json_parser *parser, const char *text, size_t length,
                              const mb_json_events *events, void *state, mb_json_error *error);

#ifdef __cplusplus
}
#endif
