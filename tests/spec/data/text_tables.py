"""What Python's str gives for many strings: tables that text_functions_spec.lua compares with.

text_tables.py characters: classes and cases of each character that is assigned, as lines of
    name, then ranges of code points (classes), or code point:hex of its mapping (cases).
text_tables.py strings: rows of bytes as hex, `-` for a missing one, then for each case a line of
    name, and the result of each row.
text_tables.py patterns SEED: such rows, then for each case a line of name, arguments as hex with
    `|` between them, and the results: of several strings with commas between them.
Bytes that are no UTF-8 are characters of their own: Python's "surrogateescape". U+0345, which has
case and is ignored by its rules, stands beside no capital sigma: Python passes over it when it looks
for a letter before the sigma, Unicode's rule does not.
text_tables.py hosts: names, and what IDNA makes of them.
text_tables.py numbers SEED: rows of bytes, then what Python's int and float make of them, the floats
    as the integers of their bits. Digits are ASCII's, and no underscores stand between them.
"""
import random
import re
import struct
import sys
import unicodedata


def escaped(text):
    return text.encode("utf-8", "surrogateescape").hex()


def unescaped(data):
    return data.decode("utf-8", "surrogateescape")


CLASSES = "isalpha isalnum isdigit isspace islower isupper istitle isascii".split()
CASES = "lower upper title".split()


def ranges(codes):
    first = last = None
    for code in codes:
        if last is not None and code == last + 1:
            last = code
            continue
        if last is not None:
            yield f"{first}-{last}"
        first = last = code
    if last is not None:
        yield f"{first}-{last}"


