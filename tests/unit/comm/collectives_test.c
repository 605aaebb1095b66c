// Exchanges: every value says where it comes from, so the receiver can tell what it should be.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "traffic.h"

enum { MOST_RANKS = 64 };

static void broadcast(mb_context *cx)
{
    enum { LARGE = 300000 };
    int64_t *words = calloc(LARGE, sizeof *words);
    for (int root = 0; root < mb_nranks(cx); root++) {
        for (int i = 0; i < LARGE; i++)
            words[i] = mb_rank(cx) * LARGE + i;
        mb_broadcast(cx, root, words, LARGE * sizeof *words);
        int64_t wrong = 0;
        for (int i = 0; i < LARGE; i++)
            wrong += words[i] != root * LARGE + i;
        CHECK_INT(wrong, 0);
    }
    words[0] = mb_rank(cx);
    mb_broadcast(cx, 0, words, 0);
    CHECK_INT(words[0], mb_rank(cx));
    free(words);
}

static void gather(mb_context *cx)
{
    int n = mb_nranks(cx);
    int64_t mine[3] = {mb_rank(cx), 10 * mb_rank(cx), 7}, all[3 * MOST_RANKS] = {0};
    mb_gather_all(cx, mine, sizeof mine, all);
    for (int r = 0; r < n; r++) {
        CHECK_INT(all[3 * r], r);
        CHECK_INT(all[3 * r + 1], 10 * r);
        CHECK_INT(all[3 * r + 2], 7);
    }
}

// Rank r gives r % 3 bytes: some give nothing.
static void gather_varying(mb_context *cx)
{
    int n = mb_nranks(cx);
    int64_t sizes[MOST_RANKS];
    char mine[3], all[3 * MOST_RANKS];
    memset(mine, 'a' + mb_rank(cx), sizeof mine);
    for (int r = 0; r < n; r++)
        sizes[r] = r % 3;
    mb_gather_all_varying(cx, mine, sizes, all);
    const char *at = all;
    for (int r = 0; r < n; r++)
        for (int i = 0; i < r % 3; i++)
            CHECK_INT(*at++, 'a' + r);
}

// Rank r has r % 3 letters; of the rows of a layout, in which it has as many, all but the first and
// the last come.
static void gather_lists(mb_context *cx)
{
    int n = mb_nranks(cx), me = mb_rank(cx);
    int64_t counts[MOST_RANKS], mine[3], all[3 * MOST_RANKS], total = 0, wrong = 0;
    mb_layout *layout = NULL;
    for (int r = 0; r < n; r++)
        counts[r] = r % 3;
    CHECK_OK(cx, mb_layout_counts(cx, counts, &layout));
    for (int64_t i = 0; i < 3; i++)
        mine[i] = layout->start[me] + i;
    total = mb_gather_lists(cx, mine, counts[me], sizeof *mine, all);
    CHECK_INT(total, layout->n_global);
    for (int64_t i = 0; i < total; i++)
        wrong += all[i] != i;
    if (total > 2) {
        int64_t skip = layout->start[me] < 1 && counts[me] ? 1 : 0;
        memset(all, 0, sizeof all);
        mb_gather_rows(cx, mine + skip, layout, 1, total - 2, sizeof *mine, all);
        for (int64_t i = 0; i < total - 2; i++)
            wrong += all[i] != i + 1;
        CHECK_INT(all[total - 2], 0);
    }
    CHECK_INT(wrong, 0);
    mb_layout_release(layout);
}

static void gather_to_root(mb_context *cx)
{
    int n = mb_nranks(cx);
    int64_t sizes[MOST_RANKS];
    char mine[3], all[3 * MOST_RANKS];
    memset(mine, 'a' + mb_rank(cx), sizeof mine);
    for (int root = 0; root < n; root++) {
        for (int r = 0; r < n; r++)
            sizes[r] = (r + root) % 4 < 3 ? (r + root) % 4 : 0;
        memset(all, '-', sizeof all);
        mb_gather_varying(cx, root, mine, sizes, all);
        const char *at = all;
        for (int r = 0; r < n && mb_rank(cx) == root; r++)
            for (int64_t i = 0; i < sizes[r]; i++)
                CHECK_INT(*at++, 'a' + r);
        CHECK_INT(*at, '-');
    }
}

static void sums(mb_context *cx)
{
    enum { WORDS = 3000 };
    int64_t mine[WORDS], all[WORDS], before[WORDS], n = mb_nranks(cx), me = mb_rank(cx), wrong = 0;
    for (int64_t i = 0; i < WORDS; i++)
        mine[i] = (me + 1) * (i - 7);
    mb_sum_all(cx, mine, WORDS, all);
    mb_sum_before(cx, mine, WORDS, before);
    for (int64_t i = 0; i < WORDS; i++)
        wrong += all[i] != n * (n + 1) / 2 * (i - 7) || before[i] != me * (me + 1) / 2 * (i - 7);
    CHECK_INT(wrong, 0);
}

static void traffic(mb_context *cx)
{
    int64_t others = mb_nranks(cx) - 1, mine[2] = {1, 2};
    int64_t all[2 * MOST_RANKS];
    mb_traffic then = mb_comm_traffic(cx);
    mb_gather_all(cx, mine, sizeof mine, all);
    traffic_check(traffic_since(cx, then), 16 * others, others);
}

static unsigned char sample(int round, int rank, int64_t i)
{
    return (unsigned char)(round * 7 + rank * 31 + i);
}

// Broadcasts and gathers in turn, below and above the size that shared memory takes, with ranks
// that come at different times: what one leaves behind must not be seen by the next.
static void small_ones(mb_context *cx)
{
    enum { LARGEST = 4100, SMALL_ROUNDS = 300 };
    int n = mb_nranks(cx), me = mb_rank(cx);
    uint64_t state = 3, own = (uint64_t)me;
    unsigned char *mine = malloc(LARGEST), *all = malloc((size_t)n * LARGEST);
    int64_t wrong = 0;
    for (int round = 0; round < SMALL_ROUNDS; round++) {
        int64_t size = check_random(&state, LARGEST + 1);
        int root = (int)check_random(&state, n);
        if (check_random(&own, 20) == 0) usleep(500);
        for (int64_t i = 0; i < size; i++)
            mine[i] = sample(round, me, i);
        mb_gather_all(cx, mine, (size_t)size, all);
        mb_broadcast(cx, root, mine, (size_t)size);
        for (int64_t i = 0; i < size; i++)
            wrong += mine[i] != sample(round, root, i);
        for (int64_t i = 0; i < size * n; i++)
            wrong += all[i] != sample(round, (int)(i / size), i % size);
    }
    CHECK_INT(wrong, 0);
    free(mine);
    free(all);
}

const check_test check_tests[] = {
    {"collectives: broadcast", broadcast},
    {"collectives: gather", gather},
    {"collectives: gather of different sizes", gather_varying},
    {"collectives: gather to one rank", gather_to_root},
    {"collectives: gather of lists and of rows", gather_lists},
    {"collectives: many small ones", small_ones},
    {"collectives: sums of words", sums},
    {"collectives: what is sent is counted", traffic},
    {0},
};
