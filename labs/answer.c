#include "labs/answer.h"

#include "base/alloc.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define SALT_BYTES 16
#define HASH_BYTES 32
#define HEX_DIGITS 8

size_t answer_taken(const char *text)
{
    size_t len = strnlen(text, ANSWER_MAX_BYTES);

    while (len && ((uint8_t)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

/* Of ASCII, whatever the locale: the dashboard has set one, the grader none,
   and both must judge alike. */
static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* A small number in words is that number. */
static void put_digits(struct buf *text)
{
    static const char *const words[] = {
        "zero",  "one",   "two",  "three", "four",   "five",   "six",
        "seven", "eight", "nine", "ten",   "eleven", "twelve",
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!slice_equal(buf_slice(text), slice_of_string(words[i])))
            continue;
        buf_clear(text);
        buf_printf(text, "%zu", i);
        return;
    }
}

char *answer_normalise(const char *text)
{
    struct buf out = {0};
    bool blank = false;

    for (const char *c = text; *c && out.len < ANSWER_MAX_BYTES; c++) {
        if (is_blank(*c)) {
            blank = out.len > 0;
            continue;
        }
        if (blank)
            buf_append_u8(&out, ' ');
        blank = false;
        buf_append_u8(&out, (uint8_t)lower(*c));
    }
    if (out.len > 1 && out.bytes[out.len - 1] == '.')
        out.len--;
    put_digits(&out);
    return buf_take_string(&out);
}

bool answer_same(const char *a, const char *b)
{
    char *left = answer_normalise(a);
    char *right = answer_normalise(b);
    bool same = !strcmp(left, right);

    free(left);
    free(right);
    return same;
}

static void append_hex(struct buf *out, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_printf(out, "%02x", bytes[i]);
}

/* Hex digits to exactly SALT_BYTES bytes. */
static bool read_salt(unsigned char salt[SALT_BYTES], const char *hex)
{
    if (strspn(hex, "0123456789abcdef") < (size_t)SALT_BYTES * 2)
        return false;
    for (size_t i = 0; i < SALT_BYTES; i++) {
        const char pair[] = {hex[2 * i], hex[2 * i + 1], '\0'};

        salt[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return true;
}

char *answer_hash(const char *text, const char *salt_hex)
{
    unsigned char salt[SALT_BYTES];
    unsigned char hash[HASH_BYTES];
    char *normal = answer_normalise(text);
    struct buf out = {0};

    if (salt_hex ? !read_salt(salt, salt_hex)
                 : RAND_bytes(salt, sizeof(salt)) != 1) {
        free(normal);
        return alloc_string("");
    }
    if (EVP_PBE_scrypt(normal, strlen(normal), salt, sizeof(salt), 4096, 8, 1,
                       0, hash, sizeof(hash)) != 1)
        abort();
    append_hex(&out, salt, sizeof(salt));
    buf_append_u8(&out, ':');
    append_hex(&out, hash, sizeof(hash));
    free(normal);
    return buf_take_string(&out);
}

/* Is it the number, with the words behind it that it stands for? */
static bool is_number_with_words(const char *number, const char *text)
{
    size_t len = strlen(number);

    text += strspn(text, " ");
    return len && strspn(number, "0123456789") == len &&
           !strncmp(text, number, len) && text[len] && strchr(":)", text[len]);
}

static bool text_is(const char *expected, const char *text)
{
    char *plain = answer_normalise(expected);
    bool is = answer_same(plain, text) || is_number_with_words(plain, text);

    free(plain);
    return is;
}

static bool hash_of(const char *expected, const char *text)
{
    char *hash = answer_hash(text, expected);
    bool is = *hash && strlen(hash) == strlen(expected) &&
              CRYPTO_memcmp(hash, expected, strlen(hash)) == 0;

    free(hash);
    return is;
}

/* The same for a hash, which stands behind "scrypt:". */
static bool hash_is(const char *expected, const char *text)
{
    char *plain = answer_normalise(expected);
    const char *hash = plain + (strncmp(plain, "scrypt:", 7) ? 0 : 7);
    char *number = alloc_string_of(text, strspn(text, "0123456789"));
    bool is = hash_of(hash, text) ||
              (is_number_with_words(number, text) && hash_of(hash, number));

    free(number);
    free(plain);
    return is;
}

/* Is it one of those that "|" separates? */
static bool is_any(const char *expected, const char *text,
                   bool (*is)(const char *expected, const char *text))
{
    bool right = false;

    for (const char *at = expected; *at && !right;) {
        size_t len = strcspn(at, "|");
        char *one = alloc_string_of(at, len);

        right = is(one, text);
        free(one);
        at += at[len] ? len + 1 : len;
    }
    return right;
}

bool answer_right(const struct lab_question *question, const char *text)
{
    switch (question->kind) {
    case LAB_ANSWER_TEXT: return is_any(question->answer, text, text_is);
    case LAB_ANSWER_SCRYPT: return is_any(question->answer, text, hash_is);
    case LAB_ANSWER_FIELD:
    case LAB_ANSWER_HAND: return false;
    }
    return false;
}

char *answer_from_hex(const char *text)
{
    char *plain = answer_normalise(text);
    const char *at = plain + (strncmp(plain, "0x", 2) ? 0 : 2);
    unsigned long number = 0;
    size_t digits = 0;

    for (; *at && digits <= HEX_DIGITS; at++) {
        const char digit[] = {*at, '\0'};

        if (*at == ' ')
            continue;
        if (!strchr("0123456789abcdef", *at))
            break;
        number = number * 16 + strtoul(digit, NULL, 16);
        digits++;
    }
    bool is_hex = !*at && digits > 0 && digits <= HEX_DIGITS;

    free(plain);
    return is_hex ? alloc_printf("%lu", number) : NULL;
}

char *answer_word(const char *text, size_t i)
{
    static const char around[] = "\"'`,;:!?()";
    char *plain = answer_normalise(text);
    const char *word = plain;
    size_t count = 1;

    for (const char *c = plain; *c; c++)
        count += *c == ' ';
    for (size_t skip = i; skip && *word; skip--)
        word += strcspn(word, " ") + (word[strcspn(word, " ")] == ' ');
    word += strspn(word, around);
    size_t len = strcspn(word, " ");
    while (len && strchr(around, word[len - 1]))
        len--;
    bool other = count > 1 || len != strlen(plain);
    char *out = i < count && count <= ANSWER_MAX_WORDS && other
                    ? alloc_string_of(word, len)
                    : NULL;

    free(plain);
    return out;
}

/* "1: this. 2: that.": how many there are to choose from. */
static size_t choices(const char *ask)
{
    char number[] = " 1: ";
    size_t count = 0;

    while (count < 9 && (ask = strstr(ask, number))) {
        count++;
        number[1]++;
    }
    return count;
}

/* Digits, with a sign or blanks around them. */
static bool is_integer(const char *text)
{
    text += strspn(text, " ");
    text += *text == '-' || *text == '+';
    size_t digits = strspn(text, "0123456789");

    return digits && !text[digits + strspn(text + digits, " .")];
}

static bool is_yes_or_no(const char *text)
{
    return answer_same(text, "yes") || answer_same(text, "no") ||
           answer_same(text, "y") || answer_same(text, "n");
}

/* How the question wants to be answered, when this is no answer of that
   form. */
static const char *form_of(const struct lab_question *question,
                           const char *text)
{
    const char *ask = question->ask;

    static const char *const by_number[] = {
        "Answer with the number, 1 or 2.", "Answer with the number, 1 to 3.",
        "Answer with the number, 1 to 4.", "Answer with the number, 1 to 5.",
        "Answer with the number, 1 to 6.", "Answer with the number, 1 to 7.",
        "Answer with the number, 1 to 8.", "Answer with the number, 1 to 9.",
    };
    size_t count = choices(ask);

    text += strspn(text, " ");
    if (count > 1 && (*text < '1' || *text > (char)('0' + count)))
        return by_number[count - 2];
    if (strstr(ask, "yes or no") && !is_yes_or_no(text))
        return "Answer yes or no.";
    if (question->is_integer && !is_integer(text))
        return "Answer with a whole number, in digits.";
    return NULL;
}

const char *answer_remark(const struct lab_question *question, const char *text)
{
    for (size_t i = 0; i < question->wrong_count; i++) {
        if (is_any(question->wrong[i].answer, text, text_is))
            return question->wrong[i].text;
    }
    return question->kind == LAB_ANSWER_HAND ? NULL : form_of(question, text);
}
