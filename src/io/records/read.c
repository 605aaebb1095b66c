// Each rank reads its share; the ranks agree on where shares begin and on the types of columns, and
// read again where a guess of one of these was wrong.

#include <stdlib.h>
#include <string.h>

#include "column/realign.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/layout_gather.h"
#include "comm/lockstep.h"
#include "core/progress.h"
#include "io/records/kept.h"
#include "io/records/shares.h"
#include "io/records/start.h"

typedef mb_record_share share;
typedef mb_record_shares reading;

// The byte of all files at which the share of a rank begins: with a trailer behind which nothing is
// read, no compressed file is cut.
static int64_t cut(const reading *r, int rank)
{
    const int64_t n = r->files.n, bytes = r->window.last - r->window.first;
    const int64_t at = r->window.first + (int64_t)((mb_int128)bytes * rank / mb_nranks(r->cx));
    int64_t file = 0;
    while (file < n && r->places[file + 1] <= at)
        file++;
    if (file == n || r->files.list[file].kind == MB_TEXT_PLAIN || !r->records->trailer) return at;
    const int64_t begin = r->places[file], end = r->places[file + 1];
    return at - begin < end - at ? begin : end;
}

static mb_record_place moved(mb_record_place place, int64_t by)
{
    return (mb_record_place){.at = place.at + by, .behind = place.behind};
}

static bool same_place(mb_record_place a, mb_record_place b)
{
    return a.at == b.at && a.behind == b.behind;
}

// Forgets what was read.
static void restart(reading *r, mb_record_place start)
{
    r->reader.rows = 0;
    r->reader.n_skipped = 0;
    if (r->reader.devices) r->reader.devices->table = *r->devices;
    r->reader.sum = (mb_text_sum){0};
    r->reader.taken = 0;
    r->reader.stopped = false;
    r->reader.opened = false;
    r->mine = (share){.begin = start, .end = start, .empty = true};
}

// Reads the records of this rank's share; `begin`: where they do, NULL where that is to be guessed.
static mb_status read_share(reading *r, const mb_record_place *begin)
{
    const int64_t first = cut(r, mb_rank(r->cx)), last = cut(r, mb_rank(r->cx) + 1);
    const bool at_first = first == r->window.first;
    const mb_record_place start = {.at = first, .behind = at_first ? r->records->behind : 0};
    mb_status status = MB_OK;
    restart(r, start);
    r->reader.expected = last - first;
    if (at_first) begin = &start;
    for (int64_t i = 0; first < last && i < r->files.n && !status; i++) {
        const mb_record_file *file = &r->files.list[i];
        const char *path = r->files.names[i];
        const int64_t shift = file->first - r->places[i]; // to places in the file
        if (r->places[i + 1] <= first || r->places[i] >= last) continue;
        const bool cut_here = r->mine.empty && r->places[i] < first;
        mb_record_place from = {.at = (r->places[i] < first ? first : r->places[i]) + shift};
        const int64_t upto = (r->places[i + 1] > last ? last : r->places[i + 1]) + shift;
        if (r->mine.empty && begin)
            from = moved(*begin, shift);
        else if (cut_here)
            status = mb_record_start(r->cx, &r->records->form, path, file, r->reader.fields,
                                     from.at, MB_RECORD_LONGEST, &from);
        const bool packed = file->kind != MB_TEXT_PLAIN;
        if (packed && !status && cut_here && from.at >= upto) continue; // no stretch begins in it
        if (r->mine.empty) r->mine.begin = moved(from, -shift);
        r->mine.empty = false;
        mb_record_place end = from;
        if (!status) status = mb_record_stretch(&r->reader, path, file, from, upto, &end);
        r->mine.end = moved(end, -shift);
        if (r->reader.sample || r->reader.stopped) break;
    }
    r->mine.stopped = r->reader.stopped;
    r->mine.text = r->reader.taken;
    return status ? status : mb_record_settle(&r->reader);
}

static void run_pass(reading *r, const mb_record_place *begin)
{
    const int rank = mb_rank(r->cx);
    mb_progress_begin(r->cx, "reading", -1, cut(r, rank + 1) - cut(r, rank));
    r->status = read_share(r, begin);
    mb_progress_end(r->cx);
    r->mine.failed = r->status != MB_OK;
    r->mine.sum = r->reader.sum;
    if (r->status) memcpy(r->message, r->cx->message, sizeof r->message);
}

