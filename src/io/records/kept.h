// The text of a compressed file at the place where a reading has stopped.
//
// Reading may begin with a stretch only (io/packed/source.h), and a file may be one: who goes on
// within it would decompress all before the place once more. So the decompressor is kept, with what
// it has given from the place on. It is a short cut: where it does not fit, the file is opened.
#pragma once

#include "io/records/input.h"

struct mb_record_kept {
    mb_input input; // without a source: nothing is kept
    int64_t file;   // its number among those that are read
    mb_record_place place;
    mb_buffer *text; // from there on
    int64_t n;
};

// Keeps an input that was read up to n bytes of text behind a place in the stretch that was read
// last; takes it over where there is memory. Not collective, like all that follows.
void mb_record_keep(mb_record_kept *kept, int64_t file, mb_record_place place, const char *text,
                    int64_t n, mb_input *input);

// Whether there is what begins at this place.
bool mb_record_has_kept(const mb_record_kept *kept, int64_t file, mb_record_place place);

// Hands the input over, whose places are from now on those behind the stretch; `last` as
// mb_input_open has it. The text stays until another is kept.
void mb_record_resume(mb_record_kept *kept, const char *path, int64_t last, mb_input *input);

void mb_record_kept_close(mb_record_kept *kept);
