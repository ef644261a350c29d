import assert from "node:assert/strict";
import { oci } from "../../../../tools/migrate/steps/oci/step.ts";
import { formatNote } from "../../../../tools/migrate/report.ts";
import { resultOf, written, type Files } from "../planning.ts";

const ADDRESS = "oci://registry.example.com/charts";
const source = {
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "HelmRepository",
  metadata: { name: "a", namespace: "shop" },
  spec: { type: "oci", url: ADDRESS },
};
/** A release as its owner writes it, with comments above it and above its version. */
const release = (
  name: string,
  head = "",
  pin = "",
  version = "4.4.0",
): string => `${head}apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: ${name}
  namespace: shop
spec:
  interval: 1h
  chart:
    spec:
      chart: ${name}
${pin}      version: ${version}
      sourceRef:
        kind: HelmRepository
        name: a
  values:
    # renovate: image=example.com/${name}
    tag: "9.9.9"
`;
const FILE = "apps/store/release.yaml";
const HEAD = "# renovate: registryUrl=https://charts.example.com\n";
const PIN = "      # renovate: datasource=helm depName=store\n";
const resultWith = (files: Files, options: object = {}): ReturnType<typeof resultOf> => {
  const result = resultOf(oci, { "apps/source.yaml": source, [FILE]: release("store"), ...files }, options);
  assert.ok(result.plan.changes.length > 0, result.plan.notes.map(formatNote).join("\n"));
  return result;
};
const notesOf = (files: Files): readonly string[] => {
  const { plan } = resultWith(files);
  return plan.notes.filter(({ kind }) => kind === "runbook").map(formatNote);
};
const about = (files: Files, word: RegExp): readonly string[] =>
  notesOf(files).filter((note) => word.test(note));
const places = (notes: readonly string[]): readonly string[] =>
  notes.map((note) => note.split(":", 2).join(":"));

/** A manager that finds a chart's version from a comment at the top of the file. */
const BY_COMMENT = String.raw`#\s*renovate:\s*registryUrl=(?<registryUrl>\S+)[\s\S]*?kind:\s*HelmRelease[\s\S]*?chart:\s*(?<depName>\w+)\s[\s\S]*?version:\s*(?<currentValue>\S+)`;
const custom = (matchStrings: readonly string[], more: object = {}): string =>
  JSON.stringify(
    {
      customManagers: [
        { customType: "regex", managerFilePatterns: ["/(^|/)apps/.+\\.ya?ml$/"], matchStrings, ...more },
      ],
    },
    undefined,
    2,
  );
const CUSTOM = /this custom manager of Renovate/;

describe("migrate oci and enabledManagers of Renovate", () => {
  const ENABLED = /enabledManagers/;
  const enabled = (managers: readonly string[], more: object = {}): string =>
    JSON.stringify({ labels: ["a"], enabledManagers: managers, ...more }, undefined, 2);

  it("says that no manager reads the new OCIRepositories if flux is not among them", () => {
    const notes = about({ "renovate.json": enabled(["kubernetes", "custom.regex"]) }, ENABLED);
    assert.deepEqual(places(notes), ["renovate.json:5"]);
    assert.match(notes.join(), /no manager of Renovate reads the new OCIRepositories/);
    for (const managers of [["flux"], []])
      assert.deepEqual(about({ "renovate.json": enabled(managers) }, ENABLED), []);
  });

  it("reads presets only where the configuration has no such list of its own", () => {
    const preset = enabled(["kubernetes"]);
    assert.deepEqual(places(about({ ".renovate/managers.json5": preset, "renovate.json": "{}" }, ENABLED)), [
      ".renovate/managers.json5:5",
    ]);
    assert.deepEqual(
      about({ ".renovate/managers.json5": preset, "renovate.json": enabled(["flux"]) }, ENABLED),
      [],
    );
  });

  it("says nothing if a custom manager finds the tags of all of them", () => {
    const [manager] = (JSON.parse(custom(["tag: (?<currentValue>\\S+)"])) as { customManagers: object[] })
      .customManagers;
    for (const [managers, count] of [
      [["custom.regex"], 0],
      [["kubernetes"], 1],
    ] as const)
      assert.equal(
        about({ "renovate.json": enabled(managers, { customManagers: [manager] }) }, ENABLED).length,
        count,
      );
  });
});

describe("migrate oci and the files of Renovate's manager for Flux", () => {
  const flux = (managerFilePatterns: readonly string[], more: object = {}): string =>
    JSON.stringify({ flux: { managerFilePatterns }, ...more }, undefined, 2);
  const FILES = /manager for Flux reads/;

  it("names new files that it does not read, although it reads the release", () => {
    const notes = about({ "renovate.json": flux(["/release\\.yaml$/"]) }, FILES);
    assert.deepEqual(places(notes), ["renovate.json:2"]);
    assert.match(notes.join(), /but not that of its new OCIRepository: apps\/store\/ocirepository\.yaml\. /);
    const shared = resultWith({ "renovate.json": flux(["/release/"]) }, { oci: { shared: true } });
    assert.match(shared.plan.notes.map(formatNote).join(), /its new OCIRepository: apps\/store\.yaml\. /);
  });

  it("names none of a release that it does not read today, although it reads another", () => {
    const mail = release("mail");
    const files = { "renovate.json": flux(["/store/"]), "infra/mail/release.yaml": mail };
    assert.deepEqual(about(files, FILES), []);
    const both = about({ ...files, "renovate.json": flux(["/store/", "/mail\\/release/"]) }, FILES);
    assert.match(both.join(), /its new OCIRepository: infra\/mail\/ocirepository\.yaml\. /);
  });

  it("says nothing if it reads both or neither, in all configurations, or is not enabled", () => {
    for (const [one, other] of [
      [flux(["/release\\.yaml$/", "apps/**"]), "{}"],
      [flux(["/release\\.yaml$/"]), flux(["/repository\\.yaml$/"])],
      [flux(["/gotk/"]), "{}"],
      [flux(["/release\\.yaml$/"], { enabledManagers: ["kubernetes"] }), "{}"],
    ] as const)
      assert.deepEqual(about({ "renovate.json": one, ".renovate/flux.json": other }, FILES), [], one + other);
  });
});

