#include "labs/handin.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/whole_file.h"
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

struct packing {
    struct archive *tar;
    const char *folder;
    size_t total; /* bytes so far */
    unsigned files;
    char *error;
    size_t error_size;
};

static int fail(const struct packing *packing, int result, const char *path,
                const char *what)
{
    snprintf(packing->error, packing->error_size, "%s: %s", path, what);
    return result;
}

static int add_entry(struct packing *packing, const char *name,
                     const void *bytes, size_t len, time_t when)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_size(entry, (la_int64_t)len);
    archive_entry_set_mtime(entry, when, 0);
    bool good = archive_write_header(packing->tar, entry) == ARCHIVE_OK;
    archive_entry_free(entry);
    if (good && len)
        good = archive_write_data(packing->tar, bytes, len) == (ssize_t)len;
    return good ? 0
                : fail(packing, -EIO, name, archive_error_string(packing->tar));
}

/* What a hand-in may hold is what unpacking lets through. */
static int read_file(struct packing *packing, const char *name,
                     struct buf *bytes, time_t *when)
{
    char *path = alloc_printf("%s/%s", packing->folder, name);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat info = {0};
    ssize_t got = -1;

    free(path);
    if (fd < 0)
        return fail(packing, -errno, name, strerror(errno));
    if (fstat(fd, &info) == 0)
        got = 1;
    while (got > 0 && packing->total + bytes->len <= HANDIN_MAX_BYTES) {
        got = read(fd, buf_reserve(bytes, COPY_BYTES), COPY_BYTES);
        if (got > 0)
            bytes->len += (uint32_t)got;
    }
    int result = got < 0 ? -errno : 0;
    close(fd);
    *when = info.st_mtime;
    if (result)
        return fail(packing, result, name, strerror(-result));
    packing->total += bytes->len;
    if (packing->total > HANDIN_MAX_BYTES)
        return fail(packing, -EFBIG, name,
                    "too large: a hand-in holds 256 MiB in all");
    if (++packing->files > HANDIN_MAX_FILES)
        return fail(packing, -EFBIG, packing->folder,
                    "too many files: a hand-in holds 500");
    return 0;
}

static int add_file(struct packing *packing, const char *name)
{
    struct buf bytes = {0};
    time_t when = 0;
    int result = read_file(packing, name, &bytes, &when);

    if (!result)
        result = add_entry(packing, name, bytes.bytes, bytes.len, when);
    buf_release(&bytes);
    return result;
}

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

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name);
    size_t end_len = strlen(end);

    return len > end_len && !strcmp(name + len - end_len, end);
}

/* Not handed in: what is made anew, what was put aside, other hand-ins, and
   what unpacking would refuse. */
static bool is_own_business(const char *name)
{
    return !is_plain_name(name) || !strcmp(name, "student") ||
           !strcmp(name, "manifest") || !strncmp(name, "broker.", 7) ||
           !strncmp(name, "backup-", 7) || ends_with(name, ".mqlab");
}

static int is_handed_in(const struct dirent *entry)
{
    return !is_own_business(entry->d_name);
}

static int add_folder(struct packing *packing)
{
    struct dirent **entries;
    int count = scandir(packing->folder, &entries, is_handed_in, alphasort);
    int result = 0;

    if (count < 0)
        return fail(packing, -errno, packing->folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path = alloc_printf("%s/%s", packing->folder, entries[i]->d_name);
        struct stat info;

        if (!result && lstat(path, &info) == 0 && S_ISREG(info.st_mode))
            result = add_file(packing, entries[i]->d_name);
        free(path);
        free(entries[i]);
    }
    free(entries);
    return result;
}

