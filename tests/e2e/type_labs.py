"""Type the commands of a lab as a student does who copies them from the screen.

    type_labs.py MQTTLAB LAB.md [--all] [--until STEP] [--pane]

The lab runs in one terminal (mqttlab lab --plain), and what it shows behind "$" is
typed, line by line, into shells that `mqttlab shell` has opened in others: a broker and
each listener have one of their own. What the text asks for in words (a key, a pause)
stands in WORDS; commands within its sentences that only look are typed behind. Then
every check that no answer decides must have passed, and no command may have failed as
only a wrongly written one does. Demonstrations and benchmarks are left out without
--all. --until leaves a lab at a step, with its files. With --pane the lab is open in the
dashboard, and what ends by itself is typed into the shell that is a view of it.

Ports and folders come from the environment, as for every end-to-end script.
"""
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time

PROMPT = re.compile(r"READY:(\d+)>> ")
# What a shell or a program says of a command that is written wrongly.
MISTAKE = re.compile(
    r"command not found|No such file|[Uu]nknown option|[Uu]nrecogni[sz]ed"
    r"|^Usage:|syntax error|is no command|too many arguments|needs a",
    re.M)
PACE = float(os.environ.get("TYPE_PACE", "1"))

# Behind the N-th command of a step (0: in front of the first): keys for the terminal
# that the command was typed in, or for another one; or seconds to wait.
WORDS = {
    "01-plaintext": {
        "topics": {2: [("C", "testSub")]},
        "spy": {0: [("C", "tempSub")]},
        "ping": {1: [7, "C"]},
    },
    "03-client-id": {
        "twins": {2: [4, ("C", "{}door"), "C"]},
    },
    "05-client-certificates": {
        "revoke": {0: [("C", "panel")]},
    },
    "07-qos": {
        "lower": {0: [("C", "dash")]},
        "away": {1: ["C"]},
        "cut": {1: ["Z"]},
    },
    "08-last-will": {
        "bye": {1: ["C"]},
        "crash": {1: ["\\"]},
        "silence": {1: ["Z", 9]},
        "presence": {2: ["\\"]},
        "delay": {1: ["\\"], 2: [1, "C"]},
    },
    "12-psk": {
        "stolen": {8: [3]},
    },
    "17-limits": {
        "full": {0: [("C", "ear")]},
    },
}


class Terminal:
    """A pseudo terminal of 80 columns with a program in it."""

    def __init__(self, *argv):
        self.text = ""
        self.at = 0  # what is behind this was not looked at
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # What a script starts with "&" ignores them, and so would all below.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGQUIT, signal.SIG_DFL)
            os.environ.update(COLUMNS="80", LINES="60", TERM="dumb")
            os.execv(argv[0], argv)
        os.set_inheritable(self.fd, False)  # or the next one keeps it open

    def read(self, seconds):
        """Take what comes until nothing has come for so long."""
        while select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return
            if not data:
                return
            self.text += data.decode(errors="replace").replace("\r", "")

    def wait(self, pattern, seconds):
        """The match of pattern behind what was looked at; None in vain."""
        end = time.monotonic() + seconds * PACE
        while True:
            self.read(0.02)
            match = re.compile(pattern).search(self.text, self.at)
            if match:
                self.at = match.end()
                return match
            if time.monotonic() > end:
                return None

    def send(self, text):
        os.write(self.fd, text.encode())

    def key(self, letter):
        self.send(chr(ord(letter) & 31))

    def close(self):
        """Hang up, and be there until the program has ended: it still writes."""
        os.close(self.fd)
        end = time.monotonic() + 20 * PACE
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.02)


class Pane:
    """The shell within the dashboard, which runs in tmux; looks like a Terminal."""

    def __init__(self, program, lab):
        self.at = 0
        self.socket = os.path.join(os.environ["HOME"], "tmux")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "50",
                  program, "lab", lab, "--id", "typist", "-p",
                  os.environ["MQTTLAB_PORT"])
        self.sees("Lab ", 20)
        self.keys("0", "z", "Enter")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], check=True,
                              stdout=subprocess.PIPE).stdout.decode()

    def keys(self, *names):
        for name in names:
            self.tmux("send-keys", name)
            time.sleep(0.3 * PACE)

    @property
    def text(self):
        """The lines of the shell: three are above, two below."""
        lines = self.tmux("capture-pane", "-p").split("\n")[3:48]
        return "\n".join(line.rstrip() for line in lines).strip()

    def sees(self, words, seconds):
        end = time.monotonic() + seconds * PACE
        while words not in self.tmux("capture-pane", "-p"):
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def wait(self, pattern, seconds):
        """Until a line is a prompt with nothing behind it."""
        end = time.monotonic() + seconds * PACE
        while time.monotonic() < end:
            match = re.search(pattern.pattern.rstrip() + r"$", self.text, re.M)
            if match:
                return match
            time.sleep(0.05)
        return None

    def read(self, _seconds):
        """On an empty screen everything that comes is new."""
        self.tmux("send-keys", "C-l")
        time.sleep(0.2 * PACE)

    def send(self, text):
        for line in text.split("\n")[:-1]:
            self.tmux("send-keys", "-l", line)
            self.tmux("send-keys", "Enter")
        time.sleep(0.2 * PACE)

    def key(self, letter):
        self.tmux("send-keys", "C-" + letter.lower())

    def next_step(self):
        self.keys("C-]", "7", "n", "0", "Enter")

    def close(self):
        self.keys("C-]", "q", "y")
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], check=False)


