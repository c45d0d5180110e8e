#include "broker/port_trouble.h"

#include "base/process.h"
#include "net/address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WHY_BYTES 240

/* "is taken by mosquitto (process 42). Stop it (kill 42), or ..." */
static void explain_taken(uint16_t port, char *why)
{
    unsigned another = port < UINT16_MAX ? port + 1u : ADDRESS_PORT;
    char name[64];
    pid_t pid;

    if (process_listening_on(port, &pid, name, sizeof(name)) == 0 && pid)
        snprintf(why, WHY_BYTES,
                 "is taken by %s (process %ld). Stop it (kill %ld), or take "
                 "another port: -p %u",
                 name[0] ? name : "a program", (long)pid, (long)pid, another);
    else
        snprintf(why, WHY_BYTES,
                 "is taken by a program of another user. Stop it, or take "
                 "another port: -p %u",
                 another);
}

/* What is wrong with a path or a host; NULL: nothing that is told better than
   the system does. */
static const char *known_trouble(const struct config_listener *listener,
                                 int error)
{
    if (listener->path)
        return error == -EADDRINUSE
                   ? "is taken by another program, or is a plain file"
                   : NULL;
    if (error == -EACCES)
        return "is for root only. Take one from 1024 on";
    if (error == -EADDRNOTAVAIL)
        return "cannot be used: this machine has no such address";
    if (error == -ENODEV)
        return "cannot be used: there is no interface of this name";
    if (error == -ENOENT)
        return "cannot be used: there is no host of this name, or "
               "socket_domain is not its kind";
    return NULL;
}

void port_trouble_explain(const struct config_listener *listener, int error,
                          char *text, size_t size)
{
    const char *known = known_trouble(listener, error);
    char why[WHY_BYTES];
    char name[240];

    if (known)
        snprintf(why, sizeof(why), "%s", known);
    else if (error == -EADDRINUSE)
        explain_taken(listener->port, why);
    else
        snprintf(why, sizeof(why), "cannot be used: %s", strerror(-error));
    config_name_listener(listener, name, sizeof(name));
    snprintf(text, size, "%s %s", name, why);
}
