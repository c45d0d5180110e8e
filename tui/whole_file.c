#include "tui/whole_file.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OWNER_ONLY = 0600, AS_UMASK_SAYS = 0666 };

/* In the same folder, or rename could not put it in place; its name is short,
   for the target's own may be as long as names can be. */
static int open_beside(struct whole_file *whole, const struct stat *old,
                       bool for_owner)
{
    const char *name = strrchr(whole->target, '/');
    int folder = name ? (int)(name + 1 - whole->target) : 0;

    whole->beside = alloc_printf("%.*smqttlab-%ld.new", folder, whole->target,
                                 (long)getpid());
    int fd = open(whole->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                  for_owner ? OWNER_ONLY : AS_UMASK_SAYS);

    if (fd >= 0) {
        if (old && !for_owner)
            fchmod(fd, old->st_mode & 0777); /* else as new files are */
        return fd;
    }
    free(whole->beside);
    whole->beside = NULL;
    return fd;
}

/* Nothing is lost before it is sure that the file may be written. */
static bool make_empty(int fd, bool for_owner)
{
    return (!for_owner || fchmod(fd, OWNER_ONLY) == 0) && ftruncate(fd, 0) == 0;
}

/* What is there is no file, or no other may be made beside it. */
static int open_itself(const struct whole_file *whole, bool is_file,
                       bool for_owner)
{
    int fd = open(whole->target, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || !is_file || make_empty(fd, for_owner))
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void forget(struct whole_file *whole)
{
    free(whole->target);
    free(whole->beside);
    *whole = (struct whole_file){0};
}

int whole_file_open(struct whole_file *whole, const char *path, bool for_owner)
{
    char *real = realpath(path, NULL); /* NULL: there is none yet */
    struct stat old;
    bool is_there = real && stat(real, &old) == 0;
    bool is_file = !is_there || S_ISREG(old.st_mode);
    int fd = -1;

    *whole = (struct whole_file){.target = real ? real : alloc_string(path)};
    if (is_file)
        fd = open_beside(whole, is_there ? &old : NULL, for_owner);
    if (fd < 0 && is_there && (!is_file || errno == EACCES || errno == EPERM))
        fd = open_itself(whole, is_file, for_owner);
    whole->file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (whole->file)
        return 0;
    int error = errno ? -errno : -EIO;
    if (fd >= 0)
        close(fd);
    forget(whole);
    return error;
}

int whole_file_close(struct whole_file *whole, int error)
{
    if (fclose(whole->file) && !error)
        error = errno ? -errno : -EIO;
    if (whole->beside && !error && rename(whole->beside, whole->target) < 0)
        error = -errno;
    if (whole->beside && error)
        unlink(whole->beside);
    forget(whole);
    return error;
}
