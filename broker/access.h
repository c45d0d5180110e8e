/*
 * Who may come in and who may do what [MQTT5 5.4]: password file, access
 * control list, plugins.
 *
 * Each listener has a set of rules; all have the same one unless
 * per_listener_settings. What they mean for a session is in identity.h, how a
 * CONNECT is checked in login.h.
 */
#ifndef BROKER_ACCESS_H
#define BROKER_ACCESS_H

#include "broker/acl.h"
#include "broker/config.h"
#include "broker/password_file.h"
#include "broker/plugin_host.h"

struct access_control; /* what reload needs; belongs to the broker */
struct broker;

/* The rules of one listener, or of all; shared. */
struct access {
    unsigned references;
    struct password_file *passwords; /* NULL: none */
    struct acl *acl;                 /* NULL: none */
    struct plugin_host **plugins;    /* owned */
    size_t plugin_count;
    bool asks_plugins; /* what clients may do, not only who they are */
    uint32_t age_s;    /* so old are answers that began with it */
};

/* ---- rules ---- */

/*
 * Load what a configuration (after config_finish) names: the rules of each
 * listener, in an array as long as that of the listeners. Returns NULL, after
 * reporting all problems, if there are any.
 */
struct access **access_load(const struct config *config,
                            struct config_problems *problems);

/* Let their plugins prepare themselves. Returns false after reporting. */
bool access_open(struct access **access, size_t count,
                 struct config_problems *problems);

struct access *access_ref(struct access *access);
void access_unref(struct access *access);
void access_unref_all(struct access **access, size_t count);

/* Do they say what clients may do, not only who may come in? NULL: no. */
bool access_is_guarding(const struct access *access);

/* ---- the broker's ---- */

/*
 * Give a broker without connections its rules (one set for each listener;
 * takes ownership, of the array as well); from then on a reload reads them
 * anew. Without this everybody may do everything that allow_anonymous allows.
 */
void access_start(struct broker *broker, struct access **access);

/* At the end of the broker. */
void access_stop(struct broker *broker);

#endif
