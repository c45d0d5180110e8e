#include "wire/filter_tree.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int digit_of(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

/* Digits of a base and nothing else. */
static const char *digits(struct slice text, unsigned base, uint64_t *number)
{
    *number = 0;
    if (!text.len)
        return "this is no number";
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)digit_of(text.bytes[i]);

        if (digit >= base)
            return "this is no number";
        if (*number > (UINT64_MAX - digit) / base)
            return "this number is too large";
        *number = *number * base + digit;
    }
    return NULL;
}

/* 12, 0x0c, 014, 0b1100 */
static const char *parse_uint(struct slice text, uint64_t *number)
{
    if (text.len && text.bytes[0] == '+')
        text = slice_skip(text, 1);
    if (text.len && text.bytes[0] == '-')
        return "this is never negative";
    if (text.len > 1 && text.bytes[0] == '0') {
        int mark = text.bytes[1] | 0x20;

        if (mark == 'x')
            return digits(slice_skip(text, 2), 16, number);
        if (mark == 'b')
            return digits(slice_skip(text, 2), 2, number);
        return digits(text, 8, number);
    }
    return digits(text, 10, number);
}

/* -1.5: seconds with at most nine decimals */
static const char *parse_time(struct slice text, uint64_t *number)
{
    bool negative = text.len && text.bytes[0] == '-';
    uint64_t seconds;
    uint64_t ns = 0;
    size_t whole = 0;

    if (text.len && (negative || text.bytes[0] == '+'))
        text = slice_skip(text, 1);
    while (whole < text.len && text.bytes[whole] != '.')
        whole++;
    if (digits(slice_first(text, whole), 10, &seconds) ||
        seconds > INT64_MAX / 1000000000 - 1)
        return "this is no time in seconds, such as 0.25";
    if (whole < text.len) {
        struct slice decimals = slice_skip(text, whole + 1);

        if (decimals.len > 9 || digits(decimals, 10, &ns))
            return "this is no time in seconds, such as 0.25";
        for (size_t i = decimals.len; i < 9; i++)
            ns *= 10;
    }
    ns += seconds * 1000000000;
    *number = negative ? -ns : ns;
    return NULL;
}

/* 127.0.0.1 or 127.0.0.0/8 */
static const char *parse_ipv4(struct slice text, struct filter_value *value)
{
    static const char error[] = "this is no IPv4 address, such as 127.0.0.1 or "
                                "127.0.0.0/8";
    uint64_t bits = 32;
    size_t end = 0;

    while (end < text.len && text.bytes[end] != '/')
        end++;
    if (end < text.len &&
        (digits(slice_skip(text, end + 1), 10, &bits) || bits > 32))
        return error;
    value->number = 0;
    for (int part = 0; part < 4; part++) {
        size_t len = 0;
        uint64_t number;

        while (len < end && text.bytes[len] != '.')
            len++;
        if (len > 3 || digits(slice_first(text, len), 10, &number) ||
            number > 255 || (len > 1 && text.bytes[0] == '0') ||
            (len == end) != (part == 3))
            return error;
        value->number = value->number << 8 | number;
        if (part < 3) {
            text = slice_skip(text, len + 1);
            end -= len + 1;
        }
    }
    value->mask = bits ? UINT32_MAX << (32 - bits) : 0;
    return NULL;
}

/* fe80::1 or fe80::/10 */
static const char *parse_ipv6(struct slice text, struct filter_value *value)
{
    static const char error[] = "this is no IPv6 address, such as ::1 or "
                                "fe80::/10";
    uint8_t address[16];
    char written[INET6_ADDRSTRLEN];
    uint64_t bits = 128;
    size_t end = 0;

    while (end < text.len && text.bytes[end] != '/')
        end++;
    if (end < text.len &&
        (digits(slice_skip(text, end + 1), 10, &bits) || bits > 128))
        return error;
    if (end >= sizeof(written))
        return error;
    memcpy(written, text.bytes, end);
    written[end] = '\0';
    if (inet_pton(AF_INET6, written, address) != 1)
        return error;
    filter_literal_ipv6(address, (uint32_t)bits, value);
    return NULL;
}

void filter_literal_ipv6(const uint8_t address[16], uint32_t bits,
                         struct filter_value *value)
{
    value->number = value->low = 0;
    for (int i = 0; i < 8; i++) {
        value->number = value->number << 8 | address[i];
        value->low = value->low << 8 | address[8 + i];
    }
    value->mask = bits;
}

/* A name of a value, such as "Publish Message"; case does not count. */
static const char *parse_name(struct slice name, const struct field_info *info,
                              uint64_t *number, char message[160])
{
    if (!info || !info->value_name)
        return "a number is wanted, not text";
    for (uint64_t value = 0; value < 256; value++) {
        const char *known = info->value_name(value);

        if (known && strlen(known) == name.len &&
            !strncasecmp(known, (const char *)name.bytes, name.len)) {
            *number = value;
            return NULL;
        }
    }
    snprintf(message, 160, "no value of %s has this name", info->name);
    return message;
}

static const char *parse_number(const struct filter_token *token,
                                const struct field_info *info, uint64_t *number,
                                char message[160])
{
    if (token->type == FILTER_STRING)
        return parse_name(token->value, info, number, message);
    if (token->type == FILTER_CHAR) {
        *number = token->value.bytes[0];
        return NULL;
    }
    return parse_uint(token->text, number);
}

/* True, False and 1, 0; other numbers are true. */
static const char *parse_bool(const struct filter_token *token,
                              const struct field_info *info, uint64_t *number,
                              char message[160])
{
    const char *error = NULL;

    *number = slice_equal_string(token->text, "True") ||
              slice_equal_string(token->text, "TRUE");
    if (token->type == FILTER_NAME && !*number &&
        !slice_equal_string(token->text, "False") &&
        !slice_equal_string(token->text, "FALSE"))
        error = "write True, False, 1 or 0";
    if (token->type != FILTER_NAME)
        error = parse_number(token, info, number, message);
    *number = *number != 0;
    return error;
}

const char *filter_literal(const struct filter_token *token,
                           enum filter_type type, const struct field_info *info,
                           struct filter_value *value, char message[160])
{
    *value = (struct filter_value){.mask = UINT32_MAX, .bytes = token->value};
    switch (type) {
    case FILTER_UINT: return parse_number(token, info, &value->number, message);
    case FILTER_BOOL: return parse_bool(token, info, &value->number, message);
    case FILTER_TIME:
        return token->type == FILTER_LITERAL
                   ? parse_time(token->text, &value->number)
                   : "a time in seconds is wanted, such as 0.25";
    case FILTER_DATE:
        return token->type == FILTER_STRING
                   ? filter_date_parse(token->value, &value->number)
                   : "write a time as \"2026-11-21 14:05:00\"";
    case FILTER_IPV4:
        return token->type == FILTER_LITERAL
                   ? parse_ipv4(token->text, value)
                   : "an address is wanted, without quotes";
    case FILTER_IPV6:
        return token->type == FILTER_LITERAL
                   ? parse_ipv6(token->text, value)
                   : "an address is wanted, without quotes";
    case FILTER_TEXT:
        return token->type == FILTER_LITERAL ? "text stands in \"...\"" : NULL;
    case FILTER_BYTES:
    case FILTER_PROTOCOL:
        return value->bytes.bytes ? NULL : "these are no bytes, such as 0a:ff";
    }
    return NULL;
}
