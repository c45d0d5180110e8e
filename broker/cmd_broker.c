/*
 * mqttlab broker, mosquitto: run a broker.
 */
#include "base/options.h"
#include "base/process.h"
#include "broker/access.h"
#include "broker/broker.h"
#include "broker/commands.h"
#include "broker/config.h"
#include "broker/durable.h"
#include "broker/log_output.h"
#include "broker/log_topics.h"
#include "broker/port_trouble.h"
#include "broker/secure.h"
#include "broker/service.h"
#include "broker/signals.h"
#include "broker/snapshot.h"
#include "broker/web.h"
#include "net/loop.h"
#include "wire/control.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    EXIT_STOPPED = 0,
    EXIT_UNUSABLE = 1, /* a port, a file, a user */
    EXIT_MISTAKE = 3,  /* an option, the configuration */
};

#define MAX_PORTS 10

enum {
    OPTION_CONFIG = 1,
    OPTION_PORT,
    OPTION_VERBOSE,
    OPTION_DAEMON,
    OPTION_CHECK,
    OPTION_OPTIONS,
    OPTION_CONTROL,
    OPTION_NO_CONTROL,
    OPTION_WITH_KEYS,
    OPTION_HELP,
};

/* clang-format off */
static const struct option_spec table[] = {
    {OPTION_CONFIG, 'c', "config-file", "FILE",
     "read this configuration (mosquitto.conf's syntax)"},
    {OPTION_PORT, 'p', "port", "PORT",
     "listen on 127.0.0.1, port PORT; up to 10 times for\n"
     "several. Without -p and without a listener in FILE:\n"
     "MQTTLAB_PORT, or 1883"},
    {OPTION_VERBOSE, 'v', "verbose", NULL,
     "log every packet; the same as log_type all"},
    {OPTION_DAEMON, 'd', "daemon", NULL, "run in the background"},
    {OPTION_CHECK, 0, "check", NULL,
     "only say what is wrong with the configuration"},
    {OPTION_CHECK, 0, "test-config", NULL, "the same by its other name"},
    {OPTION_OPTIONS, 0, "options", NULL,
     "print what a configuration may contain"},
    {OPTION_CONTROL, 0, "control", NULL,
     "let the dashboard find this broker and look inside\n"
     "(the default)"},
    {OPTION_NO_CONTROL, 0, "no-control", NULL, "do not"},
    {OPTION_WITH_KEYS, 0, "with-keys", NULL,
     "give the keys of TLS to those who look inside:\n"
     "their recordings can be read by whoever has them,\n"
     "as Wireshark does"},
    {OPTION_HELP, 'h', "help", NULL, "print this"},
    {0},
};
/* clang-format on */

/* What the command line asks for. */
struct request {
    const char *config_file; /* NULL: none */
    uint16_t ports[MAX_PORTS];
    size_t port_count;
    bool verbose;
    bool daemon;
    bool check;
    bool control;
    bool with_keys;
};

struct run {
    const char *name; /* of the program, for messages */
    struct request request;
    struct config config;
    struct access **access; /* of each listener; the broker's once it runs */
    struct log_output output;
    struct loop loop;
    struct broker *broker;
    struct signals signals;
    int ready; /* whom to tell that we run; -1: nobody */
};

/* --- the command line ----------------------------------------------------- */

static void print_help(const char *name)
{
    printf("Usage: %s [OPTIONS]\n"
           "Run an MQTT broker: versions 3.1, 3.1.1 and 5.\n\n",
           name);
    options_help(table, stdout);
}

static bool add_port(const struct options *options, struct request *request,
                     char *error, size_t error_size)
{
    long port;

    if (request->port_count == MAX_PORTS) {
        snprintf(error, error_size, "%s: at most %d of them", options->given,
                 MAX_PORTS);
        return false;
    }
    if (!options_number(options, 0, 65535, &port, error, error_size))
        return false;
    request->ports[request->port_count++] = (uint16_t)port;
    return true;
}

