#!/bin/sh
# What others have made, shown and used by the workshop: the lectures' commands,
# openssl's other kinds of files, and files that are none.
. "$(dirname "$0")/lib.sh"
need openssl
cd "$work" || exit 1

shows() { # PATTERN FILES...
    pattern=$1
    shift
    "$MQTTLAB" certs show "$@" >shown 2>&1 || fail "show $*: $(cat shown)"
    grep -q -- "$pattern" shown || fail "show $* does not say '$pattern':
$(cat shown)"
    ! grep -q PRIVATE shown || fail "show $* prints a key"
}
refuses() { # PATTERN FILE
    exited=0
    "$MQTTLAB" certs show "$2" >shown 2>&1 || exited=$?
    [ "$exited" = 1 ] || fail "show $2 ended with $exited"
    grep -q -- "^mqttlab certs: $2 .*$1" shown || fail "show $2 does not say '$1': $(cat shown)"
}

# The lectures' commands.
{
    openssl req -x509 -sha256 -nodes -days 365 -newkey rsa:2048 -keyout CA.key -out CA.crt \
        -subj '/C=IN/O=Lecture/CN=192.0.2.1'
    openssl genrsa -out server.key 2048
    openssl req -out server.csr -key server.key -new -subj '/C=IN/O=Lecture/CN=localhost'
    openssl x509 -req -in server.csr -CA CA.crt -CAkey CA.key -CAcreateserial -out server.crt \
        -days 365
} >log 2>&1
shows 'use        authority' CA.crt
shows 'key        RSA 2048 bits' server.key
shows 'no alternative name' server.crt
shows 'server.key is the key of server.csr' CA.crt CA.key server.csr server.crt server.key
shows 'server.crt is signed by CA.crt' CA.crt server.crt
"$MQTTLAB" certs verify server.crt server.key --ca CA.crt --host localhost >text ||
    fail "verify: $(cat text)"
exits 1 "$MQTTLAB" certs verify server.crt --ca CA.crt --host 127.0.0.1 >text
grep -q 'a Common Name does not count for addresses' text || fail "verify: $(cat text)"
"$MQTTLAB" certs tree -d . | grep -q '^`-- server' || fail "tree does not know who signed server"
"$MQTTLAB" certs sign server.csr -d . --by CA --for server --name ours >text || fail "sign: $(cat text)"
openssl verify -CAfile CA.crt -verify_hostname localhost ours.crt >log || fail "openssl: $(cat log)"
"$MQTTLAB" certs revoke server.crt >text || fail "revoke: $(cat text)"
grep -q 'mqttlab certs crl -d \. --by CA$' text || fail "the next step is another: $(cat text)"
"$MQTTLAB" certs crl -d . --by CA >text || fail "crl: $(cat text)"
! openssl verify -CAfile CA.crt -CRLfile CA.crl -crl_check server.crt >log 2>&1 || fail "not revoked"
grep -q 'certificate revoked' log || fail "openssl: $(cat log)"
shows 'server.crt is REVOKED by CA.crl' CA.crt CA.crl server.crt ours.crt

# Other kinds.
{
    openssl genpkey -algorithm ed25519 -out ed.key
    openssl req -x509 -key ed.key -subj /CN=ed -out ed.crt -days 1
    openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.key
    openssl req -x509 -key pss.key -subj /CN=pss -out pss.crt -days 1
    openssl ecparam -name secp384r1 -genkey -out p384.key
    openssl genrsa -aes128 -passout pass:secret -traditional -out locked.key 2048
    openssl req -x509 -newkey rsa:1024 -nodes -keyout short.key -out short.crt -subj /CN=short -sha1
    openssl pkcs12 -export -in server.crt -inkey server.key -passout pass: -out all.p12
    openssl crl2pkcs7 -nocrl -certfile server.crt -out all.p7
    openssl x509 -in server.crt -text -out text.crt
    openssl x509 -in server.crt -outform DER -out der.crt
} >log 2>&1 || fail "openssl: $(cat log)"
shows 'key        ED25519 256 bits' ed.key ed.crt
shows 'ed.key is the key of ed.crt' ed.key ed.crt
shows 'key        RSA-PSS 2048 bits' pss.crt
shows 'key        EC P-384' p384.key
shows 'the name of a curve' p384.key
shows 'private key, encrypted' locked.key
echo secret >pass
shows 'key        RSA 2048 bits' --passphrase-file pass locked.key
shows 'the key is too short' short.crt
shows "signature's hash is no longer safe" short.crt
shows 'openssl pkcs7' all.p7
shows 'CN = localhost' text.crt
shows '(DER)' der.crt
shows 'CN = localhost' - <server.crt
"$MQTTLAB" certs ca -d ed >text
cp ed.crt ed/ed.crt
cp ed.key ed/ed.key
"$MQTTLAB" certs client -d ed --by ed --cn x >text || fail "an Ed25519 key does not sign: $(cat text)"
openssl verify -CAfile ed.crt ed/x.crt >log 2>&1 || fail "openssl: $(cat log)"
chmod 644 ed.key
shows 'everybody on this machine can read it; mend it: chmod 600 ed.key' ed.key

