// In a rank: what the program that started it hands over, MPI's start, and how signals end it.
#pragma once

#include "moonbear.h"

// SIGINT and SIGUSR1 interrupt, SIGTERM and SIGHUP end what runs, and the process some seconds
// later in any case. What comes before there is a runtime waits for it.
void rank_catch_signals(void);

// The runtime that signals are for.
void rank_set_runtime(mb_runtime *runtime);

// Lets the launcher know that this rank has started, and whenever the process exits that it came to
// its end by itself; a rank that is killed does not. The rank ends with its parent, a process of
// the launcher's.
void rank_meet_launcher(void);

// Rank 0 reads the standard input of the launcher.
void rank_take_input(void);

enum { RANK_NO_SESSION = -1, RANK_LOST_SESSION = -2 };

// Where a session's host has started the ranks, rank 0 prints to the host. Returns the descriptor
// of its requests on rank 0, 0 on the others, RANK_NO_SESSION where there is no host, and
// RANK_LOST_SESSION on a rank 0 that the host's descriptors did not reach.
int rank_take_session(void);

// The terminal to which rank 0 tells how far operations are; -1 if there is none.
int rank_take_terminal(void);

// Tells it there.
void rank_tell_progress(mb_runtime *runtime, int terminal);

// Starts MPI, which leaves signals and the standard output alone.
void rank_start_mpi(void);

// Programs that a script starts are no part of this job, so that they may start one of their own.
// The runtime is open.
void rank_leave_job(void);
