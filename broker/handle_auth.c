/*
 * Enhanced authentication by SCRAM-SHA-256 [MQTT5 4.12].
 *
 *     CONNECT  Authentication Data: client-first
 *        AUTH 0x18  server-first
 *     AUTH 0x18  client-final
 *        CONNACK  server-final
 *
 * and again, when the client wants to, from AUTH 0x19 to AUTH 0x00 on the
 * connection that is up. A CONNECT without Authentication Data is asked for
 * client-first with an AUTH that has none either. There is nothing slow in it:
 * the client does the hashing.
 */
#include "base/base64.h"
#include "broker/access.h"
#include "broker/broker.h"
#include "broker/handle.h"
#include "broker/login.h"
#include "broker/scram.h"
#include "broker/session.h"
#include "broker/trace.h"
#include "mqtt/disconnect.h"
#include "mqtt/property.h"

#include <openssl/rand.h>

#define NONCE_BYTES 18 /* 24 letters */

/* ---- out ---- */

void handle_auth_properties(struct buf *properties, struct slice data)
{
    property_put_string(properties, PROPERTY_AUTHENTICATION_METHOD,
                        slice_of_string(SCRAM_METHOD)); /* [MQTT-4.12.0-5] */
    if (data.len)
        property_put_string(properties, PROPERTY_AUTHENTICATION_DATA, data);
}

/* No Reason String and no User Property is in it [MQTT-3.15.2-2]
   [MQTT-3.15.2-3]. */
static void send_auth(struct connection *connection, enum mqtt_reason reason,
                      struct slice data, uint64_t cause)
{
    struct mqtt_disconnect auth = {.reason = reason};
    struct buf properties = {0};
    struct buf packet = {0};

    handle_auth_properties(&properties, data);
    auth.properties = buf_slice(&properties);
    disconnect_encode(&packet, MQTT_5, MQTT_AUTH, &auth);
    connection_send(connection, buf_slice(&packet), cause);
    if (trace_on(connection))
        trace_sending(connection, MQTT_AUTH, " (%d)", (int)reason);
    buf_release(&properties);
    buf_release(&packet);
}

/* ---- one step ---- */

/* Who wants to prove that he is somebody is asked for the proof of somebody: a
   name that is not there gets the same answer as one that is. */
static const struct password *find_password(const struct login *login,
                                            struct password *decoy, bool *known)
{
    const struct password_file *file = login->access->passwords;
    struct slice name = buf_slice(&login->scram.user_name);
    const struct account *account = password_file_find(file, name);

    *known = account && account->password.hash == PASSWORD_SCRAM_SHA256;
    if (*known)
        return &account->password;
    password_file_scram_decoy(file, name, decoy);
    return decoy;
}

/* Answer client-first. Returns NULL, or what is wrong. */
static const char *challenge(struct login *login, struct slice data,
                             uint64_t cause)
{
    struct password decoy;
    uint8_t random[NONCE_BYTES];
    struct buf nonce = {0};
    struct buf out = {0};

    if (!login->access->passwords)
        return "there is no password_file any more";
    if (!scram_begin(&login->scram, data))
        return "the Authentication Data is no first message of SCRAM";
    if (RAND_bytes(random, sizeof(random)) != 1)
        return "the system gives no random numbers";
    base64_put(&nonce, random, sizeof(random));
    const struct password *password =
        find_password(login, &decoy, &login->known);
    scram_challenge(&login->scram, password, buf_string(&nonce), &out);
    /* [MQTT-4.12.0-2] */
    send_auth(login->connection, MQTT_CONTINUE_AUTHENTICATION, buf_slice(&out),
              cause);
    login->step = LOGIN_WANTS_FINAL;
    buf_release(&nonce);
    buf_release(&out);
    return NULL;
}

/* Judge client-final; out is server-final. Returns NULL, or what is wrong. */
static const char *judge(struct login *login, struct slice data,
                         struct buf *out)
{
    struct slice user_name = buf_slice(&login->scram.user_name);
    struct slice claimed = login->admission.user_name;

    if (!scram_finish(&login->scram, data, out))
        return login->known ? "the proof is wrong: another password"
                            : "no such user with a password for SCRAM";
    if (!login->known)
        return "no such user with a password for SCRAM";
    if (claimed.len && !slice_equal(claimed, user_name))
        return "SCRAM's user is not the one that CONNECT names";
    return NULL;
}

/* ---- CONNECT ---- */

static void decided(struct login *login, enum mqtt_reason reason,
                    const char *text, struct slice data)
{
    struct connection *connection = login->connection;
    struct admission *admission = &login->admission;

    connection->extras->login = NULL;
    admission->text = text;
    admission->auth_data = data;
    admission->user_name = buf_slice(&login->scram.user_name);
    admission->voucher = VOUCHED_BY_SCRAM;
    handle_connect_decided(admission, reason);
    login_abandon(login);
}

