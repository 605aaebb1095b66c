"""A case: steps, each an operation on results of earlier ones, drawn at random and computed by the
model."""

import numpy as np

from values import Column, Frame, Impossible, Raises, Scalar, TYPES

OPERATIONS = {}


def operation(name, weight=1.0, outputs=1, shown=True):
    """Registers a class with draw(d) -> (inputs, parameters), model(values, p) -> list of results and
    text(names, p) -> Lua expression. draw gives None where it has nothing to do."""
    def register(it):
        it.name, it.weight, it.outputs, it.shown = name, weight, outputs, shown
        OPERATIONS[name] = it
        return it
    return register


class Step:
    """`results` are names; `fails`: it is an error by the model; `dumped`: its results are written."""

    def __init__(self, name, inputs, parameters, results, evaluated=False):
        self.name, self.inputs, self.parameters, self.results = name, inputs, parameters, results
        self.evaluated, self.dumped, self.fails = evaluated, True, False

    @property
    def operation(self):
        return OPERATIONS[self.name]

    def copy(self):
        other = Step(self.name, list(self.inputs), self.parameters, list(self.results), self.evaluated)
        other.dumped, other.fails = self.dumped, self.fails
        return other

    def text(self):
        call = self.operation.text(self.inputs, self.parameters)
        if self.fails:
            return f'fails("{self.results[0]}", function() return {call} end)\n'
        if self.evaluated:
            call = f"({call}):eval()"
        line = f"local {', '.join(self.results)} = {call}\n"
        if self.dumped and self.operation.shown:
            line += "".join(f'dump("{name}", {name})\n' for name in self.results)
        return line


class Case:
    def __init__(self, steps):
        self.steps = steps
        self.values = {}

    def compute(self):
        """Gives each step its results by the model; raises where a step that worked is an error."""
        self.values = {}
        for step in self.steps:
            values = [self.values[name] for name in step.inputs]
            try:
                with np.errstate(all="ignore"):
                    results = step.operation.model(values, step.parameters)
            except Raises:
                if not step.fails:
                    raise
                continue
            if step.fails:
                raise Impossible("it does not fail")
            self.values.update(zip(step.results, results))
        return self

    def expected(self):
        """What the script writes: by name."""
        wanted = {}
        for step in self.steps:
            if step.fails:
                wanted[step.results[0]] = None
            elif step.dumped:
                for name in step.results:
                    wanted.update(dumped(name, self.values[name]))
        return wanted

    def text(self):
        return "".join(step.text() for step in self.steps)


def dumped(name, value):
    if isinstance(value, (Column, Scalar)):
        return {name: value}
    if isinstance(value, Frame):
        parts = {name: Scalar("text", ",".join(value.columns))}
        for i, column in enumerate(value.columns.values()):
            parts[f"{name}.{i + 1}"] = column
        return parts
    return {}


class Drawing:
    """What operations draw from: the columns that there are so far, and new ones."""

    def __init__(self, rng, size, sources, most_rows):
        self.rng, self.size, self.sources, self.most_rows = rng, size, sources, most_rows
        self.steps, self.values, self.count = [], {}, 0

    def chance(self, one_in):
        return self.rng.integers(one_in) == 0

    def pick(self, things):
        return things[self.rng.integers(len(things))]

    def integer(self, low, high):
        return int(self.rng.integers(low, high, endpoint=True))

    def all(self, what, accept):
        return [name for name, value in self.values.items() if isinstance(value, what) and accept(value)]

    def column(self, types=TYPES, n=None, fresh=5):
        """The name of an exact column of one of these types, with n rows if told; drawn anew now and
        then, and where there is none."""
        found = self.all(Column, lambda c: c.exact and c.kind in types and (n is None or len(c) == n))
        if found and not self.chance(fresh):
            return self.pick(found[-8:]) if self.chance(2) else self.pick(found)
        return self.source(self.pick(types), self.size() if n is None else n)

    def source(self, kind, n):
        name, parameters = self.sources(self, kind, n)
        return self.add(name, [], parameters)[0]

    def rows(self, name):
        return len(self.values[name])

    def kind(self, name):
        return self.values[name].kind

    def add(self, name, inputs, parameters):
        """Adds a step; the names of its results, or none when it is an error."""
        it = OPERATIONS[name]
        n = it.outputs if isinstance(it.outputs, int) else it.outputs(parameters)
        results = [f"v{self.count + i + 1}" for i in range(n)]
        step = Step(name, inputs, parameters, results)
        try:
            with np.errstate(all="ignore"):
                values = it.model([self.values[name] for name in inputs], parameters)
        except Raises:
            step.fails = True
            values = []
        self.count += n
        if values and isinstance(values[0], Column) and n == 1 and self.chance(6):
            step.evaluated = True
        self.steps.append(step)
        self.values.update(zip(results, values))
        return results


def draw(rng, operations, size, sources, most_rows, length):
    """A case of about so many operations; its results are written where nobody uses them, and here and
    there between. The names of operations that it has."""
    d = Drawing(rng, size, sources, most_rows)
    names = list(operations)
    weights = np.array([OPERATIONS[name].weight for name in names], float)
    weights /= weights.sum()
    tries = 0
    while length > 0 and tries < 50:
        tries += 1
        it = OPERATIONS[names[rng.choice(len(names), p=weights)]]
        try:
            drawn = it.draw(d)
            if drawn is None:
                continue
            if any(d.rows(name) > most_rows for name in drawn[0] if hasattr(d.values[name], "__len__")):
                continue
            d.add(it.name, *drawn)
        except (Impossible, KeyError):  # what the model does not say, or that needs what has failed
            continue
        length -= 1
    case = Case(_known(d.steps))
    used = {name for step in case.steps for name in step.inputs}
    for step in case.steps:
        step.dumped = not any(name in used for name in step.results) or d.chance(4)
    return case


def _known(steps):
    """The steps whose inputs are there."""
    known, kept = set(), []
    for step in steps:
        if all(name in known for name in step.inputs):
            kept.append(step)
            known.update(step.results)
    return kept