static mb_status recall(const reading *r)
{
    return r->status ? mb_fail(r->cx, r->status, "%s", r->message) : MB_OK;
}

// Where the records of a rank have to begin by what the ranks before say; NULL: anywhere.
// `*failed`: one of these, which was right up to there, has failed.
static const mb_record_place *expected_begin(const reading *r, int rank, bool *failed)
{
    const mb_record_place *expected = NULL;
    *failed = false;
    for (int before = 0; before < rank; before++) {
        const share *s = &r->shares[before];
        if (s->failed) *failed = true;
        if (!s->empty) expected = &s->end;
    }
    return expected;
}

// Fails where the shares end within a compressed file.
static mb_status check_end(const reading *r)
{
    bool failed;
    if (r->window.stopped) return MB_OK;
    const mb_record_place *end = expected_begin(r, mb_nranks(r->cx), &failed);
    for (int64_t i = 0; end && i < r->files.n; i++)
        if (r->files.list[i].kind != MB_TEXT_PLAIN && r->places[i] < end->at &&
            end->at < r->places[i + 1] && r->places[i + 1] <= r->window.last)
            return mb_fail(r->cx, MB_EIO, "%s: was changed while it was read", r->files.names[i]);
    return MB_OK;
}

// Fails where what the shares say of their files' checksums does not fit together: within the file
// in which one of them begins.
static mb_status check_sums(const reading *r)
{
    mb_text_sum sum = {0};
    for (int rank = 0; rank < mb_nranks(r->cx); rank++) {
        const share *s = &r->shares[rank];
        int64_t file = 0;
        mb_text_sum_add(&sum, s->sum);
        if (!sum.wrong) continue;
        while (r->places[file + 1] <= s->begin.at)
            file++;
        const int64_t at = s->begin.at - r->places[file] + r->files.list[file].first;
        return mb_fail(r->cx, MB_EIO, "%s: the %s data are corrupt near byte %lld: %s",
                       r->files.names[file],
                       mb_text_kind_name((mb_text_kind)r->files.list[file].kind), (long long)at,
                       MB_TEXT_WRONG_SUM);
    }
    return MB_OK;
}

// Where a rank has stopped, those behind it have read what comes later: this is forgotten.
static void drop_later(reading *r)
{
    const int rank = mb_rank(r->cx), nranks = mb_nranks(r->cx);
    int stopped = 0;
    while (stopped < nranks && !r->shares[stopped].stopped)
        stopped++;
    if (stopped == nranks) return;
    r->window.stopped = true;
    for (int later = stopped + 1; later < nranks; later++)
        r->shares[later] = (share){.empty = true};
    if (rank <= stopped) return;
    restart(r, (mb_record_place){.at = r->window.last});
    r->reader.expected = 0;
    if (r->records->kept) mb_record_kept_close(r->records->kept);
    r->status = mb_record_settle(&r->reader);
    r->mine.failed = r->status != MB_OK;
    if (r->status) memcpy(r->message, r->cx->message, sizeof r->message);
}

// Reads all shares until each begins where the one before has ended.
static mb_status read_shares(reading *r, const mb_record_place *begin)
{
    const int rank = mb_rank(r->cx), nranks = mb_nranks(r->cx);
    mb_status status = MB_OK;
    run_pass(r, begin);
    for (;;) {
        int wrong = nranks; // the first rank that began elsewhere
        bool failed;
        MB_TRY(mb_step(r->cx, MB_OK, NULL));
        mb_gather_all(r->cx, &r->mine, sizeof r->mine, r->shares);
        drop_later(r);
        for (int other = nranks - 1; other > 0; other--) {
            const mb_record_place *expected = expected_begin(r, other, &failed);
            const share *s = &r->shares[other];
            if (!s->empty && expected && !same_place(s->begin, *expected)) wrong = other;
        }
        // Those before it are right, and so are their failures.
        MB_TRY(mb_step(r->cx, rank < wrong ? recall(r) : MB_OK, NULL));
        if (wrong == nranks) break;
        const mb_record_place *expected = expected_begin(r, rank, &failed);
        if (rank >= wrong && !r->mine.empty && !failed && !same_place(r->mine.begin, *expected))
            run_pass(r, expected);
    }
    MB_TRY(check_end(r));
    status = check_sums(r);
done:
    return status;
}

