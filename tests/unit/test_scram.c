#include "suites.h"

#include <string.h>

#include "base/base64.h"
#include "broker/scram.h"
#include "scram_client.h"

static const char nonce[] = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

/* The example of RFC 7677, section 3. */
static struct password pencil(void)
{
    uint8_t salt[32];
    ssize_t len = base64_get(slice_of_string("W22ZaJ0SNY7soEsUEjb6gQ=="), salt,
                             sizeof(salt));

    return scram_client_password("pencil", salt, (size_t)len, 4096);
}

START_TEST(the_example_of_the_rfc_comes_out)
{
    struct scram scram = {0};
    struct password password = pencil();
    struct buf out = {0};

    ck_assert(scram_begin(&scram,
                          slice_of_string("n,,n=user,r=rOprNGfwEbeRWgbNEkqO")));
    ck_assert(slice_equal_string(buf_slice(&scram.user_name), "user"));
    scram_challenge(&scram, &password, nonce, &out);
    ck_assert_str_eq(buf_string(&out),
                     "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                     "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    buf_clear(&out);
    ck_assert(scram_finish(
        &scram,
        slice_of_string(
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
        &out));
    ck_assert_str_eq(buf_string(&out),
                     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    scram_release(&scram);
    buf_release(&out);
}
END_TEST

static const struct {
    const char *text;
    const char *user_name; /* NULL: refused */
} firsts[] = {
    {"n,,n=a,r=x",            "a"    },
    {"y,,n=a,r=x",            "a"    },
    {"n,a=a,n=a,r=x",         "a"    },
    {"n,,n=a=2Cb=3Dc,r=x",    "a,b=c"},
    {"n,a=b,n=a,r=x",         NULL   },
    {"p=tls-unique,,n=a,r=x", NULL   },
    {"n,,m=ext,n=a,r=x",      NULL   },
    {"n,,n=a,r=x,e=1",        NULL   },
    {"n,,n=a,r=",             NULL   },
    {"n,,n=,r=x",             NULL   },
    {"n,,n=a=b,r=x",          NULL   },
    {"n,,n=a=2cb,r=x",        NULL   },
    {"n,,n=a=,r=x",           NULL   },
    {"n,,r=x,n=a",            NULL   },
    {"n,n=a,r=x",             NULL   },
    {"n,,n=a,r=x y",          NULL   },
    {"n,,n=a,r=\x7f",         NULL   },
    {"n,,n=a",                NULL   },
    {"n,,",                   NULL   },
    {"n",                     NULL   },
    {",,n=a,r=x",             NULL   },
    {"",                      NULL   },
};

START_TEST(a_first_message_is_read_or_refused)
{
    struct scram scram = {0};
    struct slice text = slice_of_string(firsts[_i].text);
    bool good =
        scram_begin(&scram, slice_of(guarded(text.bytes, text.len), text.len));

    ck_assert_msg(good == (firsts[_i].user_name != NULL), "%s",
                  firsts[_i].text);
    if (good)
        ck_assert(slice_equal_string(buf_slice(&scram.user_name),
                                     firsts[_i].user_name));
    scram_release(&scram);
}
END_TEST

/* What is done to the right last message; 0 stands for the proof's first
   letter changed. */
static const struct {
    const char *name;
    const char *from;
    const char *to;
} changes[] = {
    {"another header",       "c=biws",   "c=eSws"  },
    {"another nonce",        "r=abc",    "r=abd"   },
    {"no proof",             ",p=",      ",q="     },
    {"something behind it",  "=",        "=,x=1"   },
    {"a proof with a blank", ",p=",      ",p= "    },
    {"another order",        "c=biws,r", "r=biws,c"},
};

/* Begin, and make the right last message. */
static void prepare(struct scram *scram, struct scram_client *client)
{
    struct password password = pencil();
    struct buf out = {0};

    scram_client_first(client);
    ck_assert(scram_begin(scram, buf_slice(&client->text)));
    scram_challenge(scram, &password, nonce, &out);
    scram_client_final(client, buf_slice(&out));
    buf_release(&out);
}

START_TEST(a_last_message_that_was_changed_is_refused)
{
    struct scram scram = {0};
    struct scram_client client = {"user", "pencil", "abc", {0}, {0}, {0}};
    struct buf changed = {0};
    struct buf out = {0};

    prepare(&scram, &client);
    const char *text = buf_string(&client.text);
    const char *at = changes[_i].from[0] == '='
                         ? text + strlen(text) - 1
                         : strstr(text, changes[_i].from);
    buf_append(&changed, text, (size_t)(at - text));
    buf_append_string(&changed, changes[_i].to);
    buf_append_string(&changed, at + strlen(changes[_i].from));
    ck_assert_msg(!scram_finish(&scram, buf_slice(&changed), &out), "%s",
                  changes[_i].name);
    ck_assert_uint_eq(out.len, 0);
    buf_release(&changed);
    scram_client_release(&client);
    scram_release(&scram);
}
END_TEST

START_TEST(only_the_right_password_proves_anything)
{
    for (int wrong = 0; wrong < 2; wrong++) {
        struct scram scram = {0};
        struct scram_client client = {
            "user", wrong ? "pencil " : "pencil", "abc", {0}, {0}, {0}};
        struct buf out = {0};

        prepare(&scram, &client);
        ck_assert_int_eq(scram_finish(&scram, buf_slice(&client.text), &out),
                         !wrong);
        if (!wrong)
            ck_assert(slice_equal(buf_slice(&out),
                                  buf_slice(&client.server_signature)));
        buf_release(&out);
        scram_client_release(&client);
        scram_release(&scram);
    }
}
END_TEST

START_TEST(every_prefix_of_a_last_message_is_refused)
{
    struct scram_client client = {"user", "pencil", "abc", {0}, {0}, {0}};
    size_t len = 1;

    for (size_t i = 0; i < len; i++) {
        struct scram scram = {0};
        struct buf out = {0};

        prepare(&scram, &client);
        len = client.text.len;
        ck_assert(!scram_finish(
            &scram, slice_of(guarded(client.text.bytes, i), i), &out));
        scram_release(&scram);
    }
    scram_client_release(&client);
}
END_TEST

Suite *scram_suite(void)
{
    Suite *suite = suite_create("scram");
    TCase *tcase = unit_case(suite, "messages", 0);

    tcase_add_test(tcase, the_example_of_the_rfc_comes_out);
    tcase_add_loop_test(tcase, a_first_message_is_read_or_refused, 0,
                        sizeof(firsts) / sizeof(firsts[0]));
    tcase_add_loop_test(tcase, a_last_message_that_was_changed_is_refused, 0,
                        sizeof(changes) / sizeof(changes[0]));
    tcase_add_test(tcase, only_the_right_password_proves_anything);
    tcase_add_test(tcase, every_prefix_of_a_last_message_is_refused);
    return suite;
}
