import { platform } from "node:os";
import { run } from "./commands.ts";

/**
 * Arguments of `unshare` for a private world without root: own users (the caller is root in it), network, mounts and processes.
 * When its first process ends, the kernel ends all others in it.
 */
export const PRIVATE_WORLD = [
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

/** All that a cluster's network and pods need, in small: unshare's exit code alone says nothing of veth, bridge or mounts. */
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

/**
 * Why this machine cannot give clusters a private network with pods in it, in one line; undefined if it can. Found out by bringing
 * up such a network and a link in it; asked once a process.
 */
export function whyNoNetworks(): Promise<string | undefined> {
  tried ??= attempt();
  return tried;
}

async function attempt(): Promise<string | undefined> {
  if (platform() !== "linux") return `${platform()} has no network namespaces`;
  try {
    await run("unshare", [...PRIVATE_WORLD, "sh", "-c", TRIAL]);
    return undefined;
  } catch (error) {
    const lines = String(error instanceof Error ? error.message : error).split("\n");
    return `this machine does not allow unprivileged network namespaces (${lines.at(-1) ?? ""})`;
  }
}
