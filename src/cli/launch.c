#include "cli/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <mpi.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/handed.h"
#include "cli/start.h"

const char launch_report_variable[] = "MOONBEAR_REPORT_FD";
const char launch_input_variable[] = "MOONBEAR_INPUT_FD";
const char launch_session_variable[] = "MOONBEAR_SESSION_FDS";
const char launch_terminal_variable[] = "MOONBEAR_TERMINAL_FD";

enum {
    GRACE = LAUNCH_RANK_GRACE + 2, // seconds after which the ranks are killed
    IMPATIENT = 3,                 // so many interrupts
    IMPATIENCE = 2,                // within so many seconds end the ranks by force
    INTERRUPTED = 130              // the status of what was interrupted
};

typedef struct job {
    pid_t launcher; // MPICH's
    int ranks, reports;
    int started, ended; // ranks that have told so
    int status;         // of the ranks that have ended, all bits
    int ending;         // the signal that ends the job; 0: none
    bool given_up; // the ranks were killed before they had started, or because they did not end
    time_t interrupts[IMPATIENT]; // when the last ones came
} job;

const char *launch_rank(void)
{
    const char *rank = getenv("PMI_RANK");
    return rank ? rank : getenv("OMPI_COMM_WORLD_RANK");
}

// Starting ---------------------------------------------------------------------------------------

// MPI's launcher by the names that only it has, then by the common one.
static void execute_launcher(char **arguments)
{
#ifdef OPEN_MPI
    static char *const launchers[] = {"mpirun.openmpi", "mpirun"};
    setenv("OMPI_MCA_rmaps_base_oversubscribe", "1", 0); // more ranks than cores, as MPICH's does
#else
    static char *const launchers[] = {"mpiexec.hydra", "mpiexec.mpich", "mpiexec"};
#endif
    // A step of Slurm's, as of `srun --pty bash`, has all its processors: another waits for its
    // end.
    setenv("SLURM_OVERLAP", "1", 0);
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; i++) {
        arguments[0] = launchers[i];
        execvp(arguments[0], arguments);
    }
    fprintf(stderr, "moonbear: cannot start %s: %s\n", launchers[0], strerror(errno));
    _exit(127);
}

// Makes the command line of MPICH's launcher; NULL when it cannot.
static char **compose(int ranks, char *const *words)
{
    static char count[16], self[4096];
    size_t n = 0;
    while (words[n])
        n++;
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return NULL;
    char **arguments = calloc(n + 5, sizeof *arguments);
    if (!arguments) return NULL;
    snprintf(count, sizeof count, "%d", ranks);
    arguments[1] = "-n";
    arguments[2] = count;
    arguments[3] = self;
    memcpy(arguments + 4, words, n * sizeof *words);
    return arguments;
}