/* Returns -1 to go on, or the exit code. */
static int parse(struct run *run, int argc, char **argv)
{
    const char *name = run->name;
    struct request *request = &run->request;
    struct options options;
    char error[200];
    int id;

    request->control = true;
    options_init(&options, table, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        error[0] = '\0';
        if (id == OPTIONS_ERROR)
            snprintf(error, sizeof(error), "%s", options.error);
        else if (id == OPTIONS_WORD)
            snprintf(error, sizeof(error), "'%s' is not an option",
                     options.value);
        else if (id == OPTION_CONFIG)
            request->config_file = options.value;
        else if (id == OPTION_PORT)
            add_port(&options, request, error, sizeof(error));
        else if (id == OPTION_VERBOSE)
            request->verbose = true;
        else if (id == OPTION_DAEMON)
            request->daemon = true;
        else if (id == OPTION_CHECK)
            request->check = true;
        else if (id == OPTION_CONTROL || id == OPTION_NO_CONTROL)
            request->control = id == OPTION_CONTROL;
        else if (id == OPTION_WITH_KEYS)
            request->with_keys = true;
        else if (id == OPTION_OPTIONS)
            config_help(stdout);
        else
            print_help(name);
        if (error[0]) {
            fprintf(stderr, "%s: %s; %s --help lists the options\n", name,
                    error, name);
            return EXIT_MISTAKE;
        }
        if (id == OPTION_HELP || id == OPTION_OPTIONS)
            return EXIT_STOPPED;
    }
    return -1;
}

/* Does the file have a listener on this port? -p may name it again. 0 is
   another one each time. */
static bool has_port(const struct config *config, uint16_t port)
{
    if (!port)
        return false;
    for (size_t i = 0; i < config->listener_count; i++) {
        if (config->listeners[i].port == port)
            return true;
    }
    return false;
}

/* Where clients look for a broker when they are told nothing; 0 when that is
   the usual port, or no port at all. */
static uint16_t chosen_port(void)
{
    const char *text = getenv("MQTTLAB_PORT");
    char *end;
    long port = text ? strtol(text, &end, 10) : 0;

    return text && *text && !*end && port > 0 && port <= UINT16_MAX
               ? (uint16_t)port
               : 0;
}

/* What the file and the command line say. */
static bool configure(const struct run *run, struct config *config,
                      struct config_problems *problems)
{
    config_init(config);
    if (run->request.config_file)
        config_read(config, run->request.config_file, problems);
    for (size_t i = 0; i < run->request.port_count; i++) {
        if (!has_port(config, run->request.ports[i]))
            config_add_listener(config, run->request.ports[i], NULL);
    }
    if (!config->listener_count && chosen_port())
        config_add_listener(config, chosen_port(), NULL);
    if (run->request.verbose)
        config->log_types = CONFIG_LOG_ALL;
    if (run->request.daemon && !config->says_log_dests)
        config->log_dests = CONFIG_LOG_SYSLOG;
    config->record_keys = run->request.with_keys;
    config_finish(config);
    config_check(config, problems);
    return problems->count == 0;
}

/* At the start: returns false after telling what is wrong. */
static bool configure_first(struct run *run)
{
    struct config_problems problems = {.to = stderr};

    configure(run, &run->config, &problems);
    run->access = access_load(&run->config, &problems);
    /* Only for --check here: a plugin may not outlive a fork. */
    if (run->request.check && !run->config.lacks_files)
        secure_check(&run->config, &problems);
    if (run->request.check && run->access)
        access_open(run->access, run->config.listener_count, &problems);
    if (!problems.count)
        return true;
    fprintf(stderr,
            "%s: %s has %u problem%s; %s --options explains what it "
            "may contain\n",
            run->name,
            run->request.config_file ? run->request.config_file
                                     : "the command line",
            problems.count, problems.count == 1 ? "" : "s", run->name);
    return false;
}

/* --- starting ------------------------------------------------------------- */

/* To the log, and to the terminal if the log goes elsewhere. */
static void complain(struct run *run, const char *text)
{
    log_error(&run->output.log, "%s", text);
    if (!(run->config.log_dests & CONFIG_LOG_STDERR) ||
        !(run->config.log_types & CONFIG_LOG_ERROR))
        fprintf(stderr, "%s: %s\n", run->name, text);
}

static bool listen_everywhere(struct run *run)
{
    char text[512];

    for (size_t i = 0; i < run->config.listener_count; i++) {
        int error = broker_listen(run->broker, i);

        if (error) {
            port_trouble_explain(&run->config.listeners[i], error, text,
                                 sizeof(text));
            complain(run, text);
            return false;
        }
    }
    return true;
}

static void remove_pid_file(const struct run *run)
{
    if (run->config.pid_file)
        unlink(run->config.pid_file);
}

/* What must be done while we are still who started us, and then who we are to
   be. */
