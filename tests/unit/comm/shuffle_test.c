// Shuffles: every value says where it comes from, so the receiver can tell what it should be.
#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "comm/splitters.h"
#include "core/budget.h"
#include "traffic.h"

enum { MOST_RANKS = 64, ROUNDS = 20 };

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

// Words of every rank to every rank, and an answer to each.
static void shuffle_round(mb_context *cx, int round)
{
    int n = mb_nranks(cx), me = mb_rank(cx);
    mb_shuffle shuffle;
    int64_t *send = malloc(MOST_RANKS * 1000 * sizeof *send), used = 0, wrong = 0;
    CHECK_OK(cx, mb_shuffle_open(cx, 0, &shuffle));
    for (int r = 0; r < n; r++) {
        shuffle.sent.counts[r] = words_from_to(round, me, r);
        for (int64_t i = 0; i < shuffle.sent.counts[r]; i++)
            send[used++] = word(round, me, r, i);
    }
    mb_shuffle_route(&shuffle);
    CHECK_INT(shuffle.n_sent, used);
    mb_shuffle_count(&shuffle);
    for (int s = 0; s < n; s++)
        CHECK_INT(shuffle.received.counts[s], words_from_to(round, s, me));
    int64_t *receive = malloc(((size_t)shuffle.n_received + 1) * sizeof *receive);
    char *answers = malloc((size_t)shuffle.n_received + 1), *replies = malloc((size_t)used + 1);
    mb_shuffle_send(&shuffle, send, sizeof *send, receive);
    int64_t at = 0;
    for (int s = 0; s < n; s++)
        for (int64_t i = 0; i < words_from_to(round, s, me); i++)
            wrong += receive[at++] != word(round, s, me, i);
    CHECK_INT(at, shuffle.n_received);
    for (int64_t i = 0; i < at; i++)
        answers[i] = (char)(receive[i] % 127);
    mb_shuffle_reply(&shuffle, answers, 1, replies);
    for (int64_t i = 0; i < used; i++)
        wrong += replies[i] != send[i] % 127;
    CHECK_INT(wrong, 0);
    mb_shuffle_close(&shuffle);
    free(receive);
    free(send);
    free(answers);
    free(replies);
}

static void words(mb_context *cx)
{
    for (int round = 0; round < ROUNDS; round++)
        shuffle_round(cx, round);
}

// What becomes of row i of rank s: the rank that owns it, or MB_NO_OWNER.
static uint32_t owner_of(int round, int s, int64_t i, int nranks)
{
    uint64_t state = (uint64_t)(round * 100 + s) * 100003 + (uint64_t)i;
    return check_random(&state, 5) ? (uint32_t)check_random(&state, nranks) : MB_NO_OWNER;
}

typedef struct delivery {
    int round;
    int64_t rows;
    mb_shuffle shuffle;
    mb_shuffle_plane planes[3];
} delivery;

static mb_status fill(mb_context *cx, delivery *to)
{
    mb_status status = mb_shuffle_open(cx, to->rows, &to->shuffle);
    to->planes[0].width = sizeof(int64_t);
    to->planes[2].width = 3;
    for (int p = 0; p < 3 && !status; p += 2)
        status = mb_buffer_new_array(cx, to->rows, to->planes[p].width, &to->planes[p].rows);
    for (int64_t i = 0; i < to->rows && !status; i++) {
        to->shuffle.owners[i] = owner_of(to->round, mb_rank(cx), i, mb_nranks(cx));
        ((int64_t *)to->planes[0].rows->data)[i] = i;
        memset((char *)to->planes[2].rows->data + 3 * i, (char)i, 3);
    }
    return status;
}

// Rows come from the ranks in turn, in their order; planes agree; replies find their rows.
static void check_delivery(mb_context *cx, delivery *to)
{
    const int64_t *numbers = to->planes[0].rows->data;
    const char *bytes = to->planes[2].rows->data;
    int64_t at = 0, wrong = 0;
    for (int s = 0; s < mb_nranks(cx); s++)
        for (int64_t i = 0; i < 100 * (s % 3); i++) {
            if (owner_of(to->round, s, i, mb_nranks(cx)) != (uint32_t)mb_rank(cx)) continue;
            wrong += numbers[at] != i || bytes[3 * at] != (char)i || bytes[3 * at + 2] != (char)i;
            at++;
        }
    CHECK_INT(at, to->shuffle.n_received);
    int64_t *replies = malloc(((size_t)to->rows + 1) * sizeof *replies), *rows = malloc(2400);
    mb_shuffle_reply(&to->shuffle, numbers, sizeof *numbers, replies);
    mb_shuffle_restore(&to->shuffle, replies, sizeof *replies, rows);
    for (int64_t i = 0; i < to->rows; i++)
        wrong += to->shuffle.owners[i] != MB_NO_OWNER && rows[i] != i;
    CHECK_INT(wrong, 0);
    free(replies);
    free(rows);
}

