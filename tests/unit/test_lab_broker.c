/*
 * The configuration that a lab's broker is started with.
 */
#include "suites.h"

#include "base/alloc.h"
#include "labs/lab_broker.h"
#include "student.h"

#include <stdio.h>
#include <stdlib.h>

static struct student student;

static void set_up(void)
{
    student_make_folder(&student);
}

static void tear_down(void)
{
    student_remove_folder(&student);
}

static const struct {
    const char *lines; /* of the lab; NULL: it says nothing */
    const char *conf;
} written[] = {
    {NULL,                                  "listener 7 127.0.0.1\nallow_anonymous true\n"                  },
    {"sys_interval 1\n",
     "sys_interval 1\nlistener 7 127.0.0.1\nallow_anonymous true\n"                                         },
    {"listener 9\nallow_anonymous false\n",
     "listener 9\nallow_anonymous false\n"                                                                  },
 /* Words of which these are a part. */
    {"per_listener_settings true\n",        "per_listener_settings true\nlistener 7 "
                                     "127.0.0.1\nallow_anonymous true\n"},
    {"allow_anonymous true\n# listener\n",
     "allow_anonymous true\n# listener\nlistener 7 127.0.0.1\n"                                             },
};

START_TEST(what_the_lab_does_not_say_is_written_for_it)
{
    char *lines = written[_i].lines ? alloc_string(written[_i].lines) : NULL;
    const struct lab lab = {.broker = lines};
    char text[200] = "";

    ck_assert_str_eq(lab_broker_config(&lab, student.folder, 7), "broker.conf");
    char *path = alloc_printf("%s/broker.conf", student.folder);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    ck_assert_str_eq(text, written[_i].conf);
    free(path);
    free(lines);
}
END_TEST

START_TEST(a_students_configuration_is_left_alone)
{
    static char own[] = "mosquitto.conf";
    const struct lab lab = {.config = own};

    ck_assert_str_eq(lab_broker_config(&lab, student.folder, 7), own);
    ck_assert_ptr_null(
        lab_broker_config(&(struct lab){0}, "/nowhere/at/all", 7));
}
END_TEST

Suite *lab_broker_suite(void)
{
    Suite *suite = suite_create("lab_broker");
    TCase *tcase = unit_case(suite, "lab_broker", 10);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, what_the_lab_does_not_say_is_written_for_it, 0,
                        sizeof(written) / sizeof(written[0]));
    tcase_add_test(tcase, a_students_configuration_is_left_alone);
    return suite;
}
