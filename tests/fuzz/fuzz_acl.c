/*
 * Any bytes as an access control list: what is read can be asked, and nobody
 * without a line that grants it may do anything.
 */
#include "broker/acl.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct acl *acl, const char *user_name,
                const char *client_id)
{
    static const char *const topics[] = {"a", "a/b/c", "$SYS/a", "anna/x"};
    struct acl_subject subject = {
        .user_name = user_name,
        .client_id = slice_of_string(client_id),
        .section = acl_section_of(acl, user_name),
    };
    char text[300];

    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        struct acl_decision decision =
            acl_decide(&subject, ACL_READ, slice_of_string(topics[i]));

        assert(!decision.allowed ||
               (decision.rule && decision.rule->rights & ACL_READ));
        if (!decision.allowed)
            acl_explain(acl, &subject, ACL_READ, &decision, text, sizeof(text));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_problems problems = {0};
    struct acl *acl = acl_read("acl", slice_of(data, size), &problems);

    assert((acl != NULL) == (problems.count == 0));
    if (!acl)
        return 0;
    ask(acl, NULL, "id");
    ask(acl, "anna", "id");
    ask(acl, "anna", "+");
    ask(acl, "a", "$share/x");
    acl_free(acl);
    return 0;
}
