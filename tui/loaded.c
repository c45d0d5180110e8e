#include "tui/loaded.h"

#include <stdlib.h>

#include "base/alloc.h"

struct loaded *loaded_new(const char *path, const struct app *like, char *error,
                          size_t error_size)
{
    struct loaded *loaded = alloc_zero(1, sizeof(*loaded));

    loaded->store = store_new(like->max_bytes);
    source_init(&loaded->source, loaded->store);
    loaded->app = app_new(loaded->store, NULL, NULL);
    if (source_open_file(&loaded->source, path, error, error_size)) {
        loaded_free(loaded);
        return NULL;
    }
    loaded->app->mode = APP_REPLAY;
    loaded->app->max_bytes = like->max_bytes;
    loaded->app->theme = like->theme;
    if (like->settings)
        app_use(loaded->app, like->settings);
    app_say(loaded->app, "%s: q comes back to what was shown before", path);
    return loaded;
}

void loaded_free(struct loaded *loaded)
{
    if (!loaded)
        return;
    app_free(loaded->app);
    source_close(&loaded->source);
    store_free(loaded->store);
    free(loaded);
}
