// What there is to read: the header, and what a sample of the records looks like.

#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "io/records/input.h"
#include "io/records/start.h"

enum { PLACES = 32, PLACE_BYTES = 1 << 14, PLACE_LONGEST = 1 << 20 };

// What a sample tells.
typedef struct sample {
    mb_context *cx;
    const mb_records *records;
    const mb_record_files *files;
    mb_survey *survey;
    mb_buffer *text, *lists, *arena;
    uint32_t *looks; // of each field
    bool values_follow;
} sample;

// Whether names are all there, and each once; -1: the first record has a value, so it is no header.
static int are_names(const mb_survey *survey, mb_number_marks marks)
{
    int good = 1;
    int64_t named = 0;
    const char *name = mb_strings_first(&survey->names);
    for (int64_t i = 0; i < survey->names.count; i++, name = mb_strings_next(name)) {
        const mb_string string = {name, strlen(name)};
        if (!string.length) good = 0;
        if (!string.length) continue;
        named++;
        if (mb_look_at(string, marks) != MB_LOOKS_TEXT) return -1;
        const char *other = mb_strings_first(&survey->names);
        for (int64_t j = 0; j < i; j++, other = mb_strings_next(other))
            if (strcmp(name, other) == 0) good = 0;
    }
    return named ? good : -1;
}

static bool looks_like_header(const mb_survey *survey, mb_number_marks marks, bool values_follow)
{
    const int names = are_names(survey, marks);
    return names > 0 || (names == 0 && values_follow);
}

// Takes the fields of the first record for names.
static mb_status read_names(sample *s, const mb_batch *batch, const char *path)
{
    mb_record_arena arena = {.bytes = s->arena->data};
    s->survey->fields = batch->fields[0];
    for (int64_t i = 0; i < s->survey->fields; i++) {
        mb_string field;
        mb_field_state how = mb_record_field(&s->records->form, batch, 0, i, &arena, &field, NULL);
        if (how == MB_FIELD_BROKEN)
            return mb_fail(s->cx, MB_EINVALID,
                           "%s:1: there is text behind the closing quote of "
                           "'%.*s' in the header",
                           path, (int)(field.length < 64 ? field.length : 64), field.bytes);
        if (how == MB_FIELD_MISSING) field.length = 0;
        char *name = arena.bytes + arena.used;
        if (field.length) memcpy(name, field.bytes, field.length);
        name[field.length] = '\0';
        arena.used += field.length + 1;
        mb_status status = mb_strings_add(s->cx, &s->survey->names, name);
        if (status) return status;
    }
    return MB_OK;
}

// Whether the second record has a value that is no text under a name, or under the first one, which
// the index that pandas writes has not.
static bool have_values(const sample *s, const mb_batch *batch)
{
    mb_record_arena arena = {.bytes = s->arena->data};
    const char *name = mb_strings_first(&s->survey->names);
    if (batch->n < 2 || batch->fields[1] != s->survey->fields) return false;
    for (int64_t i = 0; i < s->survey->fields; i++, name = mb_strings_next(name)) {
        mb_string field;
        mb_field_state how = mb_record_field(&s->records->form, batch, 1, i, &arena, &field, NULL);
        if ((i == 0 || *name) && how == MB_FIELD_THERE && field.length &&
            mb_look_at(field, s->records->form.marks) != MB_LOOKS_TEXT)
            return true;
    }
    return false;
}

// Reads the first record of a file, if there is one.
static mb_status read_first_of(sample *s, const char *path, mb_head *head, mb_batch *batch)
{
    mb_status status;
    mb_text_kind kind;
    int64_t size, line = 0;
    MB_TRY(mb_text_recognise(s->cx, path, &kind, &size));
    MB_TRY(mb_head_scan(s->cx, s->records, path, kind, head));
    mb_batch_fill(s->records->form.dialect, (char *)head->text->data + head->first, &head->lines,
                  INT64_MAX, &line, batch);
    if (batch->n == 0) return MB_OK;
    MB_TRY(mb_buffer_scratch(s->cx, 8 * (size_t)head->n + MB_SLACK, &s->arena)); // names, too
    MB_TRY(read_names(s, batch, path));
    s->values_follow = have_values(s, batch);
done:
    return status;
}

// Reads the first record of the first file that has one.
static mb_status read_first(sample *s)
{
    mb_status status = MB_OK;
    mb_head head = {0};
    mb_batch *batch = mb_allocate(s->cx, 1, sizeof *batch);
    if (!batch) return MB_EMEMORY;
    for (int64_t i = 0; i < s->files->n && s->survey->fields == 0 && !status; i++)
        status = read_first_of(s, s->files->names[i], &head, batch);
    s->survey->header = s->records->header == MB_HEADER_FOUND
                            ? looks_like_header(s->survey, s->records->form.marks, s->values_follow)
                            : s->records->header == MB_HEADER_LINE;
    mb_head_close(&head);
    free(batch);
    return status;
}

static void look_at(sample *s, const mb_lines *scan, char *text, int64_t n, mb_batch *batch)
{
    int64_t line = 0;
    while (line < scan->n_lines) {
        mb_record_arena arena = {.bytes = s->arena->data};
        mb_batch_fill(s->records->form.dialect, text, scan, n, &line, batch);
        for (int64_t row = 0; row < batch->n; row++) {
            if (batch->fields[row] != s->survey->fields) continue;
            for (int64_t i = 0; i < s->survey->fields; i++) {
                mb_string field;
                if (s->looks[i] & MB_LOOKS_TEXT) continue;
                mb_field_state how =
                    mb_record_field(&s->records->form, batch, row, i, &arena, &field, NULL);
                if (how == MB_FIELD_THERE && field.length)
                    s->looks[i] |= mb_look_at(field, s->records->form.marks);
            }
        }
    }
}

