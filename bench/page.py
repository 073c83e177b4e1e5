#!/usr/bin/env python3
"""page.py RESULTS DOCS README [PART...]: writes DOCS/benchmarks.md and its pictures from what the parts of bench/run left in
RESULTS, and the table in README's chapter on speed. Of the other parts the page keeps what it has.

The words are those of bench/page.md.in, the figures and whether a target is met are put in here."""
import os
import re
import sys
import textwrap

results, docs, readme = sys.argv[1:4]
measured = sys.argv[4:] or ["functions", "instructions", "sale", "flow", "reads", "contention", "growth", "search", "outbox", "limits", "sessions"]
here = os.path.dirname(os.path.abspath(__file__))
sides = ["driplo", "plpgsql", "application", "batched", "bare"]
colours = {"driplo": "#1f6feb", "plpgsql": "#8957e5", "application": "#8b949e", "batched": "#c9a227", "bare": "#d0d7de"}


def rows(name):
    """The fields of each line of a part's results; none where the part was not run."""
    first = name.split("-")[0]
    if first != "machine" and {"counts": "sale", "numbers": "growth"}.get(first, first) not in measured:
        return []
    try:
        with open(os.path.join(results, name + ".tsv"), encoding="utf-8") as lines:
            return [line.rstrip("\n").split("\t") for line in lines if line.strip()]
    except FileNotFoundError:
        return []


def table(head, body):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in body])


def number(value, digits=None):
    value = float(value)
    if digits is None:
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def ratio(a, b):
    return float(a) / float(b) if float(b) else float("nan")


targets = []
part = None


def target(what, wanted, found, met):
    targets.append([part, what, wanted, found, "met" if met else "**not met**"])


# Pictures: bars or lines with labels, in plain SVG.
def svg(name, title, width, height, body):
    with open(os.path.join(docs, f"benchmarks-{name}.svg"), "w", encoding="utf-8") as out:
        out.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
                  f'font-family="sans-serif" font-size="12" role="img">\n<title>{title}</title>\n'
                  f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
                  f'<text x="12" y="20" font-size="14">{title}</text>\n' + "\n".join(body) + "\n</svg>\n")


def bars(name, title, groups, unit=""):
    """groups: (label, [(series, value, colour)]), drawn from left to right."""
    most = max(value for _, series in groups for _, value, _ in series)
    y, body = 40, []
    for label, series in groups:
        body.append(f'<text x="12" y="{y + 12}">{label}</text>')
        for series_name, value, colour in series:
            length = max(1, 330 * value / most)
            body.append(f'<rect x="230" y="{y}" width="{length:.0f}" height="14" fill="{colour}"/>')
            body.append(f'<text x="{236 + length:.0f}" y="{y + 12}" fill="#57606a">{number(value)}{unit} {series_name}</text>')
            y += 18
        y += 8
    svg(name, title, 720, y + 8, body)


def curves(name, title, series, xs, unit):
    """series: (label, [value for each x], colour); x by its place, y from 0."""
    most = max(max(values) for _, values, _ in series) * 1.1
    left, bottom, width, height = 60, 250, 460, 200
    body = [f'<line x1="{left}" y1="{bottom}" x2="{left + width}" y2="{bottom}" stroke="#57606a"/>',
            f'<line x1="{left}" y1="{bottom}" x2="{left}" y2="{bottom - height}" stroke="#57606a"/>',
            f'<text x="{left - 6}" y="{bottom - height + 4}" text-anchor="end">{number(most)}</text>',
            f'<text x="{left - 6}" y="{bottom + 4}" text-anchor="end">0</text>',
            f'<text x="{left + 4}" y="{bottom - height - 4}" fill="#57606a">{unit}</text>']
    place = [left + width * i / max(1, len(xs) - 1) for i in range(len(xs))]
    for x, label in zip(place, xs):
        body.append(f'<text x="{x:.0f}" y="{bottom + 18}" text-anchor="middle">{label}</text>')
    for label, values, colour in series:
        points = " ".join(f"{x:.0f},{bottom - height * v / most:.0f}" for x, v in zip(place, values))
        body.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        body.append(f'<text x="{place[-1] + 8:.0f}" y="{bottom - height * values[-1] / most + 4:.0f}" fill="{colour}">{label}</text>')
    svg(name, title, 700, 280, body)


