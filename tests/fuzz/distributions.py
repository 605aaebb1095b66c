"""Operations about how often values occur and how they are distributed; random columns."""

import math

import numpy as np

from case import operation
from reductions import NUMBERS, values_of
from values import ORDERED, Column, Frame, Impossible, Scalar, argsort, canonical, codes, has_negative_zero, is_nan

I, F = np.int64, np.float64


@operation("value_counts", weight=2, outputs=2)
class ValueCounts:
    @staticmethod
    def draw(d):
        return [d.column(ORDERED)], {}

    @staticmethod
    def model(v, _):
        c = v[0].take(v[0].valid)
        numbers, firsts = codes([c])
        return [canonical_of(v[0], c, firsts), Column("int", np.bincount(numbers, minlength=len(firsts)))]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:value_counts()"


def canonical_of(original, c, firsts):
    result = canonical(c, firsts)
    result.loose = has_negative_zero(original)
    return result


@operation("c:unique", weight=1)
class Unique:
    @staticmethod
    def draw(d):
        return [d.column(ORDERED)], {}

    @staticmethod
    def model(v, _):
        return [ValueCounts.model(v, _)[0]]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:unique()"


@operation("c:unique of all", weight=1, outputs=4)
class UniqueOfAll:
    @staticmethod
    def draw(d):
        return [d.column(ORDERED)], {}

    @staticmethod
    def model(v, _):
        c = v[0]
        numbers, firsts = codes([c])
        values, counts = ValueCounts.model(v, _)
        return [values, Column("int", firsts[:len(values)] + 1), Column("int", numbers + 1, c.valid), counts]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:unique{{ first = true, inverse = true, counts = true }}"


@operation("c:nunique", weight=1)
class NUnique:
    @staticmethod
    def draw(d):
        return [d.column(ORDERED)], {}

    @staticmethod
    def model(v, _):
        return [Scalar("int", len(ValueCounts.model(v, _)[0]))]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:nunique()"


@operation("mb.most_common", weight=1, outputs=2)
class MostCommon:
    @staticmethod
    def draw(d):
        keys, counts = d.add("value_counts", [d.column(ORDERED)], {})
        if not d.values[keys].exact:
            return None
        return [keys, counts], {"k": d.pick([0, 1, 3, 10, 1000])}

    @staticmethod
    def model(v, p):
        keys, counts = v
        if keys.kind == "uint" or is_nan(keys).any() or keys.some_missing or counts.some_missing:
            raise Impossible()
        order = argsort([counts, keys], [True, False])[:p["k"]]
        return [keys.take(order), counts.take(order)]

    @staticmethod
    def text(n, p):
        return (f"(function(k, m) for a, b in mb.most_common({n[0]}, {n[1]}, {p['k']}) do "
                f"k[#k + 1], m[#m + 1] = a, b end "
                f"return mb.column(k, {n[0]}:type()), mb.column(m, \"int\") end)({{}}, {{}})")


def between(low, high, part):
    """The point between two floats, exactly rounded to a few units; a tolerance."""
    if low == high or part == 0 or math.isnan(low) or math.isnan(high):
        return low if not math.isnan(high) else math.nan, 0.0
    if math.isinf(low) or math.isinf(high):
        return (math.nan if math.isinf(low) and math.isinf(high) else low if math.isinf(low) else high), 0.0
    value = float(np.longdouble(low) * np.longdouble(1 - part) + np.longdouble(high) * np.longdouble(part))
    return value, max(abs(low), abs(high)) * 2.0**-50 + 5e-324


def quantile(sorted_floats, q):
    """The quantile of ascending floats without NaN: (value, tolerance)."""
    n = len(sorted_floats)
    if n == 0:
        return math.nan, 0.0
    place = (n - 1) * q
    low = min(int(math.floor(place)), n - 1)
    high = min(low + 1, n - 1)
    part = place - low
    a, b = float(sorted_floats[low]), float(sorted_floats[high])
    value, tolerance = between(a, b, part)
    if part not in (0, 0.5) and math.isfinite(a) and math.isfinite(b):
        tolerance += (b * 2.0**-51 - a * 2.0**-51) * n
    return value, tolerance


