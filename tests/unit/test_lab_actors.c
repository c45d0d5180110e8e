/*
 * Clients of a lab: they end when they shall, whatever they think of it.
 */
#include "suites.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "labs/lab_actors.h"
#include "student.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct student student;
static struct lab_actors actors;

static void set_up(void)
{
    student_make_folder(&student);
    actors = (struct lab_actors){0};
}

static void tear_down(void)
{
    lab_actors_stop(&actors);
    student_remove_folder(&student);
}

/* Run a command in the folder until it has written its process's number into
   the file "pid". */
static pid_t run(const char *command)
{
    char *path = alloc_printf("%s/pid", student.folder);
    int pid = 0;

    ck_assert_int_eq(lab_actors_run(&actors, command, student.folder, 1), 0);
    while (pid == 0) {
        FILE *file = fopen(path, "r");

        if (file && fscanf(file, "%d.", &pid) != 1)
            pid = 0;
        if (file)
            fclose(file);
        usleep(1000);
    }
    free(path);
    return pid;
}

/* Nothing of a process is left but what its parent may still ask for. */
static bool has_ended(pid_t pid)
{
    /* Some machines have no ps. */
    char *command = alloc_printf(
        "{ ps -o stat= -p %d || sed 's/.*) //' /proc/%d/stat; } 2>/dev/null |"
        " grep -qv '^Z'",
        (int)pid, (int)pid);
    bool runs = system(command) == 0;

    free(command);
    return !runs;
}

static const char *const commands[] = {
    "echo $$. >pid; exec sleep 1000",
    "trap '' TERM; sh -c 'echo $$. >pid; exec sleep 1000'",
    "sh -c 'trap \"\" TERM INT HUP; echo $$. >pid; sleep 1000; sleep 1000'",
};

START_TEST(no_command_outlives_the_end)
{
    pid_t pid = run(commands[_i]);
    uint64_t begun = clock_read_monotonic_ns();

    ck_assert(!has_ended(pid));
    lab_actors_stop(&actors);
    ck_assert(clock_read_monotonic_ns() - begun < 8 * CLOCK_NS_PER_S);
    ck_assert(has_ended(pid));
    ck_assert_uint_eq(actors.count, 0);
}
END_TEST

START_TEST(a_broker_that_the_student_runs_outlives_the_step_and_no_other)
{
    char *path = alloc_printf("%s/pid", student.folder);
    pid_t other = run("echo $$. >pid; exec sleep 1000");

    ck_assert(!lab_actors_run_broker(&actors));
    ck_assert_int_eq(unlink(path), 0);
    pid_t broker = run("mosquitto () { :; }; echo $$. >pid; exec sleep 1000");
    lab_actors_leave(&actors);
    ck_assert(has_ended(other));
    ck_assert(!has_ended(broker));
    ck_assert_uint_eq(actors.count, 1);
    ck_assert(lab_actors_run_broker(&actors));
    lab_actors_stop(&actors);
    ck_assert(!lab_actors_run_broker(&actors));
    ck_assert(has_ended(broker));
    ck_assert_uint_eq(actors.count, 0);
    free(path);
}
END_TEST

START_TEST(those_that_ended_make_room)
{
    for (int i = 0; i < 3 * LAB_ACTORS_MAX; i++) {
        char *command = alloc_printf("true %d", i);

        while (lab_actors_run(&actors, command, NULL, 1) != 0)
            usleep(1000);
        free(command);
    }
    ck_assert_uint_le(actors.count, LAB_ACTORS_MAX);
}
END_TEST

/* Two clients of one name throw each other out for ever. */
START_TEST(a_command_that_runs_is_not_begun_a_second_time)
{
    ck_assert_int_eq(lab_actors_run(&actors, "sleep 600", NULL, 1), 0);
    ck_assert_int_eq(lab_actors_run(&actors, "sleep 600", NULL, 1), -EALREADY);
    ck_assert_int_eq(lab_actors_run(&actors, "sleep 601", NULL, 1), 0);
    ck_assert_uint_eq(actors.count, 2);
    lab_actors_stop(&actors);
    ck_assert_int_eq(lab_actors_run(&actors, "sleep 600", NULL, 1), 0);
}
END_TEST

Suite *lab_actors_suite(void)
{
    Suite *suite = suite_create("lab_actors");
    TCase *tcase = unit_case(suite, "lab_actors", 30);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_command_that_runs_is_not_begun_a_second_time);
    tcase_add_loop_test(tcase, no_command_outlives_the_end, 0,
                        sizeof(commands) / sizeof(commands[0]));
    tcase_add_test(
        tcase, a_broker_that_the_student_runs_outlives_the_step_and_no_other);
    tcase_add_test(tcase, those_that_ended_make_room);
    return suite;
}
