"""Operations that choose, move and replace rows."""

import numpy as np

import lua
from case import operation
from elementwise import HOLDS, compare, constant
from sources import EDGES
from values import ORDERED, Column, Impossible, Raises, Scalar, argsort


def positions_literal(d, n, count):
    return [d.integer(1, n) * (-1 if d.chance(5) else 1) for _ in range(count)] if n else []


def indices(positions, n):
    """Indices from 0 of positions from 1, or from -1 at the end; an error where one is outside."""
    positions = np.asarray(positions, np.int64)
    at = np.where(positions < 0, positions + n, positions - 1)
    if ((at < 0) | (at >= n)).any() or (positions == 0).any():
        raise Raises("out of range")
    return at


@operation("c[mask]", weight=5)
class Filter:
    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        return [c, d.column(["bool"], d.rows(c))], {}

    @staticmethod
    def model(v, _):
        return [v[0].take(v[1].data & v[1].valid)]

    @staticmethod
    def text(n, _):
        return f"{n[0]}[{n[1]}]"


@operation("c[c:gt(x)]", weight=4)
class FilterValues:
    """p: how, value: one of the rows. What stays has narrower values than the bounds that are known of it;
    a second column loses the same rows."""

    @staticmethod
    def draw(d):
        c = d.column(["int", "uint", "float"])
        there = d.values[c].present()
        if len(there) == 0:
            return None
        value = d.pick(there).item()
        if value != value:
            return None
        other = c if d.chance(2) else d.column(ORDERED, d.rows(c))
        return [c, other], {"how": d.pick(["gt", "lt", "ge", "le", "eq", "ne"]), "value": value}

    @staticmethod
    def model(v, p):
        c, kind = v[0], lua.kind_of(p["value"])
        order = compare(c.data, c.kind, constant(("scalar", p["value"], kind), len(c)).data, kind)
        return [v[1].take(HOLDS[p["how"]](order) & c.valid)]

    @staticmethod
    def text(n, p):
        return f"{n[1]}[{n[0]}:{p['how']}({lua.plain(p['value'])})]"


@operation("c[a block of rows]", weight=2)
class FilterBlock:
    """p: n, first, last, inside. Ranks may be left without rows."""

    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        n = d.rows(c)
        first, last = sorted([d.integer(0, n + 1), d.integer(0, n + 1)])
        return [c], {"n": n, "first": first, "last": last, "inside": d.chance(2)}

    @staticmethod
    def model(v, p):
        if len(v[0]) != p["n"]:
            raise Impossible()
        row = np.arange(1, p["n"] + 1)
        return [v[0].take(((row >= p["first"]) & (row <= p["last"])) == p["inside"])]

    @staticmethod
    def text(n, p):
        mask = f"mb.range(1, {p['n']}):between({p['first']}, {p['last']})"
        return f"{n[0]}[{'' if p['inside'] else '~'}{mask}]"


@operation("c[positions]", weight=2)
class Gather:
    """p: rows, a list; or a column of positions, any int column brought into range."""

    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        n = d.rows(c)
        if d.chance(3) or n == 0:
            return [c], {"rows": positions_literal(d, n, d.integer(0, 20))}
        return [c, d.column(["int"])], {"n": n}

    @staticmethod
    def model(v, p):
        if "rows" in p:
            return [v[0].take(indices(p["rows"], len(v[0])))]
        if len(v[0]) != p["n"]:
            raise Impossible()
        at = v[1].data % p["n"]
        result = v[0].take(at)
        return [Column(result.kind, result.data, result.valid & v[1].valid)]

    @staticmethod
    def text(n, p):
        if "rows" in p:
            return f"{n[0]}[{{{', '.join(map(str, p['rows']))}}}]"
        return f"{n[0]}[{n[1]} % {p['n']} + 1]"


