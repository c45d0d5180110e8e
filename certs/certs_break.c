/*
 * Inside certs.h: certificates that are wrong in one way, and right in all
 * others.
 */
#include "base/alloc.h"
#include "certs/cert_file.h"
#include "certs/cert_name.h"
#include "certs/cert_output.h"
#include "certs/certs.h"
#include "certs/certs_job.h"

#include <stdlib.h>
#include <string.h>

#define OTHER_HOST "other.example"
#define PASSPHRASE "mqttlab"

/* Who signs it. */
enum signer {
    AUTHORITY,
    INTERMEDIATE,
    FLAGLESS, /* an intermediate that is no authority */
    STRANGER, /* another authority */
    ITSELF,
};

/* What the file of the certificate holds. */
enum layout {
    ALONE,
    CHAIN,
    INTERMEDIATE_FIRST,
    ROOT_BETWEEN,
};

enum key_fault {
    NO_FAULT,
    ANOTHERS,
    SHORT,
    LOCKED,
};

struct recipe {
    struct certs_kind kind;
    enum signer signer;
    enum layout layout;
    enum key_fault key;
    int from_days;
    int days; /* 0: the usual */
    bool other_host;
    bool other_use;
};

/* clang-format off */
static const struct recipe recipes[] = {
    {.kind = {"expired", "its time was over yesterday",
              "who checks it says: certificate has expired"},
     .from_days = -30, .days = 29},
    {.kind = {"not-yet-valid", "its time begins in 30 days",
              "who checks it says: certificate is not yet valid"},
     .from_days = 30},
    {.kind = {"wrong-host", "it is made out to " OTHER_HOST,
              "clients say: hostname mismatch"},
     .other_host = true},
    {.kind = {"wrong-ca", "an authority that nobody knows has signed it",
              "who checks it says: unable to get local issuer certificate"},
     .signer = STRANGER},
    {.kind = {"self-signed", "it has signed itself",
              "who checks it says: self-signed certificate"},
     .signer = ITSELF},
    {.kind = {"missing-chain", "the intermediate authority is not sent along",
              "who checks it says: unable to get local issuer certificate"},
     .signer = INTERMEDIATE},
    {.kind = {"wrong-order", "the intermediate authority stands first",
              "whoever is to use it does not start: the key belongs to "
              "another one"},
     .signer = INTERMEDIATE, .layout = INTERMEDIATE_FIRST},
    {.kind = {"unsorted", "the root stands between the others",
              "who sorts accepts it, as OpenSSL does; others do not"},
     .signer = INTERMEDIATE, .layout = ROOT_BETWEEN},
    {.kind = {"wrong-key", "the key is that of another one",
              "whoever is to use it does not start: key values mismatch"},
     .key = ANOTHERS},
    {.kind = {"encrypted-key", "the key has a passphrase: " PASSPHRASE,
              "whoever is to use it asks for it, and a broker cannot"},
     .key = LOCKED},
    {.kind = {"weak-key", "the key is one of RSA with 1024 bits",
              "whoever is to use it, or checks it, says: ee key too small"},
     .key = SHORT},
    {.kind = {"no-ca-flag", "who signed it is no authority (CA:FALSE)",
              "who checks it says: invalid CA certificate"},
     .signer = FLAGLESS, .layout = CHAIN},
    {.kind = {"wrong-purpose", "it is a client's and used by a server, or "
              "the other way round",
              "who checks it says: unsuitable certificate purpose"},
     .other_use = true},
};
/* clang-format on */

#define RECIPES (sizeof(recipes) / sizeof(recipes[0]))

const struct certs_kind *certs_kind(size_t index)
{
    return index < RECIPES ? &recipes[index].kind : NULL;
}

static const struct recipe *find(const char *name)
{
    for (size_t i = 0; i < RECIPES; i++) {
        if (!strcmp(recipes[i].kind.name, name))
            return &recipes[i];
    }
    return NULL;
}

