"""Columns that cases begin with: literal rows, ranges, constants, bits of a row and seed in many
distributions, and datasets of files."""

import os

import h5py
import numpy as np

import lua
from case import operation
from values import WORDS, Column, Word, of_rows

EDGES = {
    "bool": [False, True],
    "int": [0, 1, -1, 2, -7, 10, 63, 64, 127, 128, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32, -2**31,
            2**53 + 1, -2**53 - 1, 2**62, 2**63 - 1, 2**63 - 2, -2**63, -2**63 + 1],
    "uint": [0, 1, 3, 10, 63, 64, 255, 256, 65536, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**63 + 1025,
             2**64 - 1, 2**64 - 2, 2**64 - 1025],
    "float": [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.7, 10.0, -7.0, 0.1, float("nan"),
              float("inf"), float("-inf"), 2.0**52 + 1, 2.0**53, -2.0**63, 2.0**63, 2.0**64, 1e300, -1e300,
              1e308, -1.7e308, 5e-324, -5e-324, 2.0**-1022, 1.7976931348623157e308],
    "text": [Word(i) for i in range(0, len(WORDS), 7)] + [Word(len(WORDS) - 1)],
}
# A least value and a number of values from it on.
SPANS = [1, 2, 3, 10, 200, 256, 257, 1000, 65536, 65537, 1 << 20, 1 << 24, 1 << 32, 1 << 40, 1 << 53, (1 << 63) - 1]
BASES = [0, 1, -1, -128, 1000, -70000, 1 << 31, 1 << 35, 1 << 53, -(1 << 62), 1 << 62]
STRIDES = [1, 1, 1, 2, 3, 1000, 65536, 1000003, 1 << 32]
U = np.uint64


def bits(n, seed):
    """As `bits` of the scripts (lua.py)."""
    x = (np.arange(1, n + 1, dtype=np.int64) + np.int64(seed)).astype(U) * U(0x9E3779B97F4A7C15)
    x = (x ^ (x >> U(30))) * U(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> U(27))) * U(0x94D049BB133111EB)
    return (x ^ (x >> U(31))).view(np.int64)


@operation("literal")
class Literal:
    """p: kind, rows."""

    @staticmethod
    def model(_, p):
        return [of_rows(p["kind"], p["rows"])]

    @staticmethod
    def text(_, p):
        rows = ", ".join(lua.literal(x, p["kind"]) for x in p["rows"])
        return f'mb.column({{{rows}}}, "{p["kind"]}")'


@operation("mb.range")
class Range:
    """p: first, step, n."""

    @staticmethod
    def model(_, p):
        return [Column("int", np.int64(p["first"]) + np.arange(p["n"], dtype=np.int64) * np.int64(p["step"]))]

    @staticmethod
    def text(_, p):
        last = p["first"] + (p["n"] - 1) * p["step"]
        return f'mb.range({p["first"]}, {last}, {p["step"]})'


@operation("mb.full")
class Full:
    """p: kind, value, n."""

    @staticmethod
    def model(_, p):
        kind = p["kind"]
        return [Column(kind, np.full(p["n"], p["value"], of_rows(kind, []).data.dtype))]

    @staticmethod
    def text(_, p):
        return f'mb.full({p["n"]}, {lua.scalar(p["value"], p["kind"])})'


