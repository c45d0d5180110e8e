#include "certs/cert_judge.h"

#include "base/alloc.h"
#include "base/x509_text.h"
#include "certs/cert_item.h"
#include "certs/cert_name.h"
#include "certs/certs.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400

/* What is being judged. */
struct judge {
    const struct cert_wish *wish;
    struct buf *why;
    struct cert_items items; /* of its file */
    X509 *certificate;       /* the first of them */
    time_t now;
};

static bool fail(const struct judge *judge, const char *what)
{
    buf_printf(judge->why, "%s: %s", judge->wish->file, what);
    return false;
}

static char *path_of(const struct judge *judge, const char *name)
{
    return alloc_printf("%s/%s", judge->wish->folder, name);
}

static bool load(const struct judge *judge, const char *name,
                 struct cert_items *items)
{
    char *path = path_of(judge, name);
    struct buf why = {0};
    bool good = cert_item_load(items, path, NULL, &why);
    size_t folder = strlen(judge->wish->folder) + 1;
    const char *text = buf_string(&why);

    /* Without the folder, which says nothing to who works in it. */
    if (!good)
        buf_append_string(judge->why, !strncmp(text, path, strlen(path))
                                          ? text + folder
                                          : text);
    buf_release(&why);
    free(path);
    return good;
}

static X509 *first_certificate(const struct cert_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        if (items->all[i].certificate)
            return items->all[i].certificate;
    }
    return NULL;
}

/* ---- when ---- */

static time_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts;

    return time && ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

/* Later than now, by less than a day: then that is when it is looked at. */
static void move_on(struct judge *judge, const ASN1_TIME *made)
{
    time_t when = seconds_of(made);

    if (when > judge->now && when - judge->wish->now < DAY_S)
        judge->now = when;
}

static void move_on_by_file(struct judge *judge, const char *name)
{
    struct cert_items items = {0};
    struct buf ignored = {0};
    char *path = name ? path_of(judge, name) : NULL;

    if (path)
        cert_item_load(&items, path, NULL, &ignored);
    for (size_t i = 0; i < items.count; i++) {
        if (items.all[i].certificate)
            move_on(judge, X509_get0_notBefore(items.all[i].certificate));
        if (items.all[i].list)
            move_on(judge, X509_CRL_get0_lastUpdate(items.all[i].list));
    }
    cert_item_release(&items);
    buf_release(&ignored);
    free(path);
}

/* ---- one thing after the other ---- */

static bool judge_name(const struct judge *judge)
{
    const char *wanted = judge->wish->common_name;
    char *name =
        x509_text_common_name(X509_get_subject_name(judge->certificate));
    bool good = !wanted || (name && !strcmp(name, wanted));

    if (!good)
        buf_printf(judge->why, "%s: its Common Name is %s, not %s",
                   judge->wish->file, name ? name : "missing", wanted);
    free(name);
    return good;
}

static bool judge_san(const struct judge *judge)
{
    const char *wanted = judge->wish->san;

    if (!wanted)
        return true;
    int found =
        cert_name_is_address(wanted)
            ? X509_check_ip_asc(judge->certificate, wanted, 0)
            : X509_check_host(judge->certificate, wanted, 0,
                              X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL);
    if (found == 1)
        return true;
    buf_printf(judge->why, "%s: %s is not among its alternative names",
               judge->wish->file, wanted);
    return false;
}

static bool judge_use(const struct judge *judge)
{
    static const struct {
        enum cert_use use;
        int purpose;
        const char *what;
    } uses[] = {
        {CERT_SERVER, X509_PURPOSE_SSL_SERVER, "it is not made for a server"},
        {CERT_CLIENT, X509_PURPOSE_SSL_CLIENT, "it is not made for a client"},
    };

    if (!judge->wish->has_use)
        return true;
    if (judge->wish->use == CERT_AUTHORITY)
        return X509_check_ca(judge->certificate) > 0 ||
               fail(judge, "it is no authority's");
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        if (judge->wish->use == uses[i].use)
            return X509_check_purpose(judge->certificate, uses[i].purpose, 0) ==
                       1 ||
                   fail(judge, uses[i].what);
    }
    return true;
}

