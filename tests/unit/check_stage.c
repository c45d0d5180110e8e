#include "check_stage.h"

#include "suites.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "wire/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_stage desk;

void check_stage_open(void)
{
    desk.history = history_new(0);
    strcpy(desk.folder, "/tmp/mqttlab-check.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(desk.folder));
}

void check_stage_close(void)
{
    char *command = alloc_printf("rm -rf %s", desk.folder);

    history_free(desk.history);
    dissect_release(&desk.scratch);
    desk = (struct check_stage){0};
    ck_assert_int_eq(system(command), 0);
    free(command);
}

struct check *check_stage_make(const char *text)
{
    static char copy[300];
    static char id[] = "x";
    static struct lab_check_spec spec;
    static const struct lab_step step;
    char error[300] = "";

    snprintf(copy, sizeof(copy), "%s", text);
    spec = (struct lab_check_spec){.id = id, .points = 1, .text = copy};
    struct check *check = check_new(&spec, &step, error, sizeof(error));
    ck_assert_msg(check != NULL, "%s: %s", text, error);
    return check;
}

struct check_context check_stage_context(void)
{
    return (struct check_context){.history = desk.history,
                                  .scratch = &desk.scratch,
                                  .files = desk.folder};
}

char *check_stage_explained(const struct check *check)
{
    struct buf expected = {0};
    struct buf actual = {0};

    check_explain(check, &expected, &actual);
    buf_release(&expected);
    return buf_take_string(&actual);
}

void check_stage_time(uint64_t second)
{
    struct buf bytes = {0};

    record_begin(&bytes, EVENT_NOTE);
    history_add(desk.history,
                &(struct record){.seq = history_end(desk.history) + 1,
                                 .time_ns = second * CLOCK_NS_PER_S,
                                 .type = RECORD_NOTE,
                                 .bytes = buf_slice(&bytes)});
    buf_release(&bytes);
}
