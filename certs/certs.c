#include "certs/certs.h"

#include "base/alloc.h"
#include "base/x509_text.h"
#include "certs/cert_command.h"
#include "certs/cert_file.h"
#include "certs/cert_item.h"
#include "certs/cert_name.h"
#include "certs/cert_output.h"
#include "certs/certs_job.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- authorities ---- */

bool certs_ca(const struct certs_request *request, struct buf *told,
              struct buf *why)
{
    struct certs_job job = {.use = CERT_AUTHORITY};
    bool good = certs_job_begin(&job, request, CERTS_AUTHORITY,
                                "mqttlab lab CA", why) &&
                certs_job_make_key(&job, why) && certs_job_sign(&job, why);

    if (good) {
        certs_job_add_key(&job, request->passphrase);
        certs_job_add_certificate(&job);
        certs_job_add_index(&job);
        good = cert_output_store(&job.output, request->force, told, why);
    }
    if (good) {
        char *list = alloc_printf("%s.crl", job.base);

        unlink(list); /* of the one that was overwritten */
        free(list);
        if (request->openssl) {
            cert_command_begin(told);
            cert_command_root(&job.command, told);
        }
    }
    certs_job_release(&job);
    return good;
}

/* Sign it, enter it into the authority's index, and write both. */
static bool finish(struct certs_job *job, struct buf *told, struct buf *why)
{
    const struct certs_request *request = job->request;

    if (!certs_job_sign(job, why))
        return false;
    certs_job_add_certificate(job);
    if (job->use == CERT_AUTHORITY)
        certs_job_add_index(job);
    certs_job_enter(job);
    if (!certs_job_add_chain(job, why) ||
        !cert_output_store(&job->output, request->force, told, why))
        return false;
    certs_job_warn(job, told);
    return true;
}

static void tell_commands(const struct certs_job *job, struct buf *told)
{
    if (!job->request->openssl)
        return;
    cert_command_begin(told);
    if (job->key)
        cert_command_request(&job->command, told);
    cert_command_sign(&job->command, told);
    if (job->chain)
        cert_command_chain(job->base, job->above, job->chain, told);
}

bool certs_intermediate(const struct certs_request *request, struct buf *told,
                        struct buf *why)
{
    struct certs_job job = {.use = CERT_AUTHORITY};
    bool good = certs_job_begin(&job, request, "intermediate",
                                "mqttlab lab intermediate CA", why) &&
                certs_job_open_authority(&job, why) &&
                certs_job_make_key(&job, why);

    if (good) {
        certs_job_add_key(&job, request->passphrase);
        good = finish(&job, told, why);
    }
    if (good)
        tell_commands(&job, told);
    certs_job_release(&job);
    return good;
}

/* ---- leaves ---- */

static void tell_broker(const struct certs_job *job, struct buf *told)
{
    buf_printf(told,
               "For a broker:\n"
               "  listener 8883\n"
               "  certfile %s%s\n"
               "  keyfile %s.key\n",
               job->chain ? job->chain : job->base, job->chain ? "" : ".crt",
               job->base);
    if (!job->chain)
        buf_printf(told, "For its clients:\n  --cafile %s.crt -h %s -p 8883\n",
                   job->authority.base, job->first_name);
}

static void tell_client(const struct certs_job *job, struct buf *told)
{
    buf_printf(told,
               "For mosquitto_pub and mosquitto_sub, beside --cafile:\n"
               "  --cert %s%s --key %s.key\n",
               job->chain ? job->chain : job->base, job->chain ? "" : ".crt",
               job->base);
}

/* A new key, and a certificate for it. */
static bool issue(struct certs_job *job, struct buf *told, struct buf *why,
                  void (*tell)(const struct certs_job *job, struct buf *told))
{
    if (!certs_job_open_authority(job, why) || !certs_job_make_key(job, why))
        return false;
    certs_job_add_key(job, NULL);
    if (!finish(job, told, why))
        return false;
    tell(job, told);
    tell_commands(job, told);
    return true;
}

bool certs_server(const struct certs_request *request, struct buf *told,
                  struct buf *why)
{
    struct certs_job job = {.use = CERT_SERVER};
    bool good = certs_job_names(&job, request, why) &&
                certs_job_begin(&job, request, "server", job.first_name, why) &&
                issue(&job, told, why, tell_broker);

    certs_job_release(&job);
    return good;
}

