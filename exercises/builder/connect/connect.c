/*
 * Decoding CONNECT: yours to write. lib/mqtt/connect.h says what goes where;
 * replace the lines that do nothing by your own, and
 * add functions as you need them.
 */
#include "mqtt/connect.h"

#include "mqtt/property.h"
#include "mqtt/reader.h"
#include "mqtt/topic.h"

#include <stdlib.h>

enum mqtt_reason connect_decode(struct mqtt_connect *connect, struct slice body)
{
    (void)connect;
    (void)body;
    abort();
}
