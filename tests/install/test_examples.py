"""The examples, as the build tree has them."""

import unittest

import programs


class InTheBuildTree(programs.Examples, unittest.TestCase):
    folder = programs.BUILD / "examples"


if __name__ == "__main__":
    unittest.main(verbosity=2)
