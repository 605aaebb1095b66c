"""Operations along the rows of a column, or of each group: windows, sums so far, rows before, ranks."""

import numpy as np

from case import operation
from groups import Segments, a_grouping, rows_of
from reductions import NUMBERS
from values import ORDERED, Column, Impossible, Raises, codes, has_negative_zero, is_nan

I, F = np.int64, np.float64


def earlier(s, c, n):
    """The rows n before, within groups: (column, which there are)."""
    has = s.before >= n if n >= 0 else s.after >= -n
    at = np.arange(len(c)) - n
    return c.take(np.clip(at, 0, max(len(c) - 1, 0))) if len(c) else c, has


def shift(s, c, p):
    moved, has = earlier(s, c, p["n"])
    return Column(c.kind, moved.data, moved.valid & has)


def diff(s, c, p):
    moved = shift(s, c, p)
    return Column(c.kind, c.data - moved.data, c.valid & moved.valid)


def ffill(s, c, _):
    n = len(c)
    at = np.maximum.accumulate(np.where(c.valid, np.arange(n), -1)) if n else np.zeros(0, I)
    has = at >= np.arange(n) - s.before
    return Column(c.kind, c.data[np.maximum(at, 0)] if n else c.data, has)


def accumulated(s, c, f, neutral):
    data = np.where(c.valid, c.data, neutral).astype(c.data.dtype)
    for start, end in s.parts():
        data[start:end] = f.accumulate(data[start:end])
    return data


def cumsum(s, c, _):
    if c.kind == "bool":
        c = Column("int", c.data.astype(I), c.valid)
    if c.kind != "float":
        return Column(c.kind, accumulated(s, c, np.add, 0), c.valid)
    size = np.where(np.isfinite(c.data) & c.valid, np.abs(c.data), 0.0)
    mass = accumulated(s, Column("float", size), np.add, 0)
    if not (mass < 1e305).all():
        raise Impossible()
    wide = np.where(c.valid, c.data, 0.0).astype(np.longdouble)
    for start, end in s.parts():
        wide[start:end] = np.add.accumulate(wide[start:end])
    data = wide.astype(F)
    tolerance = np.where(np.isfinite(data), mass * (s.before + 2) * 2.0**-52 + 5e-324, 0)
    return Column("float", data, c.valid, loose=True, tolerance=tolerance)


def float_products(s, c):
    """Those whose parts can't run over or under, in whatever order they are multiplied."""
    size = np.abs(np.where(c.valid & np.isfinite(c.data) & (c.data != 0), c.data, 1.0))
    with np.errstate(over="ignore", under="ignore"):
        most = accumulated(s, Column("float", np.maximum(size, 1)), np.multiply, 1)
        least = accumulated(s, Column("float", np.minimum(size, 1)), np.multiply, 1)
    if not ((most < 1e300) & (least > 1e-290)).all():
        raise Impossible()
    wide = np.where(c.valid, c.data, 1.0).astype(np.longdouble)
    for start, end in s.parts():
        wide[start:end] = np.multiply.accumulate(wide[start:end])
    data = wide.astype(F)
    tolerance = np.where(np.isfinite(data), np.abs(data) * (s.before + 2) * 2.0**-52, 0)
    return Column("float", data, c.valid, loose=True, tolerance=tolerance)


def cumprod(s, c, _):
    if c.kind == "float":
        return float_products(s, c)
    if c.kind == "bool":
        c = Column("int", c.data.astype(I), c.valid)
    return Column(c.kind, accumulated(s, c, np.multiply, 1), c.valid)


def extremes(f):
    def model(s, c, _):
        data = c.data.copy()
        for start, end in s.parts():
            there = np.flatnonzero(c.valid[start:end]) + start
            data[there] = f.accumulate(data[there])
        return Column(c.kind, data, c.valid, loose=has_negative_zero(c))
    return model


def rank(s, c, p):
    there = np.flatnonzero(c.valid & ~is_nan(c))
    n = len(there)
    part = c.take(there)
    if p["down"]:
        if c.kind == "float":
            part = Column("float", -part.data)
        else:
            part = Column("uint" if c.kind == "uint" else "int", ~part.data.astype(part.data.dtype if c.kind != "bool" else I))
    groups = s.numbers[there]
    runs, firsts = codes([Column("int", groups), part])
    order = np.lexsort([there, runs])
    sizes = np.bincount(runs, minlength=len(firsts))
    of_group = groups[firsts]
    starts = np.flatnonzero(np.append(True, of_group[1:] != of_group[:-1])) if n else np.zeros(0, I)
    before = np.cumsum(sizes) - sizes
    base = np.repeat(starts, np.diff(np.append(starts, len(firsts)))) if n else starts
    least = before - before[base] + 1 if n else before
    place = np.empty(n, I)
    place[order] = np.arange(n)
    ranks = {"min": lambda: least[runs], "max": lambda: (least + sizes - 1)[runs],
             "average": lambda: (least + (sizes - 1) / 2)[runs],
             "dense": lambda: (np.arange(len(firsts)) - base + 1)[runs],
             "first": lambda: place - before[base][runs] + 1}[p["method"]]()
    kind = "float" if p["method"] == "average" else "int"
    valid = np.zeros(len(c), bool)
    valid[there] = True
    data = np.zeros(len(c), F if kind == "float" else I)
    data[there] = ranks
    return Column(kind, data, valid)


