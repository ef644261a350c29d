import assert from "node:assert/strict";
import type { Mapping } from "../../../tools/gitops/yaml/values.ts";
import { build, kustomization } from "../../support/built-repository.ts";

const SEALED = "ENC[AES256_GCM,data:Isi1,iv:x,tag:y,type:str]";
const DOTENV = `ZONE=${SEALED}\nPLAIN=open\nsops_mac=${SEALED}\nsops_version=3.9.4\n`;
const JSON_FORM = JSON.stringify({ data: SEALED, sops: { mac: SEALED } });

/** The value of a ConfigMap that takes variables from a Secret generated from these files. */
function valueWith(value: string, generator: string): unknown {
  const { clusters } = build({
    "clusters/home/sync.yaml":
      kustomization("sync", "./clusters/home").replace(
        "prune: true",
        "prune: true, decryption: { provider: sops }",
      ) +
      kustomization("apps", "./apps").replace(
        "prune: true",
        "prune: true, postBuild: { substituteFrom: [{ kind: Secret, name: settings }] }",
      ),
    "clusters/home/kustomization.yaml": `resources: [sync.yaml]\nnamespace: flux-system\nsecretGenerator: [{ name: settings, ${generator} }]\ngeneratorOptions: { disableNameSuffixHash: true }\n`,
    "clusters/home/settings.sops.env": DOTENV,
    "clusters/home/zone.enc": JSON_FORM,
    "apps/map.yaml": `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: map, namespace: default }\ndata: { value: "${value}" }\n`,
  });
  assert.deepEqual(
    clusters.flatMap(({ problems }) => problems.map(({ message }) => message)),
    [],
  );
  const found = clusters.flatMap(({ objects }) => objects.map(({ object }) => object));
  const data = found.find(({ metadata }) => (metadata as Mapping).name === "map")?.data;
  return (data as Mapping | undefined)?.value;
}

describe("a Secret generated from a file that SOPS has encrypted", () => {
  it("has unknown values as variables, for a dotenv file and for a whole file", () => {
    assert.equal(valueWith("a.${ZONE}", "envs: [settings.sops.env]"), "a.${ZONE}");
    assert.equal(valueWith("a.${ZONE}", "env: settings.sops.env"), "a.${ZONE}");
    assert.equal(valueWith("a.${ZONE}", "files: [ZONE=zone.enc]"), "a.${ZONE}");
  });

  it("has the values that SOPS leaves in plain text, and not its own keys", () => {
    assert.equal(valueWith("a.${PLAIN}", "envs: [settings.sops.env]"), "a.open");
    assert.equal(valueWith("a.${sops_version}", "envs: [settings.sops.env]"), "a.");
  });
});
