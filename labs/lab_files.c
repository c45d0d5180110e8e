#include "labs/lab_files.h"

#include "base/alloc.h"
#include "base/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *lab_files_fault(const char *name)
{
    static const char *const taken[] = {"journal", "student",    "manifest",
                                        "run.log", "recording-", "broker.",
                                        "backup-"};
    const char *end = strrchr(name, '.');

    if (!*name || name[0] == '.' || strpbrk(name, "/ "))
        return "a file's name has no '/' and no blank, and does not begin with "
               "'.'";
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        size_t len = strlen(taken[i]);
        bool begins = strchr("-.", taken[i][len - 1]);

        if (!strncmp(name, taken[i], len) && (begins || !name[len]))
            return "a file with this name is the program's own";
    }
    return end && !strcmp(end, ".mqlab")
               ? "a file with this name is the program's own"
               : NULL;
}

int lab_files_write(const struct lab_file *files, size_t count,
                    const char *folder)
{
    int result = 0;

    for (size_t i = 0; !result && i < count; i++) {
        char *path = alloc_printf("%s/%s", folder, files[i].name);

        /* A script names ports, which may be others today. */
        result = whole_file_store(path, slice_of_string(files[i].text), 0600,
                                  files[i].demo ? 0 : WHOLE_FILE_NEW);
        if (result == -EEXIST)
            result = 0;
        free(path);
    }
    return result;
}

static const struct lab_file *find(const struct lab_file *files, size_t count,
                                   const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(files[i].name, name))
            return &files[i];
    }
    return NULL;
}

/* Is this all that is in it, and nothing more? */
static bool holds(const char *path, const char *text)
{
    size_t len = strlen(text);
    char *there = alloc_zero(len + 1, 1);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool same = fd >= 0 && read(fd, there, len + 1) == (ssize_t)len &&
                !memcmp(there, text, len);

    if (fd >= 0)
        close(fd);
    free(there);
    return same;
}

bool lab_files_untouched(const struct lab *lab, const char *folder,
                         const char *name)
{
    const struct lab_file *file = find(lab->files, lab->file_count, name);

    for (size_t i = 0; !file && i < lab->step_count; i++)
        file = find(lab->steps[i].files, lab->steps[i].file_count, name);
    if (!file)
        return false;
    char *path = alloc_printf("%s/%s", folder, name);
    bool same = holds(path, file->text);
    free(path);
    return same;
}

int lab_files_renew(const struct lab_file *files, size_t count,
                    const char *folder)
{
    int result = 0;

    for (size_t i = 0; !result && i < count; i++) {
        char *path = alloc_printf("%s/%s", folder, files[i].name);
        char *old = alloc_printf("%s.old", path);

        /* A script is nothing that a student works on. */
        if ((files[i].demo ? unlink(path) : rename(path, old)) != 0 &&
            errno != ENOENT)
            result = -errno;
        free(path);
        free(old);
    }
    return result ? result : lab_files_write(files, count, folder);
}
