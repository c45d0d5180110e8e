/* Files that are written together: all of them, or none. */
#include "suites.h"

#include "base/alloc.h"
#include "certs/cert_file.h"
#include "certs/cert_output.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char folder[] = "/tmp/mqttlab-test-XXXXXX";
static struct cert_output output;
static struct buf told;
static struct buf why;

static char *path_of(const char *name)
{
    return alloc_printf("%s/%s", folder, name);
}

static void write_file(const char *name, const char *text)
{
    char *path = path_of(name);

    ck_assert(cert_file_store(path, slice_of_string(text), 0644, &why));
    free(path);
}

/* What a file holds; "" when it is not there. */
static const char *read_file(const char *name)
{
    static struct buf content;
    struct buf ignored = {0};
    char *path = path_of(name);

    buf_clear(&content);
    cert_file_load(path, &content, &ignored);
    buf_release(&ignored);
    free(path);
    return buf_string(&content);
}

static int count_files(void)
{
    DIR *entries = opendir(folder);
    int count = 0;

    ck_assert_ptr_nonnull(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(entries);
    return count;
}

static void add(const char *name, const char *text)
{
    struct buf *to = cert_output_add(&output, path_of(name), CERT_FILE_MODE,
                                     alloc_string("a file"));

    buf_append_string(to, text);
}

static void set_up(void)
{
    strcpy(folder + sizeof(folder) - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    char *command = alloc_printf("rm -r %s", folder);

    cert_output_release(&output);
    buf_release(&told);
    buf_release(&why);
    ck_assert_int_eq(system(command), 0);
    free(command);
}

START_TEST(all_files_are_written_and_told)
{
    add("one", "1");
    add("deep/er/two", "2");
    ck_assert(cert_output_store(&output, false, &told, &why));
    ck_assert_str_eq(read_file("one"), "1");
    ck_assert_str_eq(read_file("deep/er/two"), "2");
    ck_assert_ptr_nonnull(strstr(buf_string(&told), "/one "));
    ck_assert_ptr_nonnull(strstr(buf_string(&told), "/two "));
    ck_assert_int_eq(count_files(), 2);
}
END_TEST

START_TEST(a_file_that_is_there_keeps_all_from_being_written)
{
    write_file("two", "old");
    add("one", "1");
    add("two", "2");
    ck_assert(!cert_output_store(&output, false, &told, &why));
    ck_assert_ptr_nonnull(strstr(buf_string(&why), "two is there already"));
    ck_assert_str_eq(read_file("two"), "old");
    ck_assert_int_eq(count_files(), 1);
    ck_assert_uint_eq(told.len, 0);
}
END_TEST

START_TEST(the_same_file_may_be_there)
{
    write_file("two", "2");
    add("one", "1");
    add("two", "2");
    ck_assert(cert_output_store(&output, false, &told, &why));
    ck_assert_int_eq(count_files(), 2);
}
END_TEST

START_TEST(what_is_kept_up_to_date_is_replaced)
{
    write_file("index", "old");
    add("one", "1");
    buf_append_string(
        cert_output_update(&output, path_of("index"), CERT_FILE_MODE), "new");
    ck_assert(cert_output_store(&output, false, &told, &why));
    ck_assert_str_eq(read_file("index"), "new");
    ck_assert_ptr_null(strstr(buf_string(&told), "index"));
}
END_TEST

/* The second one cannot be made: its folder is a file. */
START_TEST(when_one_cannot_be_written_none_is)
{
    write_file("plain", "no folder");
    write_file("one", "old");
    add("one", "1");
    add("plain/two", "2");
    ck_assert(!cert_output_store(&output, true, &told, &why));
    ck_assert_ptr_nonnull(strstr(buf_string(&why), "plain/two"));
    ck_assert_str_eq(read_file("one"), "old");
    ck_assert_int_eq(count_files(), 2);
    ck_assert_uint_eq(told.len, 0);
}
END_TEST

/* A folder stands where the second one belongs. */
START_TEST(what_cannot_be_replaced_is_named)
{
    char *path = path_of("two");

    ck_assert_int_eq(mkdir(path, 0755), 0);
    free(path);
    add("one", "1");
    add("two", "2");
    ck_assert(!cert_output_store(&output, true, &told, &why));
    ck_assert_ptr_nonnull(strstr(buf_string(&why), "two cannot be written"));
    ck_assert_str_eq(read_file("one"), "");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

Suite *cert_output_suite(void)
{
    Suite *suite = suite_create("cert_output");
    TCase *tcase = unit_case(suite, "cert_output", 10);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, all_files_are_written_and_told);
    tcase_add_test(tcase, a_file_that_is_there_keeps_all_from_being_written);
    tcase_add_test(tcase, the_same_file_may_be_there);
    tcase_add_test(tcase, what_is_kept_up_to_date_is_replaced);
    tcase_add_test(tcase, when_one_cannot_be_written_none_is);
    tcase_add_test(tcase, what_cannot_be_replaced_is_named);
    return suite;
}
