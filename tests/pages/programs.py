#!/usr/bin/python3
"""The C of a page as programs: programs.py PAGE FOLDER writes N.c for each block and N.expected, what
the block below it shows. A block without a function is what stands between mb_runtime_open and
mb_runtime_close; a library of kernels is left out. Prints the numbers."""

import re
import sys

FRAME = """#include <moonbear.h>
#include <stdio.h>
static int run(mb_runtime *runtime)
{
%s
    return 0;
}
int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    mb_runtime *runtime = mb_runtime_open(MPI_COMM_WORLD);
    int status = run(runtime);
    fputs(mb_error(runtime), stderr);
    mb_runtime_close(runtime);
    MPI_Finalize();
    return status;
}
"""

page, folder = sys.argv[1:]
with open(page) as file:
    text = file.read()
for number, block in enumerate(re.finditer(r"^```c\n(.*?)^```\n(?:\n```\n(.*?)^```$)?", text, re.M | re.S), 1):
    code, shown = block.group(1), block.group(2) or ""
    if "moonbear_kernels(" in code:
        continue
    code = f'#line {text.count(chr(10), 0, block.start(1)) + 1} "{page}"\n{code}'
    with open(f"{folder}/{number}.c", "w") as file:
        file.write(code if "int main(" in code else FRAME % code)
    with open(f"{folder}/{number}.expected", "w") as file:
        file.write(shown)
    print(number)
