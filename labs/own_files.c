#include "labs/own_files.h"

#include "base/alloc.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Whole names, and beginnings that end with "-" or ".". */
static const char *const own[] = {".lock",   ".broker", ".answers",
                                  ".sealed", "journal", "student",
                                  "run.log", "broker.", "recording-"};

static bool is_own(const char *config, const char *name)
{
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        size_t len = strlen(own[i]);

        if (!strncmp(name, own[i], len) &&
            (strchr("-.", own[i][len - 1]) || !name[len]))
            return true;
    }
    return config && !strcmp(name, config);
}

/* What it is, in words; NULL: a file. */
static const char *kind_of(mode_t mode)
{
    if (S_ISREG(mode))
        return NULL;
    return S_ISDIR(mode)    ? "a folder"
           : S_ISFIFO(mode) ? "a named pipe"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

char *own_files_fault(const char *folder, const char *config)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    char *fault = NULL;

    while (dir && !fault && (entry = readdir(dir))) {
        struct stat info;

        if (!is_own(config, entry->d_name) ||
            fstatat(dirfd(dir), entry->d_name, &info, 0) != 0)
            continue;
        const char *kind = kind_of(info.st_mode);
        if (kind)
            fault = alloc_printf("%s/%s is %s, where a file belongs; mv "
                                 "'%s/%s' '%s/not-a-file' moves it out of the "
                                 "way",
                                 folder, entry->d_name, kind, folder,
                                 entry->d_name, folder);
    }
    if (dir)
        closedir(dir);
    return fault;
}
