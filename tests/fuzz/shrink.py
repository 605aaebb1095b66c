"""Makes a failing case small: fewer steps, results as literals, fewer rows."""

from case import Case, Step
from values import Column, Impossible, Raises
import check

LITERAL_ROWS = 300


def attempt(steps):
    """A computed case of these steps, or None when the model refuses it."""
    try:
        return Case([step.copy() for step in steps]).compute()
    except (Impossible, Raises, KeyError, ValueError, IndexError, TypeError, OverflowError):
        return None


def slice_of(case, target):
    """The steps that a result needs."""
    needed, kept = {target}, []
    for step in reversed(case.steps):
        if needed & set(step.results):
            kept.append(step)
            needed |= set(step.inputs)
    return list(reversed(kept))


def quieter(steps):
    """Only results that nobody uses are written."""
    used = {name for step in steps for name in step.inputs}
    steps = [step.copy() for step in steps]
    for step in steps:
        step.dumped = not any(name in used for name in step.results)
    return steps


def without_steps(case):
    """Ends cut off, and results in the middle made literals."""
    used = {name for step in case.steps for name in step.inputs}
    for i, step in enumerate(case.steps):
        if not any(name in used for name in step.results):
            yield case.steps[:i] + case.steps[i + 1:]
    for i, step in reversed(list(enumerate(case.steps))):
        value = case.values.get(step.results[0])
        if step.name == "literal" or len(step.results) != 1 or not isinstance(value, Column) or not value.exact:
            continue
        if len(value) <= LITERAL_ROWS and step.results[0] in used:
            literal = Step("literal", [], {"kind": value.kind, "rows": value.rows()}, step.results)
            steps = case.steps[:i] + [literal] + case.steps[i + 1:]
            needed = set()
            kept = []
            for other in reversed(steps):
                if other.dumped or needed & set(other.results) or not any(n in used for n in other.results):
                    kept.append(other)
                    needed |= set(other.inputs)
            yield list(reversed(kept))
    for i, step in enumerate(case.steps):
        if step.evaluated:
            other = step.copy()
            other.evaluated = False
            yield case.steps[:i] + [other] + case.steps[i + 1:]
    for i, step in enumerate(case.steps):
        if step.name == "element-wise":
            for tree in subtrees(step.parameters["tree"]):
                other = step.copy()
                other.parameters = dict(step.parameters, tree=tree)
                yield case.steps[:i] + [other] + case.steps[i + 1:]


def subtrees(tree):
    """Trees with a part in place of the whole, or of a part."""
    name, kind, types, option, children = tree
    for child in children:
        if child[0] not in ("column", "scalar") and child[1] == kind:
            yield child
    for i, child in enumerate(children):
        if child[0] not in ("column", "scalar"):
            for smaller in subtrees(child):
                yield name, kind, types, option, children[:i] + [smaller] + children[i + 1:]
            for part in child[4]:
                if part[0] not in ("scalar", "column") and part[1] == child[1]:
                    yield name, kind, types, option, children[:i] + [part] + children[i + 1:]


def rows_of(step):
    p = step.parameters
    if step.name == "literal":
        return len(p["rows"])
    if step.name in ("random bits", "mb.range", "mb.full", "mb.read_hdf"):
        return p["n"]
    return None


def with_rows(step, first, last):
    other = step.copy()
    other.parameters = dict(step.parameters)
    if step.name == "literal":
        rows = step.parameters["rows"]
        other.parameters["rows"] = rows[:first] + rows[last:]
    else:
        other.parameters["n"] -= last - first
    return other


