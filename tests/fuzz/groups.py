"""Groups of rows and what is computed of each."""


import numpy as np

from case import operation
from distributions import quantile
from matching import a_frame
from reductions import NUMBERS, fits, whole_sum
from values import ORDERED, Column, Frame, Impossible, Raises, Scalar, codes, has_negative_zero, is_nan

I, U, F = np.int64, np.uint64, np.float64
MOST_SEGMENTS = 3000  # for which the model loops


class Grouping:
    """numbers: the group of each row; firsts: a row of each group."""

    def __init__(self, keys, names=None, frame=None):
        self.keys, self.names, self.frame = keys, names, frame
        self.numbers, self.firsts = codes(keys)

    @property
    def count(self):
        return len(self.firsts)

    def key_columns(self):
        found = []
        for key in self.keys:
            column = key.take(self.firsts)
            column.loose = has_negative_zero(key)
            found.append(column)
        return found


class Segments:
    """Rows in the order of their groups: `rows`; in that order how many of the group are before and
    after each."""

    def __init__(self, numbers):
        n = len(numbers)
        self.rows = np.argsort(numbers, kind="stable")
        self.numbers = numbers[self.rows]
        self.starts = np.flatnonzero(np.append(True, self.numbers[1:] != self.numbers[:-1])) if n else np.zeros(0, I)
        self.ends = np.append(self.starts[1:], n) if n else self.starts
        sizes = self.ends - self.starts
        self.before = np.arange(n) - np.repeat(self.starts, sizes)
        self.after = np.repeat(sizes, sizes) - self.before - 1
        self.times = None  # of windows that go by them

    def back(self, c):
        """A column in this order, in that of the rows."""
        place = np.empty(len(self.rows), I)
        place[self.rows] = np.arange(len(self.rows))
        result = c.take(place)
        result.loose = c.loose
        result.tolerance = None if c.tolerance is None else c.tolerance[place]
        return result

    def parts(self):
        if len(self.starts) > MOST_SEGMENTS:
            raise Impossible()
        return zip(self.starts.tolist(), self.ends.tolist())


def by_groups(g, c):
    """The present rows of a column in the order of their groups: (rows, numbers, starts, groups)."""
    rows = np.flatnonzero(c.valid)
    numbers = g.numbers[rows]
    order = np.argsort(numbers, kind="stable")
    rows, numbers = rows[order], numbers[order]
    starts = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1])) if len(rows) else np.zeros(0, I)
    return rows, numbers, starts, numbers[starts] if len(rows) else np.zeros(0, I)


def spread(g, groups, results, kind, neutral):
    """Results of the groups that have values; the others have `neutral`, or are missing."""
    valid = np.zeros(g.count, bool)
    valid[groups] = True
    data = np.full(g.count, 0 if neutral is None else neutral, {"bool": bool, "int": I, "uint": U, "float": F, "text": I}[kind])
    data[groups] = results
    return Column(kind, data, valid if neutral is None else None)


def sums(g, c):
    kind = c.kind if c.kind in ("uint", "float") else "int"
    rows, _, starts, groups = by_groups(g, c)
    data = c.data[rows]
    if kind == "float":
        finite = np.where(np.isfinite(data), data, 0.0)
        mass = reduceat(np.add, np.abs(finite), starts)
        if not (mass < 1e305).all():
            raise Impossible()
        result = spread(g, groups, reduceat(np.add, data.astype(np.longdouble), starts).astype(F), kind, 0)
        most = reduceat(np.maximum, np.abs(finite), starts)
        # What is below 2^-60 of the largest value may be lost.
        result.tolerance = spread(g, groups, mass * 2.0**-50 + most * 2.0**-50 + 5e-324, "float", 0).data
        result.tolerance = np.where(np.isfinite(result.data), result.tolerance, 0)
        result.loose = True
        return result
    if data.dtype == bool:
        data = data.astype(I)
    shift, mask = data.dtype.type(32), data.dtype.type(0xffffffff)
    high, low = reduceat(np.add, data >> shift, starts), reduceat(np.add, data & mask, starts)
    carry = high.astype(object) + (low >> shift).astype(object) if len(high) < 100000 else None
    if carry is not None:
        for x, y in zip(high.tolist(), low.tolist()):
            fits((x << 32) + y, kind)
    else:
        total = high.astype(F) * 2.0**32 + low.astype(F)
        if (np.abs(total) > 2.0**62).any():
            raise Impossible()
    return spread(g, groups, (high << shift) + low, kind, 0)


def reduceat(f, data, starts):
    return f.reduceat(data, starts) if len(starts) else data[:0]


