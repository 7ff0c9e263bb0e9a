#!/usr/bin/env python3
"""Measures the whole program against the peers that are installed: benches/peers.py [--size 1G] [--runs 5] [--out FOLDER].

Every peer answers one easier question (per minute and exchange: attempts, failures, quantiles of the duration, failed
amounts), or only reads the bytes. For each input the program and its peers run in turn, RUNS times; the ratio of each
turn is kept and its median told. Two threads each. Needs cargo; uses duckdb (the command, or Python's module), zstd,
mawk and hl where they are there.
"""

import argparse, csv, gzip, json, os, resource, shutil, statistics, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
THREADS = 2
COLUMNS = {
    "time": "VARCHAR", "level": "VARCHAR", "event": "VARCHAR", "payment_id": "VARCHAR", "order_id": "VARCHAR",
    "customer_id": "VARCHAR", "merchant": "VARCHAR", "method": "VARCHAR", "exchange": "VARCHAR", "currency": "VARCHAR",
    "amount": "DECIMAL(18,8)", "status": "VARCHAR", "error_code": "VARCHAR", "error_message": "VARCHAR",
    "duration_ms": "INTEGER", "attempt": "INTEGER", "retry_of": "VARCHAR", "trace_id": "VARCHAR",
}
MAWK = '{ n[$9]++ ; d[substr($4, 2, 17)]++ } END { for (s in n) print s, n[s]; for (m in d) k++; print k }'


