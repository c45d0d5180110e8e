#include "labs/check_parse.h"

#include "base/alloc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COUNT   UINT64_C(1000000)
#define MAX_TIME_MS UINT64_C(86400000) /* a day */

struct parser {
    struct check_rule *rule;
    const char *at;
    char *error;
    size_t error_size;
};

static bool fail(struct parser *parser, const char *message, const char *what)
{
    snprintf(parser->error, parser->error_size, "%s%s", message, what);
    return false;
}

/* Skip a word and the blanks behind it; false when something else is there. */
static bool take(struct parser *parser, const char *words)
{
    size_t len = strlen(words);

    if (strncmp(parser->at, words, len) != 0 ||
        (parser->at[len] && parser->at[len] != ' '))
        return false;
    parser->at += len;
    parser->at += strspn(parser->at, " ");
    return true;
}

static bool add_filter(struct parser *parser, const char *text, size_t len)
{
    struct check_rule *rule = parser->rule;
    struct filter_error error;

    while (len && text[len - 1] == ' ')
        len--;
    if (rule->filter_count == CHECK_MAX_FILTERS)
        return fail(parser, "too many filters in one check", "");
    char *copy = alloc_string_of(text, len);
    struct filter *filter = filter_new(copy, &error);
    if (strstr(copy, "lab.actor"))
        rule->all_actors = true;
    free(copy);
    if (!filter) {
        snprintf(parser->error, parser->error_size, "filter, column %u: %s",
                 error.column, error.message);
        return false;
    }
    rule->filters[rule->filter_count++] = filter;
    return true;
}

size_t check_find_unquoted(const char *text, const char *const words[])
{
    bool quoted = false;

    for (size_t i = 0; text[i]; i++) {
        if (quoted && text[i] == '\\' && text[i + 1])
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        for (size_t w = 0; !quoted && words[w]; w++) {
            if (!strncmp(text + i, words[w], strlen(words[w])))
                return i;
        }
    }
    return strlen(text);
}

/* A number from 0 to max. */
static bool take_number(struct parser *parser, uint64_t max, uint64_t *number)
{
    char *end;

    if (!isdigit((unsigned char)*parser->at))
        return fail(parser, "expected a number at: ", parser->at);
    *number = strtoull(parser->at, &end, 10);
    if (*number > max)
        return fail(parser, "this number is too large: ", parser->at);
    parser->at = end + strspn(end, " ");
    return true;
}

/* "within 5s" or "within 500ms", if it is there. */
static bool take_within(struct parser *parser)
{
    uint64_t number;

    if (!take(parser, "within"))
        return true;
    if (!take_number(parser, MAX_TIME_MS, &number))
        return false;
    if (take(parser, "s"))
        number *= 1000;
    else if (!take(parser, "ms"))
        return fail(parser, "a time is '5s' or '500ms', not: ", parser->at);
    if (!number || number > MAX_TIME_MS)
        return fail(parser, "a time is more than nothing and at most a day",
                    "");
    parser->rule->within_ns = number * 1000000;
    return true;
}

static bool at_end(struct parser *parser)
{
    return !*parser->at || fail(parser, "not understood: ", parser->at);
}

static bool counted(struct parser *parser, enum check_kind kind, bool number)
{
    parser->rule->kind = kind;
    if (number && !take_number(parser, MAX_COUNT, &parser->rule->count))
        return false;
    if (number && kind != CHECK_AT_MOST && !parser->rule->count)
        return fail(parser,
                    "0 is always there; for what must not come "
                    "there is 'never'",
                    "");
    return add_filter(parser, parser->at, strlen(parser->at));
}

static bool sequence(struct parser *parser)
{
    static const char *const ends[] = {" -> ", " within ", " same ", NULL};

    parser->rule->kind = CHECK_SEQ;
    for (;;) {
        size_t len = check_find_unquoted(parser->at, ends);

        if (!add_filter(parser, parser->at, len))
            return false;
        parser->at += len;
        parser->at += strspn(parser->at, " ");
        if (!take(parser, "->"))
            break;
    }
    if (!take_within(parser))
        return false;
    if (take(parser, "same flow"))
        parser->rule->same = CHECK_SAME_FLOW;
    else if (take(parser, "same client"))
        parser->rule->same = CHECK_SAME_CLIENT;
    if (parser->rule->filter_count < 2)
        return fail(parser, "seq needs at least two filters with -> between",
                    "");
    return at_end(parser);
}