// Until no rank's names contradict those of ranks before it: where they do, it reads again, and
// knows these.
static mb_status settle_devices(reading *r)
{
    mb_status status;
    for (;;) {
        int wrong;
        MB_TRY(mb_shares_merge_devices(r, &wrong));
        if (wrong < 0) break;
        if (wrong == mb_rank(r->cx)) {
            const mb_record_place begin = r->mine.begin;
            const mb_device_table before = *r->devices;
            *r->devices = *r->merged;
            for (int64_t i = 0; i < r->reader.n; i++)
                r->active[i] = true;
            run_pass(r, &begin);
            *r->devices = before;
        }
        MB_TRY(mb_step(r->cx, wrong == mb_rank(r->cx) ? recall(r) : MB_OK, NULL));
    }
done:
    return status;
}

// --- Types.

// Takes what all ranks have seen of the columns; whether one of them needs another type, and is to
// be read again.
static bool settle_types(reading *r)
{
    mb_record_reader *reader = &r->reader;
    uint32_t *looks = r->look_table->data;
    bool again = false;
    for (int64_t i = 0; i < reader->n; i++)
        looks[i] = reader->states[i].looks;
    uint32_t *all = looks + reader->n;
    mb_gather_all(r->cx, looks, (size_t)reader->n * sizeof *looks, all);
    for (int64_t i = 0; i < reader->n; i++) {
        mb_record_column *what = &reader->states[i].what;
        const bool moment = what->kind == MB_FIELD_TIME || what->kind == MB_FIELD_DURATION;
        uint32_t seen = what->looks;
        int unit;
        for (int rank = 0; rank < mb_nranks(r->cx); rank++)
            seen |= all[rank * reader->n + i];
        mb_field_kind kind = mb_look_kind(seen, &unit);
        const bool was_active = r->active[i];
        if (!what->guessed) kind = what->kind;
        if (!what->guessed && !moment) unit = what->unit;
        if (!what->guessed && moment && !seen) unit = what->unit;
        r->active[i] = was_active && (kind != what->kind || unit != what->unit);
        again = again || r->active[i];
        what->kind = kind;
        what->unit = unit;
        what->looks = seen;
    }
    // Which rows are left out, all columns together tell.
    for (int64_t i = 0; again && r->records->bad == MB_BAD_RECORDS_SKIPPED && i < reader->n; i++)
        r->active[i] = true;
    return again;
}

// --- Columns.

// Makes the columns of numbers, with one exchange.
static mb_status finish_numbers(reading *r, mb_layout *layout, mb_column **results)
{
    mb_status status;
    mb_buffer *table = NULL;
    const int64_t n = r->reader.n;
    int count = 0;
    MB_TRY(mb_buffer_new_zeroed(r->cx, 3 * n, sizeof(void *), &table));
    mb_builder **builders = table->data;
    mb_layout **layouts = (mb_layout **)(void *)(builders + n);
    mb_column **columns = (mb_column **)(void *)(builders + 2 * n);
    for (int64_t i = 0; i < n; i++) {
        layouts[i] = layout;
        if (r->reader.states[i].builder) builders[count++] = r->reader.states[i].builder;
    }
    MB_TRY(mb_step(r->cx, MB_OK, NULL));
    if (count > 0) MB_TRY(mb_builder_finish(r->cx, builders, count, layouts, 0, columns));
    count = 0;
    for (int64_t i = 0; i < n; i++)
        if (r->reader.states[i].builder) results[i] = columns[count++];
done:
    mb_buffer_release(table);
    return status;
}

static mb_status finish(reading *r, mb_column **results)
{
    mb_status status;
    mb_layout *layout = NULL;
    MB_TRY(mb_gather_layout(r->cx, MB_OK, r->reader.rows, &layout));
    MB_TRY(finish_numbers(r, layout, results));
    for (int64_t i = 0; i < r->reader.n; i++) {
        mb_record_state *state = &r->reader.states[i];
        if (state->encoder)
            MB_TRY(mb_text_encoder_finish(r->cx, MB_OK, state->encoder, layout,
                                          (int)(r->reader.n + i), &results[i]));
        MB_TRY(mb_column_level(r->cx, &results[i]));
    }
done:
    mb_layout_release(layout);
    return status;
}

static void tell_end(reading *r)
{
    bool failed;
    const mb_record_place *end = expected_begin(r, mb_nranks(r->cx), &failed);
    r->window.end = end ? end->at : r->window.first;
    r->window.behind = end ? end->behind : r->records->behind;
    r->window.text = 0;
    for (int rank = 0; rank < mb_nranks(r->cx); rank++)
        r->window.text += r->shares[rank].text;
}

