#include "cli/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// MPICH's launcher by the names that only it has, then by the common one.
static void execute_launcher(char **arguments)
{
    static char *const launchers[] = {"mpiexec.hydra", "mpiexec.mpich", "mpiexec"};
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; i++) {
        arguments[0] = launchers[i];
        execvp(arguments[0], arguments);
    }
    fprintf(stderr, "moonbear: cannot start mpiexec.hydra: %s\n", strerror(errno));
    _exit(127);
}

int launch_copy_arguments(int argc, char **argv, char **to)
{
    char **first = to;
    bool options = true;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (options && strncmp(word, "-n", 2) == 0) {
            if (!word[2]) i++;
            continue;
        }
        if (options && (word[0] != '-' || !word[1] || strcmp(word, "--") == 0)) options = false;
        *to++ = argv[i];
        if (options && word[strlen(word) - 1] == 'e' && i + 1 < argc) *to++ = argv[++i];
    }
    return (int)(to - first);
}

// The descriptor that ranks inherit and write a byte to when they end. It is not for the programs
// that they start.
static const char report_variable[] = "MOONBEAR_REPORT_FD";
static int report_descriptor;

static void report_end(void)
{
    ssize_t written = write(report_descriptor, ".", 1);
    (void)written;
}

void launch_report_end(void)
{
    const char *descriptor = getenv(report_variable);
    if (!descriptor) return;
    report_descriptor = (int)strtol(descriptor, NULL, 10);
    fcntl(report_descriptor, F_SETFD, FD_CLOEXEC);
    unsetenv(report_variable);
    atexit(report_end);
    at_quick_exit(report_end);
}

void launch_keep_job(void)
{
    static const char *const variables[] = {
        "PMI_FD", "PMI_RANK", "PMI_SIZE", "HYDI_CONTROL_FD", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"};
    const char *manager = getenv("PMI_FD");
    if (manager) fcntl((int)strtol(manager, NULL, 10), F_SETFD, FD_CLOEXEC);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
}

// The descriptor of the launcher's input: MPICH's launcher forwards standard input itself, and
// gives up when there is more of it than a pipe holds before rank 0 reads.
static const char input_variable[] = "MOONBEAR_INPUT_FD";

static void hand_over_input(void)
{
    char number[16];
    if (isatty(STDIN_FILENO)) return;
    int input = dup(STDIN_FILENO), nothing = open("/dev/null", O_RDONLY);
    if (input < 0 || nothing < 0) return;
    dup2(nothing, STDIN_FILENO);
    close(nothing);
    snprintf(number, sizeof number, "%d", input);
    setenv(input_variable, number, 1);
}

void launch_take_input(void)
{
    const char *descriptor = getenv(input_variable), *rank = getenv("PMI_RANK");
    if (!descriptor) return;
    int input = (int)strtol(descriptor, NULL, 10);
    if (rank && strcmp(rank, "0") == 0) dup2(input, STDIN_FILENO);
    close(input);
    unsetenv(input_variable);
}

// Descriptors of a session's host, as lua/moonbear/front/host.lua says: requests, output, errors.
static const char session_variable[] = "MOONBEAR_SESSION_FDS";

int launch_take_session(void)
{
    const char *descriptors = getenv(session_variable), *rank = getenv("PMI_RANK");
    int requests, output, errors;
    if (!descriptors || sscanf(descriptors, "%d,%d,%d", &requests, &output, &errors) != 3)
        return -1;
    unsetenv(session_variable);
    bool first = !rank || strcmp(rank, "0") == 0;
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

static int count_reports(int descriptor)
{
    char bytes[256];
    int reports = 0;
    for (ssize_t n; (n = read(descriptor, bytes, sizeof bytes)) > 0;)
        reports += (int)n;
    return reports;
}

static int wait_for(pid_t child, int ranks, int reports_from)
{
    int status, reports = count_reports(reports_from);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return 1;
    if (WIFEXITED(status)) {
        int code = WEXITSTATUS(status);
        if (reports < ranks && code != EXIT_FAILURE && code < NSIG) // a failure has told why
            fprintf(stderr, "moonbear: a rank was killed (%s), which ended the run\n",
                    strsignal(code));
        return code ? code : reports < ranks;
    }
    fprintf(stderr, "moonbear: the launcher was ended by signal %d (%s)\n", WTERMSIG(status),
            strsignal(WTERMSIG(status)));
    return 128 + WTERMSIG(status);
}

int launch(int ranks, int argc, char **argv)
{
    char self[4096] = {0}, count[16];
    if (getenv("PMI_RANK")) {
        fputs("moonbear: -n cannot be used under a launcher, which has started the ranks\n",
              stderr);
        return 2;
    }
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return 1;
    int reports[2];
    if (pipe(reports) != 0) return 1;
    char **arguments = calloc((size_t)argc + 5, sizeof *arguments);
    if (!arguments) return 1;
    snprintf(count, sizeof count, "%d", reports[1]);
    setenv(report_variable, count, 1);
    snprintf(count, sizeof count, "%d", ranks);
    arguments[1] = "-n";
    arguments[2] = count;
    arguments[3] = self;
    launch_copy_arguments(argc, argv, arguments + 4);
    pid_t child = fork();
    if (child == 0) {
        hand_over_input();
        execute_launcher(arguments);
    }
    free(arguments);
    close(reports[1]);
    if (child < 0) return 1;
    signal(SIGINT, SIG_IGN); // the launcher has it too, and tells the ranks
    return wait_for(child, ranks, reports[0]);
}
