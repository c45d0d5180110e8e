#include "client/play_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "client/play_words.h"

#define DAY_MS 86400000

/* ---- reading ---- */

/* Take a word off *text; NULL at the end of the line. */
static char *take_word(const char **text)
{
    const char *start = *text + strspn(*text, " \t\r");
    size_t len;

    if (!*start || *start == '#') {
        *text = start + strlen(start);
        return NULL;
    }
    if (*start == '"') {
        start++;
        len = strcspn(start, "\"");
        *text = start + len + (start[len] == '"');
    } else {
        /* What stands in braces is one word, blanks and all. */
        int depth = 0;

        for (len = 0; start[len] && (depth || !strchr(" \t\r", start[len]));
             len++)
            depth += (start[len] == '{') - (start[len] == '}');
        *text = start + len;
    }
    return alloc_string_of(start, len);
}

static unsigned client_of(struct play_script *script, const char *name)
{
    unsigned i = 0;

    while (i < script->client_count && strcmp(script->clients[i], name) != 0)
        i++;
    return i;
}

static const struct {
    const char *name;
    size_t words; /* needed behind it */
    enum play_deed deed;
    bool of_client;
} deeds[] = {
    {"subscribe",  1, PLAY_SUBSCRIBE,  true },
    {"publish",    2, PLAY_PUBLISH,    true },
    {"disconnect", 0, PLAY_DISCONNECT, true },
    {"cut",        0, PLAY_CUT,        true },
    {"lost",       0, PLAY_LOST,       true },
    {"connect",    1, PLAY_CONNECT,    false},
    {"wait",       1, PLAY_WAIT,       false},
    {"note",       1, PLAY_NOTE,       false},
    {"begin",      0, PLAY_BEGIN,      false},
    {"again",      0, PLAY_AGAIN,      false},
};
#define DEEDS (sizeof(deeds) / sizeof(deeds[0]))

static size_t deed_of(const char *name, bool of_client)
{
    size_t i = 0;

    while (i < DEEDS && (deeds[i].of_client != of_client ||
                         strcmp(deeds[i].name, name) != 0))
        i++;
    return i;
}

static void drop_first(struct play_line *line)
{
    free(line->words[0]);
    line->word_count--;
    memmove(line->words, line->words + 1,
            line->word_count * sizeof(line->words[0]));
}

/* What the words of a line mean; NULL, or why they mean nothing. */
static const char *understand(struct play_script *script,
                              struct play_line *line)
{
    size_t deed = deed_of(line->words[0], false);

    if (deed == DEEDS) {
        line->client = client_of(script, line->words[0]);
        if (line->client == script->client_count || line->word_count < 2)
            return "no such deed, and no client of this name";
        drop_first(line);
        deed = deed_of(line->words[0], true);
        if (deed == DEEDS)
            return "a client can subscribe, publish, disconnect, cut and be lost";
    }
    drop_first(line);
    line->deed = deeds[deed].deed;
    if (line->word_count < deeds[deed].words)
        return "words are missing";
    if (line->deed == PLAY_WAIT && !strchr(line->words[0], '{') &&
        !play_time_ms(line->words[0]))
        return "a time is needed: 2s, 500ms";
    if (line->deed != PLAY_CONNECT)
        return play_words_wrong(line);
    line->client = client_of(script, line->words[0]);
    if (line->client == PLAY_CLIENTS_MAX)
        return "too many clients";
    if (line->client == script->client_count)
        script->clients[script->client_count++] = alloc_string(line->words[0]);
    return play_words_wrong(line);
}

static void free_line(struct play_line *line)
{
    for (size_t i = 0; i < line->word_count; i++)
        free(line->words[i]);
}

/* A line of the text, if there is anything on it. */
static const char *read_line(struct play_script *script, const char *text,
                             unsigned number)
{
    struct play_line line = {.number = number};
    const char *wrong = NULL;
    char *word;

    while (line.word_count < PLAY_WORDS_MAX && (word = take_word(&text)))
        line.words[line.word_count++] = word;
    if (!line.word_count)
        return NULL;
    if (script->line_count == PLAY_LINES_MAX)
        wrong = "too many lines";
    else
        wrong = understand(script, &line);
    if (wrong) {
        free_line(&line);
        return wrong;
    }
    script->lines = alloc_resize(script->lines, script->line_count + 1,
                                 sizeof(*script->lines));
    script->lines[script->line_count++] = line;
    return NULL;
}

/* Read line by line; tells of each that is wrong until it is told to stop. */
static void read_lines(struct play_script *script, const char *text,
                       play_script_wrong *tell, void *context)
{
    unsigned number = 0;

    *script = (struct play_script){0};
    while (*text) {
        size_t len = strcspn(text, "\n");
        char *line = alloc_string_of(text, len);
        const char *wrong = read_line(script, line, ++number);

        free(line);
        if (wrong && !tell(context, number, wrong))
            return;
        text += len + (text[len] == '\n');
    }
}

