/*
 * Checks of labs, each over the same short story told in records.
 */
#include "suites.h"

#include "labs/check.h"
#include "wire/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

static struct history *history;
static struct dissection scratch;

static void add(enum record_type type, int direction, uint64_t second,
                enum record_actor actor, struct slice bytes)
{
    const struct record record = {
        .seq = history_end(history) + 1,
        .time_ns = second * SECOND,
        .connection = type == RECORD_MQTT ? 1 : 0,
        .original_len = (uint32_t)bytes.len,
        .type = (uint8_t)type,
        .direction = (uint8_t)direction,
        .version = 4,
        .actor = (uint8_t)actor,
        .bytes = bytes,
    };

    history_add(history, &record);
}

static void packet(int direction, uint64_t second, const char *hex)
{
    uint8_t bytes[128];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    add(RECORD_MQTT, direction, second, RECORD_STUDENT, slice_of(bytes, len));
}

static void retained(enum event_code code, const char *topic,
                     const char *payload)
{
    struct buf bytes = {0};

    record_begin(&bytes, code);
    record_put_string(&bytes, RECORD_TOPIC, topic);
    record_put_string(&bytes, RECORD_PAYLOAD, payload);
    add(RECORD_EVT, RECORD_NO_DIRECTION, 8, RECORD_OTHER, buf_slice(&bytes));
    buf_release(&bytes);
}

/* ann connects, publishes "hi" to a/b with QoS 1 and again with QoS 2, which
   is done after 4 seconds, and a value is kept. Packets are 1 to 8. */
static void tell_story(void)
{
    history = history_new(0);
    packet(RECORD_C2B, 1, "10 0f 0004 4d515454 04 02 003c 0003 616e6e");
    packet(RECORD_B2C, 1, "20 02 00 00");
    packet(RECORD_C2B, 2, "32 09 0003 612f62 0001 6869");
    packet(RECORD_B2C, 2, "40 02 0001");
    packet(RECORD_C2B, 3, "34 09 0003 612f62 0002 6869");
    packet(RECORD_B2C, 3, "50 02 0002");
    packet(RECORD_C2B, 7, "62 02 0002");
    packet(RECORD_B2C, 7, "70 02 0002");
    retained(EVENT_RETAINED_STORED, "home/temp", "21");
    retained(EVENT_RETAINED_CLEARED, "home/old", "");
}

static void end_story(void)
{
    history_free(history);
    dissect_release(&scratch);
    scratch = (struct dissection){0};
}

static struct check *make(const char *text, char *error, size_t error_size)
{
    static char copy[300];
    static char id[] = "x";
    static struct lab_question question;
    static struct lab_check_spec spec;
    static struct lab_step step;

    snprintf(copy, sizeof(copy), "%s", text);
    question = (struct lab_question){.id = id};
    spec = (struct lab_check_spec){.id = id, .points = 1, .text = copy};
    step = (struct lab_step){.questions = &question, .question_count = 1};
    return check_new(&spec, &step, error, error_size);
}

/* Feed the whole story; lost says that records are missing in the middle. */
static void feed(struct check *check, bool lost)
{
    const struct check_context context = {.history = history,
                                          .scratch = &scratch};
    struct history_row row;

    for (uint64_t i = 0; history_get(history, i, &row); i++)
        check_feed(check, &context, &row);
    if (!lost)
        return;
    struct buf bytes = {0};
    record_begin(&bytes, EVENT_LOST_RECORDS);
    row = (struct history_row){
        .record = {.type = RECORD_EVT, .bytes = buf_slice(&bytes)},
        .note = { .client_id = "",   .user_name = "",                .topic = ""}
    };
    check_feed(check, &context, &row);
    buf_release(&bytes);
}

struct row {
    const char *text;
    enum check_result live;  /* after the story */
    enum check_result final; /* after check_finish */
    uint64_t evidence;       /* the first packet that decided; 0: none */
};

#define PUB "lab.type == \"PUBLISH\""

