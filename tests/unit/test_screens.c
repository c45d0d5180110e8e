/*
 * Every view as text, compared with the files in tests/screens.
 *
 * With SCREENS_WRITE=1 in the environment the files are written instead; look
 * at what changed before committing it.
 */
#include "suites.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "cable_sample.h"
#include "sample.h"
#include "sample_panel.h"
#include "tui/app.h"
#include "tui/screen.h"
#include "wire/pcapng.h"

/* Each view in each size: with line characters and what each cell means, which
   is its colour; and without them as a terminal without colours marks it. */
static const struct {
    int width;
    int height;
} sizes[] = {
    {40,  12},
    {80,  24},
    {120, 40}
};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* And what keys make of them. */
static const struct {
    const char *name;
    int width;
    int height;
    const char *keys;
} scenes[] = {
    {"field",             80,  24, ":7<Enter><Enter>jjjjjjjj"                            },
    {"bytes",             80,  24, ":7<Enter><Tab><Tab>llll"                             },
    {"explain",           80,  24, ":7<Enter><Enter>jjjjjjjje"                           },
    {"broken",            80,  24, ":28<Enter><Enter>"                                   },
    {"events",            80,  24, ":20<Enter>v"                                         },
    {"tagged",            80,  24, ":8<Enter><Space>kt"                                  },
    {"note-signs",        80,  24, ":28<Enter><Space>;ends it<Enter>"                    },
    {"note-signs-small",  40,  12, ":28<Enter><Space>;ends it<Enter>"                    },
    {"by-client",         80,  24, ":8<Enter>c"                                          },
    {"filter",            80,  24, "flab.client == \"sensor-1\"<Enter>"                  },
    {"filter-typed",      80,  24, "fmqtt.qos == 2"                                      },
    {"filter-bad",        80,  24, "fmqtt.topik == 2"                                    },
    {"filter-none",       80,  24, "fmqtt.msgid == 999<Enter>"                           },
    {"filter-field",      80,  24, ":7<Enter><Enter>jj="                                 },
    {"found",             80,  24, "/hello-not-there<Enter>"                             },
    {"frozen",            80,  24, "Z"                                                   },
    {"no-packet",         80,  24, ":999<Enter>"                                         },
    {"ladder-qos2",       80,  24, ":9<Enter>2"                                          },
    {"ladder-fan-out",    80,  24, ":11<Enter>2"                                         },
    {"ladder-many",       80,  24, ":18<Enter>2"                                         },
    {"ladder-will",       120, 40, ":24<Enter>2z"                                        },
    {"ladder-clock",      80,  24, ":9<Enter>2t"                                         },
    {"event-small",       40,  12, "vg"                                                  },
    {"session-end",       80,  24, "3K"                                                  },
    {"session-packets",   80,  24, "3jj<Enter>"                                          },
    {"topic-retained",    80,  24, "4/mode<Enter>"                                       },
    {"topic-folded",      80,  24, "4jjh"                                                },
    {"lab-checks",        80,  24, "7<Tab>j"                                             },
    {"lab-answer",        80,  24, "7a5"                                                 },
    {"lab-small",         40,  12, "7<Tab>"                                              },
    {"lab-small-last",    40,  12, "7<Tab>jjj"                                           },
    {"lab-trouble",       80,  24, "7"                                                   },
    {"lab-trouble-1",     80,  24, "1"                                                   },
    {"lab-trouble-2",     40,  12, "7<Tab>"                                              },
    {"full-lab",          120, 40, "7"                                                   },
    {"full-lab-wordy",    120, 40, "7"                                                   },
    {"full-zoomed",       120, 40, "1z"                                                  },
    {"publish",           80,  24, "p-q 1 a/b hello"                                     },
    {"quit",              80,  24, "q"                                                   },
    {"present-qos2",      80,  24, ":9<Enter>P"                                          },
    {"note",              80,  24, ":8<Enter>;The broker keeps it now.<Enter><Enter>"    },
    {"note-small",        40,  12, ":8<Enter>;The broker keeps it now.<Enter><Enter>"    },
    {"note-large",        120, 40, ":8<Enter>;The broker keeps it now.<Enter>"           },
    {"present-note",      80,  24, ":8<Enter>;The broker keeps it now.<Enter>P"          },
    {"present-connect",   80,  24, ":1<Enter>P"                                          },
    {"present-small",     40,  12, ":9<Enter>P"                                          },
    {"present-blank",     80,  24, "Pb"                                                  },
    {"hold",              80,  24, "imqtt.qos == 2"                                      },
    {"completed",         80,  24, "fmqtt.conn<Tab>"                                     },
    {"highlight",         80,  24, ":hi pink mqtt.qos == 2<Enter>:9<Enter>"              },
    {"payload-compared",  80,  24, ":7<Enter><Space>:11<Enter>Md"                        },
    {"payload-plot",      80,  24, ":11<Enter>Mv"                                        },
    {"payload-hex",       40,  12, ":7<Enter>Mtt"                                        },
    {"present-lab",       80,  24, "7P"                                                  },
    {"present-lab-small", 40,  12, "7P"                                                  },
    {"hold-small",        40,  12, "imqtt.qos == 2"                                      },
    {"copy-small",        40,  12, "y"                                                   },
    {"copy",              80,  24, ":8<Enter>y"                                          },
    {"narrow",            80,  24, ":8<Enter>="                                          },
    {"columns",           80,  24, ":columns number bytes user client type answer<Enter>"},
    {"columns-asked",     80,  24, "o"                                                   },
    {"no-keys",           80,  24, "H"                                                   },
    {"stats-end",         80,  24, "8G"                                                  },
    {"cable-plain",       80,  24, ":3<Enter>6"                                          },
    {"cable-tls12",       80,  24, ":10<Enter>6"                                         },
    {"cable-tls13",       80,  24, ":17<Enter>6"                                         },
    {"cable-psk",         80,  24, ":24<Enter>6"                                         },
    {"cable-ws",          80,  24, ":29<Enter>6"                                         },
    {"cable-wss",         80,  24, ":36<Enter>6"                                         },
    {"cable-refused",     80,  24, ":36<Enter>6l"                                        },
    {"cable-hello",       80,  24, ":10<Enter>6g<Enter>jjjj"                             },
    {"cable-explained",   80,  24, ":24<Enter>6g<Enter>jje"                              },
    {"cable-keys",        80,  24, ":10<Enter>6K"                                        },
    {"cable-keys-none",   80,  24, ":3<Enter>6K"                                         },
    {"cable-keys-13",     80,  24, ":17<Enter>6K"                                        },
    {"cable-field",       80,  24, ":10<Enter>6g<Enter>jj="                              },
    {"cable-filter",      80,  24, "6ftls.handshake.type == 1<Enter>"                    },
    {"cable-filter-l",    80,  24, "6ftls.handshake.type == 1<Enter>h"                   },
    {"cable-filter-no",   80,  24, "ftls.handshake.type == 1<Enter>"                     },
    {"cable-filter-sm",   40,  12, "ftls.handshake.type == 1<Enter>6"                    },
    {"cable-filter-big",  120, 40, "6ftls.handshake.type == 1<Enter>"                    },
    {"cable-filter-mqtt", 80,  24, ":10<Enter>6fmqtt.qos > 0<Enter>"                     },
    {"cable-filter-out",  80,  24,
     ":10<Enter>6f!(tls.record.content_type == 23)<Enter>"                               },
    {"cable-filter-none", 80,  24, "6ftls.handshake.type == 99<Enter>"                   },
    {"cable-stream",      80,  24, ":10<Enter>6="                                        },
    {"cable-found",       80,  24, ":10<Enter>6/sensor-1<Enter>"                         },
    {"cable-session",     80,  24, "3/tls12<Enter>"                                      },
    {"cable-session-sm",  40,  12, "3/tls12<Enter>"                                      },
    {"cable-session-120", 120, 40, "3/tls12<Enter>z"                                     },
    {"cable-small",       40,  12, ":10<Enter>6"                                         },
    {"cable-small-tree",  40,  12, ":10<Enter>6<Enter>"                                  },
    {"cable-large",       120, 40, ":10<Enter>6"                                         },
    {"cable-beside",      80,  24, ":10<Enter>E"                                         },
    {"cable-same",        80,  24, ":3<Enter>E<Enter>"                                   },
    {"cable-beside-40",   40,  12, ":10<Enter>E<Enter>"                                  },
    {"sorted",            80,  24, "OOOO"                                                },
    {"sorted-small",      40,  12, "OOR"                                                 },
    {"sorted-large",      120, 40, "OOOR"                                                },
    {"topics-sorted",     80,  24, "4ooO"                                                },
    {"topics-sorted-sm",  40,  12, "4oo"                                                 },
    {"topics-sorted-120", 120, 40, "4oooO"                                               },
    {"lecture",           80,  24, ":layout lecture<Enter>:9<Enter>"                     },
    {"lecture-small",     40,  12, ":layout lecture<Enter>:9<Enter>"                     },
    {"lecture-large",     120, 40, ":layout lecture<Enter>:9<Enter>"                     },
    {"lecture-lab",       120, 40, ":layout lecture<Enter>:9<Enter>"                     },
    {"layout-state",      80,  24, ":layout state<Enter>"                                },
    {"layout-state-120",  120, 40, ":layout state<Enter>"                                },
    {"layout-cable",      120, 40, ":layout cable<Enter>"                                },
    {"layout-cable-80",   80,  24, ":layout cable<Enter>"                                },
    {"layout-one",        120, 40, ":layout one<Enter>"                                  },
    {"held-session",      80,  24, "3/dash-1<Enter>"                                     },
    {"held-session-sm",   40,  12, "3/dash-1<Enter>"                                     },
    {"held-present",      80,  24, "P"                                                   },
    {"held-present-sm",   40,  12, ":33<Enter>P"                                         },
    {"held-late",         80,  24, "3/dash-1<Enter>"                                     },
    {"held-late-present", 80,  24, "P"                                                   },
    {"held-large",        120, 40, "3/dash-1<Enter>"                                     },
    {"tiny",              39,  11, ""                                                    },
    {"wide",              200, 50, ""                                                    },
};