/* A client and a request are named by their Common Name, or by the first of the
   alternative ones. */
static bool begin_named(struct certs_job *job,
                        const struct certs_request *request, struct buf *why)
{
    if (!request->common_name && !request->subject && !job->first_name) {
        buf_append_string(why, "say whom it is for: --cn NAME");
        return false;
    }
    return certs_job_begin(job, request, NULL, job->first_name, why);
}

bool certs_client(const struct certs_request *request, struct buf *told,
                  struct buf *why)
{
    struct certs_job job = {.use = CERT_CLIENT};
    bool good =
        begin_named(&job, request, why) && issue(&job, told, why, tell_client);

    certs_job_release(&job);
    return good;
}

/* ---- requests ---- */

bool certs_csr(const struct certs_request *request, struct buf *told,
               struct buf *why)
{
    struct certs_job job = {.use = CERT_CLIENT};
    X509_REQ *made = NULL;
    bool good = (!request->names || certs_job_names(&job, request, why)) &&
                begin_named(&job, request, why) &&
                certs_job_make_key(&job, why);

    if (good) {
        made = cert_make_request(job.subject, job.names, job.key);
        good = made || certs_job_openssl_failed("the request", why);
    }
    if (good) {
        certs_job_add_key(&job, NULL);
        cert_file_put_request(
            cert_output_add(
                &job.output, alloc_printf("%s.csr", job.base), CERT_FILE_MODE,
                alloc_string("signing request; give it to the authority")),
            made);
        good = cert_output_store(&job.output, request->force, told, why);
    }
    if (good && request->openssl) {
        cert_command_begin(told);
        cert_command_request(&job.command, told);
    }
    X509_REQ_free(made);
    certs_job_release(&job);
    return good;
}

/* Only who has the key can have signed the request with it. */
static bool check_request(const char *file, X509_REQ *request, struct buf *why)
{
    EVP_PKEY *key = X509_REQ_get0_pubkey(request);
    bool good = key && X509_REQ_verify(request, key) == 1;

    ERR_clear_error();
    if (!good)
        buf_printf(why,
                   "%s is not signed by the key that is in it: who made it "
                   "may not have that key",
                   file);
    return good;
}

static X509_REQ *load_request(const char *file, struct buf *why)
{
    struct cert_items items = {0};
    X509_REQ *request = NULL;
    bool good = cert_item_load(&items, file, NULL, why);

    for (size_t i = 0; good && !request && i < items.count; i++) {
        request = items.all[i].request;
        items.all[i].request = NULL;
    }
    cert_item_release(&items);
    if (good && !request)
        buf_printf(why, "%s holds no signing request", file);
    if (!request || check_request(file, request, why))
        return request;
    X509_REQ_free(request);
    return NULL;
}

/* "x/server.csr" is for "server". */
static char *name_of_file(const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *begin = slash ? slash + 1 : file;
    const char *dot = strrchr(begin, '.');
    char *text = alloc_string_of(
        begin, dot && dot != begin ? (size_t)(dot - begin) : strlen(begin));
    char *name = cert_name_file(text);

    free(text);
    return name;
}

/* What somebody asks for is not what he gets. */
static void tell_refused(X509_REQ *request, struct buf *told)
{
    STACK_OF(X509_EXTENSION) *all = X509_REQ_get_extensions(request);
    BASIC_CONSTRAINTS *basic =
        X509V3_get_d2i(all, NID_basic_constraints, NULL, NULL);

    if (basic && basic->ca)
        buf_append_string(told,
                          "note: it asks to be an authority; that was not "
                          "granted\n");
    BASIC_CONSTRAINTS_free(basic);
    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
    ERR_clear_error();
}

bool certs_sign(const struct certs_request *request, const char *file,
                enum cert_use use, struct buf *told, struct buf *why)
{
    struct certs_job job = {.use = use};
    X509_REQ *asked = load_request(file, why);
    char *name = name_of_file(file);
    bool good = asked &&
                certs_job_begin_request(&job, request, asked, name, why) &&
                certs_job_open_authority(&job, why);

    if (good) {
        job.command.request = file;
        good = finish(&job, told, why);
    }
    if (good) {
        tell_refused(asked, told);
        tell_commands(&job, told);
    }
    free(name);
    X509_REQ_free(asked);
    certs_job_release(&job);
    return good;
}
