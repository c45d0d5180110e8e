#include "suites.h"

#include "base/alloc.h"
#include "labs/answer.h"
#include "labs/handin.h"
#include "labs/journal.h"
#include "labs/lab.h"
#include "labs/workspace.h"
#include "student.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct student home;

static void make_home(void)
{
    student_make_home(&home);
}

static void remove_home(void)
{
    student_remove_folder(&home);
}

static char *in_folder(const char *name)
{
    return alloc_printf("%s/%s", home.folder, name);
}

START_TEST(a_workspace_remembers_the_student)
{
    struct workspace workspace;

    ck_assert_int_eq(workspace_open(&workspace, "01-x", NULL, "ann"), 0);
    ck_assert_str_eq(workspace.student, "ann");
    workspace_close(&workspace);
    ck_assert_int_eq(workspace_open(&workspace, "02-y", NULL, NULL), 0);
    ck_assert_str_eq(workspace.student, "ann");
    workspace_close(&workspace);
    ck_assert_int_eq(workspace_open(&workspace, "01-x", NULL, "bob"), -EEXIST);
}
END_TEST

/* Programs of the lab begin in other folders. */
START_TEST(the_folder_of_a_workspace_is_absolute)
{
    struct workspace workspace;
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    ck_assert_int_eq(chdir(home.folder), 0);
    ck_assert_int_eq(workspace_open(&workspace, "01-x", "own/rel", "ann"), 0);
    ck_assert_int_eq(workspace.path[0], '/');
    ck_assert_int_eq(fchdir(here), 0);
    ck_assert_int_eq(access(workspace.path, W_OK), 0);
    workspace_close(&workspace);
    close(here);
}
END_TEST

START_TEST(one_program_at_a_time_works_in_a_workspace)
{
    struct workspace one;
    struct workspace two;

    ck_assert_int_eq(workspace_open(&one, "01-x", NULL, "ann"), 0);
    ck_assert_int_eq(workspace_open(&two, "01-x", NULL, "ann"), -EBUSY);
    workspace_close(&one);
    ck_assert_int_eq(workspace_open(&two, "01-x", NULL, "ann"), 0);
    workspace_close(&two);
}
END_TEST

START_TEST(an_id_cannot_leave_its_place)
{
    ck_assert(workspace_student_valid("m.muster-1_2@uni"));
    ck_assert(!workspace_student_valid(""));
    ck_assert(!workspace_student_valid("../x"));
    ck_assert(!workspace_student_valid("-x"));
    ck_assert(!workspace_student_valid("a b"));
    ck_assert(!workspace_student_valid("a\n"));
}
END_TEST

START_TEST(answers_from_a_shell_arrive_in_order)
{
    struct workspace workspace;

    ck_assert_int_eq(workspace_put_answer("q1", "4"), -ENOENT);
    ck_assert_int_eq(workspace_open(&workspace, "01-x", NULL, "ann"), 0);
    ck_assert_int_eq(workspace_put_answer("q1", "c0 00"), 0);
    ck_assert_int_eq(workspace_put_answer("q2", "x"), 0);
    char *first = workspace_take_answer(&workspace);
    char *second = workspace_take_answer(&workspace);
    ck_assert_str_eq(first, "q1 c0 00");
    ck_assert_str_eq(second, "q2 x");
    ck_assert_ptr_null(workspace_take_answer(&workspace));
    free(first);
    free(second);
    workspace_close(&workspace);
    ck_assert_int_eq(workspace_put_answer("q1", "too late"), -ENOENT);
}
END_TEST

