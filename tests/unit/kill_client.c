#include "kill_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

#define MAX_OUT_BYTES 65536u

void kill_client_init(struct kill_client *client, const char *id,
                      const char *topic, unsigned qos, bool publishes)
{
    memset(client, 0, sizeof(*client));
    client->id = id;
    client->topic = topic;
    client->qos = qos;
    client->publishes = publishes;
    client->fd = -1;
}

void kill_client_release(struct kill_client *client)
{
    kill_client_drop(client);
    buf_release(&client->in);
    buf_release(&client->out);
    free(client->count);
}

unsigned kill_client_count(const struct kill_client *client, uint32_t number)
{
    return number < client->count_cap ? client->count[number] : 0;
}

static void count(struct kill_client *client, uint32_t number)
{
    while (number >= client->count_cap) {
        uint32_t cap = client->count_cap ? 2 * client->count_cap : 65536;

        client->count = alloc_resize(client->count, cap, 1);
        memset(client->count + client->count_cap, 0, cap - client->count_cap);
        client->count_cap = cap;
    }
    if (client->count[number] < UINT8_MAX)
        client->count[number]++;
}

static void complain(struct kill_client *client, const char *text,
                     uint32_t number)
{
    if (!client->error[0])
        snprintf(client->error, sizeof(client->error), "%s, message %u: %s",
                 client->id, number, text);
}

/* ---- out ---- */

static void put(struct kill_client *client, const struct mqtt_packet *packet)
{
    packet_encode(&client->out, MQTT_3_1_1, packet);
}

static void put_ack(struct kill_client *client, enum mqtt_type type,
                    uint16_t packet_id)
{
    uint8_t bytes[4];

    puback_put(bytes, type, packet_id);
    buf_append(&client->out, bytes, sizeof(bytes));
}

static void put_publish(struct kill_client *client, uint16_t packet_id,
                        bool dup)
{
    char payload[16];

    snprintf(payload, sizeof(payload), "%u", client->numbers[packet_id]);
    put(client, &(struct mqtt_packet){
                    .type = MQTT_PUBLISH,
                    .publish = {.dup = dup,
                                .qos = client->qos & 3,
                                .retain = client->retains,
                                .packet_id = packet_id,
                                .topic = slice_of_string(client->topic),
                                .payload = slice_of_string(payload)},
    });
}

static void publish_more(struct kill_client *client)
{
    while (client->under_way < client->window &&
           client->out.len < MAX_OUT_BYTES) {
        do
            client->last_id++;
        while (!client->last_id || client->flow[client->last_id]);
        client->flow[client->last_id] = KILL_SENT;
        client->numbers[client->last_id] = client->next++;
        client->under_way++;
        put_publish(client, client->last_id, false);
    }
}

static void put_subscribe(struct kill_client *client)
{
    const struct mqtt_subscription wanted = {
        .topic_filter = slice_of_string(client->topic),
        .qos = client->qos & 3,
    };
    struct buf filters = {0};

    subscribe_put(&filters, MQTT_SUBSCRIBE, &wanted);
    put(client,
        &(struct mqtt_packet){
            .type = MQTT_SUBSCRIBE,
            .subscribe = {.packet_id = 1, .filters = buf_slice(&filters)},
    });
    buf_release(&filters);
}

/* ---- in ---- */

static const struct kill_client *sorted_for;

static int by_number(const void *a, const void *b)
{
    uint32_t x = sorted_for->numbers[*(const uint16_t *)a];
    uint32_t y = sorted_for->numbers[*(const uint16_t *)b];

    return (x > y) - (x < y);
}

/* Everything that is under way, in its order [MQTT-4.4.0-1]. */
static void send_again(struct kill_client *client)
{
    uint16_t *ids = alloc_zero(client->under_way, sizeof(*ids));
    uint32_t found = 0;

    for (unsigned id = 1; id < 65536; id++) {
        if (client->flow[id])
            ids[found++] = (uint16_t)id;
    }
    sorted_for = client;
    qsort(ids, found, sizeof(*ids), by_number);
    for (uint32_t i = 0; i < found; i++) {
        if (client->flow[ids[i]] == KILL_SENT)
            put_publish(client, ids[i], true);
        else
            put_ack(client, MQTT_PUBREL, ids[i]);
    }
    free(ids);
}