def binary():
    subprocess.run(["cargo", "build", "--release", "--locked", "--bin", "knockon", "--example", "simulate"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return os.path.join(target, "release", "knockon"), os.path.join(target, "release", "examples", "simulate")


def data(simulate, folder, size):
    """The inputs, made once for a folder."""
    logs = os.path.join(folder, "logs")
    if not os.path.isdir(logs):
        subprocess.run([simulate, "--scenario", "hard-outage", "--seed", "7", "--bytes", size, "--out", logs], check=True)
    path = lambda name: os.path.join(folder, name)
    if not os.path.exists(path("payments.jsonl")):
        written, wanted = 0, 1e9 if size == "1G" else float(size.rstrip("MG")) * (1e6 if size.endswith("M") else 1e9)
        with open(path("payments.jsonl"), "w") as out, open(path("payments.csv"), "w", newline="") as table, \
                open(path("access.log"), "w") as access, open(path("mixed.jsonl"), "w") as mixed, \
                gzip.open(path("half-1.jsonl.gz"), "wt", 6) as half1, gzip.open(path("half-2.jsonl.gz"), "wt", 6) as half2:
            rows = csv.writer(table)
            rows.writerow(COLUMNS)
            lines = []
            for name in sorted(os.listdir(logs)):
                if name.startswith("payments"):
                    opened = gzip.open if name.endswith(".gz") else open
                    with opened(os.path.join(logs, name), "rt") as source:
                        first = source.readline()
                        # Some of its shops use other names.
                        if "time" in json.loads(first):
                            lines.append(first)
                            lines.extend(source)
            for day in range(1000):
                for line in lines:
                    record = json.loads(line)
                    if day:
                        for field in ("payment_id", "order_id", "trace_id", "retry_of"):
                            if field in record:
                                record[field] += "-%d" % day
                    record["time"] = moved(record["time"], day)
                    line = json.dumps(record, separators=(",", ":")) + "\n"
                    out.write(line)
                    mixed.write(reshaped(record, written))
                    (half1 if 2 * written < wanted else half2).write(line)
                    rows.writerow([record.get(c, "") for c in COLUMNS])
                    access.write(access_line(record))
                    written += len(line)
                    if written >= wanted:
                        break
                if written >= wanted:
                    break
    for name in ("payments.jsonl.gz", "payments.jsonl.zst"):
        if not os.path.exists(path(name)):
            packer = ["gzip", "-k", "-6"] if name.endswith("gz") else ["zstd", "-k", "-q", "-3"]
            if shutil.which(packer[0]):
                subprocess.run(packer + [path("payments.jsonl")], check=True)
    return logs, path


def reshaped(record, number):
    """The same record in one of four shapes: fields in another order, fewer of them, more of them."""
    shape = number % 4
    if shape == 1:
        record = dict(reversed(record.items()))
    elif shape == 2:
        record = {k: v for k, v in record.items() if k not in ("level", "event", "trace_id")}
    elif shape == 3:
        record = {"host": "pay-%d" % (number % 7), **record, "context": {"region": "eu", "build": 112}}
    return json.dumps(record, separators=(",", ":")) + "\n"


def moved(stamp, days):
    """So many days later; in RFC 3339, so that the peers need not ask how it is written."""
    if isinstance(stamp, int):
        whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(stamp // 1000 + days * 86400))
        return "%s.%03dZ" % (whole, stamp % 1000)
    return time.strftime("%Y-%m-%d", time.gmtime(calendar_seconds(stamp) + days * 86400)) + stamp[10:]


def calendar_seconds(stamp):
    import calendar
    return calendar.timegm(time.strptime(stamp[:10], "%Y-%m-%d"))


def access_line(record):
    stamp = record["time"]
    seconds = calendar_seconds(stamp) + sum(
        int(part) * unit for part, unit in zip(stamp[11:19].split(":"), (3600, 60, 1)))
    at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(seconds))
    status = 200 if record["status"] == "succeeded" else 503
    return '10.0.0.%d - - [%s] "POST /sapi/v1/capital/withdraw HTTP/1.1" %d 512 "-" "shop/1.0" %.3f "%s"\n' % (
        len(record.get("order_id", "")) * 7 % 200, at, status, record.get("duration_ms", 0) / 1000, record.get("trace_id", "-"))


def duckdb_query(source, reader):
    columns = "{" + ", ".join("%s: '%s'" % c for c in COLUMNS.items()) + "}"
    scan = "read_json('%s', format='newline_delimited', columns=%s)" % (source, columns) if reader == "json" else \
        "read_csv('%s', header=true, columns=%s)" % (source, columns)
    return "SET threads=%d; SELECT time[1:16] AS m, exchange, count(*), count(*) FILTER (status <> 'succeeded'), " \
        "quantile_cont(duration_ms, [0.5, 0.99]), sum(amount) FILTER (status <> 'succeeded') FROM %s GROUP BY ALL" % (THREADS, scan)


def duckdb(source, reader="json"):
    query = duckdb_query(source, reader)
    if shutil.which("duckdb"):
        return ["duckdb", "-noheader", "-c", query]
    try:
        import duckdb as module  # noqa: F401
    except ImportError:
        return None
    program = "import duckdb,sys,time; c=duckdb.connect(); t=time.time(); q=sys.argv[1].split('; ',1); c.execute(q[0]); " \
        "c.execute(q[1]).fetchall(); print(time.time()-t, file=sys.stderr)"
    return [sys.executable, "-c", program, query]


def timed(command):
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if command[0] == sys.executable:
        took = float(done.stderr.split()[-1])  # without the start of the interpreter
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(name, own, peer_name, peer, runs, size):
    ratios, owns, peers = [], [], []
    for _ in range(runs):
        a, b = timed(own)[0], timed(peer)[0]
        owns.append(a), peers.append(b), ratios.append(a / b)
    median = statistics.median
    print("| %s (%.0f MB) | %s | %.2f s | %.2f s | %.2f |" % (
        name, size / 1e6, peer_name, median(owns), median(peers), median(ratios)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1G")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only-data", action="store_true", help="make the inputs, and end")
    parser.add_argument("--out", default=os.path.join(ROOT, "target", "peers"))
    arguments = parser.parse_args()
    knockon, simulate = binary()
    os.makedirs(arguments.out, exist_ok=True)
    logs, path = data(simulate, arguments.out, arguments.size)
    if arguments.only_data:
        return
    analyze = lambda *paths: [knockon, "analyze", "-q", "-f", "json", "--threads", str(THREADS), *paths]
    print("| input | against | knockon | peer | ratio |\n|---|---|---|---|---|")
    json_peer = "DuckDB, typed aggregate"
    cases = [
        ("JSON Lines", analyze(path("payments.jsonl")), json_peer, duckdb(path("payments.jsonl"))),
        ("JSON Lines", analyze(path("payments.jsonl")), "`wc -l`", ["wc", "-l", path("payments.jsonl")]),
        ("JSON Lines of four shapes", analyze(path("mixed.jsonl")), json_peer, duckdb(path("mixed.jsonl"))),
        ("CSV", analyze(path("payments.csv")), json_peer, duckdb(path("payments.csv"), "csv")),
        ("JSON Lines .gz", analyze(path("payments.jsonl.gz")), json_peer, duckdb(path("payments.jsonl.gz"))),
        ("JSON Lines .gz, two files", analyze(path("half-1.jsonl.gz"), path("half-2.jsonl.gz")), json_peer,
         duckdb(path("half-*.jsonl.gz"))),
        ("JSON Lines .zst", analyze(path("payments.jsonl.zst")), json_peer, duckdb(path("payments.jsonl.zst"))),
        ("JSON Lines .zst", analyze(path("payments.jsonl.zst")), "`zstd -dc`", ["zstd", "-dc", path("payments.jsonl.zst")]),
        ("access log", analyze("--exchange", "binance=" + path("access.log")), "mawk, counts by field",
         ["mawk", MAWK, path("access.log")]),
        ("payments with their calls", analyze(logs), "`wc -l` of the files as they lie",
         ["wc", "-l", *[os.path.join(logs, f) for f in sorted(os.listdir(logs))]]),
    ]
    for name, own, peer_name, peer in cases:
        files = [a for a in (x.split("=")[-1] for x in own) if os.path.exists(a) and a != knockon]
        size = sum(os.path.getsize(f) if os.path.isfile(f) else sum(e.stat().st_size for e in os.scandir(f)) for f in files)
        if peer and files and (peer[0] == sys.executable or shutil.which(peer[0])):
            compare(name, own, peer_name, peer, arguments.runs, size)
        else:
            print("| %s | %s | not measured: not installed | | |" % (name, peer_name))


if __name__ == "__main__":
    main()
