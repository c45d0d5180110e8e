/*
 * Inside certs.h: an OCSP responder on loopback, one question after another.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "certs/cert_command.h"
#include "certs/cert_file.h"
#include "certs/cert_http.h"
#include "certs/cert_item.h"
#include "certs/cert_name.h"
#include "certs/cert_ocsp.h"
#include "certs/cert_output.h"
#include "certs/certs.h"
#include "certs/certs_job.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIME_MS   5000 /* for one question and its answer */
#define QUEUE     16
#define READ_SIZE 4096

struct certs_ocsp {
    struct cert_authority authority;
    struct cert_authority signer; /* certificate and key of the responder */
    struct cert_ocsp answers;
    int listener;
};

/* ---- with what it signs ---- */

/* Its own certificate and key, if they are there and still good. */
static bool open_signer(struct certs_ocsp *ocsp, const char *base)
{
    struct buf why = {0};
    struct cert_items items = {0};
    struct cert_items keys = {0};
    char *certificate = alloc_printf("%s.crt", base);
    char *key = alloc_printf("%s.key", base);
    bool good =
        access(certificate, F_OK) == 0 &&
        cert_item_load(&items, certificate, NULL, &why) &&
        cert_item_load(&keys, key, NULL, &why) &&
        items.all[0].kind == CERT_CERTIFICATE &&
        keys.all[0].kind == CERT_PRIVATE_KEY &&
        cert_item_signed_by(&items.all[0], ocsp->authority.certificate) &&
        X509_check_private_key(items.all[0].certificate, keys.all[0].key) &&
        X509_cmp_current_time(X509_get0_notAfter(items.all[0].certificate)) > 0;

    if (good) {
        ocsp->signer.certificate = items.all[0].certificate;
        ocsp->signer.key = keys.all[0].key;
        items.all[0].certificate = NULL;
        keys.all[0].key = NULL;
    }
    cert_item_release(&items);
    cert_item_release(&keys);
    buf_release(&why);
    ERR_clear_error();
    free(certificate);
    free(key);
    return good;
}

/* A certificate that may sign answers of this authority, and nothing else. */
static bool make_signer(struct certs_ocsp *ocsp,
                        const struct certs_request *request, struct buf *told,
                        struct buf *why)
{
    struct certs_request filled = *request;
    struct certs_job job = {.use = CERT_OCSP_RESPONDER};
    const char *slash = strrchr(ocsp->authority.base, '/');
    char *name = alloc_printf("%s.ocsp", slash + 1);
    char *folder = alloc_string_of(ocsp->authority.base,
                                   (size_t)(slash - ocsp->authority.base));

    filled.folder = folder;
    filled.by = ocsp->authority.base;
    filled.days = 0;
    bool good = certs_job_begin(&job, &filled, name, "OCSP responder", why) &&
                certs_job_open_authority(&job, why) &&
                certs_job_make_key(&job, why) && certs_job_sign(&job, why);
    if (good) {
        certs_job_add_key(&job, NULL);
        certs_job_add_certificate(&job);
        certs_job_enter(&job);
        good = cert_output_store(&job.output, true, told, why);
    }
    free(folder);
    free(name);
    certs_job_release(&job);
    return good;
}

static bool prepare_signer(struct certs_ocsp *ocsp,
                           const struct certs_request *request,
                           struct buf *told, struct buf *why)
{
    char *base = alloc_printf("%s.ocsp", ocsp->authority.base);
    bool good = open_signer(ocsp, base);

    if (!good && make_signer(ocsp, request, told, why)) {
        good = open_signer(ocsp, base);
        if (!good)
            buf_printf(why, "%s.crt cannot be used", base);
    }
    free(base);
    return good;
}

/* ---- the port ---- */

