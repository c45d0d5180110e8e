/*
 * What runs out, and when.
 */
#include "base/clock.h"
#include "tui/model.h"

/* An answer that takes longer is missing. */
#define SOON_NS CLOCK_NS_PER_S

/* Whole seconds from now to the end; 0 when that is over. */
static int64_t seconds_to(uint64_t end_ns, uint64_t now_ns)
{
    return end_ns > now_ns ? (int64_t)((end_ns - now_ns) / CLOCK_NS_PER_S) : 0;
}

int64_t model_keep_alive_left_s(const struct model_client *client,
                                uint64_t now_ns)
{
    if (!client->keep_alive_s || client->state != MODEL_CONNECTED)
        return -1;
    return seconds_to(client->heard_ns + client->keep_alive_s * CLOCK_NS_PER_S,
                      now_ns);
}

bool model_holds(const struct model *model, const struct model_client *client)
{
    for (size_t i = 0; i < model->waiting_count; i++) {
        if (model->waiting_on[i] == client->connection)
            return client->state <= MODEL_CONNECTED;
    }
    return false;
}

int64_t model_given_up_in_s(const struct model *model,
                            const struct model_client *client, uint64_t now_ns)
{
    if (!client->keep_alive_s || client->state != MODEL_CONNECTED ||
        model_holds(model, client))
        return -1;
    return seconds_to(client->heard_ns +
                          client->keep_alive_s * (CLOCK_NS_PER_S * 3 / 2),
                      now_ns);
}

int64_t model_patience_left_s(const struct model *model,
                              const struct model_client *client,
                              uint64_t now_ns)
{
    uint64_t keep_alive_ns = client->keep_alive_s * CLOCK_NS_PER_S;
    bool unanswered = client->pinged_ns && now_ns > client->pinged_ns + SOON_NS;

    if (!client->keep_alive_s || client->state > MODEL_CONNECTED ||
        (!unanswered && !model_holds(model, client)))
        return -1;
    return seconds_to(client->pinged_ns ? client->pinged_ns + keep_alive_ns
                                        : client->heard_ns + 2 * keep_alive_ns,
                      now_ns);
}

int64_t model_session_left_s(const struct model_client *client, uint64_t now_ns)
{
    if (client->state != MODEL_AWAY || client->expiry_s == UINT32_MAX)
        return -1;
    return seconds_to(client->ended_ns + client->expiry_s * CLOCK_NS_PER_S,
                      now_ns);
}

int64_t model_will_left_s(const struct model_will *will, uint64_t now_ns)
{
    if (will->state != MODEL_WILL_WAITING)
        return -1;
    return seconds_to(will->delayed_ns + will->delay_s * CLOCK_NS_PER_S,
                      now_ns);
}
