import { run } from "./commands.ts";

/** The address of the bridge, and so of the node, in the pod network. */
export const NODE_ADDRESS = "10.244.0.1";
const PREFIX = 16;
const BRIDGE = "br0";

/**
 * Prepares the namespaces in which this process is the first: gives them a separate `/proc` and `/run` and the bridge, and makes Service
 * addresses local, so that a proxy can listen on each.
 */
export async function setUpNetwork(serviceCidr: string): Promise<void> {
  // In a container, where parts of /proc are hidden, the kernel does not allow a second /proc.
  await run("mount", ["-t", "proc", "proc", "/proc"]).catch(() => undefined);
  await run("mount", ["-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"]);
  await run("mkdir", ["-p", "/run/netns", "/run/pods"]);
  await ip([
    "link set lo up",
    `link add ${BRIDGE} type bridge`,
    `addr add ${NODE_ADDRESS}/${PREFIX} dev ${BRIDGE}`,
    `link set ${BRIDGE} up`,
    `route add local ${serviceCidr} dev lo`,
  ]);
}

/** Makes an address local to this network. */
export async function ownAddress(address: string): Promise<void> {
  await ip([`route replace local ${address}/32 dev lo`]);
}

/** Path of a pod's network namespace. */
export function podNetwork(uid: string): string {
  return `/run/netns/${uid}`;
}

/** Gives a pod a new network namespace with a link to the bridge. If another pod had the address, that pod loses it. */
export async function addPodNetwork(uid: string, address: string): Promise<void> {
  await removePodNetwork(uid);
  const number = address.split(".").slice(2).map(Number);
  const link = `pod-${number.join("-")}`;
  // A finished pod keeps its namespace until the pod is deleted, and the link of a deleted namespace takes a moment to disappear.
  if ((await linkNames()).includes(link)) await run("ip", ["link", "delete", link]);
  await run("ip", ["netns", "add", uid]);
  await ip([
    `link add ${link} type veth peer name eth0 netns ${uid}`,
    `link set ${link} master ${BRIDGE} up`,
  ]);
  await ip(
    [
      "link set lo up",
      `addr add ${address}/${PREFIX} dev eth0`,
      "link set eth0 up",
      `route add default via ${NODE_ADDRESS}`,
    ],
    uid,
  );
}

/**
 * Sets a sysctl in a pod's network namespace; sysctls outside it belong to the machine. @throws EdgefirstError if the kernel refuses it.
 */
export async function setPodSysctl(uid: string, name: string, value: string): Promise<void> {
  const path = `/proc/sys/${name.replaceAll(".", "/")}`;
  await run("nsenter", [`--net=${podNetwork(uid)}`, "sh", "-c", 'printf %s "$2" > "$1"', "sh", path, value]);
}

/** Removes a pod's network namespace and its link, if they exist. */
export async function removePodNetwork(uid: string): Promise<void> {
  const names = (await run("ip", ["netns", "list"])).split("\n").map((line) => line.split(" ")[0]);
  if (names.includes(uid)) await run("ip", ["netns", "delete", uid]);
}

async function linkNames(): Promise<string[]> {
  const links = JSON.parse(await run("ip", ["-json", "link", "show"])) as { ifname: string }[];
  return links.map(({ ifname }) => ifname);
}

async function ip(lines: readonly string[], namespace?: string): Promise<void> {
  const where = namespace === undefined ? [] : ["-netns", namespace];
  await run("ip", [...where, "-batch", "-"], `${lines.join("\n")}\n`);
}
