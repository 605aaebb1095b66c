#include "ops/text/shape.h"

#include "ops/text/characters.h"
#include "ops/text/entries.h"

// --- Strip.

typedef struct stripping {
    int sides;
    mb_string of;
} stripping;

static bool is_one_of(mb_string character, ucs4_t code, mb_string of)
{
    ucs4_t other;
    if (!of.bytes) return mb_character_is_space(code);
    for (; of.length; of = mb_string_after(of, mb_character_first(of, &other))) {
        size_t size = mb_character_first(of, &other);
        if (size == character.length && memcmp(of.bytes, character.bytes, size) == 0) return true;
    }
    return false;
}

static mb_status strip(const void *argument, mb_string string, mb_text_output *output, bool *valid)
{
    const stripping *how = argument;
    ucs4_t code;
    (void)valid;
    while (string.length && how->sides & MB_TEXT_LEFT) {
        size_t size = mb_character_first(string, &code);
        if (!is_one_of((mb_string){string.bytes, size}, code, how->of)) break;
        string = mb_string_after(string, size);
    }
    while (string.length && how->sides & MB_TEXT_RIGHT) {
        size_t size = mb_character_last(string, &code);
        if (!is_one_of((mb_string){string.bytes + string.length - size, size}, code, how->of))
            break;
        string.length -= size;
    }
    return mb_text_append(output, string);
}

mb_status mb_text_strip(mb_context *cx, mb_column *column, int sides, mb_string of,
                        mb_column **result)
{
    return mb_text_strings(cx, column, strip, &(stripping){sides, of}, result);
}

// --- Longer strings.

// Appends a string n times; that much memory is taken at once.
static mb_status append_times(mb_string string, int64_t n, mb_text_output *output)
{
    int64_t size = (int64_t)string.length, more;
    if (size == 0 || n <= 0) return MB_OK;
    if (__builtin_mul_overflow(size, n, &more))
        return mb_fail(output->cx, MB_EINVALID, "a string of %lld times %lld bytes", (long long)n,
                       (long long)size);
    mb_status status = mb_buffer_reserve(output->cx, &output->bytes, output->length, more, 1);
    if (status) return status;
    char *made = (char *)output->bytes->data + output->length;
    for (int64_t i = 0; i < n; i++)
        memcpy(made + i * size, string.bytes, string.length);
    output->length += more;
    return MB_OK;
}

typedef struct padding {
    int sides;
    int64_t width;
    mb_string fill;
} padding;

// Of an odd number at both sides the larger half is on the left where the width is odd.
static mb_status pad(const void *argument, mb_string string, mb_text_output *output, bool *valid)
{
    const padding *how = argument;
    int64_t n = mb_string_characters(string);
    int64_t more = n < how->width ? how->width - n : 0, left = more;
    (void)valid;
    if (how->sides == MB_TEXT_RIGHT) left = 0;
    if (how->sides == MB_TEXT_BOTH) left = more / 2 + (more & how->width & 1);
    mb_status status = append_times(how->fill, left, output);
    if (!status) status = mb_text_append(output, string);
    return status ? status : append_times(how->fill, more - left, output);
}

mb_status mb_text_pad(mb_context *cx, mb_column *column, int sides, int64_t width, mb_string fill,
                      mb_column **result)
{
    return mb_text_strings(cx, column, pad, &(padding){sides, width, fill}, result);
}

static mb_status repeat(const void *argument, mb_string string, mb_text_output *output, bool *valid)
{
    (void)valid;
    return append_times(string, *(const int64_t *)argument, output);
}

mb_status mb_text_repeat(mb_context *cx, mb_column *column, int64_t n, mb_column **result)
{
    return mb_text_strings(cx, column, repeat, &n, result);
}

// --- Characters in another order.

typedef struct slicing {
    int64_t first, last, step;
} slicing;

// Positions from 1 of one that may count from the end; 0 or less is before the first.
static int64_t from_start(int64_t at, int64_t n)
{
    if (at >= 0) return at;
    return at < -n ? 0 : n + at + 1;
}

// The characters in order of the string, for a step above 0.
static mb_status slice_forwards(mb_string string, int64_t n, slicing at, mb_text_output *output)
{
    mb_status status = MB_OK;
    ucs4_t code;
    int64_t next = at.first < 1 ? 1 : at.first, last = at.last > n ? n : at.last;
    for (int64_t i = 1; next <= last && !status; i++) {
        size_t size = mb_character_first(string, &code);
        if (i == next) {
            status = mb_text_append(output, (mb_string){string.bytes, size});
            if (at.step > last - next) break;
            next += at.step;
        }
        string = mb_string_after(string, size);
    }
    return status;
}

static mb_status slice_backwards(mb_string string, int64_t n, slicing at, mb_text_output *output)
{
    mb_status status = MB_OK;
    ucs4_t code;
    int64_t next = at.first > n ? n : at.first, last = at.last < 1 ? 1 : at.last;
    for (int64_t i = n; next >= last && !status; i--) {
        size_t size = mb_character_last(string, &code);
        string.length -= size;
        if (i != next) continue;
        status = mb_text_append(output, (mb_string){string.bytes + string.length, size});
        if (at.step < last - next) break;
        next += at.step;
    }
    return status;
}

static mb_status slice(const void *argument, mb_string string, mb_text_output *output, bool *valid)
{
    slicing at = *(const slicing *)argument;
    int64_t n = mb_string_characters(string);
    (void)valid;
    at.first = from_start(at.first, n);
    at.last = from_start(at.last, n);
    if (at.step < 0) return slice_backwards(string, n, at, output);
    if (at.step > 1 || n != (int64_t)string.length) return slice_forwards(string, n, at, output);
    if (at.first < 1) at.first = 1; // a byte a character
    if (at.last > n) at.last = n;
    if (at.first > at.last) return MB_OK;
    size_t size = (size_t)(at.last - at.first + 1);
    return mb_text_append(output, (mb_string){string.bytes + at.first - 1, size});
}

mb_status mb_text_slice(mb_context *cx, mb_column *column, int64_t first, int64_t last,
                        int64_t step, mb_column **result)
{
    return mb_text_strings(cx, column, slice, &(slicing){first, last, step}, result);
}

mb_status mb_text_reverse(mb_context *cx, mb_column *column, mb_column **result)
{
    return mb_text_slice(cx, column, -1, 1, -1, result);
}
