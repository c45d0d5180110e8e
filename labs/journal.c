#include "labs/journal.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_JOURNAL_BYTES (16u << 20)

/* Hash of the previous hash and the rest of a line. */
static void chain(char out[17], const char *previous, const char *rest,
                  size_t len)
{
    unsigned char digest[32];
    struct buf all = {0};

    buf_append_string(&all, previous);
    buf_append(&all, rest, len);
    if (!EVP_Q_digest(NULL, "SHA256", NULL, all.bytes, all.len, digest, NULL))
        abort();
    buf_release(&all);
    for (size_t i = 0; i < 8; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/*
 * Check the chain of a journal's text. Half a line at the end, as a crash
 * leaves it, is not looked at. Returns 0, or the number of the first line that
 * does not fit.
 */
static unsigned verify(const char *text, size_t len, char last[17])
{
    unsigned number = 1;

    last[0] = '\0';
    for (size_t at = 0; at < len; number++) {
        const char *line = text + at;
        const char *end = memchr(line, '\n', len - at);
        size_t line_len = end ? (size_t)(end - line) : 0;
        char hash[17];

        if (!end)
            break;
        if (line_len < 18 || line[16] != ' ')
            return number;
        chain(hash, last, line + 17, line_len - 17);
        if (memcmp(hash, line, 16) != 0)
            return number;
        memcpy(last, hash, sizeof(hash));
        at += line_len + 1;
    }
    return 0;
}

static int read_all(int fd, struct buf *text)
{
    ssize_t got;

    while ((got = read(fd, buf_reserve(text, 4096), 4096)) > 0) {
        text->len += (uint32_t)got;
        if (text->len > MAX_JOURNAL_BYTES)
            return -EFBIG;
    }
    return got < 0 ? -errno : 0;
}

int journal_open(struct journal *journal, const char *path, unsigned *line)
{
    struct buf text = {0};

    *line = 0;
    *journal = (struct journal){
        .fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC,
                   0600)};
    if (journal->fd < 0)
        return -errno;
    int result = read_all(journal->fd, &text);
    /* Half a line at the end is what a crash leaves: it is taken off. */
    size_t whole = text.len;
    while (whole && text.bytes[whole - 1] != '\n')
        whole--;
    if (!result && whole < text.len && ftruncate(journal->fd, (off_t)whole))
        result = -errno;
    if (!result && whole)
        *line = verify((const char *)text.bytes, whole, journal->last);
    buf_release(&text);
    if (*line)
        result = -EILSEQ;
    if (result)
        journal_close(journal);
    return result;
}

char *journal_text(const char *path)
{
    struct buf text = {0};
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return NULL;
    int result = read_all(fd, &text);
    close(fd);
    if (!result)
        return buf_take_string(&text);
    buf_release(&text);
    return NULL;
}

int journal_check(const char *path)
{
    struct buf text = {0};
    char last[17];
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    int result = read_all(fd, &text);
    close(fd);
    if (!result && verify((const char *)text.bytes, text.len, last))
        result = -EILSEQ;
    buf_release(&text);
    return result;
}

void journal_close(struct journal *journal)
{
    if (journal->fd >= 0)
        close(journal->fd);
    journal->fd = -1;
}

/* Append a line, or nothing: half of it would spoil all that comes behind. */
static int append(int fd, const char *line)
{
    size_t len = strlen(line);
    off_t end = lseek(fd, 0, SEEK_END);
    ssize_t written = write(fd, line, len);
    int result = written < 0 ? -errno : -ENOSPC;

    if (written == (ssize_t)len)
        return 0;
    if (written > 0 && end >= 0 && ftruncate(fd, end) != 0)
        result = -errno;
    return result;
}

int journal_add(struct journal *journal, uint64_t wall_ns, const char *kind,
                const char *text)
{
    time_t seconds = (time_t)(wall_ns / 1000000000);
    struct tm utc;
    char when[32];
    char hash[17];

    gmtime_r(&seconds, &utc);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
    char *rest = alloc_printf("%s %s %s", when, kind, text);
    for (char *c = rest; *c; c++) {
        if ((unsigned char)*c < 0x20)
            *c = ' ';
    }
    chain(hash, journal->last, rest, strlen(rest));
    char *line = alloc_printf("%s %s\n", hash, rest);
    int result = append(journal->fd, line);
    if (!result)
        memcpy(journal->last, hash, sizeof(hash));
    free(line);
    free(rest);
    return result;
}
