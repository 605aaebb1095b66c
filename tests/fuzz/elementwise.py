"""Operations row by row, and random expressions of them: fused, evaluated step by step, and as text."""

import math

import numpy as np

import lua
from case import operation
from sources import EDGES
from values import Column, Impossible, Raises, TYPES, as_float

U, I, F = np.uint64, np.int64, np.float64
NUMBERS = ["int", "uint", "float"]
ULPS = 4 * 2.0**-52


def join(a, b):
    """The type in which two meet for arithmetic; None where they do not."""
    if "float" in (a, b):
        return "float"
    if a == "bool":
        a = b if b == "uint" else "int"
    if b == "bool":
        b = a
    return a if a == b else None


def meet(a, b):
    return "bool" if a == b == "bool" else join(a, b)


def convert(data, to):
    return data.astype({"bool": bool, "int": I, "uint": U, "float": F}[to])


# Exact comparison: -1, 0, 1, or 2 where one is NaN.

def compare(a, ak, b, bk):
    a, ak = (a.astype(I), "int") if ak == "bool" else (a, ak)
    b, bk = (b.astype(I), "int") if bk == "bool" else (b, bk)
    if ak == bk:
        order = np.where(a < b, -1, np.where(a == b, 0, 1))
        if ak == "float":
            order = np.where(np.isnan(a) | np.isnan(b), 2, order)
        return order
    if ak == "float" or (ak == "uint" and bk == "int"):
        order = compare(b, bk, a, ak)
        return np.where(order == 2, 2, -order)
    if bk == "uint":
        return np.where(a < 0, -1, compare(a.astype(U), "uint", b, "uint"))
    low, high = (-2.0**63, 2.0**63) if ak == "int" else (0.0, 2.0**64)
    inside = (b >= low) & (b < high)
    whole = np.trunc(np.where(inside, b, 0.0))
    order = compare(a, ak, whole.astype(a.dtype), ak)
    order = np.where((order == 0) & inside, np.sign(whole - b).astype(I), order)
    order = np.where(inside, order, np.where(b >= high, -1, 1))
    return np.where(np.isnan(b), 2, order)


HOLDS = {"eq": lambda o: o == 0, "ne": lambda o: o != 0, "lt": lambda o: o == -1,
         "le": lambda o: (o == -1) | (o == 0), "gt": lambda o: o == 1, "ge": lambda o: (o == 1) | (o == 0)}


def float_mod(a, b):
    m = np.fmod(a, b)
    wrong = np.where(m > 0, b < 0, (m < 0) & (b != m) & ~(b < 0))
    return np.where(wrong, m + b, m)


def shift(a, n, left):
    n = np.where(left, n, -n)  # the bits of the distance, as Lua takes them
    away = np.clip(np.abs(n.astype(F)), 0, 64).astype(U)
    moved = np.where(n >= 0, a.astype(U) << np.minimum(away, U(63)), a.astype(U) >> np.minimum(away, U(63)))
    return np.where(away >= 64, U(0), moved)


def rotate(a, n):
    n = (n.astype(I) & 63).astype(U)
    a = a.astype(U)
    return np.where(n == 0, a, (a << n) | (a >> ((U(64) - n) & U(63))))


def lesser(a, b):
    return np.where(a < b, a, b)


def ordered(kind, a, b, f):
    result = f(a, b)
    if kind == "float":
        result = np.where(np.isnan(a) | np.isnan(b), np.nan, result)
    return result


# Each: (arity, types -> type or None, function(kind, types, option, arrays) -> array)
ELEMENTWISE = {}


def define(names, arity, type_of):
    def register(f):
        for name in names.split():
            ELEMENTWISE[name] = (arity, type_of, lambda *args, name=name: f(name, *args))
        return f
    return register


@define("add sub mul", 2, join)
def _arithmetic(name, kind, types, _, a, b):
    a, b = convert(a, kind), convert(b, kind)
    return {"add": np.add, "sub": np.subtract, "mul": np.multiply}[name](a, b)


@define("div", 2, lambda a, b: join(a, b) and "float")
def _div(_, kind, types, __, a, b):
    return convert(a, "float") / convert(b, "float")


def divide(name, kind, a, b):
    if kind == "float":
        return np.floor(a / b) if name == "floordiv" else float_mod(a, b)
    return a // b if name == "floordiv" else a % b