void handle_auth_connect(struct login *login)
{
    struct property data;

    if (!property_find(login->admission.connect.properties,
                       PROPERTY_AUTHENTICATION_DATA, &data)) {
        send_auth(login->connection, MQTT_CONTINUE_AUTHENTICATION,
                  slice_of(NULL, 0), login->admission.seq);
        return;
    }
    const char *wrong = challenge(login, data.string, login->admission.seq);
    if (wrong)
        decided(login, MQTT_NOT_AUTHORIZED, wrong, slice_of(NULL, 0));
}

static void go_on_connecting(struct login *login, struct slice data,
                             uint64_t seq)
{
    struct buf out = {0};
    enum mqtt_reason reason = MQTT_SUCCESS;
    const char *wrong;

    login->admission.seq = seq;
    if (login->step == LOGIN_WANTS_FIRST) {
        wrong = challenge(login, data, seq);
        if (wrong)
            decided(login, MQTT_NOT_AUTHORIZED, wrong, slice_of(NULL, 0));
        return;
    }
    wrong = judge(login, data, &out);
    if (wrong)
        reason = MQTT_BAD_USER_NAME_OR_PASSWORD; /* [MQTT-4.12.0-4] */
    decided(login, reason, wrong, buf_slice(&out));
    buf_release(&out);
}

/* ---- again ---- */

static void authenticate_again(struct connection *connection, bool begins,
                               struct slice data, uint64_t seq)
{
    const char *user_name = identity_user_name(connection->session);
    struct login *login = connection_extras(connection)->login;
    struct buf out = {0};
    const char *wrong;

    if (begins) {
        login = login_again(connection);
        connection->extras->login = login;
        if (!data.len) { /* it asks us to ask */
            send_auth(connection, MQTT_CONTINUE_AUTHENTICATION, data, seq);
            return;
        }
    }
    if (login->step == LOGIN_WANTS_FIRST) {
        wrong = challenge(login, data, seq);
    } else {
        wrong = judge(login, data, &out);
        if (!wrong &&
            !slice_equal_string(buf_slice(&login->scram.user_name), user_name))
            wrong = "the session is another user's";
    }
    if (wrong) { /* [MQTT-4.12.1-2] */
        connection_end(connection, &(struct connection_ending){
                                       .why = END_UNWELCOME,
                                       .reason = MQTT_NOT_AUTHORIZED,
                                       .text = wrong,
                                       .cause = seq,
                                   });
    } else if (out.len) {
        send_auth(connection, MQTT_SUCCESS, buf_slice(&out), seq);
        connection->extras->login = NULL;
        login_abandon(login);
    }
    buf_release(&out);
}

/* ---- AUTH ---- */

/* Is the method that of CONNECT? Without one there can be no AUTH
   [MQTT-4.12.0-7] [MQTT-4.12.0-5]. */
static enum mqtt_reason check_method(const struct connection *connection,
                                     const struct mqtt_disconnect *auth)
{
    struct property method;
    bool has_method =
        connection->session
            ? connection->session->identity &&
                  connection->session->identity->voucher == VOUCHED_BY_SCRAM
            : true; /* else it would not have come so far */

    if (!property_find(auth->properties, PROPERTY_AUTHENTICATION_METHOD,
                       &method))
        return MQTT_PROTOCOL_ERROR;
    if (!has_method)
        return MQTT_BAD_AUTHENTICATION_METHOD;
    return slice_equal_string(method.string, SCRAM_METHOD)
               ? MQTT_SUCCESS
               : MQTT_PROTOCOL_ERROR;
}

enum mqtt_reason handle_auth(struct connection *connection,
                             const struct frame *frame, uint64_t seq)
{
    const struct login *login = connection_login(connection);
    struct mqtt_disconnect auth;
    struct property data;
    enum mqtt_reason reason = disconnect_decode(&auth, connection->link.version,
                                                MQTT_AUTH, frame->body);

    if (reason)
        return reason;
    if (trace_on(connection))
        trace_received_plain(connection, MQTT_AUTH);
    if ((reason = check_method(connection, &auth)))
        return reason;
    /* Who had no method in CONNECT never comes here, and is sent no AUTH
       [MQTT-4.12.0-6].
       Only a server says that it was successful; a client goes on with what it
       has begun, or begins anew when nothing is under way [MQTT5 3.15.2.1]. */
    if (auth.reason !=
        (login ? MQTT_CONTINUE_AUTHENTICATION : MQTT_REAUTHENTICATE))
        return MQTT_PROTOCOL_ERROR;
    if (!property_find(auth.properties, PROPERTY_AUTHENTICATION_DATA, &data))
        data.string = slice_of(NULL, 0);
    if (connection->state == CONNECTION_NEW)
        go_on_connecting(connection->extras->login, data.string, seq);
    else
        authenticate_again(connection, !login, data.string, seq);
    return MQTT_SUCCESS;
}