static struct store *store;
static struct app *app;
static struct sample sample;
static struct sample_lab lab;
static char said[128];

static const char *publish(void *owner, const char *topic, const char *payload,
                           unsigned qos, bool retain)
{
    (void)owner;
    snprintf(said, sizeof(said), "publish %s %s %u %d", topic, payload, qos,
             retain);
    return "published";
}

static const char *kick(void *owner, const char *client_id, const char *how)
{
    (void)owner;
    snprintf(said, sizeof(said), "kick %s %s", client_id, how);
    return "done";
}

static const char *rule(void *owner, const struct app_rule *rule, bool *set)
{
    (void)owner;
    snprintf(said, sizeof(said), "rule %s '%s' %d %u", rule->kind, rule->filter,
             rule->always, rule->ms);
    *set = true;
    return "rule: 1";
}

static const char *unrule(void *owner, const char *kind)
{
    (void)owner;
    snprintf(said, sizeof(said), "unrule %s", kind ? kind : "all");
    return "rules ended: 1";
}

static const char *release(void *owner, uint64_t seq, bool all)
{
    (void)owner;
    snprintf(said, sizeof(said), "release %llu %d", (unsigned long long)seq,
             all);
    return "let go: 1";
}

static const char *drop(void *owner, uint64_t seq)
{
    (void)owner;
    snprintf(said, sizeof(said), "drop %llu", (unsigned long long)seq);
    return "dropped";
}

