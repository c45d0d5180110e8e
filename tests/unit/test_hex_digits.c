/* Hexadecimal digits. */
#include "suites.h"

#include <string.h>

#include "base/hex_digits.h"

START_TEST(only_sixteen_characters_and_their_capitals_are_digits)
{
    static const char digits[] = "0123456789abcdef";
    static const char capitals[] = "0123456789ABCDEF";
    int count = 0;

    for (int i = 0; i < 16; i++) {
        ck_assert_int_eq(hex_digits_value(digits[i]), i);
        ck_assert_int_eq(hex_digits_value(capitals[i]), i);
    }
    for (int c = -1; c < 256; c++)
        count += hex_digits_value(c) >= 0;
    ck_assert_int_eq(count, 22);
}
END_TEST

static const struct {
    const char *digits;
    size_t size; /* room */
    size_t len;  /* of what they are; 0: they are refused */
    const char *bytes;
} rows[] = {
    {"00",       1, 1, "\0"          },
    {"c0fFeE",   3, 3, "\xc0\xff\xee"},
    {"c0fFeE",   9, 3, "\xc0\xff\xee"},
    {"c0ffee",   2, 0, NULL          },
    {"c0ffe",    9, 0, NULL          },
    {"",         9, 0, NULL          },
    {"0x",       9, 0, NULL          },
    {"c0 ffee0", 9, 0, NULL          },
    {"gg",       9, 0, NULL          },
    {"f\n",      9, 0, NULL          },
};

START_TEST(two_digits_are_a_byte)
{
    uint8_t bytes[9] = {0};
    size_t len = strlen(rows[_i].digits);
    struct slice digits = slice_of(guarded(rows[_i].digits, len), len);

    ck_assert_uint_eq(hex_digits_decode(digits, bytes, rows[_i].size),
                      rows[_i].len);
    if (rows[_i].len)
        ck_assert_mem_eq(bytes, rows[_i].bytes, rows[_i].len);
}
END_TEST

Suite *hex_digits_suite(void)
{
    Suite *suite = suite_create("hex_digits");
    TCase *tcase = unit_case(suite, "hex_digits", 5);

    tcase_add_test(tcase,
                   only_sixteen_characters_and_their_capitals_are_digits);
    tcase_add_loop_test(tcase, two_digits_are_a_byte, 0,
                        (int)(sizeof(rows) / sizeof(rows[0])));
    return suite;
}
