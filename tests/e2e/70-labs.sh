#!/bin/sh
# Every lab and exercise: an empty run scores nothing, the solution everything,
# each wrong solution fails exactly what it should.
. "$(dirname "$0")/lib.sh"

cd "$root" || exit 1
solutions=$(ls labs/*.solution.md exercises/*/solution.md 2>/dev/null || true)
if [ -z "$solutions" ]; then
    # Nothing that could be installed would change it.
    echo "SKIP $test_name: this copy has no solutions"
    exit 0
fi

# The grader uses Check, and must not mind what is meant for other suites.
export CK_RUN_SUITE=other CK_RUN_CASE=other CK_EXCLUDE_TAGS=other
export CK_LOG_FILE_NAME="$work/check.out"

# The wrong solutions take their time; a quick look leaves them out.
only=--right
if [ -n "${MQTTLAB_SKIP_NOTHING:-}" ]; then
    case $MQTTLAB in
    */asan/*) ;;
    *) only="--seeds 3" ;;
    esac
fi
export only work

# What their authors are told must be nothing.
lint() {
    for lab in labs/[0-9]*.md exercises/[0-9]*/exercise.md; do
        case $lab in
        *.solution.md | *.[a-z][a-z].md) ;;
        *) "$MQTTLAB" lab lint "./$lab" || return 1 ;;
        esac
    done
}
lint >"$work/lint" || fail "$(grep -v '^no problems$' "$work/lint")"

# Many at once: most of their time they wait.
for lab in labs/[0-9]*.md exercises/[0-9]*/exercise.md; do
    case $lab in
    *.solution.md | *.[a-z][a-z].md) continue ;;
    esac
    echo "$lab"
done >"$work/list"
# shellcheck disable=SC2016
xargs -P 10 -n 1 sh -c '
    log=$work/lab$(echo "$0" | tr -c "a-z0-9\n" -).log
    "$MQTTLAB" lab test $only "$0" >"$log" 2>&1 || touch "$work/bad"' <"$work/list"
[ ! -e "$work/bad" ] || fail "$(grep -h -e '^# ' -e '^not ok' "$work"/lab*.log |
    grep -B1 '^not ok')"
grep -q '^ok .* - the solution scores full' "$work"/lab*01-plaintext*.log ||
    fail "lab 1 was not solved"
[ ! -e "$work/check.out" ] || fail "grading has written into CK_LOG_FILE_NAME"
