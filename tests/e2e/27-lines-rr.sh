#!/bin/sh
# Our clients beside Debian's: request (mosquitto_rr), line by line.
. "$(dirname "$0")/lib.sh"
table=rr
. "$test_dir/client_lines.sh"
