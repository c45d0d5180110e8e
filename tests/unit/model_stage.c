#include "model_stage.h"

#include "suites.h"

struct model_stage told;

void told_take(void *owner, const struct record *record)
{
    struct history_row row;

    (void)owner;
    history_add(told.history, record);
    ck_assert(history_get(told.history, history_end(told.history) - 1, &row));
    model_add(told.model, &row);
}

void model_stage_open(void)
{
    told.history = history_new(0);
    told.model = model_new(told.history);
    sample_begin(&told.sample, told_take, NULL);
}

void model_stage_close(void)
{
    sample_end(&told.sample);
    model_free(told.model);
    history_free(told.history);
}

void told_connect(const char *client_id, bool clean)
{
    const struct sample_way in = {1, MQTT_3_1_1, false, 0};

    sample_connect(
        &told.sample, in,
        &(struct mqtt_connect){.clean_start = clean,
                               .keep_alive_s = 60,
                               .client_id = slice_of_string(client_id)});
}

struct model_client *told_client(const char *client_id)
{
    struct model_client *found = model_client(told.model, client_id);

    ck_assert_msg(found != NULL, "no client %s", client_id);
    return found;
}