@define("floordiv mod", 2, join)
def _divide(name, kind, types, option, a, b):
    a, b = convert(a, kind), convert(b, kind)
    zero = b == 0
    if option is not None:
        quotient = divide(name, kind, a, np.where(zero, b + b.dtype.type(1), b))
        return np.where(zero, convert(np.array(option), kind), quotient)
    if kind != "float" and zero.any():
        raise Raises("zero divisor")
    return divide(name, kind, a, b)


@define("minimum maximum", 2, meet)
def _extreme(name, kind, types, _, a, b):
    a, b = convert(a, kind), convert(b, kind)
    return ordered(kind, a, b, lesser if name == "minimum" else lambda a, b: np.where(a > b, a, b))


def logic_type(a, b):
    if "float" in (a, b) or (a == "bool") != (b == "bool"):
        return None
    return meet(a, b)


@define("band bor bxor", 2, logic_type)
def _bitwise(name, kind, types, _, a, b):
    return {"band": np.bitwise_and, "bor": np.bitwise_or, "bxor": np.bitwise_xor}[name](a, b)


def integer_type(a, b=None):
    kind = join(a, b or a)
    return kind if kind != "float" else None


@define("shl shr rotl rotr", 2, integer_type)
def _shift(name, kind, types, _, a, b):
    a, n = convert(a, kind), convert(b, kind).astype(I)
    if name in ("shl", "shr"):
        result = shift(a, n, name == "shl")
    else:
        result = rotate(a, n if name == "rotl" else -n)
    return result.astype(U).view(I) if kind == "int" else result


@define("eq ne lt le gt ge", 2, lambda a, b: "bool")
def _comparison(name, kind, types, _, a, b):
    return HOLDS[name](compare(a, types[0], b, types[1]))


ELEMENTWISE["between"] = (3, lambda a, b, c: "bool", None)


@define("clip", 3, lambda a, b, c: a if a == b == c != "bool" else None)
def _clip(_, kind, types, __, a, low, high):
    f = ELEMENTWISE["minimum"][2]
    return f(kind, types, None, ELEMENTWISE["maximum"][2](kind, types, None, a, low), high)


def numeric(a):
    return "int" if a == "bool" else a


@define("unm abs sign", 1, numeric)
def _signed(name, kind, types, _, a):
    a = convert(a, kind)
    if name == "unm":
        return -a if kind == "float" else (~a + a.dtype.type(1))
    if name == "abs":
        return np.abs(a) if kind != "uint" else a
    if kind == "float":
        return np.where(a > 0, 1.0, np.where(a < 0, -1.0, a))
    return (a > 0).astype(a.dtype) - ((a < 0).astype(a.dtype))