def listener_of(command):
    """The Client Identifier of a command that goes on until it is stopped."""
    if command.startswith("mqttlab attach"):
        return "attach"
    if not command.startswith("mosquitto_sub") or command.endswith("&"):
        return None
    if re.search(r" -(C|W|E)( |$)", command):
        return None
    match = re.search(r" -i (\S+)", command)
    return match.group(1) if match else "listener"


class Student:
    def __init__(self, program, lab):
        self.program = program
        self.lab = lab
        self.pane = None
        self.words = WORDS.get(os.path.basename(lab)[:-3], {})
        self.shells = {}
        self.busy = set()
        self.faults = []
        self.typed = 0
        self.screen = Terminal(program, "lab", lab, "--plain", "--id", "typist",
                               "-p", os.environ["MQTTLAB_PORT"])

    # ---- terminals ----

    def shell(self, name):
        if name not in self.shells:
            shell = Terminal(self.program, "shell")
            if not shell.wait(PROMPT, 20):
                self.faults.append(f"mqttlab shell: {shell.text}")
            if "No lab is open" in shell.text:
                self.faults.append("the shell knows of no open lab")
            self.shells[name] = shell
        return self.shells[name]

    def press(self, letter, name):
        """A key, and the prompt is back."""
        if name in self.busy:
            self.shells[name].key(letter)
            self.shells[name].wait(PROMPT, 10)
            self.busy.discard(name)

    def stay(self, name, command):
        """Start what goes on until it is stopped."""
        self.press("C", name)
        shell = self.shell(name)
        start = len(shell.text)
        shell.send(command + "\n")
        self.busy.add(name)
        if name == "broker":
            shell.wait(r" running\n", 15)
            subprocess.run([self.program, "lab", "wait", "broker"], check=False)
        else:
            time.sleep(0.8 * PACE)
        if command.startswith("mosquitto_sub"):
            subprocess.run([self.program, "lab", "wait",
                            'lab.event == "subscription.granted" && '
                            f'lab.client == "{name.split()[0]}"', "5"], check=False)
        shell.read(0)
        self.look(command, shell.text[start:])

    def run(self, name, command):
        shell = self.shell(name)
        shell.read(0)
        start = 0 if isinstance(shell, Pane) else len(shell.text)
        shell.at = start
        shell.send(command + "\n")
        if not shell.wait(PROMPT, 60):
            self.faults.append(f"{command}: it does not end")
            shell.key("C")
            shell.wait(PROMPT, 10)
        self.look(command, shell.text[start:])

    def look(self, command, said):
        if os.environ.get("TYPE_SHOW"):
            print(f"--- {command}\n{said}")
        match = MISTAKE.search(said)
        if match:
            line = said[:match.end()].rsplit("\n", 1)[-1]
            rest = said[match.end():].split("\n", 1)[0]
            self.faults.append(f"{command}: {line}{rest}")

    # ---- a command, and what the text says of it ----

    def type(self, command):
        """Returns the name of the terminal that it was typed in."""
        self.typed += 1
        name = listener_of(command)
        if re.match(r"mosquitto -c", command):
            self.stay("broker", command)
            return "broker"
        if name:
            if name in self.busy and self.again == command:
                name += " too"  # the same in another terminal
            self.stay(name, command)
            self.again = command
            return name
        name = self.stopped if command.startswith("kill -9 %") else "cmd"
        self.run(name or "cmd", command)
        return name

    def heed(self, words, name):
        for word in words:
            if isinstance(word, (int, float)):
                time.sleep(word * max(1, PACE / 2))
            elif isinstance(word, tuple):
                for busy in list(self.busy):
                    if busy.endswith(word[1].replace("{}", "")):
                        self.press(word[0], busy)
            else:
                self.press(word, name)
                self.stopped = name

    def do_step(self, step, commands, quick):
        words = self.words.get(step, {})
        self.stopped = self.again = None
        self.heed(words.get(0, []), None)
        for i, command in enumerate(commands):
            if quick and re.match("mqttlab (play|bench)", command):
                continue
            self.heed(words.get(i + 1, []), self.type(command))

    # ---- the lab's own screen ----

    def read_page(self, until):
        """What stands on the screen up to this, as commands to type."""
        start = self.screen.at
        if not self.screen.wait(until, 20):
            self.faults.append(f"the lab does not say '{until}'")
        commands = []
        for line in self.screen.text[start:self.screen.at].split("\n"):
            if line.startswith("  $ "):
                commands.append(line[4:])
            elif commands and commands[-1].endswith("\\"):
                commands[-1] += "\n" + line
        return commands

    def begin(self):
        """Behind the introduction; returns what is to be typed before."""
        commands = self.read_page("Enter goes on")
        self.screen.send("\n")
        self.screen.wait(r"Step 1 of \d+", 10)
        return commands

    def read_step(self):
        return self.read_page(r"\n\(n next step|\nQuestion q\d+: |\n\[.\] ")

    def next_step(self):
        if self.pane:
            self.pane.next_step()
            return
        self.screen.read(0)
        self.screen.at = len(self.screen.text)
        self.screen.send("n\n")
        self.screen.wait(r"Step \d+ of \d+", 10)

    def leave(self):
        self.screen.send("q\n")
        if not self.screen.wait("points so far", 20):
            self.faults.append("the lab does not end:" + self.screen.text[-300:])
        self.screen.close()

    def open_pane(self):
        """The lab begins anew, in the dashboard."""
        self.leave()
        shutil.rmtree(os.path.join(os.environ["XDG_DATA_HOME"], "mqttlab"))
        self.pane = self.shells["cmd"] = Pane(self.program, self.lab)

    def bye(self):
        time.sleep(0.5 * PACE)
        if self.pane:
            self.pane.close()
        else:
            self.leave()
        for name in list(self.busy):
            self.press("C", name)
        for shell in self.shells.values():
            if shell is not self.pane:
                shell.close()


