#include "certs/cert_index.h"

#include "base/alloc.h"
#include "certs/cert_file.h"
#include "certs/cert_name.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIELDS 6

struct reason {
    int number;
    const char *name;
};

/* [RFC 5280 5.3.1] Those that a list without a second one can have. */
static const struct reason reasons[] = {
    {CRL_REASON_UNSPECIFIED,            "unspecified"         },
    {CRL_REASON_KEY_COMPROMISE,         "keyCompromise"       },
    {CRL_REASON_CA_COMPROMISE,          "CACompromise"        },
    {CRL_REASON_AFFILIATION_CHANGED,    "affiliationChanged"  },
    {CRL_REASON_SUPERSEDED,             "superseded"          },
    {CRL_REASON_CESSATION_OF_OPERATION, "cessationOfOperation"},
    {CRL_REASON_CERTIFICATE_HOLD,       "certificateHold"     },
    {CRL_REASON_PRIVILEGE_WITHDRAWN,    "privilegeWithdrawn"  },
    {CRL_REASON_AA_COMPROMISE,          "AACompromise"        },
};

#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

int cert_index_reason(const char *name)
{
    for (size_t i = 0; i < REASONS; i++) {
        if (!strcmp(reasons[i].name, name))
            return reasons[i].number;
    }
    return CERT_INDEX_NO_REASON;
}

const char *cert_index_reason_name(int reason)
{
    for (size_t i = 0; i < REASONS; i++) {
        if (reasons[i].number == reason)
            return reasons[i].name;
    }
    return NULL;
}

/* ---- dates and numbers ---- */

ASN1_TIME *cert_index_date(const char *text)
{
    ASN1_TIME *time = alloc_checked(ASN1_TIME_new());

    if (ASN1_TIME_set_string(time, text))
        return time;
    ASN1_TIME_free(time);
    ERR_clear_error();
    return NULL;
}

static char *date_text(const ASN1_TIME *time)
{
    return alloc_string_of(ASN1_STRING_get0_data(time),
                           (size_t)ASN1_STRING_length(time));
}

char *cert_index_serial(const ASN1_INTEGER *serial)
{
    BIGNUM *number = alloc_checked(ASN1_INTEGER_to_BN(serial, NULL));
    char *hex = alloc_checked(BN_bn2hex(number));
    char *text = alloc_string(hex);

    OPENSSL_free(hex);
    BN_free(number);
    return text;
}

/* ---- reading ---- */

/* Cut line into fields at its tabs. Returns whether there are as many. */
static bool split(char *line, char *fields[FIELDS])
{
    for (size_t i = 0; i < FIELDS; i++) {
        fields[i] = line;
        if (i + 1 == FIELDS)
            return !strchr(line, '\t');
        line = strchr(line, '\t');
        if (!line)
            return false;
        *line++ = '\0';
    }
    return false;
}

static bool is_date(const char *text)
{
    ASN1_TIME *time = cert_index_date(text);
    bool good = time != NULL;

    ASN1_TIME_free(time);
    return good;
}

/* "DATE" or "DATE,REASON"; openssl has further words for a few reasons. */
static bool read_revoked(struct cert_index_entry *entry, char *text)
{
    char *comma = strchr(text, ',');

    if (comma) {
        *comma = '\0';
        comma[1 + strcspn(comma + 1, ",")] = '\0';
        entry->reason = cert_index_reason(comma + 1);
    }
    entry->revoked = alloc_string(text);
    return is_date(text);
}

static bool read_line(struct cert_index *index, char *line)
{
    char *fields[FIELDS];

    if (!split(line, fields) || strlen(fields[0]) != 1)
        return false;
    index->all =
        alloc_resize(index->all, index->count + 1, sizeof(index->all[0]));
    struct cert_index_entry *entry = &index->all[index->count++];
    *entry = (struct cert_index_entry){
        .state = fields[0][0],
        .until = alloc_string(fields[1]),
        .reason = CERT_INDEX_NO_REASON,
        .serial = alloc_string(fields[3]),
        .subject = alloc_string(fields[5]),
    };
    return strchr("VRE", entry->state) && is_date(fields[1]) && *fields[3] &&
           strspn(fields[3], "0123456789ABCDEF") == strlen(fields[3]) &&
           (entry->state != 'R' || read_revoked(entry, fields[2]));
}

