/*
 * A pool of processes, one for each hand-in; results come back over pipes.
 */
#include "labs/grade.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/process.h"
#include "labs/grade_checks.h"
#include "labs/handin.h"
#include "wire/render.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEPTH        8 /* of folders within folders */
#define MAX_RESULT_BYTES (8u << 20)
#define MEMORY_BYTES     (2ul << 30)

struct worker {
    pid_t pid; /* 0: free; never -1, which kill() takes for everybody */
    int leash; /* see process_fork */
    int pipe;
    size_t file; /* index */
    uint64_t deadline_ns;
    char folder[64]; /* where it unpacks; removed by the parent */
    struct buf answer;
    bool late;
};

/* ---- in the worker ---- */

static void set_limit(int what, rlim_t value)
{
    const struct rlimit limit = {.rlim_cur = value, .rlim_max = value};

    setrlimit(what, &limit);
}

static void limit_myself(const struct grade_options *options)
{
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_CPU, options->timeout_s);
    set_limit(RLIMIT_FSIZE, HANDIN_MAX_BYTES);
#ifndef __SANITIZE_ADDRESS__
    set_limit(RLIMIT_AS, MEMORY_BYTES); /* the sanitizer reserves far more */
#endif
}

static int write_answer(int fd, const char *text)
{
    size_t len = strlen(text);

    while (len) {
        ssize_t done = write(fd, text, len);

        if (done <= 0)
            return 1;
        text += done;
        len -= (size_t)done;
    }
    return 0;
}

/* All that a hand-in's process needs to see: its folder and the labs. */
static int shut_off(const struct grade_options *options, const char *folder)
{
    const char *const shown[] = {options->home, options->lab, NULL};
    const struct confine confine = {.folder = folder,
                                    .writable = true,
                                    .shown = shown,
                                    .scratch_bytes = HANDIN_MAX_BYTES};
    int holds = confine_enter(&confine);

    confine_drop_rights();
    return holds;
}

static void work(const struct grade_options *options, const char *file,
                 const char *folder, int fd)
{
    const char *wrong;
    int handin = handin_open(file, &wrong);

    setpgid(0, 0);
    setenv("TZ", "UTC", 1); /* the same bytes wherever it is graded */
    tzset();
    limit_myself(options);
    if (options->shut_off && shut_off(options, folder) < 0)
        _exit(1);
    if (handin >= 0)
        handin_unpack(handin, folder, &wrong);
    json_t *result = wrong ? grade_checks_error(wrong, false)
                           : grade_checks(options, folder);
    char *text = json_dumps(result, JSON_COMPACT);
    _exit(text ? write_answer(fd, text) : 1);
}

/* ---- what must be tidied up first ---- */

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};

#define ENDING (sizeof(ending) / sizeof(ending[0]))

/* A signal that ends this process waits until what was unpacked is gone. Who
   ignores it goes on ignoring it. */
static void hold_signals(sigset_t *before)
{
    sigset_t held;

    sigemptyset(&held);
    for (size_t i = 0; i < ENDING; i++) {
        struct sigaction action;

        if (sigaction(ending[i], NULL, &action) == 0 &&
            action.sa_handler != SIG_IGN)
            sigaddset(&held, ending[i]);
    }
    sigprocmask(SIG_BLOCK, &held, before);
}

static void let_signals_through(void)
{
    sigset_t held;

    sigemptyset(&held);
    for (size_t i = 0; i < ENDING; i++)
        sigaddset(&held, ending[i]);
    sigprocmask(SIG_UNBLOCK, &held, NULL);
}

static bool is_stopped(void)
{
    sigset_t waiting;
    bool stopped = false;

    sigpending(&waiting);
    for (size_t i = 0; i < ENDING; i++)
        stopped = stopped || sigismember(&waiting, ending[i]) == 1;
    return stopped;
}

/* ---- in the parent ---- */