ALONG = {"shift": shift, "diff": diff, "ffill": ffill, "cumsum": cumsum, "cumprod": cumprod,
         "cummin": extremes(np.minimum), "cummax": extremes(np.maximum), "rank": rank}
OF_NUMBERS = ("diff", "cumsum", "cumprod")


METHODS = ["average", "min", "max", "first", "dense"]


@operation("c:rank", weight=2)
class Rank:
    """p: method; down."""

    @staticmethod
    def draw(d):
        return [d.column(ORDERED)], {"method": d.pick(METHODS), "down": d.chance(3)}

    @staticmethod
    def model(v, p):
        return [rank(Segments(np.zeros(len(v[0]), I)), v[0], p)]

    @staticmethod
    def text(n, p):
        return f'{n[0]}:rank{{ method = "{p["method"]}", ascending = {str(not p["down"]).lower()} }}'

    @staticmethod
    def parts(p):
        return [p["method"]]


@operation("groups: along", weight=6)
class Along:
    """p: how; n for shift and diff; method and down for rank."""

    @staticmethod
    def draw(d):
        g, how = a_grouping(d), d.pick(list(ALONG))
        types = ["int", "uint", "float"] if how == "diff" else NUMBERS if how in OF_NUMBERS else ORDERED
        return [g, d.column(types, rows_of(d, g))], {
            "how": how, "n": d.pick([1, 1, 2, -1, 5, -3, 1000]), "down": d.chance(3),
            "method": d.pick(METHODS)}

    @staticmethod
    def model(v, p):
        g, c = v
        if len(c) != len(g.numbers):
            raise Impossible()
        s = Segments(g.numbers)
        return [s.back(ALONG[p["how"]](s, c.take(s.rows), p))]

    @staticmethod
    def text(n, p):
        more = ""
        if p["how"] in ("shift", "diff"):
            more = f", {p['n']}"
        elif p["how"] == "rank":
            more = f', {{ method = "{p["method"]}", ascending = {str(not p["down"]).lower()} }}'
        return f"{n[0]}:{p['how']}({n[1]}{more})"

    @staticmethod
    def parts(p):
        return [p["how"]]


@operation("groups: cumcount", weight=1)
class CumCount:
    @staticmethod
    def draw(d):
        return [a_grouping(d)], {}

    @staticmethod
    def model(v, _):
        s = Segments(v[0].numbers)
        return [s.back(Column("int", s.before))]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:cumcount()"


@operation("groups: tail", weight=1)
class Tail:
    @staticmethod
    def draw(d):
        return [a_grouping(d)], {"n": d.pick([0, 1, 2, 10])}

    @staticmethod
    def model(v, p):
        s = Segments(v[0].numbers)
        return [s.back(Column("bool", s.after < p["n"]))]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:tail({p['n']})"


# Windows.

def windows(s, c):
    """The rows of each window one after another: which there are, and the values."""
    def row(k):
        moved, has = earlier(s, c, k)
        if s.times is not None:
            has = has & (s.times - earlier(s, s.times, k)[0] < s.span)
        return has & moved.valid, moved.data
    return row


def counts_of(s, c, w):
    row, count = windows(s, c), np.zeros(len(c), I)
    for k in range(w):
        count += row(k)[0]
    return count


def window_sums(s, c, w, exact):
    """(sums, sums of absolute values), of floats by long doubles; of ints they wrap unless exact."""
    row = windows(s, c)
    total = np.zeros(len(c), np.longdouble if exact or c.kind == "float" else c.data.dtype)
    mass = np.zeros(len(c), np.longdouble)
    for k in range(w):
        has, data = row(k)
        total += np.where(has, data, data.dtype.type(0)).astype(total.dtype)
        wide = data.astype(np.longdouble)
        mass += np.where(has & np.isfinite(wide), np.abs(wide), 0)
    return total, mass


def window_extreme(s, c, w, f):
    row = windows(s, c)
    has_any, data = np.zeros(len(c), bool), c.data.copy()
    for k in range(w):
        has, other = row(k)
        data = np.where(has & has_any, f(data, other), np.where(has, other, data))
        has_any |= has
    return Column(c.kind, data, has_any, loose=has_negative_zero(c))


