/*
 * Checks that look at sessions and certificates.
 */
#include "suites.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "certs/certs.h"
#include "check_stage.h"
#include "wire/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define YEAR_S (365 * 86400)

/* ---- sessions ---- */

static void event(uint32_t connection, enum record_type type,
                  enum event_code code, const char *text)
{
    struct buf bytes = {0};

    record_begin(&bytes, code);
    record_put_string(&bytes, RECORD_TEXT, text);
    history_add(desk.history,
                &(struct record){.seq = history_end(desk.history) + 1,
                                 .time_ns = CLOCK_NS_PER_S,
                                 .connection = connection,
                                 .type = (uint8_t)type,
                                 .bytes = buf_slice(&bytes)});
    buf_release(&bytes);
}

static void connect(uint32_t connection, const char *hex)
{
    uint8_t bytes[64];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    history_add(desk.history,
                &(struct record){.seq = history_end(desk.history) + 1,
                                 .time_ns = CLOCK_NS_PER_S,
                                 .connection = connection,
                                 .type = RECORD_MQTT,
                                 .direction = RECORD_C2B,
                                 .version = 4,
                                 .actor = RECORD_STUDENT,
                                 .original_len = (uint32_t)len,
                                 .bytes = slice_of(bytes, len)});
}

#define ANN "10 0f 0004 4d515454 04 02 003c 0003 616e6e"
#define BOB "10 0f 0004 4d515454 04 02 003c 0003 626f62"

static void watched(void)
{
    struct buf bytes = {0};

    record_begin(&bytes, EVENT_BROKER_STARTED);
    history_add(desk.history,
                &(struct record){.seq = history_end(desk.history) + 1,
                                 .time_ns = CLOCK_NS_PER_S,
                                 .type = RECORD_EVT,
                                 .flags = RECORD_SNAPSHOT,
                                 .bytes = buf_slice(&bytes)});
    buf_release(&bytes);
}

/* What happens, one letter each: T and U open connection 1 and 2 with TLS, P
   opens 3 without, a and b are CONNECTs of ann on 1 and bob on 2, c one of ann
   on 3; t and u and p close them; R: the broker is started anew, W: somebody
   begins to watch. */
static void happen(char letter)
{
    switch (letter) {
    case 'T': event(1, RECORD_TLS, EVENT_TLS_OPENED, "TLSv1.3, A"); break;
    case 'U': event(2, RECORD_TLS, EVENT_TLS_OPENED, "TLSv1.2, B"); break;
    case 'P': event(3, RECORD_CONN, EVENT_CONN_OPENED, ""); break;
    case 'a': connect(1, ANN); break;
    case 'b': connect(2, BOB); break;
    case 'c': connect(3, ANN); break;
    case 't': event(1, RECORD_CONN, EVENT_CONN_CLOSED, ""); break;
    case 'u': event(2, RECORD_CONN, EVENT_CONN_CLOSED, ""); break;
    case 'p': event(3, RECORD_CONN, EVENT_CONN_CLOSED, ""); break;
    case 'R': event(0, RECORD_EVT, EVENT_BROKER_STARTED, ""); break;
    case 'W': watched(); break;
    default: ck_abort_msg("%c", letter);
    }
}

#define TLS_13 "lab.event == \"tls.opened\" && lab.text contains \"TLSv1.3\""
#define IS_ANN "lab.type == \"CONNECT\" && lab.client == \"ann\""

static const struct {
    const char *before; /* the step */
    const char *within;
    bool passes;
} sessions[] = {
    {"",    "Ta",   true },
    {"",    "Tat",  true }, /* what was there counts */
    {"",    "T",    false},
    {"",    "Tt",   false},
    {"",    "PcTt", false}, /* not the same connection */
    {"",    "Ub",   false},
    {"",    "TUab", true },
    {"T",   "a",    true }, /* it is open since before the step */
    {"Ta",  "U",    true },
    {"Tat", "U",    false}, /* it is gone when the step begins */
    {"Ta",  "",     false}, /* nothing has happened in the step yet */
    {"Ta",  "RU",   false}, /* nobody survives the broker */
    {"T",   "Wa",   true }, /* but it has not gone */
    {"Ta",  "t",    false},
};

