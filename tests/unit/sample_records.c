#include "sample_records.h"

#include "base/clock.h"
#include "suites.h"
#include "wire/event.h"

enum what {
    SAMPLE_OPEN,
    SAMPLE_CLOSE,
    SAMPLE_C2B,
    SAMPLE_B2C,
};

static const struct {
    uint32_t connection;
    enum what what;
    const char *hex;   /* of a packet; else the peer's address */
    const char *local; /* address */
} rows[] = {
    {1, SAMPLE_OPEN,  "127.0.0.1:40111",                           "127.0.0.1:1883"},
    {1, SAMPLE_C2B,
     "103900044d51545404c6003c000873656e736f722d31000c6c61622f7331"
     "2f73746174650004676f6e65000773747564656e740006736563726574", ""              },
    {1, SAMPLE_B2C,   "20020000",                                  ""              },
    {1, SAMPLE_C2B,
     "821d0001000a6c61622f2b2f74656d7001000764656275672f2302000178"
     "00",                                                         ""              },
    {1, SAMPLE_B2C,   "90050001010200",                            ""              },
    {1, SAMPLE_C2B,   "341000086c61622f74656d70000732312e35",      ""              },
    {1, SAMPLE_B2C,   "50020007",                                  ""              },
    {1, SAMPLE_C2B,   "62020007",                                  ""              },
    {1, SAMPLE_B2C,   "70020007",                                  ""              },
    {1, SAMPLE_C2B,   "310e00076c61622f68756d00ff62696e",          ""              },
    {2, SAMPLE_OPEN,  "10.1.2.3:5555",                             "10.9.9.9:1883" },
    {2, SAMPLE_C2B,
     "102600044d5154540502001e15110000003c2600016b0001762600026b32"
     "00027632000466697665",                                       ""              },
    {2, SAMPLE_B2C,   "200600000322000a",                          ""              },
    {2, SAMPLE_C2B,
     "32220007636166c3a92f7400091023000103000a746578742f706c61696e"
     "68c3a46c6c6f",                                               ""              },
    {2, SAMPLE_B2C,   "400400091000",                              ""              },
    {2, SAMPLE_C2B,   "3009000003230001780a79",                    ""              },
    {2, SAMPLE_C2B,   "820b012c020b050003612f622d",                ""              },
    {2, SAMPLE_B2C,   "9004012c0001",                              ""              },
    {1, SAMPLE_C2B,   "a20e0002000764656275672f23000178",          ""              },
    {1, SAMPLE_B2C,   "b0020002",                                  ""              },
    {1, SAMPLE_C2B,   "c000",                                      ""              },
    {1, SAMPLE_B2C,   "d000",                                      ""              },
    {3, SAMPLE_OPEN,  "[2001:db8::7]:6000",                        "[::1]:1883"    },
    {3, SAMPLE_C2B,
     "103500044d51545405c6000a0f210014270000ffff220005190117010003"
     "7369780000076c61622f736978000201020002753600027077",         ""              },
    {3, SAMPLE_B2C,
     "202c00002912000373697813003c240125012700100000280129012a011f"
     "000777656c636f6d6526000161000162",                           ""              },
    {3, SAMPLE_C2B,
     "355300086c61622f66756c6c00633c0101020000003c0300106170706c69"
     "636174696f6e2f6a736f6e0800087265706c792f746f090002abcd260002"
     "6b31000276312600026b32000276327b2274223a32312e357d",         ""              },
    {3, SAMPLE_B2C,   "500400631000",                              ""              },
    {3, SAMPLE_C2B,   "62020063",                                  ""              },
    {3, SAMPLE_B2C,   "700c006392081f0005676f6e6521",              ""              },
    {3, SAMPLE_C2B,
     "821d0005030b8001000c2473686172652f672f612f2b0200056c61622f23"
     "1d",                                                         ""              },
    {3, SAMPLE_B2C,   "90050005000287",                            ""              },
    {3, SAMPLE_C2B,   "a21000060000056c61622f2300046e6f7065",      ""              },
    {3, SAMPLE_B2C,   "b0050006000011",                            ""              },
    {3, SAMPLE_B2C,   "3a0c00056465627567ffff020b05",              ""              },
    {3, SAMPLE_C2B,   "4002ffff",                                  ""              },
    {3, SAMPLE_B2C,   "f00a1808150005534352414d",                  ""              },
    {3, SAMPLE_B2C,   "e00b8d091f000673696c656e74",                ""              },
    {3, SAMPLE_CLOSE, "",                                          ""              },
    {4, SAMPLE_OPEN,  "127.0.0.1:40004",                           "127.0.0.1:1883"},
    {4, SAMPLE_C2B,   "101100064d51497364700302003c00036f6c64",    ""              },
    {4, SAMPLE_B2C,   "20020005",                                  ""              },
    {4, SAMPLE_CLOSE, "",                                          ""              },
    {2, SAMPLE_C2B,   "e0020400",                                  ""              },
    {1, SAMPLE_C2B,   "e000",                                      ""              },
    {2, SAMPLE_CLOSE, "",                                          ""              },
    {1, SAMPLE_CLOSE, "",                                          ""              },
};