def functions():
    found = rows("functions")
    body = []
    for name, note, ours, theirs, plain, gain, wanted in found:
        title = f"`{name}`" + (f", {note}" if note else "")
        body.append([title, number(ours, 2), number(theirs, 2), number(plain, 2) if plain else "", f"{float(gain):.1f}", wanted])
        if wanted:
            target(title, f"{float(wanted):g} times the PL/pgSQL" if float(wanted) != 1 else "not slower than the PL/pgSQL", f"{float(gain):.2f} times", float(gain) >= float(wanted))
        if name == "calculate_platform_fee":
            target(f"`{name}`", "not slower than the SQL expression", f"{ratio(plain, ours):.2f} times", float(ours) <= float(plain))
    if found:
        bars("functions", "Microseconds a call", [(name, [("C++", float(ours), colours["driplo"]), ("PL/pgSQL", float(theirs), colours["application"])])
                                                   for name, note, ours, theirs, *_ in found if not name.startswith(("handle", "update_setup"))])
    return table(["function", "C++, µs", "PL/pgSQL, µs", "plain SQL, µs", "PL/pgSQL : C++", "target"], body)


def instructions():
    found = rows("instructions")
    if not found:
        return ""
    return ("Instructions of a call, counted by callgrind (`bench/instructions/`; g++ -O2, without what the server does around it):\n\n"
            + table(["function", "instructions"], [[f"`{name}`" if " " not in name else name, number(count, 0)] for name, count in found]))


def counts():
    found = rows("counts")
    by = {(row[1], row[0]): row for row in found}
    if ("3", "driplo") in by:
        ours, theirs = by["3", "driplo"], by["3", "application"]
        target("Round trips of an order", "1", ours[2], int(ours[2]) == 1)
        worst = max((ratio(by[lines, "driplo"][6], by[lines, "application"][6]), lines) for lines in ("1", "3", "10"))
        target("WAL of an order", "not above the application's", f"{number(ours[6], 0)} to {number(theirs[6], 0)} bytes with 3 lines; at most {worst[0]:.2f} times, with {worst[1]}", worst[0] <= 1.005)
    return table(["lines", "side", "round trips", "statements sent", "run inside", "buffers", "WAL, bytes", "rows written"],
                 [[row[1], row[0], row[2], row[3], number(max(0, float(row[4])), 0), number(row[5], 0), number(row[6], 0), number(row[7], 0)]
                  for row in sorted(found, key=lambda row: (int(row[1]), sides.index(row[0])))])


def sale():
    found = rows("sale")
    rate = {(lines, clients, side): float(tps) for side, lines, clients, tps, *_ in found}
    cpu = {(lines, side): time for side, lines, time in rows("sale-processor")}
    combinations = sorted({(int(lines), int(clients)) for lines, clients, _ in rate})
    body = []
    for lines, clients in combinations:
        of = {side: rate[str(lines), str(clients), side] for side in sides}
        body.append([lines, clients] + [number(of[side], 0) for side in sides]
                    + [f"{ratio(of['driplo'], of[side]):.2f}" for side in sides[1:]])
    if (3, 8) in combinations:
        for side, least, words in (("plpgsql", 2, "2 times the same rules in PL/pgSQL"), ("batched", 2, "2 times the batched application"), ("bare", 0.6, "0.6 of the bare statement")):
            of = {cell: ratio(rate[cell + ("driplo",)], rate[cell + (side,)]) for cell in [(str(l), str(c)) for l, c in combinations if l in (1, 3) and c in (1, 8)]}
            target("Orders a second, 1 and 3 lines, 1 and 8 clients, socket", words, f"{min(of.values()):.2f} to {max(of.values()):.2f}", min(of.values()) >= least)
        bars("sale", "Orders of 3 lines a second, on a socket", [(f"{clients} clients" if clients != "1" else "1 client", [(side, rate["3", clients, side], colours[side]) for side in sides])
                                                                 for clients in sorted({c for l, c, _ in rate if l == "3"}, key=int)])
    measured = table(["lines", "clients"] + sides + [f"driplo : {sides[1]}"] + [f": {side}" for side in sides[2:]], body)
    if cpu:
        measured += ("\n\nThe server's processor time of an order in microseconds, one client. What the program itself takes, and its side of the socket, is not in it:\n\n"
                     + table(["lines"] + sides, [[lines] + [number(cpu[lines, side], 0) for side in sides] for lines in sorted({lines for lines, _ in cpu}, key=int)]))
    return measured


