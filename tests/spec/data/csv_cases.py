"""Random CSV files by Python's csv module, and what they mean, for read_csv_spec.

csv_cases.py FOLDER SEED COUNT: writes NUMBER.csv and prints Lua: a list of {path =, options =,
types = {name = type}, rows = {{field, ...}, ...}}; fields are strings, numbers, booleans or nil for
missing ones."""

import csv
import io
import random
import sys

TEXT = ["", "a", "plain", "two words", 'quo"te', '"', '""', "a,b", "a;b", "a\tb", "line\nbreak",
        "cr\rlf\r\nx", "\n", "'single'", "ünï€", "1,5", "x" * 70, '","', '\n"a",1\n', "#no", " lead", "null"]
KINDS = ["int", "uint", "float", "bool", "text", "zeros", "sparse", "late", "ip", "time"]


def value_of(kind, d, row, rows):
    if kind == "int":
        return d.choice([0, -1, 7, 65535, -2**63, 2**63 - 1, d.randrange(10**6), d.randrange(10**15)])
    if kind == "uint":
        return d.choice([0, 2**64 - 1, 2**63, d.randrange(10**10)]) if row else 2**63
    if kind == "float":
        return d.choice([0.5, -1.25, 1e300, 3.14159, d.random(), d.uniform(-1e6, 1e6), 1e-5, 123456.75])
    if kind == "bool":
        return d.random() < 0.5
    if kind == "zeros":
        return "%05d" % d.randrange(10**5) if row else "00001"
    if kind == "sparse":
        return None if d.random() < 0.5 else d.randrange(100)
    if kind == "late":  # an int until the last row
        return d.randrange(1000) if row < rows - 1 else d.choice([1.5, "late", 2**64, -3])
    if kind == "ip":
        return "%d.%d.%d.%d" % tuple(d.randrange(256) for _ in range(4))
    if kind == "time":
        return "20%02d-%02d-%02dT%02d:00:00Z" % (d.randrange(100), d.randrange(1, 13), d.randrange(1, 29), d.randrange(24))
    return d.choice(TEXT)


def type_of(kind, values):
    if kind == "sparse":
        return "int" if any(v is not None for v in values) else "float"
    if kind == "late":
        last = values[-1]
        return "int" if last == -3 else "float" if last == 1.5 else "text"
    return {"zeros": "text"}.get(kind, kind)


def lua(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return "mb.uint'%d'" % value if value >= 2**63 else "math.mininteger" if value == -2**63 else str(value)
    if isinstance(value, float):
        return repr(value)
    return '"' + "".join("\\%03d" % b for b in value.encode()) + '"'


def case(folder, number, d):
    rows, columns = d.choice([1, 2, 3, 10, 40, 200]), d.randrange(1, 8)
    kinds = [d.choice(KINDS) for _ in range(columns)]
    values = [[value_of(k, d, r, rows) for r in range(rows)] for k in kinds]
    for k, column in zip(kinds, values):
        if k == "text" and type_of(k, column) == "text":
            column[0] = "text, certainly"
    sep, end = d.choice(",,;\t|"), d.choice(["\n", "\n", "\r\n", "\r"])
    quoting = d.choice([csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC, csv.QUOTE_ALL])
    if end == "\r" and quoting == csv.QUOTE_MINIMAL:
        quoting = csv.QUOTE_NONNUMERIC  # Python quotes no other line ends than its own
    quote = d.choice("\"\"\"'")
    text = io.StringIO()
    writer = csv.writer(text, delimiter=sep, lineterminator=end, quoting=quoting, quotechar=quote)
    names = ["n%d, of" % i if d.random() < 0.2 else "n%d" % i for i in range(columns)]
    writer.writerow(names)
    types = [type_of(k, c) for k, c in zip(kinds, values)]
    shown = [[("true" if v else "false") if isinstance(v, bool) else v for v in c] for c in values]
    for row in zip(*shown):
        writer.writerow(["" if v is None else v for v in row])
    body = text.getvalue()
    if d.random() < 0.3:
        body = body[:-len(end)]  # no end of the last line
        if body.endswith(end) or not body:
            body += end
    expected = []
    for r in range(rows):
        line = []
        for c in range(columns):
            value = values[c][r]
            if types[c] == "text" and value is not None:
                value = str(value)
                # What is not quoted is missing where it is empty.
                if value == "" and quoting == csv.QUOTE_MINIMAL and columns > 1:
                    value = None
            if types[c] == "float" and isinstance(value, int):
                value = float(value)
            line.append(value)
        expected.append(line)
    path = "%s/%d.csv" % (folder, number)
    with open(path, "wb") as file:
        file.write((b"\xef\xbb\xbf" if d.random() < 0.2 else b"") + body.encode())
    out = ",".join("{" + ",".join(lua(v) for v in line) + "}" for line in expected)
    return "{path=%s,header=true,sep=%s,quote=%s,names={%s},types={%s},rows={%s}}" % (
        lua(path), lua(sep), lua(quote), ",".join(lua(n) for n in names),
        ",".join(lua(t) for t in types), out)


folder, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
d = random.Random(seed)
print("return {" + ",\n".join(case(folder, i, d) for i in range(count)) + "}")
