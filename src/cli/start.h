// What a program of ours does before anything else.
#pragma once

// In main: takes back what libraries have changed while they were loaded.
void start_process(void);