static mb_status deliver_body(mb_context *cx, void *argument)
{
    delivery *to = argument;
    mb_status status;
    MB_TRY(mb_step(cx, fill(cx, to), NULL));
    mb_shuffle_route(&to->shuffle);
    MB_TRY(mb_shuffle_deliver(&to->shuffle, MB_OK, to->planes, 3));
    check_delivery(cx, to);
done:
    return status;
}

static void deliver(mb_context *cx)
{
    for (int round = 0; round < ROUNDS; round++) {
        delivery to = {.round = round, .rows = 100 * (mb_rank(cx) % 3)};
        mb_signature signature;
        mb_signature_begin(&signature, "deliver", "here:1");
        CHECK_OK(cx, mb_operate(cx, &signature, deliver_body, &to));
        mb_buffer_release(to.planes[0].rows);
        mb_buffer_release(to.planes[2].rows);
        mb_shuffle_close(&to.shuffle);
    }
}

// Strings: rank s sends the letter of rank r, i times, to it as its i-th row.
static void lengths(mb_context *cx)
{
    enum { ROWS = 4 };
    int n = mb_nranks(cx), me = mb_rank(cx);
    mb_shuffle rows, bytes;
    int64_t sent[ROWS * MOST_RANKS], received[ROWS * MOST_RANKS], at = 0, wrong = 0;
    char text[ROWS * ROWS * MOST_RANKS], come[ROWS * ROWS * MOST_RANKS];
    CHECK_OK(cx, mb_shuffle_open(cx, 0, &rows));
    CHECK_OK(cx, mb_shuffle_open(cx, 0, &bytes));
    for (int r = 0; r < n; r++) {
        rows.sent.counts[r] = ROWS;
        for (int64_t i = 0; i < ROWS; i++) {
            sent[r * ROWS + i] = i;
            memset(text + at, 'a' + (me + r) % 26, (size_t)i);
            at += i;
        }
    }
    mb_shuffle_route(&rows);
    mb_shuffle_count(&rows);
    mb_shuffle_send(&rows, sent, sizeof *sent, received);
    mb_shuffle_lengths(&rows, sent, received, &bytes);
    CHECK_INT(bytes.n_sent, at);
    CHECK_INT(bytes.n_received, at);
    mb_shuffle_send(&bytes, text, 1, come);
    at = 0;
    for (int s = 0; s < n; s++)
        for (int64_t i = 0; i < ROWS * (ROWS - 1) / 2; i++)
            wrong += come[at++] != 'a' + (s + me) % 26;
    CHECK_INT(wrong, 0);
    mb_shuffle_close(&rows);
    mb_shuffle_close(&bytes);
}

