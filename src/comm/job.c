// The job that MPI runs: how this process starts in it, and how it ends with the others.

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "comm/internal.h"

// MPI and the end of a process there is one of.
static int agreed_status;
static sem_t finished;
static pthread_t watchdog;
static bool watched;
static int launcher = -1; // MPICH's connection to its launcher

// Before anybody takes the variable out of the environment of the programs that he starts.
__attribute__((constructor)) static void find_launcher(void)
{
    const char *descriptor = getenv("PMI_FD");
    if (descriptor) launcher = (int)strtol(descriptor, NULL, 10);
}

static void end_process(int status, void *unused)
{
    int finalized = 0;
    (void)unused;
    MPI_Finalized(&finalized);
    if (!finalized) {
        fputs("moonbear: a rank exits while others still run\n", stderr);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    if (status != 0 || agreed_status == 0) return;
    fflush(NULL);
    _exit(agreed_status);
}

bool mb_job_start(void)
{
    int initialized = 0, provided;
    MPI_Initialized(&initialized);
    if (initialized) return false;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    on_exit(end_process, NULL);
    return true;
}

// Says to the launcher what MPI_Finalize would, and waits for its answer: of a rank that ends
// without it thinks that it failed, and kills the others.
static void part_from_launcher(void)
{
    enum { MILLISECONDS = 2000 };
    static const char word[] = "cmd=finalize\n";
    char answer[64];
    struct pollfd answered = {.fd = launcher, .events = POLLIN};
    if (launcher < 0 || write(launcher, word, sizeof word - 1) < 0) return;
    if (poll(&answered, 1, MILLISECONDS) > 0 && read(launcher, answer, sizeof answer) < 0) return;
}

static void *watch(void *unused)
{
    enum { MOST_SECONDS = 10 };
    struct timespec until;
    (void)unused;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += MOST_SECONDS;
    while (sem_timedwait(&finished, &until) != 0) {
        if (errno != ETIMEDOUT) continue;
        part_from_launcher();
        quick_exit(agreed_status); // no exit handlers: the main thread is still inside MPI
    }
    return NULL;
}

// Signals are for the other threads.
static bool start_watchdog(void)
{
    sigset_t all, before;
    sigfillset(&all);
    if (sem_init(&finished, 0, 0) != 0) return false;
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&watchdog, NULL, watch, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void mb_job_ending(int status)
{
    agreed_status = status;
    fflush(stdout);
    watched = start_watchdog();
}

void mb_job_finish(void)
{
    MPI_Finalize();
    if (!watched) return;
    sem_post(&finished);
    pthread_join(watchdog, NULL);
    sem_destroy(&finished);
}

const void *mb_comm_world(void)
{
    static const MPI_Comm world = MPI_COMM_WORLD;
    return &world;
}

// Waits until whoever reads a pipe has read it: a launcher that is told to end the job may do so
// without looking at what the ranks have said before.
static void let_be_read(int pipe)
{
    enum { MOST_MILLISECONDS = 500 };
    const struct timespec millisecond = {.tv_nsec = 1000000};
    struct stat kind;
    int unread;
    if (fstat(pipe, &kind) != 0 || !S_ISFIFO(kind.st_mode)) return;
    for (int i = 0; i < MOST_MILLISECONDS; i++) {
        if (ioctl(pipe, FIONREAD, &unread) != 0 || unread == 0) return;
        nanosleep(&millisecond, NULL);
    }
}

void mb_comm_abort(mb_context *cx, const char *format, ...)
{
    va_list args;
    (void)cx; // the whole job ends, whatever the communicator
    va_start(args, format);
    fflush(stdout);
    fputs("moonbear: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    fflush(stderr);
    va_end(args);
    let_be_read(STDERR_FILENO);
    MPI_Abort(MPI_COMM_WORLD, 1);
    abort();
}

void mb_mpi_check(mb_context *cx, int code, const char *call)
{
    if (code == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(code, text, &length);
    mb_comm_abort(cx, "rank %d: communication failed in %.40s: %s", cx->comm->rank, call, text);
}
