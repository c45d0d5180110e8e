/*
 * The rows of the table of fields for what crosses the cable around MQTT: TLS,
 * HTTP, WebSocket. Names, labels and types are those of Wireshark 4.0; part of
 * dissect_fields.c.
 */
#ifndef WIRE_DISSECT_CABLE_FIELDS_H
#define WIRE_DISSECT_CABLE_FIELDS_H

#include "wire/dissect_fields.h"

/* clang-format off */
#define DISSECT_CABLE_FIELDS \
[DISSECT_TLS_RECORD] = GROUP( \
    "tls.record", "Record Layer", \
    "What TLS puts around everything: five bytes that anybody can read, " \
    "then what it carries. RFC 8446 section 5.1."), \
[DISSECT_TLS_CONTENT_TYPE] = {"tls.record.content_type", \
    "Content Type", FIELD_UINT, 1, false, dissect_cable_content_type, \
    "What the record carries: a step of the handshake, an alert, or data. " \
    "RFC 8446 section 5.1."}, \
[DISSECT_TLS_OPAQUE_TYPE] = {"tls.record.opaque_type", \
    "Opaque Type", FIELD_UINT, 1, false, dissect_cable_content_type, \
    "The type that every encrypted record of TLS 1.3 shows; what it really " \
    "is is encrypted with it. RFC 8446 section 5.2."}, \
[DISSECT_TLS_RECORD_VERSION] = {"tls.record.version", \
    "Version", FIELD_UINT, 2, true, dissect_cable_tls_version, \
    "A version that old boxes on the way accept. TLS 1.3 says 1.2 here. RFC " \
    "8446 section 5.1."}, \
[DISSECT_TLS_RECORD_LENGTH] = NUMBER( \
    2, "tls.record.length", "Length", \
    "How many bytes of the record follow. It cannot be hidden, so everybody " \
    "sees how long a message is. RFC 8446 section 5.1."), \
[DISSECT_TLS_APP_DATA] = BYTES( \
    "tls.app_data", "Encrypted Application Data", \
    "MQTT or HTTP, encrypted: without the keys nobody can read it or change " \
    "it unnoticed. RFC 8446 section 5.2."), \
[DISSECT_TLS_CHANGE_CIPHER] = GROUP( \
    "tls.change_cipher_spec", "Change Cipher Spec Message", \
    "Up to TLS 1.2: what follows is encrypted. In TLS 1.3 it means nothing. " \
    "RFC 5246 section 7.1."), \
[DISSECT_TLS_ALERT] = GROUP( \
    "tls.alert_message", "Alert Message", \
    "Why one end gives up, or that it has said all. RFC 8446 section 6."), \
[DISSECT_TLS_ALERT_LEVEL] = {"tls.alert_message.level", \
    "Level", FIELD_UINT, 1, false, dissect_cable_alert_level, \
    "Fatal ends the connection. RFC 8446 section 6."}, \
[DISSECT_TLS_ALERT_DESC] = {"tls.alert_message.desc", \
    "Description", FIELD_UINT, 1, false, dissect_cable_alert, \
    "What is wrong, in the eyes of who sends it. RFC 8446 section 6.2."}, \
[DISSECT_TLS_HANDSHAKE] = GROUP( \
    "tls.handshake", "Handshake Protocol", \
    "One message of the handshake, in which both ends agree on keys. RFC " \
    "8446 section 4."), \
[DISSECT_TLS_HANDSHAKE_TYPE] = {"tls.handshake.type", \
    "Handshake Type", FIELD_UINT, 1, false, dissect_cable_handshake, \
    "Which message of the handshake this is. RFC 8446 section 4."}, \
[DISSECT_TLS_HANDSHAKE_LENGTH] = NUMBER( \
    3, "tls.handshake.length", "Length", \
    "How many bytes of the message follow. RFC 8446 section 4."), \
