"""Operations that look for rows of one column or frame among those of another."""

import numpy as np

import lua
from case import operation
from sources import EDGES
from elementwise import compare, constant
from values import (ORDERED, Column, Frame, Impossible, Raises, argsort, canonical, codes, has_negative_zero, is_nan,
                    together)

NUMBERS = ["int", "uint", "float"]


def common_codes(a, b):
    """Numbers of the rows of two lists of columns, equal where these are; -1 where one is missing."""
    pairs = [together(x, y) for x, y in zip(a, b)]
    numbers, _ = codes(pairs)
    for c in pairs:
        numbers = np.where(c.valid, numbers, -1)
    return numbers[:len(a[0])], numbers[len(a[0]):]


@operation("isin a list", weight=2)
class IsInList:
    """p: values of one kind."""

    @staticmethod
    def draw(d):
        c = d.column(NUMBERS + ["text"])
        kind = d.kind(c)
        n = d.pick([0, 1, 3, 16, 17, 40])
        if kind == "text":
            return [c], {"values": [d.pick(EDGES[kind]) for _ in range(n)]}
        values = [d.pick(EDGES[kind if d.chance(2) else d.pick(NUMBERS)]) if d.chance(2) else _simple(d, kind)
                  for _ in range(n)]
        return [c], {"values": values}

    @staticmethod
    def model(v, p):
        c = v[0]
        if c.kind == "text":
            return [Column("bool", np.isin(c.data, [int(x) for x in p["values"]]), c.valid)]
        result = np.zeros(len(c), bool)
        for value in p["values"]:
            if value != value:
                result |= is_nan(c)
            else:
                own = lua.kind_of(value)
                result |= compare(c.data, c.kind, constant(("scalar", value, own), len(c)).data, own) == 0
        return [Column("bool", result, c.valid)]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:isin{{{', '.join(lua.plain(x) for x in p['values'])}}}"


def _simple(d, kind):
    x = d.integer(0 if kind == "uint" else -3, 200)
    return x / 2 if kind == "float" else x


class OfTwoColumns:
    """A column, and another one of its type."""

    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        return [c, d.column([d.kind(c)])], {}


@operation("isin a column", weight=2)
class IsInColumn(OfTwoColumns):
    @staticmethod
    def model(v, _):
        a, b = common_codes([v[0]], [v[1]])
        return [Column("bool", np.isin(a, b[b >= 0]), v[0].valid)]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:isin({n[1]})"


def first_places(keys, wanted):
    """The index of the first key that equals each wanted row, or -1."""
    a, b = common_codes([keys], [wanted])
    table = np.full(max(a.max(initial=-1), b.max(initial=-1)) + 2, -1)
    rows = np.flatnonzero(a >= 0)[::-1]
    table[a[rows]] = rows
    return np.where(b >= 0, table[b], -1)


@operation("c:find", weight=1)
class Find(OfTwoColumns):
    @staticmethod
    def model(v, _):
        at = first_places(v[0], v[1])
        return [Column("int", at + 1, at >= 0)]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:find({n[1]})"


@operation("c:find of all", weight=1, outputs=2)
class FindAll(OfTwoColumns):
    @staticmethod
    def model(v, _):
        a, b = common_codes([v[0]], [v[1]])
        order = np.argsort(a, kind="stable")
        first, last = (np.searchsorted(a[order], b, side) for side in ("left", "right"))
        many = np.where(b >= 0, last - first, 0)
        if many.sum() > 400000:
            raise Impossible()
        rows = np.repeat(np.arange(len(b)), many)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
        return [Column("int", order[first[rows] + within] + 1 if len(rows) else rows), Column("int", rows + 1)]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:find({n[1]}, {{ all = true }})"