static const struct row rows[] = {
    {"seen " PUB,                                                            CHECK_PASSED,  CHECK_PASSED, 3},
    {"seen mqtt.qos == 2",                                                   CHECK_PASSED,  CHECK_PASSED, 5},
    {"seen lab.type == \"SUBSCRIBE\"",                                       CHECK_WAITING, CHECK_FAILED, 0},
    {"event lab.event == \"retained.stored\"",                               CHECK_PASSED,  CHECK_PASSED, 0},
    {"at least 2 " PUB,                                                      CHECK_PASSED,  CHECK_PASSED, 3},
    {"at least 3 " PUB,                                                      CHECK_WAITING, CHECK_FAILED, 3},
    {"exactly 2 " PUB,                                                       CHECK_PASSED,  CHECK_PASSED, 3},
    {"exactly 1 " PUB,                                                       CHECK_FAILED,  CHECK_FAILED, 3},
    {"at most 2 " PUB,                                                       CHECK_PASSED,  CHECK_PASSED, 3},
    {"at most 1 " PUB,                                                       CHECK_FAILED,  CHECK_FAILED, 3},
    {"never lab.type == \"SUBSCRIBE\"",                                      CHECK_PASSED,  CHECK_PASSED, 0},
    {"never " PUB,                                                           CHECK_FAILED,  CHECK_FAILED, 3},
    {"last " PUB " is mqtt.qos == 2",                                        CHECK_PASSED,  CHECK_PASSED, 5},
    {"last " PUB " is mqtt.qos == 1",                                        CHECK_WAITING, CHECK_FAILED, 5},
    {"last lab.type == \"SUBSCRIBE\" is mqtt",                               CHECK_WAITING, CHECK_FAILED, 0},
    {"seq lab.type == \"CONNECT\" -> " PUB,                                  CHECK_PASSED,  CHECK_PASSED, 1},
    {"seq " PUB " -> lab.type == \"CONNECT\"",                               CHECK_WAITING, CHECK_FAILED, 3},
    {"seq " PUB " -> lab.type == \"PUBREC\"",                                CHECK_PASSED,  CHECK_PASSED, 5},
 /* The latest beginning counts. */
    {"seq " PUB " -> lab.type == \"PUBCOMP\" within 10s",                    CHECK_PASSED,
     CHECK_PASSED,                                                                                        5},
    {"seq " PUB " -> lab.type == \"PUBCOMP\" within 4s",                     CHECK_PASSED,
     CHECK_PASSED,                                                                                        5},
    {"seq " PUB " -> lab.type == \"PUBCOMP\" same flow",                     CHECK_PASSED,
     CHECK_PASSED,                                                                                        5},
    {"seq " PUB " -> " PUB " -> " PUB,                                       CHECK_WAITING, CHECK_FAILED, 3},
    {"seq mqtt.qos == 2 -> lab.type == \"PUBCOMP\" within 3s",               CHECK_WAITING,
     CHECK_FAILED,                                                                                        5},
    {"seq mqtt.qos == 1 -> lab.type == \"PUBCOMP\" same flow",               CHECK_WAITING,
     CHECK_FAILED,                                                                                        3},
    {"seq lab.type == \"CONNECT\" -> lab.type == \"CONNACK\" same flow",
     CHECK_WAITING,                                                                         CHECK_FAILED, 0},
    {"seq mqtt.qos == 2 -> lab.type == \"PUBCOMP\" same flow",               CHECK_PASSED,
     CHECK_PASSED,                                                                                        5},
    {"seq " PUB " -> lab.type == \"PUBACK\" same client",                    CHECK_PASSED,
     CHECK_PASSED,                                                                                        3},
    {"after lab.type == \"PUBACK\" never lab.type == \"PUBREL\" within 2s",
     CHECK_PASSED,                                                                          CHECK_PASSED, 4},
    {"after lab.type == \"PUBACK\" never lab.type == \"PUBREL\" within 20s",
     CHECK_FAILED,                                                                          CHECK_FAILED, 4},
    {"after lab.type == \"PUBCOMP\" never " PUB " within 20s",               CHECK_WAITING,
     CHECK_UNDECIDED,                                                                                     8},
    {"after lab.type == \"SUBACK\" never " PUB " within 20s",                CHECK_WAITING,
     CHECK_FAILED,                                                                                        0},
    {"flow mqtt.qos == 1 done",                                              CHECK_PASSED,  CHECK_PASSED, 3},
    {"flow mqtt.qos == 2 done within 5s",                                    CHECK_PASSED,  CHECK_PASSED, 5},
    {"flow mqtt.qos == 2 done within 3s",                                    CHECK_WAITING, CHECK_FAILED, 0},
    {"flow mqtt.qos == 2 lost",                                              CHECK_WAITING, CHECK_FAILED, 0},
    {"retained home/temp == 21",                                             CHECK_PASSED,  CHECK_PASSED, 0},
    {"retained home/temp == 22",                                             CHECK_WAITING, CHECK_FAILED, 0},
    {"retained home/old cleared",                                            CHECK_PASSED,  CHECK_PASSED, 0},
    {"retained home/temp cleared",                                           CHECK_WAITING, CHECK_FAILED, 0},
    {"wire contains \"a/b\"",                                                CHECK_PASSED,  CHECK_PASSED, 3},
    {"wire contains \"secret\"",                                             CHECK_WAITING, CHECK_FAILED, 0},
    {"wire not contains \"secret\"",                                         CHECK_PASSED,  CHECK_PASSED, 0},
    {"wire not contains \"hi\"",                                             CHECK_FAILED,  CHECK_FAILED, 3},
    {"answer x",                                                             CHECK_WAITING, CHECK_FAILED, 0},
};

