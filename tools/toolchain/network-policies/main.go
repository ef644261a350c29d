// Command network-policies reports which connections NetworkPolicies allow, as cyclonus computes it. Cyclonus is the program with which network plugins are
// compared; its own command prints tables for people only.
//
// Reads {"policies": [...], "connections": [...]} from standard input, each connection as cyclonus's matcher.Traffic, and writes a list of booleans.
package main

import (
	"encoding/json"
	"log"
	"os"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	networkingv1 "k8s.io/api/networking/v1"
)

func main() {
	var input struct {
		Policies    []*networkingv1.NetworkPolicy
		Connections []*matcher.Traffic
	}
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&input); err != nil {
		log.Fatal(err)
	}
	policy := matcher.BuildNetworkPolicies(false, input.Policies)
	allowed := make([]bool, len(input.Connections))
	for i, connection := range input.Connections {
		allowed[i] = policy.IsTrafficAllowed(connection).IsAllowed()
	}
	if err := json.NewEncoder(os.Stdout).Encode(allowed); err != nil {
		log.Fatal(err)
	}
}
