# bellhop: every target says what it does; `make help` lists them.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  = -s -w -X main.version=$(VERSION)
FUZZTIME ?= 30s
OUT     ?= bin/bellhop

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/bellhop
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(OUT) ./cmd/bellhop

.PHONY: demo
demo: build ## the main job on this machine, told as a story, without NethServer
	./bin/bellhop demo --once

.PHONY: test
test: ## install what the tests need (as root on Debian) and run them all
	./.ci/install-test-programs
	CGO_ENABLED=1 $(GO) test -race -shuffle=on ./...

.PHONY: bench
bench: ## measure bellhop beside what it is compared with, and write docs/benchmarks.md
	./.ci/install-test-programs
	BELLHOP_BENCH=$(CURDIR)/docs/benchmarks.md $(GO) test -run '^TestTable$$' -count=1 -timeout 30m -v ./internal/bench

.PHONY: microbench
microbench: ## run the Go benchmarks of the packages
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: pictures
pictures: ## draw the mails of docs/messages.md anew, where there is Chromium
	BELLHOP_PICTURES=$(CURDIR)/docs/pictures $(GO) test -run '^TestPictures$$' -count=1 -v ./templates

.PHONY: lint
lint: ## gofmt, vet, staticcheck, tidy, and shellcheck where it is installed
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'run gofmt -w on these'; exit 1; }
	$(GO) vet ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	$(GO) mod tidy -diff
	@! command -v shellcheck >/dev/null || shellcheck deploy/*.sh deploy/package/*.sh

.PHONY: fuzz
fuzz: ## fuzz each parser for FUZZTIME (30s)
	@set -e; for file in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
	  for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' $$file); do \
	    echo "$$name in $$(dirname $$file)"; \
	    $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$(dirname $$file); \
	  done; \
	done

.PHONY: package
package: ## pack .deb, .rpm and .tar.gz for amd64 and arm64 into dist/, with checksums
	rm -rf dist
	@set -e; for arch in amd64 arm64; do \
	  GOOS=linux GOARCH=$$arch $(MAKE) --no-print-directory build OUT=dist/$$arch/bellhop; \
	  GO='$(GO)' ./deploy/package/pack.sh $$arch '$(VERSION)'; \
	done
	@cd dist && sha256sum *.deb *.rpm *.tar.gz >SHA256SUMS && cat SHA256SUMS

.PHONY: clean
clean: ## remove what was built
	rm -rf bin dist
