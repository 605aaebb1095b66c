// The only state of moonbear's that is no runtime's: which runtimes are open, so that one that was
// closed is known without a look into it, and the last refusal of each thread.
//
// Slots of open runtimes are used again but never freed, and are read without a lock: a signal
// handler may look at them at any time.

#include "bind/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct slot {
    mb_runtime *_Atomic runtime; // NULL: free
    struct slot *next;
} slot;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static slot *_Atomic slots;
static _Thread_local char refusal[MB_MESSAGE_SIZE];

static slot *find(const mb_runtime *runtime)
{
    slot *at = slots;
    while (at && at->runtime != runtime)
        at = at->next;
    return at;
}

bool mb_guard_add(mb_runtime *runtime)
{
    runtime->thread = pthread_self();
    runtime->process = getpid();
    pthread_mutex_lock(&lock);
    slot *at = find(NULL);
    if (!at && (at = calloc(1, sizeof *at))) {
        at->next = slots;
        slots = at;
    }
    if (at) at->runtime = runtime;
    pthread_mutex_unlock(&lock);
    return at != NULL;
}

void mb_guard_remove(const mb_runtime *runtime)
{
    slot *at = find(runtime);
    if (at) at->runtime = NULL;
}

bool mb_guard_is_open(const mb_runtime *runtime)
{
    return runtime && find(runtime);
}

bool mb_guard_has(const mb_runtime *runtime)
{
    return mb_guard_is_open(runtime) && runtime->process == getpid();
}

void mb_guard_tell(const char *message)
{
    snprintf(refusal, sizeof refusal, "%s", message);
}

bool mb_guard_enter(mb_runtime *runtime, const char *function)
{
    const char *why = NULL, *within = "", *end = "";
    if (!runtime)
        why = "the runtime is NULL";
    else if (!mb_guard_is_open(runtime))
        why = "the runtime is not open (any more)";
    else if (runtime->process != getpid())
        why =
            "the runtime is that of the process that has forked this one, which alone may call it";
    else if (!pthread_equal(runtime->thread, pthread_self()))
        why = "the runtime was opened by another thread, which alone may call it";
    else if ((why = runtime->calling)) {
        within = "called within ";
        end = ", which has not returned";
    }
    if (why) {
        snprintf(refusal, sizeof refusal, "%s: %s%s%s", function, within, why, end);
        return false;
    }
    runtime->calling = function;
    refusal[0] = '\0';
    return true;
}

void mb_guard_leave(mb_runtime *runtime)
{
    runtime->calling = NULL;
    refusal[0] = '\0';
}

const char *mb_error(const mb_runtime *runtime)
{
    if (*refusal || !mb_guard_is_open(runtime)) return refusal;
    if (!pthread_equal(runtime->thread, pthread_self())) return refusal;
    return runtime->error ? runtime->error : "";
}
