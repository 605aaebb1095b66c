"""Operations of frames: distinct rows, missing values, and other shapes."""

import numpy as np

import lua
from case import operation
from groups import Grouping, aggregate
from matching import a_frame
from sources import EDGES
from values import ORDERED, Column, Frame, Impossible, codes, has_negative_zero, is_nan

I = np.int64


def some_names(d, f, least=1):
    names = list(d.values[f].columns)
    some = [x for x in names if d.chance(2)]
    return some if len(some) >= least else names[:least]


def listed(names):
    return "{ " + ", ".join(f'"{x}"' for x in names) + " }"


def columns_of(f, names):
    if any(x not in f.columns for x in names):
        raise Impossible()
    return [f.columns[x] for x in names]


def kept(f, p):
    """Which of the rows that equal another one stay."""
    numbers, _ = codes(columns_of(f, p["names"]))
    n = len(numbers)
    rows = np.arange(n)
    if p["keep"] == "none":
        return np.bincount(numbers)[numbers] == 1 if n else np.zeros(0, bool)
    at = np.full(n, n if p["keep"] == "first" else -1)
    (np.minimum if p["keep"] == "first" else np.maximum).at(at, numbers, rows)
    return at[numbers] == rows if n else np.zeros(0, bool)


@operation("f:drop_duplicates", weight=2)
class DropDuplicates:
    @staticmethod
    def draw(d):
        f = a_frame(d)
        return [f], {"names": some_names(d, f), "keep": d.pick(["first", "last", "none"])}

    @staticmethod
    def model(v, p):
        return [v[0].take(kept(v[0], p))]

    @staticmethod
    def text(n, p):
        keep = "false" if p["keep"] == "none" else f'"{p["keep"]}"'
        return f"{n[0]}:drop_duplicates({listed(p['names'])}, {{ keep = {keep} }})"


@operation("f:duplicated", weight=1)
class Duplicated:
    draw = DropDuplicates.draw

    @staticmethod
    def model(v, p):
        return [Column("bool", ~kept(v[0], p))]

    @staticmethod
    def text(n, p):
        return DropDuplicates.text(n, p).replace("drop_duplicates", "duplicated")


@operation("f:dropna", weight=2)
class DropNa:
    @staticmethod
    def draw(d):
        f = a_frame(d)
        names = some_names(d, f)
        how = d.pick(["any", "all", 1, 2, len(names)])
        return [f], {"names": names, "how": how, "nan": d.chance(2)}

    @staticmethod
    def model(v, p):
        has = [c.valid & ~(is_nan(c) if p["nan"] else False) for c in columns_of(v[0], p["names"])]
        least = {"any": len(has), "all": 1}.get(p["how"], p["how"])
        return [v[0].take(np.sum(has, axis=0) >= least)]

    @staticmethod
    def text(n, p):
        how = f'how = "{p["how"]}"' if isinstance(p["how"], str) else f'thresh = {p["how"]}'
        return f'{n[0]}:dropna({listed(p["names"])}, {{ {how}, nan = {str(p["nan"]).lower()} }})'


@operation("f:across", weight=2)
class Across:
    """p: how; names."""

    @staticmethod
    def draw(d):
        f = a_frame(d)
        how = d.pick(["min", "max", "count", "any", "all"])
        kinds = ORDERED if how == "count" else ["bool", "int", "float"]
        names = [x for x in some_names(d, f) if d.values[f].columns[x].kind in kinds]
        return ([f], {"names": names, "how": how}) if names else None

    @staticmethod
    def model(v, p):
        columns = columns_of(v[0], p["names"])
        if p["how"] == "count":
            return [Column("int", np.sum([c.valid for c in columns], axis=0))]
        if any(c.kind not in ("bool", "int", "float") for c in columns):
            raise Impossible()
        if p["how"] in ("any", "all"):
            f, without = (np.any, False) if p["how"] == "any" else (np.all, True)
            return [Column("bool", f([np.where(c.valid, c.data != 0, without) for c in columns], axis=0))]
        kind = "float" if any(c.kind == "float" for c in columns) else "int"
        data, valid = [c.data.astype(np.float64 if kind == "float" else I) for c in columns], [c.valid for c in columns]
        f, result, has = np.minimum if p["how"] == "min" else np.maximum, data[0], valid[0]
        for more, there in zip(data[1:], valid[1:]):
            result = np.where(has & there, f(result, more), np.where(has, result, more))
            has = has | there
        return [Column(kind, result, has, loose=any(has_negative_zero(c) for c in columns))]

    @staticmethod
    def text(n, p):
        return f'{n[0]}:across("{p["how"]}", {listed(p["names"])})'

    @staticmethod
    def parts(p):
        return [p["how"]]


