"""Sessions that stay: serve, attach, watch, list, stop; and what may go wrong at their socket."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
import unittest

import pexpect

from fronts import PATIENCE, PROMPT, PROGRAM, Fronts, wait_until


class Sessions(Fronts):
    def attach(self, name="x", *words):
        return self.prompt("attach", name, *words)

    def test_a_session_is_left_and_found_again(self):
        self.serve()
        child = self.attach()
        self.answer(child, "kept = 42")
        child.sendeof()
        child.expect(pexpect.EOF)
        self.assertEqual(self.answer(self.attach(), "kept"), "42")

    def test_work_goes_on_without_a_front(self):
        self.serve()
        child = self.attach()
        child.send("print('go' .. 1) repeat until io.open('end') print 'it is done'\r")
        child.expect_exact("go1")
        os.kill(child.pid, signal.SIGKILL)
        self.assertTrue(self.client("x").welcome["busy"])
        with open(os.path.join(self.home, "end"), "w"):
            pass
        wait_until(lambda: not self.client("x", watch=True).welcome["busy"], "the work was done")
        self.assertIn("it is done", self.client("x", watch=True).welcome["output"])

    def test_list_and_stop(self):
        self.assertEqual(self.run_program("list").stdout, "")
        self.serve("one", "1")
        self.serve("two", "2")
        listed = self.run_program("list").stdout
        self.assertRegex(listed, r"one +1 rank\b.*\n.*two +2 ranks.*\n$")
        self.assertEqual(self.run_program("stop", "one").returncode, 0)
        self.assertNotIn("one", self.run_program("list").stdout)

    def test_names(self):
        self.serve()
        again = self.run_program("serve", "-n", "1", "--name", "x")
        self.assertEqual(again.returncode, 1)
        self.assertIn("runs already", again.stderr)
        for name in ("../x", "", "a b"):
            refused = self.run_program("serve", "-n", "1", "--name", name)
            self.assertIn("is not a name", refused.stderr)
        self.assertIn("no session 'y'", self.run_program("attach", "y").stderr)

    def test_one_of_many_gets_a_name(self):
        words = [PROGRAM, "serve", "-n", "1", "--name", "x"]
        asked = [subprocess.Popen(words, env=self.environment, cwd=self.home, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                 for _ in range(6)]
        told = [process.communicate(timeout=PATIENCE) for process in asked]
        self.assertEqual(sorted(process.returncode for process in asked), [0, 1, 1, 1, 1, 1], told)
        for process, (_, problem) in zip(asked, told):
            if process.returncode:
                self.assertIn("'x' runs already", problem)
        hosts = [pid for pid, words in self.left_over() if "--foreground" in words]
        self.assertEqual(len(hosts), 1)
        self.assertEqual(self.client("x").run("1")[1]["value"]["text"], "1")

    def test_paths_that_are_too_long_for_a_socket(self):
        folder = os.path.join(self.home, "x" * 100)
        os.mkdir(folder)
        self.environment["XDG_RUNTIME_DIR"] = folder
        for words in (["serve", "-n", "1"], ["attach"], ["stop"], ["relay"]):
            refused = self.run_program(*words)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("bytes and may have 107: " + folder, refused.stderr)
        self.assertEqual(os.listdir(self.home), ["x" * 100])
        del self.environment["XDG_RUNTIME_DIR"]
        self.environment["TMPDIR"] = self.home

    def test_machines_that_are_options_of_ssh(self):
        self.environment["MOONBEAR_SSH"] = "touch"
        for name in ("-oProxyCommand=touch pwned:x", "-v:x", "a b:x", ":x", "host:x;touch pwned",
                     "host:$(touch pwned)", "host:-x"):
            refused = self.run_program("attach", "--", name)
            self.assertEqual(refused.returncode, 1, refused)
            self.assertIn("is not", refused.stderr)
            self.assertEqual(os.listdir(self.home), [])

    def test_a_log_is_no_link(self):
        victim = os.path.join(self.home, "victim")
        for link in (os.symlink, os.link):
            with open(victim, "w") as file:
                file.write("kept")
            os.makedirs(self.home + "/moonbear", 0o700, exist_ok=True)
            link(victim, self.home + "/moonbear/x.log")
            self.serve()
            os.kill([pid for pid, words in self.left_over() if "--foreground" in words][0],
                    signal.SIGTERM)
            wait_until(lambda: not self.left_over(), "the session had ended")
            with open(victim) as file:
                self.assertEqual(file.read(), "kept")
            self.assertTrue(os.path.isfile(self.home + "/moonbear/x.log"))
            os.remove(self.home + "/moonbear/x.log")

    def test_a_host_that_does_not_answer(self):
        self.serve()
        host = [pid for pid, words in self.left_over() if "--foreground" in words][0]
        os.kill(host, signal.SIGSTOP)
        try:
            self.assertIn("runs already", self.run_program("serve", "-n", "1", "--name",
                                                           "x").stderr)
            self.assertIn("does not answer", self.run_program("list").stdout)
        finally:
            os.kill(host, signal.SIGCONT)

    def test_one_front_runs_code_and_others_watch(self):
        self.serve()
        first, second = self.client("x"), self.client("x")
        self.assertTrue(first.welcome["writer"])
        self.assertFalse(second.welcome["writer"])
        first.run("a = 1")
        _, refused = second.run("a = 2")
        self.assertEqual(refused["event"], "refused")
        self.assertIn("another front", refused["message"])
        first.run("print 'for all'")
        self.assertEqual(second.next("stream")["text"], "for all\n")
        first.close()
        wait_until(lambda: second.run("a")[1].get("value"), "the other front may run code")
        self.assertEqual(second.run("a")[1]["value"]["text"], "1")

    def test_a_watcher_sees_what_is_run(self):
        self.serve()
        watcher = self.attach("x", "--watch")
        self.client("x").run("print(6 * 7)")
        watcher.expect_exact("print(6 * 7)")
        watcher.expect_exact("42")

    def test_completion_while_a_chunk_runs(self):
        self.serve()
        client = self.client("x")
        client.send(op="run", id="1", code="while true do end")
        self.assertTrue(client.ask(op="complete", code="pri", cursor=3)["busy"])
        client.send(op="interrupt")
        self.assertEqual(client.next("done")["status"], "interrupted")

    def test_interrupts_at_any_moment(self):
        self.serve()
        client = self.client("x")
        endless = [
            "while true do end",
            "coroutine.wrap(function() while true do pcall(function() while true do end end) end end)()",
            "while true do pcall(function() require('moonbear').column{1, 2}:sum() end) end",
        ]
        for turn in range(30):
            client.send(op="run", id="1", code=endless[turn % len(endless)])
            time.sleep(0.002 * (turn % 5))
            client.send(op="interrupt")
            self.assertEqual(client.next("done")["status"], "interrupted")
            # The next chunk follows at once, and has nothing to do with it.
            printed, done = client.run("print('next', require('moonbear').column{1, 2}:sum())")
            self.assertEqual((printed, done["status"]), ("next\t3\n", "ok"), done)
        client.send(op="interrupt")  # while nothing runs
        self.assertEqual(client.run("6 * 7")[1]["value"]["text"], "42")

    def test_a_front_that_does_not_read(self):
        self.serve()
        idle = self.client("x", watch=True)
        client = self.client("x")
        client.send(op="run", id="1", code="for i = 1, 300000 do print(('x'):rep(100)) end")
        time.sleep(2)
        idle.close()  # it has held back the others until now
        self.assertEqual(client.next("done")["status"], "ok")

    def test_garbage_ends_the_connection_alone(self):
        self.serve()
        for garbage in (b"\0\xff\xfe\n", b"[1,2]\n", b"12\n", b"{\"op\":\"nonsense\"}\n",
                        b"{\"op\":\"run\",\"code\":\"x = 1\"}\n"):
            client = self.client("x")
            client.close()
            path = os.path.join(self.home, "moonbear", "x.sock")
            with socket.socket(socket.AF_UNIX) as raw:
                raw.settimeout(PATIENCE)
                raw.connect(path)
                raw.sendall(garbage)
                answer = raw.makefile("rb").read()
            self.assertIn(b"refused", answer)
        self.assertEqual(self.client("x").run("1")[1]["value"]["text"], "1")

    def test_odd_requests_of_a_front(self):
        self.serve()
        for request in ({"op": "run"}, {"op": "run", "code": 5}, {"op": "complete"},
                        {"op": "complete", "code": {}}, {"op": None}, {}, {"op": {}},
                        {"op": "run", "code": "1", "id": float("inf")},
                        {"op": "history", "id": float("nan")}, {"op": "history", "id": [1]},
                        {"op": "history", "id": "x" * 101}, {"op": "run", "code": "1", "id": 1.5},
                        {"op": "history", "id": True}, {"op": "hello"}, {"op": "x" * 10000}):
            client = self.client("x")
            client.send(**request)
            self.assertIsNotNone(client.next("refused"), request)
        client = self.client("x")
        self.assertIsNotNone(client.ask(op="complete", code="pri", cursor=-7))
        self.assertIsNotNone(client.ask(op="complete", code="pri", cursor=1e99))
        for odd in ("1e999", "-1e999", "null", "[]", '"x"', "1.5", "1e300", "-1"):
            client.socket.sendall(b'{"op":"run","id":"1","code":"7","width":%s,"number":%s}\n'
                                  % (odd.encode(), odd.encode()))
            self.assertEqual(client.next("done")["value"]["text"], "7", odd)
            client.socket.sendall(b'{"op":"inspect","id":"1","code":"print","cursor":%s,"width":%s,'
                                  b'"words":%s,"more":%s}\n' % ((odd.encode(),) * 4))
            self.assertIsNotNone(client.next("reply"))
        self.assertEqual(client.run("1")[1]["value"]["text"], "1")

    def test_fronts_that_go_while_they_are_told(self):
        self.serve()
        for turn in range(60):
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(os.path.join(self.home, "moonbear", "x.sock"))
                raw.sendall(b'{"op":"hello"}\n{"op":"run","code":"for i = 1, 200 do print(i) end"}\n'
                            b'{"op":"history"}\n' * (1 + turn % 3))
                if turn % 2:
                    raw.settimeout(PATIENCE)
                    raw.recv(1)
        client = self.client("x")
        wait_until(lambda: client.run("1")[1].get("value"), "the session ran code")

    def test_long_lines_and_values(self):
        self.serve(ranks="1")
        raw = self.client("x").socket
        try:
            raw.sendall(b'{"op":"run","code":"' + b"-" * (65 << 20))
            self.assertIn(b"too long", raw.recv(1 << 16))
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was closed before it had been read
        client = self.client("x")
        self.assertIn("longer than 8 MB", client.run("--" + "-" * (8 << 20))[1]["message"])
        # Of text that JSON writes six times as long, the most that is taken.
        code = "--" + "\1" * ((8 << 20) - 2)
        self.assertEqual(client.run(code)[1]["status"], "ok")
        self.assertEqual(client.ask(op="is_complete", code=code)["status"], "complete")
        self.assertEqual(client.ask(op="history")["chunks"][0]["code"], code)
        client.run("1")
        history = client.ask(op="history")
        self.assertEqual((history["forgotten"], history["chunks"]),
                         (1, [{"code": "1", "status": "ok", "shown": True}]))
        for code in ("('\\1'):rep(70 << 20)", "error(('\\1'):rep(70 << 20))"):
            _, done = client.run(code)
            text = (done.get("value") or {}).get("text") or done["error"]["message"]
            self.assertIn(" bytes in all)", text[-40:])
        self.assertEqual(client.run("1")[1]["value"]["text"], "1")

    def test_a_front_that_asks_and_does_not_read(self):
        self.serve(ranks="1")
        client = self.client("x")
        client.run("--" + "-" * (1 << 20))
        host = [pid for pid, words in self.left_over() if "--foreground" in words][0]
        sent = 0
        client.socket.setblocking(False)
        while True:  # until the host takes no more
            try:
                sent += client.socket.send(b'{"op":"history","id":1}\n')
            except BlockingIOError:
                other = self.client("x", watch=True)
                other.ask(op="history")  # it has taken what came before by now
                other.close()
                try:
                    sent += client.socket.send(b'{"op":"history","id":1}\n')
                except BlockingIOError:
                    break
        with open(f"/proc/{host}/statm") as file:
            resident = int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
        self.assertLess(resident, 200 << 20, sent)
        client.socket.settimeout(PATIENCE)
        for _ in range(sent // 24):
            self.assertIsNotNone(client.next("reply"))
        self.assertEqual(client.run("1")[1]["value"]["text"], "1")

    def test_chunks_have_no_input(self):
        self.serve()
        client = self.client("x")
        for code in ("io.read()", "io.read('n')", "for line in io.lines() do end"):
            self.assertIn("there is no input to read in a session",
                          client.run(code)[1]["error"]["message"])
        self.assertEqual(client.run("io.input('/etc/hostname'):read('l') == io.read('l')")[1]["status"],
                         "ok")
        self.assertEqual(client.run("select('#', io.lines('/etc/hostname')) > 0")[1]["value"],
                         {"text": "true"})

    def test_a_front_that_goes_in_mid_line(self):
        self.serve()
        client = self.client("x")
        client.socket.sendall(b'{"op":"run","id":"1","code":"x')
        client.close()
        self.assertEqual(self.client("x").run("1")[1]["value"]["text"], "1")

    def test_another_user_is_turned_away(self):
        if os.getuid() != 0:
            self.skipTest("only root can be somebody else")
        self.serve()
        connect = textwrap.dedent("""\
            import os, socket, sys
            os.setuid(65534)
            s = socket.socket(socket.AF_UNIX)
            s.connect(sys.argv[1])
            s.sendall(b'{"op":"hello"}\\n')
            print(repr(s.recv(100)))""")
        path = os.path.join(self.home, "moonbear", "x.sock")
        command = [sys.executable, "-c", connect, path]
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        self.assertIn("PermissionError", outcome.stderr)
        for place in (self.home, os.path.dirname(path)):
            os.chmod(place, 0o755)
        os.chmod(path, 0o666)
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        self.assertTrue("b''" in outcome.stdout or "ConnectionReset" in outcome.stderr or
                        "BrokenPipe" in outcome.stderr, outcome)

    def test_a_rank_that_dies_is_told_to_fronts(self):
        self.serve()
        client = self.client("x")
        _, ended = client.run("require('moonbear').on_rank(1, os.execute, 'kill -9 $PPID')")
        self.assertEqual(ended["event"], "ended")
        self.assertRegex(ended["message"], r"^a rank was killed by SIGKILL.*names rank \d \(process \d+\)")
        wait_until(lambda: not self.left_over(), "the session had ended")

    def test_a_host_that_goes_away(self):
        self.serve()
        child = self.attach()
        host = [pid for pid, words in self.left_over() if "--foreground" in words]
        os.kill(host[0], signal.SIGKILL)
        child.expect_exact("host has gone")
        child.expect(pexpect.EOF)
        child.close()
        self.assertEqual(child.exitstatus, 1)
        wait_until(lambda: not self.left_over(), "the ranks had ended")
        self.serve()  # its socket does not stand in the way

    def test_ranks_that_part_ways_are_told(self):
        self.serve()
        client = self.client("x")
        client.run("mb = require 'moonbear'")
        _, done = client.run("if mb.rank() == 1 then mb.range(1, 3):sum() end")
        self.assertTrue(done["parted"])
        self.assertIn("diverge", done["error"]["message"])


SSHD_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {home}/key
AuthorizedKeysFile {home}/key.pub
PidFile {home}/sshd.pid
StrictModes no
UsePAM no
PermitRootLogin yes
SetEnv PATH={folder}:/usr/bin:/bin XDG_RUNTIME_DIR={home} HOME={home}
"""

