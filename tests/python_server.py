"""Runs Python programs for specs: python_server.py FOLDER. Each runs in a process forked from this one,
which has imported what they import: to start Python and import pandas anew takes longer than most programs.

FOLDER/words has the arguments of Python, with zero bytes between them: a path or -c and a text, and what
follows. A line of standard input starts that program; what it prints is in FOLDER/out and FOLDER/err, and
its status in the named pipe FOLDER/end when it has ended. At the end of input the folder is removed."""

import gc
import importlib
import os
import shutil
import sys
import traceback

folder = sys.argv[1]
HEAVY = ("numpy", "h5py", "pandas")


def read_words():
    with open(folder + "/words", encoding="utf-8", errors="surrogateescape") as file:
        return file.read().split("\0")


def run(text, name):
    """Runs a text as Python runs its main program, and closes what it has left open; returns the status."""
    names = {"__name__": "__main__", "__file__": name}
    try:
        exec(compile(text, name, "exec"), names)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # pylint: disable=broad-except
        traceback.print_exc()
        return 1
    finally:
        names.clear()
        gc.collect()
    return 0


def start(words):
    """Runs a program in this process, which was forked for it."""
    for number, name in enumerate(("out", "err"), 1):
        file = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    sys.argv = words[:1] + words[2:] if words[0] == "-c" else words
    sys.path[0] = "" if words[0] == "-c" else os.path.dirname(words[0])
    if words[0] == "-c":
        return run(words[1], "<string>")
    with open(words[0], encoding="utf-8") as file:
        return run(file.read(), words[0])


def main():
    for _ in sys.stdin:
        words = read_words()
        text = words[1] if words[0] == "-c" else open(words[0], encoding="utf-8").read()
        for name in HEAVY:
            if name in text:
                importlib.import_module(name)
        gc.freeze()
        child = os.fork()
        if child == 0:
            status = start(words)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)  # an exit as usual would take all imported modules apart
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with open(folder + "/end", "w", encoding="utf-8") as file:
            file.write(str(status))
    shutil.rmtree(folder)


main()
