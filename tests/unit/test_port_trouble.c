#include "suites.h"

#include "broker/port_trouble.h"

#include <errno.h>
#include <string.h>

static const struct {
    int error;
    bool is_path; /* else a port */
    const char *text;
} troubles[] = {
    {-EACCES,        false,
     "Port 65535 of here is for root only. Take one from 1024 on"                },
    {-EADDRNOTAVAIL, false,
     "Port 65535 of here cannot be used: this machine has no such address"       },
    {-ENODEV,        false,
     "Port 65535 of here cannot be used: there is no interface of this name"     },
    {-ENOENT,        false, "Port 65535 of here cannot be used: there is no host"},
    {-ENOMEM,        false, "Port 65535 of here cannot be used: Cannot allocate" },
    {-EADDRINUSE,    false, "take another port: -p 1883"                         },
    {-EADDRINUSE,    true,
     "Unix socket /a/b is taken by another program, or is a"                     },
    {-EACCES,        true,  "Unix socket /a/b cannot be used: Permission denied" },
};

START_TEST(who_cannot_listen_is_told_why)
{
    char host[] = "here";
    char path[] = "/a/b";
    const struct config_listener listener = {
        .port = 65535,
        .host = host,
        .path = troubles[_i].is_path ? path : NULL,
    };
    char text[512];

    port_trouble_explain(&listener, troubles[_i].error, text, sizeof(text));
    ck_assert_msg(strstr(text, troubles[_i].text) != NULL, "%s", text);
}
END_TEST

Suite *port_trouble_suite(void)
{
    Suite *suite = suite_create("port_trouble");
    TCase *tcase = unit_case(suite, "port_trouble", 0);

    tcase_add_loop_test(tcase, who_cannot_listen_is_told_why, 0,
                        sizeof(troubles) / sizeof(troubles[0]));
    return suite;
}
