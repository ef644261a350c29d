import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { ingressWith, messages, resultOf } from "../../planning.ts";

const GATEWAY = {
  name: "front",
  namespace: "doors",
  elsewhere: true,
  entryPoints: { lan: "lan", lansecure: "lansecure", websecure: "wan" },
};

/** The cutover list for an Ingress on an entry point of Traefik. */
function cutover(entryPoint: string, httpsListeners: readonly string[], more: object = {}): string {
  const annotations = { "traefik.ingress.kubernetes.io/router.entrypoints": entryPoint };
  const files = { "web.yaml": ingressWith({ ingressClassName: "traefik", annotations, more }) };
  const result = resultOf(route, files, { route: { gateways: { traefik: { ...GATEWAY, httpsListeners } } } });
  assert.equal(result.plan.changes.length, 1, messages(result, "refused").join("\n"));
  return messages(result, "cutover").join("\n");
}
const NEEDED = /TLS: a certificate on the Gateway's listener must cover it/;

describe("migrate route: the certificate of a host at a Gateway that is created elsewhere", () => {
  it("is not asked for if the options show that its listener is not for HTTPS", () => {
    assert.doesNotMatch(cutover("lan", ["lansecure"]), NEEDED);
  });

  it("is asked for if its listener is for HTTPS, may be, or if the Ingress has a certificate", () => {
    assert.match(cutover("lansecure", ["lansecure"]), NEEDED);
    assert.match(cutover("lan", []), NEEDED);
    assert.match(cutover("websecure", ["lansecure"]), NEEDED);
    const tls = [{ secretName: "web-tls" }, { secretName: "wild-tls" }];
    assert.match(cutover("lan", ["lansecure"], { tls: tls.slice(1) }), /, as Secret wild-tls does today/);
    assert.match(cutover("lan", ["lansecure"], { tls }), /, as Secrets web-tls, wild-tls do today/);
  });
});
