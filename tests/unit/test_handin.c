#include "suites.h"

#include "base/alloc.h"
#include "labs/handin.h"
#include "student.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static const char lab_text[] =
    STUDENT_LAB "## Step 1: One\n"
                "<!-- step one -->\n"
                "```check\n"
                "ping  2  seen lab.type == \"PINGREQ\" : pinged\n"
                "```\n";

static struct student student;

static void begin_lab(void)
{
    student_begin(&student, lab_text);
}

static void end_lab(void)
{
    student_end(&student);
}

/* Make a file in the student's folder; not every system takes every name. */
static bool make_file(const char *name)
{
    char *path = alloc_printf("%s/%s", student.live.workspace.path, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    free(path);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* In UTF-8 and in Latin-1. */
static const char *const names[] = {
    "gr\303\266\303\237e.txt", "\346\227\245.txt", "latin-\344", "two words"};

START_TEST(a_file_with_letters_of_any_language_is_handed_in)
{
    const char *wrong = NULL;
    char out[] = "/tmp/mqttlab-unpacked.XXXXXX";
    bool can_be = make_file(names[_i]);
    char *file = student_hand_in(&student);

    ck_assert_ptr_nonnull(mkdtemp(out));
    char *path = alloc_printf("%s/%s", out, names[_i]);
    ck_assert_int_eq(handin_unpack(handin_open(file, &wrong), out, &wrong), 0);
    ck_assert_int_eq(access(path, F_OK), can_be ? 0 : -1);
    handin_remove(out);
    free(path);
    free(file);
}
END_TEST

Suite *handin_suite(void)
{
    Suite *suite = suite_create("handin");
    TCase *tcase = unit_case(suite, "names", 0);

    tcase_add_checked_fixture(tcase, begin_lab, end_lab);
    tcase_add_loop_test(tcase, a_file_with_letters_of_any_language_is_handed_in,
                        0, sizeof(names) / sizeof(names[0]));
    return suite;
}
