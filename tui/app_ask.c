/*
 * Lines and keys that the app asks for.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/app.h"
#include "tui/presets.h"

const char *app_ask_label(const struct app *app)
{
    switch (app->asking) {
    case APP_NOTHING: return "";
    case APP_FILTER: return " filter: ";
    case APP_SEARCH: return " search: text, ~expression or #00 07: ";
    case APP_COMMAND: return " :";
    case APP_ANSWER: return " answer: ";
    case APP_PUBLISH: return " publish [-q QOS] [-r] TOPIC MESSAGE: ";
    case APP_SUBSCRIBE: return " subscribe to FILTER [QoS]: ";
    case APP_CONNECT: return " connect a client named: ";
    case APP_HOLD: return " hold what matches (empty: every packet): ";
    case APP_NOTE: return " note: ";
    case APP_EXPORT:
        return " table to .csv .jsonl .md, ladder to .txt .mmd .svg: ";
    case APP_WRITE: return " write all records to (.pcapng): ";
    case APP_LOAD: return " open a recording or capture: ";
    case APP_COLUMNS: return " columns (Tab names all, empty: as usual): ";
    case APP_KILL:
        return " end it:  d DISCONNECT   c cut   s fall silent   Esc no ";
    case APP_CLEAR:
        return " clear what is retained there, for all?   y yes   "
               "any other key: no ";
    case APP_LAB_RESET:
        return " begin this step again, all but its hints?   y yes   "
               "any other key: no ";
    case APP_LAB_HINT:
        return " this hint costs points: open it?   y yes   any other key: "
               "no ";
    case APP_COPY:
        return " copy as:  h hex   t text   j JSON   c C   f filter   Esc no ";
    case APP_ONLY:
        return " only this packet's:  c client   h handshake   t topic   p packet "
               "type   Esc no ";
    case APP_WITHOUT:
        return " without this packet's:  c client   h handshake   t topic   "
               "p packet type   Esc no ";
    case APP_MARK: return " mark: a letter ";
    case APP_JUMP: return " jump to: a letter, ' for where you were ";
    case APP_QUIT: return app->about_quit;
    case APP_ASKINGS: break;
    }
    return "";
}

void app_ask(struct app *app, enum app_asking asking, const char *text)
{
    app->asking = asking;
    app->filter_bad = false;
    if (asking == APP_FILTER) {
        free(app->old_filter);
        app->old_filter = alloc_string(app->store->filter_text);
    }
    if (asking == APP_COLUMNS) {
        struct buf names = {0};

        packet_columns_put(&app->store->columns, app->width, &names);
        prompt_begin(&app->prompts[asking], buf_string(&names));
        buf_release(&names);
    } else {
        prompt_begin(&app->prompts[asking], text);
    }
}

void app_columns(struct app *app, const char *names)
{
    char error[100];
    const char *wrong =
        packet_columns_parse(&app->store->columns, names, error, sizeof(error));

    if (!wrong) {
        if (!*names)
            app_say(app, "the columns are as usual");
        return;
    }
    struct buf all = {0};

    for (int i = 0; i < PACKET_COLUMNS; i++)
        buf_printf(&all, " %s", packet_column_table[i].name);
    app_say(app, "%s; there are%s", wrong, buf_string(&all));
    buf_release(&all);
}

/* ---- search ---- */

void app_search(struct app *app, bool forward)
{
    struct view *view = app->views[app->view];
    char error[200];

    if (!app->sought) {
        app_say(app, "nothing was searched for yet: / begins");
        return;
    }
    struct search *wanted = search_new(app->sought, error, sizeof(error));
    if (!wanted)
        app_say(app, "%s", error);
    else if (!view->class->search)
        app_say(app, "this view cannot be searched");
    else if (!view->class->search(view, wanted, forward))
        app_say(app, "not found: %s", app->sought);
    search_free(wanted);
}

/* ---- filter ---- */

/* While it is typed, what is valid is shown at once. */
static void try_filter(struct app *app, const char *text)
{
    app->filter_bad =
        !store_set_filter(app->store, presets_expand(text), &app->filter_error);
}

static void finish_filter(struct app *app, const char *text)
{
    try_filter(app, text);
    if (!app->filter_bad)
        return;
    /* A filter that is none is not left standing: it goes on. */
    app->asking = APP_FILTER;
    app_say(app, "column %u: %s", app->filter_error.column,
            app->filter_error.message);
}

static void leave_filter(struct app *app)
{
    store_set_filter(app->store, app->old_filter, &app->filter_error);
    app->filter_bad = false;
}

/* ---- publish ---- */

/* Take a word from *text. */
static char *take_word(const char **text)
{
    const char *start = *text + strspn(*text, " ");
    size_t len = strcspn(start, " ");

    *text = start + len;
    return alloc_string_of(start, len);
}

static void publish(struct app *app, const char *line)
{
    unsigned qos = 0;
    bool retain = false;
    char *word = take_word(&line);

    while (word[0] == '-' && word[1]) {
        if (!strcmp(word, "-r")) {
            retain = true;
        } else if (!strncmp(word, "-q", 2)) {
            char *value = word[2] ? alloc_string(word + 2) : take_word(&line);

            qos = value[0] >= '0' && value[0] <= '2' && !value[1]
                      ? (unsigned)(value[0] - '0')
                      : 3;
            free(value);
        } else {
            qos = 4;
        }
        free(word);
        word = take_word(&line);
    }
    line += *line == ' ';
    if (qos == 3)
        app_say(app, "-q: the QoS is 0, 1 or 2");
    else if (qos == 4 || !*word)
        app_say(app, "publish [-q QOS] [-r] TOPIC MESSAGE");
    else
        app_say(
            app, "%s",
            app->deeds->publish(app->deeds->owner, word, line, qos, retain));
    free(word);
}

