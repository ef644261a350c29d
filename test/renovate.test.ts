import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PINS_FILE } from "../config/pins.ts";
import { parse } from "yaml";

interface Renovate {
  readonly customManagers: readonly {
    readonly managerFilePatterns: readonly string[];
    readonly matchStrings: readonly string[];
  }[];
}

describe("renovate.json", () => {
  const read = (file: string): string => readFileSync(file, "utf8");
  const { customManagers } = JSON.parse(read(join(import.meta.dirname, "../renovate.json"))) as Renovate;

  it("finds every version and digest of release.yaml, under the very name of its image", () => {
    const { gatewayApi, images } = parse(read(PINS_FILE)) as {
      gatewayApi: { version: string };
      images: Record<string, string>;
    };
    const managers = customManagers.filter(
      ({ managerFilePatterns: [pattern] }) => !pattern!.includes("toolchain"),
    );
    const found = managers.flatMap(({ matchStrings, managerFilePatterns }) => {
      assert.deepEqual(managerFilePatterns, [`/^${basename(PINS_FILE).replace(".", "\\.")}$/`]);
      return matchStrings.flatMap((pattern) =>
        [...read(PINS_FILE).matchAll(new RegExp(pattern, "g"))].map(({ groups = {} }) =>
          groups.datasource === "docker"
            ? `${groups.depName ?? ""}:${groups.currentValue ?? ""}@${groups.currentDigest ?? ""}`
            : `${groups.datasource ?? ""} ${groups.depName ?? ""} ${groups.currentValue ?? ""}`,
        ),
      );
    });
    const expected = [
      ...Object.values(images),
      `github-releases kubernetes-sigs/gateway-api ${gatewayApi.version}`,
    ];
    assert.deepEqual(found.sort(), expected.sort());
  });

  it("finds every image of toolchain.yaml, under the very name of its image", () => {
    const file = join(import.meta.dirname, "../toolchain.yaml");
    const manager = customManagers.find(({ managerFilePatterns: [pattern] }) =>
      pattern!.includes("toolchain"),
    );
    const { images } = parse(read(file)) as { images: Record<string, { image?: string }> };
    const found = [...read(file).matchAll(new RegExp(manager!.matchStrings[0]!, "g"))].map(({ groups }) => {
      const digest = groups?.currentDigest;
      return `${groups?.depName ?? ""}:${groups?.currentValue ?? ""}${digest === undefined ? "" : `@${digest}`}`;
    });
    assert.deepEqual(
      found.sort(),
      Object.values(images)
        .flatMap(({ image }) => image ?? [])
        .sort(),
    );
  });
});
