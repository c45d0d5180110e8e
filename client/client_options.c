#include "client/client_options.h"

#include "base/alloc.h"
#include "base/map.h"
#include "client/client_property.h"
#include "client/client_take.h"
#include "client/client_text.h"
#include "mqtt/property.h"
#include "mqtt/topic.h"
#include "net/address.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* mosquitto's clients say so in CONNECT, so ours do [MQTT5 3.1.2.11.3]. */
#define RECEIVE_MAXIMUM 20

void client_strings_add(struct client_strings *strings, const char *string)
{
    strings->items = alloc_resize(strings->items, strings->count + 1,
                                  sizeof(strings->items[0]));
    strings->items[strings->count++] = string;
}

void client_strings_release(struct client_strings *strings)
{
    free(strings->items);
    *strings = (struct client_strings){0};
}

bool client_options_fail(struct client_options *options, const char *format,
                         ...)
{
    static const char prefix[] = "Error: ";
    size_t len = sizeof(prefix) - 1;
    va_list args;

    memcpy(options->error, prefix, len);
    va_start(args, format);
    vsnprintf(options->error + len, sizeof(options->error) - len, format, args);
    va_end(args);
    return false;
}

uint16_t client_options_port(void)
{
    const char *chosen = getenv("MQTTLAB_PORT");
    long port = chosen ? strtol(chosen, NULL, 10) : 0;

    return port > 0 && port <= UINT16_MAX ? (uint16_t)port : ADDRESS_PORT;
}

/* Likewise where one speaks TLS without being told. */
static uint16_t tls_port(void)
{
    const char *chosen = getenv("MQTTLAB_TLS_PORT");
    long port = chosen ? strtol(chosen, NULL, 10) : 0;

    return port > 0 && port <= UINT16_MAX ? (uint16_t)port : ADDRESS_TLS_PORT;
}

/* Go on with the next line of the file of defaults, behind the last one with
   the command line. */
static void next_words(struct client_options *options)
{
    struct options *command_line = &options->command_line;
    int count = client_defaults_next(&options->defaults, command_line->argv[0]);

    options->in_defaults = count > 0;
    options->words = *command_line;
    if (count > 0)
        options_init(&options->words, command_line->table, count,
                     options->defaults.words);
}

void client_options_init(struct client_options *options,
                         const struct option_spec *table, int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash ? slash + 1 : argv[0];
    char file[32];

    *options = (struct client_options){
        .config = {.host = "localhost",
                   .port = client_options_port(),
                   .max_in_flight = 20,
                   .connect = {.version = MQTT_3_1_1,
                               .clean_start = true,
                               .keep_alive_s = 60}},
        .expiry_s = -1,
        .mosquitto = !strncmp(name, "mosquitto_", 10),
    };
    snprintf(options->program, sizeof(options->program), "%s%s",
             options->mosquitto ? "" : "mqttlab ", name);
    options_init(&options->command_line, table, argc, argv);
    options->words = options->command_line;
    if (getenv("MQTTLAB_PORT"))
        return;
    snprintf(file, sizeof(file), "%s%s", options->mosquitto ? "" : "mqttlab_",
             name);
    client_defaults_load(&options->defaults, file);
    next_words(options);
}

void client_options_release(struct client_options *options)
{
    for (size_t i = 0; i < CLIENT_PROPERTY_LISTS; i++)
        buf_release(&options->properties[i]);
    client_strings_release(&options->topics);
    client_defaults_release(&options->defaults);
}

/* --- one value ------------------------------------------------------------ */

bool client_options_number(const char *text, long min, long max, long *number)
{
    char *end;

    errno = 0;
    *number = strtol(text, &end, 10);
    return !errno && end != text && !*end && *number >= min && *number <= max;
}

bool client_options_positive(struct client_options *options, const char *what,
                             const char *value, long *number)
{
    if (client_options_number(value, 1, INT32_MAX, number))
        return true;
    return client_options_fail(options, "Invalid %s \"%.40s\".\n", what, value);
}

bool client_options_topic_name(struct client_options *options, const char *what,
                               const char *value)
{
    if (topic_name_valid(slice_of_string(value)))
        return true;
    return client_options_fail(
        options, "Invalid %s topic '%.128s', does it contain '+' or '#'?", what,
        value);
}

bool client_options_topic_filter(struct client_options *options,
                                 const char *what, const char *value)
{
    if (topic_filter_valid(slice_of_string(value)))
        return true;
    return client_options_fail(options,
                               "Invalid %s topic '%.128s', are all '+' and '#' "
                               "wildcards correct?",
                               what, value);
}

