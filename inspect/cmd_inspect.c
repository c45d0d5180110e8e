/*
 * mqttlab inspect: the packets of a capture, or of a broker that runs.
 */
#include "base/options.h"
#include "inspect/commands.h"
#include "inspect/inspect_input.h"
#include "inspect/inspect_print.h"
#include "inspect/inspect_proxy.h"
#include "inspect/inspect_show.h"
#include "inspect/inspect_write.h"
#include "wire/filter.h"
#include "wire/render_cable.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_USAGE 3
#define MAX_PORTS  64

enum {
    OPTION_HELP = 1,
    OPTION_FILTER,
    OPTION_FORMAT,
    OPTION_FIELD,
    OPTION_FIELD_STYLE,
    OPTION_WRITE,
    OPTION_DECODE,
    OPTION_KEYLOG,
    OPTION_PSK,
    OPTION_OUTSIDE,
    OPTION_TAP,
    OPTION_LISTEN,
    OPTION_UPSTREAM,
    OPTION_CERT,
    OPTION_KEY,
    OPTION_CAFILE,
    OPTION_INSECURE,
};

/* clang-format off */
static const struct option_spec table[] = {
    {OPTION_TAP, 0, "tap", "SOCKET", "watch the broker with this control socket, or port"},
    {OPTION_FILTER, 'Y', NULL, "FILTER", "show only what matches"},
    {OPTION_FORMAT, 'T', NULL, "FORMAT", "text, fields, json or tree (text)"},
    {OPTION_FIELD, 'e', NULL, "FIELD",
     "show this field, as -T fields or in -T json;\n"
     "again for more"},
    {OPTION_FIELD_STYLE, 'E', NULL, "NAME=VALUE",
     "of -T fields: header=y|n, separator=, aggregator=,\n"
     "quote=d|s|n, occurrence=f|l|a"},
    {OPTION_WRITE, 'w', NULL, "FILE", "write what matches into this pcapng file;\n"
     "FILE.pcap: as pcap"},
    {OPTION_DECODE, 'd', NULL, "PORT=WHAT",
     "what is spoken at a port: mqtt, ws, tls or wss;\n"
     "again for more"},
    {OPTION_KEYLOG, 0, "keylog", "FILE",
     "TLS keys, as browsers write them (SSLKEYLOGFILE)"},
    {OPTION_PSK, 0, "psk", "KEY",
     "a pre-shared key of TLS, in hex: opens what has no\n"
     "forward secrecy"},
    {OPTION_OUTSIDE, 0, "outside", NULL,
     "only what crossed the cable, as an eavesdropper has\n"
     "it, of our own recordings too"},
    {-1, 0, NULL, NULL, "A proxy in front of any broker:"},
    {OPTION_LISTEN, 0, "listen", "PORT", "pass on who connects here, [HOST:]PORT"},
    {OPTION_UPSTREAM, 0, "upstream", "HOST:PORT",
     "to this broker; mqtts://HOST:PORT: with TLS"},
    {OPTION_CERT, 0, "cert", "FILE", "clients come with TLS: our certificate"},
    {OPTION_KEY, 0, "key", "FILE", "and its key"},
    {OPTION_CAFILE, 0, "cafile", "FILE",
     "who signs the broker's certificate, if not one whom\n"
     "the system trusts"},
    {OPTION_INSECURE, 0, "insecure", NULL,
     "whatever name the broker's certificate has"},
    {OPTION_HELP, 'h', "help", NULL, "this text"},
    {0, 0, NULL, NULL, NULL},
};
/* clang-format on */

struct inspect {
    struct inspect_show show;
    struct inspect_input input;
    struct inspect_proxy_options proxy;
    struct capture_port ports[MAX_PORTS];
    const char *filter_text;
    struct filter *filter;
    struct dissection scratch;
    struct tracker *tracker;
    const char *write_to;
    struct inspect_write write;
    uint64_t origin_ns; /* time of the first record */
    uint64_t packets;   /* so far, shown or not */
    struct inspect_print print;
    uint32_t given; /* a bit for each option that was */
    bool format_given;
    bool told; /* that the file cannot be written */
};

/* ---- rows ---- */

static void on_idle(void *context)
{
    struct inspect *inspect = context;

    inspect_print_all(&inspect->print);
    inspect_write_flush(&inspect->write);
}

static int complain_of_output(struct inspect *inspect, int error)
{
    if (error && !inspect->told)
        fprintf(stderr, "mqttlab: inspect: %s: %s\n", inspect->write_to,
                strerror(-error));
    inspect->told = error != 0;
    return error ? 1 : 0;
}

