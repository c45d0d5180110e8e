/*
 * mqttlab passwd, mosquitto_passwd: change a password file.
 */
#include "base/buf.h"
#include "base/options.h"
#include "broker/commands.h"
#include "broker/password.h"
#include "broker/text_file.h"
#include "mqtt/utf8.h"

#include <openssl/crypto.h>

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum {
    EXIT_DONE = 0,
    EXIT_WRONG = 1,
    EXIT_MISMATCH = 2, /* the two passwords that were typed */
};

enum {
    OPTION_BATCH = 1,
    OPTION_CREATE,
    OPTION_DELETE,
    OPTION_HASH,
    OPTION_ITERATIONS,
    OPTION_UPGRADE,
    OPTION_HELP,
};

#define MAX_USER_NAME 65535u
#define MAX_SECRET    65535u
#define MAX_TYPED     1024u
#define MAX_WORDS     3

/* clang-format off */
static const struct option_spec table[] = {
    {OPTION_BATCH, 'b', NULL, NULL,
     "the password is the last word; others can read it\n"
     "in your history"},
    {OPTION_CREATE, 'c', NULL, NULL,
     "make a new file; one that is there is overwritten"},
    {OPTION_DELETE, 'D', NULL, NULL, "remove the user"},
    {OPTION_HASH, 'H', NULL, "HASH",
     "sha512-pbkdf2 (the default), sha512 (for mosquitto\n"
     "1.6), or scram-sha-256 (for authentication by\n"
     "SCRAM-SHA-256)"},
    {OPTION_ITERATIONS, 'I', NULL, "NUMBER",
     "how often to hash, 1 to 10000000: makes guessing slow.\n"
     "The default is 101, and 4096 for scram-sha-256"},
    {OPTION_UPGRADE, 'U', NULL, NULL,
     "hash the passwords of a file that has them in\n"
     "plain text"},
    {OPTION_HELP, 0, "help", NULL, "print this"},
    {0},
};
/* clang-format on */

struct request {
    const char *program;
    bool batch;
    bool create;
    bool delete;
    bool upgrade;
    bool help;
    enum password_hash hash;
    uint32_t iterations; /* 0: the usual number */
    const char *words[MAX_WORDS];
    int word_count;
};

/* ---- the command line ---- */

