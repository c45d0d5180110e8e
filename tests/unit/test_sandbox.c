#include "suites.h"

#include "base/alloc.h"
#include "base/confine.h"
#include "base/sandbox.h"
#include "base/usage.h"
#include "net/loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/mqttlab-sandbox.XXXXXX";

static void make_folder(void)
{
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    ck_assert_int_eq(rmdir(folder), 0);
}

static struct sandbox_result run_where(const char *script, unsigned needs)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    const char *const environment[] = {"GIVEN=this", "LANG=given", NULL};
    const struct sandbox sandbox = {.argv = argv,
                                    .folder = folder,
                                    .environment = environment,
                                    .needs = needs,
                                    .timeout_s = 10,
                                    .memory_bytes = 512u << 20,
                                    .file_bytes = 1u << 20,
                                    .output_bytes = 1000};
    struct sandbox_result result;

    make_folder();
    sandbox_run(&sandbox, &result);
    remove_folder();
    return result;
}

static struct sandbox_result run(const char *script)
{
    return run_where(script, 0);
}

/* clang-format off */
static const struct {
    const char *script;
    enum sandbox_end end;
    int status;
    const char *output;
    unsigned needs; /* enum confine_holds */
} programs[] = {
    {"exit 0", SANDBOX_EXITED, 0, "", 0},
    {"exit 3", SANDBOX_EXITED, 3, "", 0},
    {"exit 139", SANDBOX_EXITED, 139, "", 0}, /* 128 and a signal, but none */
    {"kill -SEGV $$", SANDBOX_KILLED, SIGSEGV, "", 0},
    {"kill -TERM $$", SANDBOX_KILLED, SIGTERM, "", 0},
    {"kill -KILL 0", SANDBOX_KILLED, SIGKILL, "", 0},
    {"echo out; echo errors >&2", SANDBOX_EXITED, 0, "out\nerrors\n", 0},
    {"cat; echo $?", SANDBOX_EXITED, 0, "0\n", 0},
    /* nothing of our environment is there, but for what was given */
    {"echo $GIVEN $SECRET", SANDBOX_EXITED, 0, "this\n", 0},
    /* the folder is where it runs */
    {"case $PWD in */mqttlab-sandbox.*) ;; *) echo $PWD;; esac",
     SANDBOX_EXITED, 0, "", 0},
    /* it can write where TMPDIR says, and no more than it may */
    {"echo text >$TMPDIR/a && cat $TMPDIR/a", SANDBOX_EXITED, 0, "text\n", 0},
    {"trap '' XFSZ; dd if=/dev/zero of=$TMPDIR/a bs=4096 count=1000 2>/dev/null "
     "&& echo written", SANDBOX_EXITED, 1, "", 0},
    /* seconds, 512 bytes, KiB, descriptors */
    {"ulimit -t && ulimit -f && ulimit -v && ulimit -n", SANDBOX_EXITED, 0,
     "10\n2048\n524288\n256\n", CONFINE_FILES},
    /* who writes to nobody ends, though we may not */
    {"yes | head -c 1 >/dev/null; echo ended", SANDBOX_EXITED, 0, "ended\n", 0},
    /* what is given stands in the place of ours */
    {"env | grep ^LANG=", SANDBOX_EXITED, 0, "LANG=given\n", 0},
    /* no rights, nor a way to them */
    {"grep -c '^NoNewPrivs:.1$' /proc/self/status && "
     "grep -c '^CapBnd:.0*$' /proc/self/status", SANDBOX_EXITED, 0, "1\n1\n",
     CONFINE_FILES},
    /* a limit on each file is no limit on files */
    {"for i in 1 2 3 4; do dd if=/dev/zero of=$TMPDIR/$i bs=4096 count=128 "
     "2>/dev/null || exit 9; done", SANDBOX_EXITED, 9, "", CONFINE_FILES},
    {"echo text >a", SANDBOX_EXITED, 2, NULL, CONFINE_FILES},
    {"echo text >/etc/mqttlab-was-here", SANDBOX_EXITED, 2, NULL,
     CONFINE_FILES},
    {"ls /home /root /run | grep -v :$ | tr -d '\n'", SANDBOX_EXITED, 0, "",
     CONFINE_FILES},
    /* ... nor what a file server has, under whatever name */
    {"for f in /*/*; do case $f in /bin/*|/sbin/*|/lib*/*|/usr/*|/etc/*|"
     "/opt/*|/nix/*|/gnu/*|/snap/*|/proc/*|/sys/*|/dev/*|/tmp/*) ;; "
     "*) [ ! -e \"$f\" ] || echo \"$f\"; esac; done",
     SANDBOX_EXITED, 0, "", CONFINE_FILES},
    {"ls /tmp | grep -v ^mqttlab-sandbox", SANDBOX_EXITED, 1, "",
     CONFINE_FILES},
    /* who is root here may not undo it */
    {"mount -o remount,rw / 2>/dev/null || umount /tmp 2>/dev/null || exit 4",
     SANDBOX_EXITED, 4, "", CONFINE_FILES},
    /* ... nor change the system, nor read a disk past its files */
    {"for f in /proc/sys/vm/swappiness /proc/sys/kernel/core_pattern; do "
     "v=$(cat $f) && (echo $v >$f) 2>/dev/null && echo $f; done; exit 0",
     SANDBOX_EXITED, 0, "", CONFINE_FILES},
    {"for f in /dev/*; do [ -b $f ] && echo $f; done; exit 0", SANDBOX_EXITED,
     0, "", CONFINE_FILES},
    {"echo text >/dev/null && head -c 1 /dev/zero | tr '\\0' z && "
     "head -c 9 /dev/urandom | wc -c | tr -d ' ' && echo end >/dev/stdout",
     SANDBOX_EXITED, 0, "z9\nend\n", 0},
    /* no processes but its own */
    {"exit $$", SANDBOX_EXITED, 2, "", CONFINE_PROCESSES},
};
/* clang-format on */

