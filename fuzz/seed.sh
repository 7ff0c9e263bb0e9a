#!/usr/bin/env bash
# Fills fuzz/corpus/ from fixtures/ and docs/. Nothing of it is kept in git; run it again when they change.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

formats=fixtures/formats
corpus=fuzz/corpus
mark='=== file ===' # between the files of a folder, see fuzz/src/files.rs
longest=20000       # bytes: short cases run faster

# copy TARGET FILE...: the start of each file is a seed.
copy() {
    local target=$1 file
    shift
    mkdir -p "$corpus/$target"
    for file in "$@"; do
        case $file in *.expected | *.md) continue ;; esac
        head -c "$longest" "$file" >"$corpus/$target/$(tr / _ <<<"${file#fixtures/}")"
    done
}

# each_line TARGET: each line of standard input is a seed.
each_line() {
    mkdir -p "$corpus/$1"
    sort -u | awk -v name="$corpus/$1/line-" '{ file = name NR; printf "%s", $0 > file; close(file) }'
}

# folder NAME FILE...: a sample of the lines of up to four files, as one seed of the whole program.
folder() {
    local name=$corpus/pipeline/$1 file between=''
    shift
    for file in "${@:1:4}"; do
        [[ -z $between ]] || printf '\n%s\n' "$mark"
        between=yes
        gzip -dcf "$file" | awk 'NR < 4 || (NR % 11 == 0 && NR < 600)'
    done >"$name"
}

# packed FILE...: the files in every archive that this machine can make.
packed() {
    local to=$corpus/archives tool
    mkdir -p "$to"
    tar -cf "$to/a.tar" "$@"
    for tool in gzip zstd bzip2 xz; do
        command -v "$tool" >/dev/null || continue
        "$tool" -c "$1" >"$to/a.$tool"
        "$tool" -c "$to/a.tar" >"$to/a.tar.$tool"
    done
    command -v zip >/dev/null && zip -q - "$@" >"$to/a.zip"
    return 0
}

copy json $formats/json/* $formats/jsonl/* fixtures/hostile/*
copy tables $formats/csv/* $formats/w3c/*
copy text $formats/{access,apache-error,aws-elb,envoy,fix,haproxy,logfmt,nginx-error,squid,text}/*
# Logs whose lines are like each other.
copy json fixtures/digests/logs/payments.jsonl
copy tables fixtures/digests/logs/binance.csv
mkdir -p "$corpus/text"
for log in fixtures/incidents/*/logs/*.log.gz; do
    gzip -dc "$log" | awk 'NR <= 40' >"$corpus/text/$(tr / _ <<<"${log#fixtures/}")"
done
copy status $formats/{statuspage,status-feed,pager}/*
copy envelopes $formats/jsonl/{cri_pods.log,journald.jsonl,log_platforms.jsonl,mixed.log} \
    $formats/text/{docker_json_file,epoch_and_containers}.log $formats/logfmt/no_year_syslog.log

# What has a time of day, in quotes, brackets or at the start of a line.
cat $formats/*/*.{log,csv,json,jsonl} 2>/dev/null |
    grep -aoE '(^|["[])[^]"[]{0,20}[0-9]{2}:[0-9]{2}[^]"[]{0,20}' | tr -d '"[' | each_line stamps

# The examples of the documentation.
mkdir -p "$corpus/config"
awk -v name="$corpus/config/example-" '
    /^ *```toml$/ { n += 1; file = name n; next }
    /^ *```$/ { file = "" }
    file { print > file }' docs/usage.md

packed $formats/csv/{comma,bar}.csv $formats/jsonl/{payments,ecs}.jsonl $formats/logfmt/payments.log

mkdir -p "$corpus/digests" "$corpus/pipeline"
cp fixtures/digests/logs.knockon "$corpus/digests/"
for log in csv/comma.csv jsonl/upstream_calls.jsonl statuspage/incidents.json text/sentences.log; do
    cargo run --quiet --locked -- digest "$formats/$log" -o "$corpus/digests/$(basename "$log").knockon" 2>/dev/null
done

folder digests fixtures/digests/logs/*
for incident in fixtures/incidents/*/; do
    folder "$(basename "$incident")" "$incident"logs/*
done
folder formats $formats/{jsonl/payments.jsonl,csv/comma.csv,statuspage/incidents.json,pager/alertmanager.json}
