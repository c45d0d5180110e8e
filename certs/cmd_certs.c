/*
 * mqttlab certs: make, show, break and revoke certificates.
 */
#include "base/alloc.h"
#include "certs/cert_file.h"
#include "certs/cert_index.h"
#include "certs/cert_show.h"
#include "certs/certs_job.h"
#include "certs/certs_options.h"
#include "certs/commands.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    EXIT_DONE = 0,
    EXIT_WRONG = 1, /* a certificate is not as it should be */
    EXIT_USAGE = 3,
};

#define MAX_PASSPHRASE 1024

/* ---- the terminal ---- */

/* What stands in a certificate moves no cursor. */
static void print(struct buf *text, FILE *to)
{
    certs_options_print(buf_string(text), to);
    buf_release(text);
}

/* Prints what was told, or why not. Returns the exit code. */
static int finish(bool good, struct buf *told, struct buf *why)
{
    print(told, stdout);
    if (why->len) {
        fflush(stdout);
        fputs("mqttlab certs: ", stderr);
        print(why, stderr);
        fputc('\n', stderr);
    }
    buf_release(why);
    return good ? EXIT_DONE : EXIT_WRONG;
}

/* ---- passphrases ---- */

/* From its file, or typed. */
static char *ask_passphrase(void *owner, const char *file)
{
    const char *known = owner;
    char typed[MAX_PASSPHRASE];
    char *passphrase = NULL;

    if (known)
        return alloc_string(known);
    char *prompt = alloc_printf("Passphrase of %s: ", file);
    if (EVP_read_pw_string(typed, sizeof(typed), prompt, 0) == 0 && *typed)
        passphrase = alloc_string(typed);
    OPENSSL_cleanse(typed, sizeof(typed));
    free(prompt);
    return passphrase;
}

static void forget(char *passphrase)
{
    if (passphrase)
        OPENSSL_cleanse(passphrase, strlen(passphrase));
    free(passphrase);
}

/* Sets *passphrase to the file's first line, owned by the caller, or NULL. */
static bool load_passphrase(const char *file, char **passphrase,
                            struct buf *why)
{
    struct buf content = {0};

    *passphrase = NULL;
    if (!file)
        return true;
    bool good = cert_file_load(file, &content, why);
    if (good) {
        const char *text = buf_string(&content);
        size_t len = strcspn(text, "\r\n");

        good = len >= 4 && len < MAX_PASSPHRASE;
        if (good)
            *passphrase = alloc_string_of(text, len);
        else
            buf_printf(why,
                       "the first line of %s is no passphrase: it has "
                       "%zu characters, at least 4 are needed",
                       file, len);
    }
    cert_file_forget(&content);
    return good;
}

/* ---- one after the other ---- */

/*
 * Two that change the same authority's index at a time would lose what one of
 * them has entered, a revocation even. So who is second waits for the first.
 * Returns a descriptor for leave; -1: there is no such folder yet.
 */
static int enter(const struct certs_request *request)
{
    char *folder = certs_job_authority_base(request);

    strrchr(folder, '/')[1] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        struct buf told = {0};

        buf_printf(&told, "Another command is at work in %s; it goes first.\n",
                   folder);
        print(&told, stderr);
        flock(fd, LOCK_EX);
    }
    free(folder);
    return fd;
}

