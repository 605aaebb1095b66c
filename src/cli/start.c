#include "cli/start.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static struct sigaction hangup; // what SIGHUP did before libraries were loaded

// A descriptor from 0 to 2 that is closed would be given to the next file, socket or pipe that is
// opened, which would then be read as standard input, or printed to.
static void open_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) (void)!open("/dev/null", O_RDWR);
}

// Runs before the constructors of libraries, which open files and, in UCX's case, handle SIGHUP:
// too early for sanitizers.
__attribute__((no_sanitize("address", "undefined"))) static void before_libraries(void)
{
    open_standard_descriptors();
    sigaction(SIGHUP, NULL, &hangup);
}

__attribute__((section(".preinit_array"),
               used)) static void (*const first)(void) = before_libraries;

void start_process(void)
{
    // UCX, MPI's transport, catches SIGHUP to change its log level, so that a closed terminal would
    // end nothing; and what nohup ignores stays ignored.
    sigaction(SIGHUP, &hangup, NULL);
}

void end_by_signal(int number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    signal(number, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
}