static void on_connack(struct kill_client *client,
                       const struct mqtt_connack *connack)
{
    if (connack->reason)
        complain(client, "it is not let in", 0);
    if (client->known && !connack->session_present)
        complain(client, "its session is lost", 0);
    client->known = client->up = true;
    if (client->publishes)
        send_again(client);
    else if (!client->subscribed)
        put_subscribe(client);
}

/* The message with this identifier is acknowledged. */
static void on_answer(struct kill_client *client, enum mqtt_type type,
                      uint16_t id)
{
    if (!client->flow[id])
        complain(client, "an answer to nothing", id);
    else if (type == MQTT_PUBREC && client->flow[id] == KILL_SENT)
        count(client, client->numbers[id]);
    if (type == MQTT_PUBREC) {
        client->flow[id] = KILL_RELEASED;
        put_ack(client, MQTT_PUBREL, id);
        return;
    }
    if (type == MQTT_PUBACK)
        count(client, client->numbers[id]);
    client->flow[id] = KILL_FREE;
    client->under_way--;
}

static void on_publish(struct kill_client *client,
                       const struct mqtt_publish *publish)
{
    char text[16] = "";
    uint16_t id = publish->packet_id;

    memcpy(text, publish->payload.bytes,
           publish->payload.len < 15 ? publish->payload.len : 15);
    uint32_t number = (uint32_t)strtoul(text, NULL, 10);
    put_ack(client, publish->qos == 2 ? MQTT_PUBREC : MQTT_PUBACK, id);
    if (publish->qos == 2 && client->holds[id]) {
        if (client->numbers[id] != number)
            complain(client, "its identifier is that of another one", number);
        return;
    }
    if (publish->qos == 2) {
        client->holds[id] = true;
        client->numbers[id] = number;
    }
    if (!kill_client_count(client, number)) {
        client->out_of_order += number + 1 < client->first;
        client->first = number + 1;
    }
    count(client, number);
}

static void on_packet(struct kill_client *client,
                      const struct mqtt_packet *packet)
{
    if (packet->type == MQTT_CONNACK) {
        on_connack(client, &packet->connack);
    } else if (packet->type == MQTT_SUBACK) {
        client->subscribed = true;
    } else if (packet->type == MQTT_PUBLISH) {
        on_publish(client, &packet->publish);
    } else if (packet->type == MQTT_PUBREL) {
        client->holds[packet->puback.packet_id] = false;
        put_ack(client, MQTT_PUBCOMP, packet->puback.packet_id);
    } else {
        on_answer(client, packet->type, packet->puback.packet_id);
    }
}

static void take_packets(struct kill_client *client)
{
    struct frame frame;
    struct mqtt_packet packet;
    struct slice rest = buf_slice(&client->in);
    int used;

    while ((used = framer_next(rest, MQTT_MAX_PACKET_SIZE, &frame)) > 0) {
        if (packet_decode(&packet, MQTT_3_1_1, &frame))
            complain(client, "a packet that cannot be decoded", 0);
        else
            on_packet(client, &packet);
        rest = slice_skip(rest, (size_t)used);
    }
    buf_consume(&client->in, client->in.len - rest.len);
}

/* ---- the connection ---- */

bool kill_client_connect(struct kill_client *client, uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };

    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(client->fd, (const struct sockaddr *)&address,
                sizeof(address)) != 0) {
        kill_client_drop(client);
        return false;
    }
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    put(client, &(struct mqtt_packet){
                    .type = MQTT_CONNECT,
                    .connect = {.version = MQTT_3_1_1,
                                .client_id = slice_of_string(client->id)},
    });
    return true;
}

void kill_client_drop(struct kill_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    client->up = false;
    buf_clear(&client->in);
    buf_clear(&client->out);
}

static void read_all(struct kill_client *client)
{
    ssize_t len;

    do {
        uint8_t *to = buf_reserve(&client->in, MAX_OUT_BYTES);

        len = recv(client->fd, to, MAX_OUT_BYTES, 0);
        if (len > 0)
            client->in.len += (uint32_t)len;
    } while (len == MAX_OUT_BYTES);
    take_packets(client);
}

void kill_client_run(struct kill_client *client)
{
    if (client->fd < 0)
        return;
    read_all(client);
    if (client->up && client->publishes)
        publish_more(client);
    if (!client->out.len)
        return;
    ssize_t len =
        send(client->fd, client->out.bytes, client->out.len, MSG_NOSIGNAL);
    if (len > 0)
        buf_consume(&client->out, (size_t)len);
}

short kill_client_events(const struct kill_client *client)
{
    return (short)(POLLIN | (client->out.len ? POLLOUT : 0));
}
