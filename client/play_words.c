#include "client/play_words.h"

#include "mqtt/topic.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST_KEEP_ALIVE_S 65535

/* What stands in braces is known only when it is played. */
static bool is_open(const char *word)
{
    return strchr(word, '{') != NULL;
}

static const char *topic_wrong(const char *word)
{
    return is_open(word) || topic_name_valid(slice_of_string(word))
               ? NULL
               : "this is no topic that one can publish to";
}

static const char *filter_wrong(const char *word)
{
    return is_open(word) || topic_filter_valid(slice_of_string(word))
               ? NULL
               : "this is no topic filter";
}

static const char *qos_wrong(const char *word)
{
    return is_open(word) || (strchr("012", *word) && strlen(word) == 1)
               ? NULL
               : "qos is 0, 1 or 2";
}

static const char *keep_alive_wrong(const char *word)
{
    char *end;
    unsigned long seconds = strtoul(word, &end, 10);

    return is_open(word) || (*word >= '0' && *word <= '9' && !*end &&
                             seconds <= LONGEST_KEEP_ALIVE_S)
               ? NULL
               : "keepalive is a number of seconds, 0 to 65535";
}

static const char *version_wrong(const char *word)
{
    return !strcmp(word, "5") || !strcmp(word, "3.1.1")
               ? NULL
               : "version is 3.1.1 or 5";
}

/* The words that may stand behind what a deed needs: how many words each takes
   along, and what the first of these may be. */
static const struct {
    enum play_deed deed;
    const char *word;
    size_t takes;
    const char *(*wrong)(const char *word);
} options[] = {
    {PLAY_CONNECT,   "will",      2, topic_wrong     },
    {PLAY_CONNECT,   "qos",       1, qos_wrong       },
    {PLAY_CONNECT,   "retain",    0, NULL            },
    {PLAY_CONNECT,   "kept",      0, NULL            },
    {PLAY_CONNECT,   "keepalive", 1, keep_alive_wrong},
    {PLAY_CONNECT,   "version",   1, version_wrong   },
    {PLAY_SUBSCRIBE, "qos",       1, qos_wrong       },
    {PLAY_PUBLISH,   "qos",       1, qos_wrong       },
    {PLAY_PUBLISH,   "retain",    0, NULL            },
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* The words from the one at `from` on; NULL, or what is wrong with them. */
static const char *options_wrong(const struct play_line *line, size_t from)
{
    for (size_t i = from; i < line->word_count; i++) {
        size_t o = 0;

        while (o < OPTIONS && (options[o].deed != line->deed ||
                               strcmp(options[o].word, line->words[i]) != 0))
            o++;
        if (o == OPTIONS)
            return is_open(line->words[i])
                       ? NULL
                       : "a word too many, or one that is not known";
        if (i + options[o].takes >= line->word_count)
            return "words are missing";
        const char *wrong =
            options[o].wrong ? options[o].wrong(line->words[i + 1]) : NULL;
        if (wrong)
            return wrong;
        i += options[o].takes;
    }
    return NULL;
}

const char *play_words_wrong(const struct play_line *line)
{
    const char *wrong = NULL;

    switch (line->deed) {
    case PLAY_CONNECT: return options_wrong(line, 1);
    case PLAY_SUBSCRIBE:
        wrong = filter_wrong(line->words[0]);
        return wrong ? wrong : options_wrong(line, 1);
    case PLAY_PUBLISH:
        wrong = topic_wrong(line->words[0]);
        return wrong ? wrong : options_wrong(line, 2);
    case PLAY_WAIT: return options_wrong(line, 1);
    case PLAY_NOTE: return NULL;
    case PLAY_DISCONNECT:
    case PLAY_CUT:
    case PLAY_BEGIN:
    case PLAY_AGAIN: return options_wrong(line, 0);
    }
    return NULL;
}