START_TEST(an_answer_is_one_line_that_the_next_one_can_follow)
{
    struct workspace workspace;
    char text[2000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ck_assert_int_eq(workspace_open(&workspace, "01-x", NULL, "ann"), 0);
    ck_assert_int_eq(workspace_put_answer("q1", text), 0);
    ck_assert_int_eq(workspace_put_answer("q1", "4\nq2 5"), 0);
    ck_assert_int_eq(workspace_put_answer(text, "6"), 0);
    char *cut = workspace_take_answer(&workspace);
    ck_assert_uint_eq(strlen(cut), strlen("q1 ") + ANSWER_MAX_BYTES);
    char *joined = workspace_take_answer(&workspace);
    ck_assert_str_eq(joined, "q1 4 q2 5");
    char *named = workspace_take_answer(&workspace);
    ck_assert_ptr_nonnull(strstr(named, "xx 6"));
    ck_assert_ptr_null(workspace_take_answer(&workspace));
    free(cut);
    free(joined);
    free(named);
    workspace_close(&workspace);
}
END_TEST

START_TEST(a_reset_keeps_the_old_files)
{
    struct workspace workspace;
    struct stat info;

    ck_assert_int_eq(workspace_open(&workspace, "01-x", NULL, "ann"), 0);
    char *file = alloc_printf("%s/notes", workspace.path);
    char *kept = alloc_printf("%s/backup-1/notes", workspace.path);
    close(open(file, O_CREAT | O_WRONLY, 0600));
    unsigned backup = 0;
    ck_assert_int_eq(workspace_reset(&workspace, &backup), 0);
    ck_assert_uint_eq(backup, 1);
    ck_assert_int_ne(stat(file, &info), 0);
    ck_assert_int_eq(stat(kept, &info), 0);
    workspace_close(&workspace);
    free(file);
    free(kept);
}
END_TEST

/* ---- journal ---- */

static char *write_journal(void)
{
    struct journal journal;
    char *path = in_folder("journal");
    unsigned line;

    ck_assert_int_eq(journal_open(&journal, path, &line), 0);
    ck_assert_int_eq(journal_add(&journal, 0, "step", "one"), 0);
    ck_assert_int_eq(journal_add(&journal, 0, "answer", "q1 4"), 0);
    ck_assert_int_eq(journal_add(&journal, 0, "step", "two\nforged"), 0);
    journal_close(&journal);
    return path;
}

START_TEST(a_journal_goes_on_where_it_ended)
{
    char *path = write_journal();
    struct journal journal;
    unsigned line;

    ck_assert_int_eq(journal_open(&journal, path, &line), 0);
    ck_assert_int_eq(journal_add(&journal, 0, "step", "three"), 0);
    journal_close(&journal);
    ck_assert_int_eq(journal_open(&journal, path, &line), 0);
    journal_close(&journal);
    free(path);
}
END_TEST

START_TEST(a_line_that_does_not_fit_on_the_disk_leaves_nothing)
{
    char *path = write_journal();
    struct journal journal;
    struct stat status;
    unsigned line;

    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(journal_open(&journal, path, &line), 0);
    unit_limit_files((size_t)status.st_size + 20);
    int full = journal_add(&journal, 0, "step", "three");
    unit_limit_files(SIZE_MAX);
    ck_assert_int_lt(full, 0);
    ck_assert_int_eq(journal_add(&journal, 0, "step", "four"), 0);
    journal_close(&journal);
    ck_assert_int_eq(journal_open(&journal, path, &line), 0);
    journal_close(&journal);
    free(path);
}
END_TEST

START_TEST(a_changed_line_of_a_journal_is_found)
{
    char *path = write_journal();
    struct journal journal;
    char text[512];
    unsigned line;
    FILE *file = fopen(path, "r+");
    size_t len = fread(text, 1, sizeof(text) - 1, file);

    text[len] = '\0';
    char *answer = strstr(text, "q1 4");
    ck_assert_ptr_nonnull(answer);
    fseek(file, answer - text + 3, SEEK_SET);
    fputc('5', file);
    fclose(file);
    ck_assert_int_eq(journal_open(&journal, path, &line), -EILSEQ);
    ck_assert_uint_eq(line, 2);
    free(path);
}
END_TEST

START_TEST(half_a_line_at_the_end_is_taken_off)
{
    char *path = write_journal();
    struct journal journal;
    unsigned line;
    int fd = open(path, O_WRONLY | O_APPEND);

    ck_assert_int_eq(write(fd, "0123", 4), 4);
    close(fd);
    ck_assert_int_eq(journal_open(&journal, path, &line), 0);
    ck_assert_int_eq(journal_add(&journal, 0, "step", "three"), 0);
    journal_close(&journal);
    ck_assert_int_eq(journal_open(&journal, path, &line), 0);
    journal_close(&journal);
    free(path);
}
END_TEST

/* ---- hand-ins ---- */

static int unpack(const char *file, const char *to, const char **wrong)
{
    int fd = handin_open(file, wrong);

    return fd < 0 ? fd : handin_unpack(fd, to, wrong);
}

START_TEST(a_handin_is_unpacked_as_it_was_packed)
{
    struct workspace workspace;
    char id[] = "01-x";
    char version[] = "1";
    struct lab lab = {.id = id, .version = version};
    char error[400];
    struct stat info;

    ck_assert_int_eq(workspace_open(&workspace, "01-x", NULL, "ann"), 0);
    char *notes = alloc_printf("%s/notes", workspace.path);
    char *link_path = alloc_printf("%s/link", workspace.path);
    close(open(notes, O_CREAT | O_WRONLY, 0600));
    ck_assert_int_eq(symlink("/etc/passwd", link_path), 0);
    char *file = in_folder("x.mqlab");
    char *out = in_folder("out");
    ck_assert_int_eq(handin_pack(file, &lab, &workspace, error, sizeof(error)),
                     0);
    ck_assert_int_eq(stat(file, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    mkdir(out, 0700);
    const char *wrong;
    ck_assert_int_eq(unpack(file, out, &wrong), 0);
    ck_assert_ptr_null(wrong);
    char *student = handin_manifest(out, "student");
    ck_assert_str_eq(student, "ann");
    char *there = alloc_printf("%s/notes", out);
    char *gone = alloc_printf("%s/link", out);
    ck_assert_int_eq(lstat(there, &info), 0);
    ck_assert_int_ne(lstat(gone, &info), 0);
    handin_remove(out);
    ck_assert_int_ne(stat(out, &info), 0);
    workspace_close(&workspace);
    free(notes);
    free(link_path);
    free(file);
    free(out);
    free(student);
    free(there);
    free(gone);
}
END_TEST

static void make_file(const char *where, const char *name)
{
    char *path = alloc_printf("%s/%s", where, name);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);

    ck_assert_int_ge(fd, 0);
    close(fd);
    free(path);
}

static int pack(const char *file, const struct workspace *workspace)
{
    char id[] = "01-x";
    char version[] = "1";
    const struct lab lab = {.id = id, .version = version};
    char error[400];

    return handin_pack(file, &lab, workspace, error, sizeof(error));
}

START_TEST(what_unpacking_refuses_is_not_packed)
{
    static const char *const left_out[] = {"bell\a", ".hidden", "old.mqlab",
                                           "broker.log"};
    struct workspace workspace;
    struct stat info;
    char *file = in_folder("mqttlab/01-x/x.mqlab"); /* within what it packs */
    char *out = in_folder("out");
    const char *wrong;

    ck_assert_int_eq(workspace_open(&workspace, "01-x", NULL, "ann"), 0);
    for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
        make_file(workspace.path, left_out[i]);
    make_file(workspace.path, "notes");
    ck_assert_int_eq(pack(file, &workspace), 0);
    ck_assert_int_eq(mkdir(out, 0700), 0);
    ck_assert_int_eq(unpack(file, out, &wrong), 0);
    for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
        char *path = alloc_printf("%s/%s", out, left_out[i]);

        ck_assert_msg(lstat(path, &info) != 0, "%s is in it", path);
        free(path);
    }
    char *notes = alloc_printf("%s/notes", out);
    ck_assert_int_eq(lstat(notes, &info), 0);
    workspace_close(&workspace);
    free(notes);
    free(out);
    free(file);
}
END_TEST

START_TEST(more_files_than_a_handin_holds_are_told_when_packing)
{
    struct workspace workspace;
    struct stat info;
    char *file = in_folder("x.mqlab");

    ck_assert_int_eq(workspace_open(&workspace, "01-x", NULL, "ann"), 0);
    for (unsigned i = 1; i < HANDIN_MAX_FILES; i++) {
        char name[16];

        snprintf(name, sizeof(name), "f%u", i);
        make_file(workspace.path, name);
    }
    ck_assert_int_eq(pack(file, &workspace), 0);
    ck_assert_int_eq(stat(file, &info), 0);
    off_t size = info.st_size;
    make_file(workspace.path, "one-more");
    ck_assert_int_eq(pack(file, &workspace), -EFBIG);
    /* The whole one is still there, and half of one nowhere. */
    ck_assert_int_eq(stat(file, &info), 0);
    ck_assert_int_eq(info.st_size, size);
    char *count =
        alloc_printf("test $(ls %s | grep -c mqlab) = 1", home.folder);
    ck_assert_int_eq(system(count), 0);
    free(count);
    workspace_close(&workspace);
    free(file);
}
END_TEST

struct hostile {
    const char *name;   /* of the entry */
    unsigned type;      /* AE_IF... */
    const char *target; /* of a link; NULL: none */
};

static const struct hostile hostile[] = {
    {"../escaped",   AE_IFREG, NULL         },
    {"/tmp/escaped", AE_IFREG, NULL         },
    {"sub/file",     AE_IFREG, NULL         },
    {"link",         AE_IFLNK, "/etc/passwd"},
    {"pipe",         AE_IFIFO, NULL         },
    {"bell\a",       AE_IFREG, NULL         },
    {".hidden",      AE_IFREG, NULL         },
    {"folder",       AE_IFDIR, NULL         },
    {"manifest",     AE_IFREG, "journal"    }, /* a hard link */
};

static void write_hostile(const char *path, const struct hostile *row)
{
    struct archive *tar = archive_write_new();
    struct archive_entry *entry = archive_entry_new();

    archive_write_set_format_pax_restricted(tar);
    ck_assert_int_eq(archive_write_open_filename(tar, path), ARCHIVE_OK);
    archive_entry_set_pathname(entry, row->name);
    archive_entry_set_filetype(entry, row->type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, 0);
    if (row->target && row->type == AE_IFLNK)
        archive_entry_set_symlink(entry, row->target);
    else if (row->target)
        archive_entry_set_hardlink(entry, row->target);
    archive_write_header(tar, entry);
    archive_entry_free(entry);
    archive_write_close(tar);
    archive_write_free(tar);
}

START_TEST(a_hostile_handin_writes_nothing_outside)
{
    char *file = in_folder("x.mqlab");
    char *out = in_folder("out");
    char *escaped = in_folder("escaped");
    const char *wrong;
    struct stat info;

    write_hostile(file, &hostile[_i]);
    mkdir(out, 0700);
    ck_assert_int_lt(unpack(file, out, &wrong), 0);
    ck_assert_str_eq(wrong, "holds something that is no plain file");
    ck_assert_int_ne(lstat(escaped, &info), 0);
    free(file);
    free(out);
    free(escaped);
}
END_TEST

START_TEST(what_is_no_tar_file_is_refused)
{
    char *file = in_folder("x.mqlab");
    char *out = in_folder("out");
    const char *wrong;
    FILE *garbage = fopen(file, "w");

    for (int i = 0; i < 3000; i++)
        fputc(i * 37, garbage);
    fclose(garbage);
    mkdir(out, 0700);
    ck_assert_int_lt(unpack(file, out, &wrong), 0);
    ck_assert_str_eq(wrong, "is no tar file, or is damaged");
    free(file);
    free(out);
}
END_TEST

Suite *workspace_suite(void)
{
    Suite *suite = suite_create("workspace");
    TCase *tcase = unit_case(suite, "workspace", 20);

    tcase_add_checked_fixture(tcase, make_home, remove_home);
    tcase_add_test(tcase, a_workspace_remembers_the_student);
    tcase_add_test(tcase, the_folder_of_a_workspace_is_absolute);
    tcase_add_test(tcase, one_program_at_a_time_works_in_a_workspace);
    tcase_add_test(tcase, an_id_cannot_leave_its_place);
    tcase_add_test(tcase, answers_from_a_shell_arrive_in_order);
    tcase_add_test(tcase, an_answer_is_one_line_that_the_next_one_can_follow);
    tcase_add_test(tcase, a_reset_keeps_the_old_files);
    tcase_add_test(tcase, a_journal_goes_on_where_it_ended);
    tcase_add_test(tcase, a_line_that_does_not_fit_on_the_disk_leaves_nothing);
    tcase_add_test(tcase, a_changed_line_of_a_journal_is_found);
    tcase_add_test(tcase, half_a_line_at_the_end_is_taken_off);
    tcase_add_test(tcase, a_handin_is_unpacked_as_it_was_packed);
    tcase_add_test(tcase, what_unpacking_refuses_is_not_packed);
    tcase_add_test(tcase, more_files_than_a_handin_holds_are_told_when_packing);
    tcase_add_loop_test(tcase, a_hostile_handin_writes_nothing_outside, 0,
                        sizeof(hostile) / sizeof(hostile[0]));
    tcase_add_test(tcase, what_is_no_tar_file_is_refused);
    return suite;
}
