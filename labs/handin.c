#include "labs/handin.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "labs/lab.h"
#include "labs/workspace.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES 65536

/* ---- packing ---- */

static int fail(char *error, size_t error_size, const char *path,
                const char *what)
{
    snprintf(error, error_size, "%s: %s", path, what);
    return -EIO;
}

static int add_entry(struct archive *tar, const char *name, const void *bytes,
                     size_t len, time_t when)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_size(entry, (la_int64_t)len);
    archive_entry_set_mtime(entry, when, 0);
    int result = archive_write_header(tar, entry) == ARCHIVE_OK ? 0 : -EIO;
    archive_entry_free(entry);
    if (!result && len && archive_write_data(tar, bytes, len) != (ssize_t)len)
        result = -EIO;
    return result;
}

static int add_file(struct archive *tar, const char *folder, const char *name)
{
    char *path = alloc_printf("%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat info;
    struct buf bytes = {0};
    ssize_t got = 0;

    free(path);
    if (fd < 0 || fstat(fd, &info) != 0 ||
        info.st_size > (off_t)HANDIN_MAX_BYTES) {
        if (fd >= 0)
            close(fd);
        return -EFBIG;
    }
    while ((got = read(fd, buf_reserve(&bytes, COPY_BYTES), COPY_BYTES)) > 0)
        bytes.len += (uint32_t)got;
    close(fd);
    int result =
        got < 0 ? -EIO
                : add_entry(tar, name, bytes.bytes, bytes.len, info.st_mtime);
    buf_release(&bytes);
    return result;
}

/* Not handed in: what is made anew, and what was put aside. */
static bool is_own_business(const char *name)
{
    return name[0] == '.' || !strcmp(name, "student") ||
           !strcmp(name, "manifest") || !strncmp(name, "broker.", 7) ||
           !strncmp(name, "backup-", 7);
}

static int is_handed_in(const struct dirent *entry)
{
    return !is_own_business(entry->d_name);
}

static int add_folder(struct archive *tar, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_handed_in, alphasort);
    int result = count < 0 ? -errno : 0;

    for (int i = 0; i < count; i++) {
        char *path = alloc_printf("%s/%s", folder, entries[i]->d_name);
        struct stat info;

        if (!result && lstat(path, &info) == 0 && S_ISREG(info.st_mode))
            result = add_file(tar, folder, entries[i]->d_name);
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return result;
}

int handin_pack(const char *path, const struct lab *lab,
                const struct workspace *workspace, char *error,
                size_t error_size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        fail(error, error_size, path, strerror(errno));
        return -errno;
    }

    struct archive *tar = archive_write_new();
    char *manifest = alloc_printf(
        "lab: %s\nversion: %s\nstudent: %s\nprogram: mqttlab %s\n", lab->id,
        lab->version, workspace->student, MQTTLAB_VERSION);
    int result = archive_write_set_format_pax_restricted(tar) == ARCHIVE_OK &&
                         archive_write_open_fd(tar, fd) == ARCHIVE_OK
                     ? 0
                     : -EIO;
    if (!result)
        result = add_entry(tar, "manifest", manifest, strlen(manifest), 0);
    if (!result)
        result = add_folder(tar, workspace->path);
    if (archive_write_close(tar) != ARCHIVE_OK && !result)
        result = -EIO;
    if (result)
        fail(error, error_size, path,
             archive_error_string(tar) ? archive_error_string(tar)
                                       : strerror(-result));
    archive_write_free(tar);
    close(fd);
    free(manifest);
    return result;
}

/* ---- unpacking ---- */

/* A name that stays in its folder and in a report's line. */
static bool is_plain_name(const char *name)
{
    if (!*name || name[0] == '.' || strlen(name) > 100)
        return false;
    for (const char *c = name; *c; c++) {
        if (*c == '/' || (unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    }
    return true;
}

static int copy_out(struct archive *tar, const char *folder, const char *name,
                    size_t *total)
{
    char *path = alloc_printf("%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    char chunk[COPY_BYTES];
    ssize_t got = 0;
    int result = fd < 0 ? -errno : 0;

    free(path);
    while (!result &&
           (got = archive_read_data(tar, chunk, sizeof(chunk))) > 0) {
        *total += (size_t)got;
        if (*total > HANDIN_MAX_BYTES)
            result = -EFBIG;
        else if (write(fd, chunk, (size_t)got) != got)
            result = -EIO;
    }
    if (got < 0)
        result = -EBADMSG;
    if (fd >= 0)
        close(fd);
    return result;
}

static int unpack_entries(struct archive *tar, const char *folder, char *error,
                          size_t error_size, const char *path)
{
    struct archive_entry *entry;
    size_t total = 0;
    unsigned files = 0;
    int got;

    while ((got = archive_read_next_header(tar, &entry)) == ARCHIVE_OK ||
           got == ARCHIVE_WARN) {
        const char *name = archive_entry_pathname(entry);

        if (!name || archive_entry_filetype(entry) != AE_IFREG ||
            archive_entry_hardlink(entry) || !is_plain_name(name))
            return fail(error, error_size, path,
                        "holds something that is no plain file");
        if (++files > HANDIN_MAX_FILES)
            return fail(error, error_size, path, "holds too many files");
        int result = copy_out(tar, folder, name, &total);
        if (result)
            return fail(error, error_size, path,
                        result == -EFBIG    ? "is too large"
                        : result == -EEXIST ? "holds a file twice"
                                            : "cannot be unpacked");
    }
    if (got != ARCHIVE_EOF)
        return fail(error, error_size, path, "is no tar file, or is damaged");
    return files ? 0 : fail(error, error_size, path, "is empty");
}

int handin_unpack(const char *path, const char *folder, char *error,
                  size_t error_size)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat info;

    if (fd < 0)
        return fail(error, error_size, path, strerror(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return fail(error, error_size, path, "is no regular file");
    }
    struct archive *tar = archive_read_new();
    archive_read_support_format_tar(tar);
    int result =
        archive_read_open_fd(tar, fd, COPY_BYTES) == ARCHIVE_OK
            ? unpack_entries(tar, folder, error, error_size, path)
            : fail(error, error_size, path, "is no tar file, or is damaged");
    archive_read_free(tar);
    close(fd);
    return result;
}

char *handin_manifest(const char *folder, const char *key)
{
    char *path = alloc_printf("%s/manifest", folder);
    FILE *file = fopen(path, "re");
    char line[256];
    size_t len = strlen(key);
    char *value = NULL;

    free(path);
    while (file && !value && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (!strncmp(line, key, len) && !strncmp(line + len, ": ", 2))
            value = alloc_string(line + len + 2);
    }
    if (file)
        fclose(file);
    return value;
}

void handin_remove(const char *folder)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;

    while (entries && (entry = readdir(entries))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(entries), entry->d_name, 0);
    }
    if (entries)
        closedir(entries);
    rmdir(folder);
}