def last_pieces():
    rate = {(lines, clients, side): float(tps) for side, lines, clients, tps, *_ in rows("sale-last")}
    wal = {(row[1], row[0]): float(row[6]) for row in rows("counts-last")}
    if not rate:
        return ""
    return table(["lines"] + [f"WAL, bytes: {sides[0]}"] + sides[1:] + ["orders a second, 8 clients: " + sides[0]] + sides[1:] + [": plpgsql", ": bare"],
                 [[lines] + [number(wal[lines, side], 0) for side in sides] + [number(rate[lines, "8", side], 0) for side in sides]
                  + [f"{ratio(rate[lines, '8', 'driplo'], rate[lines, '8', side]):.2f}" for side in ("plpgsql", "bare")]
                  for lines in sorted({l for l, c, _ in rate if c == "8"}, key=int)])


def network():
    trips = {(row[1], row[0]): int(row[2]) for row in rows("counts")}
    body = []
    for side, lines, clients, tps, latency, *_ in rows("sale"):
        if (lines, side) in trips and clients == "8":
            body.append((int(lines), sides.index(side), side, float(latency), int(clients) * 1000 / (float(latency) + trips[lines, side])))
    body.sort()
    by = {(lines, side): value for lines, _, side, _, value in body}
    return table(["lines", "clients", "side", "latency on a socket, ms", "round trips", "orders a second with 1 ms", "driplo : this"],
                 [[lines, 8, side, number(latency, 2), trips[str(lines), side], number(value, 0), f"{ratio(by[lines, 'driplo'], value):.1f}"] for lines, _, side, latency, value in body])


def flow():
    for trips, sent, inside, wal, written in rows("flow"):
        target("Cart to paid, 3 lines", "at most 6 statements", sent, int(sent) <= 6)
        target("The same", "12 kB of WAL", f"{number(float(wal) / 1000, 1)} kB", float(wal) <= 12000)
        target("The same", "25 rows", number(written, 0), float(written) <= 25)
        return table(["round trips", "statements sent", "run inside", "WAL, bytes", "rows written"], [[trips, sent, number(inside, 0), number(wal, 0), number(written, 0)]])
    return ""


def growth():
    found = rows("growth")
    if not found:
        return ""
    sizes = sorted({int(row[1]) for row in found})
    latency = {(row[0], int(row[1])): float(row[3]) for row in found}
    megabytes = {int(n): int(mb) for n, mb in rows("growth-sizes")}
    names = {"checkout": "checkout(), 3 lines", "cart": "cart_contents(), 3 lines", "history": "the caller's orders, under RLS", "signup": "a sign-up"}
    body = []
    for what, name in names.items():
        values = [latency[what, n] for n in sizes]
        body.append([name] + [number(value, 3) for value in values] + [f"{ratio(values[-1], values[0]):.2f}"])
        target(f"{name}, {sizes[-1]:,} to {sizes[0]:,}", "1.3 times", f"{ratio(values[-1], values[0]):.2f} times", values[-1] <= 1.3 * values[0])
    palette = ["#1f6feb", "#c9a227", "#8b949e", "#2da44e"]
    curves("growth", "Milliseconds, by listings and orders", [(name, [latency[what, n] for n in sizes], colour) for (what, name), colour in zip(names.items(), palette)], [f"{n:,}" for n in sizes], "ms")
    return table(["", *[f"{n:,}" for n in sizes], "last : first"], body + [["size of the database, MB", *[number(megabytes[n], 0) for n in sizes], ""]])


def numbers():
    found = [(int(clients), float(rate)) for clients, rate in rows("numbers")]
    if not found:
        return ""
    cores = os.cpu_count() or 1
    one, last = found[0][1], found[-1][1]
    target(f"Order numbers from {found[-1][0]} sessions", f"scale with the cores ({cores})", f"{ratio(last, one):.2f} times one session", last >= 0.8 * cores * one)
    curves("numbers", "Order numbers a second, by sessions", [("", [rate for _, rate in found], colours["driplo"])], [clients for clients, _ in found], "numbers a second")
    return table(["sessions", "numbers a second", "times one session"], [[clients, number(rate, 0), f"{ratio(rate, one):.2f}"] for clients, rate in found])