START_TEST(a_program_ends_as_it_should)
{
    setenv("SECRET", "do not show", 1);
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    struct sandbox_result result =
        run_where(programs[_i].script, programs[_i].needs);
    signal(SIGPIPE, before);

    if (programs[_i].needs & ~result.holds) {
        /* this kernel does not allow it: then it does not run */
        ck_assert_int_eq(result.end, SANDBOX_NOT_STARTED);
        ck_assert_int_eq(result.status, ENOTSUP);
        sandbox_result_release(&result);
        return;
    }
    ck_assert_msg(result.end == programs[_i].end &&
                      result.status == programs[_i].status,
                  "%s: %d %d %s", programs[_i].script, result.end,
                  result.status, buf_string(&result.output));
    if (programs[_i].output)
        ck_assert_str_eq(buf_string(&result.output), programs[_i].output);
    sandbox_result_release(&result);
}
END_TEST

START_TEST(an_endless_program_is_ended)
{
    const char *const argv[] = {"sh", "-c", "trap '' TERM; while :; do :; done",
                                NULL};
    const struct sandbox sandbox = {
        .argv = argv, .folder = "/", .timeout_s = 1, .output_bytes = 1};
    struct sandbox_result result;

    sandbox_run(&sandbox, &result);
    /* of time or of processor time, whichever is over first */
    ck_assert(result.end == SANDBOX_LATE ||
              (result.end == SANDBOX_KILLED &&
               (result.status == SIGKILL || result.status == SIGXCPU)));
    sandbox_result_release(&result);
}
END_TEST

START_TEST(endless_output_is_cut)
{
    struct sandbox_result result = run("yes; sleep 60");

    ck_assert_int_eq(result.end, SANDBOX_TOO_MUCH);
    ck_assert_uint_eq(result.output.len, 1000);
    sandbox_result_release(&result);
}
END_TEST

/* Who is left behind has the named pipe open, which then has a reader. */
START_TEST(nothing_is_left_running)
{
    const char *const argv[] = {
        "sh", "-c",
        "(setsid sleep 60 <>fifo &); (sleep 60 <>fifo &); sleep 0.2; echo gone",
        NULL};
    const struct sandbox sandbox = {
        .argv = argv, .folder = folder, .timeout_s = 10, .output_bytes = 100};
    struct sandbox_result result;

    make_folder();
    char *fifo = alloc_printf("%s/fifo", folder);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    sandbox_run(&sandbox, &result);
    ck_assert_int_eq(result.end, SANDBOX_EXITED);
    ck_assert_str_eq(buf_string(&result.output), "gone\n");
    ck_assert_int_eq(open(fifo, O_WRONLY | O_NONBLOCK), -1);
    ck_assert_int_eq(errno, ENXIO);
    sandbox_result_release(&result);
    unlink(fifo);
    free(fifo);
    remove_folder();
}
END_TEST

