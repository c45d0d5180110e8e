#include "client/output.h"

#include "base/alloc.h"
#include "client/output_json.h"
#include "mqtt/property.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_WIDTH 10000

/* What is being printed. */
struct scene {
    const struct output *output;
    const struct mqtt_publish *message;
    uint64_t wall_ns;
    struct buf *out;
    bool json_failed;
};

void output_release(struct output *output)
{
    free(output->pieces);
    buf_release(&output->text);
    *output = (struct output){0};
}

/* --- the format ----------------------------------------------------------- */

static struct output_piece *add_piece(struct output *output, char mark)
{
    output->pieces = alloc_resize(output->pieces, output->piece_count + 1,
                                  sizeof(output->pieces[0]));
    struct output_piece *piece = &output->pieces[output->piece_count++];
    *piece = (struct output_piece){
        .mark = mark, .max = -1, .text_at = output->text.len};
    return piece;
}

/* Append to the literal text at the end, if the last piece is such. */
static void add_char(struct output *output, char c)
{
    struct output_piece *last =
        output->piece_count ? &output->pieces[output->piece_count - 1] : NULL;

    if (!last || last->mark)
        last = add_piece(output, 0);
    buf_append_u8(&output->text, (uint8_t)c);
    last->text_len++;
}

/* Read digits; more than fit are as good as the largest width. */
static unsigned read_width(const char **at)
{
    unsigned width = 0;

    for (; **at >= '0' && **at <= '9'; (*at)++) {
        if (width <= MAX_WIDTH)
            width = width * 10 + (unsigned)(**at - '0');
    }
    return width < MAX_WIDTH ? width : MAX_WIDTH;
}

static const char *refuse(char *error, size_t size, const char *what, char c)
{
    if (c)
        snprintf(error, size, "Error: Invalid %s specifier '%c'.", what, c);
    else
        snprintf(error, size, "Error: Incomplete %s specifier.", what);
    return NULL;
}

/* Behind "%"; returns where the format goes on, NULL with an error. */
static const char *read_field(struct output *output, const char *at,
                              char *error, size_t size)
{
    struct output_piece piece = {.mark = '%', .max = -1};

    if (*at == '%') {
        add_char(output, '%');
        return at + 1;
    }
    if (*at == '-') {
        piece.left = true;
        at++;
    }
    if (*at == '0') {
        piece.zero = true;
        at++;
    }
    piece.width = (uint16_t)read_width(&at);
    if (*at == '.') {
        at++;
        piece.max = (int32_t)read_width(&at);
    }
    if (!*at || !strchr("ACDEFIJPRSUXjlmpqrtx", *at))
        return refuse(error, size, "format", *at);
    piece.letter = *at;
    *add_piece(output, '%') = piece;
    return at + 1;
}

static const char *read_time(struct output *output, const char *at, char *error,
                             size_t size)
{
    if (!*at)
        return refuse(error, size, "format", '\0');
    if (*at == '@')
        add_char(output, '@');
    else
        add_piece(output, '@')->letter = *at;
    return at + 1;
}

static const char *read_escape(struct output *output, const char *at,
                               char *error, size_t size)
{
    static const char names[] = "\\0aenrtv";
    static const char chars[] = "\\\0\a\x1b\n\r\t\v";
    const char *found = *at ? strchr(names, *at) : NULL;

    if (!found)
        return refuse(error, size, "escape", *at);
    add_char(output, chars[found - names]);
    return at + 1;
}

bool output_set_format(struct output *output, const char *format, char *error,
                       size_t error_size)
{
    const char *at = format;

    buf_clear(&output->text);
    output->piece_count = 0;
    output->formatted = true;
    while (at && *at) {
        char c = *at++;

        if (c == '%')
            at = read_field(output, at, error, error_size);
        else if (c == '@')
            at = read_time(output, at, error, error_size);
        else if (c == '\\')
            at = read_escape(output, at, error, error_size);
        else
            add_char(output, c);
    }
    return at != NULL;
}

/* --- one field ------------------------------------------------------------ */

static void fill(struct buf *out, char c, size_t count)
{
    while (count-- > 0)
        buf_append_u8(out, (uint8_t)c);
}

static void put_padded(struct scene *scene, const struct output_piece *piece,
                       struct slice text, bool zeros)
{
    size_t gap = piece->width > text.len ? piece->width - text.len : 0;
    char pad = zeros && piece->zero && !piece->left ? '0' : ' ';

    if (!piece->left)
        fill(scene->out, pad, gap);
    buf_append_slice(scene->out, text);
    if (piece->left)
        fill(scene->out, ' ', gap);
}

static void put_number(struct scene *scene, const struct output_piece *piece,
                       unsigned long number)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%lu", number);

    put_padded(scene, piece, slice_of(text, (size_t)len), true);
}

static void put_property_number(struct scene *scene,
                                const struct output_piece *piece,
                                enum property_id id)
{
    struct property found;

    if (property_find(scene->message->properties, id, &found))
        put_number(scene, piece, found.number);
    else
        put_padded(scene, piece, slice_of(NULL, 0), true);
}

static void put_text(struct scene *scene, const struct output_piece *piece,
                     struct slice text)
{
    if (piece->max >= 0 && text.len > (size_t)piece->max)
        text = slice_first(text, (size_t)piece->max);
    put_padded(scene, piece, text, false);
}

static void put_hex(struct scene *scene, const struct output_piece *piece)
{
    const char *digits =
        piece->letter == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
    struct slice payload = scene->message->payload;
    struct buf hex = {0};

    for (size_t i = 0; i < payload.len; i++) {
        buf_append_u8(&hex, (uint8_t)digits[payload.bytes[i] >> 4]);
        buf_append_u8(&hex, (uint8_t)digits[payload.bytes[i] & 15]);
    }
    put_padded(scene, piece, buf_slice(&hex), true);
    buf_release(&hex);
}

