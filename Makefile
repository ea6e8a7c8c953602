# `make test` is the one entry: what a contributor runs and what CI runs.
.PHONY: test tools lint check stories crash years soak pictures cross bench dist clean
.DEFAULT_GOAL := test

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# Asked for by dist alone: git describe touches .git, and a newer .git makes Go's cache run every story again.
LDFLAGS = -s -w -X main.release=$(VERSION)
AXE := e2e/browser/axe
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

test: tools lint check cross

# The race detector needs a C compiler, and nothing else here does. The shared store is tested on a PostgreSQL that the
# tests start themselves; the package's own server isn't wanted, so it gets no cluster to serve.
tools:
	@command -v gcc >/dev/null || command -v cc >/dev/null || { \
	  echo "installing gcc for the race detector"; apt-get update -qq && apt-get install -y -qq gcc libc6-dev; }
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { \
	  echo "installing PostgreSQL for the tests of store/postgres"; conf=/etc/postgresql-common/createcluster.d; \
	  mkdir -p $$conf && echo "create_main_cluster = false" > $$conf/keyturn.conf; apt-get update -qq; \
	  apt-get install -y -qq --no-install-recommends postgresql; found=$$?; rm -f $$conf/keyturn.conf; exit $$found; }
	@test -x /usr/sbin/pgbouncer || { command -v pgbouncer >/dev/null; } || { \
	  echo "installing PgBouncer for the tests of store/postgres, which isn't to run by itself"; policy=/usr/sbin/policy-rc.d; own=; \
	  test -e $$policy || { own=1; printf '#!/bin/sh\nexit 101\n' > $$policy; chmod 0755 $$policy; }; apt-get update -qq; \
	  apt-get install -y -qq --no-install-recommends pgbouncer; found=$$?; test -z "$$own" || rm -f $$policy; exit $$found; }
	@command -v promtool >/dev/null || { \
	  echo "taking promtool for the tests of deploy from Debian's package of Prometheus, which isn't installed"; dir=$$(mktemp -d); \
	  apt-get update -qq && cd $$dir && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb . && \
	  install -m 0755 usr/bin/promtool /usr/local/bin/; found=$$?; rm -rf $$dir; exit $$found; }
	@command -v systemd-analyze >/dev/null || { \
	  echo "installing systemd-analyze for the tests of deploy"; apt-get update -qq && apt-get install -y -qq --no-install-recommends systemd; }
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  echo "installing Chromium for the tests of the console"; apt-get update -qq; \
	  apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; }
	@test -e $(AXE)/node_modules/axe-core/axe.min.js || { \
	  echo "installing axe-core, the rules of accessibility"; \
	  command -v npm >/dev/null || { apt-get update -qq; apt-get install -y -qq --no-install-recommends npm; }; \
	  npm ci --prefix $(AXE) --silent --no-audit --no-fund; }

# Nothing is written to the sources, so that what Go's cache knows of their tests holds for the next run.
lint:
	@unformatted=$$(go tool gofumpt -l $$(git ls-files '*.go' | grep -v _templ.go)); test -z "$$unformatted" || { echo "not formatted:"; echo "$$unformatted"; exit 1; }
	@cd server/web && for t in *.templ; do go tool templ generate -stdout -f $$t | cmp -s - $${t%.templ}_templ.go || \
	  { echo "server/web/$$t was changed: commit what go generate ./server/web makes of it"; exit 1; }; done
	go vet ./...
	go tool staticcheck ./...
	go mod tidy -diff

# What a test needs of the machine must be there: CI fails where a contributor's machine may skip.
REQUIRED := KEYTURN_REQUIRE_POSTGRES=1 KEYTURN_REQUIRE_PROMTOOL=1 KEYTURN_REQUIRE_SYSTEMD=1 KEYTURN_REQUIRE_BROWSER=1

