# Certificates for tests, made in $work with openssl.  Source it after lib.sh.
# shellcheck shell=sh

need openssl

# A certificate authority of this name: NAME.crt, NAME.key.
authority() { # NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout "$work/$1.key" -out "$work/$1.crt" -days 30 -subj "/CN=$1" \
        2>"$work/openssl.log"
}

# A certificate that an authority has signed: NAME.crt, NAME.key.  More options
# go to "openssl x509".
certificate() { # NAME AUTHORITY CN ALT_NAME [OPTION...]
    cert_name=$1
    cert_ca=$2
    cert_cn=$3
    printf 'subjectAltName=%s\n' "$4" >"$work/$1.ext"
    shift 4
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout "$work/$cert_name.key" -subj "/O=Lab/CN=$cert_cn" \
        -out "$work/$cert_name.csr" 2>"$work/openssl.log"
    openssl x509 -req -in "$work/$cert_name.csr" -CA "$work/$cert_ca.crt" \
        -CAkey "$work/$cert_ca.key" -CAcreateserial -days 30 \
        -extfile "$work/$cert_name.ext" "$@" -out "$work/$cert_name.crt" \
        2>>"$work/openssl.log"
}

# CRL of an authority, with the certificates that are to be on it: AUTHORITY.crl.
revocations() { # AUTHORITY [NAME...]
    crl_ca=$1
    shift
    : >"$work/$crl_ca.index"
    cat >"$work/$crl_ca.cnf" <<END
[ca]
default_ca = lab
[lab]
database = $work/$crl_ca.index
default_md = sha256
default_crl_days = 30
END
    for revoked; do
        openssl ca -batch -config "$work/$crl_ca.cnf" -cert "$work/$crl_ca.crt" \
            -keyfile "$work/$crl_ca.key" -revoke "$work/$revoked.crt" \
            2>>"$work/openssl.log"
    done
    openssl ca -batch -config "$work/$crl_ca.cnf" -cert "$work/$crl_ca.crt" \
        -keyfile "$work/$crl_ca.key" -gencrl -out "$work/$crl_ca.crl" \
        2>>"$work/openssl.log"
}
