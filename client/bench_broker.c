#include "client/bench_broker.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "certs/certs.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Nothing but windows may hold a publisher back: no limits on queues, and
   as much in flight as the standard allows. */
static const char configuration[] = "listener %d 127.0.0.1\n"
                                    "allow_anonymous true\n"
                                    "max_queued_messages 0\n"
                                    "max_inflight_messages 65535\n"
                                    "log_type error\n"
                                    "log_type warning\n";
static const char persistence[] = "persistence true\n"
                                  "persistence_location %s/\n"
                                  "persistence_sync full\n";

static bool is_other_program(const char *path, const char *self)
{
    char real[PATH_MAX];

    return access(path, X_OK) == 0 && realpath(path, real) &&
           strcmp(real, self) != 0;
}

bool bench_broker_find(const char *name, const char *self, char *path,
                       size_t size)
{
    static const char usual[] = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin";
    const char *lists[] = {usual, getenv("PATH")};

    if (strchr(name, '/')) {
        snprintf(path, size, "%s", name);
        return is_other_program(path, self);
    }
    for (size_t i = 0; i < 2; i++) {
        const char *at = lists[i];

        while (at && *at) {
            size_t len = strcspn(at, ":");

            snprintf(path, size, "%.*s/%s", (int)len, at, name);
            if (is_other_program(path, self))
                return true;
            at += len + (at[len] == ':');
        }
    }
    return false;
}

/* --- files ---------------------------------------------------------------- */

/* Of a file in its folder; owned by the caller. */
static char *path_of(const struct bench_broker *broker, const char *name)
{
    return alloc_printf("%s/%s", broker->folder, name);
}

/* A certificate for 127.0.0.1; the files are only for who we are. Returns false
   with a message in why. */
static bool write_certificate(struct bench_broker *broker, FILE *file,
                              char *why, size_t why_size)
{
    struct certs_request request = {
        .folder = broker->folder,
        .name = CERTS_AUTHORITY,
        .common_name = "mqttlab bench",
    };
    struct certs_request server = {
        .folder = broker->folder,
        .name = "server",
        .names = "127.0.0.1,localhost",
    };
    const struct passwd *user = getpwuid(geteuid());
    struct buf told = {0};
    struct buf wrong = {0};

    bool good = certs_ca(&request, &told, &wrong) &&
                certs_server(&server, &told, &wrong);
    if (!good)
        snprintf(why, why_size, "%s", buf_string(&wrong));
    buf_release(&told);
    buf_release(&wrong);
    broker->cafile = path_of(broker, "ca.crt");
    fprintf(file, "certfile %s/server.crt\nkeyfile %s/server.key\n",
            broker->folder, broker->folder);
    fprintf(file, "cafile %s\n", broker->cafile);
    if (user)
        fprintf(file, "user %s\n", user->pw_name);
    return good;
}

/* Returns false with a message in why. */
static bool make_folder(struct bench_broker *broker, char *why, size_t why_size)
{
    const char *tmp = getenv("TMPDIR");

    broker->folder =
        alloc_printf("%s/mqttlab-bench.XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (mkdtemp(broker->folder))
        return true;
    snprintf(why, why_size, "no folder can be made in %s: %s",
             tmp && *tmp ? tmp : "/tmp", strerror(errno));
    free(broker->folder);
    broker->folder = NULL;
    return false;
}

/* Into its folder. Returns false with a message in why. */
static bool write_configuration(struct bench_broker *broker,
                                const struct bench_program *program, char *why,
                                size_t why_size)
{
    char *path = path_of(broker, "conf");
    FILE *file = fopen(path, "w");

    free(path);
    if (!file) {
        snprintf(why, why_size, "%s", strerror(errno));
        return false;
    }
    /* mosquitto 2.0.11 starts with no listener that is for WebSocket only. */
    if (program->websockets)
        fprintf(file, "listener %d 127.0.0.1\n", broker->plain_port.number);
    fprintf(file, configuration, broker->port.number);
    if (program->persistence)
        fprintf(file, persistence, broker->folder);
    if (program->websockets)
        fputs("protocol websockets\n", file);
    bool good = !program->tls || write_certificate(broker, file, why, why_size);
    bool written = fclose(file) == 0;
    if (good && !written)
        snprintf(why, why_size, "%s", strerror(errno));
    return good && written;
}

/* All that it and we have put into its folder; there are no folders in it. */
static void remove_files(struct bench_broker *broker)
{
    DIR *folder = broker->folder ? opendir(broker->folder) : NULL;

    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = path_of(broker, entry->d_name);

        unlink(path);
        free(path);
    }
    if (folder)
        closedir(folder);
    if (broker->folder)
        rmdir(broker->folder);
    free(broker->folder);
    free(broker->cafile);
    broker->folder = NULL;
    broker->cafile = NULL;
}