def reads():
    found = rows("reads")
    if found:
        worst = max(found, key=lambda row: float(row[4]))
        over = [row[1] for row in found if float(row[4]) > 1.15]
        target("Ten reads under RLS", "at most 1.15 times without", f"{len(found) - len(over)} of {len(found)}; the most is {float(worst[4]):.2f} ({worst[1]})", not over)
    return table(["read", "as owner, µs", "under RLS, µs", "ratio"], [[row[1], number(row[2], 1), number(row[3], 1), row[4]] for row in found])


def contention():
    found = rows("contention")
    free = float(found[0][1]) if found else 1
    return table(["all buy", "orders a second", "of those without", "sessions are"], [[row[0], number(row[1], 0), f"{float(row[1]) / free:.2f}", row[3]] for row in found])


plain_queries = ["one frequent word", "a brand and a frequent word", "words of a title", "a rare word", "the last word begun", "finds nothing"]
search_sides = ["driplo", "tsvector, ts_rank", "trigrams on the title", "MiniSearch"]
search_colours = {"driplo": "#1f6feb", "plpgsql": "#8957e5", "driplo, exact": "#d0d7de", "tsvector, ts_rank": "#8b949e", "trigrams on the title": "#c9a227", "MiniSearch": "#2da44e"}


def spread(row):
    return f"{number(row[0])} / {number(row[1])} / {number(row[2])}"


def search():
    """Milliseconds by kind of query and side; the totals say how the parts of the page do."""
    found = {(side, kind, condition): times for side, kind, condition, _, *times in rows("search")}
    if not found:
        return ""
    listings = dict(rows("search-facts")).get("listings", "0")
    at = f"at {int(listings):,} listings"
    worst = max((float(times[1]), kind, condition) for (side, kind, condition), times in found.items() if side == "driplo" and kind in plain_queries)
    target(f"search(), the first page, {at}", "95 of 100 below 50 ms", f"{number(worst[0])} ms for the slowest kind ({worst[1]}, filter: {worst[2]})", worst[0] < 50)
    mistaken = [(float(times[1]), kind) for (side, kind, _), times in found.items() if side == "driplo" and kind not in plain_queries]
    rare = found.get(("driplo", "a rare word", "none"))
    if rare and mistaken:
        slowest = max(mistaken + [(float(rare[1]), "a rare word")])
        target("search(), rare and corrected queries", "95 of 100 below 10 ms", f"{number(slowest[0])} ms ({slowest[1]})", slowest[0] < 10)
    for side, kind, condition in found:
        if side == "suggest":
            target("suggest()", "95 of 100 below 5 ms", f"{number(found[side, kind, condition][1])} ms", float(found[side, kind, condition][1]) < 5)
    shown = [side for side in search_sides if any((side, kind, "none") in found for kind in plain_queries)]
    bars("search", f"95 of 100 queries take less than these milliseconds, {at}",
         [(kind, [(side, float(found[side, kind, "none"][1]), search_colours[side]) for side in shown if (side, kind, "none") in found]) for kind in plain_queries], " ms")
    body = [[kind] + [spread(found[side, kind, "none"]) if (side, kind, "none") in found else "" for side in shown] for kind in plain_queries]
    return table(["query", *shown], body)


def search_filters():
    found = {(side, kind, condition): times for side, kind, condition, _, *times in rows("search")}
    filters = [condition for side, condition, *_ in rows("search-all") if side == "driplo"]
    body = [[kind] + [spread(found["driplo", kind, condition]) if ("driplo", kind, condition) in found else "" for condition in filters] for kind in plain_queries]
    others = [[side, condition, *(number(value) for value in values[1:])] for side, condition, *values in rows("search-all") if side not in search_sides]
    return table(["query", *(f"filter: {condition}" for condition in filters)], body) + "\n\n" + table(["", "filter", "middle, ms", "95 of 100, ms", "most, ms"], others)


