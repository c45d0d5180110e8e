#include "base/file_trouble.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put_user(struct buf *text, uid_t id)
{
    const struct passwd *user = getpwuid(id);

    if (user)
        buf_append_string(text, user->pw_name);
    else
        buf_printf(text, "%lu", (unsigned long)id);
}

/* A folder on the way through which we may not go; owned by the caller. NULL:
   there is none. */
static char *closed_folder(const char *path)
{
    for (const char *end = strchr(path + 1, '/'); end;
         end = strchr(end + 1, '/')) {
        char *folder = alloc_string_of(path, (size_t)(end - path));

        if (faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) && errno == EACCES)
            return folder;
        free(folder);
    }
    return NULL;
}

static void explain_folder(struct buf *text, const char *folder)
{
    buf_printf(text, ": the folder %s is closed to ", folder);
    put_user(text, geteuid());
    buf_printf(text, "; mend it: chmod o+x '%s'", folder);
}

static void explain_mode(struct buf *text, const char *path,
                         const struct stat *status)
{
    if (status->st_uid == geteuid()) {
        buf_printf(text,
                   ": its mode is %03o, and its owner may not read it; mend "
                   "it: chmod u+r '%s'",
                   (unsigned)status->st_mode & 0777, path);
        return;
    }
    buf_append_string(text, ": it belongs to ");
    put_user(text, status->st_uid);
    buf_printf(text, " (mode %03o), and this program runs as ",
               (unsigned)status->st_mode & 0777);
    put_user(text, geteuid());
    buf_append_string(text, "; mend it: sudo chown ");
    put_user(text, geteuid());
    buf_printf(text, " '%s'", path);
}

void file_trouble_explain(struct buf *text, const char *path, int error)
{
    struct stat status;

    buf_append_string(text, strerror(error));
    if (error != EACCES)
        return;
    char *folder = closed_folder(path);
    if (folder)
        explain_folder(text, folder);
    else if (stat(path, &status) == 0)
        explain_mode(text, path, &status);
    free(folder);
}
