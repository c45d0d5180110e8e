#include "wire/dissect_body.h"

#include "mqtt/property.h"

const char *dissect_explain_type(unsigned type)
{
    static const char *const texts[16] = {
        [MQTT_CONNECT] =
            "The client's first packet: who it is and how it wants to be "
            "treated. MQTT 5 section 3.1.",
        [MQTT_CONNACK] =
            "The broker's answer to CONNECT: accepted, or refused and why. "
            "MQTT 5 section 3.2.",
        [MQTT_PUBLISH] =
            "A message on its way, from a client to the broker or from the "
            "broker to a subscriber. MQTT 5 section 3.3.",
        [MQTT_PUBACK] = "The receiver has taken over a message with QoS 1; "
                        "the exchange is over. MQTT 5 section 3.4.",
        [MQTT_PUBREC] =
            "Second of four packets of QoS 2: the receiver has the message "
            "and remembers its number. MQTT 5 section 3.5.",
        [MQTT_PUBREL] =
            "Third of four packets of QoS 2: the sender will not repeat the "
            "message, so its number can be forgotten. MQTT 5 section 3.6.",
        [MQTT_PUBCOMP] =
            "Last of four packets of QoS 2: the receiver has forgotten the "
            "number. MQTT 5 section 3.7.",
        [MQTT_SUBSCRIBE] = "The client says which topics it wants to hear "
                           "of. MQTT 5 section 3.8.",
        [MQTT_SUBACK] = "The broker's answer to SUBSCRIBE, one code for each "
                        "filter. MQTT 5 section 3.9.",
        [MQTT_UNSUBSCRIBE] = "The client does not want to hear of these "
                             "topics any more. MQTT 5 section 3.10.",
        [MQTT_UNSUBACK] =
            "The broker's answer to UNSUBSCRIBE. MQTT 5 section 3.11.",
        [MQTT_PINGREQ] = "A sign of life, so that the broker does not take "
                         "the client for lost. MQTT 5 section 3.12.",
        [MQTT_PINGRESP] = "The broker's answer to PINGREQ: the connection "
                          "works both ways. MQTT 5 section 3.13.",
        [MQTT_DISCONNECT] =
            "The last packet of a connection that ends on purpose. In "
            "version 5 the broker can send it too, and says why. "
            "MQTT 5 section 3.14.",
        [MQTT_AUTH] =
            "A step of a login that takes more than a password, such as a "
            "challenge and its answer. MQTT 5 section 3.15.",
    };

    return type < 16 ? texts[type] : NULL;
}

struct explained {
    uint8_t value;
    const char *text;
};

static const char *find(const struct explained *rows, size_t count,
                        uint32_t value)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].value == value)
            return rows[i].text;
    }
    return NULL;
}

#define FIND(rows, value) find(rows, sizeof(rows) / sizeof((rows)[0]), value)

