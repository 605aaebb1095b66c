// Masks of 64 bytes say where separators, line ends and quotes are; those within quotes are masked
// out by the parity of the quotes before them.

#include "io/records/lines.h"

#if defined __AVX512BW__ || defined __AVX2__
#include <immintrin.h>
#elif defined __SSE2__
#include <emmintrin.h>
#endif

#if defined __AVX512BW__
typedef __m512i text_block;
static inline text_block load(const char *text)
{
    return _mm512_loadu_si512((const void *)text);
}
static inline uint64_t find(const text_block *block, char byte)
{
    return _mm512_cmpeq_epi8_mask(*block, _mm512_set1_epi8(byte));
}
#elif defined __AVX2__
typedef struct text_block {
    __m256i half[2];
} text_block;
static inline text_block load(const char *text)
{
    return (text_block){{_mm256_loadu_si256((const void *)text),
                         _mm256_loadu_si256((const void *)(text + sizeof(__m256i)))}};
}
static inline uint64_t find(const text_block *block, char byte)
{
    const __m256i all = _mm256_set1_epi8(byte);
    uint64_t mask = 0;
    for (int i = 0; i < 2; i++) {
        const int bits = _mm256_movemask_epi8(_mm256_cmpeq_epi8(block->half[i], all));
        mask |= (uint64_t)(uint32_t)bits << 32 * i;
    }
    return mask;
}
#elif defined __SSE2__
typedef struct text_block {
    __m128i part[4];
} text_block;
static inline text_block load(const char *text)
{
    text_block block;
    for (int i = 0; i < 4; i++)
        block.part[i] = _mm_loadu_si128((const void *)(text + 16 * i));
    return block;
}
static inline uint64_t find(const text_block *block, char byte)
{
    const __m128i all = _mm_set1_epi8(byte);
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++)
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block->part[i], all))
                << 16 * i;
    return mask;
}
#else
typedef struct text_block {
    const char *text;
} text_block;
static inline text_block load(const char *text)
{
    return (text_block){text};
}
static inline uint64_t find(const text_block *block, char byte)
{
    uint64_t mask = 0;
    for (int i = 0; i < MB_LINES_STEP; i++)
        mask |= (uint64_t)(block->text[i] == byte) << i;
    return mask;
}
#endif

enum { LAST = MB_LINES_STEP - 1 };

// Bit i: the parity of bits 0 to i.
static inline uint64_t parities(uint64_t bits)
{
    for (int shift = 1; shift < MB_LINES_STEP; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

typedef struct state {
    uint64_t inside;        // all bits: quotes are open,
    uint64_t behind, quote; // bit 0: the byte before is one that ends a field, or a quote
    uint64_t closed;        // bit 0: it is one that closes
} state;

// The bytes of a block that are in quotes, the opening ones among them; `*inner`: quotes that open
// what has closed.
static inline uint64_t quoted(state *at, uint64_t quotes, uint64_t delimiters, uint64_t *inner,
                              bool *odd)
{
    const uint64_t in = parities(quotes) ^ at->inside;
    const uint64_t opening = quotes & in, closing = quotes & ~in;
    const uint64_t before = delimiters << 1 | at->behind | quotes << 1 | at->quote;
    const uint64_t behind_closing = closing << 1 | at->closed;
    *odd = *odd || (opening & ~before) || (behind_closing & ~(delimiters | quotes));
    *inner = opening & ~(delimiters << 1 | at->behind);
    at->inside = 0 - (in >> LAST);
    at->closed = closing >> LAST;
    return in;
}

// The numbers of set bits, from `at` on; eight are written at a time.
static inline void list(uint64_t bits, uint32_t at, uint32_t *ends, int n)
{
    for (int i = 0; i < n; i += 8)
        for (int j = 0; j < 8; j++) {
            ends[i + j] = at + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << LAST);
            bits &= bits - 1;
        }
}

static void scan_text(mb_dialect dialect, const char *text, int64_t n, mb_lines *scan)
{
    state at = {.behind = 1};
    uint32_t *ends = scan->ends, *lines = scan->lines, *inside = scan->inner;
    uint64_t any = 0;
    scan->odd = false;
    for (int64_t i = 0; i < n; i += MB_LINES_STEP) {
        const text_block block = load(text + i);
        const uint64_t used = n - i < MB_LINES_STEP ? (UINT64_C(1) << (n - i)) - 1 : UINT64_MAX;
        const uint64_t cr = find(&block, '\r') & used;
        uint64_t newlines = find(&block, '\n') & used;
        const uint64_t quotes = dialect.quote ? find(&block, dialect.quote) & used : 0;
        if (__builtin_expect(cr != 0, 0)) {
            const bool more = i + MB_LINES_STEP < n && text[i + MB_LINES_STEP] == '\n';
            newlines |= cr & ~(newlines >> 1 | (uint64_t)more << LAST);
        }
        uint64_t delimiters = (find(&block, dialect.separator) & used) | newlines;
        const uint64_t all = delimiters | cr;
        if (quotes | at.inside | at.closed) {
            uint64_t inner;
            const uint64_t in = quoted(&at, quotes, all, &inner, &scan->odd);
            for (; inner; inner &= inner - 1)
                *inside++ = (uint32_t)(i + __builtin_ctzll(inner));
            delimiters &= ~in;
            newlines &= ~in;
            any |= quotes;
        }
        at.behind = all >> LAST;
        at.quote = quotes >> LAST;
        const int count = __builtin_popcountll(delimiters);
        for (; newlines; newlines &= newlines - 1) {
            const uint64_t upto = newlines ^ (newlines - 1); // with the line end
            *lines++ =
                (uint32_t)(ends - scan->ends) + (uint32_t)__builtin_popcountll(delimiters & upto);
        }
        list(delimiters, (uint32_t)i, ends, count);
        ends += count;
    }
    scan->n_ends = ends - scan->ends;
    scan->n_lines = lines - scan->lines;
    scan->n_inner = inside - scan->inner;
    scan->quotes = any != 0;
}

const mb_line_kernels MB_ISA_NAME(mb_line_kernels) = {.scan = scan_text};