static bool after(struct parser *parser)
{
    static const char *const first_ends[] = {" never ", NULL};
    static const char *const ends[] = {" within ", NULL};
    size_t len = check_find_unquoted(parser->at, first_ends);

    parser->rule->kind = CHECK_AFTER;
    if (!parser->at[len])
        return fail(parser, "expected 'after F never F within Ns'", "");
    if (!add_filter(parser, parser->at, len))
        return false;
    parser->at += len + strlen(" never ");
    len = check_find_unquoted(parser->at, ends);
    if (!add_filter(parser, parser->at, len))
        return false;
    parser->at += len;
    parser->at += strspn(parser->at, " ");
    if (!take_within(parser))
        return false;
    if (!parser->rule->within_ns)
        return fail(parser, "expected 'within Ns' at the end", "");
    return at_end(parser);
}

static bool last(struct parser *parser)
{
    static const char *const ends[] = {" is ", NULL};
    size_t len = check_find_unquoted(parser->at, ends);

    parser->rule->kind = CHECK_LAST;
    if (!parser->at[len])
        return fail(parser, "expected 'last F is F'", "");
    if (!add_filter(parser, parser->at, len))
        return false;
    parser->at += len + strlen(" is ");
    return add_filter(parser, parser->at, strlen(parser->at));
}

static bool flow(struct parser *parser)
{
    static const char *const ends[] = {" done", " lost", NULL};
    size_t len = check_find_unquoted(parser->at, ends);

    if (!add_filter(parser, parser->at, len))
        return false;
    parser->at += len;
    parser->at += strspn(parser->at, " ");
    if (take(parser, "lost")) {
        parser->rule->kind = CHECK_FLOW_LOST;
        return at_end(parser);
    }
    if (!take(parser, "done"))
        return fail(parser, "expected 'flow F done' or 'flow F lost'", "");
    parser->rule->kind = CHECK_FLOW_DONE;
    return take_within(parser) && at_end(parser);
}

/* Text in quotes, where \" is a quote and \\ a backslash. Owned; NULL with an
   error. */
static char *take_quoted(struct parser *parser)
{
    struct buf text = {0};
    const char *at = parser->at + 1;

    for (; *at && *at != '"'; at++) {
        if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
            at++;
        buf_append_u8(&text, (uint8_t)*at);
    }
    if (*at)
        parser->at = at + 1;
    else
        fail(parser, "a quote is not closed", "");
    char *taken = buf_take_string(&text);
    if (*at)
        return taken;
    free(taken);
    return NULL;
}

/* A word, or text in quotes. Owned; NULL with an error. */
static char *take_text(struct parser *parser)
{
    size_t len = strcspn(parser->at, " ");
    char *text;

    if (*parser->at == '"') {
        text = take_quoted(parser);
    } else {
        text = alloc_string_of(parser->at, len);
        parser->at += len;
    }
    parser->at += strspn(parser->at, " ");
    if (text && !*text) {
        fail(parser, "something is missing at the end", "");
        free(text);
        text = NULL;
    }
    return text;
}

static bool session(struct parser *parser)
{
    static const char *const ends[] = {" with ", NULL};

    parser->rule->kind = CHECK_SESSION;
    for (;;) {
        size_t len = check_find_unquoted(parser->at, ends);

        if (!len)
            return fail(parser, "expected 'session FILTER with FILTER'", "");
        if (!add_filter(parser, parser->at, len))
            return false;
        if (!parser->at[len])
            return true;
        parser->at += len + strlen(" with ");
    }
}