static void put_user_properties(struct scene *scene)
{
    struct slice rest = scene->message->properties;
    const char *between = "";

    for (struct property one; property_next(&rest, &one);) {
        if (one.info->id != PROPERTY_USER_PROPERTY)
            continue;
        buf_append_string(scene->out, between);
        buf_append_slice(scene->out, one.string);
        buf_append_u8(scene->out, ':');
        buf_append_slice(scene->out, one.value);
        between = " ";
    }
}

static void put_json(struct scene *scene, char letter)
{
    struct output_json how = {.pretty = scene->output->pretty,
                              .payload_is_json = letter == 'J'};

    if (!output_json(scene->out, &how, scene->message, scene->wall_ns))
        scene->json_failed = true;
}

static struct tm local_time(const struct scene *scene)
{
    time_t seconds = (time_t)(scene->wall_ns / 1000000000);
    struct tm local;

    localtime_r(&seconds, &local);
    return local;
}

static void put_iso_time(struct scene *scene, const struct output_piece *piece)
{
    struct tm local = local_time(scene);
    char text[64];
    size_t len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S%z", &local);

    put_text(scene, piece, slice_of(text, len));
}

static void put_unix_time(struct scene *scene)
{
    buf_printf(scene->out, "%llu.%09u",
               (unsigned long long)(scene->wall_ns / 1000000000),
               (unsigned)(scene->wall_ns % 1000000000));
}

/* strftime with a format that is only known now is what "@" is for. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_time(struct scene *scene, char letter)
{
    char format[3] = {'%', letter, '\0'};
    struct tm local = local_time(scene);
    char text[128];

    if (letter == 'N')
        buf_printf(scene->out, "%09u", (unsigned)(scene->wall_ns % 1000000000));
    else
        buf_append(scene->out, text,
                   strftime(text, sizeof(text), format, &local));
}
#pragma GCC diagnostic pop

/* Properties that are printed like any number or text. */
static const struct {
    char letter;
    enum property_id id;
} property_letters[] = {
    {'A', PROPERTY_TOPIC_ALIAS             },
    {'C', PROPERTY_CONTENT_TYPE            },
    {'E', PROPERTY_MESSAGE_EXPIRY_INTERVAL },
    {'F', PROPERTY_PAYLOAD_FORMAT_INDICATOR},
    {'R', PROPERTY_RESPONSE_TOPIC          },
    {'S', PROPERTY_SUBSCRIPTION_IDENTIFIER },
};

/* What is not there is padded, but for the Response Topic: so mosquitto_sub. */
static void put_property(struct scene *scene, const struct output_piece *piece)
{
    struct property found;

    for (size_t i = 0;
         i < sizeof(property_letters) / sizeof(property_letters[0]); i++) {
        enum property_id id = property_letters[i].id;

        if (property_letters[i].letter != piece->letter)
            continue;
        if (property_info(id)->type != PROPERTY_STRING)
            put_property_number(scene, piece, id);
        else if (property_find(scene->message->properties, id, &found))
            put_text(scene, piece, found.string);
        else if (id == PROPERTY_CONTENT_TYPE)
            put_text(scene, piece, slice_of(NULL, 0));
    }
}

static void put_field(struct scene *scene, const struct output_piece *piece)
{
    const struct mqtt_publish *message = scene->message;

    switch (piece->letter) {
    case 'D':
        buf_append_slice(
            scene->out,
            property_string(message->properties, PROPERTY_CORRELATION_DATA));
        break;
    case 'I': put_iso_time(scene, piece); break;
    case 'J':
    case 'j': put_json(scene, piece->letter); break;
    case 'P': put_user_properties(scene); break;
    case 'U': put_unix_time(scene); break;
    case 'X':
    case 'x': put_hex(scene, piece); break;
    case 'l': put_number(scene, piece, message->payload.len); break;
    case 'm': put_number(scene, piece, message->packet_id); break;
    case 'p': put_padded(scene, piece, message->payload, false); break;
    case 'q': buf_printf(scene->out, "%d", message->qos); break;
    case 'r': buf_printf(scene->out, "%d", message->retain); break;
    case 't': put_text(scene, piece, message->topic); break;
    default: put_property(scene, piece); break;
    }
}

static void put_formatted(struct scene *scene)
{
    const struct output *output = scene->output;

    for (size_t i = 0; i < output->piece_count; i++) {
        const struct output_piece *piece = &output->pieces[i];

        if (piece->mark == '%')
            put_field(scene, piece);
        else if (piece->mark == '@')
            put_time(scene, piece->letter);
        else
            buf_append(scene->out, output->text.bytes + piece->text_at,
                       piece->text_len);
    }
}

bool output_message(const struct output *output,
                    const struct mqtt_publish *message, uint64_t wall_ns,
                    struct buf *out)
{
    struct scene scene = {
        .output = output, .message = message, .wall_ns = wall_ns, .out = out};

    if (output->formatted) {
        put_formatted(&scene);
    } else if (message->payload.len > 0) {
        if (output->verbose) {
            buf_append_slice(out, message->topic);
            buf_append_u8(out, ' ');
        }
        buf_append_slice(out, message->payload);
    } else if (output->verbose && !output->no_eol) {
        buf_append_slice(out, message->topic);
        buf_append_string(out, " (null)");
    } else {
        return true; /* of an empty payload nothing is printed */
    }
    if (!output->no_eol)
        buf_append_u8(out, '\n');
    return !scene.json_failed;
}
