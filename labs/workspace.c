#include "labs/workspace.h"

#include "base/alloc.h"
#include "labs/answer.h"
#include "labs/class_key.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_QUESTION_BYTES 60

/* $XDG_DATA_HOME/mqttlab or ~/.local/share/mqttlab. */
static char *data_home(void)
{
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");

    if (data && data[0] == '/')
        return alloc_printf("%s/mqttlab", data);
    return alloc_printf("%s/.local/share/mqttlab", home ? home : ".");
}

char *workspace_path(const char *lab_id, const char *dir)
{
    if (dir)
        return alloc_string(dir);
    char *base = data_home();
    char *path = alloc_printf("%s/%s", base, lab_id);
    free(base);
    return path;
}

/* mkdir -p with mode 0700 for what is new. */
static int make_folders(const char *path)
{
    char *copy = alloc_string(path);
    char *at = copy;
    int result = 0;

    for (bool last = false; !last && !result;) {
        at += strspn(at, "/");
        at += strcspn(at, "/");
        last = !*at;
        *at = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            result = -errno;
        if (!last)
            *at = '/';
    }
    free(copy);
    return result;
}

/* What is no file keeps nobody waiting: here, and where a file is written. */
static FILE *open_to_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    return fd < 0 ? NULL : fdopen(fd, "r");
}

/* The first line of a file; "" when it cannot be read. */
static char *read_line(const char *path)
{
    char line[PATH_MAX + 2] = "";
    FILE *file = open_to_read(path);

    if (file) {
        if (!fgets(line, sizeof(line), file))
            line[0] = '\0';
        fclose(file);
    }
    line[strcspn(line, "\n")] = '\0';
    return alloc_string(line);
}

static int write_line(const char *path, const char *line)
{
    int fd =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0600);

    if (fd < 0)
        return -errno;
    int result = dprintf(fd, "%s\n", line) < 0 ? -errno : 0;
    if (close(fd) != 0 && !result)
        result = -errno;
    return result;
}

bool workspace_student_valid(const char *student)
{
    /* Of ASCII in every locale, as the grader's. */
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@";
    size_t len = strlen(student);

    return len > 0 && len <= 40 && student[0] != '.' && student[0] != '-' &&
           strspn(student, letters) == len;
}

/* The id that was remembered on this machine; "" when none. Owned. */
static char *remembered(void)
{
    char *base = data_home();
    char *path = alloc_printf("%s/student", base);
    char *student = read_line(path);

    free(path);
    free(base);
    if (!workspace_student_valid(student))
        student[0] = '\0';
    return student;
}

static int remember(const char *student)
{
    char *base = data_home();
    char *path = alloc_printf("%s/student", base);
    int result = make_folders(base);

    if (!result)
        result = write_line(path, student);
    free(path);
    free(base);
    return result;
}

/*
 * The id belongs to the folder, so that a copied folder goes on with the same
 * values; a new folder gets the one that this machine remembers.
 */
/* What a class has given to the student who works on this machine: "ID SECRET";
   "" when nothing was. Owned. */
static char *sealed_here(void)
{
    char *base = data_home();
    char *path = alloc_printf("%s/sealed", base);
    char *line = read_line(path);

    free(path);
    free(base);
    return line;
}

/* A lab that is begun keeps what its values come from, whatever comes later. */
static int begin_sealed(const struct workspace *workspace)
{
    char *line = sealed_here();
    size_t len = strlen(workspace->student);
    char *path = alloc_printf("%s/.sealed", workspace->path);
    int result = 0;

    if (!strncmp(line, workspace->student, len) && line[len] == ' ')
        result = write_line(path, line + len + 1);
    free(path);
    free(line);
    return result;
}

int workspace_join(const char *student, const char *secret)
{
    char *base = data_home();
    char *path = alloc_printf("%s/sealed", base);
    char *line = alloc_printf("%s %s", student, secret);
    int result = remember(student);

    if (!result)
        result = write_line(path, line);
    free(line);
    free(path);
    free(base);
    return result;
}