static bool read_lines(struct cert_index *index, const char *path, char *text,
                       struct buf *why)
{
    for (unsigned number = 1; *text; number++) {
        size_t len = strcspn(text, "\n");
        char *next = text + len + (text[len] == '\n');

        text[len] = '\0';
        if (*text && !read_line(index, text)) {
            buf_printf(why,
                       "%s, line %u: not a line of a list of signed "
                       "certificates",
                       path, number);
            return false;
        }
        text = next;
    }
    return true;
}

bool cert_index_load(struct cert_index *index, const char *path,
                     struct buf *why)
{
    struct buf content = {0};

    if (access(path, F_OK) != 0)
        return true;
    bool good = cert_file_load(path, &content, why);
    if (good && content.len && memchr(content.bytes, 0, content.len)) {
        buf_printf(why, "%s: there is a NUL in it", path);
        good = false;
    }
    char *text = buf_take_string(&content);
    if (good)
        good = read_lines(index, path, text, why);
    free(text);
    return good;
}

/* ---- writing ---- */

void cert_index_put(const struct cert_index *index, struct buf *to)
{
    for (size_t i = 0; i < index->count; i++) {
        const struct cert_index_entry *entry = &index->all[i];
        const char *reason = cert_index_reason_name(entry->reason);

        buf_printf(to, "%c\t%s\t%s%s%s\t%s\tunknown\t%s\n", entry->state,
                   entry->until, entry->revoked ? entry->revoked : "",
                   reason ? "," : "", reason ? reason : "", entry->serial,
                   entry->subject);
    }
}

bool cert_index_store(const struct cert_index *index, const char *path,
                      struct buf *why)
{
    struct buf text = {0};

    cert_index_put(index, &text);
    bool good = cert_file_store(path, buf_slice(&text), CERT_FILE_MODE, why);
    buf_release(&text);
    return good;
}

static void entry_release(struct cert_index_entry *entry)
{
    free(entry->until);
    free(entry->revoked);
    free(entry->serial);
    free(entry->subject);
}

void cert_index_release(struct cert_index *index)
{
    for (size_t i = 0; i < index->count; i++)
        entry_release(&index->all[i]);
    free(index->all);
    *index = (struct cert_index){0};
}

/* ---- entries ---- */

struct cert_index_entry *cert_index_find(const struct cert_index *index,
                                         const ASN1_INTEGER *serial)
{
    char *text = cert_index_serial(serial);
    struct cert_index_entry *found = NULL;

    for (size_t i = 0; !found && i < index->count; i++) {
        if (!strcmp(index->all[i].serial, text))
            found = &index->all[i];
    }
    free(text);
    return found;
}

struct cert_index_entry *cert_index_add(struct cert_index *index,
                                        const X509 *certificate)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
    struct cert_index_entry *entry = cert_index_find(index, serial);

    if (entry)
        return entry;
    index->all =
        alloc_resize(index->all, index->count + 1, sizeof(index->all[0]));
    entry = &index->all[index->count++];
    *entry = (struct cert_index_entry){
        .state = 'V',
        .until = date_text(X509_get0_notAfter(certificate)),
        .reason = CERT_INDEX_NO_REASON,
        .serial = cert_index_serial(serial),
        .subject = cert_name_slashes(X509_get_subject_name(certificate)),
    };
    return entry;
}

void cert_index_revoke(struct cert_index_entry *entry, int reason)
{
    ASN1_TIME *now = alloc_checked(ASN1_TIME_set(NULL, time(NULL)));

    free(entry->revoked);
    entry->state = 'R';
    entry->revoked = date_text(now);
    entry->reason = reason;
    ASN1_TIME_free(now);
}
