"""Who may include whom: layers.txt and the rules that it states. Used by tools/lint.py."""

import re
from fnmatch import fnmatch
from pathlib import PurePosixPath

STANDARD = frozenset("""
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits
clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint
cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem format forward_list fstream
functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore
set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view strstream
syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray
variant vector version
""".split())

POSIX = re.compile(
    r"(arpa|net|netinet|sys|linux|asm)/\w+\.h|(aio|cpuid|cxxabi|dirent|dlfcn|endian|errno|execinfo|fcntl|fnmatch|ftw"
    r"|getopt|glob|grp|langinfo|libgen|limits|locale|malloc|math|netdb|poll|pthread|pwd|sched|semaphore|signal|spawn"
    r"|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|strings|syslog|termios|time|ucontext|unistd|utime|wchar"
    r"|wordexp|immintrin|x86intrin|nmmintrin|wmmintrin|xmmintrin|emmintrin|arm_neon|arm_acle|arm_sve)\.h"
    r"|sanitizer/\w+\.h")


def in_folder(path, folder):
    return path == folder or path.startswith(folder + "/")


class Layers:
    """layers.txt: level of each folder, client folders, passes, pipelines, homes of third-party headers."""

    def __init__(self):
        self.levels = {}
        self.clients = set()
        self.passes = {}
        self.pipelines = []
        self.homes = []

    @staticmethod
    def read(path, report):
        layers = Layers()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            words = line.split("#")[0].split()
            if words and not layers.add(words[0], words[1:]):
                report(path.name, number, "layers", f"cannot read \"{line.strip()}\"", "see the forms at the top of the file")
        return layers

    def add(self, kind, rest):
        if not rest:
            return False
        if kind.isdigit() and len(rest) == 1:
            self.levels[rest[0]] = int(kind)
        elif kind == "client" and len(rest) == 1:
            self.clients.add(rest[0])
        elif kind == "pass":
            self.passes[rest[0]] = rest[1:]
        elif kind == "pipeline" and len(rest) == 1:
            self.pipelines.append(rest[0])
        elif kind == "home":
            folders = [word for word in rest if re.match(r"(src/|python$|python/|tests$|tests/|bench$|tools$)", word)]
            self.homes.append(([word for word in rest if word not in folders], folders))
        else:
            return False
        return True

    def folder_of(self, path):
        """The layer or client folder that `path` lies in, or None."""
        return next((f for f in [*self.levels, *self.clients] if in_folder(path, f)), None)

    def pass_of(self, path):
        return next((f for f in self.passes if in_folder(path, f)), None)

    def is_pipeline(self, path):
        return any(fnmatch(path, pattern) for pattern in self.pipelines)

    def home_of(self, include):
        """(prefixes, folders) of a third-party header, or None when nobody owns it."""
        return next((home for home in self.homes if any(include.startswith(prefix) for prefix in home[0])), None)


class PathRules:
    """Applies the layers to single include lines."""

    def __init__(self, layers, files, report):
        self.layers = layers
        self.files = files
        self.report = report
        for name in sorted(files):
            if name.endswith((".h", ".cc")) and name.startswith("src/"):
                self.check_place(name)

    def check_place(self, name):
        if not self.layers.folder_of(name):
            self.report(name, 1, "layer", "its folder is in no layer", "add the folder to layers.txt and ARCHITECTURE.md")
        elif name.count("/") > 3:
            self.report(name, 1, "depth", "more than one level of folders below a layer", "move it up")

    def resolve(self, name, include, quoted):
        """Path of the project's file that an include line names, or None for a header from elsewhere."""
        if include.startswith("rem/"):
            return f"include/{include}"
        if not quoted:
            return None
        beside = str(PurePosixPath(name).parent / include)
        tried = [f"src/{include}", f"tests/{include}", f"python/{include}", f"bench/{include}", beside]
        return next((path for path in tried if path in self.files), None)

    def check_project_include(self, name, line, include, target):
        if target.startswith("include/"):
            if target not in self.files:
                self.report(name, line, "include", f"<{include}> does not exist", "see include/rem for the public headers")
            return
        if in_folder(name, "include"):
            self.report(name, line, "layer", f"public header includes {target}", "include/rem knows nothing of src")
            return
        if name.startswith("src/") and target != f"src/{include}":
            self.report(name, line, "include", f"\"{include}\" is not a path from src/",
                        f"write \"{target.removeprefix('src/')}\"")
            return
        source, owner = self.layers.folder_of(name), self.layers.folder_of(target)
        if source is None or source == owner:
            self.check_pass(name, line, target)
            return
        if source in self.layers.clients:
            self.report(name, line, "layer", f"client {source} includes {target}", "clients include only <rem/...>")
        elif owner in self.layers.clients or owner is None:
            self.report(name, line, "layer", f"{source} includes {target}, which is outside the layers", "move what it needs down")
        elif self.layers.levels[owner] >= self.layers.levels[source]:
            self.report(name, line, "layer",
                        f"{source} (level {self.layers.levels[source]}) includes {target} (level {self.layers.levels[owner]})",
                        "include lower levels only; pass the narrow thing down instead")

    def check_pass(self, name, line, target):
        layers = self.layers
        own, other = layers.pass_of(name), layers.pass_of(target)
        if not name.startswith("src/") or own == other or layers.is_pipeline(name):
            return
        if own is None:
            if other and layers.passes[other]:
                self.report(name, line, "pass", f"includes {target}, but only the pipeline names the passes",
                            "move the code into the pass or the pipeline")
            return
        allowed = layers.passes[own]
        if layers.is_pipeline(target) or (other and not any(
                fnmatch(target, word) if word.endswith(".h") else in_folder(target, word) for word in allowed)):
            self.report(name, line, "pass", f"{own} includes {target}", f"it may include {', '.join(allowed) or 'no sister folder'}")

    def check_foreign_include(self, name, line, include, quoted, header):
        if include in STANDARD or (POSIX.fullmatch(include) and not quoted):
            return
        home = self.layers.home_of(include)
        if home is None and quoted:
            self.report(name, line, "include", f"\"{include}\" does not exist", "write the full path from src/")
        elif home is None:
            self.report(name, line, "unowned", f"third-party header <{include}>",
                        "give it a home in layers.txt and ARCHITECTURE.md, or do without")
        elif not home[1]:
            if header:
                self.report(name, line, "home", f"<{include}> in a header", "include it in .cc files only")
        elif not any(in_folder(name, f) or in_folder(name, f.replace("src/", "tests/", 1)) for f in home[1]):
            self.report(name, line, "home", f"<{include}> outside {', '.join(home[1])}", "use the home folder's interface")
