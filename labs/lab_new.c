#include "labs/lab_new.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/whole_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ID stands where the lab's id goes. */
static const char lab_text[] =
    "---\n"
    "id: ID\n"
    "title: A new lab\n"
    "version: 1\n"
    "time: 30 min\n"
    "param word: {word}-{hex4}\n"
    "---\n"
    "\n"
    "# A new lab\n"
    "\n"
    "What is it about, and why does it matter in the world?\n"
    "\n"
    "## Step 1: Say a word\n"
    "<!-- step say -->\n"
    "\n"
    "One idea, something to type, something to see:\n"
    "\n"
    "```sh\n"
    "mosquitto_pub -h 127.0.0.1 -t lab/word -m {{word}}\n"
    "```\n"
    "\n"
    "```check\n"
    "said  1  seen lab.type == \"PUBLISH\" && lab.dir == \"c2b\" && "
    "mqtt.topic == \"lab/word\" && mqtt.msg == \"{{word}}\" : you said "
    "{{word}}\n"
    "```\n"
    "\n"
    "```near\n"
    "lab.type == \"PUBLISH\" && lab.dir == \"c2b\" && mqtt.topic != "
    "\"lab/word\" : The topic was {mqtt.topic} (packet {n}); the task says "
    "lab/word.\n"
    "```\n"
    "\n"
    "<details><summary>Hint 1</summary>\n"
    "\n"
    "Type `mqttlab shell` first.\n"
    "\n"
    "</details>\n"
    "\n"
    "<!-- lecturer: what to ask the class, what to show. -->\n"
    "\n"
    "## What you saw\n"
    "<!-- end -->\n"
    "\n"
    "In a few words. Your packets:\n";

static const char solution_text[] =
    "```solution say\n"
    "mosquitto_pub -h 127.0.0.1 -t lab/word -m {{word}}\n"
    "```\n"
    "\n"
    "The wrong topic.\n"
    "\n"
    "```wrong say fails=said near=1\n"
    "mosquitto_pub -h 127.0.0.1 -t lab/other -m {{word}}\n"
    "```\n";

static int write_new(const char *path, const char *text, const char *id)
{
    const char *place = strstr(text, "ID");
    struct buf content = {0};

    if (place) {
        buf_append(&content, text, (size_t)(place - text));
        buf_append_string(&content, id);
        text = place + 2;
    }
    buf_append_string(&content, text);
    int result =
        whole_file_store(path, buf_slice(&content), 0666, WHOLE_FILE_NEW);
    buf_release(&content);
    if (result)
        fprintf(stderr, "mqttlab lab new: %s: %s\n", path, strerror(-result));
    return result;
}

int lab_new(const char *id)
{
    size_t len = strlen(id);

    if (!len || len > 60 || id[0] == '.' || id[0] == '-' ||
        strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789.-") != len) {
        fprintf(stderr,
                "mqttlab lab new: an id is small letters, digits, '.' and "
                "'-', such as 23-my-lab\n");
        return -EINVAL;
    }
    char *lab = alloc_printf("%s.md", id);
    char *solution = alloc_printf("%s.solution.md", id);
    int result = write_new(lab, lab_text, id);

    if (!result)
        result = write_new(solution, solution_text, id);
    if (!result)
        printf("%s and %s are there. mqttlab lab test ./%s proves them.\n", lab,
               solution, lab);
    free(lab);
    free(solution);
    return result;
}
