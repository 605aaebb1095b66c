// What memory the system lets this process have.
#pragma once

// Bytes that the processes of this machine may have together: what is available, or less where the
// control group of this process, version 1 or 2, or one above it has a lower limit. `root` is where
// the file system is looked for, "" unless for tests. 0: unknown.
double mb_limit_of_machine(const char *root);

// Bytes that this process may still map: of RLIMIT_AS what it has not mapped yet. 0: no limit.
double mb_limit_of_process(const char *root);
