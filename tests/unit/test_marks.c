/*
 * Points given by hand: read as people and spreadsheets leave them, never
 * changed.
 */
#include "suites.h"

#include "labs/marks.h"
#include "student.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID    "m0123456789ab"
#define OTHER "mba9876543210"
#define NAMES "id,student,lab,question,max,points,remark,answer\n"

static struct student student;
static struct marks marks;
static char error[600];

static void set_up(void)
{
    student_make_folder(&student);
}

static void tear_down(void)
{
    marks_release(&marks);
    student_remove_folder(&student);
}

static bool reads(const char *text)
{
    char *path = student_write_file(&student, "marks.csv", text);
    bool good = marks_read(&marks, path, error, sizeof(error));

    free(path);
    return good;
}

static const struct {
    const char *text;
    int points;
    const char *remark;
} files[] = {
    {NAMES ID ",ann,01-x,one.why,3,2,good,Because\n",                 2,  "good" },
    {NAMES ID ",ann,01-x,one.why,3,,,Because\n",                      -1, ""     },
    {NAMES ID ",ann,01-x,one.why,3,0,,Because",                       0,  ""     },
    {NAMES "\"" ID "\",a,b,c,3, 3 ,\"two\nlines, \"\"so\"\"\",x\r\n", 3,
     "two\nlines, \"so\""                                                        },
    {"\xef\xbb\xbf"
     "points;max;id;remark\r\n1;3;" ID ";a,b\r\n",
     1,                                                                   "a,b"  },
    {"max\tid\tpoints\n3\t" ID "\t2\n",                               2,  ""     },
    {NAMES "\n\n" OTHER ",,,,1,1,,\n" ID ",,,,9,7,r,\n",              7,  "r"    },
 /* A line that was copied before it was filled in. */
    {NAMES ID ",,,,3,,,x\n" ID ",,,,3,2,late,x\n",                    2,  "late" },
    {NAMES ID ",,,,3,2,early,x\n" ID ",,,,3,,,x\n",                   2,  "early"},
    {NAMES ID ",,,,3,2,one,x\n" ID ",,,,3,2,two,x\n",                 2,  "two"  },
};

START_TEST(marks_are_read_as_people_leave_them)
{
    ck_assert_msg(reads(files[_i].text), "%s", error);
    const struct mark *mark = marks_find(&marks, ID);

    ck_assert_ptr_nonnull(mark);
    ck_assert_int_eq(mark->points, files[_i].points);
    ck_assert_str_eq(mark->remark, files[_i].remark);
    ck_assert_ptr_null(marks_find(&marks, "m00000000000"));
}
END_TEST

static const struct {
    const char *text;
    const char *error;
} wrong[] = {
    {"a,b\n",                                 ":1: the first line names"},
    {"id,points\n",                           ":1: the first line names"},
    {NAMES ID ",,,,3,4,,\n",                  ":2: points are a whole"  },
    {NAMES ID ",,,,3,-1,,\n",                 ":2: points are a whole"  },
    {NAMES ID ",,,,3,1.5,,\n",                ":2: points are a whole"  },
    {NAMES ID ",,,,3,good,,\n",               ":2: points are a whole"  },
    {NAMES ID ",,,,3,99999999999,,\n",        ":2: points are a whole"  },
    {NAMES ID ",,,,,1,,\n",                   ":2: points are a whole"  },
    {NAMES "\n\"12\",,,,3,1,,\n",             ":3: the id is none"      },
    {NAMES ",\"a\nb\",,,3,1,,\n",             ":2: the id is none"      },
    {NAMES ID ",,,,3,1,,\n" ID ",,,,3,2,,\n", ":3: this id has other"   },
};

START_TEST(what_cannot_be_meant_is_refused_with_its_line)
{
    ck_assert(!reads(wrong[_i].text));
    ck_assert_msg(strstr(error, wrong[_i].error), "%s", error);
}
END_TEST

