#include "io/json/parser.h"

#include <cstring>
#include <new>
#include <simdjson.h>
#include <string_view>
#include <utility>

namespace json = simdjson::ondemand;

static_assert(simdjson::SIMDJSON_PADDING <= MB_JSON_PADDING, "a text needs more behind it");

struct mb_json_parser {
    json::parser parser{simdjson::SIMDJSON_MAXSIZE_BYTES};
};

namespace
{

// What is done with a text.
struct walk {
    const mb_json_events *events;
    void *state;
    bool escapes; // there is a backslash in it
    simdjson::error_code code = simdjson::SUCCESS;
    const char *wrong = nullptr; // a reason that simdjson has no code for,
    const char *place = nullptr; // and where
    bool stopped = false;

    bool fail(simdjson::error_code found)
    {
        code = found;
        return false;
    }

    bool refuse(const char *reason, const char *at)
    {
        wrong = reason;
        place = at;
        return false;
    }

    bool told(bool go_on)
    {
        stopped = !go_on;
        return go_on;
    }
};

const char *digits(const char *at, const char *stop)
{
    while (at < stop && *at >= '0' && *at <= '9')
        at++;
    return at;
}

// Whether it is a number as RFC 8259 writes them, of any size.
bool is_number(std::string_view text)
{
    const char *at = text.data(), *stop = at + text.size();
    if (at < stop && *at == '-') at++;
    const char *first = at;
    at = digits(at, stop);
    if (at == first || (*first == '0' && at - first > 1)) return false;
    if (at < stop && *at == '.') {
        first = ++at;
        at = digits(at, stop);
        if (at == first) return false;
    }
    if (at < stop && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < stop && (*at == '-' || *at == '+')) at++;
        first = at;
        at = digits(at, stop);
        if (at == first) return false;
    }
    return at == stop;
}

std::string_view token_of(json::value &value)
{
    std::string_view token = value.raw_json_token();
    while (!token.empty() && std::strchr(" \t\r\n", token.back()))
        token.remove_suffix(1);
    return token;
}

bool tell_string(walk &w, json::value &value)
{
    const std::string_view token = token_of(value);
    if (!w.escapes || !std::memchr(token.data(), '\\', token.size()))
        return w.told(w.events->string(w.state, token.data() + 1, token.size() - 2));
    std::string_view text;
    const auto code = value.get_string().get(text);
    return code ? w.fail(code) : w.told(w.events->string(w.state, text.data(), text.size()));
}

bool tell_scalar(walk &w, json::value &value, bool right, const char *reason)
{
    const std::string_view token = token_of(value);
    if (!right && !is_number(token)) return w.refuse(reason, token.data());
    return w.told(w.events->scalar(w.state, token.data(), token.size()));
}

bool tell_name(walk &w, json::field &field)
{
    const char *name = field.key().raw();
    const char *stop = name;
    while (*stop != '"' && *stop != '\\')
        stop++;
    if (*stop == '"') return w.told(w.events->name(w.state, name, size_t(stop - name)));
    std::string_view text;
    const auto code = field.unescaped_key().get(text);
    return code ? w.fail(code) : w.told(w.events->name(w.state, text.data(), text.size()));
}

bool tell_value(walk &w, json::value &value, int depth);

bool tell_object(walk &w, json::object &object, int depth)
{
    for (auto each : object) {
        json::field field;
        if (const auto code = std::move(each).get(field)) return w.fail(code);
        if (!tell_name(w, field) || !tell_value(w, field.value(), depth)) return false;
    }
    return true;
}

bool tell_array(walk &w, json::array &array, int depth)
{
    for (auto each : array) {
        json::value value;
        if (const auto code = std::move(each).get(value)) return w.fail(code);
        if (!tell_value(w, value, depth)) return false;
    }
    return true;
}

// Where an object or array ends that has been walked: the bracket before what follows.
const char *behind(json::value &value)
{
    const char *next;
    if (value.current_location().get(next)) return nullptr;
    do
        next--;
    while (*next != '}' && *next != ']');
    return next + 1;
}

