/*
 * The options that all client commands share: where to connect and as whom.
 *
 * Flags, defaults, messages and exit codes are those of mosquitto's clients.
 * A command's table has its own options and ends with CLIENT_OPTION_ROWS, which
 * is told the version that is meant when none is given.
 */
#ifndef CLIENT_CLIENT_OPTIONS_H
#define CLIENT_CLIENT_OPTIONS_H

#include "base/options.h"
#include "client/client.h"
#include "client/client_defaults.h"
#include "client/client_tls.h"
#include "net/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a client program exits with, unless the server's CONNACK says it. */
enum client_exit {
    CLIENT_EXIT_OK = 0,
    CLIENT_EXIT_ERROR = 1, /* usage, no connection, an error of the system */
    CLIENT_EXIT_PROTOCOL = 2,
    CLIENT_EXIT_NO_CONNECTION = 4,
    CLIENT_EXIT_LOST = 7,
    CLIENT_EXIT_TLS = 8,
    CLIENT_EXIT_AUTHORIZATION = 11,
    CLIENT_EXIT_PROXY = 16,
    CLIENT_EXIT_KEEP_ALIVE = 19,
    CLIENT_EXIT_QOS_NOT_SUPPORTED = 24,
    CLIENT_EXIT_PACKET_TOO_LARGE = 25,
    CLIENT_EXIT_TIMED_OUT = 27,
};

enum client_option {
    OPTION_HOST = 1,
    OPTION_PORT,
    OPTION_URL,
    OPTION_UNIX,
    OPTION_BIND,
    OPTION_PROXY,
    OPTION_USER_NAME,
    OPTION_PASSWORD,
    OPTION_ID,
    OPTION_ID_PREFIX,
    OPTION_PERSISTENT,
    OPTION_EXPIRY,
    OPTION_KEEP_ALIVE,
    OPTION_VERSION,
    OPTION_PROPERTY,
    OPTION_WILL_TOPIC,
    OPTION_WILL_PAYLOAD,
    OPTION_WILL_QOS,
    OPTION_WILL_RETAIN,
    OPTION_TOPIC,
    OPTION_QOS,
    OPTION_DEBUG,
    OPTION_QUIET,
    OPTION_NODELAY,
    OPTION_MAX_IN_FLIGHT,
    OPTION_HELP,
    OPTION_PROGRAM_VERSION,
    OPTION_SRV,
    OPTION_TLS = 50, /* and an enum client_tls_option */
    OPTION_OWN = 100 /* a command's own options begin here */
};

