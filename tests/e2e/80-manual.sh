#!/bin/sh
# The manual pages name every command, option and key, every configuration option
# with its default and every variable of the environment, and no others.
. "$(dirname "$0")/lib.sh"

# Text as it is read: no fonts, no quotes, no escaped hyphens.
plain() { # FILE
    sed -e 's/\\f[BIRP]//g' -e 's/\\-/-/g' -e 's/"//g' "$1"
}
plain "$root/docs/mqttlab.1" >"$work/main"
plain "$root/docs/mqttlab-pub.1" >"$work/clients"
plain "$root/docs/mqttlab-certs.1" >"$work/certs"
cat "$work/main" "$work/clients" "$work/certs" >"$work/page"
plain "$root/docs/mqttlab.conf.5" >"$work/conf"

same() { # WHAT; compares $work/program with $work/manual
    [ -s "$work/program" ] || [ -n "${may_be_empty:-}" ] ||
        fail "$1: the program names none"
    diff -u "$work/program" "$work/manual" >"$work/difference" ||
        fail "$1: the program (-) and the manual (+) differ:
$(cat "$work/difference")"
}

# The version.
version=$("$MQTTLAB" --version)
for file in main clients certs conf; do
    grep -q "^.TH .* $version " "$work/$file" ||
        fail "the first line of the manual does not say $version"
done

# What stands under the headings (.SS) that name a command.
section() { # COMMAND
    awk -v name="$1" '
        /^\.S[SH]/ {
            on = 0
            for (i = 2; $1 == ".SS" && i <= NF; i++)
                on = on || $i == name || $i == name ","
        }
        on' "$work/page"
}
tags() { # lines that begin an entry
    awk 'tag { print } { tag = /^\.TP/ }'
}

# Options of both kinds. --help is everywhere, and said once.
compare_options() { # HEADING COMMAND...
    heading=$1
    shift
    "$@" --help </dev/null | awk '
        /--help/ { next }
        /^  (-[A-Za-z]|    --)/ {
            for (i = 1; i <= 2; i++) {
                sub(",", "", $i)
                if ($i ~ /^-/) print $i
            }
        }' | sort -u >"$work/program"
    section "$heading" | tags | grep -oE '(^| )--?[A-Za-z][-a-z0-9]*' |
        tr -d ' ' | sort -u >"$work/manual"
    may_be_empty=yes same "options of $*"
}

# Defaults: "(64)" at the end of the help is "64 when not given" in the manual.
compare_defaults() { # HEADING COMMAND...
    heading=$1
    shift
    "$@" --help </dev/null | awk '
        /^  (-[A-Za-z]|    --)/ { option = $1; sub(",", "", option) }
        option && /\([0-9a-z.]+\)$/ {
            gsub(/[()]/, "", $NF)
            print option, $NF
        }' | sort >"$work/program"
    section "$heading" | awk '
        /^\.TP/ { tag = 1; next }
        tag { tag = 0; option = $2 }
        match($0, /[0-9a-z.]+ when not given/) {
            split(substr($0, RSTART), words, " ")
            print option, words[1]
        }' | sort >"$work/manual"
    may_be_empty=yes same "defaults of $*"
}
"$MQTTLAB" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' >"$work/commands"
[ "$(wc -l <"$work/commands")" -ge 13 ] || fail "--help lists no commands"
fits() { # COMMAND...
    "$@" --help </dev/null | awk 'length > 80' >"$work/wide"
    [ ! -s "$work/wide" ] || fail "too wide for a terminal: $* --help: $(cat "$work/wide")"
}
fits "$MQTTLAB"
compare_options mqttlab "$MQTTLAB"
compare_defaults mqttlab "$MQTTLAB"
while read -r command; do
    [ -n "$(section "$command")" ] || fail "no section about mqttlab $command"
    compare_options "$command" "$MQTTLAB" "$command"
    compare_defaults "$command" "$MQTTLAB" "$command"
    fits "$MQTTLAB" "$command"
done <"$work/commands"

# Words that are no options: what lab does besides, the loads of bench.
"$MQTTLAB" lab --help | grep -oE 'mqttlab lab [a-z]+' | sort >"$work/program"
section lab | tags | grep -oE 'mqttlab lab [a-z]+' | sort >"$work/manual"
same "what mqttlab lab does"
"$MQTTLAB" certs --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | sort >"$work/program"
awk '/^\.SH/ { on = $2 == "COMMANDS" } on' "$work/certs" | tags |
    sed -n 's/^\.BI* \([a-z][a-z]*\).*/\1/p' | sort >"$work/manual"
same "commands of mqttlab certs"
"$MQTTLAB" bench --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p' >"$work/program"
section bench | tags | sed -n 's/^\.B \([a-z][a-z-]*\)$/\1/p' >"$work/manual"
same "loads of mqttlab bench"

# Properties: those of each packet, and no others.
use_names
awk '/^\.S[SH]/ { on = $2 == "PROPERTIES" } on' "$work/clients" >"$work/properties"
for packet in connect publish subscribe unsubscribe puback pubrec pubrel pubcomp \
    disconnect will auth connack suback; do
    awk -v packet=$packet '
        /^\.TP/ { tag = 1; next }
        /^\.PD/ { on = 0 }
        tag { tag = 0; on = $1 == ".B" && $2 == packet; next }
        on' "$work/properties" | tr -d ',' | tr ' ' '\n' | sort >"$work/manual"
    for name in $(grep -oE '"[a-z]+(-[a-z]+)+"' "$root/lib/mqtt/property.c" |
        tr -d '"' | sort -u); do
        second=
        [ $name != user-property ] || second=1
        mosquitto_sub -h 127.0.0.1 -p 1 -t a --will-topic w \
            -D $packet $name 1 $second >"$work/refused" 2>&1 || true
        grep -qE 'not (allowed|supported)|Invalid command' "$work/refused" ||
            echo $name
    done | sort >"$work/program"
    may_be_empty=yes same "Properties of $packet"
done

# Keys, to the letter.
"$MQTTLAB" keys --roff >"$work/program"
sed -n '/^\.\\" mqttlab keys --roff/,/^\.\\" end of keys/p' \
    "$root/docs/mqttlab.1" | sed '1d;$d' >"$work/manual"
same "keys (make manual writes them)"

# Configuration: "name" or "name default".
"$MQTTLAB" broker --options | awk '
    /^[a-z]/ { if (name) print name; name = $1 }
    $1 == "default:" { name = name " " $2 }
    END { print name }' | sort >"$work/program"
awk '
    /^\.SH/ { other_file = /ACCESS CONTROL LISTS/ }
    other_file { next }
    tag && $1 ~ /^\.B/ { if (name) print name; name = $2 }
    $1 == "Default:" { sub(/\.$/, "", $2); name = name " " $2 }
    { tag = /^\.TP/ }
    END { print name }' "$work/conf" | sort >"$work/manual"
same "options of mqttlab.conf"

# The environment: what the source asks for, and what the libraries do.
{
    cat "$root"/*.c "$root"/lib/*/*.c "$root"/broker/*.c "$root"/client/*.c \
        "$root"/tui/*.c "$root"/labs/*.c "$root"/certs/*.c |
        grep -oE 'getenv\("[A-Z_]+"' | grep -oE '[A-Z][A-Z_]+'
    printf '%s\n' TERM LANG LC_ALL LC_CTYPE
} | sort -u >"$work/program"
awk '/^\.S[SH]/ { on = $2 == "ENVIRONMENT" } on' "$work/page" | tags |
    grep -oE '[A-Z][A-Z_]+' | grep -vx 'B[RI]*' | sort -u >"$work/manual"
same environment