// Whether MPICH's launcher may start ranks on other machines: it has a list of them, or finds a
// resource manager's.
static bool may_be_elsewhere(void)
{
    static const char *const variables[] = {"HYDRA_HOST_FILE", "HYDRA_LAUNCHER", "HYDRA_RMK",
                                            "SLURM_JOB_ID",    "SLURM_JOBID",    "PBS_JOBID",
                                            "LSB_JOBID",       "PE_HOSTFILE",    "COBALT_JOBID"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        if (getenv(variables[i])) return true;
    return false;
}

// Gives rank 0 this process's standard input itself: MPICH's launcher would forward it slowly, and
// give up when there is more of it than a pipe holds before rank 0 reads. But only MPICH's launcher
// reaches ranks on other machines.
static void hand_over_input(void)
{
    int input = dup(STDIN_FILENO), nothing = open("/dev/null", O_RDONLY);
    if (input < 0 || nothing < 0 || !hand_over(launch_input_variable, &input, 1)) return;
    dup2(nothing, STDIN_FILENO);
    close(nothing);
}

// Gives rank 0 the terminal of this process's errors, to which it tells how far operations are:
// MPICH's launcher gives the ranks pipes.
static void hand_over_terminal(void)
{
    int terminal = isatty(STDERR_FILENO) ? dup(STDERR_FILENO) : -1;
    if (terminal >= 0) hand_over(launch_terminal_variable, &terminal, 1);
}

// In the child: becomes MPICH's launcher, which ends when its parent does.
static void become_launcher(char **arguments, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    if (!may_be_elsewhere()) {
        hand_over_input();
        hand_over_terminal();
        // Signals of the terminal are for this program's parent, which passes them on; of the
        // terminal it needs no more than to print.
        setpgid(0, 0);
        signal(SIGTTOU, SIG_IGN);
    }
    execute_launcher(arguments);
}

int launch_session(int ranks, char *const *words)
{
#ifdef OPEN_MPI
    fputs("moonbear: sessions and prompts in a terminal need a moonbear that is built with MPICH: "
          "Open MPI's launcher hands no sockets to the ranks (mpirun -n 2 moonbear has a plain "
          "prompt)\n",
          stderr);
    return 1;
#endif
    char **arguments = compose(ranks, words);
    if (!arguments || !hand_over(launch_session_variable, (int[]){3, 4, 5}, 3)) {
        fputs("moonbear: a session's ranks cannot be started without its host\n", stderr);
        return 1;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execute_launcher(arguments);
    return 1;
}

// Waiting ----------------------------------------------------------------------------------------

static void read_reports(job *job)
{
    launch_report report;
    while (read(job->reports, &report, sizeof report) == (ssize_t)sizeof report) {
        *(report.what == LAUNCH_STARTED ? &job->started : &job->ended) += 1;
        job->status |= report.status;
    }
}

// MPICH's processes kill the ranks when their launcher has gone.
static void give_up(job *job)
{
    job->given_up = true;
    kill(job->launcher, SIGKILL);
}

// Whether the user has pressed Ctrl-C again and again.
static bool impatient(job *job)
{
    memmove(job->interrupts + 1, job->interrupts, (IMPATIENT - 1) * sizeof *job->interrupts);
    job->interrupts[0] = time(NULL);
    return job->interrupts[0] - job->interrupts[IMPATIENT - 1] <= IMPATIENCE;
}

// MPICH's launcher passes SIGTERM and SIGUSR1 on, any number of times, but of SIGINT only the
// first. A rank that has not started would die of them.
static void pass_on(job *job, int number)
{
    bool interrupt = number == SIGINT || number == SIGUSR1;
    if (!interrupt) job->ending = number;
    read_reports(job);
    if (job->started < job->ranks || (number == SIGINT && impatient(job)))
        give_up(job);
    else
        kill(job->launcher, interrupt ? SIGUSR1 : SIGTERM);
}

static const int passed[] = {SIGINT, SIGUSR1, SIGTERM, SIGHUP, SIGQUIT};

// The signals to wait for: those to pass on unless they are ignored, and the child's.
static void block_signals(sigset_t *set, sigset_t *before)
{
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
        struct sigaction action;
        sigaction(passed[i], NULL, &action);
        if (action.sa_handler != SIG_IGN) sigaddset(set, passed[i]);
    }
    sigprocmask(SIG_BLOCK, set, before);
}

// Waits for MPICH's launcher; its status.
static int wait_for(job *job, const sigset_t *signals)
{
    int status;
    time_t late = 0; // when the ranks are killed that were told to end
    for (;;) {
        if (waitpid(job->launcher, &status, WNOHANG) == job->launcher) return status;
        const struct timespec turn = {.tv_sec = 1};
        int number = sigtimedwait(signals, NULL, job->ending ? &turn : NULL);
        if (number > 0 && number != SIGCHLD) pass_on(job, number);
        if (job->ending && !late) late = time(NULL) + GRACE;
        if (late && time(NULL) >= late) give_up(job);
    }
}

// The exit status of a job that has ended.
static int conclude(job *job, int status)
{
    read_reports(job);
    int code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    int ending = WIFSIGNALED(status) && code == SIGPIPE ? SIGPIPE : job->ending;
    // Nobody reads the output any more, or this program was told to end: it does.
    if (ending) end_by_signal(ending);
    if (job->given_up) return INTERRUPTED;
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "moonbear: the launcher was ended by signal %d (%s)\n", code,
                strsignal(code));
        return 128 + code;
    }
    bool lost = job->ended < job->started;
    if (lost && code != EXIT_FAILURE && code < NSIG) // a failure has told why
        fprintf(stderr, "moonbear: a rank was killed (%s), which ended the run\n", strsignal(code));
    // MPICH's launcher loses a status now and then.
    return code ? code : job->status ? job->status : lost;
}

int launch(int ranks, char *const *words)
{
    if (launch_rank()) {
        fputs("moonbear: -n cannot be used under a launcher, which has started the ranks\n",
              stderr);
        return 2;
    }
    int reports[2];
    sigset_t signals, before;
    char **arguments = compose(ranks, words);
#ifdef OPEN_MPI
    // It passes standard input and signals on by itself, and hands nothing over.
    if (arguments) execute_launcher(arguments);
#endif
    if (!arguments || pipe2(reports, O_NONBLOCK) != 0 ||
        !hand_over(launch_report_variable, &reports[1], 1)) {
        free(arguments);
        return 1;
    }
    block_signals(&signals, &before);
    pid_t self = getpid();
    job job = {.launcher = fork(), .ranks = ranks, .reports = reports[0]};
    if (job.launcher == 0) {
        close(reports[0]);
        sigprocmask(SIG_SETMASK, &before, NULL);
        become_launcher(arguments, self);
    }
    free(arguments);
    close(reports[1]);
    if (job.launcher < 0) return 1;
    return conclude(&job, wait_for(&job, &signals));
}
