#!/bin/sh
# The page that a listener for WebSocket shows: its packets by node; the page itself
# in a headless Chromium, with our broker over ws and wss, and with Debian's.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/certificates.sh"
[ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
need curl
cd "$work"

if command -v node >/dev/null; then
    node "$test_dir/web_codec.mjs" "$root/web" "$root/tests/packets" >codec.log 2>&1 ||
        fail "web_codec.mjs"
fi

# --- files: the built-in ones, and those of a folder, but nothing else
mkdir -p site/sub outside site/.hidden
echo secret | tee outside/secret site/.hidden/secret site/.secret >/dev/null
echo inside >site/index.html
echo sub >site/sub/index.html
head -c 3000000 /dev/urandom >site/big.bin
ln -s "$work/outside/secret" site/link
ln -s "$work/outside" site/folder
mkfifo site/pipe
authority ca
certificate server ca localhost DNS:localhost,IP:127.0.0.1
start_with <<END
allow_anonymous true
connection_messages true
listener PORT2 127.0.0.1
protocol websockets
http_dir $work/site
cafile $work/ca.crt
certfile $work/server.crt
keyfile $work/server.key
listener PORT 127.0.0.1
protocol websockets
END
for file in "$root"/web/*; do
    curl -sS -o got "http://127.0.0.1:$port/$(basename "$file")" || fail "$file: no answer"
    cmp -s got "$file" || fail "$file is not what the broker shows"
done
curl -sSI "http://127.0.0.1:$port/" >answer
grep -q '^content-type: text/html' answer || fail "$(cat answer)"
grep -q "^content-security-policy: default-src 'self'" answer || fail "$(cat answer)"
get() { # PATH; the status is in $status, the body in got
    status=$(curl -sS --cacert ca.crt --path-as-is -o got -w '%{http_code}' \
        "https://localhost:$port2$1" 2>curl.err) || fail "$1: $(cat curl.err)"
}
for path in / /index.html; do
    get $path
    [ "$status" = 200 ] && grep -qx inside got || fail "$path: $status $(cat got)"
done
for path in /sub /sub/ /sub/index.html "/sub?x=y"; do
    get "$path"
    [ "$status" = 200 ] && grep -qx sub got || fail "$path: $status $(cat got)"
done
get /big.bin
[ "$status" = 200 ] && cmp -s got site/big.bin || fail "/big.bin: $status"
for path in /link /folder/secret /pipe /.secret /.hidden/secret /nothing \
    /../outside/secret /%2e%2e/outside/secret /sub/../../outside/secret \
    /sub/%2e%2e%2f%2e%2e%2foutside/secret //../outside/secret /index.html/x \
    "$work/outside/secret" /client.mjs; do
    get "$path"
    case $status in
    400 | 403 | 404) ;;
    *) fail "$path: $status $(cat got)" ;;
    esac
    ! grep -q secret got || fail "$path shows what is outside"
done

# --- the page in a browser
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
    skip "chromium is not installed: the page was not tried in a browser"
background chromium "$chromium" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --no-first-run --user-data-dir="$work/profile" --remote-debugging-port=0 \
    --ignore-certificate-errors about:blank
until_ok test -s profile/DevToolsActivePort
devtools=$(head -1 profile/DevToolsActivePort)
in_browser() { # PAGE [BROKER]
    PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$test_dir/chromium.py" "$devtools" "$@" \
        >chromium.py.log 2>&1 || fail "in Chromium: $*"
}
in_browser "http://127.0.0.1:$port/"
cp "$root"/web/* site/
in_browser "https://localhost:$port2/index.html"
stop_broker
[ -x /usr/sbin/mosquitto ] || exit 0
start_with <<END
listener PORT 127.0.0.1
protocol websockets
END
for attempt in 1 2 3 4 5; do
    theirs=$(random_port) # and one more: it does not start with WebSocket alone
    printf 'user %s\nallow_anonymous true\nlistener %s 127.0.0.1\nprotocol websockets\nlistener %s\n' \
        "$(id -un)" "$theirs" "$((theirs + 1))" >debian.conf
    background mosquitto /usr/sbin/mosquitto -c debian.conf
    until_ok ended_or_says "$pid" ' running$' mosquitto.log
    kill -0 "$pid" 2>/dev/null && break
    [ "$attempt" != 5 ] || fail "Debian's broker does not start"
done
in_browser "http://127.0.0.1:$port/" "ws://127.0.0.1:$theirs/mqtt"
stop_broker
