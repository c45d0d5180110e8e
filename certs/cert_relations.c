/*
 * Inside cert_show.h: what belongs together.
 */
#include "base/x509_text.h"
#include "certs/cert_name.h"
#include "certs/cert_show.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COMPARED 100 /* of more, each with each, it takes too long */

static void put_line(struct buf *to, const struct cert_item *one,
                     const char *verb, const struct cert_item *other)
{
    char *left = cert_item_name(one);
    char *right = other ? cert_item_name(other) : NULL;

    buf_printf(to, "  %s %s%s%s\n", left, verb, right ? " " : "",
               right ? right : "");
    free(left);
    free(right);
}

/* ---- keys ---- */

static bool same_key(const struct cert_item *one, const struct cert_item *other)
{
    EVP_PKEY *key = cert_item_key(other);
    bool good = key && one->key && EVP_PKEY_eq(one->key, key) == 1;

    ERR_clear_error();
    return good;
}

static bool has_owner(const struct cert_item *item)
{
    return item->kind == CERT_CERTIFICATE || item->kind == CERT_REQUEST;
}

static void relate_key(const struct cert_items *items,
                       const struct cert_item *key, struct buf *to)
{
    size_t owners = 0;
    size_t found = 0;

    if (key->kind != CERT_PRIVATE_KEY)
        return;
    for (size_t i = 0; i < items->count; i++) {
        const struct cert_item *other = &items->all[i];

        if (!has_owner(other))
            continue;
        owners++;
        if (same_key(key, other)) {
            put_line(to, key, "is the key of", other);
            found++;
        }
    }
    if (owners && !found)
        put_line(to, key, "is the key of NONE of them", NULL);
}

/* ---- signatures ---- */

/* The same certificate in another file is no second issuer. */
static bool told_before(const struct cert_items *items, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (items->all[i].certificate &&
            X509_cmp(items->all[i].certificate,
                     items->all[index].certificate) == 0)
            return true;
    }
    return false;
}

static void relate_signature(const struct cert_items *items,
                             const struct cert_item *item, struct buf *to)
{
    size_t others = 0;
    size_t found = 0;

    if ((!item->certificate || cert_name_is_root(item->certificate)) &&
        !item->list)
        return;
    for (size_t i = 0; i < items->count; i++) {
        const struct cert_item *other = &items->all[i];

        if (!other->certificate || other == item || told_before(items, i))
            continue;
        others++;
        if (cert_item_signed_by(item, other->certificate)) {
            put_line(to, item, "is signed by", other);
            found++;
        }
    }
    if (others && !found)
        put_line(to, item, "is signed by NONE of them", NULL);
}

static void relate_list(const struct cert_items *items,
                        const struct cert_item *list, struct buf *to)
{
    for (size_t i = 0; list->list && i < items->count; i++) {
        const struct cert_item *other = &items->all[i];
        X509_REVOKED *revoked = NULL;

        if (other->certificate &&
            !X509_NAME_cmp(X509_CRL_get_issuer(list->list),
                           X509_get_issuer_name(other->certificate)) &&
            X509_CRL_get0_by_cert(list->list, &revoked, other->certificate) ==
                1)
            put_line(to, other, "is REVOKED by", list);
    }
}

/* ---- order ---- */

/* The certificates of one file, from items[first] on: is each signed by the
   next? */
static void relate_order(const struct cert_items *items, size_t first,
                         struct buf *to)
{
    const struct cert_item *last = NULL;
    const char *file = items->all[first].file;
    size_t count = 0;

    for (size_t i = first; i < items->count; i++) {
        const struct cert_item *item = &items->all[i];

        if (strcmp(item->file, file) != 0 || (i > first && item->number == 1))
            break;
        if (!item->certificate)
            continue;
        if (last && !cert_item_signed_by(last, item->certificate)) {
            buf_printf(to,
                       "  %s is in the WRONG ORDER: (%u) is not signed by "
                       "(%u)\n",
                       file, last->number, item->number);
            return;
        }
        last = item;
        count++;
    }
    if (count > 1)
        buf_printf(to,
                   "  %s is in the right order: each is signed by the "
                   "next\n",
                   file);
}

void cert_show_relations(const struct cert_items *items, struct buf *to)
{
    if (items->count < 2)
        return;
    if (items->count > MAX_COMPARED) {
        buf_printf(to, "They are too many to compare each with each: %zu.\n",
                   items->count);
        return;
    }
    struct buf lines = {0};
    for (size_t i = 0; i < items->count; i++)
        relate_key(items, &items->all[i], &lines);
    for (size_t i = 0; i < items->count; i++)
        relate_signature(items, &items->all[i], &lines);
    for (size_t i = 0; i < items->count; i++)
        relate_list(items, &items->all[i], &lines);
    for (size_t i = 0; i < items->count; i++) {
        if (items->all[i].number == 1)
            relate_order(items, i, &lines);
    }
    if (lines.len) {
        buf_append_string(to, "What belongs together:\n");
        buf_append_slice(to, buf_slice(&lines));
    }
    buf_release(&lines);
}