static void leave(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* ---- the commands ---- */

typedef bool make(const struct certs_request *request, struct buf *told,
                  struct buf *why);

static bool call(make *it, const struct certs_options *options,
                 const struct certs_request *request, struct buf *told,
                 struct buf *why)
{
    if (it)
        return it(request, told, why);
    return certs_sign(request, options->words[0], options->use, told, why);
}

/* Run one that makes something; NULL: sign. */
static int run(make *it, const struct certs_options *options)
{
    struct certs_request request = options->request;
    struct buf told = {0};
    struct buf why = {0};
    char *passphrase;
    bool good = load_passphrase(options->passphrase_file, &passphrase, &why);
    int folder = enter(&request);

    if (good) {
        request.passphrase = passphrase;
        request.ask = ask_passphrase;
        request.owner = passphrase;
        good = call(it, options, &request, &told, &why);
    }
    leave(folder);
    forget(passphrase);
    return finish(good, &told, &why);
}

static int run_ca(const struct certs_options *options)
{
    return run(certs_ca, options);
}

static int run_intermediate(const struct certs_options *options)
{
    return run(certs_intermediate, options);
}

static int run_server(const struct certs_options *options)
{
    return run(certs_server, options);
}

static int run_client(const struct certs_options *options)
{
    return run(certs_client, options);
}

static int run_csr(const struct certs_options *options)
{
    return run(certs_csr, options);
}

static int run_sign(const struct certs_options *options)
{
    if (options->use_given)
        return run(NULL, options);
    fputs("mqttlab certs: say what it is for: --for server, --for client\n",
          stderr);
    return EXIT_USAGE;
}

static int run_revoke(const struct certs_options *options)
{
    struct buf told = {0};
    struct buf why = {0};
    int folder = enter(&options->request);
    bool good = certs_revoke(&options->request, options->words[0], &told, &why);

    leave(folder);
    return finish(good, &told, &why);
}

static int run_crl(const struct certs_options *options)
{
    return run(certs_crl, options);
}

/* Whoever has the key is whom the certificate names. */
static void put_mode(const struct cert_item *item, struct buf *told)
{
    struct stat status;

    if ((item->kind == CERT_PRIVATE_KEY || item->kind == CERT_LOCKED_KEY) &&
        stat(item->file, &status) == 0 && S_ISREG(status.st_mode) &&
        (status.st_mode & S_IROTH))
        buf_printf(told,
                   "  note       everybody on this machine can read it; "
                   "mend it: chmod 600 %s\n",
                   item->file);
}

/* An authority's list is no PEM, but stands in the folder with what is. False:
   file is not called like one, or cannot be understood. */
static bool show_index(const char *file, struct buf *told)
{
    struct cert_index index = {0};
    struct buf why = {0};
    const char *ending = strrchr(file, '.');
    bool good = ending && !strcmp(ending, ".index") &&
                access(file, R_OK) == 0 && cert_index_load(&index, file, &why);

    if (good)
        buf_printf(told, "%s: what an authority has signed\n", file);
    for (size_t i = 0; good && i < index.count; i++)
        buf_printf(told, "  %-10s %s, serial %s\n",
                   index.all[i].state == 'R' ? "revoked" : "signed",
                   index.all[i].subject, index.all[i].serial);
    buf_release(&why);
    cert_index_release(&index);
    return good;
}

/* One file. What is wrong with it is a line of its own. */
static bool load_shown(struct cert_items *items, const char *file,
                       const char *passphrase, struct buf *told,
                       struct buf *why)
{
    struct buf more = {0};
    bool good = show_index(file, told) ||
                cert_item_load(items, file, passphrase, &more);

    if (more.len)
        buf_printf(why, "%s%s", why->len ? "\nmqttlab certs: " : "",
                   buf_string(&more));
    buf_release(&more);
    return good;
}

/* Shows what can be shown; each file that cannot is told. */
static int run_show(const struct certs_options *options)
{
    struct cert_items items = {0};
    struct buf told = {0};
    struct buf why = {0};
    char *passphrase = NULL;
    bool good = load_passphrase(options->passphrase_file, &passphrase, &why);

    for (int i = 0; i < options->word_count; i++)
        good &= load_shown(&items, options->words[i], passphrase, &told, &why);
    for (size_t i = 0; i < items.count; i++) {
        cert_show_item(&items.all[i], time(NULL), &told);
        put_mode(&items.all[i], &told);
    }
    cert_show_relations(&items, &told);
    cert_item_release(&items);
    forget(passphrase);
    return finish(good, &told, &why);
}

/* Until a signal ends it, or no connection can be taken any more. */
static int run_ocsp(const struct certs_options *options)
{
    struct certs_request request = options->request;
    struct buf told = {0};
    struct buf why = {0};
    uint16_t port = (uint16_t)options->port;
    char *passphrase;

    if (!load_passphrase(options->passphrase_file, &passphrase, &why))
        return finish(false, &told, &why);
    request.ask = ask_passphrase;
    request.owner = passphrase;
    struct certs_ocsp *ocsp = certs_ocsp_new(&request, &port, &told, &why);
    forget(passphrase);
    signal(SIGPIPE, SIG_IGN);
    for (bool good = ocsp != NULL;;) {
        int status = finish(good, &told, &why);

        fflush(stdout);
        if (!good) {
            certs_ocsp_free(ocsp);
            return status;
        }
        good = certs_ocsp_serve(ocsp, &told, &why);
    }
}

static int run_verify(const struct certs_options *options)
{
    struct certs_check check = options->check;
    struct buf told = {0};
    struct buf why = {0};
    char *passphrase = NULL;
    const char *folder = options->request.folder;
    char *ca = alloc_printf("%s/ca.crt", folder ? folder : CERTS_FOLDER);
    bool good = load_passphrase(options->passphrase_file, &passphrase, &why);

    check.file = options->words[0];
    check.key = options->words[1];
    check.passphrase = passphrase;
    check.ca = check.ca ? check.ca : ca;
    check.use = check.host ? CERT_SERVER : CERT_PEER;
    if (options->use_given)
        check.use = options->use;
    good = good && certs_verify(&check, &told, &why);
    forget(passphrase);
    free(ca);
    return finish(good, &told, &why);
}

static int run_tree(const struct certs_options *options)
{
    const char *folder = options->request.folder;
    struct buf told = {0};
    struct buf why = {0};
    bool good =
        certs_tree(folder ? folder : CERTS_FOLDER, time(NULL), &told, &why);

    return finish(good, &told, &why);
}

/* Without a kind all of them are listed. */
static int run_break(const struct certs_options *options)
{
    struct certs_request request = options->request;
    struct buf told = {0};
    struct buf why = {0};
    const struct certs_kind *kind;

    if (!options->word_count) {
        for (size_t i = 0; (kind = certs_kind(i)) != NULL; i++)
            printf("%-14s %s\n%15s%s\n", kind->name, kind->text, "",
                   kind->effect);
        return EXIT_DONE;
    }
    int folder = enter(&request);
    request.ask = ask_passphrase;
    bool good = certs_break(&request, options->words[0],
                            options->use_given ? options->use : CERT_SERVER,
                            &told, &why);
    leave(folder);
    return finish(good, &told, &why);
}

/* clang-format off */
static const struct certs_command commands[] = {
    {"ca", "", 0, 0, "DncSdRpFo", run_ca,
     "an authority that signs itself"},
    {"intermediate", "", 0, 0, "DbncSdRpFo", run_intermediate,
     "an authority that another one signs"},
    {"server", "", 0, 0, "DbncsSdRupFo", run_server,
     "a key and a certificate for a broker"},
    {"client", "", 0, 0, "DbncsSdRupFo", run_client,
     "a key and a certificate for a device or person"},
    {"csr", "", 0, 0, "DncsSRFo", run_csr,
     "a key and a signing request"},
    {"sign", "CSR", 1, 1, "DbncsSdufpFo", run_sign,
     "sign a request"},
    {"revoke", "FILE", 1, 1, "Dbro", run_revoke,
     "take a certificate back"},
    {"crl", "", 0, 0, "Dbdpo", run_crl,
     "a revocation list, for the broker's crlfile"},
    {"ocsp", "", 0, 0, "DbPpo", run_ocsp,
     "answer whether certificates are good, on loopback"},
    {"show", "FILE...", 1, CERTS_MAX_WORDS, "p", run_show,
     "what stands in files, and what belongs together"},
    {"verify", "FILE [KEY]", 1, 2, "DaflHp", run_verify,
     "would somebody accept it, and if not, why"},
    {"tree", "", 0, 0, "D", run_tree,
     "who signed whom, as a picture"},
    {"break", "[KIND]", 0, 1, "DbcsSfRF", run_break,
     "certificates that are wrong in one way; lists the ways"},
    {NULL, NULL, 0, 0, NULL, NULL, NULL},
};
/* clang-format on */

int cmd_certs(int argc, char **argv)
{
    struct certs_options options;

    if (!certs_options_read(&options, commands, argc, argv))
        return EXIT_USAGE;
    if (options.help || !options.command) {
        certs_options_help(commands);
        return options.help ? EXIT_DONE : EXIT_USAGE;
    }
    return options.command->run(&options);
}