/* The same for a proxy, which does not wait, and goes on whatever happens. */
static bool on_turn(void *context)
{
    struct inspect *inspect = context;

    inspect_write_flush(&inspect->write);
    complain_of_output(inspect, inspect->write.error);
    return inspect_print_some(&inspect->print);
}

static void print_row(struct inspect *inspect, const struct history_row *row)
{
    bool may_wait = !inspect->proxy.listen;

    if (!may_wait && !inspect_print_has_room(&inspect->print))
        return;
    inspect_show_row(&inspect->show, &inspect->print.out, row);
    if (may_wait && inspect->print.out.len > 65536)
        on_idle(inspect);
}

static bool want_more(void *context)
{
    const struct inspect *inspect = context;

    return !inspect->print.deaf && !inspect->write.error;
}

/* Bytes on the cable whose packets are shown anyway, and what our broker counts
   of itself every few seconds. */
static bool is_dull(const struct history_row *row)
{
    return record_is_own_counter(&row->record) ||
           (row->record.type == RECORD_WIRE &&
            row->record.layer == RECORD_CABLE && render_cable_is_dull(row));
}

static void on_row(void *context, const struct capture_row *from)
{
    struct inspect *inspect = context;
    struct history_row row = {
        .record = from->record,
        .frame = from->frame,
        .previous_ns = from->previous_ns,
        .frame_len = from->frame_len,
        .comment = from->comment,
    };

    if (row.record.type == RECORD_MQTT)
        row.number = ++inspect->packets;
    if (!inspect->origin_ns)
        inspect->origin_ns = from->record.time_ns;
    row.origin_ns = from->origin_ns ? from->origin_ns : inspect->origin_ns;
    tracker_note(inspect->tracker, &row.record, &row.note);
    if (from->stream != UINT32_MAX)
        row.note.stream = from->stream;
    if (!filter_match(inspect->filter, &row, &inspect->scratch))
        return;
    if (inspect->filter_text || !is_dull(&row))
        print_row(inspect, &row);
    inspect_write_row(&inspect->write, &row);
}

static void on_warning(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "mqttlab: inspect: %s\n", text);
}

/* ---- options ---- */

static bool set_format(struct inspect *inspect, const char *text)
{
    static const struct {
        const char *name;
        enum inspect_format format;
    } formats[] = {
        {"text",   INSPECT_TEXT  },
        {"fields", INSPECT_FIELDS},
        {"json",   INSPECT_JSON  },
        {"tree",   INSPECT_TREE  },
    };

    inspect->format_given = true;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (!strcmp(formats[i].name, text)) {
            inspect->show.format = formats[i].format;
            return true;
        }
    }
    return false;
}

static bool set_port(struct inspect *inspect, const char *text)
{
    static const struct {
        const char *name;
        enum capture_protocol protocol;
    } protocols[] = {
        {"mqtt", CAPTURE_MQTT},
        {"ws",   CAPTURE_WS  },
        {"tls",  CAPTURE_TLS },
        {"wss",  CAPTURE_WSS },
    };
    size_t count = inspect->input.capture.port_count;
    char *end = NULL;
    long port = strtol(text, &end, 10);

    if (port < 1 || port > UINT16_MAX || *end != '=' || count == MAX_PORTS)
        return false;
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        if (strcmp(protocols[i].name, end + 1) != 0)
            continue;
        inspect->ports[count].port = (uint16_t)port;
        inspect->ports[count].protocol = protocols[i].protocol;
        inspect->input.capture.port_count++;
        return true;
    }
    return false;
}

static bool add_field(struct inspect *inspect, const char *name, char *error,
                      size_t size)
{
    const char *like;

    if (!inspect_show_knows(name, &like)) {
        snprintf(error, size, "-e: unknown field %s%s%s%s", name,
                 like ? ", did you mean " : "", like ? like : "",
                 like ? "?" : "");
        return false;
    }
    if (inspect->show.field_count == INSPECT_MAX_FIELDS) {
        snprintf(error, size, "-e: no more than %d fields", INSPECT_MAX_FIELDS);
        return false;
    }
    inspect->show.fields[inspect->show.field_count++] = name;
    return true;
}

/* A character, or a name of one as tshark has them. */
static char character(const char *text)
{
    if (!strcmp(text, "/t"))
        return '\t';
    if (!strcmp(text, "/s"))
        return ' ';
    return *text && !text[1] ? *text : '\0';
}