def characters():
    assigned = [c for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Co", "Cs")]
    print("unicode", unicodedata.unidata_version)
    print("assigned", *ranges(assigned))
    for name in CLASSES:
        print(name, *ranges(c for c in assigned if getattr(chr(c), name)()))
    for name in CASES:
        changed = ((c, getattr(chr(c), name)()) for c in assigned)
        print(name, *(f"{c}:{escaped(made)}" for c, made in changed if made != chr(c)))


ODD = [b"", b"\0", b"a\0b", b"\xff", b"\xe2\x82", b"\xe2\x82\xac", b"a\xe2\x82b", b"\xc3(", b"\xed\xa0\x80",
       b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xf0\x9f\x98\x80", b"\xf0\x9f\x98", b"x\xf0\x9f\x98y", b" \xff ",
       b"\x80abc\x80", b"abc\xffDEF ghi", b"\xce\xa3\xff\xce\xa3"]
WORDS = ["Stra\u00dfe", "\u01c6\u01c5\u01c4", "\u039f\u0394\u039f\u03a3 \u03a3\u0391\u03a3", "they're o'neil", "A\u03a3'", "\u03a3",
         "A\u0301\u03a3\u0301 b", "\u0130\u0131iI", "\ufb03x", "\u1f80\u1fb3", "  lead", "tail \t\n", "\u00a0nbsp\u2003", "\x1cfs\x1f",
         "TCP", "svc-backup01", "Comp364445", "\u0967\u0968", "\u00b2\u00bd", "\u4e00\u4e8c", "a" * 300, "aA" * 20, "\u00e9" * 99,
         "xyx", "xxhixx", "\u00e9\u00e8x\u00e9", "e\u0301e", "\u2160x", "\u24d0B", "\u0345a", "A\u00ad\u03a3", "\u03a3.\u03a3a"]
POOL = "aAbBzZ09 \t.-_:'\u00e9\u00c9\u00df\u03a3\u03c3\u03c2\u0131\u0130\u01c5\u01c6\u0301\u00ad\u4e00\u0967\u2003\U0001F600\U00010400\ufb01x\u1e9e\u0149\x85"

STRINGS = {
    "ulen": len,
    "strip": str.strip, "lstrip": str.lstrip, "rstrip": str.rstrip,
    "strip of": lambda s: s.strip("x\u00e9 \udcff"), "lstrip of": lambda s: s.lstrip("aA"),
    "rstrip of": lambda s: s.rstrip("\u00e9x"), "strip of none": lambda s: s.strip(""),
    "pad": lambda s: s.rjust(9), "pad right": lambda s: s.ljust(7, "\u00e9"),
    "pad both": lambda s: s.center(8, "*"), "pad both odd": lambda s: s.center(7, "*"),
    "repeat": lambda s: s * 3, "repeat none": lambda s: s * 0, "reverse": lambda s: s[::-1],
    "slice": lambda s: s[1:4], "slice end": lambda s: s[-3:], "slice step": lambda s: s[::2],
    "slice back": lambda s: s[::-2], "slice outside": lambda s: s[10:], "slice middle": lambda s: s[1:-1],
    "isempty": lambda s: s == "",
}
for each in CLASSES + CASES:
    STRINGS[each] = lambda s, name=each: getattr(s, name)()


def strings():
    draw = random.Random(int(sys.argv[2]))
    rows = ODD + [w.encode() for w in WORDS]
    for _ in range(400):
        text = "".join(draw.choice(POOL) for _ in range(draw.randrange(12)))
        data = bytearray(text.encode())
        if data and draw.random() < 0.2:
            data[draw.randrange(len(data))] = draw.randrange(256)
        rows.append(bytes(data))
    rows = [None if draw.random() < 0.1 else row for row in rows]
    show(rows, STRINGS)


def told(result):
    if result is None:
        return "-"
    if isinstance(result, bool):
        return "true" if result else "false"
    return str(result) if isinstance(result, int) else "=" + escaped(result)


def show(rows, cases):
    print("rows", *("-" if row is None else "=" + row.hex() for row in rows), sep="\t")
    for name, f in cases.items():
        print(name, *("-" if row is None else told(f(unescaped(row))) for row in rows), sep="\t")


PATTERNS = [r"\d+", r"\w+", r"[a-c]+|x", r"(\w)(\w)?", r"^a|b$", r"", r"a*", r"\s+", r"\b\w", r".",
            r"(?P<first>a)|(?P<second>\w)", r"[^\W\d_]+", "\u00e9+", r"(a)|b", r"x*b?", r"$", r"^",
            r"(?=a)", r"(?<=a)b", r"a{2,3}?", r"\.", "[\u4e00-\u9fff\u0967]", r"(\W)\1", r"(?s).+",
            r"(([a-z])(\d)?)+", r"(?i)B+", r"a|ab", r"(?:a|ab)(c|bcd)(d*)"]
TEMPLATES = ["<\\g<0>>", "", "\\\\-", "\u00e9$1&"]
TEXTS = ["a", "ab", "\u00e9", " ", "aa", ".", "xyz", "A\u0301"]


def pattern_cases():
    for p in PATTERNS:
        r = re.compile(p)
        yield "search", [p], lambda s, r=r: bool(r.search(s))
        yield "match", [p], lambda s, r=r: bool(r.match(s))
        yield "fullmatch", [p], lambda s, r=r: bool(r.fullmatch(s))
        yield "find_all", [p], lambda s, r=r: [m.group() for m in r.finditer(s)]
        if r.groups:
            yield "extract", [p], lambda s, r=r: groups(r, s)
        else:  # else the groups are among the pieces
            yield "split regex", [p], lambda s, r=r: r.split(s)
            yield "split regex once", [p], lambda s, r=r: r.split(s, 1)
        for t in TEMPLATES:
            yield "replace regex", [p, t], lambda s, r=r, t=t: r.sub(t, s)
            yield "replace regex twice", [p, t], lambda s, r=r, t=t: r.sub(t, s, 2)
        if r.groups:
            yield "replace regex", [p, "[\\1\\g<1>]"], lambda s, r=r: r.sub(r"[\1\g<1>]", s)
    yield "split space", [], lambda s: s.split()
    yield "split space once", [], lambda s: s.split(None, 1)
    for t in TEXTS:
        yield "split", [t], lambda s, t=t: s.split(t)
        yield "split twice", [t], lambda s, t=t: s.split(t, 2)
        yield "columns", [t], lambda s, t=t: (s.split(t, 2) + [None, None])[:3]
        for new in ["", "\\1-\u00e9"]:
            yield "replace", [t, new], lambda s, t=t, new=new: s.replace(t, new)
            yield "replace once", [t, new], lambda s, t=t, new=new: s.replace(t, new, 1)
        yield "partition", [t], lambda s, t=t: partition(s, t, 1)
        yield "partition second", [t], lambda s, t=t: partition(s, t, 2)
        yield "partition right", [t], lambda s, t=t: rpartition(s, t, 1)
        yield "partition second right", [t], lambda s, t=t: rpartition(s, t, 2)
    yield "replace", ["", "-"], lambda s: s.replace("", "-")


def groups(r, s):
    found = r.search(s)
    return list(found.groups()) if found else [None] * r.groups


def partition(s, by, n):
    found = s.split(by, n)
    return [by.join(found[:n]), found[n]] if len(found) > n else [s, None]


def rpartition(s, by, n):
    found = s.rsplit(by, n)
    return [found[0], by.join(found[1:])] if len(found) > n else [None, s]


def patterns():
    draw = random.Random(int(sys.argv[2]))
    rows = [w for w in WORDS if "\x1c" not in w] + ["", "\0", "abcd", "aXbbXa", "a.b.c", " a  b ", "svc-01\n"]
    for _ in range(150):
        rows.append("".join(draw.choice(POOL + "aaabbcx. ") for _ in range(draw.randrange(14))))
    rows = [None if draw.random() < 0.1 else row.encode() for row in rows]
    print("rows", "", *("-" if row is None else "=" + row.hex() for row in rows), sep="\t")
    for name, arguments, f in pattern_cases():
        results = (None if row is None else f(row.decode()) for row in rows)
        print(name, "|".join("=" + escaped(a) for a in arguments),
              *("-" if r is None else ",".join(map(told, r)) if isinstance(r, list) else told(r)
                for r in results), sep="\t")


def hosts():
    """Names whose letters IDNA 2003, which Python has, and 2008 take alike."""
    draw = random.Random(3)
    pool = "abcxyz0189\u00e4\u00f6\u00fc\u00e9\u00f1\u0430\u0431\u0432\u0444\u03b1\u03b2\u03c9\u4e2d\u6587\u65e5\u672c\u0561\u10d0"
    names = []
    for _ in range(300):
        names.append(".".join("".join(draw.choice(pool) for _ in range(draw.randrange(1, 12)))
                              for _ in range(draw.randrange(1, 5))))
    print("names", *("=" + escaped(name) for name in names), sep="\t")
    print("encoded", *("=" + name.encode("idna").hex() for name in names), sep="\t")


NUMBERS = ["0", "-0", "+7", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
           "18446744073709551615", "18446744073709551616", "-1", "1.0", "1.", ".5", ".", "", " ", "-", "+-1",
           "1e5", "1E+5", "1e", "1e400", "-1e400", "1e-400", "4.9e-324", "2.2250738585072011e-308", "inf", "-Inf",
           "INFINITY", "nan", "NaN", "-nan", "nan(1)", "0x10", "1 2", "\t\n 12 \r\x0b\x0c", "12\0", "\0", "\u0661",
           "12\u00a0", "1,5", "0" * 1000 + "12", "0." + "0" * 600 + "1", "1" * 400, "1" * 400 + "." + "5" * 400,
           "0.1000000000000000055511151231257827021181583404541015625", "9007199254740993", "1e23", "true"]


def read(kind, low, high, text):
    try:
        if any(ord(c) > 127 for c in text):
            return None
        x = kind(text)
        return x if low <= x <= high or kind is float else None
    except ValueError:
        return None


def numbers():
    draw = random.Random(int(sys.argv[2]))
    rows = list(NUMBERS)
    for _ in range(600):
        text = list(draw.choice(NUMBERS)[-24:])
        for _ in range(draw.randrange(3)):
            text.insert(draw.randrange(len(text) + 1), draw.choice("0123456789+-.eE x\t"))
        rows.append("".join(text))
        rows.append(repr(struct.unpack("d", draw.randbytes(8))[0]))
        rows.append(str(draw.randrange(-1 << draw.randrange(1, 66), 1 << draw.randrange(1, 66))))
    print("rows", *("=" + row.encode().hex() for row in rows), sep="\t")
    for name, kind, low, high in [("int", int, -1 << 63, (1 << 63) - 1), ("uint", int, 0, (1 << 64) - 1),
                                  ("float", float, 0, 0)]:
        found = [read(kind, low, high, row) for row in rows]
        if name == "uint":  # 2^63 and more as the integers that Lua has for them; -0 has a sign
            found = [None if x is None or "-" in row else (x ^ 1 << 63) - (1 << 63)
                     for x, row in zip(found, rows)]
        if kind is float:
            found = [None if x is None else struct.unpack("q", struct.pack("d", x))[0] for x in found]
        print(name, *map(told, found), sep="\t")


if __name__ == "__main__":
    {"characters": characters, "strings": strings, "patterns": patterns, "hosts": hosts,
     "numbers": numbers}[sys.argv[1]]()
