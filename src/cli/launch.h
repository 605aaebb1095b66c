// Starting ranks with MPICH's own launcher.
#pragma once

// Runs this program again on `ranks` ranks, with `words` (NULL ends them), and returns the exit
// status. Signals for this process reach the ranks; when it ends, so do they.
int launch(int ranks, char *const *words);

// The same for the host of a session, which has its requests, and the output and errors of rank 0,
// at the descriptors 3, 4 and 5: becomes MPICH's launcher, which ends when the host does. Returns
// only when it fails.
int launch_session(int ranks, char *const *words);

// What each rank writes to the launcher when it has started, and when it ends by itself, with its
// status.
typedef struct launch_report {
    enum { LAUNCH_STARTED, LAUNCH_ENDED } what;
    int status;
} launch_report;

// Seconds that a rank has to end when it is told to; the launcher waits longer.
enum { LAUNCH_RANK_GRACE = 4 };

// What the ranks are told by these: descriptors, as cli/handed.h has them; the first is for
// reports.
enum { LAUNCH_SESSION_DESCRIPTORS = 3 };
// The number of this rank, as the launcher that has started it tells; NULL when none has.
const char *launch_rank(void);

extern const char launch_report_variable[], launch_input_variable[], launch_session_variable[],
    launch_terminal_variable[];