/* Write the archive to fd. */
static int pack(struct packing *packing, int fd, const char *path,
                const char *manifest)
{
    int result = 0;

    packing->tar = archive_write_new();
    /* Names are bytes here, in whatever language; pax would translate them. */
    if (archive_write_set_format_ustar(packing->tar) != ARCHIVE_OK ||
        archive_write_open_fd(packing->tar, fd) != ARCHIVE_OK)
        result = fail(packing, -EIO, path, archive_error_string(packing->tar));
    if (!result)
        result = add_entry(packing, "manifest", manifest, strlen(manifest), 0);
    packing->files = 1;
    packing->total = strlen(manifest);
    if (!result)
        result = add_folder(packing);
    if (archive_write_close(packing->tar) != ARCHIVE_OK && !result)
        result = fail(packing, -EIO, path, archive_error_string(packing->tar));
    archive_write_free(packing->tar);
    return result;
}

static char *manifest_of(const struct lab *lab,
                         const struct workspace *workspace)
{
    return alloc_printf(
        "lab: %s\nversion: %s\nstudent: %s\nprogram: mqttlab %s\n%s", lab->id,
        lab->version, workspace->student, MQTTLAB_VERSION,
        workspace->secret && *workspace->secret ? "sealed: yes\n" : "");
}

int handin_pack(const char *path, const struct lab *lab,
                const struct workspace *workspace, char *error,
                size_t error_size)
{
    struct packing packing = {.folder = workspace->path};
    /* Half a hand-in must not be handed in. Until its end its name begins with
       a dot, so it is none of what is packed. */
    struct whole_file whole;
    int result = whole_file_open(&whole, path, 0600, 0);

    packing.error = error;
    packing.error_size = error_size;
    if (result)
        return fail(&packing, result, path, strerror(-result));
    int fd = fileno(whole.file);
    fcntl(fd, F_SETFL, 0); /* whoever reads a pipe has time */
    char *manifest = manifest_of(lab, workspace);
    result = pack(&packing, fd, path, manifest);
    free(manifest);
    int ended = whole_file_close(&whole, result);
    return ended == result ? result
                           : fail(&packing, ended, path, strerror(-ended));
}

/* ---- unpacking ---- */

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

/* What to say when a file of the archive could not be written. */
static const char *explain(int result)
{
    return result == -EFBIG    ? "is too large"
           : result == -EEXIST ? "holds a file twice"
                               : "cannot be unpacked";
}

static int unpack_entries(struct archive *tar, const char *folder,
                          const char **wrong)
{
    struct archive_entry *entry;
    size_t total = 0;
    unsigned files = 0;
    int got;

    while ((got = archive_read_next_header(tar, &entry)) == ARCHIVE_OK ||
           got == ARCHIVE_WARN) {
        const char *name = archive_entry_pathname(entry);

        *wrong = "holds something that is no plain file";
        if (!name || archive_entry_filetype(entry) != AE_IFREG ||
            archive_entry_hardlink(entry) || !is_plain_name(name))
            return -EBADMSG;
        *wrong = "holds too many files";
        if (++files > HANDIN_MAX_FILES)
            return -EFBIG;
        int result = copy_out(tar, folder, name, &total);
        *wrong = explain(result);
        if (result)
            return result;
    }
    *wrong = got != ARCHIVE_EOF ? "is no tar file, or is damaged"
             : files            ? NULL
                                : "is empty";
    return *wrong ? -EBADMSG : 0;
}

int handin_open(const char *path, const char **wrong)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat info;

    *wrong = "cannot be opened";
    if (fd < 0)
        return -errno;
    *wrong = "is no regular file";
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return -EINVAL;
    }
    *wrong = NULL;
    return fd;
}

int handin_unpack(int fd, const char *folder, const char **wrong)
{
    struct archive *tar = archive_read_new();
    int result = -EBADMSG;

    *wrong = "is no tar file, or is damaged";
    archive_read_support_format_tar(tar);
    if (archive_read_open_fd(tar, fd, COPY_BYTES) == ARCHIVE_OK)
        result = unpack_entries(tar, folder, wrong);
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