/* --- the words ------------------------------------------------------------ */

/* The row of the option that lacks its value; NULL: it is not known. */
static const struct option_spec *find_given(const struct options *words)
{
    const char *given = words->given;
    size_t len = strlen(given);

    if (words->rest)
        return NULL; /* an unknown letter in front of others */
    for (const struct option_spec *spec = words->table; spec->id; spec++) {
        if (spec->id < 0 || !spec->value)
            continue;
        if (given[1] == '-' ? spec->name && !strcmp(spec->name, given + 2)
                            : spec->letter == given[len - 1])
            return spec;
    }
    return NULL;
}

static int fail_word(struct client_options *options)
{
    const struct option_spec *spec = find_given(&options->words);
    char letter[3] = {'-', spec ? spec->letter : '\0', '\0'};

    if (!spec)
        client_options_fail(options, "Unknown option '%s'.",
                            options->words.given);
    else if (spec->id == OPTION_PROPERTY)
        client_options_fail(options, "--property argument given but not enough "
                                     "arguments specified.\n");
    else if (spec->letter && spec->id != OPTION_VERSION)
        client_options_fail(options, "%s argument given but no %s specified.\n",
                            letter, spec->value);
    else
        client_options_fail(options,
                            "--%s argument given but no %s specified.\n",
                            spec->name, spec->value);
    return -1;
}

int client_options_next(struct client_options *options)
{
    for (;;) {
        const struct options *words = &options->words;

        if (options->in_defaults && words->at > 1 && words->at < words->argc) {
            client_options_fail(options, "Unknown option '%s'.",
                                words->argv[words->at]);
            return -1; /* one option a line */
        }
        int id = options_next(&options->words);
        if (id == OPTIONS_END && options->in_defaults) {
            next_words(options);
            continue;
        }
        if (id == OPTIONS_END || id >= OPTION_OWN || id == OPTION_HELP ||
            id == OPTION_PROGRAM_VERSION)
            return id;
        if (id == OPTIONS_ERROR)
            return fail_word(options);
        if (id == OPTIONS_WORD) {
            client_options_fail(options, "Unknown option '%s'.",
                                options->words.value);
            return -1;
        }
        if (!client_take_option(options, id))
            return -1;
    }
}

/* --- all together --------------------------------------------------------- */

/* 3.1 has no empty Client Identifier [MQTT311 appendix A]: make one as
   mosquitto's clients do. */
static void generate_id(struct client_options *options)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789";
    char *at = options->generated_id;
    uint64_t random[2];

    map_random_seed(random);
    at += sprintf(at, "mosq-");
    for (int i = 0; i < 18; i++) {
        uint64_t *half = &random[i / 9];

        *at++ = letters[*half % (sizeof(letters) - 1)];
        *half /= sizeof(letters) - 1;
    }
    *at = '\0';
}

static bool finish_id(struct client_options *options)
{
    struct mqtt_connect *connect = &options->config.connect;

    if (options->id_prefix) {
        snprintf(options->generated_id, sizeof(options->generated_id), "%s%ld",
                 options->id_prefix, (long)getpid());
        options->id = options->generated_id;
    }
    connect->client_id = slice_of_string(options->id);
    if (connect->client_id.len > UINT16_MAX)
        return client_options_fail(options, "The id is too long.");
    if (connect->client_id.len > 0)
        return true;
    if (!connect->clean_start && connect->version < MQTT_5)
        return client_options_fail(options, "You must provide a client id if "
                                            "you are using the -c option.");
    if (connect->version == MQTT_5 && options->expiry_s == UINT32_MAX)
        return client_options_fail(
            options, "You must provide a client id if you are using an "
                     "infinite session expiry interval.");
    if (connect->version == MQTT_3_1) {
        generate_id(options);
        connect->client_id = slice_of_string(options->generated_id);
    }
    return true;
}

static bool finish_will(struct client_options *options)
{
    struct mqtt_will *will = &options->config.connect.will;

    if (!will->set && options->will_payload)
        return client_options_fail(
            options, "Will payload given, but no will topic given.");
    if (!will->set && will->retain)
        return client_options_fail(
            options, "Will retain given, but no will topic given.");
    if (!will->set)
        return true;
    will->payload = slice_of_string(options->will_payload);
    if (will->payload.len > UINT16_MAX)
        return client_options_fail(options, "The will payload is too long.");
    will->properties = buf_slice(&options->properties[PROPERTY_IN_WILL]);
    return true;
}

static void take_credential(bool *has, struct slice *text, const char *value)
{
    *has = true;
    *text = slice_of_string(value);
}

