"""What the tests of prompts and sessions share."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import unittest

import pexpect

from processes import PATIENCE, processes, wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(os.environ.get("MOONBEAR", os.path.join(ROOT, "build/bin/moonbear")))
PROMPT, MORE = "\n> ", "\n>> "


class Fronts(unittest.TestCase):
    """Each test has a home of its own, and leaves no process behind."""

    def setUp(self):
        self.home = tempfile.mkdtemp()
        self.environment = dict(os.environ, HOME=self.home, XDG_RUNTIME_DIR=self.home,
                                TERM="xterm", LANG="C.UTF-8")
        self.environment.pop("XDG_STATE_HOME", None)
        self.open, self.clients = [], []

    def tearDown(self):
        for child in self.open:
            child.close(force=True)
        for client in self.clients:
            client.close()
        names = self.run_program("list").stdout.split("\n")
        for line in names:
            if line:
                self.run_program("stop", line.split()[0])
        try:
            wait_until(lambda: not self.left_over(), "all processes had ended")
        finally:
            for pid, _ in self.left_over():
                os.kill(pid, 9)
            shutil.rmtree(self.home)

    def left_over(self):
        """The program's processes that this test has started."""
        return [process for process in processes(self.home) if PROGRAM in process[1]]

    def run_program(self, *words, stdin=""):
        return subprocess.run([PROGRAM, *words], env=self.environment, input=stdin, text=True,
                              capture_output=True, timeout=PATIENCE, cwd=self.home)

    def terminal(self, *words, rows=30, columns=100, **changes):
        child = pexpect.spawn(PROGRAM, list(words), env=dict(self.environment, **changes),
                              timeout=PATIENCE, dimensions=(rows, columns), encoding="utf-8",
                              codec_errors="replace", cwd=self.home)
        child.ptyproc.delayafterterminate = 0.5  # on a busy machine ends take longer than a tenth
        self.open.append(child)
        return child

    def prompt(self, *words, **more):
        """A terminal that shows its first prompt."""
        child = self.terminal(*(words or ("-n", "2")), **more)
        child.expect_exact(PROMPT)
        return child

    def answer(self, child, line):
        """What a line prints, up to the next prompt."""
        child.send(line + "\r")
        child.expect_exact(PROMPT)
        return child.before.replace("\r", "").partition("\n")[2]

    def serve(self, name="x", ranks="2"):
        served = self.run_program("serve", "-n", ranks, "--name", name)
        self.assertEqual(served.returncode, 0, served.stderr)
        return name

    def client(self, name, **hello):
        client = Client(os.path.join(self.home, "moonbear", name + ".sock"), **hello)
        self.clients.append(client)
        return client


class Client:
    """A front that speaks JSON over the socket."""

    def __init__(self, path, **hello):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.file = self.socket.makefile("r", encoding="utf-8", errors="replace")
        self.send(op="hello", front="test", **hello)
        self.welcome = self.next("welcome")

    def send(self, **request):
        self.socket.sendall((json.dumps(request) + "\n").encode())

    def next(self, *events):
        """The next of some events; None at the end."""
        for line in self.file:
            message = json.loads(line)
            if message["event"] in events:
                return message
        return None

    def run(self, code):
        """What a chunk prints, and the event that ends it."""
        self.send(op="run", id="1", code=code)
        printed = ""
        while True:
            message = self.next("stream", "done", "refused", "ended")
            if message is None or message["event"] == "ended" or message.get("id") == "1":
                return printed, message
            printed += message.get("text", "")

    def ask(self, **request):
        self.send(id="q", **request)
        return self.next("reply")

    def close(self):
        self.file.close()
        self.socket.close()