static bool set_style(struct inspect_show *show, const char *text)
{
    const char *value = strchr(text, '=');

    if (!value)
        return false;
    size_t len = (size_t)(value++ - text);
    struct slice name = slice_of(text, len);
    if (slice_equal_string(name, "separator"))
        return (show->separator = character(value));
    if (slice_equal_string(name, "aggregator"))
        return (show->aggregator = character(value));
    if (!*value || value[1])
        return false;
    if (slice_equal_string(name, "header")) {
        show->header = *value == 'y';
        return strchr("yn", *value);
    }
    if (slice_equal_string(name, "quote")) {
        show->quote = *value == 'd' ? '"' : '\'';
        if (*value == 'n')
            show->quote = '\0';
        return strchr("dsn", *value);
    }
    if (!slice_equal_string(name, "occurrence") || !strchr("fla", *value))
        return false;
    show->occurrence = INSPECT_ALL;
    if (*value != 'a')
        show->occurrence = *value == 'f' ? INSPECT_FIRST : INSPECT_LAST;
    return true;
}

static bool set_word(struct inspect *inspect, const char *word, char *error,
                     size_t size)
{
    snprintf(error, size, "inspect takes one file; '%s' is another", word);
    if (inspect->input.file)
        return false;
    inspect->input.file = word;
    return true;
}

static bool set_option(struct inspect *inspect, const struct options *options,
                       int id, char *error, size_t size)
{
    const char *value = options->value ? options->value : "";

    snprintf(error, size, "%s: '%s' is not what --help says",
             options->given ? options->given : "", value);
    switch (id) {
    case OPTION_FILTER: inspect->filter_text = value; return true;
    case OPTION_FORMAT:
        snprintf(error, size, "-T: '%s' is none of text, fields, json, tree",
                 value);
        return set_format(inspect, value);
    case OPTION_FIELD: return add_field(inspect, value, error, size);
    case OPTION_FIELD_STYLE: return set_style(&inspect->show, value);
    case OPTION_WRITE: inspect->write_to = value; return true;
    case OPTION_DECODE: return set_port(inspect, value);
    case OPTION_KEYLOG: inspect->input.keylog = value; return true;
    case OPTION_PSK: inspect->input.psk = value; return true;
    case OPTION_OUTSIDE: inspect->input.capture.outside = true; return true;
    case OPTION_TAP: inspect->input.tap = value; return true;
    case OPTION_LISTEN: inspect->proxy.listen = value; return true;
    case OPTION_UPSTREAM: inspect->proxy.upstream = value; return true;
    case OPTION_CERT: inspect->proxy.certfile = value; return true;
    case OPTION_KEY: inspect->proxy.keyfile = value; return true;
    case OPTION_CAFILE: inspect->proxy.cafile = value; return true;
    case OPTION_INSECURE: inspect->proxy.insecure = true; return true;
    case OPTIONS_WORD: return set_word(inspect, value, error, size);
    default: return false;
    }
}

static int complain(const char *error)
{
    fprintf(stderr, "mqttlab: inspect: %s\n", error);
    return EXIT_USAGE;
}

