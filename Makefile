# mqttlab - build it, run it, test it, grade it.  `make help` lists the targets.
#
# One Makefile and no recursion: make sees the whole graph, so -j is safe and
# an edited header rebuilds exactly the files that include it.

VERSION := 0.1.0

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

# Two jobs at once unless told otherwise.
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
endif

# --- what there is -----------------------------------------------------------

DIRS  := lib/base lib/mqtt lib/net lib/wire lib/capture broker client certs inspect \
         tui labs
NAMES := $(notdir $(DIRS))
PANEL := $(wildcard lab_panel*.c)
SRC   := main.c $(PANEL) $(foreach d,$(DIRS),$(wildcard $d/*.c))
HDR   := $(wildcard lab_panel*.h) $(foreach d,$(DIRS),$(wildcard $d/*.h))
TESTS := $(wildcard tests/unit/*.c)
SUITES := $(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c))
BUILDER := tests/builder/judge.c $(wildcard exercises/builder/*/*.c)
EXAMPLES := $(wildcard examples/*.c)
FUZZ  := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FORMATTED := $(SRC) $(HDR) $(TESTS) $(wildcard tests/unit/*.h tests/fuzz/*.c) \
             $(BUILDER) $(EXAMPLES)

# Who may include whom; every folder may include itself.  See ARCHITECTURE.md.
uses.base   :=
uses.mqtt   := base
uses.net    := base
uses.wire   := base mqtt net
uses.capture := base mqtt net wire
uses.broker := base mqtt net wire
uses.client := base mqtt net wire certs
uses.certs  := base
uses.inspect := base mqtt net wire capture
uses.tui    := base mqtt net wire capture
uses.labs   := base mqtt net wire certs client
# main.c: the commands.h of each folder, and these.
MAIN_USES := base/process|labs/lab_plain|labs/stray|wire/filter_suggest

# --- how to build it ---------------------------------------------------------

CC         ?= cc
SYSTEM     := $(shell uname -s)
# Homebrew keeps apart what macOS has too, in other versions.
KEGS       := $(foreach keg,libarchive ncurses openssl@3 sqlite, \
              :/opt/homebrew/opt/$(keg)/lib/pkgconfig \
              :/usr/local/opt/$(keg)/lib/pkgconfig)
PKG_CONFIG ?= $(if $(filter Darwin,$(SYSTEM)),PKG_CONFIG_PATH="$$PKG_CONFIG_PATH$(subst \
              $() ,,$(KEGS))" )pkg-config
PKGS       := libuv libwebsockets ncursesw vterm jansson libssl libcrypto libarchive md4c sqlite3 check
PKGS       += $(if $(filter Linux,$(SYSTEM)),liburing)
PREFIX     ?= /usr/local
VARIANT    ?= release
B          := build/$(VARIANT)

CFLAGS.release := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong
CFLAGS.debug   := -Og
# Sanitizers make gcc warn of conversions that are not there.
CFLAGS.asan    := -Og -fsanitize=address,undefined -fno-sanitize-recover=all \
                  -fno-omit-frame-pointer -Wno-conversion
CFLAGS.cov     := -O0 --coverage
CFLAGS.fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined
CFLAGS.clang   := -O2

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion \
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
        -Wformat=2 -Wundef -Wvla -Wwrite-strings -Wcast-qual -Wpointer-arith \
        -Wimplicit-fallthrough -Wswitch-enum -Wdouble-promotion -fno-common
# Warnings stop a developer's build; they must not stop a student's, whose
# compiler may be newer than ours.
WARN += $(if $(wildcard .git),-Werror)

# What is missing is installed before anything is built: on a fresh machine
# `make run` and `make check` are all there is to type.
GOALS   := $(or $(MAKECMDGOALS),all)
LEVEL   := $(if $(filter check-all nightly,$(GOALS)),all,build)
present  = $(shell $(PKG_CONFIG) --exists $(PKGS) 2>/dev/null && echo yes)
ifneq ($(filter-out help clean format deps uninstall dist dist-lecturer,$(GOALS)),)
ifneq ($(if $(filter all,$(LEVEL)),,$(present)),yes)
ifeq ($(MAKELEVEL),0)
$(shell tools/install-deps $(LEVEL) 1>&2)
ifneq ($(present),yes)
$(error Libraries are still missing. `make deps` shows what happens; ARCHITECTURE.md names them)
endif
endif
endif
endif

CPPFLAGS += -I. -Ilib -DMQTTLAB_VERSION='"$(VERSION)"'
# macOS has other names for the times of a file.
CPPFLAGS += $(if $(filter Darwin,$(SYSTEM)),-Dst_mtim=st_mtimespec -Dst_ctim=st_ctimespec)
BUILD    := -std=gnu17 -g $(WARN) $(CFLAGS.$(VARIANT)) $(CPPFLAGS) $(CFLAGS)
BUILD    += $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
LDLIBS   += $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -ldl -lm
CHECK     = $(shell $(PKG_CONFIG) --libs check)

ifndef V
Q = @
say = @printf '  %-7s %s\n' $1 $(patsubst $(B)/%,%,$@);
endif

OBJ      := $(SRC:%.c=$B/%.o)
LIB_OBJ  := $(filter-out $B/main.o,$(OBJ)) $B/web/pages.o
PAGES    := $(notdir $(wildcard web/*))
TEST_OBJ := $(TESTS:%.c=$B/%.o)
JUDGE_HELP := $(patsubst %,$B/tests/unit/%.o,guard hex packet_rows)
FUZZ_OBJ := $(FUZZ:%=$B/tests/fuzz/fuzz_%.o) $B/tests/fuzz/replay.o

all: $B/mqttlab ## build build/release/mqttlab

$B/mqttlab: $B/main.o $B/libmqttlab.a
	$(call say,LINK)$(CC) $(BUILD) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$B/libmqttlab.a: $(LIB_OBJ)
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

$B/unit-tests: $(TEST_OBJ) $B/libmqttlab.a
	$(call say,LINK)$(CC) $(BUILD) $(LDFLAGS) -o $@ $^ $(CHECK) $(LDLIBS)

$B/replay-%: $B/tests/fuzz/fuzz_%.o $B/tests/fuzz/replay.o $B/libmqttlab.a
	$(call say,LINK)$(CC) $(BUILD) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$B/fuzz-%: $B/tests/fuzz/fuzz_%.o $B/libmqttlab.a
	$(call say,LINK)$(CC) $(BUILD) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# A plugin knows of us nothing but one header.
$B/%.so: examples/%.c broker/plugin.h $B/flags
	$(call say,PLUGIN)$(CC) $(filter-out -I%,$(BUILD)) -Ibroker -fPIC -shared \
	    -o $@ $< $(shell $(PKG_CONFIG) --libs sqlite3 libcrypto)

$B/%.o: %.c $B/flags
	$(call say,CC)mkdir -p $(@D) && $(CC) $(BUILD) $(ALSO) -MMD -MP -c -o $@ $<

# The pages of web/, as C.
$B/web/pages.c: tools/embed $(PAGES:%=web/%)
	$(call say,EMBED)mkdir -p $(@D) && tools/embed web $(PAGES) >$@
$B/web/pages.o: $B/web/pages.c $B/flags
	$(call say,CC)$(CC) $(BUILD) -MMD -MP -c -o $@ $<

# The list of suites is the list of files: tests/unit/test_NAME.c has
# NAME_suite().
$(TEST_OBJ): $B/suites_list.h
$(TEST_OBJ): ALSO = -I$B
$B/suites_list.h: FORCE
	@mkdir -p $(@D)
	@printf 'SUITE(%s)\n' $(patsubst tests/unit/test_%.c,%,$(wildcard \
	    tests/unit/test_*.c)) | cmp -s - $@ || printf 'SUITE(%s)\n' \
	    $(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c)) >$@

# Rebuild when the compiler or a flag changes, not only when a file does.
$B/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(BUILD)' | cmp -s - $@ || echo '$(CC) $(BUILD)' >$@

-include $(patsubst %.o,%.d,$(OBJ) $B/web/pages.o $(TEST_OBJ) $(FUZZ_OBJ))

# --- using it ----------------------------------------------------------------

deps: ## install what is missing (with sudo only when not root)
	tools/install-deps build

examples: $(EXAMPLES:examples/%.c=$B/%.so) ## build the example of a plugin

# An exercise of the builder track is a part of the real program: functions that
# a student writes are linked in place of ours, the tests of that part are the
# judge, and the broker runs on them.  Our files that have these functions are
# compiled once more, with ours under other names.
ours.varint  := lib/mqtt/varint.c
takes.varint := varint_decode varint_encode varint_size
ours.topic   := lib/mqtt/topic.c
takes.topic  := topic_name_valid topic_filter_valid topic_filter_has_wildcard \
                topic_match topic_levels topic_next_level topic_level_count \
                topic_split_shared
ours.connect  := lib/mqtt/connect.c
takes.connect := connect_decode
case.connect  := decode
ours.flow     := lib/mqtt/flow.c
takes.flow    := flow_receiver
case.flow     := receiver
ours.subscription_tree   := broker/trie_match.c broker/topic_trie.c
takes.subscription_tree  := trie_match_find trie_match_release topic_trie_find \
                            topic_trie_put_path
suites.subscription_tree := subscription_tree subscription_model

# Some systems have a NAME in the environment; only one that was typed counts.
WANTED := $(if $(filter command,$(origin NAME)),$(NAME))
builder: $(WANTED:%=builder-%) ## judge the module that you wrote: NAME=varint
	$Q[ -n '$(WANTED)' ] || for task in exercises/builder/*/README.md; do \
	    name=$${task%/README.md}; \
	    sed -n "s|^# Builder \(.*\): \(.*\)|\1. \2: make builder NAME=$${name##*/}|p" \
	        $$task; done | sort

# FILE is the student's, BUILT the place for what is made of it.
ifdef WANTED
$(if $(ours.$(WANTED)),,$(error no such exercise: $(NAME)))
EXERCISE := exercises/builder/$(WANTED)
FILE     := builder/$(WANTED).c
OURS     := $B/builder/$(WANTED)
BUILT    := $(OURS)
JUDGED   := $(or $(suites.$(WANTED)),$(WANTED))
REST     := $(ours.$(WANTED):%.c=$(OURS)/%.o)
# What the judge says begins with this; the module never gets to know it.
TOKEN    := $(shell od -An -N16 -tx1 /dev/urandom | tr -d ' \n')

builder-$(WANTED): $(BUILT)/judge $(BUILT)/mqttlab all
	$Q$B/mqttlab sandbox --timeout 300 --show $(BUILT) \
	    $(if $(filter asan,$(VARIANT)),--memory 0) -- $(BUILT)/judge \
	    --token $(TOKEN) $(case.$(WANTED)) >$(BUILT)/said || true
	@grep -q '^$(TOKEN) ' $(BUILT)/said || echo 'The judge was ended by what it judges.'
	@sed -n 's/^$(TOKEN) //p' $(BUILT)/said
	@sed -n 's/^$(TOKEN) //p' $(BUILT)/said | tail -n 1 | \
	    grep -qx '\([0-9]*\) of \1 points'
	@echo 'The broker with your module: $(BUILT)/mqttlab broker -v'

builder/$(WANTED).c:
	@mkdir -p builder && cp $(EXERCISE)/$(WANTED).c $@
	@echo '$@ is yours now; $(EXERCISE)/README.md says what to do'

# Always: another FILE may be older than what was made of the one before.
$(BUILT)/student.o: $(FILE) FORCE
	$(call say,CC)mkdir -p $(@D) && $(CC) $(filter-out -Werror -Wswitch-enum,$(BUILD)) -c -o $@ $<
	$Q$(if $(findstring fsanitize,$(BUILD)),SANITIZED=yes )tools/module-fits $@ $(takes.$(WANTED)) || { rm $@ && exit 1; }

$(OURS)/%.o: %.c $B/flags
	$(call say,CC)mkdir -p $(@D) && $(CC) $(BUILD) \
	    $(foreach f,$(takes.$(WANTED)),-D$f=ours_$f) -MMD -MP -c -o $@ $<

$(OURS)/judge.o: tests/builder/judge.c $B/flags $B/suites_list.h
	$(call say,CC)mkdir -p $(@D) && $(CC) $(BUILD) -I$B -Itests/unit \
	    -D'JUDGED=$(foreach s,$(JUDGED),SUITE($s))' -MMD -MP -c -o $@ $<

$(BUILT)/judge: $(BUILT)/student.o $(REST) $(OURS)/judge.o \
    $(JUDGED:%=$B/tests/unit/test_%.o) $(JUDGE_HELP) $B/libmqttlab.a
	$(call say,LINK)$(CC) $(BUILD) $(LDFLAGS) -o $@ $^ $(CHECK) $(LDLIBS)

$(BUILT)/mqttlab: $(BUILT)/student.o $(REST) $B/main.o $B/libmqttlab.a
	$(call say,LINK)$(CC) $(BUILD) $(LDFLAGS) -o $@ $^ $(LDLIBS)

-include $(REST:.o=.d) $(OURS)/judge.d
endif

shell: all ## your shell; mosquitto_pub and the others are ours in it
	@env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL $B/mqttlab shell $(ARGS) || :

run: all ## start a broker with the dashboard
	@$B/mqttlab

grade: all ## mark the hand-ins in DIR=folder (ARGS='--csv FILE')
	$Q[ -n '$(DIR)' ] || { echo 'say which: make grade DIR=folder'; exit 3; }
	$Q$B/mqttlab grade '$(DIR)' $(ARGS)

bench: all $B/unit-tests ## measure the broker beside mosquitto, and the dashboard
	@$B/mqttlab bench --vs mosquitto --json $B/bench.json
	@$(MAKE) --no-print-directory bench-dashboard

# Each prints what it took and fails when that is more than it may be.
bench-dashboard: export MQTTLAB = $(CURDIR)/$B/mqttlab
bench-dashboard: all $B/unit-tests ## measure captures, filters and the dashboard
	@$(foreach t,capture filter history pace,CAPTURE_FRAMES=1000000 \
	    MQTTLAB_BENCH=1 CK_RUN_SUITE=$t $B/unit-tests &&) true
	@LOAD_SECONDS=10 CK_RUN_SUITE=terminal CK_RUN_CASE=load $B/unit-tests
	@strip -o $B/stripped $B/mqttlab && wc -c <$B/stripped | awk \
	    '{printf "size: the program has %.1f MB; at most 3\n", $$1 / 1e6; \
	    exit $$1 > 3e6}'

# --- testing it --------------------------------------------------------------

# A fork for every test keeps one crash from hiding the others; the sanitizers
# want one process, to see the leaks.
check: export CK_FORK = $(if $(filter asan,$(VARIANT)),no,yes)
# Only what hangs is ended, and not what is slow on a busy machine: 20 seconds for a
# test that asks for no time of its own.
check: export CK_TIMEOUT_MULTIPLIER = 5
check: export MQTTLAB = $(CURDIR)/$B/mqttlab
check: $B/unit-tests $B/mqttlab examples layers cites $(FUZZ:%=$B/replay-%) ## run all tests; T=topic runs one suite
	$Q$(foreach f,$(FUZZ),$B/replay-$f $(wildcard tests/corpus/$f/*) &&) true
	$Q$(if $(T),CK_RUN_SUITE=$(T) )UNIT_LOG=$B/unit.log $B/unit-tests
	$Q$(if $(T)$(MQTTLAB_E2E),,sh tests/wishes.sh $B/unit.log)

# Everything that `check` does, with nothing skipped, by two compilers (the
# sanitizers' build is gcc's), and the linters.  Installs what that takes.
check-all: export MQTTLAB_SKIP_NOTHING = 1
check-all: ## all of it: linters, gcc, clang, sanitizers, all clients
	$Q$(MAKE) --no-print-directory lint
	$Q$(MAKE) --no-print-directory check VARIANT=clang CC=clang
	$Q$(MAKE) --no-print-directory check VARIANT=asan \
	    MQTTLAB_E2E='$(SANITIZED)'

# Scripts that tell the sanitizers something; the others play labs that were
# played, and compare manuals.
SANITIZED := tests/e2e/[1-6]*.sh tests/e2e/7[1-9]*.sh

# The long ones: clang's analyzer, ten minutes of fuzzing for each target, the
# dashboard under load for a minute, the broker killed 200 times, labs with three
# students' values and typed whole, 200 hand-ins graded, every test under valgrind but for those whose
# processes end without tidying up.
nightly: export MQTTLAB_SKIP_NOTHING = 1
nightly: export MQTTLAB = $(CURDIR)/$B/mqttlab
nightly: ## what takes hours: analyzer, fuzzing, load, valgrind
	$Q$(MAKE) --no-print-directory analyze
	$Q$(MAKE) --no-print-directory fuzz FOR=600
	$Q$(MAKE) --no-print-directory all $B/unit-tests
	$QLOAD_SECONDS=60 CK_RUN_SUITE=terminal $B/unit-tests
	$QRANDOM_KEYS_SECONDS=200 $(MAKE) --no-print-directory check \
	    VARIANT=asan T=app
	$QRANDOM_CUTS_SECONDS=300 sh tests/e2e/23-random-cuts.sh
	$QKILL_ROUNDS=200 CK_RUN_SUITE=durable_kill $B/unit-tests
	$Q$B/mqttlab lab test --seeds 3
	$QTYPE_ALL=yes sh tests/e2e/79-typed-labs.sh
	$QTYPE_PANE=yes sh tests/e2e/79-typed-labs.sh
	$Qsh tests/e2e/many_hand_ins.sh
	$QLOSSY_ROUNDS=300 DISSECT_CASES=20000 MQTTLAB_E2E='tests/e2e/6[45]*.sh' \
	    CK_RUN_SUITE=e2e $B/unit-tests
	$Q$(foreach t,$(filter-out e2e durable_kill grade socket terminal,$(SUITES)),CK_FORK=no \
	    CK_RUN_SUITE=$t valgrind -q --error-exitcode=1 --leak-check=full \
	    --errors-for-leak-kinds=definite $B/unit-tests &&) true

asan: ## run all tests with sanitizers: addresses, undefined
	$Q$(MAKE) --no-print-directory check VARIANT=asan

fuzz: ## fuzz every target, FOR=60 seconds each (needs clang)
	$Q$(MAKE) --no-print-directory fuzzing VARIANT=fuzz CC=clang

FOR ?= 60
fuzzing: $(FUZZ:%=$B/fuzz-%)
	$Q$(foreach f,$(FUZZ),mkdir -p $B/corpus/$f tests/corpus/$f && $B/fuzz-$f \
	    -max_total_time=$(FOR) $B/corpus/$f tests/corpus/$f &&) true

# --- keeping it clean --------------------------------------------------------

lint: layers cites headers $(SRC:%=$B/%.tidy) ## run clang-format, clang-tidy and cppcheck
	$Qclang-format --dry-run --Werror $(FORMATTED)
	$Qcppcheck --quiet -j $$(getconf _NPROCESSORS_ONLN) --error-exitcode=1 \
	    --std=c11 --inline-suppr -I. -Ilib --suppress=unknownMacro \
	    --enable=warning,performance,portability $(SRC)
	$Qshellcheck -s sh tools/install-deps tools/statements tools/embed tests/wishes.sh
	$Qshellcheck -S warning -e $(SHELL_OFF) -s sh $(wildcard tests/e2e/*.sh)

# Variables of lib.sh that scripts set or read, set -e after cd, and ulimit's
# options, which every sh we know has.
SHELL_OFF := SC1091,SC2034,SC2154,SC2164,SC3045

# One stamp a file, so that only what changed is looked at again.
$B/%.c.tidy: %.c $B/%.o .clang-tidy
	$(call say,TIDY)clang-tidy --quiet $< -- -std=gnu17 $(CPPFLAGS) \
	    $(shell $(PKG_CONFIG) --cflags $(PKGS)) 2>/dev/null && touch $@

# What takes seconds for each file: paths that only the analyzer follows.
ANALYZER := -*,clang-analyzer-*,-clang-analyzer-unix.Malloc
ANALYZER := $(ANALYZER),-clang-analyzer-security.insecureAPI.Deprecated*
analyze: $(SRC:%=$B/%.paths) ## look for paths that go wrong, with clang's analyzer
$B/%.c.paths: %.c $B/%.o .clang-tidy
	$(call say,PATHS)clang-tidy --quiet --checks='$(ANALYZER)' $< -- \
	    -std=gnu17 $(CPPFLAGS) $(shell $(PKG_CONFIG) --cflags $(PKGS)) \
	    2>/dev/null && touch $@

# No folder includes a folder above it, no two files have one name, and none is
# longer than two ideas.
layers:
	$Q$(foreach d,$(DIRS),! grep -nE '^#include "($(subst \
	    $() ,|,$(filter-out $(notdir $d) $(uses.$(notdir $d)),$(NAMES))))/' /dev/null \
	    $(filter $d/%,$(SRC) $(HDR)) &&) true
	$Q! grep -nE '^#include "(broker|client|certs|inspect)/' $(wildcard lab_panel*)
	$Q! grep -E '^#include "[a-z]+/' main.c | grep -vE '"([a-z]+/commands|$(MAIN_USES))\.h"'
	$Qtwice=$$(printf '%s\n' $(notdir $(SRC)) | sort | uniq -d); \
	    [ -z "$$twice" ] || { echo "two files are named: $$twice"; exit 1; }
	$Qlong=$$(wc -l $(SRC) $(HDR) $(TESTS) | awk '$$1 > 600 && $$2 != "total"'); \
	    [ -z "$$long" ] || { echo "more than 600 lines: $$long"; exit 1; }

# What obeys a normative statement cites its number, and so does the test that
# proves it; tests/spec/statements.txt is the list of them.  What only shows or
# uses packets of others (dissector, screens, clients) may cite them as well, but
# is no proof.
OBEYS  = $(wildcard $(addsuffix /*.[ch],broker lib/base lib/mqtt lib/net) \
         lib/wire/link.[ch])
PROVES = $(wildcard tests/unit/test_broker_*.c tests/unit/test_spec_*.c \
         $(patsubst lib/%.c,tests/unit/test_%.c,$(subst mqtt/,,$(wildcard \
         lib/mqtt/*.c))) tests/unit/test_link.c tests/unit/test_transport.c \
         tests/unit/test_message.c tests/unit/test_outgoing_queue.c \
         tests/unit/test_subscription_*.c tests/e2e/*.py tests/e2e/*.sh) \
         $(filter-out %/dissect.txt,$(wildcard tests/packets/*.txt))
CITES  = tests/spec/statements.txt -- $(OBEYS) -- $(PROVES) -- \
         $(filter-out $(OBEYS) $(PROVES),$(SRC) $(HDR) $(TESTS) \
         $(wildcard tests/unit/*.h tests/fuzz/*.c tests/e2e/* tests/packets/*))
statements: ## print where each normative statement is obeyed, tested
	$Qtools/statements $(CITES)

cites:
	$Qtools/statements -q $(CITES)

# Every header compiles alone, so it names all that it needs.
headers: $(HDR:%=$B/%.ok)
$B/%.h.ok: %.h $B/flags
	$(call say,HDR)mkdir -p $(@D) && $(CC) $(BUILD) -fsyntax-only -x c $<
	@touch $@

screenshots: all ## make the pictures of README.md
	TZ=UTC $B/mqttlab screen --utf8 --svg -s 120x40 -n 7 docs/hello.pcapng \
	    >docs/dashboard.svg

# Between two comments of the manual page stand the dashboard's keys.
manual: all ## write the dashboard's keys into docs/mqttlab.1
	$B/mqttlab keys --roff >$B/keys.roff
	sed -i.orig -e '/^\.\\" mqttlab keys/,/^\.\\" end of keys/{//!d;}' \
	    -e '/^\.\\" mqttlab keys/r $B/keys.roff' docs/mqttlab.1
	rm -f docs/mqttlab.1.orig

format: ## reformat the sources in place
	$Qclang-format -i $(FORMATTED)

# --- shipping it -------------------------------------------------------------

SHARE  = $(DESTDIR)$(PREFIX)/share/mqttlab
MAN    = $(DESTDIR)$(PREFIX)/share/man
INCLUDE = $(DESTDIR)$(PREFIX)/include/mqttlab
DOC    = $(DESTDIR)$(PREFIX)/share/doc/mqttlab
LABS   = $(filter-out %.solution.md $(addprefix %/solution.,md py js) %.c %.h,$(wildcard \
         labs/*.md exercises/[0-9]*/*))
MANUAL = CHANGELOG.md LICENSE docs/class-board.md docs/filter.md docs/grading.md docs/labs.md docs/plugins.md docs/wireshark.md

install: all ## install under PREFIX=/usr/local, without solutions
	install -d $(DESTDIR)$(PREFIX)/bin $(MAN)/man1 $(MAN)/man5 $(DOC) \
	    $(addprefix $(SHARE)/,$(sort $(dir $(LABS))))
	install -m 755 $B/mqttlab $(DESTDIR)$(PREFIX)/bin/mqttlab
	install -m 644 docs/mqttlab.1 docs/mqttlab-pub.1 \
	    docs/mqttlab-certs.1 $(MAN)/man1/
	for name in sub request; do echo '.so man1/mqttlab-pub.1' \
	    >$(MAN)/man1/mqttlab-$$name.1; done
	install -m 644 docs/mqttlab.conf.5 $(MAN)/man5/
	install -m 644 $(MANUAL) $(EXAMPLES) $(DOC)/
	install -d $(INCLUDE)
	install -m 644 broker/plugin.h $(INCLUDE)/
	@echo 'the labs and exercises to $(SHARE)'
	$Q$(foreach f,$(LABS),install -m 644 $f $(SHARE)/$f &&) true
	$Q$(foreach f,$(filter %.md,$(LABS)),$(SEAL) $f >$(SHARE)/$f &&) true

uninstall: ## take away what install brought
	rm -f $(DESTDIR)$(PREFIX)/bin/mqttlab $(MAN)/man1/mqttlab.1 \
	    $(addprefix $(MAN)/man1/mqttlab-,pub.1 sub.1 request.1 certs.1) \
	    $(MAN)/man5/mqttlab.conf.5
	rm -rf $(SHARE) $(DOC) $(INCLUDE)

# What students get is the last commit but for the solutions, which
# .gitattributes keeps out of every archive; a copy of the repository can be
# told otherwise.
ARCHIVE = mqttlab-$(VERSION)
PACKED  = build/dist
SEAL    = $B/mqttlab lab seal
dist: $(if $(filter file,$(origin SEAL)),all) ## pack the last commit, without solutions, answers hashed
	rm -rf $(PACKED) && mkdir -p $(PACKED)
	git archive --prefix=$(ARCHIVE)/ HEAD | tar xf - -C $(PACKED)
	for f in $(PACKED)/$(ARCHIVE)/labs/*.md $(PACKED)/$(ARCHIVE)/exercises/*/*.md; do \
	    $(SEAL) $$f >$(PACKED)/sealed && \
	    cat $(PACKED)/sealed >$$f || exit 1; done
	tar czf $(ARCHIVE).tar.gz -C $(PACKED) $(ARCHIVE)
	rm -rf $(PACKED)

dist-lecturer: ## pack the last commit, with solutions
	rm -rf build/dist.git && mkdir -p build
	git clone -q --bare --shared . build/dist.git
	mkdir -p build/dist.git/info
	echo '* -export-ignore' >build/dist.git/info/attributes
	git --git-dir=build/dist.git archive --format=tar.gz --prefix=$(ARCHIVE)/ \
	    -o $(ARCHIVE)-lecturer.tar.gz HEAD
	rm -rf build/dist.git

clean: ## remove everything that was built
	rm -rf build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / \
	    {printf "  make %-15s %s\n", $$1, $$2}' Makefile

.PHONY: all analyze builder $(WANTED:%=builder-%) examples nightly deps shell run grade bench bench-dashboard check check-all asan fuzz fuzzing lint layers statements cites headers \
        manual screenshots format install uninstall dist dist-lecturer clean help FORCE