START_TEST(an_id_is_of_one_answer_of_one_student)
{
    static const char *const given[][5] = {
        {"ann", "01-x", "one", "why", "Because"    },
        {"bob", "01-x", "one", "why", "Because"    },
        {"ann", "02-x", "one", "why", "Because"    },
        {"ann", "01-x", "two", "why", "Because"    },
        {"ann", "01-x", "one", "how", "Because"    },
        {"ann", "01-x", "one", "why", "Because not"},
    };
    char ids[6][MARKS_ID_SIZE];
    char again[MARKS_ID_SIZE];

    for (size_t i = 0; i < 6; i++) {
        marks_id(ids[i], given[i][0], given[i][1], given[i][2], given[i][3],
                 given[i][4]);
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(ids[i], ids[k]);
    }
    marks_id(again, "ann", "01-x", "one", "why", "  because. ");
    ck_assert_str_eq(again, ids[0]);
    ck_assert_uint_eq(strlen(again), MARKS_ID_SIZE - 1);
    ck_assert_int_eq(again[0], 'm');
}
END_TEST

/* What the file holds now. Owned. */
static char *content(const char *path)
{
    char text[4000];
    FILE *file = fopen(path, "re");

    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return strdup(text);
}

static const char results[] =
    "[{\"student\": \"ann\", \"lab\": \"01-x\", \"answers\": ["
    "  {\"step\": \"one\", \"question\": \"q\", \"answer\": \"4\", \"mark\": null},"
    "  {\"step\": \"one\", \"question\": \"why\", \"answer\": \"=So, \\\"I\\\" say\","
    "   \"mark\": {\"id\": \"" ID "\", \"max\": 3, \"points\": null}}]},"
    " {\"student\": \"ann\", \"lab\": \"01-x\", \"answers\": ["
    "  {\"step\": \"one\", \"question\": \"why\", \"answer\": \"the same\","
    "   \"mark\": {\"id\": \"" ID "\", \"max\": 3, \"points\": null}}]}]";

static void add_to(const char *before, const char *after)
{
    json_t *list = json_loads(results, 0, NULL);
    char *path = student_write_file(&student, "marks.csv", before);

    ck_assert_ptr_nonnull(list);
    ck_assert(marks_read(&marks, path, error, sizeof(error)));
    ck_assert_int_eq(marks_add(&marks, path, list), 0);
    char *now = content(path);
    ck_assert_str_eq(now, after);
    free(now);
    marks_release(&marks);
    /* And once more, when it is there already. */
    ck_assert_msg(marks_read(&marks, path, error, sizeof(error)), "%s", error);
    ck_assert_int_eq(marks_add(&marks, path, list), 0);
    now = content(path);
    ck_assert_str_eq(now, after);
    free(now);
    free(path);
    json_decref(list);
}

#define LINE ID ",\"ann\",\"01-x\",\"one.why\",3,,,\"'=So, \"\"I\"\" say\"\n"

static const struct {
    const char *before;
    const char *after;
} added[] = {
    {"",                                 NAMES LINE               },
    {NAMES,                              NAMES LINE               },
    {NAMES OTHER ",x,y,z,1,1,as it is,",
     NAMES OTHER ",x,y,z,1,1,as it is,\n" LINE                    },
    {NAMES ID ",x,y,z,3,1,,\n",          NAMES ID ",x,y,z,3,1,,\n"},
};

START_TEST(a_line_is_added_for_each_new_answer_and_none_is_changed)
{
    add_to(added[_i].before, added[_i].after);
}
END_TEST

START_TEST(a_file_with_semicolons_stays_one)
{
    add_to("id;student;lab;question;max;points;remark;answer\n",
           "id;student;lab;question;max;points;remark;answer\n" ID
           ";\"ann\";\"01-x\";\"one.why\";3;;;\"'=So, \"\"I\"\" say\"\n");
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

Suite *marks_suite(void)
{
    Suite *suite = suite_create("marks");
    TCase *tcase = unit_case(suite, "marks", 10);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, marks_are_read_as_people_leave_them, 0,
                        COUNT(files));
    tcase_add_loop_test(tcase, what_cannot_be_meant_is_refused_with_its_line, 0,
                        COUNT(wrong));
    tcase_add_test(tcase, an_id_is_of_one_answer_of_one_student);
    tcase_add_loop_test(tcase,
                        a_line_is_added_for_each_new_answer_and_none_is_changed,
                        0, COUNT(added));
    tcase_add_test(tcase, a_file_with_semicolons_stays_one);
    return suite;
}