struct feed {
    void (*visit)(void *context, const struct record *record);
    void *context;
    uint64_t seq;
};

static void give(struct feed *feed, const struct record *given)
{
    struct record record = *given;

    record.seq = ++feed->seq;
    record.time_ns =
        UINT64_C(1700000000000000000) + feed->seq * 50 * CLOCK_NS_PER_MS;
    record.original_len = (uint32_t)record.bytes.len;
    feed->visit(feed->context, &record);
}

static void give_connection(struct feed *feed, size_t i)
{
    struct buf bytes = {0};
    bool open = rows[i].what == SAMPLE_OPEN;

    record_begin(&bytes, open ? EVENT_CONN_OPENED : EVENT_CONN_CLOSED);
    if (open) {
        record_put_string(&bytes, RECORD_PEER, rows[i].hex);
        record_put_string(&bytes, RECORD_LOCAL, rows[i].local);
        record_put_string(&bytes, RECORD_TRANSPORT, "tcp");
    }
    give(feed, &(struct record){.type = RECORD_CONN,
                                .connection = rows[i].connection,
                                .bytes = buf_slice(&bytes)});
    buf_release(&bytes);
}

static void give_packet(struct feed *feed, size_t i)
{
    uint8_t bytes[512];
    size_t len = unit_hex(rows[i].hex, bytes, sizeof(bytes));

    give(feed,
         &(struct record){
             .type = RECORD_MQTT,
             .connection = rows[i].connection,
             .direction = rows[i].what == SAMPLE_C2B ? RECORD_C2B : RECORD_B2C,
             .actor = rows[i].connection == 1 ? RECORD_STUDENT : RECORD_OTHER,
             .cause = rows[i].what == SAMPLE_B2C ? feed->seq : 0,
             .bytes = slice_of(bytes, len)});
}

/* After every fifth row an event about the last record, after every eleventh
   a note on it. */
static void give_remarks(struct feed *feed, size_t i)
{
    struct buf bytes = {0};
    uint64_t subject = feed->seq;

    if (i % 5 == 4) {
        record_begin(&bytes, EVENT_WILL_ARMED);
        record_put_string(&bytes, RECORD_CLIENT_ID, "sensor-1");
        record_put_string(&bytes, RECORD_TOPIC, "lab/s1/state");
        give(feed, &(struct record){.type = RECORD_EVT,
                                    .cause = subject,
                                    .connection = rows[i].connection,
                                    .bytes = buf_slice(&bytes)});
    }
    if (i % 11 == 10) {
        record_begin(&bytes, EVENT_NOTE);
        record_put_number(&bytes, RECORD_SUBJECT, subject);
        record_put_string(&bytes, RECORD_TEXT, "please look at this");
        give(feed,
             &(struct record){.type = RECORD_NOTE, .bytes = buf_slice(&bytes)});
    }
    buf_release(&bytes);
}

void sample_visit(void (*visit)(void *context, const struct record *record),
                  void *context)
{
    struct feed feed = {.visit = visit, .context = context};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].what == SAMPLE_OPEN || rows[i].what == SAMPLE_CLOSE)
            give_connection(&feed, i);
        else
            give_packet(&feed, i);
        give_remarks(&feed, i);
    }
}

static void add(void *context, const struct record *record)
{
    history_add(context, record);
}

struct history *sample_history(void)
{
    struct history *history = history_new(0);

    sample_visit(add, history);
    return history;
}
