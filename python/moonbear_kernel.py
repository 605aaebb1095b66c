#!/usr/bin/python3
"""The Jupyter kernel of moonbear: cells run on all ranks of a session.

The session is the notebook's own, and ends with the kernel, or one that `moonbear serve` keeps
running: --session NAME, or MOONBEAR_SESSION. A cell that begins with %word is what :word is at a
prompt, but for %ranks N, which starts the notebook's own session again with N ranks."""

import argparse
import asyncio
import fnmatch
import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

MOST_RANKS = 8  # unless more are asked for
MOST_LINE = 64 << 20  # bytes
ANSWER_WAIT = 5  # seconds for what rank 0 answers alone
END_WAIT = 4  # seconds until a session's host is told to end once more
OUTPUT_WAIT = 0.05  # seconds for which output is gathered
OUTPUT_PIECE = 1 << 20  # characters that are not gathered any longer
WIDTH = 100  # characters of a text output
RED, PLAIN = "\x1b[31m", "\x1b[0m"


class SessionError(Exception):
    """What a session does not do, and why; `name` is what Jupyter calls it."""

    def __init__(self, message, name="SessionError"):
        super().__init__(message)
        self.name = name


class Front:
    """An end of a session: asks its host, and hands on what it says, in lines of JSON as
    lua/moonbear/front/host.lua tells."""

    def __init__(self, command, on_output, on_progress, on_picture):
        self.on_output, self.on_progress = on_output, on_progress
        self.on_picture = on_picture
        self.number = 0
        self.asked = {}  # futures by the id of the request
        self.over = None  # why the session has ended
        self.told = False  # whether somebody was told so
        self.socket, theirs = socket.socketpair()
        # It writes only what goes wrong, apart from what it says on the socket.
        self.problems = tempfile.TemporaryFile()
        with theirs:
            self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs,
                                            stderr=self.problems, start_new_session=True)

    async def open(self):
        """Returns when the ranks have started; raises SessionError when they do not."""
        self.ready = asyncio.get_running_loop().create_future()
        self.reader, self.writer = await asyncio.open_unix_connection(
            sock=self.socket, limit=MOST_LINE)
        self.listening = asyncio.create_task(self.listen())
        self.send(op="hello", front="jupyter")
        await self.ready
        return self

    def send(self, **request):
        line = json.dumps(request, ensure_ascii=False) + "\n"
        self.writer.write(line.encode("utf-8", "replace"))

    async def ask(self, op, **fields):
        """The answer to a request."""
        if self.over:
            raise SessionError(self.over)
        self.number += 1
        name = str(self.number)
        answer = self.asked[name] = asyncio.get_running_loop().create_future()
        self.send(op=op, id=name, **fields)
        try:
            return await answer
        finally:
            del self.asked[name]

    async def listen(self):
        try:
            while line := await self.reader.readline():
                self.take(json.loads(line.decode("utf-8", "replace")))
        except ValueError as problem:
            self.over = self.over or f"the session's host cannot be understood: {problem}"
        except OSError:
            pass  # it has gone
        self.problems.seek(0)
        told = self.problems.read().decode("utf-8", "replace").strip()
        self.over = self.over or told or "the session's host has gone"
        for waiting in [self.ready, *self.asked.values()]:
            if not waiting.done():
                waiting.set_exception(SessionError(self.over))
        self.writer.close()

    def take(self, message):
        event, asked = message["event"], self.asked.get(message.get("id"))
        if event == "stream":
            self.on_output(message["name"], message["text"])
        elif event == "progress":
            self.on_progress(message.get("text"))
        elif event == "display":
            self.on_picture(message)
        elif event == "ready" or event == "welcome" and message.get("ready"):
            if not self.ready.done():
                self.ready.set_result(True)
        elif event == "ended" or event == "refused" and not asked:
            self.over = message["message"]
        elif asked and not asked.done() and event == "refused":
            asked.set_exception(SessionError(message["message"]))
        elif asked and not asked.done() and event in ("done", "reply"):
            asked.set_result(message)

    def leave(self):
        """Says good-bye, which ends a session of its own. For any thread."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has gone already
        try:
            self.process.wait(END_WAIT)
        except subprocess.TimeoutExpired:
            self.process.terminate()


def own_session(program, ranks):
    """The command of a session for one front, which is at its descriptor 3."""
    script = 'exec "$0" private-host "$1" 3<&0 </dev/null >/dev/null'
    return ["/bin/sh", "-c", script, program, str(ranks)]


def named_session(program, name):
    """The command that speaks for a running session, of another machine if it is HOST:NAME."""
    machine, colon, session = name.rpartition(":")
    if not colon:
        return [program, "relay", name]
    if not re.fullmatch(r"[^\s-]\S*", machine) or not re.fullmatch(r"[\w.-]*", session, re.ASCII):
        # ssh would take -o... as an option, and a shell there reads the session's name.
        raise SessionError(f"'{name}' is not the name of a session: HOST:NAME")
    return [os.environ.get("MOONBEAR_SSH", "ssh"), machine, "moonbear", "relay", session or "main"]


def with_line(message, traceback, code):
    """An error as lines of text, with the line of the cell where it arose."""
    lines = [message]
    place = re.match(r"\[\d+\]:(\d+):", message)
    texts = code.split("\n")
    if place and 0 < int(place[1]) <= len(texts):
        lines.append(f"----> {place[1]} {texts[int(place[1]) - 1].strip()}")
    return lines + traceback.split("\n") if traceback else lines


def picture_of(value):
    """A picture as Jupyter has it."""
    return {"text/plain": value["text"], "image/png": value["png"]}


class MoonbearKernel(Kernel):
    implementation = "moonbear"
    language = "lua"
    language_info = {"name": "lua", "version": "5.4", "mimetype": "text/x-lua",
                     "file_extension": ".lua", "pygments_lexer": "lua", "codemirror_mode": "lua"}
    options = None  # the program's

    def __init__(self, **settings):
        super().__init__(**settings)
        self.banner = subprocess.run([self.options.program, "-v"], capture_output=True,
                                     text=True).stdout.strip() or "moonbear"
        self.implementation_version = self.banner.rpartition(" ")[2]
        self.front = None
        self.silent = False
        self.output = {"name": None, "parts": [], "size": 0}  # gathered
        self.bar = None  # the display of how far an operation is
        self.bars = 0
        self.cells = []  # number, code, text of the value

    def start(self):
        super().start()
        self.io_loop.asyncio_loop.add_signal_handler(signal.SIGINT, self.interrupt)

    # An interrupt goes to the ranks, not into this program.
    def pre_handler_hook(self):
        pass

    def post_handler_hook(self):
        pass

    def interrupt(self):
        if not self.front or self.front.over:
            return
        if self.front.ready.done():
            self.front.send(op="interrupt")
        else:
            self.front.over = "interrupted while the session was starting"
            self.front.socket.shutdown(socket.SHUT_RDWR)

    # Output

    def publish(self, kind, **content):
        self.send_response(self.iopub_socket, kind, content)

    def take_output(self, name, text):
        """Gathers output, since Jupyter loses some of very many messages."""
        if self.silent:
            return
        if name != self.output["name"]:
            self.flush_output()
        if not self.output["parts"]:
            asyncio.get_running_loop().call_later(OUTPUT_WAIT, self.flush_output)
        self.output["name"] = name
        self.output["parts"].append(text)
        self.output["size"] += len(text)
        if self.output["size"] > OUTPUT_PIECE:
            self.flush_output()

    def flush_output(self):
        if self.output["parts"]:
            text = "".join(self.output["parts"])
            self.output.update(parts=[], size=0)
            self.publish("stream", name=self.output["name"], text=text)

    def show_progress(self, text):
        """Shows how far an operation is in one place, which is empty when it has ended."""
        if self.silent or not text and not self.bar:
            return
        kind = "update_display_data" if self.bar else "display_data"
        if not self.bar:
            self.flush_output()
            self.bars += 1
            self.bar = f"moonbear-progress-{self.bars}"
        percent = re.search(r"(\d+) %", text or "")
        bar = f'<progress max="100" value="{percent[1]}"></progress> ' if percent else ""
        data = {"text/plain": text or "", "text/html": bar + html.escape(text or "")}
        self.publish(kind, data=data, metadata={}, transient={"display_id": self.bar})
        if not text:
            self.bar = None

    def show_picture(self, value):
        """Shows a picture of a cell that goes on."""
        if not self.silent and value.get("png"):
            self.flush_output()
            self.publish("display_data", data=picture_of(value), metadata={})

    def fail(self, name, message, lines):
        """Shows an error; the reply to the cell."""
        error = {"ename": name, "evalue": message,
                 "traceback": [f"{RED}{name}{PLAIN}: {lines[0]}", *lines[1:]]}
        if not self.silent:
            self.publish("error", **error)
        return dict(error, status="error", execution_count=self.execution_count)

    def succeed(self):
        return {"status": "ok", "execution_count": self.execution_count, "payload": [],
                "user_expressions": {}}

    # The session

    async def open(self):
        """The front of the session, which starts now if there is none."""
        if self.front and not self.front.over:
            return self.front
        if self.front and not self.front.told:
            self.take_output("stderr", f"moonbear: {self.front.over}; this is a new session\n")
            self.front.told = True
        name, program = self.options.session, self.options.program
        command = named_session(program, name) if name else own_session(program, self.options.n)
        try:
            self.front = Front(command, self.take_output, self.show_progress,
                               self.show_picture)
            await self.front.open()
        except OSError as problem:
            raise SessionError(f"cannot start {command[0]}: {problem}")
        if name:
            history = await self.front.ask("history")
            self.cells = [(n, chunk["code"], None) for n, chunk in
                          enumerate(history["chunks"] or (), history["forgotten"] + 1)]
        return self.front

    async def restart(self, ranks):
        """Starts the session again, with another number of ranks."""
        if self.options.session:
            raise SessionError("%ranks is for a session of the notebook's own, not for "
                               f"'{self.options.session}', which others may use")
        if ranks < 1:
            raise SessionError("%ranks takes a number of ranks from 1 on")
        if self.front:
            self.front.told = True
            await asyncio.get_running_loop().run_in_executor(None, self.front.leave)
            self.front.over = "another one was wanted"
        self.options.n = ranks
        await self.open()
        self.take_output("stdout", f"a new session of {ranks} rank{'s' * (ranks > 1)}\n")

    async def ask(self, op, **fields):
        """What rank 0 answers alone; {} when it does not."""
        try:
            front = await self.open()
            return await asyncio.wait_for(front.ask(op, **fields), ANSWER_WAIT)
        except (SessionError, asyncio.TimeoutError):
            return {}

    # What Jupyter asks

    async def run(self, code):
        """Runs a cell; the event that tells how it ended."""
        ranks = re.match(r"\s*%ranks\s+(-?\d+)\s*$", code)
        if ranks:
            await self.restart(int(ranks[1]))
            return {"status": "ok"}
        front = await self.open()
        return await front.ask("run", code=code, width=WIDTH, image="png",
                               number=self.execution_count)

    async def do_execute(self, code, silent, store_history=True, user_expressions=None,
                         allow_stdin=False, *, cell_id=None):
        self.silent = silent
        try:
            done = await self.run(code)
        except SessionError as problem:
            self.flush_output()
            if self.front and self.front.over and not self.front.told:
                self.front.told = True
                return self.fail("SessionEnded", str(problem),
                                 [str(problem), "The next cell starts a new session."])
            return self.fail(problem.name, str(problem), [str(problem)])
        if done.get("parted"):
            self.take_output("stderr", "moonbear: variables may now differ between ranks\n")
        self.flush_output()
        value = done.get("value") or {}
        if store_history and not silent:
            self.cells.append((self.execution_count, code, value.get("text")))
        if done["status"] == "interrupted":
            return self.fail("KeyboardInterrupt", "interrupted", ["interrupted"])
        if done["status"] == "error":
            error = done.get("error") or {}
            message = error.get("message", "the cell failed")
            return self.fail("Error", message,
                             with_line(message, error.get("traceback"), code))
        if value.get("text") is not None and not silent:
            data = {"text/plain": value["text"]}
            if value.get("html"):
                data["text/html"] = value["html"]
            if value.get("png"):
                data = picture_of(value)
            self.publish("execute_result", data=data, metadata={},
                         execution_count=self.execution_count)
        return self.succeed()

    async def do_complete(self, code, cursor_pos):
        text = code[:cursor_pos].encode("utf-8", "replace")
        reply = await self.ask("complete", code=text.decode(), cursor=len(text))
        start = reply.get("start", len(text))
        return {"status": "ok", "matches": reply.get("matches") or [], "metadata": {},
                "cursor_start": cursor_pos - len(text[start:].decode("utf-8", "ignore")),
                "cursor_end": cursor_pos}

    async def do_inspect(self, code, cursor_pos, detail_level=0, omit_sections=()):
        before = code[:cursor_pos].encode("utf-8", "replace")
        reply = await self.ask("inspect", code=code, cursor=len(before), width=WIDTH)
        data = {"text/plain": reply["text"]} if reply.get("found") else {}
        return {"status": "ok", "found": bool(data), "data": data, "metadata": {}}

    async def do_is_complete(self, code):
        reply = await self.ask("is_complete", code=code)
        answer = {"status": reply.get("status", "unknown")}
        if answer["status"] == "incomplete":
            answer["indent"] = reply.get("indent") or ""
        return answer

    def do_history(self, hist_access_type, output, raw, session=None, start=None, stop=None,
                   n=None, pattern=None, unique=False, **_):
        cells = self.cells
        if hist_access_type == "range":
            cells = [cell for cell in cells
                     if (start or 0) <= cell[0] and (stop is None or cell[0] < stop)]
        elif hist_access_type == "search":
            cells = [cell for cell in cells if fnmatch.fnmatchcase(cell[1], pattern or "*")]
            if unique:
                cells = list({cell[1]: cell for cell in cells}.values())
        if n and hist_access_type != "range":
            cells = cells[-n:]
        return {"status": "ok", "history": [(1, number, (code, text) if output else code)
                                            for number, code, text in cells]}

    def do_shutdown(self, restart):
        if self.front:
            self.front.told = True
            self.front.leave()
        return {"status": "ok", "restart": restart}


def open_standard_descriptors():
    """One that is closed would be given to the next file or socket that is opened."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def wanted_ranks():
    """How many ranks a session of the notebook's own has."""
    text = os.environ.get("MOONBEAR_RANKS")
    if not text:
        return min(len(os.sched_getaffinity(0)), MOST_RANKS)
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        sys.exit(f"moonbear: MOONBEAR_RANKS is '{text}', and must be a number of ranks, as 4")
    return int(text)


def main():
    open_standard_descriptors()
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--program", default="moonbear", help="the moonbear program")
    parser.add_argument("--session", default=os.environ.get("MOONBEAR_SESSION"),
                        help="the name of a running session")
    parser.add_argument("-n", type=int, help="ranks of the notebook's own session")
    options, rest = parser.parse_known_args()
    if options.n is None:
        options.n = wanted_ranks()
    # So that a cell's os.execute finds csv2hdf, which is beside it.
    folder = os.path.dirname(os.path.abspath(options.program))
    os.environ["PATH"] = folder + os.pathsep + os.environ.get("PATH", os.defpath)
    MoonbearKernel.options = options
    IPKernelApp.launch_instance(kernel_class=MoonbearKernel, argv=rest)


if __name__ == "__main__":
    main()