/* Waits until the named pipe has a reader, or none; false when that takes too
   long. */
static bool is_read(const char *fifo, bool wanted)
{
    for (unsigned i = 0; i < 1000; i++) {
        int fd = open(fifo, O_WRONLY | O_NONBLOCK);

        if (fd >= 0)
            close(fd);
        if ((fd >= 0) == wanted)
            return true;
        poll(NULL, 0, 10);
    }
    return false;
}

/* Nobody looks after the sandbox: that the system tells is all there is. */
START_TEST(a_program_does_not_outlive_its_supervisor)
{
    const char *const argv[] = {"sh", "-c", "exec sleep 60 <>fifo", NULL};
    const struct sandbox sandbox = {
        .argv = argv, .folder = folder, .timeout_s = 50, .output_bytes = 100};
    struct sandbox_process process;

    make_folder();
    char *fifo = alloc_printf("%s/fifo", folder);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    sandbox_start(&process, &sandbox);
    ck_assert(is_read(fifo, true));
    ck_assert_int_eq(kill(process.supervisor, SIGKILL), 0);
#ifdef __linux__
    ck_assert(is_read(fifo, false));
#endif
    ck_assert(sandbox_look(&process, -1));
    ck_assert_int_eq(process.result.end, SANDBOX_KILLED);
    ck_assert(is_read(fifo, false));
    sandbox_stop(&process);
    unlink(fifo);
    free(fifo);
    remove_folder();
}
END_TEST

/* Where files are not shut off, what the program has written lies there. */
START_TEST(what_a_program_has_written_is_thrown_away)
{
    const char *const argv[] = {"sleep", "60", NULL};
    const struct sandbox sandbox = {
        .argv = argv, .folder = "/", .timeout_s = 50, .output_bytes = 100};
    struct sandbox_process process;

    sandbox_start(&process, &sandbox);
    ck_assert_ptr_nonnull(strchr(process.scratch, '.'));
    char *scratch = alloc_string(process.scratch);
    char *below = alloc_printf("%s/folder", scratch);
    char *file = alloc_printf("%s/file", below);
    ck_assert_int_eq(mkdir(below, 0700), 0);
    int fd = open(file, O_CREAT | O_WRONLY, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
    sandbox_stop(&process);
    ck_assert_int_eq(access(scratch, F_OK), -1);
    free(file);
    free(below);
    free(scratch);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_not_started)
{
    const char *const argv[] = {"no-such-program", NULL};
    const struct sandbox sandbox = {
        .argv = argv, .folder = "/", .timeout_s = 9, .output_bytes = 100};
    struct sandbox_result result;

    sandbox_run(&sandbox, &result);
    ck_assert_int_eq(result.end, SANDBOX_NOT_STARTED);
    ck_assert_int_eq(result.status, ENOENT);
    char *said = sandbox_describe(&result);
    ck_assert_str_eq(said, "could not be started: No such file or directory");
    free(said);
    sandbox_result_release(&result);
}
END_TEST

/* libuv closes in a forked process what it has open. */
START_TEST(a_loop_in_this_process_is_in_nobodys_way)
{
    const char *const argv[] = {"no-such-program", NULL};
    const struct sandbox sandbox = {
        .argv = argv, .folder = "/", .timeout_s = 9, .output_bytes = 100};
    struct sandbox_result result;
    struct loop loop;

    ck_assert_int_eq(loop_init(&loop), 0);
    sandbox_run(&sandbox, &result);
    loop_release(&loop);
    ck_assert_msg(result.end == SANDBOX_NOT_STARTED, "end %d, status %d",
                  (int)result.end, result.status);
    sandbox_result_release(&result);
}
END_TEST

/* Some systems refuse to start more, and the shell gives up; where they do not,
   and for root, who has no such limit, it is ended. */
START_TEST(processes_are_counted)
{
    struct sandbox_result result =
        run_where("for i in $(seq 200); do sleep 9 & done 2>/dev/null; sleep 1",
                  CONFINE_PROCESSES);

    if (result.end == SANDBOX_EXITED)
        ck_assert_int_eq(result.status, 2);
    else if (result.end == SANDBOX_NOT_STARTED)
        ck_assert_int_eq(result.status, ENOTSUP);
    else
        ck_assert_int_eq(result.end, SANDBOX_TOO_LARGE);
    sandbox_result_release(&result);
}
END_TEST

/* Each has little, all of them too much: ten blocks that nobody takes. */
START_TEST(memory_of_all_processes_is_limited)
{
    struct sandbox_result result =
        run_where("for i in $(seq 10); do dd if=/dev/zero bs=100000000 "
                  "count=1 2>/dev/null | sleep 9 & done; wait",
                  CONFINE_PROCESSES);

    if (result.end == SANDBOX_NOT_STARTED)
        ck_assert_int_eq(result.status, ENOTSUP);
    else
        ck_assert_int_eq(result.end, SANDBOX_TOO_LARGE);
    sandbox_result_release(&result);
}
END_TEST

#define LARGE_BYTES ((size_t)64 << 20)

/* Touches every page, and waits for the end. */
static void take_memory(size_t bytes, int ready)
{
    memset(alloc_bytes(bytes), 1, bytes);
    if (write(ready, "", 1) == 1)
        pause();
    _exit(0);
}

START_TEST(a_process_has_taken_what_it_did_not_inherit)
{
    size_t bytes = _i ? LARGE_BYTES : 1;
    int table = usage_open_table();
    char *ours = alloc_bytes(LARGE_BYTES);
    struct usage usage;
    int ready[2];
    char byte;

    memset(ours, 1, LARGE_BYTES);
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0)
        take_memory(bytes, ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    usage_measure(table, 10, &usage);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
    free(ours);
    if (table < 0)
        return; /* a system that does not tell */
    close(table);
    ck_assert_uint_ge(usage.processes, 1);
    ck_assert_int_eq(usage.bytes > LARGE_BYTES / 2, bytes == LARGE_BYTES);
}
END_TEST

/* A listener of ours, on the loopback that is the machine's. */
START_TEST(the_machines_ports_are_out_of_reach)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char script[200];

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(script, sizeof(script),
             "command -v bash >/dev/null || exit 1; "
             "bash -c 'echo >/dev/tcp/127.0.0.1/%u' 2>/dev/null",
             ntohs(address.sin_port));
    struct sandbox_result result = run(script);
    ck_assert_int_eq(result.end, SANDBOX_EXITED);
    if (result.holds & CONFINE_NETWORK)
        ck_assert_int_eq(result.status, 1);
    sandbox_result_release(&result);
    close(fd);
}
END_TEST

