// Open descriptors that a program hands to the ranks that it starts, by environment variables.
//
// The ranks inherit the descriptors only where they are this machine's children: through ssh or
// srun come the variables alone, and the numbers mean other files there. So device and inode go
// with each number.
#pragma once

#include <stdbool.h>

enum { HANDED_MOST = 4 };

// Sets a variable to n descriptors, at most HANDED_MOST. Returns whether it did.
bool hand_over(const char *variable, const int *descriptors, int n);

// In a rank: takes the n descriptors of a variable, which it unsets. Returns whether this process
// has them all.
bool take_handed(const char *variable, int *descriptors, int n);
