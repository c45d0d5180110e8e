#!/bin/sh
# The certificate workshop, with the openssl command as the judge: what it makes
# openssl accepts, and the commands that it tells make the same.
. "$(dirname "$0")/lib.sh"
need openssl
cd "$work" || exit 1

certs() {
    "$MQTTLAB" certs "$@" >>"$work/told.log" 2>&1 ||
        fail "certs $* ended with $?"
}
refuses() { # PATTERN ARGUMENTS...
    pattern=$1
    shift
    exited=0
    "$MQTTLAB" certs "$@" >"$work/refused" 2>&1 || exited=$?
    [ "$exited" = 1 ] || [ "$exited" = 3 ] || fail "certs $*: status $exited"
    grep -q -- "$pattern" "$work/refused" ||
        fail "certs $* does not say '$pattern':
$(cat "$work/refused")"
}
accepts() { # openssl verify ARGUMENTS...
    openssl verify "$@" >"$work/verify.log" 2>&1 || fail "openssl verify $*"
}
rejects() { # PATTERN openssl verify ARGUMENTS...
    pattern=$1
    shift
    ! openssl verify "$@" >"$work/verify.log" 2>&1 || fail "openssl accepts $*"
    grep -qi "$pattern" "$work/verify.log" || fail "not: $pattern"
}
mode() {
    stat -c %a "$1" 2>/dev/null || stat -f %Lp "$1"
}

# Several at a time in one folder: none loses what another has entered.
certs ca -d many
for number in 1 2 3 4 5 6 7 8; do
    background "many.$number" "$MQTTLAB" certs client -d many --cn "c$number"
done
# shellcheck disable=SC2086 # one word for each process
wait $started
for number in 1 2 3 4 5 6 7 8; do
    background "many.$number" "$MQTTLAB" certs revoke -d many "many/c$number.crt"
    background "same.$number" "$MQTTLAB" certs client -d many --cn same
done
# shellcheck disable=SC2086 # as above
wait $started || true # but one of the last eight there was something already
[ "$(grep -c '^R.*CN=c[1-8]$' many/ca.index)" = 8 ] || fail "revocations are lost:
$(cat many/ca.index)"
[ "$(grep -c 'CN=same$' many/ca.index)" = 1 ] || fail "one name for two:
$(cat many/ca.index)"
started=

# A chain, and what each may be used for.
certs ca
certs server
certs client --cn sensor-1
certs intermediate
certs server --by intermediate --name inner --san broker.example,192.0.2.7
cd certs
accepts -x509_strict -CAfile ca.crt -purpose sslserver -verify_hostname localhost server.crt
accepts -x509_strict -CAfile ca.crt -purpose sslserver -verify_ip ::1 server.crt
accepts -x509_strict -CAfile ca.crt -purpose sslclient sensor-1.crt
accepts -x509_strict -CAfile ca.crt -untrusted inner.chain.crt -purpose sslserver \
    -verify_hostname broker.example inner.crt
accepts -CAfile ca.crt -untrusted inner.chain.crt -verify_ip 192.0.2.7 inner.crt
rejects 'ip address mismatch' -CAfile ca.crt -verify_ip 192.0.2.7 server.crt
rejects 'hostname mismatch' -CAfile ca.crt -verify_hostname other.example server.crt
rejects 'purpose' -CAfile ca.crt -purpose sslserver sensor-1.crt
rejects 'purpose' -CAfile ca.crt -purpose sslclient server.crt
rejects 'unable to get local issuer' -CAfile ca.crt inner.crt
for key in ca server sensor-1 intermediate inner; do
    [ "$(mode $key.key)" = 600 ] || fail "$key.key has mode $(mode $key.key)"
    openssl x509 -in $key.crt -noout -pubkey >public
    openssl pkey -in $key.key -pubout >public2
    cmp -s public public2 || fail "$key.key is not that of $key.crt"
