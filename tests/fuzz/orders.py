"""Operations about the order of rows."""

import numpy as np

import lua
from case import operation
from elementwise import compare, constant
from sources import EDGES
from values import ORDERED, Column, Impossible, Scalar, argsort, codes, has_negative_zero, is_nan, together


@operation("c:sort", weight=3)
class Sort:
    @staticmethod
    def draw(d):
        return [d.column(ORDERED)], {"down": d.chance(3)}

    @staticmethod
    def model(v, p):
        result = v[0].take(argsort([v[0]], [p["down"]]))
        result.loose = has_negative_zero(v[0])
        return [result]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:sort{{descending = {str(p['down']).lower()}}}"


@operation("argsort", weight=3)
class Argsort:
    @staticmethod
    def draw(d):
        first = d.column(ORDERED)
        keys = [first] + [d.column(ORDERED, d.rows(first)) for _ in range(d.pick([0, 0, 1, 1, 2, 3]))]
        return keys, {"down": [d.chance(3) for _ in keys]}

    @staticmethod
    def model(v, p):
        return [Column("int", argsort(v, p["down"]) + 1)]

    @staticmethod
    def text(n, p):
        down = ", ".join(str(x).lower() for x in p["down"])
        if len(n) == 1:
            return f"{n[0]}:argsort{{descending = {down}}}"
        return f"mb.argsort({{{', '.join(n)}}}, {{descending = {{{down}}}}})"


@operation("c:is_sorted", weight=1)
class IsSorted:
    @staticmethod
    def draw(d):
        return [d.column(ORDERED)], {"down": d.chance(3)}

    @staticmethod
    def model(v, p):
        order = argsort(v, [p["down"]])
        return [Scalar("bool", bool((order == np.arange(len(order))).all()))]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:is_sorted{{descending = {str(p['down']).lower()}}}"


@operation("topk and bottomk", weight=2, outputs=2)
class Top:
    @staticmethod
    def draw(d):
        return [d.column(ORDERED)], {"k": d.pick([0, 1, 2, 10, 100, 5000]), "down": d.chance(2)}

    @staticmethod
    def model(v, p):
        c = v[0]
        there = np.flatnonzero(c.valid & ~is_nan(c))
        order = there[argsort([c.take(there)], [p["down"]])[:p["k"]]]
        values = c.take(order)
        values.loose = has_negative_zero(c)
        return [values, Column("int", order + 1)]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:{'topk' if p['down'] else 'bottomk'}({p['k']})"


@operation("c:searchsorted", weight=2)
class SearchSorted:
    """p: side; value, a scalar."""

    @staticmethod
    def draw(d):
        c = d.column(ORDERED)
        name = c if _rising(d.values[c]) else d.add("c:sort", [c], {"down": False})[0]
        kind = d.kind(name)
        p = {"side": d.pick(["left", "right"])}
        if d.chance(3):
            own = kind in ("bool", "text")
            p["value"] = d.pick(EDGES[kind if own else d.pick(["int", "uint", "float"])])
            return [name], p
        return [name, d.column([kind])], p

    @staticmethod
    def model(v, p):
        c = v[0]
        if not _rising(c):
            raise Impossible()
        if len(v) == 1:
            return [SearchSorted.place(c, p)]
        wanted = v[1]
        both = together(c, wanted)
        numbers, _ = codes([both])
        at = np.searchsorted(numbers[:len(c)], numbers[len(c):], side=p["side"]) + 1
        return [Column("int", at, wanted.valid)]

    @staticmethod
    def place(c, p):
        """The place of a scalar, compared exactly."""
        value, rows = p["value"], c.take(c.valid)
        if c.kind == "text":
            value, rows = int(value), Column("int", rows.data)
        if value != value:
            below = ~is_nan(rows) if p["side"] == "left" else np.ones(len(rows), bool)
        else:
            kind = lua.kind_of(value)
            order = compare(rows.data, rows.kind, constant(("scalar", value, kind), len(rows)).data, kind)
            below = (order == -1) | (order == 0) & (p["side"] == "right")
        return Scalar("int", int(below.sum()) + 1)

    @staticmethod
    def text(n, p):
        wanted = n[1] if len(n) == 2 else lua.plain(p["value"])
        return f'{n[0]}:searchsorted({wanted}, "{p["side"]}")'


def _rising(c):
    return bool((argsort([c], [False]) == np.arange(len(c))).all())


@operation("c:digitize", weight=1)
class Digitize:
    """p: edges, ascending ints or floats."""

    @staticmethod
    def draw(d):
        c = d.column(["int", "uint", "float"])
        edges = sorted(x for x in (d.pick(EDGES[d.pick(["int", "uint", "float"])]) for _ in range(d.integer(1, 6)))
                       if x == x)
        return ([c], {"edges": edges}) if edges else None

    @staticmethod
    def model(v, p):
        c = v[0]
        result = np.zeros(len(c), np.int64)
        for edge in p["edges"]:
            kind = lua.kind_of(edge)
            order = compare(c.data, c.kind, constant(("scalar", edge, kind), len(c)).data, kind)
            result += (order == 0) | (order == 1) | (order == 2)
        return [Column("int", result, c.valid)]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:digitize{{{', '.join(map(lua.plain, p['edges']))}}}"
