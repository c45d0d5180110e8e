/*
 * What the tests share: one suite a file, cases that notice exit(0), and
 * memory that ends at an unreadable page.
 */
#ifndef UNIT_SUITES_H
#define UNIT_SUITES_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

/* tests/unit/test_NAME.c defines Suite *NAME_suite(void). */
#define SUITE(name) Suite *name##_suite(void);
#include "suites_list.h"
#undef SUITE

/*
 * A test case in which a test that calls exit(0) fails; Check alone would
 * count it as passed. Seconds 0: Check's usual time limit.
 */
TCase *unit_case(Suite *suite, const char *name, double timeout_s);

/*
 * A copy of bytes[0..len) that ends at an unreadable page, so that reading one
 * byte too many crashes without a sanitizer too. Valid until the fourth call
 * after this one.
 */
const uint8_t *guarded(const void *bytes, size_t len);

/*
 * What the functions under test are given in the assertions that follow. The
 * judge of the builder track shows it to who wrote them when one of these
 * fails, or when a function crashes or does not end; our own suites show
 * nothing of it.
 */
__attribute__((format(printf, 1, 2))) void unit_given(const char *format, ...);

/* Bytes as "80 01", and as text in quotes with \x80 for what cannot be printed;
   cut where a line has no room. Valid until the fourth call after this one. */
const char *unit_hex_text(const void *bytes, size_t len);
const char *unit_text(const void *bytes, size_t len);

/* "30 0a" as bytes; returns how many. Anything but hex digits is skipped. */
size_t unit_hex(const char *hex, uint8_t *bytes, size_t size);

/* As if the disk were full: no file can grow beyond so many bytes, which is
   -EFBIG. SIZE_MAX: not any more. Of what Check writes meanwhile the rest is
   lost. */
void unit_limit_files(size_t bytes);

#endif
