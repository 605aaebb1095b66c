"""The prompt in a terminal, as a person types at it."""

import os
import re
import signal
import subprocess
import time
import unittest

import pexpect

from fronts import MORE, PATIENCE, PROGRAM, PROMPT, ROOT, Fronts, wait_until


class Prompt(Fronts):
    def test_values_are_printed(self):
        child = self.prompt()
        self.assertEqual(self.answer(child, "1 + 1"), "2")
        self.assertEqual(self.answer(child, "=6 * 7"), "42")
        self.assertEqual(self.answer(child, "1, 'two', nil"), "1\ttwo\tnil")
        self.assertEqual(self.answer(child, "x = 5"), "")
        self.assertEqual(self.answer(child, "x"), "5")

    def test_every_rank_runs_a_chunk(self):
        child = self.prompt("-n", "3")
        self.answer(child, "mb = require 'moonbear'")
        self.assertEqual(self.answer(child, "mb.range(1, 100):sum(), mb.size()"), "5050\t3")

    def test_a_chunk_of_several_lines(self):
        child = self.prompt()
        for line in ("for i = 1, 2 do", "  print(i)"):
            child.send(line + "\r")
            child.expect_exact(MORE)
        self.assertEqual(self.answer(child, "end"), "1\n2")

    def test_editing(self):
        child = self.prompt()
        self.assertEqual(self.answer(child, "12\x01return \x05 + 1"), "13")  # Ctrl-A, Ctrl-E
        self.assertEqual(self.answer(child, "7\x7f8"), "8")  # backspace
        self.assertEqual(self.answer(child, "\x1b[D'é'"), "é")
        self.assertEqual(self.answer(child, "'€x'\x1b[D\x7f"), "€")  # left, backspace

    # An operation that lasts until it must have been told how far it is.
    SLOW = ("do local c = mb.core; c.progress_begin('reading', 40); local t = c.now(); "
            "repeat c.progress_add(0, 1) until c.now() > t + 1.5; c.progress_add(10, 1); "
            "repeat c.progress_add(0, 1) until c.now() > t + 2; c.progress_end() end print 'end'")

    def test_how_far_an_operation_is(self):
        child = self.prompt()
        child.send(self.SLOW + "\r")
        child.expect_exact("reading: 25 %, 10 of 40 rows")
        child.expect_exact("\r\x1b[Kend")
        child.expect_exact(PROMPT)
        self.answer(child, "mb.progress(false)")
        self.assertEqual(self.answer(child, self.SLOW), "end")

    def test_how_far_an_operation_is_in_a_narrow_terminal(self):
        cut = "\r\x1b[Kreading: 25 %, 10 o\r\x1b[K"
        child = self.prompt(rows=20, columns=20)
        child.send(self.SLOW + "\r")
        child.expect_exact(cut + "end")
        script = self.terminal("-n", "2", "-e", self.SLOW, rows=20, columns=20)
        script.expect_exact(cut + "end")

    def test_operations_that_fail_have_ended(self):
        text = os.path.join(self.home, "bad.csv")
        with open(text, "w", encoding="ascii") as file:
            file.write("a,b\n" + "1,2\n" * 10000 + "3\n")
        child = self.prompt()
        for failing in (f"mb.read_csv('{text}')", "mb.frame({a = mb.range(9)}):to_csv('/dev/none/x')",
                        "mb.frame({a = mb.range(9)}):to_hdf('/dev/none/x')"):
            child.send(f"print(pcall(function() {failing} end)); {self.SLOW}\r")
            child.expect_exact("reading: 25 %, 10 of 40 rows")
            child.expect_exact("\r\x1b[Kend")
            child.expect_exact(PROMPT)

    def test_how_far_a_script_is(self):
        for ranks in ([], ["-n", "2"]):
            words = [*ranks, "-e", self.SLOW]
            child = self.terminal(*words)
            child.expect_exact("reading: 25 %, 10 of 40 rows")
            child.expect_exact("\r\x1b[Kend")
            child.expect(pexpect.EOF)
            piped = self.run_program(*words)
            self.assertEqual((piped.stdout, piped.stderr), ("end\n", ""))

    def test_pictures_fit_the_terminal(self):
        child = self.prompt(rows=20, columns=60)
        child.send("p = mb.plot.hist(mb.range(1, 90), {title = 'ninety'})\r")
        child.expect_exact("\x1b[c> ")  # it does not answer
        lines = self.answer(child, "p").rstrip().split("\n")
        self.assertIn("ninety", "".join(lines))
        self.assertTrue(10 <= len(lines) <= 20 and max(map(len, lines)) <= 60, lines)

    def test_pictures_are_sixels_where_the_terminal_says_so(self):
        child = self.prompt()
        child.send("p = mb.plot.bar(mb.column {'a', 'b', 'b'})\r")
        child.expect_exact("\x1b[c")
        child.send("\x1b[?62;4;22c")
        child.expect_exact("> ")
        picture = self.answer(child, "p")
        self.assertTrue(picture.startswith("\x1bP"), picture[:80])
        self.assertTrue(self.answer(child, "p:show()").startswith("\x1bP"))
        self.assertIn("***", self.answer(child, "print(p)"))

    def test_history_is_kept_between_sessions(self):
        child = self.prompt()
        self.answer(child, "'first line'")
        child.sendeof()
        child.expect(pexpect.EOF)
        child = self.prompt()
        self.assertEqual(self.answer(child, "\x1b[A"), "first line")
        self.assertEqual(self.answer(child, "'other'"), "other")
        self.assertTrue(self.answer(child, "\x12first\x1b").endswith("first line"))  # Ctrl-R

    def test_completion(self):
        child = self.prompt()
        self.answer(child, "mb = require 'moonbear'")
        self.answer(child, "flows = mb.frame { { 'sourcePort', mb.range(1, 3) } }")
        self.assertEqual(self.answer(child, "flows.sour\t:su\t()"), "6")
        child.send("string.g\t")
        child.expect_exact("gmatch")
        child.expect_exact("gsub")
        self.answer(child, "sub('aXb', 'X', '-')\x01\x05")

    def test_help(self):
        child = self.prompt()
        self.answer(child, "mb = require 'moonbear'")
        self.answer(child, "c = mb.range(1, 3)")
        self.assertIn("distinct", self.answer(child, "?c.value_counts"))
        self.assertIn("histogram", self.answer(child, "??edges"))

    def test_errors_leave_the_session_usable(self):
        child = self.prompt()
        self.assertIn("unexpected symbol", self.answer(child, "1 +* 2"))
        self.assertIn("[2]:1: boom", self.answer(child, "error 'boom'"))
        self.answer(child, "mb = require 'moonbear'")
        self.assertIn("only here", self.answer(child, "mb.on_rank(1, function() error 'only here' end)"))
        said = self.answer(child, "if mb.rank() == 1 then mb.range(1, 3):sum() end")
        self.assertIn("diverge", said)
        self.assertIn("variables may now differ", said)
        self.assertEqual(self.answer(child, "mb.range(1, 3):sum()"), "6")

    def test_an_allocation_that_cannot_be(self):
        child = self.prompt()
        self.answer(child, "mb = require 'moonbear'; c = mb.range(1, 3):eval()")
        self.assertIn("memory", self.answer(child, "d = mb.random(1 << 40):eval()"))
        self.assertEqual(self.answer(child, "c:sum()"), "6")

    def test_a_table_that_grows_without_end(self):
        child = self.prompt(MOONBEAR_MEMORY="1G")
        self.answer(child, "kept = 5")
        self.assertIn("memory", self.answer(child, "t = {} while true do t[#t + 1] = {} end"))
        self.answer(child, "t = nil")
        self.assertEqual(self.answer(child, "kept"), "5")

    def test_a_million_lines(self):
        child = self.prompt()
        child.send("for i = 1, 1000000 do print(i) end\r")
        child.expect_exact("\n1000000\r")
        child.expect_exact(PROMPT)
        self.assertEqual(self.answer(child, "1"), "1")

    def test_end_of_input_and_quit(self):
        for leave in ("\x04", ":quit\r"):
            child = self.prompt()
            child.send(leave)
            child.expect(pexpect.EOF)
            child.close()
            self.assertEqual(child.exitstatus, 0)

    def test_commands(self):
        child = self.prompt()
        self.answer(child, "mb = require 'moonbear'")
        self.answer(child, "ports = mb.range(1, 1000):eval()")
        self.assertRegex(self.answer(child, ":time ports:sum()"), r"\d s\n500500")
        self.assertIn("ports", self.answer(child, ":who"))
        self.assertIn("1", self.answer(child, ":ranks"))
        self.assertIn("B", self.answer(child, ":mem"))
        self.assertIn("who", self.answer(child, ":help"))
        self.assertIn("nosuch", self.answer(child, ":nosuch"))

    def test_save_and_load(self):
        child = self.prompt()
        self.answer(child, "count = (count or 0) + 1")
        self.answer(child, ":save session.lua")
        self.assertEqual(self.answer(child, ":load session.lua"), "")
        self.assertEqual(self.answer(child, "count"), "2")

    def test_a_saved_session_is_a_script(self):
        child = self.prompt()
        for line in ("c = mb.range(1, 10)", "c:slice(9)", ":time total = c:sum()", "total", "local x = 1",
                     "nosuch()", ":who", "total // 5, 'and more'", "print 'printed'", "?c.sum"):
            self.answer(child, line)
        child.send("print 'it runs' while true do end\r")
        child.expect_exact("\nit runs")
        child.sendintr()
        child.expect_exact("interrupted")
        child.expect_exact(PROMPT)
        child.send("for i = 1, 2 do\r")
        child.expect_exact(MORE)
        self.assertEqual(self.answer(child, "print(i) end"), "1\n2")
        self.assertEqual(self.answer(child, ":save saved.lua"), "saved: saved.lua")
        self.assertIn("No such file", self.answer(child, ":save nosuch/saved.lua"))
        self.assertIn("usage", self.answer(child, ":save"))
        self.assertEqual(self.answer(child, ":save ~/home.lua"), "saved: ~/home.lua")
        self.assertTrue(os.path.exists(os.path.join(self.home, "home.lua")))
        ran = self.run_program("-n", "2", "saved.lua")
        self.assertEqual((ran.stdout, ran.stderr), (
            "array([9, 10])\n55\n11\tand more\nprinted\n1\n2\n", ""))
        self.assertEqual(ran.returncode, 0)
        self.assertFalse(os.path.exists(self.home + "/saved.lua.new"))

    def test_a_script_before_the_prompt(self):
        with open(os.path.join(self.home, "script.lua"), "w") as file:
            file.write("print('from the script', ...) y = 7\n")
        child = self.prompt("-n", "2", "-i", "script.lua", "argument")
        self.assertIn("from the script\targument", child.before)
        self.assertEqual(self.answer(child, "y"), "7")

    def test_a_terminal_without_colours_or_utf8(self):
        child = self.prompt(TERM="dumb", LANG="C", LC_ALL="C")
        self.assertEqual(self.answer(child, "1 + 1"), "2")

    def test_a_terminal_that_is_resized(self):
        child = self.prompt()
        child.setwinsize(10, 40)
        self.assertEqual(self.answer(child, "1 + 1"), "2")