def search_recall():
    found = {(side, kind): (float(recall), float(nothing)) for side, kind, _, recall, nothing in rows("search-recall")}
    kinds = sorted({kind for side, kind in found if side == "driplo"})
    if not kinds:
        return ""
    for kind in kinds:
        wanted = 0.85 if kind.startswith("two edits") else 0.9 if kind in ("space missing", "one edit in each of two words") else 0.95
        target(f"Found in spite of: {kind}", f"{wanted:g}", f"{found['driplo', kind][0]:.3f}", found["driplo", kind][0] >= wanted)
    facts = dict(rows("search-facts"))
    target("Known words that a correction changes", "none", f"{facts['known words that were changed']} of {facts['known words asked']}", facts["known words that were changed"] == "0")
    shown = [side for side in ("driplo", "driplo, exact", "trigrams on the title", "MiniSearch") if any((side, kind) in found for kind in kinds)]
    bars("search-recall", "Of the first 20 results, found in spite of the mistake",
         [(kind, [(side, found[side, kind][0], search_colours[side]) for side in shown if (side, kind) in found]) for kind in kinds])
    times = {kind: values for side, kind, _, _, *values in rows("search") if side == "driplo"}
    body = [[kind] + [f"{found[side, kind][0]:.3f}" if (side, kind) in found else "" for side in ("driplo", "driplo, tuned on", "driplo, exact", "trigrams on the title", "MiniSearch")]
            + [f"{found['driplo', kind][1]:.3f}", spread(times[kind]) if kind in times else ""] for kind in kinds]
    return table(["mistake", "driplo", "on the queries that the rules were made with", "not corrected (`exact`)", "trigrams on the title", "MiniSearch", "driplo finds nothing", "driplo, ms"], body)


def search_writes():
    found = {(what, indexed == "t"): (float(size), float(time)) for what, indexed, _, size, time in rows("search-writes")}
    body = []
    for what in dict.fromkeys(what for what, _ in found):
        (size, time), (more, longer) = found[what, False], found[what, True]
        body.append([what, number(size, 0), number(more, 0), number(time, 0), number(longer, 0)])
        if what == "stock, pieces left":
            target("A stock update beside the search", "nothing more in the WAL", f"{number(more - size, 0)} bytes", more <= size)
        if what.startswith("checkout"):
            target("The checkout of a last piece beside the search", "at most 5 % more WAL", f"{100 * (more / size - 1):.1f} %", more <= 1.05 * size)
    return table(["write", "WAL without the index, bytes", "with it", "processor time without, µs", "with it"], body)


def search_facts():
    return table(["", ""], [[name, value] for name, value in rows("search-facts")])


def outbox():
    found = rows("outbox-costs")
    if not found:
        return ""
    alone = float(next((time for what, _, _, time in found if what == "an event alone"), 0))
    body = []
    for what, size, ours, time in found:
        if what == "an event alone":
            continue
        more = 100 * ratio(ours, float(size) - float(ours))
        longer = 100 * ratio(alone, float(time) - alone)
        limits = (5, 3) if what.startswith("checkout") else (10, 10)
        target(f"An event of a {what}", f"at most {limits[0]} % more WAL", f"{more:.1f} %", more <= limits[0])
        target(f"An event of a {what}", f"at most {limits[1]} % more time", f"{longer:.1f} %", longer <= limits[1])
        body.append([what, number(float(size) - float(ours), 0), number(ours, 0), f"{more:.1f}", number(time, 0), f"{longer:.1f}"])
    return table(["", "WAL without the event, bytes", "of the event", "%", "processor time, µs", "of it the event, %"], body) + f"\n\nThe statement of an event takes {number(alone, 1)} µs."


