#include "text/sort.h"

#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
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

// Different strings in order: first this rank's own, then those of its part of the order.
typedef struct sorting {
    mb_context *cx;
    mb_buffer *list; // mb_string
    int64_t n;
    mb_buffer *samples; // this rank's, and those of all
    mb_shuffle shuffle, byte_shuffle;
    mb_buffer *lengths;         // of the strings that are sent; then of those received
    mb_buffer *sent, *received; // their bytes
    mb_buffer *codes;           // of the strings received, in their list; then in that of all
    mb_buffer *replies;
    int64_t before; // strings that lower ranks have
} sorting;

bool mb_text_replicates(int64_t n, int64_t nbytes, int64_t rows)
{
    bool room = n <= MB_DICTIONARY_ENTRIES && nbytes <= MB_DICTIONARY_BYTES;
    return room && (n <= FEW || n <= rows / ROWS_EACH);
}

static void close_sorting(sorting *all)
{
    mb_buffer_release(all->list);
    mb_buffer_release(all->samples);
    mb_shuffle_close(&all->shuffle);
    mb_shuffle_close(&all->byte_shuffle);
    mb_buffer_release(all->lengths);
    mb_buffer_release(all->sent);
    mb_buffer_release(all->received);
    mb_buffer_release(all->codes);
    mb_buffer_release(all->replies);
}

static int64_t bytes_of(const mb_string *strings, int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (int64_t)strings[i].length;
    return sum;
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

// Counts the strings for each rank: those that are not below one splitter, and below the next.
static void count_parts(sorting *all)
{
    int nranks = mb_nranks(all->cx);
    const mb_string *strings = all->list->data;
    sample *mine = all->samples->data, *samples = mine + SAMPLES;
    int64_t from = all->n < SAMPLES ? all->n : SAMPLES, nsamples, end = 0;
    for (int64_t i = 0; i < from; i++)
        mine[i] = take_sample(strings[all->n * i / from]);
    nsamples = mb_gather_lists(all->cx, mine, from, sizeof *mine, samples);
    if (nsamples) qsort(samples, (size_t)nsamples, sizeof *samples, compare_samples);
    for (int rank = 0; rank < nranks; rank++) {
        int64_t begin = end, high = all->n;
        mb_string next = {NULL, 0};
        if (rank + 1 < nranks && nsamples)
            next = string_of(&samples[nsamples * (rank + 1) / nranks]);
        else
            end = all->n;
        while (end < high) {
            int64_t middle = end + (high - end) / 2;
            if (mb_string_compare(strings[middle], next) < 0)
                end = middle + 1;
            else
                high = middle;
        }
        all->shuffle.sent.counts[rank] = end - begin;
    }
}

// The lengths and bytes of the strings that are sent.
static mb_status pack(sorting *all)
{
    const mb_string *strings = all->list->data;
    mb_context *cx = all->cx;
    mb_status status = mb_buffer_new_array(cx, all->n, sizeof(int64_t), &all->lengths);
    if (!status) status = mb_buffer_new(cx, (size_t)bytes_of(strings, all->n), &all->sent);
    if (!status) status = mb_buffer_new_array(cx, all->n, sizeof(uint64_t), &all->replies);
    if (status) return status;
    int64_t *lengths = all->lengths->data;
    char *bytes = all->sent->data;
    for (int64_t i = 0; i < all->n; i++) {
        lengths[i] = (int64_t)strings[i].length;
        if (lengths[i]) memcpy(bytes, strings[i].bytes, strings[i].length);
        bytes += lengths[i];
    }
    return MB_OK;
}

// Sends strings to their owners; `list` has what came.
static mb_status deliver(sorting *all)
{
    mb_context *cx = all->cx;
    mb_shuffle_plane plane = {.width = sizeof(int64_t)};
    mb_buffer *lengths = NULL; // of those that are sent
    mb_status status = pack(all);
    if (!status) lengths = mb_buffer_retain(all->lengths);
    plane.rows = all->lengths;
    status = mb_shuffle_deliver(&all->shuffle, status, &plane, 1);
    all->lengths = plane.rows;
    if (!status) {
        mb_shuffle_lengths(&all->shuffle, lengths->data, all->lengths->data, &all->byte_shuffle);
        status = mb_buffer_new(cx, (size_t)all->byte_shuffle.n_received, &all->received);
    }
    mb_buffer_release(lengths);
    MB_TRY(mb_step(cx, status, NULL));
    mb_shuffle_send(&all->byte_shuffle, all->sent->data, 1, all->received->data);
    mb_buffer_release(all->list);
    all->list = NULL;
    status = mb_buffer_new_array(cx, 2 * all->shuffle.n_received, sizeof(mb_string), &all->list);
done:
    return status;
}

// Sorts what came; `list` has the different strings.
static mb_status sort_received(sorting *all)
{
    mb_context *cx = all->cx;
    int64_t n = all->shuffle.n_received;
    const int64_t *lengths = all->lengths->data;
    const char *bytes = all->received->data;
    mb_string *distinct = all->list->data, *came = distinct + n;
    for (int64_t i = 0; i < n; bytes += lengths[i++])
        came[i] = (mb_string){bytes, (size_t)lengths[i]};
    mb_status status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &all->codes);
    return status ? status : mb_string_sort(cx, came, n, all->codes->data, distinct, &all->n);
}