class Pages(Fronts):
    """What pages show that a newcomer can type, with the files that `make demo` makes."""

    def check(self, page):
        with open(os.path.join(ROOT, "docs", page)) as file:
            lines = [line[4:].rstrip("\n") for line in file if line.startswith("    ")]
        demo = os.path.join(self.home, "build")  # where the pages' sessions find it
        os.makedirs(demo)
        os.symlink(os.path.dirname(PROGRAM), demo + "/bin")
        subprocess.run([ROOT + "/examples/demo", demo], check=True, stdout=subprocess.DEVNULL,
                       timeout=PATIENCE)
        child = self.prompt("-n", "2")
        lines = lines[lines.index("$ build/bin/moonbear -n 2") + 1:]
        if lines[0].startswith("moonbear "):
            self.assertIn(lines.pop(0).partition(" ranks. ")[2], child.before)
        expected, told = [], []
        for line in lines:
            if line == "> while true do end":
                break
            if line.startswith("> "):
                told += self.answer(child, line[2:]).split("\n")
            else:
                expected.append(line)
        seconds = re.compile(r"^\d+\.\d+ s$")  # differ
        self.assertEqual([line.rstrip() for line in told if line and not seconds.match(line)],
                         [line.rstrip() for line in expected if line and not seconds.match(line)])

    def test_the_session_of_the_guide(self):
        self.check("guide/prompt.md")

    def test_the_first_hour(self):
        self.check("first-hour.md")


