#include "labs/params.h"

#include "base/alloc.h"
#include "labs/ports.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#define MAX_INT 1000000000l /* of {int A..B}, on both sides of 0 */

static const char *const words[] = {
    "apple",  "bridge", "candle", "desert", "engine", "forest", "garden",
    "harbor", "island", "jacket", "kettle", "ladder", "magnet", "needle",
    "orange", "pencil", "quartz", "ribbon", "saddle", "temple", "umbrella",
    "valley", "window", "yellow", "anchor", "basket", "cactus", "dragon",
    "falcon", "guitar", "hammer", "jungle",
};

/* A stream of numbers from a seed: HMAC over a counter. */
struct stream {
    unsigned char key[32];
    uint32_t counter;
};

static uint64_t draw(struct stream *stream)
{
    unsigned char digest[32];
    unsigned char counter[4];
    uint64_t number;
    size_t len;

    stream->counter++;
    for (int i = 0; i < 4; i++)
        counter[i] = (unsigned char)(stream->counter >> (24 - 8 * i));
    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, stream->key,
                   sizeof(stream->key), counter, sizeof(counter), digest,
                   sizeof(digest), &len))
        abort();
    number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | digest[i];
    return number;
}

static void seed(struct stream *stream, const struct lab *lab,
                 const char *student)
{
    char *key = alloc_printf("%s %s", lab->id, lab->version);
    size_t len;

    *stream = (struct stream){0};
    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, strlen(key),
                   (const unsigned char *)student, strlen(student), stream->key,
                   sizeof(stream->key), &len))
        abort();
    free(key);
}

static void draw_hex(struct buf *out, struct stream *stream, unsigned digits)
{
    uint64_t number = draw(stream);

    for (unsigned i = 0; i < digits; i++, number >>= 4)
        buf_append_u8(out, (uint8_t) "0123456789abcdef"[number & 15]);
}

static void draw_int(struct buf *out, struct stream *stream, long min, long max,
                     unsigned divisor)
{
    long value = min + (long)(draw(stream) % (uint64_t)(max - min + 1));

    if (divisor == 1)
        buf_printf(out, "%ld", value);
    else
        buf_printf(out, "%s%ld.%0*ld", value < 0 ? "-" : "",
                   labs(value) / (long)divisor, divisor == 10 ? 1 : 2,
                   labs(value) % (long)divisor);
}

/* A number at *text, which is moved behind it; false when there is none. */
static bool take_number(const char **text, long *number)
{
    char *end;

    *number = strtol(*text, &end, 10);
    if (end == *text)
        return false;
    *text = end;
    return true;
}

static bool take(const char **text, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(*text, word, len) != 0)
        return false;
    *text += len;
    return true;
}

/* "/10" or "/100"; 1 when it is neither. */
static unsigned take_divisor(const char **text)
{
    const char *at = *text;
    long divisor;

    if (!take(&at, "/") || !take_number(&at, &divisor) ||
        (divisor != 10 && divisor != 100))
        return 1;
    *text = at;
    return (unsigned)divisor;
}

/*
 * One "{...}" at the start of rule. Returns how many characters it took, or 0
 * when it is none that is known.
 */
static size_t draw_one(struct buf *out, struct stream *stream, const char *rule)
{
    const char *at = rule;
    long min;
    long max;

    if (take(&at, "{hex") && take_number(&at, &min) && take(&at, "}") &&
        min > 0 && min <= 16) {
        draw_hex(out, stream, (unsigned)min);
        return (size_t)(at - rule);
    }
    at = rule;
    if (take(&at, "{int ") && take_number(&at, &min) && take(&at, "..") &&
        take_number(&at, &max) && take(&at, "}") && min <= max &&
        min >= -MAX_INT && max <= MAX_INT) {
        draw_int(out, stream, min, max, take_divisor(&at));
        return (size_t)(at - rule);
    }
    at = rule;
    if (take(&at, "{word}")) {
        buf_append_string(
            out, words[draw(stream) % (sizeof(words) / sizeof(words[0]))]);
        return (size_t)(at - rule);
    }
    return 0;
}

