#include "cli/launch.h"

#include <errno.h>
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

static void copy_arguments(int argc, char **argv, char **to)
{
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
}

static int wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return 1;
    if (WIFEXITED(status)) return WEXITSTATUS(status);
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
    char **arguments = calloc((size_t)argc + 5, sizeof *arguments);
    if (!arguments) return 1;
    snprintf(count, sizeof count, "%d", ranks);
    arguments[1] = "-n";
    arguments[2] = count;
    arguments[3] = self;
    copy_arguments(argc, argv, arguments + 4);
    pid_t child = fork();
    if (child == 0) execute_launcher(arguments);
    free(arguments);
    if (child < 0) return 1;
    signal(SIGINT, SIG_IGN); // the launcher has it too, and tells the ranks
    return wait_for(child);
}
