// Runs cert-manager's controllers, for self-signed and CA issuers.
//
// Upstream's own program is in a module that cannot be downloaded from a Go module proxy. It also contains the ACME, Vault and Venafi issuers, with clients for
// a dozen cloud providers; no sandbox can reach those.
package main

import (
	"context"
	"net"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	_ "github.com/cert-manager/cert-manager/pkg/controller/certificate-shim/gateways"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificate-shim/ingresses"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"

	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/healthz"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
)

const (
	workers       = 5
	healthAddress = ":9403"
	retry         = time.Second
	gatewayShim   = "gateway-shim"
)

func main() {
	// The chart also sets flags of the ACME issuer.
	pflag.CommandLine.ParseErrorsAllowlist.UnknownFlags = true
	namespace := pflag.String("cluster-resource-namespace", "kube-system", "namespace of the Secrets of ClusterIssuers")
	gatewayAPI := pflag.Bool("enable-gateway-api", false, "issue certificates for annotated Gateways")
	pflag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	logf.InitLogs()
	defer logf.FlushLogs()
	ctx = logf.NewContext(ctx, logf.Log, "controller")
	if err := run(ctx, *namespace, *gatewayAPI); err != nil {
		logf.Log.Error(err, "error running the controllers")
		panic(err)
	}
}

func run(ctx context.Context, namespace string, gatewayAPI bool) error {
	listener, err := net.Listen("tcp", healthAddress)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return healthz.NewServer(0).Start(ctx, listener) })
	options := controller.ContextOptions{
		KubernetesAPIQPS:   50,
		KubernetesAPIBurst: 100,
		IssuerOptions:      controller.IssuerOptions{ClusterResourceNamespace: namespace},
		CertificateOptions: controller.CertificateOptions{
			CertificateRequestMinimumBackoffDuration: time.Hour,
			CertificateRequestMaximumBackoffDuration: 32 * time.Hour,
		},
	}
	group.Go(func() error {
		return runControllers(ctx, options, func(name string) bool { return name != gatewayShim })
	})
	if gatewayAPI {
		withGatewayAPI := options
		withGatewayAPI.ConfigOptions.EnableGatewayAPI = true
		group.Go(func() error {
			return runControllers(ctx, withGatewayAPI, func(name string) bool { return name == gatewayShim })
		})
	}
	return group.Wait()
}

// runControllers runs some of the controllers. With the Gateway API, it first waits for its definitions; without them, upstream's program would exit.
func runControllers(ctx context.Context, options controller.ContextOptions, selected func(string) bool) error {
	factory, err := contextFactory(ctx, options)
	if err != nil {
		return err
	}
	shared, err := factory.Build()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for name, construct := range controller.Known() {
		if !selected(name) {
			continue
		}
		built, err := construct(factory)
		if err != nil {
			return err
		}
		group.Go(func() error { return built.Run(workers, ctx) })
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	shared.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	if options.ConfigOptions.EnableGatewayAPI {
		shared.GWShared.Start(ctx.Done())
	}
	return group.Wait()
}

func contextFactory(ctx context.Context, options controller.ContextOptions) (*controller.ContextFactory, error) {
	for {
		factory, err := controller.NewContextFactory(ctx, options)
		if err == nil {
			return factory, nil
		}
		logf.Log.Error(err, "waiting")
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(retry):
		}
	}
}
