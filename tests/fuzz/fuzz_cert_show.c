/*
 * Any bytes as a file of certificates: what is read is shown, and nothing of a
 * key is in it.
 */
#include "certs/cert_item.h"
#include "certs/cert_show.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NOW 1800000000 /* a date in 2027 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cert_items items = {0};
    struct buf told = {0};
    struct buf why = {0};
    bool good =
        cert_item_read(&items, "file", slice_of(data, size), "pass", &why);

    assert(good == (why.len == 0));
    assert(!good || items.count > 0);
    for (size_t i = 0; i < items.count; i++) {
        uint32_t before = told.len;

        cert_show_item(&items.all[i], NOW, &told);
        assert(told.len > before);
        assert(items.all[i].number == i + 1 && items.all[i].of == items.count);
    }
    cert_show_relations(&items, &told);
    assert(strlen(buf_string(&told)) == told.len);
    assert(!strstr(buf_string(&told), "PRIVATE KEY-----"));
    cert_item_release(&items);
    buf_release(&told);
    buf_release(&why);
    return 0;
}
