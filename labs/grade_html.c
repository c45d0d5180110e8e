#include "labs/grade_html.h"

#include "labs/grade_report.h"

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\""
    " content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width\"/>\n"
    "<title>Marks</title>\n"
    "<style>\n"
    ":root { color-scheme: light dark; }\n"
    "body { font: 1rem/1.5 sans-serif; max-width: 60rem; margin: 2rem auto;"
    " padding: 0 1rem; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "th, td { text-align: left; vertical-align: top; padding: .2rem .6rem;"
    " border-bottom: 1px solid #8888; }\n"
    "td.n, th.n { text-align: right; white-space: nowrap; }\n"
    "section { margin-top: 3rem; }\n"
    "h3 { margin: 1.5rem 0 .3rem; }\n"
    "pre { margin: .3rem 0 .8rem; white-space: pre-wrap;"
    " overflow-wrap: anywhere; font-size: .85rem; }\n"
    "dl { margin: 0; } dt { float: left; width: 6rem; clear: left; }\n"
    "dd { margin: 0 0 0 6rem; overflow-wrap: anywhere; }\n"
    ".passed b { color: #0072b2; } .failed b { color: #d55e00; }\n"
    "</style>\n"
    "</head>\n"
    "<body>\n";

static const char foot[] = "</body>\n</html>\n";

static void put(const char *text, FILE *to)
{
    grade_report_escape(text, to);
}

/* Text of others, which keeps its direction to itself. */
static void put_foreign(const char *text, FILE *to)
{
    fputs("<bdi>", to);
    put(text, to);
    fputs("</bdi>", to);
}

static long long number(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

/* ---- all of them ---- */

static void overview_row(const json_t *result, size_t index, FILE *to)
{
    fprintf(to, "<tr><td><a href=\"#h%zu\">", index);
    put_foreign(grade_report_string(result, "file"), to);
    fputs("</a></td><td>", to);
    put_foreign(grade_report_string(result, "student"), to);
    fputs("</td><td>", to);
    put_foreign(grade_report_string(result, "lab"), to);
    if (grade_report_error(result)) {
        fputs("</td><td colspan=\"4\">not graded: ", to);
        put_foreign(grade_report_error(result), to);
        fputs("</td></tr>\n", to);
        return;
    }
    fprintf(to,
            "</td><td class=\"n\">%d of %d%s</td><td class=\"n\">%lld</td>"
            "<td class=\"n\">%lld</td><td class=\"n\">%lld min</td></tr>\n",
            grade_report_points(result), grade_report_max(result),
            grade_report_unmarked(result) ? " (some to be marked)" : "",
            number(result, "hints"), number(result, "resets"),
            (number(result, "seconds") + 59) / 60);
}

static void overview(const json_t *results, FILE *to)
{
    size_t i;
    json_t *result;

    fputs("<h1>Marks</h1>\n<table>\n<tr><th>Hand-in</th><th>Student</th>"
          "<th>Lab</th><th class=\"n\">Points</th><th class=\"n\">Hints</th>"
          "<th class=\"n\">Resets</th><th class=\"n\">Time</th></tr>\n",
          to);
    json_array_foreach(results, i, result) overview_row(result, i + 1, to);
    fputs("</table>\n", to);
    if (*grade_report_stamped(results))
        fprintf(to, "<p>Graded %s</p>\n", grade_report_stamped(results));
}

static void put_pair(const json_t *pair, size_t index, FILE *to)
{
    const char *file = json_string_value(
        json_array_get(json_object_get(pair, "files"), index));
    const char *student = json_string_value(
        json_array_get(json_object_get(pair, "students"), index));

    put_foreign(file ? file : "", to);
    fputs(" (", to);
    put_foreign(student ? student : "", to);
    fputs(")", to);
}

static void similarities(const json_t *similar, FILE *to)
{
    size_t i;
    size_t k;
    json_t *pair;
    json_t *finding;

    if (!json_array_size(similar))
        return;
    fputs("<section>\n<h2>In common</h2>\n<p>What these cannot well have in "
          "common by chance. It says nothing about who had it first; talk to "
          "both.</p>\n",
          to);
    json_array_foreach(similar, i, pair)
    {
        fputs("<h3>", to);
        put_pair(pair, 0, to);
        fputs(" and ", to);
        put_pair(pair, 1, to);
        fputs("</h3>\n<ul>\n", to);
        json_array_foreach(json_object_get(pair, "findings"), k, finding)
        {
            fputs("<li>", to);
            put_foreign(json_string_value(finding), to);
            fputs("</li>\n", to);
        }
        fputs("</ul>\n", to);
    }
    fputs("</section>\n", to);
}

/* ---- one of them ---- */

static void put_packet(const json_t *packet, FILE *to)
{
    size_t i;
    json_t *line;

    fputs("<details><summary><code>", to);
    put_foreign(grade_report_string(packet, "line"), to);
    fputs("</code></summary>\n<pre>", to);
    json_array_foreach(json_object_get(packet, "fields"), i, line)
    {
        put(json_string_value(line), to);
        fputc('\n', to);
    }
    fputc('\n', to);
    put(grade_report_string(packet, "hex"), to);
    fputs("</pre></details>\n", to);
}

static void put_term(const char *term, const char *text, FILE *to)
{
    if (!*text)
        return;
    fprintf(to, "<dt>%s</dt><dd>", term);
    put_foreign(text, to);
    fputs("</dd>\n", to);
}

static void put_cause(const json_t *check, FILE *to)
{
    const json_t *cause = json_object_get(check, "cause");

    if (!json_is_object(cause))
        return;
    fputs("<dl>\n", to);
    put_term("expected", grade_report_string(cause, "expected"), to);
    put_term("seen", grade_report_string(cause, "actual"), to);
    put_term("needs", grade_report_string(check, "dependency"), to);
    fputs("</dl>\n", to);
}

static void put_check(const json_t *check, FILE *to)
{
    const json_t *evidence = json_object_get(check, "evidence");
    const json_t *packets = json_object_get(check, "packets");
    size_t i;
    json_t *packet;

    fprintf(to, "<tr class=\"%s\"><td><b>%s</b></td><td>",
            json_is_true(json_object_get(check, "passed")) ? "passed"
                                                           : "failed",
            grade_report_string(check, "result"));
    put(grade_report_string(check, "step"), to);
    fputc('.', to);
    put(grade_report_string(check, "name"), to);
    fputs("</td><td>", to);
    put_foreign(grade_report_string(check, "description"), to);
    fputc('\n', to);
    put_cause(check, to);
    json_array_foreach(packets, i, packet) put_packet(packet, to);
    if (json_array_size(evidence) > json_array_size(packets))
        fprintf(to, "<p>and %zu more</p>\n",
                json_array_size(evidence) - json_array_size(packets));
    fprintf(to, "</td><td class=\"n\">%lld of %lld</td></tr>\n",
            number(check, "points"), number(check, "max"));
}

static void put_near(const json_t *list, FILE *to)
{
    size_t i;
    json_t *near;

    if (!json_array_size(list))
        return;
    fputs("<h3>Came near</h3>\n<ul>\n", to);
    json_array_foreach(list, i, near)
    {
        fputs("<li>", to);
        put(grade_report_string(near, "step"), to);
        fprintf(to, ", packet %lld: ", number(near, "packet"));
        put_foreign(grade_report_string(near, "text"), to);
        fputs("</li>\n", to);
    }
    fputs("</ul>\n", to);
}

/* What an answer is worth. */
static void put_worth(const json_t *answer, FILE *to)
{
    const json_t *mark = json_object_get(answer, "mark");
    const json_t *points = json_object_get(mark, "points");

    if (!json_is_object(mark)) {
        fputs(json_is_true(json_object_get(answer, "right")) ? "right"
                                                             : "wrong",
              to);
    } else if (json_is_integer(points)) {
        fprintf(to, "%lld of %lld points",
                (long long)json_integer_value(points), number(mark, "max"));
        if (*grade_report_string(mark, "remark"))
            fputs(": ", to);
        put_foreign(grade_report_string(mark, "remark"), to);
    } else {
        fprintf(to, "to be marked by hand, %lld points", number(mark, "max"));
    }
}

static void put_answers(const json_t *list, FILE *to)
{
    size_t i;
    json_t *answer;

    if (!json_array_size(list))
        return;
    fputs("<h3>Answers</h3>\n<ul>\n", to);
    json_array_foreach(list, i, answer)
    {
        fputs("<li>", to);
        put_foreign(grade_report_string(answer, "ask"), to);
        fputs(" <q>", to);
        put_foreign(grade_report_string(answer, "answer"), to);
        fputs("</q> (", to);
        put_worth(answer, to);
        fputs(")</li>\n", to);
    }
    fputs("</ul>\n", to);
}

static void put_result(const json_t *result, size_t index, FILE *to)
{
    size_t i;
    json_t *check;

    fprintf(to, "<section id=\"h%zu\">\n<h2>", index);
    put_foreign(grade_report_string(result, "file"), to);
    fputs("</h2>\n<p>", to);
    if (grade_report_error(result)) {
        fputs("not graded: ", to);
        put_foreign(grade_report_error(result), to);
        fputs("</p>\n</section>\n", to);
        return;
    }
    put_foreign(grade_report_string(result, "student"), to);
    fputs(", ", to);
    put_foreign(grade_report_string(result, "title"), to);
    fprintf(to, ": %d of %d points", grade_report_points(result),
            grade_report_max(result));
    if (grade_report_unmarked(result))
        fprintf(to, ", %d to be marked by hand", grade_report_unmarked(result));
    fputs("</p>\n<table>\n", to);
    json_array_foreach(json_object_get(result, "checks"), i, check)
        put_check(check, to);
    fputs("</table>\n", to);
    put_near(json_object_get(result, "near"), to);
    put_answers(json_object_get(result, "answers"), to);
    fputs("</section>\n", to);
}

void grade_html(const json_t *results, const json_t *similar, FILE *to)
{
    size_t i;
    json_t *result;

    fputs(head, to);
    overview(results, to);
    similarities(similar, to);
    json_array_foreach(results, i, result) put_result(result, i + 1, to);
    fputs(foot, to);
}
