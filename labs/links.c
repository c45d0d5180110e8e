#include "labs/links.h"

#include "base/alloc.h"
#include "base/process.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool points_to(const char *link, const char *program)
{
    char target[4096];
    ssize_t len = readlink(link, target, sizeof(target));

    return len >= 0 && (size_t)len == strlen(program) &&
           !memcmp(target, program, (size_t)len);
}

static int make_link(const char *folder, const char *name, const char *program)
{
    char *link = alloc_printf("%s/%s", folder, name);
    int result = 0;

    /* Somebody may be about to run what is right already. */
    if (points_to(link, program)) {
        free(link);
        return 0;
    }
    if (unlink(link) != 0 && errno != ENOENT)
        result = -errno;
    /* Another one may be at it, in another terminal. */
    if (!result && symlink(program, link) != 0 && errno != EEXIST)
        result = -errno;
    free(link);
    return result;
}

int links_make(const char *folder)
{
    static const char *const names[] = {"mqttlab",       "mosquitto",
                                        "mosquitto_pub", "mosquitto_sub",
                                        "mosquitto_rr",  "mosquitto_passwd"};
    char *program = process_self_path("mqttlab");
    int result = mkdir(folder, 0700) != 0 && errno != EEXIST ? -errno : 0;

    for (size_t i = 0; !result && i < sizeof(names) / sizeof(names[0]); i++)
        result = make_link(folder, names[i], program);
    free(program);
    return result;
}

char *links_path(const char *folder)
{
    const char *path = getenv("PATH");

    return alloc_printf("%s:%s", folder, path ? path : "/usr/bin:/bin");
}
