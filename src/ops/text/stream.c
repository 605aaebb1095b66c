#include "ops/text/stream.h"

#include "ops/text/row_strings.h"
#include "ops/text/rows.h"

// Where the strings of a column are: in its dictionary, or in a list, row by row; or its values.
// Without a dictionary these are integers.
typedef struct source {
    mb_column *column;
    const mb_dictionary *dictionary;
    mb_buffer *strings, *bytes;
} source;

typedef struct stream {
    mb_context *cx;
    source sources[MB_MOST_ROOTS];
    int n;
    mb_buffer *memory; // the codes of a block of each column, then its strings
    mb_text_take *take;
    void *state;
} stream;

static void look_up(const mb_dictionary *dictionary, const mb_block *block, const uint64_t *codes,
                    int64_t n, mb_string *strings)
{
    for (int64_t i = 0; i < n; i++) {
        bool there = mb_block_valid(block, i);
        strings[i] = there ? mb_dictionary_entry(dictionary, (int64_t)codes[i]) : (mb_string){0};
    }
}

static void list_values(const mb_block *block, const uint64_t *values, int64_t n,
                        mb_string *strings)
{
    for (int64_t i = 0; i < n; i++) {
        bool there = mb_block_valid(block, i);
        strings[i] = (mb_string){there ? (const char *)&values[i] : NULL, sizeof *values};
    }
}

static mb_status take_block(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    const stream *from = state;
    uint64_t *wide = from->memory->data;
    mb_string *room = (mb_string *)(wide + (int64_t)from->n * MB_BLOCK_ROWS);
    mb_string *strings[MB_MOST_ROOTS];
    for (int c = 0; c < from->n; c++) {
        const source *column = &from->sources[c];
        strings[c] = room + (int64_t)c * MB_BLOCK_ROWS;
        if (column->strings) {
            strings[c] = (mb_string *)column->strings->data + first;
            continue;
        }
        const uint64_t *words = mb_block_widen(mb_kernels_of(from->cx->isa), &blocks[c], n,
                                               wide + (int64_t)c * MB_BLOCK_ROWS);
        if (column->dictionary)
            look_up(column->dictionary, &blocks[c], words, n, strings[c]);
        else
            list_values(&blocks[c], words, n, strings[c]);
    }
    return from->take(from->state, strings, n);
}

static mb_status open_source(mb_context *cx, mb_column *column, mb_layout *layout, source *made)
{
    mb_text_rows rows;
    *made = (source){.dictionary = mb_dictionary_of(column->type)};
    if (!made->dictionary || !made->dictionary->spread) {
        made->column = mb_column_retain(column);
        return MB_OK;
    }
    mb_status status = mb_settle(cx, column, layout, &made->column);
    if (!status) status = mb_text_rows_open(cx, made->column, &rows);
    if (status) return status;
    bool local = rows.local;
    mb_text_rows_close(&rows);
    return local ? MB_OK : mb_text_row_strings(cx, made->column, &made->strings, &made->bytes);
}

static void close_stream(stream *from)
{
    for (int c = 0; c < from->n; c++) {
        mb_column_release(from->sources[c].column);
        mb_buffer_release(from->sources[c].strings);
        mb_buffer_release(from->sources[c].bytes);
    }
    mb_buffer_release(from->memory);
}

mb_status mb_text_stream(mb_context *cx, mb_column *const *columns, int n, mb_text_take *take,
                         void *state)
{
    stream from = {.cx = cx, .take = take, .state = state};
    mb_column *settled[MB_MOST_ROOTS];
    const size_t row = (size_t)n * (sizeof(uint64_t) + sizeof(mb_string));
    mb_status status = mb_buffer_new_array(cx, MB_BLOCK_ROWS, row, &from.memory);
    MB_TRY(mb_step(cx, status, NULL));
    while (from.n < n) {
        source *next = &from.sources[from.n];
        MB_TRY(open_source(cx, columns[from.n++], columns[0]->layout, next));
        settled[from.n - 1] = next->column;
    }
    status = mb_evaluate(cx, settled, n, take_block, &from);
done:
    close_stream(&from);
    return status;
}
