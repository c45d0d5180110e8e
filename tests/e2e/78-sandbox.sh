#!/bin/sh
# Somebody else's program: its output and its end, and what it cannot do.
. "$(dirname "$0")/lib.sh"
cd "$work"

box() {
    "$MQTTLAB" sandbox "$@"
}
echo mine >file
exits 7 box -- sh -c 'cat file; echo to errors >&2; exit 7' >said
has_line mine said
has_line 'to errors' said
exits 0 env SECRET=x "$MQTTLAB" sandbox -- sh -c 'test -z "$SECRET" && ! read x'
exits 124 box --timeout 1 -- sleep 60 2>said
has_line 'mqttlab sandbox: sleep took too long and was ended' said
exits 125 box -- yes >said 2>error
[ "$(wc -c <said)" = 4194304 ] || fail "not 4 MiB"
exits 126 box -- no-such-program 2>said
has_line 'mqttlab sandbox: no-such-program could not be started: No such file or directory' said
exits 139 box -- sh -c 'kill -SEGV $$' 2>said
! box --memory 100 -- awk 'BEGIN {s = "x"; while (length(s) < 400000000) s = s s}' >said 2>&1 ||
    fail "it had more memory than it may"
exits 3 box 2>said
exits 3 box --timeout 0 -- true 2>said

unshare -Urn true 2>/dev/null || exit 0
# Memory counts in whatever way a program has it: five times 100 MB, shared with nobody.
if [ -x /usr/bin/python3 ]; then
    exits 125 box --strict --memory 300 -- /usr/bin/python3 -c '
import mmap, os, time
for i in range(5):
    if os.fork() == 0:
        memory = mmap.mmap(-1, 100 << 20)
        for at in range(0, len(memory), 4096):
            memory[at] = 1
        time.sleep(20)
time.sleep(20)' 2>said
fi
# Where the kernel lets us: nobody else's files, nor a broker of the machine.
start_quiet_broker
other=$(mktemp /tmp/mqttlab-other.XXXXXX)
at_end() {
    rm -f "$other"
}
exits 0 box --strict -- sh -c "! test -e $other && ! echo x >file && ls /proc/self" >said 2>&1
exits 0 box --strict --show "$other" -- test -e "$other"
exits 1 box --strict --memory 0 --show "$MQTTLAB" -- "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t a -m b >said 2>&1
