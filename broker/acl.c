#include "broker/acl.h"

#include "base/buf.h"
#include "mqtt/topic.h"

#include <stdio.h>
#include <string.h>

const struct acl_section *acl_section_of(const struct acl *acl,
                                         const char *user_name)
{
    if (!user_name)
        return acl->anonymous;
    const struct acl_section *section =
        map_get(&acl->users, slice_of_string(user_name));
    return section ? section : acl->others;
}

static bool matches(struct slice filter, struct slice topic_name)
{
    /* Nobody can be named "$share" and so get at what is behind it. */
    return !slice_starts_with(filter, slice_of_string("$share/")) &&
           topic_match(filter, topic_name);
}

/* Put names in the places of %c and %u. Returns false when there is no name. */
static bool substitute(const struct acl_subject *subject, const char *pattern,
                       struct buf *filter)
{
    const char *percent;

    while ((percent = strchr(pattern, '%')) != NULL) {
        buf_append(filter, pattern, (size_t)(percent - pattern));
        if (percent[1] == 'u' && !subject->user_name)
            return false;
        if (percent[1] == 'u')
            buf_append_string(filter, subject->user_name);
        else if (percent[1] == 'c')
            buf_append_slice(filter, subject->client_id);
        else
            buf_append_u8(filter, '%');
        pattern = percent + (percent[1] == 'u' || percent[1] == 'c' ? 2 : 1);
    }
    buf_append_string(filter, pattern);
    return true;
}

static bool rule_matches(const struct acl_rule *rule,
                         const struct acl_subject *subject,
                         struct slice topic_name)
{
    struct buf filter = {0};

    if (!rule->pattern)
        return matches(slice_of_string(rule->filter), topic_name);
    bool result = substitute(subject, rule->filter, &filter) &&
                  matches(buf_slice(&filter), topic_name);
    buf_release(&filter);
    return result;
}

/* The first rule that decides; NULL: none does. */
static const struct acl_rule *decide(const struct acl_list *list,
                                     const struct acl_subject *subject,
                                     enum acl_right right,
                                     struct slice topic_name)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct acl_rule *rule = list->rules[i];

        if ((rule->rights == ACL_NONE || rule->rights & right) &&
            rule_matches(rule, subject, topic_name))
            return rule;
    }
    return NULL;
}

static bool may_use_patterns(const struct acl_subject *subject)
{
    return !topic_filter_has_wildcard(subject->client_id) &&
           !topic_filter_has_wildcard(slice_of_string(subject->user_name));
}

struct acl_decision acl_decide(const struct acl_subject *subject,
                               enum acl_right right, struct slice topic_name)
{
    const struct acl_section *section = subject->section;
    struct acl_decision decision = {
        .rule = decide(&section->topics, subject, right, topic_name)};

    if (!decision.rule && may_use_patterns(subject))
        decision.rule = decide(&section->patterns, subject, right, topic_name);
    decision.allowed = decision.rule && decision.rule->rights != ACL_NONE;
    return decision;
}

void acl_explain(const struct acl *acl, const struct acl_subject *subject,
                 enum acl_right right, const struct acl_decision *decision,
                 char *text, size_t size)
{
    const char *verb = right == ACL_READ ? "read" : "write";

    if (decision->rule)
        snprintf(text, size, "%s deny %s (%s:%u)",
                 decision->rule->pattern ? "pattern" : "topic",
                 decision->rule->filter, acl->path, decision->rule->line);
    else if (subject->section->patterns.count && !may_use_patterns(subject))
        snprintf(text, size,
                 "no line lets it %s, and patterns are not for a name with + "
                 "or # (%s)",
                 verb, acl->path);
    else if (subject->user_name)
        snprintf(text, size, "no line lets user %s %s this topic (%s)",
                 subject->user_name, verb, acl->path);
    else
        snprintf(text, size,
                 "no line lets clients without a user name %s this topic (%s)",
                 verb, acl->path);
}