static int find_student(struct workspace *workspace, const char *student)
{
    char *path = alloc_printf("%s/student", workspace->path);
    char *here = read_line(path);
    int result = 0;

    if (workspace_student_valid(here) && (!student || !strcmp(here, student))) {
        workspace->student = here;
        free(path);
        return 0;
    }
    bool other = student && workspace_student_valid(here);
    free(here);
    workspace->student = student ? alloc_string(student) : remembered();
    if (other)
        result = -EEXIST; /* the folder is another student's */
    else if (workspace->student[0])
        result = write_line(path, workspace->student);
    if (!other && workspace->student[0] && !result)
        result = begin_sealed(workspace);
    if (!result && student)
        result = remember(student);
    free(path);
    return result;
}

char *workspace_seed(const char *folder)
{
    char *student_path = alloc_printf("%s/student", folder);
    char *sealed_path = alloc_printf("%s/.sealed", folder);
    char *student = read_line(student_path);
    char *secret = read_line(sealed_path);
    char *seed = class_key_seed(student, secret);

    free(student_path);
    free(sealed_path);
    free(student);
    free(secret);
    return seed;
}

static int take_lock(struct workspace *workspace)
{
    char *path = alloc_printf("%s/.lock", workspace->path);

    workspace->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(path);
    if (workspace->lock_fd < 0)
        return -errno;
    if (flock(workspace->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    return 0;
}

static void begin_answers(struct workspace *workspace);

/* Make the folder; programs of the lab look for it from elsewhere. */
static int make_whole(struct workspace *workspace)
{
    int result = make_folders(workspace->path);
    char *whole = result ? NULL : realpath(workspace->path, NULL);

    if (!result && !whole)
        result = -errno;
    if (!whole)
        return result;
    free(workspace->path);
    workspace->path = whole;
    return 0;
}

int workspace_open(struct workspace *workspace, const char *lab_id,
                   const char *dir, const char *student)
{
    *workspace =
        (struct workspace){.path = workspace_path(lab_id, dir), .lock_fd = -1};
    int result = make_whole(workspace);

    if (!result)
        result = take_lock(workspace);
    if (!result)
        result = find_student(workspace, student);
    if (!result) {
        char *sealed = alloc_printf("%s/.sealed", workspace->path);

        workspace->secret = read_line(sealed);
        free(sealed);
        begin_answers(workspace);
    }
    if (result)
        workspace_close(workspace);
    return result;
}

void workspace_close(struct workspace *workspace)
{
    if (workspace->lock_fd >= 0)
        close(workspace->lock_fd);
    free(workspace->path);
    free(workspace->student);
    free(workspace->secret);
    *workspace = (struct workspace){.lock_fd = -1};
}

static bool is_kept(const char *name)
{
    return !strcmp(name, ".") || !strcmp(name, "..") ||
           !strcmp(name, ".lock") || !strcmp(name, "student") ||
           !strncmp(name, "backup-", 7);
}

bool workspace_is(const char *folder)
{
    char *lock = alloc_printf("%s/.lock", folder);
    char *journal = alloc_printf("%s/journal", folder);
    bool is = access(lock, F_OK) == 0 && access(journal, F_OK) == 0;

    free(lock);
    free(journal);
    return is;
}

bool workspace_begun(const char *lab_id, const char *dir)
{
    char *folder = workspace_path(lab_id, dir);
    char *journal = alloc_printf("%s/journal", folder);
    bool begun = access(journal, F_OK) == 0;

    free(journal);
    free(folder);
    return begun;
}

int workspace_reset(struct workspace *workspace, unsigned *number)
{
    char *backup = NULL;
    int result = -EEXIST;

    for (unsigned n = 1; result == -EEXIST && n < 1000; n++) {
        free(backup);
        backup = alloc_printf("%s/backup-%u", workspace->path, n);
        result = mkdir(backup, 0700) == 0 ? 0 : -errno;
        *number = n;
    }
    DIR *folder = result ? NULL : opendir(workspace->path);
    struct dirent *entry;
    if (!result && !folder)
        result = -errno;
    while (folder && (entry = readdir(folder))) {
        if (is_kept(entry->d_name))
            continue;
        char *from = alloc_printf("%s/%s", workspace->path, entry->d_name);
        char *to = alloc_printf("%s/%s", backup, entry->d_name);
        if (rename(from, to) != 0)
            result = -errno;
        free(from);
        free(to);
    }
    if (folder)
        closedir(folder);
    free(backup);
    return result;
}

/* ---- answers from a shell ---- */

/* The file in which a folder is remembered as the one opened last. */
static char *current_path(void)
{
    char *base = data_home();
    char *path = alloc_printf("%s/current", base);

    free(base);
    return path;
}

/* This folder is the one that answers go to now; old ones are gone. */
static void begin_answers(struct workspace *workspace)
{
    char *answers = alloc_printf("%s/.answers", workspace->path);
    char *file = current_path();
    char *base = data_home();

    if (make_folders(base) == 0)
        write_line(file, workspace->path);
    unlink(answers);
    free(answers);
    free(base);
    free(file);
}

bool workspace_is_open(const char *folder)
{
    char *path = alloc_printf("%s/.lock", folder);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    bool taken = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;

    if (fd >= 0)
        close(fd);
    free(path);
    return taken;
}

static int append_line(const char *path, const char *line)
{
    size_t len = strlen(line);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC,
                  0600);

    if (fd < 0)
        return -errno;
    ssize_t written = write(fd, line, len);
    int result = written < 0 ? -errno : written < (ssize_t)len ? -ENOSPC : 0;
    close(fd);
    return result;
}

char *workspace_open_now(void)
{
    const char *chosen = getenv("MQTTLAB_LAB_DIR");
    char *file = current_path();
    char *folder = chosen ? alloc_string(chosen) : read_line(file);

    free(file);
    if (folder[0] && workspace_is_open(folder))
        return folder;
    free(folder);
    return NULL;
}

void workspace_note_broker(struct workspace *workspace, pid_t broker)
{
    char number[24];

    if (workspace->broker == broker)
        return;
    char *path = alloc_printf("%s/.broker", workspace->path);
    snprintf(number, sizeof(number), "%ld", (long)broker);
    if (write_line(path, number) == 0)
        workspace->broker = broker;
    free(path);
}

bool workspace_watches(const char *folder, pid_t broker)
{
    char *path = alloc_printf("%s/.broker", folder);
    char *line = read_line(path);
    bool same = strtol(line, NULL, 10) == broker;

    free(line);
    free(path);
    return same;
}

int workspace_put_answer(const char *question, const char *answer)
{
    char *folder = workspace_open_now();
    if (!folder)
        return -ENOENT;

    char *path = alloc_printf("%s/.answers", folder);
    char *line = alloc_printf("%.*s %.*s\n", MAX_QUESTION_BYTES, question,
                              (int)answer_taken(answer), answer);
    for (size_t i = 0; line[i + 1]; i++) {
        if ((unsigned char)line[i] < 0x20)
            line[i] = ' ';
    }
    int result = append_line(path, line);
    free(line);
    free(path);
    free(folder);
    return result;
}

char *workspace_take_answer(struct workspace *workspace)
{
    char *path = alloc_printf("%s/.answers", workspace->path);
    FILE *file = open_to_read(path);
    char line[MAX_QUESTION_BYTES + ANSWER_MAX_BYTES + 3];
    char *answer = NULL;

    free(path);
    if (!file)
        return NULL;
    if (fseek(file, workspace->answers_taken, SEEK_SET) == 0 &&
        fgets(line, sizeof(line), file) &&
        (strchr(line, '\n') || strlen(line) == sizeof(line) - 1)) {
        workspace->answers_taken += (long)strlen(line);
        line[strcspn(line, "\n")] = '\0';
        answer = alloc_string(line);
    }
    fclose(file);
    return answer;
}
