// Starting ranks with MPICH's own launcher.
#pragma once

// Runs this program again on `ranks` ranks, without its -n option, and returns the exit status.
int launch(int ranks, int argc, char **argv);

// Copies the arguments after the program's name, without -n and its number; returns how many.
int launch_copy_arguments(int argc, char **argv, char **to);

// In a rank: lets the program that started it know that it came to its end by itself, whenever it
// exits; a rank that is killed does not.
void launch_report_end(void);

// In a rank whose MPI has started: programs that a script starts are not of this job, so that they
// may start one of their own.
void launch_keep_job(void);

// In a rank: rank 0 reads the standard input of the program that started it.
void launch_take_input(void);

// In a rank: where a session's host has started it, rank 0 prints to the host. Returns the
// descriptor of its requests, on rank 0; 0 on the others; -1 where there is no host.
int launch_take_session(void);
