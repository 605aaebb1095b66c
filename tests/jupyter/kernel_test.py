"""The kernel by Jupyter's protocol: its own tests, and what they leave out."""

import base64
import os
import signal
import time

import jupyter_kernel_test
from notebooks import HOME, PATIENCE, Cell, Notebooks, processes, wait_until


class Protocol(jupyter_kernel_test.KernelTests):
    kernel_name = "moonbear"
    language_name = "lua"
    file_extension = ".lua"
    code_hello_world = "print 'hello, world'"
    code_stderr = "io.stderr:write 'hello\\n'"
    code_generate_error = "error 'on purpose'"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "1, nil, 'x'", "result": "1\tnil\tx"},
        {"code": "require 'moonbear'.range(1, 3)", "result": "array([1, 2, 3])"},
        {"code": "require 'moonbear'.range(1, 3)", "mime": "text/html"},
    ]
    completion_samples = [
        {"text": "string.rev", "matches": {"reverse"}},
        {"text": "%time string.rev", "matches": {"reverse"}},
        {"text": "nothing_is_called_this", "matches": set()},
    ]
    complete_code_samples = ["x = 1", "1 + 1", "for i = 1, 2 do\nend", "%time 1 + 1", "?print", ""]
    incomplete_code_samples = ["for i = 1, 2 do", "f(1,", "x = [[a", "if x then\n  y()"]
    invalid_code_samples = ["x = = 1", "end", "f(1))"]
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "1, nil*"
    code_inspect_sample = "string.rep"

    def execute_helper(self, code, timeout=PATIENCE, **options):
        return super().execute_helper(code, timeout, **options)

    def test_inspect(self):
        self.execute_helper("mb = require 'moonbear'")
        self.code_inspect_sample = "mb.read_hdf"
        super().test_inspect()


