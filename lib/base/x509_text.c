#include "base/x509_text.h"

#include "base/alloc.h"

#include <stdio.h>
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

const char *x509_text_date(const ASN1_TIME *time,
                           char text[X509_TEXT_DATE_BYTES])
{
    struct tm parts = {0};

    if (!ASN1_TIME_to_tm(time, &parts) ||
        !strftime(text, X509_TEXT_DATE_BYTES, "%Y-%m-%d %H:%M:%S UTC", &parts))
        snprintf(text, X509_TEXT_DATE_BYTES, "an unreadable date");
    return text;
}