// Finds the bytes that are read.
static mb_status choose_stretch(reading *r)
{
    mb_record_window *window = &r->window;
    const int64_t total = r->places[r->files.n], first = r->records->first;
    const int64_t last = r->records->last;
    const bool whole = first == 0 && last < 0;
    window->total = total;
    window->last = last < 0 || last > total ? total : last;
    window->first = first < 0 ? 0 : first < window->last ? first : window->last;
    for (int64_t i = 0; i < r->files.n; i++) {
        if (r->files.list[i].kind == MB_TEXT_PLAIN) continue;
        window->packed = true;
        if (r->records->trailer && !whole)
            return mb_fail(r->cx, MB_EINVALID,
                           "%s: a compressed file with a trailer cannot be read in pieces: read it "
                           "with mb.read_csv, or decompress it before",
                           r->files.names[i]);
    }
    return MB_OK;
}

static mb_status open_reading(reading *r, const mb_record_column *columns)
{
    mb_status status;
    const int64_t n = r->reader.n;
    const int nranks = mb_nranks(r->cx);
    MB_TRY(mb_buffer_new_zeroed(r->cx, n, sizeof(mb_record_state), &r->state_table));
    r->reader.states = r->state_table->data;
    MB_TRY(mb_buffer_new_array(r->cx, r->files.n + 1, sizeof(int64_t), &r->place_table));
    MB_TRY(mb_buffer_new_zeroed(r->cx, n, sizeof(bool), &r->active_table));
    MB_TRY(mb_buffer_new_array(r->cx, n * (nranks + 1), sizeof(uint32_t), &r->look_table));
    MB_TRY(mb_buffer_new_array(r->cx, nranks, sizeof(share), &r->share_table));
    r->places = r->place_table->data;
    r->active = r->active_table->data;
    r->reader.active = r->active;
    r->shares = r->share_table->data;
    for (int64_t i = 0; i < n; i++) {
        r->reader.states[i].what = columns[i];
        r->active[i] = true;
    }
    r->places[0] = 0;
    for (int64_t i = 0; i < r->files.n; i++)
        r->places[i + 1] = r->places[i] + r->files.list[i].last - r->files.list[i].first;
    MB_TRY(choose_stretch(r));
    r->reader.files = r->files.list;
    MB_TRY(mb_record_reader_open(&r->reader));
    if (r->reader.devices) MB_TRY(mb_shares_open_devices(r));
done:
    return status;
}

static void close_reading(reading *r)
{
    for (int64_t i = 0; r->reader.states && i < r->reader.n; i++)
        mb_record_close(&r->reader.states[i]);
    mb_record_reader_close(&r->reader);
    mb_record_files_close(&r->files);
    mb_buffer_release(r->place_table);
    mb_buffer_release(r->state_table);
    mb_buffer_release(r->active_table);
    mb_buffer_release(r->share_table);
    mb_buffer_release(r->look_table);
    free(r->devices);
}

// --- Fields of JSON.

// What this rank has seen of a field.
static uint32_t looks_of(const reading *r, const char *name)
{
    const mb_record_reader *reader = &r->reader;
    const int64_t field = mb_json_field(reader->json, name);
    if (field < 0) return 0;
    return field < reader->n ? reader->states[field].looks : mb_json_looks(reader->json, field);
}

// The columns of fields by what all ranks have seen of them.
static mb_status guess_fields(reading *r, mb_survey *survey)
{
    mb_buffer *looks = NULL;
    mb_status status = mb_buffer_new_array(r->cx, survey->fields, sizeof(uint32_t), &looks);
    const char *name = mb_strings_first(&survey->names);
    for (int64_t i = 0; i < survey->fields && !status; i++, name = mb_strings_next(name))
        ((uint32_t *)looks->data)[i] = looks_of(r, name);
    status = mb_survey_guess(r->cx, status, status ? NULL : looks->data, survey);
    mb_buffer_release(looks);
    return status;
}

