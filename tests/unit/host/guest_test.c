// moonbear is a guest in its host's process: what belongs to all of the process stays as it is, and
// the host uses MPI, HDF5 and Lua itself meanwhile.
#include <hdf5.h>
#include <lauxlib.h>
#include <locale.h>
#include <lualib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

extern char **environ;

// What there is one of in a process.
typedef struct belongings {
    struct sigaction actions[32];
    sigset_t mask;
    mode_t umask;
    struct rlimit cores, files, sizes;
    char locale[256], folder[4096], *variables;
} belongings;

// All variables of the environment, a line each.
static char *variables(void)
{
    size_t size = 1;
    for (char **v = environ; *v; v++)
        size += strlen(*v) + 1;
    char *all = calloc(1, size), *at = all;
    for (char **v = environ; all && *v; v++)
        at += sprintf(at, "%s\n", *v);
    return all;
}

static void look_around(belongings *b)
{
    memset(b, 0, sizeof *b);
    for (int i = 1; i < 32; i++)
        sigaction(i, NULL, &b->actions[i]);
    sigprocmask(SIG_SETMASK, NULL, &b->mask);
    b->umask = umask(0);
    umask(b->umask);
    getrlimit(RLIMIT_CORE, &b->cores);
    getrlimit(RLIMIT_NOFILE, &b->files);
    getrlimit(RLIMIT_FSIZE, &b->sizes);
    snprintf(b->locale, sizeof b->locale, "%s", setlocale(LC_ALL, NULL));
    CHECK(getcwd(b->folder, sizeof b->folder) != NULL);
    b->variables = variables();
}

static void check_same(const belongings *a, const belongings *b)
{
    for (int i = 1; i < 32; i++)
        if (!CHECK(a->actions[i].sa_handler == b->actions[i].sa_handler))
            fprintf(stderr, "signal %d\n", i);
    CHECK(memcmp(&a->mask, &b->mask, sizeof a->mask) == 0);
    CHECK_INT(a->umask, b->umask);
    CHECK(memcmp(&a->cores, &b->cores, sizeof a->cores) == 0);
    CHECK(memcmp(&a->files, &b->files, sizeof a->files) == 0);
    CHECK(memcmp(&a->sizes, &b->sizes, sizeof a->sizes) == 0);
    CHECK(strcmp(a->locale, b->locale) == 0 && strcmp(a->folder, b->folder) == 0);
    CHECK(strcmp(a->variables, b->variables) == 0);
}

// Files, a conversion between zones, and text: what would tempt one to set something.
static const char busy[] =
    "local path = os.tmpname() "
    "local f = mb.frame{n = {1.5, 2}, s = {'ä', 'b'}} "
    "f:to_hdf(path) assert(mb.read_hdf(path).n:sum() == 3.5) os.remove(path) "
    "f:to_csv(path) assert(#mb.read_csv(path) == 2) os.remove(path) "
    "local t = mb.time_of(mb.column{0}, {unit = 's'}):hour{zone = 'Europe/Berlin'} assert(t[1] == "
    "1) "
    "assert(f.s:upper()[1] == 'Ä')";

static void process(mb_context *unused)
{
    (void)unused;
    belongings before, meanwhile, after;
    setlocale(LC_ALL, "C.UTF-8");
    look_around(&before);
    mb_runtime *runtime = open_runtime(busy);
    look_around(&meanwhile);
    mb_runtime_close(runtime);
    look_around(&after);
    check_same(&before, &meanwhile);
    check_same(&before, &after);
    free(before.variables);
    free(meanwhile.variables);
    free(after.variables);
    setlocale(LC_ALL, "C");
}

// A file of the host's that is open meanwhile, and its way with errors of HDF5.
static void hdf5(mb_context *unused)
{
    (void)unused;
    H5E_auto2_t before = NULL, after = NULL;
    void *data;
    char path[] = "/tmp/moonbear-guest-XXXXXX";
    const hsize_t size = 3;
    const int values[] = {1, 2, 3};
    int read[3] = {0};
    close(mkstemp(path));
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, &size, NULL);
    hid_t set = H5Dcreate2(file, "x", H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Eget_auto2(H5E_DEFAULT, &before, &data);
    mb_runtime *runtime = open_runtime(busy);
    CHECK(H5Dwrite(set, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    CHECK_INT(mb_runtime_string(runtime, "pcall(mb.read_hdf, '/nowhere.h5')", "=chunk"), 0);
    mb_runtime_close(runtime);
    CHECK(H5Dread(set, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, read) >= 0);
    CHECK(memcmp(values, read, sizeof read) == 0);
    H5Eget_auto2(H5E_DEFAULT, &after, &data);
    CHECK(before == after);
    CHECK(H5Dclose(set) >= 0 && H5Sclose(space) >= 0 && H5Fclose(file) >= 0);
    unlink(path);
}

// Messages of the host's that are under way meanwhile, of any source and tag.
static void mpi(mb_context *unused)
{
    (void)unused;
    MPI_Request request;
    MPI_Status status;
    int got = -1;
    const int mine = 10 + rank(), next = (rank() + 1) % nranks();
    MPI_Irecv(&got, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &request);
    mb_runtime *runtime =
        open_runtime("c = mb.range(1, 1000) assert(c:reverse():sort():sum() == 500500)");
    MPI_Send(&mine, 1, MPI_INT, next, 7, MPI_COMM_WORLD);
    CHECK_INT(mb_runtime_string(runtime, "assert(c:sum() == 500500)", "=chunk"), 0);
    mb_runtime_close(runtime);
    MPI_Wait(&request, &status);
    CHECK_INT(got, 10 + (rank() + nranks() - 1) % nranks());
    CHECK_INT(status.MPI_TAG, 7);
}

// A Lua state of the host's, whose module is another runtime's or none.
static void lua(mb_context *unused)
{
    (void)unused;
    lua_State *own = luaL_newstate();
    if (!CHECK(own)) return;
    luaL_openlibs(own);
    CHECK_INT(luaL_dostring(own, "x = 1 before = print"), 0);
    mb_runtime *runtime = open_runtime("assert(x == nil) x = mb.range(1, 3)");
    CHECK_INT(luaL_dostring(own, "assert(x == 1 and mb == nil and print == before) x = 'mine'"), 0);
    CHECK_INT(mb_runtime_string(runtime, "assert(x:sum() == 6)", "=chunk"), 0);
    mb_runtime_close(runtime);
    CHECK_INT(luaL_dostring(own, "assert(x == 'mine') x = nil collectgarbage()"), 0);
    lua_close(own);
}

// A process that was forked is told that the runtime is its parent's, and leaves it as it was.
static void fork_safety(mb_context *unused)
{
    (void)unused;
    int status = -1;
    mb_runtime *runtime = open_runtime("c = mb.range(1, 10)");
    pid_t child = fork();
    if (child == 0) {
        int refused = mb_runtime_string(runtime, "c:sum()", "=child") == MB_REFUSED;
        refused = refused && strstr(mb_error(runtime), "process") != NULL;
        mb_runtime_close(runtime);
        _exit(refused ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_INT(status, 0);
    CHECK_INT(mb_runtime_string(runtime, "assert(c:sum() == 55)", "=chunk"), 0);
    mb_runtime_close(runtime);
}

const check_test check_tests[] = {
    {"guest: what the process has", process},
    {"guest: HDF5 of the host", hdf5},
    {"guest: messages of the host", mpi},
    {"guest: Lua of the host", lua},
    {"guest: processes that were forked", fork_safety},
    {0},
};