// Answers with the codes of the strings that came; `codes` are those of this rank's among its own.
static void answer(sorting *all, uint64_t *codes, int64_t n)
{
    uint64_t *answers = all->codes->data;
    const uint64_t *replies = all->replies->data;
    for (int64_t i = 0; i < all->shuffle.n_received; i++)
        answers[i] += (uint64_t)all->before;
    mb_shuffle_reply(&all->shuffle, answers, sizeof *answers, all->replies->data);
    for (int64_t i = 0; i < n; i++)
        codes[i] = replies[codes[i]];
}

static mb_status exchange(sorting *all, uint64_t *codes, int64_t n)
{
    mb_context *cx = all->cx;
    mb_status status =
        mb_buffer_new_array(cx, SAMPLES * (mb_nranks(cx) + 1), sizeof(sample), &all->samples);
    if (!status) status = mb_shuffle_open(cx, 0, &all->shuffle);
    if (!status) status = mb_shuffle_open(cx, 0, &all->byte_shuffle);
    MB_TRY(mb_step(cx, status, NULL));
    count_parts(all);
    mb_shuffle_route(&all->shuffle);
    MB_TRY(deliver(all));
    MB_TRY(mb_step(cx, sort_received(all), NULL));
    mb_sum_before(cx, &all->n, 1, &all->before);
    answer(all, codes, n);
done:
    return status;
}

// --- The dictionary.

// That of all ranks' lists, which are in order.
static mb_status replicate(sorting *all, int64_t n, int64_t nbytes, mb_dictionary **dictionary)
{
    mb_context *cx = all->cx;
    mb_string *mine = all->list->data;
    int64_t own = bytes_of(mine, all->n);
    mb_buffer *lengths = NULL, *bytes = NULL, *list = NULL;
    mb_status status = mb_buffer_new_array(cx, all->n + n, sizeof(int64_t), &lengths);
    if (!status) status = mb_buffer_new(cx, (size_t)(own + nbytes), &bytes);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(mb_string), &list);
    MB_TRY(mb_step(cx, status, NULL));
    int64_t *length = lengths->data;
    char *from = bytes->data, *to = from + own;
    for (int64_t i = 0; i < all->n; i++) {
        length[i] = (int64_t)mine[i].length;
        if (length[i]) memcpy(from, mine[i].bytes, mine[i].length);
        from += length[i];
    }
    mb_gather_lists(cx, length, all->n, sizeof *length, length + all->n);
    mb_gather_lists(cx, bytes->data, own, 1, to);
    mb_string *strings = list->data;
    for (int64_t i = 0; i < n; to += strings[i++].length)
        strings[i] = (mb_string){to, (size_t)length[all->n + i]};
    status = mb_dictionary_new(cx, strings, n, dictionary);
done:
    mb_buffer_release(lengths);
    mb_buffer_release(bytes);
    mb_buffer_release(list);
    return status;
}

mb_status mb_text_sort(mb_context *cx, mb_status status, const mb_string *strings, int64_t n,
                       int64_t rows, mb_text_storage storage, uint64_t *codes,
                       mb_dictionary **dictionary)
{
    sorting all = {.cx = cx};
    int64_t size[2], sizes[2];
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(mb_string), &all.list);
    if (!status) status = mb_string_sort(cx, strings, n, codes, all.list->data, &all.n);
    MB_TRY(mb_step(cx, status, NULL));
    if (mb_nranks(cx) > 1) MB_TRY(exchange(&all, codes, n));
    size[0] = all.n;
    size[1] = bytes_of(all.list->data, all.n);
    mb_sum_all(cx, size, 2, sizes);
    if (storage == MB_TEXT_REPLICATED) MB_TRY(mb_dictionary_room(cx, sizes[0], (uint64_t)sizes[1]));
    if (storage == MB_TEXT_REPLICATED ||
        (storage == MB_TEXT_CHOOSE && mb_text_replicates(sizes[0], sizes[1], rows)))
        status = replicate(&all, sizes[0], sizes[1], dictionary);
    else
        status = mb_dictionary_new_spread(cx, all.list->data, all.n, all.before, sizes[0], true,
                                          dictionary);
    status = mb_step(cx, status, NULL);
done:
    close_sorting(&all);
    return status;
}
