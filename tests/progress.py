"""Runs tests of unittest a module at a time, and tells of each as the other tests do: `== MODULE`
when it begins, `== MODULE: N in S s` when it ends, and in the end `N passed, N failed`."""

import os
import signal
import sys
import time
import unittest


def heed_signals():
    """What was started with `&` or nohup ignores signals, and so would all programs of the tests."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def run(folder, names):
    """Runs `names` (as unittest has them: module.Class.test), or all modules *_test of a folder;
    whether all passed."""
    heed_signals()
    modules = names or sorted(file[:-3] for file in os.listdir(folder) if file.endswith("_test.py"))
    passed = failed = 0
    for module in modules:
        print("== " + module, flush=True)
        began = time.monotonic()
        suite = unittest.defaultTestLoader.loadTestsFromName(module)
        result = unittest.TextTestRunner(verbosity=2 if names else 1).run(suite)
        bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
        good = result.testsRun - bad - len(result.skipped)
        passed, failed = passed + good, failed + bad
        sys.stderr.flush()
        print(f"== {module}: {good} in {time.monotonic() - began:.0f} s", flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed == 0
