/*
 * Inside certs.h: what an authority takes back.
 */
#include "base/alloc.h"
#include "base/x509_text.h"
#include "certs/cert_command.h"
#include "certs/cert_file.h"
#include "certs/cert_item.h"
#include "certs/cert_output.h"
#include "certs/certs.h"
#include "certs/certs_job.h"

#include <dirent.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- who signed it ---- */

static bool ends_with(const char *name, const char *ending)
{
    size_t len = strlen(name);
    size_t end = strlen(ending);

    return len > end && !strcmp(name + len - end, ending);
}

/* BASE has signed it, if BASE.crt and BASE.key are there and fit. */
static bool has_signed(const char *base, const struct cert_item *item)
{
    char *key = alloc_printf("%s.key", base);
    struct cert_authority authority = {0};
    struct buf why = {0};
    bool good = access(key, F_OK) == 0 &&
                cert_authority_look(&authority, base, &why) &&
                cert_item_signed_by(item, authority.certificate);

    cert_authority_release(&authority);
    buf_release(&why);
    free(key);
    return good;
}

/* The base of the authority in the folder that has signed it, owned by the
   caller; NULL when there is none. */
static char *find_authority(const char *folder, const struct cert_item *item)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;
    char *found = NULL;

    while (entries && !found && (entry = readdir(entries)) != NULL) {
        if (!ends_with(entry->d_name, ".crt"))
            continue;
        char *base = alloc_printf(
            "%s/%.*s", folder, (int)strlen(entry->d_name) - 4, entry->d_name);
        if (has_signed(base, item))
            found = base;
        else
            free(base);
    }
    if (entries)
        closedir(entries);
    return found;
}

/* One of the folder that was named; if none was, of that in which the
   certificate lies, or of the usual one. */
static char *search(const struct certs_request *request,
                    const struct cert_item *item)
{
    const char *slash = strrchr(item->file, '/');
    char *own = slash
                    ? alloc_string_of(item->file, (size_t)(slash - item->file))
                    : alloc_string(".");
    char *found = find_authority(request->folder ? request->folder : own, item);

    if (!found && !request->folder)
        found = find_authority(CERTS_FOLDER, item);
    free(own);
    return found;
}

/* Look at who has signed it: the one that was named, or one that is found. */
static bool look_at_signer(struct cert_authority *authority,
                           const struct certs_request *request,
                           const struct cert_item *item, struct buf *why)
{
    char *base =
        request->by ? certs_job_authority_base(request) : search(request, item);
    char issuer[X509_TEXT_NAME_BYTES];

    if (!base) {
        buf_printf(
            why,
            "%s was signed by \"%s\", whose certificate and key "
            "are not here; only who has signed can revoke",
            item->file,
            x509_text_name(X509_get_issuer_name(item->certificate), issuer));
        return false;
    }
    bool good = cert_authority_look(authority, base, why);
    if (good && !cert_item_signed_by(item, authority->certificate)) {
        buf_printf(why, "%s was not signed by %s.crt", item->file, base);
        good = false;
    }
    free(base);
    return good;
}

/* ---- revoke ---- */

static bool read_reason(const struct certs_request *request, int *reason,
                        struct buf *why)
{
    *reason = CERT_INDEX_NO_REASON;
    if (!request->reason)
        return true;
    *reason = cert_index_reason(request->reason);
    if (*reason != CERT_INDEX_NO_REASON)
        return true;
    buf_printf(why,
               "%s is no reason; these are: keyCompromise, superseded, "
               "affiliationChanged, cessationOfOperation, privilegeWithdrawn, "
               "CACompromise, AACompromise, certificateHold, unspecified",
               request->reason);
    return false;
}

static bool enter(struct cert_authority *authority,
                  const struct cert_item *item, int reason, struct buf *why)
{
    struct cert_index_entry *entry =
        cert_index_add(&authority->index, item->certificate);

    if (entry->state == 'R') {
        buf_printf(why, "%s is revoked already", item->file);
        return false;
    }
    cert_index_revoke(entry, reason);
    return cert_index_store(&authority->index, authority->index_path, why);
}

/* With the options that lead to this authority. */
static void put_next_step(const struct cert_authority *authority,
                          struct buf *told)
{
    const char *slash = strrchr(authority->base, '/');
    const char *name = slash ? slash + 1 : authority->base;
    char *folder = slash ? alloc_string_of(authority->base,
                                           (size_t)(slash - authority->base))
                         : alloc_string(".");

