#include "suites.h"

#include "base/alloc.h"
#include "wire/control.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/mqttlab-test-XXXXXX";

static const char *const names[] = {"MQTTLAB_RUNTIME_DIR", "XDG_RUNTIME_DIR"};
static char *saved[2];

static void set_up(void)
{
    for (int i = 0; i < 2; i++)
        saved[i] = alloc_string(getenv(names[i]));
    strcpy(directory + sizeof(directory) - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void tear_down(void)
{
    ck_assert_int_eq(rmdir(directory), 0);
    for (int i = 0; i < 2; i++) {
        if (saved[i])
            setenv(names[i], saved[i], 1);
        else
            unsetenv(names[i]);
        free(saved[i]);
    }
}

START_TEST(the_directory_is_made_for_its_owner_alone)
{
    char inner[64];
    char got[128];
    struct stat status;

    snprintf(inner, sizeof(inner), "%s/new", directory);
    setenv("MQTTLAB_RUNTIME_DIR", inner, 1);
    ck_assert_int_eq(control_directory(got, sizeof(got)), 0);
    ck_assert_str_eq(got, inner);
    ck_assert_int_eq(stat(inner, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0700);
    ck_assert_int_eq(control_directory(got, sizeof(got)), 0);
    ck_assert_int_eq(chmod(inner, 0750), 0);
    ck_assert_int_eq(control_directory(got, sizeof(got)), -EPERM);
    ck_assert_int_eq(rmdir(inner), 0);
    ck_assert_int_eq(symlink("/tmp", inner), 0);
    ck_assert_int_eq(control_directory(got, sizeof(got)), -ENOTDIR);
    ck_assert_int_eq(unlink(inner), 0);
    ck_assert_int_eq(control_directory(got, 5), -ENAMETOOLONG);
    setenv("MQTTLAB_RUNTIME_DIR", "/nonexistent/new", 1);
    ck_assert_int_eq(control_directory(got, sizeof(got)), -ENOENT);
}
END_TEST

START_TEST(without_an_own_directory_the_user_s_is_taken)
{
    char got[128];
    char expected[128];

    unsetenv("MQTTLAB_RUNTIME_DIR");
    setenv("XDG_RUNTIME_DIR", directory, 1);
    ck_assert_int_eq(control_directory(got, sizeof(got)), 0);
    snprintf(expected, sizeof(expected), "%s/mqttlab", directory);
    ck_assert_str_eq(got, expected);
    ck_assert_int_eq(rmdir(expected), 0);
    setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
    ck_assert_int_eq(control_directory(got, sizeof(got)), 0);
    snprintf(expected, sizeof(expected), "/tmp/mqttlab-%ld", (long)geteuid());
    ck_assert_str_eq(got, expected);
}
END_TEST

START_TEST(an_open_directory_is_explained_with_what_to_do)
{
    char got[300];
    char expected[300];

    setenv("MQTTLAB_RUNTIME_DIR", directory, 1);
    snprintf(expected, sizeof(expected),
             "%s must be yours, and closed to others: chmod 700 %s", directory,
             directory);
    control_explain(-EPERM, got, sizeof(got));
    ck_assert_str_eq(got, expected);
    snprintf(expected, sizeof(expected), "%s: Read-only file system",
             directory);
    control_explain(-EROFS, got, sizeof(got));
    ck_assert_str_eq(got, expected);
}
END_TEST

/* ---- this end alone ---- */

START_TEST(a_request_does_not_wait_for_ever)
{
    int pair[2];
    json_t *request = json_pack("{s:s}", "cmd", "attach");

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ck_assert_ptr_null(control_request(pair[0], request, 20, NULL));
    ck_assert_int_eq(errno, ETIMEDOUT);
    close(pair[1]);
    ck_assert_ptr_null(control_request(pair[0], request, 1000, NULL));
    ck_assert(errno == EPIPE || errno == ECONNRESET);
    close(pair[0]);
    json_decref(request);
}
END_TEST

/* ---- who looks while a broker starts ---- */

static void look_for_brokers(pid_t parent)
{
    struct control_broker found[4];

    while (getppid() == parent)
        control_find(found, 4);
    _exit(0);
}

START_TEST(a_broker_that_starts_is_not_taken_for_a_dead_one)
{
    const struct control_options options = {.port = 1883};
    struct control *control;
    struct loop loop;
    char path[128];
    pid_t self = getpid();
    pid_t looker;

    setenv("MQTTLAB_RUNTIME_DIR", directory, 1);
    snprintf(path, sizeof(path), "%s/%ld-1883.sock", directory, (long)self);
    ck_assert_int_eq(loop_init(&loop), 0);
    looker = fork();
    if (looker == 0)
        look_for_brokers(self);
    for (int i = 0; i < 600; i++) {
        ck_assert_int_eq(control_open(&control, &loop, &options), 0);
        for (int turns = 0; turns < 20; turns++)
            sched_yield();
        ck_assert_int_eq(access(path, F_OK), 0);
        control_close(control);
        loop_run(&loop); /* until all is closed */
    }
    ck_assert_int_eq(kill(looker, SIGKILL), 0);
    ck_assert_int_eq(waitpid(looker, NULL, 0), looker);
    loop_release(&loop);
}
END_TEST

Suite *control_client_suite(void)
{
    Suite *suite = suite_create("control_client");
    TCase *tcase = unit_case(suite, "control_client", 20);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_directory_is_made_for_its_owner_alone);
    tcase_add_test(tcase, without_an_own_directory_the_user_s_is_taken);
    tcase_add_test(tcase, an_open_directory_is_explained_with_what_to_do);
    tcase_add_test(tcase, a_request_does_not_wait_for_ever);
    tcase_add_test(tcase, a_broker_that_starts_is_not_taken_for_a_dead_one);
    return suite;
}
