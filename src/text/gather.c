#include "text/gather.h"

#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"

// Memory of an exchange, beside the list.
typedef struct gathering {
    mb_buffer *mine, *lengths, *spans; // this rank's bytes; its lengths, and those of all
    int64_t sizes[2], sums[2];         // strings, and their bytes: of this rank, and of all
} gathering;

void mb_string_list_release(mb_string_list *list)
{
    mb_buffer_release(list->strings);
    mb_buffer_release(list->bytes);
    *list = (mb_string_list){0};
}

// Every rank gets the rows of all; they are sent as rows are, since MPICH's own gathering passes
// long messages on in small pieces, one at a time.
static void send_to_all(mb_context *cx, const gathering *own, int which, size_t width,
                        const void *mine, void *all)
{
    int nranks = mb_nranks(cx);
    int64_t *sizes = own->spans->data, *first = sizes + nranks, *end = first + nranks;
    int64_t *from = end + nranks, *to = from + nranks, sum = 0;
    mb_gather_all(cx, &own->sizes[which], sizeof *sizes, sizes);
    for (int rank = 0; rank < nranks; rank++) {
        first[rank] = sum;
        end[rank] = sum += sizes[rank];
        from[rank] = 0;
        to[rank] = own->sums[which];
    }
    mb_shuffle_spans(cx, mine, (mb_spans){first, end}, all, (mb_spans){from, to}, width);
}

static mb_status exchange(mb_context *cx, const mb_string *strings, gathering *own,
                          mb_string_list *all)
{
    int64_t n = own->sizes[0];
    mb_status status = mb_buffer_new_array(cx, n + own->sums[0], sizeof(int64_t), &own->lengths);
    if (!status) status = mb_buffer_new_array(cx, mb_nranks(cx), 5 * sizeof(int64_t), &own->spans);
    if (!status) status = mb_buffer_new(cx, (size_t)own->sizes[1], &own->mine);
    if (!status) status = mb_buffer_new(cx, (size_t)own->sums[1], &all->bytes);
    if (!status) status = mb_buffer_new_array(cx, own->sums[0], sizeof *strings, &all->strings);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    int64_t *lengths = own->lengths->data;
    mb_string_pack(strings, n, lengths, own->mine->data);
    send_to_all(cx, own, 0, sizeof *lengths, lengths, lengths + n);
    send_to_all(cx, own, 1, 1, own->mine->data, all->bytes->data);
    mb_string_unpack(lengths + n, all->bytes->data, all->n, all->strings->data);
    return MB_OK;
}

static mb_status copy(mb_context *cx, const mb_string *strings, mb_string_list *all)
{
    mb_status status = mb_buffer_new_array(cx, all->n, sizeof *strings, &all->strings);
    if (!status && all->n) memcpy(all->strings->data, strings, (size_t)all->n * sizeof *strings);
    return mb_step(cx, status, NULL);
}

mb_status mb_text_gather(mb_context *cx, mb_status status, const mb_string *strings, int64_t n,
                         mb_string_list *all)
{
    gathering own = {.sizes = {n, status ? 0 : mb_string_bytes(strings, n)}};
    *all = (mb_string_list){0};
    MB_TRY(mb_step(cx, status, NULL));
    mb_sum_all(cx, own.sizes, 2, own.sums);
    mb_sum_before(cx, own.sizes, 1, &all->before);
    all->n = own.sums[0];
    status = mb_nranks(cx) > 1 ? exchange(cx, strings, &own, all) : copy(cx, strings, all);
done:
    mb_buffer_release(own.mine);
    mb_buffer_release(own.lengths);
    mb_buffer_release(own.spans);
    return status;
}