def halves(case):
    """Where columns are long, the first or last half of their rows."""
    for n in sorted({rows_of(step) for step in case.steps if (rows_of(step) or 0) > LITERAL_ROWS}, reverse=True):
        for first, last in ((n // 2, n), (0, n // 2), (n // 4, n), (n - n // 8, n)):
            yield [with_rows(step, first, last) if rows_of(step) == n else step for step in case.steps]


def fewer_rows(case):
    """All columns of one length lose the same rows."""
    lengths = sorted({rows_of(step) for step in case.steps if rows_of(step)}, reverse=True)
    for n in lengths:
        size = max(n // 2, 1)
        while size >= 1 and n // size <= 64:
            for first in range(0, n, size):
                yield [with_rows(step, first, min(first + size, n)) if rows_of(step) == n else step
                       for step in case.steps]
            size //= 2
    for i, step in enumerate(case.steps):
        if step.name == "random bits":
            for change in ({"missing": 0}, {"specials": 0}, {"shape": "plain"}, {"low": 0}, {"stride": 1}):
                if any(step.parameters[k] != x for k, x in change.items()):
                    other = step.copy()
                    other.parameters = dict(step.parameters, **change)
                    yield case.steps[:i] + [other] + case.steps[i + 1:]
        if step.name == "literal":
            rows = step.parameters["rows"]
            for j, x in enumerate(rows[:40]):
                for simple in ([0, 1] if step.parameters["kind"] != "bool" else [False]):
                    if x is not None and x != simple and x == x:
                        other = step.copy()
                        other.parameters = dict(step.parameters, rows=rows[:j] + [type(x)(simple)] + rows[j + 1:])
                        yield case.steps[:i] + [other] + case.steps[i + 1:]


def first_failing(engine, candidates, setting, together):
    """The first of some cases that fails, tried so many at a time."""
    batch = []

    def tried():
        cases = {str(i): case for i, case in enumerate(batch)}
        outcome, _ = check.run(engine, cases, setting)
        for name, case in cases.items():
            if name in outcome.problems:
                return case, outcome.problems[name]
        return None
    for steps in candidates:
        case = attempt(quieter(steps))
        if case is None:
            continue
        batch.append(case)
        if len(batch) == together:
            found = tried()
            if found:
                return found
            batch = []
    return tried() if batch else None


def literal_inputs(case):
    """The step at the end with all it needs as literals, where these are short."""
    last = case.steps[-1]
    steps = [last]
    wanted = list(last.inputs)
    done = set()
    for name in wanted:
        value = case.values.get(name)
        if name in done:
            continue
        done.add(name)
        if isinstance(value, Column) and len(value) <= LITERAL_ROWS:
            steps.insert(0, Step("literal", [], {"kind": value.kind, "rows": value.rows()}, [name]))
            continue
        maker = next(step for step in case.steps if name in step.results)
        place = steps.index(next(s for s in steps if name in s.inputs))
        steps.insert(place, maker)
        wanted += maker.inputs
        if len(steps) > 40:
            return case.steps
    literals = [s for s in steps if s.name == "literal" and not s.inputs]
    others = [s for s in case.steps if s in steps and s not in literals]
    return literals + others


def so_many(case, problem):
    """Candidates of a run: one where the run does not survive them, few where they are large."""
    if "ends with status" in problem[1]:
        return 1
    rows = sum(len(value) for value in case.values.values() if isinstance(value, Column))
    return max(2, min(60, 200000 // (rows + 1)))


def shrink(engine, case, problem, setting, rounds=25):
    """A smaller failing case, what is wrong with it, and where: few ranks, if that will do."""
    current, now = case, problem
    target = problem[0].split(".")[0]
    if target:
        found = first_failing(engine, [slice_of(case, target)], setting, 1)
        if found:
            current, now = found
            found = first_failing(engine, [literal_inputs(current)], setting, 1)
            if found:
                current, now = found
    for fewer in [check.Setting(ranks) for ranks in range(1, min(setting.ranks, 4))]:
        found = first_failing(engine, [current.steps], fewer, 1)
        if found:
            current, now, setting = found + (fewer,)
            break
    for _ in range(rounds):
        def candidates(current=current):
            yield from halves(current)
            yield from without_steps(current)
            yield from fewer_rows(current)
        found = first_failing(engine, candidates(), setting, so_many(current, now))
        if not found:
            break
        current, now = found
    return current, now, setting
