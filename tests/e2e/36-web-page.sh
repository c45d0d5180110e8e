#!/bin/sh
# A page that a slow browser takes longer for than a CONNECT may take.
. "$(dirname "$0")/lib.sh"
[ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
mkdir "$work/www"
truncate -s 30000000 "$work/www/big.bin"
start_with <<END
connect_timeout 1
listener PORT 127.0.0.1
protocol websockets
http_dir $work/www
END
python slow_page.py "$port"
stop_broker