@operation("median and quantile", weight=3, outputs=lambda p: max(len(p["q"]), 1))
class Quantile:
    """p: q, a list; none: the median."""

    @staticmethod
    def draw(d):
        q = [d.pick([0, 0.0, 1, 1.0, 0.5, 0.25, 0.1, 0.999] + 4 * [round(d.rng.random(), 3)])
             for _ in range(d.pick([0, 1, 1, 3, 20, 20]))]
        return [d.column()], {"q": q, "skipna": d.chance(3)}

    @staticmethod
    def model(v, p):
        data, _ = values_of(v[0], p["skipna"])
        x = np.sort(data.astype(F))
        qs = p["q"] or [0.5]
        if v[0].kind == "float" and np.isnan(x).any():
            return [Scalar("float", math.nan) for _ in qs]
        return [Scalar("float", *quantile(x, q)) for q in qs]

    @staticmethod
    def text(n, p):
        skip = "{skipna = true}" if p["skipna"] else ""
        if not p["q"]:
            return f"{n[0]}:median({skip})"
        if len(p["q"]) == 1:
            return f"{n[0]}:quantile({p['q'][0]}{', ' + skip if skip else ''})"
        return f"table.unpack({n[0]}:quantile({{{', '.join(map(str, p['q']))}}}{', ' + skip if skip else ''}))"


@operation("c:histogram", weight=1)
class Histogram:
    """p: bins; range of ints, or none. Whether edges are near, and counts are those of the values, but for
    values next to an edge."""

    @staticmethod
    def draw(d):
        p = {"bins": d.pick([1, 2, 4, 10, 100, 1000])}
        if d.chance(3):
            low = d.integer(-100, 100)
            p["range"] = (low, low + d.integer(1, 1000))
        return [d.column(NUMBERS)], p

    @staticmethod
    def model(v, p):
        c = v[0]
        x = c.present()
        x = x[~np.isnan(x)] if c.kind == "float" else x
        if "range" not in p and (len(x) == 0 or c.kind == "float" and not np.isfinite(x).all()):
            raise Impossible()
        low, high = p["range"] if "range" in p else (x.min().item(), x.max().item())
        edges = whole_edges(low, high, p["bins"]) if c.kind in ("int", "uint") else None
        low, high = float(low), float(high)
        if "range" not in p and (not 1e-290 < high - low < 1e300 or high - low < max(abs(low), abs(high)) * 1e-6):
            raise Impossible()
        x = x.astype(F)
        bins = p["bins"]
        inside = x[(x >= low) & (x <= high)]
        place = (inside - low) / (high - low) * bins
        sure = np.abs(place - np.rint(place)) > 1e-7
        counts = np.bincount(np.clip(place[sure].astype(I), 0, bins - 1), minlength=bins)
        unsure = np.rint(place[~sure]).astype(I)
        slack = np.bincount(np.clip(unsure, 0, bins - 1), minlength=bins)
        slack += np.bincount(np.clip(unsure - 1, 0, bins - 1), minlength=bins)
        frame = histogram_frame(low, high, bins, counts, slack, len(inside))
        if edges:
            frame.columns["edges"] = Column(c.kind, edges)
        return [frame]

    @staticmethod
    def text(n, p):
        span = f", range = {{{p['range'][0]}, {p['range'][1]}}}" if "range" in p else ""
        return (f"(function(a, b) return mb.frame{{{{'counts', mb.concat{{a, mb.full(1, 0)}}}}, {{'edges', b}}}} "
                f"end)({n[0]}:histogram{{bins = {p['bins']}{span}}})")