static const char *draw_rule(struct buf *out, struct stream *stream,
                             const char *rule)
{
    while (*rule) {
        if (*rule != '{') {
            buf_append_u8(out, (uint8_t)*rule++);
            continue;
        }
        size_t used = draw_one(out, stream, rule);
        if (!used)
            return "a rule is {hexN}, {int A..B}, {int A..B}/10 or {word}";
        rule += used;
    }
    return NULL;
}

/* Of the "{...}" at the start of rule. */
static uint64_t variety_of_one(const char *rule)
{
    const char *at = rule;
    long min;
    long max;

    if (take(&at, "{hex") && take_number(&at, &min) && min > 0)
        return min < 8 ? UINT64_C(1) << (4 * min) : UINT32_MAX;
    at = rule;
    if (take(&at, "{int ") && take_number(&at, &min) && take(&at, "..") &&
        take_number(&at, &max) && min <= max)
        return (uint64_t)(max - min) + 1;
    at = rule;
    return take(&at, "{word}") ? sizeof(words) / sizeof(words[0]) : 1;
}

uint64_t params_variety(const char *rule)
{
    uint64_t variety = 1;

    for (const char *at = strchr(rule, '{'); at; at = strchr(at + 1, '{')) {
        variety *= variety_of_one(at);
        if (variety > UINT32_MAX)
            return UINT32_MAX;
    }
    return variety;
}

const char *params_draw(struct lab *lab, const char *student,
                        const struct lab_param **bad)
{
    struct stream stream;

    seed(&stream, lab, student);
    for (size_t i = 0; i < lab->param_count; i++) {
        struct buf value = {0};
        const char *wrong = draw_rule(&value, &stream, lab->params[i].rule);

        free(lab->params[i].value);
        lab->params[i].value = buf_take_string(&value);
        *bad = &lab->params[i];
        if (wrong)
            return wrong;
    }
    return NULL;
}

static struct lab_param *find(struct lab *lab, const char *name, size_t len)
{
    for (size_t i = 0; i < lab->param_count; i++) {
        if (strlen(lab->params[i].name) == len &&
            !strncmp(lab->params[i].name, name, len))
            return &lab->params[i];
    }
    return NULL;
}

static void append_u16(struct buf *out, unsigned long number)
{
    buf_printf(out, "%02lx %02lx", number >> 8 & 0xff, number & 0xff);
}

/* A value as form asks for it; false when there is no such form. */
static bool append_form(struct buf *out, const char *value, const char *form,
                        size_t len)
{
    if (len == 3 && !strncmp(form, "hex", 3)) {
        for (const char *c = value; *c; c++)
            buf_printf(out, "%s%02x", c > value ? " " : "",
                       (unsigned)(unsigned char)*c);
    } else if (len == 5 && !strncmp(form, "len16", 5)) {
        append_u16(out, strlen(value));
    } else if (len == 2 && !strncmp(form, "u8", 2)) {
        buf_printf(out, "%02lx", strtoul(value, NULL, 10) & 0xff);
    } else if (len == 3 && !strncmp(form, "u16", 3)) {
        append_u16(out, strtoul(value, NULL, 10));
    } else {
        return false;
    }
    return true;
}

/* What stands between the braces, filled in; false when it is unknown. */
static bool fill_one(struct buf *out, struct lab *lab, const char *text,
                     size_t len)
{
    const char *bar = memchr(text, '|', len);
    size_t name_len = bar ? (size_t)(bar - text) : len;
    struct lab_param *param = find(lab, text, name_len);

    uint16_t port = param ? 0 : ports_find(text, len);

    if (port)
        buf_printf(out, "%u", (unsigned)port);
    if (!param)
        return port != 0;
    param->used = true;
    if (bar)
        return append_form(out, param->value, bar + 1, len - name_len - 1);
    buf_append_string(out, param->value);
    return true;
}

bool params_fill(struct buf *out, struct lab *lab, const char *text)
{
    bool all_known = true;

    for (;;) {
        const char *open = strstr(text, "{{");
        const char *close = open ? strstr(open, "}}") : NULL;

        if (!close) {
            buf_append_string(out, text);
            return all_known;
        }
        buf_append(out, text, (size_t)(open - text));
        if (!fill_one(out, lab, open + 2, (size_t)(close - open - 2))) {
            all_known = false;
            buf_append(out, open, (size_t)(close + 2 - open));
        }
        text = close + 2;
    }
}
