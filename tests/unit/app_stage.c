#include "app_stage.h"

#include "suites.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

struct app_stage dash;

static const char *publish(void *owner, const char *topic, const char *payload,
                           unsigned qos, bool retain)
{
    (void)owner;
    snprintf(dash.done, sizeof(dash.done), "publish %s '%s' %u %d", topic,
             payload, qos, retain);
    return "published";
}

static const char *kick(void *owner, const char *client_id, const char *how)
{
    (void)owner;
    snprintf(dash.done, sizeof(dash.done), "kick %s %s", client_id, how);
    return "done";
}

static const char *rule(void *owner, const struct app_rule *rule, bool *set)
{
    (void)owner;
    snprintf(dash.done, sizeof(dash.done), "rule %s '%s' %d %u", rule->kind,
             rule->filter, rule->always, rule->ms);
    *set = !dash.refuses;
    return *set ? "rule: 1" : "the broker refuses: 64 rules are the most";
}

static const char *unrule(void *owner, const char *kind)
{
    (void)owner;
    snprintf(dash.done, sizeof(dash.done), "unrule %s", kind ? kind : "all");
    return "rules ended: 1";
}

static const char *release(void *owner, uint64_t seq, bool all)
{
    (void)owner;
    snprintf(dash.done, sizeof(dash.done), "release %llu %d",
             (unsigned long long)seq, all);
    return "let go: 1";
}

static const char *drop(void *owner, uint64_t seq)
{
    (void)owner;
    snprintf(dash.done, sizeof(dash.done), "drop %llu",
             (unsigned long long)seq);
    return "dropped";
}

static const char *clear(void *owner, const char *topic)
{
    (void)owner;
    snprintf(dash.done, sizeof(dash.done), "clear %s", topic);
    return "cleared";
}

static const char *note(void *owner, uint64_t seq, const char *text)
{
    (void)owner;
    snprintf(dash.done, sizeof(dash.done), "note %llu %s",
             (unsigned long long)seq, text);
    return "noted";
}

static const struct app_deeds deeds = {
    .publish = publish,
    .kick = kick,
    .rule = rule,
    .unrule = unrule,
    .release = release,
    .drop = drop,
    .clear = clear,
    .note = note,
};

static void take(void *owner, const struct record *record)
{
    (void)owner;
    store_add(dash.store, record);
}

void app_stage_open(void)
{
    ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
    dash.done[0] = '\0';
    dash.refuses = false;
    dash.store = store_new(1 << 20);
    sample_begin(&dash.sample, take, NULL);
    sample_story(&dash.sample);
    store_catch_up(dash.store, 0);
    store_set_now(dash.store, dash.sample.time_ns);
    sample_lab_init(&dash.lab);
    dash.app = app_new(dash.store, &dash.lab.panel, NULL);
    dash.app->deeds = &deeds;
    app_show(dash.app, VIEW_PACKETS);
    grid_init(&dash.grid, 24, 80, false);
    app_draw(dash.app, &dash.grid);
}

void app_stage_close(void)
{
    grid_release(&dash.grid);
    app_free(dash.app);
    store_free(dash.store);
    sample_end(&dash.sample);
}

/* Type, and draw between keys as a terminal does. */
void app_press(const char *keys)
{
    int key = KEYS_NONE;
    size_t used;

    while ((used = keys_parse(keys, &key))) {
        app_key(dash.app, key, NULL);
        store_catch_up(dash.store, 0);
        app_draw(dash.app, &dash.grid);
        keys += used;
    }
}

bool app_shows(const char *text)
{
    struct buf picture = {0};
    bool found;

    grid_dump(&dash.grid, false, &picture);
    found = strstr(buf_string(&picture), text);
    buf_release(&picture);
    return found;
}

uint64_t app_chosen(void)
{
    struct history_row row;

    ck_assert(
        store_row(dash.store, store_chosen_at(dash.store, STORE_ALL), &row));
    return row.number;
}
