// What a program of ours does before anything else, and how it ends when a signal has told it to.
#pragma once

// In main: takes back what libraries have changed while they were loaded.
void start_process(void);

// Ends this process by a signal, as if it had never caught it: its parent sees which one it was.
// Safe in a signal handler.
void end_by_signal(int number);