def asides_of(text):
    """Commands within sentences and hints that only look at something."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    words = [" ".join(code.split()) for code in re.findall("`([^`]+)`", prose)]
    return [w for w in words if not re.search("{{|--help", w) and re.match(
        r"(mqttlab (certs|inspect)|mqttlab attach --plain|cat|tail|ls|openssl) ", w)]


def steps_of(lab):
    """Each step's id, its checks that no answer decides, and its asides."""
    steps = []
    for part in re.split(r"<!-- step ", open(lab, encoding="utf-8").read())[1:]:
        checks = re.findall(r"^```check\n(.*?)^```", part, re.M | re.S)
        lines = [c.split() for c in "".join(checks).splitlines() if c.strip()]
        steps.append((re.match(r"\S+", part).group(),
                      [c[0] for c in lines if c[2] != "answer"], asides_of(part)))
    return steps


def marks(program, lab, work):
    """What a grader says of the hand-in: results by step and check."""
    subprocess.run([program, "submit", os.path.basename(lab)[:-3]], cwd=work,
                   check=True, stdout=subprocess.DEVNULL)
    files = [f for f in os.listdir(work) if f.endswith(".mqlab")]
    out = subprocess.run([program, "grade", os.path.join(work, files[0]), "--json",
                          "-"], stdout=subprocess.PIPE, check=False).stdout
    text = out.decode()
    report = json.loads(text[text.index("["):] if text.lstrip()[0] != "{" else text)
    handins = report if isinstance(report, list) else report["hand_ins"]
    return {(c["step"], c["name"]): c for c in handins[0]["checks"]}


def main():
    program, lab = sys.argv[1:3]
    quick = "--all" not in sys.argv
    until = sys.argv[sys.argv.index("--until") + 1] if "--until" in sys.argv else None
    work = os.environ["HOME"]
    with open(os.path.join(work, ".bashrc"), "w", encoding="utf-8") as file:
        file.write("PS1='READY:$?>> '\nPS2=\nbind 'set enable-bracketed-paste off'\n")
    os.environ["SHELL"] = "/bin/bash"

    student = Student(program, lab)
    steps = steps_of(lab)
    for step in student.words:
        assert step in [s[0] for s in steps], step
    intro = student.begin()
    pages = []
    if "--pane" in sys.argv:
        for i in range(len(steps)):
            pages.append(student.read_step())
            if i + 1 < len(steps):
                student.next_step()
        student.open_pane()
    student.do_step("intro", intro, quick)
    for i, (step, _, asides) in enumerate(steps):
        commands = pages[i] if pages else student.read_step()
        if step == until:
            break
        student.do_step(step, commands, quick)
        for aside in asides:
            student.type(aside)
        if i + 1 < len(steps):
            student.next_step()
    student.bye()
    faults = student.faults
    if not until:
        results = marks(program, lab, work)
        for step, checks, _ in steps:
            for check in checks:
                found = results.get((step, check)) or {}
                if not found.get("passed"):
                    faults.append(f"{step}.{check}: {found.get('cause')}")
    if os.environ.get("TYPE_SHOW"):
        print(student.screen.text[-1500:])
    for fault in faults:
        print(f"{lab}: {fault}")
    print(f"{lab}: {student.typed} commands typed, {len(faults)} faults")
    sys.exit(bool(faults))


main()
