/*
 * Inside certs.h: the certificates of a folder as a tree of who signed whom.
 */
#include "base/alloc.h"
#include "base/x509_text.h"
#include "certs/cert_authority.h"
#include "certs/cert_item.h"
#include "certs/cert_name.h"
#include "certs/cert_show.h"
#include "certs/certs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_NODES 500 /* each is compared with each */
#define MAX_DEPTH 16
#define NO_PARENT SIZE_MAX

struct node {
    char *base; /* "certs/server" */
    struct cert_items items;
    X509 *certificate; /* borrowed from items */
    size_t parent;     /* index, or NO_PARENT */
    bool has_key;
    bool shown;
    const char *state; /* ", REVOKED", or "" */
};

struct tree {
    struct node *nodes;
    size_t count;
    time_t now;
    int width; /* of the column with names */
};

/* ---- reading ---- */

static bool is_wanted(const char *name)
{
    size_t len = strlen(name);

    return name[0] != '.' && len > 4 && !strcmp(name + len - 4, ".crt") &&
           (len < 10 || strcmp(name + len - 10, ".chain.crt") != 0);
}

/* A file that is not one is left out: `show` says what it is. */
static void add_file(struct tree *tree, const char *folder, const char *name)
{
    struct cert_items items = {0};
    struct buf why = {0};
    char *path = alloc_printf("%s/%s", folder, name);

    if (cert_item_load(&items, path, NULL, &why) &&
        items.all[0].kind == CERT_CERTIFICATE) {
        char *base = alloc_string_of(path, strlen(path) - 4);
        char *key = alloc_printf("%s.key", base);

        tree->nodes =
            alloc_resize(tree->nodes, tree->count + 1, sizeof(tree->nodes[0]));
        tree->nodes[tree->count++] = (struct node){
            .base = base,
            .items = items,
            .certificate = items.all[0].certificate,
            .parent = NO_PARENT,
            .has_key = access(key, F_OK) == 0,
            .state = "",
        };
        free(key);
    } else {
        cert_item_release(&items);
    }
    free(path);
    buf_release(&why);
}

static int by_name(const void *one, const void *other)
{
    const struct node *a = one;
    const struct node *b = other;

    return strcmp(a->base, b->base);
}

static bool read_folder(struct tree *tree, const char *folder, struct buf *why)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;

    if (!entries) {
        buf_printf(why, "the folder %s cannot be read: %s", folder,
                   strerror(errno));
        return false;
    }
    while ((entry = readdir(entries)) != NULL && tree->count < MAX_NODES) {
        if (is_wanted(entry->d_name))
            add_file(tree, folder, entry->d_name);
    }
    closedir(entries);
    if (tree->count)
        qsort(tree->nodes, tree->count, sizeof(tree->nodes[0]), by_name);
    return true;
}

/* ---- who signed whom ---- */

static void find_parent(struct tree *tree, size_t index)
{
    struct node *node = &tree->nodes[index];

    for (size_t i = 0; i < tree->count; i++) {
        if (i != index &&
            X509_cmp(tree->nodes[i].certificate, node->certificate) != 0 &&
            cert_item_signed_by(&node->items.all[0],
                                tree->nodes[i].certificate)) {
            node->parent = i;
            return;
        }
    }
}

static bool signs_itself(const struct node *node)
{
    return cert_item_signed_by(&node->items.all[0], node->certificate);
}

static void find_revoked(struct tree *tree, size_t index)
{
    struct cert_authority authority = {0};
    struct buf why = {0};

    if (cert_authority_look(&authority, tree->nodes[index].base, &why)) {
        for (size_t i = 0; i < tree->count; i++) {
            struct node *node = &tree->nodes[i];
            const struct cert_index_entry *entry =
                node->parent == index
                    ? cert_index_find(&authority.index,
                                      X509_get0_serialNumber(node->certificate))
                    : NULL;

            if (entry && entry->state == 'R')
                node->state = ", REVOKED";
        }
    }
    cert_authority_release(&authority);
    buf_release(&why);
}

/* ---- drawing ---- */

static const char *short_name(const struct node *node)
{
    const char *slash = strrchr(node->base, '/');

    return slash ? slash + 1 : node->base;
}

static void put_facts(const struct tree *tree, const struct node *node,
                      struct buf *to)
{
    char until[X509_TEXT_DATE_BYTES];
    char *common =
        x509_text_common_name(X509_get_subject_name(node->certificate));