START_TEST(a_check_passes_exactly_when_the_story_says_so)
{
    const struct row *row = &rows[_i];
    const struct check_context context = {.history = history,
                                          .scratch = &scratch};
    char error[300] = "";
    struct check *check = make(row->text, error, sizeof(error));

    ck_assert_msg(check != NULL, "%s: %s", row->text, error);
    feed(check, false);
    const struct check_status *status = check_status(check);
    ck_assert_msg(status->result == row->live, "%s: %s, not %s", row->text,
                  check_result_name(status->result),
                  check_result_name(row->live));
    uint64_t first = status->evidence_count ? status->evidence[0] : 0;
    ck_assert_msg(first == row->evidence, "%s: packet %llu", row->text,
                  (unsigned long long)first);
    check_finish(check, &context);
    ck_assert_msg(status->result == row->final, "%s: %s", row->text,
                  check_result_name(status->result));
    check_free(check);
}
END_TEST

/* Of a check after the story, a loss, what is done then, and the end. */
static enum check_result result_after_loss(const char *text,
                                           void (*then)(struct check *check))
{
    const struct check_context context = {.history = history,
                                          .scratch = &scratch};
    char error[300];
    struct check *check = make(text, error, sizeof(error));

    feed(check, true);
    if (then)
        then(check);
    check_finish(check, &context);
    enum check_result result = check_status(check)->result;
    check_free(check);
    return result;
}

