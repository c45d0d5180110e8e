#include "wire/filter_suggest.h"

#define MAX_LEN 64u

/* Case does not count. */
static bool same(uint8_t a, uint8_t b)
{
    uint8_t lower = a | 0x20;

    return a == b || (lower == (b | 0x20) && lower >= 'a' && lower <= 'z');
}

/* How many letters must be put in, left out, replaced or exchanged with their
   neighbour. */
static unsigned distance(struct slice a, struct slice b)
{
    unsigned rows[3][MAX_LEN + 1];

    for (unsigned j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3];
        const unsigned *two_above = rows[(i + 1) % 3];

        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned best =
                above[j - 1] + !same(a.bytes[i - 1], b.bytes[j - 1]);

            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && same(a.bytes[i - 1], b.bytes[j - 2]) &&
                same(a.bytes[i - 2], b.bytes[j - 1]) &&
                two_above[j - 2] + 1 < best)
                best = two_above[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a.len % 3][b.len];
}

/* Does name end with "." and wrong: the prefix was forgotten? */
static bool lacks_prefix(struct slice wrong, struct slice name)
{
    return wrong.len && name.len > wrong.len + 1 &&
           name.bytes[name.len - wrong.len - 1] == '.' &&
           slice_equal(slice_skip(name, name.len - wrong.len), wrong);
}

void filter_suggest(struct filter_suggestion *best, struct slice wrong,
                    const char *name)
{
    struct slice right = slice_of_string(name);

    if (wrong.len > MAX_LEN || right.len > MAX_LEN)
        return;
    unsigned found = lacks_prefix(wrong, right) ? 1 : distance(wrong, right);
    if (found > 1 + wrong.len / 4 || (best->name && found >= best->distance))
        return;
    best->name = name;
    best->distance = found;
}

const char *filter_suggest_instead(struct slice name)
{
    static const char segments[] =
        "packets are shown here, not segments: Wireshark has it";
    static const struct {
        const char *begin;
        const char *instead;
    } foreign[] = {
        {"frame.cap_len",              "write frame.len"                              },
        {"frame.time_delta_displayed", "write frame.time_delta"                       },
        {"frame.protocols",            "write tls, websocket or mqtt alone"           },
        {"frame.",                     "Wireshark has it"                             },
        {"pkt_comment",                "write frame.comment"                          },
        {"ip.host",                    "write ip.addr == 127.0.0.1"                   },
        {"ip.src_host",                "write ip.src == 127.0.0.1"                    },
        {"ip.dst_host",                "write ip.dst == 127.0.0.1"                    },
        {"ipv6.host",                  "write ipv6.addr == ::1"                       },
        {"ipv6.src_host",              "write ipv6.src == ::1"                        },
        {"ipv6.dst_host",              "write ipv6.dst == ::1"                        },
        {"tcp.payload",                "write mqtt, as in mqtt contains \"x\""        },
        {"tcp.len",                    "write len(mqtt)"                              },
        {"tcp.flags.syn",              "write lab.event == \"conn.opened\""           },
        {"tcp.flags.fin",              "write lab.event == \"conn.closed\""           },
        {"tcp.flags.reset",            "write lab.event == \"conn.closed\""           },
        {"tcp.time_",                  "write frame.time_relative or frame.time_delta"},
        {"tcp.",                       segments                                       },
        {"ip.",                        segments                                       },
        {"ipv6.",                      segments                                       },
        {"eth",                        segments                                       },
        {"udp",                        segments                                       },
        {"_ws.",                       "write lab.event == \"protocol.error\""        },
        {"mqttsn",                     "write lab.event == \"sn.packet\""             },
        {"ssl",                        "write tls"                                    },
    };

    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        if (slice_starts_with(name, slice_of_string(foreign[i].begin)))
            return foreign[i].instead;
    }
    return NULL;
}