/* clang-format off */
#define CLIENT_OPTION_ROWS(version) \
    {-1, 0, NULL, NULL, "Where to connect:"}, \
    {OPTION_HOST, 'h', "host", "host", "broker's name or address (localhost)"}, \
    {OPTION_PORT, 'p', "port", "port", "its port (1883)"}, \
    {OPTION_URL, 'L', "url", "URL", \
     "mqtt[s]://[user[:password]@]host[:port]/topic, instead\n" \
     "of -u, -P, -h, -p and -t; ws[s]:// for WebSocket"}, \
    {OPTION_UNIX, 0, "unix", "socket path", "a Unix socket instead of TCP"}, \
    {OPTION_BIND, 'A', NULL, "address", "local address to connect from"}, \
    {OPTION_PROXY, 0, "proxy", "proxy url", \
     "through a SOCKS5 proxy, which resolves the host:\n" \
     "socks5h://[user[:password]@]host[:port]"}, \
    {-1, 0, NULL, NULL, "As whom:"}, \
    {OPTION_ID, 'i', "id", "id", "Client Identifier (the broker gives one)"}, \
    {OPTION_ID_PREFIX, 'I', "id-prefix", "id prefix", \
     "Client Identifier: this, and the process number"}, \
    {OPTION_USER_NAME, 'u', "username", "username", "user name"}, \
    {OPTION_PASSWORD, 'P', "pw", "password", "password"}, \
    {OPTION_VERSION, 'V', "protocol-version", "version", \
     "5, 311 or 31, or mqttv5, mqttv311, mqttv31 (" #version ")"}, \
    {OPTION_KEEP_ALIVE, 'k', "keepalive", "keepalive", \
     "Keep Alive in seconds, 5..65535 (60)"}, \
    {OPTION_PERSISTENT, 'c', "disable-clean-session", NULL, \
     "keep the session when the connection ends; needs -i"}, \
    {OPTION_EXPIRY, 'x', NULL, "session expiry interval", \
     "with -V 5: seconds to keep the session; -1: for ever"}, \
    {OPTION_PROPERTY, 'D', "property", "command identifier value", \
     "with -V 5: send a Property, as in\n" \
     "-D publish content-type text/plain\n" \
     "-D connect user-property name value"}, \
    {OPTION_WILL_TOPIC, 0, "will-topic", "will topic", "topic of a Will"}, \
    {OPTION_WILL_PAYLOAD, 0, "will-payload", "will payload", "its payload"}, \
    {OPTION_WILL_QOS, 0, "will-qos", "will QoS", "its QoS (0)"}, \
    {OPTION_WILL_RETAIN, 0, "will-retain", NULL, "keep it as retained"}, \
    {OPTION_MAX_IN_FLIGHT, 'M', NULL, "max_inflight", \
     "messages of QoS 1 and 2 under way at once (20)"}, \
    {-1, 0, NULL, NULL, "Encrypted:"}, \
    {OPTION_TLS + TLS_CA_FILE, 0, "cafile", "file", \
     "trust who these certificates (PEM) vouch for;\n" \
     "asks for TLS"}, \
    {OPTION_TLS + TLS_CA_PATH, 0, "capath", "directory", \
     "the same, as \"openssl rehash\" leaves a folder of them"}, \
    {OPTION_TLS + TLS_OS_CERTIFICATES, 0, "tls-use-os-certs", NULL, \
     "trust whom the system trusts"}, \
    {OPTION_TLS + TLS_INSECURE, 0, "insecure", NULL, \
     "do not compare the host with the certificate"}, \
    {OPTION_TLS + TLS_CERT, 0, "cert", "file", \
     "the client's own certificate (PEM)"}, \
    {OPTION_TLS + TLS_KEY, 0, "key", "file", "and its key (PEM)"}, \
    {OPTION_TLS + TLS_PSK, 0, "psk", "key", \
     "a pre-shared key in hexadecimal, instead of\n" \
     "certificates"}, \
    {OPTION_TLS + TLS_PSK_IDENTITY, 0, "psk-identity", "identity", \
     "the name that the broker knows the key by"}, \
    {OPTION_TLS + TLS_VERSION, 0, "tls-version", "version", \
     "at least tlsv1.3, tlsv1.2 or tlsv1.1 (tlsv1.2)"}, \
    {OPTION_TLS + TLS_CIPHERS, 0, "ciphers", "ciphers", \
     "which ones up to TLS 1.2, as \"openssl ciphers\" says"}, \
    {OPTION_TLS + TLS_ALPN, 0, "tls-alpn", "protocol", \
     "what is spoken within, for brokers that ask: mqtt"}, \
    {-1, 0, NULL, NULL, "What is shown:"}, \
    {OPTION_DEBUG, 'd', "debug", NULL, "each packet in one line"}, \
    {OPTION_QUIET, 0, "quiet", NULL, "no errors once it runs"}, \
    {OPTION_HELP, 0, "help", NULL, "this text"}, \
    {OPTION_PROGRAM_VERSION, 0, "version", NULL, "version of this program"}, \
    {OPTION_NODELAY, 0, "nodelay", NULL, "accepted; TCP_NODELAY is always on"}

/* Understood and refused, so not in the help. Last in every table. */
#define CLIENT_OPTION_ROWS_NOT_HERE \
    {OPTION_TLS + TLS_KEY_FORM, 0, "keyform", "keyform", NULL}, \
    {OPTION_TLS + TLS_ENGINE, 0, "tls-engine", "engine_id", NULL}, \
    {OPTION_TLS + TLS_ENGINE_PASSWORD, 0, "tls-engine-kpass-sha1", \
     "kpass sha1", NULL}, \
    {OPTION_SRV, 'S', NULL, NULL, NULL}, \
    {0, 0, NULL, NULL, NULL}
/* clang-format on */

/* A list of strings that lie in argv or in the options. */
struct client_strings {
    const char **items; /* owned; the strings are not */
    size_t count;
};

void client_strings_add(struct client_strings *strings, const char *string);
void client_strings_release(struct client_strings *strings);

struct client_options {
    char program[32];     /* for messages: "mosquitto_sub" or "mqttlab sub" */
    bool mosquitto;       /* called by a name of mosquitto's programs */
    struct options words; /* of the line that is being read */
    struct options command_line; /* to be read after the file of defaults */
    struct client_defaults defaults;
    bool in_defaults; /* words are a line of the file */
    struct client_tls tls;
    struct client_config config;  /* complete after client_options_finish */
    struct buf properties[16];    /* by packet type; 0: of the Will */
    struct client_strings topics; /* of -t and -L: valid ones */
    bool topics_are_filters;      /* set it before any word is read */
    struct address url;
    struct address proxy;
    const char *id;
    const char *id_prefix;
    char generated_id[64];
    const char *will_payload;
    int64_t expiry_s; /* -1: not given; UINT32_MAX: for ever */
    int qos;
    bool debug;
    bool quiet;
    bool has_url;
    bool web;        /* the URL asks for WebSocket */
    bool no_hint;    /* the error says all: do not point to the help */
    char error[320]; /* why a function returned false or -1 */
};

/*
 * Begin with what is set when nothing is given, and with the file of defaults,
 * unless a lab has chosen the port: what it says must hold for everybody.
 * argv[0] is "pub" or "mosquitto_pub", perhaps with a
 * path. table and argv must live as long as the options.
 */
void client_options_init(struct client_options *options,
                         const struct option_spec *table, int argc,
                         char **argv);
void client_options_release(struct client_options *options);

/*
 * Take words from the command line up to the next option that is the
 * command's own. Returns its id, with the value in options->words.value;
 * OPTION_HELP or OPTION_PROGRAM_VERSION; 0 at the end; -1 with a message in
 * error. The message is all that stands between "Error: " and the last end of
 * line; mosquitto ends some of its messages with one more.
 */
int client_options_next(struct client_options *options);

/* Take the password from MQTTLAB_PASSWORD, where other people of the machine
   cannot see it, when there is a user name and none. */
void client_options_take_password(struct mqtt_connect *connect);

/* The port when none is given: 1883, or what a lab has set for the shell that
   it runs commands in. */
uint16_t client_options_port(void);

/* A whole number from min to max, and nothing else in text? */
bool client_options_number(const char *text, long min, long max, long *number);

/* A whole number above 0; otherwise false, and the error is "Invalid WHAT". */
bool client_options_positive(struct client_options *options, const char *what,
                             const char *value, long *number);

/* Is it a Topic Name, or a Topic Filter? what names it in the error: "publish",
   "subscription". */
bool client_options_topic_name(struct client_options *options, const char *what,
                               const char *value);
bool client_options_topic_filter(struct client_options *options,
                                 const char *what, const char *value);

/* Say in options->error what is wrong; returns false. */
bool client_options_fail(struct client_options *options, const char *format,
                         ...) __attribute__((format(printf, 2, 3)));

/*
 * When all words are read: check what belongs together and fill config.
 * Returns false with a message in error.
 */
bool client_options_finish(struct client_options *options);

/* The Properties given with -D for packets of this type. */
struct slice client_options_properties(const struct client_options *options,
                                       enum mqtt_type type);

/* Print "Error: ..." and where the help is; returns CLIENT_EXIT_ERROR. */
int client_options_usage_error(const struct client_options *options);

/* Print the version as mosquitto's clients do, or the help; returns the exit
   code, which is 1 under mosquitto's names, as with its own programs. */
int client_options_version(const struct client_options *options);
int client_options_help(const struct client_options *options, const char *intro,
                        const struct option_spec *table);

#endif
