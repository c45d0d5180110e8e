/* Files that are written whole or not at all. */
#include "suites.h"

#include "tui/whole_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[100];

static void set_up(void)
{
    strcpy(folder, "/tmp/mqttlab-whole-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/file", folder);
}

/* Nothing but what is asked for may be left in the folder. */
static void tear_down(void)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    char name[400];

    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        ck_assert_msg(!strstr(entry->d_name, ".new"), "%s", entry->d_name);
        snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name);
        unlink(name);
    }
    closedir(dir);
    rmdir(folder);
}

static int put(const char *name, const char *text, bool for_owner, int error)
{
    struct whole_file whole;
    int result = whole_file_open(&whole, name, for_owner);

    if (result)
        return result;
    fputs(text, whole.file);
    return whole_file_close(&whole, error);
}

static void expect(const char *text, unsigned mode)
{
    char got[100] = "";
    struct stat status;
    FILE *file = fopen(path, "r");

    ck_assert_ptr_nonnull(file);
    ck_assert(fgets(got, sizeof(got), file) || !*text);
    fclose(file);
    ck_assert_str_eq(got, text);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, mode);
}

START_TEST(what_was_there_stays_until_all_is_written)
{
    struct whole_file whole;

    umask(022);
    ck_assert_int_eq(put(path, "old", false, 0), 0);
    expect("old", 0644);
    ck_assert_int_eq(put(path, "half", false, -ENOSPC), -ENOSPC);
    expect("old", 0644);
    ck_assert_int_eq(whole_file_open(&whole, path, false), 0);
    fputs("new", whole.file);
    fflush(whole.file);
    expect("old", 0644);
    ck_assert_int_eq(whole_file_close(&whole, 0), 0);
    expect("new", 0644);
}
END_TEST

START_TEST(a_file_keeps_its_mode_unless_it_is_for_its_owner)
{
    ck_assert_int_eq(put(path, "a", false, 0), 0);
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(put(path, "b", false, 0), 0);
    expect("b", 0640);
    ck_assert_int_eq(put(path, "c", true, 0), 0);
    expect("c", 0600);
}
END_TEST

/* Beside it there is a file all the same. */
START_TEST(the_longest_name_is_no_exception)
{
    char name[320];

    snprintf(name, sizeof(name), "%s/%0255d", folder, 0);
    ck_assert_int_eq(put(name, "old", true, 0), 0);
    ck_assert_int_eq(put(name, "half", true, -ENOSPC), -ENOSPC);
    snprintf(path, sizeof(path), "%s/link", folder);
    ck_assert_int_eq(symlink(name, path), 0);
    expect("old", 0600);
}
END_TEST

/* Who may write nothing beside a file may still write into it. */
START_TEST(a_closed_folder_leaves_the_file_itself)
{
    if (geteuid() == 0)
        return; /* no folder is closed to root */
    ck_assert_int_eq(put(path, "a long text", false, 0), 0);
    ck_assert_int_eq(chmod(folder, 0500), 0);
    int result = put(path, "short", true, 0);
    ck_assert_int_eq(chmod(folder, 0700), 0);
    ck_assert_int_eq(result, 0);
    expect("short", 0600);
}
END_TEST

START_TEST(a_link_stays_one)
{
    char link[110];
    struct stat status;

    snprintf(link, sizeof(link), "%s/link", folder);
    ck_assert_int_eq(put(path, "a", true, 0), 0);
    ck_assert_int_eq(symlink("file", link), 0);
    ck_assert_int_eq(put(link, "b", true, 0), 0);
    expect("b", 0600);
    ck_assert_int_eq(lstat(link, &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
}
END_TEST

START_TEST(what_is_no_file_is_no_trap)
{
    ck_assert_int_eq(put(folder, "a", true, 0), -EISDIR);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(put(path, "nobody reads", true, 0), -ENXIO);
    ck_assert_int_eq(put("/dev/null", "a", true, 0), 0);
    ck_assert_int_eq(put("/nowhere/file", "a", true, 0), -ENOENT);
    if (access("/dev/full", W_OK) == 0)
        ck_assert_int_eq(put("/dev/full", "a", true, 0), -ENOSPC);
}
END_TEST

Suite *whole_file_suite(void)
{
    Suite *suite = suite_create("whole_file");
    TCase *tcase = unit_case(suite, "whole_file", 10);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_was_there_stays_until_all_is_written);
    tcase_add_test(tcase, a_file_keeps_its_mode_unless_it_is_for_its_owner);
    tcase_add_test(tcase, the_longest_name_is_no_exception);
    tcase_add_test(tcase, a_closed_folder_leaves_the_file_itself);
    tcase_add_test(tcase, a_link_stays_one);
    tcase_add_test(tcase, what_is_no_file_is_no_trap);
    return suite;
}
