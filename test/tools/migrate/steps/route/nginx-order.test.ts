import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { helmRelease, ingressWith, messages, resultOf, written, type Files } from "../../planning.ts";

const NGINX = "nginx.ingress.kubernetes.io/";
const LIST = { [`${NGINX}whitelist-source-range`]: "10.0.0.0/8" };
const REWRITE = { [`${NGINX}use-regex`]: "true", [`${NGINX}rewrite-target`]: "/$1" };

const OPTIONS = { route: { gateways: { lan: { name: "front", namespace: "doors", middlewares: true } } } };
const service = (name: string): object => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "apps" },
  spec: { ports: [{ port: 80 }] },
});
const controller = (chart: string): object =>
  helmRelease("edge", "doors", chart, {
    controller: { ingressClassResource: { name: "lan" } },
    ingressClass: { name: "lan" },
  });
/** An Ingress of one path of `panel.example.com`; all have the same Service. */
const rule = (name: string, path: string, annotations: object = {}, pathType = "Prefix"): object => {
  const made = JSON.stringify(
    ingressWith({ name, ingressClassName: "lan", host: "panel.example.com", path, annotations }),
  );
  return JSON.parse(
    made
      .replace(`"service":{"name":"${name}"`, '"service":{"name":"panel"')
      .replace('"pathType":"Prefix"', `"pathType":"${pathType}"`),
  ) as object;
};
const planned = (rules: readonly object[], options: object = OPTIONS, chart = "ingress-nginx") => {
  const files: Files = {
    "apps/rules.yaml": rules,
    "apps/others.yaml": [service("panel"), controller(chart)],
  };
  const result = resultOf(route, files, options);
  return { text: written(result, "apps/rules.yaml"), refused: messages(result, "refused").join("\n") };
};
const accepting = (...acceptLoss: readonly string[]): object => ({ ...OPTIONS, acceptLoss });

describe("migrate route: rules of ingress-nginx for one host", () => {
  it("stay if two have the same path and answer differently", () => {
    for (const [one, other] of [
      ["/", "/"],
      ["/admin", "/admin/"],
    ] as const) {
      const { text, refused } = planned(
        [rule("panel", one, LIST), rule("new-panel", other)],
        accepting("path-prefix"),
      );
      assert.equal(text, "");
      assert.match(
        refused,
        /Ingress apps\/panel and Ingress apps\/new-panel have two rules for panel\.example\.com and path \/.*, and which one answers depends on the age/,
      );
    }
    assert.match(planned([rule("a", "/", LIST), rule("b", "/", LIST)]).refused, /which one answers/);
    assert.equal(planned([rule("panel", "/"), rule("new-panel", "/")]).refused, "");
    assert.equal(planned([rule("panel", "/"), rule("admin", "/admin", LIST)]).refused, "");
    assert.equal(planned([rule("panel", "/admin"), rule("exact", "/admin", LIST, "Exact")]).refused, "");
  });

  it("stay on a host with a regular expression if a request would escape a protection", () => {
    const api = rule("api", "/(.*)", REWRITE, "ImplementationSpecific");
    for (const pathType of ["Exact", "Prefix"]) {
      const admin = rule("admin", "/admin", LIST, pathType);
      const { text, refused } = planned([rule("panel", "/"), admin, api], accepting("path-prefix"));
      assert.equal(text, "");
      assert.match(
        refused,
        /panel\.example\.com\/admin: because of use-regex or rewrite-target .* would no longer go through Middleware admin-allow-list/,
      );
    }
    const strip = { [`${NGINX}rewrite-target`]: "/$2" };
    const stripped = rule("api", "/api(/|$)(.*)", strip, "ImplementationSpecific");
    const all = [rule("panel", "/"), rule("admin", "/admin", LIST), stripped];
    assert.match(planned(all, accepting("path-prefix")).refused, /Middleware admin-allow-list/);
    // Without a rule that takes them, the other requests get 404.
    assert.equal(planned(all.slice(1), accepting("path-prefix")).refused, "");
  });

  it("match fewer paths on such a host, which is a loss", () => {
    const api = rule("api", "/(.*)", REWRITE, "ImplementationSpecific");
    const { refused } = planned([rule("docs", "/docs"), api]);
    assert.match(refused, /path \/docs of panel\.example\.com would no longer match \/DOCS and \/docsx/);
    assert.match(planned([rule("docs", "/docs"), api], accepting("path-prefix")).text, /value: \/docs/);
    assert.equal(planned([rule("docs", "/docs"), rule("panel", "/")]).refused, "");
  });

  it("stay on such a host if the longest path is not the most specific prefix", () => {
    const redirect = { [`${NGINX}permanent-redirect`]: "https://v1.example.com/" };
    const all = [rule("v1", "/v1", redirect), rule("api", "/(.*)", REWRITE, "ImplementationSpecific")];
    const { refused } = planned(all, accepting("path-prefix", "setting"));
    assert.match(refused, /would match in a different order: because of use-regex or rewrite-target/);
    const longer = [rule("v1", "/version-1", redirect), ...all.slice(1)];
    assert.equal(planned(longer, accepting("path-prefix", "setting")).refused, "");
  });
});
