#include "cli/rank.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/edit.h"
#include "cli/handed.h"
#include "cli/launch.h"
#include "cli/start.h"

static mb_runtime *_Atomic running;
static atomic_int ending;     // the signal that ends the process; 0: none
static atomic_int interrupts; // that came before there was a runtime
static int report_descriptor;

// Signals -----------------------------------------------------------------------------------------

static void interrupt(void)
{
    mb_runtime *runtime = running;
    if (!runtime)
        interrupts++;
    else if (ending)
        mb_runtime_terminate(runtime, ending);
    else
        mb_runtime_interrupt(runtime);
}

static void on_interrupt(int number)
{
    (void)number;
    interrupt();
}

static void on_end(int number)
{
    if (ending) return;
    ending = number;
    alarm(LAUNCH_RANK_GRACE);
    interrupt();
}

static void on_late(int number)
{
    (void)number;
    end_by_signal(ending);
}

static void catch (int number, void (*handler)(int))
{
    struct sigaction before, action = {.sa_handler = handler};
    sigaction(number, NULL, &before);
    if (number == SIGHUP && before.sa_handler == SIG_IGN) return; // as nohup has it
    sigaction(number, &action, NULL);
}

void rank_catch_signals(void)
{
    catch (SIGINT, on_interrupt);
    catch (SIGUSR1, on_interrupt);
    catch (SIGTERM, on_end);
    catch (SIGHUP, on_end);
    catch (SIGALRM, on_late);
    signal(SIGXFSZ, SIG_IGN); // a file that may not grow is an error of what writes it
}

void rank_set_runtime(mb_runtime *runtime)
{
    running = runtime;
    if (interrupts) interrupt();
}

// What the launcher hands over --------------------------------------------------------------------

static void report(launch_report report)
{
    (void)!write(report_descriptor, &report, sizeof report);
}

static void report_end(int status, void *unused)
{
    (void)unused;
    report((launch_report){LAUNCH_ENDED, status & 0xff});
}

static void report_quick_end(void)
{
    report_end(0, NULL);
}

// A process of its own is seen to have been ended by a signal; of a job's ranks their launcher says
// it.
static void end_alone(void)
{
    if (!ending) return;
    fflush(NULL);
    end_by_signal(ending);
}

void rank_meet_launcher(void)
{
    if (!launch_rank()) {
        atexit(end_alone);
        (void)at_quick_exit(end_alone);
    }
    // Set by MPICH's proxy, whose death would leave its ranks spinning in MPI for ever.
    if (getenv("HYDI_CONTROL_FD")) prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!take_handed(launch_report_variable, &report_descriptor, 1)) return;
    fcntl(report_descriptor, F_SETFD, FD_CLOEXEC);
    report((launch_report){LAUNCH_STARTED, 0});
    on_exit(report_end, NULL);
    (void)at_quick_exit(report_quick_end);
}

static bool is_first(void)
{
    const char *rank = launch_rank();
    return !rank || strcmp(rank, "0") == 0;
}

void rank_take_input(void)
{
    int input;
    if (!take_handed(launch_input_variable, &input, 1)) return;
    if (is_first()) dup2(input, STDIN_FILENO);
    close(input);
}

int rank_take_terminal(void)
{
    int terminal = -1;
    if (!launch_rank()) return isatty(STDERR_FILENO) ? STDERR_FILENO : -1;
    if (!take_handed(launch_terminal_variable, &terminal, 1)) return -1;
    if (is_first()) {
        fcntl(terminal, F_SETFD, FD_CLOEXEC);
        return terminal;
    }
    close(terminal);
    return -1;
}

// Each line takes the place of the one before; NULL wipes it. What the terminal is too narrow for
// is cut off, since a line that it breaks could not be wiped.
static void write_line(void *to, const char *line)
{
    static const char wipe[] = "\r\033[K";
    const int terminal = *(const int *)to;
    char text[256];
    int size = snprintf(text, sizeof text, "%s%.*s", wipe, (int)edit_width(terminal) - 1,
                        line ? line : "");
    (void)!write(terminal, text, (size_t)size);
}

void rank_tell_progress(mb_runtime *runtime, int terminal)
{
    static int descriptor;
    if (terminal < 0) return;
    descriptor = terminal;
    mb_runtime_progress(runtime, write_line, &descriptor);
}

int rank_take_session(void)
{
    int handed[LAUNCH_SESSION_DESCRIPTORS];
    if (!getenv(launch_session_variable)) return RANK_NO_SESSION;
    bool first = is_first();
    if (!take_handed(launch_session_variable, handed, LAUNCH_SESSION_DESCRIPTORS))
        return first ? RANK_LOST_SESSION : 0;
    int requests = handed[0], output = handed[1], errors = handed[2];
    if (first) {
        dup2(output, STDOUT_FILENO);
        dup2(errors, STDERR_FILENO);
        fcntl(requests, F_SETFD, FD_CLOEXEC);
    } else {
        close(requests);
    }
    close(output);
    close(errors);
    return first ? requests : 0;
}

// MPI ---------------------------------------------------------------------------------------------

// Standard output is for what the script prints: UCX, MPI's transport, writes its complaints there.
static void initialise(void)
{
    int output = dup(STDOUT_FILENO);
    if (output >= 0) dup2(STDERR_FILENO, STDOUT_FILENO);
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &(int){0});
    fflush(stdout);
    if (output < 0) return;
    dup2(output, STDOUT_FILENO);
    close(output);
}

#ifdef OPEN_MPI
// Takes the variables of these first letters out of the environment.
static void unset_all(const char *prefix)
{
    char name[256];
    for (char **entry = environ; *entry;) {
        size_t length = strcspn(*entry, "=");
        if (strncmp(*entry, prefix, strlen(prefix)) == 0 && length < sizeof name) {
            snprintf(name, sizeof name, "%.*s", (int)length, *entry);
            unsetenv(name); // moves those behind it
        } else {
            entry++;
        }
    }
}
#endif

void rank_leave_job(void)
{
    // The last ones tell how many processes a launcher has started.
    static const char *const variables[] = {"PMI_FD",
                                            "PMI_RANK",
                                            "PMI_SIZE",
                                            "HYDI_CONTROL_FD",
                                            "MPI_LOCALRANKID",
                                            "MPI_LOCALNRANKS",
                                            "SLURM_STEP_NUM_TASKS",
                                            "OMPI_COMM_WORLD_SIZE"};
    const char *manager = getenv("PMI_FD");
    if (manager) fcntl((int)strtol(manager, NULL, 10), F_SETFD, FD_CLOEXEC);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
#ifdef OPEN_MPI
    unset_all("OMPI_");
    unset_all("PMIX_");
#endif
}

void rank_start_mpi(void)
{
    // MPI takes SIGUSR1 for the news that a rank has died, of which it then asks a process manager
    // that a single process does not have, and waits for ever: it must not get any.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    initialise();
    rank_catch_signals();
    sigprocmask(SIG_UNBLOCK, &signals, NULL);
}