static bool judge_dates(const struct judge *judge)
{
    time_t from = seconds_of(X509_get0_notBefore(judge->certificate));
    time_t until = seconds_of(X509_get0_notAfter(judge->certificate));

    if (!judge->wish->not_expired)
        return true;
    if (judge->now < from)
        return fail(judge, "its time has not begun");
    return judge->now <= until || fail(judge, "its time is over");
}

static bool judge_issuer(const struct judge *judge)
{
    struct cert_items others = {0};
    const struct cert_item item = {.kind = CERT_CERTIFICATE,
                                   .certificate = judge->certificate};

    if (!judge->wish->issuer)
        return true;
    bool good = load(judge, judge->wish->issuer, &others);
    const X509 *issuer = good ? first_certificate(&others) : NULL;
    if (good && !(issuer && cert_item_signed_by(&item, issuer))) {
        buf_printf(judge->why, "%s: not signed by %s", judge->wish->file,
                   judge->wish->issuer);
        good = false;
    }
    cert_item_release(&others);
    return good;
}

static bool judge_key(const struct judge *judge)
{
    struct cert_items keys = {0};
    bool found = false;

    if (!judge->wish->key)
        return true;
    bool good = load(judge, judge->wish->key, &keys);
    for (size_t i = 0; i < keys.count; i++)
        found |=
            keys.all[i].kind == CERT_PRIVATE_KEY &&
            X509_check_private_key(judge->certificate, keys.all[i].key) == 1;
    if (good && !found) {
        buf_printf(judge->why, "%s: %s is not its key", judge->wish->file,
                   judge->wish->key);
        good = false;
    }
    cert_item_release(&keys);
    return good;
}

/* The list is the issuer's to make; that it is, `trusted` with `crl` says. */
static bool judge_revoked(const struct judge *judge)
{
    struct cert_items lists = {0};
    X509_REVOKED *entry = NULL;
    bool found = false;

    if (!judge->wish->revoked)
        return true;
    bool good = load(judge, judge->wish->revoked, &lists);
    for (size_t i = 0; i < lists.count; i++)
        found |= lists.all[i].list &&
                 X509_CRL_get0_by_cert(lists.all[i].list, &entry,
                                       judge->certificate) == 1;
    if (good && !found) {
        buf_printf(judge->why, "%s: %s does not name it", judge->wish->file,
                   judge->wish->revoked);
        good = false;
    }
    cert_item_release(&lists);
    return good;
}

/* The first problem of those that certs_verify tells, which stands on the
   second line, as `  "CN": what`. */
static void put_first_problem(struct buf *why, const char *told)
{
    const char *line = strchr(told, '\n');
    const char *text = line ? strstr(line, "\": ") : NULL;

    text = text ? text + 3 : "it is not accepted";
    buf_append(why, text, strcspn(text, "\n"));
}

static bool judge_trusted(const struct judge *judge)
{
    const struct cert_wish *wish = judge->wish;
    struct buf told = {0};

    if (!wish->trusted)
        return true;
    char *file = path_of(judge, wish->file);
    char *trusted = path_of(judge, wish->trusted);
    char *crl = wish->crl ? path_of(judge, wish->crl) : NULL;
    bool good = certs_verify(
        &(struct certs_check){.file = file,
                              .ca = trusted,
                              .crl = crl,
                              .use = wish->has_use ? wish->use : CERT_PEER,
                              .when = judge->now},
        &told, judge->why);
    if (!good && !judge->why->len) {
        buf_printf(judge->why, "%s: ", wish->file);
        put_first_problem(judge->why, buf_string(&told));
    }
    free(file);
    free(trusted);
    free(crl);
    buf_release(&told);
    return good;
}

bool cert_judge(const struct cert_wish *wish, struct buf *why)
{
    struct judge judge = {.wish = wish, .why = why, .now = wish->now};
    bool good = load(&judge, wish->file, &judge.items);

    judge.certificate = first_certificate(&judge.items);
    if (good && !judge.certificate)
        good = fail(&judge, "there is no certificate in it");
    if (good) {
        move_on_by_file(&judge, wish->file);
        move_on_by_file(&judge, wish->trusted);
        move_on_by_file(&judge, wish->crl);
        good = judge_name(&judge) && judge_san(&judge) && judge_use(&judge) &&
               judge_issuer(&judge) && judge_dates(&judge) &&
               judge_key(&judge) && judge_trusted(&judge) &&
               judge_revoked(&judge);
    }
    cert_item_release(&judge.items);
    ERR_clear_error();
    return good;
}
