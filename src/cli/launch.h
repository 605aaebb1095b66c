// Starting ranks with MPICH's own launcher.
#pragma once

// Runs this program again on `ranks` ranks, without its -n option, and returns the exit status.
int launch(int ranks, int argc, char **argv);
