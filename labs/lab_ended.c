#include "labs/lab_ended.h"

#include "base/alloc.h"

#include <string.h>

/* In a block of commands, or within a sentence. */
static bool starts_broker(const struct lab_step *step)
{
    static const char *const commands[] = {"mosquitto -", "mqttlab broker -"};

    for (size_t i = 0; i < step->block_count; i++) {
        for (size_t c = 0; c < sizeof(commands) / sizeof(commands[0]); c++) {
            if (strstr(step->blocks[i].text, commands[c]))
                return true;
        }
    }
    return false;
}

char *lab_ended_text(const struct lab_run *run, const char *name)
{
    const char *config = run->lab->config;

    if (starts_broker(run->steps[run->current].step))
        return alloc_string("The broker has ended, and the next one is yours "
                            "to start: the command is in this step. The lab "
                            "goes on with it.");
    if (config)
        return alloc_printf("The broker has ended. Start it again, in mqttlab "
                            "shell: mosquitto -c %s -v; the lab goes on with "
                            "it. Or leave with q: mqttlab lab %s begins here "
                            "again, with a broker.",
                            config, name);
    return alloc_printf("The broker has ended. Leave with q: mqttlab lab %s "
                        "begins here again, with a broker. What is done stays "
                        "done.",
                        name);
}
