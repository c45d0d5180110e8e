/*
 * Inside net/: what a WebSocket listener answers to requests of HTTP: whether
 * an upgrade is granted, and pages.
 */
#ifndef NET_WS_PAGE_H
#define NET_WS_PAGE_H

#include <libwebsockets.h>

struct ws;

/* A request to upgrade to the protocol up. Returns what libwebsockets wants: 0:
   granted; -1: refused, which was answered, and it hangs up. */
int ws_page_upgrade(struct ws *ws, struct lws *wsi, const char *up);

/* A request for the page at path. Returns 0; -1: hang up. */
int ws_page_get(struct ws *ws, struct lws *wsi, const char *path);

/* More of the page can be sent. Returns 0; -1: hang up. */
int ws_page_go_on(struct ws *ws, struct lws *wsi);

/* Nothing more is sent of a page. */
void ws_page_forget(struct ws *ws);

#endif
