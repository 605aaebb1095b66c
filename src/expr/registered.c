#include "expr/registered.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

// --- Signatures.

static const char *const type_names[MB_KINDS] = {
    [MB_BOOL] = "bool", [MB_INT] = "int64", [MB_UINT] = "uint64", [MB_FLOAT] = "double"};

const char *mb_registered_type(mb_kind kind)
{
    return type_names[kind];
}

static const char *skip_blanks(const char *at)
{
    while (mb_is_blank(*at))
        at++;
    return at;
}

// Reads a type, with `?` or without, and the blanks around it; NULL where there is none.
static const char *read_type(const char *at, mb_kind *kind, bool *missing)
{
    at = skip_blanks(at);
    size_t length = 0;
    while (isalnum((unsigned char)at[length]))
        length++;
    for (int k = 0; k < MB_KINDS; k++) {
        if (strlen(type_names[k]) != length || strncmp(at, type_names[k], length) != 0) continue;
        *kind = (mb_kind)k;
        at = skip_blanks(at + length);
        *missing = *at == '?';
        return skip_blanks(at + *missing);
    }
    return NULL;
}

// Reads the inputs behind the first bracket; NULL where they are none.
static const char *read_inputs(const char *at, mb_registered *made)
{
    for (;; at++) {
        if (made->ninputs == MB_KERNEL_INPUTS) return NULL;
        mb_registered_input *input = &made->inputs[made->ninputs++];
        at = read_type(at, &input->kind, &input->takes_missing);
        if (!at || *at != ',') return at;
    }
}

static bool read_signature(const char *text, mb_registered *made)
{
    const char *at = read_type(text, &made->result, &made->gives_missing);
    if (!at || *at != '(') return false;
    at = read_inputs(at + 1, made);
    return at && *at == ')' && !*skip_blanks(at + 1);
}

// The signature as messages show it.
static void write_signature(const mb_registered *kernel, char *text, size_t size)
{
    int n =
        snprintf(text, size, "%s%s(", type_names[kernel->result], kernel->gives_missing ? "?" : "");
    for (int i = 0; i < kernel->ninputs; i++)
        n += snprintf(text + n, size - (size_t)n, "%s%s%s", i ? ", " : "",
                      type_names[kernel->inputs[i].kind],
                      kernel->inputs[i].takes_missing ? "?" : "");
    snprintf(text + n, size - (size_t)n, ")");
}

static bool is_name(const char *name)
{
    const size_t length = strlen(name);
    if (length == 0 || length > MB_KERNEL_NAME || !isalpha((unsigned char)*name)) return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_') return false;
    return true;
}

// --- Definitions.

// Fails unless it is an element-wise function or a reduction.
static mb_status check_functions(mb_context *cx, const mb_registered *made)
{
    const mb_kernel_definition *is = &made->is;
    const bool folds = is->init && is->fold && is->merge && is->finish;
    const bool partly = is->init || is->fold || is->merge || is->finish || is->state_size;
    if (is->apply ? partly : !folds)
        return mb_fail(cx, MB_EINVALID,
                       "kernel '%s' is to have either apply, or init, fold, merge and finish with "
                       "state_size",
                       is->name);
    if (is->apply) return MB_OK;
    if (is->state_size == 0 || is->state_size > MB_KERNEL_STATE)
        return mb_fail(cx, MB_EINVALID,
                       "the state of kernel '%s' has %zu bytes; it is to have 1 to %d", is->name,
                       is->state_size, MB_KERNEL_STATE);
    for (int i = 0; i < made->ninputs; i++)
        if (made->inputs[i].takes_missing)
            return mb_fail(cx, MB_EINVALID,
                           "kernel '%s' is a reduction, which gets no missing rows: write '%s' "
                           "without '?' for its inputs",
                           is->name, is->signature);
    return MB_OK;
}