static bool retained(struct parser *parser)
{
    struct check_rule *rule = parser->rule;

    rule->kind = CHECK_RETAINED;
    rule->name = take_text(parser);
    if (!rule->name)
        return false;
    if (take(parser, "cleared")) {
        rule->negated = true;
        return at_end(parser);
    }
    if (!take(parser, "=="))
        return fail(parser, "expected 'retained TOPIC == VALUE'", "");
    rule->text = take_text(parser);
    return rule->text && at_end(parser);
}

static bool wire(struct parser *parser)
{
    parser->rule->kind = CHECK_WIRE;
    parser->rule->negated = take(parser, "not");
    if (!take(parser, "contains"))
        return fail(parser, "expected 'wire contains \"TEXT\"'", "");
    parser->rule->text = take_text(parser);
    return parser->rule->text && at_end(parser);
}

static bool file(struct parser *parser)
{
    struct check_rule *rule = parser->rule;
    const char *error;
    size_t error_at;

    rule->kind = CHECK_FILE;
    rule->name = take_text(parser);
    if (!rule->name)
        return false;
    if (strchr(rule->name, '/'))
        return fail(parser, "a file's name has no '/'", "");
    if (!take(parser, "matches"))
        return fail(parser, "expected 'file NAME matches RE'", "");
    rule->regex =
        filter_regex_new(slice_of_string(parser->at), &error, &error_at);
    return rule->regex || fail(parser, "not a regular expression: ", error);
}

static bool cert(struct parser *parser)
{
    parser->rule->kind = CHECK_CERT;
    return check_cert_parse(&parser->rule->cert, parser->at, parser->error,
                            parser->error_size);
}

static bool shell(struct parser *parser)
{
    parser->rule->kind = CHECK_SHELL;
    if (!*parser->at)
        return fail(parser, "expected 'shell COMMAND'", "");
    parser->rule->text = alloc_string(parser->at);
    return true;
}

static bool answer(struct parser *parser)
{
    parser->rule->kind = CHECK_ANSWER;
    parser->rule->name = take_text(parser);
    return parser->rule->name && at_end(parser);
}

static bool counted_at_least(struct parser *parser)
{
    return counted(parser, CHECK_AT_LEAST, true);
}

static bool counted_exactly(struct parser *parser)
{
    return counted(parser, CHECK_EXACTLY, true);
}

static bool counted_at_most(struct parser *parser)
{
    return counted(parser, CHECK_AT_MOST, true);
}

static bool never(struct parser *parser)
{
    return counted(parser, CHECK_AT_MOST, false);
}

static bool seen(struct parser *parser)
{
    return counted(parser, CHECK_SEEN, false);
}

bool check_rule_parse(struct check_rule *rule, const char *text, char *error,
                      size_t error_size)
{
    static const struct {
        const char *words;
        bool (*read)(struct parser *parser);
    } kinds[] = {
        {"seen",     seen            },
        {"event",    seen            },
        {"at least", counted_at_least},
        {"exactly",  counted_exactly },
        {"at most",  counted_at_most },
        {"never",    never           },
        {"seq",      sequence        },
        {"after",    after           },
        {"last",     last            },
        {"flow",     flow            },
        {"session",  session         },
        {"retained", retained        },
        {"wire",     wire            },
        {"file",     file            },
        {"cert",     cert            },
        {"shell",    shell           },
        {"answer",   answer          },
    };
    struct parser parser = {.rule = rule, .at = text};

    parser.error = error;
    parser.error_size = error_size;
    *rule = (struct check_rule){0};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (take(&parser, kinds[i].words))
            return kinds[i].read(&parser);
    }
    return fail(&parser,
                "a check is seen, event, at least, exactly, at most, never, "
                "seq, after, last, flow, session, retained, wire, file, cert, "
                "shell or answer, not: ",
                text);
}

void check_rule_release(struct check_rule *rule)
{
    for (unsigned i = 0; i < rule->filter_count; i++)
        filter_free(rule->filters[i]);
    free(rule->name);
    free(rule->text);
    check_cert_release(&rule->cert);
    filter_regex_free(rule->regex);
    *rule = (struct check_rule){0};
}