// Looks at the records at a place of a file; there are none where a longer one goes on.
static mb_status look_at_place(sample *s, int64_t number, int64_t at)
{
    mb_status status;
    const mb_record_file *file = &s->files->list[number];
    const char *path = s->files->names[number];
    mb_input input = {.fd = -1};
    mb_lines scan;
    mb_batch *batch = mb_allocate(s->cx, 1, sizeof *batch);
    if (!batch) return MB_EMEMORY;
    int64_t n = 0;
    const bool plain = file->kind == MB_TEXT_PLAIN;
    mb_record_place place = {.at = at};
    if (plain)
        MB_TRY(mb_record_start(s->cx, &s->records->form, path, file, s->survey->fields, at,
                               PLACE_LONGEST, &place));
    MB_TRY(mb_buffer_scratch(s->cx, PLACE_BYTES, &s->text));
    MB_TRY(mb_input_open(s->cx, path, file, place.at, file->last, &input));
    MB_TRY(mb_input_fill(&input, s->text->data, PLACE_BYTES, &n));
    const int64_t skipped = plain || file->skipped > n ? 0 : file->skipped;
    MB_TRY(mb_buffer_scratch(s->cx, 4 * PLACE_BYTES + MB_SLACK, &s->arena));
    MB_TRY(mb_lines_of(s->cx, s->records->form.dialect, (char *)s->text->data + skipped,
                       n - skipped, n < PLACE_BYTES, &s->lists, &scan));
    look_at(s, &scan, (char *)s->text->data + skipped, n, batch);
done:
    mb_input_close(&input);
    free(batch);
    return status;
}

// Places that are spread over all files, dealt to the ranks.
static mb_status look_at_places(sample *s)
{
    int64_t total = 0;
    for (int64_t i = 0; i < s->files->n; i++)
        total += s->files->list[i].last - s->files->list[i].first;
    for (int64_t place = mb_rank(s->cx); place < PLACES; place += mb_nranks(s->cx)) {
        int64_t at = (int64_t)((mb_int128)total * place / PLACES), file = 0, before = -1;
        for (; file < s->files->n; file++) {
            const int64_t size = s->files->list[file].last - s->files->list[file].first;
            before = at - total / PLACES;
            if (at < size) break;
            at -= size;
        }
        if (file == s->files->n) continue;
        if (s->files->list[file].kind != MB_TEXT_PLAIN && at > 0 && before >= 0) continue;
        mb_status status = look_at_place(s, file, s->files->list[file].first + at);
        if (status) return status;
    }
    return MB_OK;
}

mb_status mb_survey_guess(mb_context *cx, mb_status status, const uint32_t *looks,
                          mb_survey *survey)
{
    const int64_t n = survey->fields;
    mb_buffer *all = NULL;
    if (!status) status = mb_buffer_new_array(cx, n * mb_nranks(cx), sizeof(uint32_t), &all);
    if (!status)
        status = mb_buffer_new_zeroed(cx, n, sizeof(mb_record_column), &survey->column_table);
    MB_TRY(mb_step(cx, status, NULL));
    survey->columns = survey->column_table->data;
    mb_gather_all(cx, looks, (size_t)n * sizeof(uint32_t), all->data);
    for (int64_t i = 0; i < n; i++) {
        mb_record_column *column = &survey->columns[i];
        column->field = i;
        column->guessed = true;
        for (int64_t rank = 0; rank < mb_nranks(cx); rank++)
            column->looks |= ((const uint32_t *)all->data)[rank * n + i];
        column->kind = mb_look_kind(column->looks, &column->unit);
    }
done:
    mb_buffer_release(all);
    return status;
}

mb_status mb_records_survey(mb_context *cx, const mb_records *records, mb_survey *survey)
{
    mb_status status;
    mb_record_files files = {0};
    mb_buffer *looks = NULL;
    sample s = {.cx = cx, .records = records, .files = &files, .survey = survey};
    MB_TRY(mb_record_files_find(cx, records, &files));
    status = mb_rank(cx) == 0 ? read_first(&s) : MB_OK;
    MB_TRY(mb_strings_share(cx, status, &survey->names));
    int64_t told[2] = {survey->fields, survey->header};
    MB_TRY(mb_step(cx, MB_OK, NULL));
    mb_broadcast(cx, 0, told, sizeof told);
    survey->fields = told[0];
    survey->header = told[1];
    MB_TRY(mb_record_files_inspect(cx, records, survey->header, &files));
    status = mb_buffer_new_zeroed(cx, survey->fields, sizeof(uint32_t), &looks);
    if (!status) {
        s.looks = looks->data;
        status = look_at_places(&s);
    }
    status = mb_survey_guess(cx, status, s.looks, survey);
done:
    mb_buffer_release(s.text);
    mb_buffer_release(s.lists);
    mb_buffer_release(s.arena);
    mb_buffer_release(looks);
    mb_record_files_close(&files);
    if (status) mb_survey_close(survey);
    return status;
}

void mb_survey_close(mb_survey *survey)
{
    mb_strings_release(&survey->names);
    mb_buffer_release(survey->column_table);
    *survey = (mb_survey){0};
}