/* The last line that the broker wrote, to say why it does not run. */
static void last_words(const struct bench_broker *broker, char *text,
                       size_t size)
{
    char *path = path_of(broker, "log");
    char line[200];
    FILE *file = fopen(path, "r");

    free(path);
    snprintf(text, size, "it says nothing");
    while (file && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        snprintf(text, size, "%s", line);
    }
    if (file)
        fclose(file);
}

/* --- the process ---------------------------------------------------------- */

static bool listens(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok =
        fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address));

    if (fd >= 0)
        close(fd);
    return ok;
}

/* The words for the shell, with what stands for file and port filled in; owned
   by the caller. */
static char *shell_words(const struct bench_broker *broker, const char *command,
                         const char *conf)
{
    struct buf text = {0};
    char port[8];

    snprintf(port, sizeof(port), "%u", (unsigned)broker->port.number);
    buf_append_string(&text, "exec ");
    while (*command) {
        if (!strncmp(command, "{conf}", 6)) {
            buf_append_string(&text, conf);
            command += 6;
        } else if (!strncmp(command, "{port}", 6)) {
            buf_append_string(&text, port);
            command += 6;
        } else {
            buf_append_u8(&text, (uint8_t)*command++);
        }
    }
    char *words = alloc_string(buf_string(&text));
    buf_release(&text);
    return words;
}

static int spawn(struct bench_broker *broker, char **words)
{
    posix_spawn_file_actions_t actions;
    char *log = path_of(broker, "log");

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log,
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    /* It announces itself where nobody looks but who reads its records. */
    setenv("MQTTLAB_RUNTIME_DIR", broker->folder, 1);
    int error =
        posix_spawn(&broker->pid, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    free(log);
    if (error)
        broker->pid = 0;
    return -error;
}

static int run(struct bench_broker *broker, const struct bench_program *program)
{
    static char shell[] = "/bin/sh";
    static char broker_word[] = "broker";
    static char c_word[] = "-c";
    char *conf = path_of(broker, "conf");
    char *path = alloc_string(program->command);
    int error;

    if (program->own) {
        error =
            spawn(broker, (char *[]){path, broker_word, c_word, conf, NULL});
    } else if (strchr(path, '{')) {
        char *text = shell_words(broker, path, conf);

        error = spawn(broker, (char *[]){shell, c_word, text, NULL});
        free(text);
    } else {
        error = spawn(broker, (char *[]){path, c_word, conf, NULL});
    }
    free(path);
    free(conf);
    return error;
}

static bool has_ended(struct bench_broker *broker)
{
    if (waitpid(broker->pid, NULL, WNOHANG) != broker->pid)
        return false;
    broker->pid = 0;
    return true;
}

/* Five seconds at most. */
static bool wait_until_it_listens(struct bench_broker *broker)
{
    for (int i = 0; i < 500; i++) {
        if (has_ended(broker))
            return false;
        if (listens(broker->port.number))
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return false;
}

static bool try_to_start(struct bench_broker *broker,
                         const struct bench_program *program, char *why,
                         size_t why_size)
{
    *broker = (struct bench_broker){0};
    int error = free_port_take(&broker->port);
    if (!error && program->websockets)
        error = free_port_take(&broker->plain_port);
    if (error)
        snprintf(why, why_size, "no port is free: %s", strerror(-error));
    else if (make_folder(broker, why, why_size) &&
             write_configuration(broker, program, why, why_size)) {
        error = run(broker, program);
        if (!error && wait_until_it_listens(broker))
            return true;
        if (error)
            snprintf(why, why_size, "%s", strerror(-error));
        else
            last_words(broker, why, why_size);
    }
    bench_broker_stop(broker);
    return false;
}

bool bench_broker_start(struct bench_broker *broker,
                        const struct bench_program *program, char *error,
                        size_t error_size)
{
    char why[200];

    /* Somebody else may have taken the port meanwhile. */
    for (int i = 0; i < 3; i++) {
        if (try_to_start(broker, program, why, sizeof(why)))
            return true;
    }
    snprintf(error, error_size, "%s does not start: %s", program->name, why);
    return false;
}

void bench_broker_stop(struct bench_broker *broker)
{
    if (broker->pid > 0) {
        kill(broker->pid, SIGTERM);
        for (int i = 0; i < 200 && broker->pid; i++) {
            if (!has_ended(broker))
                nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        }
    }
    if (broker->pid > 0) {
        kill(broker->pid, SIGKILL);
        waitpid(broker->pid, NULL, 0);
        broker->pid = 0;
    }
    free_port_release(&broker->port);
    free_port_release(&broker->plain_port);
    remove_files(broker);
}