bool tell_nested(walk &w, json::value &value, bool is_object, int depth)
{
    const char *at = value.raw_json_token().data();
    if (depth == MB_JSON_DEPTH) return w.refuse("there are more than 1000 levels", at);
    if (!w.told(w.events->begin(w.state, is_object, at))) return false;
    if (is_object) {
        json::object object;
        if (const auto code = value.get_object().get(object)) return w.fail(code);
        if (!tell_object(w, object, depth + 1)) return false;
    } else {
        json::array array;
        if (const auto code = value.get_array().get(array)) return w.fail(code);
        if (!tell_array(w, array, depth + 1)) return false;
    }
    const char *stop = behind(value);
    return stop ? w.told(w.events->end(w.state, stop))
                : w.fail(simdjson::INCOMPLETE_ARRAY_OR_OBJECT);
}

bool tell_value(walk &w, json::value &value, int depth)
{
    json::json_type type;
    if (const auto code = value.type().get(type)) return w.fail(code);
    bool is;
    switch (type) {
    case json::json_type::object: return tell_nested(w, value, true, depth);
    case json::json_type::array: return tell_nested(w, value, false, depth);
    case json::json_type::string: return tell_string(w, value);
    case json::json_type::number: return tell_scalar(w, value, false, "a number is wrong");
    case json::json_type::null:
        return tell_scalar(w, value, token_of(value) == "null", "no null, true or false");
    default: return tell_scalar(w, value, !value.get_bool().get(is), "no null, true or false");
    }
}

const char *reason_of(simdjson::error_code code)
{
    switch (code) {
    case simdjson::UTF8_ERROR: return "no UTF-8 (iconv -t utf-8 makes such of other encodings)";
    case simdjson::UNCLOSED_STRING: return "a string is never closed";
    case simdjson::UNESCAPED_CHARS: return "a control character in a string";
    case simdjson::STRING_ERROR: return "a wrong escape in a string";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
    case simdjson::EMPTY:
        return "it ends too early, or goes on behind its end (an object may not span lines)";
    case simdjson::INCORRECT_TYPE: return "there is no object";
    default: return "a comma, a colon, a bracket or a value is missing, or too much";
    }
}

// Walks a text.
bool tell_text(walk &w, json::document &document)
{
    json::object object;
    if (const auto code = document.get_object().get(object)) return w.fail(code);
    if (!tell_object(w, object, 1)) return false;
    const char *more;
    const bool ended = document.current_location().get(more) == simdjson::OUT_OF_BOUNDS;
    return ended || w.refuse(mb_json_more, more);
}

} // namespace

const char mb_json_more[] = "there is more behind the object";

mb_json_parser *mb_json_parser_open(void)
{
    return new (std::nothrow) mb_json_parser;
}

void mb_json_parser_close(mb_json_parser *parser)
{
    delete parser;
}

mb_json_outcome mb_json_parse(mb_json_parser *parser, const char *text, size_t length,
                              const mb_json_events *events, void *state, mb_json_error *error)
{
    walk w{events, state, std::memchr(text, '\\', length) != nullptr};
    json::document document;
    *error = {nullptr, nullptr};
    const simdjson::padded_string_view view(text, length, length + simdjson::SIMDJSON_PADDING);
    w.code = parser->parser.iterate(view).get(document);
    if (w.code == simdjson::MEMALLOC || w.code == simdjson::CAPACITY) return MB_JSON_MEMORY;
    const bool parsed = !w.code;
    if (parsed && tell_text(w, document)) return MB_JSON_DONE;
    if (w.stopped) return MB_JSON_STOPPED;
    const char *at = nullptr;
    if (w.wrong)
        at = w.place;
    else if (!parsed || w.code == simdjson::INCOMPLETE_ARRAY_OR_OBJECT ||
             document.current_location().get(at))
        at = nullptr;
    *error = {w.wrong ? w.wrong : reason_of(w.code), at};
    return MB_JSON_WRONG;
}
