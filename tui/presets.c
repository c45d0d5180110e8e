#include "tui/presets.h"

#include <string.h>

/* clang-format off */
static const struct preset table[] = {
    {"no-ping", "mqtt && !(mqtt.msgtype in {12, 13})",
     "no PINGREQ and PINGRESP"},
    {"errors", "lab.dropped == 1 || lab.event in {\"protocol.error\", "
               "\"connect.refused\", \"connection.lost\", \"acl.refused\", "
               "\"keepalive.missed\", \"limit.reached\", "
               "\"message.dropped\"} || mqtt.conack.val != 0 || "
               "mqtt.connack.reason_code >= 128 || "
               "mqtt.suback.reason_code >= 128 || "
               "mqtt.puback.reason_code >= 128 || "
               "mqtt.pubrec.reason_code >= 128 || "
               "mqtt.disconnect.reason_code >= 128",
     "what went wrong"},
    {"qos2", "mqtt.qos == 2 || mqtt.msgtype in {5, 6, 7}",
     "messages of QoS 2 and their handshakes"},
    {"wills", "mqtt.conflag.willflag == 1 || lab.event matches \"^will\"",
     "wills, and what became of them"},
    {"auth", "mqtt.msgtype in {1, 2, 15} || lab.event in "
             "{\"connect.accepted\", \"connect.refused\", \"acl.refused\"}",
     "who comes in, and who does not"},
    {0},
};
/* clang-format on */

const struct preset *presets_table(void)
{
    return table;
}

const char *presets_expand(const char *text)
{
    for (const struct preset *preset = table; preset->name; preset++) {
        if (!strcmp(preset->name, text))
            return preset->text;
    }
    return text;
}
