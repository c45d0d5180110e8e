#include "broker/durable_schema.h"

#include <stddef.h>
#include <string.h>

#include "mqtt/flow.h"

/*
 * Rows refer to each other by id. The names are for people who look inside
 * with sqlite3, and so are the views.
 */
const char durable_schema_create[] =
    "PRAGMA application_id = 1297175636;" /* DURABLE_SCHEMA_PROGRAM */
    "PRAGMA user_version = 1;"            /* DURABLE_FILE_FORMAT */
    "BEGIN;"
    "CREATE TABLE meta ("
    "  name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('program', 'mqttlab " MQTTLAB_VERSION "'),"
    "  ('format', '1'), ('created', datetime('now'));"
    "CREATE TABLE sessions ("
    "  id INTEGER PRIMARY KEY,"
    "  client_id TEXT NOT NULL UNIQUE,"
    "  expiry_s INTEGER NOT NULL,"     /* Session Expiry Interval */
    "  left_ms INTEGER,"               /* since 1970; NULL: connected */
    "  will_message INTEGER,"          /* id in messages */
    "  will_delay_s INTEGER NOT NULL," /* Will Delay Interval */
    "  user_name TEXT,"                /* whom it acts as; NULL: nobody */
    "  voucher INTEGER NOT NULL,"      /* who has said so */
    "  listener INTEGER NOT NULL);"    /* whose rules hold: an index */
    "CREATE TABLE subscriptions ("
    "  session INTEGER NOT NULL,"
    "  topic_filter TEXT NOT NULL,"
    "  qos INTEGER NOT NULL,"
    "  no_local INTEGER NOT NULL,"
    "  retain_as_published INTEGER NOT NULL,"
    "  retain_handling INTEGER NOT NULL,"
    "  identifier INTEGER," /* Subscription Identifier */
    "  PRIMARY KEY (session, topic_filter)) WITHOUT ROWID;"
    "CREATE TABLE messages ("
    "  id INTEGER PRIMARY KEY,"
    "  topic TEXT NOT NULL,"
    "  payload BLOB NOT NULL,"
    "  qos INTEGER NOT NULL,"
    "  retain INTEGER NOT NULL,"
    "  properties BLOB,"  /* as in a PUBLISH packet, without the expiry */
    "  expiry_s INTEGER," /* Message Expiry Interval */
    "  arrived_ms INTEGER NOT NULL,"
    "  retained INTEGER NOT NULL," /* 1: it is the one of its topic */
    "  source BLOB);"         /* who published it, for check_retain_source */
    "CREATE TABLE outgoing (" /* in the order of their ids */
    "  id INTEGER PRIMARY KEY,"
    "  session INTEGER NOT NULL,"
    "  message INTEGER," /* NULL: only PUBREL is left to send */
    "  qos INTEGER NOT NULL,"
    "  retain INTEGER NOT NULL,"
    "  packet_id INTEGER NOT NULL,"
    "  state TEXT NOT NULL,"
    "  identifiers BLOB);"    /* Subscription Identifiers, as Properties */
    "CREATE TABLE incoming (" /* PUBREC was sent, PUBREL has not come */
    "  session INTEGER NOT NULL,"
    "  packet_id INTEGER NOT NULL,"
    "  PRIMARY KEY (session, packet_id)) WITHOUT ROWID;"
    "CREATE VIEW retained_messages AS"
    "  SELECT topic, CAST(payload AS TEXT) AS payload, qos,"
    "    datetime(arrived_ms / 1000, 'unixepoch') AS arrived"
    "  FROM messages WHERE retained ORDER BY topic;"
    "CREATE VIEW queued_messages AS"
    "  SELECT s.client_id, o.state, o.packet_id, m.topic,"
    "    CAST(m.payload AS TEXT) AS payload, o.qos"
    "  FROM outgoing o JOIN sessions s ON s.id = o.session"
    "  LEFT JOIN messages m ON m.id = o.message ORDER BY o.id;"
    "CREATE VIEW client_subscriptions AS"
    "  SELECT s.client_id, u.topic_filter, u.qos"
    "  FROM subscriptions u JOIN sessions s ON s.id = u.session"
    "  ORDER BY s.client_id;"
    "COMMIT";

/* clang-format off */
static const char *const statements[DURABLE_KINDS] = {
    [DURABLE_SESSION_SET] =
        "INSERT INTO sessions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
        " ON CONFLICT (id) DO UPDATE SET expiry_s = ?3, left_ms = ?4,"
        " will_message = ?5, will_delay_s = ?6,"
        " user_name = ?7, voucher = ?8, listener = ?9",
    [DURABLE_SESSION_REMOVE] = "DELETE FROM sessions WHERE id = ?1",
    [DURABLE_SUBSCRIPTION_SET] =
        "INSERT OR REPLACE INTO subscriptions"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [DURABLE_SUBSCRIPTION_REMOVE] =
        "DELETE FROM subscriptions WHERE session = ?1 AND topic_filter = ?2",
    [DURABLE_MESSAGE_ADD] =
        "INSERT INTO messages VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [DURABLE_MESSAGE_SET] = "UPDATE messages SET retained = ?2 WHERE id = ?1",
    [DURABLE_MESSAGE_REMOVE] = "DELETE FROM messages WHERE id = ?1",
    [DURABLE_DELIVERY_ADD] =
        "INSERT INTO outgoing (id, message, packet_id, state, session, qos,"
        " retain, identifiers) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [DURABLE_DELIVERY_SET] =
        "UPDATE outgoing SET message = ?2, packet_id = ?3, state = ?4"
        " WHERE id = ?1",
    [DURABLE_DELIVERY_REMOVE] = "DELETE FROM outgoing WHERE id = ?1",
    [DURABLE_INCOMING_ADD] = "INSERT OR IGNORE INTO incoming VALUES (?1, ?2)",
    [DURABLE_INCOMING_REMOVE] =
        "DELETE FROM incoming WHERE session = ?1 AND packet_id = ?2",
    [DURABLE_INCOMING_CLEAR] = "DELETE FROM incoming WHERE session = ?1",
};

static const char *const states[] = {
    [FLOW_DONE] = "waiting",
    [FLOW_WAIT_PUBACK] = "wait for PUBACK",
    [FLOW_WAIT_PUBREC] = "wait for PUBREC",
    [FLOW_WAIT_PUBCOMP] = "wait for PUBCOMP",
};
/* clang-format on */

#define STATES (sizeof(states) / sizeof(states[0]))

const char *durable_schema_statement(enum durable_kind kind)
{
    return statements[kind];
}

const char *durable_schema_state(unsigned state)
{
    return states[state];
}

int durable_schema_find_state(const char *word)
{
    for (size_t i = 0; i < STATES; i++) {
        if (word && !strcmp(states[i], word))
            return (int)i;
    }
    return -1;
}
