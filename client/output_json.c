#include "client/output_json.h"

#include "mqtt/property.h"
#include "mqtt/utf8.h"

#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Writes values one after another; commas and indents follow from depth. */
struct writer_state {
    struct buf *out;
    bool pretty;
    int depth;
    bool first; /* nothing stands in the innermost object yet */
};

static void indent(struct writer_state *writer)
{
    for (int i = 0; writer->pretty && i < writer->depth; i++)
        buf_append_u8(writer->out, '\t');
}

static void open_object(struct writer_state *writer)
{
    buf_append_string(writer->out, writer->pretty ? "{\n" : "{");
    writer->depth++;
    writer->first = true;
}

static void close_object(struct writer_state *writer)
{
    if (writer->pretty && !writer->first)
        buf_append_u8(writer->out, '\n');
    writer->depth--;
    indent(writer);
    buf_append_u8(writer->out, '}');
    writer->first = false;
}

static void put_char(struct buf *out, uint32_t code, struct slice bytes)
{
    static const char escapes[] = "b\bf\fn\nr\rt\t\"\"\\\\";

    for (const char *e = escapes; *e; e += 2) {
        if (code == (uint32_t)e[1]) {
            buf_append_u8(out, '\\');
            buf_append_u8(out, (uint8_t)e[0]);
            return;
        }
    }
    if (code < 0x20)
        buf_printf(out, "\\u%04x", (unsigned)code);
    else
        buf_append_slice(out, bytes);
}

static void put_string(struct writer_state *writer, struct slice text)
{
    buf_append_u8(writer->out, '"');
    while (text.len) {
        uint32_t code;
        int len = utf8_decode(text, &code);

        if (len)
            put_char(writer->out, code, slice_first(text, (size_t)len));
        else
            buf_append_string(writer->out, "\xef\xbf\xbd");
        text = slice_skip(text, len ? (size_t)len : 1);
    }
    buf_append_u8(writer->out, '"');
}

static void put_key(struct writer_state *writer, struct slice key)
{
    if (!writer->first)
        buf_append_string(writer->out, writer->pretty ? ",\n" : ",");
    writer->first = false;
    indent(writer);
    put_string(writer, key);
    buf_append_string(writer->out, writer->pretty ? ":\t" : ":");
}

static void put_number(struct writer_state *writer, const char *key,
                       unsigned long number)
{
    put_key(writer, slice_of_string(key));
    buf_printf(writer->out, "%lu", number);
}

static void put_text(struct writer_state *writer, const char *key,
                     struct slice text)
{
    put_key(writer, slice_of_string(key));
    put_string(writer, text);
}

/* --- a payload that is JSON ----------------------------------------------- */

static void put_value(struct writer_state *writer, const json_t *value);

static void put_real(struct buf *out, double number)
{
    char text[32];

    /* The shortest of the two that reads back as the same number, or, as
       mosquitto_sub has it, as its neighbour: 21.3, not 21.299999999999997. */
    snprintf(text, sizeof(text), "%.15g", number);
    if (fabs(strtod(text, NULL) - number) > fabs(number) * DBL_EPSILON)
        snprintf(text, sizeof(text), "%.17g", number);
    buf_append_string(out, text);
}

static void put_array(struct writer_state *writer, const json_t *array)
{
    buf_append_u8(writer->out, '[');
    writer->depth++;
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            buf_append_string(writer->out, writer->pretty ? ", " : ",");
        put_value(writer, json_array_get(array, i));
    }
    writer->depth--;
    buf_append_u8(writer->out, ']');
}

/* jansson's iterators take a json_t that is not const, and change nothing. */
static void put_object(struct writer_state *writer, json_t *object)
{
    bool outer_first = writer->first;

    open_object(writer);
    for (void *at = json_object_iter(object); at;
         at = json_object_iter_next(object, at)) {
        put_key(writer, slice_of_string(json_object_iter_key(at)));
        put_value(writer, json_object_iter_value(at));
    }
    close_object(writer);
    writer->first = outer_first;
}

