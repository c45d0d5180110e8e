/*
 * Tab while something is typed: the word before the cursor is completed as far
 * as that is clear, and what it may become is shown.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/app.h"
#include "tui/command_table.h"
#include "tui/presets.h"

/* What the word may become. */
struct offers {
    const char *word;
    size_t len;
    size_t count;
    char *common;    /* what all of them begin with; owned, NULL: none yet */
    struct buf list; /* all of them, as many as fit on a line */
};

static void offer(struct offers *offers, const char *text)
{
    size_t same = 0;

    if (strncmp(text, offers->word, offers->len) != 0)
        return;
    offers->count++;
    if (offers->list.len < 400)
        buf_printf(&offers->list, "%s  ", text);
    if (!offers->common) {
        offers->common = alloc_string(text);
        return;
    }
    while (text[same] && text[same] == offers->common[same])
        same++;
    offers->common[same] = '\0';
}

static void offer_quoted(struct offers *offers, const char *text)
{
    struct buf quoted = {0};

    view_quote(slice_of_string(text), &quoted);
    offer(offers, buf_string(&quoted));
    buf_release(&quoted);
}

/* ---- what there is ---- */

static void offer_clients(const struct app *app, struct offers *offers,
                          bool quoted)
{
    const struct model *model = app->store->model;

    for (size_t i = 0; i < model->client_count; i++)
        (quoted ? offer_quoted : offer)(offers, model->clients[i]->client_id);
}

static void offer_topics(const struct app *app, struct offers *offers,
                         bool quoted)
{
    struct model_topic *topic = NULL;

    while ((topic = model_topic_next(app->store->model, topic, true))) {
        struct buf name = {0};

        if (topic->named) {
            model_topic_name(topic, &name);
            (quoted ? offer_quoted : offer)(offers, buf_string(&name));
        }
        buf_release(&name);
    }
}

static void offer_fields(struct offers *offers)
{
    const struct field_info *field = dissect_field_table();

    for (; field->name; field++)
        offer(offers, field->name);
    for (const struct filter_own_field *own = filter_own_fields(); own->name;
         own++)
        offer(offers, own->name);
}

static void offer_functions(struct offers *offers)
{
    const char *name;

    for (size_t i = 0; (name = filter_function_name(i)); i++) {
        char *call = alloc_printf("%s(", name);

        offer(offers, call);
        free(call);
    }
}

static void offer_presets(struct offers *offers)
{
    for (const struct preset *preset = presets_table(); preset->name; preset++)
        offer(offers, preset->name);
}

/* ---- a filter ---- */

/* Where the word before the cursor begins; what is in quotes is one. */
static size_t word_start(const char *text, size_t at)
{
    size_t quote = at;
    bool open = false;

    for (size_t i = 0; i < at; i++) {
        if (text[i] == '"') {
            open = !open;
            quote = i;
        }
    }
    if (open)
        return quote;
    while (at > 0 && !strchr(" ()!&|=<>~{},", text[at - 1]))
        at--;
    return at;
}

/* Where the operator before the word begins, or that before its set. */
static size_t operator_start(const char *text, size_t start)
{
    size_t at = start;

    while (at > 0 && !strchr("{}", text[at - 1]))
        at--;
    if (at > 0 && text[at - 1] == '{')
        start = at;
    while (start > 0 && strchr(" =!<>{", text[start - 1]))
        start--;
    if (start > 3 && !strncmp(text + start - 3, " in", 3))
        start -= 3;
    return start;
}

/* Is the word compared with this field? */
static bool compares(const char *text, size_t start, const char *field)
{
    size_t len = strlen(field);

    start = operator_start(text, start);
    return start >= len && !strncmp(text + start - len, field, len);
}

/* The names that numbers of a field have. */
static void offer_names(const struct field_info *field, struct offers *offers)
{
    for (unsigned value = 0; value < 256; value++) {
        const char *name = field->value_name(value);

        if (name)
            offer_quoted(offers, name);
    }
}

/* Is the word compared with a field whose values are known? They are
   offered. */
static bool offer_values(const char *text, size_t start, struct offers *offers)
{
    const struct filter_own_field *own = filter_own_fields();
    const struct field_info *field = dissect_field_table();

    for (; own->name; own++) {
        for (size_t i = 0;
             own->values && own->values[i] && compares(text, start, own->name);
             i++)
            offer_quoted(offers, own->values[i]);
    }
    for (; field->name; field++) {
        if (field->type == FIELD_UINT && field->value_name &&
            compares(text, start, field->name))
            offer_names(field, offers);
    }
    return offers->count > 0;
}

static void offer_for_filter(const struct app *app, const char *text,
                             size_t start, struct offers *offers)
{
    if (compares(text, start, "lab.client") ||
        compares(text, start, "mqtt.clientid"))
        offer_clients(app, offers, true);
    else if (compares(text, start, "lab.topic") ||
             compares(text, start, "mqtt.topic"))
        offer_topics(app, offers, true);
    else if (!offer_values(text, start, offers)) {
        offer_fields(offers);
        offer_functions(offers);
    }
    if (start == 0)
        offer_presets(offers);
}

/* ---- a command ---- */

static void offer_views(struct offers *offers)
{
    for (int view = 0; view < VIEW_COUNT; view++)
        offer(offers, keys_view_name((enum view_id)view));
}

static void offer_layouts(struct offers *offers)
{
    for (int plan = 0; plan < LAYOUT_PLANS; plan++)
        offer(offers, layout_plan_name((enum layout_plan)plan));
}