describe("migrate oci and custom managers of Renovate", () => {
  it("names a manager that finds the version before, but not after, with the charts", () => {
    const files = {
      [FILE]: release("store", HEAD),
      "apps/mail.yaml": release("mail", "", "", "4.5.0"),
      "renovate.json": custom([BY_COMMENT]),
    };
    const notes = about(files, CUSTOM);
    assert.deepEqual(places(notes), ["renovate.json:3"]);
    assert.match(notes.join(), /no longer finds .*: store \(apps\/store\/release\.yaml\)\. /);
  });

  it("reads fileMatch and regexManagers, and strategies", () => {
    const old = JSON.stringify({
      regexManagers: [{ fileMatch: ["release\\.yaml$"], matchStrings: ["version: (?<currentValue>.*)"] }],
    });
    assert.equal(about({ "default.json": old }, CUSTOM).length, 1);
    const recursive = { matchStringsStrategy: "recursive" };
    const spec = String.raw`chart:\s+spec:[^]*sourceRef`;
    const steps = [spec, String.raw`: (?<currentValue>\d\S+)`];
    assert.equal(about({ "renovate.json": custom(steps, recursive) }, CUSTOM).length, 1);
    assert.equal(
      about({ "renovate.json": custom(["nowhere", "version: (?<currentValue>.*)"], recursive) }, CUSTOM)
        .length,
      0,
    );
  });

  it("says nothing of one for other files, for other values, or that finds the tag", () => {
    for (const config of [
      custom([BY_COMMENT]),
      custom(["version: (?<currentValue>.*)"], { managerFilePatterns: ["**/values.yaml"] }),
      custom([String.raw`image=(?<depName>\S+)\s+tag: "(?<currentValue>.*)"`]),
      custom([String.raw`(?:version|tag): (?<currentValue>[\d.]+)`]),
    ])
      assert.deepEqual(about({ "renovate.json": config }, CUSTOM), [], config);
  });

  it("says that it may if its pattern cannot be read, or takes too long", () => {
    const endless = { "apps/long.yaml": release("mail", `# ${"a".repeat(60)}!\n`) };
    for (const config of [
      custom(["(?i)version: (?P<currentValue>.*)"]),
      custom(["spec.chart"], { customType: "jsonata" }),
      custom(["(a+)+$"]),
      custom(["version: (?<currentValue>.*)"], { managerFilePatterns: ["/(?i)release/"] }),
    ]) {
      const notes = about({ ...endless, "renovate.json": config }, CUSTOM);
      assert.deepEqual(places(notes), ["renovate.json:3"], config);
      assert.match(notes.join(), /may no longer find .*store/);
    }
  });
});

describe("migrate oci and comments for Renovate", () => {
  const COMMENT = /comment for Renovate/;

  it("names a comment that stays above a release without its version", () => {
    const first = release("store", `# The store.\n${HEAD}`);
    const second = release("mail").replace("  chart:\n", `  # renovate: depName=mail\n  chart:\n`);
    const notes = about({ [FILE]: `---\n${first}---\n${second}` }, COMMENT);
    assert.deepEqual(places(notes), [`${FILE}:3`, `${FILE}:29`]);
    assert.match(notes.join(), /store's chart version/);
  });

  it("says nothing of comments on values, and of files that do not change", () => {
    const kept = release("mail", HEAD).replace("version: 4.4.0", 'version: ">=4"');
    assert.deepEqual(about({ "apps/mail.yaml": kept }, COMMENT), []);
  });

  it("moves a comment directly above the version to the tag", () => {
    const result = resultWith({ [FILE]: release("store", "", `      # Not 5.\n${PIN}`) });
    const file = "apps/store/ocirepository.yaml";
    assert.match(
      written(result, file),
      /ref:\n {4}# Not 5\.\n {4}# renovate: datasource=helm depName=store\n {4}tag: 4\.4\.0\n/,
    );
    assert.doesNotMatch(written(result, FILE), /datasource=helm/);
  });

  it("does not move it where releases share an OCIRepository, or one exists already", () => {
    const pinned = { [FILE]: release("store", "", PIN), "apps/mail.yaml": release("mail") };
    const refusals = (files: Files, options: object): string =>
      resultWith(files, options)
        .plan.notes.filter(({ kind }) => kind === "refused")
        .map(formatNote)
        .join();
    assert.match(refusals(pinned, { oci: { shared: true } }), /the comment in spec\.chart.*datasource=helm/);
    const present = {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "OCIRepository",
      metadata: { name: "store", namespace: "shop" },
      spec: { interval: "1h", url: `${ADDRESS}/store`, ref: { tag: "4.4.0" } },
    };
    assert.match(
      refusals({ ...pinned, "apps/store/oci.yaml": present }, {}),
      /datasource=helm.* OCIRepository store already exists: move .* to its tag by hand/,
    );
  });
});