START_TEST(a_session_is_one_connection_that_is_open)
{
    struct check *check = check_stage_make("session " TLS_13 " with " IS_ANN);
    struct check_context with = check_stage_context();
    struct history_row row;
    size_t early = strlen(sessions[_i].before);

    for (const char *c = sessions[_i].before; *c; c++)
        happen(*c);
    for (const char *c = sessions[_i].within; *c; c++)
        happen(*c);
    ck_assert(check_is_state(check));
    for (uint64_t i = 0; history_get(desk.history, i, &row); i++) {
        with.early = i < early;
        check_feed(check, &with, &row);
    }
    const struct check_status *status = check_status(check);
    ck_assert_msg((status->result == CHECK_PASSED) == sessions[_i].passes,
                  "%s|%s: %s", sessions[_i].before, sessions[_i].within,
                  check_result_name(status->result));
    ck_assert_int_eq(status->evidence_count > 0, sessions[_i].passes);
    check_free(check);
}
END_TEST

START_TEST(a_packet_that_proves_two_things_is_named_once)
{
    struct check *check = check_stage_make("session " IS_ANN " with " IS_ANN);
    struct check_context with = check_stage_context();
    struct history_row row;

    happen('a');
    for (uint64_t i = 0; history_get(desk.history, i, &row); i++)
        check_feed(check, &with, &row);
    ck_assert_int_eq(check_status(check)->result, CHECK_PASSED);
    ck_assert_uint_eq(check_status(check)->evidence_count, 1);
    check_free(check);
}
END_TEST

/* Of two CONNECTs of ann, before and after the handshake was told. */
START_TEST(a_session_is_proved_by_the_first_packet_of_a_kind)
{
    struct check *check = check_stage_make("session " TLS_13 " with " IS_ANN);
    struct check_context with = check_stage_context();
    struct history_row row;

    for (const char *c = "aaT"; *c; c++)
        happen(*c);
    for (uint64_t i = 0; history_get(desk.history, i, &row); i++)
        check_feed(check, &with, &row);
    ck_assert_int_eq(check_status(check)->result, CHECK_PASSED);
    ck_assert_uint_eq(check_status(check)->evidence_count, 1);
    ck_assert_uint_eq(check_status(check)->evidence[0], 1);
    check_free(check);
}
END_TEST

/* ---- certificates ---- */

static void
make_file(bool (*how)(const struct certs_request *, struct buf *, struct buf *),
          const char *name, const char *common_name, int days, const char *by)
{
    struct buf told = {0};
    struct buf why = {0};

    ck_assert_msg(how(&(struct certs_request){.folder = desk.folder,
                                              .name = name,
                                              .common_name = common_name,
                                              .by = by,
                                              .days = days},
                      &told, &why),
                  "%s", buf_string(&why));
    buf_release(&told);
    buf_release(&why);
}

/* An authority, an intermediate one and another one; a server of the first for
   localhost, one of the second, a device that was revoked and one that was
   not. */
static void make_certificates(void)
{
    struct buf told = {0};
    char *stolen = alloc_printf("%s/stolen.crt", desk.folder);
    const struct certs_request request = {.folder = desk.folder};

    make_file(certs_ca, "ca", "Root", 0, NULL);
    make_file(certs_ca, "other", "Other", 0, NULL);
    make_file(certs_intermediate, "middle", "Middle", 0, NULL);
    make_file(certs_server, "server", "localhost", 30, NULL);
    make_file(certs_server, "below", "localhost", 30, "middle");
    make_file(certs_client, "stolen", "stolen", 0, NULL);
    make_file(certs_client, "device", "device", 0, NULL);
    ck_assert(certs_revoke(&request, stolen, &told, &told));
    ck_assert(certs_crl(&request, &told, &told));
    buf_release(&told);
    free(stolen);
}

static const struct {
    const char *text;
    const char *why; /* NULL: it passes */
} certs[] = {
    {"cert server.crt",                                                NULL                                       },
    {"cert server.crt issuer ca.crt not-expired san localhost",        NULL                                       },
    {"cert server.crt san localhost cn localhost for server",          NULL                                       },
    {"cert server.crt key server.key trusted ca.crt crl ca.crl",       NULL                                       },
    {"cert below.chain.crt trusted ca.crt issuer middle.crt",          NULL                                       },
    {"cert ca.crt for authority issuer ca.crt",                        NULL                                       },
    {"cert stolen.crt revoked ca.crl",                                 NULL                                       },
    {"cert device.crt for client cn device trusted ca.crt crl ca.crl", NULL                                       },
    {"cert none.crt",                                                  "none.crt cannot be read"                  },
    {"cert server.key",                                                "server.key: there is no certificate in it"},
    {"cert server.crt san broker",                                     "broker is not among"                      },
    {"cert server.crt san 10.0.0.1",                                   "10.0.0.1 is not among"                    },
    {"cert server.crt cn broker",                                      "is localhost, not broker"                 },
    {"cert server.crt issuer other.crt",                               "not signed by other.crt"                  },
    {"cert server.crt issuer none.crt",                                "none.crt cannot be read"                  },
    {"cert server.crt key ca.key",                                     "ca.key is not its key"                    },
    {"cert server.crt for client",                                     "not made for a client"                    },
    {"cert device.crt for server",                                     "not made for a server"                    },
    {"cert server.crt for authority",                                  "no authority's"                           },
    {"cert server.crt trusted other.crt",                              "who signed it is neither"                 },
    {"cert below.crt trusted ca.crt",                                  "who signed it is neither"                 },
    {"cert stolen.crt trusted ca.crt crl ca.crl",                      "it was revoked"                           },
    {"cert device.crt revoked ca.crl",                                 "ca.crl does not name it"                  },
};

