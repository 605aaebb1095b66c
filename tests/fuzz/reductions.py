"""Operations that look at all rows: reductions and scans."""

import math

import numpy as np

from case import operation
from values import Column, Impossible, Raises, Scalar, has_negative_zero, is_nan

NUMBERS = ["int", "uint", "float"]
I, U, F = np.int64, np.uint64, np.float64


def values_of(c, skipna=False):
    keep = c.valid & ~is_nan(c) if skipna else c.valid
    return c.data[keep], keep


def whole_sum(data):
    """The exact sum of integers or bools."""
    if data.dtype == bool:
        return int(data.sum())
    if data.dtype == U:
        return (int((data >> U(32)).sum()) << 32) + int((data & U(0xffffffff)).sum())
    return (int((data >> 32).sum()) << 32) + int((data & 0xffffffff).sum())


def fits(value, kind):
    low, high = (0, 2**64 - 1) if kind == "uint" else (-2**63, 2**63 - 1)
    if not low <= value <= high:
        raise Raises("does not fit")
    return value


def float_sum(data):
    """(sum, tolerance)"""
    with np.errstate(all="ignore"):
        finite = np.isfinite(data)
        mass = float(np.abs(data[finite]).sum())
        if not mass < 1e305:
            raise Impossible()  # what overflows on the way depends on the order
        if not finite.all():
            return float(data[~finite].sum()), 0.0
        return math.fsum(data.tolist()), mass * 2.0**-47 + 5e-324


def product(data, kind):
    if kind == "float":
        with np.errstate(all="ignore"):
            result = float(np.prod(data))
            logs = np.abs(np.log2(np.abs(data[(data != 0) & np.isfinite(data)]))).sum()
        if logs > 900:
            raise Impossible()
        return Scalar("float", result, abs(result) * len(data) * 2.0**-51 if math.isfinite(result) else None)
    result = int(np.multiply.reduce(data.astype(U if kind == "uint" else I).view(U), initial=U(1)))
    return Scalar("uint" if kind == "uint" else "int", result)


def moments(name, data, kind, ddof):
    x = data.astype(F) if kind != "bool" else data.astype(F)
    n = len(x)
    if name in ("var", "std") and n <= ddof or n == 0:
        return Scalar("float", math.nan)
    with np.errstate(all="ignore"):
        if not np.isfinite(x).all():
            return Scalar("float", float_sum(x)[0] / n if name == "mean" else math.nan)
        most = float(np.abs(x).max())
        mean = math.fsum(x.tolist()) / n if most < 1e300 else None
        if most > 1e70 and not (name == "mean" and most < 1e300):
            raise Impossible()
        if name == "mean":
            return Scalar("float", mean, most * 2.0**-46)
        off = x.astype(np.longdouble) - np.longdouble(mean)
        var = float((off * off).sum() / max(n - ddof, 1e-9)) if name != "skew" else float((off * off).sum() / n)
        if name == "var":
            return Scalar("float", var, var * 1e-9 + most * most * 2.0**-46)
        if name == "std":
            return Scalar("float", math.sqrt(var), math.sqrt(var) * 1e-9 + most * 1e-5)
        if var <= most * most * 1e-9:
            raise Impossible()
        skew = float((off ** 3).sum() / n) / var ** 1.5
        return Scalar("float", skew, abs(skew) * 1e-6 + 1e-6)


def extreme(name, c, data, keep):
    if len(data) == 0:
        raise Raises("no value")
    nan = np.isnan(data) if c.kind == "float" else np.zeros(len(data), bool)
    if nan.any():
        at = int(np.argmax(nan))
    else:
        at = int(np.argmin(data) if name.endswith("min") else np.argmax(data))
    if name.startswith("arg"):
        return Scalar("int", int(np.flatnonzero(keep)[at]) + 1)
    return Scalar(c.kind, data[at].item())


def reduce(name, c, skipna=False, ddof=0):
    data, keep = values_of(c, skipna)
    kind = "uint" if c.kind == "uint" else "float" if c.kind == "float" else "int"
    if name == "sum":
        if kind == "float":
            return Scalar("float", *float_sum(data))
        return Scalar(kind, fits(whole_sum(data), kind))
    if name == "prod":
        return product(data, kind)
    if name in ("mean", "var", "std", "skew"):
        return moments(name, data, c.kind, ddof)
    if name in ("min", "max", "argmin", "argmax"):
        return extreme(name, c, data, keep)
    if name in ("any", "all"):
        return Scalar("bool", bool(getattr(np, name)(data != 0)))
    return Scalar("int", int((data != 0).sum()))


STATISTICS = ["sum", "prod", "mean", "var", "std", "skew", "min", "max", "argmin", "argmax", "any", "all",
              "count_nonzero"]


def options_text(p):
    parts = []
    if p.get("skipna"):
        parts.append("skipna = true")
    if p.get("ddof"):
        parts.append(f"ddof = {p['ddof']}")
    return "{" + ", ".join(parts) + "}" if parts else ""


@operation("reductions", weight=6)
class Reduction:
    """p: name, skipna, ddof."""

    @staticmethod
    def draw(d):
        name = d.pick(STATISTICS)
        return [d.column()], {"name": name, "skipna": d.chance(4),
                              "ddof": 1 if name in ("var", "std") and d.chance(2) else 0}

    @staticmethod
    def model(v, p):
        return [reduce(p["name"], v[0], p["skipna"], p["ddof"])]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:{p['name']}({options_text(p)})"

    @staticmethod
    def parts(p):
        return [p["name"]]