void client_options_take_password(struct mqtt_connect *connect)
{
    const char *password = getenv("MQTTLAB_PASSWORD");

    if (password && connect->has_user_name && !connect->has_password)
        take_credential(&connect->has_password, &connect->password, password);
}

static bool finish_credentials(struct client_options *options)
{
    struct mqtt_connect *connect = &options->config.connect;

    if (options->has_url && options->url.has_user_name)
        take_credential(&connect->has_user_name, &connect->user_name,
                        options->url.user_name);
    if (options->has_url && options->url.has_password)
        take_credential(&connect->has_password, &connect->password,
                        options->url.password);
    client_options_take_password(connect);
    if (connect->user_name.len > UINT16_MAX ||
        connect->password.len > UINT16_MAX ||
        (connect->has_password && !connect->has_user_name &&
         connect->version < MQTT_5)) { /* [MQTT311-3.1.2-22] */
        options->no_hint = true;
        return client_options_fail(options,
                                   "Problem setting username and/or password.");
    }
    return true;
}

/* Only version 5 has Properties: who gives one must not believe it was sent. */
static bool refuse_properties(struct client_options *options)
{
    for (size_t i = 0; i < CLIENT_PROPERTY_LISTS; i++) {
        if (options->properties[i].len) {
            options->no_hint = true;
            return client_options_fail(
                options, "Properties (-D) need version 5 of MQTT.");
        }
    }
    return true;
}

static bool finish_properties(struct client_options *options)
{
    struct buf *list = &options->properties[MQTT_CONNECT];
    struct property found;

    if (options->config.connect.version < MQTT_5)
        return refuse_properties(options);
    if (options->expiry_s >= 0)
        property_put_number(list, PROPERTY_SESSION_EXPIRY_INTERVAL,
                            (uint32_t)options->expiry_s);
    if (!property_find(buf_slice(list), PROPERTY_RECEIVE_MAXIMUM, &found))
        property_put_number(list, PROPERTY_RECEIVE_MAXIMUM, RECEIVE_MAXIMUM);
    if (!client_property_check(options->properties, options->error,
                               sizeof(options->error)))
        return false;
    options->config.connect.properties = buf_slice(list);
    options->config.answer_properties = options->properties;
    return true;
}

static bool finish_tls(struct client_options *options)
{
    const struct client_config *config = &options->config;
    bool usage;

    /* Whoever connects there wants TLS, as with mosquitto's clients. */
    if (config->port == tls_port() && !config->unix_path)
        options->tls.on_port = true;
    if (client_tls_check(&options->tls, &usage, options->error,
                         sizeof(options->error)))
        return true;
    options->no_hint = !usage;
    return false;
}

bool client_options_finish(struct client_options *options)
{
    struct mqtt_connect *connect = &options->config.connect;
    struct property found;

    if (options->config.proxy && options->config.unix_path)
        return client_options_fail(
            options, "A Unix socket cannot be reached through a proxy.");

    /* -c alone asks version 5 for what it does in 3.1.1: a session that
       outlives the connection. */
    if (!connect->clean_start && options->expiry_s < 0 &&
        !property_find(buf_slice(&options->properties[MQTT_CONNECT]),
                       PROPERTY_SESSION_EXPIRY_INTERVAL, &found))
        options->expiry_s = UINT32_MAX;
    return finish_will(options) && finish_tls(options) && finish_id(options) &&
           finish_properties(options) && finish_credentials(options);
}

struct slice client_options_properties(const struct client_options *options,
                                       enum mqtt_type type)
{
    if (options->config.connect.version < MQTT_5)
        return slice_of(NULL, 0);
    return buf_slice(&options->properties[type]);
}

/* --- messages ------------------------------------------------------------- */

int client_options_usage_error(const struct client_options *options)
{
    client_text_print(stderr, options->error);
    fputc('\n', stderr);
    if (options->in_defaults)
        fprintf(stderr, "This is line %u of %s.\n", options->defaults.line,
                options->defaults.path);
    if (!options->no_hint)
        fprintf(stderr, "\nUse '%s --help' to see usage.\n", options->program);
    return CLIENT_EXIT_ERROR;
}

int client_options_version(const struct client_options *options)
{
    printf("%s version " MQTTLAB_VERSION "\n", options->program);
    return options->mosquitto ? CLIENT_EXIT_ERROR : CLIENT_EXIT_OK;
}

int client_options_help(const struct client_options *options, const char *intro,
                        const struct option_spec *table)
{
    printf("Usage: %s %s", options->program, intro);
    options_help(table, stdout);
    return options->mosquitto ? CLIENT_EXIT_ERROR : CLIENT_EXIT_OK;
}
