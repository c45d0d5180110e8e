#!/bin/sh
# mosquitto's own configuration files and manual: every option is accepted or refused
# with a reason, and every commented default of its example can be written down.
. "$(dirname "$0")/lib.sh"
need /usr/sbin/mosquitto
need zcat gzip
example=/usr/share/doc/mosquitto/examples/mosquitto.conf
[ -r "$example" ] || skip "$example is not there"
page=/usr/share/man/man5/mosquitto.conf.5.gz

check() { # STATUS FILE
    exits "$1" "$MQTTLAB" broker --check -c "$2" >"$work/out" 2>&1
}

# --- as it comes: comments only
check 0 "$example"

# --- the package's file, but for where it stores and logs
sed -e "s#/var/lib/mosquitto/#$work#" -e "s#/var/log/mosquitto#$work#" \
    -e "s#/etc/mosquitto/conf.d#$work#" /etc/mosquitto/mosquitto.conf \
    >"$work/package.cfg"
check 0 "$work/package.cfg"

# --- every default uncommented, and a value where the example has none; bridges and
# what makes a listener one of TLS are looked at below
touch "$work/file"
sed '/^# Bridges$/q' "$example" | awk -v work="$work" '
    BEGIN {
        value["persistent_client_expiration"] = "2m"
        value["pid_file"] = work "/pid"
        value["listener"] = "1884 127.0.0.1"
        value["socket_domain"] = "ipv4"
        value["bind_interface"] = "lo"
        value["http_dir"] = work
        value["mount_point"] = "here/"
        value["use_username_as_clientid"] = "false"
        value["websockets_headers_size"] = "1024"
        value["ciphers"] = "HIGH"
        value["ciphers_tls1.3"] = "TLS_AES_128_GCM_SHA256"
        value["persistence_location"] = work
        value["log_facility"] = "5"
        value["log_timestamp_format"] = "%Y-%m-%dT%H:%M:%S"
        value["clientid_prefixes"] = "secure-"
        value["password_file"] = work "/file"
        value["psk_file"] = work "/file"
        value["acl_file"] = work "/file"
        split("certfile keyfile crlfile dhparamfile cafile capath psk_hint" \
            " auth_plugin", names)
        for (i in names) leave[names[i]]
    }
    /^#[a-z]/ && !(substr($1, 2) in leave) {
        name = substr($1, 2)
        if (name in value)
            $0 = name " " value[name]
        else
            sub("^#", "")
        count++
    }
    { print }
    END { print "# " count > (work "/count") }' >"$work/all.conf"
[ "$(cut -c3- "$work/count")" -ge 50 ] || fail "the example has few options:
$(cat "$work/all.conf")"
check 0 "$work/all.conf"

# --- bridges: a problem for each line, with its reason
sed -e '/^#[a-z]/s/^#//' -e '1,/^# Bridges$/{/^[a-z]/d;}' \
    -e '/^# External config files$/,$d' "$example" >"$work/bridges.conf"
lines=$(grep -c '^[a-z]' "$work/bridges.conf")
[ "$lines" -ge 30 ] || fail "the example has $lines lines for bridges"
check 3 "$work/bridges.conf"
said=$(grep -c "bridges.conf:[0-9]*: .* is not supported: mqttlab has no bridges" \
    "$work/out")
[ "$said" = "$lines" ] || fail "$lines lines for bridges, $said reports:
$(cat "$work/out")"

# --- every option of the manual is known by name, and documented in ours
[ -r "$page" ] || skip "$page is not there"
zcat "$page" | sed -nE '/^\.PP/{n;s/^\\fB([a-z][-a-z_0-9.*\\&]*)\\fR.*/\1/p}' |
    sed -e 's/\\&//g' -e '/^mosquitto/d' | sort -u >"$work/names"
[ "$(wc -l <"$work/names")" -ge 100 ] || fail "the manual was not understood"
sed 's/\*/x/; s/$/ x/' "$work/names" >"$work/names.conf"
check 3 "$work/names.conf"
! grep "unknown option" "$work/out" >"$work/unknown" ||
    fail "options of mosquitto.conf(5) that are not known:
$(cat "$work/unknown")"
"$MQTTLAB" broker --options | grep '^[a-z]' | sort >"$work/ours"
grep ' is not supported: ' "$work/out" | cut -d' ' -f2 >"$work/refused"
sort -u "$work/ours" "$work/refused" >"$work/known"
comm -23 "$work/names" "$work/known" >"$work/missing"
[ ! -s "$work/missing" ] || fail "neither documented nor refused:
$(cat "$work/missing")"
grep -vE '^(bridge_|local_|remote_|notifications|tls_engine)' "$work/refused" |
    sort -u >"$work/others"
holds "$work/others" <<'END'
address
cleansession
connection
idle_timeout
keepalive_interval
notification_topic
restart_timeout
round_robin
start_type
threshold
topic
try_private
END
