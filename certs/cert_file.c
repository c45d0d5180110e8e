#include "certs/cert_file.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES 16384

/* ---- reading ---- */

static int open_path(const char *path)
{
    struct stat status;
    int fd = strcmp(path, "-") == 0
                 ? dup(STDIN_FILENO)
                 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        close(fd);
        errno = EISDIR;
        return -1;
    }
    return fd;
}

/* Returns 0 or a negative errno. A key fits into the first room, so that it is
   not copied to another, and left behind, when the buffer grows. */
static int read_all(int fd, struct buf *content)
{
    size_t from = content->len;

    buf_reserve(content, READ_BYTES);
    for (;;) {
        uint8_t *room = buf_reserve(content, 1);
        ssize_t got = read(fd, room, content->cap - content->len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        content->len += (uint32_t)got;
        if (content->len - from > CERT_FILE_MAX_BYTES)
            return -EFBIG;
        if (got == 0)
            return 0;
    }
}

bool cert_file_check_len(const char *path, size_t len, struct buf *why)
{
    if (len > CERT_FILE_MAX_BYTES)
        buf_printf(why, "%s is larger than 1 MiB; certificates are not", path);
    return len <= CERT_FILE_MAX_BYTES;
}

bool cert_file_load(const char *path, struct buf *content, struct buf *why)
{
    size_t from = content->len;
    int fd = open_path(path);
    int error = fd < 0 ? -errno : read_all(fd, content);

    if (fd >= 0)
        close(fd);
    if (error == -EFBIG)
        cert_file_check_len(path, content->len - from, why);
    else if (error)
        buf_printf(why, "%s cannot be read: %s", path, strerror(-error));
    return !error;
}

/* ---- writing ---- */

static int write_all(int fd, struct slice content)
{
    while (content.len) {
        ssize_t put = write(fd, content.bytes, content.len);

        if (put < 0 && errno != EINTR)
            return -errno;
        if (put > 0)
            content = slice_skip(content, (size_t)put);
    }
    return 0;
}

/* A new file beside the one that it replaces. mkstemp makes it 0600, so that
   nobody can read a key before its time. */
static int write_beside(char *path, struct slice content, mode_t mode)
{
    int fd = mkstemp(path);
    mode_t mask = umask(0);

    umask(mask);
    if (fd < 0)
        return -errno;
    int error = write_all(fd, content);
    if (!error && fchmod(fd, mode & ~mask))
        error = -errno;
    if (close(fd) && !error)
        error = -errno;
    if (error)
        unlink(path);
    return error;
}

static void cannot_write(const char *path, int error, struct buf *why)
{
    buf_printf(why, "%s cannot be written: %s", path, strerror(-error));
}

char *cert_file_prepare(const char *path, struct slice content, mode_t mode,
                        struct buf *why)
{
    char *prepared = alloc_printf("%s.XXXXXX", path);
    struct stat status;
    bool folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    int error = folder ? -EISDIR : write_beside(prepared, content, mode);

    if (!error)
        return prepared;
    cannot_write(path, error, why);
    free(prepared);
    return NULL;
}

bool cert_file_place(char *prepared, const char *path, struct buf *why)
{
    if (rename(prepared, path) == 0) {
        free(prepared);
        return true;
    }
    cannot_write(path, -errno, why);
    cert_file_discard(prepared);
    return false;
}

void cert_file_discard(char *prepared)
{
    if (prepared)
        unlink(prepared);
    free(prepared);
}

bool cert_file_store(const char *path, struct slice content, mode_t mode,
                     struct buf *why)
{
    char *prepared = cert_file_prepare(path, content, mode, why);

    return prepared && cert_file_place(prepared, path, why);
}

void cert_file_forget(struct buf *content)
{
    if (content->bytes)
        OPENSSL_cleanse(content->bytes, content->cap);
    buf_release(content);
}

/* ---- PEM ---- */

/* Frees the memory, which it wipes. */
static void take(BIO *memory, int good, struct buf *to)
{
    char *bytes;

    alloc_checked(good ? memory : NULL);
    long len = BIO_get_mem_data(memory, &bytes);
    buf_append(to, bytes, (size_t)len);
    BIO_free(memory);
}

void cert_file_put_certificate(struct buf *to, const X509 *certificate)
{
    BIO *memory = alloc_checked(BIO_new(BIO_s_mem()));

    take(memory, PEM_write_bio_X509(memory, certificate), to);
}

void cert_file_put_request(struct buf *to, const X509_REQ *request)
{
    BIO *memory = alloc_checked(BIO_new(BIO_s_mem()));

    take(memory, PEM_write_bio_X509_REQ(memory, request), to);
}

void cert_file_put_list(struct buf *to, const X509_CRL *list)
{
    BIO *memory = alloc_checked(BIO_new(BIO_s_mem()));

    take(memory, PEM_write_bio_X509_CRL(memory, list), to);
}

void cert_file_put_key(struct buf *to, const EVP_PKEY *key,
                       const char *passphrase)
{
    BIO *memory = alloc_checked(BIO_new(BIO_s_mem()));
    const EVP_CIPHER *cipher = passphrase ? EVP_aes_256_cbc() : NULL;
    int len = passphrase ? (int)strlen(passphrase) : 0;

    take(memory,
         PEM_write_bio_PKCS8PrivateKey(memory, key, cipher, passphrase, len,
                                       NULL, NULL),
         to);
}
