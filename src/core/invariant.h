// Internal invariants: what the engine itself promises, whatever a script does. Builds for
// debugging (MB_CHECKED: BUILD=debug and BUILD=asan) check them, others compile them away.
#pragma once

// Ends the process with a message that names a fault of moonbear's own.
__attribute__((noreturn)) void mb_invariant_broken(const char *what, const char *file, int line);

#ifdef MB_CHECKED
#define MB_ASSERT(condition)                                                                       \
    ((condition) ? (void)0 : mb_invariant_broken(#condition, __FILE__, __LINE__))
#else
#define MB_ASSERT(condition) ((void)sizeof(!(condition)))
#endif
