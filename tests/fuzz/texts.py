"""Operations on columns of text: comparisons, searches, choices, casts, strings in expressions."""

import re

import numpy as np

import lua
from case import operation
from sources import EDGES
from values import TYPES, WORDS, Column, Impossible, is_nan

COMPARISONS = {"eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater,
               "ge": np.greater_equal}


def a_word(d):
    return d.pick(EDGES["text"])


def by_word(c, kind, f):
    """What a function of strings gives for each row; None: missing."""
    table = [f(word) for word in WORDS]
    data = np.array([0 if x is None else x for x in table], Column(kind, []).data.dtype)
    there = np.array([x is not None for x in table])
    return Column(kind, data[c.data], c.valid & there[c.data])


@operation("text: comparisons", weight=3)
class Compare:
    """p: name, and a word or none."""

    @staticmethod
    def draw(d):
        c = d.column(["text"])
        p = {"name": d.pick(list(COMPARISONS)), "word": a_word(d) if d.chance(2) else None}
        return ([c] if p["word"] is not None else [c, d.column(["text"], d.rows(c))]), p

    @staticmethod
    def model(v, p):
        c = v[0]
        if len(v) == 2 and len(v[1]) != len(c):
            raise Impossible()
        other = v[1] if len(v) == 2 else Column("text", np.full(len(c), int(p["word"])))
        return [Column("bool", COMPARISONS[p["name"]](c.data, other.data), c.valid & other.valid)]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:{p['name']}({n[1] if len(n) == 2 else lua.plain(p['word'])})"

    @staticmethod
    def parts(p):
        return [p["name"]]


SEARCHES = {
    "contains": ("bool", lambda s, w: w in s), "startswith": ("bool", lambda s, w: s.startswith(w)),
    "endswith": ("bool", lambda s, w: s.endswith(w)), "count_of": ("int", lambda s, w: s.count(w) if w else len(s) + 1),
    "find_in": ("int", lambda s, w: s.find(w) + 1 if w in s else None), "len": ("int", lambda s, _: len(s)),
}


@operation("text: searches", weight=2)
class Search:
    """p: name, part: bytes; with `expression` in an expression string."""

    @staticmethod
    def draw(d):
        word = WORDS[a_word(d)]
        part = d.pick([word, word[:1], word[-1:], b"a", b"svc-", b"", b"\0"])
        return [d.column(["text"])], {"name": d.pick(list(SEARCHES)), "part": part, "expression": d.chance(2)}

    @staticmethod
    def model(v, p):
        kind, f = SEARCHES[p["name"]]
        return [by_word(v[0], kind, lambda s: f(s, p["part"]))]

    @staticmethod
    def text(n, p):
        argument = "" if p["name"] == "len" else lua.string(p["part"])
        if p["expression"]:
            return f"mb.expr([[x:{p['name']}({argument})]], {{x = {n[0]}}})"
        return f"{n[0]}:{p['name']}({argument})"

    @staticmethod
    def parts(p):
        return [p["name"]]


def characters(word):
    return word.decode("utf-8", "surrogateescape")


def nbytes(text):
    return len(text.encode("utf-8", "surrogateescape"))


FUNCTIONS = {
    "x:ulen()": ("int", lambda s: len(characters(s))),
    "x:isempty()": ("bool", lambda s: not s),
    "x:strip():ulen()": ("int", lambda s: len(characters(s).strip())),
    "x:strip 'ab':ulen()": ("int", lambda s: len(characters(s).strip("ab"))),
    "x:replace('a', 'xyz'):len()": ("int", lambda s: len(s) + 2 * s.count(b"a")),
    "x:replace('[ab]', '', {regex = true}):len()": ("int", lambda s: len(s) - s.count(b"a") - s.count(b"b")),
    "x:slice_text(2, 4):len()": ("int", lambda s: nbytes(characters(s)[1:4])),
    "x:pad(5, {fill = '-'}):count_of '-'": ("int", lambda s: s.count(b"-") + max(5 - len(characters(s)), 0)),
    "x:reverse_text():reverse_text():len()": ("int", len),
    "x:fullmatch '[\\x00-\\x7f]*'": ("bool", lambda s: s.isascii()),
    "(x .. 'ab'):endswith 'bab'": ("bool", lambda s: s.endswith(b"b")),
    "(x .. x):len()": ("int", lambda s: 2 * len(s)),
    "mb.join_text({x, x:lower(), x}, '/'):len()": ("int", lambda s: 2 * len(s) + 2 + nbytes(characters(s).lower())),
    "(select(2, x:partition 'a')):len()": ("int", lambda s: len(s.split(b"a", 1)[1]) if b"a" in s else None),
    "(x:split('a', {columns = 2})):len()": ("int", lambda s: len(s.split(b"a")[0])),
    "(x:extract '([ab]+)'):len()": ("int", lambda s: (lambda m: m and len(m.group()))(re.search(b"[ab]+", s))),
}
for each in "isalpha isalnum isdigit isspace islower isupper istitle isascii".split():
    FUNCTIONS[f"x:{each}()"] = ("bool", lambda s, name=each: getattr(characters(s), name)())
