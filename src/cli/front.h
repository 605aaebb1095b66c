// The program where it is no rank: prompts and sessions, in lua/moonbear/front.
#pragma once

// Runs a command of lua/moonbear/front/main.lua, argv[1], with the words after it; returns the exit
// status.
int front_run(int argc, char **argv);
