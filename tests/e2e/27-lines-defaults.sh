#!/bin/sh
# Our clients beside Debian's: files of defaults, TLS and proxies, line by line.
. "$(dirname "$0")/lib.sh"
table=defaults
. "$test_dir/client_lines.sh"