@define("floor ceil trunc round", 1, numeric)
def _rounded(name, kind, types, decimals, a):
    a = convert(a, kind)
    if kind != "float":
        return a
    if name == "round" and decimals:
        if len(a) > 20000:
            raise Impossible()
        try:
            return np.array([round(x, decimals) if math.isfinite(x) else x for x in a.tolist()], F)
        except OverflowError:
            raise Impossible()
    return {"floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "round": np.rint}[name](a)


@define("isnan isinf isfinite", 1, lambda a: "bool")
def _class(name, kind, types, _, a):
    return {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite}[name](convert(a, "float"))


@define("bnot", 1, lambda a: logic_type(a, a))
def _not(_, kind, types, __, a):
    return ~a


@define("popcount clz ctz parity", 1, lambda a: integer_type(a) and "int")
def _count_bits(name, kind, types, _, a):
    a = convert(a, "uint" if types[0] == "uint" else "int").astype(U)
    ones = np.zeros(len(a), I)
    lead, trail = np.full(len(a), 64, I), np.full(len(a), 64, I)
    for bit in range(64):
        on = (a >> U(bit)) & U(1) == 1
        ones += on
        lead = np.where(on, 63 - bit, lead)
        trail = np.where(on & (trail == 64), bit, trail)
    return {"popcount": ones, "clz": lead, "ctz": trail, "parity": ones & 1}[name]


@define("sqrt", 1, lambda a: "float")
def _sqrt(_, kind, types, __, a):
    return np.sqrt(convert(a, "float"))


def wrapped(x):
    x = np.where(np.isfinite(x), np.trunc(x), 0.0)
    x = np.fmod(x, 2.0**64)
    low = np.where(x < 0, x + 2.0**64, x)  # exact: multiples of a power of two, or small ones below
    small = np.abs(x) < 2.0**63
    return np.where(small, np.where(small, x, 0.0).astype(I).view(U), np.where(small, 0.0, low).astype(U))


def cast(kind, types, wrap, a):
    source = types[0]
    if kind == "bool":
        return a != 0
    if kind == "float" or source == "bool" or source == kind:
        return convert(a, kind)
    if source == "float":
        low, high = (-2.0**63, 2.0**63) if kind == "int" else (0.0, 2.0**64)
        whole = np.trunc(a)
        if not wrap and not ((whole >= low) & (whole < high)).all():
            raise Raises("range")
        result = wrapped(a)
        return result.view(I) if kind == "int" else result
    if not wrap and (a < 0 if source == "int" else a > U(2**63 - 1)).any():
        raise Raises("range")
    return a.view(U) if kind == "uint" else a.view(I)


for _kind in TYPES:
    ELEMENTWISE["as " + _kind] = (1, lambda a, kind=_kind: kind, cast)

APPROXIMATE = {
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p,
    "cbrt": np.cbrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "degrees": np.degrees,
    "radians": np.radians, "pow": np.power, "atan2": np.arctan2,
}


def apply(name, kind, types, option, columns):
    """The model of an operation on columns of equal length: a column."""
    arity, _, f = ELEMENTWISE[name]
    valid = np.ones(len(columns[0]), bool)
    for c in columns:
        valid &= c.valid
    if name in ("band", "bor") and kind == "bool":
        return kleene(name, *columns)
    if name == "between":
        a, low, high = columns
        return kleene("band", apply("ge", "bool", [a.kind, low.kind], None, [a, low]),
                      apply("le", "bool", [a.kind, high.kind], None, [a, high]))
    # Missing rows never fail: they get harmless values.
    data = [np.where(valid, c.data, c.data.dtype.type(1)) for c in columns]
    result = f(kind, types, option, *data)
    return Column(kind, result, valid)


def kleene(name, a, b):
    """Three-valued logic: false & missing is false, true | missing is true."""
    decisive = name == "bor"
    decided = (a.valid & (a.data == decisive)) | (b.valid & (b.data == decisive))
    data = np.where(decided, decisive, not decisive)
    return Column("bool", data, decided | (a.valid & b.valid))


# Trees: ("column", name), ("scalar", value, kind) or (operation, kind, types, option, [children]).

INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "floordiv": "//", "mod": "%", "band": "&", "bor": "|",
         "bxor": "~", "shl": "<<", "shr": ">>"}
