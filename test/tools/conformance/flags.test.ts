import assert from "node:assert/strict";
import { suiteFlags } from "../../../tools/conformance/flags.ts";
import { CLASS_NAME, platformObjects, suiteObjects } from "../../../tools/conformance/objects.ts";
import { loadPins } from "../../../config/pins.ts";

describe("conformance", () => {
  const supported = (claimed: readonly string[]): string | undefined =>
    suiteFlags(claimed, "3.7.13").find((flag) => flag.startsWith("-supported-features="));

  it("tests every feature that Traefik claims", () => {
    assert.equal(
      supported(["Gateway", "GatewayPort8080", "HTTPRoute", "TLSRoute"]),
      "-supported-features=Gateway,GatewayPort8080,HTTPRoute,TLSRoute",
    );
  });

  it("waits for an API server on a busy machine, but no longer for a route than the suite does", () => {
    const [overrides = "", ...more] = suiteFlags([], "3.7.13").filter((flag) => flag.startsWith("-timeout"));
    assert.match(overrides, /^-timeout-config-overrides=CreateTimeout:\d+;DeleteTimeout:\d+;GetTimeout:\d+$/);
    assert.deepEqual(more, []);
    const pod = suiteObjects([], "/report").find(({ kind }) => kind === "Pod") as unknown as {
      spec: { containers: { env: { name: string; value: string }[] }[] };
    };
    const [{ name, value } = assert.fail()] = pod.spec.containers[0]?.env ?? [];
    assert.equal(name, "HTTP2_PING_TIMEOUT_SECONDS");
    assert.ok(Number(value) > 15, "client-go's default");
  });

  it("deploys Traefik with the component's arguments, image and class", () => {
    const { images } = loadPins();
    const objects = platformObjects(images.traefik);
    const kinds = objects.map(({ kind }) => kind);
    assert.deepEqual(
      kinds.filter((kind) => kind.startsWith("Gateway")),
      ["GatewayClass"],
    );
    const deployment = objects.find(({ kind }) => kind === "Deployment") as unknown as {
      spec: { template: { spec: { containers: { image: string; args: string[] }[] } } };
    };
    const [container] = deployment.spec.template.spec.containers;
    assert.equal(container?.image, images.traefik);
    const gatewayClass = objects.find(({ kind }) => kind === "GatewayClass");
    assert.equal(gatewayClass?.metadata.name, CLASS_NAME);
    const [[label, value] = []] = Object.entries(gatewayClass.metadata.labels ?? {});
    assert.ok(container.args.includes(`--providers.kubernetesgateway.labelselector=${label}=${value}`));
  });
});
