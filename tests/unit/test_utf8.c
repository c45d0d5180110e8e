#include "suites.h"

#include <string.h>

#include "mqtt/utf8.h"

static const char *const good[] = {
    "",
    "a",
    "plain ASCII, longer than one word",
    "\x01\x1f\x7f",     /* control characters are allowed */
    "\xc2\x80",         /* U+0080, the first of two bytes */
    "\xdf\xbf",         /* U+07FF */
    "\xe0\xa0\x80",     /* U+0800, the first of three bytes */
    "\xed\x9f\xbf",     /* U+D7FF, before the surrogates */
    "\xee\x80\x80",     /* U+E000, after them */
    "\xef\xbb\xbf",     /* U+FEFF is a character [MQTT-1.5.4-3] */
    "\xef\xbf\xbf",     /* U+FFFF, a noncharacter, is allowed */
    "\xf0\x90\x80\x80", /* U+10000, the first of four bytes */
    "\xf4\x8f\xbf\xbf", /* U+10FFFF */
    "0123456\xc3\xa4",  /* a character across two words */
    ("01234567\xe2\x82\xac"
     "89abc"), /* after a word, more ASCII behind */
};

static const struct {
    size_t len;
    const char *bytes;
} bad[] = {
    {1, "\0"                      }, /* U+0000 [MQTT-1.5.4-2] */
    {9, "01234567\0"              }, /* after a word */
    {8, "0123\0"
        "567"              }, /* within a word */
    {1, "\x80"                    }, /* a continuation byte alone */
    {1, "\xbf"                    },
    {2, "\xc0\x80"                }, /* U+0000 in two bytes */
    {2, "\xc1\xbf"                }, /* U+007F in two bytes */
    {3, "\xe0\x80\xaf"            }, /* "/" in three bytes */
    {3, "\xe0\x9f\xbf"            }, /* U+07FF in three bytes */
    {4, "\xf0\x80\x80\xaf"        }, /* "/" in four bytes */
    {4, "\xf0\x8f\xbf\xbf"        }, /* U+FFFF in four bytes */
    {3, "\xed\xa0\x80"            }, /* U+D800, a surrogate [MQTT-1.5.4-1] */
    {3, "\xed\xbf\xbf"            }, /* U+DFFF */
    {6, "\xed\xa0\x81\xed\xb0\x80"}, /* a pair of them */
    {4, "\xf4\x90\x80\x80"        }, /* U+110000 */
    {4, "\xf5\x80\x80\x80"        },
    {1, "\xf8"                    },
    {1, "\xff"                    },
    {2, "\xc3"
        "a"                }, /* no continuation byte */
    {3, "\xe2\x82"
        "a"                },
    {3, "\xe2"
        "a\xac"            },
    {4, "\xf0\x9f\x98"
        "a"                },
    {2, "\xc3\xc3"                },
};

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static bool valid(const void *bytes, size_t len)
{
    return utf8_valid(slice_of(guarded(bytes, len), len));
}

static size_t encode(uint32_t code_point, uint8_t *out)
{
    if (code_point < 0x80) {
        out[0] = (uint8_t)code_point;
        return 1;
    }
    size_t len = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    out[0] = (uint8_t)(0xf0u << (4 - len) | code_point);
    return len;
}

START_TEST(accepts_well_formed_text)
{
    ck_assert(valid(good[_i], strlen(good[_i])));
}
END_TEST

START_TEST(rejects_ill_formed_text)
{
    ck_assert(!valid(bad[_i].bytes, bad[_i].len));
}
END_TEST

START_TEST(rejects_ill_formed_text_at_each_place_among_ascii)
{
    for (size_t before = 0; before < 20; before++) {
        uint8_t text[64];

        memset(text, 'x', sizeof(text));
        memcpy(text + before, bad[_i].bytes, bad[_i].len);
        ck_assert(!valid(text, before + bad[_i].len));
        ck_assert(!valid(text, before + bad[_i].len + 17));
    }
}
END_TEST

START_TEST(knows_every_code_point)
{
    for (uint32_t code_point = 0; code_point <= 0x10ffff; code_point++) {
        uint8_t bytes[4];
        uint32_t again = 0;
        size_t len = encode(code_point, bytes);
        bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
        struct slice text = slice_of(bytes, len);

        ck_assert_int_eq(utf8_decode(text, &again), surrogate ? 0 : (int)len);
        if (!surrogate)
            ck_assert_uint_eq(again, code_point);
        ck_assert(utf8_valid(text) == (!surrogate && code_point != 0));
    }
}
END_TEST

START_TEST(a_character_cut_short_is_none)
{
    static const uint32_t some[] = {0x80,   0x7ff,   0x800,   0x20ac,
                                    0xffff, 0x10000, 0x1f600, 0x10ffff};

    for (int i = 0; i < COUNT(some); i++) {
        uint8_t bytes[4];
        uint32_t code_point;
        size_t len = encode(some[i], bytes);

        for (size_t cut = 1; cut < len; cut++) {
            ck_assert(!valid(bytes, cut));
            ck_assert_int_eq(
                utf8_decode(slice_of(guarded(bytes, cut), cut), &code_point),
                0);
        }
    }
}
END_TEST

Suite *utf8_suite(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tcase = unit_case(suite, "utf8", 30);

    tcase_add_loop_test(tcase, accepts_well_formed_text, 0, COUNT(good));
    tcase_add_loop_test(tcase, rejects_ill_formed_text, 0, COUNT(bad));
    tcase_add_loop_test(tcase,
                        rejects_ill_formed_text_at_each_place_among_ascii, 0,
                        COUNT(bad));
    tcase_add_test(tcase, knows_every_code_point);
    tcase_add_test(tcase, a_character_cut_short_is_none);
    return suite;
}
