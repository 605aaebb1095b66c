"""What the model computes with: columns as numpy arrays, and the order and equality of their rows."""

import random

import numpy as np

# A column of text is one of places among WORDS, which are in order: so it compares as ints do.
DTYPES = {"bool": np.bool_, "int": np.int64, "uint": np.uint64, "float": np.float64, "text": np.int64}
TYPES = ["bool", "int", "uint", "float"]
ORDERED = TYPES + ["text"]


def _words():
    dice = random.Random(5)
    pieces = [b"a", b"b", b"ab", b"svc-", b"0", b"7", b" ", b"\0", b"\xff", b"\x80", "\u00e9".encode(), "\u65e5".encode(),
              "\U0001f600".encode(), b"Z", b"."]
    words = {b"", b"\0", b"\xff", b"x" * 300, b"x" * 299}
    while len(words) < 300:
        words.add(b"".join(dice.choice(pieces) for _ in range(dice.randrange(1, 7))))
    return sorted(words)


WORDS = _words()


class Word(int):
    """A string, by its place."""


class Raises(Exception):
    """The operation is an error by the reference."""


class Impossible(Exception):
    """The model does not say what the result is."""


class Column:
    """`loose`: the values may differ in the sign of zeros; `tolerance`: by so much, an array. `free`: of the
    right type and length, with any values, but the same on all numbers of ranks."""

    free = False

    def __init__(self, kind, data, valid=None, loose=False, tolerance=None):
        self.kind = kind
        self.data = np.asarray(data, dtype=DTYPES[kind])
        valid = np.ones(len(self.data), bool) if valid is None else np.asarray(valid, bool)
        self.valid = valid
        self.loose, self.tolerance = loose, tolerance

    def __len__(self):
        return len(self.data)

    @property
    def exact(self):
        return self.tolerance is None and not self.loose and not self.free and not hasattr(self, "slack")

    @property
    def some_missing(self):
        return not self.valid.all()

    def take(self, where):
        return Column(self.kind, self.data[where], self.valid[where])

    def present(self):
        """The values that are not missing."""
        return self.data[self.valid]

    def rows(self):
        """Python values, None where one is missing."""
        return [x if there else None for x, there in zip(self.data.tolist(), self.valid.tolist())]


class Scalar:
    """kind: bool, int, uint, float, word (of text), text or none (nil)."""

    free = False

    def __init__(self, kind, value, tolerance=None, loose=True):
        self.kind, self.value, self.tolerance, self.loose = kind, value, tolerance, loose


class Frame:
    def __init__(self, columns):
        self.columns = dict(columns)

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def take(self, where):
        return Frame({name: c.take(where) for name, c in self.columns.items()})


def of_rows(kind, rows):
    valid = np.array([x is not None for x in rows], bool)
    return Column(kind, np.array([0 if x is None else x for x in rows], DTYPES[kind]), valid)


def as_float(column):
    return column.data.astype(np.float64)


def is_nan(column):
    return np.isnan(column.data) if column.kind == "float" else np.zeros(len(column), bool)


# Order: ascending or descending, then NaN, then missing rows.

def order_keys(column, descending=False):
    """Keys for np.lexsort, the most significant one last."""
    data = column.data
    if column.kind == "bool":
        data = data.astype(np.int64)
    nan = is_nan(column)
    if column.kind == "float":
        data = np.where(nan | ~column.valid, 0.0, -data if descending else data) + 0.0
    else:
        data = np.where(column.valid, ~data if descending else data, 0)
    return [data, nan & column.valid, ~column.valid]


def argsort(columns, descending):
    keys = []
    for column, down in reversed(list(zip(columns, descending))):
        keys += order_keys(column, down)
    return np.lexsort(keys) if len(columns[0]) else np.zeros(0, np.int64)


