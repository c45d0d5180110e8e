/*
 * Which file a lab's number or name means.
 */
#include "suites.h"

#include "base/alloc.h"
#include "labs/lab.h"
#include "labs/lab_translate.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Its name would be a pattern that does not match itself. */
static char home[] = "/tmp/mqttlab-[x]*?\\.XXXXXX";

static const char *const files[] = {
    "labs/01-plain.md", "labs/01-plain.de.md", "labs/01-plain.solution.md",
    "labs/12-psk.md",   "labs/README.md",      "exercises/01.2-spy/exercise.md",
};

static void put(const char *name)
{
    char *path = alloc_printf("%s/%s", home, name);

    for (char *slash = strchr(path + strlen(home) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
    free(path);
}

static void make_home(void)
{
    strcpy(home + strlen(home) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(home));
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        put(files[i]);
}

static void remove_home(void)
{
    char *command = alloc_printf("rm -rf '%s'", home);

    ck_assert_int_eq(system(command), 0);
    free(command);
}

static const struct {
    const char *name;
    const char *file; /* in home; NULL: none */
} names[] = {
    {"1",                 "labs/01-plain.md"              },
    {"01",                "labs/01-plain.md"              },
    {"12",                "labs/12-psk.md"                },
    {"01-plain",          "labs/01-plain.md"              },
    {"1.2",               "exercises/01.2-spy/exercise.md"},
    {"01.2-spy",          "exercises/01.2-spy/exercise.md"},
    {"2",                 NULL                            },
    {"1.3",               NULL                            },
    {"1.",                NULL                            },
    {"-1",                NULL                            },
    {"100",               NULL                            },
    {"01-plain.de",       NULL                            },
    {"01-plain.solution", NULL                            },
    {"../labs/01-plain",  NULL                            },
    {"*",                 NULL                            },
    {"",                  NULL                            },
};

START_TEST(a_name_means_one_file_or_none)
{
    char *found = lab_find_at_home(home, names[_i].name);
    char *file = names[_i].file ? alloc_printf("%s/%s", home, names[_i].file)
                                : alloc_string("none");

    ck_assert_str_eq(found ? found : "none", file);
    free(file);
    free(found);
}
END_TEST

START_TEST(the_list_has_neither_solutions_nor_translations)
{
    static const char *const listed[] = {"labs/01-plain.md", "labs/12-psk.md",
                                         "exercises/01.2-spy/exercise.md"};
    char **list = lab_list(home);

    for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++) {
        ck_assert_ptr_nonnull(list[i]);
        ck_assert_str_eq(list[i] + strlen(home) + 1, listed[i]);
        free(list[i]);
    }
    ck_assert_ptr_null(list[sizeof(listed) / sizeof(listed[0])]);
    free(list);
}
END_TEST

/* Many people have a folder of this name for something else. */
START_TEST(a_folder_without_labs_is_not_their_home)
{
    char *other = alloc_printf("%s/exercises", home);
    char *labs = alloc_printf("%s/labs", other);
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    unsetenv("MQTTLAB_HOME");
    ck_assert_int_eq(mkdir(labs, 0700), 0);
    ck_assert_int_eq(chdir(other), 0);
    char *elsewhere = lab_home();
    ck_assert_int_eq(chdir(home), 0);
    char *present = lab_home();
    ck_assert_str_ne(elsewhere, ".");
    ck_assert_str_eq(present, ".");
    ck_assert_int_eq(fchdir(here), 0);
    close(here);
    free(present);
    free(elsewhere);
    free(labs);
    free(other);
}
END_TEST

static const char lab_text[] = "---\nid: 01-plain\ntitle: X\nversion: 1\n---\n"
                               "# X\n## Step 1: One\n<!-- step one -->\n";

START_TEST(the_translations_of_a_lab_are_found_in_every_folder)
{
    struct lab_problems problems = {0};
    char *path = alloc_printf("%s/labs/01-plain.md", home);
    FILE *file = fopen(path, "w");

    fputs(lab_text, file);
    fclose(file);
    struct lab *lab = lab_load(path, "", &problems);
    ck_assert_uint_eq(problems.count, 0);
    lab_translate_check(lab, &problems);
    ck_assert_ptr_nonnull(
        strstr(buf_string(&problems.text), "labs/01-plain.de.md:"));
    buf_release(&problems.text);
    lab_free(lab);
    free(path);
}
END_TEST

Suite *lab_find_suite(void)
{
    Suite *suite = suite_create("lab_find");
    TCase *tcase = unit_case(suite, "lab_find", 10);

    tcase_add_checked_fixture(tcase, make_home, remove_home);
    tcase_add_loop_test(tcase, a_name_means_one_file_or_none, 0,
                        sizeof(names) / sizeof(names[0]));
    tcase_add_test(tcase, the_list_has_neither_solutions_nor_translations);
    tcase_add_test(tcase, a_folder_without_labs_is_not_their_home);
    tcase_add_test(tcase, the_translations_of_a_lab_are_found_in_every_folder);
    return suite;
}
