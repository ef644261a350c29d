import { platform } from "node:os";
import { run } from "./commands.ts";

/**
 * Arguments for `unshare` that create user (with the caller as root), network, mount and PID namespaces without root privileges. When the first process exits,
 * the kernel kills all others.
 */
export const PRIVATE_NAMESPACES = [
  "--user",
  "--map-root-user",
  "--net",
  "--mount",
  "--pid",
  "--fork",
  "--kill-child",
  "--propagation",
  "private",
] as const;

/**
 * A probe that sets up a minimal version of a cluster's network and pods: the exit code of unshare alone says nothing about veth pairs,
 * bridges or mounts.
 */
const TRIAL = `set -e
mount -t tmpfs tmpfs /run
mkdir /run/netns /run/root
mount -t tmpfs tmpfs /run/root
ip link set lo up
ip link add br0 type bridge
ip addr add 10.244.0.1/16 dev br0
ip link set br0 up
ip route add local 10.96.0.0/16 dev lo
ip netns add trial
ip link add veth0 type veth peer name eth0 netns trial
ip link set veth0 master br0 up
ip -n trial addr add 10.244.0.2/16 dev eth0
ip -n trial link set eth0 up
ip -n trial link show eth0 up | grep -q 'state UP'
nsenter --net=/run/netns/trial unshare --user --map-user=65532 --map-group=65532 setpriv --no-new-privs true
`;

let tried: Promise<string | undefined> | undefined;

/** Why this machine cannot run pods in a private network, in one line; undefined if it can. Sets up a trial network once per process. */
export function whyNoNetworks(): Promise<string | undefined> {
  tried ??= attempt();
  return tried;
}

async function attempt(): Promise<string | undefined> {
  if (platform() !== "linux") return `${platform()} has no network namespaces`;
  try {
    await run("unshare", [...PRIVATE_NAMESPACES, "sh", "-c", TRIAL]);
    return undefined;
  } catch (error) {
    const lines = String(error instanceof Error ? error.message : error).split("\n");
    const reason = (lines.at(-1) ?? "").replace(/^: /, "");
    // The kernel's error if the limit is reached, as in containers that set it to 0 (user_namespaces(7)).
    const isLimit = reason.includes("unshare failed: No space left on device");
    return `this machine does not allow unprivileged network namespaces (${isLimit ? "the limit in /proc/sys/user/max_user_namespaces is reached" : reason})`;
  }
}