static const char *clear(void *owner, const char *topic)
{
    (void)owner;
    snprintf(said, sizeof(said), "clear %s", topic);
    return "cleared";
}

static const char *note(void *owner, uint64_t seq, const char *text)
{
    (void)owner;
    snprintf(said, sizeof(said), "note %llu %s", (unsigned long long)seq, text);
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
    store_add(owner, record);
}

static void begin(bool with_story)
{
    ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
    setenv("TZ", "UTC", 1);
    tzset();
    store = store_new(32 << 20);
    sample_begin(&sample, take, store);
    if (with_story)
        sample_story(&sample);
    store_catch_up(store, 0);
    store_set_now(store, sample.time_ns);
    sample_lab_init(&lab);
    app = app_new(store, NULL, "A broker listens. Try:\n  mosquitto_sub -t x");
    app->max_bytes = 32 << 20;
    app->deeds = &deeds;
    app->about_quit = " Quit? y ";
}

/* Instead of the story: connections with TLS and WebSocket, with what crossed
   the cable. */
static void begin_cable(void)
{
    struct history *history = cable_sample_history();
    struct history_row row;

    app_free(app);
    store_free(store);
    store = store_new(32 << 20);
    for (uint64_t i = 0; history_get(history, i, &row); i++)
        store_add(store, &row.record);
    store_catch_up(store, 0);
    store_set_now(store, store->last_ns);
    app = app_new(store, NULL, NULL);
    app->max_bytes = 32 << 20;
    history_free(history);
}