/* As deep as jansson parses, which is 2,048 levels. */
static void put_value(struct writer_state *writer, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: put_object(writer, (json_t *)(uintptr_t)value); break;
    case JSON_ARRAY: put_array(writer, value); break;
    case JSON_STRING:
        put_string(writer, slice_of(json_string_value(value),
                                    json_string_length(value)));
        break;
    case JSON_INTEGER:
        buf_printf(writer->out, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL: put_real(writer->out, json_real_value(value)); break;
    case JSON_TRUE: buf_append_string(writer->out, "true"); break;
    case JSON_FALSE: buf_append_string(writer->out, "false"); break;
    case JSON_NULL: buf_append_string(writer->out, "null"); break;
    }
}

/* --- the message ---------------------------------------------------------- */

static void put_time(struct writer_state *writer, uint64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / 1000000000);
    unsigned micros = (unsigned)(wall_ns % 1000000000 / 1000);
    struct tm local;
    char date[40];
    char zone[16];
    char text[80];

    localtime_r(&seconds, &local);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &local);
    strftime(zone, sizeof(zone), "%z", &local);
    snprintf(text, sizeof(text), "%s.%06uZ%s", date, micros, zone);
    put_text(writer, "tst", slice_of_string(text));
}

static void put_user_properties(struct writer_state *writer,
                                struct slice properties)
{
    put_key(writer, slice_of_string("user-properties"));
    open_object(writer);
    for (struct property one; property_next(&properties, &one);) {
        if (one.info->id != PROPERTY_USER_PROPERTY)
            continue;
        put_key(writer, one.string);
        put_string(writer, one.value);
    }
    close_object(writer);
}

static void put_properties(struct writer_state *writer, struct slice properties)
{
    struct slice rest = properties;
    bool user_properties = false;

    if (properties.len == 0)
        return;
    put_key(writer, slice_of_string("properties"));
    open_object(writer);
    for (struct property one; property_next(&rest, &one);) {
        if (one.info->id == PROPERTY_USER_PROPERTY) {
            if (!user_properties)
                put_user_properties(writer, properties);
            user_properties = true;
        } else if (one.info->type == PROPERTY_STRING ||
                   one.info->type == PROPERTY_BINARY) {
            put_text(writer, one.info->option, one.string);
        } else {
            put_number(writer, one.info->option, one.number);
        }
    }
    close_object(writer);
}

/* A number that fits no integer is as good as a real one. NULL: it is no
   JSON. */
static json_t *parse(struct slice payload)
{
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    const char *text = (const char *)payload.bytes;
    json_error_t error;
    json_t *value = json_loadb(text, payload.len, flags, &error);

    if (!value && json_error_code(&error) == json_error_numeric_overflow)
        value = json_loadb(text, payload.len, flags | JSON_DECODE_INT_AS_REAL,
                           NULL);
    return value;
}

bool output_json(struct buf *out, const struct output_json *how,
                 const struct mqtt_publish *message, uint64_t wall_ns)
{
    struct writer_state writer = {.out = out, .pretty = how->pretty};
    json_t *payload = NULL;

    if (how->payload_is_json && message->payload.len) {
        payload = parse(message->payload);
        if (!payload)
            return false;
    }
    open_object(&writer);
    put_time(&writer, wall_ns);
    put_text(&writer, "topic", message->topic);
    put_number(&writer, "qos", message->qos);
    put_number(&writer, "retain", message->retain);
    put_number(&writer, "payloadlen", message->payload.len);
    if (message->qos > 0)
        put_number(&writer, "mid", message->packet_id);
    put_properties(&writer, message->properties);
    put_key(&writer, slice_of_string("payload"));
    if (message->payload.len == 0)
        buf_append_string(out, "null");
    else if (payload)
        put_value(&writer, payload);
    else
        put_string(&writer, message->payload);
    close_object(&writer);
    json_decref(payload);
    return true;
}