static void is_certificate(const char *text, const char *why)
{
    const struct check_context with = check_stage_context();
    struct check *check = check_stage_make(text);

    check_look(check, &with);
    char *said = check_stage_explained(check);
    ck_assert_msg((check_status(check)->result == CHECK_PASSED) == !why,
                  "%s: %s", text, said);
    ck_assert_msg(strstr(said, why ? why : "it is"), "%s: %s", text, said);
    ck_assert_msg(!strstr(said, desk.folder), "%s: %s", text, said);
    const char *reason = check_reason(check);
    if (why && strncmp(text, "cert none.crt", 13) != 0)
        ck_assert_str_eq(reason, said);
    else
        ck_assert_ptr_null(reason);
    free(said);
    check_free(check);
}

START_TEST(a_certificate_is_as_it_is_wanted_or_the_check_says_why_not)
{
    make_certificates();
    check_stage_time((uint64_t)time(NULL));
    for (size_t i = 0; i < sizeof(certs) / sizeof(certs[0]); i++)
        is_certificate(certs[i].text, certs[i].why);
}
END_TEST

/* The authority makes its list after the certificates: nobody is to be told of
   it before anything was done. */
START_TEST(a_list_that_is_not_there_yet_is_nobodys_mistake)
{
    static const char *const texts[] = {
        "cert server.crt trusted ca.crt crl later.crl",
        "cert server.crt revoked later.crl",
    };
    const struct check_context with = check_stage_context();
    struct check *check = check_stage_make(texts[_i]);

    make_certificates();
    check_stage_time((uint64_t)time(NULL));
    check_look(check, &with);
    ck_assert_int_eq(check_status(check)->result, CHECK_WAITING);
    ck_assert_ptr_null(check_reason(check));
    char *said = check_stage_explained(check);
    ck_assert_msg(strstr(said, "later.crl cannot be read"), "%s", said);
    free(said);
    check_free(check);
}
END_TEST

START_TEST(what_is_expired_is_decided_by_the_last_record)
{
    uint64_t now = (uint64_t)time(NULL);

    make_certificates();
    check_stage_time(now -
                     3600); /* what was made behind the last record counts */
    is_certificate("cert server.crt not-expired trusted ca.crt", NULL);
    check_stage_time(now + 31 * UINT64_C(86400));
    is_certificate("cert server.crt not-expired", "its time is over");
    is_certificate("cert server.crt trusted ca.crt", "its time is over");
    is_certificate("cert device.crt not-expired trusted ca.crt", NULL);
}
END_TEST

START_TEST(what_is_not_valid_yet_is_told)
{
    check_stage_time((uint64_t)time(NULL) - YEAR_S);
    make_certificates();
    is_certificate("cert server.crt not-expired", "its time has not begun");
    is_certificate("cert server.crt trusted ca.crt", "its time has not begun");
}
END_TEST

START_TEST(a_certificate_is_judged_again_when_a_file_has_changed)
{
    const struct check_context with = check_stage_context();
    struct check *check = check_stage_make("cert server.crt key mine.key");
    char *from = alloc_printf("%s/server.key", desk.folder);
    char *to = alloc_printf("%s/mine.key", desk.folder);

    make_certificates();
    check_stage_time((uint64_t)time(NULL));
    check_look(check, &with);
    ck_assert_int_eq(check_status(check)->result, CHECK_WAITING);
    ck_assert_int_eq(rename(from, to), 0);
    check_look(check, &with);
    ck_assert_int_eq(check_status(check)->result, CHECK_PASSED);
    check_reset(check);
    ck_assert_int_eq(check_status(check)->result, CHECK_WAITING);
    check_look(check, &with);
    ck_assert_int_eq(check_status(check)->result, CHECK_PASSED);
    ck_assert_int_eq(unlink(to), 0);
    check_finish(check, &with);
    ck_assert_int_eq(check_status(check)->result, CHECK_FAILED);
    check_free(check);
    free(from);
    free(to);
}
END_TEST

