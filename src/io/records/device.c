#include "io/records/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODE_COMP = 21036, CODE_IP = 5022 };

// A name taken apart.
typedef struct parts {
    const char *name;
    int prefix; // bytes
    int digits;
    bool padded; // the number begins with a zero
    int64_t number;
} parts;

static uint16_t code_of(const char *prefix, int length)
{
    if (length == 4 && memcmp(prefix, "Comp", 4) == 0) return CODE_COMP;
    if (length == 2 && memcmp(prefix, "IP", 2) == 0) return CODE_IP;
    uint32_t hash = UINT32_C(2166136261);
    for (int i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)prefix[i]) * UINT32_C(16777619);
    uint16_t code = (uint16_t)(hash ^ hash >> 16);
    while (code == 0 || code == CODE_COMP || code == CODE_IP)
        code++;
    return code;
}

void mb_device_open(mb_device_table *table)
{
    memset(table, 0, sizeof *table);
    for (int i = 0; i < MB_DEVICE_SHORTCUTS; i++)
        table->shortcuts[i].key = UINT64_MAX;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *take_apart(const char *name, size_t length, parts *p)
{
    size_t first = length;
    *p = (parts){.name = name};
    while (first > 0 && is_digit(name[first - 1]))
        first--;
    if (length == 0) return "is empty";
    if (first >= MB_DEVICE_PREFIX_SIZE) return "has a prefix of more than 63 bytes";
    if (length - first >= MB_DEVICE_WIDEST) return "has too many digits";
    p->prefix = (int)first;
    p->digits = (int)(length - first);
    p->padded = p->digits && name[first] == '0';
    for (size_t i = first; i < length; i++) {
        p->number = 10 * p->number + (name[i] - '0');
        if (p->number >> MB_DEVICE_BITS) return "has a number of 2^20 or more";
    }
    return NULL;
}

// The entry with this code, or -1; `slot` is then where it would go.
static int find_code(const mb_device_table *table, uint16_t code, unsigned *slot)
{
    for (unsigned at = code % MB_DEVICE_SLOTS;; at = (at + 1) % MB_DEVICE_SLOTS) {
        *slot = at;
        if (!table->slots[at]) return -1;
        if (table->prefixes[table->slots[at] - 1].code == code) return table->slots[at] - 1;
    }
}

static bool same_prefix(const mb_device_prefix *entry, const char *prefix, int length)
{
    return entry->length == length && memcmp(entry->name, prefix, (size_t)length) == 0;
}

// What an entry knows once it has seen one more name.
static void see(mb_device_prefix *entry, const parts *p)
{
    uint8_t digits = (uint8_t)p->digits;
    if (digits == 0) {
        entry->bare = 1;
        return;
    }
    if (digits < entry->highest) entry->highest = digits;
    if (p->padded && digits > entry->lowest) entry->lowest = digits;
    if (p->number == 0) entry->zero = 1;
}

static bool consistent(const mb_device_prefix *entry)
{
    return entry->lowest <= entry->highest && !(entry->bare && entry->zero);
}

static bool equal_entries(const mb_device_prefix *a, const mb_device_prefix *b)
{
    return a->lowest == b->lowest && a->highest == b->highest && a->bare == b->bare &&
           a->zero == b->zero;
}

static void add_shortcut(mb_device_table *table, const mb_device_prefix *entry, int index)
{
    if (entry->length == 0 || entry->length >= 8) return;
    uint64_t key = 0;
    memcpy(&key, entry->name, entry->length);
    table->shortcuts[mb_device_shortcut_of(key)] = (mb_device_shortcut){key, index};
}

static const char *add_entry(mb_device_table *table, const mb_device_prefix *entry, unsigned slot,
                             char *reason)
{
    if (table->count == MB_DEVICE_PREFIXES) {
        snprintf(reason, MB_DEVICE_REASON_SIZE, "is one prefix too many: a file may have %d",
                 MB_DEVICE_PREFIXES);
        return reason;
    }
    table->prefixes[table->count] = *entry;
    table->slots[slot] = (uint16_t)(table->count + 1);
    add_shortcut(table, entry, table->count);
    table->count++;
    return NULL;
}

static const char *tell_clash(const mb_device_prefix *entry, const char *prefix, int length,
                              char *reason)
{
    snprintf(reason, MB_DEVICE_REASON_SIZE, "has the prefix '%.*s', whose code %d is that of '%s'",
             length, prefix, entry->code, entry->name);
    return reason;
}

static const char *tell_contradiction(const mb_device_prefix *entry, char *reason)
{
    if (entry->bare && entry->zero)
        snprintf(reason, MB_DEVICE_REASON_SIZE,
                 "would have the same id as another name: '%s' and '%s0' both occur", entry->name,
                 entry->name);
    else
        snprintf(reason, MB_DEVICE_REASON_SIZE,
                 "contradicts the names before it: numbers of '%s' are padded to %d digits in one "
                 "and have %d in another",
                 entry->name, entry->lowest, entry->highest);
    return reason;
}

static int64_t id_of(const mb_device_prefix *entry, const parts *p)
{
    return (int64_t)entry->code << MB_DEVICE_BITS ^ p->number;
}

bool mb_device_find(const mb_device_table *table, const char *name, size_t length, int64_t *id)
{
    parts p;
    unsigned slot;
    if (take_apart(name, length, &p)) return false;
    int index = find_code(table, code_of(name, p.prefix), &slot);
    if (index < 0 || !same_prefix(&table->prefixes[index], name, p.prefix)) return false;
    mb_device_prefix changed = table->prefixes[index];
    see(&changed, &p);
    if (!equal_entries(&changed, &table->prefixes[index])) return false;
    *id = id_of(&changed, &p);
    return true;
}

const char *mb_device_learn(mb_device_table *table, const char *name, size_t length, int64_t *id,
                            char *reason)
{
    parts p;
    unsigned slot;
    mb_device_prefix changed = {.highest = MB_DEVICE_WIDEST};
    const char *fault = take_apart(name, length, &p);
    if (fault) return fault;
    uint16_t code = code_of(name, p.prefix);
    int index = find_code(table, code, &slot);
    if (index >= 0) {
        changed = table->prefixes[index];
        if (!same_prefix(&changed, name, p.prefix))
            return tell_clash(&changed, name, p.prefix, reason);
    } else {
        memcpy(changed.name, name, (size_t)p.prefix);
        changed.length = (uint8_t)p.prefix;
        changed.code = code;
    }
    see(&changed, &p);
    if (!consistent(&changed)) return tell_contradiction(&changed, reason);
    if (index >= 0)
        table->prefixes[index] = changed;
    else
        fault = add_entry(table, &changed, slot, reason);
    if (!fault) *id = id_of(&changed, &p);
    return fault;
}

static const char *merge_entry(mb_device_table *table, const mb_device_prefix *other, char *reason)
{
    unsigned slot;
    int index = find_code(table, other->code, &slot);
    if (index < 0) return add_entry(table, other, slot, reason);
    mb_device_prefix *entry = &table->prefixes[index];
    if (!same_prefix(entry, other->name, other->length))
        return tell_clash(entry, other->name, other->length, reason);
    if (other->lowest > entry->lowest) entry->lowest = other->lowest;
    if (other->highest < entry->highest) entry->highest = other->highest;
    entry->bare |= other->bare;
    entry->zero |= other->zero;
    return consistent(entry) ? NULL : tell_contradiction(entry, reason);
}

const char *mb_device_merge(mb_device_table *table, const mb_device_prefix *others, int count,
                            char *reason)
{
    const char *fault = NULL;
    for (int i = 0; i < count && !fault; i++)
        fault = merge_entry(table, &others[i], reason);
    return fault;
}

bool mb_device_equal(const mb_device_table *a, const mb_device_table *b)
{
    return a->count == b->count &&
           memcmp(a->prefixes, b->prefixes, (size_t)a->count * sizeof a->prefixes[0]) == 0;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(a, b);
}

int mb_device_describe(const mb_device_table *table, char *texts)
{
    int n = 0;
    memset(texts, 0, (size_t)table->count * 2 * MB_DEVICE_TEXT_SIZE);
    for (int i = 0; i < table->count; i++) {
        const mb_device_prefix *entry = &table->prefixes[i];
        int lowest = entry->lowest ? entry->lowest : 1;
        if (entry->bare)
            snprintf(texts + (size_t)n++ * MB_DEVICE_TEXT_SIZE, MB_DEVICE_TEXT_SIZE, "%s:%d:-",
                     entry->name, entry->code);
        if (entry->highest == MB_DEVICE_WIDEST) continue;
        char *text = texts + (size_t)n++ * MB_DEVICE_TEXT_SIZE;
        if (lowest == entry->highest)
            snprintf(text, MB_DEVICE_TEXT_SIZE, "%s:%d:%d", entry->name, entry->code, lowest);
        else
            snprintf(text, MB_DEVICE_TEXT_SIZE, "%s:%d:%d-%d", entry->name, entry->code, lowest,
                     entry->highest);
    }
    qsort(texts, (size_t)n, MB_DEVICE_TEXT_SIZE, compare_texts);
    return n;
}

// The number that n digits are; -1 for anything else, and for one above a limit.
static int read_digits(const char *text, size_t n, int most)
{
    int number = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(text[i])) return -1;
        number = 10 * number + (text[i] - '0');
        if (number > most) return -1;
    }
    return n ? number : -1;
}

bool mb_device_parse(const char *text, mb_device_prefix *prefix)
{
    enum { MOST = MB_DEVICE_WIDEST - 1 };
    const char *end = strrchr(text, ':'), *code = end;
    while (code && code > text && code[-1] != ':')
        code--;
    if (!code || code == text || code - text > MB_DEVICE_PREFIX_SIZE) return false;
    const char *widths = end + 1, *dash = strchr(widths, '-');
    int number = read_digits(code, (size_t)(end - code), UINT16_MAX);
    int lowest = read_digits(widths, strcspn(widths, "-"), MOST);
    int highest = dash ? read_digits(dash + 1, strlen(dash + 1), MOST) : lowest;
    bool bare = strcmp(widths, "-") == 0;
    if (number < 0 || (!bare && (lowest < 1 || highest < lowest))) return false;
    *prefix = (mb_device_prefix){.code = (uint16_t)number,
                                 .length = (uint8_t)(code - 1 - text),
                                 .lowest = (uint8_t)(bare ? 0 : lowest),
                                 .highest = (uint8_t)(bare ? MB_DEVICE_WIDEST : highest),
                                 .bare = bare};
    memcpy(prefix->name, text, prefix->length);
    return true;
}