/* clang-format off */
static const struct explained reasons[] = {
    {MQTT_DISCONNECT_WITH_WILL,
     "The client leaves on purpose but wants its Will Message published all "
     "the same. MQTT 5 section 3.14.2.1."},
    {MQTT_NO_MATCHING_SUBSCRIBERS,
     "The message is accepted, but nobody subscribes to its topic now. "
     "MQTT 5 section 3.4.2.1."},
    {MQTT_NO_SUBSCRIPTION_EXISTED,
     "There was nothing to unsubscribe: the client had no subscription with "
     "exactly this filter. MQTT 5 section 3.11.3."},
    {MQTT_CONTINUE_AUTHENTICATION,
     "The login goes on: the other side has to send its next step. "
     "MQTT 5 section 4.12."},
    {MQTT_REAUTHENTICATE,
     "The client starts a new login without closing the connection. "
     "MQTT 5 section 4.12.1."},
    {MQTT_UNSPECIFIED_ERROR,
     "It failed, and the sender does not want to say why or has no better "
     "code. MQTT 5 section 2.4."},
    {MQTT_MALFORMED_PACKET,
     "The packet's bytes could not be read as the standard lays them out. "
     "MQTT 5 section 4.13.1."},
    {MQTT_PROTOCOL_ERROR,
     "The packet could be read, but it breaks a rule of the standard, or came "
     "at a time when it must not. MQTT 5 section 4.13.1."},
    {MQTT_IMPLEMENTATION_SPECIFIC_ERROR,
     "The packet is right, but this implementation cannot handle it. "
     "MQTT 5 section 2.4."},
    {MQTT_UNSUPPORTED_PROTOCOL_VERSION,
     "The broker does not speak the version of MQTT that the client asked "
     "for. MQTT 5 section 3.1.2.2."},
    {MQTT_CLIENT_IDENTIFIER_NOT_VALID,
     "The broker does not allow this Client Identifier. "
     "MQTT 5 section 3.1.3.1."},
    {MQTT_BAD_USER_NAME_OR_PASSWORD,
     "The broker does not know the user, or the password is wrong; it does "
     "not tell which. MQTT 5 section 3.2.2.2."},
    {MQTT_NOT_AUTHORIZED,
     "The broker knows who it is, and does not allow it. "
     "MQTT 5 section 2.4."},
    {MQTT_SERVER_UNAVAILABLE,
     "The broker cannot serve anybody now. MQTT 5 section 3.2.2.2."},
    {MQTT_SERVER_BUSY,
     "The broker has too much to do: try again later. "
     "MQTT 5 section 3.2.2.2."},
    {MQTT_BANNED,
     "An administrator has locked this client out. "
     "MQTT 5 section 3.2.2.2."},
    {MQTT_SERVER_SHUTTING_DOWN,
     "The broker is being stopped. MQTT 5 section 3.14.2.1."},
    {MQTT_BAD_AUTHENTICATION_METHOD,
     "The broker does not know the Authentication Method, or it changed in "
     "the middle. MQTT 5 section 4.12."},
    {MQTT_KEEP_ALIVE_TIMEOUT,
     "The client was silent for more than one and a half times its Keep "
     "Alive. MQTT 5 section 3.1.2.10."},
    {MQTT_SESSION_TAKEN_OVER,
     "Another connection came with the same Client Identifier and got the "
     "session. MQTT 5 section 3.1.4."},
    {MQTT_TOPIC_FILTER_INVALID,
     "The Topic Filter is well formed, but this broker does not accept it. "
     "MQTT 5 section 3.9.3."},
    {MQTT_TOPIC_NAME_INVALID,
     "The Topic Name is well formed, but the receiver does not accept it. "
     "MQTT 5 section 3.4.2.1."},
    {MQTT_PACKET_IDENTIFIER_IN_USE,
     "The number belongs to an exchange that is not over: the two sides do "
     "not agree on the state of the session. MQTT 5 section 3.4.2.1."},
    {MQTT_PACKET_IDENTIFIER_NOT_FOUND,
     "No exchange has this number. After a reconnect this is no error, but "
     "the two sides did not agree on the state. MQTT 5 section 3.6.2.1."},
    {MQTT_RECEIVE_MAXIMUM_EXCEEDED,
     "More messages were under way without an answer than the receiver "
     "allows. MQTT 5 section 4.9."},
    {MQTT_TOPIC_ALIAS_INVALID,
     "The Topic Alias is 0 or above the maximum that the receiver gave. "
     "MQTT 5 section 3.3.2.3.4."},
    {MQTT_PACKET_TOO_LARGE,
     "The packet has more bytes than the receiver takes. "
     "MQTT 5 section 3.1.2.11.4."},
    {MQTT_MESSAGE_RATE_TOO_HIGH,
     "The messages come too fast. MQTT 5 section 3.14.2.1."},
    {MQTT_QUOTA_EXCEEDED,
     "A limit of the implementation or of its administrator is reached. "
     "MQTT 5 section 2.4."},
    {MQTT_ADMINISTRATIVE_ACTION,
     "Somebody closed the connection by hand. MQTT 5 section 3.14.2.1."},
    {MQTT_PAYLOAD_FORMAT_INVALID,
     "The message is not the UTF-8 text that its Payload Format Indicator "
     "promises. MQTT 5 section 3.3.2.3.2."},
    {MQTT_RETAIN_NOT_SUPPORTED,
     "The broker does not keep retained messages. "
     "MQTT 5 section 3.2.2.3.5."},
    {MQTT_QOS_NOT_SUPPORTED,
     "The broker does not accept this QoS; its CONNACK told the highest one. "
     "MQTT 5 section 3.2.2.3.4."},
    {MQTT_USE_ANOTHER_SERVER,
     "The client should use another broker for the time being. "
     "MQTT 5 section 4.11."},
    {MQTT_SERVER_MOVED,
     "The client should use another broker from now on. "
     "MQTT 5 section 4.11."},
    {MQTT_SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
     "The broker has no shared subscriptions. "
     "MQTT 5 section 3.2.2.3.13."},
    {MQTT_CONNECTION_RATE_EXCEEDED,
     "Connections come too fast. MQTT 5 section 3.2.2.2."},
    {MQTT_MAXIMUM_CONNECT_TIME,
     "The connection has lasted as long as it may. "
     "MQTT 5 section 3.14.2.1."},
    {MQTT_SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
     "The broker has no Subscription Identifiers. "
     "MQTT 5 section 3.2.2.3.12."},
    {MQTT_WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED,
     "The broker does not allow + and # in filters. "
     "MQTT 5 section 3.2.2.3.11."},
};