/* Returns the descriptor or a negative errno; sets *port to what it has. */
static int listen_on(uint16_t *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(*port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, len) || listen(fd, QUEUE) ||
        getsockname(fd, (struct sockaddr *)&address, &len)) {
        int error = -errno;

        close(fd);
        return error;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

struct certs_ocsp *certs_ocsp_new(const struct certs_request *request,
                                  uint16_t *port, struct buf *told,
                                  struct buf *why)
{
    struct certs_ocsp *ocsp = alloc_zero(1, sizeof(*ocsp));
    char *base = certs_job_authority_base(request);
    bool good = cert_authority_look(&ocsp->authority, base, why) &&
                prepare_signer(ocsp, request, told, why);

    free(base);
    ocsp->listener = good ? listen_on(port) : -1;
    if (good && ocsp->listener < 0)
        buf_printf(why, "port %u cannot be taken: %s", *port,
                   strerror(-ocsp->listener));
    if (ocsp->listener < 0) {
        certs_ocsp_free(ocsp);
        return NULL;
    }
    ocsp->answers = (struct cert_ocsp){
        .authority = ocsp->authority.certificate,
        .certificate = ocsp->signer.certificate,
        .key = ocsp->signer.key,
        .index_path = ocsp->authority.index_path,
    };
    buf_printf(told, "OCSP responder for %s.crt: http://127.0.0.1:%u\n",
               ocsp->authority.base, *port);
    if (request->openssl) {
        cert_command_begin(told);
        cert_command_ocsp(ocsp->authority.base, *port, told);
    }
    return ocsp;
}

void certs_ocsp_free(struct certs_ocsp *ocsp)
{
    if (!ocsp)
        return;
    if (ocsp->listener >= 0)
        close(ocsp->listener);
    cert_authority_release(&ocsp->authority);
    cert_authority_release(&ocsp->signer);
    free(ocsp);
}

/* ---- one question ---- */

/* Wait until the descriptor is ready or the time is over. */
static bool wait_for(int fd, short events, uint64_t until_ns)
{
    struct pollfd ready = {.fd = fd, .events = events};
    uint64_t now_ns = clock_read_monotonic_ns();

    if (now_ns >= until_ns)
        return false;
    int left_ms = (int)((until_ns - now_ns) / CLOCK_NS_PER_MS) + 1;
    return poll(&ready, 1, left_ms) > 0;
}

/* Returns the status for HTTP, 0 when nothing whole came in time. */
static int read_question(int fd, uint64_t until_ns, struct buf *body)
{
    struct buf in = {0};
    int used = 0;

    while (used == 0 && wait_for(fd, POLLIN, until_ns)) {
        ssize_t got = recv(fd, buf_reserve(&in, READ_SIZE), READ_SIZE, 0);

        if (got <= 0)
            break;
        in.len += (uint32_t)got;
        used = cert_http_read(buf_slice(&in), body);
    }
    buf_release(&in);
    return used > 0 ? 200 : -used;
}

static void send_all(int fd, uint64_t until_ns, struct slice bytes)
{
    while (bytes.len && wait_for(fd, POLLOUT, until_ns)) {
        ssize_t put = send(fd, bytes.bytes, bytes.len, MSG_DONTWAIT);

        if (put < 0 && errno != EAGAIN)
            return;
        bytes = slice_skip(bytes, put > 0 ? (size_t)put : 0);
    }
}

static void serve(const struct certs_ocsp *ocsp, int fd, struct buf *told,
                  struct buf *why)
{
    struct buf question = {0};
    struct buf answer = {0};
    struct buf out = {0};
    uint64_t until_ns = clock_read_monotonic_ns() + TIME_MS * CLOCK_NS_PER_MS;
    int status = read_question(fd, until_ns, &question);

    if (status == 200)
        cert_ocsp_answer(&ocsp->answers, buf_slice(&question), &answer, told,
                         why);
    else
        buf_append_string(told, "something that is no question\n");
    if (status) {
        cert_http_write(status, buf_slice(&answer), &out);
        send_all(fd, until_ns, buf_slice(&out));
    }
    buf_release(&question);
    buf_release(&answer);
    buf_release(&out);
}

bool certs_ocsp_serve(struct certs_ocsp *ocsp, struct buf *told,
                      struct buf *why)
{
    int fd = accept(ocsp->listener, NULL, NULL);

    if (fd < 0) {
        if (errno == EINTR || errno == ECONNABORTED)
            return true;
        buf_printf(why, "no connection can be taken: %s", strerror(errno));
        return false;
    }
    serve(ocsp, fd, told, why);
    shutdown(fd, SHUT_WR);
    close(fd);
    return true;
}
