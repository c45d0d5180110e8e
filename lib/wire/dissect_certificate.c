/*
 * The names in a certificate [RFC 5280 4.1], where they stand.
 *
 *   Certificate { TBSCertificate { [0] version, serialNumber, signature,
 *     issuer, validity, subject, subjectPublicKeyInfo, ... [3] extensions },
 *     ... }
 *   Name: SEQUENCE of SET of SEQUENCE { OBJECT IDENTIFIER, string }
 */
#include "wire/dissect_cable.h"

#include <string.h>

enum tag {
    INTEGER = 0x02,
    OCTETS = 0x04,
    OBJECT = 0x06,
    UTF8 = 0x0c,
    PRINTABLE = 0x13,
    SEQUENCE = 0x30,
    SET = 0x31,
    DNS_NAME = 0x82,
    VERSION = 0xa0,
    EXTENSIONS = 0xa3,
};

/* One value of DER: its tag, and where its content lies. */
struct der {
    uint32_t tag;
    uint32_t at;
    uint32_t end;
};

/* Read the value at *at, which ends at end at most; *at goes behind it. */
static bool der_next(struct slice bytes, uint32_t *at, uint32_t end,
                     struct der *value)
{
    uint32_t len = 0;
    uint32_t pos = *at;

    if (end - pos < 2 || end > bytes.len)
        return false;
    value->tag = bytes.bytes[pos++];
    len = bytes.bytes[pos++];
    if (len & 0x80) {
        uint32_t count = len & 0x7f;

        if (!count || count > 3 || end - pos < count)
            return false;
        len = 0;
        while (count--)
            len = len << 8 | bytes.bytes[pos++];
    }
    if (end - pos < len)
        return false;
    value->at = pos;
    value->end = *at = pos + len;
    return true;
}

/* The first value within another that has this tag; others are passed over. */
static bool der_find(struct slice bytes, const struct der *in, uint32_t tag,
                     struct der *value)
{
    uint32_t at = in->at;

    while (der_next(bytes, &at, in->end, value)) {
        if (value->tag == tag)
            return true;
    }
    return false;
}

static bool is_object(struct slice bytes, const struct der *object,
                      const uint8_t oid[3])
{
    return object->tag == OBJECT && object->end - object->at == 3 &&
           !memcmp(bytes.bytes + object->at, oid, 3);
}

/* ---- names ---- */

static void string(struct dissector *d, enum dissect_id id,
                   const struct der *value)
{
    d->at = value->at;
    if (value->end > value->at)
        dissector_bytes(d, id, value->end - value->at);
}

/* One part of a name; the Common Name gets a field of its own as well. */
static void part(struct dissector *d, const struct der *pair,
                 enum dissect_id id)
{
    static const uint8_t common_name[3] = {0x55, 0x04, 0x03};
    struct der object;
    struct der value;
    uint32_t at = pair->at;

    if (!der_next(d->bytes, &at, pair->end, &object) ||
        !der_next(d->bytes, &at, pair->end, &value) || object.tag != OBJECT)
        return;
    if (value.tag == UTF8)
        string(d, DISSECT_X509_UTF8, &value);
    else if (value.tag == PRINTABLE && value.end - value.at != 2)
        string(d, DISSECT_X509_PRINTABLE, &value); /* two: a country */
    if (is_object(d->bytes, &object, common_name))
        string(d, id, &value);
}

static void name(struct dissector *d, const struct der *of, enum dissect_id id)
{
    uint32_t at = of->at;
    struct der set;
    struct der pair;

    while (der_next(d->bytes, &at, of->end, &set) && !dissector_full(d)) {
        if (set.tag == SET && der_find(d->bytes, &set, SEQUENCE, &pair))
            part(d, &pair, id);
    }
}

/* ---- hosts ---- */

static void hosts(struct dissector *d, const struct der *octets)
{
    struct der list;
    struct der host;
    uint32_t at = octets->at;

    if (!der_next(d->bytes, &at, octets->end, &list) || list.tag != SEQUENCE)
        return;
    at = list.at;
    while (der_next(d->bytes, &at, list.end, &host) && !dissector_full(d)) {
        if (host.tag == DNS_NAME)
            string(d, DISSECT_X509_DNS, &host);
    }
}

static void extensions(struct dissector *d, const struct der *in)
{
    static const uint8_t alternative_name[3] = {0x55, 0x1d, 0x11};
    struct der list;
    struct der extension;
    struct der object;
    struct der octets;

    if (!der_find(d->bytes, in, SEQUENCE, &list))
        return;
    uint32_t at = list.at;
    while (der_next(d->bytes, &at, list.end, &extension)) {
        if (der_find(d->bytes, &extension, OBJECT, &object) &&
            is_object(d->bytes, &object, alternative_name) &&
            der_find(d->bytes, &extension, OCTETS, &octets))
            hosts(d, &octets);
    }
}

void dissect_certificate(struct dissector *d)
{
    uint32_t at = d->at;
    uint32_t sequences = 0;
    struct der whole;
    struct der signed_part;
    struct der value;

    if (!der_next(d->bytes, &at, d->end, &whole) ||
        !der_find(d->bytes, &whole, SEQUENCE, &signed_part))
        return;
    at = signed_part.at;
    /* Sequences: signature, issuer, validity, subject, key. */
    while (der_next(d->bytes, &at, signed_part.end, &value)) {
        if (value.tag == EXTENSIONS)
            extensions(d, &value);
        if (value.tag != SEQUENCE)
            continue;
        if (sequences == 1)
            name(d, &value, DISSECT_X509_ISSUER);
        if (sequences == 3)
            name(d, &value, DISSECT_X509_SUBJECT);
        sequences++;
    }
}
