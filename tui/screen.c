#include "tui/screen.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/base64.h"
#include "tui/screen_guard.h"

struct screen {
    SCREEN *curses;
    struct grid shown; /* what the terminal shows now */
    cchar_t *row;      /* room for one row */
    enum screen_depth depth;
    const struct theme *theme;
    bool ascii;
    bool fresh;          /* nothing of what the terminal shows is known */
    int terminal_height; /* what it says that it has */
    int terminal_width;
};

/* ---- colours ---- */

static attr_t attributes_of(uint8_t flags)
{
    return (flags & THEME_BOLD ? A_BOLD : 0) |
           (flags & THEME_UNDERLINE ? A_UNDERLINE : 0) |
           (flags & THEME_REVERSE ? A_REVERSE : 0);
}

static enum screen_depth find_depth(const struct screen_options *options)
{
    const char *no_color = getenv("NO_COLOR");

    if (options->mono || (no_color && *no_color) || !has_colors())
        return SCREEN_MONO;
    start_color();
    use_default_colors();
    if (COLORS >= 256)
        return SCREEN_256;
    return COLORS >= 16 ? SCREEN_16 : SCREEN_8;
}

/* With 16 colours the bright one is used where 8 have bold. */
static void make_pairs(enum screen_depth depth, const struct theme *theme)
{
    const struct theme_look *looks = theme->looks;

    for (short i = 0; i < STYLE_COUNT && depth != SCREEN_MONO; i++) {
        const short *pair =
            depth == SCREEN_256 ? looks[i].rich : looks[i].plain;
        short front = pair[0];

        if (depth == SCREEN_16 && front >= 0 && looks[i].colour & THEME_BOLD)
            front = (short)(front + 8);
        init_pair((short)(i + 1), front, pair[1]);
    }
}

/* ---- the terminal, as it was ---- */

/*
 * A signal handler can reach nothing but what is static: this is what it
 * needs to give the terminal back, filled while a screen is open.
 */
static struct {
    struct termios termios;
    char text[128]; /* leaves the alternate screen, shows the cursor */
    size_t len;
    int guard; /* does it if we are killed */
    volatile sig_atomic_t open;
} before;

/* What ends a program that does not expect it. */
static const int crashes[] = {SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,  SIGABRT,
                              SIGSYS,  SIGTRAP, SIGQUIT, SIGPIPE, SIGALRM,
                              SIGXCPU, SIGXFSZ, SIGUSR1, SIGUSR2};

static void on_crash(int signum)
{
    if (before.open) {
        ssize_t ignored = write(STDOUT_FILENO, before.text, before.len);

        ignored = send(before.guard, SCREEN_GUARD_BYE, 1, MSG_NOSIGNAL);
        (void)ignored;
        tcsetattr(STDIN_FILENO, TCSANOW, &before.termios);
    }
    signal(signum, SIG_DFL);
    raise(signum);
}

/* NULL: the terminal has none. */
static const char *find_capability(const char *name)
{
    const char *text = tigetstr(name);

    return text != (const char *)-1 ? text : NULL;
}

static void remember_text(const char *text)
{
    if (!text || before.len + strlen(text) > sizeof(before.text))
        return;
    memcpy(before.text + before.len, text, strlen(text));
    before.len += strlen(text);
}

static void remember(const char *capability)
{
    remember_text(find_capability(capability));
}

/* Or each click would type something into the shell. */
static void remember_mouse(void)
{
    const char *mode = find_capability("XM");

    if (find_capability("kmous"))
        remember_text(mode ? tiparm(mode, 0) : "\033[?1000l");
}

static void guard_terminal(const struct termios *termios, bool mouse)
{
    before.termios = *termios;
    before.len = 0;
    if (mouse)
        remember_mouse();
    remember("sgr0");
    remember("cnorm");
    remember("rmkx");
    remember("rmcup");
    before.guard = screen_guard_begin(before.text, before.len, termios);
    before.open = 1;
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        signal(crashes[i], on_crash);
}

/* ---- what it can ---- */

bool screen_is_utf8(void)
{
    return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

bool screen_possible(void)
{
    const char *cup;
    int problem = 0;
    bool possible;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
        setupterm(NULL, STDOUT_FILENO, &problem) != OK)
        return false;
    cup = tigetstr("cup");
    possible = cup && cup != (const char *)-1;
    del_curterm(cur_term);
    return possible;
}

void screen_explain(void)
{
    const char *name = getenv("TERM");

    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        fprintf(stderr,
                "mqttlab: a terminal with TERM=%s cannot show the dashboard; "
                "this is text instead\n",
                name ? name : "");
}

/* ---- the size ---- */

static int at_most(int size, int most)
{
    return size < most ? size : most;
}

/* What the environment says, or else the terminal. */
static int said_size(const char *name, int size)
{
    const char *text = getenv(name);
    long said = text ? strtol(text, NULL, 10) : 0;

    return said > 0 && said <= INT_MAX ? (int)said : size;
}

