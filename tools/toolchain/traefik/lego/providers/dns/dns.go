// Package dns replaces lego's package of the same name, which links the SDK of every DNS provider. The sandbox requests no certificates.
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v5/challenge"
)

// NewDNSChallengeProviderByName finds no provider.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("this build of Traefik has no DNS providers, so it cannot use %s", name)
}
