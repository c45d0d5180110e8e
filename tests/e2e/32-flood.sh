#!/bin/sh
# Subscribers that never read while others flood, 50,000 topics, floods of
# subscriptions and of retained messages: memory is bounded, every limit holds, and
# others are served within a second.
. "$(dirname "$0")/lib.sh"
need /usr/bin/python3 python3
cat >"$work/b.conf" <<'END'
max_queued_messages 1000
max_queued_bytes 8M
max_retained_messages 1000
max_subscriptions 1000
END
start_quiet_broker -c "$work/b.conf"
before=$(private_kib "$broker_pid")
python flood.py "$port"
if ! sanitized; then
    grown=$(($(private_kib "$broker_pid") - before))
    [ $grown -lt 30000 ] || fail "the broker has grown by $grown KiB"
fi
stop_broker
