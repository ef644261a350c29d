// Runs external-dns with the provider that keeps its records in memory.
//
// Upstream's own program also contains the clients of some thirty DNS providers; the Go module proxy does not serve all of them, and no sandbox can reach
// those providers. The loop is RunOnce of upstream's package controller, which imports them.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	log "github.com/sirupsen/logrus"

	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/pkg/apis/externaldns"
	"sigs.k8s.io/external-dns/plan"
	"sigs.k8s.io/external-dns/provider/inmemory"
	"sigs.k8s.io/external-dns/registry"
	"sigs.k8s.io/external-dns/registry/txt"
	"sigs.k8s.io/external-dns/source"
	"sigs.k8s.io/external-dns/source/annotations"
	"sigs.k8s.io/external-dns/source/wrappers"
)

const (
	gatewayAPI    = "gateway.networking.k8s.io/v1"
	gatewaySource = "gateway-"
	retry         = time.Second
)

func main() {
	cfg := externaldns.NewConfig()
	if err := cfg.ParseFlags(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
	annotations.SetAnnotationPrefix(cfg.AnnotationPrefix)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, cfg); err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, cfg *externaldns.Config) error {
	go serveHealth(cfg.MetricsAddress)
	sources, err := buildSources(ctx, cfg)
	if err != nil {
		return err
	}
	filter := endpoint.NewDomainFilterWithOptions(
		endpoint.WithDomainFilter(cfg.DomainFilter),
		endpoint.WithDomainExclude(cfg.DomainExclude),
		endpoint.WithRegexDomainFilter(cfg.RegexDomainFilter),
		endpoint.WithRegexDomainExclude(cfg.RegexDomainExclude),
	)
	provider, err := inmemory.New(ctx, cfg, filter)
	if err != nil {
		return err
	}
	if err := restore(ctx, provider); err != nil {
		return err
	}
	records, err := txt.New(cfg, provider)
	if err != nil {
		return err
	}
	for {
		if err := synchronize(ctx, cfg, sources, records, filter); err != nil {
			return err
		}
		if err := save(ctx, provider); err != nil || cfg.Once {
			return err
		}
		if err := pause(ctx, cfg.Interval); err != nil {
			return err
		}
	}
}

// buildSources first waits for the definitions of the Gateway API, if a source reads them. Without them, upstream's program would exit.
func buildSources(ctx context.Context, cfg *externaldns.Config) (source.Source, error) {
	sourceConfig, err := source.NewSourceConfig(cfg)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(cfg.Sources, func(name string) bool { return strings.HasPrefix(name, gatewaySource) }) {
		client, err := sourceConfig.ClientGenerator().KubeClient()
		if err != nil {
			return nil, err
		}
		for {
			if _, err := client.Discovery().ServerResourcesForGroupVersion(gatewayAPI); err == nil {
				break
			}
			if err := pause(ctx, retry); err != nil {
				return nil, err
			}
		}
	}
	return wrappers.Build(ctx, sourceConfig)
}

func synchronize(ctx context.Context, cfg *externaldns.Config, sources source.Source, records registry.Registry, filter *endpoint.DomainFilter) error {
	policy, known := plan.Policies[cfg.Policy]
	if !known {
		return fmt.Errorf("unknown policy: %s", cfg.Policy)
	}
	current, err := records.Records(ctx)
	if err != nil {
		return err
	}
	found, err := sources.Endpoints(ctx)
	if err != nil {
		return err
	}
	desired, err := records.AdjustEndpoints(found)
	if err != nil {
		return err
	}
	calculated := (&plan.Plan{
		Policies:       []plan.Policy{policy},
		Current:        current,
		Desired:        desired,
		DomainFilter:   endpoint.MatchAllDomainFilters{filter, records.GetDomainFilter()},
		ManagedRecords: cfg.ManagedDNSRecordTypes,
		ExcludeRecords: cfg.ExcludeDNSRecordTypes,
		OwnerID:        records.OwnerID(),
	}).Calculate()
	if !calculated.Changes.HasChanges() {
		return nil
	}
	return records.ApplyChanges(ctx, calculated.Changes)
}

func pause(ctx context.Context, duration time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(duration):
		return nil
	}
}

func serveHealth(address string) {
	http.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	log.Fatal(http.ListenAndServe(address, nil))
}
