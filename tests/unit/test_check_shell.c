/*
 * Checks by a command of their own, and of what stands in files.
 */
#include "suites.h"

#include "base/alloc.h"
#include "check_stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void put_file(const char *name)
{
    char *path = alloc_printf("%s/%s", desk.folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    close(fd);
    free(path);
}

static const struct {
    const char *command;
    const char *said;
} commands[] = {
    {"test -f here",                                "status 0"   },
    {"test -f there",                               "status 1"   },
    {"exit 7",                                      "status 7"   },
    {"kill -9 $$",                                  "by signal 9"},
    {"exit 200",                                    "status 200" },
    {"yes",                                         "too much"   },
    {"no-such-command-anywhere",                    "status 127" },
 /* Neither our environment nor our terminal, and no large files. */
    {"test -z \"$MQTTLAB_SECRET\" && ! read x",     "status 0"   },
    {"! head -c 20000000 /dev/zero >$TMPDIR/large", "status 0"   },
};

START_TEST(a_command_is_judged_by_its_status)
{
    const struct check_context with = check_stage_context();
    char *text = alloc_printf("shell %s", commands[_i].command);
    struct check *check = check_stage_make(text);

    setenv("MQTTLAB_SECRET", "x", 1);
    put_file("here");
    check_finish(check, &with);
    char *said = check_stage_explained(check);
    ck_assert_msg(strstr(said, commands[_i].said), "%s: %s", text, said);
    ck_assert_int_eq(check_status(check)->result == CHECK_PASSED,
                     strstr(commands[_i].said, " 0") != NULL);
    unsetenv("MQTTLAB_SECRET");
    free(said);
    free(text);
    check_free(check);
}
END_TEST

START_TEST(a_command_runs_when_a_file_has_changed_and_nobody_waits_for_it)
{
    const struct check_context with = check_stage_context();
    struct check *check =
        check_stage_make("shell test -f here && test -f there");
    bool ran = false;

    put_file("here");
    for (int i = 0; i < 2000 && !ran; i++) {
        check_look(check, &with);
        char *said = check_stage_explained(check);
        ran = strstr(said, "status 1") != NULL;
        free(said);
        usleep(5000);
    }
    ck_assert(ran);
    ck_assert_int_eq(check_status(check)->result, CHECK_WAITING);
    put_file("there");
    check_finish(check, &with);
    ck_assert_int_eq(check_status(check)->result, CHECK_PASSED);
    check_free(check);
}
END_TEST

/* Files that change while it runs are judged, and not what they were. */
START_TEST(what_is_handed_in_last_is_judged)
{
    const struct check_context with = check_stage_context();
    struct check *check = check_stage_make("shell test -f there && exit 0; "
                                           "echo >fifo; sleep 0.2; exit 1");
    char *fifo = alloc_printf("%s/fifo", desk.folder);
    char byte;

    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    check_look(check, &with);
    int fd = open(fifo, O_RDONLY);
    ck_assert_int_eq(read(fd, &byte, 1), 1); /* it has found nothing */
    put_file("there");
    check_finish(check, &with);
    ck_assert_int_eq(check_status(check)->result, CHECK_PASSED);
    check_free(check);
    close(fd);
    free(fifo);
}
END_TEST

/* What the lab writes all the time is none of the student's files. */
START_TEST(a_command_is_not_run_for_what_the_lab_writes)
{
    static const char *const theirs[] = {"journal", "recording-001.pcapng",
                                         "broker.log", "run.log", ".answers"};
    const struct check_context with = check_stage_context();
    struct check *check = check_stage_make("shell true");

    put_file("here");
    check_finish(check, &with);
    for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
        put_file(theirs[i]);
        check_look(check, &with);
        ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    }
    put_file("there");
    check_look(check, &with);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), 0);
    check_free(check);
}
END_TEST

/* A named pipe that nobody writes to keeps nobody waiting. */
START_TEST(what_is_no_file_is_not_there)
{
    const struct check_context with = check_stage_context();
    struct check *check = check_stage_make("file notes matches x");
    char *path = alloc_printf("%s/notes", desk.folder);

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    check_finish(check, &with);
    char *said = check_stage_explained(check);
    ck_assert_ptr_nonnull(strstr(said, "there is no such file"));
    free(said);
    free(path);
    check_free(check);
}
END_TEST

START_TEST(of_a_large_file_the_beginning_counts)
{
    const struct check_context with = check_stage_context();
    struct check *check = check_stage_make("file notes matches done");
    char *path = alloc_printf("%s/notes", desk.folder);
    FILE *file = fopen(path, "w");

    for (int i = 0; i < (1 << 20) + 4096; i++)
        fputc('\n', file);
    fputs("done\n", file);
    fclose(file);
    check_finish(check, &with);
    ck_assert_int_eq(check_status(check)->result, CHECK_FAILED);
    free(path);
    check_free(check);
}
END_TEST

/* No room for a process is nobody's fault: in one of its own, where there is
   none. */
static int judge_without_descriptors(void)
{
    const struct check_context with = check_stage_context();
    struct check *check = check_stage_make("shell true");
    int last = dup(0);
    const struct rlimit few = {.rlim_cur = (rlim_t)last + 1,
                               .rlim_max = (rlim_t)last + 1};

    close(last);
    put_file("here");
    if (setrlimit(RLIMIT_NOFILE, &few) != 0)
        return 2;
    check_finish(check, &with);
    return check_status(check)->result != CHECK_UNDECIDED;
}

START_TEST(a_command_that_cannot_be_run_is_undecided)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(judge_without_descriptors());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

/* What runs in it ends with the sandbox, see the tests of that. */
START_TEST(a_command_that_is_not_waited_for_ends_with_the_check)
{
    const struct check_context with = check_stage_context();
    struct check *check = check_stage_make("shell sleep 1000");

    put_file("here");
    check_look(check, &with);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), 0);
    check_free(check);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *check_shell_suite(void)
{
    Suite *suite = suite_create("check_shell");
    TCase *tcase = unit_case(suite, "check_shell", 30);

    tcase_add_checked_fixture(tcase, check_stage_open, check_stage_close);
    tcase_add_loop_test(tcase, a_command_is_judged_by_its_status, 0,
                        COUNT(commands));
    tcase_add_test(
        tcase, a_command_runs_when_a_file_has_changed_and_nobody_waits_for_it);
    tcase_add_test(tcase, what_is_handed_in_last_is_judged);
    tcase_add_test(tcase, a_command_is_not_run_for_what_the_lab_writes);
    tcase_add_test(tcase, what_is_no_file_is_not_there);
    tcase_add_test(tcase, of_a_large_file_the_beginning_counts);
    tcase_add_test(tcase, a_command_that_cannot_be_run_is_undecided);
    tcase_add_test(tcase, a_command_that_is_not_waited_for_ends_with_the_check);
    return suite;
}