START_TEST(what_proves_by_absence_is_undecided_after_a_loss)
{
    static const struct row losses[] = {
        {"never lab.type == \"SUBSCRIBE\"",                        CHECK_UNDECIDED, 0, 0},
        {"at most 2 " PUB,                                         CHECK_UNDECIDED, 0, 0},
        {"exactly 2 " PUB,                                         CHECK_UNDECIDED, 0, 0},
        {"last " PUB " is mqtt.qos == 2",                          CHECK_UNDECIDED, 0, 0},
        {"wire not contains \"secret\"",                           CHECK_UNDECIDED, 0, 0},
        {"retained home/temp == 21",                               CHECK_UNDECIDED, 0, 0},
        {"retained home/old cleared",                              CHECK_UNDECIDED, 0, 0},
        {"retained home/temp == 22",                               CHECK_UNDECIDED, 0, 0},
        {"exactly 1 " PUB,                                         CHECK_FAILED,    0, 0},
        {"at most 1 " PUB,                                         CHECK_FAILED,    0, 0},
        {"wire not contains \"hi\"",                               CHECK_FAILED,    0, 0},
        {"seen " PUB,                                              CHECK_PASSED,    0, 0},
        {"at least 2 " PUB,                                        CHECK_PASSED,    0, 0},
        {"at least 3 " PUB,                                        CHECK_UNDECIDED, 0, 0},
        {"answer x",                                               CHECK_FAILED,    0, 0},
        {"after lab.type == \"PUBACK\" never lab.type == \"PUBREL\" "
         "within 2s",                                     CHECK_PASSED,    0, 0},
        {"after lab.type == \"PUBACK\" never lab.type == \"PUBREL\" "
         "within 20s",                                    CHECK_FAILED,    0, 0},
        {"after lab.type == \"PUBCOMP\" never " PUB " within 20s",
         CHECK_UNDECIDED,                                                           0, 0},
    };

    for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
        enum check_result result = result_after_loss(losses[i].text, NULL);

        ck_assert_msg(result == losses[i].live, "%s: %s", losses[i].text,
                      check_result_name(result));
    }
}
END_TEST

START_TEST(a_loss_is_over_when_the_step_begins_again)
{
    const char *seen = "seen lab.type == \"SUBSCRIBE\"";

    ck_assert_int_eq(result_after_loss(seen, NULL), CHECK_UNDECIDED);
    ck_assert_int_eq(result_after_loss(seen, check_reset), CHECK_FAILED);
}
END_TEST

/* What it waits for may be among what was lost, also when nobody has watched
   for a while since. */
START_TEST(a_loss_is_remembered_when_the_lab_is_left)
{
    ck_assert_int_eq(result_after_loss("after lab.type == \"SUBACK\" never " PUB
                                       " within 20s",
                                       check_pause),
                     CHECK_UNDECIDED);
}
END_TEST

/* The result of a check over what is in the history. */
static enum check_result result_of(const char *text)
{
    char error[300];
    struct check *check = make(text, error, sizeof(error));

    ck_assert_msg(check != NULL, "%s: %s", text, error);
    feed(check, false);
    enum check_result result = check_status(check)->result;
    check_free(check);
    return result;
}

/* What comes behind a loss cannot say what was in it. */
static const char *const unmended[] = {
    "after lab.type == \"PUBCOMP\" never " PUB " within 20s",
    "exactly 3 " PUB,
    "at most 3 " PUB,
};

START_TEST(a_loss_is_not_mended_by_what_comes_too_late)
{
    char error[300];
    struct check *check = make(unmended[_i], error, sizeof(error));

    feed(check, true);
    ck_assert_int_eq(check_status(check)->result, CHECK_UNDECIDED);
    struct history_row row;
    const struct check_context context = {.history = history,
                                          .scratch = &scratch};
    packet(RECORD_C2B, 60, "30 06 0003 612f62 78");
    ck_assert(history_get(history, history_end(history) - 1, &row));
    check_feed(check, &context, &row);
    ck_assert_int_eq(check_status(check)->result, CHECK_UNDECIDED);
    check_free(check);
}
END_TEST

START_TEST(an_event_is_proved_by_the_packet_that_caused_it)
{
    struct buf bytes = {0};
    char error[300];
    struct check *check = make("retained later == 1", error, sizeof(error));

    record_begin(&bytes, EVENT_RETAINED_STORED);
    record_put_string(&bytes, RECORD_TOPIC, "later");
    record_put_string(&bytes, RECORD_PAYLOAD, "1");
    history_add(history, &(struct record){.seq = history_end(history) + 1,
                                          .time_ns = 9 * SECOND,
                                          .cause = 5,
                                          .type = RECORD_EVT,
                                          .bytes = buf_slice(&bytes)});
    feed(check, false);
    ck_assert_uint_eq(check_status(check)->evidence_count, 1);
    ck_assert_uint_eq(check_status(check)->evidence[0], 5);
    buf_release(&bytes);
    check_free(check);
}
END_TEST