COMPARISONS = {"eq": "==", "ne": "~=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
EXACT = [*COMPARISONS, "between"]
LOGICAL = {"band": "and", "bor": "or"}


def model(tree, values):
    """The column of a tree; scalars stay (value, kind)."""
    if tree[0] == "column":
        return values[tree[1]]
    name, kind, types, option, children = tree
    if name == "where":
        return where(kind, *[operand(child, values) for child in children])
    if name == "fill":
        c = model(children[0], values)
        return where(kind, Column("bool", ~c.valid), operand(children[1], values), c)
    if name == "is_missing":
        return Column("bool", ~model(children[0], values).valid)
    columns = [None if child[0] == "scalar" else model(child, values) for child in children]
    n = next(len(c) for c in columns if c is not None)
    columns = [c if c is not None else constant(child, n) for c, child in zip(columns, children)]
    return apply(name, kind, types, option, columns)


def constant(scalar, n):
    _, value, kind = scalar
    if value is None:
        return Column(kind, np.zeros(n), np.zeros(n, bool))
    return Column(kind, np.full(n, value, {"bool": bool, "int": I, "uint": U, "float": F}[kind]))


def operand(child, values):
    return child if child[0] == "scalar" else model(child, values)


def where(kind, mask, a, b):
    n = len(mask)
    a = a if isinstance(a, Column) else constant(a, n)
    b = b if isinstance(b, Column) else constant(b, n)
    chosen = mask.valid & mask.data
    data = np.where(chosen, convert(a.data, kind), convert(b.data, kind))
    return Column(kind, data, mask.valid & np.where(chosen, a.valid, b.valid))


def method_text(tree, names, evaluated=False):
    """Lua of a tree, by operators and methods; evaluated: each part by itself."""
    if tree[0] == "column":
        return names[tree[1]]
    if tree[0] == "scalar":
        return lua.scalar(tree[1], tree[2])
    name, kind, types, option, children = tree
    parts = [method_text(child, names, evaluated) for child in children]
    text = _method(name, option, children, parts)
    return f"({text}):eval()" if evaluated else text


def _method(name, option, children, parts):
    if name in INFIX and option is None:
        return f"({parts[0]} {INFIX[name]} {parts[1]})"
    if name in ("unm", "bnot"):
        return f"({'-' if name == 'unm' else '~'}{parts[0]})"
    if name == "where":
        return f"mb.where({', '.join(parts)})"
    arguments = parts[1:]
    if name.startswith("as "):
        arguments = [f'"{name[3:]}"'] + (["{wrap = true}"] if option else [])
        name = "as"
    elif name in ("floordiv", "mod"):
        arguments.append(f"{{zero = {lua.literal(option, 'int' if isinstance(option, int) else 'float')}}}")
    elif name == "round" and option is not None:
        arguments = [str(option)]
    return f"{parts[0]}:{name}({', '.join(arguments)})"


def expression_text(tree, names):
    """The tree as an expression string, over-parenthesised; None where text has no words for it."""
    if tree[0] == "column":
        return names[tree[1]]
    if tree[0] == "scalar":
        return {"null": "null"}.get(lua.literal(tree[1], tree[2]), _expression_scalar(tree))
    name, kind, types, option, children = tree
    parts = [expression_text(child, names) for child in children]
    if None in parts:
        return None
    if name in LOGICAL and kind == "bool":
        return f"({parts[0]} {LOGICAL[name]} {parts[1]})"
    if name == "bnot" and kind == "bool":
        return f"(not {parts[0]})"
    if name in ("floordiv", "mod") and option is not None:
        return None
    if name in INFIX:
        return f"({parts[0]} {INFIX[name]} {parts[1]})"
    if name in COMPARISONS:
        return f"({parts[0]} {COMPARISONS[name]} {parts[1]})"
    if name in ("unm", "bnot"):
        return f"({'-' if name == 'unm' else '~'} {parts[0]})"
    if name.startswith("as "):
        return None if option else f"as({parts[0]}, '{name[3:]}')"
    if name == "round" and option is not None:
        parts.append(str(option))
    return f"{name}({', '.join(parts)})"


def _expression_scalar(tree):
    text = lua.scalar(tree[1], tree[2])
    if text.startswith("mb.uint"):
        return None
    return "0x8000000000000000" if text == "math.mininteger" else text


# Drawing.

def scalar_for(d, beside):
    """A scalar beside a column of a type: (value, kind that it has there)."""
    if beside == "bool":
        return None
    kind = d.pick(["int", "float"]) if d.chance(4) else beside
    if kind == "int" and beside == "uint":
        kind = "uint"  # negative ones go with comparisons alone
    return "scalar", d.pick(EDGES[kind]), kind


# For each type, the operations that give it, each with the types of operands that do.
PRODUCERS = {kind: [("where", ("bool", kind, kind)), ("fill", (kind, kind))] for kind in TYPES}
OPERANDS = {1: [(a,) for a in TYPES], 2: [(a, b) for a in TYPES for b in TYPES],
            3: [(a, a, a) for a in NUMBERS] + [("int", "float", "int"), ("float", "int", "uint"),
                                               ("uint", "float", "int")]}
for _name, (_arity, _type_of, _f) in ELEMENTWISE.items():
    for _types in OPERANDS[_arity]:
        if _type_of(*_types):
            PRODUCERS[_type_of(*_types)].append((_name, _types))
PRODUCERS["bool"] += [("is_missing", (k,)) for k in TYPES]


def tree(d, kind, n, depth, leaves):
    """A random tree; `leaves` collects the names of its columns."""
    if depth == 0:
        name = d.column([kind], n)
        if name not in leaves:
            leaves.append(name)
        return "column", leaves.index(name)
    name, types = d.pick(PRODUCERS[kind])
    children = [tree(d, t, n, d.integer(0, depth - 1), leaves) for t in types]
    option = None
    types = list(types)
    if name in ("floordiv", "mod") and kind != "float":
        option = d.integer(0, 3)
    elif name.startswith("as ") and kind in ("int", "uint") and types[0] != kind:
        option = True
    elif name == "round" and types[0] == "float" and d.chance(2):
        option = d.pick([1, 2, 3, 6, 12, -1, -3])
    elif len(types) >= 2 and d.chance(3):
        place = len(types) - 1 if name in ("where", "fill") or d.chance(2) else 1
        beside = types[1] if name == "where" else types[0]
        s = scalar_for(d, beside)
        if name in EXACT and d.chance(2):
            kind_of_s = d.pick(NUMBERS)
            s = "scalar", d.pick(EDGES[kind_of_s]), kind_of_s
        if s and (s[2] == types[place] or name in EXACT):
            if children[0][0] != "scalar":
                children[place] = s
                types[place] = s[2]
    return name, kind, types, option, children


@operation("element-wise", weight=12, outputs=1)
class ElementWise:
    """p: tree, form: fused, evaluated or text."""

    @staticmethod
    def draw(d):
        inputs = []
        depth = d.pick([1, 1, 1, 2, 2, 3, 4])
        first = d.column()
        kind = d.pick(["bool", "int", "uint", "float", "float", "int", "bool"])
        it = tree(d, kind, d.rows(first), depth, inputs)
        if it[0] == "column":
            return None
        form = d.pick(["fused", "fused", "text", "evaluated"])
        names = [f"c{i}" for i in range(len(inputs))]
        if form == "text" and expression_text(it, names) is None:
            form = "fused"
        return inputs, {"tree": it, "form": form}

    @staticmethod
    def model(values, p):
        return [model(p["tree"], values)]

    @staticmethod
    def text(names, p):
        if p["form"] != "text":
            return method_text(p["tree"], names, p["form"] == "evaluated")
        short = [f"c{i}" for i in range(len(names))]
        variables = ", ".join(f"{a} = {b}" for a, b in zip(short, names))
        return f"mb.expr({lua.text(expression_text(p['tree'], short))}, {{{variables}}})"

    @staticmethod
    def parts(p):
        found = []

        def visit(t):
            if t[0] not in ("column", "scalar"):
                found.append(t[0])
                for child in t[4]:
                    visit(child)
        visit(p["tree"])
        return found


@operation("fused = evaluated = text", weight=2, outputs=1)
class ThreeWays:
    """Whether the three forms of a tree have the same bits; approximate functions too."""

    @staticmethod
    def draw(d):
        drawn = ElementWise.draw(d)
        if drawn is None:
            return None
        inputs, p = drawn
        it = p["tree"]
        if it[1] == "float" and d.chance(2):
            it = (d.pick([x for x in APPROXIMATE if x not in ("pow", "atan2")]), "float", ["float"], None, [it])
        short = [f"c{i}" for i in range(len(inputs))]
        if expression_text(it, short) is None:
            return None
        return inputs, {"tree": it}

    @staticmethod
    def model(values, p):
        n = len(values[0])
        inner = p["tree"] if p["tree"][0] not in APPROXIMATE else p["tree"][4][0]
        model(inner, values)
        return [Column("bool", np.ones(n, bool))]

    @staticmethod
    def text(names, p):
        short = [f"c{i}" for i in range(len(names))]
        variables = ", ".join(f"{a} = {b}" for a, b in zip(short, names))
        fused, by_steps = method_text(p["tree"], names), method_text(p["tree"], names, True)
        string = lua.text(expression_text(p["tree"], short))
        return (f"(function(a, b, c) return (a:eq(b) & a:eq(c) | a:ne(a) & b:ne(b) & c:ne(c)):fill(true) "
                f"& a:is_missing():eq(b:is_missing()) & a:is_missing():eq(c:is_missing()) end)"
                f"({fused}, {by_steps}, mb.expr({string}, {{{variables}}}))")


@operation("functions", weight=2)
class Functions:
    """Functions of floats with a tolerance. p: name."""

    @staticmethod
    def draw(d):
        name = d.pick(list(APPROXIMATE))
        a = d.column(NUMBERS)
        inputs = [a]
        if name in ("pow", "atan2"):
            inputs.append(d.column([d.kind(a), "float"], d.rows(a)))
        if d.rows(a) > 200000:
            return None
        return inputs, {"name": name}

    @staticmethod
    def model(values, p):
        valid = values[0].valid.copy()
        for v in values:
            valid &= v.valid
        result = APPROXIMATE[p["name"]](*[as_float(v) for v in values])
        tolerance = np.where(np.isfinite(result), np.abs(result) * ULPS + 2e-323, 0.0)
        return [Column("float", result, valid, loose=True, tolerance=tolerance)]

    @staticmethod
    def text(names, p):
        return f"{names[0]}:{p['name']}({', '.join(names[1:])})"
