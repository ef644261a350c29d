import assert from "node:assert/strict";
import { join } from "node:path";
import { buildRepository } from "../../../tools/gitops/flux/repository-build.ts";
import { build, kustomization, map } from "../../support/built-repository.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";

const ROOT = join(import.meta.dirname, "../../fixtures/repositories/refusals");

describe("the offline build reports what Kustomize builds but Flux or the API server rejects:", () => {
  const { clusters } = buildRepository(new Repository(ROOT), { partial: true });
  const problems = clusters
    .flatMap((cluster) => cluster.problems)
    .map(
      ({ position: { file, line }, message }) => `${file.replace("clusters/home/", "")}:${line} ${message}`,
    );
  const expect = (...expected: readonly string[]): void => {
    for (const problem of expected) assert.ok(problems.includes(problem), problems.join("\n"));
  };

  it("invalid variable names", () => {
    expect(
      "apps/settings.yaml:6 node-group is not a valid variable name, so every Kustomization that takes its variables from here fails",
      "apps/from-a-store.yaml:7 mail-host is not a valid variable name, so every Kustomization that takes its variables from here fails",
    );
  });

  it("values that are not strings, as written or after substitution", () => {
    expect(
      "apps/variables.yaml:13 spec.postBuild.substitute.PORT must be a string: quote it",
      "variables/map.yaml:6 data.port must be a string: quote it",
      "variables/map.yaml:7 data.size must be a string: quote it",
      "apps/sealed.yaml:7 spec.prune must be true or false",
    );
  });

  it("numbers, booleans and text in fields of another type, and ports out of range, but not below values, and not from a variable that only the cluster knows", () => {
    const typed = problems.filter((problem) => problem.includes("typed"));
    assert.deepEqual(typed, [
      "apps/typed.yaml:5 spec.interval must be a duration in hours, minutes or seconds, such as 1h30m",
      "apps/typed.yaml:9 spec.dependson is unknown: write dependsOn",
      "apps/typed.yaml:10 spec.deletionPolicy must be one of MirrorPrune, Delete, WaitForTermination, Orphan",
      "apps/typed.yaml:12 spec.images[0].newTag must be a string: quote it",
      "typed/more.yaml:5 spec.ports[0].targetPort must be a port from 1 to 65535 without quotes, or a port's name",
      "typed/more.yaml:11 spec.dnsConfig.options[0].value must be a string: quote it",
      "typed/more.yaml:14 spec.containers[0].livenessProbe.httpGet.port must be a port from 1 to 65535 without quotes, or a port's name",
      "typed/more.yaml:15 spec.containers[0].env[0].valueFrom.secretKeyRef.key must be a string: quote it",
      "typed/more.yaml:21 parameters.replicas must be a string: quote it",
      "typed/more.yaml:26 spec.url must be a URL that starts with http:// or https:// or ssh://",
      "typed/more.yaml:34 spec.values must be a mapping",
      "typed/ports.yaml:12 spec.template.spec.containers[0].ports[0].containerPort must be a port from 1 to 65535",
      "typed/ports.yaml:14 spec.template.spec.containers[0].readinessProbe.tcpSocket.port must be a port from 1 to 65535, or a port's name",
      "typed/ports.yaml:15 spec.template.spec.containers[0].startupProbe.grpc.port must be a port from 1 to 65535",
      "typed/ports.yaml:15 spec.template.spec.containers[0].startupProbe.periodSeconds must be a whole number",
      "typed/ports.yaml:21 spec.ports[0].port must be a port from 1 to 65535",
      "typed/shop.yaml:5 spec.replicas must be a whole number",
      "typed/shop.yaml:8 spec.template.metadata.labels.version must be a string: quote it",
      "typed/shop.yaml:14 spec.template.spec.containers[0].args[1] must be a string: quote it",
      "typed/shop.yaml:15 spec.template.spec.containers[0].env[0].value must be a string: quote it",
      "typed/shop.yaml:22 spec.install.remediation.retries must be a whole number",
      "typed/shop.yaml:24 spec.chart.spec.version must be a string: quote it",
      "typed/shop.yaml:24 spec.chart.spec.sourceRef must be a mapping",
    ]);
  });

  it("objects without a namespace, except those that Flux does not apply", () => {
    expect(
      "nowhere/more.yaml:1 ExternalSecret login has no namespace: set metadata.namespace, or set spec.targetNamespace in the Kustomization",
      "nowhere/more.yaml:6 HorizontalPodAutoscaler lost has no namespace: set metadata.namespace, or set spec.targetNamespace in the Kustomization",
      "nowhere/more.yaml:10 CiliumNetworkPolicy lost has no namespace: set metadata.namespace, or set spec.targetNamespace in the Kustomization",
      "nowhere/map.yaml:1 ConfigMap lost has no namespace: set metadata.namespace, or set spec.targetNamespace in the Kustomization",
      "nowhere/route.yaml:1 HTTPRoute lost has no namespace: set metadata.namespace, or set spec.targetNamespace in the Kustomization",
      "nowhere/definitions.yaml:11 Page lost has no namespace: set metadata.namespace, or set spec.targetNamespace in the Kustomization",
    );
  });

  it("objects that stay encrypted, Secrets from encrypted files, and files whose kind, apiVersion or name is encrypted", () => {
    expect(
      "generated/map.yaml:5 ConfigMap sealed is encrypted with SOPS, but Kustomization generated has no spec.decryption",
      "generated/login.env:1 Secret login is encrypted with SOPS, but Kustomization generated has no spec.decryption",
      "sealed/secret.yaml:5 Secret key is encrypted with SOPS, but Kustomization sealed has no spec.decryption",
      "sealed/hidden.yaml:1 the field `kind` is encrypted: SOPS must leave apiVersion, kind and metadata in plain text",
      "sealed/version.yaml:1 the field `apiVersion` is encrypted: SOPS must leave apiVersion, kind and metadata in plain text",
      "sealed/name.yaml:1 the field `metadata.name` is encrypted: SOPS must leave apiVersion, kind and metadata in plain text",
    );
  });

  it("values of a Secret that nothing decrypts, that are no base64, and a field of another type", () => {
    expect(
      "sealed/lost.yaml:5 stringData.password is encrypted, but the Secret has no field `sops`, so nothing decrypts it",
      "sealed/lost.yaml:6 data.key must be base64: encode it, or move it to stringData",
      "sealed/lost.yaml:4 immutable must be true or false",
    );
  });

  it("keys that a ConfigMap cannot have", () => {
    expect('variables/map.yaml:8 "a b" is not a valid key in data: use letters, digits, "-", "_" and "."');
  });

  it("names, namespaces, labels and annotations that it does not accept", () => {
    const qualified =
      'use at most 63 letters, digits, "-", "_" and ".", after a domain and a slash or without them';
    expect(
      'named/objects.yaml:3 the API server rejects the name "Blue_Team": use lowercase letters, digits, "-" and "."',
      'named/objects.yaml:3 the API server rejects the namespace "Web": use at most 63 lowercase letters, digits and "-"',
      'named/objects.yaml:8 the API server rejects the name "web.shop": use at most 63 lowercase letters, digits and "-"',
      'named/objects.yaml:11 the API server rejects the label team "blue team": use at most 63 letters, digits, "-", "_" and "."',
      `named/objects.yaml:12 the API server rejects the key "a team": ${qualified}`,
      `named/objects.yaml:15 the API server rejects the key "a/b/c": ${qualified}`,
    );
  });

  it("fields of a Kustomization that nothing in the repository applies", () => {
    const sync = kustomization("sync", "./cluster");
    const apps = kustomization("apps", "./apps").replace(
      "prune: true",
      'prune: "yes", postBuild: { substitute: { PORT: 80 } }',
    );
    const built = build({
      "flux/sync.yaml": sync,
      "flux/apps.yaml": apps,
      "apps/map.yaml": map("a"),
      "cluster/map.yaml": map("b"),
    });
    assert.deepEqual(
      built.clusters.flatMap((cluster) => cluster.problems.map(({ message }) => message)),
      ["spec.prune must be true or false", "spec.postBuild.substitute.PORT must be a string: quote it"],
    );
  });

  it("no other problems", () => {
    assert.equal(problems.length, 51, problems.join("\n"));
  });
});
