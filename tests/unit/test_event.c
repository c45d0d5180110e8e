#include "suites.h"

#include "wire/event.h"

START_TEST(a_code_has_its_name_and_text)
{
    ck_assert_str_eq(event_name(EVENT_WILL_FIRED), "will.fired");
    ck_assert_str_eq(event_text(EVENT_WILL_FIRED), "will FIRED");
    ck_assert_str_eq(event_name(EVENT_CONN_OPENED), "conn.opened");
    ck_assert_str_eq(event_name(EVENT_NOTE), "note");
}
END_TEST

START_TEST(an_unknown_code_is_a_question_mark)
{
    ck_assert_str_eq(event_name(0), "?");
    ck_assert_str_eq(event_text(0), "?");
    ck_assert_str_eq(event_name(65535), "?");
}
END_TEST

/* Recordings outlive programs: numbers and names must stay unique. */
START_TEST(no_number_and_no_name_is_given_twice)
{
#define EVENT_NUMBER(code, number, name, text) number,
#define EVENT_NAME(code, number, name, text)   name,
    static const int numbers[] = {EVENT_CODES(EVENT_NUMBER)};
    static const char *const names[] = {EVENT_CODES(EVENT_NAME)};
    size_t count = sizeof(numbers) / sizeof(numbers[0]);

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            ck_assert_int_ne(numbers[i], numbers[j]);
            ck_assert_str_ne(names[i], names[j]);
        }
    }
}
END_TEST

Suite *event_suite(void)
{
    Suite *suite = suite_create("event");
    TCase *tcase = unit_case(suite, "event", 0);

    tcase_add_test(tcase, a_code_has_its_name_and_text);
    tcase_add_test(tcase, an_unknown_code_is_a_question_mark);
    tcase_add_test(tcase, no_number_and_no_name_is_given_twice);
    return suite;
}