static const struct {
    const char *text;
    const char *file; /* without which it is not so any more */
} needed[] = {
    {"cert device.crt",                           "device.crt"},
    {"cert device.crt issuer ca.crt",             "ca.crt"    },
    {"cert device.crt key device.key",            "device.key"},
    {"cert device.crt trusted ca.crt",            "ca.crt"    },
    {"cert device.crt trusted ca.crt crl ca.crl", "ca.crl"    },
    {"cert stolen.crt revoked ca.crl",            "ca.crl"    },
};

START_TEST(
    a_certificate_is_judged_again_when_any_file_that_is_named_has_changed)
{
    const struct check_context with = check_stage_context();
    struct check *check = check_stage_make(needed[_i].text);
    char *path = alloc_printf("%s/%s", desk.folder, needed[_i].file);

    make_certificates();
    check_stage_time((uint64_t)time(NULL));
    check_look(check, &with);
    ck_assert_int_eq(check_status(check)->result, CHECK_PASSED);
    ck_assert_int_eq(unlink(path), 0);
    check_look(check, &with);
    ck_assert_int_eq(check_status(check)->result, CHECK_WAITING);
    check_free(check);
    free(path);
}
END_TEST

/* The text of a file of the desk; owned by the caller. */
static char *text_of(const char *name)
{
    char *path = alloc_printf("%s/%s", desk.folder, name);
    char *text = alloc_zero(8192, 1);
    FILE *file = fopen(path, "r");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(fread(text, 1, 8191, file), 0);
    fclose(file);
    free(path);
    return text;
}

/* To find it out is what is asked for. */
START_TEST(what_is_wrong_with_a_file_of_the_labs_is_not_given_away)
{
    struct lab_file files[] = {
        {.name = alloc_string("server.crt")},
        {.name = alloc_string("ca.key")},
    };
    const struct lab lab = {.files = files, .file_count = 2};
    struct check_context with = check_stage_context();
    struct check *check = check_stage_make("cert server.crt key ca.key");

    make_certificates();
    for (size_t i = 0; i < 2; i++)
        files[i].text = text_of(files[i].name);
    with.lab = &lab;
    check_stage_time((uint64_t)time(NULL));
    check_look(check, &with);
    ck_assert_ptr_null(check_reason(check));
    char *said = check_stage_explained(check); /* for who grades */
    ck_assert_msg(strstr(said, "ca.key is not its key"), "%s", said);
    /* Another key, and still not the right one. */
    char *from = alloc_printf("%s/other.key", desk.folder);
    char *to = alloc_printf("%s/ca.key", desk.folder);
    ck_assert_int_eq(rename(from, to), 0);
    check_look(check, &with);
    ck_assert_ptr_nonnull(check_reason(check));
    check_free(check);
    free(said);
    free(from);
    free(to);
    for (size_t i = 0; i < 2; i++) {
        free(files[i].name);
        free(files[i].text);
    }
}
END_TEST

/* What the student has made is. */
START_TEST(what_is_wrong_with_a_file_of_ones_own_is_told)
{
    const struct lab lab = {0};
    struct check_context with = check_stage_context();
    struct check *check = check_stage_make("cert server.crt key ca.key");

    make_certificates();
    with.lab = &lab;
    check_stage_time((uint64_t)time(NULL));
    check_look(check, &with);
    ck_assert_ptr_nonnull(check_reason(check));
    check_free(check);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *check_kinds_suite(void)
{
    Suite *suite = suite_create("check_kinds");
    TCase *tcase = unit_case(suite, "check_kinds", 30);

    tcase_add_checked_fixture(tcase, check_stage_open, check_stage_close);
    tcase_add_loop_test(tcase, a_session_is_one_connection_that_is_open, 0,
                        COUNT(sessions));
    tcase_add_test(tcase, a_session_is_proved_by_the_first_packet_of_a_kind);
    tcase_add_test(tcase, a_packet_that_proves_two_things_is_named_once);
    tcase_add_test(tcase,
                   a_certificate_is_as_it_is_wanted_or_the_check_says_why_not);
    tcase_add_loop_test(tcase, a_list_that_is_not_there_yet_is_nobodys_mistake,
                        0, 2);
    tcase_add_test(tcase, what_is_expired_is_decided_by_the_last_record);
    tcase_add_test(tcase, what_is_not_valid_yet_is_told);
    tcase_add_test(tcase,
                   a_certificate_is_judged_again_when_a_file_has_changed);
    tcase_add_loop_test(
        tcase,
        a_certificate_is_judged_again_when_any_file_that_is_named_has_changed,
        0, COUNT(needed));
    tcase_add_test(tcase,
                   what_is_wrong_with_a_file_of_the_labs_is_not_given_away);
    tcase_add_test(tcase, what_is_wrong_with_a_file_of_ones_own_is_told);
    return suite;
}
