#include "certs/certs_options.h"

#include "base/log.h"
#include "base/options.h"

#include <string.h>

/* The letters stand for the options in the commands' lists. */
enum {
    OPTION_CA = 'a',
    OPTION_BY = 'b',
    OPTION_CN = 'c',
    OPTION_DAYS = 'd',
    OPTION_FOLDER = 'D',
    OPTION_FOR = 'f',
    OPTION_FORCE = 'F',
    OPTION_HOST = 'H',
    OPTION_HELP = 'h',
    OPTION_CRL = 'l',
    OPTION_NAME = 'n',
    OPTION_OPENSSL = 'o',
    OPTION_PASSPHRASE = 'p',
    OPTION_PORT = 'P',
    OPTION_REASON = 'r',
    OPTION_RSA = 'R',
    OPTION_SAN = 's',
    OPTION_SUBJECT = 'S',
    OPTION_URL = 'u',
};

/* clang-format off */
static const struct option_spec table[] = {
    {OPTION_FOLDER,  'd', "dir", "DIR", "the folder of all files (certs)"},
    {OPTION_BY,       0,  "by", "NAME",
     "the authority that signs, NAME.crt and NAME.key (ca)"},
    {OPTION_NAME,     0,  "name", "NAME", "how the new files are called"},
    {OPTION_CN,       0,  "cn", "NAME", "whom it is for: the Common Name"},
    {OPTION_SAN,      0,  "san", "NAME,...",
     "hosts and addresses of a server; without it the\n"
     "Common Name, or else localhost,127.0.0.1,::1"},
    {OPTION_SUBJECT,  0,  "subject", "NAME",
     "the whole subject: /C=IN/O=Lab/CN=localhost"},
    {OPTION_DAYS,     0,  "days", "NUMBER",
     "how long it is valid; usually 3650 for authorities,\n"
     "365 for others, 30 for revocation lists"},
    {OPTION_RSA,      0,  "rsa", NULL, "a key of RSA 2048 instead of EC P-256"},
    {OPTION_URL,      0,  "ocsp-url", "URL",
     "put into it where its OCSP responder is"},
    {OPTION_FOR,      0,  "for", "USE",
     "what it is for: server, client, or both"},
    {OPTION_CA,       0,  "ca", "FILE",
     "whom somebody trusts who verifies; usually DIR/ca.crt"},
    {OPTION_CRL,      0,  "crl", "FILE", "his revocation lists"},
    {OPTION_HOST,     0,  "host", "NAME", "the host or address he connects to"},
    {OPTION_REASON,   0,  "reason", "WORD",
     "why it is revoked: keyCompromise, superseded, ..."},
    {OPTION_PORT,    'p', "port", "PORT",
     "the responder's port; 0 is any (2560)"},
    {OPTION_PASSPHRASE, 0, "passphrase-file", "FILE",
     "its first line opens the authority's key; a new\n"
     "authority's key is encrypted with it"},
    {OPTION_FORCE,    0,  "force", NULL, "overwrite files that are there"},
    {OPTION_OPENSSL,  0,  "openssl", NULL,
     "tell how the openssl command does the same"},
    {OPTION_HELP,     0,  "help", NULL, "print this"},
    {0},
};
/* clang-format on */

void certs_options_help(const struct certs_command *commands)
{
    puts("Usage: mqttlab certs COMMAND [OPTIONS]\n"
         "Make certificates and keys, look at them, break and revoke them.\n");
    for (const struct certs_command *c = commands; c->name; c++) {
        char left[40];

        snprintf(left, sizeof(left), "%s %s", c->name, c->words);
        printf("  %-18s %s\n", left, c->text);
    }
    puts("");
    options_help(table, stdout);
}

void certs_options_print(const char *text, FILE *to)
{
    while (*text) {
        size_t control = *text == '\n' ? 0 : log_control_bytes(text);

        if (!control)
            fputc(*text++, to);
        for (; control; control--)
            fprintf(to, "\\x%02x", (unsigned char)*text++);
    }
}

static bool refuse(const char *text)
{
    fputs("mqttlab certs: ", stderr);
    certs_options_print(text, stderr);
    fputc('\n', stderr);
    return false;
}

static const struct certs_command *find(const struct certs_command *commands,
                                        const char *name)
{
    for (; commands->name; commands++) {
        if (!strcmp(commands->name, name))
            return commands;
    }
    return NULL;
}

