#include "broker/config_table.h"

#include "broker/config.h"
#include "broker/config_names.h"

#define MEMBER(type, member) \
    offsetof(type, member), sizeof(((type *)NULL)->member)
#define GLOBAL(member) \
    CONFIG_GLOBAL, CONFIG_RELOADED, MEMBER(struct config, member)
#define AT_START(member) \
    CONFIG_GLOBAL, CONFIG_AT_START, MEMBER(struct config, member)
#define LISTENER(member) \
    CONFIG_PER_LISTENER, CONFIG_AT_START, MEMBER(struct config_listener, member)
#define SECURITY(member) \
    CONFIG_BY_SETTING, CONFIG_RELOADED, MEMBER(struct config_listener, member)
#define PLUGIN    CONFIG_BY_SETTING, CONFIG_AT_START, 0, 0
#define NO_MEMBER CONFIG_GLOBAL, CONFIG_AT_START, 0, 0
#define NO_RANGE  0, 0, false

/* clang-format off */
static const struct config_option options[] = {
    {"listener", CONFIG_LISTENER, NO_MEMBER, NO_RANGE, NULL,
     "PORT [HOST] | 0 PATH",
     "Listen on a port; may be given several times. Without HOST it listens on\n"
     "127.0.0.1 and ::1 only, unlike mosquitto, which listens on all addresses:\n"
     "write 0.0.0.0 or :: if that is meant. Port 0 takes any free port; 0 and a\n"
     "path with a / make a Unix socket."},
    {"port", CONFIG_PORT, NO_MEMBER, NO_RANGE, NULL, "PORT",
     "The old way to give one listener; see listener."},
    {"bind_address", CONFIG_BIND_ADDRESS, NO_MEMBER, NO_RANGE, NULL, "HOST",
     "Where the listener given by port listens."},
    {"protocol", CONFIG_CHOICE, LISTENER(protocol), NO_RANGE, "mqtt",
     "mqtt | websockets",
     "What the listener speaks: MQTT as it is, or in WebSocket, for browsers."},
    {"socket_domain", CONFIG_CHOICE, LISTENER(socket_domain), NO_RANGE, NULL,
     "ipv4 | ipv6", "Use only addresses of this kind."},
    {"bind_interface", CONFIG_STRING, LISTENER(bind_interface), NO_RANGE, NULL,
     "NAME",
     "Listen on this network interface, whatever address it has; this is\n"
     "instead of HOST. On Linux root may be needed."},
    {"proxy_protocol", CONFIG_CHOICE, LISTENER(proxy_protocol), NO_RANGE, NULL,
     "v1 | v2 | any",
     "A proxy stands in front and says of each connection whose it is, by this\n"
     "version of the PROXY protocol; who does not is turned away. Only for\n"
     "listeners that nobody but the proxy can reach. (Not in mosquitto 2.0.)"},
    {"enable_proxy_protocol", CONFIG_CHOICE, LISTENER(proxy_protocol), NO_RANGE,
     NULL, "1 | 2", "The name that mosquitto 2.1 has for proxy_protocol."},
    {"max_connections", CONFIG_NUMBER, LISTENER(max_connections),
     -1, INT32_MAX, false, "-1", NULL,
     "Connections of this listener at a time; -1: no limit."},
    {"max_qos", CONFIG_NUMBER, LISTENER(max_qos), 0, 2, false, "2", NULL,
     "The highest QoS that clients of this listener may use."},
    {"maximum_qos", CONFIG_NUMBER, LISTENER(max_qos), 0, 2, false, "2", NULL,
     "Another name of max_qos."},
    {"max_topic_alias", CONFIG_NUMBER, LISTENER(max_topic_alias),
     0, 65535, false, "10", NULL,
     "Topic Aliases that a version 5 client may use; 0: none."},
    {"max_topic_alias_broker", CONFIG_NUMBER, LISTENER(max_topic_alias_broker),
     0, 1000, false, "10", NULL,
     "Topic Aliases that the broker uses towards a version 5 client that allows\n"
     "them; 0: none. A topic gets one when it is sent again, if its name has\n"
     "8 to 1,024 bytes. (Not in mosquitto 2.0.)"},
    {"response_information", CONFIG_STRING, LISTENER(response_information),
     NO_RANGE, "response/%c", "TEXT",
     "What a version 5 client that asks for it is told to begin its Response\n"
     "Topics with; %c is its Client Identifier, %u its user name. (Not in\n"
     "mosquitto.)"},
    {"mount_point", CONFIG_STRING, LISTENER(mount_point), NO_RANGE, NULL,
     "TEXT",
     "Put this in front of every topic of clients that come here, and take it\n"
     "away from what is sent to them: they have a part of the tree to\n"
     "themselves. It should end in /."},
    {"use_username_as_clientid", CONFIG_BOOL,
     LISTENER(use_username_as_clientid), NO_RANGE, "false", NULL,
     "Whether the user name is taken as Client Identifier, so that nobody can\n"
     "pretend to be another client. Who has no user name is refused."},

    {"certfile", CONFIG_FILE, LISTENER(certfile), NO_RANGE, NULL, "PATH",
     "The server's certificate, then those above it but the root (PEM): the\n"
     "listener speaks TLS."},
    {"keyfile", CONFIG_FILE, LISTENER(keyfile), NO_RANGE, NULL, "PATH",
     "The key of certfile (PEM)."},
    {"cafile", CONFIG_FILE, LISTENER(cafile), NO_RANGE, NULL, "PATH",
     "Certificates (PEM) that clients' certificates are checked against."},
    {"capath", CONFIG_FOLDER, LISTENER(capath), NO_RANGE, NULL, "DIR",
     "A folder of such certificates, named by \"openssl rehash\"."},
    {"require_certificate", CONFIG_BOOL, LISTENER(require_certificate),
     NO_RANGE, "false", NULL, "Whether a client must have a certificate."},
    {"use_identity_as_username", CONFIG_BOOL,
     LISTENER(use_identity_as_username), NO_RANGE, "false", NULL,
     "Whether the name (CN) in a client's certificate is its user name."},
    {"use_subject_as_username", CONFIG_BOOL, LISTENER(use_subject_as_username),
     NO_RANGE, "false", NULL,
     "Whether the whole subject of the certificate is."},
    {"crlfile", CONFIG_FILE, LISTENER(crlfile), NO_RANGE, NULL, "PATH",
     "Certificates that were revoked (PEM)."},
    {"ocspfile", CONFIG_FILE, LISTENER(ocspfile), NO_RANGE, NULL, "PATH",
     "What an OCSP responder says of certfile (DER), given to clients that ask;\n"
     "read again at SIGHUP. (Not in mosquitto 2.0.)"},
    {"dhparamfile", CONFIG_FILE, LISTENER(dhparamfile), NO_RANGE, NULL, "PATH",
     "Parameters of Diffie and Hellman's key exchange (PEM)."},
    {"ciphers", CONFIG_STRING, LISTENER(ciphers), NO_RANGE, NULL, "LIST",
     "Ciphers up to TLS 1.2, as \"openssl ciphers\" names them, with colons\n"
     "between."},
    {"ciphers_tls1.3", CONFIG_STRING, LISTENER(ciphers_tls13), NO_RANGE, NULL,
     "LIST", "Ciphers of TLS 1.3."},
    {"tls_version", CONFIG_CHOICE, LISTENER(tls_version), NO_RANGE, NULL,
     "tlsv1.3 | tlsv1.2 | tlsv1.1",
     "The lowest version of TLS. Without it: 1.2."},
    {"tls_max_version", CONFIG_CHOICE, LISTENER(tls_max_version), NO_RANGE,
     NULL, "tlsv1.3 | tlsv1.2 | tlsv1.1",
     "The highest version of TLS, for labs about old devices. (Not in\n"
     "mosquitto 2.0.)"},
    {"tls_keyform", CONFIG_CHOICE, LISTENER(tls_keyform), NO_RANGE, "pem",
     "pem", "What keyfile is."},
    {"psk_hint", CONFIG_STRING, LISTENER(psk_hint), NO_RANGE, NULL, "TEXT",
     "The listener speaks TLS with keys that both sides know (psk_file)\n"
     "instead of certificates."},
    {"http_dir", CONFIG_FOLDER, LISTENER(http_dir), NO_RANGE, NULL, "DIR",
     "Files that a listener for websockets gives to browsers. Without it: a page\n"
     "with which a browser connects, subscribes and publishes."},
    {"websockets_origin", CONFIG_ORIGIN, LISTENER(websockets_origin), NO_RANGE,
     NULL, "SCHEME://HOST[:PORT]",
     "Only pages from there may connect, http://lab.example:8080 for example; may\n"
     "be given several times. Without it: pages from anywhere, and programs.\n"
     "(Not in mosquitto 2.0.)"},
    {"websockets_log_level", CONFIG_NUMBER, AT_START(websockets_log_level),
     0, 65535, false, "0", NULL,
     "What libwebsockets logs, as its bits; log_type websockets shows it."},
    {"websockets_headers_size", CONFIG_NUMBER,
     AT_START(websockets_headers_size), 1, 1048576, true, "0", NULL,
     "Bytes for the headers of a browser's request; 0: what the library takes."},

    {"per_listener_settings", CONFIG_BOOL, AT_START(per_listener_settings),
     NO_RANGE, "false", NULL,
     "Whether allow_anonymous, allow_zero_length_clientid, auto_id_prefix,\n"
     "password_file, acl_file, psk_file and plugins are for the listener that\n"
     "they follow, and not for all. It must stand in front of them."},
    {"allow_anonymous", CONFIG_BOOL, SECURITY(allow_anonymous),
     NO_RANGE, NULL, NULL,
     "Whether clients without a user name may connect. The default is false\n"
     "when the configuration has a listener or a port, and true otherwise."},
    {"password_file", CONFIG_FILE, SECURITY(password_file), NO_RANGE, NULL,
     "PATH",
     "Users and their passwords, as \"mqttlab passwd\" writes them."},
    {"auth_method", CONFIG_CHOICE, SECURITY(auth_method), NO_RANGE, NULL,
     "SCRAM-SHA-256",
     "An Authentication Method that clients of version 5 may use instead of\n"
     "sending their password: for users that \"mqttlab passwd -H\n"
     "scram-sha-256\" has added to password_file. (Not in mosquitto.)"},
    {"acl_file", CONFIG_FILE, SECURITY(acl_file), NO_RANGE, NULL, "PATH",
     "Who may publish and subscribe where."},
    {"psk_file", CONFIG_FILE, SECURITY(psk_file), NO_RANGE, NULL, "PATH",
     "Lines IDENTITY:KEY for psk_hint, the key in hexadecimal digits."},
    {"clientid_prefixes", CONFIG_STRING, GLOBAL(clientid_prefixes), NO_RANGE,
     NULL, "TEXT",
     "Let in only clients whose Client Identifier begins so. It keeps out\n"
     "mistakes, not attackers: anybody can begin so."},
    {"auth_plugin", CONFIG_PLUGIN, PLUGIN, NO_RANGE, NULL, "PATH",
     "A shared object with checks of your own; several are asked in order.\n"
     "mosquitto's own plugins do not fit."},
    {"plugin", CONFIG_PLUGIN, PLUGIN, NO_RANGE, NULL, "PATH",
     "Another name of auth_plugin."},
    {"auth_plugin_deny_special_chars", CONFIG_PLUGIN_CHECKS, PLUGIN,
     NO_RANGE, "true", "true | false",
     "Whether a user name or Client Identifier with + or # is refused without\n"
     "asking the plugin that this line follows."},
    {"auth_opt_*", CONFIG_PLUGIN_OPTION, PLUGIN, NO_RANGE, NULL, "TEXT",
     "An option for the plugin that this line follows; its name is what\n"
     "stands for the *."},
    {"plugin_opt_*", CONFIG_PLUGIN_OPTION, PLUGIN, NO_RANGE, NULL, "TEXT",
     "Another name of auth_opt_*."},
    {"allow_zero_length_clientid", CONFIG_BOOL,
     SECURITY(allow_zero_length_clientid), NO_RANGE, "true", NULL,
     "Whether a client may leave its Client Identifier to the broker."},
    {"auto_id_prefix", CONFIG_STRING, SECURITY(auto_id_prefix),
     NO_RANGE, "auto-", NULL,
     "How Client Identifiers begin that the broker makes up."},

    {"max_inflight_messages", CONFIG_NUMBER, GLOBAL(max_inflight_messages),
     1, 65535, true, "1000", NULL,
     "Messages of QoS 1 and 2 under way to one client; 0: no limit. mosquitto's\n"
     "default is 20, which makes many small packets out of a burst."},
    {"max_inflight_bytes", CONFIG_SIZE, GLOBAL(max_inflight_bytes),
     1, INT64_MAX, true, "64M", NULL,
     "The same in bytes; 0: no limit, which is mosquitto's default. A message\n"
     "that is larger goes alone."},
    {"max_queued_messages", CONFIG_NUMBER, GLOBAL(max_queued_messages),
     1, UINT32_MAX, true, "1000", NULL,
     "Messages that wait for one client beyond those; 0: no limit. While a\n"
     "connected client goes on acknowledging it may be 64 times as many, so that\n"
     "a burst loses nothing."},
    {"max_queued_bytes", CONFIG_SIZE, GLOBAL(max_queued_bytes),
     1, INT64_MAX / 16, true, "8M", NULL,
     "The same in bytes; 0: no limit, which is mosquitto's default. For a client\n"
     "that goes on acknowledging it is 8 times as much. A message that is larger\n"
     "waits alone."},
    {"queue_qos0_messages", CONFIG_BOOL, GLOBAL(queue_qos0_messages),
     NO_RANGE, "false", NULL,
     "Whether messages of QoS 0 wait for a client that is away."},
    {"upgrade_outgoing_qos", CONFIG_BOOL, GLOBAL(upgrade_outgoing_qos),
     NO_RANGE, "false", NULL,
     "Send at the QoS of the subscription even if the message was published\n"
     "at a lower one, which the standard forbids."},
    {"message_size_limit", CONFIG_SIZE, GLOBAL(message_size_limit),
     1, 268435455, true, "0", NULL,
     "The largest payload that may be published; 0: no limit."},
    {"max_packet_size", CONFIG_SIZE, GLOBAL(max_packet_size),
     20, INT32_MAX, true, "0", NULL,
     "The largest packet that is accepted; 0: what MQTT allows, 268435460."},
    {"max_keepalive", CONFIG_NUMBER, GLOBAL(max_keepalive),
     10, 65535, true, "65535", NULL,
     "The longest Keep Alive in seconds; a version 5 client that asks for\n"
     "more is told this one. 0: clients may do without Keep Alive."},
    {"persistent_client_expiration", CONFIG_PERIOD,
     GLOBAL(persistent_client_expiration), 1, UINT32_MAX, true, "0", NULL,
     "How long the session of a client that is away is kept at most; 0: as\n"
     "long as the client asked for."},
    {"retain_available", CONFIG_BOOL, GLOBAL(retain_available),
     NO_RANGE, "true", NULL,
     "Whether there are retained messages at all."},
    {"check_retain_source", CONFIG_BOOL, GLOBAL(check_retain_source),
     NO_RANGE, "true", NULL,
     "Whether a retained message is only sent while the client that published\n"
     "it may still publish there."},
    {"allow_duplicate_messages", CONFIG_BOOL,
     GLOBAL(allow_duplicate_messages), NO_RANGE, "false", NULL,
     "Whether a client whose subscriptions overlap gets a message once for\n"
     "each of them; if not, once, at the highest QoS of them. mosquitto's\n"
     "default is true."},
    {"memory_limit", CONFIG_SIZE, GLOBAL(memory_limit),
     1, INT64_MAX, true, "0", NULL,
     "Bytes of memory that the broker may take; 0: no limit. Above it nobody is\n"
     "let in, no subscription and no retained message is added, what would have\n"
     "to wait is dropped, and who is in the middle of a long packet is\n"
     "disconnected. Without effect where the system does not tell."},
    {"set_tcp_nodelay", CONFIG_BOOL, GLOBAL(set_tcp_nodelay),
     NO_RANGE, "true", NULL,
     "Send at once (TCP_NODELAY). What is sent together leaves together in\n"
     "any case; false only adds delay."},
    {"sys_interval", CONFIG_NUMBER, GLOBAL(sys_interval),
     1, 65535, true, "10", NULL,
     "Seconds between updates of $SYS; 0: there is no $SYS."},

    {"persistence", CONFIG_BOOL, AT_START(persistence), NO_RANGE, "false", NULL,
     "Whether sessions, their messages and retained messages are kept on disk."},
    {"persistence_location", CONFIG_FOLDER, AT_START(persistence_location),
     NO_RANGE, NULL, "DIR",
     "The folder they are kept in. Without it: the current one."},
    {"persistence_file", CONFIG_STRING, AT_START(persistence_file), NO_RANGE,
     "mqttlab.db", "NAME", "The file there. mosquitto's is mosquitto.db."},
    {"persistence_sync", CONFIG_CHOICE, AT_START(persistence_sync), NO_RANGE,
     "normal", "full | normal | off",
     "What survives: full a power failure, normal the sudden death of the\n"
     "broker, off only a clean stop. What is acknowledged is stored before, but\n"
     "with off. (Not in mosquitto.)"},
    {"autosave_interval", CONFIG_NUMBER, GLOBAL(autosave_interval),
     1, UINT32_MAX, true, "1800", NULL,
     "With persistence_sync off: seconds between saves; 0: only SIGUSR1 and a\n"
     "clean stop save. Otherwise nothing is ever left to be saved."},
    {"autosave_on_changes", CONFIG_BOOL, GLOBAL(autosave_on_changes), NO_RANGE,
     "false", NULL, "Whether autosave_interval counts changes, not seconds."},

    {"connect_timeout", CONFIG_NUMBER, GLOBAL(connect_timeout),
     1, 3600, false, "10", NULL,
     "Seconds that a new connection has for its CONNECT. (Not in mosquitto.)"},
    {"max_topic_levels", CONFIG_NUMBER, AT_START(max_topic_levels),
     1, 65535, false, "200", NULL,
     "Levels that a Topic Name or a Topic Filter may have. (Not in mosquitto.)"},
    {"max_clients", CONFIG_NUMBER, GLOBAL(max_clients),
     1, UINT32_MAX, true, "100000", NULL,
     "Sessions, those of clients that are away included; 0: no limit. (Not in\n"
     "mosquitto.)"},
    {"max_subscriptions", CONFIG_NUMBER, GLOBAL(max_subscriptions),
     1, UINT32_MAX, true, "100000", NULL,
     "Subscriptions of one client; 0: no limit. (Not in mosquitto.)"},
    {"max_subscription_bytes", CONFIG_SIZE, GLOBAL(max_subscription_bytes),
     1, 1 << 30, true, "64M", NULL,
     "Bytes of all Topic Filters of one client together, and 64 for each of their\n"
     "levels; 0: no limit. (Not in mosquitto.)"},
    {"max_wildcard_levels", CONFIG_NUMBER, GLOBAL(max_wildcard_levels),
     1, UINT32_MAX, true, "250000", NULL,
     "Levels from the first + on, of all Topic Filters of one client together;\n"
     "0: no limit. So much one message may have to look at for each client.\n"
     "(Not in mosquitto.)"},
    {"max_incoming_bytes", CONFIG_SIZE, GLOBAL(max_incoming_bytes),
     1, INT64_MAX, true, "512M", NULL,
     "Bytes of packets that are not complete yet, of all clients together;\n"
     "0: no limit. Who goes beyond is disconnected. (Not in mosquitto.)"},
    {"slow_client_timeout", CONFIG_NUMBER, GLOBAL(slow_client_timeout),
     1, 86400, true, "60", NULL,
     "Seconds after which a client is disconnected that takes nothing of the\n"
     "megabyte that waits for it; 0: never. (Not in mosquitto.)"},
    {"slow_client_action", CONFIG_CHOICE, GLOBAL(slow_client_action),
     NO_RANGE, "drop", "drop | disconnect",
     "What happens when a megabyte waits for a client: drop messages of QoS 0\n"
     "and let others queue until slow_client_timeout, or disconnect it at once.\n"
     "(Not in mosquitto.)"},
    {"max_messages_per_second", CONFIG_NUMBER, GLOBAL(max_messages_per_second),
     1, 1000000000, true, "0", NULL,
     "Messages that one client may publish, those of one second at once;\n"
     "0: no limit. (Not in mosquitto.)"},
    {"max_bytes_per_second", CONFIG_SIZE, GLOBAL(max_bytes_per_second),
     1, INT64_C(1) << 40, true, "0", NULL,
     "The same for the bytes of all its packets. (Not in mosquitto.)"},
    {"rate_limit_action", CONFIG_CHOICE, GLOBAL(rate_limit_action),
     NO_RANGE, "delay", "delay | disconnect",
     "What happens to a client that sends more: it is not read from for a\n"
     "while, or disconnected. (Not in mosquitto.)"},
    {"max_retained_messages", CONFIG_NUMBER, GLOBAL(max_retained_messages),
     1, UINT32_MAX, true, "1000000", NULL,
     "Retained messages; 0: no limit. (Not in mosquitto.)"},
    {"max_retained_bytes", CONFIG_SIZE, GLOBAL(max_retained_bytes),
     1, INT64_MAX, true, "512M", NULL,
     "Bytes of retained messages; 0: no limit. (Not in mosquitto.)"},

    {"log_dest", CONFIG_LOG_DEST, NO_MEMBER, NO_RANGE, "stderr",
     "stdout | stderr | file PATH | syslog | topic | none",
     "Where log lines go; may be given several times. topic is\n"
     "$SYS/broker/log/E for errors, W, N, I, M/subscribe and M/unsubscribe;\n"
     "debug lines do not go there. In the background the default is syslog."},
    {"log_facility", CONFIG_NUMBER, GLOBAL(log_facility), 0, 7, false, NULL,
     NULL, "The facility of syslog, local0 to local7. Without it: daemon."},
    {"log_type", CONFIG_LOG_TYPE, NO_MEMBER, NO_RANGE, NULL,
     "error | warning | notice | information | debug | subscribe |\n"
     "unsubscribe | websockets | all | none",
     "What is logged; may be given several times. The default is error,\n"
     "warning, notice and information."},
    {"connection_messages", CONFIG_BOOL, GLOBAL(connection_messages),
     NO_RANGE, "true", NULL,
     "Whether clients that connect and disconnect are logged."},
    {"log_timestamp", CONFIG_BOOL, GLOBAL(log_timestamp),
     NO_RANGE, "true", NULL,
     "Whether log lines begin with the time."},
    {"log_timestamp_format", CONFIG_STRING, GLOBAL(log_timestamp_format),
     NO_RANGE, NULL, "FORMAT",
     "The time as strftime writes it, %H:%M:%S for example. The default is\n"
     "seconds since 1970."},
    {"show_passwords", CONFIG_BOOL, AT_START(show_passwords),
     NO_RANGE, "false", NULL,
     "Whether dashboard and recordings show the passwords that clients\n"
     "send, as everybody can see them who reads the wire. For labs. (Not in\n"
     "mosquitto.)"},
    {"pid_file", CONFIG_STRING, AT_START(pid_file), NO_RANGE, NULL, "PATH",
     "Write the process id into this file."},
    {"user", CONFIG_STRING, AT_START(user), NO_RANGE, NULL, "NAME",
     "When started by root, become this user as soon as the ports are open;\n"
     "no effect otherwise. Without it the broker stays who it is, unlike\n"
     "mosquitto, which becomes the user mosquitto, or nobody."},
    {"include_dir", CONFIG_INCLUDE_DIR, NO_MEMBER, NO_RANGE, NULL, "DIR",
     "Read all files DIR/*.conf, in order of their names, A a B b."},
    {.name = NULL},
};

/* clang-format on */

const struct config_option *config_table(void)
{
    return options;
}

const struct config_option *config_table_find(const char *name)
{
    for (const struct config_option *o = options; o->name; o++) {
        if (config_names_match(o->name, name))
            return o;
    }
    return NULL;
}
