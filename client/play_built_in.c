/*
 * The devices and demonstrations that are built in.
 */
#include "client/play_script.h"

static const char thermometer[] =
    "connect {id} will home/{id}/state offline retain keepalive 10\n"
    "{id} publish home/{id}/state online qos 1 retain\n"
    "begin\n"
    "{id} publish home/{id}/temp {walk 18..26}\n"
    "wait {every}\n"
    "again\n";

static const char meter[] =
    "connect {id} will home/{id}/state offline retain keepalive 10\n"
    "{id} publish home/{id}/state online qos 1 retain\n"
    "begin\n"
    "{id} publish home/{id}/power "
    "{\"count\":{count},\"watt\":{random 80..2400},\"volt\":{walk 228..232}}"
    " qos 1\n"
    "wait {every}\n"
    "again\n";

static const char lamp[] =
    "connect {id} will home/{id}/state offline retain keepalive 10\n"
    "{id} subscribe home/{id}/set qos 1\n"
    "begin\n"
    "{id} publish home/{id}/state {turn on off} qos 1 retain\n"
    "wait {every}\n"
    "again\n";

static const char door[] =
    "connect {id} will home/{id}/state unknown qos 1 keepalive 10 version 5\n"
    "begin\n"
    "{id} publish home/{id}/state {turn open closed} qos 2\n"
    "wait {every}\n"
    "again\n";

static const char client[] = "connect {id} keepalive 10\n"
                             "begin\n"
                             "wait 3600s\n"
                             "again\n";

static const char demo_qos0[] =
    "connect demo-sub\n"
    "demo-sub subscribe demo/#\n"
    "connect demo-pub\n"
    "note \"QoS 0: one packet, and nobody says that it came\"\n"
    "demo-pub publish demo/temp 21.5\n"
    "wait 2s\n"
    "demo-pub disconnect\n"
    "demo-sub disconnect\n";

static const char demo_qos1[] =
    "connect demo-sub\n"
    "demo-sub subscribe demo/# qos 1\n"
    "connect demo-pub\n"
    "note \"QoS 1: the receiver says PUBACK; without it, it comes again\"\n"
    "demo-pub publish demo/temp 21.5 qos 1\n"
    "wait 2s\n"
    "demo-pub disconnect\n"
    "demo-sub disconnect\n";

static const char demo_qos2[] =
    "connect demo-sub\n"
    "demo-sub subscribe demo/# qos 2\n"
    "connect demo-pub\n"
    "note \"QoS 2: four packets, so that it comes once and only once\"\n"
    "wait 1s\n"
    "demo-pub publish demo/temp 21.5 qos 2\n"
    "note \"PUBREL has let the broker forget the identifier\"\n"
    "wait 2s\n"
    "demo-pub disconnect\n"
    "demo-sub disconnect\n";

static const char demo_retain[] =
    "connect demo-pub\n"
    "demo-pub publish demo/door closed qos 1 retain\n"
    "note \"the broker keeps this message for those who come later\"\n"
    "wait 1s\n"
    "connect demo-sub\n"
    "demo-sub subscribe demo/# qos 1\n"
    "note \"it came at once, with Retain: it is not new\"\n"
    "wait 1s\n"
    "demo-pub publish demo/door \"\" retain\n"
    "note \"an empty message with Retain clears it\"\n"
    "demo-pub disconnect\n"
    "demo-sub disconnect\n";

static const char demo_will[] =
    "connect demo-sub\n"
    "demo-sub subscribe demo/# qos 1\n"
    "connect demo-dev will demo/dev/state \"gone\" qos 1 keepalive 5\n"
    "note \"the broker holds its will; DISCONNECT would throw it away\"\n"
    "wait 2s\n"
    "demo-dev cut\n"
    "note \"no DISCONNECT came, so the broker sent the will\"\n"
    "wait 2s\n"
    "demo-sub disconnect\n";

static const char demo_session[] =
    "connect demo-sub kept\n"
    "demo-sub subscribe demo/# qos 1\n"
    "demo-sub cut\n"
    "connect demo-pub\n"
    "note \"the subscriber is away; the broker keeps its session\"\n"
    "demo-pub publish demo/mail one qos 1\n"
    "demo-pub publish demo/mail two qos 1\n"
    "wait 2s\n"
    "connect demo-sub kept\n"
    "note \"session present: what waited came\"\n"
    "wait 2s\n"
    "demo-sub disconnect\n"
    "demo-pub disconnect\n";

const struct play_built_in *play_built_ins(void)
{
    /* clang-format off */
    static const struct play_built_in table[] = {
        {"thermometer", true, "a temperature that wanders", thermometer},
        {"meter", true, "power as JSON, QoS 1", meter},
        {"lamp", true, "retained on and off, and a topic to set it", lamp},
        {"door", true, "open and closed, QoS 2, MQTT 5", door},
        {"client", true, "connects, and no more", client},
        {"demo-qos0", false, "one packet", demo_qos0},
        {"demo-qos1", false, "with PUBACK", demo_qos1},
        {"demo-qos2", false, "the four packets", demo_qos2},
        {"demo-retain", false, "a retained message, and how it is cleared",
         demo_retain},
        {"demo-will", false, "a device that dies", demo_will},
        {"demo-session", false, "a subscriber that was away", demo_session},
        {0},
    };
    /* clang-format on */

    return table;
}
