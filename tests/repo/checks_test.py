"""Each check finds what it is there for, in a tree that is right but for one file."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import checks

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]

GOOD = {
    "tests/repo/layers.txt": "# level | layer | may include | third-party\n"
                             "L0 | base | | \nL1 | json | base | simdjson.h\n"
                             "L1 | sse | base | \nL3 | net | base | uv.h\n",
    "src/base/CMakeLists.txt": "weir_layer(base)\n",
    "src/json/CMakeLists.txt": "weir_layer(json USES base LINKS simdjson::simdjson)\n",
    "src/sse/CMakeLists.txt": "weir_layer(sse USES base)\n",
    "src/net/CMakeLists.txt": "weir_layer(net USES base LINKS uv)\n",
    "include/weir/base/a.h": "#pragma once\n#include <chrono>\n#include <string>\n",
    "include/weir/json/b.h": '#pragma once\n#include "weir/base/a.h"\n',
    "src/json/b.cpp": '#include "weir/json/b.h"\n\n#include <simdjson.h>\n\n#include "json/c.h"\n'
                      "// steady_clock and now() may be spoken of\n",
    "src/json/c.h": "#pragma once\n",
    "src/net/d.cpp": "#include <sys/socket.h>\n#include <uv.h>\n\n#include <thread>\n",
    "tests/json/b_test.cpp": '#include "weir/json/b.h"\n',
    "README.md": "[code](src/json/b.cpp#L1) [web](https://example.org/x) `[not](a-link)`\n",
    "run": "#!/usr/bin/env bash\necho ok\n",
    ".clang-format": "BasedOnStyle: Google\nColumnLimit: 100\n",
}

# check, the file that is wrong, its text, and what the finding has to say
BAD = [
    ("layers", "src/sse/x.cpp", '#include "weir/json/b.h"\n', "sse may not include json"),
    ("layers", "src/base/x.cpp", '#include "json/c.h"\n', "base may not include json"),
    ("layers", "include/weir/json/x.h", '#include "json/c.h"\n', "public header includes the private"),
    ("layers", "src/net/x.cpp", '#include "d.h"\n', "does not name a layer"),
    ("layers", "src/net/x.cpp", "#include <simdjson.h>\n", "net may not include <simdjson.h>"),
    ("layers", "src/net/x.h", "#include <boost/asio.hpp>\n", "net may not include <boost/asio.hpp>"),
    ("layers", "include/weir/json/x.h", "#include <simdjson.h>\n", "in a header of a pure layer"),
    ("layers", "src/json/x.h", "#include <simdjson.h>\n", "in a header of a pure layer"),
    ("layers", "src/json/x.cpp", "#include <thread>\n", "json is pure, <thread> is not"),
    ("layers", "src/json/x.cpp", "#include <mutex>\n", "json is pure, <mutex> is not"),
    ("layers", "src/json/x.cpp", "#include <random>\n", "json is pure, <random> is not"),
    ("layers", "src/json/x.cpp", "#include <fstream>\n", "json is pure, <fstream> is not"),
    ("layers", "src/json/x.cpp", "#include <iostream>\n", "json is pure, <iostream> is not"),
    ("layers", "src/json/x.cpp", "#include <sys/socket.h>\n", "json is pure, <sys/socket.h> is not"),
    ("layers", "src/json/x.cpp", "auto t = std::chrono::steady_clock::now();\n", "steady_clock"),
    ("layers", "src/json/x.cpp", "auto t = clock_type::now();\n", "json is pure, now() is not"),
    ("layers", "src/json/x.cpp", "char q = '\"'; std::random_device r; char p = '\"';\n", "random_device"),
    ("layers", "src/json/CMakeLists.txt", "weir_layer(json USES base sse)\n", "only the target uses sse"),
    ("layers", "src/json/CMakeLists.txt", "weir_layer(json)\n", "only layers.txt allows base"),
    ("layers", "src/extra/CMakeLists.txt", "weir_layer(extra)\n", "not a layer of layers.txt"),
    ("layers", "tests/repo/layers.txt", "L0|base||\nL1|json|base|simdjson.h\nL1|sse|base json|\nL3|net|base|uv.h\n",
     "sse (L1) may not use json (L1)"),
    ("format", "src/json/x.cpp", "int  f( );\n", "x.cpp: not formatted"),
    ("format", "tests/json/x_test.cpp", "int  f( );\n", "x_test.cpp: not formatted"),
    ("size", "src/json/x.cpp", "\n" * 601, "601 lines, at most 600"),
    ("marks", "src/json/x.cpp", "// FIX" + "ME\n", "x.cpp:1"),
    ("marks", "cmake/x.cmake", "\n# XX" + "X\n", "x.cmake:2"),
    ("marks", "docs/x.md", "TO" + "DO: write this\n", "x.md:1"),
    ("marks", "test", "#!/usr/bin/env bash\n# TO" + "DO later\n", "test:2"),
    ("headers", "include/weir/json/x.h", "int f();\n", "does not begin with #pragma once"),
    ("links", "docs/x.md", "[gone](gone.md)\n", "docs/x.md: gone.md does not exist"),
    ("links", "docs/x.md", "[a]: ../gone.md\n", "../gone.md does not exist"),
    ("shell", "scripts/x.sh", "if true; then\n", "x.sh"),
    ("shell", "test", "#!/usr/bin/env bash\nif true; then\n", "test"),
]


class Tree:
    """The good tree in a temporary folder, with some files replaced or added."""

    def __init__(self, changes):
        self.files = {**GOOD, **changes}

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(self.folder.name)
        for name, text in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            if text.startswith("#!"):
                path.chmod(0o755)
        return root

    def __exit__(self, *_):
        self.folder.cleanup()


class Checks(unittest.TestCase):
    def test_a_good_tree_has_no_findings(self):
        with Tree({}) as root:
            for name, check in checks.CHECKS.items():
                if name != "tidy":
                    self.assertEqual([], check(root), name)

    def test_each_bad_file_is_found(self):
        for name, path, text, want in BAD:
            with self.subTest(check=name, file=path, text=text[:60]), Tree({path: text}) as root:
                found = checks.CHECKS[name](root)
                self.assertTrue(any(want in f for f in found), f"{want!r} not in {found}")

    def test_a_note_with_its_condition_may_stand(self):
        with Tree({"src/json/x.cpp": "// TO" + "DO(when g++ 13 is the oldest): use <format>\n"}) as root:
            self.assertEqual([], checks.marks(root))

    def test_a_script_has_to_be_executable(self):
        with Tree({}) as root:
            (root / "run").chmod(0o644)
            self.assertIn("not executable", checks.shell(root)[0])

    @unittest.skipUnless(shutil.which("clang-tidy-14"), "clang-tidy-14 is not installed")
    def test_tidy_reports_what_clang_tidy_says(self):
        with Tree({".clang-tidy": "Checks: '-*,modernize-use-nullptr'\nWarningsAsErrors: '*'\n",
                   "src/json/x.cpp": "int* p = 0;\n"}) as root:
            source = root / "src/json/x.cpp"
            (root / "compile_commands.json").write_text(
                f'[{{"directory":"{root}","file":"{source}","command":"clang++ -c {source}"}}]')
            self.assertIn("use nullptr", " ".join(checks.tidy(root.resolve(), root)))
            source.write_text("int* p = nullptr;\n")
            self.assertEqual([], checks.tidy(root.resolve(), root))


class HeaderCheck(unittest.TestCase):
    """cmake/weir_header_check.cmake: the build fails on a header that leans on its includer."""

    def build(self, header):
        with Tree({"include/weir/x/h.h": header, "CMakeLists.txt":
                   "cmake_minimum_required(VERSION 3.25)\nproject(x CXX)\n"
                   f'include("{ROOT}/cmake/weir_header_check.cmake")\n'
                   "add_library(lib INTERFACE)\n"
                   "weir_header_check(h lib ${CMAKE_SOURCE_DIR}/include weir/x/h.h)\n"}) as root:
            out = root / "out"
            made = subprocess.run(["cmake", "-G", "Ninja", "-S", root, "-B", out], capture_output=True)
            self.assertEqual(0, made.returncode, made.stderr)
            return subprocess.run(["cmake", "--build", out], capture_output=True, text=True)

    def test_a_header_that_stands_alone_builds(self):
        self.assertEqual(0, self.build("#pragma once\n#include <string>\nstd::string f();\n").returncode)

    def test_a_header_without_its_includes_does_not(self):
        result = self.build("#pragma once\nstd::string f();\n")
        self.assertNotEqual(0, result.returncode)
        self.assertTrue(re.search(r"h\.h:2:.*error", result.stdout), result.stdout)


class Packages(unittest.TestCase):
    """scripts/install-packages, with everything it would change taken away."""

    def install(self, packages, *sections):
        with tempfile.TemporaryDirectory() as folder:
            listing = pathlib.Path(folder) / "packages.txt"
            listing.write_text(packages)
            for name in ("apt-get", "sudo"):  # never the real ones
                tool = pathlib.Path(folder) / name
                tool.write_text('#!/bin/sh\n[ "$1" != env ] || { shift 2; exec "$@"; }\n'
                                'echo apt-get "$@"\n')
                tool.chmod(0o755)
            return subprocess.run(
                [ROOT / "scripts/install-packages", *sections], capture_output=True, text=True,
                env={"PATH": f"{folder}:/usr/bin:/bin", "WEIR_PACKAGE_LIST": str(listing)})

    @unittest.skipUnless(shutil.which("dpkg-query"), "not Debian")
    def test_only_what_is_missing_is_installed(self):
        listing = "[build]\nbash\n# a remark\nno-such-package-1\n[test]\nno-such-package-2\n"
        result = self.install(listing, "build")
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertIn("no-such-package-1", result.stdout)
        self.assertNotIn("bash", result.stdout)
        self.assertNotIn("no-such-package-2", result.stdout)
        self.assertIn("no-such-package-2", self.install(listing, "build", "test").stdout)

    @unittest.skipUnless(shutil.which("dpkg-query"), "not Debian")
    def test_nothing_is_done_when_nothing_is_missing(self):
        result = self.install("[build]\nbash\n", "build")
        self.assertEqual((0, "", ""), (result.returncode, result.stdout, result.stderr))

    def test_an_unknown_section_is_an_error(self):
        self.assertEqual(2, self.install("[build]\nbash\n", "biuld").returncode)


if __name__ == "__main__":
    unittest.main()