struct first_error {
    unsigned number;
    const char *wrong; /* NULL: none */
};

static bool keep_error(void *context, unsigned number, const char *wrong)
{
    *(struct first_error *)context = (struct first_error){number, wrong};
    return false;
}

bool play_script_read(struct play_script *script, const char *text, char *error,
                      size_t error_size)
{
    struct first_error first = {0};

    read_lines(script, text, keep_error, &first);
    if (!first.wrong)
        return true;
    snprintf(error, error_size, "line %u: %s", first.number, first.wrong);
    play_script_release(script);
    return false;
}

void play_script_check(const char *text, play_script_wrong *tell, void *context)
{
    struct play_script script;

    read_lines(&script, text, tell, context);
    play_script_release(&script);
}

void play_script_release(struct play_script *script)
{
    for (size_t i = 0; i < script->line_count; i++)
        free_line(&script->lines[i]);
    for (size_t i = 0; i < script->client_count; i++)
        free(script->clients[i]);
    free(script->lines);
    *script = (struct play_script){0};
}

/* ---- words ---- */

unsigned play_time_ms(const char *text)
{
    char *end = NULL;
    double number = strtod(text, &end);

    if (end == text)
        return 0;
    if (!strcmp(end, "s") || !*end)
        number *= 1000;
    else if (strcmp(end, "ms") != 0)
        return 0;
    return number >= 1 && number <= DAY_MS ? (unsigned)number : 0;
}

/* ---- values ---- */

static uint64_t next_random(struct play_values *values)
{
    /* xorshift64: good enough for the weather. */
    values->random ^= values->random << 13;
    values->random ^= values->random >> 7;
    values->random ^= values->random << 17;
    return values->random;
}

/* "18..26" */
static void take_range(const char *text, double *from, double *to)
{
    const char *dots = strstr(text, "..");

    *from = strtod(text, NULL);
    /* strtod takes the first dot of "18.." for a part of the number. */
    *to = dots ? strtod(dots + 2, NULL) : *from;
}

static void put_walk(struct play_values *values, const char *range,
                     struct buf *out)
{
    double from;
    double to;
    double step = ((double)(next_random(values) % 2001) - 1000) / 10000;

    take_range(range, &from, &to);
    values->walk += step;
    if (values->walk < 0 || values->walk > 1)
        values->walk -= 2 * step;
    buf_printf(out, "%.1f", from + values->walk * (to - from));
}

static void put_random(struct play_values *values, const char *range,
                       struct buf *out)
{
    double from;
    double to;

    take_range(range, &from, &to);
    if (to < from)
        to = from;
    buf_printf(out, "%lld",
               (long long)from + (long long)(next_random(values) %
                                             ((uint64_t)(to - from) + 1)));
}

static void put_turn(struct play_values *values, const char *both,
                     struct buf *out)
{
    size_t first = strcspn(both, " ");
    const char *second = both + first + strspn(both + first, " ");

    values->turned = !values->turned;
    if (values->turned)
        buf_append(out, both, first);
    else
        buf_append_string(out, second);
}

static void put_bytes(const char *number, struct buf *out)
{
    unsigned long count = strtoul(number, NULL, 10);

    for (unsigned long i = 0; i < count && i < PLAY_BYTES_MAX; i++)
        buf_append_u8(out, 'x');
}

/* One value: what stands between the braces. */
static void put_value(struct play_values *values, const char *what,
                      struct buf *out)
{
    if (!strcmp(what, "id"))
        buf_append_string(out, values->id);
    else if (!strcmp(what, "every"))
        buf_append_string(out, values->every);
    else if (!strcmp(what, "count"))
        buf_printf(out, "%llu", (unsigned long long)values->count);
    else if (!strncmp(what, "walk ", 5))
        put_walk(values, what + 5, out);
    else if (!strncmp(what, "random ", 7))
        put_random(values, what + 7, out);
    else if (!strncmp(what, "turn ", 5))
        put_turn(values, what + 5, out);
    else if (!strncmp(what, "bytes ", 6))
        put_bytes(what + 6, out);
    else
        buf_printf(out, "{%s}", what); /* JSON, perhaps */
}

/* The end of what begins with "{" at text and has no other "{" in it; NULL. */
static const char *value_end(const char *text)
{
    size_t len = strcspn(text + 1, "{}\"");

    return text[1 + len] == '}' ? text + 1 + len : NULL;
}

void play_fill(struct play_values *values, const char *word, struct buf *out)
{
    while (*word) {
        const char *end = *word == '{' ? value_end(word) : NULL;

        if (!end) {
            buf_append_u8(out, (uint8_t)*word++);
            continue;
        }
        char *what = alloc_string_of(word + 1, (size_t)(end - word - 1));
        put_value(values, what, out);
        free(what);
        word = end + 1;
    }
}
