import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { askForProgram } from "../../../tools/sandbox/network/ask-program.ts";
import { servePrograms } from "../../../tools/sandbox/network/programs-server.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

describe("sandbox: programs for pods", () => {
  const root = temporaryDirectory("edgefirst-programs-");
  const original = { ...process.env };
  before(async () => {
    Object.assign(process.env, { PATH: root, KUBEBUILDER_ASSETS: "", XDG_CACHE_HOME: join(root, "cache") });
    await servePrograms(join(root, "socket"), join(root, "versions"));
  });
  after(() => {
    for (const name of ["PATH", "KUBEBUILDER_ASSETS", "XDG_CACHE_HOME", "EDGEFIRST_TRAEFIK"])
      if (original[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = original[name];
  });

  it("are not built while a pod waits: the pod's event says how to get them", async () => {
    await assert.rejects(
      askForProgram(join(root, "socket"), "traefik"),
      /traefik is not installed on this machine\.\nInstall it with npm run programs, or set EDGEFIRST_TRAEFIK/,
    );
  });

  it("are found as soon as they are installed", async () => {
    const path = join(root, "my-traefik");
    writeFileSync(path, "#!/bin/sh\necho 'Version: 3.6.99'\n", { mode: 0o755 });
    process.env.EDGEFIRST_TRAEFIK = path;
    assert.deepEqual(await askForProgram(join(root, "socket"), "traefik"), { path, version: "3.6.99" });
  });

  it("are in the version of the image's tag, if the cluster's folder has it", async () => {
    const path = join(root, "versions", "traefik-3.6.1");
    mkdirSync(join(root, "versions"));
    writeFileSync(path, "", { mode: 0o755 });
    assert.deepEqual(await askForProgram(join(root, "socket"), "traefik", "3.6.1"), {
      path,
      version: "3.6.1",
    });
    assert.equal((await askForProgram(join(root, "socket"), "traefik", "3.6.2")).version, "3.6.99");
  });
});
