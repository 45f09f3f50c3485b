# Recipes only call what CI calls: see .ci/run.

# Every check that CI makes
ci:
    .ci/run

# The tests
test:
    cargo test

# Run the flagship scenario
run:
    cargo run --release -- run scenarios/xero-2018-03-12.yaml

# The results of all shipped scenarios again
results:
    cargo run --release -- run scenarios/*.yaml --quiet

# Speed, in attempts per second
bench:
    cargo bench --bench engine

# Every fuzz target for so many seconds
fuzz seconds="600":
    fuzz/run {{seconds}}
