/*
 * A broker (broker_rig.h) with rules.
 */
#ifndef UNIT_ACCESS_RIG_H
#define UNIT_ACCESS_RIG_H

#include "broker_rig.h"

/*
 * Start the rig's broker with these files, given as text; NULL: there is none.
 * Passwords are "USER:secret", one a line; secret is hashed here.
 */
void access_rig_start(struct rig *rig, const char *users, const char *acl);

/* How often passwords are hashed; 0: as often as usual. */
extern uint32_t access_rig_iterations;

/* Read the rules anew from such texts, as SIGHUP does; returns whether they
   were taken. */
bool access_rig_reload(struct rig *rig, const char *users, const char *acl);

/* Send CONNECT; user_name and password may be NULL. Returns the Reason Code or
   return code of CONNACK. */
unsigned access_rig_login(struct rig *rig, struct rig_client *client,
                          enum mqtt_version version, const char *id,
                          const char *user_name, const char *password);

#endif