@operation("sets of frames", weight=2)
class SetsOfFrames:
    """p: how. Missing values equal each other, as do NaN."""

    @staticmethod
    def draw(d):
        f = a_frame(d)
        columns = d.values[f].columns
        inputs = [d.column([c.kind], d.size()) for c in columns.values()][:1]
        inputs += [d.column([c.kind], d.rows(inputs[0])) for c in list(columns.values())[1:]]
        return [f, d.add("mb.frame", inputs, {"names": list(columns)})[0]], {"how": d.pick(list(SETS))}

    @staticmethod
    def model(v, p):
        names = list(v[0].columns)
        if names != list(v[1].columns) or any(v[0].columns[x].kind != v[1].columns[x].kind for x in names):
            raise Impossible()
        both = [together(v[0].columns[x], v[1].columns[x]) for x in names]
        numbers, firsts = codes(both)
        here, there = np.zeros(len(firsts), bool), np.zeros(len(firsts), bool)
        here[numbers[:len(v[0])]] = True
        there[numbers[len(v[0]):]] = True
        rows = firsts[SETS[p["how"]](here, there)]
        return [Frame({x: canonical(c, rows) for x, c in zip(names, both)})]

    @staticmethod
    def text(n, p):
        return f"mb.{p['how']}({n[0]}, {n[1]})"

    @staticmethod
    def parts(p):
        return [p["how"]]


@operation("c:lookup", weight=1)
class Lookup:
    """p: default, or none. Keys that are there twice are an error."""

    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        keys = c if d.chance(8) else d.add("c:unique", [c], {})[0]
        if not d.values[keys].exact:
            return None
        values = d.column(ORDERED, d.rows(keys))
        p = {}
        if d.chance(2):
            kind = d.kind(values)
            p["default"] = d.pick(EDGES[kind])
        return [keys, values, d.column([d.kind(keys)])], p

    @staticmethod
    def model(v, p):
        keys, values, wanted = v
        present = keys.take(keys.valid)
        if len(codes([present])[1]) != len(present):
            raise Raises("twice")
        at = first_places(keys, wanted)
        found = at >= 0
        if len(values) == 0:
            data, valid = np.zeros(len(wanted), values.data.dtype), np.zeros(len(wanted), bool)
        else:
            data, valid = values.data[np.maximum(at, 0)], values.valid[np.maximum(at, 0)] & found
        if "default" in p:
            chosen = ~found & wanted.valid
            data = np.where(chosen, values.data.dtype.type(p["default"]), data)
            valid = valid | chosen
        return [Column(values.kind, data, valid)]

    @staticmethod
    def text(n, p):
        default = f", {{default = {lua.plain(p['default'])}}}" if "default" in p else ""
        return f"{n[0]}:lookup({n[1]}, {n[2]}{default})"


@operation("c:find_interval", weight=1)
class FindInterval:
    """Intervals between the distinct values of a column, shuffled by reversing."""

    @staticmethod
    def draw(d):
        c = d.column(NUMBERS)
        keys = d.add("c:unique", [c], {})[0]
        if not d.values[keys].exact or is_nan(d.values[keys]).any():
            return None
        half = d.rows(keys) // 2
        if half == 0:
            return None
        kinds = [d.kind(keys)]
        starts = d.add("c:slice", [keys], {"first": 1, "last": 2 * half - 1, "step": 2})[0]
        ends = d.add("c:slice", [keys], {"first": 2, "last": 2 * half, "step": 2})[0]
        if d.chance(2):
            starts, ends = d.add("c:reverse", [starts], {})[0], d.add("c:reverse", [ends], {})[0]
        return [starts, ends, d.column(kinds)], {}

    @staticmethod
    def model(v, _):
        starts, ends, wanted = v
        if starts.some_missing or ends.some_missing or is_nan(starts).any():
            raise Impossible()
        order = np.argsort(starts.data, kind="stable")
        s, e = starts.data[order], ends.data[order]
        if len(s) != len(e) or (e < s).any() or (s[1:] <= e[:-1]).any():
            raise Impossible()
        at = np.searchsorted(s, wanted.data, side="right") - 1
        inside = wanted.valid & (at >= 0) & ~is_nan(wanted)
        inside &= wanted.data <= e[np.maximum(at, 0)]
        return [Column("int", order[np.maximum(at, 0)] + 1, inside)]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:find_interval({n[1]}, {n[2]})"


SETS = {"intersect": lambda a, b: a & b, "union": lambda a, b: a | b, "difference": lambda a, b: a & ~b,
        "symmetric_difference": lambda a, b: a ^ b}


