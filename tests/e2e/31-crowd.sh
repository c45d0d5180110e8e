#!/bin/sh
# 5000 idle connections cost at most 900 bytes each, and nobody else's time.
. "$(dirname "$0")/lib.sh"
need /usr/bin/python3 python3
count=5000
! sanitized || count=1000
[ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -gt $((count + 300)) ] ||
    skip "at most $(ulimit -Hn) open files are allowed"
ulimit -n "$(ulimit -Hn)"

start_quiet_broker
python crowd.py "$port" $count
stop_broker
