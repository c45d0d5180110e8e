/*
 * A new configuration for a broker that runs, as SIGHUP asks for it.
 *
 * First everybody who keeps something of the configuration is asked whether
 * the new one will do: files are read, and nothing is changed. Only if all
 * agree do the new values take effect, all together. So a faulty file, whether
 * of the configuration or of passwords, leaves everything as it was.
 *
 * What takes effect only at a start (CONFIG_AT_START, listeners) is named as a
 * warning when it differs.
 */
#ifndef BROKER_RELOAD_H
#define BROKER_RELOAD_H

#include "base/list.h"
#include "broker/config.h"

#include <stdbool.h>

struct broker;

/* Who keeps more of the configuration than a pointer. Embedded in its owner. */
struct reload_hook {
    struct list node;
    /*
     * Make ready what the new configuration wants; report what is wrong with
     * it. Returns false if it cannot be used. NULL: nothing can go wrong.
     */
    bool (*prepare)(void *context, const struct config *fresh,
                    struct config_problems *problems);
    /* The broker's configuration has the new values now. */
    void (*apply)(void *context);
    /* After a successful prepare: it will not be used. May be NULL. */
    void (*cancel)(void *context);
    void *context;
};

/* The hook stays until the broker is freed. */
void reload_add(struct broker *broker, struct reload_hook *hook);

/* The listener of a new configuration in the place of an old one; NULL:
   none. */
const struct config_listener *
reload_find_listener(const struct config *fresh,
                     const struct config_listener *like);

/*
 * Take over into config, which is the broker's own, what fresh (after
 * config_finish) says. Returns false, and changes nothing, when fresh cannot be
 * used; then problems were reported.
 */
bool reload_run(struct broker *broker, struct config *config,
                const struct config *fresh, struct config_problems *problems);

/* Tell who watches what came of it: of the report's lines, the first one. */
void reload_tell(struct broker *broker, bool good, const char *report);

#endif
