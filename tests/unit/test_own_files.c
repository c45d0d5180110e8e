/* What is no file in the place of one keeps nobody waiting. */
#include "suites.h"

#include "base/alloc.h"
#include "labs/journal.h"
#include "labs/own_files.h"
#include "labs/recorder.h"
#include "labs/workspace.h"
#include "student.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

enum kind { A_FILE, A_FOLDER, A_PIPE, A_SOCKET, A_DEVICE };

static void make(const char *path, enum kind kind)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    FILE *file = kind == A_FILE ? fopen(path, "w") : NULL;
    int fd = kind == A_SOCKET ? socket(AF_UNIX, SOCK_STREAM, 0) : -1;

    if (file)
        fclose(file);
    if (kind == A_FOLDER)
        ck_assert_int_eq(mkdir(path, 0700), 0);
    if (kind == A_PIPE)
        ck_assert_int_eq(mkfifo(path, 0600), 0);
    if (kind == A_DEVICE) /* what a link leads to counts */
        ck_assert_int_eq(symlink("/dev/zero", path), 0);
    if (kind == A_SOCKET) {
        snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)),
                         0);
        close(fd);
    }
}

static const struct {
    const char *name;
    enum kind kind;
    const char *is; /* NULL: nobody is disturbed */
} cases[] = {
    {"journal",              A_FILE,   NULL          },
    {"journal",              A_PIPE,   "a named pipe"},
    {"journal",              A_DEVICE, "a device"    },
    {"recording-001.pcapng", A_SOCKET, "a socket"    },
    {"recording-999.pcapng", A_PIPE,   "a named pipe"},
    {"broker.log",           A_PIPE,   "a named pipe"},
    {"student",              A_FOLDER, "a folder"    },
    {"run.log",              A_PIPE,   "a named pipe"},
    {".lock",                A_FOLDER, "a folder"    },
    {".answers",             A_PIPE,   "a named pipe"},
    {".broker",              A_PIPE,   "a named pipe"},
    {".sealed",              A_PIPE,   "a named pipe"},
    {"mosquitto.conf",       A_PIPE,   "a named pipe"}, /* the lab's own broker's */
    {"other.conf",           A_PIPE,   NULL          },
    {"journals",             A_PIPE,   NULL          },
    {"backup-1",             A_FOLDER, NULL          },
};

START_TEST(what_is_no_file_is_named_with_what_mends_it)
{
    make_home();
    char *path = alloc_printf("%s/%s", home.folder, cases[_i].name);
    char *wanted =
        alloc_printf("%s is %s, where a file belongs; mv '%s' "
                     "'%s/not-a-file' moves it out of the way",
                     path, cases[_i].is ? cases[_i].is : "", path, home.folder);
    make(path, cases[_i].kind);
    char *fault = own_files_fault(home.folder, "mosquitto.conf");
    if (cases[_i].is)
        ck_assert_str_eq(fault, wanted);
    else
        ck_assert_ptr_null(fault);
    free(fault);
    free(wanted);
    free(path);
    remove_home();
}
END_TEST

START_TEST(a_folder_that_is_not_there_has_no_fault)
{
    ck_assert_ptr_null(own_files_fault("/no/such/folder", NULL));
}
END_TEST

static void visit(void *context, const struct record *record)
{
    (void)context;
    (void)record;
    ck_abort_msg("a pipe has no records");
}

/* Who puts one there while the lab is open. */
START_TEST(a_pipe_keeps_nobody_waiting)
{
    struct workspace workspace;
    struct journal journal;
    unsigned line;
    uint64_t last_seq;
    char error[200];

    make_home();
    ck_assert_int_eq(workspace_open(&workspace, "01-x", NULL, "ann"), 0);
    char *path = alloc_printf("%s/journal", workspace.path);
    char *recording = alloc_printf("%s/recording-001.pcapng", workspace.path);
    char *answers = alloc_printf("%s/.answers", workspace.path);
    char *broker = alloc_printf("%s/.broker", workspace.path);
    make(path, A_PIPE);
    make(recording, A_PIPE);
    make(answers, A_PIPE);
    make(broker, A_PIPE);
    ck_assert_int_lt(journal_open(&journal, path, &line), 0);
    ck_assert_int_lt(recorder_replay(workspace.path, visit, NULL, &last_seq,
                                     error, sizeof(error)),
                     0);
    ck_assert_ptr_null(workspace_take_answer(&workspace));
    ck_assert_int_lt(workspace_put_answer("q1", "4"), 0);
    workspace_note_broker(&workspace, 7);
    ck_assert(!workspace_watches(workspace.path, 7));
    workspace_close(&workspace);
    free(broker);
    free(answers);
    free(recording);
    free(path);
    remove_home();
}
END_TEST

START_TEST(a_pipe_in_the_place_of_the_student_or_lock_keeps_nobody_waiting)
{
    struct workspace workspace;

    make_home();
    char *path = alloc_printf("%s/%s", home.folder, _i ? ".lock" : "student");
    make(path, A_PIPE);
    int result = workspace_open(&workspace, "01-x", home.folder, "ann");
    ck_assert_int_eq(result < 0, !_i); /* a pipe can be locked */
    if (!result)
        workspace_close(&workspace);
    ck_assert(!workspace_is_open(home.folder));
    free(path);
    remove_home();
}
END_TEST

Suite *own_files_suite(void)
{
    Suite *suite = suite_create("own_files");
    TCase *tc = unit_case(suite, "own files", 0);

    tcase_add_loop_test(tc, what_is_no_file_is_named_with_what_mends_it, 0,
                        sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, a_folder_that_is_not_there_has_no_fault);
    tcase_add_test(tc, a_pipe_keeps_nobody_waiting);
    tcase_add_loop_test(
        tc, a_pipe_in_the_place_of_the_student_or_lock_keeps_nobody_waiting, 0,
        2);
    return suite;
}