// Adds the names that are told or, of all ranks, those that were learned, as they came.
static mb_status unite_names(reading *r, mb_survey *survey)
{
    const mb_json_fields *fields = r->records->json;
    const mb_strings *seen = mb_json_names(r->reader.json);
    mb_status status = MB_OK;
    const char *name = mb_strings_first(seen);
    for (int64_t i = 0; !fields->learns && i < fields->n && !status; i++)
        status = mb_strings_add(r->cx, &survey->names, fields->names[i]);
    for (int64_t i = 0; i < seen->count && !status; i++, name = mb_strings_next(name))
        status = mb_strings_add(r->cx, &survey->names, name);
    status = mb_strings_unite(r->cx, status, &survey->names);
    if (!status && fields->learns && survey->names.count > MB_JSON_NAMES)
        status = mb_fail(r->cx, MB_EINVALID, MB_JSON_TOO_MANY);
    return status;
}

static mb_status tell_fields(reading *r, mb_survey *survey)
{
    mb_status status = unite_names(r, survey);
    survey->fields = survey->names.count;
    return status ? status : guess_fields(r, survey);
}

// --- All of it.

static mb_status open_files(reading *r, bool header, const mb_record_column *columns)
{
    mb_status status;
    MB_TRY(mb_record_files_find(r->cx, r->records, &r->files));
    MB_TRY(mb_record_files_inspect(r->cx, r->records, header, &r->files));
    status = mb_step(r->cx, open_reading(r, columns), NULL);
done:
    return status;
}

mb_status mb_records_survey_json(mb_context *cx, const mb_records *records, mb_survey *survey)
{
    mb_status status = MB_OK;
    reading *r = mb_allocate(cx, 1, sizeof *r);
    MB_TRY(mb_step(cx, r ? MB_OK : MB_EMEMORY, NULL));
    *r = (reading){.cx = cx, .records = records};
    r->reader = (mb_record_reader){
        .cx = cx, .records = records, .survey = true, .sample = !records->json->whole};
    MB_TRY(open_files(r, false, NULL));
    if (r->reader.sample) {
        run_pass(r, NULL); // whose failure, but for memory, comes again when all is read
        MB_TRY(mb_step(cx, r->status == MB_EMEMORY ? recall(r) : MB_OK, NULL));
    } else {
        MB_TRY(read_shares(r, NULL));
    }
    status = tell_fields(r, survey);
done:
    if (status) mb_survey_close(survey);
    if (r) close_reading(r);
    free(r);
    return status;
}

// Reads all, and columns whose types were guessed wrong again.
static mb_status read_columns(reading *r, mb_column **results)
{
    mb_status status;
    MB_TRY(read_shares(r, NULL));
    MB_TRY(mb_step(r->cx, mb_paths_unchanged(r->cx, &r->files.paths), NULL));
    if (settle_types(r)) {
        const mb_record_place begin = r->mine.begin;
        MB_TRY(read_shares(r, r->mine.empty ? NULL : &begin));
        MB_TRY(mb_step(r->cx, mb_paths_unchanged(r->cx, &r->files.paths), NULL));
    }
    if (r->reader.devices) MB_TRY(settle_devices(r));
    status = finish(r, results);
done:
    return status;
}

mb_status mb_records_read(mb_context *cx, const mb_records *records, mb_record_reading *what,
                          mb_column **results)
{
    mb_status status = MB_OK;
    const int64_t n = what->n;
    reading *r = mb_allocate(cx, 1, sizeof *r);
    MB_TRY(mb_step(cx, r ? MB_OK : MB_EMEMORY, NULL));
    *r = (reading){.cx = cx, .records = records};
    r->reader = (mb_record_reader){
        .cx = cx, .records = records, .names = what->names, .fields = what->fields, .n = n};
    MB_TRY(open_files(r, what->header, what->columns));
    MB_TRY(read_columns(r, results));
    tell_end(r);
    what->window = r->window;
    for (int64_t i = 0; i < n; i++)
        what->columns[i] = r->reader.states[i].what;
    if (what->seen) status = tell_fields(r, what->seen);
    if (!status) status = mb_shares_tell_skipped(r, what);
    if (!status && r->reader.devices) status = mb_shares_tell_devices(r, what);
done:
    for (int64_t i = 0; status && i < n; i++) {
        mb_column_release(results[i]);
        results[i] = NULL;
    }
    if (status && what->seen) mb_survey_close(what->seen);
    if (status) mb_record_reading_close(what);
    if (r) close_reading(r);
    free(r);
    return status;
}

void mb_record_reading_close(mb_record_reading *what)
{
    mb_buffer_release(what->skipped_table);
    mb_buffer_release(what->devices_table);
    mb_strings_release(&what->skipped_paths);
    what->skipped_table = what->devices_table = NULL;
    what->n_skipped = what->n_devices = 0;
}
