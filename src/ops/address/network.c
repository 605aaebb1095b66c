#include "ops/address/network.h"

#include "comm/lockstep.h"
#include "expr/expression.h"
#include "ops/address/rows.h"
#include "ops/text/entries.h"

// --- Membership.

// The ranges of version 4 that segments have with or without a block, at most `most` of them; -1
// when there are more.
static int list_ranges(const mb_segments *segments, bool others, uint32_t (*ranges)[2], int most)
{
    int n = 0;
    const uint32_t *starts = segments->numbers->data;
    const int64_t *blocks = segments->blocks->data;
    for (int64_t i = 0; i < segments->n_numbers; i++) {
        uint32_t last = i + 1 < segments->n_numbers ? starts[i + 1] - 1 : UINT32_MAX;
        if ((blocks[i] != 0) == others) continue;
        if (n && starts[i] && ranges[n - 1][1] == starts[i] - 1) {
            ranges[n - 1][1] = last;
            continue;
        }
        if (n == most) return -1;
        ranges[n][0] = starts[i];
        ranges[n++][1] = last;
    }
    return n;
}

static mb_status compare(mb_context *cx, mb_operator op, mb_column *numbers, uint32_t bound,
                         mb_column **result)
{
    const mb_value value = {.u = bound};
    return mb_expression_apply_scalar(cx, op, numbers, &mb_type_uint, value, result);
}

static mb_status between(mb_context *cx, mb_column *numbers, const uint32_t range[2],
                         mb_column **result)
{
    mb_column *sides[2] = {NULL, NULL};
    if (range[0] == range[1]) return compare(cx, MB_EQ, numbers, range[0], result);
    mb_status status = compare(cx, MB_GE, numbers, range[0], &sides[0]);
    if (!status) status = compare(cx, MB_LE, numbers, range[1], &sides[1]);
    if (!status) status = mb_expression_apply(cx, MB_AND, sides, NULL, result);
    mb_column_release(sides[0]);
    mb_column_release(sides[1]);
    return status;
}

// A disjunction of ranges; in none of them without any.
static mb_status within_ranges(mb_context *cx, mb_column *column, uint32_t (*ranges)[2], int n,
                               mb_column **result)
{
    mb_column *numbers = NULL, *within = NULL, *next = NULL, *either = NULL;
    mb_status status = mb_ip_to_uint(cx, column, &numbers);
    if (!status && n == 0) status = compare(cx, MB_LT, numbers, 0, &within);
    for (int i = 0; i < n && !status; i++) {
        status = between(cx, numbers, ranges[i], i ? &next : &within);
        if (i == 0 || status) continue;
        status = mb_expression_apply(cx, MB_OR, (mb_column *[]){within, next}, NULL, &either);
        mb_column_release(next);
        next = NULL;
        if (status) continue;
        mb_column_release(within);
        within = either;
    }
    mb_column_release(numbers);
    if (status)
        mb_column_release(within);
    else
        *result = within;
    return status;
}

mb_status mb_ip_in(mb_context *cx, mb_column *column, const mb_network *networks, int64_t n,
                   bool others, mb_column **result)
{
    enum { FEW = 3 };
    uint32_t ranges[FEW][2];
    mb_segments segments = {0};
    mb_buffer *memory = NULL;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(mb_numbered_network), &memory);
    if (!status) {
        mb_numbered_network *list = memory->data;
        for (int64_t i = 0; i < n; i++)
            list[i] = (mb_numbered_network){networks[i], 1};
        status = mb_segments_open(cx, list, n, &segments);
    }
    MB_TRY(mb_step(cx, status, NULL));
    int few = list_ranges(&segments, others, ranges, FEW);
    if (!mb_dictionary_of(column->type) && few >= 0)
        status = mb_step(cx, within_ranges(cx, column, ranges, few, result), NULL);
    else
        status = mb_ip_test_rows(cx, column, &segments, others, result);
done:
    mb_segments_close(&segments);
    mb_buffer_release(memory);
    return status;
}

// --- Parts of addresses.

typedef struct prefixes {
    int of_4, of_6;
} prefixes;

static mb_status mask_entry(const void *argument, mb_string string, mb_text_output *output,
                            bool *valid)
{
    mb_address address;
    const prefixes *bits = argument;
    (void)valid;
    (void)mb_address_of_string(string, &address);
    mb_network network = mb_network_of(&address, address.version == 4 ? bits->of_4 : bits->of_6);
    return mb_text_append(output, mb_address_string(&network.first));
}

mb_status mb_ip_mask(mb_context *cx, mb_column *column, int prefix_4, int prefix_6,
                     mb_column **result)
{
    mb_column *numbers = NULL, *masked = NULL;
    const prefixes bits = {prefix_4, prefix_6};
    const mb_value mask = {.u = prefix_4 ? UINT32_MAX & UINT64_MAX << (32 - prefix_4) : 0};
    mb_status status;
    if (mb_dictionary_of(column->type))
        return mb_text_entries(cx, column, &mb_type_ip, mask_entry, &bits, result);
    MB_TRY(mb_ip_to_uint(cx, column, &numbers));
    MB_TRY(mb_expression_apply_scalar(cx, MB_AND, numbers, &mb_type_uint, mask, &masked));
    status = mb_ip_from_uint(cx, masked, result);
done:
    mb_column_release(numbers);
    mb_column_release(masked);
    return mb_step(cx, status, NULL);
}

static mb_status entry_version(mb_context *cx, const void *argument, mb_string string,
                               mb_value *value, bool *valid)
{
    (void)cx, (void)argument, (void)valid;
    value->i = string.length ? string.bytes[0] : 0;
    return MB_OK;
}

mb_status mb_ip_version(mb_context *cx, mb_column *column, mb_column **result)
{
    mb_column *numbers = NULL;
    mb_map map = {.n = 1, .width = 1}; // the one value of a table is that of all numbers
    if (mb_dictionary_of(column->type))
        return mb_text_values(cx, column, &mb_type_int, entry_version, NULL, result);
    mb_status status = mb_ip_to_uint(cx, column, &numbers);
    if (!status) status = mb_buffer_new_zeroed(cx, 1, 1, &map.values);
    if (!status) {
        *(uint8_t *)map.values->data = 4;
        status = mb_expression_map(cx, numbers, &map, &mb_type_int, result);
    }
    mb_buffer_release(map.values);
    mb_column_release(numbers);
    return mb_step(cx, status, NULL);
}