/* Its packet is known, but on the wire nobody could read it. */
START_TEST(what_lay_in_tls_was_not_on_the_wire)
{
    uint8_t bytes[64];
    size_t len = unit_hex("30 09 0003 612f62 736563726574", bytes, 64);

    history_add(history, &(struct record){.seq = history_end(history) + 1,
                                          .time_ns = 9 * SECOND,
                                          .connection = 1,
                                          .original_len = (uint32_t)len,
                                          .type = RECORD_MQTT,
                                          .layer = RECORD_WITHIN,
                                          .version = 4,
                                          .bytes = slice_of(bytes, len)});
    ck_assert_int_eq(result_of("wire contains \"secret\""), CHECK_WAITING);
    ck_assert_int_eq(result_of("wire not contains \"secret\""), CHECK_PASSED);
    ck_assert_int_eq(result_of("seen mqtt contains \"secret\""), CHECK_PASSED);
}
END_TEST

START_TEST(a_right_sequence_counts_after_any_number_of_wrong_beginnings)
{
    /* The first QoS 1 handshake is done; others begin, are not acknowledged
       in this order, and the last one is. */
    for (unsigned id = 3; id < 300; id++) {
        char hex[100];

        snprintf(hex, sizeof(hex), "32 09 0003 612f62 %04x 6869", id);
        packet(RECORD_C2B, 10, hex);
    }
    ck_assert_int_eq(
        result_of("seq mqtt.msgid == 299 -> lab.type == \"PUBACK\" same flow"),
        CHECK_WAITING);
    packet(RECORD_B2C, 11, "40 02 012b");
    ck_assert_int_eq(
        result_of("seq mqtt.msgid > 2 -> lab.type == \"PUBACK\" same flow"),
        CHECK_PASSED);
    ck_assert_int_eq(
        result_of("flow mqtt.msgid > 2 && lab.type == \"PUBLISH\" done"),
        CHECK_PASSED);
    ck_assert_int_eq(result_of("flow mqtt.msgid > 2 lost"), CHECK_WAITING);
}
END_TEST

START_TEST(a_flow_is_lost_though_the_session_lost_another_one_first)
{
    struct buf bytes = {0};

    packet(RECORD_C2B, 10, "34 09 0003 612f62 0003 6869");
    packet(RECORD_C2B, 10, "34 09 0003 612f62 0004 6869");
    record_begin(&bytes, EVENT_SESSION_ENDED);
    record_put_string(&bytes, RECORD_CLIENT_ID, "ann");
    add(RECORD_EVT, RECORD_NO_DIRECTION, 11, RECORD_OTHER, buf_slice(&bytes));
    buf_release(&bytes);
    ck_assert_int_eq(result_of("flow mqtt.msgid == 3 lost"), CHECK_PASSED);
    ck_assert_int_eq(result_of("flow mqtt.msgid == 4 lost"), CHECK_PASSED);
    ck_assert_int_eq(result_of("flow mqtt.msgid == 2 lost"), CHECK_WAITING);
}
END_TEST

START_TEST(of_many_flows_that_are_lost_the_first_is_named)
{
    struct buf bytes = {0};
    char error[300];
    struct check *check =
        make("flow mqtt.msgid > 2 lost", error, sizeof(error));

    for (unsigned id = 3; id < 40; id++) {
        char hex[100];

        snprintf(hex, sizeof(hex), "34 09 0003 612f62 %04x 6869", id);
        packet(RECORD_C2B, 10, hex);
    }
    record_begin(&bytes, EVENT_SESSION_ENDED);
    record_put_string(&bytes, RECORD_CLIENT_ID, "ann");
    add(RECORD_EVT, RECORD_NO_DIRECTION, 11, RECORD_OTHER, buf_slice(&bytes));
    buf_release(&bytes);
    feed(check, false);
    ck_assert_int_eq(check_status(check)->result, CHECK_PASSED);
    ck_assert_uint_eq(check_status(check)->evidence[0], 9);
    check_free(check);
}
END_TEST

