"""The processes of a test, which its home tells from those of other tests that run meanwhile."""

import os
import time

PATIENCE = 300  # seconds, for what hangs: a machine may be very busy


def processes(home):
    """The processes that have this home, with their command lines; this one is left out."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                variables = file.read().split(b"\0")
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                words = file.read().decode(errors="replace").split("\0")
        except OSError:
            continue
        if f"HOME={home}".encode() in variables and int(entry) != os.getpid():
            found.append((int(entry), words))
    return found


def wait_until(condition, what):
    end = time.time() + PATIENCE
    while not condition():
        if time.time() > end:
            raise AssertionError("waited too long until " + what)
        time.sleep(0.02)
