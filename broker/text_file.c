#include "broker/text_file.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int text_file_load(const char *path, struct buf *text)
{
    struct stat status;
    size_t count;
    int error = 0;

    if (stat(path, &status) == 0 && S_ISFIFO(status.st_mode))
        return -EINVAL;
    FILE *file = fopen(path, "r");
    if (!file)
        return -errno;
    do {
        count = fread(buf_reserve(text, 4096), 1, 4096, file);
        text->len += (uint32_t)count;
    } while (count && text->len <= TEXT_FILE_MAX_BYTES);
    if (ferror(file))
        error = errno ? -errno : -EIO;
    else if (text->len > TEXT_FILE_MAX_BYTES)
        error = -EFBIG;
    fclose(file);
    return error;
}

static int write_all(int fd, struct slice text)
{
    while (text.len) {
        ssize_t count = write(fd, text.bytes, text.len);

        if (count < 0)
            return -errno;
        text = slice_skip(text, (size_t)count);
    }
    return fsync(fd) ? -errno : 0;
}

/* Write a new file, which must not exist. */
static int write_new(const char *path, struct slice text,
                     const struct stat *old)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return -errno;
    /* Another's file stays the other's, if we may see to that, and a group may
       go on reading what nobody else may read. */
    bool others = old && (old->st_uid != geteuid() || old->st_gid != getegid());
    bool shared = old && !(old->st_mode & S_IRWXO) && (old->st_mode & S_IRGRP);
    int error = 0;
    if ((others && fchown(fd, old->st_uid, old->st_gid) < 0) ||
        (shared && fchmod(fd, 0640) < 0))
        error = -errno;
    if (!error)
        error = write_all(fd, text);
    close(fd);
    return error;
}

int text_file_replace(const char *path, struct slice text)
{
    char *real = realpath(path, NULL); /* NULL: there is none yet */
    const char *target = real ? real : path;
    char *beside = alloc_printf("%s.%ld.new", target, (long)getpid());
    struct stat old;
    bool is_there = real && stat(real, &old) == 0;
    int error = is_there && S_ISDIR(old.st_mode)
                    ? -EISDIR
                    : write_new(beside, text, is_there ? &old : NULL);

    if (!error && rename(beside, target) < 0)
        error = -errno;
    if (error && error != -EEXIST)
        unlink(beside);
    free(beside);
    free(real);
    return error;
}

bool text_file_next_line(struct slice *rest, struct slice *line)
{
    if (!rest->len)
        return false;
    const uint8_t *end = memchr(rest->bytes, '\n', rest->len);
    size_t len = end ? (size_t)(end - rest->bytes) : rest->len;

    *line = slice_first(*rest, len);
    *rest = slice_skip(*rest, end ? len + 1 : len);
    while (line->len && line->bytes[line->len - 1] == '\r')
        line->len--;
    return true;
}
