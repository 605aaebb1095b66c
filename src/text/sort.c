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

typedef struct sorting {
    mb_context *cx;
    mb_shuffle shuffle, byte_shuffle;
    mb_buffer *samples;         // this rank's, and those of all
    mb_buffer *ordered;         // this rank's strings, by their owners
    mb_buffer *lengths, *bytes; // of these,
    mb_shuffle_plane received;  // and of the strings that came: lengths,
    mb_buffer *received_bytes;  // bytes,
    mb_buffer *came, *codes;    // themselves, and their codes
    mb_buffer *replies;         // codes of this rank's strings, by their owners
    mb_buffer *list;            // the different strings of this rank's part of the order
    int64_t n, before;          // so many; and those that lower ranks have
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
    mb_buffer *buffers[] = {all->samples,        all->ordered, all->lengths, all->bytes,
                            all->received.rows,  all->came,    all->codes,   all->replies,
                            all->received_bytes, all->list};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        mb_buffer_release(buffers[i]);
    mb_shuffle_close(&all->shuffle);
    mb_shuffle_close(&all->byte_shuffle);
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
        all->shuffle.owners[i] = (uint32_t)low;
    }
    mb_shuffle_route(&all->shuffle);
}

// This rank's strings by their owners, one after another.
static mb_status pack(sorting *all, const mb_string *strings, int64_t n)
{
    mb_context *cx = all->cx;
    int64_t *by_row = all->received.rows->data;
    for (int64_t i = 0; i < n; i++)
        by_row[i] = (int64_t)strings[i].length;
    mb_shuffle_arrange(&all->shuffle, strings, sizeof *strings, all->ordered->data);
    mb_status status = mb_buffer_new(cx, (size_t)mb_string_bytes(strings, n), &all->bytes);
    if (status) return status;
    mb_string_pack(all->ordered->data, n, all->lengths->data, all->bytes->data);
    return MB_OK;
}

// Strings go to their owners, and are listed there.
static mb_status deliver(sorting *all, mb_status status)
{
    mb_context *cx = all->cx;
    status = mb_shuffle_deliver(&all->shuffle, status, &all->received, 1);
    if (status) return status;
    int64_t n = all->shuffle.n_received;
    const int64_t *lengths = all->received.rows->data;
    mb_shuffle_lengths(&all->shuffle, all->lengths->data, lengths, &all->byte_shuffle);
    status = mb_buffer_new(cx, (size_t)all->byte_shuffle.n_received, &all->received_bytes);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(mb_string), &all->came);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(mb_string), &all->list);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &all->codes);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    mb_shuffle_send(&all->byte_shuffle, all->bytes->data, 1, all->received_bytes->data);
    mb_string_unpack(lengths, all->received_bytes->data, n, all->came->data);
    return MB_OK;
}

static mb_status open_exchange(sorting *all, int64_t n)
{
    mb_context *cx = all->cx;
    int64_t records = SAMPLES * (mb_nranks(cx) + 1);
    all->received.width = sizeof(int64_t);
    mb_status status = mb_buffer_new_array(cx, records, sizeof(sample), &all->samples);
    if (!status) status = mb_shuffle_open(cx, n, &all->shuffle);
    if (!status) status = mb_shuffle_open(cx, 0, &all->byte_shuffle);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(mb_string), &all->ordered);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(int64_t), &all->lengths);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(int64_t), &all->received.rows);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &all->replies);
    return status;
}

// Each rank sorts its part of the order, and answers with codes.
static mb_status sort_parts(sorting *all, const mb_string *strings, int64_t n, uint64_t *codes)
{
    mb_context *cx = all->cx;
    mb_buffer *splitters = NULL;
    mb_status status = open_exchange(all, n);
    if (!status) status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(mb_string), &splitters);
    MB_TRY(mb_step(cx, status, NULL));
    choose_splitters(all, strings, n, splitters->data);
    find_owners(all, strings, n, splitters->data);
    MB_TRY(deliver(all, pack(all, strings, n)));
    uint64_t *answers = all->codes->data;
    MB_TRY(mb_step(cx,
                   mb_string_sort(cx, all->came->data, all->shuffle.n_received, answers,
                                  all->list->data, &all->n),
                   NULL));
    mb_sum_before(cx, &all->n, 1, &all->before);
    for (int64_t i = 0; i < all->shuffle.n_received; i++)
        answers[i] += (uint64_t)all->before;
    mb_shuffle_reply(&all->shuffle, answers, sizeof *answers, all->replies->data);
    mb_shuffle_restore(&all->shuffle, all->replies->data, sizeof *codes, codes);
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
static mb_status replicate(sorting *all, const mb_type *model, int64_t n, int64_t nbytes,
                           mb_dictionary **dictionary)
{
    mb_context *cx = all->cx;
    const mb_string *mine = all->list->data;
    int64_t own = mb_string_bytes(mine, all->n);
    mb_buffer *lengths = NULL, *bytes = NULL, *list = NULL;
    mb_status status = mb_buffer_new_array(cx, all->n + n, sizeof(int64_t), &lengths);
    if (!status) status = mb_buffer_new(cx, (size_t)(own + nbytes), &bytes);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(mb_string), &list);
    MB_TRY(mb_step(cx, status, NULL));
    int64_t *length = lengths->data;
    char *to = (char *)bytes->data + own;
    mb_string_pack(mine, all->n, length, bytes->data);
    mb_gather_lists(cx, length, all->n, sizeof *length, length + all->n);
    mb_gather_lists(cx, bytes->data, own, 1, to);
    mb_string_unpack(length + all->n, to, n, list->data);
    status = mb_dictionary_new(cx, model, list->data, n, dictionary);
done:
    mb_buffer_release(lengths);
    mb_buffer_release(bytes);
    mb_buffer_release(list);
    return status;
}

mb_status mb_text_sort(mb_context *cx, mb_status status, const mb_type *model,
                       const mb_string *strings, int64_t n, int64_t rows, mb_text_storage storage,
                       uint64_t *codes, mb_dictionary **dictionary)
{
    sorting all = {.cx = cx};
    int64_t size[2], sizes[2];
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_nranks(cx) > 1 ? sort_parts(&all, strings, n, codes)
                             : sort_alone(&all, strings, n, codes));
    size[0] = all.n;
    size[1] = mb_string_bytes(all.list->data, all.n);
    mb_sum_all(cx, size, 2, sizes);
    if (storage == MB_TEXT_REPLICATED) MB_TRY(mb_dictionary_room(cx, sizes[0], (uint64_t)sizes[1]));
    if (storage == MB_TEXT_REPLICATED ||
        (storage == MB_TEXT_CHOOSE && replicates(sizes[0], sizes[1], rows)))
        status = replicate(&all, model, sizes[0], sizes[1], dictionary);
    else
        status = mb_dictionary_new_spread(cx, model, all.list->data, all.n, all.before, sizes[0],
                                          true, dictionary);
    status = mb_step(cx, status, NULL);
done:
    close_sorting(&all);
    return status;
}