static int error_out(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static int error_out(const char *format, ...)
{
    va_list args;

    fputs("Error: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return EXIT_WRONG;
}

static void print_help(const char *program)
{
    printf("Usage: %s [-H HASH] [-I NUMBER] [-c | -D] FILE USER\n"
           "       %s [-H HASH] [-I NUMBER] [-c] -b FILE USER PASSWORD\n"
           "       %s [-H HASH] [-I NUMBER] -U FILE\n"
           "Add a user to a password file, or change one's password.\n\n",
           program, program, program);
    options_help(table, stdout);
}

/* Returns false after saying what is wrong. */
static bool read_hash(struct request *request, const char *name)
{
    if (!strcmp(name, "sha512-pbkdf2"))
        request->hash = PASSWORD_PBKDF2_SHA512;
    else if (!strcmp(name, "sha512"))
        request->hash = PASSWORD_SHA512;
    else if (!strcmp(name, "scram-sha-256"))
        request->hash = PASSWORD_SCRAM_SHA256;
    else
        return !error_out("Unknown hash type '%s'", name);
    return true;
}

static bool read_iterations(struct request *request, const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (*end || number <= 0)
        return !error_out("Number of iterations must be > 0.");
    if (number > (long)PASSWORD_MAX_ITERATIONS)
        return !error_out("Number of iterations must be at most 10000000.");
    request->iterations = (uint32_t)number;
    return true;
}

/* Returns false after saying what is wrong, if that is not the usage. */
static bool read_option(struct request *request, const struct options *options,
                        int id)
{
    switch (id) {
    case OPTION_BATCH: request->batch = true; return true;
    case OPTION_CREATE: request->create = true; return true;
    case OPTION_DELETE: request->delete = true; return true;
    case OPTION_UPGRADE: request->upgrade = true; return true;
    case OPTION_HELP: request->help = true; return true;
    case OPTION_HASH: return read_hash(request, options->value);
    case OPTION_ITERATIONS: return read_iterations(request, options->value);
    case OPTIONS_WORD:
        if (request->word_count == MAX_WORDS)
            break;
        request->words[request->word_count++] = options->value;
        return true;
    default:
        if (options->given &&
            (!strcmp(options->given, "-H") || !strcmp(options->given, "-I")))
            return !error_out(
                "%s argument given but not enough other arguments.",
                options->given);
        break;
    }
    print_help(request->program);
    return false;
}

static bool exclude(bool one, bool other, const char *names)
{
    return !(one && other) || !error_out("%s cannot be used together.", names);
}

/* How many words the request takes. */
static bool check_words(const struct request *request)
{
    int wanted = request->upgrade ? 1 : request->batch ? 3 : 2;

    if (request->word_count == wanted)
        return true;
    if (request->word_count < wanted && request->delete)
        error_out("-D argument given but password file or username "
                  "missing.");
    else if (request->word_count < wanted && request->create)
        error_out("-c argument given but password file or username "
                  "missing.");
    else
        print_help(request->program);
    return false;
}

static bool check_user(const char *user)
{
    if (!user)
        return true;
    if (!user[0])
        return !error_out("Username must not be empty.");
    if (strlen(user) > MAX_USER_NAME)
        return !error_out("Username must be less than 65536 characters long.");
    if (strpbrk(user, ":\r\n"))
        return !error_out("%s", strchr(user, ':')
                                    ? "Username must not contain the ':' "
                                      "character."
                                    : "Username must be one line.");
    if (user[0] == '#')
        return !error_out("Username must not begin with '#': its line would "
                          "be a comment.");
    if (!utf8_valid(slice_of_string(user))) /* [MQTT-3.1.3-12] */
        return !error_out("Username must be UTF-8: no client could send it.");
    return true;
}

/* Returns -1 to go on, or the exit code. */
static int parse(struct request *request, int argc, char **argv)
{
    struct options options;
    int id;

    options_init(&options, table, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        if (!read_option(request, &options, id))
            return EXIT_WRONG;
    }
    if (request->help) {
        print_help(request->program);
        return EXIT_DONE;
    }
    return exclude(request->create, request->delete, "-c and -D") &&
                   exclude(request->create, request->upgrade, "-c and -U") &&
                   exclude(request->delete, request->upgrade, "-D and -U") &&
                   exclude(request->batch, request->delete, "-b and -D") &&
                   check_words(request) && check_user(request->words[1])
               ? -1
               : EXIT_WRONG;
}

/* ---- the password ---- */

/* The signal that ended the typing; 0: none. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    interrupted = number;
}

/* One line of standard input, which a terminal does not show. It shows again
   what is typed whichever way this ends: an interrupt waits until then. */
static bool read_unseen(char *typed, size_t size)
{
    struct sigaction catch = {.sa_handler = on_interrupt};
    struct sigaction before;
    struct termios usual;

    if (tcgetattr(STDIN_FILENO, &usual) != 0)
        return fgets(typed, (int)size, stdin) != NULL;

    struct termios silent = usual;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    sigaction(SIGINT, &catch, &before);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    bool got = fgets(typed, (int)size, stdin) != NULL;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &usual);
    sigaction(SIGINT, &before, NULL);
    if (interrupted)
        raise(interrupted);
    return got;
}

/* Ask for it on standard output. Returns false when there is none. */
static bool ask(const char *prompt, char *typed, size_t size)
{
    fputs(prompt, stdout);
    fflush(stdout);
    bool got = read_unseen(typed, size);
    if (got)
        typed[strcspn(typed, "\r\n")] = '\0';
    return got && typed[0];
}

/* Twice the same. Returns -1 to go on, or the exit code. */
static int ask_twice(char *typed, size_t size)
{
    char again[MAX_TYPED] = "";
    int status = -1;

    setvbuf(stdin, NULL, _IONBF, 0); /* which would keep a copy */
    if (!ask("Password: ", typed, size))
        return error_out("Empty password.");
    if (!ask("\nReenter password: ", again, sizeof(again)))
        status = error_out("Empty password.");
    else if (strcmp(typed, again) != 0) {
        error_out("Passwords do not match.");
        status = EXIT_MISMATCH;
    }
    if (again[0])
        puts("");
    OPENSSL_cleanse(again, sizeof(again));
    return status;
}

static bool put_line(const struct request *request, struct slice user,
                     struct slice secret, struct buf *out)
{
    struct password password;

    if (!password_make(&password, request->hash, request->iterations, secret))
        return !error_out("Insufficient entropy available to perform "
                          "password generation.");
    buf_append_slice(out, user);
    buf_append_u8(out, ':');
    password_put(&password, out);
    buf_append_u8(out, '\n');
    return true;
}

/* ---- the file ---- */

/* "USER:REST"; false for a comment, an empty line and one that is neither. */
static bool split(struct slice line, struct slice *user, struct slice *rest)
{
    const uint8_t *colon = line.len ? memchr(line.bytes, ':', line.len) : NULL;

    if (!colon || line.bytes[0] == '#')
        return false;
    *user = slice_first(line, (size_t)(colon - line.bytes));
    *rest = slice_skip(line, user->len + 1);
    return true;
}

static bool is_idle(struct slice line)
{
    return !line.len || line.bytes[0] == '#';
}

/*
 * Copy the lines of old to out; that of user becomes the line given, if one is.
 * Returns false after telling which line is no line of a password file.
 */
static bool copy_lines(struct slice old, struct slice user, struct slice line,
                       struct buf *out, bool *found)
{
    struct slice one;
    struct slice name;
    struct slice rest;

    *found = false;
    for (unsigned number = 1; text_file_next_line(&old, &one); number++) {
        bool is_entry = split(one, &name, &rest);

        if (!is_entry && !is_idle(one)) {
            return !error_out("Corrupt password file at line %u.", number);
        }
        if (is_entry && slice_equal(name, user)) {
            if (!*found)
                buf_append_slice(out, line);
            *found = true;
            continue;
        }
        buf_append_slice(out, one);
        buf_append_u8(out, '\n');
    }
    return true;
}

static bool hash_lines(const struct request *request, struct slice old,
                       struct buf *out)
{
    struct slice line;
    struct slice user;
    struct slice secret;

    for (unsigned number = 1; text_file_next_line(&old, &line); number++) {
        if (is_idle(line)) {
            buf_append_slice(out, line);
            buf_append_u8(out, '\n');
        } else if (!split(line, &user, &secret) || !secret.len) {
            return !error_out("Corrupt password file at line %u.", number);
        } else if (!put_line(request, user, secret, out)) {
            return false;
        }
    }
    return true;
}

static int load(const char *path, struct buf *old)
{
    int error = text_file_load(path, old);

    if (!error)
        return -1;
    return error_out("Unable to open password file %s. %s.", path,
                     strerror(-error));
}

static int store(const char *path, struct slice text)
{
    int error = text_file_replace(path, text);

    if (!error)
        return EXIT_DONE;
    return error_out("Unable to open file %s for writing. %s.", path,
                     strerror(-error));
}

/* ---- what is asked for ---- */

static int upgrade(const struct request *request)
{
    struct buf old = {0};
    struct buf text = {0};
    int status = load(request->words[0], &old);

    if (status < 0)
        status = hash_lines(request, buf_slice(&old), &text)
                     ? store(request->words[0], buf_slice(&text))
                     : EXIT_WRONG;
    OPENSSL_cleanse(old.bytes, old.len);
    buf_release(&old);
    buf_release(&text);
    return status;
}

/* Write the file with this line for the user; an empty one: without. */
static int change(const struct request *request, struct slice line)
{
    struct slice user = slice_of_string(request->words[1]);
    struct buf old = {0};
    struct buf text = {0};
    bool found = false;
    int status = request->create ? -1 : load(request->words[0], &old);

    if (status < 0 && !copy_lines(buf_slice(&old), user, line, &text, &found))
        status = EXIT_WRONG;
    if (status < 0 && !found && request->delete) {
        fprintf(stderr, "Warning: User %s not found in password file.\n",
                request->words[1]);
        status = EXIT_WRONG;
    }
    if (status < 0) {
        if (!found)
            buf_append_slice(&text, line);
        status = store(request->words[0], buf_slice(&text));
    }
    buf_release(&old);
    buf_release(&text);
    return status;
}

static int set_to(const struct request *request, const char *secret)
{
    struct buf line = {0};

    if (strlen(secret) > MAX_SECRET)
        return error_out("Password must be less than 65536 characters long.");
    int status = put_line(request, slice_of_string(request->words[1]),
                          slice_of_string(secret), &line)
                     ? change(request, buf_slice(&line))
                     : EXIT_WRONG;
    buf_release(&line);
    return status;
}

static int set_password(const struct request *request)
{
    char typed[MAX_TYPED] = "";

    if (request->words[2])
        return set_to(request, request->words[2]);
    int status = ask_twice(typed, sizeof(typed));
    if (status < 0)
        status = set_to(request, typed);
    OPENSSL_cleanse(typed, sizeof(typed));
    return status;
}

int cmd_passwd(int argc, char **argv)
{
    struct request request = {
        .program = strcmp(argv[0], "passwd") == 0 ? "mqttlab passwd" : argv[0],
    };
    int status = parse(&request, argc, argv);

    if (status >= 0)
        return status;
    if (request.upgrade)
        return upgrade(&request);
    if (request.delete)
        return change(&request, slice_of(NULL, 0));
    return set_password(&request);
}