@operation("random bits")
class Bits:
    """p: kind, n, seed, low, span, stride; shape: plain, few (skewed), rising, clusters, or falling; scale
    of floats; specials: floats put in one of so many rows; missing: one of so many rows, 0 for none."""

    @staticmethod
    def model(_, p):
        n, kind = p["n"], p["kind"]
        x = Bits._whole(p)
        if kind == "bool":
            data = x % 2 == 0
        elif kind == "float":
            data = x.astype(np.float64) * p["scale"]
            if p["specials"]:
                chosen = bits(n, p["seed"] + 77) % p["specials"] == 0
                data = np.where(chosen, p["special"], data)
        else:
            data = x.view(U) if kind == "uint" else x
        valid = bits(n, p["seed"] + 99) % p["missing"] != 0 if p["missing"] else None
        return [Column(kind, data, valid)]

    @staticmethod
    def _whole(p):
        n, shape = p["n"], p["shape"]
        h = (bits(n, p["seed"]).view(U) >> U(1)).view(np.int64)
        row = np.arange(1, n + 1, dtype=np.int64)
        x = h % p["span"]
        if shape == "few":
            x >>= (h >> 32) % 60
        elif shape == "clusters":
            x = np.where(row % 4096 < 1024, p["span"] - 1, x)
        elif shape == "block":
            x = np.where(row <= 1024, p["span"] - 1, x)
        elif shape == "rising":
            x = row // 3 + x % 3
        elif shape == "falling":
            x = 5000000 - row // 3
        return x * np.int64(p["stride"]) + np.int64(p["low"])

    @staticmethod
    def _whole_text(p):
        n, shape, span = p["n"], p["shape"], p["span"]
        h = f'(bits({n}, {p["seed"]}) >> 1)'
        row = f"mb.range(1, {n})"
        x = f"{h} % {span}"
        if shape == "few":
            x = f"({x}) >> (({h} >> 32) % 60)"
        elif shape == "clusters":
            x = f"mb.where(({row} % 4096):lt(1024), {span - 1}, {x})"
        elif shape == "block":
            x = f"mb.where({row}:le(1024), {span - 1}, {x})"
        elif shape == "rising":
            x = f"{row} // 3 + {x} % 3"
        elif shape == "falling":
            x = f"5000000 - {row} // 3"
        return f'(({x}) * {p["stride"]} + {lua.scalar(p["low"], "int")})'

    @staticmethod
    def text(_, p):
        kind, x = p["kind"], Bits._whole_text(p)
        if kind == "bool":
            x = f"({x} % 2):eq(0)"
        elif kind == "float":
            x = f'{x}:as"float" * {lua.scalar(p["scale"], "float")}'
            if p["specials"]:
                x = (f'mb.where((bits({p["n"]}, {p["seed"] + 77}) % {p["specials"]}):eq(0), '
                     f'{lua.scalar(p["special"], "float")}, {x})')
        elif kind == "uint":
            x = f'{x}:as("uint", {{wrap = true}})'
        if p["missing"]:
            x = f'mb.where((bits({p["n"]}, {p["seed"] + 99}) % {p["missing"]}):ne(0), {x}, null)'
        return x


@operation("words")
class Words:
    """p: n, seed, low, span: strings of WORDS; missing: one of so many rows, 0 for none; spread: whether the
    strings are, over the ranks."""

    @staticmethod
    def model(_, p):
        n = p["n"]
        data = (bits(n, p["seed"]).view(U) >> U(1)).view(np.int64) % p["span"] + p["low"]
        valid = bits(n, p["seed"] + 99) % p["missing"] != 0 if p["missing"] else None
        return [Column("text", data, valid)]

    @staticmethod
    def text(_, p):
        x = f'words[(bits({p["n"]}, {p["seed"]}) >> 1) % {p["span"]} + {p["low"] + 1}]'
        if p["missing"]:
            x = f'mb.where((bits({p["n"]}, {p["seed"] + 99}) % {p["missing"]}):ne(0), {x}, null)'
        return f'{x}:as("text", {{dictionary = false}})' if p["spread"] else x


class Files:
    """Where datasets of cases are written."""

    folder = "."


@operation("mb.read_hdf")
class Dataset:
    """p: kind, n, dtype, chunk (0: contiguous), gzip, seed, low, span: whole numbers."""

    @staticmethod
    def data(p):
        rows = bits(p["n"], p["seed"]).view(U) % U(p["span"])
        return (rows + U(p["low"] % 2**64)).view(np.int64 if p["low"] < 0 else U).astype(p["dtype"])

    @staticmethod
    def model(_, p):
        return [Column(p["kind"], Dataset.data(p))]

    @staticmethod
    def text(_, p):
        path = os.path.join(Files.folder, "_".join(str(x) for x in p.values()) + ".h5")
        if not os.path.exists(path):
            with h5py.File(path, "w") as file:
                how = {"chunks": (min(p["chunk"], p["n"]),)} if p["chunk"] and p["n"] else {}
                if how and p["gzip"]:
                    how.update(compression="gzip", compression_opts=1, shuffle=p["gzip"] > 1)
                file.create_dataset("x", data=Dataset.data(p), **how)
        return f'mb.read_hdf({lua.text(path)}, "x")'


