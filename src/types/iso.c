#include "types/iso.h"

#include <string.h>

enum { DATE = 11, USUAL = 19, WORD = 8, OFFSET = 6 };

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static uint64_t word_at(const char *text)
{
    uint64_t word; // little-endian: the first byte is the lowest
    memcpy(&word, text, WORD);
    return word;
}

// Bytes with their highest bit set where a word is none of a form, which has digits for zeros. The
// word less the form has digits from 0 to 9 there, and zeros elsewhere.
static uint64_t differ(uint64_t digits, uint64_t room)
{
    return ((digits + room) | digits) & EACH(0x80);
}

// Eight digits as a number: neighbours are added to each other three times (D. Lemire, "Quickly
// parsing eight digits").
static uint64_t number_of(uint64_t digits)
{
    const uint64_t hundreds = UINT64_C(0x000000FF000000FF);
    digits = digits * 10 + (digits >> 8);
    return (((digits & hundreds) * UINT64_C(0x000F424000000064)) +
            (((digits >> 16) & hundreds) * UINT64_C(0x0000271000000001))) >>
           32;
}

// One to nine digits as nanoseconds, of which at least 8 - n bytes before them can be read.
static bool read_fraction(const char *text, size_t n, int64_t *nanoseconds)
{
    const int last = n > WORD ? text[WORD] : '0';
    const unsigned shift = n < WORD ? 8 * (unsigned)(WORD - n) : 0;
    uint64_t digits = word_at(text + (n < WORD ? n : WORD) - WORD) ^ EACH('0');
    digits >>= shift; // zeros follow
    *nanoseconds = (int64_t)(number_of(digits) * 10 + (uint64_t)(last - '0'));
    return !differ(digits, EACH(0x76)) && last >= '0' && last <= '9';
}

// "+hh:mm" as seconds.
static bool read_offset(const char *text, int64_t *seconds)
{
    static const char form[OFFSET] = "000:00";
    unsigned digit[OFFSET], beyond = 0;
    for (int i = 1; i < OFFSET; i++) {
        digit[i] = (unsigned)(unsigned char)text[i] - (unsigned)(unsigned char)form[i];
        beyond |= digit[i] > (i == 3 ? 0 : 9);
    }
    const int64_t hours = digit[1] * 10 + digit[2], minutes = digit[4] * 10 + digit[5];
    *seconds = (hours * 60 + minutes) * (text[0] == '-' ? -60 : 60);
    return !beyond && hours < 24 && minutes < 60 && (text[0] == '+' || text[0] == '-');
}

// Days since 1970 of years from 0 on: H. Hinnant, chrono-Compatible Low-Level Date Algorithms, of
// which the eras are left out, since all years are in one sum here. Nothing here and below jumps:
// dates in any order would be guessed wrong.
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
    enum { ERA_YEARS = 400, ERA_DAYS = 146097, BEFORE_1970 = 719468 };
    const unsigned before_march = month <= 2;
    const unsigned from_march = month + 12 * before_march - 3;
    const unsigned years = year + ERA_YEARS - before_march; // above 0
    const unsigned days =
        years * 365 + years / 4 - years / 100 + years / 400 + (153 * from_march + 2) / 5 + day - 1;
    return (int64_t)days - ERA_DAYS - BEFORE_1970;
}

// Days of a month, 0 of those that are none.
static unsigned month_days(unsigned century, unsigned year, unsigned month)
{
    static const uint8_t days[2][16] = {{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31},
                                        {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}};
    const bool leap = ((year ? year : century) & 3) == 0;
    return days[leap][month < 16 ? month : 0];
}

static unsigned pair_at(uint64_t pairs, int byte)
{
    return pairs >> 8 * byte & 0xff;
}

// Whether all 19 bytes are in the form; then their second.
static bool read_second(const char *text, int64_t *second)
{
    const uint64_t date = word_at(text) ^ word_at("0000-00-");
    const uint64_t clock = word_at(text + DATE) ^ word_at("00:00:00");
    const unsigned tens = (unsigned)(unsigned char)text[8] - (unsigned)'0';
    const unsigned ones = (unsigned)(unsigned char)text[9] - (unsigned)'0';
    const uint64_t odd = differ(date, UINT64_C(0x7f76767f76767676)) |
                         differ(clock, UINT64_C(0x76767f76767f7676)) | (tens > 9) | (ones > 9) |
                         ((text[10] != 'T') & (text[10] != ' '));
    const uint64_t dates = date * 10 + (date >> 8), clocks = clock * 10 + (clock >> 8);
    const unsigned century = pair_at(dates, 0), year = pair_at(dates, 2);
    const unsigned month = pair_at(dates, 5), day = tens * 10 + ones;
    const unsigned hour = pair_at(clocks, 0), minute = pair_at(clocks, 3),
                   last = pair_at(clocks, 6);
    const unsigned beyond =
        (day - 1 >= month_days(century, year, month)) | (hour > 23) | (minute > 59) | (last > 59);
    *second = days_of(century * 100 + year, month, day) * 86400 + (hour * 60 + minute) * 60 + last;
    return !(odd | beyond);
}

static inline bool read_usual(const char *text, size_t length, int64_t *second, int64_t *nanosecond)
{
    int64_t offset = 0;
    *nanosecond = 0;
    if (length < USUAL || !read_second(text, second)) return false;
    if (length == USUAL) return true;
    if (text[length - 1] == 'Z') {
        length--;
    } else if (length >= USUAL + OFFSET && text[length - 3] == ':') {
        length -= OFFSET;
        if (!read_offset(text + length, &offset)) return false;
    }
    *second -= offset;
    if (length == USUAL) return true;
    const size_t digits = length - USUAL - 1;
    return text[USUAL] == '.' && digits - 1 < 9 &&
           read_fraction(text + USUAL + 1, digits, nanosecond);
}

bool mb_iso_read(const char *text, size_t length, int64_t *second, int64_t *nanosecond)
{
    return read_usual(text, length, second, nanosecond);
}

void mb_iso_read_all(const char *bytes, const uint64_t *offsets, int64_t n, int64_t *seconds,
                     int64_t *nanoseconds, uint8_t *read)
{
    for (int64_t i = 0; i < n; i++)
        read[i] = read_usual(bytes + offsets[i], offsets[i + 1] - offsets[i], &seconds[i],
                             &nanoseconds[i]);
}
