import assert from "node:assert/strict";
import { reportOf } from "./fixture.ts";

/** The first finding about a container with this image and security context, with its fix. */
function advice(image: string, context: string): string {
  const { findings } = reportOf("container-security", {
    name: image,
    isDefaultLevel: true,
    objects: `
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: media }
spec: { containers: [{ name: web, image: "${image}", securityContext: ${context} }] }`,
  });
  const { message, remediation } = findings[0]?.problem ?? {};
  return [message, remediation].filter((one) => one !== undefined).join(" ");
}

describe("advice about an image that does not start under the Restricted profile", () => {
  it("keeps a capability that the image's program has", () => {
    const kept = advice("caddy:2.10", "{ runAsUser: 1000 }");
    assert.match(
      kept,
      /needs runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities\.drop: \[ALL\] with add: \[NET_BIND_SERVICE\], /,
    );
    assert.match(
      kept,
      /without them it may not start, or listen on another port\. .* net\.ipv4\.ip_unprivileged_port_start to "0"\.$/,
    );
    for (const context of [
      "{ runAsUser: 1000, capabilities: { add: [NET_BIND_SERVICE] } }",
      "{ runAsUser: 1000, capabilities: { drop: [ALL] } }",
    ])
      assert.doesNotMatch(advice("caddy:2.10", context), /with add|sysctl/);
  });

  it("keeps it where a command replaces the entrypoint, because the program is the same", () => {
    const { findings } = reportOf("container-security", {
      name: "a relay",
      isDefaultLevel: true,
      objects: `
apiVersion: v1
kind: Pod
metadata: { name: relay, namespace: network }
spec: { containers: [{ name: relay, image: "thetorproject/obfs4-bridge:0.24", command: [sh, -c, relay], securityContext: { runAsUser: 101 } }] }`,
    });
    assert.match(findings[0]?.message ?? "", /\[ALL\] with add: \[NET_BIND_SERVICE\]/);
  });

  it("leaves out what a setuid program forbids, and says why", () => {
    assert.equal(
      advice("ghcr.io/hotio/web:1.0", "{ runAsUser: 1000 }"),
      "Container web needs runAsNonRoot: true, seccompProfile.type: RuntimeDefault; its image does not start with allowPrivilegeEscalation: false or capabilities.drop: [ALL], because s6-overlay-suexec, which starts it, is setuid root. Set runAsNonRoot: true, seccompProfile.type: RuntimeDefault. For the rest, use an image that starts without root, or exempt the object.",
    );
    assert.equal(
      advice(
        "codercom/code-server:4.1.0",
        "{ runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }",
      ),
      "Container web: its image does not start with allowPrivilegeEscalation: false or capabilities.drop: [ALL], because fixuid, which starts it, is setuid root. Use an image that starts without root, or exempt the object.",
    );
  });

  it("leaves out what a change of the user forbids, unless the container already runs without root", () => {
    assert.match(
      advice("postgres:17.2", "{}"),
      /^Container web needs allowPrivilegeEscalation: false, seccompProfile\.type: RuntimeDefault; its image does not start with runAsNonRoot: true or capabilities\.drop: \[ALL\], because it starts as root and uses gosu to run the app as another user\./,
    );
    assert.match(advice("postgres:17.2", "{ runAsUser: 0 }"), /because it starts as root/);
    for (const context of ["{ runAsUser: 70 }", "{ runAsNonRoot: true }"])
      assert.doesNotMatch(advice("postgres:17.2", context), /because/);
    assert.doesNotMatch(advice("gitea/gitea:1.24.0-rootless", "{}"), /because/);
  });
});