static const struct explained properties[] = {
    {PROPERTY_PAYLOAD_FORMAT_INDICATOR,
     "Payload Format Indicator: 1 says that the message is UTF-8 text, 0 that "
     "it is just bytes. MQTT 5 section 3.3.2.3.2."},
    {PROPERTY_MESSAGE_EXPIRY_INTERVAL,
     "Message Expiry Interval: for how many seconds the message is worth "
     "delivering. The broker subtracts the time that it waited. "
     "MQTT 5 section 3.3.2.3.3."},
    {PROPERTY_CONTENT_TYPE,
     "Content Type: what kind of data the message holds, often a MIME type. "
     "MQTT 5 section 3.3.2.3.9."},
    {PROPERTY_RESPONSE_TOPIC,
     "Response Topic: where the sender waits for an answer, which makes a "
     "message a request. MQTT 5 section 3.3.2.3.5."},
    {PROPERTY_CORRELATION_DATA,
     "Correlation Data: bytes that the answer has to carry, so that the "
     "sender knows which request it answers. MQTT 5 section 3.3.2.3.6."},
    {PROPERTY_SUBSCRIPTION_IDENTIFIER,
     "Subscription Identifier: a number given with a subscription; the broker "
     "puts it on each message that comes because of it. "
     "MQTT 5 section 3.8.2.1.2."},
    {PROPERTY_SESSION_EXPIRY_INTERVAL,
     "Session Expiry Interval: for how many seconds the broker keeps the "
     "session after the connection ends. 0 ends it at once, 4294967295 keeps "
     "it for ever. MQTT 5 section 3.1.2.11.2."},
    {PROPERTY_ASSIGNED_CLIENT_IDENTIFIER,
     "Assigned Client Identifier: the name that the broker chose because the "
     "client gave none. MQTT 5 section 3.2.2.3.7."},
    {PROPERTY_SERVER_KEEP_ALIVE,
     "Server Keep Alive: the client has to use this Keep Alive instead of its "
     "own. MQTT 5 section 3.2.2.3.14."},
    {PROPERTY_AUTHENTICATION_METHOD,
     "Authentication Method: the name of the login procedure, such as "
     "SCRAM-SHA-256. MQTT 5 section 3.1.2.11.9."},
    {PROPERTY_AUTHENTICATION_DATA,
     "Authentication Data: what one step of the login procedure has to say. "
     "MQTT 5 section 3.1.2.11.10."},
    {PROPERTY_REQUEST_PROBLEM_INFORMATION,
     "Request Problem Information: 0 asks the broker to spare reasons in "
     "words where things fail. MQTT 5 section 3.1.2.11.7."},
    {PROPERTY_WILL_DELAY_INTERVAL,
     "Will Delay Interval: for how many seconds the broker waits before it "
     "publishes the Will, in case the client comes back. "
     "MQTT 5 section 3.1.3.2.2."},
    {PROPERTY_REQUEST_RESPONSE_INFORMATION,
     "Request Response Information: 1 asks the broker for a hint where the "
     "client's Response Topics may lie. MQTT 5 section 3.1.2.11.6."},
    {PROPERTY_RESPONSE_INFORMATION,
     "Response Information: the broker's hint where the client's Response "
     "Topics may lie. MQTT 5 section 3.2.2.3.15."},
    {PROPERTY_SERVER_REFERENCE,
     "Server Reference: the other broker that the client should use. "
     "MQTT 5 section 4.11."},
    {PROPERTY_REASON_STRING,
     "Reason String: the reason in words, for people and logs; programs must "
     "not depend on it. MQTT 5 section 3.2.2.3.9."},
    {PROPERTY_RECEIVE_MAXIMUM,
     "Receive Maximum: how many messages with QoS 1 and 2 may be under way to "
     "this side without an answer; 65535 when absent. "
     "MQTT 5 section 3.1.2.11.3."},
    {PROPERTY_TOPIC_ALIAS_MAXIMUM,
     "Topic Alias Maximum: the highest Topic Alias that this side accepts; "
     "none when it is 0 or absent. MQTT 5 section 3.1.2.11.5."},
    {PROPERTY_TOPIC_ALIAS,
     "Topic Alias: a short number for a topic, valid for this connection and "
     "direction. MQTT 5 section 3.3.2.3.4."},
    {PROPERTY_MAXIMUM_QOS,
     "Maximum QoS: the highest QoS that the broker accepts in PUBLISH; 2 when "
     "absent. MQTT 5 section 3.2.2.3.4."},
    {PROPERTY_RETAIN_AVAILABLE,
     "Retain Available: 0 says that the broker keeps no retained messages. "
     "MQTT 5 section 3.2.2.3.5."},
    {PROPERTY_USER_PROPERTY,
     "User Property: a name and a value that applications agree on; MQTT "
     "gives them no meaning. MQTT 5 section 3.3.2.3.7."},
    {PROPERTY_MAXIMUM_PACKET_SIZE,
     "Maximum Packet Size: the largest packet, in bytes, that this side "
     "accepts. MQTT 5 section 3.1.2.11.4."},
    {PROPERTY_WILDCARD_SUBSCRIPTION_AVAILABLE,
     "Wildcard Subscription Available: 0 says that the broker does not allow "
     "+ and # in filters. MQTT 5 section 3.2.2.3.11."},
    {PROPERTY_SUBSCRIPTION_IDENTIFIERS_AVAILABLE,
     "Subscription Identifier Available: 0 says that the broker does not take "
     "Subscription Identifiers. MQTT 5 section 3.2.2.3.12."},
    {PROPERTY_SHARED_SUBSCRIPTION_AVAILABLE,
     "Shared Subscription Available: 0 says that the broker has no shared "
     "subscriptions. MQTT 5 section 3.2.2.3.13."},
};
/* clang-format on */

const char *dissect_explain_reason(unsigned reason)
{
    return FIND(reasons, reason);
}

const char *dissect_explain_property(uint32_t id)
{
    return FIND(properties, id);
}
