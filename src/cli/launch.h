// Starting ranks with MPICH's own launcher.
#pragma once

// Runs this program again on `ranks` ranks, without its -n option, and returns the exit status.
int launch(int ranks, int argc, char **argv);

// In a rank: lets the program that started it know that it came to its end by itself, whenever it
// exits; a rank that is killed does not.
void launch_report_end(void);

// In a rank: rank 0 reads the standard input of the program that started it.
void launch_take_input(void);
