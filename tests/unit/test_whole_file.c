/* Files that are read whole, and written whole or not at all. */
#include "suites.h"

#include "base/whole_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STRANGER 54321 /* a user without a name */

static char folder[64];
static char path[120];

static mode_t old_mask;

static void set_up(void)
{
    old_mask = umask(022);
    strcpy(folder, "/tmp/mqttlab-whole-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/file", folder);
}

/* The path of another file there; valid until the next call. */
static const char *beside(const char *name)
{
    static char other[120];

    snprintf(other, sizeof(other), "%s/%s", folder, name);
    return other;
}

/* Nothing but what is asked for may be left in the folder. */
static void tear_down(void)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    char name[400];

    while ((entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        ck_assert_msg(!strstr(entry->d_name, ".new"), "%s", entry->d_name);
        snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name);
        unlink(name);
    }
    closedir(dir);
    rmdir(folder);
    umask(old_mask);
}

enum { PRIVATE = 0600, PUBLIC = 0666 };

/* Through the stream, as those who print do. */
static int put(const char *name, const char *text, mode_t mode, unsigned wishes,
               int error)
{
    struct whole_file whole;
    int result = whole_file_open(&whole, name, mode, wishes);

    if (result)
        return result;
    fputs(text, whole.file);
    return whole_file_close(&whole, error);
}

static int store(const char *name, const char *text, mode_t mode,
                 unsigned wishes)
{
    return whole_file_store(name, slice_of_string(text), mode, wishes);
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

/* ---- reading ---- */

START_TEST(a_file_is_read_to_its_end_or_its_limit)
{
    struct buf content = {0};

    ck_assert_int_eq(store(path, "12345", PRIVATE, 0), 0);
    buf_append_string(&content, "0");
    ck_assert_int_eq(whole_file_load(path, 5, &content), 0);
    ck_assert_str_eq(buf_string(&content), "012345");
    ck_assert_int_eq(whole_file_load(path, 4, &content), -EFBIG);
    ck_assert_int_eq(whole_file_load(folder, 9, &content), -EISDIR);
    ck_assert_int_eq(whole_file_load("/nowhere", 9, &content), -ENOENT);
    ck_assert_int_eq(whole_file_load("/dev/zero", 100000, &content), -EFBIG);
    buf_release(&content);
}
END_TEST

/* ---- writing ---- */

START_TEST(what_was_there_stays_until_all_is_written)
{
    struct whole_file whole;

    ck_assert_int_eq(put(path, "old", PUBLIC, 0, 0), 0);
    expect("old", 0644);
    ck_assert_int_eq(put(path, "half", PUBLIC, 0, -ENOSPC), -ENOSPC);
    expect("old", 0644);
    ck_assert_int_eq(whole_file_open(&whole, path, PUBLIC, 0), 0);
    fputs("new", whole.file);
    fflush(whole.file);
    expect("old", 0644);
    ck_assert_int_eq(whole_file_close(&whole, 0), 0);
    expect("new", 0644);
}
END_TEST

START_TEST(what_is_finished_is_in_place_only_when_it_is_placed)
{
    struct whole_file whole;

    ck_assert_int_eq(store(path, "old", PRIVATE, 0), 0);
    ck_assert_int_eq(whole_file_open(&whole, path, PRIVATE, 0), 0);
    ck_assert_int_eq(whole_file_write(&whole, slice_of_string("one")), 0);
    ck_assert_int_eq(whole_file_finish(&whole, 0), 0);
    expect("old", 0600);
    whole_file_discard(&whole);
    expect("old", 0600);
    ck_assert_int_eq(whole_file_open(&whole, path, PRIVATE, 0), 0);
    ck_assert_int_eq(whole_file_write(&whole, slice_of_string("two")), 0);
    ck_assert_int_eq(whole_file_finish(&whole, 0), 0);
    ck_assert_int_eq(whole_file_place(&whole), 0);
    expect("two", 0600);
    whole_file_discard(&whole);
    expect("two", 0600);
}
END_TEST

START_TEST(a_full_disk_leaves_what_was_there)
{
    static char large[4096];

    memset(large, 'x', sizeof(large) - 1);
    ck_assert_int_eq(store(path, "old", PRIVATE, 0), 0);
    unit_limit_files(1000);
    int stored = store(path, large, PRIVATE, 0);
    int streamed = put(path, large, PRIVATE, 0, 0);
    int made = store(beside("new"), large, PRIVATE, WHOLE_FILE_NEW);
    unit_limit_files(SIZE_MAX);
    ck_assert_int_eq(stored, -EFBIG);
    ck_assert_int_eq(streamed, -EFBIG);
    ck_assert_int_eq(made, -EFBIG);
    expect("old", 0600);
    ck_assert_int_ne(access(beside("new"), F_OK), 0);
}
END_TEST

START_TEST(a_file_keeps_its_mode_if_that_is_wished)
{
    ck_assert_int_eq(store(path, "a", PUBLIC, WHOLE_FILE_KEEP_MODE), 0);
    expect("a", 0644);
    ck_assert_int_eq(chmod(path, 0660), 0);
    ck_assert_int_eq(store(path, "b", PUBLIC, WHOLE_FILE_KEEP_MODE), 0);
    expect("b", 0660);
    ck_assert_int_eq(store(path, "c", PUBLIC, 0), 0);
    expect("c", 0644);
    ck_assert_int_eq(store(path, "d", PRIVATE, 0), 0);
    expect("d", 0600);
    umask(077);
    ck_assert_int_eq(store(path, "e", PUBLIC, 0), 0);
    expect("e", 0600);
}
END_TEST

/* A broker that runs as another user reads its passwords after a change, and
   nobody does who could not before. */
START_TEST(a_file_keeps_its_readers_if_that_is_wished)
{
    static const struct {
        mode_t old, new;
    } modes[] = {
        {0600, 0600},
        {0640, 0640},
        {0660, 0640},
        {0644, 0600}
    };
    uid_t owner = geteuid() ? geteuid() : STRANGER;
    struct stat status;

    umask(077);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        ck_assert_int_eq(store(path, "a", PRIVATE, 0), 0);
        ck_assert_int_eq(chown(path, owner, (gid_t)-1), 0);
        ck_assert_int_eq(chmod(path, modes[i].old), 0);
        ck_assert_int_eq(store(path, "b", PRIVATE, WHOLE_FILE_KEEP_READERS), 0);
        expect("b", modes[i].new);
        ck_assert_int_eq(stat(path, &status), 0);
        ck_assert_uint_eq(status.st_uid, owner);
    }
}
END_TEST

