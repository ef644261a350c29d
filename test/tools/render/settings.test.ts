import assert from "node:assert/strict";
import { join } from "node:path";
import { EdgefirstError } from "../../../lib/errors.ts";
import {
  readRenderSettings,
  settingsFor,
  wantsRendering,
  DEFAULT_KUBE_VERSION,
} from "../../../tools/render/settings.ts";
import { programNamed } from "../../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";
import { pinnedVersion } from "../../../tools/toolchain/version.ts";
import { repositoryOf } from "../../support/rendering.ts";

const FILE = ".edgefirst/render.yaml";

describe("the settings for rendering", () => {
  const none = repositoryOf({});
  const on = repositoryOf({ [FILE]: "kubeVersion: 1.35.2\ncharts: charts\n" });
  const off = repositoryOf({ [FILE]: "enabled: false\n" });

  it("render only if a flag or the repository asks for it", () => {
    assert.deepEqual(
      [none, on, off].map((repository) => wantsRendering(repository, {})),
      [false, true, false],
    );
    assert.ok(wantsRendering(none, { render: true }));
    assert.ok(wantsRendering(off, { charts: "charts" }));
    assert.ok(!wantsRendering(on, { render: false }));
  });

  it("take the directory of charts from the flag first", () => {
    assert.equal(settingsFor(on, {}).charts, join(on.root, "charts"));
    assert.equal(settingsFor(on, { charts: "/elsewhere" }).charts, "/elsewhere");
    assert.equal(settingsFor(on, {}).kubeVersion, "1.35.2");
  });

  it("name a key that does not exist", () => {
    const wrong = repositoryOf({ [FILE]: "kubeversion: 1.35.2\n" });
    assert.throws(
      () => readRenderSettings(wrong),
      (error) => error instanceof EdgefirstError && error.message.includes("kubeversion"),
    );
  });

  it("default to the Kubernetes version that the sandbox runs", async () => {
    const { version } = await pinnedVersion(programNamed("kube-apiserver", PROGRAMS));
    assert.equal(DEFAULT_KUBE_VERSION, version);
  });
});