static bool read_use(struct certs_options *options, const char *word)
{
    options->use_given = true;
    options->use = CERT_CLIENT;
    if (!strcmp(word, "server"))
        options->use = CERT_SERVER;
    else if (!strcmp(word, "both"))
        options->use = CERT_PEER;
    else if (strcmp(word, "client") != 0)
        return refuse("--for is server, client or both");
    return true;
}

static bool read_number(const struct options *from, int min, int max,
                        int *number)
{
    char error[160];
    long value;

    if (!options_number(from, min, max, &value, error, sizeof(error)))
        return refuse(error);
    *number = (int)value;
    return true;
}

static bool read_word(struct certs_options *options,
                      const struct certs_command *commands, const char *word)
{
    char error[160];

    if (options->command) {
        if (options->word_count == CERTS_MAX_WORDS)
            return refuse("those are too many files");
        options->words[options->word_count++] = word;
        return true;
    }
    options->command = find(commands, word);
    if (options->command)
        return true;
    snprintf(error, sizeof(error),
             "there is no command %.40s; mqttlab certs --help lists them",
             word);
    return refuse(error);
}

/* One option; words are read elsewhere. */
static bool read_option(struct certs_options *options,
                        const struct options *from, int id)
{
    struct certs_request *request = &options->request;
    const char *value = from->value;

    switch (id) {
    case OPTION_BY: request->by = value; return true;
    case OPTION_CA: options->check.ca = value; return true;
    case OPTION_CN: request->common_name = value; return true;
    case OPTION_CRL: options->check.crl = value; return true;
    case OPTION_DAYS:
        return read_number(from, 1, CERTS_MAX_DAYS, &request->days);
    case OPTION_FOLDER: request->folder = value; return true;
    case OPTION_FOR: return read_use(options, value);
    case OPTION_FORCE: request->force = true; return true;
    case OPTION_HELP: options->help = true; return true;
    case OPTION_HOST: options->check.host = value; return true;
    case OPTION_NAME: request->name = value; return true;
    case OPTION_OPENSSL: request->openssl = true; return true;
    case OPTION_PASSPHRASE: options->passphrase_file = value; return true;
    case OPTION_PORT: return read_number(from, 0, UINT16_MAX, &options->port);
    case OPTION_REASON: request->reason = value; return true;
    case OPTION_RSA: request->key_type = CERT_RSA_2048; return true;
    case OPTION_SAN: request->names = value; return true;
    case OPTION_SUBJECT: request->subject = value; return true;
    case OPTION_URL: request->ocsp_url = value; return true;
    default: return refuse(from->error);
    }
}

/* An option that means nothing to the command was meant for something else. */
static bool check_used(const struct certs_options *options, const char *used)
{
    char error[160];

    for (const struct option_spec *spec = table; spec->id; spec++) {
        if (!strchr(used, spec->id) || spec->id == OPTION_HELP ||
            strchr(options->command->options, spec->id))
            continue;
        snprintf(error, sizeof(error), "--%s means nothing to %s", spec->name,
                 options->command->name);
        return refuse(error);
    }
    return true;
}

static bool check_words(const struct certs_options *options)
{
    const struct certs_command *command = options->command;
    char error[160];

    if (options->word_count >= command->min_words &&
        options->word_count <= command->max_words)
        return true;
    snprintf(error, sizeof(error), "usage: mqttlab certs %s%s%s [OPTIONS]",
             command->name, *command->words ? " " : "", command->words);
    return refuse(error);
}

bool certs_options_read(struct certs_options *options,
                        const struct certs_command *commands, int argc,
                        char **argv)
{
    struct options from;
    char used[64] = "";
    int id;

    *options = (struct certs_options){.port = CERTS_OCSP_PORT};
    options_init(&from, table, argc, argv);
    while ((id = options_next(&from)) != OPTIONS_END) {
        if (id == OPTIONS_WORD ? !read_word(options, commands, from.value)
                               : !read_option(options, &from, id))
            return false;
        if (id > 0 && !strchr(used, id) && strlen(used) + 1 < sizeof(used))
            used[strlen(used)] = (char)id;
    }
    return options->help || !options->command ||
           (check_used(options, used) && check_words(options));
}
