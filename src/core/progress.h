// How far a long operation is: told on rank 0, to whoever wants to know, and by what rank 0 itself
// has done, so that it costs no message.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/context.h"

// An operation of `rows` rows on all ranks (-1: unknown) begins, which is so many steps of this
// rank; `what` is a word, as "reading". One inside another is part of that. Not collective.
void mb_progress_begin(mb_context *cx, const char *what, int64_t rows, int64_t steps);

// So many steps more are done, and so many bytes with them. Not collective.
void mb_progress_add(mb_context *cx, int64_t steps, int64_t bytes);

// It has ended. Not collective.
void mb_progress_end(mb_context *cx);

// The same of an operation whose memory may be on the disk: it is told of when it is, since in
// memory it is short. Not collective.
void mb_progress_spill_begin(mb_context *cx, const char *what, int64_t rows, int64_t steps);
void mb_progress_spill_add(mb_context *cx, int64_t steps, int64_t bytes);
void mb_progress_spill_end(mb_context *cx);

// All have ended, whatever began: after an error. Not collective.
void mb_progress_reset(mb_context *cx);
