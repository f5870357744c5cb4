"""The table of `make figures`: table.py RESULTS ROUNDS. Ratios are Kamailio ÷ ours of the same
round, the median over rounds; a run with a wrong answer fails."""
import json
import pathlib
import statistics
import sys

# Step, what is compared, bar, aim.
ROWS = [
    ("register-udp", "cpu", "REGISTER UDP", 0.8, 1.2),
    ("register-tcp", "cpu", "REGISTER TCP", 1.2, 2),
    ("message-tcp", "cpu", "MESSAGE TCP", 1.5, 2.5),
    ("message-tls", "cpu", "MESSAGE TLS", 1.5, 2.5),
    ("fanout-tcp", "cpu", "NOTIFY, 100 watchers, TCP", 2, 3),
    ("fanout-tls", "cpu", "NOTIFY, 100 watchers, TLS", 2, 3),
    ("storm-tls", "cpu", "login, 80 subscriptions, TLS", 1.5, 3),
    ("conns-tls", "accept", "TLS connection accepted", 2.5, 3),
    ("model-tls", "model", "model users per core, TLS (ours ÷ Kamailio)", 1.5, 3),
    ("message-tcp-rate", "p99", "p99 of MESSAGE TCP at half rate", 1.0, 2),
]
# Steps of our own generator: what they are held against, and the bar of the ratio.
OWN = [
    ("lists", "login, one list of 80, TLS (Kamailio: 80 subscriptions)", "storm-tls", 4, 10),
    ("reconnect", "the same, everybody back at once", "storm-tls", 4, 10),
    ("absent", "text kept and handed over, TLS, durable (no peer)", None, None, None),
]
MEMORY = [
    ("conns-tcp", "KiB per registered user, TCP", 6.2, 4),
    ("conns-tls", "KiB per registered user, TLS", 16, 12),
]


def load(folder, step):
    try:
        return json.loads((folder / f"{step}.json").read_text())
    except (OSError, ValueError):
        return None


def runs(results, who, step, rounds):
    found = (load(results / f"{who}-{number}", step) for number in range(1, rounds + 1))
    return [run for run in found if run]


def cpu(run):
    return (run.get("cpu") or {}).get("server_cpu_us_per_op")


def p99(run):
    for key in ("latency_us", "publish_to_notify_us", "login_us"):
        if "p99" in run.get(key, {}):
            return run[key]["p99"]
    return None


def figure(kind, run):
    if kind == "cpu":
        return cpu(run)
    if kind == "accept":
        return run.get("server_cpu_us_per_connection") or (run.get("connect_cpu") or {}).get("server_cpu_us_per_op") or cpu(run)
    if kind == "model":
        return run.get("model_users_per_server_core")
    return p99(run)


def main():
    results, rounds = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    wrong = []
    print("| operation | ours | Kamailio | ratio | bar / aim | other load % |")
    print("| --- | --- | --- | --- | --- | --- |")
    for step, kind, name, bar, aim in ROWS:
        pairs, others = [], []
        for number in range(1, rounds + 1):
            ours, peer = (load(results / f"{who}-{number}", step) for who in ("ours", "kamailio"))
            if not ours or not peer:
                continue
            if not ours["ok"]:
                wrong.append(f"{step}: {ours.get('errors')}")
            others.append(max((run.get("cpu") or {}).get("other_cpu_pct") or 0 for run in (ours, peer)))
            one, two = figure(kind, ours), figure(kind, peer)
            if one and two:
                pairs.append((one, two, one / two if kind == "model" else two / one))
        if pairs:
            ratio = statistics.median(pair[2] for pair in pairs)
            one, two = (statistics.median(pair[at] for pair in pairs) for at in (0, 1))
            mark = "" if ratio >= bar else " **below**"
            print(f"| {name} | {one:.1f} | {two:.1f} | {ratio:.2f}{mark} | {bar} / {aim} | {max(others):.0f} |")
    for step, name, against, bar, aim in OWN:
        ours = runs(results, "ours", step, rounds)
        wrong += [f"{step}: {run['error_samples']}" for run in ours if not run["ok"]]
        if not ours:
            continue
        one = statistics.median(cpu(run) for run in ours)
        others = max(run["cpu"]["other_cpu_pct"] for run in ours)
        peers = [cpu(run) for run in runs(results, "kamailio", against, rounds)] if against else []
        if peers:
            ratio = statistics.median(peers) / one
            mark = "" if ratio >= bar else " **below**"
            print(f"| {name} | {one:.0f} | {statistics.median(peers):.0f} | {ratio:.2f}{mark} | {bar} / {aim} | {others:.0f} |")
        else:
            print(f"| {name} | {one:.0f} | - | - | - | {others:.0f} |")
    for step, name, bar, aim in MEMORY:
        key = "server_kib_per_registered_connection"
        one = [run[key] for run in runs(results, "ours", step, rounds) if run.get(key)]
        two = [run[key] for run in runs(results, "kamailio", step, rounds) if run.get(key)]
        if one:
            mark = "" if statistics.median(one) <= bar else " **above**"
            peer = f"{statistics.median(two):.1f}" if two else "-"
            print(f"| {name} | {statistics.median(one):.1f}{mark} | {peer} | | ≤ {bar} / {aim} | |")
    for line in wrong:
        print(f"WRONG: {line}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
