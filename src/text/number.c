#include "text/number.h"

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "text/exchange.h"
#include "text/string_index.h"

// By lower bits of hashes: the highest ones say where strings are in the index of their owner.
static void find_owners(mb_string_exchange *exchange, const mb_string *strings)
{
    uint64_t hashes[MB_STRING_BATCH], nranks = (uint64_t)mb_nranks(exchange->cx);
    uint32_t *owners = exchange->shuffle.owners;
    for (int64_t first = 0; first < exchange->n; first += MB_STRING_BATCH) {
        int64_t left = exchange->n - first, n = left < MB_STRING_BATCH ? left : MB_STRING_BATCH;
        mb_string_hashes(exchange->cx->hash_multiplier, strings + first, n, hashes);
        for (int64_t i = 0; i < n; i++)
            owners[first + i] = (uint32_t)((hashes[i] & UINT32_MAX) * nranks >> 32);
    }
}

mb_status mb_text_number(mb_context *cx, mb_status status, const mb_string *strings, int64_t n,
                         uint64_t *numbers)
{
    mb_string_exchange exchange = {0};
    int64_t came, before;
    if (mb_nranks(cx) == 1)
        return mb_step(cx, status ? status : mb_string_firsts(cx, strings, n, numbers), NULL);
    if (!status) status = mb_string_exchange_open(cx, n, &exchange);
    MB_TRY(mb_step(cx, status, NULL));
    find_owners(&exchange, strings);
    MB_TRY(mb_string_exchange_send(&exchange, strings));
    came = exchange.shuffle.n_received;
    uint64_t *answers = exchange.answers->data;
    MB_TRY(mb_step(cx, mb_string_firsts(cx, exchange.came->data, came, answers), NULL));
    mb_sum_before(cx, &came, 1, &before);
    for (int64_t i = 0; i < came; i++)
        answers[i] += (uint64_t)before;
    mb_string_exchange_reply(&exchange, numbers);
done:
    mb_string_exchange_close(&exchange);
    return status;
}
