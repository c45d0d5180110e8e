/*
 * The table of keys; how it is read stands in keys.c.
 */
#include "tui/keys.h"

#define ALL   KEYS_EVERYWHERE
#define PKTS  KEYS_IN(VIEW_PACKETS)
#define LADD  KEYS_IN(VIEW_LADDER)
#define SESS  KEYS_IN(VIEW_SESSIONS)
#define TREE  KEYS_IN(VIEW_TOPICS)
#define WILLS KEYS_IN(VIEW_WILLS)
#define LAB   KEYS_IN(VIEW_LAB)
#define HELP  KEYS_IN(VIEW_HELP)
#define LOGS  KEYS_IN(VIEW_LOG)
#define SHEL  KEYS_IN(VIEW_SHELL)
#define PRES  KEYS_IN(VIEW_PRESENT)

/* Rows of special views stand first; in the key line they come first too. */
/* clang-format off */
static const struct keys_binding table[] = {
    {ACTION_LAB_NEXT, LAB, "n <Right> l", "n Next step",
     "go to the next step", "Lab"},
    {ACTION_LAB_PREVIOUS, LAB, "p <Left>", "p Previous",
     "go back to the step before", NULL},
    {ACTION_LAB_RUN, LAB, "r", "r Run",
     "run the command of the step here", NULL},
    {ACTION_LAB_ANSWER, LAB, "a", "a Answer",
     "answer the question of the step", NULL},
    {ACTION_LAB_HINT, LAB, "h", "h Hint", "open the next hint", NULL},
    {ACTION_LAB_RESET, LAB, "X", "X Reset", "begin the step again", NULL},
    {ACTION_LAB_SUBMIT, LAB, "S", "S Submit",
     "write the file that is handed in", NULL},
    {ACTION_OPEN, LAB, "<Enter>", "Enter Proof",
     "show the packet that proves the chosen check", NULL},

    {ACTION_STEP, PRES, "<Space> .", "Space Release",
     "let the oldest held packet go", "Present"},
    {ACTION_HOLD, PRES, "i", "i Hold", "hold packets that match", NULL},
    {ACTION_UP, PRES, "u k <Up>", "u Back",
     "back in the picture; the traffic stays as it is", NULL},
    {ACTION_DROP_HELD, PRES, "d", "d Drop it",
     "lose the held packet that is shown", NULL},
    {ACTION_NOTE, PRES, ";", "; Note",
     "write a note on the packet, for all who watch", NULL},
    {ACTION_BLANK, PRES, "b", "b Blank", "blank the screen; any key ends it",
     NULL},
    {ACTION_PRESENT, PRES, "P", "P Leave", "leave", NULL},

    {ACTION_DOWN, ALL, "j <Down>", "j/k Move", "move down", "Move"},
    {ACTION_UP, ALL, "k <Up>", NULL, "move up", NULL},
    {ACTION_LEFT, LADD, "h <Left>", "h/l Column",
     "show the clients left of these", NULL},
    {ACTION_RIGHT, LADD, "l <Right>", NULL,
     "show the clients right of these", NULL},
    {ACTION_LEFT, TREE, "h <Left>", "h/l Fold",
     "fold the topic, or go to the one above it", NULL},
    {ACTION_RIGHT, TREE, "l <Right>", NULL, "unfold the topic", NULL},
    {ACTION_LEFT, ALL, "h <Left>", NULL, "fold, or move left", NULL},
    {ACTION_RIGHT, ALL, "l <Right>", NULL, "unfold, or move right", NULL},
    {ACTION_PAGE_DOWN, LAB | HELP, "<Space> <PgDn> <C-f>", NULL, "a page down",
     NULL},
    {ACTION_PAGE_DOWN, ALL, "<PgDn> <C-f>", NULL, "a page down", NULL},
    {ACTION_PAGE_UP, ALL, "<PgUp> <C-b>", NULL, "a page up", NULL},
    {ACTION_HALF_DOWN, ALL, "<C-d>", NULL, "half a page down", NULL},
    {ACTION_HALF_UP, ALL, "<C-u>", NULL, "half a page up", NULL},
    {ACTION_FIRST, ALL, "g <Home>", NULL, "to the first", NULL},
    {ACTION_LAST, ALL, "G", NULL, "to the last", NULL},

    {ACTION_OPEN, PKTS, "<Enter>", "Enter Open",
     "look into the packet; again: back to the list", "Look"},
    {ACTION_OPEN, LADD, "<Enter>", "Enter Packet",
     "show the packet field by field", NULL},
    {ACTION_OPEN, SESS, "<Enter>", "Enter Packets",
     "show only the packets of this client", NULL},
    {ACTION_OPEN, TREE, "<Enter>", "Enter Packets",
     "show only the packets about this topic", NULL},
    {ACTION_OPEN, WILLS, "<Enter>", "Enter Packet",
     "show the packet behind the will, or the event in the ladder", NULL},
    {ACTION_OPEN, SHEL, "<Enter>", "Enter Start", "start a shell", NULL},
    {ACTION_OPEN, LOGS, "<Enter>", "Enter Ladder",
     "show the event in the ladder", NULL},
    {ACTION_EXPLAIN, PKTS, "e", "e Explain",
     "explain the chosen field", NULL},
    {ACTION_FOLLOW, ALL, "F <End>", "F Follow",
     "follow the newest, or stop following", NULL},
    {ACTION_FREEZE, ALL, "Z", "Z Freeze",
     "freeze the picture; everything is still counted and kept", NULL},
    {ACTION_TIME, PKTS | LADD, "t", NULL,
     "time since the start, or time of day", NULL},
    {ACTION_COLOUR, PKTS | LADD, "c", NULL,
     "colour by direction, client, handshake, type, QoS", NULL},
    {ACTION_EVENTS, PKTS, "v", NULL,
     "show what the broker decided between the packets, or hide it", NULL},

    {ACTION_FILTER, ALL, "f \\ <F4>", "f Filter",
     "show only what matches; empty shows all", "Find"},
    {ACTION_FILTER_TO, PKTS, "=", NULL,
     "only packets with this value in the chosen field", NULL},
    {ACTION_FILTER_OUT, PKTS, "-", NULL,
     "no packets with this value in the chosen field", NULL},
    {ACTION_SEARCH, ALL, "/", "/ Search", "search in this view", NULL},
    {ACTION_SEARCH_NEXT, ALL, "n", NULL, "to the next that was found", NULL},
    {ACTION_SEARCH_PREVIOUS, ALL, "N", NULL, "to the one before", NULL},
    {ACTION_TAG, PKTS | LADD, "<Space>", NULL, "tag the packet", NULL},
    {ACTION_UNTAG, PKTS | LADD, "U", NULL, "take all tags away", NULL},
    {ACTION_PAIR, PKTS | LADD, "o", NULL,
     "to the packet that answers this one, or that it answers", NULL},
    {ACTION_MARK, PKTS | LADD, "m", NULL,
     "m and a letter: remember this place", NULL},
    {ACTION_JUMP, PKTS | LADD, "'", NULL,
     "' and a letter: go there; '' goes back", NULL},

    {ACTION_PUBLISH, ALL, "p", "p Publish",
     "publish a message through the broker", "Do"},
    {ACTION_SUBSCRIBE, ALL, "s", NULL, "start a client that subscribes", NULL},
    {ACTION_CONNECT, ALL, "C", NULL, "start a client that connects", NULL},
    {ACTION_SEND_AGAIN, PKTS | LADD, "r", NULL,
     "publish the message of the chosen PUBLISH again", NULL},
    {ACTION_KILL, SESS, "K", "K End it",
     "end the client's connection: with DISCONNECT, or cut", NULL},
    {ACTION_CLEAR, TREE, "D", "D Clear retained",
     "clear the retained message of the topic", NULL},
    {ACTION_HOLD, ALL, "i", "i Hold",
     "hold packets that match on the wire; again: no more", NULL},
    {ACTION_STEP, ALL, ".", NULL, "let the oldest held packet go", NULL},
    {ACTION_RELEASE, PKTS | LADD, "a", NULL,
     "let the chosen held packet go", NULL},
    {ACTION_RELEASE_ALL, ALL, "A", NULL, "let all held packets go", NULL},
    {ACTION_NOTE, PKTS | LADD, ";", NULL,
     "write a note on the packet, for all who watch", NULL},
    {ACTION_PRESENT, ALL, "P", NULL,
     "present: one packet, in large letters, for a lecture", NULL},
    {ACTION_EXPORT, ALL, "x", NULL,
     "export what is seen: a table, or the ladder", NULL},
    {ACTION_WRITE, ALL, "w", NULL,
     "write all records into a file for Wireshark", NULL},
    {ACTION_COMMAND, ALL, ":", NULL,
     ":123 goes to packet 123; :help lists the commands", NULL},

    {ACTION_VIEW_PACKETS, ALL, "1", NULL, "packets, field by field", "Views"},
    {ACTION_VIEW_LADDER, ALL, "2", NULL,
     "ladder: who sends what to whom, and in which order", NULL},
    {ACTION_VIEW_SESSIONS, ALL, "3", NULL,
     "sessions: clients and what the broker keeps for them", NULL},
    {ACTION_VIEW_TOPICS, ALL, "4", NULL,
     "topics, their last message, and what is retained", NULL},
    {ACTION_VIEW_WILLS, ALL, "5", NULL, "wills and events", NULL},
    {ACTION_VIEW_LAB, ALL, "7", NULL, "the lab that is running", NULL},
    {ACTION_VIEW_STATS, ALL, "8", NULL, "counts and rates", NULL},
    {ACTION_VIEW_LOG, ALL, "9", NULL, "log of the broker's decisions", NULL},
    {ACTION_VIEW_SHELL, ALL, "0", NULL,
     "a shell beside the packets; Ctrl-] comes back from it", NULL},
    {ACTION_NEXT_PANE, ALL, "<Tab>", "Tab Pane", "next pane", NULL},
    {ACTION_PREVIOUS_PANE, ALL, "<S-Tab>", NULL, "pane before", NULL},
    {ACTION_ZOOM, ALL, "z", NULL,
     "one pane over the whole screen, or all panes", NULL},

    {ACTION_HELP, ALL, "? <F1>", NULL, "this help", "Leave"},
    {ACTION_BACK, ALL, "<Esc>", NULL,
     "back; at last it takes the filter away", NULL},
    {ACTION_LEAVE, ALL, "q", "q Quit", "back; at last it quits", NULL},
    {ACTION_QUIT, ALL, "Q <C-c> <F10>", NULL, "quit at once", NULL},
    {ACTION_SUSPEND, ALL, "<C-z>", NULL,
     "put the dashboard aside; fg brings it back", NULL},
    {ACTION_REDRAW, ALL, "<C-l>", NULL, "draw everything anew", NULL},
    {ACTION_NONE, ALL, NULL, NULL, NULL, NULL},
};
/* clang-format on */

const struct keys_binding *keys_table(void)
{
    return table;
}
