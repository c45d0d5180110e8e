/*
 * Reading an access control list.
 */
#include "broker/acl.h"

#include "base/alloc.h"
#include "broker/text_file.h"
#include "mqtt/topic.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* "use ROLE" */
struct acl_use {
    char *role; /* owned until it is resolved */
    unsigned line;
};

struct acl_reader {
    struct acl *acl;
    struct config_problems *problems;
    const char *name; /* of the file */
    unsigned line;
    struct acl_section *section; /* that topic lines are for */
    bool in_role;                /* so are pattern lines */
    struct acl_list patterns;    /* for everybody */
};

static void report(struct acl_reader *reader, bool error, const char *format,
                   ...) __attribute__((format(printf, 3, 4)));

static void report(struct acl_reader *reader, bool error, const char *format,
                   ...)
{
    struct buf text = {0};
    char *where = alloc_printf("%s:%u", reader->name, reader->line);
    va_list args;

    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    if (error)
        config_problem(reader->problems, where, "%s", buf_string(&text));
    else
        config_warning(reader->problems, where, "%s", buf_string(&text));
    buf_release(&text);
    free(where);
}

/* ---- what a file is made of ---- */

static void add_rule(struct acl_list *list, const struct acl_rule *rule)
{
    list->rules =
        alloc_resize(list->rules, list->count + 1, sizeof(*list->rules));
    list->rules[list->count++] = rule;
}

static struct acl_rule *new_rule(struct acl_reader *reader, const char *filter,
                                 enum acl_right rights, bool pattern)
{
    struct acl *acl = reader->acl;
    size_t size = strlen(filter) + 1;
    struct acl_rule *rule =
        alloc_bytes(offsetof(struct acl_rule, filter) + size);

    rule->line = reader->line;
    rule->rights = (uint8_t)rights;
    rule->pattern = pattern;
    memcpy(rule->filter, filter, size);
    acl->all = alloc_resize(acl->all, acl->count + 1, sizeof(*acl->all));
    acl->all[acl->count++] = rule;
    return rule;
}

static struct acl_section *new_section(const char *name)
{
    struct acl_section *section = alloc_zero(1, sizeof(*section));

    section->name = alloc_string(name);
    return section;
}

/* The section of this name in a map; made when it is not there. */
static struct acl_section *section_in(struct map *map, const char *name)
{
    struct acl_section *section = map_get(map, slice_of_string(name));

    if (section)
        return section;
    section = new_section(name);
    map_set(map, slice_of_string(section->name), section);
    return section;
}

/* ---- lines ---- */

/* Cut off the first word of *text: only blanks are between words. */
static char *take_word(char **text)
{
    char *word = *text + strspn(*text, " ");
    size_t len = strcspn(word, " ");

    *text = word + len + strspn(word + len, " ");
    word[len] = '\0';
    return word;
}

static bool parse_rights(const char *word, enum acl_right *rights)
{
    static const struct {
        const char *name;
        enum acl_right rights;
    } names[] = {
        {"read",      ACL_READ      },
        {"write",     ACL_WRITE     },
        {"readwrite", ACL_READ_WRITE},
        {"deny",      ACL_NONE      },
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(word, names[i].name) != 0)
            continue;
        *rights = names[i].rights;
        return true;
    }
    return false;
}

/* "[read|write|readwrite|deny] FILTER". Returns the filter; NULL after
   reporting. */
static const char *read_rule(struct acl_reader *reader, char *value,
                             enum acl_right *rights)
{
    char *word = take_word(&value);

    *rights = ACL_READ_WRITE;
    if (*value && !parse_rights(word, rights)) {
        report(reader, true,
               "'%.60s' is not read, write, readwrite or deny, which must "
               "stand in front of a topic with a blank",
               word);
        return NULL;
    }
    const char *filter = *value ? value : word;
    if (!*filter)
        report(reader, true, "there is no topic");
    else if (!topic_filter_valid(slice_of_string(filter)))
        report(reader, true,
               "'%s' is no Topic Filter: # only as the last level, + only "
               "as a whole level",
               filter);
    else if (!strncmp(filter, "$share/", 7))
        report(reader, true,
               "rules are about Topic Names; leave out $share/NAME/");
    else
        return filter;
    return NULL;
}

static void read_topic(struct acl_reader *reader, char *value)
{
    enum acl_right rights;
    const char *filter = read_rule(reader, value, &rights);

    if (filter)
        add_rule(&reader->section->topics,
                 new_rule(reader, filter, rights, false));
}

static void read_pattern(struct acl_reader *reader, char *value)
{
    enum acl_right rights;
    const char *filter = read_rule(reader, value, &rights);

    if (!filter)
        return;
    if (!strstr(filter, "%c") && !strstr(filter, "%u"))
        report(reader, false,
               "the pattern has neither %%c nor %%u: it is the same for "
               "everybody");
    add_rule(reader->in_role ? &reader->section->patterns : &reader->patterns,
             new_rule(reader, filter, rights, true));
}

static void read_user(struct acl_reader *reader, char *value)
{
    if (!*value) {
        report(reader, true, "there is no user name");
        return;
    }
    reader->section = section_in(&reader->acl->users, value);
    reader->in_role = false;
}