@operation("c:put(positions)", weight=1)
class PutPositions:
    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        n = d.rows(c)
        if n == 0:
            return None
        at = d.column(["int"])
        if d.values[at].some_missing:
            return None
        value = d.column([d.kind(c)], d.rows(at))
        return [c, at, value], {"n": n}

    @staticmethod
    def model(v, p):
        if len(v[0]) != p["n"] or v[1].some_missing:
            raise Impossible()
        data, valid = v[0].data.copy(), v[0].valid.copy()
        for_row = v[1].data % p["n"]
        data[for_row] = v[2].data
        valid[for_row] = v[2].valid
        last = np.full(p["n"], -1)
        last[for_row] = np.arange(len(for_row))
        chosen = last >= 0
        data[chosen], valid[chosen] = v[2].data[last[chosen]], v[2].valid[last[chosen]]
        return [Column(v[0].kind, data, valid)]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:put({n[1]} % {p['n']} + 1, {n[2]})"


@operation("c:put(mask)", weight=1)
class PutMask:
    """p: value, a scalar of the column's type; or a third input with a row for each true one."""

    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        mask = d.column(["bool"], d.rows(c))
        if d.chance(2):
            kind = d.kind(c)
            value = None if d.chance(3) else d.pick(EDGES[kind])
            return [c, mask], {"value": value}
        m = d.values[mask]
        return [c, mask, d.column([d.kind(c)], int((m.data & m.valid).sum()))], {}

    @staticmethod
    def model(v, p):
        chosen = v[1].data & v[1].valid
        data, valid = v[0].data.copy(), v[0].valid.copy()
        if len(v) == 3:
            if chosen.sum() != len(v[2]):
                raise Impossible()
            data[chosen], valid[chosen] = v[2].data, v[2].valid
        elif p["value"] is None:
            valid[chosen] = False
        else:
            data[chosen], valid[chosen] = p["value"], True
        return [Column(v[0].kind, data, valid)]

    @staticmethod
    def text(n, p):
        value = n[2] if len(n) == 3 else p["value"]
        if len(n) == 2:
            value = "null" if value is None else lua.plain(value)
        return f"{n[0]}:put({n[1]}, {value})"



@operation("c:slice", weight=2)
class Slice:
    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        n = d.rows(c)
        first = d.integer(-n - 2, n + 2)
        last = None if d.chance(4) else d.integer(-n - 2, n + 2)
        return [c], {"first": first, "last": last, "step": d.pick([1, 1, 1, 2, 3, 7, -1, -2, 1000])}

    @staticmethod
    def model(v, p):
        n, first, last, step = len(v[0]), p["first"], p["last"], p["step"]
        if last is None:
            last = -1 if step > 0 else 1
        if first < 0:
            first += n + 1
        if last < 0:
            last += n + 1
        if step > 0:
            first, last = max(first, 1), min(last, n)
            at = np.arange(first, last + 1, step)
        else:
            first, last = min(first, n), max(last, 1)
            at = np.arange(first, last - 1, step)
        return [v[0].take(at - 1)]

    @staticmethod
    def text(n, p):
        last = "nil" if p["last"] is None else p["last"]
        return f"{n[0]}:slice({p['first']}, {last}, {p['step']})"


@operation("c:reverse", weight=1)
class Reverse:
    @staticmethod
    def draw(d):
        return [d.column(ORDERED)], {}

    @staticmethod
    def model(v, _):
        return [v[0].take(slice(None, None, -1))]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:reverse()"


@operation("c:drop_missing", weight=1)
class DropMissing:
    @staticmethod
    def draw(d):
        return [d.column(ORDERED)], {}

    @staticmethod
    def model(v, _):
        return [v[0].take(v[0].valid)]

    @staticmethod
    def text(n, _):
        return f"{n[0]}:drop_missing()"


@operation("mb.concat", weight=3)
class Concat:
    @staticmethod
    def draw(d):
        first = d.column(ORDERED)
        rest = [d.column([d.kind(first)]) for _ in range(d.integer(0, 3))]
        if sum(d.rows(x) for x in [first] + rest) > d.most_rows:
            return None
        return [first] + rest, {}

    @staticmethod
    def model(v, _):
        return [Column(v[0].kind, np.concatenate([c.data for c in v]), np.concatenate([c.valid for c in v]))]

    @staticmethod
    def text(n, _):
        return f"mb.concat{{{', '.join(n)}}}"


