import assert from "node:assert/strict";
import { outcomes } from "./fixture.ts";

const CONTEXT =
  "runAsNonRoot: true, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] }, seccompProfile: { type: RuntimeDefault }";

interface Control {
  readonly title: string;
  /** Fields of the pod's spec. */
  readonly pod?: string;
  /** Fields of the container's security context, after those that Restricted asks for. */
  readonly container?: string;
  readonly annotations?: string;
  /** The path of the finding; undefined if the profile allows the value. */
  readonly finds?: string;
  readonly warning?: true;
}

/** One row per control of https://kubernetes.io/docs/concepts/security/pod-security-standards/, and an allowed value of each. */
const CONTROLS: readonly Control[] = [
  {
    title: "HostProcess",
    pod: "securityContext: { windowsOptions: { hostProcess: true } }",
    finds: "spec.securityContext.windowsOptions.hostProcess",
  },
  {
    title: "HostProcess of a container",
    container: "windowsOptions: { hostProcess: true }",
    finds: "spec.containers[0].securityContext.windowsOptions.hostProcess",
  },
  { title: "Host network", pod: "hostNetwork: true", finds: "spec.hostNetwork" },
  { title: "Host processes", pod: "hostPID: true", finds: "spec.hostPID" },
  { title: "Host IPC", pod: "hostIPC: true", finds: "spec.hostIPC" },
  { title: "No host network", pod: "hostNetwork: false" },
  {
    title: "HostPath volumes",
    pod: "volumes: [{ name: a, hostPath: { path: / } }]",
    finds: "spec.volumes[0].hostPath",
  },
  {
    title: "Volume types",
    pod: "volumes: [{ name: a, nfs: { server: a, path: / } }]",
    finds: "spec.volumes[0].nfs",
    warning: true,
  },
  ...[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
  ].map((type) => ({ title: `Volume type ${type}`, pod: `volumes: [{ name: a, ${type}: {} }]` })),
  {
    title: "AppArmor",
    container: "appArmorProfile: { type: Unconfined }",
    finds: "spec.containers[0].securityContext.appArmorProfile.type",
  },
  {
    title: "AppArmor of the pod",
    pod: "securityContext: { appArmorProfile: { type: Unconfined } }",
    finds: "spec.securityContext.appArmorProfile.type",
  },
  {
    title: "AppArmor with a profile",
    container: "appArmorProfile: { type: Localhost, localhostProfile: a }",
  },
  {
    title: "AppArmor, by annotation",
    annotations: "container.apparmor.security.beta.kubernetes.io/web: unconfined",
    finds: 'metadata.annotations["container.apparmor.security.beta.kubernetes.io/web"]',
  },
  {
    title: "AppArmor with a profile, by annotation",
    annotations: "container.apparmor.security.beta.kubernetes.io/web: localhost/a",
  },
  {
    title: "SELinux type",
    pod: "securityContext: { seLinuxOptions: { type: spc_t } }",
    finds: "spec.securityContext.seLinuxOptions",
  },
  {
    title: "SELinux user",
    container: "seLinuxOptions: { user: system_u }",
    finds: "spec.containers[0].securityContext.seLinuxOptions",
  },
  { title: "SELinux level", container: "seLinuxOptions: { type: container_t, level: 's0:c1' }" },
  {
    title: "/proc mount type",
    container: "procMount: Unmasked",
    finds: "spec.containers[0].securityContext.procMount",
  },
  { title: "/proc mount type, the default", container: "procMount: Default" },
  {
    title: "Seccomp",
    container: "seccompProfile: { type: Unconfined }",
    finds: "spec.containers[0].securityContext",
  },
  {
    title: "Sysctls",
    pod: "securityContext: { sysctls: [{ name: kernel.msgmax, value: '1' }] }",
    finds: "spec.securityContext.sysctls[0].name",
  },
  {
    title: "Safe sysctls",
    pod: "securityContext: { sysctls: [{ name: net.ipv4.ip_unprivileged_port_start, value: '0' }] }",
  },
  {
    title: "Privilege escalation",
    container: "allowPrivilegeEscalation: true",
    finds: "spec.containers[0].securityContext",
  },
  { title: "Running as root", container: "runAsNonRoot: false", finds: "spec.containers[0].securityContext" },
  { title: "Running as user 0", container: "runAsUser: 0", finds: "spec.containers[0].securityContext" },
  {
    title: "Capabilities",
    container: "capabilities: { drop: [ALL], add: [CHOWN] }",
    finds: "spec.containers[0].securityContext.capabilities.add",
  },
  {
    title: "Capability NET_BIND_SERVICE",
    container: "capabilities: { drop: [ALL], add: [NET_BIND_SERVICE] }",
  },
];

/** Later fields replace earlier ones. */
function podOf({ pod, container, annotations }: Control): string {
  const replaced = new Set([...(container ?? "").matchAll(/^\w+/g)].map(([name]) => name));
  const kept = CONTEXT.split(/, (?=\w+: )/).filter((field) => !replaced.has(field.split(":")[0] ?? ""));
  return `
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: media, annotations: { ${annotations ?? ""} } }
spec:
  ${pod ?? "restartPolicy: Always"}
  containers:
    - name: web
      securityContext: { ${[...kept, ...(container === undefined ? [] : [container])].join(", ")} }`;
}

describe("the Pod Security Standards", () => {
  for (const control of CONTROLS)
    it(`${control.title}: ${control.finds === undefined ? "allowed" : "reported"}`, () => {
      const { finds, warning } = control;
      const expected = finds === undefined ? [] : [`${warning ? "warning " : ""}Pod media/web ${finds}`];
      const found = outcomes("container-security", { name: control.title, objects: podOf(control) });
      assert.deepEqual(found, expected);
    });

  it("a seccomp profile alone is asked for only by the setting", () => {
    const objects = podOf({ title: "", container: "seccompProfile: {}" });
    assert.deepEqual(outcomes("container-security", { name: "", objects }), []);
    assert.deepEqual(
      outcomes("container-security", { name: "", objects, settings: { requireSeccompProfile: true } }),
      ["Pod media/web spec.containers[0].securityContext"],
    );
  });
});
