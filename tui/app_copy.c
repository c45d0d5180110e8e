/*
 * What is chosen, to be pasted elsewhere.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/app.h"
#include "tui/packet_detail.h"
#include "tui/wireshark.h"

/* Terminals take no more. */
#define CLIPBOARD_MAX 74000

/* In the view of the message: the message. */
static size_t message_field(const struct dissection *dissection)
{
    for (size_t i = 0; i < dissection->count; i++) {
        const struct field_info *info = dissection->fields[i].info;

        if (info && info->name && !strcmp(info->name, "mqtt.msg"))
            return i;
    }
    return SIZE_MAX;
}

static void put(const struct app *app, struct packet_detail *detail,
                enum copy_form form, struct buf *text)
{
    const struct view *view = app->views[app->view];
    struct copy_choice choice = {.row = &detail->row,
                                 .dissection = &detail->dissection};
    size_t field = SIZE_MAX;

    detail_look(detail, app->store,
                store_chosen_at(app->store, app->store->with_events
                                                ? STORE_ALL
                                                : STORE_PACKETS));
    if (!detail->here)
        return;
    if (app->view == VIEW_PAYLOAD)
        field = message_field(&detail->dissection);
    else if (view->class->field)
        field = view->class->field(view, app->pane);
    if (field < detail->dissection.count)
        choice.field = &detail->dissection.fields[field];
    if (!copy_put(&choice, form, text))
        buf_clear(text);
}

/* Text to the clipboard, or to a file; what: says the user of it, again: how to
   get a file of it. */
static void hand_out(struct app *app, const struct buf *text, const char *path,
                     const char *what, const char *again)
{
    if (path)
        app_write_text(app, path, text, what);
    else if (text->len > CLIPBOARD_MAX)
        app_say(app, "too much for a clipboard; :%s FILE writes it", again);
    else {
        app_say(app,
                "copied %s, %u bytes, if this terminal has a clipboard; "
                ":%s FILE writes a file",
                what, (unsigned)text->len, again);
        buf_clear(&app->copied);
        buf_append_slice(&app->copied, slice_of(text->bytes, text->len));
    }
}

void app_wireshark(struct app *app, const char *path)
{
    struct buf text = {0};

    wireshark_filter(app->store, &text);
    if (text.len)
        hand_out(app, &text, path, "a filter for the file that w writes",
                 "wireshark");
    else
        app_say(app, "there is no filter: every packet is shown");
    buf_release(&text);
}

void app_copy(struct app *app, enum copy_form form, const char *path)
{
    struct packet_detail detail;
    struct buf text = {0};
    const char *name = copy_form_name(form);

    detail_init(&detail);
    put(app, &detail, form, &text);
    if (text.len) {
        char *what = alloc_printf("as %s", name);
        char *again = alloc_printf("copy %s", name);

        hand_out(app, &text, path, path ? "what was chosen" : what, again);
        free(what);
        free(again);
    } else {
        app_say(app, "there is nothing here to copy as %s", name);
    }
    buf_release(&text);
    detail_release(&detail);
}

void app_copy_command(struct app *app, const char *rest)
{
    size_t len = strcspn(rest, " ");
    char *name = alloc_string_of(rest, len);
    enum copy_form form = copy_form_of(name);
    const char *path = rest + len + strspn(rest + len, " ");

    if (form == COPY_FORMS)
        app_say(app, "copy as hex, text, json, c or filter");
    else
        app_copy(app, form, *path ? path : NULL);
    free(name);
}