START_TEST(a_new_file_replaces_none)
{
    ck_assert_int_eq(store(path, "a", PRIVATE, WHOLE_FILE_NEW), 0);
    ck_assert_int_eq(store(path, "b", PRIVATE, WHOLE_FILE_NEW), -EEXIST);
    expect("a", 0600);
    ck_assert_int_eq(symlink("nowhere", beside("link")), 0);
    ck_assert_int_eq(store(beside("link"), "b", PRIVATE, WHOLE_FILE_NEW),
                     -EEXIST);
}
END_TEST

START_TEST(what_a_killed_program_left_is_in_nobodys_way)
{
    char name[40];

    snprintf(name, sizeof(name), ".mqttlab-%ld-1.new", (long)getpid());
    ck_assert_int_eq(store(beside(name), "left", PRIVATE, WHOLE_FILE_NEW), 0);
    ck_assert_int_eq(store(path, "a", PRIVATE, 0), 0);
    expect("a", 0600);
    ck_assert_int_eq(unlink(beside(name)), 0);
}
END_TEST

/* Beside it there is a file all the same. */
START_TEST(the_longest_name_is_no_exception)
{
    char name[320];

    snprintf(name, sizeof(name), "%s/%0255d", folder, 0);
    ck_assert_int_eq(store(name, "old", PRIVATE, 0), 0);
    ck_assert_int_eq(put(name, "half", PRIVATE, 0, -ENOSPC), -ENOSPC);
    snprintf(path, sizeof(path), "%s", beside("link"));
    ck_assert_int_eq(symlink(name, path), 0);
    expect("old", 0600);
}
END_TEST

/* Root may do all things; so somebody else tries. */
static int store_as_stranger(const char *text, mode_t mode, unsigned wishes)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        if (geteuid() == 0 && setuid(STRANGER) != 0)
            _exit(255);
        _exit(-store(path, text, mode, wishes));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return -WEXITSTATUS(status);
}