/* ---- who signs ---- */

/* What can sign: a certificate and its key, both owned. */
struct pair {
    X509 *certificate;
    EVP_PKEY *key;
};

static void pair_release(struct pair *pair)
{
    X509_free(pair->certificate);
    EVP_PKEY_free(pair->key);
    *pair = (struct pair){0};
}

/* An authority that only this certificate needs; issuer NULL: a root. */
static bool make_signer(struct pair *made, const char *common_name,
                        const struct cert_authority *issuer, bool no_ca_flag,
                        struct buf *why)
{
    X509_NAME *name = cert_name_subject(NULL, common_name, why);
    struct cert_order order = {
        .use = CERT_AUTHORITY,
        .subject = name,
        .key = cert_make_key(CERT_P256),
        .issuer = issuer ? issuer->certificate : NULL,
        .issuer_key = issuer ? issuer->key : NULL,
        .from_days = -1,
        .days = CERTS_AUTHORITY_DAYS,
        .no_ca_flag = no_ca_flag,
    };

    made->key = order.key;
    made->certificate = order.key ? cert_make(&order) : NULL;
    X509_NAME_free(name);
    return made->certificate ||
           certs_job_openssl_failed("the certificate of who signs", why);
}

static bool prepare_signer(struct pair *made, const struct recipe *recipe,
                           const struct cert_authority *authority,
                           struct buf *why)
{
    switch (recipe->signer) {
    case AUTHORITY:
        made->certificate = authority->certificate;
        made->key = authority->key;
        return X509_up_ref(made->certificate) && EVP_PKEY_up_ref(made->key);
    case INTERMEDIATE:
        return make_signer(made, "an intermediate CA", authority, false, why);
    case FLAGLESS:
        return make_signer(made, "no authority", authority, true, why);
    case STRANGER: return make_signer(made, "a strange CA", NULL, false, why);
    case ITSELF: return true;
    }
    return false;
}

/* ---- the certificate ---- */

static enum cert_use use_of(const struct recipe *recipe, enum cert_use wanted)
{
    if (!recipe->other_use)
        return wanted;
    return wanted == CERT_SERVER ? CERT_CLIENT : CERT_SERVER;
}

static bool make_leaf(struct certs_job *job, const struct recipe *recipe,
                      const struct pair *signer, struct buf *why)
{
    struct cert_order order = {
        .use = use_of(recipe, job->use),
        .subject = job->subject,
        .names = job->names,
        .issuer = signer->certificate,
        .issuer_key = signer->key,
        .from_days = recipe->from_days,
        .days = recipe->days ? recipe->days : CERTS_LEAF_DAYS,
    };

    job->key = cert_make_key(recipe->key == SHORT ? CERT_RSA_1024
                                                  : job->request->key_type);
    order.key = job->key;
    job->certificate = job->key ? cert_make(&order) : NULL;
    return job->certificate || certs_job_openssl_failed("the certificate", why);
}

static void put_layout(struct buf *to, const struct recipe *recipe,
                       const struct certs_job *job, const struct pair *signer)
{
    switch (recipe->layout) {
    case ALONE: cert_file_put_certificate(to, job->certificate); break;
    case CHAIN:
        cert_file_put_certificate(to, job->certificate);
        cert_file_put_certificate(to, signer->certificate);
        break;
    case INTERMEDIATE_FIRST:
        cert_file_put_certificate(to, signer->certificate);
        cert_file_put_certificate(to, job->certificate);
        break;
    case ROOT_BETWEEN:
        cert_file_put_certificate(to, job->certificate);
        cert_file_put_certificate(to, job->authority.certificate);
        cert_file_put_certificate(to, signer->certificate);
        break;
    }
}

static bool add_key(struct certs_job *job, const struct recipe *recipe,
                    struct buf *why)
{
    EVP_PKEY *other = NULL;

