#include "suites.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tui/keys.h"
#include "tui/shell_pane.h"

#define WAIT_MS 10000

static struct shell_pane *shell;
static struct grid grid;

static void set_up(void)
{
    ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
    shell = shell_pane_new();
    grid_init(&grid, 6, 40, false);
}

static void tear_down(void)
{
    shell_pane_free(shell);
    grid_release(&grid);
}

static void start(const char *script)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    struct area area = grid_area(&grid);

    shell_pane_draw(shell, &area, true); /* so that it has this size */
    ck_assert_int_eq(shell_pane_start(shell, argv), 0);
}

static bool shows(const char *text)
{
    struct area area = grid_area(&grid);
    struct buf picture = {0};
    bool found;

    grid_clear(&grid);
    shell_pane_draw(shell, &area, true);
    grid_dump(&grid, false, &picture);
    found = strstr(buf_string(&picture), text);
    buf_release(&picture);
    return found;
}

/* Let the program go on until the picture shows the text. */
static bool waits_for(const char *text)
{
    for (int waited = 0; waited < WAIT_MS; waited += 10) {
        shell_pane_read(shell);
        if (shows(text))
            return true;
        poll(NULL, 0, 10);
    }
    return false;
}

static bool ends(void)
{
    for (int waited = 0; waited < WAIT_MS && shell_pane_runs(shell);
         waited += 10) {
        shell_pane_read(shell);
        poll(NULL, 0, 10);
    }
    return !shell_pane_runs(shell);
}

static void type(const char *text)
{
    int key = KEYS_NONE;
    size_t used;

    for (; (used = keys_parse(text, &key)); text += used)
        shell_pane_key(shell, key);
}

START_TEST(what_a_program_writes_is_seen_until_it_ends)
{
    start(
        "printf 'hello \\342\\202\\254'; read x; printf 'got %s' \"$x\"; read y");
    ck_assert(waits_for("hello \xe2\x82\xac"));
    type("abc<Enter>");
    ck_assert(waits_for("got abc"));
    type("<Enter>");
    ck_assert(ends());
}
END_TEST

START_TEST(it_knows_the_size_of_its_pane)
{
    struct area area = grid_area(&grid);
    struct area small = grid_part(&area, 0, 0, 3, 20);

    start("stty size; read x; stty size; read x");
    ck_assert(waits_for("6 40"));
    shell_pane_draw(shell, &small, true);
    type("<Enter>");
    for (int i = 0; i < WAIT_MS / 10; i++) {
        struct buf picture = {0};

        shell_pane_read(shell);
        grid_clear(&grid);
        shell_pane_draw(shell, &small, true);
        grid_dump(&grid, false, &picture);
        bool found = strstr(buf_string(&picture), "3 20");
        buf_release(&picture);
        if (found)
            return;
        poll(NULL, 0, 10);
    }
    ck_abort_msg("the program never sees the new size");
}
END_TEST

START_TEST(control_characters_interrupt)
{
    start("trap 'echo interrupted; exit' INT; echo ready; "
          "while :; do sleep 0.05; done");
    ck_assert(waits_for("ready"));
    type("<C-c>");
    ck_assert(waits_for("interrupted"));
    ck_assert(ends());
}
END_TEST

START_TEST(it_moves_the_cursor_and_not_ours)
{
    start("printf '\\033[2J\\033[3;5HX'; read x");
    ck_assert(waits_for("    X"));
    ck_assert_int_eq(grid.cursor_y, 2);
    ck_assert_int_eq(grid.cursor_x, 5);
}
END_TEST

START_TEST(a_program_that_is_not_there_ends_at_once)
{
    const char *const argv[] = {"/nowhere/at/all", NULL};

    ck_assert_int_eq(shell_pane_start(shell, argv), 0);
    ck_assert(ends());
}
END_TEST

/* Makes the file; path ends with XXXXXX. */
static const char *path_of(char *path)
{
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    return path;
}

/* Its first line; the file is gone then. */
static void take_file(const char *path, char *line, int size)
{
    FILE *file = fopen(path, "r");

    ck_assert_ptr_nonnull(file);
    *line = '\0';
    ck_assert_ptr_nonnull(fgets(line, size, file));
    fclose(file);
    unlink(path);
}

START_TEST(it_ends_with_the_pane)
{
    char path[] = "/tmp/mqttlab-test-XXXXXX";
    char *script = alloc_printf("trap '' HUP TERM; echo $$ >%s; echo deaf; "
                                "while :; do sleep 1; done",
                                path_of(path));
    char said[40];

    start(script);
    ck_assert(waits_for("deaf"));
    shell_pane_free(shell);
    shell = NULL;
    take_file(path, said, sizeof(said));
    pid_t pid = (pid_t)strtol(said, NULL, 10);
    ck_assert_int_gt(pid, 1);
    ck_assert_int_eq(kill(pid, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
    free(script);
}
END_TEST

/* A shell writes its history then. */
START_TEST(it_may_tidy_up_when_the_pane_ends)
{
    char path[] = "/tmp/mqttlab-test-XXXXXX";
    char *script = alloc_printf("trap 'echo tidy >%s; exit' HUP; echo ready; "
                                "while :; do sleep 0.01; done",
                                path_of(path));
    char said[40];

    start(script);
    ck_assert(waits_for("ready"));
    shell_pane_free(shell);
    shell = NULL;
    take_file(path, said, sizeof(said));
    ck_assert_str_eq(said, "tidy\n");
    free(script);
}
END_TEST

Suite *shell_pane_suite(void)
{
    Suite *suite = suite_create("shell_pane");
    TCase *tcase = unit_case(suite, "shell_pane", 60);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_a_program_writes_is_seen_until_it_ends);
    tcase_add_test(tcase, it_knows_the_size_of_its_pane);
    tcase_add_test(tcase, control_characters_interrupt);
    tcase_add_test(tcase, it_moves_the_cursor_and_not_ours);
    tcase_add_test(tcase, a_program_that_is_not_there_ends_at_once);
    tcase_add_test(tcase, it_ends_with_the_pane);
    tcase_add_test(tcase, it_may_tidy_up_when_the_pane_ends);
    return suite;
}
