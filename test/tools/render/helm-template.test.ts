import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Mapping } from "../../../tools/gitops/yaml/values.ts";
import { mappingIn } from "../../../tools/render/release.ts";
import { plain } from "../../../tools/render/values.ts";
import {
  CHARTS,
  helm,
  renderRelease,
  repositoryOf,
  SAMPLE_SOURCE,
  sampleRelease,
} from "../../support/rendering.ts";

const ORIGIN = "helm.toolkit.fluxcd.io/";

/** What a user gets from `helm template` for the chart `sample`, read with the `yaml` package. */
async function byHand(args: readonly string[], values: Mapping = {}): Promise<readonly Mapping[]> {
  const { path } = await helm();
  const all = ["template", "--kube-version", "1.37.2", "--values", "-", ...args, join(CHARTS, "sample")];
  const output = execFileSync(path, all, { input: JSON.stringify(values), encoding: "utf8" });
  return parseAllDocuments(output)
    .map((document) => document.toJS() as Mapping | null)
    .filter((object) => object !== null);
}

/** An object without what helm-controller adds, and without the release's namespace, which Helm's output leaves out. */
function asTemplated(object: Mapping): Mapping {
  const { labels, ...metadata } = plain(mappingIn(object, "metadata"));
  const own = Object.entries(labels as Mapping).filter(([label]) => !label.startsWith(ORIGIN));
  Reflect.deleteProperty(metadata, "namespace");
  return {
    ...plain(object),
    metadata: { ...metadata, ...(own.length > 0 && { labels: Object.fromEntries(own) }) },
  };
}

const sorted = (objects: Iterable<Mapping>): readonly string[] =>
  [...objects].map((object) => JSON.stringify(object, (_, value: unknown) => ordered(value))).sort();

function ordered(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe("rendering compared with helm template", () => {
  const VALUES = { password: "x", replicas: 2, image: { tag: "4.7" }, size: 12_000_000, probe: true };
  const cases: readonly { title: string; spec: Mapping; args: readonly string[]; isLeftOut?: RegExp }[] = [
    {
      title: "a release with values",
      spec: {},
      args: ["hello", "--namespace", "apps", "--include-crds", "--skip-tests"],
      isLeftOut: /clean-up|not-a-definition/,
    },
    {
      title: "a release with another name in another namespace",
      spec: { targetNamespace: "else" },
      args: ["else-hello", "--namespace", "else", "--include-crds", "--skip-tests"],
      isLeftOut: /clean-up|not-a-definition/,
    },
    {
      title: "a release without definitions and hooks",
      spec: { install: { crds: "Skip", disableHooks: true }, releaseName: "other" },
      args: ["other", "--no-hooks"],
    },
    {
      title: "a release with tests",
      spec: { install: { crds: "Skip" }, test: { enable: true } },
      args: ["hello"],
      isLeftOut: /clean-up/,
    },
  ];
  for (const { title, spec, args, isLeftOut } of cases)
    it(`equals it for ${title}`, async () => {
      const release = sampleRelease({ ...spec, values: VALUES });
      const rendered = await renderRelease(
        repositoryOf({ "release.yaml": release, "source.yaml": SAMPLE_SOURCE }),
      );
      const expected = (await byHand(args, VALUES)).filter(
        ({ metadata }) => isLeftOut?.test(JSON.stringify(metadata)) !== true,
      );
      assert.deepEqual(sorted([...rendered.values()].map(asTemplated)), sorted(expected));
    });
});
