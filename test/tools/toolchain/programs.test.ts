import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { satisfies } from "semver";
import { parse } from "yaml";
import { exportCommand } from "../../../tools/cli/commands/export.ts";
import { ARCHITECTURES, checkStaticExecutable } from "../../../tools/toolchain/images/elf.ts";
import { findProgram } from "../../../tools/toolchain/find.ts";
import { environmentVariable, programNamed } from "../../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";
import { installedVersion, pinnedVersion } from "../../../tools/toolchain/version.ts";

const read = (file: string): string => readFileSync(join(import.meta.dirname, "../../..", file), "utf8");
const npmVersion = (name: string): string =>
  (JSON.parse(read(`node_modules/${name}/package.json`)) as { version: string }).version;

describe("toolchain: programs", () => {
  it("have unique environment variables", () => {
    const variables = PROGRAMS.map(({ name }) => environmentVariable(name));
    assert.equal(new Set(variables).size, PROGRAMS.length);
    assert.equal(environmentVariable("kube-apiserver"), "EDGEFIRST_KUBE_APISERVER");
    for (const variable of variables) assert.match(variable, /^EDGEFIRST_[A-Z_]+$/);
  });

  it("pin the versions that the npm packages need", async () => {
    const pinned = async (name: string): Promise<string> =>
      (await pinnedVersion(programNamed(name, PROGRAMS))).version;
    assert.equal(await pinned("pulumi"), npmVersion("@pulumi/pulumi"));
    assert.equal(await pinned("pulumi-resource-kubernetes"), npmVersion("@pulumi/kubernetes"));
  });

  it("accept the Pulumi CLIs that Pulumi.yaml accepts, npm's and the image of exported stacks among them", async () => {
    const pulumi = programNamed("pulumi", PROGRAMS);
    const pinned = await pinnedVersion(pulumi);
    const range = pulumi.installed?.range(pinned) ?? "";
    const { requiredPulumiVersion } = parse(read("Pulumi.yaml")) as { requiredPulumiVersion: string };
    assert.equal(range, requiredPulumiVersion);
    assert(satisfies(npmVersion("pulumi"), range));
    const image = exportCommand().commands.flatMap(({ options }) =>
      options.filter(({ long }) => long === "--image"),
    );
    assert.deepEqual(
      image.map(({ defaultValue }) => defaultValue as string),
      [`pulumi/pulumi:${pinned.version}-nonroot`],
    );
  });

  for (const program of PROGRAMS) {
    it(`${program.name}: its module pins a version, which is accepted on PATH as well`, async () => {
      const pinned = await pinnedVersion(program);
      if (program.installed) assert(satisfies(pinned, program.installed.range(pinned)));
    });

    if (program.image !== undefined) {
      const [tag = ""] = program.image.reference.split("@");
      it(`${program.name}: its image has the same version as its module`, async () => {
        assert.equal(tag.split(":").at(-1), `v${(await pinnedVersion(program)).version}`);
      });
    }

    if (program.static === true)
      it(`${program.name}: a build needs no library of the machine, like the program in the image`, async function () {
        const found = await findProgram(program, { ...process.env, PATH: "", KUBEBUILDER_ASSETS: "" });
        if (found?.origin !== "cache") {
          this.test!.title += " (skipped: not built on this machine)";
          this.skip();
        }
        await checkStaticExecutable(found.path, ARCHITECTURES[process.arch] ?? "", program.name);
      });

    if (program.installed === undefined) continue;
    it(`${program.name}: a build reports the pinned version`, async function () {
      const found = await findProgram(program, { ...process.env, PATH: "", KUBEBUILDER_ASSETS: "" });
      if (found?.origin !== "cache") {
        this.test!.title += " (skipped: not built on this machine)";
        this.skip();
      }
      assert.equal(await installedVersion(program, found.path, process.env), found.version);
    });
  }
});