def window_variance(s, c, w, count, how):
    most = np.abs(c.present().astype(F)).max(initial=0)
    if not most < 1e100 or 0 < most < 1e-100:
        raise Impossible()
    total, _ = window_sums(s, c, w, True)
    mean, row = total / np.maximum(count, 1), windows(s, c)
    square = np.zeros(len(c), np.longdouble)
    for k in range(w):
        has, data = row(k)
        square += np.where(has, (data.astype(np.longdouble) - mean) ** 2, 0)
    var = (square / np.maximum(count, 1)).astype(F)
    if how == "var":
        return Column("float", var, loose=True, tolerance=most**2 * 2.0**-40 + var * 1e-9)
    return Column("float", np.sqrt(var), loose=True, tolerance=most * 2.0**-20 + np.sqrt(var) * 1e-9)


def set_times(s, p):
    """Has windows go by times, p["many"] rows of the same every p["apart"] seconds; most rows of one."""
    s.times, s.span = s.rows // p["many"] * p["apart"], p["span"]
    return p["many"] * (p["span"] // p["apart"] + 1)


def rolling(s, c, p):
    w, how = p["window"], p["how"]
    if w is None:
        w = set_times(s, p)
    count = counts_of(s, c, w)
    if how == "count":
        return Column("int", count)
    if how in ("min", "max"):
        result = window_extreme(s, c, w, np.minimum if how == "min" else np.maximum)
    elif how in ("var", "std"):
        result = window_variance(s, c, w, count, how)
    else:
        c = Column("int", c.data.astype(I), c.valid) if c.kind == "bool" else c
        total, mass = window_sums(s, c, w, how == "mean")
        if not (mass < 1e305).all():
            raise Impossible()
        if how == "mean":
            total = (total / np.maximum(count, 1)).astype(F)
            mass = mass / np.maximum(count, 1)
        if how == "mean" or c.kind == "float":
            total = total.astype(F)
            tolerance = np.where(np.isfinite(total), (mass * (w + 2) * 2.0**-52).astype(F) + 5e-324, 0)
            result = Column("float", total, loose=True, tolerance=tolerance)
        else:
            result = Column(c.kind, total)
    result.valid = count >= max(p["least"], 1) if p["least"] or how != "sum" else np.ones(len(c), bool)
    return result


def draw_window(d):
    how = d.pick(["sum", "mean", "min", "max", "var", "std", "count"])
    if d.chance(3):
        least = 1 if d.chance(2) else d.integer(0, 4)
        return {"window": None, "least": least, "how": how, "many": d.pick([1, 2, 5]), "apart": d.pick([1, 3]),
                "span": d.pick([1, 2, 7, 20])}
    window = d.pick([1, 2, 3, 7, 10, 33])
    least = None if d.chance(2) else d.integer(0, window)
    return {"window": window, "least": window if least is None else least, "told": least is not None,
            "how": how}


def types_of(how):
    return ORDERED if how in ("min", "max", "count") else NUMBERS


def check_window(n, p):
    if p["window"] is not None and p["window"] > n and not p["told"]:
        raise Raises("a window larger than the data")


def call_text(name, p):
    if p["window"] is None:
        times = f"mb.time_of(mb.range(0, #{name} - 1) // {p['many']} * {p['apart']})"
        return f'"{p["span"]}s", "{p["how"]}", {{ min_periods = {p["least"]}, on = {times} }}'
    least = f", {{ min_periods = {p['least']} }}" if p["told"] else ""
    return f'{p["window"]}, "{p["how"]}"{least}'


@operation("c:rolling", weight=4)
class Rolling:
    @staticmethod
    def draw(d):
        p = draw_window(d)
        return [d.column(types_of(p["how"]))], p

    @staticmethod
    def model(v, p):
        check_window(len(v[0]), p)
        return [rolling(Segments(np.zeros(len(v[0]), I)), v[0], p)]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:rolling({call_text(n[0], p)})"

    @staticmethod
    def parts(p):
        return [p["how"], "rows" if p["window"] else "times"]


@operation("groups: rolling", weight=3)
class GroupRolling:
    @staticmethod
    def draw(d):
        g, p = a_grouping(d), draw_window(d)
        return [g, d.column(types_of(p["how"]), rows_of(d, g))], p

    @staticmethod
    def model(v, p):
        g, c = v
        if len(c) != len(g.numbers):
            raise Impossible()
        check_window(len(c), p)
        s = Segments(g.numbers)
        return [s.back(rolling(s, c.take(s.rows), p))]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:rolling({n[1]}, {call_text(n[1], p)})"

    @staticmethod
    def parts(p):
        return [p["how"]]

