#include "certs/cert_name.h"

#include "base/alloc.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#define MAX_HOST_BYTES 253 /* [RFC 1035 2.3.4] */

/* ---- subjects ---- */

static bool add_entry(X509_NAME *name, const char *type, const char *value,
                      struct buf *why)
{
    ERR_clear_error();
    if (X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8,
                                   (const unsigned char *)value, -1, -1, 0))
        return true;
    const char *says = ERR_reason_error_string(ERR_peek_last_error());
    if (OBJ_txt2nid(type) == NID_undef)
        buf_printf(why,
                   "%s is no field of a subject; C, ST, L, O, OU and CN are",
                   type);
    else
        buf_printf(why, "%s=%s cannot stand in a subject: %s", type, value,
                   says ? says : "it is not well-formed");
    ERR_clear_error();
    return false;
}

/* Up to the next slash without a backslash before it. Returns where it ends. */
static const char *take_part(const char *at, struct buf *part)
{
    for (; *at && *at != '/'; at++) {
        if (*at == '\\' && at[1])
            at++;
        buf_append_u8(part, (uint8_t)*at);
    }
    return at;
}

static bool add_part(X509_NAME *name, char *part, bool without_cn,
                     struct buf *why)
{
    char *equals = strchr(part, '=');

    if (!equals || equals == part || !equals[1]) {
        buf_printf(why, "\"%s\" in the subject is not NAME=VALUE", part);
        return false;
    }
    *equals = '\0';
    if (without_cn && OBJ_txt2nid(part) == NID_commonName)
        return true;
    return add_entry(name, part, equals + 1, why);
}

static bool add_parts(X509_NAME *name, const char *subject, bool without_cn,
                      struct buf *why)
{
    if (*subject != '/') {
        buf_printf(why,
                   "a subject begins with a slash: \"/O=Lab/CN=localhost\"");
        return false;
    }
    while (*subject == '/') {
        struct buf part = {0};

        subject = take_part(subject + 1, &part);
        char *text = buf_take_string(&part);
        bool good = add_part(name, text, without_cn, why);
        free(text);
        if (!good)
            return false;
    }
    return true;
}

X509_NAME *cert_name_subject(const char *subject, const char *common_name,
                             struct buf *why)
{
    X509_NAME *name = alloc_checked(X509_NAME_new());
    bool good = true;

    if (subject)
        good = add_parts(name, subject, common_name != NULL, why);
    if (good && common_name)
        good = add_entry(name, "CN", common_name, why);
    if (good && X509_NAME_entry_count(name) == 0) {
        buf_append_string(why, "the subject is empty");
        good = false;
    }
    if (good)
        return name;
    X509_NAME_free(name);
    return NULL;
}

bool cert_name_is_text(const X509_NAME *name)
{
    bool good = true;

    for (int i = 0; good && i < X509_NAME_entry_count(name); i++) {
        unsigned char *text = NULL;
        int len = ASN1_STRING_to_UTF8(
            &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));

        good = len >= 0 && !memchr(text, 0, (size_t)len);
        OPENSSL_free(text);
    }
    ERR_clear_error();
    return good;
}

char *cert_name_slashes(const X509_NAME *name)
{
    char *text = alloc_checked(X509_NAME_oneline(name, NULL, 0));
    char *copy = alloc_string(text);

    OPENSSL_free(text);
    return copy;
}

static void put_escaped(struct buf *to, const unsigned char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] && strchr("/\\+", text[i]))
            buf_append_u8(to, '\\');
        buf_append_u8(to, text[i]);
    }
}

char *cert_name_typed(const X509_NAME *name)
{
    struct buf text = {0};

    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        unsigned char *value = NULL;
        char type[64];
        int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
        int len = ASN1_STRING_to_UTF8(&value, X509_NAME_ENTRY_get_data(entry));

        OBJ_obj2txt(type, sizeof(type), X509_NAME_ENTRY_get_object(entry), 1);
        buf_printf(&text, "/%s=", nid == NID_undef ? type : OBJ_nid2sn(nid));
        if (len > 0)
            put_escaped(&text, value, (size_t)len);
        OPENSSL_free(value);
    }
    return buf_take_string(&text);
}

bool cert_name_is_root(const X509 *certificate)
{
    return X509_NAME_cmp(X509_get_subject_name(certificate),
                         X509_get_issuer_name(certificate)) == 0;
}

bool cert_name_is_address(const char *host)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, bytes) == 1 ||
           inet_pton(AF_INET6, host, bytes) == 1;
}

char *cert_name_file(const char *text)
{
    char *name = alloc_string(text);

    for (char *at = name; *at; at++) {
        if (!isalnum((unsigned char)*at) && *at != '_' &&
            (at == name || !strchr(".-", *at)))
            *at = '-';
    }
    if (*name == '-')
        *name = '_';
    return name;
}

/* ---- alternative names ---- */

/* One label after another, each of letters, digits and hyphens; the first may
   be an asterisk. */