[DISSECT_TLS_HANDSHAKE_VERSION] = {"tls.handshake.version", \
    "Version", FIELD_UINT, 2, true, dissect_cable_tls_version, \
    "The highest version before 1.3; who knows 1.3 says so in an extension. " \
    "RFC 8446 section 4.1.2."}, \
[DISSECT_TLS_RANDOM] = BYTES( \
    "tls.handshake.random", "Random", \
    "Fresh for each connection, so that no two have the same keys. A key " \
    "log names connections by the random bytes of the client. RFC 8446 " \
    "section 4.1.2."), \
[DISSECT_TLS_SESSION_ID_LENGTH] = NUMBER( \
    2, "tls.handshake.session_id_length", "Session ID Length", \
    "How many bytes the Session ID has. RFC 5246 section 7.4.1.2."), \
[DISSECT_TLS_SESSION_ID] = BYTES( \
    "tls.handshake.session_id", "Session ID", \
    "Names an earlier session that may go on, up to TLS 1.2. RFC 5246 " \
    "section 7.4.1.2."), \
[DISSECT_TLS_SUITES_LENGTH] = NUMBER( \
    2, "tls.handshake.cipher_suites_length", "Cipher Suites Length", \
    "How many bytes the list has, two for each. RFC 8446 section 4.1.2."), \
[DISSECT_TLS_SUITE] = {"tls.handshake.ciphersuite", \
    "Cipher Suite", FIELD_UINT, 2, true, dissect_cable_cipher, \
    "How to encrypt: all that the client can do, and the one that the " \
    "server chose. RFC 8446 section 4.1.2."}, \
[DISSECT_TLS_COMPRESSIONS_LENGTH] = NUMBER( \
    1, "tls.handshake.comp_methods_length", "Compression Methods Length", \
    "How many ways to compress are offered. RFC 5246 section 7.4.1.2."), \
[DISSECT_TLS_COMPRESSION] = {"tls.handshake.comp_method", \
    "Compression Method", FIELD_UINT, 1, false, dissect_cable_compression, \
    "Always null: compressing before encrypting betrays what is encrypted. " \
    "RFC 8446 section 4.1.2."}, \
[DISSECT_TLS_EXTENSIONS_LENGTH] = NUMBER( \
    2, "tls.handshake.extensions_length", "Extensions Length", \
    "How many bytes of extensions follow. RFC 8446 section 4.2."), \
[DISSECT_TLS_EXTENSION_TYPE] = {"tls.handshake.extension.type", \
    "Type", FIELD_UINT, 2, false, dissect_cable_extension, \
    "Which extension this is. RFC 8446 section 4.2."}, \
[DISSECT_TLS_EXTENSION_LENGTH] = NUMBER( \
    2, "tls.handshake.extension.len", "Length", \
    "How many bytes the extension has. RFC 8446 section 4.2."), \
[DISSECT_TLS_SNI_LIST_LENGTH] = NUMBER( \
    2, "tls.handshake.extensions_server_name_list_len", \
    "Server Name list length", \
    "How many bytes the list has. RFC 6066 section 3."), \
[DISSECT_TLS_SNI_TYPE] = {"tls.handshake.extensions_server_name_type", \
    "Server Name Type", FIELD_UINT, 1, false, dissect_cable_name_type, \
    "The kind of name; there is only one. RFC 6066 section 3."}, \
[DISSECT_TLS_SNI_LENGTH] = NUMBER( \
    2, "tls.handshake.extensions_server_name_len", "Server Name length", \
    "How many bytes the name has. RFC 6066 section 3."), \
[DISSECT_TLS_SNI] = TEXT( \
    "tls.handshake.extensions_server_name", "Server Name", \
    "The server that the client wants, in clear: an eavesdropper reads whom " \
    "one talks to. RFC 6066 section 3."), \
[DISSECT_TLS_ALPN_LENGTH] = NUMBER( \
    2, "tls.handshake.extensions_alpn_len", "ALPN Extension Length", \
    "How many bytes the list has. RFC 7301 section 3.1."), \