for each in "lower upper title".split():
    FUNCTIONS[f"x:{each}():len()"] = ("int", lambda s, name=each: nbytes(getattr(characters(s), name)()))


@operation("text: functions", weight=3)
class Function:
    """p: a function of x, as Lua writes it."""

    @staticmethod
    def draw(d):
        return [d.column(["text"])], d.pick(list(FUNCTIONS))

    @staticmethod
    def model(v, p):
        return [by_word(v[0], *FUNCTIONS[p])]

    @staticmethod
    def text(n, p):
        return re.sub(r"\bx\b(?=[: .,)}])", n[0], p)

    @staticmethod
    def parts(p):
        return [p]


@operation("text: where, fill, minimum, maximum", weight=2)
class Choose:
    """p: how, word: the second value, or a column is."""

    @staticmethod
    def draw(d):
        c = d.column(["text"])
        word = a_word(d) if d.chance(2) else None
        more = [] if word is not None else [d.column(["text"], d.rows(c))]
        return [c, d.column(["bool"], d.rows(c))] + more, {"word": word, "how": d.pick(["where", "fill", "minimum", "maximum"])}

    @staticmethod
    def model(v, p):
        c, mask = v[0], v[1]
        other = v[2] if len(v) == 3 else Column("text", np.full(len(c), int(p["word"])))
        if len(mask) != len(c) or len(other) != len(c):
            raise Impossible()
        if p["how"] in ("minimum", "maximum"):
            f = np.minimum if p["how"] == "minimum" else np.maximum
            return [Column("text", f(c.data, other.data), c.valid & other.valid)]
        chosen = mask.data if p["how"] == "where" else c.valid
        valid = np.where(chosen, c.valid, other.valid) & (mask.valid if p["how"] == "where" else True)
        return [Column("text", np.where(chosen, c.data, other.data), valid)]

    @staticmethod
    def text(n, p):
        other = n[2] if len(n) == 3 else lua.plain(p["word"])
        if p["how"] == "where":
            return f"mb.where({n[1]}, {n[0]}, {other})"
        return f"{n[0]}:{p['how']}({other})"

    @staticmethod
    def parts(p):
        return [p["how"]]


@operation("text: expressions", weight=2)
class Expression:
    """Strings in expressions, compared and looked for in lists."""

    @staticmethod
    def draw(d):
        c = d.column(["text"])
        return [c, d.column(["text"], d.rows(c))], {"words": [a_word(d) for _ in range(4)]}

    @staticmethod
    def model(v, p):
        a, b = v
        if len(a) != len(b):
            raise Impossible()
        w = [int(x) for x in p["words"]]
        left = Column("bool", np.isin(a.data, w[:2]), a.valid)
        right = Column("bool", (b.data < w[2]) | (a.data != w[3]), None)
        lacks = (~b.valid & (~a.valid | (a.data == w[3]))) | (~a.valid & ~(b.valid & (b.data < w[2])))
        # and, by Kleene's logic
        false = (left.valid & ~left.data) | (~lacks & ~right.data)
        true = left.valid & left.data & ~lacks & right.data
        return [Column("bool", true, true | false)]

    @staticmethod
    def text(n, p):
        w = [lua.plain(x) for x in p["words"]]
        return (f"mb.expr([[a in {{{w[0]}, {w[1]}}} and (b < {w[2]} or a ~= {w[3]})]], "
                f"{{a = {n[0]}, b = {n[1]}}})")


@operation("text: of values and back", weight=2)
class There:
    """Values are what their texts say."""

    @staticmethod
    def draw(d):
        return [d.column(TYPES)], {}

    @staticmethod
    def model(v, _):
        if is_nan(v[0]).any():
            raise Impossible()
        return [v[0]]

    @staticmethod
    def text(n, _):
        return f'{n[0]}:as"text":as({n[0]}:type())'


@operation("text: of ints, in order", weight=2)
class IntsInOrder:
    @staticmethod
    def draw(d):
        c = d.column(["int", "uint"])
        return ([c], {"down": d.chance(3)}) if d.rows(c) < 50000 else None

    @staticmethod
    def model(v, p):
        c = v[0]
        if len(c) >= 50000:
            raise Impossible()
        rows = [str(x) for x in c.data.tolist()]
        there = sorted((i for i in range(len(c)) if c.valid[i]), key=rows.__getitem__, reverse=p["down"])
        return [Column("int", np.array(there + [i for i in range(len(c)) if not c.valid[i]], np.int64) + 1)]

    @staticmethod
    def text(n, p):
        return f'{n[0]}:as"text":argsort{{descending = {str(p["down"]).lower()}}}'