def outbox_rates():
    found = {row[0]: row[1:] for row in rows("outbox-rates")}
    if not found:
        return ""
    rates = [(what, float(found[what][2])) for what in ("alone", "beside sales")]
    target("Events a second, while four clients buy", "2,000", number(rates[1][1], 0), rates[1][1] >= 2000)
    before, beside = (float(found[what][2]) for what in ("orders a second alone", "orders a second beside them"))
    measured = table(["", "events", "seconds", "events a second", "in a second of the processor"],
                     [[what, number(found[what][0], 0), found[what][1], number(rate, 0), number(found[what][3], 0)] for what, rate in rates])
    measured += f"\n\nMeanwhile the four clients placed {number(beside, 0)} orders a second, and {number(before, 0)} without."
    for dead, first, last, most in rows("outbox-snapshot"):
        target(f"A batch of 500 events with {int(dead):,} dead rows", "at most twice the first", f"{ratio(last, first):.2f} times", float(last) <= 2 * float(first))
        measured += "\n\n" + textwrap.fill(f"With an old snapshot open, 500 events come and are delivered again and again. At the end {int(dead):,} dead rows lie in `outbox_events`; "
                     f"a batch takes {number(last, 0)} ms then, {number(first, 0)} ms at the beginning, and {number(most, 0)} ms at most.", 100)
        rates += [("old snapshot, first batches", 500000 / float(first)), ("old snapshot, last batches", 500000 / float(last))]
    bars("outbox", "Events delivered a second, by one session", [(what, [("driplo", rate, colours["driplo"])]) for what, rate in rates])
    return measured


def limits():
    body = []
    for what, off, on in rows("limits"):
        more = 100 * (float(on) - float(off)) / float(off)
        if what in ("message", "favorite"):
            target(f"The rate limit of a {what}", "at most 10 µs", f"{float(on) - float(off):.1f} µs", float(on) - float(off) <= 10)
        body.append([what, number(off, 0), number(on, 0), number(float(on) - float(off), 1), f"{more:.1f}"])
    return table(["", "processor time without limits, µs", "with, µs", "difference, µs", "%"], body) if body else ""


def sessions():
    found = rows("sessions")
    if not found:
        return ""
    of = {(preloaded, side): float(milliseconds) for preloaded, side, milliseconds in found}
    names = {"nothing": "a connection alone", "driplo": "and `checkout()`", "plpgsql": "and the same rules in PL/pgSQL", "batched": "and the batched application", "bare": "and the bare statement"}
    return table(["a new connection", "ms", "with the library preloaded, ms"], [[name, number(of["no", side], 1), number(of["yes", side], 1)] for side, name in names.items()])


def session_jobs():
    return table(["side", "orders", "ms", "orders a second"], [[side, ended, number(milliseconds, 0), number(1000 * int(ended) / float(milliseconds), 0)] for side, ended, milliseconds in rows("sessions-jobs")])


def counted():
    """What test/long/instructions.sh --write has counted, whichever parts are run."""
    with open(os.path.join(here, "..", "test", "long", "instructions.tsv"), encoding="utf-8") as lines:
        of, *found = [line.rstrip("\n").split("\t") for line in lines]
    return table([f"{of[0].replace(', ', ', g++ ')}", "instructions"], [[re.sub(r"^(\w+\(\))", r"`\1`", what), number(count, 0)] for what, count in found])


def peers():
    ours = rows("flow")
    body = [["Medusa 2.21", "751 in 674 transactions", "77 kB", "46"], ["Vendure 3.7", "367", "23 to 25 kB", "65"]]
    if ours:
        body.insert(0, ["driplo", ours[0][1], f"{number(float(ours[0][3]) / 1000, 1)} kB", number(ours[0][4], 0)])
    return table(["", "statements", "WAL", "rows written"], body)


blocks = {"functions": [functions], "instructions": [instructions], "sale": [counts, sale, last_pieces, network], "flow": [flow, peers], "reads": [reads], "contention": [contention],
          "growth": [growth, numbers], "search": [search, search_filters, search_recall, search_writes, search_facts], "outbox": [outbox, outbox_rates], "limits": [limits],
          "sessions": [sessions, session_jobs]}
with open(os.path.join(here, "page.md.in"), encoding="utf-8") as template:
    page = template.read()
try:
    with open(os.path.join(docs, "benchmarks.md"), encoding="utf-8") as last:
        before = last.read()
except FileNotFoundError:
    before = ""


def cells(text):
    """The rows of the first table of a text, without its head."""
    found = re.search(r"(?:^\|.*\n)+", text, re.M)
    return [re.split(r" \| ", line[2:-2]) for line in found.group(0).splitlines()[2:]] if found else []


