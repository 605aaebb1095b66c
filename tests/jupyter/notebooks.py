"""What the tests of the Jupyter kernel share."""

import os
import subprocess
import unittest

from jupyter_client.manager import start_new_kernel

from processes import PATIENCE, processes, wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM, HOME = os.environ["MOONBEAR"], os.environ["HOME"]


def run_program(*words):
    return subprocess.run([PROGRAM, *words], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=PATIENCE)


class Cell:
    """What a cell gave: its reply, what it printed, its value, and the messages as they came.
    While it runs, something may be done when it has printed."""

    def __init__(self, client, code, when_it_prints=None, **options):
        self.when_it_prints = when_it_prints
        self.messages = []
        self.out, self.err, self.value, self.error = "", "", None, None
        # After an error ipykernel gives up, for a moment, what comes next, unless told otherwise.
        reply = client.execute_interactive(code, timeout=PATIENCE, allow_stdin=False,
                                           stop_on_error=False, output_hook=self.take, **options)
        self.status = reply["content"]["status"]
        self.number = reply["content"].get("execution_count")  # none when it was given up

    def take(self, message):
        kind, content = message["msg_type"], message["content"]
        self.messages.append(kind)
        if kind == "stream" and self.when_it_prints:
            self.when_it_prints()
            self.when_it_prints = None
        if kind == "stream" and content["name"] == "stdout":
            self.out += content["text"]
        elif kind == "stream":
            self.err += content["text"]
        elif kind == "execute_result":
            self.value = content["data"]
        elif kind == "error":
            self.error = content


class Notebooks(unittest.TestCase):
    """Tests with kernels; none leaves a process behind."""

    @classmethod
    def setUpClass(cls):
        cls.kernels = []

    @classmethod
    def tearDownClass(cls):
        for manager, client in cls.kernels:
            client.stop_channels()
            if manager.has_kernel:
                manager.shutdown_kernel()
        try:
            wait_until(lambda: not processes(HOME), "all processes had ended")
        finally:
            for pid, _ in processes(HOME):
                os.kill(pid, 9)

    @classmethod
    def start(cls, name="moonbear", **settings):
        manager, client = start_new_kernel(kernel_name=name, startup_timeout=PATIENCE, **settings)
        cls.kernels.append((manager, client))
        return manager, client

    def start_endless(self, client):
        """A cell that does not end, and runs."""
        client.execute("print 'go' while true do end")
        while client.get_iopub_msg(timeout=PATIENCE)["msg_type"] != "stream":
            pass

    def value(self, client, code):
        """The text of what a cell gives."""
        cell = Cell(client, code)
        self.assertEqual(cell.status, "ok", cell.error)
        return cell.value and cell.value["text/plain"]
