#include "labs/lab_try.h"

#include "base/alloc.h"
#include "labs/check.h"
#include "wire/pcapng.h"
#include "wire/render.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_BYTES (256u << 20)

enum { EXIT_PASSED = 0, EXIT_NOT = 1, EXIT_USAGE = 3 };

static void feed(struct check *check, const struct check_context *context,
                 const struct record *record)
{
    struct history_row row;

    history_add(context->history, record);
    if (!(record->flags & RECORD_SNAPSHOT) &&
        history_get(context->history, history_end(context->history) - 1, &row))
        check_feed(check, context, &row);
}

/* All of the file; false after saying what is wrong with it. */
static bool feed_file(struct check *check, const struct check_context *context,
                      const char *path)
{
    FILE *file = fopen(path, "rbe");
    char error[300] = "";
    struct record record;
    int got = 0;

    if (!file) {
        fprintf(stderr, "mqttlab lab try-check: %s: %s\n", path,
                strerror(errno));
        return false;
    }
    struct pcapng_reader *reader =
        pcapng_reader_new(file, error, sizeof(error));
    while (reader && (got = pcapng_read(reader, &record)) > 0)
        feed(check, context, &record);
    if (!reader || got < 0)
        fprintf(stderr, "mqttlab lab try-check: %s: %s\n", path,
                reader ? pcapng_error(reader) : error);
    bool good = reader && got == 0;
    pcapng_reader_free(reader);
    fclose(file);
    return good;
}

static void print_evidence(const struct check *check, struct history *history)
{
    const struct check_status *status = check_status(check);
    struct history_row row;

    for (unsigned i = 0; i < status->evidence_count; i++) {
        struct buf line = {0};

        if (history_get(history,
                        history_find_number(history, status->evidence[i]),
                        &row)) {
            render_line(&line, &row);
            puts(buf_string(&line));
        }
        buf_release(&line);
    }
}

static void print_result(const struct check *check)
{
    struct buf expected = {0};
    struct buf actual = {0};

    check_explain(check, &expected, &actual);
    printf("%s: %s\n", check_result_name(check_status(check)->result),
           buf_string(&actual));
    buf_release(&expected);
    buf_release(&actual);
}

int lab_try(const char *path, const char *text)
{
    char id[] = "check";
    char *copy = alloc_string(text);
    const struct lab_check_spec spec = {
        .id = id, .points = 1, .text = copy, .title = copy};
    const struct lab_step step = {0};
    struct dissection scratch = {0};
    char error[300];
    struct check *check = check_new(&spec, &step, error, sizeof(error));
    int status = EXIT_USAGE;

    if (!check) {
        fprintf(stderr, "mqttlab lab try-check: %s\n", error);
        free(copy);
        return status;
    }
    struct history *history = history_new(HISTORY_BYTES);
    const struct check_context context = {.history = history,
                                          .scratch = &scratch};
    if (feed_file(check, &context, path)) {
        check_finish(check, &context);
        print_evidence(check, history);
        print_result(check);
        status = check_status(check)->result == CHECK_PASSED ? EXIT_PASSED
                                                             : EXIT_NOT;
    }
    check_free(check);
    history_free(history);
    dissect_release(&scratch);
    free(copy);
    return status;
}
