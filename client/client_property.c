#include "client/client_property.h"

#include "mqtt/property.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct command {
    const char *name;  /* after -D */
    const char *title; /* in messages */
    unsigned list;     /* packet type, or PROPERTY_IN_WILL */
};

static const struct command commands[] = {
    {"connect",     "CONNECT",     MQTT_CONNECT    },
    {"publish",     "PUBLISH",     MQTT_PUBLISH    },
    {"puback",      "PUBACK",      MQTT_PUBACK     },
    {"pubrec",      "PUBREC",      MQTT_PUBREC     },
    {"pubrel",      "PUBREL",      MQTT_PUBREL     },
    {"pubcomp",     "PUBCOMP",     MQTT_PUBCOMP    },
    {"subscribe",   "SUBSCRIBE",   MQTT_SUBSCRIBE  },
    {"unsubscribe", "UNSUBSCRIBE", MQTT_UNSUBSCRIBE},
    {"disconnect",  "DISCONNECT",  MQTT_DISCONNECT },
    {"auth",        "AUTH",        MQTT_AUTH       },
    {"will",        "WILL",        PROPERTY_IN_WILL},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

struct target {
    struct buf *list;
    char *error;
    size_t error_size;
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (!strcasecmp(commands[i].name, name))
            return &commands[i];
    }
    return NULL;
}

static const struct property_info *find_property(const char *name)
{
    for (const struct property_info *info = property_table(); info->id;
         info++) {
        if (!strcasecmp(info->option, name))
            return info;
    }
    return NULL;
}

static bool put_number(const struct target *target,
                       const struct property_info *info, const char *text)
{
    static const unsigned long long max[] = {
        [PROPERTY_BYTE] = UINT8_MAX,
        [PROPERTY_U16] = UINT16_MAX,
        [PROPERTY_U32] = UINT32_MAX,
        [PROPERTY_VARINT] = MQTT_MAX_REMAINING_LENGTH,
    };
    char *end;

    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' ||
        number > max[info->type]) {
        snprintf(target->error, target->error_size,
                 "Property value (%.40s) out of range for property %s.\n", text,
                 info->option);
        return false;
    }
    property_put_number(target->list, info->id, (uint32_t)number);
    return true;
}

static bool put_value(const struct target *target,
                      const struct property_info *info, char *const *values)
{
    switch (info->type) {
    case PROPERTY_BYTE:
    case PROPERTY_U16:
    case PROPERTY_U32:
    case PROPERTY_VARINT: return put_number(target, info, values[0]);
    case PROPERTY_STRING:
    case PROPERTY_BINARY:
        property_put_string(target->list, info->id, slice_of_string(values[0]));
        return true;
    case PROPERTY_STRING_PAIR:
        property_put_pair(target->list, slice_of_string(values[0]),
                          slice_of_string(values[1]));
        return true;
    }
    return false;
}

/* Do the strings fit their two bytes of length? */
static bool lengths_fit(char *const *values, int count)
{
    for (int i = 0; i < count; i++) {
        if (strlen(values[i]) > UINT16_MAX)
            return false;
    }
    return true;
}

static int fail(const struct target *target, const char *message)
{
    snprintf(target->error, target->error_size, "%s\n", message);
    return -1;
}

/* Server Reference is a server's word, though DISCONNECT can carry it. */
static bool may_send(const struct property_info *info, unsigned list)
{
    return info->packets & PROPERTY_BIT(list) &&
           info->id != PROPERTY_SERVER_REFERENCE;
}

/* These programs send no AUTH, and only servers may say which subscription a
   message comes from [MQTT-3.3.4-6]. */
static bool is_sent(const struct property_info *info, unsigned list)
{
    return list != MQTT_AUTH && !(list == MQTT_PUBLISH &&
                                  info->id == PROPERTY_SUBSCRIPTION_IDENTIFIER);
}

int client_property_parse(struct buf lists[CLIENT_PROPERTY_LISTS],
                          char *const *words, int count, char *error,
                          size_t error_size)
{
    static const char few[] =
        "--property argument given but not enough arguments specified.";
    struct target target = {.error = error, .error_size = error_size};

    if (count < 3)
        return fail(&target, few);
    const struct command *command = find_command(words[0]);
    if (!command)
        return fail(&target, "Invalid command given in --property argument.");
    const struct property_info *info = find_property(words[1]);
    if (!info)
        return fail(&target,
                    "Invalid property name given in --property argument.");
    if (!may_send(info, command->list)) {
        snprintf(error, error_size,
                 "%s property not allowed for %s in --property argument.\n",
                 words[1], words[0]);
        return -1;
    }
    if (!is_sent(info, command->list)) {
        snprintf(error, error_size,
                 "%s property not supported for %s in --property argument.\n",
                 words[1], words[0]);
        return -1;
    }
    int values = info->type == PROPERTY_STRING_PAIR ? 2 : 1;
    if (count < 2 + values)
        return fail(&target, few);
    if (!lengths_fit(words + 2, values))
        return fail(&target, "Property value is too long.");
    target.list = &lists[command->list];
    return put_value(&target, info, words + 2) ? 2 + values : -1;
}

static bool has_duplicate(struct slice properties)
{
    uint64_t seen = 0;

    for (struct property one; property_next(&properties, &one);) {
        uint64_t bit = UINT64_C(1) << one.info->id;

        if (seen & bit && !one.info->repeatable)
            return true;
        seen |= bit;
    }
    return false;
}

static bool is_valid(struct slice properties, unsigned list)
{
    struct buf encoded = {0};

    property_write(&encoded, properties);
    struct reader reader = {.rest = buf_slice(&encoded)};
    property_read(&reader, list);
    buf_release(&encoded);
    /* No alias is 0 [MQTT-3.3.2-8]. */
    return !reader.reason &&
           property_number(properties, PROPERTY_TOPIC_ALIAS, 1) != 0;
}

bool client_property_check(const struct buf lists[CLIENT_PROPERTY_LISTS],
                           char *error, size_t error_size)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        struct slice properties = buf_slice(&lists[commands[i].list]);
        const char *why = "A network protocol error occurred when "
                          "communicating with the broker.";

        if (is_valid(properties, commands[i].list))
            continue;
        if (has_duplicate(properties))
            why = "Duplicate property in property list";
        snprintf(error, error_size, "Error in %s properties: %s",
                 commands[i].title, why);
        return false;
    }
    return true;
}
