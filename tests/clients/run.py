"""Runs one real client through the whole catalogue, or writes what all of them saw to
docs/compatibility.md."""

import argparse
import pathlib
import sys

from harness import cells, driver, install, matrix, reference, table
from support import catalogue, gateway, upstream


def run_client(client, build):
    result = matrix.result_file(build, client)
    result.unlink(missing_ok=True)  # of another time
    try:
        folder = install.install(client.manifest, build)
        program = install.interpreter(client, folder, build)
    except install.NotHere as why:
        print(f"{client.name} was not run: {why}")
        return matrix.SKIPPED

    all_cases = catalogue.cases()
    not_asked = {one.name: why for one in all_cases if (why := cells.not_asked(client, one))}
    cases = [one for one in all_cases if one.name not in not_asked]
    deviating, clean = upstream.Upstream(), reference.Server(cases)
    deviating.always(catalogue.Replay(cases))
    weir = gateway.Gateway(catalogue.configuration(cases, deviating.url))
    try:
        results = cells.Cells(client, f"http://127.0.0.1:{weir.port}/v1", clean,
                              lambda who, mode: driver.start(who, mode, folder, program)).run(cases)
    finally:
        weir.stop()
        for server in (deviating, clean):
            server.close()
    matrix.write_result(result, install.version(folder, client.package), results, not_asked)
    wrong = [f"{name}, {mode}\n{why}" for mode, of_mode in results.items()
             for name, why in of_mode.items() if why]
    total = sum(len(of_mode) for of_mode in results.values())
    print("\n\n".join([*wrong, f"{client.name}: {total - len(wrong)} of {total} as with a clean answer; "
                       f"{len(not_asked)} cases it cannot ask for"]))
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=[*table.CLIENTS, "matrix", "list"])
    parser.add_argument("--build", type=pathlib.Path, help="for what is installed, and for results")
    options = parser.parse_args()
    if options.what == "list":
        print(";".join(table.CLIENTS), end="")
        return 0
    if not options.build:
        parser.error("--build is missing")
    if options.what == "matrix":
        return matrix.write(options.build.resolve())
    return run_client(table.CLIENTS[options.what], options.build.resolve())


if __name__ == "__main__":
    sys.exit(main())