    if (recipe->key == ANOTHERS) {
        other = cert_make_key(job->request->key_type);
        if (!other)
            return certs_job_openssl_failed("the key", why);
    }
    cert_file_put_key(
        cert_output_add(&job->output, alloc_printf("%s.key", job->base),
                        CERT_FILE_KEY_MODE, NULL),
        other ? other : job->key, recipe->key == LOCKED ? PASSPHRASE : NULL);
    EVP_PKEY_free(other);
    return true;
}

static bool add_files(struct certs_job *job, const struct recipe *recipe,
                      const struct pair *signer, const char *folder,
                      struct buf *why)
{
    cert_file_put_certificate(cert_output_add(&job->output,
                                              alloc_printf("%s/ca.crt", folder),
                                              CERT_FILE_MODE, NULL),
                              job->authority.certificate);
    put_layout(cert_output_add(&job->output, alloc_printf("%s.crt", job->base),
                               CERT_FILE_MODE, NULL),
               recipe, job, signer);
    return add_key(job, recipe, why);
}

/* ---- all of it ---- */

static void tell(const struct certs_job *job, const struct recipe *recipe,
                 const char *folder, struct buf *told)
{
    buf_printf(told,
               "%s.crt: %s\n"
               "  %s\n"
               "  with it come %s.key and %s/ca.crt\n",
               job->base, recipe->kind.text, recipe->kind.effect, job->base,
               folder);
}

/* Into its folder, under the name that a right one has. */
static bool prepare(struct certs_job *job, const struct recipe *recipe,
                    const struct certs_request *request, struct buf *why)
{
    bool server = job->use == CERT_SERVER;
    struct certs_request filled = *request;
    const char *name = server ? "server" : "client";

    if (recipe->other_host)
        filled.names = OTHER_HOST;
    if (server && !certs_job_names(job, &filled, why))
        return false;
    if (recipe->other_host)
        filled.common_name = OTHER_HOST;
    if (!certs_job_begin(job, &filled, name,
                         server ? job->first_name : "sensor-1", why))
        return false;
    job->request = request;
    return certs_job_open_authority(job, why);
}

/* NULL, with why appended, when nothing can be broken so. */
static const struct recipe *find_fit(const char *kind, enum cert_use use,
                                     struct buf *why)
{
    const struct recipe *recipe = find(kind);
    bool good = false;

    if (!recipe)
        buf_printf(why,
                   "%s is no way to break one; mqttlab certs break lists "
                   "them",
                   kind);
    else if (use != CERT_SERVER && use != CERT_CLIENT)
        buf_append_string(why, "one is broken for a server or for a client");
    else if (recipe->other_host && use != CERT_SERVER)
        buf_printf(why, "%s: nobody compares a client's host", kind);
    else
        good = true;
    return good ? recipe : NULL;
}

/* Its files lie in the folder of the kind. */
static void move_into(struct certs_job *job, const char *folder)
{
    const char *name = strrchr(job->base, '/');
    char *base = alloc_printf("%s%s", folder, name);

    free(job->base);
    job->base = base;
}

bool certs_break(const struct certs_request *request, const char *kind,
                 enum cert_use use, struct buf *told, struct buf *why)
{
    const struct recipe *recipe = find_fit(kind, use, why);
    struct certs_job job = {.use = use};
    struct pair signer = {0};

    if (!recipe)
        return false;
    char *folder = alloc_printf(
        "%s/%s", request->folder ? request->folder : CERTS_FOLDER, kind);
    bool good = prepare(&job, recipe, request, why);
    if (good) {
        move_into(&job, folder);
        good = prepare_signer(&signer, recipe, &job.authority, why) &&
               make_leaf(&job, recipe, &signer, why) &&
               add_files(&job, recipe, &signer, folder, why) &&
               cert_output_store(&job.output, request->force, told, why);
    }
    if (good)
        tell(&job, recipe, folder, told);
    pair_release(&signer);
    certs_job_release(&job);
    free(folder);
    return good;
}