START_TEST(a_quote_within_quotes_does_not_end_them)
{
    uint8_t bytes[64];
    size_t len = unit_hex("30 11 0003 612f62 61 22 20 2d3e 20 22 6e6576 6572",
                          bytes, sizeof(bytes));

    add(RECORD_MQTT, RECORD_C2B, 9, RECORD_STUDENT, slice_of(bytes, len));
    ck_assert_int_eq(result_of("seq lab.type == \"CONNECT\" -> mqtt.msg == "
                               "\"a\\\" -> \\\"never\""),
                     CHECK_PASSED);
    ck_assert_int_eq(result_of("wire contains \"a\\\" -> \\\"never\""),
                     CHECK_PASSED);
    ck_assert_int_eq(result_of("wire contains \"hi\\\\\""), CHECK_WAITING);
}
END_TEST

/* What a check says of itself after the story and the end. */
static const char *const explained[][2] = {
    {"after lab.type == \"PUBACK\" never lab.type == \"PUBREL\" within 20s",
     "it came after 5.0 s"                                                                          },
    {"after lab.type == \"PUBACK\" never lab.type == \"SUBACK\" within 2s",
     "it did not come"                                                                              },
    {"after lab.type == \"PUBCOMP\" never " PUB " within 20s",
     "the time was not over at the end"                                                             },
    {"after lab.type == \"SUBACK\" never " PUB " within 20s",
     "what it begins with did not come"                                                             },
    {"seq lab.type == \"CONNECT\" -> " PUB " -> lab.type == \"SUBACK\"",
     "2 of 3 came in this order"                                                                    },
    {"seq " PUB " -> lab.type == \"PUBACK\" -> lab.type == \"SUBACK\"",
     "2 of 3 came in this order"                                                                    },
    {"answer x",                                                             "no answer was given"  },
    {"file x matches y",                                                     "there is no such file"},
    {"at least 3 " PUB,                                                      "2 matched"            },
};