@operation("c:repeat_by", weight=1)
class RepeatBy:
    """p: times, or a column brought to 0 .. 3."""

    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        if d.rows(c) > d.most_rows / 4:
            return None
        if d.chance(2):
            return [c], {"times": d.integer(0, 4)}
        return [c, d.column(["int"], d.rows(c))], {}

    @staticmethod
    def model(v, p):
        if "times" in p:
            return [v[0].take(np.repeat(np.arange(len(v[0])), p["times"]))]
        times = np.where(v[1].valid, v[1].data & 3, 0)
        return [v[0].take(np.repeat(np.arange(len(v[0])), times))]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:repeat_by({p['times'] if 'times' in p else f'{n[1]} & 3'})"


@operation("c:shift", weight=1)
class Shift:
    """p: n; fill, or none."""

    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        p = {"n": d.pick([0, 1, -1, 2, 5, -5, 1000, -70000])}
        if d.chance(2):
            kind = d.kind(c)
            p["fill"] = d.pick(EDGES[kind])
        return [c], p

    @staticmethod
    def model(v, p):
        n, by = len(v[0]), p["n"]
        at = np.arange(n) - by
        inside = (at >= 0) & (at < n)
        result = v[0].take(np.clip(at, 0, max(n - 1, 0))) if n else v[0]
        if "fill" in p:
            data = np.where(inside, result.data, v[0].data.dtype.type(p["fill"]))
            return [Column(v[0].kind, data, result.valid | ~inside)]
        return [Column(v[0].kind, result.data, result.valid & inside)]

    @staticmethod
    def text(n, p):
        if "fill" not in p:
            return f"{n[0]}:shift({p['n']})"
        return f"{n[0]}:shift({p['n']}, {lua.plain(p['fill'])})"


@operation("c:diff", weight=1)
class Diff:
    @staticmethod
    def draw(d):
        return [d.column(["int", "uint", "float"])], {"n": d.pick([1, 1, 2, -1, 3, 1000])}

    @staticmethod
    def model(v, p):
        shifted = Shift.model(v, p)[0]
        return [Column(v[0].kind, v[0].data - shifted.data, v[0].valid & shifted.valid)]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:diff({p['n']})"


@operation("where p + not p + missing = all", weight=1)
class Partition:
    """The rows where a mask is true, where it is not, and where it is missing: put together and sorted
    as the column itself."""

    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        return [c, d.column(["bool"], d.rows(c))], {}

    @staticmethod
    def model(v, _):
        return [Column("bool", np.ones(len(v[0]), bool))]

    @staticmethod
    def text(n, _):
        c, p = n
        return (f"(function(a, b) return (a:eq(b) | (a:ne(a) & b:ne(b))):fill(true) "
                f"& a:is_missing():eq(b:is_missing()) end)"
                f"(mb.concat{{{c}[{p}], {c}[~{p}], {c}[{p}:is_missing()]}}:sort(), {c}:sort())")


@operation("shuffle and sample", weight=1)
class Shuffle:
    """Sorted, the rows in random order are those of the column, and samples of all rows too."""

    @staticmethod
    def draw(d):
        return [d.column(ORDERED)], {"seed": d.integer(-5, 10**6), "sample": d.chance(2)}

    @staticmethod
    def model(v, _):
        result = v[0].take(argsort([v[0]], [False]))
        result.loose = True
        return [result]

    @staticmethod
    def text(n, p):
        if p["sample"]:
            return f"{n[0]}:sample(#{n[0]}, {{seed = {p['seed']}}}):sort()"
        return f"{n[0]}:shuffle({p['seed']}):sort()"


@operation("c[i]", weight=1)
class Element:
    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        n = d.rows(c)
        return [c], {"i": d.integer(-n - 1, n + 1) if d.chance(5) else d.integer(1, max(n, 1))}

    @staticmethod
    def model(v, p):
        at = indices([p["i"]], len(v[0]))[0]
        if not v[0].valid[at]:
            return [Scalar("none", None)]
        kind = "word" if v[0].kind == "text" else v[0].kind
        return [Scalar(kind, v[0].data[at].item(), loose=False)]

    @staticmethod
    def text(n, p):
        return f"{n[0]}[{p['i']}]"
