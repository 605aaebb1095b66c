// A collector of flows that a script watches. Routers and probes send NetFlow v5 and IPFIX to UDP
// ports of this machine, one of each rank; the flows of each second become columns, without a copy,
// and a script looks at them and raises alerts.
//
// Each rank has a port of its own: an exporter sends to one of them, so that its templates are
// where its records come, and a column has the flows of all ranks without one being sent to
// another.
//
//   mpicc -O2 collector.c exports.c $(pkg-config --cflags --libs moonbear) -o collector
//   mpiexec -n 4 ./collector alerts.lua PORT [SECONDS [INTERVAL]]
//
// Rank r listens at PORT + r; with port 0 the system chooses. It ends after so many seconds, or at
// Ctrl-C, with a summary. generate_flows.py sends flows to try it with.
#include <arpa/inet.h>
#include <moonbear.h>
#include <mpi.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "exports.h"

enum { RECEIVE_BUFFER = 8 << 20, LARGEST_PACKET = 65535 };

static volatile sig_atomic_t interrupted;

// --- Flows as columns ----------------------------------------------------------------------------

// The columns of flows, in the order in which the script gets them.
static const struct {
    mb_array_type type;
    size_t width, offset;
} columns[] = {
    {MB_DOUBLE_ARRAY, sizeof(double), offsetof(flow, start)},
    {MB_DOUBLE_ARRAY, sizeof(double), offsetof(flow, duration)},
    {MB_UINT32_ARRAY, sizeof(uint32_t), offsetof(flow, src)},
    {MB_UINT32_ARRAY, sizeof(uint32_t), offsetof(flow, dst)},
    {MB_UINT8_ARRAY, sizeof(uint8_t), offsetof(flow, proto)},
    {MB_UINT16_ARRAY, sizeof(uint16_t), offsetof(flow, src_port)},
    {MB_UINT16_ARRAY, sizeof(uint16_t), offsetof(flow, dst_port)},
    {MB_INT64_ARRAY, sizeof(int64_t), offsetof(flow, packets)},
    {MB_INT64_ARRAY, sizeof(int64_t), offsetof(flow, bytes)},
};

enum { NCOLUMNS = sizeof columns / sizeof columns[0] };

// The flows of one interval on this rank. The script may keep columns of it: it is freed when
// nobody uses any of its arrays.
typedef struct batch {
    int64_t rows, room, lost;
    int users;
    char *values[NCOLUMNS];
} batch;

static void drop_batch(void *data)
{
    batch *b = data;
    if (--b->users > 0) return;
    for (int i = 0; i < NCOLUMNS; i++)
        free(b->values[i]);
    free(b);
}

static batch *new_batch(void)
{
    batch *b = calloc(1, sizeof *b);
    if (b) b->users = 1; // the caller
    return b;
}

static bool grow(batch *b)
{
    const int64_t room = b->room ? 2 * b->room : 1024;
    for (int i = 0; i < NCOLUMNS; i++) {
        char *more = realloc(b->values[i], (size_t)room * columns[i].width);
        if (!more) return false;
        b->values[i] = more;
    }
    b->room = room;
    return true;
}

static void append(void *data, const flow *f)
{
    batch *b = data;
    if (b->rows == b->room && !grow(b)) {
        b->lost++;
        return;
    }
    for (int i = 0; i < NCOLUMNS; i++)
        memcpy(b->values[i] + (size_t)b->rows * columns[i].width,
               (const char *)f + columns[i].offset, columns[i].width);
    b->rows++;
}

// --- The socket ----------------------------------------------------------------------------------

// A socket at a port of loopback, and its port; -1 when it cannot be had.
static int listen_at(int port, int *bound)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int buffer = RECEIVE_BUFFER; // what comes while the script runs waits here
    const int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0) return -1;
    setsockopt(s, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (bind(s, (struct sockaddr *)&address, sizeof address) ||
        getsockname(s, (struct sockaddr *)&address, &size)) {
        close(s);
        return -1;
    }
    *bound = ntohs(address.sin_port);
    return s;
}