class Cells(Notebooks):
    """Tests of one kernel, in turn."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager, cls.client = cls.start()

    def setUp(self):
        self.run_cell("mb = require 'moonbear'")

    def run_cell(self, code, **options):
        return Cell(self.client, code, **options)

    def value(self, code):
        return super().value(self.client, code)

    def process_of_rank(self, rank):
        read = "mb.on_rank(%d, function() return io.open '/proc/self/stat':read 'n' end)"
        return int(self.value(read % rank))

    def test_all_ranks_run_a_cell(self):
        self.assertEqual(self.value("mb.size()"), "2")
        self.run_cell("x = mb.range(1, 10)\nlocal y = 2\ntotal = (x * y):sum()")
        self.assertEqual(self.value("total, mb.on_rank(1, function() return total end)"),
                         "110\t110")

    def test_values_as_text_and_html(self):
        cell = self.run_cell("mb.frame { port = mb.range(80, 82) }")
        self.assertIn("3 rows, 1 column", cell.value["text/plain"])
        self.assertIn("<table>", cell.value["text/html"])
        self.assertIn("<td>82</td>", cell.value["text/html"])
        self.assertNotIn("text/html", self.run_cell("'<b>'").value)
        self.assertIsNone(self.run_cell("x = 1").value)

    def test_pictures_are_images(self):
        shown = []

        class Watched(Cell):
            def take(self, message):
                super().take(message)
                if message["msg_type"] == "display_data":
                    shown.append(message["content"]["data"])

        cell = Watched(self.client, "p = mb.plot.hist(mb.range(1, 9), {title = 'nine'})\n"
                       "p:show()\np")
        self.assertEqual(len(shown), 1)
        for data in (shown[0], cell.value):
            self.assertEqual(data["text/plain"], "picture(hist: nine)")
            image = base64.b64decode(data["image/png"], validate=True)
            self.assertEqual(image[:8], b"\x89PNG\r\n\x1a\n")
            self.assertEqual(image[-8:-4], b"IEND")
        self.assertIn("***", self.run_cell("print(p)").out)
        error = self.run_cell("mb.plot.hist(mb.column({}, 'int'))").error
        self.assertIn("there is nothing to draw", error["evalue"])

    def test_output_comes_before_the_cell_ends(self):
        seen = os.path.join(HOME, "seen")
        cell = self.run_cell(f"print 'first'\nrepeat until io.open '{seen}'",
                             when_it_prints=lambda: open(seen, "w", encoding="utf-8").close())
        self.assertEqual((cell.status, cell.out), ("ok", "first\n"))

    def test_all_of_much_output_comes(self):
        cell = self.run_cell("for i = 1, 200000 do print(i) end")
        self.assertEqual(cell.out, "".join(f"{i}\n" for i in range(1, 200001)))
        self.assertLess(len(cell.messages), 1000)

    def test_output_that_is_not_utf8(self):
        self.assertEqual(self.run_cell(r"print 'a\xffb'").out, "a\ufffdb\n")
        self.assertEqual(self.run_cell(r"'a\xffb'").value["text/plain"], "a\ufffdb")
        self.assertEqual(self.run_cell("print 'ä€𝄞'").out, "ä€𝄞\n")

    def test_an_error_shows_its_line(self):
        cell = self.run_cell("local function f(x)\n  return x.y\nend\nf(nil)")
        self.assertEqual(cell.status, "error")
        self.assertTrue(cell.error["evalue"].startswith(f"[{cell.number}]:2: attempt to index"))
        shown = "\n".join(cell.error["traceback"])
        self.assertIn("----> 2 return x.y", shown)
        self.assertIn(f"[{cell.number}]:4: in main chunk", shown)

    def test_what_is_not_lua(self):
        cell = self.run_cell("x = 1\nx = = 2")
        self.assertTrue(cell.error["evalue"].startswith(f"[{cell.number}]:2: unexpected symbol"))
        self.assertIn("----> 2 x = = 2", cell.error["traceback"])
        self.assertNotIn("session", "\n".join(cell.error["traceback"]))

    def test_an_error_of_one_rank(self):
        cell = self.run_cell("if mb.rank() == 1 then error 'here' end mb.range(1, 3):sum()")
        self.assertEqual(cell.status, "error")
        self.assertIn("moonbear: variables may now differ between ranks", cell.err)
        self.assertEqual(self.value("mb.range(1, 3):sum()"), "6")

    def test_silence(self):
        cell = self.run_cell("kept = 1 print 'x' return 2", silent=True)
        self.assertEqual(cell.messages, ["status", "status"])
        self.assertEqual(self.value("kept"), "1")

    def test_completion_and_inspection_behind_other_letters(self):
        code = "local s = 'ä𝄞' mb.read_h + 1"
        cursor = code.index(" + 1")
        found = self.client.complete(code, cursor, reply=True, timeout=PATIENCE)["content"]
        self.assertEqual(found["matches"], ["read_hdf"])
        self.assertEqual(code[found["cursor_start"]:found["cursor_end"]], "read_h")
        code = "s = 'ä𝄞' mb.read_hdf()"
        found = self.client.inspect(code, code.index("hdf"), reply=True, timeout=PATIENCE)
        self.assertIn("Reads datasets", found["content"]["data"]["text/plain"])
        found = self.client.inspect("no_such_name", reply=True, timeout=PATIENCE)["content"]
        self.assertEqual((found["status"], found["found"]), ("ok", False))

    def test_commands(self):
        self.assertIn("\n  %ranks", self.run_cell("%help").out)
        self.assertNotIn("\n  :", self.run_cell("%help").out)
        self.assertIn("there is no input to read", self.run_cell("io.read()").error["evalue"])
        cell = self.run_cell("%time 1 + 1")
        self.assertRegex(cell.out, r"^\d+\.\d+ s\n$")
        self.assertEqual(cell.value["text/plain"], "2")
        self.assertRegex(self.run_cell("%%time\nx = 5\ny = x").out, r"^\d+\.\d+ s\n$")
        self.assertEqual(self.value("y"), "5")
        self.assertIn("read_hdf", self.run_cell("?mb.read_hdf").out)
        self.assertIn("there is no command '%tyme'", self.run_cell("%tyme 1").error["evalue"])

    def test_another_number_of_ranks(self):
        self.run_cell("kept = 1")
        self.assertEqual(self.run_cell("%ranks 3").out, "a new session of 3 ranks\n")
        self.assertEqual(self.value("kept, require 'moonbear'.size()"), "nil\t3")
        self.run_cell("kept = 2")
        self.addCleanup(self.run_cell, "%ranks 2")
        self.assertIn("from 1 on", self.run_cell("%ranks 0").error["evalue"])
        self.assertEqual(self.value("kept"), "2")

    def test_an_interrupt(self):
        self.run_cell("kept = mb.range(1, 1000)")
        for endless in ("while true do end", "while true do kept:sum() end",
                        "while true do pcall(function() while true do end end) end"):
            cell = self.run_cell("print 'go' " + endless,
                                 when_it_prints=self.manager.interrupt_kernel)
            self.assertEqual(cell.error["ename"], "KeyboardInterrupt", endless)
        for _ in range(2):  # a signal takes its time to all ranks, and may be late for its cell
            time.sleep(0.5)
            self.manager.interrupt_kernel()
        time.sleep(0.5)
        self.assertEqual(self.value("kept:sum()"), "500500")

    def test_an_interrupt_of_cells_that_wait(self):
        self.client.execute("print 'go' while true do end")
        waiting = [self.client.execute(f"ran = {i}") for i in range(3)]
        while self.client.get_iopub_msg(timeout=PATIENCE)["msg_type"] != "stream":
            pass
        self.manager.interrupt_kernel()
        replies = [self.client.get_shell_msg(timeout=PATIENCE) for _ in range(4)]
        self.assertEqual([reply["content"]["status"] for reply in replies],
                         ["error"] + ["aborted"] * 3)
        self.assertEqual(replies[3]["parent_header"]["msg_id"], waiting[2])
        wait_until(lambda: self.run_cell("1").status == "ok", "cells were taken again")
        self.assertEqual(self.value("rawget(_G, 'ran')"), "nil")

    def test_how_far_an_operation_is(self):
        shown = []

        class Watched(Cell):
            def take(self, message):
                super().take(message)
                if message["msg_type"] in ("display_data", "update_display_data"):
                    shown.append(message["content"])

        Watched(self.client, "c = mb.core\nc.progress_begin('reading', 40)\nt = c.now()\n"
                "repeat c.progress_add(0, 1) until c.now() > t + 1.5\nc.progress_add(10, 1)\n"
                "repeat c.progress_add(0, 1) until c.now() > t + 2\nc.progress_end()")
        texts = [content["data"]["text/plain"] for content in shown]
        self.assertTrue(any("25 %, 10 of 40 rows" in text for text in texts), texts)
        self.assertEqual(texts[-1], "")
        self.assertIn('<progress max="100" value="25">', shown[-2]["data"]["text/html"])
        self.assertEqual(len({content["transient"]["display_id"] for content in shown}), 1)

    def test_a_rank_that_dies(self):
        self.run_cell("kept = 1")
        cell = self.run_cell("mb.on_rank(1, function() os.execute 'kill -9 $PPID' end)")
        self.assertEqual(cell.error["ename"], "SessionEnded")
        self.assertIn("was killed by SIGKILL", cell.error["evalue"])
        self.assertIn("The next cell starts a new session.", cell.error["traceback"])
        again = self.run_cell("kept, require 'moonbear'.size()")
        self.assertEqual((again.value["text/plain"], again.err), ("nil\t2", ""))

    def test_a_rank_that_dies_between_cells(self):
        rank = self.process_of_rank(0)
        os.kill(rank, signal.SIGKILL)
        wait_until(lambda: not os.path.exists(f"/proc/{rank}"), "the rank had died")
        wait_until(lambda: len(processes(HOME)) == 1, "the session had ended")
        cell = self.run_cell("1 + 1")
        self.assertIn("this is a new session", cell.err)
        self.assertEqual(cell.value["text/plain"], "2")

    def test_a_restart(self):
        self.run_cell("kept = 1")
        rank = self.process_of_rank(1)
        self.manager.restart_kernel()
        self.client.wait_for_ready(timeout=PATIENCE)
        self.assertEqual(self.value("kept"), "nil")
        wait_until(lambda: not os.path.exists(f"/proc/{rank}"), "the rank had ended")

    def test_a_restart_of_a_busy_kernel(self):
        self.start_endless(self.client)
        self.manager.restart_kernel()
        self.client.wait_for_ready(timeout=PATIENCE)
        self.assertEqual(self.value("1"), "1")


class Ends(Notebooks):
    def test_a_kernel_that_is_killed_leaves_nothing(self):
        manager, client = self.start()
        self.start_endless(client)
        os.kill(manager.provisioner.pid, signal.SIGKILL)
        wait_until(lambda: not processes(HOME), "all had ended")