    buf_printf(to, "  \"%s\"  ", common ? common : "");
    cert_show_use(node->certificate, to);
    buf_printf(to, "  until %.10s, ",
               x509_text_date(X509_get0_notAfter(node->certificate), until));
    cert_show_validity(X509_get0_notBefore(node->certificate),
                       X509_get0_notAfter(node->certificate), tree->now, to);
    buf_printf(to, "%s%s\n", node->has_key ? ", with key" : "", node->state);
    free(common);
}

static size_t count_children(const struct tree *tree, size_t index)
{
    size_t count = 0;

    for (size_t i = 0; i < tree->count; i++)
        count += tree->nodes[i].parent == index && !tree->nodes[i].shown;
    return count;
}

/* before is what stands in front of each line below this one. */
/* NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it */
static void put_node(struct tree *tree, size_t index, const char *before,
                     const char *branch, struct buf *to)
{
    struct node *node = &tree->nodes[index];
    size_t begin = to->len;

    node->shown = true;
    buf_printf(to, "%s%s%s", before, branch, short_name(node));
    int missing = tree->width - (int)(to->len - begin);
    buf_printf(to, "%*s", missing > 0 ? missing : 0, "");
    put_facts(tree, node, to);
    char *below = alloc_printf("%s%s", before,
                               *branch == '|'   ? "|   "
                               : *branch == '`' ? "    "
                                                : "");
    size_t left =
        strlen(below) < (size_t)MAX_DEPTH * 4 ? count_children(tree, index) : 0;
    for (size_t i = 0; left && i < tree->count; i++) {
        if (tree->nodes[i].parent != index || tree->nodes[i].shown)
            continue;
        left--;
        put_node(tree, i, below, left ? "|-- " : "`-- ", to);
    }
    free(below);
}

static bool same_issuer(const struct node *one, const struct node *other)
{
    return X509_NAME_cmp(X509_get_issuer_name(one->certificate),
                         X509_get_issuer_name(other->certificate)) == 0;
}

/* Those whose signer is not here, from index first on, with the same signer. */
static void put_orphans(struct tree *tree, size_t first, struct buf *to)
{
    char issuer[X509_TEXT_NAME_BYTES];
    size_t left = 0;

    buf_printf(
        to, "(\"%s\", who is not here)\n",
        x509_text_name(X509_get_issuer_name(tree->nodes[first].certificate),
                       issuer));
    for (size_t i = first; i < tree->count; i++)
        left += !tree->nodes[i].shown &&
                same_issuer(&tree->nodes[first], &tree->nodes[i]);
    for (size_t i = first; i < tree->count && left; i++) {
        if (tree->nodes[i].shown ||
            !same_issuer(&tree->nodes[first], &tree->nodes[i]))
            continue;
        left--;
        put_node(tree, i, "", left ? "|-- " : "`-- ", to);
    }
}

/* Trees that begin with a root, then the others. */
static void put_trees(struct tree *tree, struct buf *to)
{
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->nodes[i].parent == NO_PARENT && signs_itself(&tree->nodes[i]))
            put_node(tree, i, "", "", to);
    }
    for (size_t i = 0; i < tree->count; i++) {
        if (!tree->nodes[i].shown && tree->nodes[i].parent == NO_PARENT)
            put_orphans(tree, i, to);
    }
    for (size_t i = 0; i < tree->count; i++) {
        if (!tree->nodes[i].shown) /* they have signed each other */
            put_node(tree, i, "", "", to);
    }
}

static void measure(struct tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        size_t depth = 0;
        size_t at = i;

        while (tree->nodes[at].parent != NO_PARENT && depth < MAX_DEPTH) {
            at = tree->nodes[at].parent;
            depth++;
        }
        depth += tree->nodes[at].parent == NO_PARENT &&
                 !signs_itself(&tree->nodes[at]);
        int width = (int)(depth * 4 + strlen(short_name(&tree->nodes[i])));
        tree->width = width > tree->width ? width : tree->width;
    }
}

bool certs_tree(const char *folder, time_t now, struct buf *told,
                struct buf *why)
{
    struct tree tree = {.now = now};
    bool good = read_folder(&tree, folder, why);

    for (size_t i = 0; i < tree.count; i++)
        find_parent(&tree, i);
    for (size_t i = 0; i < tree.count; i++)
        find_revoked(&tree, i);
    measure(&tree);
    put_trees(&tree, told);
    if (good && !tree.count) {
        buf_printf(why,
                   "there is no certificate in %s; mqttlab certs ca makes "
                   "the first one",
                   folder);
        good = false;
    }
    for (size_t i = 0; i < tree.count; i++) {
        cert_item_release(&tree.nodes[i].items);
        free(tree.nodes[i].base);
    }
    free(tree.nodes);
    return good;
}