@operation("f:value_counts", weight=2)
class FrameCounts:
    @staticmethod
    def draw(d):
        f = a_frame(d)
        names = [x for x in some_names(d, f) if x not in ("count", "share")]
        return ([f], {"names": names, "dropna": d.chance(2), "rises": d.chance(3)}) if names else None

    @staticmethod
    def model(v, p):
        columns = columns_of(v[0], p["names"])
        if p["dropna"]:
            there = np.all([c.valid for c in columns], axis=0)
            columns = [c.take(there) for c in columns]
        g = Grouping(columns)
        count = np.bincount(g.numbers, minlength=g.count)
        order = np.argsort(count if p["rises"] else -count, kind="stable")
        keys = []
        for key in g.key_columns():
            keys.append(key.take(order))
            keys[-1].loose = key.loose
        share = count / max(len(columns[0]), 1)
        return [Frame({**dict(zip(p["names"], keys)), "count": Column("int", count[order]),
                       "share": Column("float", share[order])})]

    @staticmethod
    def text(n, p):
        return (f"{n[0]}:value_counts({listed(p['names'])}, {{ dropna = {str(p['dropna']).lower()}, "
                f"ascending = {str(p['rises']).lower()} }})")


@operation("f:melt", weight=2)
class Melt:
    """p: ids, values. Names are words of the vocabulary: a and b."""

    @staticmethod
    def draw(d):
        first = d.column(ORDERED)
        n = d.rows(first)
        if n > d.most_rows / 3:
            return None
        a = d.column(ORDERED, n)
        b = d.column([d.kind(a)], n)
        f = d.add("mb.frame", [first, a, b], {"names": ["id", "a", "b"]})[0]
        return [f], {}

    @staticmethod
    def model(v, _):
        f = v[0]
        if list(f.columns) != ["id", "a", "b"] or f.columns["a"].kind != f.columns["b"].kind:
            raise Impossible()
        n, a, b = len(f), f.columns["a"], f.columns["b"]
        names = Column("text", np.repeat([lua.WORDS.index(b"a"), lua.WORDS.index(b"b")], n))
        value = Column(a.kind, np.concatenate([a.data, b.data]), np.concatenate([a.valid, b.valid]))
        return [Frame({"id": f.columns["id"].take(np.tile(np.arange(n), 2)), "variable": names, "value": value})]

    @staticmethod
    def text(n, _):
        return f'{n[0]}:melt{{ id_vars = "id" }}'


@operation("mb.concat of frames", weight=2)
class ConcatFrames:
    """Columns of one name have one type; those that a frame lacks are missing in its rows."""

    @staticmethod
    def draw(d):
        return [a_frame(d) for _ in range(d.integer(1, 3))], {}

    @staticmethod
    def model(v, _):
        kinds, n = {}, sum(map(len, v))
        for f in v:
            for name, c in f.columns.items():
                if kinds.setdefault(name, c.kind) != c.kind:
                    raise Impossible()
        if n > 400000:
            raise Impossible()
        result = {}
        for name, kind in kinds.items():
            parts = [f.columns.get(name) for f in v]
            none = [Column(kind, np.zeros(len(f)), np.zeros(len(f), bool)) for f in v]
            parts = [part or nothing for part, nothing in zip(parts, none)]
            result[name] = Column(kind, np.concatenate([c.data for c in parts]),
                                  np.concatenate([c.valid for c in parts]))
        return [Frame(result)]

    @staticmethod
    def text(n, _):
        return f"mb.concat{{ {', '.join(n)} }}"