done
openssl x509 -in server.crt -noout -text >text
grep -q 'Public Key Algorithm: id-ecPublicKey' text || fail "not EC"
grep -q 'ASN1 OID: prime256v1' text || fail "not P-256"
[ "$(grep -c . <ca.index)" = 3 ] || fail "ca.index has not three lines"
[ ! -e private ] && ! grep -rq 'PRIVATE' ./*.crt ./*.index || fail "a key is where it should not be"

# Nothing is overwritten by itself; --force does it, and forgets what the old one
# had signed.
cd ..
cp certs/ca.key before
refuses 'certs/ca.key is there already; --force' ca
cmp -s before certs/ca.key || fail "the key was overwritten"
certs ca --force --rsa --subject '/C=IN/O=Lab/CN=The root' --days 10
openssl x509 -in certs/ca.crt -noout -text >text
grep -q 'Public-Key: (2048 bit)' text || fail "not RSA"
grep -q 'Subject: C = IN, O = Lab, CN = The root' text || fail "another subject"
[ ! -s certs/ca.index ] || fail "the index is still the old one's"
openssl x509 -in certs/ca.crt -noout -checkend $((10 * 86400 - 60)) >text || fail "too short"
! openssl x509 -in certs/ca.crt -noout -checkend $((10 * 86400 + 60)) >text || fail "too long"
certs server --force --rsa
grep -q 'note: certs/ca.crt ends before it' told.log || fail "does not say who ends first"

# A request made by openssl, signed here, and the other way round.
openssl req -new -newkey rsa:2048 -nodes -keyout theirs.key -out theirs.csr \
    -subj /CN=theirs.example -addext basicConstraints=CA:TRUE 2>log
refuses 'say what it is for' sign theirs.csr
certs sign theirs.csr --for server
grep -q 'asks to be an authority; that was not granted' told.log || fail "no word of CA:TRUE"
accepts -CAfile certs/ca.crt -verify_hostname theirs.example -purpose sslserver certs/theirs.crt
openssl x509 -in certs/theirs.crt -noout -text | grep -q CA:FALSE || fail "it is an authority"
certs sign theirs.csr --for both --name both
accepts -CAfile certs/ca.crt -purpose sslserver certs/both.crt
accepts -CAfile certs/ca.crt -purpose sslclient certs/both.crt
certs csr --san first.example,10.1.2.3
openssl req -in certs/first.example.csr -noout -subject | grep -q 'CN = first.example' ||
    fail "the request is not for its first name"
certs csr --cn ours.example --san ours.example,10.1.2.3
openssl req -in certs/ours.example.csr -verify -noout -text >text 2>&1 || fail "openssl rejects our request"
grep -q 'DNS:ours.example, IP Address:10.1.2.3' text || fail "names are missing in the request"
openssl x509 -req -in certs/ours.example.csr -CA certs/ca.crt -CAkey certs/ca.key \
    -CAcreateserial -copy_extensions copy -out certs/ours.example.crt -days 3 2>log
accepts -CAfile certs/ca.crt -verify_ip 10.1.2.3 certs/ours.example.crt

# The lectures' way to an authority: its key has a passphrase.
mkdir lecture
openssl req -new -x509 -days 365 -extensions v3_ca -passout pass:secret \
    -keyout lecture/ca.key -out lecture/ca.crt -subj '/CN=Lecture CA' 2>log
echo secret >pass
echo wrong >wrong
refuses 'passphrase is not right' server -d lecture --passphrase-file wrong
[ ! -e lecture/server.key ] || fail "something was written"
certs server -d lecture --passphrase-file pass
accepts -CAfile lecture/ca.crt -verify_hostname localhost lecture/server.crt
certs ca -d locked --passphrase-file pass
openssl pkey -in locked/ca.key -passin pass:secret -noout || fail "not with our passphrase"
! openssl pkey -in locked/ca.key -passin pass:other -noout 2>log || fail "any passphrase opens it"

cp lecture/server.crt foreign.crt

# Revocation: our list is read by openssl, and openssl's list and index by us.
certs ca --force
certs client --cn stolen
certs client --cn kept
certs revoke certs/stolen.crt --reason keyCompromise
refuses 'revoked already' revoke certs/stolen.crt
refuses 'certificate and key are not here' revoke foreign.crt
certs crl
rejects 'certificate revoked' -CAfile certs/ca.crt -CRLfile certs/ca.crl -crl_check certs/stolen.crt
accepts -CAfile certs/ca.crt -CRLfile certs/ca.crl -crl_check certs/kept.crt
openssl crl -in certs/ca.crl -noout -text >text
grep -q 'Key Compromise' text || fail "the list gives no reason"
certs crl --days 2
openssl crl -in certs/ca.crl -noout -crlnumber | grep -qx crlNumber=0x02 || fail "the number does not grow"

# The responder, asked by openssl, and by a server that staples the answer.
background ocsp "$MQTTLAB" certs ocsp -p 0
until_ok grep -q 'http://127.0.0.1:[1-9]' ocsp.log
url=$(grep -o 'http://[0-9.:]*' ocsp.log)
ask() { # CERTIFICATE STATUS
    openssl ocsp -url "$url" -issuer certs/ca.crt -CAfile certs/ca.crt -cert "$1" >answer 2>&1 ||
        fail "openssl ocsp: $(cat answer)"
    grep -q '^Response verify OK' answer || fail "the answer is not signed well"
    grep -q "^$1: $2" answer || fail "not $2: $(cat answer)"
}
ask certs/kept.crt good
ask certs/stolen.crt revoked
grep -q 'Reason: keyCompromise' answer || fail "no reason: $(cat answer)"
ask certs/ca.crt unknown
openssl ocsp -url "$url" -issuer lecture/ca.crt -CAfile certs/ca.crt -cert lecture/server.crt \
    -no_cert_verify >answer 2>&1 || true
grep -q 'lecture/server.crt: unknown' answer || fail "answers for others: $(cat answer)"
certs server --name web
for attempt in 1 2 3 4 5; do
    port=$(random_port)
    background stapler openssl s_server -accept "127.0.0.1:$port" -www -status_url "$url" \
        -CAfile certs/ca.crt -cert certs/web.crt -key certs/web.key
    until_ok grep -q 'ACCEPT\|error' stapler.log
    ! grep -q ACCEPT stapler.log || break
done
openssl s_client -connect "127.0.0.1:$port" -status -CAfile certs/ca.crt </dev/null >staple 2>&1 || true
grep -q 'OCSP Response Status: successful' staple || fail "attempt $attempt: nothing was stapled: $(cat staple)"
grep -q 'Cert Status: good' staple || fail "not good: $(cat staple)"
certs revoke certs/web.crt
ask certs/web.crt revoked
[ "$(grep -c 'good\|revoked\|unknown' ocsp.log)" = 6 ] || fail "ocsp.log: $(cat ocsp.log)"

# The picture.
certs ca -d shown
certs intermediate -d shown
certs server -d shown --by intermediate
certs client -d shown --cn sensor-1
certs client -d shown --cn sensor-2
certs revoke shown/sensor-2.crt
cp lecture/server.crt shown/strange.crt
rm shown/sensor-1.key
"$MQTTLAB" certs tree -d shown | sed 's/[0-9]*-[0-9]*-[0-9]*, [0-9]* days/DATE, N days/' >picture
holds picture <<'END'
ca                "mqttlab lab CA"  authority  until DATE, N days left, with key
|-- intermediate  "mqttlab lab intermediate CA"  authority  until DATE, N days left, with key
|   `-- server    "localhost"  server  until DATE, N days left, with key
|-- sensor-1      "sensor-1"  client  until DATE, N days left
`-- sensor-2      "sensor-2"  client  until DATE, N days left, with key, REVOKED
("CN = Lecture CA", who is not here)
`-- strange       "localhost"  server  until DATE, N days left
END

# What --openssl tells does the same: everything but keys, dates and numbers.
said() { # DIR ARGUMENTS...
    dir=$1
    shift
    "$MQTTLAB" certs "$@" -d "$dir" --openssl >said 2>&1 || fail "certs $*: $(cat said)"
    sed -nE 's/^  (openssl|printf|cat) /\1 /p' said |
        sed "s,$dir/,hand/,g" >>by-hand
    grep -q . by-hand || fail "certs $* tells no openssl command"
}
rm -f by-hand
mkdir hand
said made ca --subject '/O=Lab/CN=It'"'"'s a\/b'
said made server --san 'a.example,10.0.0.1' --ocsp-url http://127.0.0.1:2560
said made client --cn c --rsa --subject '/O=München/OU=x'
said made intermediate --cn middle
said made server --by intermediate --name inner
said made csr --cn asks --san b.example
said made sign made/asks.csr --for server --name asked
cp made/ca.index hand/ca.index
sh -e by-hand >hand.log 2>&1 || fail "what --openssl tells ended with $?: $(cat hand.log)"
for name in ca server c intermediate inner asked; do
    for dir in made hand; do
        openssl x509 -in $dir/$name.crt -noout -text -nameopt utf8,sep_comma_plus |
            awk '/Serial Number|Key Identifier/ { skip = 2 }
                skip > 0 { skip--; next }
                /Not Before|Not After/ { next }
                /pub:/, /OID/ { next }
                /Modulus/, /Exponent/ { next }
                !/^ *([0-9a-f][0-9a-f]:)*[0-9a-f]*:*$/' \
                >$dir.text
    done
    grep -q 'CA:\(TRUE\|FALSE\)' made.text || fail "nothing is compared"
    diff -u made.text hand.text >difference || fail "$name.crt is not the same: $(cat difference)"
done
said made revoke made/c.crt --reason superseded
said made crl --days 7
tail -n 4 by-hand | sed 's/^openssl ca/openssl ca -batch/' >revoke-by-hand
: >hand/ca.index
sh -e revoke-by-hand >hand.log 2>&1 || fail "revoking by hand: $(cat hand.log)"
accepts -CAfile hand/ca.crt -CRLfile hand/ca.crl -crl_check hand/server.crt
rejects 'certificate revoked' -CAfile hand/ca.crt -CRLfile hand/ca.crl -crl_check hand/c.crt
"$MQTTLAB" certs revoke -d hand hand/server.crt >text || fail "openssl's index is not read"
[ "$(grep -c '^R' hand/ca.index)" = 2 ] || fail "hand/ca.index: $(cat hand/ca.index)"
