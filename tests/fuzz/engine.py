"""Runs scripts on ranks and reads what they wrote."""

import os
import shutil
import struct
import subprocess
import tempfile

import numpy as np

import lua
from values import Column, Scalar, DTYPES

HANG = 600  # seconds: only a run that hangs takes so long


class Run:
    """`results` by case and by name; `ended`: None, or why the run did not end well."""

    def __init__(self):
        self.results, self.errors, self.begun, self.ended = {}, {}, None, None


def _string(data, at):
    (n,) = struct.unpack_from("<I", data, at)
    return data[at + 4:at + 4 + n].decode("utf-8", "replace"), at + 4 + n


def _column(kind, data, at):
    n, sparse = struct.unpack_from("<qB", data, at)
    at += 9
    width = np.dtype(DTYPES[kind]).itemsize
    values = np.frombuffer(data, DTYPES[kind], n, at)
    at += n * width
    valid = None
    if sparse:
        valid = np.frombuffer(data, np.uint8, n, at) == 0
        at += n
    return Column(kind, values, valid), at


def _value(kind, data, at):
    if kind in DTYPES:
        return _column(kind, data, at)
    if kind == "none":
        return Scalar("none", None), at
    if kind == "truth":
        return Scalar("bool", data[at] == 1), at + 1
    if kind == "integer":
        return Scalar("int", struct.unpack_from("<q", data, at)[0]), at + 8
    if kind == "word":
        return Scalar("word", struct.unpack_from("<q", data, at)[0]), at + 8
    if kind == "number":
        return Scalar("float", struct.unpack_from("<d", data, at)[0], loose=False), at + 8
    text, at = _string(data, at)
    return (text if kind == "error" else Scalar("text", text)), at


def parse(run, data):
    at, case = 0, None
    while at < len(data):
        try:
            name, at = _string(data, at)
            kind, at = _string(data, at)
            if kind == "begin":
                case = run.begun = name
                run.results[case] = {}
                continue
            if kind == "end":
                run.errors[name], at = _string(data, at)
                run.begun = None
                continue
            run.results[case][name], at = _value(kind, data, at)
        except (struct.error, IndexError, ValueError):
            break  # the run died while it wrote


class Engine:
    def __init__(self, build):
        self.program = os.path.abspath(os.path.join(build, "bin/moonbear"))
        self.folder = tempfile.mkdtemp(prefix="fuzz")
        self.script = os.path.join(self.folder, "cases.lua")
        self.out = os.path.join(self.folder, "results")

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, text, ranks, settings):
        """The status of a script and what it printed."""
        with open(self.script, "w") as file:
            file.write(text)
        environment = dict(os.environ, **settings)
        environment.setdefault("MOONBEAR_WAIT", "120")
        environment.setdefault("MOONBEAR_DEADLINE", "240")
        command = [*(os.environ.get("MPIEXEC") or "mpiexec.hydra").split(), "-n", str(ranks), self.program, self.script]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=HANG, env=environment)
        except subprocess.TimeoutExpired as late:
            return "hangs", (late.stdout or b"").decode("utf-8", "replace")
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def run(self, cases, ranks, settings):
        """Runs the texts of cases, a list of (name, text), with environment variables."""
        if os.path.exists(self.out):
            os.remove(self.out)
        parts = [lua.DEFINITIONS, lua.VOCABULARY, lua.RECORDER.replace("OUT", lua.text(self.out), 1)]
        parts += [f'case("{name}", function()\n{text}end)\n' for name, text in cases]
        parts.append("out:close()\n")
        status, printed = self.execute("".join(parts), ranks, settings)
        run = Run()
        if os.path.exists(self.out):
            with open(self.out, "rb") as file:
                parse(run, file.read())
        if status != 0 or run.begun is not None or len(run.errors) < len(cases):
            last = printed.strip()[-1500:]
            run.ended = f"the run ends with status {status}: {last}"
        return run
