"""Runs cases and tells what is wrong with each."""

from values import difference


class Outcome:
    """`problems` by the name of a case: (result's name, sentence). `died_after_all`: why a run did not end
    well whose cases did."""

    def __init__(self):
        self.problems, self.died_after_all = {}, None


def judge(case, results, error):
    """The first thing that is wrong with a case: (name, sentence), or None."""
    for name, wanted in case.expected().items():
        if name not in results:
            return name, f"no result: {error}"
        got = results[name]
        if wanted is None:
            if not isinstance(got, str):
                return name, "expected an error"
            if got == "":
                return name, "expected an error, there was none"
            if "diverge" in got or "diverge" in got:
                return name, f"expected an error of the operation, got: {got}"
        else:
            problem = "an error: " + got if isinstance(got, str) else difference(wanted, got)
            if problem:
                return name, problem
    if error:
        return "", f"an error: {error}"
    return None


class Setting:
    """How cases run: on so many ranks, with environment variables."""

    def __init__(self, ranks, variables=None):
        self.ranks, self.variables = ranks, variables or {}

    def __str__(self):
        words = [f"{self.ranks} rank{'s' * (self.ranks > 1)}"]
        return ", ".join(words + [f"{name}={value}" for name, value in self.variables.items()])


def run(engine, cases, setting):
    """Judges cases, a dictionary; one that ends its run is left out, and the others run again."""
    outcome, results = Outcome(), {}
    left = dict(cases)
    while left:
        done = engine.run([(name, case.text()) for name, case in left.items()],
                          setting.ranks, setting.variables)
        finished = [name for name in left if name in done.errors]
        for name in finished:
            problem = judge(left[name], done.results[name], done.errors[name])
            results[name] = done.results[name]
            if problem:
                outcome.problems[name] = problem
            del left[name]
        if done.ended is None:
            break
        culprit = done.begun if done.begun in left else next(iter(left), None)
        if culprit is None:
            outcome.died_after_all = done.ended
            break
        outcome.problems[culprit] = ("", done.ended)
        del left[culprit]
    return outcome, results


def changed(results, again):
    """The first result that is not the same elsewhere: (name, sentence), or None. Errors may differ in what
    they say."""
    for name, value in results.items():
        other = again.get(name)
        if isinstance(value, str) and isinstance(other, str):
            continue
        problem = difference(value, other)
        if problem:
            return name, "it was another before: " + problem
    return None