[DISSECT_TLS_ALPN_STR_LENGTH] = NUMBER( \
    1, "tls.handshake.extensions_alpn_str_len", "ALPN string length", \
    "How many bytes the name has. RFC 7301 section 3.1."), \
[DISSECT_TLS_ALPN] = TEXT( \
    "tls.handshake.extensions_alpn_str", "ALPN Next Protocol", \
    "What is to be spoken inside, in clear: mqtt or http/1.1. RFC 7301 " \
    "section 3.1."), \
[DISSECT_TLS_VERSIONS_LENGTH] = NUMBER( \
    1, "tls.handshake.extensions.supported_versions_len", \
    "Supported Versions length", \
    "How many bytes the list has, two for each. RFC 8446 section 4.2.1."), \
[DISSECT_TLS_VERSION] = {"tls.handshake.extensions.supported_version", \
    "Supported Version", FIELD_UINT, 2, true, dissect_cable_tls_version, \
    "The versions that the client knows; from the server the one that it " \
    "chose. RFC 8446 section 4.2.1."}, \
[DISSECT_TLS_PSK_IDS_LENGTH] = NUMBER( \
    2, "tls.handshake.extensions.psk.identities.length", "Identities Length", \
    "How many bytes the list has. RFC 8446 section 4.2.11."), \
[DISSECT_TLS_PSK_ID_LENGTH] = NUMBER( \
    2, "tls.handshake.extensions.psk.identity.identity_length", \
    "Identity Length", \
    "How many bytes the identity has. RFC 8446 section 4.2.11."), \
[DISSECT_TLS_PSK_ID] = BYTES( \
    "tls.handshake.extensions.psk.identity.identity", "Identity", \
    "Names a key that both ends have: a ticket of an earlier connection, or " \
    "the name of a pre-shared key, which everybody can read. RFC 8446 " \
    "section 4.2.11."), \
[DISSECT_TLS_PSK_AGE] = NUMBER( \
    4, "tls.handshake.extensions.psk.identity.obfuscated_ticket_age", \
    "Obfuscated Ticket Age", \
    "How old the ticket is, with a number added that only the ends know. " \
    "RFC 8446 section 4.2.11.1."), \
[DISSECT_TLS_HINT_LENGTH] = NUMBER( \
    2, "tls.handshake.hint_len", "Hint Length", \
    "How many bytes the hint has. RFC 4279 section 2."), \
[DISSECT_TLS_HINT] = BYTES( \
    "tls.handshake.hint", "Hint", \
    "What helps the client to choose among its pre-shared keys: psk_hint of " \
    "the broker, in clear. RFC 4279 section 2."), \
[DISSECT_TLS_IDENTITY_LENGTH] = NUMBER( \
    2, "tls.handshake.identity_len", "Identity Length", \
    "How many bytes the identity has. RFC 4279 section 2."), \
[DISSECT_TLS_IDENTITY] = BYTES( \
    "tls.handshake.identity", "Identity", \
    "The name of the pre-shared key, up to TLS 1.2 in clear: an " \
    "eavesdropper learns which device it is. RFC 4279 section 2."), \
[DISSECT_TLS_CERTIFICATES_LENGTH] = NUMBER( \
    3, "tls.handshake.certificates_length", "Certificates Length", \
    "How many bytes all certificates of the chain have. RFC 5246 section " \
    "7.4.2."), \
[DISSECT_TLS_CERTIFICATE_LENGTH] = NUMBER( \
    3, "tls.handshake.certificate_length", "Certificate Length", \
    "How many bytes the certificate has. RFC 5246 section 7.4.2."), \
[DISSECT_TLS_CERTIFICATE] = BYTES( \
    "tls.handshake.certificate", "Certificate", \
    "Who the sender is, signed by somebody else. In clear up to TLS 1.2, " \
    "encrypted in 1.3. RFC 5246 section 7.4.2."), \
