// What calls have sent, for tests of the functions that count it.
#pragma once

#include "check.h"
#include "comm/comm.h"

// What has been sent since, but for the largest message.
static inline mb_traffic traffic_since(const mb_context *cx, mb_traffic then)
{
    mb_traffic now = mb_comm_traffic(cx);
    return (mb_traffic){now.bytes - then.bytes, now.messages - then.messages,
                        now.agreements - then.agreements, 0};
}

static inline void traffic_check(mb_traffic sent, int64_t bytes, int64_t messages)
{
    CHECK_INT(sent.bytes, bytes);
    CHECK_INT(sent.messages, messages);
    CHECK_INT(sent.agreements, 0);
}
