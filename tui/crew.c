#include "tui/crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

/* ---- starting ---- */

static const char *start(struct crew *crew, const char *name,
                         const char *const argv[])
{
    struct crew_member *member = &crew->members[crew->count];
    int error;

    if (crew->count == CREW_MAX)
        return "so many are enough: :stop all ends them";
    snprintf(member->name, sizeof(member->name), "%s", name);
    error = child_start(&member->child, argv, NULL);
    if (error) {
        snprintf(crew->said, sizeof(crew->said), "%s: %s", name,
                 strerror(-error));
        return crew->said;
    }
    crew->count++;
    snprintf(crew->said, sizeof(crew->said), "%s begins; :stop %s ends it",
             name, name);
    return crew->said;
}

/* A name that none of them has. */
static void make_name(struct crew *crew, const char *kind, char *name,
                      size_t size)
{
    const char *slash = strrchr(kind, '/');

    snprintf(name, size, "%.40s-%u", slash ? slash + 1 : kind, ++crew->started);
}

static const char *port_of(const struct crew *crew, char *text, size_t size)
{
    snprintf(text, size, "%u", crew->port);
    return text;
}

const char *crew_device(struct crew *crew, const char *kind, const char *every)
{
    char name[64];
    char port[8];
    const char *const argv[] = {
        "device", kind,  "-i", name, "-p", port_of(crew, port, sizeof(port)),
        "-e",     every, NULL};

    make_name(crew, kind, name, sizeof(name));
    return start(crew, name, argv);
}

/* The file of a lab's demonstration, owned by the caller; NULL: there is none
   of this name. */
static char *lab_demo(const struct crew *crew, const char *demo)
{
    if (!crew->folder || strchr(demo, '/'))
        return NULL;
    char *path = alloc_printf("%s/%s.play", crew->folder, demo);
    if (access(path, R_OK) == 0)
        return path;
    free(path);
    return NULL;
}

const char *crew_play(struct crew *crew, const char *demo)
{
    char port[8];
    char *path = lab_demo(crew, demo);
    const char *const argv[] = {"play", path ? path : demo, "-p",
                                port_of(crew, port, sizeof(port)), NULL};
    const char *said = start(crew, demo, argv);

    free(path);
    return said;
}

const char *crew_subscribe(struct crew *crew, const char *topic_filter,
                           const char *qos)
{
    char name[64];
    char port[8];
    const char *const argv[] = {"sub",
                                "-i",
                                name,
                                "-h",
                                "127.0.0.1",
                                "-p",
                                port_of(crew, port, sizeof(port)),
                                "-q",
                                qos,
                                "-t",
                                topic_filter,
                                NULL};

    make_name(crew, "dash", name, sizeof(name));
    return start(crew, name, argv);
}

const char *crew_connect(struct crew *crew, const char *client_id)
{
    char port[8];
    const char *const argv[] = {"device", "client",
                                "-i",     client_id,
                                "-p",     port_of(crew, port, sizeof(port)),
                                NULL};

    return start(crew, client_id, argv);
}

/* ---- ending ---- */

static void forget(struct crew *crew, size_t index)
{
    child_stop(&crew->members[index].child);
    crew->count--;
    memmove(crew->members + index, crew->members + index + 1,
            (crew->count - index) * sizeof(crew->members[0]));
}

const char *crew_stop(struct crew *crew, const char *name)
{
    size_t ended = 0;

    for (size_t i = crew->count; i-- > 0;) {
        if (name && strcmp(crew->members[i].name, name) != 0)
            continue;
        forget(crew, i);
        ended++;
    }
    if (ended == 1 && name)
        snprintf(crew->said, sizeof(crew->said), "%s has ended", name);
    else if (ended)
        snprintf(crew->said, sizeof(crew->said), "%zu have ended", ended);
    else
        snprintf(crew->said, sizeof(crew->said),
                 "none of this name runs here (any more)");
    return crew->said;
}

const char *crew_tick(struct crew *crew)
{
    const char *said = NULL;

    for (size_t i = crew->count; i-- > 0;) {
        struct crew_member *member = &crew->members[i];
        struct buf output = {0};
        int status = 0;

        if (!child_ended(&member->child, &status))
            continue;
        if (status) {
            child_output(&member->child, &output);
            snprintf(crew->said, sizeof(crew->said), "%s ended: %.*s",
                     member->name, (int)strcspn(buf_string(&output), "\n"),
                     buf_string(&output));
            said = crew->said;
        }
        buf_release(&output);
        forget(crew, i);
    }
    return said;
}

void crew_release(struct crew *crew)
{
    while (crew->count)
        forget(crew, crew->count - 1);
}