def products(g, c):
    kind = c.kind if c.kind in ("uint", "float") else "int"
    rows, numbers, starts, groups = by_groups(g, c)
    data = c.data[rows]
    if kind == "float":
        bad = np.isfinite(data) & (data != 0)
        logs = reduceat(np.add, np.where(bad, np.abs(np.log2(np.where(bad, np.abs(data), 1.0))), 0.0), starts)
        if (logs > 900).any():
            raise Impossible()
        result = spread(g, groups, reduceat(np.multiply, data, starts), kind, 1)
        sizes = np.bincount(numbers, minlength=g.count)
        result.tolerance = np.where(np.isfinite(result.data), np.abs(result.data) * (sizes + 2) * 2.0**-51, 0)
        result.loose = True
        return result
    data = data.astype({"int": I, "uint": U}[kind])
    return spread(g, groups, reduceat(np.multiply, data, starts), kind, 1)


def means(g, c):
    if c.kind == "float":
        total = sums(g, c)
    else:
        total = sums(g, Column("float", c.data.astype(F), c.valid))
    n = np.bincount(g.numbers[c.valid], minlength=g.count)
    result = Column("float", np.where(n > 0, total.data / n, np.nan), loose=True,
                    tolerance=np.where(n > 0, total.tolerance / np.maximum(n, 1), 0))
    result.tolerance = result.tolerance + np.where(np.isfinite(result.data), np.abs(result.data) * 2.0**-50, 0)
    return result


def ordered_rows(g, c, down=False):
    """The present rows by group, then by value, NaN first."""
    rows = np.flatnonzero(c.valid)
    part = c.take(rows)
    nan = is_nan(part)
    data = part.data.astype(I) if c.kind == "bool" else part.data
    if c.kind == "float":
        data = np.where(nan, 0.0, -data if down else data) + 0.0
    elif down:
        data = ~data
    order = np.lexsort([rows, data, ~nan, g.numbers[rows]])
    rows = rows[order]
    numbers = g.numbers[rows]
    starts = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1])) if len(rows) else np.zeros(0, I)
    return rows, numbers, starts


def chosen(g, c, name):
    if name in ("first", "last"):
        rows, numbers, starts, groups = by_groups(g, c)
        at = rows[starts] if name == "first" else rows[np.append(starts[1:], len(rows)) - 1] if len(rows) else rows
        return spread(g, groups, c.data[at], c.kind, None)
    rows, numbers, starts = ordered_rows(g, c, name.endswith("max"))
    at, groups = rows[starts], numbers[starts]
    if name.startswith("arg"):
        return spread(g, groups, at + 1, "int", None)
    result = spread(g, groups, c.data[at], c.kind, None)
    result.loose = has_negative_zero(c)
    return result


def truths(g, c, name):
    rows, _, starts, groups = by_groups(g, c)
    f = np.logical_or if name == "any" else np.logical_and
    return spread(g, groups, reduceat(f, c.data[rows] != 0, starts), "bool", name == "all")


def bits_of(g, c, name):
    rows, _, starts, groups = by_groups(g, c)
    f = {"bit_and": np.bitwise_and, "bit_or": np.bitwise_or, "bit_xor": np.bitwise_xor}[name]
    ones = -1 if c.kind == "int" else 2**64 - 1
    return spread(g, groups, reduceat(f, c.data[rows], starts), c.kind, ones if name == "bit_and" else 0)


def distinct(g, c):
    """The present pairs of group and value, in order: (a row of each, its group, how often)."""
    rows = np.flatnonzero(c.valid)
    numbers, firsts = codes([Column("int", g.numbers[rows]), c.take(rows)])
    return rows[firsts], g.numbers[rows[firsts]], np.bincount(numbers, minlength=len(firsts))


def nuniques(g, c):
    _, groups, _ = distinct(g, c)
    return Column("int", np.bincount(groups, minlength=g.count))


def modes(g, c):
    rows, groups, often = distinct(g, c)
    order = np.lexsort([np.arange(len(rows)), -often, groups])
    groups = groups[order]
    starts = np.flatnonzero(np.append(True, groups[1:] != groups[:-1])) if len(rows) else np.zeros(0, I)
    result = spread(g, groups[starts], c.data[rows[order][starts]], c.kind, None)
    result.loose = has_negative_zero(c)
    return result


