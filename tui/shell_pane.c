#define _GNU_SOURCE /* posix_openpt */

#include "tui/shell_pane.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

#include "base/alloc.h"
#include "base/process.h"
#include "tui/keys.h"
#include "tui/utf8_put.h"

#define READ_BYTES 16384 /* libvterm does not take megabytes at once */
#define READS_MAX  16    /* of one turn, so that keys are heard */
#define FDS_MAX    1024
#define END_MS     500 /* to end in, after SIGHUP */
#define STEP_MS    10

struct shell_pane {
    VTerm *vterm; /* NULL: nothing was started yet */
    VTermScreen *screen;
    int fd; /* -1: nothing runs */
    pid_t pid;
    int leash;
    int height;
    int width;
    bool ended; /* something ran */
};

/* ---- life ---- */

struct shell_pane *shell_pane_new(void)
{
    struct shell_pane *shell = alloc_zero(1, sizeof(*shell));

    shell->fd = shell->leash = -1;
    shell->height = 24;
    shell->width = 80;
    return shell;
}

/* A shell writes its history down before it ends. */
static bool ends_soon(pid_t pid)
{
    for (int waited = 0; waited < END_MS; waited += STEP_MS) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return true;
        poll(NULL, 0, STEP_MS);
    }
    return false;
}

static void end_program(struct shell_pane *shell)
{
    if (shell->fd < 0)
        return;
    close(shell->fd); /* it is told by SIGHUP */
    shell->fd = -1;
    kill(shell->pid, SIGHUP);
    if (!ends_soon(shell->pid)) {
        kill(shell->pid, SIGKILL);
        waitpid(shell->pid, NULL, 0);
    }
    process_unleash(&shell->leash);
    shell->ended = true;
}

void shell_pane_free(struct shell_pane *shell)
{
    if (!shell)
        return;
    end_program(shell);
    if (shell->vterm)
        vterm_free(shell->vterm);
    free(shell);
}

bool shell_pane_runs(const struct shell_pane *shell)
{
    return shell && shell->fd >= 0;
}

/* ---- the program ---- */

static void set_window(const struct shell_pane *shell)
{
    struct winsize size = {
        .ws_row = (unsigned short)shell->height,
        .ws_col = (unsigned short)shell->width,
    };

    ioctl(shell->fd, TIOCSWINSZ, &size);
}

/* In the child: the terminal is its own, and nothing else of ours is open. */
static void run(const char *terminal, const char *const argv[])
{
    int fd;

    setsid();
    signal(SIGHUP, SIG_DFL); /* nohup has it ignored, and so it would stay */
    fd = open(terminal, O_RDWR);
    ioctl(fd, TIOCSCTTY, 0);
    dup2(fd, STDIN_FILENO);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    for (int other = STDERR_FILENO + 1; other < FDS_MAX; other++)
        close(other);
    setenv("TERM", "xterm-256color", 1);
    unsetenv("COLUMNS");
    unsetenv("LINES");
    execv(argv[0], (char **)(uintptr_t)argv);
    _exit(127);
}

/* What libvterm answers, and keys, go to the program. */
static void on_output(const char *bytes, size_t len, void *owner)
{
    const struct shell_pane *shell = owner;

    while (len && shell->fd >= 0) {
        ssize_t put = write(shell->fd, bytes, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return; /* it takes nothing: the keys are lost, as on a terminal */
        bytes += put;
        len -= (size_t)put;
    }
}

static void make_vterm(struct shell_pane *shell)
{
    if (shell->vterm)
        vterm_free(shell->vterm);
    shell->vterm = vterm_new(shell->height, shell->width);
    vterm_set_utf8(shell->vterm, 1);
    vterm_output_set_callback(shell->vterm, on_output, shell);
    shell->screen = vterm_obtain_screen(shell->vterm);
    vterm_screen_enable_altscreen(shell->screen, 1);
    vterm_screen_reset(shell->screen, 1);
}

int shell_pane_start(struct shell_pane *shell, const char *const argv[])
{
    char terminal[128] = "";
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    const char *name = NULL;

    end_program(shell);
    if (fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0)
        name = ptsname(fd);
    if (name && strlen(name) < sizeof(terminal))
        memcpy(terminal, name, strlen(name) + 1);
    if (!*terminal) {
        int error = errno ? -errno : -ENOTTY;

        if (fd >= 0)
            close(fd);
        return error;
    }
    shell->fd = fd;
    set_window(shell);
    pid_t pid = process_fork(&shell->leash);
    if (pid == 0)
        run(terminal, argv);
    if (pid < 0) {
        int error = -errno;

        close(fd);
        shell->fd = -1;
        return error;
    }
    shell->pid = pid;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    make_vterm(shell);
    return 0;
}

bool shell_pane_read(struct shell_pane *shell)
{
    char bytes[READ_BYTES];
    bool any = false;

    for (int i = 0; i < READS_MAX && shell->fd >= 0; i++) {
        ssize_t got = read(shell->fd, bytes, sizeof(bytes));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            break;
        any = true;
        if (got <= 0) { /* the last one who had it open is gone */
            end_program(shell);
            break;
        }
        vterm_input_write(shell->vterm, bytes, (size_t)got);
    }
    return any;
}

/* ---- keys ---- */

static VTermKey special_key(int key)
{
    static const struct {
        int key;
        VTermKey to;
    } known[] = {
        {KEYS_ENTER,     VTERM_KEY_ENTER    },
        {KEYS_TAB,       VTERM_KEY_TAB      },
        {KEYS_BACKSPACE, VTERM_KEY_BACKSPACE},
        {KEYS_ESCAPE,    VTERM_KEY_ESCAPE   },
        {KEYS_UP,        VTERM_KEY_UP       },
        {KEYS_DOWN,      VTERM_KEY_DOWN     },
        {KEYS_LEFT,      VTERM_KEY_LEFT     },
        {KEYS_RIGHT,     VTERM_KEY_RIGHT    },
        {KEYS_HOME,      VTERM_KEY_HOME     },
        {KEYS_END,       VTERM_KEY_END      },
        {KEYS_PAGE_UP,   VTERM_KEY_PAGEUP   },
        {KEYS_PAGE_DOWN, VTERM_KEY_PAGEDOWN },
        {KEYS_DELETE,    VTERM_KEY_DEL      },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].key == key)
            return known[i].to;
    }
    if (key >= KEYS_F1 && key <= KEYS_F10)
        return (VTermKey)VTERM_KEY_FUNCTION(key - KEYS_F1 + 1);
    return VTERM_KEY_NONE;
}

