/*
 * Access control lists: who may read and write which topics.
 *
 * The file is mosquitto's, with roles as an addition:
 *
 *     topic read news/#          before the first user: for who has no name
 *
 *     user anna
 *     topic readwrite anna/#     "readwrite" may be left out
 *     topic deny anna/secret/#
 *     use sensor                 all that the role may
 *
 *     pattern write in/%c        for everybody; %c is the Client Identifier,
 *                                %u the user name
 *     role sensor
 *     topic write values/+
 *     pattern read to/%u/#       for those who use the role
 *
 * A topic is decided about in two steps. First come the topic lines of the
 * section, and of the roles that it uses: if a "deny" matches, the answer is
 * no, else if a line that grants it does, yes. When no line decides, the
 * patterns do likewise. When none of them does either the answer is no. A
 * pattern with %u is not for who has no name; and who has "+" or "#" in a name
 * gets nothing by patterns.
 *
 * A subscription needs no permission: whoever may not read a topic is not sent
 * its messages.
 */
#ifndef BROKER_ACL_H
#define BROKER_ACL_H

#include "base/map.h"
#include "broker/config.h"

enum acl_right {
    ACL_NONE = 0, /* of a line: deny */
    ACL_READ = 1, /* to be sent a message */
    ACL_WRITE = 2,
    ACL_READ_WRITE = 3,
};

struct acl_rule {
    unsigned line;
    uint8_t rights; /* enum acl_right */
    bool pattern;   /* filter has %c or %u, or looks so */
    char filter[];
};

/* "deny" first, then in the order of the file; the rules belong to the acl. */
struct acl_list {
    const struct acl_rule **rules; /* owned */
    size_t count;
};

/* What holds for one user, or for those without a name. */
struct acl_section {
    char *name; /* owned */
    struct acl_list topics;
    struct acl_list patterns;
    struct buf uses; /* while reading: struct acl_use, as they come */
};

struct acl {
    char *path; /* owned */
    struct acl_rule **all;
    size_t count;
    struct map users;              /* struct acl_section by user name */
    struct map roles;              /* the same by name of the role */
    struct acl_section *anonymous; /* who has no user name */
    struct acl_section *others;    /* who has one that is not in the file */
};

/*
 * Read a file; problems has what is wrong in it, line by line. Returns NULL
 * when there are problems.
 */
struct acl *acl_load(const char *path, struct config_problems *problems);

/* The same from memory; name is what problems are reported under. */
struct acl *acl_read(const char *name, struct slice text,
                     struct config_problems *problems);

void acl_free(struct acl *acl);

/* Who asks. Strings are borrowed. */
struct acl_subject {
    const char *user_name; /* NULL: none */
    struct slice client_id;
    const struct acl_section *section; /* acl_section_of(user_name) */
};

/* The section for a user name, NULL for none. Valid as long as the acl. */
const struct acl_section *acl_section_of(const struct acl *acl,
                                         const char *user_name);

struct acl_decision {
    bool allowed;
    const struct acl_rule *rule; /* that decided; NULL: no rule did */
};

/* May the subject do this, ACL_READ or ACL_WRITE, with this Topic Name? */
struct acl_decision acl_decide(const struct acl_subject *subject,
                               enum acl_right right, struct slice topic_name);

/* Say why it is refused: "topic deny a/# (acl.txt:7)" or "no line lets user
   anna write this topic (acl.txt)". */
void acl_explain(const struct acl *acl, const struct acl_subject *subject,
                 enum acl_right right, const struct acl_decision *decision,
                 char *text, size_t size);

#endif
