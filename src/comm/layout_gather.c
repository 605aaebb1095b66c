#include "comm/layout_gather.h"

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/memory.h"

mb_status mb_gather_layout(mb_context *cx, mb_status status, int64_t rows, mb_layout **layout)
{
    mb_buffer *counts = NULL;
    if (!status) status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof rows, &counts);
    MB_TRY(mb_step(cx, status, NULL));
    mb_gather_all(cx, &rows, sizeof rows, counts->data);
    status = mb_layout_counts(cx, counts->data, layout);
done:
    mb_buffer_release(counts);
    return status;
}