static bool is_host(const char *name)
{
    size_t len = strlen(name);
    size_t label = 0;

    if (!len || len > MAX_HOST_BYTES)
        return false;
    if (!strncmp(name, "*.", 2))
        name += 2;
    for (; *name; name++) {
        if (*name == '.' ? !label
                         : !isalnum((unsigned char)*name) && *name != '-' &&
                               *name != '_')
            return false;
        label = *name == '.' ? 0 : label + 1;
    }
    return label > 0;
}

static GENERAL_NAME *wrap(int type, const void *bytes, size_t len)
{
    GENERAL_NAME *name = alloc_checked(GENERAL_NAME_new());
    ASN1_STRING *text = alloc_checked(ASN1_STRING_type_new(
        type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING));

    alloc_checked(ASN1_STRING_set(text, bytes, (int)len) ? text : NULL);
    GENERAL_NAME_set0_value(name, type, text);
    return name;
}

/* NULL when it is neither an address nor the name of a host. */
static GENERAL_NAME *make_name(const char *word, struct buf *why)
{
    bool dns = !strncmp(word, "DNS:", 4);
    bool ip = !strncmp(word, "IP:", 3);
    const char *name = word + (dns ? 4 : ip ? 3 : 0);
    struct in6_addr six;
    struct in_addr four;

    if (!dns && inet_pton(AF_INET, name, &four) == 1)
        return wrap(GEN_IPADD, &four, sizeof(four));
    if (!dns && inet_pton(AF_INET6, name, &six) == 1)
        return wrap(GEN_IPADD, &six, sizeof(six));
    if (!ip && is_host(name))
        return wrap(GEN_DNS, name, strlen(name));
    buf_printf(why, "\"%s\" is neither a host's name (in ASCII) nor an address",
               word);
    return NULL;
}

GENERAL_NAMES *cert_name_alternatives(const char *list, struct buf *why)
{
    GENERAL_NAMES *names = alloc_checked(GENERAL_NAMES_new());

    for (;;) {
        size_t len = strcspn(list, ",");
        char *word = alloc_string_of(list, len);
        GENERAL_NAME *name = make_name(word, why);

        free(word);
        if (!name) {
            GENERAL_NAMES_free(names);
            return NULL;
        }
        sk_GENERAL_NAME_push(names, name);
        if (!list[len])
            return names;
        list += len + 1;
    }
}

/* As far as a C string can hold it. */
static void put_bytes(struct buf *text, const void *bytes, size_t len)
{
    const char *at = bytes;

    for (size_t i = 0; i < len; i++) {
        if (at[i])
            buf_append_u8(text, (uint8_t)at[i]);
        else
            buf_append_string(text, "\\x00");
    }
}

static void put_address(const ASN1_STRING *bytes, struct buf *text)
{
    char address[INET6_ADDRSTRLEN] = "an unreadable address";
    int len = ASN1_STRING_length(bytes);

    if (len == 4)
        inet_ntop(AF_INET, ASN1_STRING_get0_data(bytes), address,
                  sizeof(address));
    else if (len == 16)
        inet_ntop(AF_INET6, ASN1_STRING_get0_data(bytes), address,
                  sizeof(address));
    buf_printf(text, "IP:%s", address);
}

static void put_other(const GENERAL_NAME *name, struct buf *text)
{
    BIO *memory = alloc_checked(BIO_new(BIO_s_mem()));
    GENERAL_NAME *copy = GENERAL_NAME_dup(name); /* it wants no const */
    char *bytes;

    if (copy)
        GENERAL_NAME_print(memory, copy);
    long len = BIO_get_mem_data(memory, &bytes);
    put_bytes(text, bytes, len > 0 ? (size_t)len : 0);
    GENERAL_NAME_free(copy);
    BIO_free(memory);
}

void cert_name_put(const GENERAL_NAMES *names, struct buf *text)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        int type;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);

        if (i)
            buf_append_string(text, ", ");
        if (type == GEN_IPADD) {
            put_address(value, text);
        } else if (type == GEN_DNS) {
            buf_append_string(text, "DNS:");
            put_bytes(text, ASN1_STRING_get0_data(value),
                      (size_t)ASN1_STRING_length(value));
        } else {
            put_other(name, text);
        }
    }
}

static bool check_one(const GENERAL_NAME *name)
{
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);

    if (type == GEN_IPADD)
        return ASN1_STRING_length(value) == 4 ||
               ASN1_STRING_length(value) == 16;
    if (type != GEN_DNS)
        return false;
    size_t len = (size_t)ASN1_STRING_length(value);
    char *text = alloc_string_of(ASN1_STRING_get0_data(value), len);
    bool good = strlen(text) == len && is_host(text);
    free(text);
    return good;
}

bool cert_name_check(const GENERAL_NAMES *names, struct buf *why)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        if (check_one(sk_GENERAL_NAME_value(names, i)))
            continue;
        buf_append_string(why, "among the names (");
        cert_name_put(names, why);
        buf_printf(why,
                   "), which are asked for, number %d is neither a host nor "
                   "an address; say others: --san NAME",
                   i + 1);
        return false;
    }
    return true;
}
