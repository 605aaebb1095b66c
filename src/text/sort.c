#include "text/sort.h"

#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "text/exchange.h"
#include "text/gather.h"
#include "text/string_sort.h"

enum {
    FEW = 1 << 16, // strings that are always replicated, if there is room
    ROWS_EACH = 4, // of a string that is replicated
    SAMPLES = 64,  // of each rank
    SAMPLED = 120, // bytes of a string
};

// The first bytes of a string.
typedef struct sample {
    uint64_t length;
    char bytes[SAMPLED];
} sample;

typedef struct sorting {
    mb_context *cx;
    mb_string_exchange exchange; // with the owners of strings' parts of the order, which sort them
    mb_buffer *samples;          // this rank's, and those of all
    mb_buffer *list;             // the different strings of this rank's part of the order
    int64_t n, before;           // so many; and those that lower ranks have
} sorting;

// Whether n different strings of so many bytes, of a column of so many rows, are few enough for
// every rank to have them.
static bool replicates(int64_t n, int64_t nbytes, int64_t rows)
{
    bool room = n <= MB_DICTIONARY_ENTRIES && nbytes <= MB_DICTIONARY_BYTES;
    return room && (n <= FEW || n <= rows / ROWS_EACH);
}

static void close_sorting(sorting *all)
{
    mb_string_exchange_close(&all->exchange);
    mb_buffer_release(all->samples);
    mb_buffer_release(all->list);
}

// --- Strings go to the ranks that own their part of the order.

static sample take_sample(mb_string string)
{
    sample made = {.length = string.length < SAMPLED ? string.length : SAMPLED};
    if (made.length) memcpy(made.bytes, string.bytes, made.length);
    return made;
}

static mb_string string_of(const sample *from)
{
    return (mb_string){from->bytes, from->length};
}

static int compare_samples(const void *a, const void *b)
{
    return mb_string_compare(string_of(a), string_of(b));
}

// Chooses splitters from a sample of all ranks; the rank of a string is how many are not above it.
static void choose_splitters(sorting *all, const mb_string *strings, int64_t n,
                             mb_string *splitters)
{
    int nranks = mb_nranks(all->cx);
    sample *mine = all->samples->data, *samples = mine + SAMPLES;
    int64_t from = n < SAMPLES ? n : SAMPLES;
    for (int64_t i = 0; i < from; i++)
        mine[i] = take_sample(strings[n * i / from]);
    int64_t nsamples = mb_gather_lists(all->cx, mine, from, sizeof *mine, samples);
    if (nsamples) qsort(samples, (size_t)nsamples, sizeof *samples, compare_samples);
    for (int rank = 1; rank < nranks; rank++)
        splitters[rank - 1] =
            nsamples ? string_of(&samples[nsamples * rank / nranks]) : (mb_string){NULL, 0};
}

static void find_owners(sorting *all, const mb_string *strings, int64_t n,
                        const mb_string *splitters)
{
    int nranks = mb_nranks(all->cx);
    for (int64_t i = 0; i < n; i++) {
        int low = 0, high = nranks - 1;
        while (low < high) {
            int middle = low + (high - low) / 2;
            if (mb_string_compare(splitters[middle], strings[i]) <= 0)
                low = middle + 1;
            else
                high = middle;
        }
        all->exchange.shuffle.owners[i] = (uint32_t)low;
    }
}

// Each rank sorts its part of the order, and answers with codes.
static mb_status sort_parts(sorting *all, const mb_string *strings, int64_t n, uint64_t *codes)
{
    mb_context *cx = all->cx;
    mb_string_exchange *exchange = &all->exchange;
    mb_buffer *splitters = NULL;
    int64_t records = SAMPLES * (mb_nranks(cx) + 1);
    mb_status status = mb_buffer_new_array(cx, records, sizeof(sample), &all->samples);
    if (!status) status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(mb_string), &splitters);
    if (!status) status = mb_string_exchange_open(cx, n, exchange);
    MB_TRY(mb_step(cx, status, NULL));
    choose_splitters(all, strings, n, splitters->data);
    find_owners(all, strings, n, splitters->data);
    MB_TRY(mb_string_exchange_send(exchange, strings));
    int64_t came = exchange->shuffle.n_received;
    uint64_t *answers = exchange->answers->data;
    status = mb_buffer_new_array(cx, came, sizeof(mb_string), &all->list);
    if (!status)
        status = mb_string_sort(cx, exchange->came->data, came, answers, all->list->data, &all->n);
    MB_TRY(mb_step(cx, status, NULL));
    mb_sum_before(cx, &all->n, 1, &all->before);
    for (int64_t i = 0; i < came; i++)
        answers[i] += (uint64_t)all->before;
    mb_string_exchange_reply(exchange, codes);
done:
    mb_buffer_release(splitters);
    return status;
}

// What one rank sorts by itself.
static mb_status sort_alone(sorting *all, const mb_string *strings, int64_t n, uint64_t *codes)
{
    mb_status status = mb_buffer_new_array(all->cx, n, sizeof(mb_string), &all->list);
    if (!status) status = mb_string_sort(all->cx, strings, n, codes, all->list->data, &all->n);
    return mb_step(all->cx, status, NULL);
}

// --- The dictionary.

// That of all ranks' lists, which are in order.
static mb_status replicate(sorting *all, const mb_type *model, mb_dictionary **dictionary)
{
    mb_context *cx = all->cx;
    mb_string_list list;
    mb_status status = mb_text_gather(cx, MB_OK, all->list->data, all->n, &list);
    if (!status) status = mb_dictionary_new(cx, model, list.strings->data, list.n, dictionary);
    mb_string_list_release(&list);
    return status;
}

mb_status mb_text_sort(mb_context *cx, mb_status status, mb_text_wanted wanted,
                       const mb_string *strings, int64_t n, uint64_t *codes,
                       mb_dictionary **dictionary)
{
    sorting all = {.cx = cx};
    int64_t size[2], sizes[2];
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_nranks(cx) > 1 ? sort_parts(&all, strings, n, codes)
                             : sort_alone(&all, strings, n, codes));
    size[0] = all.n;
    size[1] = mb_string_bytes(all.list->data, all.n);
    mb_sum_all(cx, size, 2, sizes);
    if (wanted.storage == MB_TEXT_REPLICATED)
        MB_TRY(mb_dictionary_room(cx, sizes[0], (uint64_t)sizes[1]));
    if (wanted.storage == MB_TEXT_REPLICATED ||
        (wanted.storage != MB_TEXT_SPREAD && replicates(sizes[0], sizes[1], wanted.rows)))
        status = replicate(&all, wanted.model, dictionary);
    else
        status = mb_dictionary_new_spread(cx, wanted.model, all.list->data, all.n, all.before,
                                          sizes[0], true, dictionary);
    status = mb_step(cx, status, NULL);
done:
    close_sorting(&all);
    return status;
}