@operation("sets", weight=2)
class Sets:
    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        return [c, d.column([d.kind(c)])], {"name": d.pick(list(SETS))}

    @staticmethod
    def model(v, p):
        both = together(*v)
        numbers, firsts = codes([both])
        n = len(firsts)
        here, there = np.zeros(n, bool), np.zeros(n, bool)
        here[numbers[:len(v[0])][v[0].valid]] = True
        there[numbers[len(v[0]):][v[1].valid]] = True
        result = both.take(firsts[SETS[p["name"]](here, there)])
        result.loose = has_negative_zero(both)
        return [result]

    @staticmethod
    def text(n, p):
        return f"mb.{p['name']}({n[0]}, {n[1]})"

    @staticmethod
    def parts(p):
        return [p["name"]]


# Frames.

@operation("mb.frame", weight=3)
class MakeFrame:
    """p: names."""

    @staticmethod
    def draw(d):
        first = d.column(ORDERED)
        columns = [first] + [d.column(ORDERED, d.rows(first)) for _ in range(d.integer(1, 3))]
        return columns, {"names": ["k", "l", "m", "x"][:len(columns)]}

    @staticmethod
    def model(v, p):
        if len({len(c) for c in v}) != 1:
            raise Impossible()
        return [Frame(zip(p["names"], v))]

    @staticmethod
    def text(n, p):
        return "mb.frame{" + ", ".join(f'{{"{a}", {b}}}' for a, b in zip(p["names"], n)) + "}"


def a_frame(d):
    found = [name for name, value in d.values.items() if isinstance(value, Frame)
             and all(c.exact and x.isidentifier() for x, c in value.columns.items())]
    if found and not d.chance(3):
        return d.pick(found)
    return d.add("mb.frame", *MakeFrame.draw(d))[0]


@operation("f:sort_by", weight=2)
class SortBy:
    @staticmethod
    def draw(d):
        f = a_frame(d)
        names = [x for x in d.values[f].columns if d.chance(2)] or [list(d.values[f].columns)[0]]
        return [f], {"names": names[:8], "down": [d.chance(3) for _ in names[:8]]}

    @staticmethod
    def model(v, p):
        keys = [v[0].columns[x] for x in p["names"]]
        return [v[0].take(argsort(keys, p["down"]))]

    @staticmethod
    def text(n, p):
        names = ", ".join(f'"{"-" if down else ""}{x}"' for x, down in zip(p["names"], p["down"]))
        return f"{n[0]}:sort_by({names})"


@operation("f:where", weight=2)
class FrameWhere:
    @staticmethod
    def draw(d):
        f = a_frame(d)
        return [f, d.column(["bool"], len(d.values[f]))], {}

    @staticmethod
    def model(v, _):
        if len(v[0]) != len(v[1]):
            raise Impossible()
        return [v[0].take(v[1].data & v[1].valid)]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:where({n[1]})"


@operation("f:where and f:with an expression", weight=1)
class FrameExpression:
    """p: name of a number column, limit. Rows above a limit, and a column more."""

    @staticmethod
    def draw(d):
        f = a_frame(d)
        numbers = [x for x, c in d.values[f].columns.items() if c.kind in NUMBERS]
        if not numbers or "z" in d.values[f].columns:
            return None
        return [f], {"name": d.pick(numbers), "limit": d.pick(EDGES["int"]), "how": d.pick(["<", ">=", "=="])}

    @staticmethod
    def model(v, p):
        f, c = v[0], v[0].columns.get(p["name"])
        if c is None:
            raise Impossible()
        order = compare(c.data, c.kind, constant(("scalar", p["limit"], "int"), len(c)).data, "int")
        mask = {"<": order == -1, ">=": (order == 0) | (order == 1), "==": order == 0}[p["how"]]
        result = f.take(mask & c.valid)
        chosen = result.columns[p["name"]]
        return [Frame({**result.columns, "z": Column(c.kind, chosen.data + chosen.data.dtype.type(1), chosen.valid)})]

    @staticmethod
    def text(n, p):
        return (f'{n[0]}:where("{p["name"]} {p["how"]} $limit", {{limit = {lua.plain(p["limit"])}}})'
                f':with{{z = "{p["name"]} + 1"}}')