/* Those that mean nothing where the packets come from elsewhere; NULL: none. */
static const char *find_lonely(const struct inspect *inspect)
{
    static const struct {
        int id;
        bool of_file; /* else of the proxy */
        const char *text;
    } rows[] = {
        {OPTION_DECODE,   true,  "-d is for a file"              },
        {OPTION_KEYLOG,   true,  "--keylog is for a file"        },
        {OPTION_PSK,      true,  "--psk is for a file"           },
        {OPTION_OUTSIDE,  true,  "--outside is for a file"       },
        {OPTION_CERT,     false, "--cert belongs to --listen"    },
        {OPTION_KEY,      false, "--key belongs to --listen"     },
        {OPTION_CAFILE,   false, "--cafile belongs to --listen"  },
        {OPTION_INSECURE, false, "--insecure belongs to --listen"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool fits = rows[i].of_file ? inspect->input.file != NULL
                                    : inspect->proxy.listen != NULL;

        if (inspect->given & 1u << rows[i].id && !fits)
            return rows[i].text;
    }
    return NULL;
}

/* What was said fits together, and is completed. Returns -1 or an exit code. */
static int check_options(struct inspect *inspect)
{
    const char *lonely = find_lonely(inspect);
    struct filter_error error;

    if (!!inspect->input.file + !!inspect->input.tap +
            !!inspect->proxy.listen !=
        1)
        return complain("say a file, \"-\", --tap SOCKET, or --listen PORT "
                        "with --upstream HOST:PORT; see --help");
    if (!inspect->proxy.listen != !inspect->proxy.upstream)
        return complain("--listen and --upstream need each other");
    if (!inspect->proxy.certfile != !inspect->proxy.keyfile)
        return complain("--cert and --key need each other");
    if (lonely)
        return complain(lonely);
    if (inspect->write_to && !inspect->format_given &&
        !inspect->show.field_count)
        inspect->show.format = INSPECT_NONE;
    if (inspect->show.field_count && !inspect->format_given)
        inspect->show.format = INSPECT_FIELDS;
    if (inspect->show.format == INSPECT_FIELDS && !inspect->show.field_count)
        return complain("-T fields: say which, with -e");
    inspect->filter =
        filter_new(inspect->filter_text ? inspect->filter_text : "", &error);
    if (inspect->filter)
        return -1;
    fprintf(stderr, "mqttlab: inspect: -Y: column %u: %s\n", error.column,
            error.message);
    return EXIT_USAGE;
}

static int read_options(int argc, char **argv, struct inspect *inspect)
{
    struct options options;
    char error[300];
    int id;

    options_init(&options, table, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        if (id == OPTION_HELP) {
            printf("Usage: mqttlab inspect [OPTIONS] FILE|-\n"
                   "       mqttlab inspect [OPTIONS] --tap SOCKET\n"
                   "       mqttlab inspect [OPTIONS] --listen PORT --upstream "
                   "HOST:PORT\n"
                   "Show the MQTT packets of a capture (pcap or pcapng; - is "
                   "standard input), of a\n"
                   "broker that runs, or of any broker by standing in front of "
                   "it.\n\n");
            options_help(table, stdout);
            return 0;
        }
        if (id == OPTIONS_ERROR)
            return complain(options.error);
        if (!set_option(inspect, &options, id, error, sizeof(error)))
            return complain(error);
        if (id > 0)
            inspect->given |= 1u << id;
    }
    return check_options(inspect);
}

/* ---- the whole ---- */

/* A name that is wrong must not cost the file that -w replaces. */
static int find_input(const struct inspect *inspect)
{
    const char *file = inspect->input.file;

    if (!file || !strcmp(file, "-") || access(file, R_OK) == 0)
        return 0;
    fprintf(stderr, "mqttlab: inspect: %s: %s\n", file, strerror(errno));
    return 1;
}

/* Or the file that is read would be empty before its first byte is. */
static bool writes_its_input(const struct inspect *inspect)
{
    struct stat in;
    struct stat out;

    return inspect->write_to && inspect->input.file &&
           (strcmp(inspect->input.file, "-") != 0
                ? stat(inspect->input.file, &in)
                : fstat(STDIN_FILENO, &in)) == 0 &&
           S_ISREG(in.st_mode) && stat(inspect->write_to, &out) == 0 &&
           in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

/* Returns the exit code. */
static int end(struct inspect *inspect, int code)
{
    if (inspect->proxy.listen)
        inspect_print_end(&inspect->print);
    else
        inspect_print_all(&inspect->print);
    if (inspect->print.error) {
        fprintf(stderr, "mqttlab: inspect: standard output: %s\n",
                strerror(-inspect->print.error));
        code = 1;
    }
    return complain_of_output(inspect, inspect_write_close(&inspect->write))
               ? 1
               : code;
}

static int run(struct inspect *inspect)
{
    int code = 0;

    if (writes_its_input(inspect))
        return complain("-w would write over the file that is read");
    if (find_input(inspect))
        return 1;
    if (inspect->write_to)
        code = complain_of_output(
            inspect, inspect_write_open(&inspect->write, inspect->write_to));
    if (code)
        return code;
    inspect->show.from_file = inspect->input.file;
    inspect_show_header(&inspect->show, &inspect->print.out);
    if (inspect->proxy.listen)
        code = inspect_proxy_run(&inspect->proxy);
    else if (inspect->input.tap)
        code = inspect_input_tap(&inspect->input);
    else
        code = inspect_input_file(&inspect->input);
    return end(inspect, code);
}

int cmd_inspect(int argc, char **argv)
{
    struct inspect inspect = {
        .show = {.format = INSPECT_TEXT},
        .tracker = tracker_new(),
    };
    int code;

    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    signal(SIGPIPE, SIG_IGN);
    inspect.input.capture.on_row = on_row;
    inspect.input.capture.on_warning = on_warning;
    inspect.input.capture.context = &inspect;
    inspect.input.capture.ports = inspect.ports;
    inspect.input.on_idle = on_idle;
    inspect.input.want_more = want_more;
    inspect.proxy.capture = inspect.input.capture;
    inspect.proxy.on_turn = on_turn;
    code = read_options(argc, argv, &inspect);
    if (code < 0)
        code = run(&inspect);
    filter_free(inspect.filter);
    inspect_show_release(&inspect.show);
    dissect_release(&inspect.scratch);
    tracker_free(inspect.tracker);
    inspect_print_release(&inspect.print);
    return code;
}
