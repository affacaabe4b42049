"""One client in all its modes before a gateway, and before a server without a fault."""

import concurrent.futures

from . import judge

TOGETHER = 8  # requests at a time: those that wait for a timer wait beside each other


def not_asked(client, case):
    """Why this client cannot send the request of the case, or None."""
    wanted = case.request()
    return next((why for member, why in client.cannot_ask.items() if member in wanted), None)


class Cells:
    """`weir` is the base URL of the gateway, `clean` a reference.Server; `start(mode)` makes a
    driver, which is asked `together` at a time."""

    def __init__(self, client, weir, clean, start, together=TOGETHER):
        self._together = together
        self._client, self._weir, self._clean, self._start = client, weir, clean, start
        self._traits_met = set()

    def run(self, cases):
        """For each mode and case: None if it is as with the clean answer, else what is wrong."""
        cells = {mode: self._run_mode(mode, cases) for mode in self._client.modes}
        for mode, trait in self._client.cannot_show.keys() - self._traits_met:
            cells[mode][f"({trait})"] = "the table says that the client cannot show this; it can"
        return cells

    def _run_mode(self, mode, cases):
        driver = self._start(mode)

        def ask(url, case):
            request = case.request(model=case.name, stream=mode != "document")
            return driver.ask(url, request, {"x-weir-timeout": f"{2 if case.stalls else 30}s"})

        def cell(case):
            try:
                first, clean = clean_views[self._clean.key(case)]
                seen = ask(self._weir, case)
                wanted = self._clean.wanted(first.name, mode != "document")
                return self._judge(mode, case, wanted, clean.result(), seen)
            except Exception as problem:  # pylint: disable=broad-except
                return f"{type(problem).__name__}: {problem}"

        alike = {}  # the first of the cases that have the same clean answer
        for case in cases:
            alike.setdefault(self._clean.key(case), case)
        try:
            with concurrent.futures.ThreadPoolExecutor(self._together) as pool:
                clean_views = {key: (case, pool.submit(ask, self._clean.url, case))
                               for key, case in alike.items()}
                concurrent.futures.wait(view for _, view in clean_views.values())
                longest_first = sorted(cases, key=lambda case: case.end != "open")
                results = dict(zip((case.name for case in longest_first),
                                   pool.map(cell, longest_first)))
                return {case.name: results[case.name] for case in cases}
        finally:
            driver.close()

    def _judge(self, mode, case, wanted, clean, seen):
        traits = {trait for of_mode, trait in self._client.cannot_show
                  if of_mode == mode and judge.TRAITS[trait](wanted)}
        if traits and judge.unshown(wanted, judge.without_nothing(clean)):
            self._traits_met.update((mode, trait) for trait in traits)
        why = judge.difference(wanted, clean, seen, traits)
        if case.name not in self._client.refuses:
            return why
        return None if why else "the table says that the client refuses this; it does not"
