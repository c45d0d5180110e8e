#include "suites.h"

#include "base/process.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

typedef pid_t fork_function(int *leash);

/* The system's own way, and the one for systems that have none. */
static fork_function *const ways[] = {process_fork, process_fork_watched};

static void ignore_it(int signum)
{
    (void)signum;
}

/* A process that forks a child, which writes into the pipe and sleeps, and then
   goes, by itself or by force. */
static void leave_a_child(fork_function *way, int told, bool by_force)
{
    int ready[2];
    int leash;
    char byte = 1;

    if (pipe(ready) != 0)
        _exit(1);
    pid_t pid = way(&leash);
    if (pid == 0) {
        if (write(told, &byte, 1) != 1 || write(ready[1], &byte, 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    if (pid < 0 || read(ready[0], &byte, 1) != 1)
        _exit(1);
    if (by_force)
        raise(SIGKILL);
    _exit(0);
}

START_TEST(a_child_ends_with_its_parent)
{
    int ends[2];
    char byte;

    ck_assert_int_eq(pipe(ends), 0);
    pid_t parent = fork();
    if (parent == 0) {
        close(ends[0]);
        leave_a_child(ways[_i / 2], ends[1], _i % 2);
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
    /* The pipe ends when nobody is left who has it. */
    ck_assert_int_eq(read(ends[0], &byte, 1), 0);
    close(ends[0]);
}
END_TEST

START_TEST(a_child_goes_when_it_wants_to_and_its_parent_stays)
{
    int leash;
    int status;
    pid_t pid = ways[_i](&leash);

    if (pid == 0)
        _exit(7);
    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    process_unleash(&leash);
    ck_assert_int_eq(leash, -1);
}
END_TEST

START_TEST(what_is_handled_here_is_not_handled_by_the_child)
{
    int leash;
    int status;

    signal(SIGTERM, ignore_it);
    pid_t pid = ways[_i](&leash);
    if (pid == 0) {
        raise(SIGTERM);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    process_unleash(&leash);
    signal(SIGTERM, SIG_DFL);
}
END_TEST

START_TEST(a_folder_is_where_the_process_works_or_not_told)
{
    char here[4096];
    char *folder = process_folder(getpid());

    ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
    if (folder)
        ck_assert_str_eq(folder, here);
    free(folder);
    ck_assert_ptr_null(process_folder(-1)); /* nobody */
}
END_TEST

START_TEST(a_folder_is_the_same_by_another_path)
{
    char path[] = "/tmp/mqttlab-test-XXXXXX";
    char here[4096];
    char *folder = process_folder(getpid());

    ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
    ck_assert_ptr_nonnull(mkdtemp(path));
    ck_assert(!process_works_in(getpid(), path));
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(symlink(here, path), 0);
    /* Where the system does not tell, it is told nothing. */
    ck_assert_int_eq(process_works_in(getpid(), path), folder != NULL);
    ck_assert_int_eq(unlink(path), 0);
    free(folder);
}
END_TEST

Suite *process_suite(void)
{
    Suite *suite = suite_create("process");
    TCase *tcase = unit_case(suite, "process", 20);

    tcase_add_loop_test(tcase, a_child_ends_with_its_parent, 0, 4);
    tcase_add_loop_test(
        tcase, a_child_goes_when_it_wants_to_and_its_parent_stays, 0, 2);
    tcase_add_loop_test(tcase, what_is_handled_here_is_not_handled_by_the_child,
                        0, 2);
    tcase_add_test(tcase, a_folder_is_where_the_process_works_or_not_told);
    tcase_add_test(tcase, a_folder_is_the_same_by_another_path);
    return suite;
}
