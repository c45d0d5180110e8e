#include "labs/links.h"

#include "base/alloc.h"
#include "base/process.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_link(const char *folder, const char *name, const char *program)
{
    char *link = alloc_printf("%s/%s", folder, name);
    int result = 0;

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
