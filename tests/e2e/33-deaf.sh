#!/bin/sh
# Fifty subscribers that never read cost some hundred megabytes at most, whatever
# is published to them; with memory_limit as much as that says.
. "$(dirname "$0")/lib.sh"
need /usr/bin/python3 python3

for shape in qos_0 qos_1_to_one_topic qos_1_to_a_topic_each; do
    start_quiet_broker
    python deaf.py "$port" "test_$shape"
    cat "$work/deaf.py.log"
    stop_broker
done

echo "memory_limit 100M" >"$work/limit.conf"
start_quiet_broker -c "$work/limit.conf"
python deaf.py "$port" test_qos_1_to_a_topic_each_with_memory_limit
cat "$work/deaf.py.log"
if [ "$(private_kib "$broker_pid")" != 0 ]; then
    grep -q "memory_limit is reached" "$broker_log" ||
        fail "memory_limit was not reached"
fi
stop_broker
