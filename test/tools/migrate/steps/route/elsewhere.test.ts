import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { ingressWith, messages, resultOf, type Files } from "../../planning.ts";

const gateway = { name: "front", namespace: "doors" };
const OPTIONS = { route: { gateways: { traefik: gateway } } };

/** A release of app-template with one Ingress. */
const release = (spec: object, values: object = {}): object => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name: "web", namespace: "apps" },
  spec: {
    chart: {
      spec: {
        chart: "app-template",
        version: "4.1.1",
        sourceRef: { kind: "HelmRepository", name: "charts" },
      },
    },
    ...spec,
    values: {
      service: { web: { ports: { http: { port: 80 } } } },
      ingress: {
        web: {
          className: "traefik",
          hosts: [
            { host: "web.example.com", paths: [{ path: "/", service: { identifier: "web", port: "http" } }] },
          ],
        },
      },
      ...values,
    },
  },
});

const refusalsOf = (files: Files, options: Parameters<typeof resultOf>[2] = OPTIONS): string => {
  const result = resultOf(route, files, options);
  const { plan, proof } = result;
  assert.equal(proof.status, "holds");
  const refusals = messages(result, "refused").join("\n");
  assert.equal(plan.changes.length === 0, refusals !== "", refusals);
  return refusals;
};

const LOGIN = { "traefik.ingress.kubernetes.io/router.middlewares": "apps-login@kubernetescrd" };

const configMap = (values: string): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "defaults", namespace: "apps" },
  data: { "values.yaml": values },
});

const patch = (target: object | undefined, text: string): object => ({
  postRenderers: [{ kustomize: { patches: [{ ...(target && { target }), patch: text }] } }],
});

const ADD = `- op: add
  path: /metadata/annotations
  value: ${JSON.stringify(LOGIN)}
`;

describe("migrate route: what an Ingress of a release gets from elsewhere", () => {
  it("is looked for in values from a ConfigMap", () => {
    const spec = { valuesFrom: [{ kind: "ConfigMap", name: "defaults" }] };
    const values = `ingress: { web: { annotations: ${JSON.stringify(LOGIN)} } }`;
    assert.match(
      refusalsOf({ "web.yaml": [release(spec), configMap(values)] }),
      /^valuesFrom \(web\.yaml:\d+\) takes a part of ingress\.web from ConfigMap defaults: write that into spec\.values first$/,
    );
    assert.equal(refusalsOf({ "web.yaml": [release(spec), configMap("ingress: { other: {} }")] }), "");
  });

  it("is looked for in the target of a single value", () => {
    const from = (targetPath: string): Files => ({
      "web.yaml": release({ valuesFrom: [{ kind: "Secret", name: "login", targetPath, valuesKey: "a" }] }),
    });
    assert.match(refusalsOf(from("ingress.web.annotations.a\\.example\\.com/b")), /from Secret login/);
    assert.equal(refusalsOf(from("ingress.website.annotations.a")), "");
    assert.equal(refusalsOf(from("controllers.web.containers.app.env.TOKEN")), "");
  });

  it("is asked for where the repository does not show values", () => {
    const files = { "web.yaml": release({ valuesFrom: [{ kind: "Secret", name: "secrets" }] }) };
    const result = resultOf(route, files, OPTIONS);
    assert.equal(result.plan.changes.length, 1);
    assert.match(
      messages(result, "cutover").join("\n"),
      /^before the commit: the values from Secret secrets /m,
    );
  });

  it("is looked for in annotations of all objects", () => {
    assert.match(
      refusalsOf({ "web.yaml": release({}, { global: { annotations: LOGIN } }) }),
      /^global\.annotations gives its Ingress the annotation traefik\.ingress\.kubernetes\.io\/router\.middlewares/,
    );
    assert.match(
      refusalsOf({ "web.yaml": release({ commonMetadata: { annotations: LOGIN } }) }),
      /^spec\.commonMetadata\.annotations gives/,
    );
    assert.equal(
      refusalsOf({ "web.yaml": release({}, { global: { annotations: { "a.example.com/b": "c" } } }) }),
      "",
    );
  });

  it("is looked for in patches of post-renderers", () => {
    const merge = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: web }\n";
    const stays = [
      patch({ kind: "Ingress" }, ADD),
      patch({ kind: "Ing.*" }, ADD),
      patch({ kind: "(?!x)" }, ADD),
      patch({ name: "web" }, ADD),
      patch(undefined, merge),
    ];
    for (const spec of stays)
      assert.match(
        refusalsOf({ "web.yaml": release(spec) }),
        /^a patch of its post-renderers \(web\.yaml:\d+\) changes the Ingress/,
      );
    const moves = [
      patch({ kind: "Deployment" }, ADD),
      patch({ labelSelector: "a=b" }, ADD.replace(/value: .*/, 'value: { a.example.com/b: "c" }')),
      patch(undefined, merge.replace("Ingress", "Deployment")),
    ];
    for (const spec of moves) assert.equal(refusalsOf({ "web.yaml": release(spec) }), "");
  });
});

describe("migrate route: annotations of an unknown controller", () => {
  const options = (provides: readonly string[] = []): object => ({
    route: { gateways: { outside: { ...gateway, provides: [...provides] } } },
  });
  const files = (annotation: string): Files => ({
    "web.yaml": ingressWith({ ingressClassName: "outside", annotations: { [annotation]: "x" } }),
  });

  it("keep the Ingress, unless the owner says that its Gateway does the same", () => {
    const name = "auth.example.net/policy";
    assert.match(
      refusalsOf(files(name), options()),
      /^this step does not know the controller of class outside, which may protect the app by annotation auth\.example\.net\/policy: if it does not, or Gateway doors\/front does the same, list "annotation auth\.example\.net\/policy" in route\.gateways\.outside\.provides/,
    );
    assert.equal(refusalsOf(files(name), options([`annotation ${name}`])), "");
  });

  it("are not those of start pages and the like, nor those that name no protection", () => {
    assert.equal(refusalsOf(files("gethomepage.dev/allow"), options()), "");
    assert.equal(refusalsOf(files("example.net/owner"), options()), "");
  });

  it("may be those whose names depend on a variable", () => {
    const ingress = (name: string): Files => ({
      "web.yaml": ingressWith({ ingressClassName: "traefik", annotations: { [name]: "x" } }),
    });
    assert.match(
      refusalsOf(ingress("${PREFIX}/policy")),
      /^a variable that this repository does not define is in the name of annotation \$\{PREFIX\}\/policy/,
    );
  });
});