/* Say a size in the environment, until the old value, owned by the caller, is
   given to restore_size. */
static char *say_size(const char *name, int size)
{
    char *before_it = getenv(name) ? alloc_string(getenv(name)) : NULL;
    char text[16];

    snprintf(text, sizeof(text), "%d", size);
    setenv(name, text, 1);
    return before_it;
}

static void restore_size(const char *name, char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
    free(value);
}

/* ncurses makes room for all of a terminal, however large that says it is. */
static SCREEN *begin_curses(int *height, int *width)
{
    struct winsize size = {0};
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;

    *height = said_size("LINES", known ? size.ws_row : 0);
    *width = said_size("COLUMNS", known ? size.ws_col : 0);
    if (*height <= SCREEN_MAX_HEIGHT && *width <= SCREEN_MAX_WIDTH)
        return newterm(NULL, stdout, stdin);
    char *old_height = say_size("LINES", at_most(*height, SCREEN_MAX_HEIGHT));
    char *old_width = say_size("COLUMNS", at_most(*width, SCREEN_MAX_WIDTH));
    SCREEN *curses = newterm(NULL, stdout, stdin);
    restore_size("LINES", old_height);
    restore_size("COLUMNS", old_width);
    return curses;
}

/* ---- begin and end ---- */

struct screen *screen_new(const struct screen_options *options)
{
    struct screen *screen;
    struct termios termios;
    SCREEN *curses;
    int height;
    int width;

    if (!screen_possible() || tcgetattr(STDIN_FILENO, &termios))
        return NULL;
    curses = begin_curses(&height, &width);
    if (!curses)
        return NULL;
    screen = alloc_zero(1, sizeof(*screen));
    screen->curses = curses;
    screen->terminal_height = height;
    screen->terminal_width = width;
    screen->ascii = options->ascii || !screen_is_utf8();
    screen->depth = find_depth(options);
    screen->fresh = true;
    screen->theme = options->theme ? options->theme : theme_table();
    make_pairs(screen->depth, screen->theme);
    raw();
    noecho();
    nonl();
    nodelay(stdscr, TRUE);
    keypad(stdscr, TRUE);
    set_escdelay(25);
    if (!options->no_mouse) {
        mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
        mouseinterval(0);
    }
    guard_terminal(&termios, !options->no_mouse);
    return screen;
}

void screen_free(struct screen *screen)
{
    if (!screen)
        return;
    mousemask(0, NULL);
    endwin();
    screen_guard_end(&before.guard);
    before.open = 0;
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        signal(crashes[i], SIG_DFL);
    delscreen(screen->curses);
    grid_release(&screen->shown);
    free(screen->row);
    free(screen);
}

bool screen_ascii(const struct screen *screen)
{
    return screen->ascii;
}

void screen_size(struct screen *screen, int *height, int *width)
{
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row &&
        size.ws_col) {
        int rows = at_most(size.ws_row, SCREEN_MAX_HEIGHT);
        int across = at_most(size.ws_col, SCREEN_MAX_WIDTH);

        screen->terminal_height = size.ws_row;
        screen->terminal_width = size.ws_col;
        if (rows != LINES || across != COLS) {
            resizeterm(rows, across);
            screen->fresh = true;
        }
    }
    *height = LINES;
    *width = COLS;
}

bool screen_exceeded(const struct screen *screen, int *height, int *width)
{
    *height = screen->terminal_height;
    *width = screen->terminal_width;
    return *height > LINES || *width > COLS;
}

/* ---- showing ---- */

static void show_row(struct screen *screen, const struct grid *grid, int y)
{
    const struct cell *cells = grid->cells + (size_t)y * (size_t)grid->width;
    int count = 0;

    for (int x = 0; x < grid->width; x++) {
        const struct theme_look *look = &screen->theme->looks[cells[x].style];
        bool mono = screen->depth == SCREEN_MONO || screen->theme->mono;
        attr_t attributes = attributes_of(mono ? look->mono : look->colour);
        wchar_t chars[GRID_CELL_CHARS + 1] = {0};

        if (!cells[x].width)
            continue;
        memcpy(chars, cells[x].chars, sizeof(cells[x].chars));
        if (cells[x].selected)
            attributes ^= A_REVERSE;
        setcchar(&screen->row[count++], chars, attributes,
                 (short)(mono ? 0 : cells[x].style + 1), NULL);
    }
    mvadd_wchnstr(y, 0, screen->row, count);
}

