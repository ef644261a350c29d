import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lockedPackages, requireInstalled, type LockedPackage } from "../../staging/locked-packages.ts";
import { temporaryDirectory } from "../support/temporary.ts";

describe("packages that the lockfile pins", () => {
  let project: string;
  beforeEach(() => {
    project = temporaryDirectory("edgefirst-packages-");
  });
  const lock = (packages: Record<string, object>): void => {
    writeFileSync(join(project, "package-lock.json"), JSON.stringify({ packages }));
  };
  const install = (path: string, version: string): void => {
    mkdirSync(join(project, path), { recursive: true });
    writeFileSync(join(project, path, "package.json"), JSON.stringify({ version }));
  };
  const paths = (...names: string[]): string[] => lockedPackages(project, names).map(({ path }) => path);
  const pinned = (path: string, fields: Partial<LockedPackage> = {}): LockedPackage => ({
    path,
    version: "1.0.0",
    integrity: "sha512-x",
    optional: false,
    ...fields,
  });

  it("are the named ones and all that npm installs with them, sorted", () => {
    lock({
      "node_modules/z": { dependencies: { b: "1" }, optionalDependencies: { o: "1" } },
      "node_modules/b": {
        peerDependencies: { p: "1", q: "1", missing: "1" },
        peerDependenciesMeta: { q: { optional: true }, other: {} },
      },
      "node_modules/o": { optional: true, version: "2.0.0", integrity: "sha512-o" },
      "node_modules/p": { dependencies: { "@types/p": "1", z: "1" } },
      "node_modules/q": {},
      "node_modules/@types/p": {},
      "node_modules/unrelated": {},
    });
    assert.deepEqual(paths("z"), ["node_modules/b", "node_modules/o", "node_modules/p", "node_modules/z"]);
    assert.deepEqual(lockedPackages(project, ["o", "q"]), [
      { path: "node_modules/o", version: "2.0.0", integrity: "sha512-o", optional: true },
      { path: "node_modules/q", version: "", integrity: "", optional: false },
    ]);
  });

  it("are resolved as Node does, from the nearest node_modules upwards", () => {
    const nested = "node_modules/a/node_modules/@s/b/node_modules/c";
    lock({
      "node_modules/a": { dependencies: { "@s/b": "1" } },
      "node_modules/a/node_modules/@s/b": { dependencies: { c: "1", d: "1", e: "1", f: "1" } },
      [nested]: { dependencies: { d: "1" } },
      "node_modules/c": {},
      "node_modules/a/node_modules/d": {},
      "node_modules/d": {},
      "node_modules/e": {},
    });
    assert.deepEqual(paths("a"), [
      "node_modules/a",
      "node_modules/a/node_modules/@s/b",
      nested,
      "node_modules/a/node_modules/d",
      "node_modules/e",
    ]);
  });

  it("must include every package that the program imports; a message lists at most five", () => {
    lock({ "node_modules/a": {} });
    assert.throws(
      () => lockedPackages(project, ["a", "b", "@s/c"]),
      (error: Error) => {
        assert.equal(
          error.message.replaceAll(/\n\s*/g, " "),
          "package-lock.json has no entry for node_modules/b, node_modules/@s/c, which the program imports. Run `npm install`, and commit the lockfile.",
        );
        return true;
      },
    );
    const five = ["b", "c", "d", "e", "f"];
    const list = five.map((name) => `node_modules/${name}`).join(", ");
    assert.throws(() => lockedPackages(project, five), new RegExp(`no entry for ${list}, which`));
    assert.throws(() => lockedPackages(project, [...five, "g", "h"]), new RegExp(`${list}, 2 more, which`));
  });

  it("cannot be read without a lockfile that has packages", () => {
    const refused =
      /Cannot read the lockfile .*package-lock\.json, so the release cannot be identified\.\n.*Run the program in a checkout of the project, where package-lock\.json is next to Pulumi\.yaml\./;
    assert.throws(() => lockedPackages(project, ["a"]), refused);
    writeFileSync(join(project, "package-lock.json"), '{"lockfileVersion": 1}');
    assert.throws(() => lockedPackages(project, ["a"]), refused);
    writeFileSync(join(project, "package-lock.json"), "not JSON");
    assert.throws(() => lockedPackages(project, ["a"]), refused);
  });

  it("must be installed in the locked version, except optional ones", () => {
    install("node_modules/a", "1.0.0");
    install("node_modules/b", "v1.0.0");
    const [a, b, absent] = ["a", "b", "absent"].map((name) => pinned(`node_modules/${name}`));
    requireInstalled(project, [a!, b!, pinned("node_modules/absent", { optional: true })]);
    install("node_modules/c", "1.0.1");
    assert.throws(
      () => {
        requireInstalled(project, [a!, absent!, pinned("node_modules/c", { optional: true })]);
      },
      (error: Error) => {
        assert.equal(
          error.message.replaceAll(/\n\s*/g, " "),
          "node_modules does not match package-lock.json: node_modules/absent is missing (locked: 1.0.0), node_modules/c is 1.0.1 (locked: 1.0.0). Run `npm ci`, then re-run. Nothing was changed.",
        );
        return true;
      },
    );
  });

  it("must have the locked checksum where npm recorded one", () => {
    install("node_modules/a", "1.0.0");
    const record = (packages?: object): void => {
      writeFileSync(join(project, "node_modules/.package-lock.json"), JSON.stringify({ packages }));
    };
    const a = pinned("node_modules/a");
    for (const known of [
      undefined,
      {},
      { "node_modules/a": {} },
      { "node_modules/a": { integrity: "sha512-x" } },
    ]) {
      record(known);
      requireInstalled(project, [a]);
    }
    record({ "node_modules/a": { integrity: "sha512-forged" } });
    requireInstalled(project, [{ ...a, integrity: "" }]);
    assert.throws(() => {
      requireInstalled(project, [a]);
    }, /: node_modules\/a does not match the locked checksum\./);
  });
});