[DISSECT_TLS_TICKET_LIFETIME] = NUMBER( \
    4, "tls.handshake.session_ticket_lifetime_hint", \
    "Session Ticket Lifetime Hint", \
    "For how many seconds the ticket is good. RFC 5077 section 3.3."), \
[DISSECT_TLS_TICKET_LENGTH] = NUMBER( \
    2, "tls.handshake.session_ticket_length", "Session Ticket Length", \
    "How many bytes the ticket has. RFC 5077 section 3.3."), \
[DISSECT_TLS_TICKET] = BYTES( \
    "tls.handshake.session_ticket", "Session Ticket", \
    "The session, encrypted by the server for itself: with it the client " \
    "resumes. RFC 5077 section 3.3."), \
[DISSECT_X509_UTF8] = TEXT( \
    "x509sat.uTF8String", "uTF8String", \
    "A part of a name in a certificate: CN, O and so on. RFC 5280 section " \
    "4.1.2.4."), \
[DISSECT_X509_PRINTABLE] = TEXT( \
    "x509sat.printableString", "printableString", \
    "A part of a name in a certificate, in few characters. RFC 5280 section " \
    "4.1.2.4."), \
[DISSECT_X509_DNS] = TEXT( \
    "x509ce.dNSName", "dNSName", \
    "A host that the certificate is for. RFC 5280 section 4.2.1.6."), \
[DISSECT_X509_ISSUER] = TEXT( \
    "lab.issuer", "Issuer", \
    "The Common Name of who signed a certificate. RFC 5280 section 4.1.2.4."), \
[DISSECT_X509_SUBJECT] = TEXT( \
    "lab.subject", "Subject", \
    "The Common Name of whom a certificate is for. RFC 5280 section " \
    "4.1.2.6."), \
[DISSECT_HTTP] = GROUP( \
    "http", "Hypertext Transfer Protocol", \
    "The head of a request or of its answer: how WebSocket begins. RFC 6455 " \
    "section 4."), \
[DISSECT_HTTP_METHOD] = TEXT( \
    "http.request.method", "Request Method", \
    "What is asked for; WebSocket begins with GET. RFC 6455 section 4.1."), \
[DISSECT_HTTP_URI] = TEXT( \
    "http.request.uri", "Request URI", \
    "The path that is asked for, /mqtt or another. RFC 6455 section 4.1."), \
[DISSECT_HTTP_REQUEST_VERSION] = TEXT( \
    "http.request.version", "Request Version", \
    "HTTP/1.1: only that can be upgraded. RFC 6455 section 4.1."), \
[DISSECT_HTTP_RESPONSE_VERSION] = TEXT( \
    "http.response.version", "Response Version", \
    "HTTP/1.1: only that can be upgraded. RFC 6455 section 4.2.2."), \
[DISSECT_HTTP_CODE] = NUMBER( \
    2, "http.response.code", "Status Code", \
    "101 when the server goes over to WebSocket. RFC 6455 section 4.2.2."), \
[DISSECT_HTTP_PHRASE] = TEXT( \
    "http.response.phrase", "Response Phrase", \
    "The status code for people. RFC 9112 section 4."), \
[DISSECT_HTTP_HOST] = TEXT( \
    "http.host", "Host", \
    "The server that the client wants. RFC 6455 section 4.1."), \
[DISSECT_HTTP_UPGRADE] = TEXT( \
    "http.upgrade", "Upgrade", \
    "websocket: what is to be spoken from now on. RFC 6455 section 4.1."), \
[DISSECT_HTTP_CONNECTION] = TEXT( \
    "http.connection", "Connection", \
    "Upgrade: the connection is to change. RFC 6455 section 4.1."), \
[DISSECT_HTTP_AGENT] = TEXT( \
    "http.user_agent", "User-Agent", \
    "Which program it is, as it says itself. RFC 9110 section 10.1.5."), \