static bool settle_down(struct run *run)
{
    const struct config *config = &run->config;
    char text[400] = "";
    int error = 0;

    if (config->pid_file &&
        (error = service_write_pid_file(config->pid_file)) != 0) {
        snprintf(text, sizeof(text), "pid_file %.200s: %s", config->pid_file,
                 strerror(-error));
    } else if (config->user &&
               (error = service_become_user(config->user)) != 0) {
        snprintf(text, sizeof(text), "user %.200s: %s", config->user,
                 error == -ENOENT ? "there is no such user" : strerror(-error));
        remove_pid_file(run);
    }
    if (error)
        complain(run, text);
    return !error;
}

/* As the user who we are now: what was there before clients come. */
static bool open_store(struct run *run)
{
    char error[DURABLE_TEXT_BYTES];

    if (!run->config.persistence || durable_open(run->broker, error))
        return true;
    complain(run, error);
    remove_pid_file(run);
    return false;
}

/* The port that the broker is known by: of the first listener that speaks MQTT
   as it is, if there is one. */
static uint16_t usual_port(const struct run *run)
{
    for (size_t i = 0; i < run->config.listener_count; i++) {
        const struct config_listener *listener = &run->config.listeners[i];

        if (listener->protocol == CONFIG_MQTT && !listener->path &&
            !config_wants_tls(listener))
            return broker_port(run->broker, i);
    }
    return broker_port(run->broker, 0);
}

static void open_control(struct run *run)
{
    char text[500];
    int error = 0;

    if (run->request.control)
        error = broker_open_control(run->broker, usual_port(run));
    if (!error)
        return;
    control_explain(error, text, sizeof(text));
    log_warning(&run->output.log,
                "The dashboard will not find this broker: %s.", text);
}

static void say_what_is_used(struct run *run)
{
    const struct log *log = &run->output.log;

    log_info(log, "mqttlab version " MQTTLAB_VERSION " starting");
    if (run->request.config_file)
        log_info(log, "Config loaded from %s.", run->request.config_file);
    else
        log_info(log, "Using default config.");
    if (run->config.record_keys)
        log_warning(log, "The keys of TLS are given to all who look inside: "
                         "their recordings can be decrypted.");
    if (!run->config.names_listeners)
        log_info(log,
                 "No listener is configured: only clients on this machine "
                 "can connect%s.",
                 run->config.listeners[0].allow_anonymous
                     ? ", and they need no user name"
                     : "");
}

/* --- running -------------------------------------------------------------- */

static void on_stopped(struct broker *broker)
{
    struct run *run = broker->owner;

    signals_close(&run->signals);
    loop_stop(&run->loop); /* timers of sessions that are away still run */
}

static void stop(struct run *run)
{
    if (!run->broker->stopping)
        log_info(&run->output.log,
                 "mqttlab version " MQTTLAB_VERSION " terminating");
    broker_stop(run->broker, on_stopped, run);
}

/* Each line of a report, as an error or, if it says so, a warning. */
static void log_report(const struct log *log, char *report)
{
    char *rest = report;
    char *line;

    while ((line = strsep(&rest, "\n")) != NULL) {
        char *warning = strstr(line, "warning: ");

        if (warning)
            log_warning(log, "%.*s%s", (int)(warning - line), line,
                        warning + strlen("warning: "));
        else if (*line)
            log_error(log, "%s", line);
    }
}

/* The file may be gone from where it was, and the configuration is new. */
static void reopen_log(struct run *run)
{
    int error = log_output_reopen(&run->output);

    if (error)
        log_error(&run->output.log, "log_dest file %s: %s",
                  run->config.log_file, strerror(-error));
}

static void reload(struct run *run)
{
    const struct log *log = &run->output.log;
    struct config_problems problems = {0};
    struct config fresh;
    char *report = NULL;
    size_t len;

    log_info(log, "Reloading config.");
    problems.to = open_memstream(&report, &len);
    bool good = configure(run, &fresh, &problems) &&
                reload_run(run->broker, &run->config, &fresh, &problems);
    if (problems.to)
        fclose(problems.to);
    reopen_log(run);
    reload_tell(run->broker, good, report);
    if (report)
        log_report(log, report);
    if (!good)
        log_error(log, "The configuration stays as it was.");
    config_release(&fresh);
    free(report);
}

static void save(struct run *run)
{
    if (run->broker->save)
        run->broker->save(run->broker);
    else
        log_notice(&run->output.log,
                   "Nothing is saved: persistence is not true.");
}

