// The longest block that has each address.

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/address/network.h"
#include "ops/address/rows.h"
#include "ops/move/gather.h"
#include "ops/text/entries.h"
#include "ops/text/refuse.h"

// A block as words: the bytes of its address, and its prefix with the version above it.
enum { HIGH, LOW, SHAPE, WORDS };

enum { VERSION = 1 << 8 };

static mb_status measure(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                         bool *valid)
{
    const int word = *(const int *)argument;
    mb_network network = {{0}, 0};
    uint64_t words[2] = {0, 0};
    (void)cx, (void)valid;
    (void)mb_network_parse(string, &network);
    for (int i = 0; i < 16; i++)
        words[i / 8] = words[i / 8] << 8 | network.first.bytes[i];
    value->u =
        word == SHAPE ? (uint64_t)(network.first.version * VERSION + network.prefix) : words[word];
    return MB_OK;
}

static mb_status is_none(mb_context *cx, const void *argument, mb_string string, mb_value *value,
                         bool *valid)
{
    mb_network network;
    (void)cx, (void)argument, (void)valid;
    value->b = mb_network_parse(string, &network) != MB_NETWORK_READ;
    return MB_OK;
}

// Fails for the first row that is no block.
static mb_status check_rows(mb_context *cx, mb_column *texts)
{
    mb_column *none = NULL;
    mb_status status = mb_text_values(cx, texts, &mb_type_bool, is_none, NULL, &none);
    if (!status)
        status = mb_refuse_row(
            cx, none, texts, "block of addresses, as \"10.0.0.0/8\", with no bits past its prefix");
    mb_column_release(none);
    return status ? mb_fail_within(cx, status, "lookup_network") : MB_OK;
}

typedef struct collecting {
    mb_context *cx;
    int64_t start; // of this rank's rows
    int64_t n;
    mb_numbered_network *networks;
} collecting;

static mb_network network_of(uint64_t high, uint64_t low, uint64_t shape)
{
    mb_network network = {{.version = (uint8_t)(shape / VERSION)}, (int)(shape % VERSION)};
    for (int i = 0; i < 8; i++) {
        network.first.bytes[i] = (uint8_t)(high >> (56 - 8 * i));
        network.first.bytes[8 + i] = (uint8_t)(low >> (56 - 8 * i));
    }
    return network;
}

static mb_status collect(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    collecting *to = state;
    uint64_t wide[WORDS][MB_BLOCK_ROWS];
    const uint64_t *words[WORDS];
    for (int w = 0; w < WORDS; w++)
        words[w] = mb_block_widen(mb_kernels_of(to->cx->isa), &blocks[w], n, wide[w]);
    for (int64_t i = 0; i < n; i++) {
        if (!mb_block_valid(blocks, i)) continue;
        to->networks[to->n++] = (mb_numbered_network){
            network_of(words[HIGH][i], words[LOW][i], words[SHAPE][i]), to->start + first + i + 1};
    }
    return MB_OK;
}

// The blocks of this rank's rows.
static mb_status collect_rows(mb_context *cx, mb_column *texts, collecting *to, mb_buffer **memory)
{
    static const int numbers[WORDS] = {HIGH, LOW, SHAPE};
    mb_column *columns[WORDS] = {NULL};
    mb_status status = check_rows(cx, texts);
    for (int w = 0; w < WORDS && !status; w++)
        status = mb_text_values(cx, texts, &mb_type_uint, measure, &numbers[w], &columns[w]);
    if (!status)
        status = mb_buffer_new_array(cx, mb_column_rows(texts), sizeof *to->networks, memory);
    MB_TRY(mb_step(cx, status, NULL));
    to->networks = (*memory)->data;
    status = mb_step(cx, mb_evaluate(cx, columns, WORDS, collect, to), NULL);
done:
    for (int w = 0; w < WORDS; w++)
        mb_column_release(columns[w]);
    return status;
}

static mb_status open_segments(mb_context *cx, mb_column *texts, mb_segments *segments)
{
    mb_buffer *mine = NULL, *all = NULL;
    collecting to = {.cx = cx, .start = texts->layout->start[mb_rank(cx)]};
    mb_status status;
    MB_TRY(collect_rows(cx, texts, &to, &mine));
    status = mb_buffer_new_array(cx, texts->layout->n_global, sizeof *to.networks, &all);
    MB_TRY(mb_step(cx, status, NULL));
    int64_t n = mb_gather_lists(cx, to.networks, to.n, sizeof *to.networks, all->data);
    MB_TRY(mb_step(cx, mb_segments_open(cx, all->data, n, segments), NULL));
done:
    mb_buffer_release(mine);
    mb_buffer_release(all);
    return status;
}

mb_status mb_ip_lookup(mb_context *cx, mb_column *networks, mb_column *values, mb_column *column,
                       mb_column **result)
{
    mb_segments segments = {0};
    mb_column *positions = NULL;
    mb_status status;
    MB_TRY(open_segments(cx, networks, &segments));
    MB_TRY(mb_ip_find_rows(cx, column, &segments, &positions));
    status = mb_gather(cx, &values, 1, positions, result);
done:
    mb_segments_close(&segments);
    mb_column_release(positions);
    return status;
}