// Reads one packet into a batch; false when there is none.
static bool receive_one(int s, exports *e, batch *to)
{
    static uint8_t packet[LARGEST_PACKET];
    struct sockaddr_in from = {0};
    socklen_t size = sizeof from;
    const ssize_t got =
        recvfrom(s, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
    if (got < 0) return false;
    const uint64_t exporter = (uint64_t)from.sin_addr.s_addr << 16 | from.sin_port;
    exports_read(e, exporter, packet, (size_t)got, append, to);
    return true;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Reads packets until a moment, or until it is interrupted, and then what waits: also where the
// script is so slow that the moment is past.
static void receive_until(double end, int s, exports *e, batch *to)
{
    struct pollfd wait = {.fd = s, .events = POLLIN};
    for (double rest = end - now(); rest > 0 && !interrupted; rest = end - now())
        if (poll(&wait, 1, (int)(1e3 * rest) + 1) > 0) receive_one(s, e, to);
    for (int i = 0; i < 4096 && receive_one(s, e, to); i++)
        continue;
}

// --- The script ----------------------------------------------------------------------------------

static int rank_of_this(void)
{
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

static int complain(const char *message)
{
    if (rank_of_this() == 0) fprintf(stderr, "collector: %s\n", message);
    return 1;
}

// Makes columns of a batch, whose arrays moonbear gives back by drop_batch.
static int share(mb_runtime *runtime, batch *b, mb_variant *shared)
{
    for (int i = 0; i < NCOLUMNS; i++) {
        const mb_array array = {.type = columns[i].type,
                                .rows = b->rows,
                                .values = b->values[i],
                                .release = drop_batch,
                                .data = b};
        shared[i].kind = MB_IS_COLUMN;
        if (mb_column_import(runtime, NULL, &array, &shared[i].as.reference)) return 1;
        b->users++;
    }
    return 0;
}

// Calls the script's function `alerts` with the flows of an interval; it tells how many it raised.
static int watch(mb_runtime *runtime, batch *b, int64_t *alerts)
{
    mb_variant shared[NCOLUMNS] = {0}, told;
    int failed = share(runtime, b, shared);
    if (!failed) failed = mb_call_function(runtime, "alerts", shared, NCOLUMNS, &told, 1);
    if (failed) complain(mb_error(runtime));
    for (int i = 0; i < NCOLUMNS; i++)
        mb_release(runtime, shared[i].as.reference);
    if (!failed && told.kind == MB_IS_INTEGER) *alerts += told.as.integer;
    return failed;
}

// --- The run -------------------------------------------------------------------------------------

typedef struct run {
    mb_runtime *runtime;
    exports *exports;
    int socket;
    double seconds, interval;
    int64_t alerts, lost;
} run;

// Whether any rank has been interrupted: ranks go on and end together.
static bool any(bool here)
{
    int all = here;
    MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    return all;
}

// Collects and watches, an interval after the other, to the end.
static int collect(run *r)
{
    const double begin = now();
    for (int i = 1;; i++) {
        const double end = begin + i * r->interval;
        batch *b = new_batch();
        if (any(!b)) {
            free(b);
            return complain("no memory for flows");
        }
        receive_until(end, r->socket, r->exports, b);
        r->lost += b->lost;
        const int failed = watch(r->runtime, b, &r->alerts);
        drop_batch(b);
        if (failed) return 1;
        if (any(interrupted || (r->seconds > 0 && end - begin >= r->seconds))) return 0;
    }
}

static void summarise(const run *r)
{
    const export_counts c = exports_counts(r->exports);
    int64_t sums[] = {c.packets, c.flows, c.damaged, c.unknown, c.other, r->lost};
    int64_t *all = sums;
    MPI_Reduce(rank_of_this() ? sums : MPI_IN_PLACE, all, 6, MPI_INT64_T, MPI_SUM, 0,
               MPI_COMM_WORLD);
    if (rank_of_this()) return;
    printf("%lld packets, %lld flows, %lld alerts\n", (long long)sums[0], (long long)sums[1],
           (long long)r->alerts);
    printf("%lld packets damaged, %lld sets without a template, %lld records of other kinds\n",
           (long long)sums[2], (long long)sums[3], (long long)sums[4]);
    if (sums[5]) printf("%lld flows lost for want of memory\n", (long long)sums[5]);
}

// Tells at which ports the ranks listen, once all do.
static void announce(int port)
{
    int size;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    int *ports = calloc((size_t)size, sizeof *ports);
    if (!ports) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Gather(&port, 1, MPI_INT, ports, 1, MPI_INT, 0, MPI_COMM_WORLD);
    if (rank_of_this() == 0) {
        printf("listening at");
        for (int i = 0; i < size; i++)
            printf(" %d", ports[i]);
        printf("\n");
        fflush(stdout);
    }
    free(ports);
}

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

// A port that has one for each rank from it on, or 0; -1: none.
static int read_port(const char *text)
{
    char *end;
    int size;
    const long port = strtol(text, &end, 10);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    return end == text || *end || port < 0 || port > 65536 - size ? -1 : (int)port;
}

// Opens what a run needs but the runtime; on all ranks or none.
static int prepare(run *r, int argc, char **argv)
{
    int port = argc > 2 ? read_port(argv[2]) : -1;
    r->seconds = argc > 3 ? atof(argv[3]) : 0;
    r->interval = argc > 4 ? atof(argv[4]) : 1;
    if (port < 0 || !(r->interval > 0))
        return complain("usage: collector SCRIPT PORT [SECONDS [INTERVAL]]");
    r->exports = exports_open();
    r->socket = listen_at(port ? port + rank_of_this() : 0, &port);
    if (any(r->socket < 0 || !r->exports)) return complain("no socket at that port, or no memory");
    signal(SIGINT, interrupt);
    announce(port);
    return 0;
}

int main(int argc, char **argv)
{
    run r = {.socket = -1};
    MPI_Init(&argc, &argv);
    r.runtime = mb_runtime_open(MPI_COMM_WORLD);
    if (!r.runtime) {
        fprintf(stderr, "collector: %s\n", mb_error(NULL));
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    int status = prepare(&r, argc, argv);
    if (!status && mb_runtime_file(r.runtime, argv[1])) status = complain(mb_error(r.runtime));
    if (!status) status = collect(&r);
    if (!status) summarise(&r);
    mb_runtime_close(r.runtime);
    exports_close(r.exports);
    if (r.socket >= 0) close(r.socket);
    MPI_Finalize();
    return status;
}