static void read_role(struct acl_reader *reader, char *value)
{
    if (!*value) {
        report(reader, true, "there is no name of a role");
        return;
    }
    reader->section = section_in(&reader->acl->roles, value);
    reader->in_role = true;
}

static void read_use(struct acl_reader *reader, char *value)
{
    struct acl_use use = {.line = reader->line};

    if (!*value) {
        report(reader, true, "there is no name of a role");
        return;
    }
    if (reader->in_role) {
        report(reader, true, "a role cannot use another role");
        return;
    }
    use.role = alloc_string(value);
    buf_append(&reader->section->uses, &use, sizeof(use));
}

static const struct {
    const char *name;
    void (*read)(struct acl_reader *reader, char *value);
} keywords[] = {
    {"topic",   read_topic  },
    {"pattern", read_pattern},
    {"user",    read_user   },
    {"role",    read_role   },
    {"use",     read_use    },
};

static void read_line(struct acl_reader *reader, char *line)
{
    size_t len = strlen(line);

    if (line[0] == '#')
        return;
    while (len && strchr(" \t", line[len - 1]))
        line[--len] = '\0';
    if (!len)
        return;
    const char *word = take_word(&line);
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        if (!strcmp(word, keywords[i].name)) {
            keywords[i].read(reader, line);
            return;
        }
    }
    if (word[0] == '#')
        report(reader, true,
               "a comment has its # as the first character of a line");
    else if (strchr(word, '\t'))
        report(reader, true, "words are separated by blanks here, not by tabs");
    else
        report(reader, true, "'%.60s' is not topic, pattern, user, role or use",
               word);
}

static void read_lines(struct acl_reader *reader, struct slice text)
{
    struct slice line;

    while (text_file_next_line(&text, &line)) {
        reader->line++;
        if (line.len && memchr(line.bytes, '\0', line.len)) {
            report(reader, true, "there is a NUL byte in this line");
            continue;
        }
        char *copy = alloc_string_of(line.bytes, line.len);
        read_line(reader, copy);
        free(copy);
    }
}

/* ---- putting together ---- */

static void add_all(struct acl_list *to, const struct acl_list *from)
{
    for (size_t i = 0; i < from->count; i++)
        add_rule(to, from->rules[i]);
}

/* "deny" to the front; both kinds keep their order. */
static void sort(struct acl_list *list)
{
    struct acl_list sorted = {0};

    for (size_t i = 0; i < list->count; i++) {
        if (list->rules[i]->rights == ACL_NONE)
            add_rule(&sorted, list->rules[i]);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (list->rules[i]->rights != ACL_NONE)
            add_rule(&sorted, list->rules[i]);
    }
    free(list->rules);
    *list = sorted;
}

/* Give a section what its roles have, and what everybody has. */
static void complete(struct acl_reader *reader, struct acl_section *section)
{
    size_t count = section->uses.len / sizeof(struct acl_use);

    add_all(&section->patterns, &reader->patterns);
    for (size_t i = 0; i < count; i++) {
        struct acl_use use;

        memcpy(&use, section->uses.bytes + i * sizeof(use), sizeof(use));
        const struct acl_section *role =
            map_get(&reader->acl->roles, slice_of_string(use.role));
        reader->line = use.line;
        if (role) {
            add_all(&section->topics, &role->topics);
            add_all(&section->patterns, &role->patterns);
        } else {
            report(reader, true, "there is no role %s", use.role);
        }
        free(use.role);
    }
    buf_release(&section->uses);
    sort(&section->topics);
    sort(&section->patterns);
}

struct acl *acl_read(const char *name, struct slice text,
                     struct config_problems *problems)
{
    struct acl *acl = alloc_zero(1, sizeof(*acl));
    struct acl_reader reader = {.acl = acl, .problems = problems, .name = name};
    unsigned before = problems->count;
    size_t position = 0;
    struct acl_section *section;

    acl->path = alloc_string(name);
    acl->others = new_section("");
    acl->anonymous = reader.section = new_section("");
    read_lines(&reader, text);
    complete(&reader, acl->anonymous);
    complete(&reader, acl->others);
    while ((section = map_next(&acl->users, &position)) != NULL)
        complete(&reader, section);
    free(reader.patterns.rules);
    if (problems->count == before)
        return acl;
    acl_free(acl);
    return NULL;
}

struct acl *acl_load(const char *path, struct config_problems *problems)
{
    struct acl *acl = NULL;
    struct buf text = {0};
    int error = text_file_load(path, &text);

    if (error)
        config_unreadable(problems, path, -error);
    else
        acl = acl_read(path, buf_slice(&text), problems);
    buf_release(&text);
    return acl;
}

static void free_section(struct acl_section *section)
{
    free(section->topics.rules);
    free(section->patterns.rules);
    free(section->name);
    free(section);
}

static void free_sections(struct map *map)
{
    size_t position = 0;
    struct acl_section *section;

    while ((section = map_next(map, &position)) != NULL)
        free_section(section);
    map_release(map);
}

void acl_free(struct acl *acl)
{
    if (!acl)
        return;
    free_sections(&acl->users);
    free_sections(&acl->roles);
    free_section(acl->anonymous);
    free_section(acl->others);
    for (size_t i = 0; i < acl->count; i++)
        free(acl->all[i]);
    free(acl->all);
    free(acl->path);
    free(acl);
}