def quantiles(g, c, q):
    c = Column("float", c.data.astype(F), c.valid)
    rows, numbers, starts = ordered_rows(g, c)
    if len(starts) > 20000:
        raise Impossible()
    data, tolerance = np.full(g.count, np.nan), np.zeros(g.count)

    for i, start in enumerate(starts):
        end = starts[i + 1] if i + 1 < len(starts) else len(rows)
        x = c.data[rows[start:end]]
        if not np.isnan(x[0]):
            data[numbers[start]], tolerance[numbers[start]] = quantile(x, q)
    return Column("float", data, loose=True, tolerance=tolerance)


def variances(g, c, name):
    x = Column("float", c.data.astype(F), c.valid)
    most = np.abs(x.present()).max(initial=0)
    if not most < 1e100 or 0 < most < 1e-100:
        raise Impossible()
    mean = means(g, x)
    n = np.bincount(g.numbers[c.valid], minlength=g.count)
    off = Column("float", x.data - mean.data[g.numbers], c.valid)
    square = sums(g, Column("float", off.data**2, c.valid))
    size = chosen(g, Column("float", np.abs(x.data), c.valid), "max").data
    var = np.where(n > 0, square.data / np.maximum(n, 1), np.nan)
    if name == "var":
        return Column("float", var, loose=True, tolerance=np.where(n > 0, size**2 * 2.0**-44 + var * 1e-9, 0))
    return Column("float", np.sqrt(var), loose=True, tolerance=np.where(n > 0, size * 1e-6 + np.sqrt(var) * 1e-9, 0))


AGGREGATES = {name: f for names, f in [
    ("sum", lambda g, c, _: sums(g, c)), ("mean", lambda g, c, _: means(g, c)),
    ("prod", lambda g, c, _: products(g, c)),
    ("count", lambda g, c, _: Column("int", np.bincount(g.numbers[c.valid], minlength=g.count))),
    ("min max argmin argmax first last", chosen), ("any all", truths), ("bit_and bit_or bit_xor", bits_of),
    ("nunique", lambda g, c, _: nuniques(g, c)), ("mode", lambda g, c, _: modes(g, c)), ("var std", variances),
    ("median", lambda g, c, _: quantiles(g, c, 0.5)),
] for name in names.split()}


OF_TEXT = "count min max argmin argmax first last nunique mode".split()


def aggregate(g, c, name):
    if len(c) != len(g.numbers):
        raise Impossible()
    if name.startswith("bit_") and c.kind not in ("int", "uint"):
        raise Raises("bits")
    if c.kind == "text" and name not in OF_TEXT:
        raise Raises("text")
    return AGGREGATES[name](g, c, name)


@operation("mb.group_by", weight=3, shown=False)
class GroupBy:
    @staticmethod
    def draw(d):
        first = d.column(ORDERED)
        return [first] + [d.column(ORDERED, d.rows(first)) for _ in range(d.pick([0, 0, 0, 1, 1, 2]))], {}

    @staticmethod
    def model(v, _):
        return [Grouping(v)]

    @staticmethod
    def text(n, _):
        return f"mb.group_by{{{', '.join(n)}}}"


def a_grouping(d):
    found = [name for name, value in d.values.items() if isinstance(value, Grouping)]
    if found and not d.chance(4):
        return d.pick(found)
    return d.add("mb.group_by", *GroupBy.draw(d))[0]


def rows_of(d, g):
    return len(d.values[g].numbers)


@operation("groups: keys", weight=1, outputs=lambda p: p["n"])
class Keys:
    @staticmethod
    def draw(d):
        g = a_grouping(d)
        return [g], {"n": len(d.values[g].keys)}

    @staticmethod
    def model(v, _):
        return v[0].key_columns()

    @staticmethod
    def text(n, _):
        return f"{n[0]}:keys()"


@operation("groups: size", weight=1, outputs=2)
class Size:
    @staticmethod
    def draw(d):
        return [a_grouping(d)], {}

    @staticmethod
    def model(v, _):
        return [Column("int", np.bincount(v[0].numbers, minlength=v[0].count)), Scalar("int", v[0].count)]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:size(), #{n[0]}"


@operation("groups: aggregates", weight=8)
class Aggregate:
    @staticmethod
    def draw(d):
        g = a_grouping(d)
        name = d.pick(list(AGGREGATES))
        types = ["int", "uint"] if name.startswith("bit_") else ORDERED
        return [g, d.column(types, rows_of(d, g))], {"name": name}

    @staticmethod
    def model(v, p):
        return [aggregate(v[0], v[1], p["name"])]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:{p['name']}({n[1]})"

    @staticmethod
    def parts(p):
        return [p["name"]]


