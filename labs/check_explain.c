/*
 * Inside check.h: what a check expected and saw, in words.
 */
#include "labs/check_state.h"

#include <stdlib.h>

static void explain_after(const struct check *check, struct buf *actual)
{
    double seconds = (double)check->after_ns / 1e9;

    if (!check->begun)
        buf_append_string(actual, "what it begins with did not come");
    else if (check->status.result == CHECK_FAILED)
        buf_printf(actual, "it came after %.1f s", seconds);
    else if (check->status.result == CHECK_PASSED)
        buf_append_string(actual, "it did not come");
    else
        buf_append_string(actual, "the time was not over at the end");
}

static void explain_last(const struct check *check, struct buf *actual)
{
    if (!check->status.seen)
        buf_append_string(actual, "nothing of the kind came");
    else
        buf_append_string(actual, check->status.result == CHECK_PASSED
                                      ? "the last one is like this"
                                      : "the last one is not like this");
}

static void explain_answer(const struct check *check, struct buf *actual)
{
    if (!check->status.seen)
        buf_append_string(actual, "no answer was given");
    else if (check->status.result == CHECK_UNMARKED)
        buf_append_string(actual, "a person reads it and gives the points");
    else
        buf_append_string(actual, check->status.result == CHECK_PASSED
                                      ? "the answer is right"
                                      : "the answer is not right");
}

static void explain_file(const struct check *check, struct buf *actual)
{
    if (!check->file.there)
        buf_append_string(actual, "there is no such file");
    else
        buf_append_string(actual, check->file.matches ? "a line matches"
                                                      : "no line matches");
}

const char *check_reason(const struct check *check)
{
    const struct check_cert *cert = &check->rule.cert;
    bool wrong = check->rule.kind == CHECK_CERT && cert->state && cert->there &&
                 !cert->good && !cert->untouched;

    return wrong ? cert->why : NULL;
}

static void explain_cert(const struct check *check, struct buf *actual)
{
    const struct check_cert *cert = &check->rule.cert;

    if (!cert->state)
        buf_append_string(actual, "it was not looked at");
    else
        buf_append_string(actual, cert->good ? "it is" : cert->why);
}

static void explain_shell(const struct check *check, struct buf *actual)
{
    const struct check_shell *shell = &check->shell;

    if (!shell->ran) {
        buf_append_string(actual, "it was not run");
        return;
    }
    char *how = check_shell_describe(shell);
    buf_printf(actual, "it %s", how);
    free(how);
}

void check_explain(const struct check *check, struct buf *expected,
                   struct buf *actual)
{
    buf_append_string(expected, check->spec->text);
    if (check->status.result == CHECK_UNDECIDED && check->gap) {
        buf_append_string(actual, "records were lost, so this is not proved");
        return;
    }
    switch (check->rule.kind) {
    case CHECK_SEQ:
        buf_printf(actual, "%u of %u came in this order",
                   check->sequence.matched, check->rule.filter_count);
        break;
    case CHECK_AFTER: explain_after(check, actual); break;
    case CHECK_ANSWER: explain_answer(check, actual); break;
    case CHECK_FILE: explain_file(check, actual); break;
    case CHECK_CERT: explain_cert(check, actual); break;
    case CHECK_SHELL: explain_shell(check, actual); break;
    case CHECK_LAST: explain_last(check, actual); break;
    case CHECK_SEEN:
    case CHECK_AT_LEAST:
    case CHECK_EXACTLY:
    case CHECK_AT_MOST:
    case CHECK_FLOW_DONE:
    case CHECK_FLOW_LOST:
    case CHECK_SESSION:
    case CHECK_RETAINED:
    case CHECK_WIRE:
        buf_printf(actual, "%llu matched",
                   (unsigned long long)check->status.seen);
        break;
    }
}
