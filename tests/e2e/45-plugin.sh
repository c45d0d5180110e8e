#!/bin/sh
# A plugin decides who comes in and who may do what: the example that looks into an
# SQLite file, the one of docs/plugins.md, and some that do not fit.
. "$(dirname "$0")/lib.sh"
need sqlite3
need python3
plugin=$(dirname "$MQTTLAB")/sqlite_users.so
[ -f "$plugin" ] || fail "make examples has not built $plugin"
use_names
cd "$work"

# The commands of docs/plugins.md between ```sh and ```, but for make.
awk '/^```sh/ { on = 1; next } /^```/ { on = 0 } on' "$root/docs/plugins.md" >all.sh
sed -n '/^sqlite3/,$p' all.sh >users.sh
sh -e users.sh || fail "the commands of docs/plugins.md"
sqlite3 users.db "UPDATE permission SET filter = 'anna/#' WHERE kind <> 'write'"

"$MQTTLAB" passwd -b -c users bert hidden
cat >conf <<END
listener 0 127.0.0.1
password_file $work/users
acl_file $work/acl
plugin $plugin
plugin_opt_database $work/users.db
END
cat >acl <<'END'
user bert
topic #
END

start_with() { # CONFIGURATION
    port=$(random_port)
    sed "s/^listener 0/listener $port/" "$1" >"$1.run"
    background broker "$MQTTLAB" broker -v -c "$1.run"
    broker_pid=$pid
    broker_log=$work/broker.log
    until_ok ended_or_says "$pid" ' running$' "$broker_log"
    kill -0 "$pid" 2>/dev/null || fail "the broker does not start"
}
exits 0 "$MQTTLAB" broker --check -c conf >out
start_with conf

# Who comes in: by the plugin, by the file behind it, not at all.
exits 0 mosquitto_pub -p "$port" -V 5 -u anna -P secret -t anna/x -m 1
exits 134 mosquitto_pub -p "$port" -V 5 -u anna -P mistaken -t anna/x -m 1 2>err
exits 0 mosquitto_pub -p "$port" -V 5 -u bert -P hidden -t bert/x -m 1
exits 134 mosquitto_pub -p "$port" -V 5 -u bert -P secret -t bert/x -m 1 2>err
exits 135 mosquitto_pub -p "$port" -V 5 -t anna/x -m 1 2>err
grep -q 'not the password in the database' "$broker_log" ||
    fail "the log does not say what the plugin said"
! grep -qE 'secret|mistaken|hidden' "$broker_log" || fail "a password in the log"

# What it may do.
mosquitto_pub -p "$port" -V 5 -u anna -P secret -t bert/x -m 1 -q 1 >out 2>&1 || true
until_ok grep -q 'the database does not let anna write there' "$broker_log"
subscriber reader mosquitto_sub -V 5 -u anna -P secret -t 'anna/#' -v -C 2
mosquitto_pub -p "$port" -u anna -P secret -t anna/x -m one
mosquitto_pub -p "$port" -u bert -P hidden -t anna/y -m two
finishes "$pid"
holds reader.log <<'END'
anna/x one
anna/y two
END
mosquitto_sub -p "$port" -V 5 -u anna -P secret -t 'bert/#' -d -W 5 >out 2>&1 || true
grep -qE '(135|0x87|not authori[sz]ed|All subscription requests were denied)' out ||
    fail "a SUBSCRIBE that is not allowed: $(cat out)"

# A new right holds a second later.
sqlite3 users.db "INSERT INTO permission VALUES ('anna', 'write', 'bert/x')"
subscriber watcher mosquitto_sub -u bert -P hidden -t bert/x -C 1
granted() {
    mosquitto_pub -p "$port" -V 5 -u anna -P secret -t bert/x -m granted -q 1
    [ -s watcher.log ]
}
until_ok granted
finishes "$pid"
stop_broker

# A database that cannot be asked any more allows nothing, also where nobody else is asked.
grep -v acl_file conf >alone
start_with alone
mkfifo lines
mosquitto_pub -p "$port" -V 5 -i late -u anna -P secret -t anna/z -q 1 -l <lines >late 2>&1 &
started="$started $!"
exec 9>lines
until_ok grep -q ' as late ' "$broker_log"
sqlite3 users.db 'ALTER TABLE user RENAME TO gone; ALTER TABLE permission RENAME TO lost'
refuses() {
    echo 2 >&9 && grep -q 'the database does not let anna write there' "$broker_log"
}
until_ok refuses
exec 9>&-
stop_broker

# The one of the manual.
awk '/^```c$/ { on = 1; next } /^```/ { on = 0 } on' "$root/docs/plugins.md" >guests.c
${CC:-cc} -shared -fPIC -I "$root/broker" -o guests.so guests.c ||
    fail "the plugin of docs/plugins.md"
cat >guests.conf <<END
listener 0 127.0.0.1
plugin $work/guests.so
END
if ! sanitized; then
    start_with guests.conf
    exits 0 mosquitto_pub -p "$port" -V 5 -u guest -t anna/x -m 1
    exits 135 mosquitto_pub -p "$port" -V 5 -u anna -P x -t anna/x -m 1 2>err
    stop_broker
fi

# What does not fit is said at once.
refused() { # PATTERN
    code=0
    timeout 20 "$MQTTLAB" broker -c bad.conf >out 2>&1 || code=$?
    [ "$code" = 3 ] || fail "exit status $code, not 3: $(cat out)"
    grep -q -- "$1" out || fail "does not say '$1': $(cat out)"
}
echo 'int nothing;' >none.c
${CC:-cc} -shared -fPIC -o none.so none.c
sed 's/MQTTLAB_PLUGIN_VERSION/99/' guests.c >newer.c
${CC:-cc} -shared -fPIC -I "$root/broker" -o newer.so newer.c
printf 'listener %s\nplugin %s\n' "$(random_port)" "$work/none.so" >bad.conf
refused "none of mqttlab's"
for name in mosquitto_dynamic_security.so nowhere.so; do
    printf 'plugin /usr/lib/%s\nplugin_opt_a 1\n' "$name" >bad.conf
    refused 'has 1 problem;'
done
printf 'listener %s\nplugin %s\n' "$(random_port)" "$work/newer.so" >bad.conf
refused 'version 99 of plugin.h'
printf 'listener %s\nplugin %s\n' "$(random_port)" "$plugin" >bad.conf
refused 'plugin_opt_database PATH is missing'
printf 'listener %s\nplugin %s\nplugin_opt_database %s\n' "$(random_port)" "$plugin" \
    "$work/nowhere/db" >bad.conf
refused 'unable to open database'