WIDTHS = {"int": ["i1", "i2", "i4", "i8", "u1", "u2", "u4", ">i4", ">u2", ">i8"], "uint": ["u8", ">u8"],
          "float": ["f4", "f8", ">f4", ">f8"], "bool": ["bool"]}


def _dataset(d, kind, n):
    dtype = d.pick(WIDTHS[kind])
    bits_of = {"i1": 7, "i2": 15, "i4": 31, "i8": 62, "u1": 8, "u2": 16, "u4": 32, "u8": 64, "f4": 24, "f8": 53,
               "bool": 1}[dtype.lstrip(">")]
    span = 2**bits_of if d.chance(2) else d.integer(1, min(2**bits_of, 300))
    low = -span // 2 if dtype.lstrip(">")[0] in "if" and d.chance(2) else 0
    return "mb.read_hdf", {"kind": kind, "n": n, "dtype": dtype, "chunk": d.pick([0, 1000, 4096, 70000]),
                           "gzip": d.integer(0, 2), "seed": d.integer(0, 10**6), "low": low,
                           "span": min(span, 2**64 - 1)}


def _literal(d, kind, n):
    pool = EDGES[kind]
    if d.chance(2) and kind != "bool":
        low = 0 if kind in ("uint", "text") else -3
        pool = [d.integer(low, 4) for _ in range(5)] if d.chance(2) else [d.pick(pool) for _ in range(3)]
        if kind == "float":
            pool = [x / 2 if np.isfinite(x) else x for x in pool]
    elif d.chance(3) and kind in ("int", "uint", "float"):
        width = d.pick([7, 8, 15, 16, 31, 32, 40])
        pool = [d.integer(0, 2**width - 1) for _ in range(n)] or [0]
        if kind == "float":
            pool = [x / 16 for x in pool]
    missing = d.pick([0, 0, 0, 2, 5, 1])
    rows = [None if missing and d.chance(missing) else d.pick(pool) for _ in range(n)]
    return "literal", {"kind": kind, "rows": rows}


def _bits(d, kind, n):
    return "random bits", {
        "kind": kind, "n": n, "seed": d.integer(0, 10**6), "span": d.pick(SPANS),
        "low": d.pick(BASES) if d.chance(2) else 0, "stride": d.pick(STRIDES),
        "shape": d.pick(["plain", "plain", "few", "clusters", "block", "rising", "falling"]),
        "scale": d.pick([1.0, 0.5, 0.125, 2.0**-40, 2.0**30, 0.1, -1.0, 1e-300]),
        "specials": d.pick([0, 0, 3, 100]) if kind == "float" else 0, "special": d.pick(EDGES["float"]),
        "missing": d.pick([0, 0, 0, 2, 50, 1]),
    }


def _words(d, n):
    span = d.pick([1, 2, 10, 100, len(WORDS)])
    return "words", {"n": n, "seed": d.integer(0, 10**6), "span": span,
                     "low": d.integer(0, len(WORDS) - span), "missing": d.pick([0, 0, 0, 2, 50, 1]),
                     "spread": d.chance(2)}


def draw_source(d, kind, n):
    """The name and parameters of an operation that gives n rows of a type."""
    if kind != "uint" and d.chance(25):
        return "mb.full", {"kind": kind, "value": d.pick(EDGES[kind]), "n": n}
    if kind == "int" and d.chance(15):
        return "mb.range", {"first": d.integer(-300, 300), "step": d.pick([1, 1, 2, 5, -3]), "n": n}
    if kind != "text" and n >= 10 and d.chance(20):
        return _dataset(d, kind, n)
    if kind == "text" and d.chance(2):
        return _words(d, n)
    if n <= 60 or n <= 3000 and d.chance(4):
        return _literal(d, kind, n)
    if kind == "text":
        return _words(d, n)
    return _bits(d, kind, n)
