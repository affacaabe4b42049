"""run.py says what is wrong with mutants, and changes the one line it is told to."""

import pathlib
import tempfile
import unittest
from unittest import mock

import run

SOURCE = "int f() {\n  one();\n  two();\n  two();\n}\n"
GOOD = "# why\nSSE-1 src/sse/x.cpp\n- one();\n+ none();\n"

# the mutants, clauses.txt, and what is said of them
BAD = [
    (GOOD.replace("one();\n+", "gone();\n+"), "SSE-1", "has its old line 0 times"),
    (GOOD.replace("- one();", "- two();"), "SSE-1", "has its old line 2 times"),
    (GOOD.replace("- one();", "- one"), "SSE-1", "has its old line 0 times"),
    (GOOD.replace("none();", "one();"), "SSE-1", "changes nothing"),
    (GOOD.replace("x.cpp", "y.cpp"), "SSE-1", "does not exist"),
    (GOOD, "SSE-2", "SSE-1 is not in clauses.txt"),
    (GOOD, "SSE-1..2", "SSE-2: needs a mutant"),
    (GOOD, "SSE-1\nSSE-1: why", "SSE-1: needs a mutant, or a reason why it has none, and not both"),
    (GOOD, "SSE-1\nSSE-2: why", "SSE-2: has a reason, but does not bind"),
    (GOOD, "SSE 1", "clauses.txt:1"),
    (GOOD.replace("+ none();\n", ""), "SSE-1", "m.mutants:2: not `CLAUSE FILE`"),
    (GOOD.replace("src/sse", "src/net"), "SSE-1", "which program"),
    (GOOD + "> sse_test\n", "SSE-1", "which program"),
]


class Mutants(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "src/sse").mkdir(parents=True)
        (self.root / "src/sse/x.cpp").write_text(SOURCE)

    def read(self, mutants, clauses):
        (self.root / "m.mutants").write_text(mutants)
        (self.root / "clauses.txt").write_text(clauses + "\n")
        return (list(run.read_mutants(self.root / "m.mutants")),
                *run.read_clauses(self.root / "clauses.txt"))

    def findings(self, mutants, clauses):
        try:
            read, bound, without = self.read(mutants, clauses)
            return run.check(read, self.root, bound, without)
        except run.Problem as problem:
            return [str(problem)]

    def test_a_good_mutant_has_no_findings(self):
        self.assertEqual([], self.findings(GOOD, "SSE-1"))
        self.assertEqual([], self.findings(GOOD, "SSE-1..2\nSSE-2: why"))

    def test_each_bad_one_is_found(self):
        for mutants, clauses, want in BAD:
            with self.subTest(mutants=mutants, clauses=clauses):
                found = self.findings(mutants, clauses)
                self.assertTrue(any(want in f for f in found), f"{want!r} not in {found}")

    def test_one_line_changes_and_keeps_its_indentation(self):
        mutant = self.read(GOOD, "SSE-1")[0][0]
        self.assertEqual(SOURCE.replace("one();", "none();"), mutant.apply_to(SOURCE))

    def test_the_tests_are_those_of_the_layer_unless_it_names_others(self):
        mutant = self.read(GOOD, "SSE-1")[0][0]
        self.assertEqual((("sse_test", run.QUICK), ("openai_test", run.QUICK)), mutant.tests)
        mutant = self.read(GOOD + "> openai_test Chat*\n", "SSE-1")[0][0]
        self.assertEqual((("openai_test", "Chat*"),), mutant.tests)


# what a test program does, and what is made of it
PROGRAMS = [
    ("echo '[ RUN      ] A.B'", None),
    ("echo '[ RUN      ] A.B'; echo '[  FAILED  ] A.B (0 ms)'; exit 1", "A.B"),
    ("echo '[ RUN      ] A.B'; exit 3", "A.B ends with 3"),
    ("echo '[ RUN      ] A.B'; [ $(ulimit -t) = 7 ] && kill -XCPU $$", "no end within 7 s of computing"),
]


class Verdicts(unittest.TestCase):
    def first_failure(self, script):
        with tempfile.TemporaryDirectory() as folder:
            tree = run.Tree(pathlib.Path(folder), 1)
            program = tree.build_folder / "tests/x_test"
            program.parent.mkdir(parents=True)
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
            return tree.first_failure("x_test", "*")

    def test_a_program_that_fails_has_noticed(self):
        with mock.patch.object(run, "CPU_SECONDS", 7):
            for script, want in PROGRAMS:
                with self.subTest(script=script):
                    self.assertEqual(want, self.first_failure(script))

    def test_one_that_is_kept_waiting_has_not(self):
        with mock.patch.object(run, "WALL_SECONDS", 0.2), self.assertRaises(run.Problem):
            self.first_failure("exec tail -f /dev/null")

    def test_a_filter_without_tests_is_an_error(self):
        with self.assertRaises(run.Problem):
            self.first_failure("exit 0")


if __name__ == "__main__":
    unittest.main()
