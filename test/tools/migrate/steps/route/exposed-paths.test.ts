import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { messages, resultOf, type Files } from "../../planning.ts";

const OPTIONS = {
  acceptLoss: ["path-prefix"],
  route: { gateways: { wan: { name: "front", namespace: "doors", middlewares: true } } },
};
const CLASS = { "kubernetes.io/ingress.class": "wan" };

interface Rule {
  readonly path: string;
  readonly middlewares?: readonly string[];
}
const rule = ({ path, middlewares = [] }: Rule): object => ({
  kind: "Rule",
  match: `Host(\`film.example.net\`)${path === "" ? "" : ` && ${path}`}`,
  middlewares: middlewares.map((name) => ({ name })),
  services: [{ name: "film", port: 80 }],
});
const ingressRoute = (name: string, ...rules: readonly Rule[]): object => ({
  apiVersion: "traefik.io/v1alpha1",
  kind: "IngressRoute",
  metadata: { name, namespace: "den", annotations: CLASS },
  spec: { routes: rules.map(rule) },
});
const LOGIN = ["login"];
const API = "PathPrefix(`/api/`)";

/** What keeps the IngressRoutes; empty if they move. */
function refused(...routes: readonly object[]): string {
  const files: Files = Object.fromEntries(routes.map((one, index) => [`den/${index}.yaml`, one]));
  const result = resultOf(route, files, OPTIONS);
  return result.plan.changes.length === 0 ? messages(result, "refused").join("\n") : "";
}

describe("migrate route: a prefix that a route reads differently", () => {
  it("keeps its rules if another path would lose a login, also in another IngressRoute", () => {
    const open = { path: API };
    const behind = { path: "", middlewares: LOGIN };
    for (const routes of [
      [ingressRoute("film", open, behind)],
      [ingressRoute("api", open), ingressRoute("film", behind)],
    ])
      assert.match(
        refused(...routes),
        /path \/api\/ would also match \/api, which then would not go through Middleware login: /,
      );
    assert.match(
      refused(ingressRoute("film", { path: "PathPrefix(`/admin`)", middlewares: LOGIN }, { path: "" })),
      /path \/admin would no longer match \/adminx, which then would not go through Middleware login: /,
    );
  });

  it("moves if no Middleware is lost", () => {
    assert.equal(refused(ingressRoute("film", { path: API, middlewares: LOGIN }, { path: "" })), "");
    assert.equal(
      refused(ingressRoute("film", { path: API, middlewares: LOGIN }, { path: "", middlewares: LOGIN })),
      "",
    );
    assert.equal(refused(ingressRoute("film", { path: API })), "");
    assert.equal(refused(ingressRoute("film", { path: "PathPrefix(`/admin`)" }, { path: "" })), "");
  });
});