static void set_up(void)
{
    begin(true);
}

static void tear_down(void)
{
    app_free(app);
    store_free(store);
    sample_end(&sample);
}

/* ---- comparing ---- */

static char *read_file(const char *path)
{
    struct buf text = {0};
    char part[4096];
    size_t got;
    FILE *file = fopen(path, "r");

    while (file && (got = fread(part, 1, sizeof(part), file)) > 0)
        buf_append(&text, part, got);
    if (file)
        fclose(file);
    return buf_take_string(&text);
}

/* The first line that differs; a whole picture is too long for Check. */
static void compare_lines(const char *path, const char *text,
                          const char *expected)
{
    for (int line = 1; *text || *expected; line++) {
        size_t len = strcspn(text, "\n");
        size_t expected_len = strcspn(expected, "\n");

        ck_assert_msg(len == expected_len && !memcmp(text, expected, len),
                      "%s:%d is another picture now:\n%.*s\nnot\n%.*s", path,
                      line, (int)len, text, (int)expected_len, expected);
        text += len + (text[len] == '\n');
        expected += expected_len + (expected[expected_len] == '\n');
    }
}

static void compare(const char *name, struct buf *picture)
{
    char *path = alloc_printf("tests/screens/%s.txt", name);
    const char *text = buf_string(picture);

    if (getenv("SCREENS_WRITE")) {
        FILE *file = fopen(path, "w");

        ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
        fputs(text, file);
        fclose(file);
    } else {
        char *expected = read_file(path);

        compare_lines(path, text, expected);
        free(expected);
    }
    free(path);
}

static void press(const char *keys, struct grid *grid)
{
    int key = KEYS_NONE;
    size_t used;

    app_draw(app, grid);
    while ((used = keys_parse(keys, &key))) {
        app_key(app, key, NULL);
        store_catch_up(store, 0);
        app_draw(app, grid);
        keys += used;
    }
}

/* ---- pictures ---- */

static void draw_view(const char *name, int size, bool ascii)
{
    struct grid grid;
    struct buf text = {0};
    grid_init(&grid, sizes[size].height, sizes[size].width, ascii);
    app_draw(app, &grid);
    grid_dump(&grid, !ascii, &text);
    if (ascii)
        screen_dump_mono(&grid, &text);
    compare(name, &text);
    grid_release(&grid);
    buf_release(&text);
}

START_TEST(a_view_looks_as_it_did)
{
    enum view_id view = (enum view_id)(_i / (int)(SIZES * 2));
    int size = _i / 2 % (int)SIZES;
    bool ascii = _i % 2;
    char *name =
        alloc_printf("%s-%dx%d%s", keys_view_name(view), sizes[size].width,
                     sizes[size].height, ascii ? ".ascii" : "");

    app_show(app, view);
    draw_view(name, size, ascii);
    free(name);
}
END_TEST

/* The scenes with a lab have one; the others have none. */
static void give_lab(const char *name)
{
    if (!strstr(name, "lab"))
        return;
    lab.wordy = strstr(name, "wordy");
    if (strstr(name, "trouble"))
        lab.trouble = "Packets no longer count: too much was sent. X begins "
                      "the step again.";
    app_free(app);
    app = app_new(store, &lab.panel, NULL);
    app->max_bytes = 32 << 20;
}

/* A packet to dash-1 is held, for so many seconds. */
static void hold(unsigned seconds)
{
    static const struct sample_way out = {1, MQTT_3_1_1, true, 0};
    static const uint8_t publish[] = {0x32, 8, 0, 1, 't', 0, 9, '2', '1', '5'};

    sample_bytes(&sample, out, RECORD_HELD, publish, sizeof(publish));
    store_catch_up(store, 0);
    store_set_now(store, store->last_ns + seconds * UINT64_C(1000000000));
}