@operation("groups: quantile", weight=1)
class GroupQuantile:
    @staticmethod
    def draw(d):
        g = a_grouping(d)
        return [g, d.column(NUMBERS, rows_of(d, g))], {"q": d.pick([0, 1, 0.25, 0.9, 0.333])}

    @staticmethod
    def model(v, p):
        if len(v[1]) != len(v[0].numbers):
            raise Impossible()
        return [quantiles(v[0], v[1], p["q"])]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:quantile({n[1]}, {p['q']})"


@operation("groups: agg", weight=2)
class Agg:
    """p: names of aggregations; a column for each."""

    @staticmethod
    def draw(d):
        g = a_grouping(d)
        names = [d.pick([x for x in AGGREGATES if not x.startswith("bit_")] + ["size"]) for _ in range(d.integer(1, 4))]
        if d.chance(10):
            names = [d.pick(["sum", "min", "last", "count", "any"]) for _ in range(20)]
        return [g] + [d.column(NUMBERS, rows_of(d, g)) for _ in names], {"names": names}

    @staticmethod
    def model(v, p):
        g = v[0]
        names = ["key"] if len(g.keys) == 1 else [f"key{i + 1}" for i in range(len(g.keys))]
        columns = dict(zip(names, g.key_columns()))
        for i, (name, c) in enumerate(zip(p["names"], v[1:])):
            if name == "size":
                columns[f"a{i}"] = Column("int", np.bincount(g.numbers, minlength=g.count))
            else:
                columns[f"a{i}"] = aggregate(g, c, name)
        return [Frame(columns)]

    @staticmethod
    def text(n, p):
        asked = [f'{{ "a{i}", "size" }}' if name == "size" else f'{{ "a{i}", {c}, "{name}" }}'
                 for i, (name, c) in enumerate(zip(p["names"], n[1:]))]
        return f"{n[0]}:agg{{ {', '.join(asked)} }}"

    @staticmethod
    def parts(p):
        return p["names"]


@operation("groups: broadcast", weight=2)
class Broadcast:
    @staticmethod
    def draw(d):
        g = a_grouping(d)
        return [g, d.column(ORDERED, d.values[g].count)], {}

    @staticmethod
    def model(v, _):
        if len(v[1]) != v[0].count:
            raise Impossible()
        return [v[1].take(v[0].numbers)]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:broadcast({n[1]})"


@operation("groups: head", weight=1)
class Head:
    @staticmethod
    def draw(d):
        return [a_grouping(d)], {"n": d.pick([0, 1, 2, 10])}

    @staticmethod
    def model(v, p):
        s = Segments(v[0].numbers)
        return [s.back(Column("bool", s.before < p["n"]))]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:head({p['n']})"


@operation("sums of groups = the sum", weight=1)
class SumsOfGroups:
    @staticmethod
    def draw(d):
        g = a_grouping(d)
        return [g, d.column(["int", "bool"], rows_of(d, g))], {}

    @staticmethod
    def model(v, _):
        sums(v[0], v[1])
        total = whole_sum(v[1].present())
        fits(total, "int")
        return [Scalar("bool", True)]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:sum({n[1]}):sum() == {n[1]}:sum() and {n[0]}:count({n[1]}):sum() == #{n[1]}:drop_missing()"


@operation("f:group_by", weight=2)
class FrameGroups:
    """p: names of keys; name of a column and of an aggregation."""

    @staticmethod
    def draw(d):
        f = a_frame(d)
        names = list(d.values[f].columns)
        keys = names[:d.integer(1, min(3, len(names)))]
        how = d.pick(["sum", "min", "max", "count", "first", "mean", "nunique", "head"])
        return [f], {"keys": keys, "column": d.pick(names), "how": how}

    @staticmethod
    def model(v, p):
        f = v[0]
        if p["column"] not in f.columns:
            raise Impossible()
        g = Grouping([f.columns[x] for x in p["keys"]])
        if p["how"] == "head":
            return [f.take(Head.model([g], {"n": 2})[0].data)]
        result = aggregate(g, f.columns[p["column"]], p["how"])
        if "out" in p["keys"]:
            raise Impossible()
        return [Frame({**dict(zip(p["keys"], g.key_columns())), "out": result})]

    @staticmethod
    def text(n, p):
        keys = ", ".join(f'"{x}"' for x in p["keys"])
        if p["how"] == "head":
            return f"{n[0]}:group_by({keys}):head(2)"
        return f'{n[0]}:group_by({keys}):agg{{ out = {{ "{p["column"]}", "{p["how"]}" }} }}'

    @staticmethod
    def parts(p):
        return [p["how"]]
