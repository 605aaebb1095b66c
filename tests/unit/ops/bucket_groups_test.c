// The groups of a bucket.
#include "check.h"
#include "ops/group/bucket_groups.h"

// Slots that are in use are there, in buckets of any size.
static void slots(mb_context *cx)
{
    for (int64_t rows = 1; rows <= 4 * MB_BUCKET_GROUPS; rows *= 2) {
        mb_bucket_groups groups;
        CHECK_OK(cx, mb_bucket_groups_open(cx, rows, &groups));
        CHECK(groups.bits <= groups.table.room_bits);
        CHECK(groups.most * MB_HASH_LOAD <= INT64_C(1) << groups.table.room_bits);
        mb_bucket_groups_close(&groups);
    }
}

const check_test check_tests[] = {
    {"groups of a bucket: slots", slots},
    {0},
};