    buf_append_string(told, "Brokers learn of it from a new revocation list: "
                            "mqttlab certs crl");
    if (strcmp(folder, CERTS_FOLDER) != 0) {
        buf_append_string(told, " -d ");
        cert_command_quote(folder, told);
    }
    if (strcmp(name, CERTS_AUTHORITY) != 0) {
        buf_append_string(told, " --by ");
        cert_command_quote(name, told);
    }
    buf_append_u8(told, '\n');
    free(folder);
}

static void tell(const struct certs_request *request,
                 const struct cert_authority *authority,
                 const struct cert_item *item, struct buf *told)
{
    char who[X509_TEXT_NAME_BYTES];
    char *serial = cert_index_serial(X509_get0_serialNumber(item->certificate));

    buf_printf(told, "revoked: \"%s\", serial number %s, in %s\n",
               x509_text_name(X509_get_subject_name(item->certificate), who),
               serial, authority->index_path);
    put_next_step(authority, told);
    if (request->openssl) {
        cert_command_begin(told);
        cert_command_revoke(authority->base, item->file, request->reason, told);
    }
    free(serial);
}

bool certs_revoke(const struct certs_request *request, const char *file,
                  struct buf *told, struct buf *why)
{
    struct cert_items items = {0};
    struct cert_authority authority = {0};
    int reason;
    bool good = read_reason(request, &reason, why) &&
                cert_item_load(&items, file, NULL, why);

    if (good && items.all[0].kind != CERT_CERTIFICATE) {
        buf_printf(why, "%s is no certificate", file);
        good = false;
    }
    good = good && look_at_signer(&authority, request, &items.all[0], why) &&
           enter(&authority, &items.all[0], reason, why);
    if (good)
        tell(request, &authority, &items.all[0], told);
    cert_authority_release(&authority);
    cert_item_release(&items);
    return good;
}

/* ---- the list ---- */

/* Sets *old, which may be NULL; false when the file is there and no list. */
static bool load_old(const char *path, X509_CRL **old, struct buf *why)
{
    struct cert_items items = {0};

    if (access(path, F_OK) != 0)
        return true;
    bool good = cert_item_load(&items, path, NULL, why);
    if (good && items.all[0].kind != CERT_LIST) {
        buf_printf(why, "%s is there and no revocation list", path);
        good = false;
    }
    if (good) {
        *old = items.all[0].list;
        items.all[0].list = NULL;
    }
    cert_item_release(&items);
    return good;
}

static bool store_list(const struct cert_authority *authority, const char *path,
                       X509_CRL *list, struct buf *told, struct buf *why)
{
    struct cert_output output = {0};
    char until[X509_TEXT_DATE_BYTES];
    STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(list);
    int count = revoked ? sk_X509_REVOKED_num(revoked) : 0;
    char *text = alloc_printf(
        "revocation list of %s.crt: %d certificate%s, valid until %.10s",
        authority->base, count, count == 1 ? "" : "s",
        x509_text_date(X509_CRL_get0_nextUpdate(list), until));

    cert_file_put_list(
        cert_output_add(&output, alloc_string(path), CERT_FILE_MODE, text),
        list);
    bool good = cert_output_store(&output, true, told, why);
    cert_output_release(&output);
    return good;
}

bool certs_crl(const struct certs_request *request, struct buf *told,
               struct buf *why)
{
    struct cert_authority authority = {0};
    char *base = certs_job_authority_base(request);
    int days = request->days ? request->days : CERTS_LIST_DAYS;
    char *path = alloc_printf("%s.crl", base);
    X509_CRL *old = NULL;
    X509_CRL *list = NULL;
    bool good = cert_authority_open(&authority, base, request->ask,
                                    request->owner, why) &&
                load_old(path, &old, why);

    if (good) {
        list = cert_authority_make_list(&authority, old, days);
        good = (list || certs_job_openssl_failed("the list", why)) &&
               store_list(&authority, path, list, told, why);
    }
    if (good && request->openssl) {
        cert_command_begin(told);
        cert_command_list(base, days, told);
    }
    X509_CRL_free(old);
    X509_CRL_free(list);
    cert_authority_release(&authority);
    free(path);
    free(base);
    return good;
}