// Each part has about its share, whatever rank has its words; without any, all go to the first.
static void splitters(mb_context *cx)
{
    enum { WORDS = 1000 };
    int n = mb_nranks(cx), me = mb_rank(cx);
    uint64_t list[WORDS];
    int64_t mine = me % 2 ? 0 : WORDS, of_rank[MOST_RANKS] = {0}, all = 0;
    mb_splitters parts;
    CHECK_OK(cx, mb_splitters_open(cx, &parts));
    for (int64_t i = 0; i < WORDS; i++)
        list[i] = (uint64_t)(i * n + me) << 40;
    mb_splitters_choose(&parts, list, mine, sizeof *list);
    for (int r = 0; r < n; r += 2)
        for (int64_t i = 0; i < WORDS; i++) {
            int owner = mb_splitters_owner(&parts, (uint64_t)(i * n + r) << 40);
            of_rank[owner]++;
            all++;
        }
    for (int r = 0; r < n; r++)
        CHECK(of_rank[r] > all / n / 2 && of_rank[r] < 2 * all / n);
    mb_splitters_choose(&parts, NULL, 0, sizeof *list);
    CHECK_INT(mb_splitters_owner(&parts, 5), 0);
    mb_splitters_close(&parts);
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
    mb_shuffle_rows(cx, send, from, receive, to, width);
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
        mb_shuffle_mirrored(cx, send, from, receive, to, width);
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

static void traffic(mb_context *cx)
{
    int64_t n = mb_nranks(cx), others = n - 1, send[MOST_RANKS] = {0}, receive[MOST_RANKS];
    mb_shuffle shuffle;
    CHECK_OK(cx, mb_shuffle_open(cx, 0, &shuffle));
    for (int64_t r = 0; r < n; r++)
        shuffle.sent.counts[r] = 1;
    mb_shuffle_route(&shuffle);
    mb_traffic then = mb_comm_traffic(cx);
    mb_shuffle_count(&shuffle);
    traffic_check(traffic_since(cx, then), 8 * others, others);
    then = mb_comm_traffic(cx);
    mb_shuffle_send(&shuffle, send, sizeof *send, receive);
    traffic_check(traffic_since(cx, then), 8 * others, others);
    for (int64_t r = 0; r < n; r++)
        shuffle.sent.counts[r] = shuffle.received.counts[r] = r == mb_rank(cx);
    then = mb_comm_traffic(cx);
    mb_shuffle_send(&shuffle, send, sizeof *send, receive);
    traffic_check(traffic_since(cx, then), 0, 0);
    mb_shuffle_close(&shuffle);
}

// More than a 32-bit count holds, and than are under way at a time, from the first rank to the
// last. Pages that are only read take no memory, so it takes what is received: on virtual machines
// ten seconds of first touches, so that it runs on one arrangement of ranks only.
static void beyond_two_gigabytes(mb_context *cx)
{
    const int64_t size = (INT64_C(1) << 31) + (1 << 20), limit = (INT64_C(1) << 31) - 1;
    int n = mb_nranks(cx), me = mb_rank(cx);
    int64_t memory = (int64_t)mb_budget_share(&cx->settings, 1);
    mb_shuffle shuffle;
    mb_broadcast(cx, 0, &memory, sizeof memory);
    if (n != 2 || mb_ranks_on_node(cx) != 2 || memory < 3 * size) return;
    char *data = calloc((size_t)size, 1);
    if (!CHECK(data)) return;
    CHECK_OK(cx, mb_shuffle_open(cx, 0, &shuffle));
    if (me == 0) {
        shuffle.sent.counts[1] = size;
        data[0] = data[size - 1] = 'a';
        data[limit] = data[limit + 1] = 'b';
    } else {
        shuffle.received.counts[0] = size;
    }
    mb_traffic then = mb_comm_traffic(cx);
    mb_shuffle_send(&shuffle, data, 1, data);
    traffic_check(traffic_since(cx, then), me ? 0 : size, me ? 0 : size / MB_SHUFFLE_MESSAGE + 1);
    CHECK(mb_comm_traffic(cx).largest <= MB_SHUFFLE_MESSAGE);
    CHECK_INT(data[0], 'a');
    CHECK_INT(data[1], 0);
    CHECK_INT(data[limit], 'b');
    CHECK_INT(data[limit + 1], 'b');
    CHECK_INT(data[size - 1], 'a');
    mb_shuffle_close(&shuffle);
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
        mb_shuffle_spans(cx, send, (mb_spans){held[0], held[1]}, receive,
                         (mb_spans){wanted[0], wanted[1]}, sizeof *send);
        for (int64_t i = wanted[0][me]; i < wanted[1][me]; i++)
            wrong += receive[i - wanted[0][me]] != expected[i];
        CHECK_INT(wrong, 0);
        mb_layout_release(layout);
    }
}

const check_test check_tests[] = {
    {"shuffle: words of random numbers, and answers", words},
    {"shuffle: planes to the owners of rows", deliver},
    {"shuffle: rows of different lengths", lengths},
    {"shuffle: splitters", splitters},
    {"shuffle: rows between random layouts", rows},
    {"shuffle: rows that several ranks want", spans},
    {"shuffle: rows in reverse between random layouts", mirrored},
    {"shuffle: what is sent is counted", traffic},
    {"shuffle: more than 2 GB", beyond_two_gigabytes},
    {0},
};