# A name that would move the cursor.
printf '/CN=a\033[2Jb\302\2332J' >subject
openssl req -x509 -key ed.key -utf8 -subj "$(cat subject)" -out evil.crt -days 1 2>log
shows 'CN = a' evil.crt
! LC_ALL=C grep -q "$(printf '\033')\|$(printf '\302\233')" shown || fail "control characters are printed"

# No such files; each is named, and the others are shown all the same.
mkdir folder
: >empty
head -c 300 /dev/urandom >random
head -c 200 der.crt >cut.crt
head -n 5 server.crt >cut.pem
sed 's/BEGIN CERTIFICATE/BEGIN NONSENSE/; s/END CERTIFICATE/END NONSENSE/' server.crt >nonsense
sed 's/CERTIFICATE/PRIVATE KEY/' server.crt >mislabelled
refuses 'No such file' missing
refuses 'directory' folder
refuses 'empty' empty
refuses 'holds no certificate' random
"$MQTTLAB" certs ca --dir own >/dev/null
"$MQTTLAB" certs server --dir own >/dev/null
"$MQTTLAB" certs show own/* >shown 2>said || fail "its own files: $(cat said)"
has_line 'own/ca.index: what an authority has signed' shown
exits 1 "$MQTTLAB" certs show random own/ca.crt own/ca.key >shown 2>said
[ "$(wc -l <said)" = 1 ] || fail "more than one line: $(cat said)"
refuses 'cut off' cut.crt
refuses 'damaged in part 1' cut.pem
refuses 'damaged in part 1 (PRIVATE KEY)' mislabelled
refuses 'PKCS #12' all.p12
refuses 'larger than 1 MiB' /dev/zero
shows 'NONSENSE: not known here' nonsense
exits 1 "$MQTTLAB" certs show missing server.crt cut.pem >shown 2>&1
for wanted in '^mqttlab certs: missing ' '^mqttlab certs: cut.pem ' 'CN = localhost'; do
    grep -q "$wanted" shown || fail "not '$wanted': $(cat shown)"
done

# A passphrase is asked for on a terminal, and not shown.
"$MQTTLAB" certs ca -d asked --passphrase-file pass >text
exits 1 "$MQTTLAB" certs client -d asked --cn x </dev/null >text 2>&1
if command -v python3 >/dev/null; then
    python3 - "$MQTTLAB" >typed 2>&1 <<'END' || fail "asking for a passphrase: $(cat typed)"
import os, pty, sys, termios, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], ["mqttlab", "certs", "client", "-d", "asked", "--cn", "x"])
said = b""
while b"asked/ca.key: " not in said:
    said += os.read(terminal, 1000)
while termios.tcgetattr(terminal)[3] & termios.ECHO:
    time.sleep(0.01)
os.write(terminal, b"secret\n")
try:
    while True:
        more = os.read(terminal, 1000)
        if not more:
            break
        said += more
except OSError:
    pass
print(said.decode())
status = os.waitpid(pid, 0)[1]
sys.exit(status != 0 or b"secret" in said)
END
    openssl verify -CAfile asked/ca.crt asked/x.crt >log 2>&1 || fail "openssl: $(cat log)"
fi

# The command line.
exits 3 "$MQTTLAB" certs >text
exits 3 "$MQTTLAB" certs nonsense 2>text
exits 3 "$MQTTLAB" certs "$(printf 'a\033[2J')" 2>text
grep -qF 'a\x1b[2J' text || fail "not escaped: $(cat text)"
exits 3 "$MQTTLAB" certs show 2>text
exits 3 "$MQTTLAB" certs ca --host x 2>text
grep -q -- '--host means nothing to ca' text || fail "ca --host: $(cat text)"
exits 3 "$MQTTLAB" certs ca --days 0 2>text
exits 3 "$MQTTLAB" certs ca extra 2>text
exits 3 "$MQTTLAB" certs sign server.csr 2>text
exits 1 "$MQTTLAB" certs ca -d /proc/nowhere 2>text