static int start(struct worker *worker, const struct grade_options *options,
                 const char *file, size_t index)
{
    int ends[2];
    pid_t pid = -1;

    snprintf(worker->folder, sizeof(worker->folder),
             "/tmp/mqttlab-grade.XXXXXX");
    if (!mkdtemp(worker->folder))
        return -errno;
    int result = pipe(ends) == 0 ? 0 : -errno;
    if (!result) {
        fflush(NULL);
        pid = process_fork(&worker->leash);
        if (pid == 0) {
            let_signals_through();
            close(ends[0]);
            work(options, file, worker->folder, ends[1]);
        }
        result = pid < 0 ? -errno : 0;
        close(ends[1]);
        if (result)
            close(ends[0]);
    }
    if (result) {
        rmdir(worker->folder);
        return result;
    }
    worker->pid = pid;
    worker->pipe = ends[0];
    worker->file = index;
    worker->late = false;
    worker->deadline_ns =
        clock_read_monotonic_ns() + options->timeout_s * CLOCK_NS_PER_S;
    return 0;
}

static json_t *take_result(struct worker *worker)
{
    json_t *result = NULL;

    if (!worker->late)
        result = json_loadb((const char *)worker->answer.bytes,
                            worker->answer.len, 0, NULL);
    if (!result)
        result = grade_checks_error(
            worker->late ? "grading it took too long"
                         : "grading it crashed or went beyond its limits",
            false);
    return result;
}

static void finish(struct worker *worker, json_t **results)
{
    kill(-worker->pid, SIGKILL); /* whatever it left behind */
    kill(worker->pid, SIGKILL);
    waitpid(worker->pid, NULL, 0);
    process_unleash(&worker->leash);
    close(worker->pipe);
    handin_remove(worker->folder);
    results[worker->file] = take_result(worker);
    buf_release(&worker->answer);
    *worker = (struct worker){0};
}

/* Read what came; true when the worker is done. */
static bool receive(struct worker *worker)
{
    ssize_t got =
        read(worker->pipe, buf_reserve(&worker->answer, 65536), 65536);

    if (got > 0)
        worker->answer.len += (uint32_t)got;
    return got <= 0 || worker->answer.len > MAX_RESULT_BYTES;
}

static void wait_for_some(struct worker *workers, unsigned jobs,
                          json_t **results)
{
    struct pollfd *fds = alloc_zero(jobs, sizeof(fds[0]));

    for (unsigned i = 0; i < jobs; i++) {
        fds[i].fd = workers[i].pid ? workers[i].pipe : -1;
        fds[i].events = POLLIN;
    }
    poll(fds, jobs, 200);
    for (unsigned i = 0; i < jobs; i++) {
        if (!workers[i].pid)
            continue;
        bool done = fds[i].revents && receive(&workers[i]);
        if (!done && clock_read_monotonic_ns() > workers[i].deadline_ns)
            done = workers[i].late = true;
        if (done)
            finish(&workers[i], results);
    }
    free(fds);
}

static struct worker *free_worker(struct worker *workers, unsigned jobs)
{
    for (unsigned i = 0; i < jobs; i++) {
        if (!workers[i].pid)
            return &workers[i];
    }
    return NULL;
}

static size_t count_running(const struct worker *workers, unsigned jobs)
{
    size_t running = 0;

    for (unsigned i = 0; i < jobs; i++)
        running += workers[i].pid != 0;
    return running;
}

/* Those that still run, because all is to end. */
static void finish_all(struct worker *workers, unsigned jobs, json_t **results)
{
    for (unsigned i = 0; i < jobs; i++) {
        if (workers[i].pid)
            finish(&workers[i], results);
    }
}

/* The name of a file as reports show it: who handed it in has chosen it, so it
   may be no text at all, or a terminal's commands. */
static json_t *shown_name(const char *path, const char *folder)
{
    const char *slash = strrchr(path, '/');
    size_t len = folder ? strlen(folder) : 0;
    struct buf shown = {0};

    if (len && !strncmp(path, folder, len) && path[len] == '/')
        path += len + 1;
    else if (slash)
        path = slash + 1;
    render_text(&shown, slice_of_string(path), 0);
    json_t *name = json_stringn((const char *)shown.bytes, shown.len);
    buf_release(&shown);
    return name;
}

