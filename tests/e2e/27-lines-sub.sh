#!/bin/sh
# Our clients beside Debian's: sub, line by line.
. "$(dirname "$0")/lib.sh"
table=sub
. "$test_dir/client_lines.sh"