def codes(columns):
    """Equal rows have equal numbers, ascending in the order of the rows: (numbers, one row of each)."""
    order = argsort(columns, [False] * len(columns))
    n = len(order)
    if n == 0:
        return np.zeros(0, np.int64), order
    new = np.zeros(n, bool)
    new[0] = True
    for column in columns:
        for key in order_keys(column):
            ordered = key[order]
            new[1:] |= ordered[1:] != ordered[:-1]
    numbers = np.empty(n, np.int64)
    numbers[order] = np.cumsum(new) - 1
    return numbers, order[new]


def has_negative_zero(column):
    return column.kind == "float" and bool((np.signbit(column.data) & (column.data == 0)).any())


def canonical(column, rows):
    """Distinct rows of a column: the sign of a zero may be either when both are there."""
    result = column.take(rows)
    result.loose = has_negative_zero(column)
    return result


def together(a, b):
    """Two columns of a type one after the other."""
    return Column(a.kind, np.concatenate([a.data, b.data]), np.concatenate([a.valid, b.valid]))


# Comparison of what was expected and what came.

def _same_floats(expected, got, loose, tolerance):
    same = (expected == got) | (np.isnan(expected) & np.isnan(got))
    if not loose:
        zero = (expected == 0) & (got == 0)
        same &= ~zero | (np.signbit(expected) == np.signbit(got))
    if tolerance is not None:
        with np.errstate(all="ignore"):
            same |= np.abs(expected - got) <= tolerance
    return same


def difference(expected, got):
    """None when they agree, else a sentence."""
    if type(expected) is not type(got):
        return f"expected {show(expected)}, got {show(got)}"
    if isinstance(expected, str):
        return None if expected == got else f"expected {expected}, got {got}"
    if isinstance(expected, Scalar):
        return _scalar_difference(expected, got)
    if expected.kind != got.kind:
        return f"expected a column of type {expected.kind}, got {got.kind}"
    if len(expected) != len(got):
        return f"expected {len(expected)} rows, got {len(got)}: {show(expected)}, {show(got)}"
    if expected.free:
        return None
    same = expected.valid == got.valid
    if expected.kind == "float":
        values = _same_floats(expected.data, got.data, expected.loose, expected.tolerance)
    elif hasattr(expected, "slack"):
        more = got.data - expected.data
        values = (more >= 0) & (more <= expected.slack)
        if got.data.sum() != expected.total:
            return f"expected counts of {expected.total} in all, got {got.data.sum()}"
    else:
        values = expected.data == got.data
    wrong = np.flatnonzero(~same | (expected.valid & ~values))
    if len(wrong) == 0:
        return None
    first = wrong[0]
    return (f"{len(wrong)} of {len(expected)} rows differ, the first is row {first + 1}: expected "
            f"{_one(expected, first)}, got {_one(got, first)}")


def _scalar_difference(expected, got):
    kind = "int" if expected.kind == "uint" else expected.kind
    same = kind == got.kind
    if expected.free and same:
        return None
    if same and kind == "float":
        tolerance = None if expected.tolerance is None else np.float64(expected.tolerance)
        same = bool(_same_floats(np.float64(expected.value), np.float64(got.value), expected.loose, tolerance))
    elif same and kind == "int":
        same = (int(expected.value) - int(got.value)) % 2**64 == 0
    elif same:
        same = expected.value == got.value
    return None if same else f"expected {show(expected)}, got {show(got)}"


def _one(column, i):
    return repr(column.data[i].item()) if column.valid[i] else "missing"


def show(value, most=12):
    if value is None:
        return "nothing"
    if isinstance(value, Scalar):
        near = "" if value.tolerance is None else "about "
        return f"{near}{value.value!r} ({value.kind})"
    if isinstance(value, str):
        return f"the error '{value}'"
    rows = [_one(value, i) for i in range(min(len(value), most))]
    more = ", ..." if len(value) > most else ""
    return f"{value.kind}[{', '.join(rows)}{more}] of {len(value)} rows"
