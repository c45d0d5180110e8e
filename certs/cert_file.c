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

static bool is_written(const char *path, int error, struct buf *why)
{
    if (error)
        buf_printf(why, "%s cannot be written: %s", path, strerror(-error));
    return !error;
}

bool cert_file_prepare(struct whole_file *whole, const char *path,
                       struct slice content, mode_t mode, struct buf *why)
{
    int error = whole_file_open(whole, path, mode, 0);

    if (!error)
        error = whole_file_finish(whole, whole_file_write(whole, content));
    return is_written(path, error, why);
}

bool cert_file_place(struct whole_file *prepared, const char *path,
                     struct buf *why)
{
    return is_written(path, whole_file_place(prepared), why);
}

bool cert_file_store(const char *path, struct slice content, mode_t mode,
                     struct buf *why)
{
    return is_written(path, whole_file_store(path, content, mode, 0), why);
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
