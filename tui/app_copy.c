/*
 * What is chosen, to be pasted elsewhere.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/app.h"
#include "tui/packet_detail.h"

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

void app_copy(struct app *app, enum copy_form form, const char *path)
{
    struct packet_detail detail;
    struct buf text = {0};
    const char *name = copy_form_name(form);

    detail_init(&detail);
    put(app, &detail, form, &text);
    if (!text.len) {
        app_say(app, "there is nothing here to copy as %s", name);
    } else if (path) {
        app_write_text(app, path, &text, "what was chosen");
    } else if (text.len > CLIPBOARD_MAX) {
        app_say(app, "too much for a clipboard; :copy %s FILE writes it", name);
    } else {
        app_say(app,
                "copied as %s, %u bytes, if this terminal has a clipboard; "
                ":copy %s FILE writes a file",
                name, (unsigned)text.len, name);
        buf_clear(&app->copied);
        buf_append_slice(&app->copied, buf_slice(&text));
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