def kept(block):
    found = re.search(rf"<!-- {block} -->\n(.*?)\n?<!-- end of {block} -->", before, re.S)
    return found.group(1) if found else ""


for part, written in blocks.items():
    for block in written:
        text = block() if part in measured else kept(block.__name__)
        page = page.replace("{" + block.__name__ + "}", f"<!-- {block.__name__} -->\n{text}\n<!-- end of {block.__name__} -->")
machine = [[name, value] for name, value in rows("machine")]
if len(measured) < len(blocks) and before:
    targets += [row for row in cells(before.split("\n## Targets\n")[-1]) if row[0] not in measured]
    targets.sort(key=lambda row: list(blocks).index(row[0]))
    own = [[f"{name} of {part}", value] for part in measured if part in blocks for name, value in machine if name in ("processor", "driplo", "date", "load")]
    machine = [row for row in cells(before) if row[0] not in [name for name, _ in own]] + own
for name, text in {"machine": "\n".join(f"| {name} | {value} |" for name, value in machine), "cores": str(os.cpu_count() or 1), "contention_clients": "16", "counted": counted(),
                   "targets": table(["part", "what", "target", "measured", ""], targets)}.items():
    page = page.replace("{" + name + "}", text)
# what was never measured has no picture
page = re.sub(r"!\[[^]]*\]\((.*?)\)\n\n", lambda picture: picture.group(0) if os.path.exists(os.path.join(docs, picture.group(1))) else "", page)
with open(os.path.join(docs, "benchmarks.md"), "w", encoding="utf-8") as out:
    out.write(page)


def summary():
    """The main figures for the README: what was not measured is not told."""
    body = []
    gains = [(float(row[5]), row[0]) for row in rows("functions") if row[6]]
    if gains:
        body.append(["functions in C++ beside their PL/pgSQL originals", "{0[0]:.1f} (`{0[1]}`) to {1[0]:.1f} (`{1[1]}`) times as fast".format(min(gains), max(gains))])
    by = {(row[1], row[0]): row for row in rows("counts")}
    rate = {(row[1], row[2], row[0]): float(row[3]) for row in rows("sale")}
    latency = {(row[1], row[2], row[0]): float(row[4]) for row in rows("sale")}
    if ("3", "driplo") in by:
        ours, theirs = by["3", "driplo"], by["3", "application"]
        body.append(["an order of 3 lines, beside an application's own statements", f"{ours[2]} round trip in place of {theirs[2]}, {number(ours[6], 0)} bytes of WAL in place of {number(theirs[6], 0)}"])
        if ("3", "8", "driplo") in rate:
            far = {side: 8000 / (latency["3", "8", side] + int(by["3", side][2])) for side in ("driplo", "application")}
            body.append(["orders a second, 8 clients", f"{number(rate['3', '8', 'driplo'], 0)} beside {number(rate['3', '8', 'application'], 0)} on a socket, {number(far['driplo'], 0)} beside {number(far['application'], 0)} with 1 ms of network"])
    for trips, sent, inside, wal, written in rows("flow"):
        body.append(["from the cart to the paid order, 3 lines", f"{sent} statements, {number(float(wal) / 1000, 1)} kB of WAL, {number(written, 0)} rows; Medusa: 751, 77 kB, 46"])
    found = rows("growth")
    if found:
        sizes = sorted({int(row[1]) for row in found})
        of = {(row[0], int(row[1])): float(row[3]) for row in found}
        body.append([f"{sizes[-1]:,} listings and orders in place of {sizes[0]:,}", ", ".join(f"{what} {ratio(of[what, sizes[-1]], of[what, sizes[0]]):.2f}" for what in ("checkout", "cart", "history", "signup")) + " times as long"])
    return body


begin, end = "<!-- written by make bench -->", "<!-- until here -->"
with open(readme, encoding="utf-8") as source:
    first, rest = source.read().split(begin)
last, after = rest.split(end)
body = summary()
if len(measured) < len(blocks):
    of = dict(body)
    body = [[name, of.pop(name, value)] for name, value in cells(last)] + [[name, value] for name, value in of.items()]
with open(readme, "w", encoding="utf-8") as out:
    out.write(first + begin + "\n" + table(["what", "measured"], body) + "\n" + end + after)