# Of what drives real programs, the soak mostly waits, so something else goes beside it; the figures have the machine to
# themselves.
check:
	$(REQUIRED) go test -race -timeout 15m $$(go list ./... | grep -v /e2e)
	$(REQUIRED) go test -p 2 -timeout 15m $$(go list ./e2e/... | grep -v /e2e/bench)
	$(REQUIRED) go test -timeout 15m ./e2e/bench

# All the kills and chances that check takes a part of.
stories:
	go test -count=1 -timeout 60m ./e2e/story -kills 16 -chances 60

# Four machines on one database while everything goes wrong at random, for half an hour. SOAK=... takes other flags of the test.
SOAK ?= -length 30m -apps 200
soak:
	KEYTURN_REQUIRE_POSTGRES=1 go test -count=1 -timeout 24h -v ./e2e/soak $(SOAK)

# A thousand applications for ten years, each secret renewed every year. YEARS=... takes other flags of the test.
YEARS ?= -apps 1000 -years 10 -life 1
years:
	go test -count=1 -timeout 4h -v ./e2e/years $(YEARS)

# The whole crash table on both stores, every renewal in flight in every older store, every state in which
# one of two machines is lost; UPDATE=-update publishes it.
crash:
	KEYTURN_REQUIRE_POSTGRES=1 go test -count=1 -timeout 60m ./e2e/story -run 'TestCrashTable|TestAnOlderStore|TestAnotherMachine' -crashes $(UPDATE)

# Every system that is promised builds, without cgo; the stories build this machine's. Nothing is optimised here, nor
# described for a debugger, which saves a third of the time: dist optimises.
cross:
	@for p in $(filter-out $(shell go env GOHOSTOS)/$(shell go env GOHOSTARCH),$(PLATFORMS)); do echo "build $$p"; \
	  CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} go build -gcflags='all=-N -l -dwarf=false' -ldflags='-s -w' -o /dev/null ./cmd/keyturn || exit 1; done

# The console's pages as docs/console.md and the readme show them.
pictures: tools
	dir=$$(mktemp -d); KEYTURN_REQUIRE_BROWSER=1 go test -count=1 ./e2e/browser -args -pictures $$dir && mkdir -p docs/pictures && \
	  for p in overview-desk application-desk run-desk-dark plan-desk application-phone; do cp $$dir/$$p.png docs/pictures/; done; rm -rf $$dir

# Ratios against a floor measured in the same run; figures with the machine are kept in docs/benchmarks.md. Ten thousand
# renewals on each store, and Graph's limits, take most of its forty minutes; KEYTURN_BENCH_DUE=N renews fewer.
bench:
	KEYTURN_BENCH=1 go test -run '^TestBench' -v -timeout 90m ./e2e/...

dist: clean
	@for os in windows darwin; do echo "vet $$os"; GOOS=$$os go vet ./... || exit 1; done
	@mkdir -p dist
	@go run ./house/licences ./cmd/keyturn dist/THIRD-PARTY-LICENCES.txt
	@for p in $(PLATFORMS); do os=$${p%/*}; arch=$${p#*/}; name=keyturn_$(VERSION)_$${os}_$${arch}; exe=keyturn; \
	  test $$os = windows && exe=keyturn.exe; mkdir -p dist/$$name; echo "$$name"; \
	  CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -trimpath -ldflags "$(LDFLAGS)" -o dist/$$name/$$exe ./cmd/keyturn || exit 1; \
	  cp README.md LICENSE CHANGELOG.md dist/THIRD-PARTY-LICENCES.txt dist/$$name/; \
	  if test $$os = windows; then go run ./house/zip dist/$$name; else tar -C dist -czf dist/$$name.tar.gz $$name; fi; \
	  rm -r dist/$$name; done
	@rm dist/THIRD-PARTY-LICENCES.txt
	@cd dist && sha256sum keyturn_* > checksums.txt && cat checksums.txt

clean:
	rm -rf dist
