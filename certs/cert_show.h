/*
 * What a person wants to know of certificates, keys, requests and revocation
 * lists, as text.
 *
 * Nothing of a private key is told but its kind. Text from certificates is in
 * it as it is: escape it before it goes to a terminal.
 */
#ifndef CERTS_CERT_SHOW_H
#define CERTS_CERT_SHOW_H

#include "base/buf.h"
#include "certs/cert_item.h"

#include <time.h>

/* One item as a paragraph. now decides what is expired. */
void cert_show_item(const struct cert_item *item, time_t now, struct buf *to);

/*
 * Who signed whom, which key belongs to which certificate, who is revoked, and
 * whether the order within a file is right: a line for each. Nothing for a
 * single item.
 */
void cert_show_relations(const struct cert_items *items, struct buf *to);

/* "364 days left", "expired 2 days ago", "begins in 3 days". */
void cert_show_validity(const ASN1_TIME *from, const ASN1_TIME *until,
                        time_t now, struct buf *to);

/* For what it may be used: "authority", "server, client". */
void cert_show_use(X509 *certificate, struct buf *to);

#endif