static void on_signal(void *owner, enum signals_wish wish)
{
    struct run *run = owner;

    switch (wish) {
    case SIGNALS_STOP: stop(run); break;
    case SIGNALS_RELOAD: reload(run); break;
    case SIGNALS_SAVE: save(run); break;
    case SIGNALS_SHOW: snapshot_log(run->broker); break;
    }
}

static void tell_parent(struct run *run, int status)
{
    if (run->ready >= 0)
        service_ready(run->ready, status);
    run->ready = -1;
}

/* Each line of a report. */
static void complain_of_all(struct run *run, char *report)
{
    char *rest = report;
    char *line;

    while ((line = strsep(&rest, "\n")) != NULL) {
        if (strstr(line, "warning: "))
            log_report(&run->output.log, line);
        else if (*line)
            complain(run, line);
    }
}

/* Certificates are read, plugins begin, and the broker has its rules. */
static bool guard(struct run *run)
{
    struct config_problems problems = {0};
    char *report = NULL;
    size_t len;

    problems.to = open_memstream(&report, &len);
    bool good = secure_open(run->broker, &problems) &&
                web_open(run->broker, &problems) &&
                access_open(run->access, run->config.listener_count, &problems);
    if (problems.to)
        fclose(problems.to);
    if (report)
        complain_of_all(run, report);
    free(report);
    if (!good)
        return false;
    access_start(run->broker, run->access);
    run->access = NULL;
    return true;
}

/* With the broker made: until it is stopped. */
static int serve(struct run *run)
{
    if (!guard(run))
        return EXIT_MISTAKE;
    /* Before anybody can know that we are there: who sees the port or the pid
       file may send a signal at once. */
    signals_open(&run->signals, &run->loop, on_signal, run);
    if (!listen_everywhere(run) || !settle_down(run) || !open_store(run)) {
        signals_close(&run->signals);
        broker_stop(run->broker, NULL, NULL);
        loop_run(&run->loop);
        return EXIT_UNUSABLE;
    }
    open_control(run);
    log_info(&run->output.log, "mqttlab version " MQTTLAB_VERSION " running");
    tell_parent(run, EXIT_STOPPED);
    loop_run(&run->loop);
    remove_pid_file(run);
    return EXIT_STOPPED;
}

static int run_broker(struct run *run)
{
    signal(SIGPIPE, SIG_IGN); /* who reads our log may go away */
    process_many_descriptors();
    service_keep_memory();

    int error = loop_init(&run->loop);
    if (error) {
        fprintf(stderr, "%s: %s\n", run->name, strerror(-error));
        return EXIT_UNUSABLE;
    }
    say_what_is_used(run);
    run->broker = broker_new(&run->loop, &run->config, &run->output.log);
    run->output.topics = log_topics_new(run->broker);
    int status = serve(run);
    if (!durable_close(run->broker->durable))
        status = EXIT_UNUSABLE;
    log_topics_free(run->output.topics);
    run->output.topics = NULL;
    broker_free(run->broker);
    loop_release(&run->loop);
    return status;
}

static int start(struct run *run)
{
    if (run->request.daemon)
        run->ready = service_daemonise();
    if (run->request.daemon && run->ready < 0) {
        fprintf(stderr, "%s: %s\n", run->name, strerror(-run->ready));
        return EXIT_UNUSABLE;
    }
    int status = EXIT_UNUSABLE;
    int error = log_output_open(&run->output, &run->config);
    if (error)
        fprintf(stderr, "%s: log_dest file %s: %s\n", run->name,
                run->config.log_file, strerror(-error));
    else
        status = run_broker(run);
    log_output_close(&run->output);
    tell_parent(run, status);
    return status;
}

int cmd_broker(int argc, char **argv)
{
    struct run run = {
        .name = strcmp(argv[0], "broker") == 0 ? "mqttlab broker" : argv[0],
        .ready = -1,
    };
    int status = parse(&run, argc, argv);

    if (status >= 0)
        return status;
    status = EXIT_MISTAKE;
    if (configure_first(&run)) {
        status = EXIT_STOPPED;
        if (run.request.check)
            printf("%s: no problems\n", run.request.config_file
                                            ? run.request.config_file
                                            : "the default configuration");
        else
            status = start(&run);
    }
    access_unref_all(run.access, run.config.listener_count);
    config_release(&run.config);
    return status;
}