START_TEST(a_check_says_what_was_seen)
{
    const struct check_context context = {.history = history,
                                          .scratch = &scratch};
    struct buf expected = {0};
    struct buf actual = {0};
    char error[300];
    struct check *check = make(explained[_i][0], error, sizeof(error));

    ck_assert_msg(check != NULL, "%s", error);
    feed(check, false);
    check_finish(check, &context);
    check_explain(check, &expected, &actual);
    ck_assert_str_eq(buf_string(&expected), explained[_i][0]);
    ck_assert_str_eq(buf_string(&actual), explained[_i][1]);
    buf_release(&expected);
    buf_release(&actual);
    check_free(check);
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(a_file_is_judged_as_soon_as_it_is_written)
{
    char folder[] = "/tmp/mqttlab-unit.XXXXXX";
    char path[64];
    char link[64];
    struct check_context context = {.history = history, .scratch = &scratch};
    char error[300];

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/notes.txt", folder);
    snprintf(link, sizeof(link), "%s/other.txt", folder);
    context.files = folder;
    struct check *check =
        make("file notes.txt matches ^port [0-9]+$", error, sizeof(error));
    const enum check_result *result = &check_status(check)->result;
    check_look(check, &context);
    ck_assert_int_eq(*result, CHECK_WAITING);
    write_file(path, "first\nport x\n");
    check_look(check, &context);
    ck_assert_int_eq(*result, CHECK_WAITING);
    write_file(path, "first\nport 1883");
    check_look(check, &context);
    ck_assert_int_eq(*result, CHECK_PASSED);
    check_look(check, &context);
    ck_assert_int_eq(*result, CHECK_PASSED);
    ck_assert_int_eq(rename(path, link), 0);
    ck_assert_int_eq(symlink(link, path), 0);
    check_look(check, &context);
    ck_assert_int_eq(*result, CHECK_WAITING);
    check_finish(check, &context);
    ck_assert_int_eq(*result, CHECK_FAILED);
    check_free(check);
    unlink(path);
    unlink(link);
    rmdir(folder);
}
END_TEST

START_TEST(packets_of_the_script_count_only_where_they_are_named)
{
    uint8_t bytes[32];
    size_t len = unit_hex("30 06 0003 612f62 78", bytes, sizeof(bytes));
    char error[300];
    struct check *all =
        make("exactly 3 " PUB " && lab.actor in {\"student\", \"script\"}",
             error, sizeof(error));

    add(RECORD_MQTT, RECORD_C2B, 9, RECORD_SCRIPT, slice_of(bytes, len));
    ck_assert_msg(all != NULL, "%s", error);
    feed(all, false);
    ck_assert_int_eq(check_status(all)->result, CHECK_PASSED);
    check_free(all);
    struct check *students = make("exactly 2 " PUB, error, sizeof(error));
    feed(students, false);
    ck_assert_int_eq(check_status(students)->result, CHECK_PASSED);
    check_free(students);
}
END_TEST

START_TEST(an_answer_passes_when_it_is_right_and_stays_so)
{
    char error[300];
    struct check *check = make("answer x", error, sizeof(error));

    check_answer(check, "y", CHECK_PASSED);
    ck_assert_int_eq(check_status(check)->result, CHECK_WAITING);
    check_answer(check, "x", CHECK_WAITING);
    ck_assert_int_eq(check_status(check)->result, CHECK_WAITING);
    check_answer(check, "x", CHECK_PASSED);
    check_answer(check, "x", CHECK_WAITING);
    ck_assert_int_eq(check_status(check)->result, CHECK_PASSED);
    check_reset(check);
    ck_assert_int_eq(check_status(check)->result, CHECK_WAITING);
    check_free(check);
}
END_TEST

Suite *check_rules_suite(void)
{
    Suite *suite = suite_create("check_rules");
    TCase *tcase = unit_case(suite, "check_rules", 20);

    tcase_add_checked_fixture(tcase, tell_story, end_story);
    tcase_add_loop_test(tcase, a_check_passes_exactly_when_the_story_says_so, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(tcase, what_proves_by_absence_is_undecided_after_a_loss);
    tcase_add_test(tcase, a_loss_is_remembered_when_the_lab_is_left);
    tcase_add_test(tcase, a_loss_is_over_when_the_step_begins_again);
    tcase_add_loop_test(tcase, a_loss_is_not_mended_by_what_comes_too_late, 0,
                        sizeof(unmended) / sizeof(unmended[0]));
    tcase_add_test(tcase, an_event_is_proved_by_the_packet_that_caused_it);
    tcase_add_test(tcase, what_lay_in_tls_was_not_on_the_wire);
    tcase_add_test(tcase, of_many_flows_that_are_lost_the_first_is_named);
    tcase_add_test(
        tcase, a_right_sequence_counts_after_any_number_of_wrong_beginnings);
    tcase_add_test(tcase,
                   a_flow_is_lost_though_the_session_lost_another_one_first);
    tcase_add_test(tcase, a_quote_within_quotes_does_not_end_them);
    tcase_add_loop_test(tcase, a_check_says_what_was_seen, 0,
                        sizeof(explained) / sizeof(explained[0]));
    tcase_add_test(tcase, a_file_is_judged_as_soon_as_it_is_written);
    tcase_add_test(tcase,
                   packets_of_the_script_count_only_where_they_are_named);
    tcase_add_test(tcase, an_answer_passes_when_it_is_right_and_stays_so);
    return suite;
}
