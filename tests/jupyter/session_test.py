"""How Jupyter is told of the kernel, and kernels that speak to a running session."""

import json
import os
import subprocess
import sys

from notebooks import HOME, PROGRAM, Cell, Notebooks, run_program, wait_until


def spec(*folders):
    path = os.path.join(HOME, *folders, "kernel.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class Kernelspecs(Notebooks):
    def test_install_and_uninstall(self):
        for options, folder in ((["--user"], ".local/share/jupyter"),
                                (["--prefix", HOME + "/a/b"], "a/b/share/jupyter")):
            words = ["--name", "other", *options]
            done = run_program("jupyter", "install", "-n", "3", "--session", "m:x", *words)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(folder + "/kernels/other", done.stdout)
            written = spec(folder, "kernels/other")
            self.assertEqual(written["argv"][0], "/usr/bin/python3")
            self.assertEqual(written["argv"][-8:], ["--program", PROGRAM, "-n", "3", "--session",
                                                    "m:x", "-f", "{connection_file}"])
            self.assertTrue(os.path.exists(written["argv"][-9]))
            self.assertEqual((written["display_name"], written["language"]), ("other", "lua"))
            self.assertEqual(run_program("jupyter", "uninstall", *words).returncode, 0)
            self.assertFalse(os.path.exists(os.path.join(HOME, folder, "kernels/other")))
            again = run_program("jupyter", "uninstall", *words)
            self.assertEqual(again.returncode, 1)
            self.assertIn("no kernel was removed", again.stderr)

    def test_what_cannot_be_installed(self):
        for name in ("", "../x", "a b"):
            refused = run_program("jupyter", "install", "--user", "--name", name)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("is not a name for a kernel", refused.stderr)
        refused = run_program("jupyter", "install", "--prefix", "/proc/self/no")
        self.assertIn("cannot make a folder", refused.stderr)
        both = run_program("jupyter", "install", "--user", "--prefix", HOME)
        self.assertNotEqual(both.returncode, 0)

    def test_jupyter_finds_it(self):
        listed = subprocess.run([sys.executable, "-m", "jupyter_client.kernelspecapp", "list"],
                                capture_output=True, text=True, timeout=60).stdout
        self.assertRegex(listed, rf"moonbear +{HOME}/share/jupyter/kernels/moonbear\n")


class Shared(Notebooks):
    def setUp(self):
        self.assertEqual(run_program("serve", "-n", "2", "--name", "nb").returncode, 0)
        self.addCleanup(run_program, "stop", "nb")

    def start_shared(self):
        return self.start(env=dict(os.environ, MOONBEAR_SESSION="nb"))

    def test_a_session_outlives_its_notebooks(self):
        manager, first = self.start_shared()
        self.assertIsNone(self.value(first, "kept = 42"))
        manager.shutdown_kernel()
        wait_until(lambda: ", 1 chunks run" in run_program("list").stdout, "the session was idle")
        install = ["jupyter", "install", "--prefix", HOME, "--name", "shared", "--session", "nb"]
        self.assertEqual(run_program(*install).returncode, 0)
        _, second = self.start("shared")
        self.assertEqual(self.value(second, "kept"), "42")
        second.history(hist_access_type="tail", n=2)
        told = second.get_shell_msg(timeout=60)["content"]["history"]
        self.assertEqual([line for _, _, line in told], ["kept = 42", "kept"])
        self.assertIn("for a session of the notebook's own",
                      Cell(second, "%ranks 3").error["evalue"])

    def test_one_notebook_at_a_time(self):
        _, first = self.start_shared()
        self.value(first, "kept = 1")
        _, second = self.start_shared()
        refused = Cell(second, "kept = 2")
        self.assertIn("another front runs code in this session: jupyter", refused.error["evalue"])
        self.assertEqual(self.value(first, "kept"), "1")

    def test_a_session_of_another_machine(self):
        ssh = os.path.join(HOME, "ssh")
        with open(ssh, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\n[ "$1 $2" = "far moonbear" ] || exit\nshift 2\n'
                       f'exec {PROGRAM} "$@"\n')
        os.chmod(ssh, 0o700)
        _, client = self.start(env=dict(os.environ, MOONBEAR_SESSION="far:nb", MOONBEAR_SSH=ssh))
        self.assertEqual(self.value(client, "require 'moonbear'.size()"), "2")

    def test_a_session_that_is_stopped(self):
        _, client = self.start_shared()
        self.value(client, "kept = 1")
        run_program("stop", "nb")
        cell = Cell(client, "kept")
        if "the session was stopped" in cell.error["evalue"]:  # it was asked before that was heard
            cell = Cell(client, "kept")
        else:
            self.assertIn("the session was stopped", cell.err)
        self.assertIn("no session 'nb' runs here", cell.error["evalue"])
        run_program("serve", "-n", "1", "--name", "nb")
        self.assertEqual(self.value(client, "kept"), "nil")
