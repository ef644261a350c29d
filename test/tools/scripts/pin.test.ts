import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  gatewayApiModule,
  pinGatewayApi,
  pinTraefikDefinitions,
  traefikModule,
} from "../../../tools/scripts/pin.ts";
import { TRAEFIK_DEFINITIONS_FILE } from "../../../kube/traefik-manifests.ts";
import { checksum } from "../../../kube/manifest-source.ts";
import { PINS_FILE } from "../../../config/pins.ts";

/** A definition whose file has this name. */
const definition = (name: string): string =>
  `apiVersion: v1\nkind: CustomResourceDefinition\nmetadata: { name: ${name} }\n`;

const RELEASE = `# why this file is here
gatewayApi:
  # renovate: the next line
  version: v1.4.1
  channel: standard
  files: []
  # of the objects
  objects: old
images:
  # the proxy
  traefik: docker.io/library/traefik:v3.6.12@sha256:${"0".repeat(64)}
`;

describe("npm run pin", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "edgefirst-pin-"));
    const standard = join(directory, "config", "crd", "standard");
    await mkdir(standard, { recursive: true });
    for (const name of ["g.io_b.yaml", "g.io_a.yaml", "kustomization.yaml"])
      await writeFile(join(standard, name), definition(name));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("writes the checksum of each CRD file in order and of their objects, keeps comments, and changes nothing a second time", () => {
    const module = { version: "v1.4.1", directory };
    const pinned = pinGatewayApi(RELEASE, module);
    const files = ["g.io_a.yaml", "g.io_b.yaml"]
      .map((name) => `    - name: ${name}\n      sha256: ${checksum(definition(name))}\n`)
      .join("");
    const objects = checksum(
      JSON.stringify(
        ["g.io_a.yaml", "g.io_b.yaml"].map((name) => ({
          apiVersion: "v1",
          kind: "CustomResourceDefinition",
          metadata: { name },
        })),
      ),
    );
    const expected = RELEASE.replace("  files: []\n", `  files:\n${files}`).replace("old", objects);
    assert.equal(pinned, expected);
    assert.equal(pinGatewayApi(pinned, module), pinned);
  });

  it("writes the checksum of Traefik's CRDs, of the image's version only", async () => {
    const file = join(directory, TRAEFIK_DEFINITIONS_FILE);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, "definitions");
    const text = `${RELEASE}traefikDefinitions:\n  sha256: old\n`;
    assert.equal(
      pinTraefikDefinitions(text, { version: "v3.6.12", directory }),
      text.replace("sha256: old", `sha256: ${checksum("definitions")}`),
    );
    assert.throws(
      () => pinTraefikDefinitions(text, { version: "v3.7.0", directory }),
      /has Traefik v3\.6\.12, but tools\/toolchain\/traefik pins v3\.7\.0/,
    );
  });

  it("refuses a module with a different version", () => {
    assert.throws(
      () => pinGatewayApi(RELEASE, { version: "v1.5.0", directory }),
      /gatewayApi\.version v1\.4\.1, but tools\/toolchain\/gateway-api pins v1\.5\.0/,
    );
  });

  it("has been run for the current release.yaml", async function () {
    this.timeout(120_000); // go may have to fetch the module
    const module = await gatewayApiModule();
    const text = readFileSync(PINS_FILE, "utf8");
    assert.equal(pinGatewayApi(text, module), text);
    assert.equal(pinTraefikDefinitions(text, await traefikModule()), text);
  });
});