void shell_pane_key(struct shell_pane *shell, int key)
{
    VTermKey special = special_key(key);

    if (!shell_pane_runs(shell))
        return;
    if (key == KEYS_BACK_TAB)
        vterm_keyboard_key(shell->vterm, VTERM_KEY_TAB, VTERM_MOD_SHIFT);
    else if (special != VTERM_KEY_NONE)
        vterm_keyboard_key(shell->vterm, special, VTERM_MOD_NONE);
    else if (key > 0 && key < ' ') /* Ctrl-A is 1 */
        vterm_keyboard_unichar(shell->vterm, (uint32_t)key + 0x60,
                               VTERM_MOD_CTRL);
    else if (key >= ' ' && key < KEYS_UP)
        vterm_keyboard_unichar(shell->vterm, (uint32_t)key, VTERM_MOD_NONE);
}

/* ---- the picture ---- */

/* The dashboard's own colours say what a cell looks like. */
static enum style style_of(const VTermScreenCell *cell)
{
    static const enum style styles[8] = {
        STYLE_PLAIN,    STYLE_WARNING,  STYLE_CLIENT_3, STYLE_CLIENT_1,
        STYLE_CLIENT_0, STYLE_CLIENT_2, STYLE_CLIENT_0, STYLE_PLAIN,
    };

    if (VTERM_COLOR_IS_INDEXED(&cell->fg) && cell->fg.indexed.idx < 16 &&
        !VTERM_COLOR_IS_DEFAULT_FG(&cell->fg) &&
        styles[cell->fg.indexed.idx & 7] != STYLE_PLAIN)
        return styles[cell->fg.indexed.idx & 7];
    return cell->attrs.bold ? STYLE_KEY : STYLE_PLAIN;
}

static void draw_cell(const struct area *area, int y, int x,
                      const VTermScreenCell *cell)
{
    uint8_t text[VTERM_MAX_CHARS_PER_CELL * 4 + 1];
    size_t len = 0;

    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++)
        len += utf8_put(cell->chars[i], text + len);
    text[len] = '\0';
    if (len)
        grid_text(area, y, x, style_of(cell), (const char *)text);
    if (cell->attrs.reverse)
        grid_reverse(area, y, x);
}

static void resize(struct shell_pane *shell, const struct area *area)
{
    if (area->height < 1 || area->width < 1 ||
        (shell->height == area->height && shell->width == area->width))
        return;
    shell->height = area->height;
    shell->width = area->width;
    if (shell->vterm)
        vterm_set_size(shell->vterm, shell->height, shell->width);
    if (shell->fd >= 0)
        set_window(shell);
}

void shell_pane_draw(struct shell_pane *shell, const struct area *area,
                     bool focus)
{
    VTermPos cursor = {0};

    resize(shell, area);
    if (!shell->vterm)
        return;
    for (int y = 0; y < area->height; y++) {
        for (int x = 0; x < area->width;) {
            VTermScreenCell cell = {0};
            VTermPos at = {.row = y, .col = x};

            if (!vterm_screen_get_cell(shell->screen, at, &cell))
                break;
            draw_cell(area, y, x, &cell);
            x += cell.width > 1 ? cell.width : 1;
        }
    }
    vterm_state_get_cursorpos(vterm_obtain_state(shell->vterm), &cursor);
    if (focus)
        grid_cursor(area, cursor.row, cursor.col);
}
