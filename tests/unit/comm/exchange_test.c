// Exchanges: every value says where it comes from, so the receiver can tell what it should be.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "comm/comm.h"
#include "comm/exchange.h"
#include "core/budget.h"

enum { MOST_RANKS = 64, ROUNDS = 20 };

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

// How many words rank s sends to rank r in a round: every rank can tell, and some are none.
static int64_t words_from_to(int round, int s, int r)
{
    uint64_t state = (uint64_t)(round * 10000 + s * 100 + r);
    return check_random(&state, 3) ? check_random(&state, 1000) : 0;
}

static int64_t word(int round, int s, int r, int64_t i)
{
    return ((INT64_C(100) * round + s) * 100 + r) * 1000000 + i;
}

static void exchange_round(mb_context *cx, int round)
{
    int n = mb_nranks(cx), me = mb_rank(cx);
    int64_t sent_counts[MOST_RANKS], sent_offsets[MOST_RANKS], counts[MOST_RANKS],
        offsets[MOST_RANKS];
    int64_t *send = malloc(MOST_RANKS * 1000 * sizeof *send), used = 0, wrong = 0;
    for (int r = 0; r < n; r++) {
        int64_t words = words_from_to(round, me, r);
        sent_offsets[r] = used * (int64_t)sizeof *send;
        sent_counts[r] = words * (int64_t)sizeof *send;
        for (int64_t i = 0; i < words; i++)
            send[used++] = word(round, me, r, i);
    }
    mb_pieces sent = {sent_counts, sent_offsets}, received = {counts, offsets};
    mb_exchange_counts(cx, sent, received);
    for (int s = 0; s < n; s++)
        CHECK_INT(counts[s], words_from_to(round, s, me) * (int64_t)sizeof *send);
    size_t size = (size_t)(offsets[n - 1] + counts[n - 1]);
    int64_t *receive = malloc(size + 1);
    mb_exchange(cx, send, sent, receive, received);
    const int64_t *at = receive;
    for (int s = 0; s < n; s++)
        for (int64_t i = 0; i < words_from_to(round, s, me); i++)
            wrong += *at++ != word(round, s, me, i);
    CHECK_INT(wrong, 0);
    free(receive);
    free(send);
}

static void exchange(mb_context *cx)
{
    for (int round = 0; round < ROUNDS; round++)
        exchange_round(cx, round);
}

static mb_layout *random_layout(mb_context *cx, uint64_t *state, int64_t n_global)
{
    int n = mb_nranks(cx);
    int64_t rows[MOST_RANKS], left = n_global;
    for (int r = 0; r + 1 < n; r++) {
        rows[r] = check_random(state, 3) ? check_random(state, left + 1) : 0;
        left -= rows[r];
    }
    rows[n - 1] = left;
    mb_layout *layout = NULL;
    CHECK_OK(cx, mb_layout_counts(cx, rows, &layout));
    return layout;
}

// Byte b of row i.
static unsigned char row_byte(int64_t i, size_t b)
{
    return (unsigned char)(i * 31 + (int64_t)b * 7 + i / 256);
}

static void move_rows(mb_context *cx, const mb_layout *from, const mb_layout *to, size_t width)
{
    int me = mb_rank(cx);
    int64_t before = mb_layout_rows(from, me), after = mb_layout_rows(to, me), wrong = 0;
    unsigned char *send = malloc((size_t)before * width + 1);
    unsigned char *receive = malloc((size_t)after * width + 1);
    for (int64_t i = 0; i < before; i++)
        for (size_t b = 0; b < width; b++)
            send[(size_t)i * width + b] = row_byte(from->start[me] + i, b);
    mb_exchange_rows(cx, send, from, receive, to, width);
    for (int64_t i = 0; i < after; i++)
        for (size_t b = 0; b < width; b++)
            wrong += receive[(size_t)i * width + b] != row_byte(to->start[me] + i, b);
    CHECK_INT(wrong, 0);
    free(send);
    free(receive);
}