void screen_show(struct screen *screen, const struct grid *grid)
{
    size_t row_bytes = (size_t)grid->width * sizeof(struct cell);
    struct grid *shown = &screen->shown;

    if (shown->height != grid->height || shown->width != grid->width) {
        grid_resize(shown, grid->height, grid->width);
        screen->row = alloc_resize(screen->row, (size_t)grid->width,
                                   sizeof(*screen->row));
        screen->fresh = true;
    }
    if (screen->fresh)
        clearok(stdscr, TRUE);
    for (int y = 0; y < grid->height; y++) {
        size_t at = (size_t)y * (size_t)grid->width;

        if (!screen->fresh &&
            !memcmp(shown->cells + at, grid->cells + at, row_bytes))
            continue;
        memcpy(shown->cells + at, grid->cells + at, row_bytes);
        show_row(screen, grid, y);
    }
    screen->fresh = false;
    if (grid->cursor_y >= 0)
        move(grid->cursor_y, grid->cursor_x);
    else
        move(grid->height - 1, 0);
    refresh();
}

void screen_dump_mono(const struct grid *grid, struct buf *out)
{
    buf_append_string(out, "---\n");
    for (int y = 0; y < grid->height; y++) {
        uint32_t start = out->len;

        for (int x = 0; x < grid->width; x++) {
            const struct cell *cell =
                &grid->cells[(size_t)y * (size_t)grid->width + (size_t)x];
            attr_t look = attributes_of(theme_table()->looks[cell->style].mono);

            if (cell->selected)
                look ^= A_REVERSE;
            buf_append_u8(out, look & A_REVERSE     ? 'r'
                               : look & A_UNDERLINE ? 'u'
                               : look & A_BOLD      ? 'b'
                                                    : ' ');
        }
        while (out->len > start && out->bytes[out->len - 1] == ' ')
            out->len--;
        buf_append_u8(out, '\n');
    }
}

void screen_copy(struct screen *screen, struct slice text)
{
    struct buf out = {0};

    (void)screen;
    buf_append_string(&out, "\033]52;c;");
    base64_put(&out, text.bytes, text.len);
    buf_append_string(&out, "\a");
    for (uint32_t at = 0; at < out.len;) {
        ssize_t len = write(STDOUT_FILENO, out.bytes + at, out.len - at);

        if (len < 0 && errno != EINTR && errno != EAGAIN)
            break;
        at += len > 0 ? (uint32_t)len : 0;
    }
    buf_release(&out);
}

void screen_set_theme(struct screen *screen, const struct theme *theme)
{
    if (screen->theme == theme)
        return;
    screen->theme = theme;
    make_pairs(screen->depth, theme);
    screen->fresh = true;
}

void screen_redraw(struct screen *screen)
{
    screen->fresh = true;
}

void screen_suspend(struct screen *screen)
{
    endwin();
    before.open = 0;
    raise(SIGTSTP);
    before.open = 1;
    screen->fresh = true;
    refresh();
}

/* ---- keys ---- */

static int special_key(wint_t code)
{
    static const struct {
        wint_t code;
        int key;
    } known[] = {
        {KEY_UP,        KEYS_UP       },
        {KEY_DOWN,      KEYS_DOWN     },
        {KEY_LEFT,      KEYS_LEFT     },
        {KEY_RIGHT,     KEYS_RIGHT    },
        {KEY_HOME,      KEYS_HOME     },
        {KEY_END,       KEYS_END      },
        {KEY_PPAGE,     KEYS_PAGE_UP  },
        {KEY_NPAGE,     KEYS_PAGE_DOWN},
        {KEY_DC,        KEYS_DELETE   },
        {KEY_BTAB,      KEYS_BACK_TAB },
        {KEY_ENTER,     KEYS_ENTER    },
        {KEY_BACKSPACE, KEYS_BACKSPACE},
        {KEY_A1,        KEYS_HOME     },
        {KEY_A3,        KEYS_PAGE_UP  },
        {KEY_C1,        KEYS_END      },
        {KEY_C3,        KEYS_PAGE_DOWN},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].code == code)
            return known[i].key;
    }
    if (code >= KEY_F(1) && code <= KEY_F(10))
        return KEYS_F1 + (int)(code - KEY_F(1));
    return KEYS_NONE;
}

static int read_mouse(struct keys_mouse *mouse)
{
    MEVENT event;

    if (getmouse(&event) != OK)
        return KEYS_NONE;
    mouse->y = event.y;
    mouse->x = event.x;
    if (event.bstate & BUTTON4_PRESSED)
        mouse->button = KEYS_WHEEL_UP;
    else if (event.bstate & BUTTON5_PRESSED)
        mouse->button = KEYS_WHEEL_DOWN;
    else if (event.bstate & BUTTON1_PRESSED)
        mouse->button = KEYS_CLICK;
    else
        return KEYS_NONE;
    return KEYS_MOUSE;
}

int screen_read(struct screen *screen, struct keys_mouse *mouse)
{
    wint_t code = 0;
    int result;

    (void)screen;
    while ((result = get_wch(&code)) != ERR) {
        int key = (int)code;

        if (result == KEY_CODE_YES)
            key = code == KEY_MOUSE ? read_mouse(mouse) : special_key(code);
        else if (key == '\n')
            key = KEYS_ENTER;
        else if (key == '\b')
            key = KEYS_BACKSPACE;
        if (key != KEYS_NONE)
            return key;
    }
    return KEYS_NONE;
}
