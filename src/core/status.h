// Status codes and the message that goes with a failure.
//
// A fallible function returns a status and leaves its outputs untouched when it fails; the
// message stands in the context until the next failure. The engine never prints and never exits.
#pragma once

#include <stdint.h>

#define MB_MUST_CHECK          __attribute__((warn_unused_result))
#define MB_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))

typedef enum mb_status {
    MB_OK = 0,
    MB_EINVALID,   // an argument is not what the operation takes
    MB_EMEMORY,    // the budget or the machine has no more memory; worth a retry after a collection
    MB_EIO,        // a file, or the data in it
    MB_EOVERFLOW,  // a result does not fit its type
    MB_ELOCKSTEP,  // the ranks called different operations
    MB_EINTERRUPT, // the user asked for the end of the operation
    MB_EINTERNAL,  // a fault of moonbear's own
} mb_status;

// The size of the message of a failure, its terminating NUL included.
enum { MB_MESSAGE_SIZE = 2048 };

// The ending of the noun behind a number in a message, as in "%lld row%s".
static inline const char *mb_plural(int64_t n)
{
    return n == 1 || n == -1 ? "" : "s";
}
