// Lines of JSON, each an object: what they have becomes the fields of records.
//
// A field is named by a path into objects, of names with dots between them. A name may have dots
// itself, as Zeek's "id.resp_p" has: of several ways to a field the one whose first name is longest
// counts, then the one whose second is. A name that comes twice in an object has its last value;
// where a path goes on into both, they are taken together.
#pragma once

#include "io/records/column.h"
#include "io/strings.h"

enum { MB_JSON_REASON = 256 };
enum { MB_JSON_NAMES = 4096 }; // most that are found; else the message is:
#define MB_JSON_TOO_MANY                                                                           \
    "the objects have more than 4096 different names: tell by 'fields' what to read"

typedef struct mb_json mb_json;

// How fields stand in the batches that come of lines: strings in quotes, which are doubled within;
// numbers, booleans, arrays and objects as in the file; nothing for null and what a line lacks.
extern const mb_record_form mb_json_form;

// What of the lines is read.
typedef struct mb_json_fields {
    const char *const *names;
    int64_t n;
    bool literal; // these are names of the lines' objects, and no paths
    bool learns;  // other names of these objects are noted
    bool whole;   // a survey is of all lines
} mb_json_fields;

// A survey makes no rows, and looks at what all fields look like. Not collective, like all that
// follows.
mb_status mb_json_open(mb_context *cx, const mb_json_fields *fields, bool survey,
                       mb_json **json) MB_MUST_CHECK;
void mb_json_close(mb_json *json);

// The lines of a batch that are no objects: how many, where the first begins, and what is wrong
// with it.
typedef struct mb_json_wrong {
    int64_t lines;
    uint32_t place;
    char reason[MB_JSON_REASON];
} mb_json_wrong;

// Makes rows of the n fields of the lines of a batch, unless it is a survey. Strings with escapes
// are written to the text from `spare` on, where there must be room for as much as the lines have.
// Lines of white space are left out, as are those that are no objects; where such may not be, the
// first ends the batch.
mb_status mb_json_split(mb_json *json, uint32_t spare, mb_batch *batch, bool fails,
                        mb_json_wrong *wrong) MB_MUST_CHECK;

// The names that lines had, as they came, where names are learned.
const mb_strings *mb_json_names(const mb_json *json);

// The number of the field of a name, -1 for none, and what a field that is none of rows looks like.
int64_t mb_json_field(const mb_json *json, const char *name);
uint32_t mb_json_looks(const mb_json *json, int64_t field);
