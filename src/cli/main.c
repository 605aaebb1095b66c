// The moonbear program: options, then a script, chunks or a prompt, on every rank.

#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/front.h"
#include "cli/launch.h"
#include "cli/rank.h"
#include "cli/start.h"
#include "moonbear.h"

static const char usage[] =
    "usage: moonbear [options] [script [args]]\n"
    "       mpirun -n N moonbear [options] [script [args]]\n"
    "  -n N           start N ranks (the launcher's job when mpirun starts moonbear)\n"
    "  -e CHUNK       run a chunk of Lua, which has the module as mb\n"
    "  -i             a prompt after the script or the chunks\n"
    "  -v, --version  show the version\n"
    "  -h, --help     show this text\n"
    "  --             end of options\n"
    "  -              the script is standard input\n"
    "With neither script nor chunk: a prompt, whose chunks every rank runs.\n"
    "       moonbear serve|attach|list|stop: sessions to come back to (-h tells more)\n"
    "       moonbear jupyter install: notebooks\n";

typedef struct settings {
    int ranks;     // 0: as launched
    char **chunks; // given with -e
    int nchunks;
    bool interactive;
    bool session; // a session's host starts the ranks
    int script;   // index in argv; argc if none
} settings;

static int wrong_usage(const char *format, const char *what)
{
    fputs("moonbear: ", stderr);
    fprintf(stderr, format, what);
    fprintf(stderr, "\n%s", usage);
    return 2;
}

static bool read_ranks(const char *text, int *ranks)
{
    char *end;
    long n = strtol(text, &end, 10);
    *ranks = (int)n;
    return *text && !*end && n >= 1 && n <= INT_MAX;
}

// An option that getopt does not know, or whose argument is missing.
static int wrong_option(char **argv, bool incomplete)
{
    const char *word = argv[optind - 1];
    char letter[] = {'-', (char)optopt, '\0'};
    if (incomplete) return wrong_usage("%s lacks its argument", letter);
    return wrong_usage("unknown option %s", optopt ? letter : word);
}

// Returns -1 to go on, else the exit status.
static int parse(int argc, char **argv, settings *options)
{
    static const struct option words[] = {{"version", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"session", no_argument, NULL, 's'}, // for the host alone
                                          {NULL, 0, NULL, 0}};
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, "+:n:e:ivh", words, NULL)) != -1;) {
        switch (c) {
        case 'n':
            if (read_ranks(optarg, &options->ranks)) break;
            return wrong_usage("-n takes a number of ranks, not '%s'", optarg);
        case 'e': options->chunks[options->nchunks++] = optarg; break;
        case 'i': options->interactive = true; break;
        case 's': options->session = true; break;
        case 'v': puts("moonbear " MOONBEAR_VERSION); return 0;
        case 'h': fputs(usage, stdout); return 0;
        default: return wrong_option(argv, c == ':');
        }
    }
    options->script = optind;
    return -1;
}

// The options and arguments without -n, for another process of this program.
static char **copy_words(int argc, char **argv, const settings *options, char *const *before)
{
    size_t n = 0;
    char **words = calloc(2 * (size_t)argc + 8, sizeof *words);
    if (!words) return NULL;
    while (*before)
        words[n++] = *before++;
    for (int i = 0; i < options->nchunks; i++) {
        words[n++] = "-e";
        words[n++] = options->chunks[i];
    }
    if (options->interactive) words[n++] = "-i";
    int from = options->script;
    if (from < argc && strcmp(argv[from - 1], "--") == 0) from--;
    memcpy(words + n, argv + from, (size_t)(argc - from) * sizeof *words);
    return words;
}

static int run(mb_runtime *runtime, int argc, char **argv, const settings *options, int session)
{
    bool script = options->script < argc;
    int status = mb_runtime_arguments(runtime, argc, argv, script ? options->script : 0);
    rank_set_runtime(runtime); // now, so that a signal is for what the user runs
    for (int i = 0; i < options->nchunks && status == 0; i++)
        status = mb_runtime_string(runtime, options->chunks[i], "=(command line)");
    if (status == 0 && script) {
        const char *path = argv[options->script];
        bool piped = strcmp(path, "-") == 0 && strcmp(argv[options->script - 1], "--") != 0;
        status = mb_runtime_file(runtime, piped ? NULL : path);
    }
    if (status > 1 && status != 130) return status; // a signal ends this process
    if (session >= 0) return mb_runtime_session(runtime, session);
    if (options->interactive || (!script && options->nchunks == 0))
        status = mb_runtime_prompt(runtime);
    return status;
}

static void print_message(void *unused, const char *line)
{
    (void)unused;
    fflush(stdout);
    fprintf(stderr, "%s\n", line);
    fflush(stderr);
}

// One of the ranks that a launcher, or nobody, has started.
static int run_rank(int argc, char **argv, const settings *options)
{
    rank_catch_signals();
    rank_meet_launcher();
    rank_take_input();
    int session = rank_take_session(), terminal = rank_take_terminal();
    rank_start_mpi();
    if (session == RANK_LOST_SESSION) {
        fputs("moonbear: rank 0 of a prompt or a session runs on its host's machine, and MPI has "
              "started it on another one; put this machine first\n",
              stderr);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    (void)mb_runtime_message(NULL, print_message, NULL);
    mb_runtime *runtime = mb_runtime_open(MPI_COMM_WORLD);
    if (!runtime) { // on all ranks
        MPI_Finalize();
        return 1;
    }
    rank_leave_job();
    rank_tell_progress(runtime, terminal);
    mb_runtime_signal(runtime, SIGUSR1);
    mb_runtime_exit(runtime, run(runtime, argc, argv, options, session));
}

// Whether a person sits before a terminal and wants a prompt, and nobody has launched this process.
static bool at_terminal(int argc, const settings *options)
{
    bool prompt = options->interactive || (options->script >= argc && options->nchunks == 0);
    return prompt && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !launch_rank() &&
           !options->session;
}

// The prompt's own process: `moonbear prompt -n N -- ...` in lua/moonbear/front.
static int run_prompt(int argc, char **argv, const settings *options)
{
    char ranks[16];
    snprintf(ranks, sizeof ranks, "%d", options->ranks);
    char **words = options->ranks > 0
                       ? copy_words(argc, argv, options,
                                    (char *[]){argv[0], "prompt", "-n", ranks, "--", NULL})
                       : copy_words(argc, argv, options, (char *[]){argv[0], "prompt", "--", NULL});
    if (!words) return 1;
    int n = 0;
    while (words[n])
        n++;
    int status = front_run(n, words);
    free(words);
    return status;
}

static int run_launcher(int argc, char **argv, const settings *options)
{
    char **words = copy_words(argc, argv, options, (char *[]){NULL});
    if (!words) return 1;
    int status =
        options->session ? launch_session(options->ranks, words) : launch(options->ranks, words);
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
    start_process();
    if (argc > 1 && is_front_command(argv[1])) return front_run(argc, argv);
    settings options = {.chunks = calloc((size_t)argc + 1, sizeof(char *))};
    if (!options.chunks) return 1;
    int status = parse(argc, argv, &options);
    if (status < 0 && at_terminal(argc, &options))
        status = run_prompt(argc, argv, &options);
    else if (status < 0)
        status =
            options.ranks > 0 ? run_launcher(argc, argv, &options) : run_rank(argc, argv, &options);
    free(options.chunks);
    return status;
}
