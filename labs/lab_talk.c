#include "labs/lab_talk.h"

#include "base/alloc.h"
#include "labs/lab_lost.h"
#include "labs/lab_score.h"
#include "labs/lab_text.h"
#include "labs/workspace.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define USUAL_COLUMNS 80

size_t lab_talk_columns(void)
{
    struct winsize size;

    if (ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col < 100 ? size.ws_col : 100;
    return USUAL_COLUMNS;
}

bool lab_talk_read_line(char *line, size_t size)
{
    size_t len = 0;
    char c;
    ssize_t got;

    while ((got = read(0, &c, 1)) != 0) {
        if (got < 0 && errno != EINTR)
            return false;
        if (got > 0 && c == '\n')
            break;
        if (got > 0 && c != '\r' && len + 1 < size)
            line[len++] = c;
    }
    line[len] = '\0';
    return got > 0 || len > 0;
}

char *lab_talk_ask_student(void)
{
    char line[128];

    printf("Your student id (letters, digits, . _ - @). It picks your own "
           "values for\nthe tasks and stands in your hand-in: ");
    fflush(stdout);
    while (lab_talk_read_line(line, sizeof(line))) {
        if (workspace_student_valid(line))
            return alloc_string(line);
        printf("An id is 1 to 40 letters, digits, '.', '_', '-' or '@': ");
        fflush(stdout);
    }
    return NULL;
}

void lab_talk_goodbye(const struct lab_run *run, const char *name)
{
    struct buf text = {0};

    printf("%s: %u of %u points so far.\n", run->lab->id, lab_score_points(run),
           run->lab->points);
    if (lab_score_cost(run))
        printf("Hints have cost %u.\n", lab_score_cost(run));
    char *lost = lab_lost_all(run);
    if (lost)
        lab_text_wrap(&text, lost, lab_talk_columns(), "", "");
    free(lost);
    fputs(buf_string(&text), stdout);
    buf_release(&text);
    if (lab_score_unmarked(run))
        printf("A person reads what you wrote and gives up to %u more.\n",
               lab_score_unmarked(run));
    if (lab_score_complete(run))
        printf("All is done: `mqttlab submit %s` makes the file to hand in.\n"
               "`mqttlab lab` lists what else there is, exercises too.\n",
               name);
    else
        printf("`mqttlab lab %s` goes on where you left.\n", name);
}
