#!/bin/sh
# Our clients beside Debian's: pub, line by line.
. "$(dirname "$0")/lib.sh"
table=pub
. "$test_dir/client_lines.sh"
