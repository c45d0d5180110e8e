#include "labs/similar.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "labs/answer.h"
#include "labs/grade_report.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define FEWEST_TIMES   3 /* so many equal times are no chance */
#define SHORTEST_WORDS 20

/* How many numbers two sorted lists have in common. */
static size_t common(const json_t *a, const json_t *b)
{
    size_t i = 0;
    size_t k = 0;
    size_t count = 0;

    while (i < json_array_size(a) && k < json_array_size(b)) {
        json_int_t x = json_integer_value(json_array_get(a, i));
        json_int_t y = json_integer_value(json_array_get(b, k));

        count += x == y;
        i += x <= y;
        k += y <= x;
    }
    return count;
}

static bool is_among(const char *text, const json_t *list)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item)
    {
        const char *other = json_string_value(item);

        if (other && !strcmp(other, text))
            return true;
    }
    return false;
}

__attribute__((format(printf, 2, 3))) static void add(json_t *findings,
                                                      const char *format, ...)
{
    struct buf text = {0};
    va_list args;

    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    json_array_append_new(findings, json_string(buf_string(&text)));
    buf_release(&text);
}

static void compare_times(json_t *findings, const json_t *a, const json_t *b)
{
    const json_t *mine = json_object_get(a, "times");
    const json_t *other = json_object_get(b, "times");
    size_t equal = common(mine, other);
    size_t all = json_array_size(mine) < json_array_size(other)
                     ? json_array_size(mine)
                     : json_array_size(other);

    if (equal >= FEWEST_TIMES)
        add(findings, "times of packets are equal: %zu of %zu", equal, all);
    equal = common(json_object_get(a, "random"), json_object_get(b, "random"));
    if (equal)
        add(findings, "random bytes of sessions are equal: %zu", equal);
}

/* Has the one who said it used values of the other? */
static void compare_values(json_t *findings, const json_t *sayer,
                           const json_t *said_by, const json_t *owner,
                           const json_t *owned_by)
{
    const char *said = grade_report_string(said_by, "said");
    size_t i;
    json_t *value;

    json_array_foreach(json_object_get(owned_by, "own"), i, value)
    {
        const char *own = json_string_value(value);

        if (own && strstr(said, own) &&
            !is_among(own, json_object_get(said_by, "own")))
            add(findings, "%s sent '%s', a value of %s",
                grade_report_string(sayer, "student"), own,
                grade_report_string(owner, "student"));
    }
}

static void compare_answers(json_t *findings, const json_t *a, const json_t *b)
{
    size_t i;
    size_t k;
    json_t *mine;
    json_t *other;

    json_array_foreach(json_object_get(a, "answers"), i, mine)
    {
        const char *text = grade_report_string(mine, "answer");

        if (strlen(text) < SHORTEST_WORDS ||
            json_is_true(json_object_get(mine, "right")))
            continue;
        json_array_foreach(json_object_get(b, "answers"), k, other)
        {
            if (!strcmp(grade_report_string(mine, "question"),
                        grade_report_string(other, "question")) &&
                answer_same(text, grade_report_string(other, "answer")))
                add(findings, "%s to %s are equal: \"%s\"",
                    json_is_null(json_object_get(mine, "right"))
                        ? "answers"
                        : "wrong answers",
                    grade_report_string(mine, "question"), text);
        }
    }
}

static bool comparable(const json_t *a, const json_t *b)
{
    return strcmp(grade_report_string(a, "student"),
                  grade_report_string(b, "student")) != 0 &&
           !strcmp(grade_report_string(a, "lab"),
                   grade_report_string(b, "lab")) &&
           json_object_get(a, "fingerprint") &&
           json_object_get(b, "fingerprint");
}

static json_t *compare(const json_t *a, const json_t *b)
{
    const json_t *print_a = json_object_get(a, "fingerprint");
    const json_t *print_b = json_object_get(b, "fingerprint");
    json_t *findings = json_array();

    compare_times(findings, print_a, print_b);
    compare_values(findings, a, print_a, b, print_b);
    compare_values(findings, b, print_b, a, print_a);
    compare_answers(findings, a, b);
    return findings;
}

json_t *similar_find(json_t *results)
{
    json_t *similar = json_array();
    size_t count = json_array_size(results);

    for (size_t i = 0; i < count; i++) {
        const json_t *a = json_array_get(results, i);

        for (size_t k = i + 1; k < count; k++) {
            const json_t *b = json_array_get(results, k);
            json_t *findings = comparable(a, b) ? compare(a, b) : json_array();

            if (json_array_size(findings))
                json_array_append_new(
                    similar,
                    json_pack("{s:[s,s], s:[s,s], s:s, s:O}", "files",
                              grade_report_string(a, "file"),
                              grade_report_string(b, "file"), "students",
                              grade_report_string(a, "student"),
                              grade_report_string(b, "student"), "lab",
                              grade_report_string(a, "lab"), "findings",
                              findings));
            json_decref(findings);
        }
    }
    for (size_t i = 0; i < count; i++)
        json_object_del(json_array_get(results, i), "fingerprint");
    return similar;
}

static const char *one_of(const json_t *pair, const char *key, size_t index)
{
    const char *text =
        json_string_value(json_array_get(json_object_get(pair, key), index));

    return text ? text : "";
}

void similar_text(const json_t *similar, FILE *to)
{
    size_t i;
    size_t k;
    json_t *pair;
    json_t *finding;

    json_array_foreach(similar, i, pair)
    {
        fprintf(to, "%s (%s) and %s (%s):\n", one_of(pair, "files", 0),
                one_of(pair, "students", 0), one_of(pair, "files", 1),
                one_of(pair, "students", 1));
        json_array_foreach(json_object_get(pair, "findings"), k, finding)
            fprintf(to, "  %s\n", json_string_value(finding));
    }
    fprintf(to, "%zu pair%s with something in common\n",
            json_array_size(similar), json_array_size(similar) == 1 ? "" : "s");
}
