/*
 * Dates in filters, in the two forms that Wireshark takes.
 */
#include "wire/filter_tree.h"

#include <ctype.h>
#include <strings.h>
#include <time.h>

struct scan {
    struct slice rest;
    struct tm tm;
    uint64_t ns;
    long zone_s; /* east of Greenwich */
    bool has_clock;
    bool has_zone;
};

static bool take(struct scan *scan, char c)
{
    if (!scan->rest.len || scan->rest.bytes[0] != (uint8_t)c)
        return false;
    scan->rest = slice_skip(scan->rest, 1);
    return true;
}

static void take_spaces(struct scan *scan)
{
    while (take(scan, ' ')) {
    }
}

/* A number of one to so many digits, in a range. */
static bool take_number(struct scan *scan, int digits, int low, int high,
                        int *number)
{
    int count = 0;

    *number = 0;
    while (count < digits && scan->rest.len && isdigit(scan->rest.bytes[0])) {
        *number = *number * 10 + scan->rest.bytes[0] - '0';
        scan->rest = slice_skip(scan->rest, 1);
        count++;
    }
    return count > 0 && *number >= low && *number <= high;
}

/* "14:05:00.25" */
static bool take_clock(struct scan *scan)
{
    uint64_t unit = 100000000;

    if (!take_number(scan, 2, 0, 23, &scan->tm.tm_hour) || !take(scan, ':') ||
        !take_number(scan, 2, 0, 59, &scan->tm.tm_min) || !take(scan, ':') ||
        !take_number(scan, 2, 0, 60, &scan->tm.tm_sec))
        return false;
    scan->has_clock = true;
    if (!take(scan, '.'))
        return true;
    for (; unit && scan->rest.len && isdigit(scan->rest.bytes[0]); unit /= 10) {
        scan->ns += unit * (uint64_t)(scan->rest.bytes[0] - '0');
        scan->rest = slice_skip(scan->rest, 1);
    }
    return true;
}

/* "Z" or "+01:00" or nothing. */
static bool take_offset(struct scan *scan)
{
    bool west = scan->rest.len && scan->rest.bytes[0] == '-';
    int hours;
    int minutes;

    scan->has_zone = take(scan, 'Z');
    if (scan->has_zone || (!take(scan, '+') && !take(scan, '-')))
        return true;
    scan->has_zone = true;
    if (!take_number(scan, 2, 0, 23, &hours) || !take(scan, ':') ||
        !take_number(scan, 2, 0, 59, &minutes))
        return false;
    scan->zone_s = (west ? -60L : 60L) * (hours * 60L + minutes);
    return true;
}

static void take_utc(struct scan *scan)
{
    struct slice text = scan->rest;

    while (text.len && text.bytes[0] == ' ')
        text = slice_skip(text, 1);
    if (!slice_equal_string(text, "UTC"))
        return;
    scan->rest = slice_of(NULL, 0);
    scan->has_zone = true;
}

/* "2026-11-21"; the clock may follow. */
static bool take_iso(struct scan *scan)
{
    int year;

    if (!take_number(scan, 4, 1970, 2261, &year) || !take(scan, '-') ||
        !take_number(scan, 2, 1, 12, &scan->tm.tm_mon) || !take(scan, '-') ||
        !take_number(scan, 2, 1, 31, &scan->tm.tm_mday))
        return false;
    scan->tm.tm_year = year - 1900;
    scan->tm.tm_mon--;
    return (!take(scan, 'T') && !take(scan, ' ')) ||
           (take_clock(scan) && take_offset(scan));
}

/* "Nov 21, 2026 14:05:00" */
static bool take_english(struct scan *scan)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
                                         "May", "Jun", "Jul", "Aug",
                                         "Sep", "Oct", "Nov", "Dec"};
    int year;

    while (scan->tm.tm_mon < 12 &&
           (scan->rest.len < 3 || strncasecmp((const char *)scan->rest.bytes,
                                              months[scan->tm.tm_mon], 3) != 0))
        scan->tm.tm_mon++;
    if (scan->tm.tm_mon == 12)
        return false;
    scan->rest = slice_skip(scan->rest, 3);
    take_spaces(scan);
    if (!take_number(scan, 2, 1, 31, &scan->tm.tm_mday) || !take(scan, ','))
        return false;
    take_spaces(scan);
    if (!take_number(scan, 4, 1970, 2261, &year))
        return false;
    scan->tm.tm_year = year - 1900;
    take_spaces(scan);
    return take_clock(scan);
}

const char *filter_date_parse(struct slice text, uint64_t *ns)
{
    struct scan scan = {.rest = text, .tm.tm_isdst = -1};
    bool iso = text.len && isdigit(text.bytes[0]);

    bool good = iso ? take_iso(&scan) : take_english(&scan);

    if (!scan.has_zone && scan.has_clock)
        take_utc(&scan);
    if (!good || scan.rest.len)
        return "write a time as \"2026-11-21 14:05:00\"";
    int day = scan.tm.tm_mday;
    int64_t seconds =
        scan.has_zone ? timegm(&scan.tm) - scan.zone_s : mktime(&scan.tm);
    if (scan.tm.tm_mday != day && scan.tm.tm_sec < 60)
        return "there is no such day";
    if (seconds < 0)
        return "this was before 1970";
    *ns = (uint64_t)seconds * 1000000000 + scan.ns;
    return NULL;
}
