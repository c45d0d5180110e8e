#!/bin/sh
# Our clients beside Debian's: what a server may say, line by line.
. "$(dirname "$0")/lib.sh"
table=server
. "$test_dir/client_lines.sh"
