"""A session's socket under random and hostile lines: whatever comes, the session and its data stay.

HOSTILE_LINES sets how many lines are sent, HOSTILE_SEED which."""

import json
import os
import random
import socket
import unittest

from fronts import PATIENCE, Fronts, wait_until

OPS = ["hello", "run", "complete", "inspect", "is_complete", "history", "interrupt", "stop_", "", None,
       "__index", "ended"]
NUMBERS = ["0", "1", "-1", "1.5", "1e999", "-1e999", "1e15", "9007199254740993", "NaN", "Infinity",
           "0x10", "1e", "-", "00", "true", "null"]
CODE = ["1", "x = 1", "kept", "error{}", "error()", "print(1)", "io.write('a')", "", " ", ":who", ":save",
        "?kept", "::", ":time 1", "error(setmetatable({}, {__tostring = error}))", "nil", "...", "=",
        "coroutine.yield()", "goto x", "return", "return 1, 2", "local x <close> = 1", "\0", "\x80\xff",
        "'\\xff\\xfe'", "setmetatable({}, {__tostring = function() return 1 end})", "string.rep",
        "mb.column {1, 2}", "mb.nosuch", "os.exit", "('x'):rep(100000)", "kept +", "for", "--[["]


class Lines:
    """A generator of lines: requests of any shape, damaged ones, and bytes."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def value(self, depth=0):
        kind = self.random.randrange(9 if depth < 4 else 6)
        if kind == 0:
            return json.dumps(self.random.choice(CODE))
        if kind == 1:
            return json.dumps("".join(chr(self.random.choice((0, 10, 34, 92, 127, 233, 0x20ac,
                                                               0x1f43b, 120)))
                                      for _ in range(self.random.randrange(20))))
        if kind == 2:
            return self.random.choice(('"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\x"', '""'))
        if kind < 6:
            return self.random.choice(NUMBERS)
        inner = [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        if kind == 6:
            return "[" + ",".join(inner) + "]"
        if kind == 7:
            n = self.random.choice((10, 900, 1500, 100000))
            return "[" * n + "]" * (n if self.random.random() < 0.8 else n - 1)
        return "{" + ",".join(f'"{self.random.choice(OPS)}":{text}' for text in inner) + "}"

    def request(self):
        fields = [f'"op":{json.dumps(self.random.choice(OPS))}']
        if self.random.random() < 0.8:
            fields.append(f'"code":{json.dumps(self.random.choice(CODE))}')
        for name in ("id", "code", "cursor", "width", "number", "words", "front", "watch", "event",
                     "signals", "value"):
            if self.random.random() < 0.15:
                fields.append(f'"{name}":{self.value()}')
        self.random.shuffle(fields)
        return "{" + ",".join(fields) + "}"

    def line(self):
        text = self.request().encode("utf-8", "surrogatepass")
        kind = self.random.randrange(10)
        if kind == 0:  # damaged
            at = self.random.randrange(len(text))
            text = text[:at] + self.random.randbytes(self.random.randrange(4)) + text[at + 1:]
        elif kind == 1:
            text = self.value().encode("utf-8", "surrogatepass")
        elif kind == 2 and self.random.random() < 0.3:
            text = self.random.randbytes(self.random.randrange(200))
        return text + b"\n"


class Hostile(Fronts):
    def setUp(self):
        super().setUp()
        self.lines = int(os.environ.get("HOSTILE_LINES", 3000))
        self.seed = int(os.environ.get("HOSTILE_SEED", 1))
        self.serve()
        client = self.client("x")
        client.run("kept = mb.column{1, 2, 3}:eval()")
        client.close()

    def connect(self):
        raw = socket.socket(socket.AF_UNIX)
        raw.settimeout(PATIENCE)
        raw.connect(os.path.join(self.home, "moonbear", "x.sock"))
        return raw

    def check(self, what):
        """The session answers, and has its data."""
        client = self.client("x")
        client.send(op="interrupt")
        answers = []

        def answered():
            answers.append(client.run("kept:sum()")[1])
            return not answers[-1] or answers[-1]["event"] != "refused"

        wait_until(answered, "the front before had gone")
        client.close()
        self.assertEqual(answers[-1] and answers[-1].get("value"), {"text": "6"}, (what, answers))

    def talk(self, lines, source):
        """Sends lines over one connection; reads some of the answers, or none."""
        reads = source.random.random() < 0.7
        with self.connect() as raw:
            try:
                if source.random.random() < 0.9:
                    raw.sendall(b'{"op":"hello","front":"hostile"}\n')
                for line in lines:
                    if source.random.random() < 0.05 and len(line) > 1:  # and goes in mid line
                        return raw.sendall(line[:len(line) // 2])
                    raw.sendall(line)
                if reads:
                    raw.shutdown(socket.SHUT_WR)
                    while raw.recv(1 << 16):
                        pass
            except (BrokenPipeError, ConnectionResetError):
                pass  # it was refused

    def test_random_lines(self):
        source, sent, turn = Lines(self.seed), 0, 0
        while sent < self.lines:
            lines = [source.line() for _ in range(source.random.randrange(1, 20))]
            self.talk(lines, source)
            sent, turn = sent + len(lines), turn + 1
            if turn % 10 == 0:
                self.check(lines)
        self.check(lines)
        print(f"{sent} lines over {turn} connections, seed {self.seed}")


if __name__ == "__main__":
    unittest.main()
