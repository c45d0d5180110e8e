#include "base/whole_file.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* So many names are tried, if there are files of programs that were killed. */
#define NAMES_MAX 100

#define READ_BYTES 16384

/* ---- reading ---- */

int whole_file_load(const char *path, size_t max_bytes, struct buf *content)
{
    FILE *file = fopen(path, "re");
    size_t most = content->len + max_bytes;
    size_t got = 1;

    if (!file)
        return -errno;
    while (got && content->len <= most) {
        got = fread(buf_reserve(content, READ_BYTES), 1, READ_BYTES, file);
        content->len += (uint32_t)got;
    }
    int error = ferror(file) ? -errno : content->len > most ? -EFBIG : 0;
    fclose(file);
    return error;
}

/* ---- beginning ---- */

/* In the same folder, or rename could not put it in place; the name is short,
   for the target's own may be as long as names can be. */
static int create_beside(struct whole_file *whole, mode_t mode)
{
    const char *name = strrchr(whole->target, '/');
    int folder = name ? (int)(name + 1 - whole->target) : 0;
    int fd = -1;

    errno = EEXIST;
    for (unsigned n = 1; fd < 0 && errno == EEXIST && n <= NAMES_MAX; n++) {
        free(whole->beside);
        whole->beside = alloc_printf("%.*s.mqttlab-%ld-%u.new", folder,
                                     whole->target, (long)getpid(), n);
        fd = open(whole->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    }
    return fd < 0 ? -errno : fd;
}

/* To be renamed to its own name in the end, which is no deed. */
static int create_new(struct whole_file *whole, mode_t mode)
{
    whole->beside = alloc_string(whole->target);
    int fd = open(whole->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

    return fd < 0 ? -errno : fd;
}

static bool is_link(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

/* A link that leads to nothing yet. */
static int create_behind(const struct whole_file *whole, mode_t mode)
{
    int fd = open(whole->target, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

    return fd < 0 ? -errno : fd;
}

/* Give the new file what the old one had. Returns 0 or an error. */
static int inherit(int fd, const struct stat *old, unsigned wishes)
{
    bool others = old->st_uid != geteuid() || old->st_gid != getegid();
    bool shared = !(old->st_mode & S_IRWXO) && (old->st_mode & S_IRGRP);

    if ((wishes & WHOLE_FILE_KEEP_READERS) &&
        ((others && fchown(fd, old->st_uid, old->st_gid) < 0) ||
         (shared && fchmod(fd, 0640) < 0)))
        return -errno;
    if (wishes & WHOLE_FILE_KEEP_MODE)
        fchmod(fd, old->st_mode & 0777); /* else as new files are */
    return 0;
}

/* Nothing is lost before it is sure that the file may be written. */
static int make_empty(int fd, mode_t mode, unsigned wishes)
{
    if (!(wishes & WHOLE_FILE_KEEP_MODE) && fchmod(fd, mode) < 0)
        return -errno;
    return ftruncate(fd, 0) < 0 ? -errno : 0;
}

/* Returns a descriptor or an error. */
static int open_itself(const struct whole_file *whole, bool is_file,
                       mode_t mode, unsigned wishes)
{
    int fd = open(whole->target, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    int error = fd < 0 ? -errno : 0;

    if (!error && is_file)
        error = make_empty(fd, mode, wishes);
    if (error && fd >= 0)
        close(fd);
    return error ? error : fd;
}

/* The file has no other name, or never had one. */
static void remove_beside(struct whole_file *whole)
{
    if (whole->beside)
        unlink(whole->beside);
    free(whole->beside);
    whole->beside = NULL;
}

/* Returns a descriptor or an error; old: NULL if there is no file yet.
   has_place: another file can take its place. */
static int open_either(struct whole_file *whole, const struct stat *old,
                       bool has_place, mode_t mode, unsigned wishes)
{
    if (wishes & WHOLE_FILE_NEW)
        return create_new(whole, mode);
    if (!old && is_link(whole->target))
        return create_behind(whole, mode);
    if (old && !has_place)
        return open_itself(whole, S_ISREG(old->st_mode), mode, wishes);
    int fd = create_beside(whole, mode);
    int error = fd >= 0 && old ? inherit(fd, old, wishes) : 0;
    if (error) {
        close(fd);
        remove_beside(whole);
        return error;
    }
    if (!old || !(wishes & WHOLE_FILE_OR_IN_PLACE) ||
        (fd != -EACCES && fd != -EPERM))
        return fd;
    free(whole->beside);
    whole->beside = NULL;
    return open_itself(whole, true, mode, wishes);
}

static void forget(struct whole_file *whole)
{
    free(whole->target);
    free(whole->beside);
    *whole = (struct whole_file){0};
}

int whole_file_open(struct whole_file *whole, const char *path, mode_t mode,
                    unsigned wishes)
{
    struct stat old;
    bool is_there = stat(path, &old) == 0;
    /* /dev/stdout leads to what is no path, and is never to be replaced. */
    char *real = is_there && S_ISREG(old.st_mode) ? realpath(path, NULL) : NULL;

    *whole = (struct whole_file){.target = real ? real : alloc_string(path)};
    int fd = open_either(whole, is_there ? &old : NULL, real, mode, wishes);
    if (fd < 0) {
        forget(whole);
        return fd;
    }
    whole->file = alloc_checked(fdopen(fd, "w"));
    return 0;
}

/* ---- writing and ending ---- */

int whole_file_write(struct whole_file *whole, struct slice content)
{
    while (content.len) {
        ssize_t count = write(fileno(whole->file), content.bytes, content.len);

        if (count < 0 && errno != EINTR)
            return -errno;
        if (count > 0)
            content = slice_skip(content, (size_t)count);
    }
    return 0;
}

void whole_file_discard(struct whole_file *whole)
{
    if (whole->file)
        fclose(whole->file);
    remove_beside(whole);
    forget(whole);
}

int whole_file_finish(struct whole_file *whole, int error)
{
    bool in_place = !whole->beside; /* maybe a pipe, which has no disk */

    if (!error &&
        (fflush(whole->file) || (!in_place && fsync(fileno(whole->file)))))
        error = -errno;
    if (fclose(whole->file) && !error)
        error = -errno;
    whole->file = NULL;
    if (error)
        whole_file_discard(whole);
    return error;
}

int whole_file_place(struct whole_file *whole)
{
    int error =
        whole->beside && rename(whole->beside, whole->target) < 0 ? -errno : 0;

    if (error)
        whole_file_discard(whole);
    else
        forget(whole);
    return error;
}

int whole_file_close(struct whole_file *whole, int error)
{
    error = whole_file_finish(whole, error);
    return error ? error : whole_file_place(whole);
}

int whole_file_store(const char *path, struct slice content, mode_t mode,
                     unsigned wishes)
{
    struct whole_file whole;
    int error = whole_file_open(&whole, path, mode, wishes);

    if (error)
        return error;
    return whole_file_close(&whole, whole_file_write(&whole, content));
}
