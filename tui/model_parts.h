/*
 * How the parts of the model work together; nobody else includes this.
 */
#ifndef TUI_MODEL_PARTS_H
#define TUI_MODEL_PARTS_H

#include "mqtt/packet.h"
#include "tui/model.h"

/* A row with its packet decoded as far as its bytes go. */
struct model_packet {
    const struct history_row *row;
    bool from_client;
    bool known; /* packet is filled */
    struct mqtt_packet packet;
};

/* ---- model_clients.c ---- */

/* The client of the row, made when it is new; NULL when it has no name or
   there are too many. */
struct model_client *model_client_of(struct model *model,
                                     const struct history_row *row);
void model_client_packet(struct model *model, struct model_client *client,
                         const struct model_packet *packet);
void model_client_event(struct model *model, struct model_client *client,
                        const struct history_row *row);
void model_client_free(struct model_client *client);

/* The broker began anew: it knows none of them. */
void model_clients_restart(struct model *model);

/* ---- model_topics.c ---- */

void model_topic_packet(struct model *model, const struct model_packet *packet);
void model_topic_event(struct model *model, const struct history_row *row);
/* Nothing is retained any more. */
void model_topics_restart(struct model *model);
void model_topics_free(struct model *model);

/* ---- model_wills.c ---- */

/* The will of a CONNECT. */
void model_will_arm(struct model *model, struct model_client *client,
                    const struct model_packet *packet);
void model_will_event(struct model *model, struct model_client *client,
                      const struct history_row *row);
/* A packet to a client: did a will cause it? */
void model_will_made(struct model *model, const struct history_row *row);
/* What the packets alone say, for a recording without events: the client said
   goodbye, or left without. */
void model_will_guess(struct model_client *client,
                      const struct history_row *row,
                      enum model_will_state state, const char *cause);
void model_wills_free(struct model *model);

/* ---- model_rules.c ---- */

void model_rule_event(struct model *model, const struct history_row *row);
/* None is in force any more. */
void model_rules_end(struct model *model);

/* ---- all ---- */

/* Replace an owned string. */
void model_keep(char **owned, struct slice text);

#endif