SSH = """\
#!/bin/sh
exec ssh -F none -p {port} -i {home}/key -o StrictHostKeyChecking=no \\
  -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "$@"
"""


@unittest.skipUnless(os.path.exists("/usr/sbin/sshd"), "there is no sshd")
class Remote(Fronts):
    def setUp(self):
        super().setUp()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        names = {"home": self.home, "port": port, "folder": os.path.dirname(PROGRAM)}
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.home + "/key"],
                       check=True)
        for name, text in (("sshd_config", SSHD_CONFIG), ("ssh", SSH)):
            with open(os.path.join(self.home, name), "w") as file:
                file.write(text.format(**names))
        os.chmod(self.home + "/ssh", 0o755)
        os.makedirs("/run/sshd", exist_ok=True)
        self.sshd = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", self.home + "/sshd_config"])
        self.environment["MOONBEAR_SSH"] = self.home + "/ssh"

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        wait_until(listens, "sshd listened")

    def tearDown(self):
        self.sshd.terminate()
        self.sshd.wait()
        super().tearDown()

    def test_a_session_of_another_machine(self):
        self.serve()
        child = self.prompt("attach", "localhost:x")
        self.assertEqual(self.answer(child, "kept = 7"), "")
        child.send("print('go' .. 1) while true do end\r")
        child.expect_exact("go1")
        child.sendintr()
        child.expect_exact("interrupted")
        child.expect_exact(PROMPT)
        child.sendeof()
        child.expect(pexpect.EOF)
        child.close()
        self.assertEqual(child.exitstatus, 0)
        self.assertEqual(self.client("x").run("kept")[1]["value"]["text"], "7")

    def test_no_such_session_there(self):
        refused = self.run_program("attach", "localhost:y")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("no session 'y'", refused.stderr)


if __name__ == "__main__":
    unittest.main()
