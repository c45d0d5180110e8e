/*
 * The broker as paho C sees it: paho_c PORT. Ends with 1 and a message when the
 * broker does something else than MQTT 5 asks for.
 */
#include <MQTTClient.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static char uri[64];

#define MUST(condition)                                                      \
    do {                                                                     \
        if (!(condition)) {                                                  \
            fprintf(stderr, "%s, line %d: not so: %s\n", __func__, __LINE__, \
                    #condition);                                             \
            exit(1);                                                         \
        }                                                                    \
    } while (0)

/* ---- Properties ---- */

static void put_number(MQTTProperties *to, enum MQTTPropertyCodes id,
                       unsigned number)
{
    MQTTProperty property = {.identifier = id};

    switch (MQTTProperty_getType(id)) {
    case MQTTPROPERTY_TYPE_BYTE:
        property.value.byte = (unsigned char)number;
        break;
    case MQTTPROPERTY_TYPE_TWO_BYTE_INTEGER:
        property.value.integer2 = (unsigned short)number;
        break;
    default: property.value.integer4 = number; break;
    }
    MUST(MQTTProperties_add(to, &property) == 0);
}

static void put_text(MQTTProperties *to, enum MQTTPropertyCodes id,
                     const char *name, const char *value)
{
    MQTTProperty property = {.identifier = id};

    property.value.data.data = (char *)name;
    property.value.data.len = (int)strlen(name);
    property.value.value.data = (char *)value;
    property.value.value.len = (int)strlen(value);
    MUST(MQTTProperties_add(to, &property) == 0);
}

static long long number_of(MQTTProperties *of, enum MQTTPropertyCodes id)
{
    return of ? MQTTProperties_getNumericValue(of, id) : -9999999;
}

static bool has_text(MQTTProperties *of, enum MQTTPropertyCodes id, int index,
                     const char *name, const char *value)
{
    MQTTProperty *found = MQTTProperties_getPropertyAt(of, id, index);

    return found && (size_t)found->value.data.len == strlen(name) &&
           !memcmp(found->value.data.data, name, strlen(name)) &&
           (size_t)found->value.value.len == strlen(value) &&
           !memcmp(found->value.value.data, value, strlen(value));
}

/* ---- clients ---- */

struct login {
    const char *id;
    bool resume;       /* no Clean Start */
    unsigned expiry_s; /* Session Expiry Interval */
    unsigned window;   /* Receive Maximum; 0: not said */
    unsigned aliases;  /* Topic Alias Maximum */
    bool ask;          /* Request Response Information */
    const char *will;  /* its payload; topic "c/will" */
    unsigned will_delay_s;
};

/* *answer, if not NULL, must be freed. */
static MQTTClient login(const struct login *as, MQTTResponse *answer)
{
    MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer5;
    MQTTClient_createOptions create = MQTTClient_createOptions_initializer;
    MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
    MQTTProperties properties = MQTTProperties_initializer;
    MQTTProperties will_properties = MQTTProperties_initializer;
    MQTTClient client;

    create.MQTTVersion = MQTTVERSION_5;
    MUST(MQTTClient_createWithOptions(&client, uri, as->id,
                                      MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                      &create) == 0);
    options.MQTTVersion = MQTTVERSION_5;
    options.cleanstart = !as->resume;
    options.keepAliveInterval = 60;
    if (as->expiry_s)
        put_number(&properties, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL,
                   as->expiry_s);
    if (as->window)
        put_number(&properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM, as->window);
    if (as->aliases)
        put_number(&properties, MQTTPROPERTY_CODE_TOPIC_ALIAS_MAXIMUM,
                   as->aliases);
    if (as->ask)
        put_number(&properties, MQTTPROPERTY_CODE_REQUEST_RESPONSE_INFORMATION,
                   1);
    if (as->will) {
        will.topicName = "c/will";
        will.message = as->will;
        options.will = &will;
        put_number(&will_properties, MQTTPROPERTY_CODE_WILL_DELAY_INTERVAL,
                   as->will_delay_s);
    }
    MQTTResponse response = MQTTClient_connect5(
        client, &options, &properties, as->will ? &will_properties : NULL);
    MUST(response.reasonCode == MQTTREASONCODE_SUCCESS);
    MQTTProperties_free(&properties);
    MQTTProperties_free(&will_properties);
    if (answer)
        *answer = response;
    else
        MQTTResponse_free(response);
    return client;
}

static MQTTClient login_as(const char *id)
{
    return login(&(struct login){.id = id}, NULL);
}

static void logout(MQTTClient client)
{
    MQTTClient_disconnect5(client, 0, MQTTREASONCODE_NORMAL_DISCONNECTION,
                           NULL);
    MQTTClient_destroy(&client);
}

static unsigned subscribe(MQTTClient client, const char *filter, int qos,
                          const MQTTSubscribe_options *options,
                          unsigned identifier)
{
    MQTTSubscribe_options standard = MQTTSubscribe_options_initializer;
    MQTTProperties properties = MQTTProperties_initializer;

    if (options)
        standard = *options;
    if (identifier)
        put_number(&properties, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER,
                   identifier);
    MQTTResponse response =
        MQTTClient_subscribe5(client, filter, qos, &standard, &properties);
    unsigned reason = (unsigned)response.reasonCode;
    MQTTResponse_free(response);
    MQTTProperties_free(&properties);
    return reason;
}

/* Returns when it is acknowledged. */
static void publish(MQTTClient client, const char *topic, const char *payload,
                    int qos, MQTTProperties *properties)
{
    MQTTClient_message message = MQTTClient_message_initializer;
    MQTTClient_deliveryToken token;

    message.payload = (void *)payload;
    message.payloadlen = (int)strlen(payload);
    message.qos = qos & 3;
    message.retained = qos >> 2;
    if (properties)
        message.properties = *properties;
    MQTTResponse response =
        MQTTClient_publishMessage5(client, topic, &message, &token);
    MUST(response.reasonCode == MQTTREASONCODE_SUCCESS);
    MQTTResponse_free(response);
    MUST(MQTTClient_waitForCompletion(client, token, PATIENCE_MS) == 0);
}

#define RETAIN 4 /* beside the QoS */

/* The next message; to be given to drop. *topic may be NULL. */
static MQTTClient_message *take(MQTTClient client, char *topic_out)
{
    MQTTClient_message *message = NULL;
    char *topic = NULL;
    int len = 0;

    MQTTClient_receive(client, &topic, &len, &message, PATIENCE_MS);
    MUST(message);
    if (topic_out)
        snprintf(topic_out, 64, "%.*s", len ? len : (int)strlen(topic), topic);
    MQTTClient_free(topic);
    return message;
}

static void drop(MQTTClient_message *message)
{
    MQTTClient_freeMessage(&message);
}

static void expect(MQTTClient client, const char *payload)
{
    MQTTClient_message *message = take(client, NULL);

    MUST((size_t)message->payloadlen == strlen(payload) &&
         !memcmp(message->payload, payload, strlen(payload)));
    drop(message);
}

/* What the broker had to send has come before this message does. */
static void nothing_more(MQTTClient client)
{
    char topic[64];

    snprintf(topic, sizeof(topic), "c/marker/%p", client);
    subscribe(client, topic, 0, NULL, 0);
    publish(client, topic, "marker", 1, NULL);
    expect(client, "marker");
}

/* ---- the features ---- */

static void properties_pass_unchanged(void)
{
    MQTTProperties sent = MQTTProperties_initializer;
    MQTTClient client = login_as("c-properties");

    MUST(subscribe(client, "c/p", 1, NULL, 77) == 1);
    put_text(&sent, MQTTPROPERTY_CODE_USER_PROPERTY, "b", "1");
    put_text(&sent, MQTTPROPERTY_CODE_USER_PROPERTY, "a", "2");
    put_text(&sent, MQTTPROPERTY_CODE_CONTENT_TYPE, "text/plain", "");
    put_text(&sent, MQTTPROPERTY_CODE_RESPONSE_TOPIC, "answers", "");
    put_text(&sent, MQTTPROPERTY_CODE_CORRELATION_DATA, "\xff-7", "");
    put_number(&sent, MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR, 1);
    put_number(&sent, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL, 100);
    publish(client, "c/p", "x", 1, &sent);
    MQTTClient_message *message = take(client, NULL);
    MQTTProperties *got = &message->properties;
    MUST(has_text(got, MQTTPROPERTY_CODE_USER_PROPERTY, 0, "b", "1"));
    MUST(has_text(got, MQTTPROPERTY_CODE_USER_PROPERTY, 1, "a", "2"));
    MUST(has_text(got, MQTTPROPERTY_CODE_CONTENT_TYPE, 0, "text/plain", ""));
    MUST(has_text(got, MQTTPROPERTY_CODE_RESPONSE_TOPIC, 0, "answers", ""));
    MUST(has_text(got, MQTTPROPERTY_CODE_CORRELATION_DATA, 0, "\xff-7", ""));
    MUST(number_of(got, MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR) == 1);
    MUST(number_of(got, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER) == 77);
    long long left = number_of(got, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL);
    MUST(left > 0 && left <= 100);
    drop(message);
    MQTTProperties_free(&sent);
    logout(client);
}

static void connack_says_what_holds(void)
{
    MQTTResponse answer;
    MQTTClient client = login(&(struct login){.id = "", .ask = true}, &answer);
    MQTTProperties *of = answer.properties;
    MQTTProperty *name = MQTTProperties_getProperty(
        of, MQTTPROPERTY_CODE_ASSIGNED_CLIENT_IDENTIFER);
    char want[128];

    MUST(name && name->value.data.len > 0);
    snprintf(want, sizeof(want), "response/%.*s", name->value.data.len,
             name->value.data.data);
    MUST(has_text(of, MQTTPROPERTY_CODE_RESPONSE_INFORMATION, 0, want, ""));
    MUST(number_of(of, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM) > 0);
    MUST(number_of(of, MQTTPROPERTY_CODE_TOPIC_ALIAS_MAXIMUM) > 0);
    MQTTResponse_free(answer);
    logout(client);
}

static void subscription_options(void)
{
    MQTTSubscribe_options options = MQTTSubscribe_options_initializer;
    MQTTClient client = login_as("c-options");

    publish(client, "c/o/kept", "kept", 1 | RETAIN, NULL);
    options.noLocal = 1;
    options.retainHandling = 2;
    MUST(subscribe(client, "c/o/#", 1, &options, 0) == 1);
    publish(client, "c/o/own", "own", 1, NULL);
    nothing_more(client);
    options.noLocal = 0;
    options.retainHandling = 1; /* the subscription was there */
    subscribe(client, "c/o/#", 1, &options, 0);
    nothing_more(client);
    options.retainHandling = 0;
    options.retainAsPublished = 1;
    subscribe(client, "c/o/#", 1, &options, 0);
    expect(client, "kept");
    publish(client, "c/o/kept", "again", 1 | RETAIN, NULL);
    MQTTClient_message *message = take(client, NULL);
    MUST(message->retained);
    drop(message);
    publish(client, "c/o/kept", "", 1 | RETAIN, NULL);
    logout(client);
}

static void refusals_have_their_reason(void)
{
    MQTTSubscribe_options options = MQTTSubscribe_options_initializer;
    MQTTClient client = login_as("c-refused");
    char deep[300] = "";

    memset(deep, '/', sizeof(deep) - 1); /* more levels than max_topic_levels */
    MUST(subscribe(client, deep, 0, NULL, 0) == 0x8f);
    MUST(subscribe(client, "c/x", 2, NULL, 0) == 2);
    MQTTResponse response = MQTTClient_unsubscribe5(client, "c/never", NULL);
    MUST(response.reasonCode == MQTTREASONCODE_NO_SUBSCRIPTION_FOUND);
    MQTTResponse_free(response);
    /* A protocol error: the broker disconnects. */
    options.noLocal = 1;
    MUST(subscribe(client, "$share/g/x", 1, &options, 0) != 1);
    for (int i = 0; i < PATIENCE_MS / 10 && MQTTClient_isConnected(client); i++)
        usleep(10000);
    MUST(!MQTTClient_isConnected(client));
    MQTTClient_destroy(&client);
}

static void a_group_shares_its_messages(void)
{
    MQTTClient one = login_as("c-one");
    MQTTClient two = login_as("c-two");

    publish(one, "c/s", "retained, for no group", 1 | RETAIN, NULL);
    MUST(subscribe(one, "$share/g/c/s", 1, NULL, 0) == 1);
    MUST(subscribe(two, "$share/g/c/s", 1, NULL, 0) == 1);
    nothing_more(one);
    nothing_more(two);
    for (int i = 0; i < 10; i++)
        publish(one, "c/s", "x", 1, NULL);
    for (int i = 0; i < 5; i++) {
        expect(one, "x");
        expect(two, "x");
    }
    nothing_more(one);
    nothing_more(two);
    publish(one, "c/s", "", 1 | RETAIN, NULL);
    logout(one);
    logout(two);
}

static void topic_aliases_both_ways(void)
{
    char topic[64];
    MQTTClient client =
        login(&(struct login){.id = "c-alias", .aliases = 5}, NULL);

    subscribe(client, "c/alias/#", 0, NULL, 0);
    for (int i = 0; i < 4; i++) {
        MQTTProperties sent = MQTTProperties_initializer;

        put_number(&sent, MQTTPROPERTY_CODE_TOPIC_ALIAS, 3);
        publish(client, i ? "" : "c/alias/of-some-length", "x", 0, &sent);
        MQTTProperties_free(&sent);
    }
    /* paho leaves it to its user to know what an alias stands for. */
    long long alias = 0;
    for (int i = 0; i < 4; i++) {
        MQTTClient_message *message = take(client, topic);
        long long got =
            number_of(&message->properties, MQTTPROPERTY_CODE_TOPIC_ALIAS);

        MUST(strcmp(topic, i < 2 ? "c/alias/of-some-length" : "") == 0);
        if (i == 1)
            alias = got;
        MUST(i == 0 || (got == alias && got >= 1 && got <= 5));
        drop(message);
    }
    logout(client);
}

static void a_session_waits_within_its_window(void)
{
    struct login as = {.id = "c-away", .expiry_s = 100, .window = 2};
    MQTTResponse answer;
    MQTTClient publisher = login_as("c-publisher");
    MQTTClient client = login(&as, NULL);

    MUST(subscribe(client, "c/w", 2, NULL, 0) == 2);
    logout(client);
    for (int i = 0; i < 10; i++)
        publish(publisher, "c/w", "x", 1 + i % 2, NULL);
    as.resume = true;
    client = login(&as, &answer);
    MUST(answer.reasonCode == 0);
    MQTTResponse_free(answer);
    for (int i = 0; i < 10; i++)
        expect(client, "x");
    nothing_more(client);
    logout(client);
    logout(publisher);
}

static void a_will_waits_for_its_delay(void)
{
    struct login as = {
        .id = "c-dying", .expiry_s = 100, .will = "dead", .will_delay_s = 1};
    MQTTClient watcher = login_as("c-watcher");

    subscribe(watcher, "c/will", 1, NULL, 0);
    MQTTClient client = login(&as, NULL);
    MQTTClient_disconnect5(client, 0,
                           MQTTREASONCODE_DISCONNECT_WITH_WILL_MESSAGE, NULL);
    MQTTClient_destroy(&client);
    nothing_more(watcher);
    expect(watcher, "dead");
    /* Who says a plain goodbye leaves none. */
    client = login(&as, NULL);
    logout(client);
    nothing_more(watcher);
    logout(watcher);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    snprintf(uri, sizeof(uri), "tcp://127.0.0.1:%s", argv[1]);
    properties_pass_unchanged();
    connack_says_what_holds();
    subscription_options();
    refusals_have_their_reason();
    a_group_shares_its_messages();
    topic_aliases_both_ways();
    a_session_waits_within_its_window();
    a_will_waits_for_its_delay();
    return 0;
}