@operation("f:pivot", weight=2)
class Pivot:
    """Of a frame that is made for it: key, name (ints of few values) and value; p: how."""

    @staticmethod
    def draw(d):
        key = d.column(ORDERED)
        n = d.rows(key)
        name, value = d.column(["int"], n), d.column(["int", "uint", "float"], n)
        if len(np.unique(d.values[name].present())) > 12:
            return None
        f = d.add("mb.frame", [key, name, value], {"names": ["key", "name", "value"]})[0]
        return [f], {"how": d.pick(["sum", "min", "max", "count", "first", "last", "size"])}

    @staticmethod
    def model(v, p):
        f = v[0].take(v[0].columns["name"].valid)
        name, titles = f.columns["name"], np.unique(f.columns["name"].data)
        if len(titles) > 12 or list(v[0].columns) != ["key", "name", "value"]:
            raise Impossible()
        rows = Grouping([f.columns["key"]])
        result = {"key": rows.key_columns()[0]}
        for title in titles.tolist():
            inside = name.data == title
            part = Grouping([f.columns["key"].take(inside)])
            at = rows.numbers[inside][part.firsts]
            if p["how"] == "size":
                cells = Column("int", np.bincount(part.numbers, minlength=part.count))
            else:
                cells = aggregate(part, f.columns["value"].take(inside), p["how"])
            data = np.zeros(rows.count, cells.data.dtype)
            valid = np.zeros(rows.count, bool)
            data[at], valid[at] = cells.data, cells.valid
            tolerance = None
            if cells.tolerance is not None:
                tolerance = np.zeros(rows.count)
                tolerance[at] = cells.tolerance
            column = Column(cells.kind, data, valid, loose=cells.loose, tolerance=tolerance)
            result[str(title)] = column
        return [Frame(result)]

    @staticmethod
    def text(n, p):
        values = "" if p["how"] == "size" else 'values = "value", '
        return f'{n[0]}:pivot{{ index = "key", columns = "name", {values}agg = "{p["how"]}" }}'

    @staticmethod
    def parts(p):
        return [p["how"]]


@operation("f:isin", weight=1)
class FrameIsIn:
    """Of frames with the same first columns; p: how many are the key."""

    @staticmethod
    def draw(d):
        f = a_frame(d)
        kinds = [c.kind for c in d.values[f].columns.values()]
        n = d.size()
        g = d.add(*_frame_of(d, kinds, n, list(d.values[f].columns)))[0]
        return [f, g], {"n": d.integer(1, len(kinds))}

    @staticmethod
    def model(v, p):
        names = list(v[0].columns)[:p["n"]]
        here, there = columns_of(v[0], names), columns_of(v[1], names)
        if any(a.kind != b.kind for a, b in zip(here, there)):
            raise Impossible()
        both = [Column(a.kind, np.concatenate([a.data, b.data]), np.concatenate([a.valid, b.valid]))
                for a, b in zip(here, there)]
        if any(is_nan(c).any() or c.some_missing for c in both):
            raise Impossible()
        numbers, _ = codes(both)
        n = len(v[0])
        return [Column("bool", np.isin(numbers[:n], numbers[n:]))]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:isin({n[1]}, {{ on = table.move({n[0]}:columns(), 1, {p['n']}, 1, {{}}) }})"


def _frame_of(d, kinds, n, names):
    return "mb.frame", [d.column([kind], n) for kind in kinds], {"names": names}


@operation("c:cut", weight=2)
class Cut:
    """p: edges, ascending; right; lowest."""

    @staticmethod
    def draw(d):
        c = d.column(["float"])
        edges = sorted({float(x) for x in (d.pick(EDGES["float"]) for _ in range(d.integer(2, 7))) if x == x})
        if len(edges) < 2:
            return None
        return [c], {"edges": edges, "right": d.chance(2), "lowest": d.chance(2)}

    @staticmethod
    def model(v, p):
        c, edges = v[0], np.array(p["edges"])
        found = np.searchsorted(edges, c.data, "left" if p["right"] else "right")
        last = len(edges)
        if p["lowest"]:
            found = np.where(c.data == edges[0], 1, found) if p["right"] else np.where(
                c.data == edges[-1], last - 1, found)
        inside = (found >= 1) & (found < last) & ~is_nan(c)
        return [Column("int", np.where(inside, found, 0), c.valid & inside)]

    @staticmethod
    def text(n, p):
        edges = ", ".join(map(lua.plain, p["edges"]))
        return (f"{n[0]}:cut({{ {edges} }}, {{ labels = false, right = {str(p['right']).lower()}, "
                f"include_lowest = {str(p['lowest']).lower()} }})")


@operation("c:ffill and c:bfill", weight=2)
class Fill:
    @staticmethod
    def draw(d):
        return [d.column(ORDERED)], {"back": d.chance(2), "limit": d.pick([None, None, 1, 2, 40])}

    @staticmethod
    def model(v, p):
        c, n = v[0], len(v[0])
        c = c.take(slice(None, None, -1)) if p["back"] else c
        at = np.maximum.accumulate(np.where(c.valid, np.arange(n), -1)) if n else np.zeros(0, I)
        has = at >= 0
        if p["limit"]:
            has = has & (np.arange(n) - at <= p["limit"])
        result = Column(c.kind, c.data[np.maximum(at, 0)] if n else c.data, has)
        return [result.take(slice(None, None, -1)) if p["back"] else result]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:{'bfill' if p['back'] else 'ffill'}({p['limit'] or ''})"