START_TEST(what_is_shown_can_be_read_and_not_written)
{
    char *file = alloc_string("/tmp/mqttlab-shown.XXXXXX");
    int fd = mkstemp(file);
    char *script = alloc_printf("cat %s && echo more >>%s", file, file);
    const char *const argv[] = {"sh", "-c", script, NULL};
    const char *const shown[] = {file, NULL};
    const struct sandbox sandbox = {.argv = argv,
                                    .folder = "/",
                                    .shown = shown,
                                    .timeout_s = 9,
                                    .file_bytes = 1000,
                                    .output_bytes = 1000};
    struct sandbox_result result;

    ck_assert_int_eq(write(fd, "seen", 4), 4);
    sandbox_run(&sandbox, &result);
    ck_assert_int_eq(result.end, SANDBOX_EXITED);
    ck_assert_int_eq(strncmp(buf_string(&result.output), "seen", 4), 0);
    if (result.holds & CONFINE_FILES)
        ck_assert_int_eq(result.status, 2);
    sandbox_result_release(&result);
    close(fd);
    unlink(file);
    free(script);
    free(file);
}
END_TEST

/* Is there a loopback, and does it work? */
static bool reaches_itself(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return bind(fd, (struct sockaddr *)&address, len) == 0 &&
           getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
           connect(fd, (struct sockaddr *)&address, len) == 0;
}

/* In a process that is shut off: 0, or the line of what is not as it should be;
   255 where the system does not allow it. */