START_TEST(a_scene_looks_as_it_did)
{
    struct grid grid;
    struct buf text = {0};
    char *name = alloc_printf("scene-%s", scenes[_i].name);

    if (!strncmp(scenes[_i].name, "cable", 5))
        begin_cable();
    give_lab(name);
    if (strstr(name, "held"))
        hold(strstr(name, "late") ? 200 : 10);
    if (strstr(name, "note"))
        app->deeds = NULL; /* as in a file: it stays here */
    grid_init(&grid, scenes[_i].height, scenes[_i].width, false);
    press(scenes[_i].keys, &grid);
    grid_dump(&grid, false, &text);
    compare(name, &text);
    grid_release(&grid);
    buf_release(&text);
    free(name);
}
END_TEST

START_TEST(an_empty_store_says_what_to_do)
{
    tear_down();
    begin(false);
    draw_view("empty-80x24", 1, false);
}
END_TEST

/* Colour is never the only sign: without it no row that is chosen, no check
   and no direction looks like another. Bytes of the chosen field stand in
   brackets, the chosen row has its sign. */
START_TEST(the_chosen_row_has_a_sign_and_the_cursor)
{
    struct grid grid;
    struct buf text = {0};

    app_show(app, (enum view_id)_i);
    grid_init(&grid, 24, 80, true);
    app_draw(app, &grid);
    ck_assert_int_ge(grid.cursor_y, 0);
    grid_dump(&grid, false, &text);
    ck_assert_ptr_nonnull(strstr(buf_string(&text), "\n>"));
    grid_release(&grid);
    buf_release(&text);
}
END_TEST

/* Whatever peers send, no control character and nothing but ASCII reaches an
   ASCII grid. */
START_TEST(no_picture_has_a_control_character)
{
    struct grid grid;
    struct buf text = {0};

    app_show(app, (enum view_id)_i);
    grid_init(&grid, 40, 120, true);
    app_draw(app, &grid);
    grid_dump(&grid, false, &text);
    for (uint32_t i = 0; i < text.len; i++)
        ck_assert(text.bytes[i] == '\n' ||
                  (text.bytes[i] >= ' ' && text.bytes[i] < 0x7f));
    grid_release(&grid);
    buf_release(&text);
}
END_TEST

/* The same story as a file, for the tests of the commands. */
START_TEST(the_story_is_recorded_in_a_file)
{
    static const char path[] = "tests/screens/story.pcapng";
    struct history_row row;
    struct record record;
    char error[200];

    if (getenv("SCREENS_WRITE")) {
        FILE *file = fopen(path, "wb");
        struct pcapng_writer *writer = pcapng_writer_new(file, NULL);

        for (uint64_t at = 0; store_row(store, at, &row); at++)
            ck_assert_int_eq(pcapng_write(writer, &row.record), 0);
        pcapng_writer_free(writer);
        fclose(file);
    }
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    struct pcapng_reader *reader =
        pcapng_reader_new(file, error, sizeof(error));
    ck_assert_msg(reader != NULL, "%s", error);
    for (uint64_t at = 0; store_row(store, at, &row); at++) {
        ck_assert_int_eq(pcapng_read(reader, &record), 1);
        ck_assert(record.seq == row.record.seq);
        ck_assert(record.time_ns == row.record.time_ns);
        ck_assert(slice_equal(record.bytes, row.record.bytes));
    }
    ck_assert_int_eq(pcapng_read(reader, &record), 0);
    pcapng_reader_free(reader);
    fclose(file);
}
END_TEST

Suite *screens_suite(void)
{
    Suite *suite = suite_create("screens");
    TCase *tcase = unit_case(suite, "screens", 60);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_view_looks_as_it_did, 0,
                        (int)(VIEW_COUNT * SIZES * 2));
    tcase_add_loop_test(tcase, a_scene_looks_as_it_did, 0,
                        (int)(sizeof(scenes) / sizeof(scenes[0])));
    tcase_add_test(tcase, an_empty_store_says_what_to_do);
    tcase_add_test(tcase, the_story_is_recorded_in_a_file);
    tcase_add_loop_test(tcase, the_chosen_row_has_a_sign_and_the_cursor,
                        VIEW_PACKETS, VIEW_LAB);
    tcase_add_loop_test(tcase, no_picture_has_a_control_character, 0,
                        VIEW_COUNT);
    return suite;
}