static void offer_themes(struct offers *offers)
{
    for (const struct theme *theme = theme_table(); theme->name; theme++)
        offer(offers, theme->name);
}

static void offer_colours(struct offers *offers)
{
    for (const char *const *colour = highlight_colours(); *colour; colour++)
        offer(offers, *colour);
    offer(offers, "off");
}

static void offer_all(struct offers *offers, const char *const *names)
{
    for (; *names; names++)
        offer(offers, *names);
}

/* Those behind a command are words of their own. */
static size_t offer_columns(const char *text, size_t at, struct offers *offers)
{
    size_t start = word_start(text, at);

    offers->word = text + start;
    offers->len = at - start;
    for (int column = 0; column < PACKET_COLUMNS; column++)
        offer(offers, packet_column_table[column].name);
    return start;
}

static void offer_forms(struct offers *offers)
{
    for (int form = 0; form < COPY_FORMS; form++)
        offer(offers, copy_form_name((enum copy_form)form));
}

/* What client/play_built_in.c has. */
static void offer_devices(struct offers *offers)
{
    static const char *const names[] = {"thermometer", "meter",  "lamp",
                                        "door",        "client", NULL};

    offer_all(offers, names);
}

/* NAME.play in the folder of a lab. */
static void offer_lab_demos(const struct app *app, struct offers *offers)
{
    static const char end[] = ".play";
    DIR *folder =
        app->crew && app->crew->folder ? opendir(app->crew->folder) : NULL;
    const struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        size_t len = strlen(entry->d_name);
        size_t name_len = len - strlen(end);

        if (len <= strlen(end) || strcmp(entry->d_name + name_len, end) != 0)
            continue;
        char *name = alloc_string_of(entry->d_name, name_len);
        offer(offers, name);
        free(name);
    }
    if (folder)
        closedir(folder);
}

static void offer_demos(const struct app *app, struct offers *offers)
{
    static const char *const names[] = {
        "demo-qos0", "demo-qos1",    "demo-qos2", "demo-retain",
        "demo-will", "demo-session", NULL};

    offer_all(offers, names);
    offer_lab_demos(app, offers);
}

static void offer_members(const struct app *app, struct offers *offers)
{
    offer(offers, "all");
    for (size_t i = 0; app->crew && i < app->crew->count; i++)
        offer(offers, app->crew->members[i].name);
}

/* The word of a filter that does not begin the arguments. */
static size_t offer_word(const struct app *app, const char *text, size_t at,
                         struct offers *offers)
{
    size_t start = word_start(text, at);

    offers->word = text + start;
    offers->len = at - start;
    offer_for_filter(app, text, start, offers);
    return start;
}

/* Returns where the word begins. */
static size_t offer_for_command(const struct app *app, const char *text,
                                size_t at, struct offers *offers)
{
    size_t name = strcspn(text, " ");
    const struct command *command = command_find(text, name);
    size_t start = name + strspn(text + name, " ");

    if (at <= name) {
        offers->word = text;
        offers->len = at;
        for (const struct command *c = command_table(); c->name; c++)
            offer(offers, c->name);
        return 0;
    }
    if (!command)
        return at;
    if (command->word == COMMAND_FILTER)
        return offer_word(app, text, at, offers);
    offers->word = text + start;
    offers->len = at > start ? at - start : 0;
    if (command->word == COMMAND_VIEW)
        offer_views(offers);
    else if (command->word == COMMAND_A_THEME)
        offer_themes(offers);
    else if (command->word == COMMAND_A_LAYOUT)
        offer_layouts(offers);
    else if (command->word == COMMAND_A_COLUMN)
        start = offer_columns(text, at, offers);
    else if (command->word == COMMAND_A_FORM)
        offer_forms(offers);
    else if (command->word == COMMAND_A_DEVICE)
        offer_devices(offers);
    else if (command->word == COMMAND_A_DEMO)
        offer_demos(app, offers);
    else if (command->word == COMMAND_A_MEMBER)
        offer_members(app, offers);
    else if (command->word == COMMAND_COLOUR && !strchr(text + start, ' '))
        offer_colours(offers);
    else if (command->word == COMMAND_COLOUR)
        start = offer_word(app, text, at, offers);
    else if (command->word == COMMAND_CLIENT)
        offer_clients(app, offers, false);
    else if (command->word == COMMAND_TOPIC)
        offer_topics(app, offers, false);
    return start;
}

/* ---- all ---- */

static void show_offers(struct app *app, struct prompt *prompt, size_t start,
                        const struct offers *offers)
{
    if (!offers->count) {
        app_say(app, "nothing begins like this");
        return;
    }
    prompt_replace(prompt, start, offers->common);
    if (offers->count > 1)
        app_say(app, "%.*s", (int)offers->list.len,
                (const char *)offers->list.bytes);
}

void app_complete(struct app *app)
{
    struct prompt *prompt = &app->prompts[app->asking];
    struct offers offers = {0};
    char *text = alloc_string(prompt_text(prompt));
    size_t at = prompt->at;
    size_t start = word_start(text, at);

    offers.word = text + start;
    offers.len = at - start;
    if (app->asking == APP_FILTER || app->asking == APP_HOLD)
        offer_for_filter(app, text, start, &offers);
    else if (app->asking == APP_PUBLISH)
        offer_topics(app, &offers, false);
    else if (app->asking == APP_COLUMNS)
        start = offer_columns(text, at, &offers);
    else if (app->asking == APP_COMMAND)
        start = offer_for_command(app, text, at, &offers);
    show_offers(app, prompt, start, &offers);
    free(offers.common);
    buf_release(&offers.list);
    free(text);
    app_ask_changed(app);
}