static json_t *grade_all(const struct grade_options *options, char **files,
                         size_t count)
{
    struct worker *workers = alloc_zero(options->jobs, sizeof(workers[0]));
    json_t **results = alloc_zero(count, sizeof(results[0]));
    size_t next = 0;
    size_t running = 0;
    sigset_t before;

    hold_signals(&before);
    while ((next < count || running) && !is_stopped()) {
        struct worker *worker = free_worker(workers, options->jobs);

        if (next < count && worker) {
            if (start(worker, options, files[next], next) == 0)
                running++;
            else
                results[next] = grade_checks_error(
                    "no process could be started for it", true);
            next++;
            continue;
        }
        wait_for_some(workers, options->jobs, results);
        running = count_running(workers, options->jobs);
    }
    finish_all(workers, options->jobs, results);
    sigprocmask(SIG_SETMASK, &before, NULL); /* ends here when it was stopped */
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++) {
        if (!results[i])
            results[i] = grade_checks_error("grading was stopped", true);
        json_object_set_new(results[i], "file",
                            shown_name(files[i], options->folder));
        json_array_append_new(all, results[i]);
    }
    free(results);
    free(workers);
    return all;
}

/* Does it work here? A process tries it, as each hand-in's will. */
static bool can_shut_off(const struct grade_options *options)
{
    char folder[] = "/tmp/mqttlab-grade.XXXXXX";
    int status = 1;
    int leash;

    if (!mkdtemp(folder))
        return false;
    fflush(NULL);
    pid_t pid = process_fork(&leash);
    if (pid == 0)
        _exit(shut_off(options, folder) > 0 &&
                      access(options->home, R_OK) == 0 &&
                      access(folder, W_OK) == 0
                  ? 0
                  : 1);
    if (pid > 0) {
        waitpid(pid, &status, 0);
        process_unleash(&leash);
    }
    rmdir(folder);
    return status == 0;
}

/* A process that is shut off is in another folder: paths are whole. */
static char *whole_path(const char *path)
{
    char *whole = path ? realpath(path, NULL) : NULL;

    return whole ? whole : alloc_string(path);
}

json_t *grade_files(const struct grade_options *given, char **files,
                    size_t count)
{
    char *home = whole_path(given->home);
    char *lab = whole_path(given->lab);
    struct grade_options options = *given;

    options.home = home;
    options.lab = lab;
    options.shut_off = can_shut_off(&options);
    json_t *results = grade_all(&options, files, count);
    free(home);
    free(lab);
    return results;
}

static bool is_handin(const char *name)
{
    size_t len = strlen(name);

    return len > 6 && !strcmp(name + len - 6, ".mqlab");
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

struct found {
    char **files;
    size_t count;
    bool complete;
};

/* Nobody's hand-in must go missing without a word. */
static void pass_over(struct found *found, const char *folder, const char *why)
{
    struct buf shown = {0};

    render_text(&shown, slice_of_string(folder), 0);
    fprintf(stderr, "mqttlab grade: %s: %s; it was passed over\n",
            buf_string(&shown), why);
    buf_release(&shown);
    found->complete = false;
}

static void add(struct found *found, char *file)
{
    found->files =
        alloc_resize(found->files, found->count + 2, sizeof(found->files[0]));
    found->files[found->count++] = file;
    found->files[found->count] = NULL;
}

/* Hand-ins, and folders that are none. False when it cannot be read. */
static bool look_into(struct found *found, const char *folder, unsigned depth)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_visible, alphasort);

    for (int i = 0; i < count; i++) {
        char *path = alloc_printf("%s/%s", folder, entries[i]->d_name);
        struct stat info;

        if (is_handin(entries[i]->d_name)) {
            add(found, path);
        } else {
            bool inner = lstat(path, &info) == 0 && S_ISDIR(info.st_mode);

            if (inner && depth == MAX_DEPTH)
                pass_over(found, path, "too many folders within folders");
            else if (inner && !look_into(found, path, depth + 1))
                pass_over(found, path, strerror(errno));
            free(path);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count >= 0;
}

char **grade_find(const char *path, size_t *count, bool *complete)
{
    struct found found = {.files = alloc_zero(1, sizeof(char *)),
                          .complete = true};
    struct stat info;
    bool good = stat(path, &info) == 0;

    if (good && S_ISDIR(info.st_mode))
        good = look_into(&found, path, 0);
    else if (good)
        add(&found, alloc_string(path));
    *count = found.count;
    *complete = found.complete;
    if (good)
        return found.files;
    free(found.files);
    return NULL;
}
