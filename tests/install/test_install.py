"""Installs into a scratch prefix and uses what is there: the program, the library by CMake and by
pkg-config, every header, and the project of docs/library.md."""

import os
import pathlib
import re
import shlex
import shutil
import tempfile
import unittest

import programs
from programs import BUILD, SOURCE, run

CMAKE, CXX, VERSION = os.environ["CMAKE"], os.environ["CXX"], os.environ["WEIR_VERSION"]


def blocks(document, language):
    """The fenced blocks of this language in a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", document, flags=re.S | re.M)


class Installed(programs.Examples, unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="weir-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)
        cls.prefix = cls.scratch / "prefix"
        cls.must([CMAKE, "--install", BUILD, "--prefix", cls.prefix])
        cls.folder = cls.scratch / "examples"
        cls.build_project(SOURCE / "examples", cls.folder)

    @staticmethod
    def must(command):
        done = run(command)
        if done.returncode:
            raise AssertionError(f"{command}\n{done.stdout.decode()}\n{done.stderr.decode()}")
        return done.stdout.decode()

    @classmethod
    def configure(cls, source, build):
        return run([CMAKE, "-G", "Ninja", "-S", source, "-B", build,
                    f"-DCMAKE_PREFIX_PATH={cls.prefix}"])

    @classmethod
    def build_project(cls, source, build):
        done = cls.configure(source, build)
        if done.returncode:
            raise AssertionError(done.stderr.decode())
        cls.must([CMAKE, "--build", build, "-j2"])

    def project(self, name, listing, **files):
        """A project of its own."""
        source = self.scratch / name
        source.mkdir()
        (source / "CMakeLists.txt").write_text(listing)
        for stem, text in files.items():
            (source / f"{stem}.cpp").write_text(text)
        return source

    def asked_for(self, name, package):
        """What comes of a project that asks for the package so."""
        source = self.project(name, "cmake_minimum_required(VERSION 3.25)\n"
                                    f"project({name} LANGUAGES CXX)\n{package}\n")
        return self.configure(source, source / "build")

    def test_the_program_runs(self):
        done = run([self.prefix / "bin/weir", "--version"])
        self.assertEqual(f"weir {VERSION}\n", done.stdout.decode())

    def test_nothing_else_is_installed(self):
        found = {path.relative_to(self.prefix).as_posix() for path in self.prefix.rglob("*")
                 if path.is_file()}
        headers = {path.relative_to(SOURCE).as_posix()
                   for path in (SOURCE / "include").rglob("*.h")}
        other = {re.sub(r"^lib/[^/]*-linux-gnu/", "lib/", name) for name in found - headers}
        package = {f"lib/cmake/weir/{name}" for name in (
            "weir-config.cmake", "weir-config-version.cmake", "weir-stream-targets.cmake")}
        build_type = {name for name in other if "weir-stream-targets-" in name}
        self.assertEqual(headers, found & headers)
        self.assertEqual(1, len(build_type))
        self.assertEqual({"bin/weir", "lib/libweir_stream.a", "lib/pkgconfig/weir-stream.pc",
                          *package}, other - build_type)

    def test_nothing_points_back_to_where_it_was_built(self):
        for path in [*self.prefix.rglob("*.cmake"), *self.prefix.rglob("*.pc")]:
            text = path.read_text()
            for place in (SOURCE, BUILD):
                self.assertNotIn(str(place), text, path)

    def test_every_header_is_complete(self):
        headers = sorted(path.relative_to(self.prefix / "include").as_posix()
                         for path in (self.prefix / "include").rglob("*.h"))
        self.assertIn("weir/openai/chat_answer.h", headers)
        unit = self.scratch / "headers.cpp"
        unit.write_text("".join(f'#include "{h}"\n' for h in headers))
        self.must([CXX, "-std=c++20", "-fsyntax-only", "-I", self.prefix / "include", unit])

    def test_the_project_of_the_documentation_builds_and_runs(self):
        page = (SOURCE / "docs/library.md").read_text()
        (listing,), (program,) = blocks(page, "cmake"), blocks(page, "cpp")
        source = self.project("documented", listing, main=program)
        self.build_project(source, source / "build")
        done = run([source / "build/my_client"], programs.RAGGED)
        self.assertEqual((0, b"Hello\nstop\n"), (done.returncode, done.stdout), done.stderr)
        done = run([source / "build/my_client"], programs.RAGGED[:150])
        self.assertEqual((1, b"Hello\n"), (done.returncode, done.stdout), done.stderr)
        self.assertIn(b"closed the stream before completion", done.stderr)

    def test_pkg_config_finds_the_same(self):
        found = [str(path.parent) for path in self.prefix.rglob("weir-stream.pc")]
        query = ["env", "PKG_CONFIG_PATH=" + found[0], "pkg-config",
                 f"--define-variable=prefix={self.prefix}"]
        self.assertEqual(VERSION, self.must([*query, "--modversion", "weir-stream"]).strip())
        flags = shlex.split(self.must([*query, "--cflags", "--libs", "weir-stream"]))
        program = self.scratch / "lint_file"
        self.must([CXX, "-std=c++20", *shlex.split(os.environ["CXXFLAGS"]), SOURCE / "examples/lint_file.cpp",
                   "-o", program, *flags, *shlex.split(os.environ["LDFLAGS"])])
        self.assertEqual(0, run([program, programs.FIXTURES / "chat_text.sse"]).returncode)

    def test_a_component_that_is_not_there_is_not_found(self):
        done = self.asked_for("no_component", "find_package(weir REQUIRED COMPONENTS stream gateway)")
        self.assertNotEqual(0, done.returncode)
        self.assertIn(b"weir has no component gateway; it has stream.",
                      b" ".join(done.stderr.split()))
        done = self.asked_for("no_optional", """
            find_package(weir REQUIRED COMPONENTS stream OPTIONAL_COMPONENTS gateway)
            if(weir_gateway_FOUND OR NOT weir_stream_FOUND OR NOT TARGET weir::stream)
              message(FATAL_ERROR "stream alone is there")
            endif()""")
        self.assertEqual(0, done.returncode, done.stderr)

    def test_a_version_that_it_is_not_is_not_found(self):
        major, minor, _ = VERSION.split(".")
        for version, there in ((f"{major}.{minor}", True), (VERSION, True),
                               (f"{major}.{int(minor) + 1}", False),
                               (f"{int(major) + 1}.0", False)):
            done = self.asked_for(f"version_{version}", f"find_package(weir {version} REQUIRED)")
            self.assertEqual(there, done.returncode == 0, done.stderr.decode())


if __name__ == "__main__":
    unittest.main(verbosity=2)