/* ---- keys ---- */

static void finish(struct app *app, enum app_asking asking)
{
    const char *text = prompt_text(&app->prompts[asking]);

    if (asking == APP_FILTER) {
        finish_filter(app, text);
    } else if (asking == APP_SEARCH) {
        if (*text) {
            free(app->sought);
            app->sought = alloc_string(text);
        }
        app_search(app, true);
    } else if (asking == APP_COMMAND) {
        app_command(app, text);
    } else if (asking == APP_PUBLISH && app->deeds) {
        publish(app, text);
    } else if (asking == APP_EXPORT && *text) {
        app_export(app, text);
    } else if (asking == APP_WRITE && *text) {
        app_write_records(app, text);
    } else if (asking == APP_LOAD && *text) {
        app_load(app, text);
    } else if (asking == APP_COLUMNS) {
        app_columns(app, text);
    } else if (asking == APP_SUBSCRIBE) {
        app_subscribe(app, text);
    } else if (asking == APP_CONNECT) {
        app_connect(app, text);
    } else if (asking == APP_HOLD) {
        app_hold(app, text);
    } else if (asking == APP_NOTE) {
        app_note(app, text);
    } else if (asking == APP_ANSWER && app->lab && *text) {
        app_say(app, "%s", app->lab->answer(app->lab->lab, text));
    }
}

/* What the chosen packet shares with others, as a filter; false: it has nothing
   of the kind. */
static bool put_common(const struct history_row *row, int key, struct buf *out)
{
    const char *text = key == 'c'   ? row->note.client_id
                       : key == 't' ? row->note.topic
                                    : NULL;

    if (key == 'p')
        buf_printf(out, "lab.type == \"%s\"", mqtt_type_name(row->note.type));
    else if (key == 'h' && row->note.flow)
        buf_printf(out, "lab.flow == %u", row->note.flow);
    else if (text && *text) {
        buf_printf(out, "lab.%s == ", key == 'c' ? "client" : "topic");
        view_quote(slice_of_string(text), out);
    }
    return out->len > 0;
}

static void narrow(struct app *app, int key, bool out)
{
    struct history_row row;
    struct buf test = {0};

    if (key != 'c' && key != 'h' && key != 't' && key != 'p')
        return;
    if (store_row(app->store, store_chosen_at(app->store, STORE_PACKETS),
                  &row) &&
        put_common(&row, key, &test))
        app->host.narrow(app, buf_string(&test), out);
    else
        app_say(app, "this packet has no %s",
                key == 'c'   ? "client"
                : key == 'h' ? "handshake: it is no QoS 1 or 2"
                             : "topic");
    buf_release(&test);
}

static void copy(struct app *app, int key)
{
    static const char keys[COPY_FORMS + 1] = "htjcf"; /* as in copy_form */
    const char *at = key > 0 && key < 0x80 ? strchr(keys, key) : NULL;

    if (at)
        app_copy(app, (enum copy_form)(at - keys), NULL);
}

/* The step is read from its top again. */
static void begin_again(struct app *app)
{
    struct view *view = app->views[VIEW_LAB];

    app_say(app, "%s", app->lab->reset(app->lab->lab));
    view->class->act(view, ACTION_FIRST, 0);
}

static void open_hint(struct app *app)
{
    struct view *view = app->views[VIEW_LAB];

    app_say(app, "%s", app->lab->open_hint(app->lab->lab));
    view->class->act(view, ACTION_LAST, 0); /* hints stand below the text */
}

static void one_key(struct app *app, enum app_asking asking, int key)
{
    const char *how = key == 'd'   ? "disconnect"
                      : key == 'c' ? "cut"
                      : key == 's' ? "silent"
                                   : NULL;

    if (asking == APP_QUIT && (key == 'y' || key == 'q' || key == KEYS_ENTER))
        app->quit = true;
    if (asking == APP_KILL && how)
        app_say(app, "%s",
                app->deeds->kick(app->deeds->owner, app->kill_who, how));
    if (asking == APP_CLEAR && key == 'y')
        app_say(app, "%s", app->deeds->clear(app->deeds->owner, app->kill_who));
    if (asking == APP_LAB_RESET && app->lab && key == 'y')
        begin_again(app);
    if (asking == APP_LAB_HINT && app->lab && key == 'y')
        open_hint(app);
    if (asking == APP_COPY)
        copy(app, key);
    if (asking == APP_ONLY || asking == APP_WITHOUT)
        narrow(app, key, asking == APP_WITHOUT);
    if (asking == APP_MARK && store_mark(app->store, key))
        app_say(app, "marked: '%c comes back here", key);
    if (asking == APP_JUMP && !store_jump(app->store, key))
        app_say(app, "there is no such mark");
}

void app_ask_changed(struct app *app)
{
    if (app->asking == APP_FILTER)
        try_filter(app, prompt_text(&app->prompts[APP_FILTER]));
}

void app_ask_key(struct app *app, int key)
{
    enum app_asking asking = app->asking;
    enum prompt_result result;

    if (asking >= APP_KILL) {
        app->asking = APP_NOTHING;
        one_key(app, asking, key);
        return;
    }
    if (key == KEYS_TAB) {
        app_complete(app);
        return;
    }
    result = prompt_key(&app->prompts[asking], key);
    if (result == PROMPT_CHANGED)
        app_ask_changed(app);
    if (result == PROMPT_LEFT || result == PROMPT_DONE)
        app->asking = APP_NOTHING;
    if (result == PROMPT_LEFT && asking == APP_FILTER)
        leave_filter(app);
    if (result == PROMPT_DONE)
        finish(app, asking);
}
