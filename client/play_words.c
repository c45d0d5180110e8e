#include "client/play_words.h"

#include "mqtt/topic.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST_KEEP_ALIVE_S 65535
#define HIGHEST_PORT         65535

/* What stands in braces is known only when it is played. */
static bool is_open(const char *word)
{
    return strchr(word, '{') != NULL;
}

/* Each looks at the words that an option takes. */

static const char *topic_wrong(char *const *words)
{
    return is_open(*words) || topic_name_valid(slice_of_string(*words))
               ? NULL
               : "this is no topic that one can publish to";
}

static const char *filter_wrong(char *const *words)
{
    return is_open(*words) || topic_filter_valid(slice_of_string(*words))
               ? NULL
               : "this is no topic filter";
}

static const char *qos_wrong(char *const *words)
{
    return is_open(*words) || (strchr("012", **words) && strlen(*words) == 1)
               ? NULL
               : "qos is 0, 1 or 2";
}

/* A whole number from min to max? */
static bool is_number(const char *word, unsigned long min, unsigned long max)
{
    char *end;
    unsigned long number = strtoul(word, &end, 10);

    return *word >= '0' && *word <= '9' && !*end && number >= min &&
           number <= max;
}

static const char *keep_alive_wrong(char *const *words)
{
    return is_open(*words) || is_number(*words, 0, LONGEST_KEEP_ALIVE_S)
               ? NULL
               : "keepalive is a number of seconds, 0 to 65535";
}

static const char *version_wrong(char *const *words)
{
    return !strcmp(*words, "5") || !strcmp(*words, "3.1.1")
               ? NULL
               : "version is 3.1.1 or 5";
}

static const char *port_wrong(char *const *words)
{
    return is_number(*words, 1, HIGHEST_PORT) ? NULL
                                              : "port is a number, 1 to 65535";
}

static const char *times_wrong(char *const *words)
{
    return is_number(*words, 1, PLAY_TIMES_MAX) ? NULL : "times is 1 to 1000";
}

/* IDENTITY KEY */
static const char *psk_wrong(char *const *words)
{
    static const char hex[] = "0123456789abcdefABCDEF";

    return words[1][0] && !words[1][strspn(words[1], hex)]
               ? NULL
               : "the key of psk is written in hex";
}

/* The words that may stand behind what a deed needs: how many words each takes
   along, and what may be wrong with these. */
static const struct option {
    enum play_deed deed;
    const char *word;
    size_t takes;
    const char *(*wrong)(char *const *words);
} options[] = {
    {PLAY_CONNECT,   "will",      2, topic_wrong     },
    {PLAY_CONNECT,   "qos",       1, qos_wrong       },
    {PLAY_CONNECT,   "retain",    0, NULL            },
    {PLAY_CONNECT,   "kept",      0, NULL            },
    {PLAY_CONNECT,   "keepalive", 1, keep_alive_wrong},
    {PLAY_CONNECT,   "version",   1, version_wrong   },
    {PLAY_CONNECT,   "id",        1, NULL            },
    {PLAY_CONNECT,   "user",      1, NULL            },
    {PLAY_CONNECT,   "password",  1, NULL            },
    {PLAY_CONNECT,   "port",      1, port_wrong      },
    {PLAY_CONNECT,   "ws",        0, NULL            },
    {PLAY_CONNECT,   "tls",       1, NULL            },
    {PLAY_CONNECT,   "cert",      2, NULL            },
    {PLAY_CONNECT,   "psk",       2, psk_wrong       },
    {PLAY_CONNECT,   "refused",   0, NULL            },
    {PLAY_SUBSCRIBE, "qos",       1, qos_wrong       },
    {PLAY_PUBLISH,   "qos",       1, qos_wrong       },
    {PLAY_PUBLISH,   "retain",    0, NULL            },
    {PLAY_PUBLISH,   "times",     1, times_wrong     },
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* What a deed needs stands in front of its options. */
static size_t needed_words(enum play_deed deed)
{
    return deed == PLAY_PUBLISH ? 2 : 1;
}

static const struct option *option_of(enum play_deed deed, const char *word)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        if (options[i].deed == deed && !strcmp(options[i].word, word))
            return &options[i];
    }
    return NULL;
}

char *const *play_words_behind(const struct play_line *line, const char *name)
{
    size_t i = needed_words(line->deed);

    while (i < line->word_count) {
        const struct option *option = option_of(line->deed, line->words[i]);

        if (option && !strcmp(option->word, name))
            return &line->words[i + 1];
        i += 1 + (option ? option->takes : 0);
    }
    return NULL;
}

/* The words from the one at `from` on; NULL, or what is wrong with them. */
static const char *options_wrong(const struct play_line *line, size_t from)
{
    for (size_t i = from; i < line->word_count; i++) {
        const struct option *option = option_of(line->deed, line->words[i]);

        if (!option)
            return is_open(line->words[i])
                       ? NULL
                       : "a word too many, or one that is not known";
        if (i + option->takes >= line->word_count)
            return "words are missing";
        const char *wrong =
            option->wrong ? option->wrong(&line->words[i + 1]) : NULL;
        if (wrong)
            return wrong;
        i += option->takes;
    }
    return NULL;
}

static const char *connect_wrong(const struct play_line *line)
{
    const char *wrong = options_wrong(line, 1);
    bool tls = play_words_behind(line, "tls") != NULL;

    if (wrong)
        return wrong;
    if (tls && play_words_behind(line, "psk"))
        return "either tls or psk";
    if (!tls && play_words_behind(line, "cert"))
        return "cert needs tls";
    return NULL;
}

const char *play_words_wrong(const struct play_line *line)
{
    const char *wrong = NULL;

    switch (line->deed) {
    case PLAY_CONNECT: return connect_wrong(line);
    case PLAY_SUBSCRIBE:
        wrong = filter_wrong(line->words);
        return wrong ? wrong : options_wrong(line, 1);
    case PLAY_PUBLISH:
        wrong = topic_wrong(line->words);
        return wrong ? wrong : options_wrong(line, 2);
    case PLAY_WAIT: return options_wrong(line, 1);
    case PLAY_NOTE: return NULL;
    case PLAY_DISCONNECT:
    case PLAY_CUT:
    case PLAY_LOST:
    case PLAY_BEGIN:
    case PLAY_AGAIN: return options_wrong(line, 0);
    }
    return NULL;
}