@operation("f:select and f:drop", weight=1)
class Select:
    @staticmethod
    def draw(d):
        f = a_frame(d)
        names = list(d.values[f].columns)
        if len(names) < 2:
            return None
        return [f], {"names": names[:max(1, len(names) // 2)][::-1], "drop": d.chance(2)}

    @staticmethod
    def model(v, p):
        columns = v[0].columns
        if p["drop"]:
            return [Frame({x: c for x, c in columns.items() if x not in p["names"]})]
        return [Frame({x: columns[x] for x in p["names"]})]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:{'drop' if p['drop'] else 'select'}({', '.join(lua.text(x) for x in p['names'])})"


@operation("mb.concat of frames", weight=1)
class ConcatFrames:
    @staticmethod
    def draw(d):
        f = a_frame(d)
        if len(d.values[f]) * 2 > d.most_rows:
            return None
        return [f], {}

    @staticmethod
    def model(v, _):
        return [Frame({name: together(c, c) for name, c in v[0].columns.items()})]

    @staticmethod
    def text(n, _):
        return f"mb.concat{{{n[0]}, {n[0]}}}"


@operation("f:head, f:tail, f[positions]", weight=1)
class FrameRows:
    @staticmethod
    def draw(d):
        f = a_frame(d)
        n = len(d.values[f])
        how = d.pick(["head", "tail", "positions"])
        rows = [d.integer(1, n) for _ in range(d.integer(0, 10))] if n else []
        return [f], {"how": how, "n": d.pick([0, 1, 5, 1000]), "rows": rows}

    @staticmethod
    def model(v, p):
        f = v[0]
        if p["how"] == "positions":
            if any(x > len(f) for x in p["rows"]):
                raise Raises("range")
            return [f.take(np.array(p["rows"], np.int64) - 1)]
        n = len(f)
        return [f.take(slice(0, p["n"]) if p["how"] == "head" else slice(max(n - p["n"], 0), n))]

    @staticmethod
    def text(n, p):
        if p["how"] == "positions":
            return f"{n[0]}[{{{', '.join(map(str, p['rows']))}}}]"
        return f"{n[0]}:{p['how']}({p['n']})"


@operation("f.column", weight=2)
class FrameColumn:
    @staticmethod
    def draw(d):
        f = a_frame(d)
        return [f], {"name": d.pick(list(d.values[f].columns))}

    @staticmethod
    def model(v, p):
        return [v[0].columns[p["name"]]]

    @staticmethod
    def text(n, p):
        return f"{n[0]}.{p['name']}"


def paired(left, right, how):
    """Rows of both sides: indices, -1 for none."""
    order = np.argsort(right, kind="stable")
    ordered = right[order]
    first, last = np.searchsorted(ordered, left, "left"), np.searchsorted(ordered, left, "right")
    n = np.where(left >= 0, last - first, 0)
    keep = how in ("left", "outer")
    times = np.maximum(n, 1) if keep else n
    if times.sum() > 3_000_000:
        raise Impossible()
    at_left = np.repeat(np.arange(len(left)), times)
    offset = np.arange(len(at_left)) - np.repeat(np.cumsum(times) - times, times)
    place = first[at_left] + offset
    at_right = np.where(n[at_left] > 0, order[np.minimum(place, max(len(order) - 1, 0))] if len(order) else -1, -1)
    if how in ("right", "outer"):
        alone = np.flatnonzero(~(np.isin(right, left[left >= 0]) & (right >= 0)))
        at_left = np.append(at_left, np.full(len(alone), -1))
        at_right = np.append(at_right, alone)
    return at_left.astype(np.int64), at_right.astype(np.int64)


def gathered(c, at):
    """Rows at indices, missing where these are below 0."""
    if len(c) == 0:
        return Column(c.kind, np.zeros(len(at), c.data.dtype), np.zeros(len(at), bool))
    rows = c.take(np.maximum(at, 0))
    return Column(c.kind, rows.data, rows.valid & (at >= 0))


@operation("f:join", weight=4)
class Join:
    """p: how, keys (a number of them); inputs: key columns of the left, one more of it, those of the
    right, one or two more."""

    @staticmethod
    def draw(d):
        kinds = [d.pick(ORDERED) for _ in range(d.pick([1, 1, 1, 2, 2, 3]))]

        def side(extra):
            first = d.column([kinds[0]])
            n = d.rows(first)
            return [first] + [d.column([k], n) for k in kinds[1:]] + [d.column(ORDERED, n) for _ in range(extra)]
        left, right = side(1), side(d.pick([0, 1, 1, 2]))
        how = d.pick(["inner", "left", "right", "outer", "semi", "anti"])
        return left + right, {"how": how, "keys": len(kinds), "right": len(right)}

    @staticmethod
    def split(v, p):
        m = p["keys"]
        return v[:m + 1], v[m + 1:], m

    @staticmethod
    def model(v, p):
        left, right, m = Join.split(v, p)
        if len({len(c) for c in left}) != 1 or len({len(c) for c in right}) != 1:
            raise Impossible()
        a, b = common_codes(left[:m], right[:m])
        names = ["a", "b", "c"][:m]
        if p["how"] in ("semi", "anti"):
            has = np.isin(a, b[b >= 0]) & (a >= 0)
            chosen = has if p["how"] == "semi" else ~has
            return [Frame(zip(names + ["x"], [c.take(chosen) for c in left]))]
        at_left, at_right = paired(a, b, p["how"])
        columns = [gathered(c, at_left) for c in left]
        for i in range(m):
            other = gathered(right[i], at_right)
            lacks = at_left < 0
            columns[i] = Column(columns[i].kind, np.where(lacks, other.data, columns[i].data),
                                np.where(lacks, other.valid, columns[i].valid))
        result = dict(zip(names + ["x"], columns))
        for i, c in enumerate(right[m:]):
            result[["x_right", "y"][i]] = gathered(c, at_right)
        return [Frame(result)]

    @staticmethod
    def text(n, p):
        left, right, m = Join.split(n, p)
        names = ["a", "b", "c"][:m]
        return (f"{frame_text(names + ['x'], left)}:join({frame_text(names + ['x', 'y'], right)}, "
                f"{{on = {{{', '.join(lua.text(x) for x in names)}}}, how = \"{p['how']}\"}})")

    @staticmethod
    def parts(p):
        return [p["how"]]


def frame_text(names, columns):
    return "mb.frame{" + ", ".join(f'{{"{a}", {b}}}' for a, b in zip(names, columns)) + "}"


@operation("f:join_asof", weight=2)
class JoinAsof:
    """p: keys, a number of `by` columns. Inputs: keys and a time of the left, those of the right and one
    column more."""

    @staticmethod
    def draw(d):
        kinds = [d.pick(ORDERED) for _ in range(d.pick([0, 0, 1, 1, 2]))]
        time = d.pick(NUMBERS + ["text"])

        def side(extra):
            first = d.column([time])
            n = d.rows(first)
            return [d.column([k], n) for k in kinds] + [first] + [d.column(ORDERED, n) for _ in range(extra)]
        return side(0) + side(1), {"keys": len(kinds)}

    @staticmethod
    def model(v, p):
        m = p["keys"]
        left, right = v[:m + 1], v[m + 1:]
        if len({len(c) for c in left}) != 1 or len({len(c) for c in right}) != 1:
            raise Impossible()
        times = [Column(c.kind, c.data, c.valid & ~is_nan(c)) for c in (left[m], right[m])]
        t, s = common_codes([times[0]], [times[1]])
        a, b = common_codes(left[:m], right[:m]) if m else (np.zeros(len(t), np.int64), np.zeros(len(s), np.int64))
        span = max(t.max(initial=0), s.max(initial=0)) + 1
        mine = np.where((t >= 0) & (a >= 0), a * span + t, -1)
        theirs = np.where((s >= 0) & (b >= 0), b * span + s, -1)
        order = np.argsort(theirs, kind="stable")
        place = np.searchsorted(theirs[order], mine, "right") - 1
        at = np.where((mine >= 0) & (place >= 0), order[np.maximum(place, 0)] if len(order) else -1, -1)
        if len(order):
            at = np.where((at >= 0) & (theirs[np.maximum(at, 0)] >= 0) & (b[np.maximum(at, 0)] == a), at, -1)
        names = ["a", "b"][:m]
        result = dict(zip(names + ["t"], left))
        result["t_right"], result["y"] = gathered(right[m], at), gathered(right[m + 1], at)
        return [Frame(result)]

    @staticmethod
    def text(n, p):
        m = p["keys"]
        names = ["a", "b"][:m]
        by = f", by = {{{', '.join(lua.text(x) for x in names)}}}" if m else ""
        return (f"{frame_text(names + ['t'], n[:m + 1])}:join_asof({frame_text(names + ['t', 'y'], n[m + 1:])}, "
                f'{{on = "t"{by}}})')
