/*
 * TLS as a layer over another transport [MQTT5 5.4, 5.4.1].
 *
 * The layer is a transport of its own; below it lies the one that carries the
 * encrypted bytes (TCP, a Unix socket, memory). OpenSSL never sees a socket:
 * it reads from the bytes that the lower transport has just brought and writes
 * into a buffer that goes down in one piece, in full records. An idle
 * connection keeps no buffer.
 *
 * on_open comes when the handshake is over. A handshake that fails is on_end
 * with -EPROTO, and transport_tls_reason says why. Servers' handshakes are
 * rationed: each turn of the loop does a few of those that wait, so that a
 * flood of them keeps nobody waiting who is already connected.
 */
#ifndef NET_TRANSPORT_TLS_H
#define NET_TRANSPORT_TLS_H

#include "net/tls_context.h"
#include "net/transport.h"

/* The events that the lower transport must be made with; their owner is the
   transport that transport_tls_new returned. */
extern const struct transport_events transport_tls_below;

/*
 * A TLS end with the side and the rules of context, of which it keeps a
 * reference. Follow it with transport_tls_carry before the next turn.
 */
struct transport *transport_tls_new(struct tls_context *context,
                                    const struct transport_events *events,
                                    void *owner);

/*
 * Put it on the transport that carries it, which it takes: an own
 * transport_close closes both.
 */
void transport_tls_carry(struct transport *transport, struct transport *below);

/*
 * For a client, before transport_tls_carry: the name that the server's
 * certificate must bear (a DNS name or an address), and that is sent as SNI
 * if it is a DNS name.
 */
void transport_tls_expect_host(struct transport *transport, const char *host);

/* What lies below, to ask it what only it knows. */
struct transport *transport_tls_carrier(const struct transport *transport);

/* For one that was never put on anything: on_closed does not come. */
void transport_tls_discard(struct transport *transport);

/* What was agreed on; texts are borrowed until the transport is closed. */
struct tls_description {
    const char *version; /* "TLSv1.3" */
    const char *cipher;  /* "TLS_AES_256_GCM_SHA384" */
    const char
        *certificate; /* the file of ours, of a server that has shown one,
                                without folders; else NULL */
    const char *server_name; /* as the client sent it; NULL: it did not */
    struct slice alpn;       /* empty: none */
    const char *identity;    /* of the PSK; NULL: none was used */
    bool resumed;            /* from a ticket */
    bool has_certificate;    /* the peer gave one, and it was verified */
};

/* After on_open. */
void transport_tls_describe(const struct transport *transport,
                            struct tls_description *description);

/*
 * The same as a sentence for people and programs: "TLSv1.3,
 * TLS_AES_256_GCM_SHA384, certificate server.crt, server name localhost, client
 * certificate of CN=anna"; peer: "client" or "broker". What the peer says
 * stands behind what it cannot say. Owned by the caller.
 */
char *transport_tls_told(const struct transport *transport, const char *peer);

/*
 * The subject of the peer's certificate: its Common Name, or all of it as
 * RFC 2253 writes it. Returns a string that the caller owns; NULL when there
 * is no certificate, or no Common Name in it, or a NUL in that.
 */
char *transport_tls_peer_name(const struct transport *transport,
                              bool whole_subject);

/*
 * Why the handshake or the connection failed, for people: "the peer does not
 * know the authority that signed our certificate (alert: unknown ca)". NULL
 * when nothing failed. Borrowed until the transport is closed.
 */
const char *transport_tls_reason(const struct transport *transport);

/*
 * Would the peer's certificate be refused under another context, of the same
 * listener after its files were read again? Returns why, owned by the caller;
 * NULL when it is still good or there is none.
 */
char *transport_tls_distrusts(const struct transport *transport,
                              const struct tls_context *context);

/* Was it made with this context? */
bool transport_tls_is_of(const struct transport *transport,
                         const struct tls_context *context);

/* Is it one of ours? Others have no description. */
bool transport_is_tls(const struct transport *transport);

#endif
