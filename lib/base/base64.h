/*
 * Base64 [RFC 4648 section 4], with padding: bytes as text in password files
 * and in SCRAM's messages.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

#include <sys/types.h>

/* Append bytes as text. */
void base64_put(struct buf *out, const void *bytes, size_t len);

/*
 * Decode text into bytes of at most size. Returns how many there are, or -1
 * when it is not Base64 or holds more.
 */
ssize_t base64_get(struct slice text, void *bytes, size_t size);

#endif