static void rows(mb_context *cx)
{
    uint64_t state = 7;
    const size_t widths[] = {1, 2, 4, 8, 16, 3};
    const int64_t lengths[] = {0, 1, 2, 5, 1000, 4097};
    for (int round = 0; round < ROUNDS; round++) {
        int64_t n_global = lengths[check_random(&state, 6)];
        mb_layout *from = random_layout(cx, &state, n_global), *even = NULL;
        mb_layout *to = random_layout(cx, &state, n_global);
        CHECK_OK(cx, mb_layout_even(cx, n_global, &even));
        size_t width = widths[check_random(&state, 6)];
        move_rows(cx, from, to, width);
        move_rows(cx, to, even, width);
        move_rows(cx, even, even, width);
        mb_layout_release(from);
        mb_layout_release(to);
        mb_layout_release(even);
    }
}

// Both ways round: twice mirrored is moved.
static void mirrored(mb_context *cx)
{
    uint64_t state = 5;
    const size_t widths[] = {1, 2, 8, 3};
    for (int round = 0; round < ROUNDS; round++) {
        int64_t n_global = check_random(&state, 3000);
        mb_layout *from = random_layout(cx, &state, n_global);
        mb_layout *to = random_layout(cx, &state, n_global);
        size_t width = widths[check_random(&state, 4)];
        int me = mb_rank(cx);
        int64_t before = mb_layout_rows(from, me), after = mb_layout_rows(to, me), wrong = 0;
        unsigned char *send = malloc((size_t)before * width + 1);
        unsigned char *receive = malloc((size_t)after * width + 1);
        for (int64_t i = 0; i < before; i++)
            for (size_t b = 0; b < width; b++)
                send[(size_t)i * width + b] = row_byte(from->start[me + 1] - 1 - i, b);
        mb_exchange_mirrored(cx, send, from, receive, to, width);
        for (int64_t i = 0; i < after; i++)
            for (size_t b = 0; b < width; b++)
                wrong +=
                    receive[(size_t)i * width + b] != row_byte(n_global - 1 - to->start[me] - i, b);
        CHECK_INT(wrong, 0);
        free(send);
        free(receive);
        mb_layout_release(from);
        mb_layout_release(to);
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

// What one call has sent; agreements are another matter.
static mb_traffic since(const mb_context *cx, mb_traffic then)
{
    mb_traffic now = mb_comm_traffic(cx);
    return (mb_traffic){now.bytes - then.bytes, now.messages - then.messages,
                        now.agreements - then.agreements};
}

static void check_traffic(mb_traffic sent, int64_t bytes, int64_t messages)
{
    CHECK_INT(sent.bytes, bytes);
    CHECK_INT(sent.messages, messages);
    CHECK_INT(sent.agreements, 0);
}

static void traffic(mb_context *cx)
{
    int64_t n = mb_nranks(cx), others = n - 1, mine[2] = {1, 2};
    int64_t counts[MOST_RANKS], offsets[MOST_RANKS], come[MOST_RANKS], at[MOST_RANKS];
    int64_t all[2 * MOST_RANKS], send[MOST_RANKS] = {0}, receive[MOST_RANKS];
    mb_traffic then = mb_comm_traffic(cx);
    mb_gather_all(cx, mine, sizeof mine, all);
    check_traffic(since(cx, then), 16 * others, others);
    for (int64_t r = 0; r < n; r++) {
        counts[r] = 8;
        offsets[r] = 8 * r;
    }
    then = mb_comm_traffic(cx);
    mb_exchange_counts(cx, (mb_pieces){counts, offsets}, (mb_pieces){come, at});
    check_traffic(since(cx, then), 8 * others, others);
    then = mb_comm_traffic(cx);
    mb_exchange(cx, send, (mb_pieces){counts, offsets}, receive, (mb_pieces){come, at});
    check_traffic(since(cx, then), 8 * others, others);
    for (int64_t r = 0; r < n; r++)
        counts[r] = come[r] = r == mb_rank(cx) ? 8 : 0;
    then = mb_comm_traffic(cx);
    mb_exchange(cx, send, (mb_pieces){counts, offsets}, receive, (mb_pieces){come, at});
    check_traffic(since(cx, then), 0, 0);
}

// More than a 32-bit count holds, from the first rank to the last. Pages that are only read take no
// memory, so it takes what is received.
static void beyond_two_gigabytes(mb_context *cx)
{
    const int64_t size = (INT64_C(1) << 31) + (1 << 20), limit = (INT64_C(1) << 31) - 1;
    int n = mb_nranks(cx), me = mb_rank(cx);
    int64_t memory = (int64_t)mb_budget_share(1);
    mb_broadcast(cx, 0, &memory, sizeof memory);
    if (n != 2 || memory < 3 * size) return;
    int64_t sent[2] = {0}, come[2] = {0}, start[2] = {0};
    char *data = calloc((size_t)size, 1);
    if (!CHECK(data)) return;
    if (me == 0) {
        sent[1] = size;
        data[0] = data[size - 1] = 'a';
        data[limit] = data[limit + 1] = 'b';
    } else {
        come[0] = size;
    }
    mb_exchange(cx, data, (mb_pieces){sent, start}, data, (mb_pieces){come, start});
    CHECK_INT(data[0], 'a');
    CHECK_INT(data[1], 0);
    CHECK_INT(data[limit], 'b');
    CHECK_INT(data[limit + 1], 'b');
    CHECK_INT(data[size - 1], 'a');
    free(data);
}

// Every rank has some of the rows of its part, and wants any run of rows: what somebody has comes,
// what nobody has is left as it was.
static void spans(mb_context *cx)
{
    enum { ROWS = 500 };
    int n = mb_nranks(cx), me = mb_rank(cx);
    uint64_t state = 11;
    int64_t held[2][MOST_RANKS], wanted[2][MOST_RANKS], send[ROWS], receive[ROWS], expected[ROWS];
    for (int round = 0; round < ROUNDS; round++) {
        int64_t wrong = 0;
        mb_layout *layout = random_layout(cx, &state, ROWS);
        memset(expected, 0, sizeof expected);
        for (int r = 0; r < n; r++) {
            held[0][r] = layout->start[r] + check_random(&state, mb_layout_rows(layout, r) + 1);
            held[1][r] = layout->start[r + 1];
            wanted[0][r] = check_random(&state, ROWS + 1);
            wanted[1][r] = wanted[0][r] + check_random(&state, ROWS + 1 - wanted[0][r]);
            for (int64_t i = held[0][r]; i < held[1][r]; i++)
                expected[i] = i + 1;
        }
        for (int64_t i = held[0][me]; i < held[1][me]; i++)
            send[i - held[0][me]] = i + 1;
        memset(receive, 0, sizeof receive);
        mb_exchange_spans(cx, send, (mb_spans){held[0], held[1]}, receive,
                          (mb_spans){wanted[0], wanted[1]}, sizeof *send);
        for (int64_t i = wanted[0][me]; i < wanted[1][me]; i++)
            wrong += receive[i - wanted[0][me]] != expected[i];
        CHECK_INT(wrong, 0);
        mb_layout_release(layout);
    }
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
    {"exchange: broadcast", broadcast},
    {"exchange: gather", gather},
    {"exchange: gather of different sizes", gather_varying},
    {"exchange: gather to one rank", gather_to_root},
    {"exchange: many small ones", small_ones},
    {"exchange: pieces of random sizes", exchange},
    {"exchange: rows between random layouts", rows},
    {"exchange: rows that several ranks want", spans},
    {"exchange: rows in reverse between random layouts", mirrored},
    {"exchange: sums of words", sums},
    {"exchange: what is sent is counted", traffic},
    {"exchange: a message beyond 2 GB", beyond_two_gigabytes},
    {0},
};
