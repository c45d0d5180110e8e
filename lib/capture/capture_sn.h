/*
 * MQTT-SN over UDP: recognised, not taken apart [MQTT-SN 1.2, section 5].
 */
#ifndef CAPTURE_CAPTURE_SN_H
#define CAPTURE_CAPTURE_SN_H

#include "capture/capture_state.h"

/* Hand on an event when a datagram to or from an MQTT port is one message of
   MQTT-SN: its length says so, and its type is one that exists. */
void capture_sn_take(struct capture *capture,
                     const struct capture_datagram *datagram);

#endif
