#include "base/x509_text.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Not in the middle of a character of UTF-8: back to before its first byte. */
static int whole_characters(const char *text, int len)
{
    while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
        len--;
    return len > 0 && (unsigned char)text[len - 1] >= 0xc0 ? len - 1 : len;
}

const char *x509_text_name(const X509_NAME *name,
                           char text[X509_TEXT_NAME_BYTES])
{
    BIO *memory = alloc_checked(BIO_new(BIO_s_mem()));

    X509_NAME_print_ex(memory, name, 0,
                       XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    int len = BIO_read(memory, text, X509_TEXT_NAME_BYTES - 1);
    if (BIO_pending(memory) > 0)
        len = whole_characters(text, len);
    text[len > 0 ? len : 0] = '\0';
    BIO_free(memory);
    return text;
}

char *x509_text_common_name(const X509_NAME *name)
{
    int at = -1;
    int next;
    unsigned char *text = NULL;
    char *common = NULL;

    while ((next = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0)
        at = next;
    if (at < 0)
        return NULL;
    int len = ASN1_STRING_to_UTF8(
        &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (len >= 0 && !memchr(text, 0, (size_t)len))
        common = alloc_string_of(text, (size_t)len);
    OPENSSL_free(text);
    return common;
}

const char *x509_text_date(const ASN1_TIME *time,
                           char text[X509_TEXT_DATE_BYTES])
{
    struct tm parts = {0};

    if (!ASN1_TIME_to_tm(time, &parts) ||
        !strftime(text, X509_TEXT_DATE_BYTES, "%Y-%m-%d %H:%M:%S UTC", &parts))
        snprintf(text, X509_TEXT_DATE_BYTES, "an unreadable date");
    return text;
}
