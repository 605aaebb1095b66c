"""Random lines of JSON by Python's json module, and what they mean, for read_jsonl_spec.

jsonl_cases.py FOLDER SEED COUNT: writes NUMBER.json and prints Lua: a list of {path =, fields = or
nil, names = {name, ...}, types = {type, ...}, rows = {{value, ...}, ...}}.

jsonl_cases.py FILE [FIELD ...]: prints the same of a file that is there."""

import json
import random
import re
import sys

TEXT = ["", "a", "two words", 'quo"te', '"', '""', "back\\slash", "a,b", "tab\t", "line\nbreak\r\n",
        "ünï€ 😀", "nul\0nul", "12", "-1.5", "true", "null", "nan", "x" * 70, "{}", "[1]", " lead"]
NAMES = ["a", "b", "c", "a.b", "b.c", "a.b.c", "id", "id.p", "ü", 'q"', "long name", "z"]


class Number(str):
    """A number as it is written."""


def load(text):
    return json.loads(text, parse_int=Number, parse_float=Number)


def find(value, path):
    """(whether it is there, the value) of a path; the longest names first."""
    parts = path.split(".")
    for n in range(len(parts), 0, -1):
        name = ".".join(parts[:n])
        if name not in value:
            continue
        if n == len(parts):
            return True, value[name]
        if isinstance(value[name], dict):
            there, found = find(value[name], ".".join(parts[n:]))
            if there:
                return there, found
    return False, None


def kind(value):
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, Number):
        if re.search("[.eE]", value):
            return "float"
        number = int(value)
        if not -2**63 <= number < 2**64:
            return "text"
        return "negative" if number < 0 else "int" if number < 2**63 else "uint"
    if isinstance(value, str):
        if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", value):
            return "ip"
        return "time" if re.fullmatch(r"\d{4}-\d\d-\d\dT[0-9:]+Z", value) else "text"
    return "text"


def type_of(values):
    kinds = {kind(v) for v in values if v is not None}
    if not kinds:
        return "float"
    if len(kinds) == 1 and not kinds & {"negative"}:
        return kinds.pop()
    if kinds - {"int", "negative", "uint", "float"} or kinds >= {"uint", "negative"}:
        return "text"
    return "float" if "float" in kinds else "uint" if "uint" in kinds else "int"


def lua(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return "mb.uint'%d'" % value if isinstance(value, int) and value >= 2**63 else \
            "math.mininteger" if value == -2**63 and isinstance(value, int) else repr(value)
    return '"' + "".join("\\%03d" % b for b in value.encode()) + '"'


def mean(value, column_type, dump):
    if value is None:
        return None
    if column_type in ("int", "uint"):
        return int(value)
    if column_type == "float":
        return float(value)
    if column_type == "bool" or (isinstance(value, str) and not isinstance(value, Number)):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, Number) else dump(value)


def tell(path, lines, fields, dump):
    """What lines mean, in Lua; `dump` writes arrays and objects as they stand in them."""
    rows, names = [load(line) for line in lines], fields or []
    for row in rows:
        names += [n for n in row if n not in names] if not fields else []
    columns = [[(row.get(n) if not fields else find(row, n)[1]) for row in rows] for n in names]
    types = [type_of(c) for c in columns]
    shown = [[mean(v, t, dump) for v in c] for c, t in zip(columns, types)]
    out = ",\n".join("{" + ",".join(lua(v) for v in row) + "}" for row in zip(*shown))
    return "{path=%s,fields=%s,names={%s},types={%s},rows={%s}}" % (
        lua(path), "{" + ",".join(map(lua, fields)) + "}" if fields else "nil",
        ",".join(map(lua, names)), ",".join(map(lua, types)), out)


def value_of(d, sort, depth=0):
    if sort == "int":
        return d.choice([0, 7, -1, 65535, -2**63, 2**63 - 1, d.randrange(10**6), d.randrange(10**15)])
    if sort == "uint":
        return d.choice([0, 2**64 - 1, 2**63, d.randrange(10**10)])
    if sort == "float":
        return d.choice([0.5, -1.25, 1e300, 3.14159, 5, d.random(), d.uniform(-1e6, 1e6), 1e-7, 123456.75])
    if sort == "bool":
        return d.random() < 0.5
    if sort == "ip":
        return "%d.%d.%d.%d" % tuple(d.randrange(256) for _ in range(4))
    if sort == "time":
        return "20%02d-%02d-%02dT%02d:00:00Z" % (
            d.randrange(100), d.randrange(1, 13), d.randrange(1, 29), d.randrange(24))
    if sort == "object":
        return {n: value_of(d, d.choice(["int", "text", "object"]) if depth < 3 else "int", depth + 1)
                for n in d.sample(NAMES, d.randrange(4))}
    if sort == "array":
        return [value_of(d, d.choice(["int", "text", "object"]), 3) for _ in range(d.randrange(3))]
    if sort == "any":
        return d.choice([1, 2.5, "1", True, None, [], {}, 2**64, -2**64])
    return d.choice(TEXT)


def dumper(separators, escaped):
    """A function that writes a value."""
    def dump(value):
        if isinstance(value, Number):
            return str(value)
        if isinstance(value, dict):
            return "{" + separators[0].join(
                dump(n) + separators[1] + dump(v) for n, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + separators[0].join(map(dump, value)) + "]"
        return json.dumps(value, ensure_ascii=escaped)

    return dump


def case(folder, number, d):
    sorts = ["int", "uint", "float", "bool", "ip", "time", "object", "object", "array", "text", "any"]
    columns = {n: d.choice(sorts) for n in d.sample(NAMES, d.randrange(1, 8))}
    separators, escaped = d.choice([(",", ":"), (", ", ": "), (" ,", "\t:")]), d.random() < 0.5

    dump = dumper(separators, escaped)
    lines = []
    for _ in range(d.choice([1, 2, 3, 10, 40, 300])):
        row = [(n, None if d.random() < 0.1 else value_of(d, s))
               for n, s in columns.items() if d.random() < 0.9]
        twice = [(n, v) for n, v in row if not isinstance(v, (dict, list))]
        if twice and d.random() < 0.2:  # the last one counts
            row.append((twice[0][0], twice[0][1]))
        if d.random() < 0.2:
            d.shuffle(row)
        lines.append(" {" + separators[0].join(dump(n) + separators[1] + dump(v) for n, v in row) + "}")
    if not any(json.loads(line) for line in lines):
        lines.append('{"a":1}')
    path, end = "%s/%d.json" % (folder, number), d.choice(["\n", "\n", "\r\n", "\n\n", "\n \n"])
    with open(path, "wb") as file:
        text = end.join(lines) + ("" if d.random() < 0.3 else end)
        file.write((b"\xef\xbb\xbf" if d.random() < 0.2 else b"") + text.encode())
    fields = d.sample(NAMES, d.randrange(1, 6)) + ["no.such"] if d.random() < 0.6 else None
    return tell(path, lines, fields, dump)


if len(sys.argv) == 4 and sys.argv[3].isdigit():
    d = random.Random(int(sys.argv[2]))
    cases = [case(sys.argv[1], i, d) for i in range(int(sys.argv[3]))]
else:
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = [tell(sys.argv[1], file.read().splitlines(), sys.argv[2:] or None,
                      dumper((",", ":"), False))]
print("return {" + ",\n".join(cases) + "}")
