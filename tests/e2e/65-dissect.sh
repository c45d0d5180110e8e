#!/bin/sh
# Every packet of the tables, and packets made of them by chance: taken apart as
# tshark does, but for what docs/wireshark.md lists.
. "$(dirname "$0")/lib.sh"
need tshark
need python3
case $(tshark -v 2>/dev/null | head -1) in
*' 4.0.'*) ;;
*) skip "tshark is not 4.0" ;;
esac
python3 "$test_dir/dissect_tshark.py" "$MQTTLAB" "$work" "$root" \
    >"$work/dissect.log" || fail "the dissector tells other things"
