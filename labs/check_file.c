#include "labs/check_file.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_BYTES (1u << 20)

static bool some_line_matches(int fd, struct filter_regex *regex)
{
    struct buf text = {0};
    ssize_t got = 0;
    bool found = false;

    while (text.len < MAX_BYTES &&
           (got = read(fd, buf_reserve(&text, 4096), 4096)) > 0)
        text.len += (uint32_t)got;
    for (struct slice rest = buf_slice(&text); rest.len && !found;) {
        const uint8_t *end = memchr(rest.bytes, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.bytes) : rest.len;

        found = filter_regex_match(regex, slice_first(rest, len));
        rest = slice_skip(rest, end ? len + 1 : len);
    }
    buf_release(&text);
    return found;
}

static struct check_file state_of(int fd)
{
    struct stat info;

    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return (struct check_file){0};
    return (struct check_file){.there = true,
                               .number = info.st_ino,
                               .size = info.st_size,
                               .changed = info.st_mtim};
}

static bool same(const struct check_file *a, const struct check_file *b)
{
    return a->there == b->there && a->number == b->number &&
           a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

bool check_file_look(struct check_file *file, const char *folder,
                     const char *name, struct filter_regex *regex)
{
    char *path = alloc_printf("%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct check_file now = state_of(fd);
    bool changed = !same(&now, file);

    free(path);
    if (changed) {
        now.matches = now.there && some_line_matches(fd, regex);
        *file = now;
    }
    if (fd >= 0)
        close(fd);
    return changed;
}