START_TEST(a_closed_folder_leaves_the_file_itself_to_who_wishes_that)
{
    ck_assert_int_eq(store(path, "a long text", PRIVATE, 0), 0);
    if (geteuid() == 0)
        ck_assert_int_eq(chown(path, STRANGER, (gid_t)-1), 0);
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(chmod(folder, 0555), 0);
    int refused = store_as_stranger("new", PRIVATE, 0);
    expect("a long text", 0640);
    int kept = store_as_stranger("kept", PRIVATE,
                                 WHOLE_FILE_OR_IN_PLACE | WHOLE_FILE_KEEP_MODE);
    expect("kept", 0640);
    int done = store_as_stranger("new", PRIVATE, WHOLE_FILE_OR_IN_PLACE);
    expect("new", 0600);
    ck_assert_int_eq(chmod(folder, 0700), 0);
    ck_assert_int_eq(refused, -EACCES);
    ck_assert_int_eq(kept, 0);
    ck_assert_int_eq(done, 0);
}
END_TEST

START_TEST(a_link_stays_one)
{
    struct stat status;

    ck_assert_int_eq(store(path, "a", PRIVATE, 0), 0);
    ck_assert_int_eq(symlink("file", beside("link")), 0);
    ck_assert_int_eq(store(beside("link"), "b", PRIVATE, 0), 0);
    expect("b", 0600);
    ck_assert_int_eq(lstat(beside("link"), &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(store(beside("link"), "c", PRIVATE, 0), 0);
    expect("c", 0600);
    ck_assert_int_eq(symlink("none/file", beside("lost")), 0);
    ck_assert_int_eq(store(beside("lost"), "d", PRIVATE, 0), -ENOENT);
}
END_TEST

/* /dev/stdout leads to a name like "pipe:[7]", which is no path: root must not
   put a file in the place of that link. */
START_TEST(what_is_open_already_is_written_to)
{
    int ends[2];
    char name[40];
    char got[10] = "";

    ck_assert_int_eq(pipe(ends), 0);
    snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
    ck_assert_int_eq(symlink(name, path), 0);
    ck_assert_int_eq(store(path, "a", PRIVATE, 0), 0);
    ck_assert_int_eq(read(ends[0], got, sizeof(got)), 1);
    ck_assert_str_eq(got, "a");
    struct stat status;
    ck_assert_int_eq(lstat(path, &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    close(ends[0]);
    close(ends[1]);
}
END_TEST

/* One that was removed is still open, and has no place to put another in. */
START_TEST(a_file_without_a_name_is_written_over)
{
    char name[40];
    char got[10] = "";

    ck_assert_int_eq(store(path, "long before", PRIVATE, 0), 0);
    int fd = open(path, O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(unlink(path), 0);
    snprintf(name, sizeof(name), "/dev/fd/%d", fd);
    ck_assert_int_eq(store(name, "a", PRIVATE, 0), 0);
    ck_assert_int_eq(pread(fd, got, sizeof(got), 0), 1);
    close(fd);
}
END_TEST

START_TEST(what_is_no_file_is_no_trap)
{
    ck_assert_int_eq(store(folder, "a", PRIVATE, 0), -EISDIR);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(store(path, "nobody reads", PRIVATE, 0), -ENXIO);
    ck_assert_int_eq(store("/dev/null", "a", PRIVATE, 0), 0);
    ck_assert_int_eq(store("/nowhere/file", "a", PRIVATE, 0), -ENOENT);
    if (access("/dev/full", W_OK) == 0) {
        ck_assert_int_eq(store("/dev/full", "a", PRIVATE, 0), -ENOSPC);
        ck_assert_int_eq(put("/dev/full", "a", PRIVATE, 0, 0), -ENOSPC);
    }
}
END_TEST

Suite *whole_file_suite(void)
{
    Suite *suite = suite_create("whole_file");
    TCase *tcase = unit_case(suite, "whole_file", 10);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_file_is_read_to_its_end_or_its_limit);
    tcase_add_test(tcase, what_was_there_stays_until_all_is_written);
    tcase_add_test(tcase, what_is_finished_is_in_place_only_when_it_is_placed);
    tcase_add_test(tcase, a_full_disk_leaves_what_was_there);
    tcase_add_test(tcase, a_file_keeps_its_mode_if_that_is_wished);
    tcase_add_test(tcase, a_file_keeps_its_readers_if_that_is_wished);
    tcase_add_test(tcase, a_new_file_replaces_none);
    tcase_add_test(tcase, what_a_killed_program_left_is_in_nobodys_way);
    tcase_add_test(tcase, the_longest_name_is_no_exception);
    tcase_add_test(tcase,
                   a_closed_folder_leaves_the_file_itself_to_who_wishes_that);
    tcase_add_test(tcase, a_link_stays_one);
    tcase_add_test(tcase, what_is_open_already_is_written_to);
    tcase_add_test(tcase, a_file_without_a_name_is_written_over);
    tcase_add_test(tcase, what_is_no_file_is_no_trap);
    return suite;
}
