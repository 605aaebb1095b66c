// The only state of moonbear's that is no runtime's: which runtimes are open, so that one that was
// closed is known without a look into it, and the last refusal of each thread.

#include "bind/guard.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static mb_runtime *open_ones;
static _Thread_local char refusal[MB_MESSAGE_SIZE];

void mb_guard_add(mb_runtime *runtime)
{
    runtime->thread = pthread_self();
    runtime->process = getpid();
    pthread_mutex_lock(&lock);
    runtime->next = open_ones;
    open_ones = runtime;
    pthread_mutex_unlock(&lock);
}

void mb_guard_remove(mb_runtime *runtime)
{
    pthread_mutex_lock(&lock);
    for (mb_runtime **link = &open_ones; *link; link = &(*link)->next) {
        if (*link != runtime) continue;
        *link = runtime->next;
        break;
    }
    pthread_mutex_unlock(&lock);
}

static bool is_open(const mb_runtime *runtime)
{
    pthread_mutex_lock(&lock);
    const mb_runtime *at = open_ones;
    while (at && at != runtime)
        at = at->next;
    pthread_mutex_unlock(&lock);
    return at != NULL;
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
    else if (!is_open(runtime))
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
}

const char *mb_error(const mb_runtime *runtime)
{
    if (*refusal || !runtime || !is_open(runtime)) return refusal;
    if (!pthread_equal(runtime->thread, pthread_self())) return refusal;
    return runtime->error ? runtime->error : "";
}
