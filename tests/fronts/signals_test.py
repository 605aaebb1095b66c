"""Every process ends when the one that it serves does, however that one went, busy or idle; and
signals reach the ranks."""

import os
import pty
import signal
import subprocess
import time
import unittest

from fronts import PATIENCE, Fronts, wait_until

BUSY = "print 'started' io.stdout:flush() while true do end"
# No interrupt is looked at: a pattern that takes longer than anybody waits.
DEAF = "print 'started' io.stdout:flush() string.find(('a'):rep(60), ('a*'):rep(20) .. 'b')"


def state(pid):
    """The state letter and the parent of a process; None where it has gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return fields[0], int(fields[1])
    except OSError:
        return None


def descendants(pid):
    children = [int(entry) for entry in os.listdir("/proc")
                if entry.isdigit() and (state(entry) or (0, 0))[1] == pid]
    return children + [one for child in children for one in descendants(child)]


def alive(pids):
    return [pid for pid in pids if (state(pid) or "Z")[0] not in "ZX"]


class Signals(Fronts):
    """Scripts on one rank and on several, which a launcher of ours starts."""

    def start(self, *words, started=True, **settings):
        """A program whose script has begun, and all its processes."""
        self.child = subprocess.Popen(
            [os.environ["MOONBEAR"], *words], env=self.environment, cwd=self.home, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings)
        self.addCleanup(self.child.kill)
        if started:
            self.assertEqual(self.child.stdout.readline(), "started\n")
        return [self.child.pid, *descendants(self.child.pid)]

    def end(self, pids):
        """The status, output and errors of the program; no process is left."""
        output, errors = self.child.communicate(timeout=PATIENCE)
        wait_until(lambda: not alive(pids), "its processes had ended")
        return self.child.returncode, output, errors

    def test_interrupts(self):
        for number in (signal.SIGINT, signal.SIGUSR1):
            for words in ((), ("-n", "2")):
                pids = self.start(*words, "-e", BUSY)
                self.child.send_signal(number)
                status, output, errors = self.end(pids)
                self.assertEqual((status, output), (130, ""))
                self.assertIn("1: interrupted", errors)

    def test_an_interrupt_while_it_starts(self):
        for words in ((), ("-n", "2")):
            for moment in range(0, 100, 5):
                self.start(*words, "-e", BUSY, started=False)
                time.sleep(moment / 1000)
                pids = [self.child.pid, *descendants(self.child.pid)]
                self.child.send_signal(signal.SIGINT)
                status, output, errors = self.end(pids)
                # Before it has begun at all, the signal itself ends it: 130 for a shell, too.
                self.assertIn(status, (130, -signal.SIGINT), errors)
                self.assertIn(output, ("", "started\n"))

    def test_signals_that_end(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            for words in ((), ("-n", "2")):
                pids = self.start(*words, "-e", BUSY)
                self.child.send_signal(number)
                status, output, _ = self.end(pids)
                self.assertEqual((status, output), (-number, ""))

    def test_what_listens_to_no_signal_is_ended(self):
        for words in ((), ("-n", "2")):
            pids = self.start(*words, "-e", DEAF)
            self.child.terminate()
            self.assertEqual(self.end(pids)[0], -signal.SIGTERM)
        pids = self.start("-n", "2", "-e", DEAF)
        while self.child.poll() is None:  # Ctrl-C again and again
            self.child.send_signal(signal.SIGINT)
            time.sleep(0.2)
        self.assertEqual(self.end(pids)[0], 130)

    def test_a_plain_prompt_that_is_ended(self):
        for words in ((), ("-n", "2")):
            for line in ("print 'started' io.stdout:flush()\n", BUSY + "\n"):
                reader, writer = os.pipe()
                child = self.child = subprocess.Popen(
                    [os.environ["MOONBEAR"], *words], env=self.environment, text=True,
                    stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.addCleanup(child.kill)
                os.close(reader)
                os.write(writer, line.encode())
                self.assertEqual(child.stdout.readline(), "started\n")
                pids = [child.pid, *descendants(child.pid)]
                child.terminate()
                self.assertEqual(self.end(pids)[0], -signal.SIGTERM)
                os.close(writer)

    def test_nohup_is_respected(self):
        for words in ((), ("-n", "2")):
            pids = self.start(*words, "-e", BUSY, preexec_fn=lambda: signal.signal(
                signal.SIGHUP, signal.SIG_IGN))
            self.child.send_signal(signal.SIGHUP)
            self.child.send_signal(signal.SIGINT)  # comes later
            self.assertEqual(self.end(pids)[0], 130)

    def test_any_process_that_is_killed_takes_the_others_along(self):
        """The launchers, the proxy and a rank."""
        count = len(self.start("-n", "2", "-e", BUSY))
        self.child.kill()
        self.end([])
        self.assertEqual(count, 5)
        for which in range(count):
            pids = self.start("-n", "2", "-e", BUSY)
            os.kill(pids[which], signal.SIGKILL)
            self.assertNotEqual(self.end(pids)[0], 0)


class Gone(Fronts):
    """Prompts and sessions whose front, host or terminal goes."""

    BUSY = "while true do end\r"

    def busy(self):
        child = self.prompt()
        child.send("print('st' .. 'arted') io.stdout:flush() " + self.BUSY)
        child.expect_exact("started\r\n")
        return child

    def close_terminal(self, child):
        """As a window is closed: without a signal of ours."""
        self.open.remove(child)
        child.ptyproc.fileobj.close()

    def of_this_test(self):
        ours = [pid for pid, _ in self.left_over()]
        return {pid for one in ours for pid in (one, *descendants(one))}

    def test_a_host_that_is_killed(self):
        for start in (self.prompt, self.busy):
            child = start()
            pids = self.of_this_test()
            host = [pid for pid, words in self.left_over() if "private-host" in words]
            os.kill(host[0], signal.SIGKILL)
            wait_until(lambda: not alive(pids - {child.pid}), "the ranks had ended")
            child.close(force=True)

    def test_a_terminal_that_is_closed(self):
        for start in (self.prompt, self.busy):
            child = start()
            pids = self.of_this_test()
            self.close_terminal(child)
            wait_until(lambda: not alive(pids), "all had ended")

    def test_a_terminal_that_is_closed_on_a_script(self):
        for words in ((), ("-n", "2")):
            child = self.terminal(*words, "-e", BUSY)
            child.expect_exact("started")
            pids = {child.pid, *descendants(child.pid)}
            self.close_terminal(child)
            wait_until(lambda: not alive(pids), "all had ended")

    def test_a_terminal_is_read_by_rank_0(self):
        """Input from a terminal, output elsewhere: a plain prompt, which prompts."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        child = subprocess.Popen([os.environ["MOONBEAR"], "-n", "2"], env=self.environment,
                                 stdin=slave, stdout=subprocess.PIPE, text=True)
        os.close(slave)
        os.write(master, b"mb.size()\n\x04")
        self.assertEqual(child.communicate(timeout=PATIENCE)[0], "> 2\n> \n")

    def test_a_shell_of_slurm_is_one_process(self):
        """`srun -n 4 --pty bash` gives the terminal to one of its tasks; others are refused."""
        words = ("-e", "print(mb.size() .. ' rank')")
        task = {"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "0", "SLURM_TASK_PID": "1"}
        child = self.terminal(*words, **task)
        child.expect_exact("1 rank")
        without = subprocess.run([os.environ["MOONBEAR"], *words], stdin=subprocess.DEVNULL,
                                 env=dict(self.environment, **task), start_new_session=True,
                                 capture_output=True, text=True, check=False)
        self.assertEqual((without.returncode, without.stdout), (1, ""))
        self.assertIn("srun --mpi=pmi2", without.stderr)


if __name__ == "__main__":
    unittest.main()