static mb_status check_definition(mb_context *cx, const mb_kernel_definition *definition,
                                  mb_registered *made)
{
    const char *name = definition->name, *signature = definition->signature;
    if (!name || !is_name(name))
        return mb_fail(cx, MB_EINVALID,
                       "'%.80s' is no name for a kernel: letters, digits and '_', a letter first, "
                       "at most %d",
                       name ? name : "", MB_KERNEL_NAME);
    if (!signature || strlen(signature) > MB_KERNEL_SIGNATURE || !read_signature(signature, made))
        return mb_fail(cx, MB_EINVALID,
                       "'%.80s' is no signature for kernel '%s': write it as \"double(int64, "
                       "bool?)\", the result first, then 1 to %d inputs, of the types double, "
                       "int64, uint64 and bool",
                       signature ? signature : "", name, MB_KERNEL_INPUTS);
    return check_functions(cx, made);
}

static uint64_t hash_of(const mb_kernel_definition *is, const char *signature)
{
    uint64_t hash = mb_hash_bytes(is->apply ? 1 : 2, is->name, strlen(is->name));
    hash = mb_hash_bytes(hash, signature, strlen(signature));
    return mb_hash_word(hash, is->state_size);
}

mb_status mb_registered_new(mb_context *cx, const mb_kernel_definition *definition,
                            mb_registered **made)
{
    mb_registered kernel = {.is = *definition};
    mb_status status = check_definition(cx, definition, &kernel);
    if (status) return status;
    char signature[MB_KERNEL_SIGNATURE + 1];
    write_signature(&kernel, signature, sizeof signature);
    kernel.hash = hash_of(definition, signature);
    mb_registered *copy = mb_allocate(cx, 1, sizeof *copy);
    if (!copy) return MB_EMEMORY;
    *copy = kernel;
    copy->is.name = mb_copy_string(cx, definition->name);
    copy->is.signature = mb_copy_string(cx, signature);
    copy->is.help = mb_copy_string(cx, definition->help ? definition->help : "");
    if (!copy->is.name || !copy->is.signature || !copy->is.help) {
        mb_registered_free(copy);
        return MB_EMEMORY;
    }
    *made = copy;
    return MB_OK;
}

static void free_string(const char *text)
{
    free((void *)(uintptr_t)text);
}

void mb_registered_free(mb_registered *kernel)
{
    if (!kernel) return;
    free_string(kernel->is.name);
    free_string(kernel->is.signature);
    free_string(kernel->is.help);
    free(kernel);
}

// --- Inputs.

mb_status mb_registered_check(mb_context *cx, const mb_registered *kernel, int i,
                              const mb_type *type)
{
    const mb_kind to = kernel->inputs[i].kind, from = type->kind;
    char what[MB_KERNEL_NAME + MB_KERNEL_SIGNATURE + 32];
    if (!mb_type_is_plain(type)) {
        snprintf(what, sizeof what, "%s, which is %s,", kernel->is.name, kernel->is.signature);
        return mb_type_refuse(cx, what, type);
    }
    if (from == to || from == MB_BOOL || mb_kind_takes(to, from)) return MB_OK;
    return mb_fail(cx, MB_EINVALID, "%s is %s, and no %s column is its %s (cast with :as(\"%s\"))",
                   kernel->is.name, kernel->is.signature, type->name, mb_registered_type(to),
                   mb_kind_name(to));
}

// --- Calls.

mb_status mb_registered_fail(mb_context *cx, const mb_registered *kernel,
                             const mb_kernel_block *block, int code, const char *site)
{
    char where[48] = "", reason[MB_KERNEL_MESSAGE + 1];
    const char *built = site ? "; the expression was built at " : "";
    snprintf(reason, sizeof reason, "%.*s", MB_KERNEL_MESSAGE - 1, block->message);
    for (char *c = reason; *c; c++)
        if (iscntrl((unsigned char)*c)) *c = ' ';
    const long long row = block->row + block->failed + 1;
    if (block->failed >= 0 && block->failed < block->n)
        snprintf(where, sizeof where, " at row %lld", row);
    if (*reason)
        return mb_fail(cx, MB_EINVALID, "%s: %s%s%s%s", kernel->is.name, reason, where, built,
                       site ? site : "");
    return mb_fail(cx, MB_EINVALID, "%s failed%s with status %d%s%s", kernel->is.name, where, code,
                   built, site ? site : "");
}

