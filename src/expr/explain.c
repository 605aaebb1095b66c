// Telling what a pending column will be.

#include <stdio.h>
#include <string.h>

#include "expr/expression.h"

// Longer plans are cut off.
enum { MOST_LINES = 256, LINE_SIZE = 192 };

typedef struct telling {
    const mb_column *told[MOST_LINES];
    int n;
    void (*tell)(void *state, const char *line);
    void *state;
} telling;

static int find(const telling *telling, const mb_column *column)
{
    for (int i = 0; i < telling->n; i++)
        if (telling->told[i] == column) return i + 1;
    return 0;
}

static void describe_stored(const mb_column *column, char *text, size_t size)
{
    if (mb_kind_is_integer(column->type->kind) && column->values.base)
        snprintf(text, size, "%s column, %d bytes a row from %lld", column->type->name,
                 column->values.width, (long long)column->values.base);
    else
        snprintf(text, size, "%s column, %d byte%s a row", column->type->name, column->values.width,
                 mb_plural(column->values.width));
    if (column->facts.missing)
        snprintf(text + strlen(text), size - strlen(text), ", %lld missing",
                 (long long)column->facts.missing);
}

static void describe_constant(const mb_column *column, char *text, size_t size)
{
    mb_value value = column->expression->value[0];
    if (column->type->kind == MB_FLOAT)
        snprintf(text, size, "%.14g", value.f);
    else
        column->type->format(column->type, value, text, size);
}

static void describe_operands(const telling *telling, const mb_column *column, char *text,
                              size_t size)
{
    const mb_expression *expression = column->expression;
    *text = '\0';
    for (int i = 0; i < MB_MOST_OPERANDS && expression->operands[i]; i++)
        snprintf(text + strlen(text), size - strlen(text), "%s#%d", i ? ", " : "",
                 find(telling, expression->operands[i]));
}

// What is done apart, before the blocks begin to stream.
static const char *note_of(const mb_column *column, const mb_column *root)
{
    if (column->expression->op == MB_FILTER) return "; rows are chosen first, into memory";
    if (column != root && !mb_layout_equal(column->layout, root->layout))
        return "; evaluated first, then moved to other ranks";
    if (column->expression->first_consumer && column->expression->first_consumer != root->identity)
        return "; evaluated first and kept, as it was asked for before";
    return "";
}

static void tell_one(telling *telling, const mb_column *column, const mb_column *root)
{
    char line[LINE_SIZE], what[LINE_SIZE / 2];
    const mb_expression *expression = column->expression;
    int number = telling->n + 1;
    if (!mb_column_pending(column)) {
        describe_stored(column, what, sizeof what);
        snprintf(line, sizeof line, "#%d  %s", number, what);
    } else if (expression->op == MB_CONSTANT) {
        describe_constant(column, what, sizeof what);
        snprintf(line, sizeof line, "#%d  %s", number, what);
    } else {
        describe_operands(telling, column, what, sizeof what);
        snprintf(line, sizeof line, "#%d  %s(%s): %s%s", number,
                 expression->called ? expression->called->is.name
                                    : mb_operator_name(expression->op),
                 what, column->type->name, note_of(column, root));
    }
    telling->told[telling->n++] = column;
    telling->tell(telling->state, line);
}

// The depth is bounded, since deep graphs are evaluated as they grow.
static void tell_all(telling *telling, const mb_column *column, const mb_column *root)
{
    if (find(telling, column) || telling->n == MOST_LINES) return;
    for (int i = 0; mb_column_pending(column) && i < MB_MOST_OPERANDS; i++)
        if (column->expression->operands[i])
            tell_all(telling, column->expression->operands[i], root);
    if (telling->n < MOST_LINES) tell_one(telling, column, root);
}

void mb_expression_explain(mb_column *column, void (*tell)(void *state, const char *line),
                           void *state)
{
    char line[LINE_SIZE], what[LINE_SIZE / 2];
    telling telling = {.tell = tell, .state = state};
    mb_column_describe(column, what, sizeof what);
    snprintf(line, sizeof line, "%s, %s", what,
             mb_column_pending(column) ? "pending; evaluated block by block" : "in memory");
    tell(state, line);
    tell_all(&telling, column, column);
}
