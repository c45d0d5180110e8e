#include "labs/stray.h"

#include "labs/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *name_of(const char *folder)
{
    const char *slash = strrchr(folder, '/');

    return slash ? slash + 1 : folder;
}

void stray_warn(void)
{
    char *here = getcwd(NULL, 0);
    char *open = NULL;

    if (here && workspace_is(here) && !workspace_is_open(here))
        open = workspace_open_now();
    if (open)
        fprintf(stderr,
                "mqttlab: this is still the folder of %s, and %s is open. Type "
                "exit, then mqttlab shell (or make shell), to get there:\n%s\n",
                name_of(here), name_of(open), open);
    free(open);
    free(here);
}
