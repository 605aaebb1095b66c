#include "io/records/kept.h"

#include <string.h>

void mb_record_keep(mb_record_kept *kept, int64_t file, mb_record_place place, const char *text,
                    int64_t n, mb_input *input)
{
    mb_record_kept_close(kept);
    if (mb_buffer_new(input->cx, (size_t)n + 1, &kept->text)) return;
    memcpy(kept->text->data, text, (size_t)n);
    kept->n = n;
    kept->file = file;
    kept->place = place;
    kept->input = *input;
    *input = (mb_input){.fd = -1};
}

bool mb_record_has_kept(const mb_record_kept *kept, int64_t file, mb_record_place place)
{
    return kept && kept->input.source && kept->file == file && kept->place.at == place.at &&
           kept->place.behind == place.behind;
}

void mb_record_resume(mb_record_kept *kept, const char *path, int64_t last, mb_input *input)
{
    *input = kept->input;
    kept->input = (mb_input){.fd = -1};
    input->path = path;
    input->at -= input->stretch_at;
    input->stretch_at = 0;
    input->first = input->stretch;
    input->last = last;
    input->limit = input->limit_stretch = INT64_MAX;
    input->limit_sum = (mb_text_sum){0};
}

void mb_record_kept_close(mb_record_kept *kept)
{
    mb_input_close(&kept->input);
    mb_buffer_release(kept->text);
    *kept = (mb_record_kept){.input = {.fd = -1}};
}
