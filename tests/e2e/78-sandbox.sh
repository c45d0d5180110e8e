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
# Memory counts in whatever way a program has it: five times 100 MB, shared with nobody;
# three times 200 MB that their owners have never touched, but others for them.
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
    exits 125 box --strict --memory 300 -- /usr/bin/python3 -c '
import mmap, os, time
for i in range(3):
    if os.fork() == 0:
        memory = mmap.mmap(-1, 200 << 20)
        for part in range(0, len(memory), 5 << 20):
            if os.fork() == 0:
                for at in range(part, part + (5 << 20), 4096):
                    memory[at] = 1
                os._exit(0)
            os.wait()
        time.sleep(20)
time.sleep(20)' 2>said
    # Who has memory in very many pieces does not hold up who counts it.
    exits 125 box --strict --timeout 40 -- /usr/bin/python3 -c '
import mmap, os, time
for i in range(4):
    os.fork()
kept = [mmap.mmap(-1, 4096, prot=1 + 2 * (i % 2), flags=mmap.MAP_PRIVATE if i % 3 else mmap.MAP_SHARED)
        for i in range(20000)]
time.sleep(60)' 2>said
    # What no process has cannot be counted, so it is not there; nor is another world.
    exits 0 box --strict -- /usr/bin/python3 -c '
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def refused(result):
    return result == -1 and os.strerror(ctypes.get_errno())
for name in "memfd_create", "shmget", "msgget":
    said = refused(getattr(libc, name)(*{"memfd_create": (b"x", 0),
        "shmget": (0, 1 << 20, 0o1600), "msgget": (0, 0o1600)}[name]))
    assert said == "Function not implemented" or \
        os.uname().machine not in ("x86_64", "aarch64", "riscv64"), name
assert refused(libc.unshare(0x10000000)), "a namespace of users"
assert open("/proc/self/oom_score_adj").read().strip() == "1000"'
fi
# Who kills the supervisor is gained by nothing, where no namespace keeps it from that
# either: within a sandbox there is no other one.
exits 137 box --strict --memory 0 --show "$MQTTLAB" -- sh -c '
"$0" sandbox --strict -- true 2>/dev/null
test $? = 126 || exit 1
"$0" sandbox -- sh -c "sleep 31.77 & sleep 32.77 & kill -9 \$PPID; sleep 33.77"
status=$?
for process in /proc/[0-9]*; do
    tries=0
    while tr "\\0" " " <$process/cmdline 2>/dev/null | grep "^sleep 3..77"; do
        tries=$((tries + 1)); test $tries -lt 50 || exit 2; sleep 0.1
    done
done
exit $status' "$MQTTLAB" 2>said
# Where the kernel lets us: nobody else's files, nor a broker of the machine.
start_quiet_broker
other=$(mktemp /tmp/mqttlab-other.XXXXXX)
at_end() {
    rm -f "$other"
}
exits 0 box --strict -- sh -c "! test -e $other && ! echo x >file && ls /proc/self" >said 2>&1
exits 0 box --strict --show "$other" -- test -e "$other"
exits 1 box --strict --memory 0 --show "$MQTTLAB" -- "$MQTTLAB" pub -h 127.0.0.1 -p "$port" -t a -m b >said 2>&1