def whole_edges(low, high, bins):
    """The edges of whole bins of integers, where floats do not hold them all; else None."""
    if (high - low) % bins:
        return None
    edges = [low + (high - low) // bins * i for i in range(bins + 1)]
    return edges if any(int(float(edge)) != edge for edge in edges) else None


def histogram_frame(low, high, bins, counts, slack, total):
    """What a histogram may be: a frame with tolerances."""
    edges = low + (high - low) * np.arange(bins + 1) / bins
    exact = Column("float", edges, tolerance=np.full(bins + 1, (abs(low) + abs(high)) * 1e-14), loose=True)
    whole = Column("int", np.append(counts, 0))
    whole.slack, whole.total = np.append(slack, 0), total
    return Frame({"counts": whole, "edges": exact})


@operation("random columns", weight=1)
class Random:
    """p: name, n, options. In range, and the same on all numbers of ranks."""

    OPTIONS = {"random": "low = -5, high = 1000003", "uniform": "low = -2, high = 3", "normal": "mean = 1, std = 2",
               "lognormal": "", "exponential": "scale = 3", "poisson": "lam = 4"}

    @staticmethod
    def draw(d):
        return [], {"name": d.pick(list(Random.OPTIONS)), "n": d.size(), "seed": d.integer(0, 10**6)}

    @staticmethod
    def model(_, p):
        kind = "int" if p["name"] in ("random", "poisson") else "float"
        result = Column(kind, np.zeros(p["n"]))
        result.free = True
        return [result]

    @staticmethod
    def text(_, p):
        options = Random.OPTIONS[p["name"]]
        return f"mb.{p['name']}({p['n']}, {{{options}{', ' if options else ''}seed = {p['seed']}}})"

    @staticmethod
    def parts(p):
        return [p["name"]]


@operation("c:hash", weight=1)
class Hash:
    """Any values, but as many as there are rows that differ."""

    @staticmethod
    def draw(d):
        first = d.column(ORDERED)
        if d.values[first].some_missing or d.chance(2):
            return [first], {}
        others = [x for x in [d.column(ORDERED, d.rows(first)) for _ in range(2)] if not d.values[x].some_missing]
        return [first] + others, {}

    @staticmethod
    def model(v, _):
        if len(v) > 1 and any(c.some_missing for c in v):
            raise Impossible()
        present = [c.take(c.valid) for c in v]
        return [Scalar("int", len(codes(present)[1]))]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:hash({', '.join(n[1:])}):nunique()"


@operation("tostring", weight=1)
class Text:
    """Any text, but the same on all numbers of ranks."""

    @staticmethod
    def draw(d):
        return [d.column(ORDERED)], {}

    @staticmethod
    def model(_, __):
        result = Scalar("text", "")
        result.free = True
        return [result]

    @staticmethod
    def text(n, _):
        return f"tostring({n[0]})"


@operation("mb.histogram2d", weight=1, outputs=3)
class Histogram2d:
    """p: bins. Counts of values in 0 .. 100, in bins of whole edges."""

    @staticmethod
    def draw(d):
        a = d.column(["int", "float"])
        return [a, d.column(["int", "float"], d.rows(a))], {"bins": [d.pick([1, 4, 10]), d.pick([2, 5, 100])]}

    @staticmethod
    def model(v, p):
        both = v[0].valid & v[1].valid
        x, y = (c.data[both].astype(F) for c in v)
        inside = (x >= 0) & (x <= 100) & (y >= 0) & (y <= 100)
        counts = np.histogram2d(x[inside], y[inside], p["bins"], [[0, 100], [0, 100]])[0].astype(I).ravel()
        edges = [Column("float", np.arange(b + 1) * (100 / b), loose=True, tolerance=np.full(b + 1, 1e-9))
                 for b in p["bins"]]
        return [Column("int", counts)] + edges

    @staticmethod
    def text(n, p):
        return (f"mb.histogram2d({n[0]}, {n[1]}, {{bins = {{{p['bins'][0]}, {p['bins'][1]}}}, "
                f"range = {{{{0, 100}}, {{0, 100}}}}}})")
