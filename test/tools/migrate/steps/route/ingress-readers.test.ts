import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { gatewayWith, ingressWith, resultOf, type Files } from "../../planning.ts";

const FILES: Files = {
  "apps/web.yaml": ingressWith({ host: "web.example.com", ingressClassName: "wan" }),
  "apps/door.yaml": gatewayWith({ name: "front", namespace: "doors" }, "any"),
};

const MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: script, namespace: apps }\n";

/** The places that read Ingresses. */
function readers(file: string, line: string, options: object = {}): readonly string[] {
  const gateways = { wan: { name: "front", namespace: "doors" } };
  const { plan } = resultOf(
    route,
    { ...FILES, [file]: `# first\n${line}\n` },
    { route: { gateways, ...options } },
  );
  return plan.notes
    .filter(({ message }) => message.startsWith("this line reads Ingresses"))
    .map(({ position }) => `${position?.file}:${position?.line}`);
}

describe("migrate route: programs that read Ingresses", () => {
  it("are on the runbook, with the line", () => {
    for (const [file, line] of [
      ["scripts/map.mjs", 'if (object.kind === "Ingress") hosts.push(object.spec.rules);'],
      ["scripts/map.sh", "yq 'select(.kind == \"IngressRoute\")' apps/*.yaml"],
      [".github/workflows/check.yaml", "jobs: { a: { steps: [{ run: kubectl get ingress -A }] } }"],
      ["Taskfile.yaml", "tasks: { hosts: kubectl --context home get svc,ing --all-namespaces }"],
      ["bin/wait.sh", "kubectl -n apps wait ingress/web --for=create"],
      ["apps/script.yaml", `${MANIFEST}data: { "hosts.sh": "kubectl get ingress -A" }`],
    ] as const)
      assert.equal(readers(file, line).length, 1, line);
    assert.deepEqual(readers("scripts/map.mjs", 'x("Ingress")'), ["scripts/map.mjs:2"]);
  });

  it("are not those that mean something else, or that only people read", () => {
    for (const [file, line] of [
      ["values.yaml", 'networkPolicy: { policyTypes: ["Ingress", "Egress"] }'],
      ["scripts/logs.sh", "kubectl -n ingress-nginx logs deploy/ingress-nginx-controller"],
      ["scripts/logs.sh", "# kubectl get ingress"],
      ["apps/rule.yaml", `${MANIFEST}data: { kinds: "Deployment,Ingress", kind: "Ingress" }`],
      ["README.md", "Run `kubectl get ingress -A`."],
    ] as const)
      assert.deepEqual(readers(file, line), [], line);
    assert.deepEqual(readers("scripts/hosts.sh", "kubectl get ingress", { keepIngress: true }), []);
  });
});
