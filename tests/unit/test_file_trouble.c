#include "suites.h"

#include "base/alloc.h"
#include "base/file_trouble.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STRANGER 54321 /* a user without a name */

static char folder[] = "/tmp/mqttlab-test-XXXXXX";
static char *path; /* of a file in folder */

static void set_up(void)
{
    strcpy(folder + sizeof(folder) - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    path = alloc_printf("%s/key", folder);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
}

static void tear_down(void)
{
    ck_assert_int_eq(chmod(folder, 0700), 0);
    unlink(path);
    rmdir(folder);
    free(path);
}

/* What is said to the stranger, who tries to open the file; with root's
   rights nothing is denied. */
static char *told_to_stranger(void)
{
    char text[1024] = "";
    int pipe_ends[2];

    ck_assert_int_eq(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct buf why = {0};
        bool left = setgid(STRANGER) == 0 && setuid(STRANGER) == 0;
        FILE *file = left ? fopen(path, "r") : NULL;

        file_trouble_explain(&why, path, file ? 0 : errno);
        if (write(pipe_ends[1], why.bytes, why.len) != (ssize_t)why.len)
            _exit(1);
        _exit(0);
    }
    close(pipe_ends[1]);
    ck_assert_int_ge(read(pipe_ends[0], text, sizeof(text) - 1), 0);
    close(pipe_ends[0]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    return alloc_string(text);
}

static void expect_told(const char *expected)
{
    char *told = told_to_stranger();

    ck_assert_str_eq(told, expected);
    free(told);
}

START_TEST(a_file_of_another_user_is_explained_with_the_command_that_gives_it)
{
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert_int_eq(chmod(path, 0640), 0);
    char *expected = alloc_printf(
        "Permission denied: it belongs to root (mode 640), and this program "
        "runs as 54321; mend it: sudo chown 54321 '%s'",
        path);
    expect_told(expected);
    free(expected);
}
END_TEST

START_TEST(a_folder_that_lets_nobody_through_is_named)
{
    ck_assert_int_eq(chmod(folder, 0700), 0);
    char *expected = alloc_printf("Permission denied: the folder %s is closed "
                                  "to 54321; mend it: chmod o+x '%s'",
                                  folder, folder);
    expect_told(expected);
    free(expected);
}
END_TEST

START_TEST(a_file_that_its_owner_may_not_read_is_opened_by_him)
{
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert_int_eq(chmod(path, 0), 0);
    ck_assert_int_eq(chown(path, STRANGER, STRANGER), 0);
    char *expected =
        alloc_printf("Permission denied: its mode is 000, and its owner may "
                     "not read it; mend it: chmod u+r '%s'",
                     path);
    expect_told(expected);
    free(expected);
}
END_TEST

START_TEST(what_is_not_about_rights_is_said_as_the_system_says_it)
{
    struct buf why = {0};

    file_trouble_explain(&why, "absent.key", ENOENT);
    ck_assert_str_eq(buf_string(&why), "No such file or directory");
    buf_release(&why);
}
END_TEST

Suite *file_trouble_suite(void)
{
    Suite *suite = suite_create("file_trouble");
    TCase *all = unit_case(suite, "all", 0);

    tcase_add_test(all, what_is_not_about_rights_is_said_as_the_system_says_it);
    if (geteuid() != 0) {
        printf("SKIP file_trouble: only root can become somebody else\n");
        return suite;
    }
    TCase *rights = unit_case(suite, "rights", 0);
    tcase_add_checked_fixture(rights, set_up, tear_down);
    tcase_add_test(
        rights,
        a_file_of_another_user_is_explained_with_the_command_that_gives_it);
    tcase_add_test(rights, a_folder_that_lets_nobody_through_is_named);
    tcase_add_test(rights, a_file_that_its_owner_may_not_read_is_opened_by_him);
    return suite;
}