class Interrupts(Fronts):
    def interrupt(self, code, setup=""):
        child = self.prompt()
        self.answer(child, "mb = require 'moonbear'; data = mb.range(1, 3):eval()" + setup)
        child.send(f"print('go' .. 1) {code}\r")
        child.expect_exact("go1")  # now it runs
        child.sendintr()
        child.expect_exact("interrupted")
        child.expect_exact(PROMPT)
        self.assertEqual(self.answer(child, "data:sum()"), "6")

    def test_a_loop(self):
        self.interrupt("while true do end")

    def test_a_loop_in_a_coroutine(self):
        self.interrupt("coroutine.wrap(function() while true do end end)()")

    def test_a_loop_under_pcall(self):
        self.interrupt("while true do pcall(function() while true do end end) end")

    def test_operations(self):
        self.interrupt("while true do big:cumsum():eval() end", "; big = mb.random(1000000):eval()")

    def test_an_exchange(self):
        self.interrupt("while true do big:sort() end", "; big = mb.random(1000000):eval()")

    def test_at_the_prompt_the_line_is_given_up(self):
        child = self.prompt()
        child.send("oops(")
        child.sendintr()
        child.expect_exact(PROMPT)
        self.assertEqual(self.answer(child, "1"), "1")


class Ends(Fronts):
    def test_a_rank_that_dies_ends_the_session(self):
        child = self.prompt()
        child.send("require('moonbear').on_rank(1, function() os.execute('kill -9 $PPID') end)\r")
        child.expect_exact("killed")
        child.expect(pexpect.EOF)
        child.close()
        self.assertNotEqual(child.exitstatus, 0)

    def test_a_front_that_is_killed_takes_its_ranks_along(self):
        child = self.prompt()
        child.send("print('go' .. 1) while true do end\r")
        child.expect_exact("go1")
        os.kill(child.pid, signal.SIGKILL)
        wait_until(lambda: not self.left_over(), "the ranks had ended")

    def test_a_host_that_is_killed(self):
        child = self.prompt()
        host = [pid for pid, words in self.left_over() if "private-host" in words]
        os.kill(host[0], signal.SIGKILL)
        child.expect_exact("host has gone")
        child.expect(pexpect.EOF)

    def test_idle_ranks_rest(self):
        child = self.prompt()
        self.answer(child, "1")

        def ticks():
            total = 0
            for pid, _ in self.left_over():
                with open(f"/proc/{pid}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
            return total

        before = ticks()
        time.sleep(4)
        self.assertLess(ticks() - before, 4 * len(self.left_over()))  # of 400 each


if __name__ == "__main__":
    unittest.main()