[DISSECT_HTTP_ORIGIN] = TEXT( \
    "lab.origin", "Origin", \
    "Whose page a browser runs that asks; tshark has no name for it. RFC 6455 " \
    "section 4.1."), \
[DISSECT_HTTP_WS_KEY] = TEXT( \
    "http.sec_websocket_key", "Sec-WebSocket-Key", \
    "16 random bytes in Base64; no secret: the answer proves that the " \
    "server understands WebSocket. RFC 6455 section 4.1."), \
[DISSECT_HTTP_WS_ACCEPT] = TEXT( \
    "http.sec_websocket_accept", "Sec-WebSocket-Accept", \
    "A hash of the key. RFC 6455 section 4.2.2."), \
[DISSECT_HTTP_WS_PROTOCOL] = TEXT( \
    "http.sec_websocket_protocol", "Sec-WebSocket-Protocol", \
    "mqtt: what is spoken in the frames. RFC 6455 section 4.1, MQTT 5 " \
    "section 6."), \
[DISSECT_HTTP_WS_VERSION] = TEXT( \
    "http.sec_websocket_version", "Sec-WebSocket-Version", \
    "13, the only one in use. RFC 6455 section 4.1."), \
[DISSECT_HTTP_WS_EXTENSIONS] = TEXT( \
    "http.sec_websocket_extensions", "Sec-WebSocket-Extensions", \
    "What else is offered, such as compression. RFC 6455 section 9.1."), \
[DISSECT_WS_FIN] = FLAG( \
    "websocket.fin", "Fin", \
    "Set on the last frame of a message. RFC 6455 section 5.2."), \
[DISSECT_WS_RSV] = HEX( \
    1, "websocket.rsv", "Reserved", \
    "Bits for extensions; 0 without. RFC 6455 section 5.2."), \
[DISSECT_WS_OPCODE] = {"websocket.opcode", \
    "Opcode", FIELD_UINT, 1, false, dissect_cable_opcode, \
    "What the frame carries: MQTT is binary; close, ping and pong are about " \
    "the connection. RFC 6455 section 5.2."}, \
[DISSECT_WS_MASK] = FLAG( \
    "websocket.mask", "Mask", \
    "Set when the payload is masked: a client masks all, a server nothing. " \
    "RFC 6455 section 5.3."), \
[DISSECT_WS_LENGTH] = NUMBER( \
    1, "websocket.payload_length", "Payload length", \
    "How many bytes of payload follow; 126 and 127 say that the number " \
    "stands in the next two or eight bytes. RFC 6455 section 5.2."), \
[DISSECT_WS_LENGTH_16] = NUMBER( \
    2, "websocket.payload_length_ext_16", "Extended Payload length (16 bits)", \
    "How many bytes of payload follow. RFC 6455 section 5.2."), \
[DISSECT_WS_LENGTH_64] = NUMBER( \
    8, "websocket.payload_length_ext_64", "Extended Payload length (64 bits)", \
    "How many bytes of payload follow. RFC 6455 section 5.2."), \
[DISSECT_WS_KEY] = BYTES( \
    "websocket.masking_key", "Masking-Key", \
    "What the payload is masked with, in the same frame: it hides nothing " \
    "from an eavesdropper, it keeps old proxies from taking the bytes for " \
    "HTTP. RFC 6455 section 5.3."), \
[DISSECT_WS_MASKED_PAYLOAD] = GROUP( \
    "websocket.masked_payload", "Masked payload", \
    "The payload as it crossed the cable. RFC 6455 section 5.3."), \
[DISSECT_WS_PAYLOAD] = GROUP( \
    "websocket.payload", "Payload", \
    "A part of the stream of MQTT packets, which may begin and end " \
    "anywhere. MQTT 5 section 6."), \
[DISSECT_WS_CLOSE_CODE] = {"websocket.payload.close.status_code", \
    "Status code", FIELD_UINT, 2, false, dissect_cable_close, \
    "Why the connection is closed. RFC 6455 section 7.4."},
/* clang-format on */

#endif
