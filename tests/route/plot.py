"""Draws docs/images/balancers.svg from the figures of simulation_test (WEIR_FIGURES):

    WEIR_FIGURES=/tmp/figures build/asan/tests/route_test --gtest_filter='Simulation*'
    python3 tests/route/plot.py /tmp/figures > docs/images/balancers.svg
"""

import collections
import math
import sys

PANELS = (("one replica of five is three times slower",
           ("weighted", "weighted, hedge p95", "least_busy", "p2c_ewma")),
          ("five equal replicas", ("weighted, healthy", "weighted, healthy, hedge p95")))
POINTS = ("0.5", "0.9", "0.95", "0.99", "0.999")
COLOURS = ("#b5543c", "#d9a441", "#3f7cac", "#3a8f5c")
LEFT, TOP, WIDTH, HEIGHT, GAP = 60, 40, 330, 240, 70


def read(path):
    series = collections.defaultdict(dict)
    with open(path, encoding="utf-8") as file:
        for line in file:
            name, percentile, millis, _ = line.strip().rsplit(",", 3)
            series[name][percentile] = float(millis)
    return series


def panel(out, x0, title, names, series):
    most = max(v for n in names for v in series[n].values())
    decades = math.ceil(math.log10(most))
    at = lambda v: TOP + HEIGHT - (math.log10(v) - 1) / (decades - 1) * HEIGHT
    out.append(f'<text x="{x0}" y="{TOP - 16}" font-weight="bold">{title}</text>')
    for power in range(1, decades + 1):
        y = at(10 ** power)
        out.append(f'<line x1="{x0}" x2="{x0 + WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{x0 - 6}" y="{y + 4:.1f}" text-anchor="end">{10 ** power}</text>')
    for i, point in enumerate(POINTS):
        x = x0 + 20 + i * (WIDTH - 40) / (len(POINTS) - 1)
        label = f"p{float(point) * 100:g}"
        out.append(f'<text x="{x:.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{label}</text>')
    for name, colour in zip(names, COLOURS):
        dots = [(x0 + 20 + i * (WIDTH - 40) / (len(POINTS) - 1), at(series[name][p]))
                for i, p in enumerate(POINTS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, y in dots:
            out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
    for i, (name, colour) in enumerate(zip(names, COLOURS)):
        y = TOP + HEIGHT + 44 + 16 * i
        shown = name.replace(", healthy", "")
        out.append(f'<rect x="{x0}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
        out.append(f'<text x="{x0 + 16}" y="{y}">{shown}</text>')


def main():
    series = read(sys.argv[1])
    width, height = LEFT + 2 * WIDTH + GAP + 20, TOP + HEIGHT + 110
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>',
           f'<text x="12" y="{TOP + HEIGHT / 2}" transform="rotate(-90 12 {TOP + HEIGHT / 2})" '
           'text-anchor="middle">time to the first token, ms</text>']
    for i, (title, names) in enumerate(PANELS):
        panel(out, LEFT + i * (WIDTH + GAP), title, names, series)
    print("\n".join(out + ["</svg>"]))


if __name__ == "__main__":
    main()
