import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import type { Reading } from "../reading/served.ts";
import { externalDns } from "./external-dns.ts";

/**
 * What was read from an Ingress, with the annotations that an external-dns filters on: its route keeps those too, even if they do nothing else there, or it would
 * lose the record whatever its owner prepares. external-dns compares a route's own annotations, and reads the target only from the Gateway.
 * Source: github.com/kubernetes-sigs/external-dns, source/gateway.go
 */
export function withFiltered(reading: Reading, clusters: readonly (BuiltCluster | undefined)[]): Reading {
  const { written, kept } = reading.annotations;
  const filtered = new Set(
    clusters
      .flatMap((cluster) => (cluster ? externalDns(cluster) : []))
      .flatMap((writer) => writer.filtered ?? []),
  );
  const names = Object.keys(written).filter((name) => name in kept || filtered.has(name));
  if (names.length === Object.keys(kept).length) return reading;
  const all = Object.fromEntries(names.map((name) => [name, written[name] ?? null]));
  return { ...reading, annotations: { ...reading.annotations, kept: all } };
}
