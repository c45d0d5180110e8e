#include "certs/cert_command.h"

#include "base/alloc.h"
#include "certs/cert_name.h"

#include <stdlib.h>
#include <string.h>

#define SAFE                                                         \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" \
    "/.,:=_-+@%"

void cert_command_quote(const char *word, struct buf *to)
{
    if (*word && strspn(word, SAFE) == strlen(word)) {
        buf_append_string(to, word);
        return;
    }
    buf_append_u8(to, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            buf_append_string(to, "'\\''");
        else
            buf_append_u8(to, (uint8_t)*word);
    }
    buf_append_u8(to, '\'');
}

/* " -option FILE.ending" */
static void put_file(struct buf *to, const char *option, const char *file,
                     const char *ending)
{
    struct buf path = {0};

    buf_printf(&path, "%s%s", file, ending);
    buf_printf(to, " %s%s", option, *option ? " " : "");
    cert_command_quote(buf_string(&path), to);
    buf_release(&path);
}

static void put_key_type(const struct cert_command *command, struct buf *to)
{
    switch (command->key_type) {
    case CERT_P256:
        buf_append_string(to, " -newkey ec -pkeyopt ec_paramgen_curve:P-256");
        break;
    case CERT_RSA_2048: buf_append_string(to, " -newkey rsa:2048"); break;
    case CERT_RSA_1024: buf_append_string(to, " -newkey rsa:1024"); break;
    }
    if (!command->encrypted)
        buf_append_string(to, " -nodes");
}

static void put_subject(const struct cert_command *command, struct buf *to)
{
    char *subject = cert_name_typed(command->subject);
    bool ascii = true;

    for (const char *at = subject; *at; at++)
        ascii = ascii && (unsigned char)*at < 0x80;
    buf_printf(to, "%s -subj ", ascii ? "" : " -utf8");
    cert_command_quote(subject, to);
    free(subject);
}

void cert_command_begin(struct buf *to)
{
    buf_append_string(to, "The same with the openssl command:\n");
}

void cert_command_root(const struct cert_command *command, struct buf *to)
{
    buf_append_string(to, "  openssl req -x509 -sha256");
    put_key_type(command, to);
    put_file(to, "-keyout", command->base, ".key");
    put_file(to, "-out", command->base, ".crt");
    buf_printf(to, " -days %d", command->days);
    put_subject(command, to);
    buf_append_string(to, " -addext keyUsage=critical,keyCertSign,cRLSign\n");
}

void cert_command_request(const struct cert_command *command, struct buf *to)
{
    buf_append_string(to, "  openssl req -new -sha256");
    put_key_type(command, to);
    put_file(to, "-keyout", command->base, ".key");
    put_file(to, "-out", command->base, ".csr");
    put_subject(command, to);
    if (command->names) {
        struct buf names = {0};

        buf_append_string(&names, "subjectAltName=");
        cert_name_put(command->names, &names);
        buf_append_string(to, " -addext ");
        cert_command_quote(buf_string(&names), to);
        buf_release(&names);
    }
    buf_append_u8(to, '\n');
}

/* The lines of an extension file. */
static void put_extensions(const struct cert_command *command, struct buf *to)
{
    bool authority = command->use == CERT_AUTHORITY;

    buf_printf(to, "basicConstraints=critical,CA:%s\\n",
               authority ? "TRUE" : "FALSE");
    if (authority)
        buf_append_string(to, "keyUsage=critical,keyCertSign,cRLSign\\n");
    else
        buf_printf(to, "keyUsage=critical,digitalSignature%s\\n",
                   command->key_type == CERT_P256 ? "" : ",keyEncipherment");
    if (command->use == CERT_SERVER)
        buf_append_string(to, "extendedKeyUsage=serverAuth\\n");
    else if (command->use == CERT_CLIENT)
        buf_append_string(to, "extendedKeyUsage=clientAuth\\n");
    if (command->names) {
        buf_append_string(to, "subjectAltName=");
        cert_name_put(command->names, to);
        buf_append_string(to, "\\n");
    }
    if (command->ocsp_url)
        buf_printf(to, "authorityInfoAccess=OCSP;URI:%s\\n", command->ocsp_url);
}

void cert_command_sign(const struct cert_command *command, struct buf *to)
{
    struct buf extensions = {0};

    put_extensions(command, &extensions);
    buf_append_string(to, "  printf ");
    cert_command_quote(buf_string(&extensions), to);
    put_file(to, ">", command->base, ".ext");
    buf_append_string(to, "\n  openssl x509 -req -sha256");
    put_file(to, "-in", command->request, "");
    put_file(to, "-CA", command->authority, ".crt");
    put_file(to, "-CAkey", command->authority, ".key");
    buf_append_string(to, " -CAcreateserial");
    put_file(to, "-extfile", command->base, ".ext");
    buf_printf(to, " -days %d", command->days);
    put_file(to, "-out", command->base, ".crt");
    buf_append_u8(to, '\n');
    buf_release(&extensions);
}

void cert_command_chain(const char *base, const char *above, const char *chain,
                        struct buf *to)
{
    buf_append_string(to, "  cat");
    put_file(to, "", base, ".crt");
    put_file(to, "", above, "");
    put_file(to, ">", chain, "");
    buf_append_u8(to, '\n');
}

/* `openssl ca` wants a file of its own to say where the index is. */
static void put_ca(const char *authority, struct buf *to)
{
    buf_append_string(
        to, "  printf '[ca]\\ndefault_ca=it\\n[it]\\ndatabase=%s\\n'");
    put_file(to, "", authority, ".index");
    put_file(to, ">", authority, ".cnf");
    buf_append_string(to, "\n  openssl ca");
    put_file(to, "-config", authority, ".cnf");
    put_file(to, "-cert", authority, ".crt");
    put_file(to, "-keyfile", authority, ".key");
    buf_append_string(to, " -md sha256");
}

void cert_command_revoke(const char *authority, const char *file,
                         const char *reason, struct buf *to)
{
    put_ca(authority, to);
    put_file(to, "-revoke", file, "");
    if (reason)
        buf_printf(to, " -crl_reason %s", reason);
    buf_append_u8(to, '\n');
}

void cert_command_list(const char *authority, int days, struct buf *to)
{
    put_ca(authority, to);
    buf_printf(to, " -gencrl -crldays %d", days);
    put_file(to, "-out", authority, ".crl");
    buf_append_u8(to, '\n');
}

void cert_command_ocsp(const char *authority, unsigned port, struct buf *to)
{
    buf_printf(to, "  openssl ocsp -port %u", port);
    put_file(to, "-index", authority, ".index");
    put_file(to, "-CA", authority, ".crt");
    put_file(to, "-rsigner", authority, ".ocsp.crt");
    put_file(to, "-rkey", authority, ".ocsp.key");
    buf_append_u8(to, '\n');
}
