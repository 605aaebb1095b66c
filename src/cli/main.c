// The moonbear program: options, then a script, chunks or a prompt, on every rank.

#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/front.h"
#include "cli/launch.h"
#include "moonbear.h"

static const char usage[] =
    "usage: moonbear [options] [script [args]]\n"
    "       mpirun -n N moonbear [options] [script [args]]\n"
    "  -n N      start N ranks (the launcher's job when mpirun starts moonbear)\n"
    "  -e CHUNK  run a chunk of Lua\n"
    "  -i        a prompt after the script or the chunks\n"
    "  -v        show the version\n"
    "  -h        show this text\n"
    "  --        end of options\n"
    "  -         the script is standard input\n"
    "With neither script nor chunk: a prompt, whose chunks every rank runs.\n"
    "       moonbear serve|attach|list|stop: sessions to come back to (-h after one tells more)\n"
    "       moonbear jupyter install: notebooks\n";

typedef struct settings {
    int ranks;           // 0: as launched
    const char **chunks; // given with -e
    int nchunks;
    bool interactive;
    int script;  // index in argv; argc if none
    int session; // descriptor of a host's requests; -1 without a host
} settings;

static _Atomic(mb_runtime *) running; // for the signal handler

static void on_signal(int number)
{
    mb_runtime *runtime = running;
    (void)number;
    if (runtime) mb_runtime_interrupt(runtime);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
}

static int wrong_usage(const char *what)
{
    fprintf(stderr, "moonbear: %s\n%s", what, usage);
    return 2;
}

// Returns -1 to go on, else the exit status.
static int parse(int argc, char **argv, settings *options)
{
    char *end;
    opterr = 0;
    for (int c; (c = getopt(argc, argv, "+n:e:ivh")) != -1;) {
        switch (c) {
        case 'n':
            options->ranks = (int)strtol(optarg, &end, 10);
            if (*end || options->ranks < 1) return wrong_usage("-n takes a number of ranks");
            break;
        case 'e': options->chunks[options->nchunks++] = optarg; break;
        case 'i': options->interactive = true; break;
        case 'v': puts("moonbear " MOONBEAR_VERSION); return 0;
        case 'h': fputs(usage, stdout); return 0;
        default:
            return wrong_usage(optopt == 'n' || optopt == 'e' ? "an option lacks its argument"
                                                              : "unknown option");
        }
    }
    options->script = optind;
    return -1;
}

static int run(mb_runtime *runtime, int argc, char **argv, const settings *options)
{
    int status = 0;
    bool script = options->script < argc;
    status = mb_runtime_arguments(runtime, argc, argv, script ? options->script : 0);
    for (int i = 0; i < options->nchunks && status == 0; i++)
        status = mb_runtime_string(runtime, options->chunks[i], "=(command line)");
    if (status == 0 && script) {
        const char *path = argv[options->script];
        bool piped = strcmp(path, "-") == 0 && strcmp(argv[options->script - 1], "--") != 0;
        status = mb_runtime_file(runtime, piped ? NULL : path);
    }
    if (options->session >= 0) return mb_runtime_session(runtime, options->session);
    if (options->interactive || (!script && options->nchunks == 0))
        status = mb_runtime_prompt(runtime);
    return status;
}

// One of the ranks that a launcher, or nobody, has started.
static int run_rank(int argc, char **argv, settings *options)
{
    options->session = launch_take_session();
    launch_take_input();
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &(int){0});
    launch_report_end();
    launch_keep_job();
    running = mb_runtime_open(MPI_COMM_WORLD);
    if (!running) {
        MPI_Abort(MPI_COMM_WORLD, 1);
        return 1;
    }
    catch_signals();
    mb_runtime_signal(running, SIGUSR1);
    int status = run(running, argc, argv, options);
    mb_runtime_exit(running, status);
}

// Whether a person sits before a terminal and wants a prompt, and nobody has launched this process.
static bool at_terminal(int argc, const settings *options)
{
    bool prompt = options->interactive || (options->script >= argc && options->nchunks == 0);
    return prompt && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !getenv("PMI_RANK") &&
           !getenv("MOONBEAR_SESSION_FDS");
}

// The prompt's own process: `moonbear prompt -n N -- ...` in lua/moonbear/front.
static int run_prompt(int argc, char **argv, const settings *options)
{
    char ranks[16];
    char **words = calloc((size_t)argc + 6, sizeof *words);
    if (!words) return 1;
    int n = 1;
    words[n++] = "prompt";
    if (options->ranks > 0) {
        snprintf(ranks, sizeof ranks, "%d", options->ranks);
        words[n++] = "-n";
        words[n++] = ranks;
    }
    words[n++] = "--";
    n += launch_copy_arguments(argc, argv, words + n);
    int status = front_run(n, words);
    free(words);
    return status;
}

static bool is_front_command(const char *word)
{
    static const char *const commands[] = {"serve", "attach",       "list",   "stop",
                                           "relay", "private-host", "jupyter"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(word, commands[i]) == 0) return true;
    return false;
}

int main(int argc, char **argv)
{
    if (argc > 1 && is_front_command(argv[1])) return front_run(argc, argv);
    settings options = {.chunks = calloc((size_t)argc + 1, sizeof(char *))};
    if (!options.chunks) return 1;
    int status = parse(argc, argv, &options);
    if (status < 0 && at_terminal(argc, &options))
        status = run_prompt(argc, argv, &options);
    else if (status < 0)
        status =
            options.ranks > 0 ? launch(options.ranks, argc, argv) : run_rank(argc, argv, &options);
    free(options.chunks);
    return status;
}
