"""Runs one real client through the catalogue, or writes what all of them saw to docs/."""

import argparse
import pathlib
import sys

from harness import agents, cells, driver, install, matrix, reference, table
from support import catalogue, gateway, upstream


def run_library(client, folder, program, cases):
    def start(mode):
        return driver.start(client, mode, folder, program)
    clean, replay = reference.Server(cases), catalogue.Replay(cases)
    return run_cells(client, cases, clean, replay, start, cells.TOGETHER)


def run_agent(client, folder, program, cases):
    cases = [agents.renamed(one, *client.tool) for one in cases]
    clean, replay = reference.Server(cases), agents.first_turn(catalogue.Replay(cases))
    clean.always(agents.first_turn(clean.answer))
    return run_cells(client, cases, clean, replay,
                     lambda mode: agents.Agent(client, folder, program), agents.TOGETHER)


def run_cells(client, cases, clean, replay, start, together):
    """For each mode and case: None if it is as with the clean answer, else what is wrong."""
    deviating = upstream.Upstream()
    deviating.always(replay)
    weir = gateway.Gateway(catalogue.configuration(cases, deviating.url))
    try:
        url = f"http://127.0.0.1:{weir.port}/v1"
        return cells.Cells(client, url, clean, start, together).run(cases)
    finally:
        weir.stop()
        for server in (deviating, clean):
            server.close()


def run_client(client, build):
    result = matrix.result_file(build, client)
    result.unlink(missing_ok=True)  # of another time
    try:
        folder = install.install(client.manifest, build)
        program = install.interpreter(client, folder, build)
    except install.NotHere as why:
        print(f"{client.name} was not run: {why}")
        return matrix.SKIPPED

    agent = client.name in table.AGENTS
    cases = [one for one in catalogue.cases() if not agent or one.name in table.WORST]
    not_asked = {one.name: why for one in cases if (why := cells.not_asked(client, one))}
    run = run_agent if agent else run_library
    results = run(client, folder, program, [one for one in cases if one.name not in not_asked])
    matrix.write_result(result, install.version(folder, client.package), results, not_asked)
    wrong = [f"{name}, {mode}\n{why}" for mode, of_mode in results.items()
             for name, why in of_mode.items() if why]
    total = sum(len(of_mode) for of_mode in results.values())
    print(*wrong, f"{client.name}: {total - len(wrong)} of {total} as with a clean answer; "
          f"{len(not_asked)} cases it cannot ask for", sep="\n\n")
    return 1 if wrong else 0


def main():
    every = {**table.CLIENTS, **table.AGENTS}
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    names = commands.add_parser("names", help="of the clients of a page, for CMake")
    client = commands.add_parser("client", help="run one")
    client.add_argument("client", choices=every)
    page = commands.add_parser("page", help="write what all clients of a page saw")
    for which in (names, page):
        which.add_argument("page", choices=matrix.PAGES)
    for which in (client, page):
        which.add_argument("--build", type=pathlib.Path, required=True,
                           help="for what is installed, and for results")
    options = parser.parse_args()
    if options.command == "names":
        print(";".join(matrix.PAGES[options.page].clients), end="")
        return 0
    if options.command == "page":
        return matrix.write(options.build.resolve(), matrix.PAGES[options.page])
    return run_client(every[options.client], options.build.resolve())


if __name__ == "__main__":
    sys.exit(main())