static int look_around(const char *other_file)
{
    const struct confine confine = {
        .folder = folder, .writable = true, .scratch_bytes = 1u << 20};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
    char own[64];

    snprintf(own, sizeof(own), "%s/own", folder);
    int holds = confine_enter(&confine);
    confine_drop_rights();
    if (!(holds & CONFINE_FILES))
        return 255;
    if (access(other_file, F_OK) == 0 || errno != ENOENT)
        return __LINE__ % 250;
    FILE *file = fopen(own, "w");
    if (!file || fputs("text", file) < 0 || fclose(file) != 0)
        return __LINE__ % 250;
    if (fopen("/var/mqttlab-was-here", "w") || errno != EROFS)
        return __LINE__ % 250;
    inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ||
        errno != ENETUNREACH)
        return __LINE__ % 250;
    if (!reaches_itself())
        return __LINE__ % 250;
    pid_t child = fork(); /* its own world is not asked for: two in a row */
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    child = fork();
    if (child == 0)
        _exit(0);
    return child < 0 ? __LINE__ % 250 : 0;
}

/* The same for a sandbox within: what it holds, 255 where nothing does. */
static int look_around_within(const char *script)
{
    const struct confine confine = {
        .folder = folder, .writable = true, .scratch_bytes = 1u << 20};
    const char *const argv[] = {"sh", "-c", script, NULL};
    const struct sandbox sandbox = {.argv = argv,
                                    .folder = folder,
                                    .timeout_s = 10,
                                    .file_bytes = 1u << 20,
                                    .output_bytes = 1000};
    struct sandbox_result result;
    int holds = confine_enter(&confine);

    confine_drop_rights();
    if (!(holds & CONFINE_FILES))
        return 255;
    sandbox_run(&sandbox, &result);
    if (result.end != SANDBOX_EXITED || !(result.holds & CONFINE_FILES) ||
        !(result.holds & CONFINE_PROCESSES))
        return 254;
    return result.status;
}

/* clang-format off */
static const struct {
    const char *script;
    int status;
} within[] = {
    {"echo text >own 2>/dev/null", 2},
    {"echo text >/tmp/own", 0},
    {"exit $$", 2},
    {"kill -0 3 2>/dev/null", 1},
    {"umount /tmp 2>/dev/null || mount -o remount,rw . 2>/dev/null || exit 4",
     4},
};
/* clang-format on */

START_TEST(a_sandbox_holds_in_a_process_that_is_shut_off)
{
    int status;

    make_folder();
    pid_t pid = fork();
    if (pid == 0)
        _exit(look_around_within(within[_i].script));
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    if (WEXITSTATUS(status) != 255)
        ck_assert_int_eq(WEXITSTATUS(status), within[_i].status);
    remove_folder();
}
END_TEST

START_TEST(a_process_that_is_shut_off_sees_its_folder_alone)
{
    char other[] = "/tmp/mqttlab-other.XXXXXX";
    char own[64];
    int fd = mkstemp(other);
    int status;

    make_folder();
    pid_t pid = fork();
    if (pid == 0)
        _exit(look_around(other));
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    if (WEXITSTATUS(status) != 255)
        ck_assert_int_eq(WEXITSTATUS(status), 0);
    snprintf(own, sizeof(own), "%s/own", folder);
    unlink(own);
    remove_folder();
    unlink(other);
    close(fd);
}
END_TEST

Suite *sandbox_suite(void)
{
    Suite *suite = suite_create("sandbox");
    TCase *tc = unit_case(suite, "sandbox", 0);

    tcase_add_loop_test(tc, a_program_ends_as_it_should, 0,
                        sizeof(programs) / sizeof(programs[0]));
    tcase_add_test(tc, an_endless_program_is_ended);
    tcase_add_test(tc, endless_output_is_cut);
    tcase_add_test(tc, nothing_is_left_running);
    tcase_add_test(tc, a_program_does_not_outlive_its_supervisor);
    tcase_add_test(tc, what_a_program_has_written_is_thrown_away);
    tcase_add_test(tc, a_program_that_is_not_there_is_not_started);
    tcase_add_test(tc, a_loop_in_this_process_is_in_nobodys_way);
    tcase_add_test(tc, processes_are_counted);
    tcase_add_test(tc, memory_of_all_processes_is_limited);
    tcase_add_loop_test(tc, a_process_has_taken_what_it_did_not_inherit, 0, 2);
    tcase_add_test(tc, the_machines_ports_are_out_of_reach);
    tcase_add_test(tc, a_process_that_is_shut_off_sees_its_folder_alone);
    tcase_add_test(tc, what_is_shown_can_be_read_and_not_written);
    tcase_add_loop_test(tc, a_sandbox_holds_in_a_process_that_is_shut_off, 0,
                        sizeof(within) / sizeof(within[0]));
    return suite;
}