enum {
    ROWS = MB_KERNEL_CALL_ROWS,
    WORDS = ROWS / 64,
    MARGIN = 64,
    PATTERN = 0xa5, // what bytes are that nobody may write
};
MB_WHOLE_WORDS(ROWS);

// What a kernel writes to while it is looked after.
typedef struct guarded {
    _Alignas(64) uint8_t before[MARGIN];
    uint8_t values[ROWS * 8];
    uint8_t between[MARGIN];
    uint64_t valid[WORDS];
    uint8_t behind[MARGIN];
    uint8_t inputs[MB_KERNEL_INPUTS][ROWS * 8]; // as they were
} guarded;

static bool untouched(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != PATTERN) return false;
    return true;
}

static size_t input_bytes(const mb_registered *kernel, const mb_kernel_block *block, int i)
{
    return (size_t)(block->n * mb_kind_width(kernel->inputs[i].kind));
}

static bool same_inputs(const mb_registered *kernel, const mb_kernel_block *block,
                        const guarded *before)
{
    for (int i = 0; i < kernel->ninputs; i++)
        if (memcmp(before->inputs[i], block->in[i], input_bytes(kernel, block, i)) != 0)
            return false;
    return true;
}

static int call(const mb_registered *kernel, mb_kernel_block *block)
{
    block->failed = -1;
    *block->message = '\0';
    return kernel->is.apply(block, kernel->is.data);
}

// The same, by way of memory whose other bytes it must leave alone.
static mb_status call_guarded(mb_context *cx, const mb_registered *kernel, mb_kernel_block *block,
                              int *code)
{
    guarded to;
    mb_kernel_block within = *block;
    const size_t bytes = (size_t)block->n * (size_t)mb_kind_width(kernel->result);
    const size_t words = (size_t)(block->n + 63) / 64;
    const long long first = block->row + 1, last = block->row + block->n;
    memset(&to, PATTERN, offsetof(guarded, inputs));
    for (int i = 0; i < kernel->ninputs; i++)
        memcpy(to.inputs[i], block->in[i], input_bytes(kernel, block, i));
    within.out = to.values;
    if (block->out_valid) {
        memcpy(to.valid, block->out_valid, words * sizeof *to.valid);
        within.out_valid = to.valid;
    }
    *code = call(kernel, &within);
    block->failed = within.failed;
    memcpy(block->message, within.message, sizeof block->message);
    const size_t kept = block->out_valid ? words * sizeof *to.valid : 0;
    if (!untouched(to.before, sizeof to.before) ||
        !untouched(to.values + bytes, sizeof to.values - bytes) ||
        !untouched(to.between, sizeof to.between) ||
        !untouched((const uint8_t *)to.valid + kept, sizeof to.valid - kept) ||
        !untouched(to.behind, sizeof to.behind))
        return mb_fail(cx, MB_EINVALID,
                       "%s wrote out of its block: it may write %lld value%s of %s at rows %lld to "
                       "%lld, and nothing else",
                       kernel->is.name, (long long)block->n, mb_plural(block->n),
                       mb_registered_type(kernel->result), first, last);
    if (!same_inputs(kernel, block, &to))
        return mb_fail(cx, MB_EINVALID, "%s wrote to its inputs at rows %lld to %lld",
                       kernel->is.name, first, last);
    memcpy(block->out, to.values, bytes);
    if (block->out_valid) memcpy(block->out_valid, to.valid, kept);
    return MB_OK;
}

// Of a bool any byte but 0 is true.
static void make_bools(uint8_t *bytes, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        bytes[i] = bytes[i] != 0;
}

mb_status mb_registered_call(mb_context *cx, const mb_registered *kernel, mb_kernel_block *block,
                             bool guarded, const char *site)
{
    int code = 0;
    mb_status status = MB_OK;
    if (guarded)
        status = call_guarded(cx, kernel, block, &code);
    else
        code = call(kernel, block);
    if (status) return status;
    if (code) return mb_registered_fail(cx, kernel, block, code, site);
    if (kernel->result == MB_BOOL) make_bools(block->out, block->n);
    return MB_OK;
}