@operation("c:stats", weight=2, outputs=lambda p: len(p["names"]))
class Stats:
    """p: names, skipna, ddof."""

    @staticmethod
    def draw(d):
        names = [x for x in STATISTICS if d.chance(2)] or ["sum"]
        return [d.column()], {"names": names, "skipna": d.chance(4), "ddof": d.integer(0, 1)}

    @staticmethod
    def model(v, p):
        return [reduce(name, v[0], p["skipna"], p["ddof"]) for name in p["names"]]

    @staticmethod
    def text(n, p):
        names = ", ".join(f'"{x}"' for x in p["names"])
        options = options_text(p)[1:-1]
        call = f"{n[0]}:stats{{{names}{', ' + options if options else ''}}}"
        return f"(function(t) return {', '.join('t.' + x for x in p['names'])} end)({call})"


@operation("dot, cov and corr", weight=1)
class Two:
    @staticmethod
    def draw(d):
        a = d.column(NUMBERS)
        other = ["float"] if d.kind(a) == "uint" and d.chance(2) else [d.kind(a), "float"]
        return [a, d.column(other, d.rows(a))], {"name": d.pick(["dot", "cov", "corr"])}

    @staticmethod
    def model(v, p):
        both = v[0].valid & v[1].valid
        a, b = v[0].data[both], v[1].data[both]
        whole = v[0].kind == v[1].kind != "float"
        if p["name"] == "dot" and whole:
            if len(a) > 20000:
                raise Impossible()
            return [Scalar(v[0].kind, fits(sum(x * y for x, y in zip(a.tolist(), b.tolist())), v[0].kind))]
        a, b = a.astype(F), b.astype(F)
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            raise Impossible()
        most = float(np.abs(a).max(initial=0)) * float(np.abs(b).max(initial=0))
        if most > 1e140 or 0 < most < 1e-140:
            raise Impossible()
        n = len(a)
        if p["name"] == "dot":
            return [Scalar("float", math.fsum((a * b).tolist()), most * n * 2.0**-46)]
        if n < 2:
            return [Scalar("float", math.nan)]
        x, y = a - a.mean(), b - b.mean()
        cov = float((x * y).sum())
        if p["name"] == "cov":
            return [Scalar("float", cov / (n - 1), most * 1e-12)]
        spread = float(x.std() * y.std())
        if spread <= most * 1e-6:
            raise Impossible()
        return [Scalar("float", cov / n / spread, 1e-7)]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:{p['name']}({n[1]})"


SCANS = {"cumsum": np.add, "cumprod": np.multiply, "cummin": np.minimum, "cummax": np.maximum}


@operation("scans", weight=3)
class Scan:
    """p: name, exclusive."""

    @staticmethod
    def draw(d):
        return [d.column()], {"name": d.pick(list(SCANS)), "exclusive": d.chance(3)}

    @staticmethod
    def model(v, p):
        c, name = v[0], p["name"]
        if name in ("cummin", "cummax"):
            return [_extremes(c, p)]
        kind = c.kind if c.kind in ("uint", "float") else "int"
        neutral = 0 if name == "cumsum" else 1
        dtype = {"int": I, "uint": U, "float": F}[kind]
        data = np.where(c.valid, c.data.astype(dtype), dtype(neutral))
        if kind == "float":
            return [_float_scan(c, data, p, neutral)]
        result = SCANS[name].accumulate(data) if len(data) else data
        if p["exclusive"]:
            result = np.concatenate([np.full(min(1, len(data)), neutral, dtype), result[:-1]])
        return [Column(kind, result, c.valid)]

    @staticmethod
    def text(n, p):
        return f"{n[0]}:{p['name']}({'{exclusive = true}' if p['exclusive'] else ''})"

    @staticmethod
    def parts(p):
        return [p["name"]]


def _float_scan(c, data, p, neutral):
    n = len(data)
    if p["name"] == "cumprod":
        bad = np.isfinite(data) & (data != 0)
        if np.abs(np.log2(np.abs(data[bad]))).sum() > 900:
            raise Impossible()
        result = np.multiply.accumulate(data) if n else data
        tolerance = np.abs(result) * n * 2.0**-51
    else:
        finite = np.where(np.isfinite(data), data, 0.0)
        mass = np.add.accumulate(np.abs(finite)) if n else finite
        if n and not mass[-1] < 1e300:
            raise Impossible()
        result = np.add.accumulate(data.astype(np.longdouble)).astype(F) if n else data
        tolerance = mass * 2.0**-46 + 5e-324
    if p["exclusive"]:
        result = np.concatenate([np.full(min(1, n), float(neutral)), result[:-1]])
        tolerance = np.concatenate([np.zeros(min(1, n)), tolerance[:-1]])
    tolerance = np.where(np.isfinite(result), tolerance, 0.0)
    return Column("float", result, c.valid, loose=True, tolerance=tolerance)


def _extremes(c, p):
    rows = c.data[c.valid]
    f = SCANS[p["name"]]
    if c.kind == "bool":
        rows = rows.astype(I)
    result = f.accumulate(rows) if len(rows) else rows
    valid = c.valid.copy()
    if p["exclusive"]:
        result = np.concatenate([rows[:1], result[:-1]])
        if c.valid.any():
            valid[np.argmax(c.valid)] = False
    data = c.data.copy()
    data[c.valid] = result
    return Column(c.kind, data, valid, loose=has_negative_zero(c))
